"""Demands for data for programs: file, match with the catalog, assign, accept, object, name the entry that answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu.catalog import demand_actions as actions
from gongshu.catalog import demand_queries as queries
from gongshu.catalog.demand import Ground, Need
from gongshu.errors import GongshuError
from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.filled import fill, shape_of
from gongshu.web.api.shapes import Asked, Cited, Limit, Line, Offset, Page, Prose, Word, Words, cited, page, words

router = Router(tags=["数据需求 Demands"])
NeedBody: Any = shape_of("NeedBody", Need, model="catalog.Demand")


class Decision(Asked):
    """``match``: it is there already, with its ``code``; ``assign``: ``provider`` supplies it by ``due_on``."""

    outcome: Literal["match", "assign", "decline"]
    code: Line = ""
    provider: Line = ""
    due_on: date | None = None
    remark: Prose = ""


class Response(Asked):
    """What the assigned provider answers, or the consumer takes back."""

    act: Literal["accept", "object", "name_entry", "withdraw"]
    code: Line = Field("", description="所编目录的资源代码 the entry that answers it, with name_entry")
    reason: Prose = ""
    basis_kind: Line = ""
    basis: Prose = ""


class DemandLine(Schema):
    number: str
    title: str
    organization: str
    provider: str
    code: str = Field(description="对应目录 the entry that answers it, where there is one")
    status: str
    status_label: Words
    due_on: date | None
    filed_at: datetime


class DemandAnswer(DemandLine):
    items: str
    purpose: str
    scenario: str
    basis: str
    citations: list[Cited]


@router.get("", response=Page[DemandLine], auth=needs(Scope.READ), summary="数据需求列表 Demands one may see")
def demands(
    request: HttpRequest,
    limit: Limit,
    offset: Offset,
    q: Word = "",
    status: Word = "",
    side: Annotated[Literal["", "ours", "assigned"], Field(description="ours: we need it; assigned: we owe it")] = "",
) -> dict[str, Any]:
    found = queries.search(actor_of(request), text=q, status=status, side=side).order_by("-id")
    return page(found, limit, offset, _line)


@router.get("/{number}", response=DemandAnswer, auth=needs(Scope.READ), summary="数据需求 One demand")
def demand(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(actor_of(request), number)


@router.post("", response={201: DemandAnswer}, auth=needs(Scope.SHARING), summary="提出需求 File a demand")
def file(request: HttpRequest, body: NeedBody) -> Status[Any]:
    by = actor_of(request)
    return Status(201, _answer(by, actions.file_demand(by=by, need=fill(Need, body)).number))


@router.post("/{number}/decide", response=DemandAnswer, auth=needs(Scope.SHARING), summary="统筹需求 Match or assign")
def decide(request: HttpRequest, number: str, body: Decision) -> dict[str, Any]:
    by = actor_of(request)
    if body.outcome == "match":
        actions.match(by=by, number=number, code=body.code, remark=body.remark)
    elif body.outcome == "decline":
        actions.decline(by=by, number=number, remark=body.remark)
    else:
        if body.due_on is None:
            raise GongshuError(
                "demand.day",
                "请填写日期，格式如 2027-06-30。",
                "Fill in a day, for example 2027-06-30.",
                field="due_on",
            )
        actions.assign(by=by, number=number, provider=body.provider, due_on=body.due_on, remark=body.remark)
    return _answer(by, number)


@router.post("/{number}/answer", response=DemandAnswer, auth=needs(Scope.SHARING), summary="回应需求 Answer a demand")
def answer(request: HttpRequest, number: str, body: Response) -> dict[str, Any]:
    by = actor_of(request)
    if body.act == "accept":
        actions.accept(by=by, number=number)
    elif body.act == "object":
        actions.object_to(by=by, number=number, ground=Ground(body.reason, body.basis_kind, body.basis))
    elif body.act == "name_entry":
        actions.name_entry(by=by, number=number, code=body.code)
    else:
        actions.withdraw(by=by, number=number)
    return _answer(by, number)


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "title": found.title,
        "organization": found.organization.code,
        "provider": found.provider.code if found.provider else "",
        "code": found.entry.code if found.entry else "",
        "status": found.status,
        "status_label": words(found.status_label),
        "due_on": found.due_on,
        "filed_at": found.filed_at,
    }


def _answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.demand(by, number)
    return _line(found) | {
        "items": found.items,
        "purpose": found.purpose,
        "scenario": found.scenario,
        "basis": found.basis,
        "citations": cited(found.citations),
    }
