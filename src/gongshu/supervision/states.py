"""The life of a finding: a violation that somebody, or the platform, has found."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class FindingStatus(StrEnum):
    PROPOSED = "proposed"
    ORDERED = "ordered"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    UNCORRECTED = "uncorrected"
    CIRCULATED = "circulated"
    HANDED_ON = "handed_on"
    DISMISSED = "dismissed"


FINDING_LABELS: dict[FindingStatus, Text] = {
    FindingStatus.PROPOSED: Text("待核实", "To be verified"),
    FindingStatus.ORDERED: Text("责令改正", "Ordered to correct"),
    FindingStatus.ANSWERED: Text("已反馈待验收", "Answered"),
    FindingStatus.CORRECTED: Text("已改正", "Corrected"),
    FindingStatus.UNCORRECTED: Text("逾期未改正", "Not corrected"),
    FindingStatus.CIRCULATED: Text("已通报批评", "Circulated"),
    FindingStatus.HANDED_ON: Text("已移送", "Handed on"),
    FindingStatus.DISMISSED: Text("不予立案", "Dismissed"),
}

LIVE = (FindingStatus.PROPOSED, FindingStatus.ORDERED, FindingStatus.ANSWERED, FindingStatus.UNCORRECTED)


class Against(StrEnum):
    """Whom a kind of violation concerns: bodies that manage public data, or users of them."""

    BODY = "body"
    USER = "user"


class EventKind(StrEnum):
    """A line of a finding's history."""

    FOUND = "found"
    DISMISSED = "dismissed"
    ORDERED = "ordered"
    ANSWERED = "answered"
    EXTENDED = "extended"
    CORRECTED = "corrected"
    UNCORRECTED = "uncorrected"
    CIRCULATED = "circulated"
    HANDED_ON = "handed_on"


EVENT_LABELS: dict[EventKind, Text] = {
    EventKind.FOUND: Text("发现线索", "Found"),
    EventKind.DISMISSED: Text("不予立案", "Dismissed"),
    EventKind.ORDERED: Text("责令改正", "Ordered to correct"),
    EventKind.ANSWERED: Text("反馈改正情况", "Answered"),
    EventKind.EXTENDED: Text("改正不到位，另定期限", "Not enough yet: another day was named"),
    EventKind.CORRECTED: Text("验收，确认改正", "Accepted as corrected"),
    EventKind.UNCORRECTED: Text("认定逾期未改正", "Found not corrected"),
    EventKind.CIRCULATED: Text("通报批评", "Circulated as criticism"),
    EventKind.HANDED_ON: Text("移送处理", "Handed on"),
}

FINDING = Table(
    name="supervision_finding",
    title=Text("违规事项", "finding"),
    states=FINDING_LABELS,
    initial=FindingStatus.PROPOSED,
    transitions=(
        Transition(
            "dismiss",
            FindingStatus.PROPOSED,
            FindingStatus.DISMISSED,
            by=("orderer",),
            label=Text("不予立案", "Dismiss"),
        ),
        Transition(
            "order",
            FindingStatus.PROPOSED,
            FindingStatus.ORDERED,
            by=("orderer",),
            label=Text("责令限期改正", "Order to correct"),
        ),
        Transition(
            "answer",
            (FindingStatus.ORDERED, FindingStatus.ANSWERED),
            FindingStatus.ANSWERED,
            by=("violator",),
            label=Text("反馈改正情况", "Answer"),
        ),
        Transition(
            "extend",
            (FindingStatus.ORDERED, FindingStatus.ANSWERED),
            FindingStatus.ORDERED,
            by=("orderer",),
            label=Text("另定期限", "Name another day"),
        ),
        Transition(
            "accept",
            FindingStatus.ANSWERED,
            FindingStatus.CORRECTED,
            by=("orderer",),
            label=Text("确认改正", "Accept"),
        ),
        Transition(
            "fail",
            (FindingStatus.ORDERED, FindingStatus.ANSWERED),
            FindingStatus.UNCORRECTED,
            by=("orderer",),
            label=Text("认定未改正", "Find it not corrected"),
        ),
        Transition(
            "circulate",
            FindingStatus.UNCORRECTED,
            FindingStatus.CIRCULATED,
            by=("circulator",),
            label=Text("通报批评", "Circulate"),
        ),
        Transition(
            "hand_on",
            (*LIVE, FindingStatus.CIRCULATED),
            FindingStatus.HANDED_ON,
            by=("orderer", "circulator"),
            label=Text("移送处理", "Hand on"),
        ),
    ),
)
