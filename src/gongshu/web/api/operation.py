"""Authorised operation for programs: faulty data put to the authority and mended, and what products earned (dazhou-9)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.operation import governance_actions as actions
from gongshu.operation import governance_queries as queries
from gongshu.operation import return_actions
from gongshu.operation.governance_policy import Earned, Fault
from gongshu.quality.checkset import Dimension
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import (
    Asked,
    Cited,
    Limit,
    Line,
    Offset,
    Page,
    Prose,
    Whole,
    Word,
    Words,
    cited,
    page,
    words,
)

router = Router(tags=["授权运营 Authorised operation"])


class NewGovernance(Asked):
    """What is wrong with data that reach the operator."""

    code: Line = Field(description="信息资源代码 resource code")
    dimension: Dimension
    facts: Prose
    wish: Prose = Field(description="治理要求 what is to be done")
    item: Line = Field("", description="数据项；空为整个资源 an item, or the whole resource")
    check: Line = Field("", description="现行版本中不符的检查 a check that fails in the present version")


class Move(Asked):
    """``order`` and ``extend`` by the authority, ``finish`` by the provider, the others by the operator."""

    act: Literal["order", "decline", "extend", "finish", "accept", "send_back", "withdraw"]
    words: Prose = ""
    due_on: date | None = Field(None, description="order、extend：最后一日 the last day")
    version: Whole | None = Field(None, description="finish：治理后的数据版本 version with the mended data")


class NewReturn(Asked):
    product: Line
    product_kind: Line = Field("", description="产品形态，见规则 operation.products one of the pack's kinds")
    scenario: Prose
    user: Line = Field(description="应用单位 the application unit that paid")
    demands: list[Line] = Field(description="产品所用的供给，需求编号 demands whose data are in it", max_length=1000)
    period_from: date
    period_to: date
    amount_fen: int = Field(ge=0, description="金额，单位分 amount in fen (CNY / 100)")
    basis: Prose


class Strike(Asked):
    reason: Prose


class GovernanceLine(Schema):
    number: str
    code: str
    title: str
    operator: str
    provider: str
    dimension: str
    status: str
    status_label: Words
    due_on: date | None
    filed_at: datetime


class EventLine(Schema):
    act: str
    organization: str
    at: datetime
    note: str
    due_on: date | None
    version: int | None


class GovernanceAnswer(GovernanceLine):
    item: str
    facts: str
    wish: str
    version: int = Field(description="发现问题的数据版本 version in which it was found")
    check: str
    failed_before: int | None = Field(description="该检查不符的行数 rows that fail the check")
    failed_after: int | None
    result: str
    result_version: int | None
    rounds: int = Field(description="退回次数 how often it was sent back")
    may: list[str] = Field(description="现在可以办理的 acts that the caller may take now")
    events: list[EventLine]
    citations: list[Cited]


class ReturnLine(Schema):
    number: str
    operator: str
    product: str
    product_kind: str
    scenario: str
    user: str
    period_from: date
    period_to: date
    amount_fen: int
    status: str
    status_label: Words
    recorded_at: datetime


class ReturnAnswer(ReturnLine):
    demands: list[str]
    basis: str
    reported_to: str
    agreement: str
    reason: str = Field(description="作废理由 why it was struck out")
    citations: list[Cited]


@router.get(
    "/governance", response=Page[GovernanceLine], auth=needs(Scope.READ), summary="数据治理需求列表 Governance demands"
)
def demands(
    request: HttpRequest, limit: Limit, offset: Offset, q: Word = "", status: Word = "", dimension: Word = "",
    late: bool = False,
) -> dict[str, Any]:  # fmt: skip
    filters = {"status": status, "dimension": dimension, "late": "1" if late else ""}
    return page(queries.search(actor_of(request), text=q, filters=filters), limit, offset, _line)


@router.get(
    "/governance/{number}", response=GovernanceAnswer, auth=needs(Scope.READ), summary="一项治理需求 One demand"
)
def demand(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(actor_of(request), number)


@router.post(
    "/governance", response={201: GovernanceAnswer}, auth=needs(Scope.OPERATION), summary="提出治理需求 File a demand"
)
def file(request: HttpRequest, body: NewGovernance) -> Status[Any]:
    by = actor_of(request)
    told = body.dict()
    made = actions.file(by=by, code=told.pop("code"), fault=Fault(**told))
    return Status(201, _answer(by, made.number))


@router.post(
    "/governance/{number}/act", response=GovernanceAnswer, auth=needs(Scope.OPERATION), summary="办理 One turn"
)
def act(request: HttpRequest, number: str, body: Move) -> dict[str, Any]:
    by = actor_of(request)
    if body.act == "order":
        actions.order(by=by, number=number, due_on=body.due_on, remark=body.words)
    elif body.act == "decline":
        actions.decline(by=by, number=number, reason=body.words)
    elif body.act == "extend":
        actions.extend(by=by, number=number, due_on=body.due_on, reason=body.words)
    elif body.act == "finish":
        actions.finish(by=by, number=number, result=body.words, version=body.version)
    elif body.act == "accept":
        actions.accept(by=by, number=number, remark=body.words)
    elif body.act == "send_back":
        actions.send_back(by=by, number=number, reason=body.words)
    else:
        actions.withdraw(by=by, number=number, reason=body.words)
    return _answer(by, number)


@router.get("/returns", response=Page[ReturnLine], auth=needs(Scope.READ), summary="运营收益列表 Returns one may see")
def returns(
    request: HttpRequest, limit: Limit, offset: Offset, q: Word = "", status: Word = "", kind: Word = "",
    since: date | None = None, until: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    filters = {"status": status, "kind": kind, "since": since, "until": until}
    return page(queries.search_returns(actor_of(request), text=q, filters=filters), limit, offset, _return_line)


@router.get("/returns/{number}", response=ReturnAnswer, auth=needs(Scope.READ), summary="一笔收益 One return")
def one_return(request: HttpRequest, number: str) -> dict[str, Any]:
    return _return_answer(actor_of(request), number)


@router.post("/returns", response={201: ReturnAnswer}, auth=needs(Scope.OPERATION), summary="报告收益 Report a return")
def record(request: HttpRequest, body: NewReturn) -> Status[Any]:
    by = actor_of(request)
    told = body.dict() | {"demands": tuple(body.demands)}
    return Status(201, _return_answer(by, return_actions.record(by=by, earned=Earned(**told)).number))


@router.post(
    "/returns/{number}/strike", response=ReturnAnswer, auth=needs(Scope.OPERATION), summary="作废 Strike it out"
)
def strike(request: HttpRequest, number: str, body: Strike) -> dict[str, Any]:
    by = actor_of(request)
    return_actions.strike(by=by, number=number, reason=body.reason)
    return _return_answer(by, number)


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "code": found.entry.code,
        "title": found.entry.title,
        "operator": found.designation.organization.code,
        "provider": found.entry.provider.code,
        "dimension": found.dimension,
        "status": found.status,
        "status_label": words(found.status_label),
        "due_on": found.due_on,
        "filed_at": found.filed_at,
    }


def _answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.demand(by, number)
    names = ("item", "facts", "wish", "version", "failed_before", "failed_after", "result", "result_version", "rounds")
    return (
        _line(found)
        | {name: getattr(found, name) for name in names}
        | {
            "check": found.check_id,
            "may": queries.possible(by, found),
            "events": [
                {
                    "act": one.act,
                    "organization": one.organization.code,
                    "at": one.at,
                    "note": one.note,
                    "due_on": one.due_on,
                    "version": one.version,
                }
                for one in queries.history(found)
            ],
            "citations": cited(found.citations),
        }
    )


def _return_line(found: Any) -> dict[str, Any]:
    names = (
        "number", "product", "product_kind", "scenario", "user", "period_from", "period_to", "amount_fen", "status",
        "recorded_at",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names} | {
        "operator": found.designation.organization.code,
        "status_label": words(found.status_label),
    }


def _return_answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.earned(by, number)
    return _return_line(found) | {
        "demands": found.demands,
        "basis": found.basis,
        "reported_to": found.reported_to.code,
        "agreement": found.designation.agreement,
        "reason": found.reason,
        "citations": cited(found.citations),
    }
