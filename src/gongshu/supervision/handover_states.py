"""The way of a filing to the office above: from the register's text to that office's receipt (xian-17: 备案)."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class HandoverStatus(StrEnum):
    BY_HAND = "by_hand"
    QUEUED = "queued"
    DELIVERED = "delivered"
    RECEIPTED = "receipted"
    REFUSED = "refused"


HANDOVER_LABELS: dict[HandoverStatus, Text] = {
    HandoverStatus.BY_HAND: Text("待人工报送", "To be handed over by hand"),
    HandoverStatus.QUEUED: Text("正在报送", "Being sent"),
    HandoverStatus.DELIVERED: Text("已送达，待回执", "Delivered, no receipt yet"),
    HandoverStatus.RECEIPTED: Text("已备案，有回执", "Filed, with a receipt"),
    HandoverStatus.REFUSED: Text("被退回", "Refused"),
}
UNSETTLED = (HandoverStatus.BY_HAND, HandoverStatus.QUEUED, HandoverStatus.DELIVERED, HandoverStatus.REFUSED)

HANDOVER = Table(
    name="supervision_handover",
    title=Text("数据资产备案报送", "filing of data assets"),
    states=HANDOVER_LABELS,
    initial=HandoverStatus.BY_HAND,
    transitions=(
        Transition(
            "queue",
            (HandoverStatus.BY_HAND, HandoverStatus.REFUSED),
            HandoverStatus.QUEUED,
            by=("authority",),
            label=Text("报送", "Send"),
        ),
        Transition(
            "deliver",
            HandoverStatus.QUEUED,
            HandoverStatus.DELIVERED,
            by=("process",),
            label=Text("送达上级系统", "Taken by the office above"),
        ),
        Transition(
            "acknowledge",
            (HandoverStatus.QUEUED, HandoverStatus.DELIVERED),
            HandoverStatus.RECEIPTED,
            by=("process",),
            label=Text("收到回执", "Receipt came"),
        ),
        Transition(
            "refuse",
            (HandoverStatus.QUEUED, HandoverStatus.DELIVERED),
            HandoverStatus.REFUSED,
            by=("process",),
            label=Text("上级系统退回", "Refused by the office above"),
        ),
        Transition(
            "note_receipt",
            UNSETTLED,
            HandoverStatus.RECEIPTED,
            by=("authority",),
            label=Text("登记回执", "Note the receipt"),
        ),
    ),
)
