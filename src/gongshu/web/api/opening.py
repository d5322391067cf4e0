"""Opening for programs: proposing, reviewing, withdrawing a release."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu import clock, rules
from gongshu.identity.tokens import Scope
from gongshu.opening import actions, queries
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import (
    Asked,
    Cited,
    Limit,
    Line,
    Offset,
    Page,
    Prose,
    Word,
    Words,
    cited,
    page,
    words,
)

router = Router(tags=["开放 Opening"])
Names = Annotated[list[Line], Field(max_length=500)]


class Proposal(Asked):
    items: Names = Field(default_factory=list, description="空为全部 empty: all items")
    masks: dict[Line, Line] = Field(default_factory=dict, max_length=500)
    note: Prose = ""


class Answer(Asked):
    passed: bool
    remark: Prose = ""
    ground: Annotated[str, Field(max_length=60)] = Field("", description="不予开放的法定情形 one of the pack's grounds")


class Reason(Asked):
    reason: Prose


class Stage(Schema):
    """One review or decision of a release, or one turn on a request."""

    position: int
    what: Words
    office: str
    organization: str
    days: int | None
    deadline_words: Words
    due_on: date | None
    provisional: bool
    status: str
    status_label: Words
    decided_by: str
    decided_at: datetime | None
    ground: str
    remark: str
    citations: list[Cited]


class ReleaseLine(Schema):
    number: str
    code: str
    title: str
    provider: str
    status: str
    status_label: Words
    proposed_at: datetime
    decided_at: datetime | None
    grant: str


class ReleaseAnswer(ReleaseLine):
    items: list[str]
    masks: dict[str, str]
    note: str
    open_type: str
    pack: str
    citations: list[Cited]
    stages: list[Stage]
    grounds: list[str] = Field(description="可引用的不予开放情形 grounds that a refusal may name")
    may: list[str]


@router.get("/releases", response=Page[ReleaseLine], auth=needs(Scope.READ), summary="开放事项列表 Releases")
def releases(request: HttpRequest, limit: Limit, offset: Offset, status: Word = "", code: Word = "") -> dict[str, Any]:
    return page(chosen(queries.visible(actor_of(request)), status, code), limit, offset, _release_line)


@router.get("/releases/{number}", response=ReleaseAnswer, auth=needs(Scope.READ), summary="开放事项详情 One release")
def release(request: HttpRequest, number: str) -> dict[str, Any]:
    return _release(actor_of(request), number)


@router.post(
    "/entries/{code}/releases",
    response={201: ReleaseAnswer},
    auth=needs(Scope.OPENING),
    summary="提出开放 Propose to open items of an entry",
)
def propose(request: HttpRequest, code: str, body: Proposal) -> Status[Any]:
    by = actor_of(request)
    made = actions.propose(by=by, code=code, items=body.items, masks=body.masks, note=body.note)
    return Status(201, _release(by, made.number))


@router.post(
    "/releases/{number}/decide", response=ReleaseAnswer, auth=needs(Scope.OPENING), summary="审查开放 Review or decide"
)
def decide(request: HttpRequest, number: str, body: Answer) -> dict[str, Any]:
    by = actor_of(request)
    actions.decide(by=by, number=number, passed=body.passed, remark=body.remark, ground=body.ground)
    return _release(by, number)


@router.post(
    "/releases/{number}/withdraw", response=ReleaseAnswer, auth=needs(Scope.OPENING), summary="停止开放 Stop opening"
)
def withdraw(request: HttpRequest, number: str, body: Reason) -> dict[str, Any]:
    by = actor_of(request)
    actions.withdraw(by=by, number=number, reason=body.reason)
    return _release(by, number)


def chosen(found: Any, status: str, code: str) -> Any:
    """Those of a status and of an entry, where these are asked for."""
    if status:
        found = found.filter(status=status)
    return found.filter(entry__code=code) if code else found


def _release_line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "code": found.entry.code,
        "title": found.entry.title,
        "provider": found.entry.provider.code,
        "status": found.status,
        "status_label": words(found.status_label),
        "proposed_at": found.proposed_at,
        "decided_at": found.decided_at,
        "grant": found.grant_id,
    }


def _release(by: Any, number: str) -> dict[str, Any]:
    found = queries.release(by, number)
    grounds = rules.active().find("opening.prohibited_grounds", on=clock.today())
    allowed = {"decide": queries.can_decide(by, found), "withdraw": queries.can_withdraw(by, found)}
    return _release_line(found) | {
        "items": found.items,
        "masks": found.masks,
        "note": found.note,
        "open_type": found.open_type,
        "pack": found.pack,
        "citations": cited(found.citations),
        "stages": [stage(step, step.kind_label, step.ground) for step in queries.steps(found)],
        "grounds": [choice.id for choice in grounds.value] if grounds else [],
        "may": [name for name, yes in allowed.items() if yes],
    }


def stage(step: Any, what: Any, ground: str) -> dict[str, Any]:
    """One step of a release or of a request."""
    return {
        "position": step.position,
        "what": words(what),
        "office": step.office,
        "organization": step.organization.code if step.organization else "",
        "days": step.days,
        "deadline_words": {"zh": step.words_zh, "en": step.words_en},
        "due_on": step.due_on,
        "provisional": step.provisional,
        "status": step.status,
        "status_label": words(step.status_label),
        "decided_by": str(step.decided_by) if step.decided_by else "",
        "decided_at": step.decided_at,
        "ground": ground,
        "remark": step.remark,
        "citations": cited(step.citations),
    }
