"""Who may see which part of the log."""

from __future__ import annotations

from gongshu.errors import GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.tracing.states import INVESTIGATORS


def check_ask_for_person(by: Actor, reason: str) -> None:
    """The authority and those who audit may, for a stated reason."""
    if not by.has(*INVESTIGATORS):
        raise NotAllowed(
            "tracing.person",
            "只有主管部门和审计人员可以查询某人的数据被谁使用过。",
            "Only the data authority and auditors may ask by whom a person's data were used.",
        )
    if not reason.strip() or len(reason) > 200:
        raise GongshuError(
            "tracing.reason",
            "请写明查询理由（200 字以内），例如：本人申请。",
            "Say why you ask, in at most 200 characters, for example: the person's own request.",
        )


def check_prune(by: Actor) -> None:
    """Letting go of expired entries is the data authority's."""
    if not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "tracing.prune",
            "清理到期日志由主管部门办理。",
            "Letting go of expired entries is for the data authority.",
        )


def can_ask_for_person(by: Actor) -> bool:
    try:
        check_ask_for_person(by, "-")
    except GongshuError:
        return False
    return True
