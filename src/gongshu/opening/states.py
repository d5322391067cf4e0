"""The life of a release."""

from __future__ import annotations

from enum import StrEnum

from gongshu.duties.states import STEP_LABELS as STEP_LABELS  # the turns of a release are turns like any other
from gongshu.duties.states import StepStatus as StepStatus
from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class ReleaseStatus(StrEnum):
    IN_REVIEW = "in_review"
    PUBLIC = "public"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


RELEASE_LABELS: dict[ReleaseStatus, Text] = {
    ReleaseStatus.IN_REVIEW: Text("审查中", "In review"),
    ReleaseStatus.PUBLIC: Text("已开放", "Public"),
    ReleaseStatus.REFUSED: Text("不予开放", "Not opened"),
    ReleaseStatus.WITHDRAWN: Text("已停止开放", "Withdrawn"),
}


RELEASE = Table(
    name="opening_release",
    title=Text("开放事项", "release"),
    states=RELEASE_LABELS,
    initial=ReleaseStatus.IN_REVIEW,
    transitions=(
        Transition(
            "publish",
            ReleaseStatus.IN_REVIEW,
            ReleaseStatus.PUBLIC,
            by=("decider",),
            label=Text("开放", "Open"),
        ),
        Transition(
            "refuse",
            ReleaseStatus.IN_REVIEW,
            ReleaseStatus.REFUSED,
            by=("decider",),
            label=Text("不予开放", "Refuse"),
        ),
        Transition(
            "withdraw",
            (ReleaseStatus.PUBLIC, ReleaseStatus.IN_REVIEW),
            ReleaseStatus.WITHDRAWN,
            by=("provider", "data_authority"),
            label=Text("停止开放", "Withdraw"),
        ),
    ),
)


class RequestStatus(StrEnum):
    PENDING = "pending"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    REVIEW = "review"
    UPHELD = "upheld"
    PROVIDED = "provided"
    WITHDRAWN = "withdrawn"


REQUEST_LABELS: dict[RequestStatus, Text] = {
    RequestStatus.PENDING: Text("办理中", "In progress"),
    RequestStatus.RETURNED: Text("待补正", "To be completed"),
    RequestStatus.APPROVED: Text("已同意", "Approved"),
    RequestStatus.REFUSED: Text("不予开放", "Refused"),
    RequestStatus.REVIEW: Text("复核中", "Under review"),
    RequestStatus.UPHELD: Text("复核维持", "Refusal upheld"),
    RequestStatus.PROVIDED: Text("已提供", "Provided"),
    RequestStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}


class RequestKind(StrEnum):
    ACCESS = "access"  # to conditionally open data
    OPEN = "open"  # that data outside the open catalog be opened


REQUEST = Table(
    name="opening_request",
    title=Text("开放申请", "request"),
    states=REQUEST_LABELS,
    initial=RequestStatus.PENDING,
    transitions=(
        Transition(
            "approve",
            (RequestStatus.PENDING, RequestStatus.REVIEW),
            RequestStatus.APPROVED,
            by=("decider",),
            label=Text("同意", "Approve"),
        ),
        Transition(
            "refuse",
            RequestStatus.PENDING,
            RequestStatus.REFUSED,
            by=("decider",),
            label=Text("不予开放", "Refuse"),
        ),
        Transition(
            "send_back",
            RequestStatus.PENDING,
            RequestStatus.RETURNED,
            by=("decider",),
            label=Text("退回补正", "Send back"),
        ),
        Transition(
            "complete",
            RequestStatus.RETURNED,
            RequestStatus.PENDING,
            by=("applicant",),
            label=Text("补正后提交", "Complete"),
        ),
        Transition(
            "object",
            RequestStatus.REFUSED,
            RequestStatus.REVIEW,
            by=("applicant",),
            label=Text("提出异议", "Object"),
        ),
        Transition(
            "uphold",
            RequestStatus.REVIEW,
            RequestStatus.UPHELD,
            by=("reviewer",),
            label=Text("维持", "Uphold"),
        ),
        Transition(
            "provide",
            RequestStatus.APPROVED,
            RequestStatus.PROVIDED,
            by=("provider", "data_authority"),
            label=Text("提供", "Provide"),
        ),
        Transition(
            "withdraw",
            (RequestStatus.PENDING, RequestStatus.RETURNED, RequestStatus.REVIEW),
            RequestStatus.WITHDRAWN,
            by=("applicant",),
            label=Text("撤回", "Withdraw"),
        ),
    ),
)


class TypeStatus(StrEnum):
    PROPOSED = "proposed"
    ADVICE = "advice"
    DECISION = "decision"
    TO_CHANGE = "to_change"
    CHANGED = "changed"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


TYPE_LABELS: dict[TypeStatus, Text] = {
    TypeStatus.PROPOSED: Text("待开放主体答复", "With the provider"),
    TypeStatus.ADVICE: Text("征求专家意见", "Experts are heard"),
    TypeStatus.DECISION: Text("报政府决定", "Before the government"),
    TypeStatus.TO_CHANGE: Text("待修改目录", "Catalog to be changed"),
    TypeStatus.CHANGED: Text("已修改", "Changed"),
    TypeStatus.KEPT: Text("维持原属性", "Type kept"),
    TypeStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
TYPE_LIVE = (TypeStatus.PROPOSED, TypeStatus.ADVICE, TypeStatus.DECISION, TypeStatus.TO_CHANGE)


class TypeAnswer(StrEnum):
    """What whoever's turn it is may say of a proposed open type."""

    AGREED = "agreed"  # the type is changed
    FAILED = "failed"  # no agreement: it goes on to the next
    ADVISED = "advised"  # the experts gave their opinion
    KEPT = "kept"  # the type stays


TYPE_STEP_LABELS: dict[str, Text] = {
    "waiting": Text("未到", "Not yet"),
    "open": Text("办理中", "In progress"),
    "agreed": Text("同意修改", "Agreed"),
    "failed": Text("不同意", "No agreement"),
    "advised": Text("已提出意见", "Advice given"),
    "kept": Text("维持原属性", "Type kept"),
    "skipped": Text("不再需要", "No longer needed"),
}

TYPE_DISPUTE = Table(
    name="open_type_dispute",
    title=Text("开放属性争议", "dispute about the open type"),
    states=TYPE_LABELS,
    initial=TypeStatus.PROPOSED,
    transitions=(
        Transition(
            "advise",
            TypeStatus.PROPOSED,
            TypeStatus.ADVICE,
            by=("provider",),
            label=Text("不同意，征求专家意见", "Disagree: hear the experts"),
        ),
        Transition(
            "decide",
            (TypeStatus.PROPOSED, TypeStatus.ADVICE),
            TypeStatus.DECISION,
            by=("provider", "expert_committee"),
            label=Text("报政府决定", "Bring before the government"),
        ),
        Transition(
            "agree",
            (TypeStatus.PROPOSED, TypeStatus.DECISION),
            TypeStatus.TO_CHANGE,
            by=("provider", "government"),
            label=Text("同意修改", "Agree"),
        ),
        Transition(
            "keep",
            (TypeStatus.PROPOSED, TypeStatus.ADVICE, TypeStatus.DECISION),
            TypeStatus.KEPT,
            by=("provider", "government"),
            label=Text("维持原属性", "Keep the type"),
        ),
        Transition(
            "change",
            TypeStatus.TO_CHANGE,
            TypeStatus.CHANGED,
            by=("provider",),
            label=Text("目录已修改发布", "Publish the changed entry"),
        ),
        Transition(
            "withdraw",
            (TypeStatus.PROPOSED, TypeStatus.ADVICE, TypeStatus.DECISION),
            TypeStatus.WITHDRAWN,
            by=("center",),
            label=Text("撤回", "Withdraw"),
        ),
    ),
)
