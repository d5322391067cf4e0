"""Who keeps the register of data assets."""

from __future__ import annotations

from gongshu.errors import NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role


def check_keep(by: Actor) -> None:
    """The authority keeps the register (xian-17: 市大数据产业发展管理机构负责登记)."""
    if not can_keep(by):
        raise NotAllowed(
            "asset.not_authority",
            "数据资产登记、评估和备案由数据主管部门办理。",
            "Registering, assessing and filing data assets is the authority's.",
        )


def can_keep(by: Actor) -> bool:
    return by.office == Office.AUTHORITY and by.has(Role.DATA_AUTHORITY)
