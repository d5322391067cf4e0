"""Disputes about sharing for programs: raising one, negotiating about data that are not shared, settling one's turn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from gongshu.identity.tokens import Scope
from gongshu.sharing import dispute_actions, queries
from gongshu.sharing.states import Settlement
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import Asked, Cited, Limit, Offset, Page, Prose, Turn, Word, Words, cited, page, words
from gongshu.web.api.sharing import RequestBody, request_of

router = Router(tags=["争议 Disputes"])


class Need(Asked):
    need: Prose  # which duty cannot be done without the data


class Negotiation(Asked):
    need: Prose
    request: RequestBody


class Settled(Asked):
    outcome: Settlement
    remark: Prose = ""


class DisputeTurn(Turn):
    status: str
    status_label: Words
    settled_by: str
    settled_at: datetime | None
    remark: str


class DisputeLine(Schema):
    number: str
    code: str
    title: str
    claimant: str
    provider: str
    application: str
    status: str
    status_label: Words
    raised_at: datetime
    ended_at: datetime | None
    grant: str


class DisputeAnswer(DisputeLine):
    need: str
    items: list[str]
    purpose: str
    mode: str
    valid_until: date
    pack: str
    citations: list[Cited]
    turns: list[DisputeTurn]
    may: list[str]


@router.get("/disputes", response=Page[DisputeLine], auth=needs(Scope.READ), summary="争议列表 Disputes")
def disputes(request: HttpRequest, limit: Limit, offset: Offset, status: Word = "", code: Word = "") -> dict[str, Any]:
    found = queries.visible_disputes(actor_of(request))
    if status:
        found = found.filter(status=status)
    if code:
        found = found.filter(entry__code=code)
    return page(found, limit, offset, _line)


@router.get("/disputes/{number}", response=DisputeAnswer, auth=needs(Scope.READ), summary="争议详情 One dispute")
def dispute(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(actor_of(request), number)


@router.post(
    "/applications/{number}/dispute",
    response={201: DisputeAnswer},
    auth=needs(Scope.SHARING),
    summary="对不予共享提出争议 Dispute a refusal",
)
def dispute_refusal(request: HttpRequest, number: str, body: Need) -> Status[Any]:
    by = actor_of(request)
    return Status(201, _answer(by, dispute_actions.dispute_refusal(by=by, number=number, need=body.need).number))


@router.post(
    "/entries/{code}/negotiations",
    response={201: DisputeAnswer},
    auth=needs(Scope.SHARING),
    summary="就不予共享的数据请求协商 Negotiate about data that are not shared",
)
def negotiate(request: HttpRequest, code: str, body: Negotiation) -> Status[Any]:
    by = actor_of(request)
    made = dispute_actions.ask_for_negotiation(by=by, code=code, request=request_of(body.request), need=body.need)
    return Status(201, _answer(by, made.number))


@router.post(
    "/disputes/{number}/settle", response=DisputeAnswer, auth=needs(Scope.SHARING), summary="办理争议 Settle one's turn"
)
def settle(request: HttpRequest, number: str, body: Settled) -> dict[str, Any]:
    by = actor_of(request)
    dispute_actions.settle(by=by, number=number, outcome=body.outcome, remark=body.remark)
    return _answer(by, number)


@router.post(
    "/disputes/{number}/withdraw", response=DisputeAnswer, auth=needs(Scope.SHARING), summary="撤回争议 Take it back"
)
def withdraw(request: HttpRequest, number: str) -> dict[str, Any]:
    by = actor_of(request)
    dispute_actions.withdraw_dispute(by=by, number=number)
    return _answer(by, number)


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "code": found.entry.code,
        "title": found.entry.title,
        "claimant": found.organization.code,
        "provider": found.entry.provider.code,
        "application": found.application.number if found.application else "",
        "status": found.status,
        "status_label": words(found.status_label),
        "raised_at": found.raised_at,
        "ended_at": found.ended_at,
        "grant": found.grant_id,
    }


def _answer(by: Any, number: str) -> dict[str, Any]:
    found = queries.dispute(by, number)
    return _line(found) | {
        "need": found.need,
        "items": found.items,
        "purpose": found.purpose,
        "mode": found.mode,
        "valid_until": found.valid_until,
        "pack": found.pack,
        "citations": cited(found.citations),
        "turns": [_turn(step) for step in queries.dispute_steps(found)],
        "may": ["settle"] if queries.can_settle(by, found) else [],
    }


def _turn(step: Any) -> dict[str, Any]:
    return {
        "stage": step.stage,
        "office": step.office,
        "act": step.act,
        "words": words(step.act_label),
        "organization": step.organization.code if step.organization else "",
        "days": step.days,
        "deadline_words": {"zh": step.words_zh, "en": step.words_en},
        "due_on": step.due_on,
        "provisional": step.provisional,
        "citations": cited(step.citations),
        "status": step.status,
        "status_label": words(step.status_label),
        "settled_by": str(step.settled_by) if step.settled_by else "",
        "settled_at": step.settled_at,
        "remark": step.remark,
    }
