"""The lives of a designation, of a correction ordered to an operator, and of a demand for data."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class DesignationStatus(StrEnum):
    IN_REVIEW = "in_review"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    TERMINATED = "terminated"
    EXPIRED = "expired"


DESIGNATION_LABELS: dict[DesignationStatus, Text] = {
    DesignationStatus.IN_REVIEW: Text("办理中", "In progress"),
    DesignationStatus.ACTIVE: Text("已授权", "Authorised"),
    DesignationStatus.SUSPENDED: Text("暂停权限", "Suspended"),
    DesignationStatus.REFUSED: Text("不予授权", "Refused"),
    DesignationStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
    DesignationStatus.ENDED: Text("提前终止", "Ended early"),
    DesignationStatus.TERMINATED: Text("终止授权", "Terminated"),
    DesignationStatus.EXPIRED: Text("期限届满", "Expired"),
}

LIVE = (DesignationStatus.IN_REVIEW, DesignationStatus.ACTIVE, DesignationStatus.SUSPENDED)


class CorrectionStatus(StrEnum):
    ORDERED = "ordered"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    FAILED = "failed"


CORRECTION_LABELS: dict[CorrectionStatus, Text] = {
    CorrectionStatus.ORDERED: Text("责令改正", "Ordered to correct"),
    CorrectionStatus.ANSWERED: Text("已反馈待验收", "Answered"),
    CorrectionStatus.ACCEPTED: Text("已改正", "Corrected"),
    CorrectionStatus.FAILED: Text("未按要求改正", "Not corrected"),
}


class DemandStatus(StrEnum):
    IN_REVIEW = "in_review"
    SUPPLIED = "supplied"
    SUSPENDED = "suspended"
    ENDING = "ending"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


DEMAND_LABELS: dict[DemandStatus, Text] = {
    DemandStatus.IN_REVIEW: Text("审核中", "In review"),
    DemandStatus.SUPPLIED: Text("供给中", "Supplied"),
    DemandStatus.SUSPENDED: Text("暂停供给", "Suspended"),
    DemandStatus.ENDING: Text("提出终止待同意", "End asked for"),
    DemandStatus.REFUSED: Text("不同意授权", "Refused"),
    DemandStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
    DemandStatus.ENDED: Text("已终止供给", "Supply ended"),
}

D, C, Q = DesignationStatus, CorrectionStatus, DemandStatus

DESIGNATION = Table(
    name="operation_designation",
    title=Text("授权运营申报", "designation"),
    states=DESIGNATION_LABELS,
    initial=D.IN_REVIEW,
    transitions=(
        Transition("sign", D.IN_REVIEW, D.ACTIVE, by=("decider",), label=Text("签订协议", "Sign the agreement")),
        Transition("refuse", D.IN_REVIEW, D.REFUSED, by=("decider",), label=Text("不予授权", "Refuse")),
        Transition("withdraw", D.IN_REVIEW, D.WITHDRAWN, by=("applicant",), label=Text("撤回", "Withdraw")),
        Transition("suspend", D.ACTIVE, D.SUSPENDED, by=("authority",), label=Text("责令改正并暂停", "Suspend")),
        Transition("restore", D.SUSPENDED, D.ACTIVE, by=("authority",), label=Text("恢复权限", "Restore")),
        Transition("terminate", D.SUSPENDED, D.TERMINATED, by=("authority",), label=Text("终止授权", "Terminate")),
        Transition("end", D.ACTIVE, D.ENDED, by=("authority",), label=Text("提前终止", "End early")),
        Transition("expire", (D.ACTIVE, D.SUSPENDED), D.EXPIRED, by=("clock",), label=Text("期限届满", "Expire")),
    ),
)

CORRECTION = Table(
    name="operation_correction",
    title=Text("责令改正", "order to correct"),
    states=CORRECTION_LABELS,
    initial=C.ORDERED,
    transitions=(
        Transition("answer", (C.ORDERED, C.ANSWERED), C.ANSWERED, by=("operator",), label=Text("反馈", "Answer")),
        Transition("accept", C.ANSWERED, C.ACCEPTED, by=("authority",), label=Text("确认改正", "Accept")),
        Transition("fail", (C.ORDERED, C.ANSWERED), C.FAILED, by=("authority",), label=Text("终止授权", "Terminate")),
    ),
)

DEMAND = Table(
    name="operation_demand",
    title=Text("数据需求", "demand"),
    states=DEMAND_LABELS,
    initial=Q.IN_REVIEW,
    transitions=(
        Transition("supply", Q.IN_REVIEW, Q.SUPPLIED, by=("decider",), label=Text("同意并供给", "Supply")),
        Transition("refuse", Q.IN_REVIEW, Q.REFUSED, by=("decider",), label=Text("不同意授权", "Refuse")),
        Transition("withdraw", Q.IN_REVIEW, Q.WITHDRAWN, by=("operator",), label=Text("撤回", "Withdraw")),
        Transition("ask_end", Q.SUPPLIED, Q.ENDING, by=("provider",), label=Text("提出终止", "Ask to end")),
        Transition("keep", Q.ENDING, Q.SUPPLIED, by=("authority",), label=Text("不同意终止", "Keep")),
        Transition("suspend", (Q.SUPPLIED, Q.ENDING), Q.SUSPENDED, by=("authority",), label=Text("暂停", "Suspend")),
        Transition("restore", Q.SUSPENDED, Q.SUPPLIED, by=("authority",), label=Text("恢复", "Restore")),
        Transition(
            "end",
            (Q.SUPPLIED, Q.SUSPENDED, Q.ENDING),
            Q.ENDED,
            by=("authority", "clock"),
            label=Text("终止供给", "End"),
        ),
    ),
)
