"""The project gate for programs: register a project, plan its entries, ask for the verdict, give it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu.catalog.draft import EntryData
from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.supervision import project_actions as actions
from gongshu.supervision import project_queries as queries
from gongshu.supervision.project_states import Stage
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.catalog import EntryBody
from gongshu.web.api.filled import fill
from gongshu.web.api.shapes import Asked, Limit, Line, Offset, Page, Prose, Whole, Word, Words, page, words

router = Router(tags=["项目关口 Project gate"])


class NewProject(Asked):
    name: Line
    summary: Prose = ""


class Planned(Asked):
    """An entry that the project will collect, or ``uses``: the code of a source that is there already."""

    entry: EntryBody
    uses: Line = ""
    difference: Prose = Field("", description="为何不是重复采集 why it does not collect again what is there")


class Change(Asked):
    """``submit`` asks for approval, ``hand_over`` for acceptance; ``name_entry`` and ``drop`` change a line of the plan."""

    act: Literal["submit", "hand_over", "withdraw", "name_entry", "drop"]
    position: Whole | None = None
    code: Line = ""


class Ruling(Asked):
    stage: Stage
    passed: bool
    remark: Prose = ""


class ProjectLine(Schema):
    number: str
    name: str
    organization: str
    status: str
    status_label: Words
    registered_at: datetime
    passed_at: datetime | None


class PlanLine(Schema):
    position: int
    title: str
    uses: str
    difference: str
    code: str


class VerdictLine(Schema):
    stage: str
    passed: bool
    remark: str
    at: datetime
    plan_digest: str = Field(description="所审预编目录的 SM3 of the plan that was looked at")
    reasons: list[dict[str, Any]]


class ProjectAnswer(ProjectLine):
    summary: str
    plan: list[PlanLine]
    reasons: list[dict[str, Any]] = Field(description="关口现在的判断 what the gate says now, reason by reason")
    verdicts: list[VerdictLine]


@router.get("", response=Page[ProjectLine], auth=needs(Scope.READ), summary="项目列表 Projects one may see")
def projects(request: HttpRequest, limit: Limit, offset: Offset, q: Word = "", status: Word = "") -> dict[str, Any]:
    return page(queries.search(actor_of(request), text=q, status=status), limit, offset, _line)


@router.get("/{number}", response=ProjectAnswer, auth=needs(Scope.READ), summary="一个项目 One project")
def project(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(actor_of(request), number)


@router.post("", response={201: ProjectAnswer}, auth=needs(Scope.CATALOG), summary="登记项目 Register a project")
def register(request: HttpRequest, body: NewProject) -> Status[Any]:
    by = actor_of(request)
    return Status(201, _answer(by, actions.register(by=by, name=body.name, summary=body.summary).number))


@router.post("/{number}/plan", response=ProjectAnswer, auth=needs(Scope.CATALOG), summary="预编目录 Plan an entry")
def plan(request: HttpRequest, number: str, body: Planned) -> dict[str, Any]:
    by = actor_of(request)
    data = fill(EntryData, body.entry, provider=getattr(body.entry, "provider", "") or by.organization)
    actions.plan_entry(by=by, number=number, data=data, uses=body.uses, difference=body.difference)
    return _answer(by, number)


@router.post("/{number}/act", response=ProjectAnswer, auth=needs(Scope.CATALOG), summary="办理项目 One step")
def act(request: HttpRequest, number: str, body: Change) -> dict[str, Any]:
    by = actor_of(request)
    if body.act == "name_entry":
        actions.name_entry(by=by, number=number, position=body.position or 0, code=body.code)
    elif body.act == "drop":
        actions.drop_entry(by=by, number=number, position=body.position or 0)
    else:
        steps = {"submit": actions.submit, "hand_over": actions.hand_over, "withdraw": actions.withdraw}
        steps[body.act](by=by, number=number)
    return _answer(by, number)


@router.post("/{number}/verdict", response=ProjectAnswer, auth=needs(Scope.CATALOG), summary="作出结论 The verdict")
def decide(request: HttpRequest, number: str, body: Ruling) -> dict[str, Any]:
    """Passing is refused while a reason stands against it; the answer names each with its article."""
    by = actor_of(request)
    actions.decide(by=by, number=number, stage=body.stage, passed=body.passed, remark=body.remark)
    return _answer(by, number)


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "organization": found.organization.code,
        "status": found.status,
        "status_label": words(found.status_label),
        "registered_at": found.registered_at,
        "passed_at": found.passed_at,
    }


def _answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.project(by, number)
    names = ("position", "title", "uses", "difference", "code")
    return _line(found) | {
        "summary": found.summary,
        "plan": [{name: getattr(line, name) for name in names} for line in queries.plan(found)],
        "reasons": [one.as_json() for one in queries.reasons(found)],
        "verdicts": [
            {
                "stage": one.stage,
                "passed": one.passed,
                "remark": one.remark,
                "at": one.at,
                "plan_digest": one.plan_digest,
                "reasons": one.reasons,
            }
            for one in queries.verdicts(found)
        ],
    }
