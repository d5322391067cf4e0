"""The life of a demand for data, and what a supply-demand meeting may say about one (xian-5, yongjia-20, zaozhuang-6.3)."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class DemandStatus(StrEnum):
    FILED = "filed"
    MATCHED = "matched"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    OBJECTED = "objected"
    FULFILLED = "fulfilled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


DEMAND_LABELS: dict[DemandStatus, Text] = {
    DemandStatus.FILED: Text("待统筹", "To be matched"),
    DemandStatus.MATCHED: Text("已有数据", "Already there"),
    DemandStatus.ASSIGNED: Text("待提供单位答复", "Provider to answer"),
    DemandStatus.ACCEPTED: Text("提供中", "Being supplied"),
    DemandStatus.OBJECTED: Text("提供单位有异议", "Provider objects"),
    DemandStatus.FULFILLED: Text("已满足", "Fulfilled"),
    DemandStatus.DECLINED: Text("不予满足", "Declined"),
    DemandStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
LIVE = (DemandStatus.FILED, DemandStatus.ASSIGNED, DemandStatus.ACCEPTED, DemandStatus.OBJECTED)
DUTIES = (DemandStatus.ASSIGNED, DemandStatus.ACCEPTED, DemandStatus.OBJECTED, DemandStatus.FULFILLED)
"""States of a demand that stands on a provider's responsibility list."""

DEMAND = Table(
    name="catalog_demand",
    title=Text("数据需求", "demand"),
    states=DEMAND_LABELS,
    initial=DemandStatus.FILED,
    transitions=(
        Transition(
            "match",
            (DemandStatus.FILED, DemandStatus.OBJECTED),
            DemandStatus.MATCHED,
            by=("data_authority",),
            label=Text("指向已有目录", "Point to an entry"),
        ),
        Transition(
            "assign",
            (DemandStatus.FILED, DemandStatus.OBJECTED),
            DemandStatus.ASSIGNED,
            by=("data_authority",),
            label=Text("指派提供单位", "Assign a provider"),
        ),
        Transition(
            "decline",
            (DemandStatus.FILED, DemandStatus.OBJECTED),
            DemandStatus.DECLINED,
            by=("data_authority",),
            label=Text("不予满足", "Decline"),
        ),
        Transition(
            "accept",
            DemandStatus.ASSIGNED,
            DemandStatus.ACCEPTED,
            by=("provider",),
            label=Text("接受", "Accept"),
        ),
        Transition(
            "object",
            DemandStatus.ASSIGNED,
            DemandStatus.OBJECTED,
            by=("provider",),
            label=Text("提出异议", "Object"),
        ),
        Transition(
            "fulfil",
            DemandStatus.ACCEPTED,
            DemandStatus.FULFILLED,
            by=("provider",),
            label=Text("目录已发布", "Entry published"),
        ),
        Transition(
            "withdraw",
            LIVE,
            DemandStatus.WITHDRAWN,
            by=("consumer",),
            label=Text("撤回", "Withdraw"),
        ),
    ),
)


class Talk(StrEnum):
    """What a meeting agreed about a demand: minutes, which decide nothing by themselves."""

    SUPPLY = "supply"
    ASSIGN = "assign"
    LATER = "later"
    NONE = "none"


TALK_LABELS: dict[Talk, Text] = {
    Talk.SUPPLY: Text("达成供给意向", "to be supplied"),
    Talk.ASSIGN: Text("建议指派提供单位", "a provider to be assigned"),
    Talk.LATER: Text("会后继续对接", "to be talked over again"),
    Talk.NONE: Text("暂不具备供给条件", "cannot be supplied now"),
}


class ListKind(StrEnum):
    """The three lists (三清单)."""

    DEMAND = "demand"
    RESPONSIBILITY = "responsibility"
    NEGATIVE = "negative"


LIST_LABELS: dict[ListKind, Text] = {
    ListKind.DEMAND: Text("需求清单", "Demand list"),
    ListKind.RESPONSIBILITY: Text("责任清单", "Responsibility list"),
    ListKind.NEGATIVE: Text("负面清单", "Negative list"),
}
