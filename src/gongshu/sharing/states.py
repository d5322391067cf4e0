"""The life of an application and of each of its steps."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class ApplicationStatus(StrEnum):
    PENDING = "pending"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


APPLICATION_LABELS: dict[ApplicationStatus, Text] = {
    ApplicationStatus.PENDING: Text("办理中", "In progress"),
    ApplicationStatus.RETURNED: Text("待补正", "To be completed"),
    ApplicationStatus.APPROVED: Text("已同意", "Approved"),
    ApplicationStatus.REFUSED: Text("不予共享", "Refused"),
    ApplicationStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}


class StepStatus(StrEnum):
    WAITING = "waiting"  # not yet its turn
    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"
    RETURNED = "returned"
    SKIPPED = "skipped"


STEP_LABELS: dict[StepStatus, Text] = {
    StepStatus.WAITING: Text("未到", "Not yet"),
    StepStatus.OPEN: Text("办理中", "In progress"),
    StepStatus.AGREED: Text("同意", "Agreed"),
    StepStatus.REFUSED: Text("不同意", "Refused"),
    StepStatus.RETURNED: Text("退回补正", "Sent back"),
    StepStatus.SKIPPED: Text("不再需要", "No longer needed"),
}


class Outcome(StrEnum):
    """What a decider may answer."""

    AGREE = "agree"
    RETURN = "return"
    REFUSE = "refuse"


APPLICATION = Table(
    name="sharing_application",
    title=Text("申请", "application"),
    states=APPLICATION_LABELS,
    initial=ApplicationStatus.PENDING,
    transitions=(
        Transition(
            "approve",
            ApplicationStatus.PENDING,
            ApplicationStatus.APPROVED,
            by=("decider",),
            label=Text("同意", "Approve"),
        ),
        Transition(
            "refuse",
            ApplicationStatus.PENDING,
            ApplicationStatus.REFUSED,
            by=("decider",),
            label=Text("不予共享", "Refuse"),
        ),
        Transition(
            "send_back",
            ApplicationStatus.PENDING,
            ApplicationStatus.RETURNED,
            by=("decider",),
            label=Text("退回补正", "Send back"),
        ),
        Transition(
            "resubmit",
            ApplicationStatus.RETURNED,
            ApplicationStatus.PENDING,
            by=("applicant",),
            label=Text("补正后提交", "Resubmit"),
        ),
        Transition(
            "settle",
            ApplicationStatus.REFUSED,
            ApplicationStatus.APPROVED,
            by=("mediator",),
            label=Text("经协商、协调或决定同意", "Agree after a dispute"),
        ),
        Transition(
            "lapse",
            (ApplicationStatus.PENDING, ApplicationStatus.RETURNED),
            ApplicationStatus.WITHDRAWN,
            by=("data_authority",),
            label=Text("突发事件结束，申请失效", "Lapse with the emergency"),
        ),
        Transition(
            "withdraw",
            ApplicationStatus.PENDING,
            ApplicationStatus.WITHDRAWN,
            by=("applicant",),
            label=Text("撤回", "Withdraw"),
        ),
        Transition(
            "withdraw",
            ApplicationStatus.RETURNED,
            ApplicationStatus.WITHDRAWN,
            by=("applicant",),
            label=Text("撤回", "Withdraw"),
        ),
    ),
)


class DisputeStatus(StrEnum):
    RAISED = "raised"
    NEGOTIATION = "negotiation"
    MEDIATION = "mediation"
    ADVICE = "advice"
    DECISION = "decision"
    AGREED = "agreed"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


DISPUTE_LABELS: dict[DisputeStatus, Text] = {
    DisputeStatus.RAISED: Text("已提出", "Raised"),
    DisputeStatus.NEGOTIATION: Text("协商中", "Being negotiated"),
    DisputeStatus.MEDIATION: Text("协调中", "Being coordinated"),
    DisputeStatus.ADVICE: Text("征求专家意见", "Experts are heard"),
    DisputeStatus.DECISION: Text("报政府决定", "Before the government"),
    DisputeStatus.AGREED: Text("同意共享", "To be shared"),
    DisputeStatus.KEPT: Text("维持不予共享", "Refusal kept"),
    DisputeStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
DISPUTE_LIVE = (
    DisputeStatus.RAISED,
    DisputeStatus.NEGOTIATION,
    DisputeStatus.MEDIATION,
    DisputeStatus.ADVICE,
    DisputeStatus.DECISION,
)


class Settlement(StrEnum):
    """What whoever's turn it is may say."""

    AGREED = "agreed"  # the data are to be shared
    FAILED = "failed"  # no agreement: it goes on to the next, if the pack names one
    ADVISED = "advised"  # the experts gave their opinion
    KEPT = "kept"  # the government decided that the refusal stands


DISPUTE_STEP_LABELS: dict[str, Text] = {
    "waiting": Text("未到", "Not yet"),
    "open": Text("办理中", "In progress"),
    "agreed": Text("同意共享", "To be shared"),
    "failed": Text("未达成一致", "No agreement"),
    "advised": Text("已提出意见", "Advice given"),
    "kept": Text("维持不予共享", "Refusal kept"),
    "skipped": Text("不再需要", "No longer needed"),
}

DISPUTE = Table(
    name="sharing_dispute",
    title=Text("共享争议", "dispute"),
    states=DISPUTE_LABELS,
    initial=DisputeStatus.RAISED,
    transitions=(
        Transition(
            "negotiate",
            (DisputeStatus.RAISED, DisputeStatus.NEGOTIATION),
            DisputeStatus.NEGOTIATION,
            by=("claimant",),
            label=Text("协商", "Negotiate"),
        ),
        Transition(
            "mediate",
            (DisputeStatus.RAISED, DisputeStatus.NEGOTIATION, DisputeStatus.ADVICE),
            DisputeStatus.MEDIATION,
            by=("claimant", "provider", "expert_committee"),
            label=Text("提请协调", "Ask for coordination"),
        ),
        Transition(
            "advise",
            (DisputeStatus.RAISED, DisputeStatus.NEGOTIATION, DisputeStatus.MEDIATION),
            DisputeStatus.ADVICE,
            by=("mediator",),
            label=Text("征求专家意见", "Hear the experts"),
        ),
        Transition(
            "decide",
            (DisputeStatus.RAISED, DisputeStatus.NEGOTIATION, DisputeStatus.MEDIATION, DisputeStatus.ADVICE),
            DisputeStatus.DECISION,
            by=("mediator", "expert_committee"),
            label=Text("报政府决定", "Bring before the government"),
        ),
        Transition(
            "agree",
            (DisputeStatus.NEGOTIATION, DisputeStatus.MEDIATION, DisputeStatus.DECISION),
            DisputeStatus.AGREED,
            by=("provider", "mediator", "government"),
            label=Text("同意共享", "Agree to share"),
        ),
        Transition(
            "keep",
            (DisputeStatus.NEGOTIATION, DisputeStatus.MEDIATION, DisputeStatus.DECISION),
            DisputeStatus.KEPT,
            by=("mediator", "government"),
            label=Text("维持不予共享", "Keep the refusal"),
        ),
        Transition(
            "withdraw",
            (DisputeStatus.NEGOTIATION, DisputeStatus.MEDIATION, DisputeStatus.ADVICE, DisputeStatus.DECISION),
            DisputeStatus.WITHDRAWN,
            by=("claimant",),
            label=Text("撤回", "Withdraw"),
        ),
    ),
)


class EmergencyStatus(StrEnum):
    DECLARED = "declared"
    ENDED = "ended"


EMERGENCY_LABELS: dict[EmergencyStatus, Text] = {
    EmergencyStatus.DECLARED: Text("处置中", "On"),
    EmergencyStatus.ENDED: Text("已结束", "Over"),
}

EMERGENCY = Table(
    name="emergency",
    title=Text("突发事件", "emergency"),
    states=EMERGENCY_LABELS,
    initial=EmergencyStatus.DECLARED,
    transitions=(
        Transition(
            "end",
            EmergencyStatus.DECLARED,
            EmergencyStatus.ENDED,
            by=("data_authority",),
            label=Text("结束", "End"),
        ),
    ),
)
