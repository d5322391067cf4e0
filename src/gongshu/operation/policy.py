"""What authorised operation forbids. Lists, terms and grounds are arguments; they come from the rule pack."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from gongshu.errors import Conflict, GongshuError, NotAllowed, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import Citation

LONGEST = 4000
Named = Mapping[str, Text]


def cited(citations: Sequence[Citation]) -> Text:
    """Articles in brackets, for sentences; nothing for none."""
    if not citations:
        return Text("", "")
    zh, en = "；".join(c.label("zh") for c in citations), "; ".join(c.label("en") for c in citations)
    return Text(f"（{zh}）", f" ({en})")


def check_text(text: str, field: str, zh: str, en: str) -> None:
    """Required words, of a length that the page can show."""
    if not text.strip():
        raise GongshuError("operation.text_missing", f"请填写“{zh}”。", f"Fill in: {en}.", field=field)
    if len(text) > LONGEST or "\x00" in text:
        raise GongshuError(
            "operation.text_too_long",
            f"“{zh}”过长或含有不可用的字符，请压缩到{LONGEST}字以内。",
            f"Too long, or with unusable characters: {en}. Keep it under {LONGEST} characters.",
            field=field,
        )


def check_stated(given: Mapping[str, str], wanted: Named, citations: Sequence[Citation], *, what: Text) -> None:
    """Everything that the pack lists is stated; the first that is missing is named with its article."""
    where = cited(citations)
    for name, label in wanted.items():
        said = given.get(name, "")
        if not said.strip():
            raise GongshuError(
                "operation.incomplete",
                f"{what.zh}缺少“{label.zh}”{where.zh}。请补充后再提交。",
                f"{what.en}: “{label.en}” is missing{where.en}. Complete it and try again.",
                field=name,
            )
        check_text(said, name, label.zh, label.en)


def check_procedure(known: bool, city: Text, what: Text) -> None:
    if not known:
        raise Conflict(
            "operation.no_procedure",
            f"本市规则（{city.zh}）没有规定{what.zh}，平台不设此步骤。",
            f"The rules of {city.en} say nothing about {what.en}; the platform has no such step.",
        )


def check_apply(by: Actor) -> None:
    """A body applies for itself, through whoever acts for it as an operator (dazhou-8)."""
    if not by.has(Role.OPERATOR):
        raise NotAllowed(
            "operation.not_operator",
            "只有具有“授权运营”角色的人员可以代表本单位申报或提出需求。",
            "Only people with the role of operator apply or demand data for their organisation.",
        )


def check_selection(selection: str, note: str, ways: Named, citations: Sequence[Citation]) -> None:
    """Competitive choice in principle (xian-28): one of its ways, or the reasons for none; always with its record."""
    if not ways:
        return
    where = cited(citations)
    if (selection and selection not in ways) or not note.strip():
        raise GongshuError(
            "operation.selection_missing",
            f"请选择确定方式并填写招标编号等记录；不采用竞争性方式的，写明理由{where.zh}。",
            f"Say how the operator was chosen, with its record; without competition, the reasons{where.en}.",
            field="selection_note",
        )
    check_text(note, "selection_note", "确定方式的记录或理由", "the record of the choice, or the reasons")


def check_window(today: date, *, opens: date | None, ends: date, citations: Sequence[Citation]) -> None:
    """Renewal is asked for in the window of the pack (dazhou-8: within the last three months)."""
    where = cited(citations)
    if opens is not None and today < opens:
        raise Conflict(
            "operation.renewal_too_early",
            f"重新申请自{opens}起受理{where.zh}，现在还不能提交。到时平台会通知贵单位。",
            f"Renewal is accepted from {opens} on{where.en}, not yet. You will be told when the time comes.",
            opens=opens.isoformat(),
        )
    if today > ends:
        raise Conflict(
            "operation.renewal_too_late",
            f"授权运营协议已于{ends}届满，不能再续签；请重新申报。",
            f"The agreement ended on {ends} and cannot be renewed; apply anew.",
        )


def check_decide(by: Actor, *, organization: str, is_provider: bool, applicant: str) -> None:
    """The organisation whose turn it is decides, and never the applicant itself."""
    role = Role.PROVIDER if is_provider else Role.DATA_AUTHORITY
    if by.organization != organization or not by.has(role) or by.organization == applicant:
        raise NotAllowed(
            "operation.not_decider",
            "这一步由另一单位办理，您不能作出决定。",
            "This step belongs to another organisation; you cannot decide it.",
        )


def can_decide(by: Actor, *, organization: str, is_provider: bool, applicant: str) -> bool:
    try:
        check_decide(by, organization=organization, is_provider=is_provider, applicant=applicant)
    except GongshuError:
        return False
    return True


def check_opinion(*, advises: bool, passed: bool, remark: str, experts: str, members: bool) -> None:
    """Experts give an opinion and say who they are (dazhou-6); a refusal gives its reasons."""
    if advises or not passed:
        what = ("专家意见", "the experts' opinion") if advises else ("理由", "the reasons")
        check_text(remark, "remark", *what)
    if advises and members:
        check_text(experts, "experts", "参加论证的专家及其单位", "the experts and their institutions")


def check_term(valid_from: date, valid_until: date | None, *, term: bool, today: date) -> None:
    """The agreement begins some day and ends later; the pack's term decides the end where it has one."""
    if term:
        return
    if valid_until is None or valid_until <= max(valid_from, today):
        raise GongshuError(
            "operation.term_missing",
            "本市规则未规定协议期限，请填写协议约定的截止日，须晚于开始日。",
            "The city's rules set no term: fill in the day on which the agreement ends, later than its beginning.",
            field="valid_until",
        )


def check_office(by: Actor, office: str, *, name: str, act: str) -> None:
    """The office that the pack names acts, through its people."""
    if by.office != Office(office) or not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "operation.not_office",
            f"“{act}”由{name}办理，您不能代为办理。",
            "Under the city's rules another office does this; you cannot do it for them.",
            office=office,
        )


def can_office(by: Actor, office: str) -> bool:
    return by.office == Office(office) and by.has(Role.DATA_AUTHORITY)


def check_operator(by: Actor, organization: str) -> None:
    if by.organization != organization or not by.has(Role.OPERATOR):
        raise NotAllowed(
            "operation.not_this_operator",
            "只有该运营单位可以办理此事。",
            "Only this operator can do that.",
        )


def check_provider(by: Actor, provider: str) -> None:
    """Supply of a resource is the matter of the unit that provides it (dazhou-20)."""
    if by.organization != provider or not by.has(Role.PROVIDER):
        raise NotAllowed(
            "operation.not_provider",
            "只有数据提供单位可以提出终止供给。",
            "Only the unit that provides the data can ask to end their supply.",
        )


def check_ground(ground: str, grounds: Named, citations: Sequence[Citation]) -> None:
    """One of the grounds that the pack lists, and no other (dazhou-12, dazhou-16, dazhou-20)."""
    where = cited(citations)
    if ground not in grounds:
        raise GongshuError(
            "operation.ground_missing",
            f"请选择规则所列的情形{where.zh}。",
            f"Choose one of the grounds that the rules list{where.en}.",
            field="ground",
        )


def check_day(day: date, *, today: date) -> None:
    if day <= today:
        raise GongshuError(
            "operation.day_past",
            "改正期限须是今天以后的日期。",
            "The day to correct by must be in the future.",
            field="due_on",
        )


def check_late(*, answered: bool, due_on: date, today: date) -> None:
    """Authorisation ends only for what was not corrected in time (dazhou-12)."""
    if not answered and today <= due_on:
        raise Conflict(
            "operation.not_late",
            f"改正期限为{due_on}，尚未届满；期满未改正的，才能终止授权。",
            f"The operator has until {due_on}; authorisation can end only after it.",
        )


def check_open_to_operation(ground: Text | None, citations: Sequence[Citation]) -> None:
    """A hard stop (dazhou-16): what falls under one of the grounds is never operated, whoever would agree."""
    where = cited(citations)
    if ground is not None:
        raise Conflict(
            "operation.never_authorised",
            f"该数据属于不得授权运营的情形“{ground.zh}”{where.zh}，平台不予办理。",
            f"These data must not be operated: “{ground.en}”{where.en}. The platform does not allow it.",
        )


def check_clear(clear: Collection[str], grounds: Named, citations: Sequence[Citation]) -> None:
    """Whoever agrees has looked at each ground and found that it does not apply (dazhou-16)."""
    where = cited(citations)
    for name, label in grounds.items():
        if name not in clear:
            raise GongshuError(
                "operation.ground_unchecked",
                f"请确认该数据不属于“{label.zh}”{where.zh}；属于的，应当不同意授权。",
                f"Confirm that “{label.en}” does not apply{where.en}; where it does, refuse.",
                field="clear",
            )


def check_masks(sensitive: Collection[str], masks: Collection[str]) -> None:
    """Personal data leave for operation masked or not at all."""
    for name in sensitive:
        if name not in masks:
            raise Conflict(
                "operation.item_sensitive",
                f"数据项“{name}”含个人信息且未脱敏，不能授权运营。请在目录中设置脱敏方式，或不申请该项。",
                f"The item “{name}” holds personal data without a mask. Set a mask in the catalog or leave it out.",
            )
