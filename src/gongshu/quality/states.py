"""The life of an objection to a value (数据异议), and of a run of the checks (质量检测)."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class ObjectionStatus(StrEnum):
    REPORTED = "reported"  # with the centre, where the pack sends reports through it
    CHECKING = "checking"
    CORRECTING = "correcting"
    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    SETTLED = "settled"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


OBJECTION_LABELS: dict[ObjectionStatus, Text] = {
    ObjectionStatus.REPORTED: Text("已反馈，待转交", "Reported"),
    ObjectionStatus.CHECKING: Text("校核中", "Being checked"),
    ObjectionStatus.CORRECTING: Text("核实有误，整改中", "Found wrong"),
    ObjectionStatus.CORRECTED: Text("完成整改", "Corrected"),
    ObjectionStatus.CONFIRMED: Text("确认无误", "Confirmed right"),
    ObjectionStatus.SETTLED: Text("沟通解决", "Settled by discussion"),
    ObjectionStatus.CLOSED: Text("已办结", "Closed"),
    ObjectionStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
ANSWERED = (ObjectionStatus.CORRECTED, ObjectionStatus.CONFIRMED, ObjectionStatus.SETTLED)
LIVE = (ObjectionStatus.REPORTED, ObjectionStatus.CHECKING, ObjectionStatus.CORRECTING, *ANSWERED)

OUTCOMES: dict[ObjectionStatus, str] = {
    ObjectionStatus.CORRECTED: "resolved_corrected",
    ObjectionStatus.CONFIRMED: "resolved_confirmed_valid",
    ObjectionStatus.SETTLED: "resolved_by_agreement",
}
"""How the pack's ``objection.outcomes`` name an answer."""


class Fault(StrEnum):
    """What is doubted (luzhou-31: wrong, left out, or against the rights of a third party)."""

    WRONG = "wrong"
    MISSING = "missing"
    RIGHTS = "rights"


FAULT_LABELS: dict[Fault, Text] = {
    Fault.WRONG: Text("数据有误", "the value is wrong"),
    Fault.MISSING: Text("记录遗漏", "the record is missing"),
    Fault.RIGHTS: Text("侵犯商业秘密、个人隐私等权益", "it violates a trade secret, privacy or another right"),
}


class Channel(StrEnum):
    """Which way a report came (luzhou-32)."""

    CONSOLE = "console"
    PORTAL = "portal"
    COMMAND = "command"
    PROGRAM = "program"


CHANNEL_LABELS: dict[Channel, Text] = {
    Channel.CONSOLE: Text("工作台填报", "workbench form"),
    Channel.PORTAL: Text("开放平台填报", "portal form"),
    Channel.COMMAND: Text("命令行", "command line"),
    Channel.PROGRAM: Text("业务系统接口", "interface for business systems"),
}

_CHECKED = (ObjectionStatus.CHECKING, ObjectionStatus.CORRECTING)
OBJECTION = Table(
    name="objection",
    title=Text("数据异议", "objection"),
    states=OBJECTION_LABELS,
    initial=ObjectionStatus.REPORTED,
    transitions=(
        Transition(
            "forward",
            ObjectionStatus.REPORTED,
            ObjectionStatus.CHECKING,
            by=("center", "platform"),
            label=Text("转交提供单位", "Forward to the provider"),
        ),
        Transition(
            "pass_on",
            ObjectionStatus.CHECKING,
            ObjectionStatus.CHECKING,
            by=("provider",),
            label=Text("转数据源头单位", "Pass on to the right source"),
        ),
        Transition(
            "find_wrong",
            ObjectionStatus.CHECKING,
            ObjectionStatus.CORRECTING,
            by=("provider",),
            label=Text("核实有误", "Found wrong"),
        ),
        Transition(
            "correct",
            _CHECKED,
            ObjectionStatus.CORRECTED,
            by=("provider",),
            label=Text("完成整改", "Corrected"),
        ),
        Transition(
            "confirm",
            ObjectionStatus.CHECKING,
            ObjectionStatus.CONFIRMED,
            by=("provider",),
            label=Text("确认无误", "Confirm it right"),
        ),
        Transition(
            "settle",
            _CHECKED,
            ObjectionStatus.SETTLED,
            by=("provider",),
            label=Text("沟通解决", "Settle by discussion"),
        ),
        Transition(
            "disagree",
            ANSWERED,
            ObjectionStatus.CHECKING,
            by=("reporter",),
            label=Text("不同意，请再校核", "Disagree: check again"),
        ),
        Transition(
            "close",
            ANSWERED,
            ObjectionStatus.CLOSED,
            by=("reporter", "clock"),
            label=Text("办结", "Close"),
        ),
        Transition(
            "withdraw",
            (ObjectionStatus.REPORTED, ObjectionStatus.CHECKING),
            ObjectionStatus.WITHDRAWN,
            by=("reporter",),
            label=Text("撤回", "Withdraw"),
        ),
    ),
)


class CheckRunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


CHECK_RUN_LABELS: dict[CheckRunStatus, Text] = {
    CheckRunStatus.RUNNING: Text("检测中", "Running"),
    CheckRunStatus.DONE: Text("已完成", "Done"),
    CheckRunStatus.FAILED: Text("未能完成", "Failed"),
}
