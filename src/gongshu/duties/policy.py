"""Who may change the time of a duty, and what that needs. The numbers are arguments; they come from the rule pack."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role

LONGEST_LIMIT = 366  # working days; a bound on what is typed, not a rule of law


def check_holder(by: Actor, *, organization: str, role: str) -> None:
    """The office that owes the duty acts on it, through whoever holds its role today; never a person by name."""
    if by.organization != organization or not by.has(Role(role)):
        raise NotAllowed(
            "duties.not_yours",
            "该事项由另一单位或另一角色办理，您不能更改其计时。",
            "This duty belongs to another organisation or role; you cannot change its time.",
        )


def can_stop(by: Actor, *, organization: str, role: str) -> bool:
    try:
        check_holder(by, organization=organization, role=role)
    except GongshuError:
        return False
    return True


def can_extend(by: Actor, *, rule: Mapping[str, Any] | None, organization: str, role: str, already: bool) -> bool:
    """The twin of :func:`check_extend`; whether there is time left is another question."""
    try:
        check_extend(by, rule=rule, organization=organization, role=role, already=already)
    except GongshuError:
        return False
    return True


def can_change_limit(by: Actor) -> bool:
    """Whether ``by`` may shorten limits and declare emergencies, where the rules know them."""
    return by.has(Role.DATA_AUTHORITY)


def check_reason(reason: str) -> None:
    """A change of time is explained, because it is told to those who wait."""
    if not reason.strip():
        raise GongshuError(
            "duties.reason_missing",
            "请写明理由：更改计时会通知有关单位并记入存证。",
            "Say why: a change of time is told to those concerned and kept in the ledger.",
            field="reason",
        )


def check_in_time(due_on: date | None, *, today: date) -> None:
    """Time is stopped or extended while there is some left; afterwards the duty is overdue and stays so."""
    if due_on is not None and due_on < today:
        raise Conflict(
            "duties.too_late",
            "期限已过，不能再中止或延长。请尽快办结。",
            "The deadline has passed; it can no longer be stopped or extended. Please finish the duty.",
        )


def check_no_day_named(fixed_on: date | None) -> None:
    """A day that an order or a term names does not stand still; whoever named it can name another."""
    if fixed_on is not None:
        raise Conflict(
            "duties.day_named",
            "该期限是责令改正或协议所定的日期，不能中止计时；确有需要的，请作出决定的机关另定期限。",
            "An order or an agreement names this day; its clock cannot be stopped. Ask whoever named it for another.",
        )


def check_extend(by: Actor, *, rule: Mapping[str, Any] | None, organization: str, role: str, already: bool) -> None:
    """One extension, before the time is up, by the office whose consent the article asks for (yongjia-23)."""
    if not rule:
        raise Conflict(
            "duties.no_extension",
            "所依据的条款没有规定可以延长期限。",
            "The article that sets this deadline knows no extension.",
        )
    if already:
        raise Conflict("duties.extended_already", "该事项已延长过一次，不能再延长。", "It was extended once already.")
    consent = str(rule["consent"])
    if consent == "provider":
        check_holder(by, organization=organization, role=role)
    elif by.office != Office(consent) or not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "duties.not_consenting",
            "延长期限须经条款所定的机关同意，您不能代为同意。",
            "An extension needs the consent of the office that the article names; you do not speak for it.",
        )


def check_head(rule: Mapping[str, Any], head: str) -> None:
    """Where a body extends its own time, its head has agreed (yongjia-23: 经数源部门负责人同意)."""
    if str(rule["consent"]) == "provider" and not head.strip():
        raise GongshuError(
            "duties.head_missing",
            "延长期限须经本单位负责人同意，请填写同意人。",
            "The head of your organisation must have agreed to the extension; say who did.",
            field="head",
        )


def check_shorten(by: Actor, *, allowed: bool, days: int, most: int | None) -> None:
    """Urgent business gets a shorter limit where the city knows one (luzhou-31); it is set by the data authority."""
    _check_authority(by)
    if not allowed:
        raise Conflict(
            "duties.no_urgent_limit",
            "本市规则没有规定此类事项可以因业务紧急缩短期限。",
            "The city's rules know no shorter limit for urgent business of this kind.",
        )
    if not 0 <= days <= LONGEST_LIMIT or (most is not None and days >= most):
        raise GongshuError(
            "duties.not_shorter",
            "缩短后的期限须少于原期限。",
            "The urgent limit must be shorter than the ordinary one.",
            field="days",
        )


def check_emergency(by: Actor, *, kind: str, kinds: Collection[str]) -> None:
    """In one of the emergencies that the pack names an act is due at once (luzhou-20, yongjia-33)."""
    _check_authority(by)
    if kind not in kinds:
        raise Conflict(
            "duties.emergency_kind",
            "本市规则没有为此类事项规定这种突发事件。请从规则所列的种类中选择。",
            "The city's rules do not name this kind of emergency here. Choose one of those they list.",
            field="kind",
        )


def _check_authority(by: Actor) -> None:
    if not can_change_limit(by):
        raise NotAllowed(
            "duties.not_authority",
            "只有数据主管部门可以缩短期限或启动紧急办理。",
            "Only the data authority shortens a limit or declares an emergency.",
        )
