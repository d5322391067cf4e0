"""The words of grants: statuses, kinds and ways of reading, and what may happen to a grant."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class GrantStatus(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


class GrantKind(StrEnum):
    SHARING = "sharing"  # between public bodies, after a decision
    PUBLIC = "public"  # an open release, held by the portal's own system


class Mode(StrEnum):
    VERIFY = "verify"  # 核验: yes or no
    QUERY = "query"  # 查询: masked fields
    BATCH = "batch"  # 批量: a file


STATUS_LABELS: dict[GrantStatus, Text] = {
    GrantStatus.ACTIVE: Text("有效", "Active"),
    GrantStatus.REVOKED: Text("已撤销", "Revoked"),
    GrantStatus.EXPIRED: Text("已到期", "Expired"),
}

MODE_LABELS: dict[Mode, Text] = {
    Mode.VERIFY: Text("核验", "Verify"),
    Mode.QUERY: Text("查询", "Query"),
    Mode.BATCH: Text("批量", "Batch"),
}

GRANT = Table(
    "grant",
    states=STATUS_LABELS,
    title=Text("授权", "grant"),
    initial=GrantStatus.ACTIVE,
    transitions=[
        Transition(
            "revoke",
            GrantStatus.ACTIVE,
            GrantStatus.REVOKED,
            by=("data_authority", "provider", "consumer"),
            label=Text("撤销授权", "Revoke the grant"),
        ),
        Transition(
            "expire",
            GrantStatus.ACTIVE,
            GrantStatus.EXPIRED,
            by="platform",
            label=Text("到期", "The term ends"),
        ),
    ],
)
