"""Who may write checks, run them, and see what they found. ``check_…`` raises the user's sentence."""

from __future__ import annotations

from gongshu.errors import GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role


def _process(by: Actor) -> bool:
    return by.person_id == 0 and not by.is_anonymous


def check_write(by: Actor, provider: str) -> None:
    """The providing unit is responsible for its data (xian-21, yongjia-19); the authority supervises (luzhou-33)."""
    if _process(by) or by.has(Role.DATA_AUTHORITY) or (by.has(Role.PROVIDER) and by.organization == provider):
        return
    raise NotAllowed(
        "quality.not_responsible",
        "由提供单位的“数据提供”人员或数据主管部门办理。",
        "The provider role of the providing unit, or the data authority, does this.",
    )


def check_see(by: Actor, provider: str, *, receives: bool) -> None:
    """Scores and counts are for the provider, the authority, the auditor, and whoever receives the data."""
    if _process(by) or by.has(Role.DATA_AUTHORITY, Role.AUDITOR) or by.organization == provider or receives:
        return
    raise NotAllowed(
        "quality.report_hidden",
        "只有提供单位、主管部门、审计人员和获得授权的单位可以查看质量报告。",
        "Quality reports are shown to the provider, the authority, the auditor and units with a grant.",
    )


def sees_values(by: Actor, provider: str) -> bool:
    """Whether values of personal columns are shown whole: to the provider of the data alone."""
    return by.has(Role.PROVIDER) and by.organization == provider


def check_rows(by: Actor, provider: str) -> None:
    """Failing rows are for who must mend them and who supervises; others see counts."""
    if _process(by) or sees_values(by, provider) or by.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return
    raise NotAllowed(
        "quality.rows_hidden",
        "问题数据行只供提供单位的“数据提供”人员、主管部门和审计人员查看。",
        "Failing rows are for the providing unit's provider role, the authority and the auditor.",
    )


def can_write(by: Actor, provider: str) -> bool:
    try:
        check_write(by, provider)
    except GongshuError:
        return False
    return True


def can_see_rows(by: Actor, provider: str) -> bool:
    try:
        check_rows(by, provider)
    except GongshuError:
        return False
    return True
