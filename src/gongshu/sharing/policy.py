"""What sharing forbids, and what a decision needs. Numbers and lists come from the rule pack as arguments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from gongshu.errors import Conflict, GongshuError, NotAllowed, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.rules import Access, Citation, RefusalDemand
from gongshu.sharing.request import Decision, Request
from gongshu.sharing.states import DISPUTE_STEP_LABELS, Outcome, Settlement

MODES = ("verify", "query", "batch")
FURTHEST_TERM = 50  # years; a bound against slips of the pen, not the law's
FIELD_NAMES = {
    "purpose": ("使用用途", "purpose"),
    "basis": ("履职依据", "basis in your duties"),
    "scenario": ("应用场景", "scenario of use"),
    "business_process": ("业务流程", "business process"),
    "scope": ("使用范围", "scope of use"),
    "items": ("申请数据项", "items"),
    "mode": ("共享方式", "mode"),
    "term": ("使用时限", "term"),
    "valid_until": ("使用时限", "term"),
}


def check_apply(by: Actor, provider: str) -> None:
    """Public bodies apply for what others hold; an operator applies under its authorisation (dazhou-18)."""
    if not by.has(Role.CONSUMER, Role.OPERATOR):
        raise NotAllowed(
            "sharing.not_consumer",
            "提出共享申请需要“数据使用”或“授权运营”角色。",
            "Applying needs the role of data consumer or operator.",
        )
    if by.organization == provider:
        raise NotAllowed(
            "sharing.own_data",
            "这是本单位提供的数据，无需申请共享。",
            "Your own organisation provides these data; no application is needed.",
        )


def can_apply(by: Actor, provider: str) -> bool:
    try:
        check_apply(by, provider)
    except GongshuError:
        return False
    return True


def check_request(
    request: Request,
    *,
    known_items: Collection[str],
    required: Collection[str],
    purposes: Collection[str],
    today: date,
) -> None:
    """Items exist, the term lies ahead, and all that the pack asks for is filled in (luzhou-17, yongjia-20).

    ``purposes`` are the ids that the pack lists; empty when the city names none and any words will do.
    """
    if not request.items:
        raise GongshuError(
            "sharing.items_missing", "请至少选择一个数据项。", "Choose at least one item.", field="items"
        )
    unknown = [name for name in request.items if name not in known_items]
    if unknown:
        raise GongshuError(
            "sharing.item_unknown",
            f"该数据资源没有名为“{unknown[0]}”的数据项。",
            f"The resource has no item “{unknown[0]}”.",
            field="items",
        )
    if request.valid_until < today:
        raise GongshuError(
            "sharing.term_past",
            "使用时限须不早于今天。",
            "The term of use must not end before today.",
            field="valid_until",
        )
    if request.valid_until.year > today.year + FURTHEST_TERM:
        raise GongshuError(
            "sharing.term_far",
            f"使用时限须在 {FURTHEST_TERM} 年之内。",
            f"The term of use ends within {FURTHEST_TERM} years.",
            field="valid_until",
        )
    if purposes and request.purpose not in purposes:
        raise GongshuError(
            "sharing.purpose_unknown",
            "请从列表中选择使用用途。",
            "Choose one of the listed purposes.",
            field="purpose",
        )
    if request.mode not in MODES:
        raise GongshuError(
            "sharing.mode_unknown",
            "共享方式须为核验、查询或批量。",
            "The way of sharing must be verify, query or batch.",
            field="mode",
        )
    for name in required:
        value = getattr(request, "valid_until" if name == "term" else name, None)
        if value is None or (isinstance(value, str) and not value.strip()):
            zh, en = FIELD_NAMES.get(name, (name, name))
            raise GongshuError("sharing.field_missing", f"请填写“{zh}”。", f"Fill in the {en}.", field=name)


def check_way(access: Access, words: Text, citations: Sequence[Citation]) -> None:
    """Data that are not for the asking are negotiated about first (xian-20, yongjia-20)."""
    if access in {Access.DIRECT, Access.APPLICATION}:
        return
    zh = "；".join(c.label("zh") for c in citations)
    en = "; ".join(c.label("en") for c in citations)
    raise Conflict(
        "sharing.not_for_application",
        f"该类数据不能直接申请：{words.zh}({zh})。",
        f"Data of this type cannot be applied for: {words.en} ({en}).",
    )


def check_items_shared(prohibited: Sequence[str]) -> None:
    """An item that the catalog closes is not had with the others; it is left out, or negotiated about alone."""
    if prohibited:
        names = "、".join(prohibited)
        raise Conflict(
            "sharing.item_prohibited",
            f"以下数据项不予共享，请从申请中去掉：{names}。",
            f"These items are not shared; leave them out: {names}.",
            field="items",
        )


def decider_role(office: str) -> Role:
    """The role that speaks for an office."""
    return Role.PROVIDER if office == "provider" else Role.DATA_AUTHORITY


def check_decide(by: Actor, *, organization: str, office: str, applicant_id: int) -> None:
    """Only the step's own organisation decides it, through someone who did not file the application."""
    role = decider_role(office)
    if by.organization != organization or not by.has(role):
        raise NotAllowed(
            "sharing.not_decider",
            "这一步由另一单位办理，您不能作出决定。",
            "This step belongs to another organisation; you cannot decide it.",
        )
    if by.person_id == applicant_id:
        raise NotAllowed(
            "sharing.own_application",
            "不能审批自己提出的申请。",
            "You cannot decide an application that you filed yourself.",
        )


def can_decide(by: Actor, *, organization: str, office: str, applicant_id: int) -> bool:
    try:
        check_decide(by, organization=organization, office=office, applicant_id=applicant_id)
    except GongshuError:
        return False
    return True


def check_decision(decision: Decision, demand: RefusalDemand) -> None:
    """A refusal carries what the pack demands (luzhou-17, dazhou-19, xian-20, yongjia-20); sending back says what lacks."""
    cites = "；".join(c.label("zh") for c in demand.citations)
    cites_en = "; ".join(c.label("en") for c in demand.citations)
    if decision.outcome is Outcome.RETURN and not decision.reason.strip():
        raise GongshuError(
            "sharing.supplement_missing",
            "退回补正时，请一次性写明需要补正的全部内容。",
            "Say everything that is to be completed, at once.",
            field="reason",
        )
    if decision.outcome is not Outcome.REFUSE:
        return
    if demand.reason and not decision.reason.strip():
        raise GongshuError(
            "sharing.refusal_reason_missing",
            f"不予共享的，应当说明理由（{cites}）。请填写理由。",
            f"A refusal states its reasons ({cites_en}). Fill them in.",
            field="reason",
        )
    if demand.legal_basis:
        if not decision.basis.strip():
            raise GongshuError(
                "sharing.refusal_basis_missing",
                f"不予共享的，应当提供依据（{cites}）。请写明文件名称和条款。",
                f"A refusal cites its legal basis ({cites_en}). Name the document and the article.",
                field="basis",
            )
        if demand.accepted and decision.basis_kind not in demand.accepted:
            raise GongshuError(
                "sharing.refusal_basis_kind",
                f"所引依据的种类不被接受（{cites}）。请选择所列种类之一。",
                f"That kind of basis does not support a refusal ({cites_en}). Choose one of those listed.",
                field="basis_kind",
            )


def check_withdraw(by: Actor, organization: str) -> None:
    """The applicant's organisation takes its application back."""
    if by.organization != organization or not by.has(Role.CONSUMER, Role.OPERATOR):
        raise NotAllowed(
            "sharing.not_applicant",
            "只有申请单位可以撤回或补正该申请。",
            "Only the applying organisation can withdraw or complete this application.",
        )


def can_withdraw(by: Actor, organization: str) -> bool:
    try:
        check_withdraw(by, organization)
    except GongshuError:
        return False
    return True


def check_raise(by: Actor, *, claimant: str, need: str) -> None:
    """Whoever was refused, or needs data that are not shared, says why the duty cannot be done without them (xian-20)."""
    if by.organization != claimant or not by.has(Role.CONSUMER, Role.OPERATOR):
        raise NotAllowed(
            "sharing.not_claimant",
            "只有申请单位可以就不予共享提出争议。",
            "Only the body that was refused can dispute it.",
        )
    if not need.strip():
        raise GongshuError(
            "sharing.need_missing",
            "请写明因履行何种职责确需使用这些数据。",
            "Say which of your duties cannot be done without these data.",
            field="need",
        )


_SAYS: dict[str, tuple[Settlement, ...]] = {
    "coordinate": (Settlement.AGREED, Settlement.FAILED),
    "advise": (Settlement.ADVISED,),
    "decide": (Settlement.AGREED, Settlement.KEPT),
}


ENDS_BY_OTHERS = frozenset(_SAYS)  # turns that the claimant cannot end by saying that talking has failed


def settlements(act: str) -> tuple[Settlement, ...]:
    """What the turn ``act`` can bring."""
    return _SAYS.get(act, (Settlement.AGREED, Settlement.FAILED))


def check_settle(
    by: Actor,
    *,
    office: str,
    act: str,
    organization: str,
    claimant: str,
    raiser_id: int,
    outcome: Settlement,
    remark: str,
) -> None:
    """Whose turn it is speaks, within what that turn can bring; the claimant may only say that talking has failed."""
    possible = settlements(act)
    gives_up = act not in ENDS_BY_OTHERS and outcome is Settlement.FAILED and by.organization == claimant
    if gives_up:
        check_raise(by, claimant=claimant, need="-")
    else:
        check_decide(by, organization=organization, office=office, applicant_id=raiser_id)
    if outcome not in possible:
        raise Conflict(
            "sharing.settlement_unknown",
            f"这一步只能答复：{'、'.join(DISPUTE_STEP_LABELS[str(p)].zh for p in possible)}。",
            f"At this step the answer is one of: {', '.join(DISPUTE_STEP_LABELS[str(p)].en for p in possible)}.",
        )
    if outcome is not Settlement.AGREED and not remark.strip():
        raise GongshuError(
            "sharing.remark_missing", "请写明理由或意见。", "Give the reasons or the opinion.", field="remark"
        )


def can_settle(by: Actor, *, office: str, organization: str, raiser_id: int) -> bool:
    return can_decide(by, organization=organization, office=office, applicant_id=raiser_id)


def check_masked(*, masked_only: bool, sensitive: Collection[str], masks: Collection[str]) -> None:
    """Data that are not shared leave masked or not at all, where the pack says so (yongjia-17)."""
    bare = [name for name in sensitive if name not in masks]
    if masked_only and bare:
        raise Conflict(
            "sharing.must_be_masked",
            f"此类数据仅可脱敏后提供，数据项“{bare[0]}”尚未设置脱敏方式。请先在目录中设置，或不提供该项。",
            f"Such data leave masked only, and the item “{bare[0]}” has no mask. Set one in the catalog, or leave it out.",
        )
