"""Requests of the public for programs: asking for data that are not open, answering, objecting to a refusal, providing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu.identity.tokens import Scope
from gongshu.opening import queries, request_actions
from gongshu.opening.request import AccessAsk, AccessRefusal
from gongshu.web.api.access import actor_of, needs, needs_account
from gongshu.web.api.filled import fill, shape_of
from gongshu.web.api.opening import Reason, Stage, chosen, stage
from gongshu.web.api.shapes import Asked, Cited, Limit, Line, Offset, Page, Prose, Word, Words, cited, page, words

router = Router(tags=["公众申请 Requests of the public"])
AskBody: Any = shape_of("AskBody", AccessAsk, model="opening.AccessRequest")


class Reply(Asked):
    """A no states its reasons, and the ground and the basis where the city's rules demand them."""

    passed: bool
    remark: Prose = ""
    ground: Annotated[str, Field(max_length=60)] = ""
    basis_kind: Annotated[str, Field(max_length=40)] = ""
    basis: Prose = ""


class Lacking(Asked):
    remark: Prose


class Handover(Asked):
    agreement: Line = Field("", description="数据利用协议编号 number of the data-use agreement")


class RequestLine(Schema):
    number: str
    kind: str
    code: str
    title: str
    applicant_kind: str
    applicant_name: str
    status: str
    status_label: Words
    asked_at: datetime
    decided_at: datetime | None
    grant: str


class RequestAnswer(RequestLine):
    items: list[str]
    purpose: str
    scope: str
    confidentiality: str
    security_capability: str
    registration: dict[str, str]
    supplement: str = Field(description="需补正的内容 what is to be completed")
    objection: str
    needs_agreement: bool
    agreement: str
    pack: str
    citations: list[Cited]
    stages: list[Stage]


@router.get(
    "/requests",
    response=Page[RequestLine],
    auth=needs_account(Scope.READ),
    summary="公众申请列表 Requests of the public",
)
def requests(request: HttpRequest, limit: Limit, offset: Offset, status: Word = "", code: Word = "") -> dict[str, Any]:
    """One's own, and those that one's organisation provides for or decides."""
    return page(chosen(queries.visible_requests(actor_of(request)), status, code), limit, offset, _request_line)


@router.get(
    "/requests/{number}", response=RequestAnswer, auth=needs_account(Scope.READ), summary="公众申请详情 One request"
)
def get_request(request: HttpRequest, number: str) -> dict[str, Any]:
    return _request(actor_of(request), number)


@router.post(
    "/entries/{code}/requests",
    response={201: RequestAnswer},
    auth=needs_account(Scope.OPENING),
    summary="申请开放数据 Ask for conditionally open data, or that data be opened",
)
def ask(request: HttpRequest, code: str, body: AskBody) -> Status[Any]:
    by = actor_of(request)
    return Status(201, _request(by, request_actions.ask(by=by, code=code, asked=fill(AccessAsk, body)).number))


@router.post(
    "/requests/{number}/answer", response=RequestAnswer, auth=needs(Scope.OPENING), summary="答复公众申请 Answer a turn"
)
def answer(request: HttpRequest, number: str, body: Reply) -> dict[str, Any]:
    by = actor_of(request)
    refusal = AccessRefusal(body.ground, body.basis_kind, body.basis)
    request_actions.answer(by=by, number=number, passed=body.passed, remark=body.remark, refusal=refusal)
    return _request(by, number)


@router.post(
    "/requests/{number}/return",
    response=RequestAnswer,
    auth=needs(Scope.OPENING),
    summary="退回补正 Ask the applicant to complete it",
)
def send_back(request: HttpRequest, number: str, body: Lacking) -> dict[str, Any]:
    by = actor_of(request)
    request_actions.send_back(by=by, number=number, remark=body.remark)
    return _request(by, number)


@router.post(
    "/requests/{number}/complete",
    response=RequestAnswer,
    auth=needs_account(Scope.OPENING),
    summary="补正 Complete what was sent back",
)
def complete(request: HttpRequest, number: str, body: AskBody) -> dict[str, Any]:
    by = actor_of(request)
    request_actions.complete(by=by, number=number, asked=fill(AccessAsk, body))
    return _request(by, number)


@router.post(
    "/requests/{number}/object",
    response=RequestAnswer,
    auth=needs_account(Scope.OPENING),
    summary="对不予开放提出异议 Object to a refusal",
)
def object_to_refusal(request: HttpRequest, number: str, body: Reason) -> dict[str, Any]:
    by = actor_of(request)
    request_actions.object_to_refusal(by=by, number=number, reason=body.reason)
    return _request(by, number)


@router.post(
    "/requests/{number}/provide",
    response=RequestAnswer,
    auth=needs(Scope.OPENING),
    summary="提供数据 Hand the data over",
)
def provide(request: HttpRequest, number: str, body: Handover) -> dict[str, Any]:
    by = actor_of(request)
    request_actions.provide(by=by, number=number, agreement=body.agreement)
    return _request(by, number)


@router.post(
    "/requests/{number}/withdraw",
    response=RequestAnswer,
    auth=needs_account(Scope.OPENING),
    summary="撤回公众申请 Take a request back",
)
def withdraw_request(request: HttpRequest, number: str) -> dict[str, Any]:
    by = actor_of(request)
    request_actions.withdraw_request(by=by, number=number)
    return _request(by, number)


def _request_line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "kind": found.kind,
        "code": found.entry.code,
        "title": found.entry.title,
        "applicant_kind": found.applicant_kind,
        "applicant_name": found.applicant_name,
        "status": found.status,
        "status_label": words(found.status_label),
        "asked_at": found.asked_at,
        "decided_at": found.decided_at,
        "grant": found.grant_id,
    }


def _request(by: Any, number: str) -> dict[str, Any]:
    found = queries.request(by, number)
    return _request_line(found) | {
        "items": found.items,
        "purpose": found.purpose,
        "scope": found.scope,
        "confidentiality": found.confidentiality,
        "security_capability": found.security_capability,
        "registration": found.registration,
        "supplement": found.supplement,
        "objection": found.objection,
        "needs_agreement": found.needs_agreement,
        "agreement": found.agreement,
        "pack": found.pack,
        "citations": cited(found.citations),
        "stages": [stage(step, step.act_label, step.ground) for step in queries.request_steps(found)],
    }
