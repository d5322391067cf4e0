"""The words of data stores: whose they are, how they stand, what a member may do."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class SpaceKind(StrEnum):
    """Whose a store is (yongjia-7: 部门及乡镇（街道）数据仓)."""

    DEPARTMENT = "department"
    TOWNSHIP = "township"


KIND_LABELS: dict[SpaceKind, Text] = {
    SpaceKind.DEPARTMENT: Text("部门数据仓", "Department store"),
    SpaceKind.TOWNSHIP: Text("乡镇（街道）数据仓", "Township store"),
}


class SpaceStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


STATUS_LABELS: dict[SpaceStatus, Text] = {
    SpaceStatus.OPEN: Text("使用中", "In use"),
    SpaceStatus.CLOSED: Text("已关闭", "Closed"),
}


class Right(StrEnum):
    """What a member may do with the tables of a store; who manages also reads."""

    READ = "read"
    MANAGE = "manage"


RIGHT_LABELS: dict[Right, Text] = {
    Right.READ: Text("读取", "Read"),
    Right.MANAGE: Text("管理", "Manage"),
}
RIGHT_NOTES: dict[Right, Text] = {
    Right.READ: Text("查看、下载本仓数据表的内容", "sees and downloads what the tables hold"),
    Right.MANAGE: Text("另可归集、清洗、恢复，并指定成员", "also collects, cleans, restores, and names members"),
}

WARNINGS = (95, 80)
"""Percent of a quota at which the unit is told, the highest first."""

SPACE = Table(
    "space",
    states=STATUS_LABELS,
    initial=SpaceStatus.OPEN,
    title=Text("数据仓", "data store"),
    transitions=[
        Transition("close", SpaceStatus.OPEN, SpaceStatus.CLOSED, "data_authority", Text("关闭", "Close")),
        Transition("reopen", SpaceStatus.CLOSED, SpaceStatus.OPEN, "data_authority", Text("重新开设", "Open again")),
    ],
)
