"""What opening forbids. Lists of grounds and reviews come from the rule pack as arguments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gongshu.catalog.draft import ItemData
from gongshu.errors import Conflict, GongshuError, NotAllowed, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.opening.request import ASK_FIELDS, AccessAsk, AccessRefusal
from gongshu.rules import Citation, RefusalDemand


def check_propose(by: Actor, provider: str) -> None:
    """A unit opens its own data (luzhou-22, yongjia-27)."""
    if not by.has(Role.PROVIDER) or by.organization != provider:
        raise NotAllowed(
            "opening.not_provider",
            "只有数据提供单位可以提出开放。",
            "Only the unit that provides the data can propose to open them.",
        )


def can_propose(by: Actor, provider: str) -> bool:
    try:
        check_propose(by, provider)
    except GongshuError:
        return False
    return True


def check_release(
    *, open_type: str, open_word: str, collected: bool, known: Sequence[ItemData], items: Collection[str],
    masks: Mapping[str, str],
) -> None:  # fmt: skip
    """What is proposed may be opened to everybody: right type, data there, no personal data without a mask."""
    if open_type != "UNCONDITIONAL":
        raise Conflict(
            "opening.not_unconditional",
            f"该数据的开放类型为“{open_word}”，不能直接向所有人开放；请先修订目录的开放类型。",
            "The entry's open type does not allow opening to everybody; change the open type in the catalog first.",
        )
    if not collected:
        raise Conflict(
            "opening.nothing_collected",
            "该资源尚未归集任何数据版本，暂不能开放。",
            "No version of these data has been collected yet; there is nothing to open.",
        )
    if not items:
        raise GongshuError("opening.items_missing", "请至少选择一个开放的数据项。", "Choose at least one item to open.")
    by_name = {item.name: item for item in known}
    for name in items:
        if name not in by_name:
            raise GongshuError("opening.item_unknown", f"没有名为“{name}”的数据项。", f"There is no item “{name}”.")
        if by_name[name].open_type not in {None, "UNCONDITIONAL"}:
            raise Conflict(
                "opening.item_not_open",
                f"数据项“{by_name[name].title}”在目录中不是无条件开放，不能向所有人开放。",
                f"The catalog does not open the item “{name}” to everybody.",
            )
        if by_name[name].sensitive and masks.get(name, "none") == "none":
            raise GongshuError(
                "opening.item_sensitive",
                f"数据项“{by_name[name].title}”含个人信息，开放前须脱敏：请为其选择脱敏方式或不开放该项。",
                f"The item “{name}” holds personal data and must be masked before opening: choose a mask or leave it out.",
            )


def check_decide(by: Actor, *, organization: str, is_provider: bool, proposer_id: int) -> None:
    """A review is done by the organisation it belongs to, and never by the person who made the proposal."""
    role = Role.PROVIDER if is_provider else Role.DATA_AUTHORITY
    if by.organization != organization or not by.has(role):
        raise NotAllowed(
            "opening.not_decider",
            "这一步由另一单位办理，您不能作出决定。",
            "This step belongs to another organisation; you cannot decide it.",
        )
    if by.person_id == proposer_id:
        raise NotAllowed(
            "opening.same_person",
            "提出开放的人不能审查自己的提议，请由另一人审查。",
            "Whoever proposed the release may not review it; another person must.",
        )


def can_decide(by: Actor, *, organization: str, is_provider: bool, proposer_id: int) -> bool:
    try:
        check_decide(by, organization=organization, is_provider=is_provider, proposer_id=proposer_id)
    except GongshuError:
        return False
    return True


def check_refusal(*, passed: bool, remark: str, ground: str, grounds: Collection[str]) -> None:
    """Not opening needs a reason, and one of the pack's grounds where it names some (yongjia-29)."""
    if passed:
        return
    if not remark.strip():
        raise GongshuError(
            "opening.reason_missing",
            "不予开放的，应当说明理由。",
            "Not opening needs a reason.",
            field="remark",
        )
    if grounds and ground not in grounds:
        raise GongshuError(
            "opening.ground_missing",
            "请选择不予开放的法定情形。",
            "Choose which of the legal grounds forbids opening.",
            field="ground",
        )


def check_withdraw(by: Actor, provider: str) -> None:
    if by.has(Role.DATA_AUTHORITY) or (by.has(Role.PROVIDER) and by.organization == provider):
        return
    raise NotAllowed(
        "opening.not_withdrawer",
        "只有数据提供单位或数据主管部门可以停止开放。",
        "Only the provider or the data authority can withdraw a release.",
    )


def can_withdraw(by: Actor, provider: str) -> bool:
    try:
        check_withdraw(by, provider)
    except GongshuError:
        return False
    return True


def check_ask(
    by: Actor,
    ask: AccessAsk,
    *,
    kinds: Mapping[str, str],
    required: Collection[str],
    registration: Mapping[str, Text],
    known: Collection[str],
    citations: Sequence[Citation],
) -> None:
    """Somebody with an account, of a kind that the city admits, who states what it wants stated (luzhou-26, xian-26)."""
    if by.is_anonymous or not by.person_id:
        raise NotAllowed(
            "opening.sign_in",
            "申请数据请先登录：审核结果需要告知申请人。",
            "Sign in to ask for data: the answer must reach whoever asked.",
        )
    if ask.applicant_kind not in kinds:
        names = "、".join(kinds.values())
        cites = "；".join(c.label("zh") for c in citations)
        cites_en = "; ".join(c.label("en") for c in citations)
        raise NotAllowed(
            "opening.applicant_kind",
            f"可以申请的主体为：{names}（{cites}）。请选择其中之一。",
            f"Only certain applicants are admitted ({cites_en}). Choose one of those listed.",
            field="applicant_kind",
        )
    if not ask.applicant_name.strip():
        raise GongshuError(
            "opening.applicant_name", "请填写申请人名称。", "Fill in who applies.", field="applicant_name"
        )
    if len(ask.applicant_name.strip()) > 200:
        raise GongshuError(
            "opening.applicant_name_long",
            "申请人名称不超过 200 字。",
            "The applicant's name has at most 200 characters.",
            field="applicant_name",
        )
    for name in required:
        if name in ASK_FIELDS and not str(getattr(ask, name)).strip():
            zh, en = ASK_FIELDS[name]
            raise GongshuError("opening.field_missing", f"请填写“{zh}”。", f"Fill in the {en}.", field=name)
    for name, label in registration.items():
        if not ask.registration.get(name, "").strip():
            raise GongshuError(
                "opening.registration_missing",
                f"申请人须具备并填写“{label.zh}”。",
                f"The applicant needs, and states, the {label.en}.",
                field=f"registration-{name}",
            )
    unknown = [name for name in ask.items if name not in known]
    if unknown:
        raise GongshuError(
            "opening.item_unknown", f"没有名为“{unknown[0]}”的数据项。", f"There is no item “{unknown[0]}”."
        )


def check_applicant(by: Actor, applicant_id: int) -> None:
    """Only whoever asked may object to the answer or take the request back."""
    if by.person_id != applicant_id:
        raise NotAllowed(
            "opening.not_applicant",
            "只有申请人可以提出异议或撤回。",
            "Only the applicant can object or withdraw.",
        )


def check_reason(*, passed: bool, remark: str) -> None:
    """A refusal gives its reasons (luzhou-26, yongjia-32); so does whoever upholds it."""
    if not passed and not remark.strip():
        raise GongshuError(
            "opening.reason_missing", "不予开放的，应当说明理由。", "Not opening needs a reason.", field="remark"
        )


def check_access_refusal(
    *, passed: bool, remark: str, stated: AccessRefusal, demand: RefusalDemand, grounds: Collection[str]
) -> None:
    """A refusal states what the city demands of it; a ground that is named is one of the pack's."""
    check_reason(passed=passed, remark=remark)
    if passed:
        return
    if stated.ground and stated.ground not in grounds:
        raise GongshuError(
            "opening.ground_unknown",
            "请从列表中选择不予开放的情形。",
            "Choose one of the grounds listed.",
            field="ground",
        )
    if not demand.legal_basis:
        return
    cites = "；".join(c.label("zh") for c in demand.citations)
    cites_en = "; ".join(c.label("en") for c in demand.citations)
    if not stated.basis.strip():
        raise GongshuError(
            "opening.refusal_basis_missing",
            f"不予开放的，应当提供依据（{cites}）。请写明文件名称和条款。",
            f"A refusal to open cites its legal basis ({cites_en}). Name the document and the article.",
            field="basis",
        )
    if demand.accepted and stated.basis_kind not in demand.accepted:
        raise GongshuError(
            "opening.refusal_basis_kind",
            f"所引依据的种类不被接受（{cites}）。请选择所列种类之一。",
            f"That kind of basis does not support a refusal ({cites_en}). Choose one of those listed.",
            field="basis_kind",
        )


def check_supplement(remark: str) -> None:
    """Sending back says everything that lacks, at once."""
    if not remark.strip():
        raise GongshuError(
            "opening.supplement_missing",
            "退回补正时，请一次性写明需要补正的全部内容。",
            "Say everything that is to be completed, at once.",
            field="remark",
        )


def check_provide(by: Actor, *, provider: str, needs_agreement: bool, agreement: str) -> None:
    """The provider or the authority hands over, after the agreement where the city wants one (luzhou-25)."""
    check_withdraw(by, provider)
    if len(agreement.strip()) > 200:
        raise GongshuError(
            "opening.agreement_long",
            "协议编号不超过 200 字。",
            "The agreement's number has at most 200 characters.",
            field="agreement",
        )
    if needs_agreement and not agreement.strip():
        raise GongshuError(
            "opening.agreement_missing",
            "提供前须签订数据利用协议，请填写协议编号。",
            "A data-use agreement is signed first; give its number.",
            field="agreement",
        )


def can_provide(by: Actor, provider: str) -> bool:
    return can_withdraw(by, provider)


def check_items_open(prohibited: Sequence[str]) -> None:
    """An item that the catalog closes to the public is not had with the others (yongjia-29)."""
    if prohibited:
        names = "、".join(prohibited)
        raise Conflict(
            "opening.item_prohibited",
            f"以下数据项不予开放，请从申请中去掉：{names}。",
            f"These items are not opened; leave them out: {names}.",
            field="items",
        )


def check_masks(sensitive: Collection[str], masks: Collection[str]) -> None:
    """Personal data go to the public masked or not at all."""
    for name in sensitive:
        if name not in masks:
            raise Conflict(
                "opening.item_sensitive",
                f"数据项“{name}”含个人信息且未脱敏，不能提供。请在目录中设置脱敏方式，或请申请人不申请该项。",
                f"The item “{name}” holds personal data without a mask. Set a mask in the catalog or leave it out.",
            )
