"""The life of a governance demand (数据治理需求) and of a record of return (收益记录), dazhou-9."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class GovernanceStatus(StrEnum):
    FILED = "filed"
    ORDERED = "ordered"
    FINISHED = "finished"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


GOVERNANCE_LABELS: dict[GovernanceStatus, Text] = {
    GovernanceStatus.FILED: Text("待主管部门处理", "With the authority"),
    GovernanceStatus.ORDERED: Text("已督促，治理中", "Being mended"),
    GovernanceStatus.FINISHED: Text("已治理，待验收", "Mended, to be accepted"),
    GovernanceStatus.ACCEPTED: Text("验收通过", "Accepted"),
    GovernanceStatus.DECLINED: Text("不予督促", "Declined"),
    GovernanceStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
LIVE = (GovernanceStatus.FILED, GovernanceStatus.ORDERED, GovernanceStatus.FINISHED)


class ReturnStatus(StrEnum):
    RECORDED = "recorded"
    STRUCK = "struck"


RETURN_LABELS: dict[ReturnStatus, Text] = {
    ReturnStatus.RECORDED: Text("已报告", "Reported"),
    ReturnStatus.STRUCK: Text("已作废", "Struck out"),
}

G, R = GovernanceStatus, ReturnStatus

GOVERNANCE = Table(
    name="operation_governance",
    title=Text("数据治理需求", "governance demand"),
    states=GOVERNANCE_LABELS,
    initial=G.FILED,
    transitions=(
        Transition("order", G.FILED, G.ORDERED, by=("authority",), label=Text("督促提供单位治理", "Order the mending")),
        Transition("decline", G.FILED, G.DECLINED, by=("authority",), label=Text("不予督促", "Decline")),
        Transition("extend", G.ORDERED, G.ORDERED, by=("authority",), label=Text("另定期限", "Name another day")),
        Transition("finish", G.ORDERED, G.FINISHED, by=("provider",), label=Text("完成治理", "Report it mended")),
        Transition("accept", G.FINISHED, G.ACCEPTED, by=("operator", "authority"), label=Text("验收通过", "Accept")),
        Transition(
            "send_back", G.FINISHED, G.ORDERED, by=("operator", "authority"), label=Text("退回返工", "Send back")
        ),
        Transition(
            "send_back_late",
            G.FINISHED,
            G.FILED,
            by=("operator", "authority"),
            label=Text("期限已过，退回并请主管部门另定期限", "Send back after the day: another one is named"),
        ),
        Transition("withdraw", (G.FILED, G.ORDERED), G.WITHDRAWN, by=("operator",), label=Text("撤回", "Withdraw")),
    ),
)

RETURN = Table(
    name="operation_return",
    title=Text("收益记录", "record of a return"),
    states=RETURN_LABELS,
    initial=R.RECORDED,
    transitions=(Transition("strike", R.RECORDED, R.STRUCK, by=("operator",), label=Text("作废", "Strike out")),),
)
