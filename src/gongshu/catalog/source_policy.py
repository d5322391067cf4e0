"""What naming sources forbids. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

from gongshu.errors import GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role

LONGEST = 500


def check_decide(by: Actor) -> None:
    """The data authority names the source of a datum (xian-16, luzhou-13, yongjia-14)."""
    if not can_decide(by):
        raise NotAllowed(
            "source.not_authority",
            "数据源由数据主管部门认定。",
            "Which item is the source of a datum is the data authority's to say.",
        )


def can_decide(by: Actor) -> bool:
    return by.has(Role.DATA_AUTHORITY) and by.office in {Office.AUTHORITY, Office.CENTER}


def check_reason(reason: str, *, needed: bool) -> None:
    """Reasons in a length that a page can show; an exemption, a difference and an undoing need them."""
    if needed and not reason.strip():
        raise GongshuError("source.reason_missing", "请说明理由。", "Give the reasons.", field="reason")
    if "\x00" in reason:
        raise GongshuError("source.reason_nul", "理由含有不可存储的字符。", "The reasons hold a NUL.", field="reason")
    if len(reason) > LONGEST:
        raise GongshuError(
            "source.reason_long",
            f"理由不得超过 {LONGEST} 字。",
            f"The reasons have at most {LONGEST} characters.",
            field="reason",
        )
