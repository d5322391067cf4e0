"""The asset register for programs: assets with their assessments, registering, assessing, filing upward (xian-17)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.supervision import asset_actions as actions
from gongshu.supervision import asset_queries as queries
from gongshu.supervision import handover_actions as handovers
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import Asked, Limit, Line, Offset, Page, Word, page

router = Router(tags=["数据资产 Data assets"])


class Registering(Asked):
    code: Line = Field("", description="资源代码；空为全部待登记的 one entry; none: all that are not registered yet")


class Filing(Asked):
    to: Line = Field(
        "", description="备案机构，默认为平台设置的机构 the office; default: the one that the operator named"
    )


class Noting(Asked):
    receipt: Line = Field(description="上级机构的回执编号 number of the receipt from the office above")


class AssetLine(Schema):
    number: str
    code: str
    title: str
    holder: str
    registered_at: datetime


class AssessmentLine(Schema):
    on: date
    method: str
    quality: str
    value: str
    total: str
    scores: list[dict[str, Any]] = Field(description="逐项算式 the arithmetic, dimension by dimension")


class AssetAnswer(AssetLine):
    assessments: list[AssessmentLine]


class Registered(Schema):
    numbers: list[str]


class FilingAnswer(Schema):
    number: str
    to: str
    assets: int
    sm3: str
    at: datetime
    status: str = Field(description="报送状态 by_hand, queued, delivered, receipted or refused")
    receipt: str
    settled_at: datetime | None
    problem: dict[str, str] | None


@router.get("", response=Page[AssetLine], auth=needs(Scope.READ), summary="数据资产列表 Assets one may see")
def assets(request: HttpRequest, limit: Limit, offset: Offset, q: Word = "") -> dict[str, Any]:
    return page(queries.search(actor_of(request), text=q), limit, offset, _line)


@router.post("/filings", response={201: FilingAnswer}, auth=needs(Scope.CATALOG), summary="备案 File upward")
def file_upward(request: HttpRequest, body: Filing) -> Status[Any]:
    made = actions.file_upward(by=actor_of(request), to=body.to)
    return Status(201, queries.filing_summary(made))


@router.get("/filings", response=Page[FilingAnswer], auth=needs(Scope.READ), summary="备案及回执 Filings, receipts")
def filings(request: HttpRequest, limit: Limit, offset: Offset) -> dict[str, Any]:
    actions.check_keep(actor_of(request))
    return page(queries.filings(), limit, offset, queries.filing_summary)


@router.post(
    "/filings/{number}/send",
    response=FilingAnswer,
    auth=needs(Scope.CATALOG),
    summary="再次报送 Send again, or at once",
)
def send_again(request: HttpRequest, number: str) -> dict[str, Any]:
    return queries.filing_summary(handovers.send_again(by=actor_of(request), number=number).filing)


@router.post(
    "/filings/{number}/receipt", response=FilingAnswer, auth=needs(Scope.CATALOG), summary="登记回执 Note a receipt"
)
def note_receipt(request: HttpRequest, number: str, body: Noting) -> dict[str, Any]:
    noted = handovers.note_receipt(by=actor_of(request), number=number, receipt=body.receipt)
    return queries.filing_summary(noted.filing)


@router.get("/{number}", response=AssetAnswer, auth=needs(Scope.READ), summary="一项数据资产 One asset")
def asset(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(actor_of(request), number)


@router.post("", response={201: Registered}, auth=needs(Scope.CATALOG), summary="登记数据资产 Register")
def register(request: HttpRequest, body: Registering) -> Status[Any]:
    by = actor_of(request)
    made = [actions.register(by=by, code=body.code)] if body.code else actions.register_all(by=by)
    return Status(201, {"numbers": [one.number for one in made]})


@router.post("/{number}/assess", response=AssetAnswer, auth=needs(Scope.CATALOG), summary="评估数据资产 Assess")
def assess(request: HttpRequest, number: str) -> dict[str, Any]:
    by = actor_of(request)
    actions.assess(by=by, number=number)
    return _answer(by, number)


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "code": found.entry.code,
        "title": found.entry.title,
        "holder": found.holder.code,
        "registered_at": found.registered_at,
    }


def _answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.asset(by, number)
    return _line(found) | {
        "assessments": [
            {
                "on": one.on,
                "method": one.method,
                "quality": str(one.quality),
                "value": str(one.value),
                "total": str(one.total),
                "scores": one.scores,
            }
            for one in queries.assessments(found)
        ]
    }
