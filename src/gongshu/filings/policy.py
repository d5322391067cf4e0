"""Who may file, and what a filing must hold. The lists and numbers are arguments; they come from the rule pack."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.filings.grade import Grade
from gongshu.filings.states import FILERS, Standing
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role


def check_file(by: Actor, organization: str) -> None:
    """An organisation files its own; the data authority, with whom it is filed, may do it for any."""
    if by.has(Role.DATA_AUTHORITY) or (by.organization == organization and by.has(*FILERS)):
        return
    raise NotAllowed(
        "filings.not_yours",
        "备案由本单位的人员办理，主管部门可以代办。您没有本单位的相应角色。",
        "An organisation files its own, or the data authority does. You hold no role for that in it.",
    )


def can_file(by: Actor, organization: str) -> bool:
    try:
        check_file(by, organization)
    except GongshuError:
        return False
    return True


def check_keep_systems(by: Actor, organization: str) -> None:
    """As :func:`check_file`; the system administrator may as well."""
    if not by.has(Role.SYSTEM_ADMIN):
        check_file(by, organization)


def can_keep_systems(by: Actor, organization: str) -> bool:
    try:
        check_keep_systems(by, organization)
    except GongshuError:
        return False
    return True


def check_text(text: str, *, field: str, most: int, what: tuple[str, str], needed: bool = True) -> str:
    """``text`` without blanks around it, of at most ``most`` signs."""
    text = text.strip()
    if needed and not text:
        raise GongshuError("filings.missing", f"请填写{what[0]}。", f"Fill in the {what[1]}.", field=field)
    if len(text) > most or "\x00" in text:
        raise GongshuError(
            "filings.text",
            f"{what[0]}不能超过{most}个字符，也不能含有控制字符。",
            f"The {what[1]} has at most {most} characters and no control characters.",
            field=field,
        )
    return text


def check_post(post: str, known: Collection[str]) -> None:
    """``known`` are the posts that the pack gives to this organisation."""
    if post not in known:
        raise GongshuError(
            "filings.post_unknown",
            "本市规则没有要求本单位登记这个岗位。请从所列岗位中选择。",
            "The city's rules name no such post for this organisation. Choose one of those listed.",
            field="post",
        )


def check_since(since: date, *, today: date, after: date | None = None) -> None:
    """A change is filed once it has happened; a successor does not begin before the one who is replaced."""
    if since > today:
        raise GongshuError(
            "filings.future",
            "起始日期不能晚于今天：变动发生后再备案。",
            "The first day cannot be after today: a change is filed once it has happened.",
            field="since",
        )
    if after is not None and since < after:
        raise GongshuError(
            "filings.before_predecessor",
            f"起始日期不能早于前任的起始日期（{after}）。",
            f"The first day cannot be before the predecessor's ({after}).",
            field="since",
        )


def check_until(until: date, *, since: date, today: date) -> None:
    if not since <= until <= today:
        raise GongshuError(
            "filings.until",
            f"离任日期须在 {since} 至今天之间。",
            f"The last day must lie between {since} and today.",
            field="until",
        )


def check_grade(filing: Grade, *, grades: Collection[str], tests: Collection[str], today: date) -> None:
    """A filing has a grade that exists, a number from the second grade on, days in their order, and its evidence."""
    if str(filing.grade) not in grades:
        raise GongshuError("filings.grade", "请选择安全保护等级。", "Choose one of the security grades.", field="grade")
    check_text(filing.number, field="number", most=60, what=("备案编号", "filing number"), needed=filing.grade > 1)
    check_text(filing.evidence, field="evidence", most=300, what=("备案材料", "evidence"))
    for name, day in (("filed_on", filing.filed_on), ("assessed_on", filing.assessed_on)):
        if day is not None and day > today:
            raise GongshuError(
                "filings.future_day", "备案和测评日期不能晚于今天。", "These days cannot be after today.", field=name
            )
    if filing.valid_until is not None and filing.valid_until <= (filing.assessed_on or filing.filed_on):
        raise GongshuError(
            "filings.valid_until",
            "下次测评日期须晚于本次测评（备案）日期。",
            "The next assessment comes after this one.",
            field="valid_until",
        )
    if unknown := sorted(set(filing.tests) - set(tests)):
        raise GongshuError(
            "filings.test_unknown",
            f"本市规则没有“{unknown[0]}”这项测评。",
            f"The city's rules know no test “{unknown[0]}”.",
            field="tests",
        )


def check_in_use(until: date | None) -> None:
    if until is not None:
        raise Conflict(
            "filings.system_ended",
            "该系统已停用，不能再变更。",
            "The system is out of use; it can no longer be changed.",
        )


def check_same_organization(system: str, client: str) -> None:
    """A client belongs to a system of its own organisation."""
    if system != client:
        raise Conflict(
            "filings.other_organization",
            "接入应用和信息系统须属于同一单位。",
            "The client and the system must belong to the same organisation.",
            field="client",
        )


def standing(valid_until: date | None, *, filed: bool, today: date, notice: int) -> Standing:
    """How a filing stands on ``today``; ``notice`` is how many days before its end it counts as ending."""
    if not filed:
        return Standing.UNFILED
    if valid_until is None:
        return Standing.VALID
    left = (valid_until - today).days
    return Standing.LAPSED if left < 0 else Standing.ENDING if left <= notice else Standing.VALID
