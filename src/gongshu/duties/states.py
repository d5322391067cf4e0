"""What may happen to a duty."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class DutyStatus(StrEnum):
    OPEN = "open"
    STOPPED = "stopped"  # the time does not run: a supplement was asked for, a third party is consulted
    OVERDUE = "overdue"
    DONE = "done"
    CANCELLED = "cancelled"


DUTY_LABELS: dict[DutyStatus, Text] = {
    DutyStatus.OPEN: Text("待办", "Open"),
    DutyStatus.STOPPED: Text("已中止计时", "Clock stopped"),
    DutyStatus.OVERDUE: Text("已超期", "Overdue"),
    DutyStatus.DONE: Text("已办结", "Done"),
    DutyStatus.CANCELLED: Text("已撤销", "Cancelled"),
}

OWED = (DutyStatus.OPEN, DutyStatus.STOPPED, DutyStatus.OVERDUE)


class StopReason(StrEnum):
    """Why time does not count."""

    SUPPLEMENT = "supplement"
    THIRD_PARTY = "third_party"
    COORDINATION = "coordination"


STOP_LABELS: dict[StopReason, Text] = {
    StopReason.SUPPLEMENT: Text("等待补正材料", "waiting for a supplement"),
    StopReason.THIRD_PARTY: Text("征求第三方意见", "a third party is consulted"),
    StopReason.COORDINATION: Text("跨部门协调", "coordination between departments"),
}


class EventKind(StrEnum):
    """What a line of a duty's history tells."""

    OPENED = "opened"
    STOPPED = "stopped"
    RESUMED = "resumed"
    EXTENDED = "extended"
    SHORTENED = "shortened"
    EMERGENCY = "emergency"
    DEADLINE_FIXED = "deadline_fixed"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    ESCALATED_FURTHER = "escalated_further"
    DONE = "done"
    CANCELLED = "cancelled"


EVENT_LABELS: dict[EventKind, Text] = {
    EventKind.OPENED: Text("开始计时", "Time began"),
    EventKind.STOPPED: Text("中止计时", "Clock stopped"),
    EventKind.RESUMED: Text("恢复计时", "Clock runs again"),
    EventKind.EXTENDED: Text("延长期限", "Extended"),
    EventKind.SHORTENED: Text("紧急业务缩短期限", "Shortened: urgent business"),
    EventKind.EMERGENCY: Text("突发事件，立即办理", "Emergency: due at once"),
    EventKind.DEADLINE_FIXED: Text("放假安排公布，期限重算", "Deadline computed again"),
    EventKind.REMINDED: Text("到期提醒", "Reminded"),
    EventKind.ESCALATED: Text("超期，报主管部门", "Overdue: told the data authority"),
    EventKind.ESCALATED_FURTHER: Text("继续超期，报本级人民政府", "Still overdue: told the government"),
    EventKind.DONE: Text("办结", "Done"),
    EventKind.CANCELLED: Text("撤销", "Cancelled"),
}


class StepStatus(StrEnum):
    """One decider's turn in a case."""

    WAITING = "waiting"
    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


STEP_LABELS: dict[StepStatus, Text] = {
    StepStatus.WAITING: Text("未到", "Not yet"),
    StepStatus.OPEN: Text("办理中", "In progress"),
    StepStatus.PASSED: Text("通过", "Passed"),
    StepStatus.FAILED: Text("不通过", "Not passed"),
    StepStatus.SKIPPED: Text("不再需要", "No longer needed"),
}

DUTY = Table(
    name="duty",
    title=Text("待办事项", "duty"),
    states=DUTY_LABELS,
    initial=DutyStatus.OPEN,
    transitions=(
        Transition("stop", DutyStatus.OPEN, DutyStatus.STOPPED, by=("holder",), label=Text("中止计时", "Stop")),
        Transition("resume", DutyStatus.STOPPED, DutyStatus.OPEN, by=("holder",), label=Text("恢复计时", "Resume")),
        Transition("extend", DutyStatus.OPEN, DutyStatus.OPEN, by=("consenting",), label=Text("延长期限", "Extend")),
        Transition(
            "shorten",
            DutyStatus.OPEN,
            DutyStatus.OPEN,
            by=("data_authority",),
            label=Text("缩短期限", "Shorten"),
        ),
        Transition(
            "emergency",
            (DutyStatus.OPEN, DutyStatus.STOPPED),
            DutyStatus.OPEN,
            by=("data_authority",),
            label=Text("启动紧急办理", "Declare an emergency"),
        ),
        Transition(
            "rename",
            (DutyStatus.OPEN, DutyStatus.OVERDUE),
            DutyStatus.OPEN,
            by=("case",),
            label=Text("另定日期", "Name another day"),
        ),
        Transition("lapse", DutyStatus.OPEN, DutyStatus.OVERDUE, by=("clock",), label=Text("超期", "Fall overdue")),
        Transition("done", OWED, DutyStatus.DONE, by=("holder",), label=Text("办结", "Do")),
        Transition("cancelled", OWED, DutyStatus.CANCELLED, by=("case",), label=Text("撤销", "Cancel")),
    ),
)
