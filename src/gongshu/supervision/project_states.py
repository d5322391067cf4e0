"""The life of an IT project between the two gates: its planned catalog before approval, its real one at acceptance.

The gates say whether the data part of a project is in order (xian-40, luzhou-12, yongjia-42); approving and accepting the
project as a whole stays with the bodies that do so today, who ask for this verdict.
"""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class ProjectStatus(StrEnum):
    PLANNING = "planning"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    APPROVED = "approved"
    HANDED_OVER = "handed_over"
    NOT_ACCEPTED = "not_accepted"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


PROJECT_LABELS: dict[ProjectStatus, Text] = {
    ProjectStatus.PLANNING: Text("预编目录中", "Planning its catalog"),
    ProjectStatus.SUBMITTED: Text("待立项审查", "Approval gate"),
    ProjectStatus.REFUSED: Text("立项审查不通过", "Not passed for approval"),
    ProjectStatus.APPROVED: Text("立项审查通过，建设中", "Passed, being built"),
    ProjectStatus.HANDED_OVER: Text("待验收审查", "Acceptance gate"),
    ProjectStatus.NOT_ACCEPTED: Text("验收审查不通过", "Not passed at acceptance"),
    ProjectStatus.ACCEPTED: Text("验收审查通过", "Passed at acceptance"),
    ProjectStatus.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
PLANNABLE = (ProjectStatus.PLANNING, ProjectStatus.REFUSED)
"""States in which the planned catalog can be changed; a verdict always speaks of the plan as it was submitted."""
BUILDING = (ProjectStatus.APPROVED, ProjectStatus.NOT_ACCEPTED)
"""States in which the real entries are named beside the planned ones."""


class Stage(StrEnum):
    """The three questions that the gate answers."""

    APPROVAL = "approval"
    ACCEPTANCE = "acceptance"
    FUNDS = "funds"


STAGE_LABELS: dict[Stage, Text] = {
    Stage.APPROVAL: Text("立项审查", "Gate before approval"),
    Stage.ACCEPTANCE: Text("验收审查", "Gate at acceptance"),
    Stage.FUNDS: Text("运维经费审查", "Gate before operating funds"),
}
STAGE_OF: dict[ProjectStatus, Stage] = {
    ProjectStatus.PLANNING: Stage.APPROVAL,
    ProjectStatus.SUBMITTED: Stage.APPROVAL,
    ProjectStatus.REFUSED: Stage.APPROVAL,
    ProjectStatus.APPROVED: Stage.ACCEPTANCE,
    ProjectStatus.HANDED_OVER: Stage.ACCEPTANCE,
    ProjectStatus.NOT_ACCEPTED: Stage.ACCEPTANCE,
    ProjectStatus.ACCEPTED: Stage.FUNDS,
}
"""What is asked next of a project in each state."""

PROJECT = Table(
    name="supervision_project",
    title=Text("信息化项目", "project"),
    states=PROJECT_LABELS,
    initial=ProjectStatus.PLANNING,
    transitions=(
        Transition(
            "submit", PLANNABLE, ProjectStatus.SUBMITTED, by=("provider",), label=Text("提交立项审查", "Submit")
        ),
        Transition(
            "pass_approval",
            ProjectStatus.SUBMITTED,
            ProjectStatus.APPROVED,
            by=("reviewer",),
            label=Text("立项审查通过", "Pass for approval"),
        ),
        Transition(
            "refuse_approval",
            ProjectStatus.SUBMITTED,
            ProjectStatus.REFUSED,
            by=("reviewer",),
            label=Text("立项审查不通过", "Do not pass for approval"),
        ),
        Transition(
            "hand_over", BUILDING, ProjectStatus.HANDED_OVER, by=("provider",), label=Text("提交验收审查", "Hand over")
        ),
        Transition(
            "pass_acceptance",
            ProjectStatus.HANDED_OVER,
            ProjectStatus.ACCEPTED,
            by=("reviewer",),
            label=Text("验收审查通过", "Pass at acceptance"),
        ),
        Transition(
            "refuse_acceptance",
            ProjectStatus.HANDED_OVER,
            ProjectStatus.NOT_ACCEPTED,
            by=("reviewer",),
            label=Text("验收审查不通过", "Do not pass at acceptance"),
        ),
        Transition(
            "pass_funds",
            ProjectStatus.ACCEPTED,
            ProjectStatus.ACCEPTED,
            by=("reviewer",),
            label=Text("运维经费审查通过", "Pass for operating funds"),
        ),
        Transition(
            "refuse_funds",
            ProjectStatus.ACCEPTED,
            ProjectStatus.ACCEPTED,
            by=("reviewer",),
            label=Text("运维经费审查不通过", "Do not pass for operating funds"),
        ),
        Transition(
            "withdraw",
            (*PLANNABLE, ProjectStatus.SUBMITTED),
            ProjectStatus.WITHDRAWN,
            by=("provider",),
            label=Text("撤回", "Withdraw"),
        ),
    ),
)
