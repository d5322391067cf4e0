"""Sharing for programs: what this city's rules want of an application, filing it, following it, deciding it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.grants.states import Mode
from gongshu.identity.tokens import Scope
from gongshu.sharing import actions, queries
from gongshu.sharing.request import Decision, Request
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.filled import fill, shape_of
from gongshu.web.api.shapes import Cited, Limit, Offset, Page, Turn, Word, Words, cited, page, words

router = Router(tags=["共享 Sharing"])
RequestBody: Any = shape_of("RequestBody", Request, model="sharing.Application")
DecisionBody: Any = shape_of("DecisionBody", Decision, model="sharing.Step")


class Choice(Schema):
    id: str
    label: Words


class FormField(Schema):
    name: str
    label: Words
    required: bool


class ItemChoice(Schema):
    name: str
    title: str
    mask: str


class Way(Schema):
    """How one comes to the data by one or more ways of sharing."""

    modes: list[str]
    access: str = Field(
        description="direct：直接获取 · application：申请 · 其他：不能直接申请 other: cannot be applied for"
    )
    words: Words
    turns: list[Turn]
    citations: list[Cited]


class Demand(Schema):
    """What a refusal of such an application must contain."""

    reason: bool
    legal_basis: bool
    written: bool
    basis_kinds: list[Choice]
    citations: list[Cited]


class Form(Schema):
    code: str
    title: str
    pack: str
    pack_version: str
    notice: Words | None = Field(description="规则的效力提示 what to know about the pack, for example that it lapsed")
    share_type: str
    share_type_label: Words
    fields: list[FormField]
    items: list[ItemChoice]
    purposes: list[Choice] = Field(description="空为不限 empty: any words will do")
    default_mode: str
    ways: list[Way]
    refusal: Demand
    citations: list[Cited]


class Taken(Turn):
    """A turn of a case: whether it was taken, by whom and how."""

    round: int
    status: str
    status_label: Words
    decided_by: str = Field(description="办理人姓名 name of who decided")
    decided_at: datetime | None
    reason: str
    basis_kind: str
    basis: str


class ApplicationLine(Schema):
    number: str
    code: str
    title: str
    applicant: str
    provider: str
    status: str
    status_label: Words
    submitted_at: datetime
    decided_at: datetime | None
    grant: str


class ApplicationAnswer(ApplicationLine):
    items: list[str]
    purpose: str
    mode: str
    valid_until: date
    basis: str
    scenario: str
    business_process: str
    scope: str
    share_type: str
    pack: str
    pack_version: str
    citations: list[Cited]
    turns: list[Taken]
    may: list[str] = Field(description="您现在可以：decide、withdraw、dispute what you may do now")


@router.get(
    "/entries/{code}/form",
    response=Form,
    auth=needs(Scope.READ),
    summary="申请要求 What an application must contain, who decides and by when",
)
def form(request: HttpRequest, code: str) -> dict[str, Any]:
    """What the city's rules ask for on this day: read it before applying, it differs from city to city."""
    found = catalog.entry(actor_of(request), code)
    pack, day = rules.active(), clock.today()
    required = pack.value("sharing.application_requires", on=day)
    purposes = pack.find("sharing.purposes", on=day)
    default = pack.find("sharing.default_mode", on=day, system="service")
    demand = pack.refusal(day)
    notice = pack.notice(day)
    return {
        "code": found.code,
        "title": found.title,
        "pack": pack.id,
        "pack_version": pack.version,
        "notice": words(notice) if notice else None,
        "share_type": found.share_type,
        "share_type_label": words(pack.labels("share_type", on=day)[rules.ShareType(found.share_type)]),
        "fields": [
            {"name": "valid_until" if name == "term" else str(name), "label": words(name.label), "required": True}
            for name in required.value
        ],
        "items": [{"name": item.name, "title": item.title, "mask": item.mask} for item in catalog.items(found.code)],
        "purposes": [_choice(one.id, one.label) for one in purposes.value] if purposes else [],
        "default_mode": _mode(str(default.value)) if default else str(Mode.QUERY),
        "ways": _ways(found),
        "refusal": {
            "reason": demand.reason,
            "legal_basis": demand.legal_basis,
            "written": demand.written,
            "basis_kinds": [_choice(str(kind), kind.label) for kind in demand.accepted],
            "citations": cited(demand.citations),
        },
        "citations": cited(required.citations),
    }


@router.post(
    "/entries/{code}/applications",
    response={201: ApplicationAnswer},
    auth=needs(Scope.SHARING),
    summary="提出申请 Apply for items of an entry",
)
def apply(request: HttpRequest, code: str, body: RequestBody) -> Status[Any]:
    by = actor_of(request)
    made = actions.apply(by=by, code=code, request=request_of(body))
    return Status(201, _answer(by, queries.application(by, made.number)))


@router.get("/applications", response=Page[ApplicationLine], auth=needs(Scope.READ), summary="申请列表 Applications")
def applications(
    request: HttpRequest, limit: Limit, offset: Offset, q: Word = "", status: Word = "", code: Word = ""
) -> dict[str, Any]:
    """Those that one's organisation filed, decides or provides for; all of them for the authority and the auditor."""
    found = queries.search(actor_of(request), text=q, filters={"status": status, "entry__code": code})
    return page(found, limit, offset, _line)


@router.get(
    "/applications/{number}", response=ApplicationAnswer, auth=needs(Scope.READ), summary="申请详情 One application"
)
def application(request: HttpRequest, number: str) -> dict[str, Any]:
    by = actor_of(request)
    return _answer(by, queries.application(by, number))


@router.post(
    "/applications/{number}/resubmit",
    response=ApplicationAnswer,
    auth=needs(Scope.SHARING),
    summary="补正后提交 Complete and send again",
)
def resubmit(request: HttpRequest, number: str, body: RequestBody) -> dict[str, Any]:
    by = actor_of(request)
    actions.resubmit(by=by, number=number, request=request_of(body))
    return _answer(by, queries.application(by, number))


@router.post(
    "/applications/{number}/withdraw",
    response=ApplicationAnswer,
    auth=needs(Scope.SHARING),
    summary="撤回申请 Take an application back",
)
def withdraw(request: HttpRequest, number: str) -> dict[str, Any]:
    by = actor_of(request)
    actions.withdraw(by=by, number=number)
    return _answer(by, queries.application(by, number))


@router.post(
    "/applications/{number}/decide",
    response=ApplicationAnswer,
    auth=needs(Scope.SHARING),
    summary="审批 Agree, send back or refuse",
)
def decide(request: HttpRequest, number: str, body: DecisionBody) -> dict[str, Any]:
    """Answer the turn that is yours. A refusal contains what the form of the entry says under ``refusal``."""
    by = actor_of(request)
    actions.decide(by=by, number=number, decision=fill(Decision, body))
    return _answer(by, queries.application(by, number))


def request_of(body: Any) -> Request:
    """The application that ``body`` describes, with the city's own name of a way of sharing understood."""
    filled: Request = fill(Request, body, mode=_mode(body.mode))
    return filled


def _mode(asked: str) -> str:
    """The platform's mode for one of the city's ways of sharing."""
    found = rules.active().find("sharing.modes", on=clock.today())
    local = dict(found.value) if found else {}
    return str(local[asked].mode) if asked in local else asked


def _ways(found: Any) -> list[dict[str, Any]]:
    """The different ways to the data, each with the modes that go it."""
    ways: dict[Any, dict[str, Any]] = {}
    for mode in Mode:
        way = queries.route(
            share_type=found.share_type,
            mode=str(mode),
            provider=found.provider.code,
            collected=found.data_version is not None,
        )
        key = (way.words.zh, tuple((step.organization, step.act, step.due_on) for step in way.steps))
        if key in ways:
            ways[key]["modes"].append(str(mode))
            continue
        ways[key] = {
            "modes": [str(mode)],
            "access": str(way.access.value),
            "words": words(way.words),
            "turns": [
                {
                    "stage": step.stage,
                    "office": step.office,
                    "act": step.act,
                    "words": words(step.act_label),
                    "organization": step.organization,
                    "days": step.days,
                    "deadline_words": words(step.words),
                    "due_on": step.due_on,
                    "provisional": step.provisional,
                    "citations": cited(step.citations),
                }
                for step in way.steps
            ],
            "citations": cited(way.citations),
        }
    return list(ways.values())


def _choice(name: str, label: Any) -> dict[str, Any]:
    return {"id": name, "label": words(label)}


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "code": found.entry.code,
        "title": found.entry.title,
        "applicant": found.organization.code,
        "provider": found.entry.provider.code,
        "status": found.status,
        "status_label": words(found.status_label),
        "submitted_at": found.submitted_at,
        "decided_at": found.decided_at,
        "grant": found.grant_id,
    }


def _answer(by: Any, found: Any) -> dict[str, Any]:
    allowed = {
        "decide": queries.step_for(by, found) is not None,
        "withdraw": queries.can_withdraw(by, found),
        "dispute": queries.can_raise(by, found),
    }
    return _line(found) | {
        "items": found.items,
        "purpose": found.purpose,
        "mode": found.mode,
        "valid_until": found.valid_until,
        "basis": found.basis,
        "scenario": found.scenario,
        "business_process": found.business_process,
        "scope": found.scope,
        "share_type": found.share_type,
        "pack": found.pack,
        "pack_version": found.pack_version,
        "citations": cited(found.citations),
        "turns": [_taken(step) for step in queries.steps(found)],
        "may": [name for name, yes in allowed.items() if yes],
    }


def _taken(step: Any) -> dict[str, Any]:
    return {
        "round": step.round,
        "stage": step.stage,
        "office": step.office,
        "act": step.act,
        "words": words(step.act_label),
        "organization": step.organization.code,
        "days": step.days,
        "deadline_words": words(step.words),
        "due_on": step.due_on,
        "provisional": step.provisional,
        "citations": cited(step.citations),
        "status": step.status,
        "status_label": words(step.status_label),
        "decided_by": str(step.decided_by) if step.decided_by else "",
        "decided_at": step.decided_at,
        "reason": step.reason,
        "basis_kind": step.basis_kind,
        "basis": step.basis,
    }
