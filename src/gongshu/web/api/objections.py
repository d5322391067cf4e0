"""Objections to values for programs: report, forward, check, correct, agree or not (luzhou-21, xian-23, yongjia-23)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu.errors import GongshuError
from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.quality import actions, queries
from gongshu.quality.report import Report
from gongshu.quality.states import Channel, Fault
from gongshu.web.api.access import actor_of, needs_account
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

router = Router(tags=["数据异议 Objections"])


class Doubt(Asked):
    key: dict[Line, Line] = Field(description="记录的主键 the record, by its key items", max_length=20)
    item: Line = ""
    fault: Fault = Fault.WRONG
    seen: Line = Field("", description="看到的值 the value received")
    right: Line = Field("", description="认为正确的值 what it should be")
    evidence: Prose = ""
    urgent: bool = False


class Move(Asked):
    """One step of the case; ``version`` names the data version that holds the correction, ``provider`` the source."""

    act: Literal["forward", "pass_on", "find_wrong", "correct", "confirm", "settle", "disagree", "close", "withdraw"]
    reason: Prose = ""
    provider: Line = ""
    version: Whole | None = None


class ObjectionLine(Schema):
    number: str
    code: str
    title: str
    provider: str
    item: str
    fault: str
    fault_label: Words
    status: str
    status_label: Words
    urgent: bool
    reported_at: datetime
    answered_at: datetime | None
    channel: str
    channel_label: Words
    close_on: date | None = Field(description="这天以后自动办结 it closes by itself after this day")
    closed_at: datetime | None


class ObjectionAnswer(ObjectionLine):
    version: int = Field(description="提出时的数据版本 of the data, when it was reported")
    corrected_version: int | None
    reason: str
    citations: list[Cited]


@router.get(
    "", response=Page[ObjectionLine], auth=needs_account(Scope.READ), summary="数据异议列表 Objections one may see"
)
def objections(
    request: HttpRequest,
    limit: Limit,
    offset: Offset,
    q: Word = "",
    status: Word = "",
    side: Annotated[Literal["", "ours", "mine"], Field(description="ours, mine, or all that one may see")] = "",
) -> dict[str, Any]:
    return page(queries.search(actor_of(request), text=q, status=status, side=side), limit, offset, _line)


@router.get("/{number}", response=ObjectionAnswer, auth=needs_account(Scope.READ), summary="数据异议 One objection")
def objection(request: HttpRequest, number: str) -> dict[str, Any]:
    """Without what was seen and thought right: that may be personal, and stays on the platform's pages."""
    return _answer(actor_of(request), number)


@router.post(
    "/entries/{code}", response={201: ObjectionAnswer}, auth=needs_account(Scope.SHARING), summary="提出异议 Report"
)
def report(request: HttpRequest, code: str, body: Doubt) -> Status[Any]:
    """A business system reports what its clerk, or it itself, found wrong; the time to check runs from now on."""
    by = actor_of(request)
    filed = Report(dict(body.key), body.item, body.fault, body.seen, body.right, body.evidence, body.urgent)
    return Status(201, _answer(by, actions.report(by=by, code=code, filed=filed, channel=Channel.PROGRAM).number))


@router.post("/{number}/act", response=ObjectionAnswer, auth=needs_account(Scope.SHARING), summary="办理异议 One step")
def act(request: HttpRequest, number: str, body: Move) -> dict[str, Any]:
    """``close``, ``disagree`` and ``withdraw`` are the reporter's; the others are of whoever owes the check."""
    by = actor_of(request)
    if body.act == "correct":
        if body.version is None:
            raise GongshuError(
                "quality.version_missing",
                "请写明更正后的数据版本。",
                "Name the data version that holds the correction.",
                field="version",
            )
        actions.correct(by=by, number=number, version=body.version, reason=body.reason)
    elif body.act == "pass_on":
        actions.pass_on(by=by, number=number, provider=body.provider, reason=body.reason)
    elif body.act == "forward":
        actions.forward(by=by, number=number)
    elif body.act == "close":
        actions.close(by=by, number=number)
    elif body.act == "withdraw":
        actions.withdraw(by=by, number=number)
    else:
        reasoned = {
            "find_wrong": actions.find_wrong,
            "confirm": actions.confirm,
            "settle": actions.settle,
            "disagree": actions.disagree,
        }
        reasoned[body.act](by=by, number=number, reason=body.reason)
    return _answer(by, number)


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "code": found.entry.code,
        "title": found.entry.title,
        "provider": found.provider.code,
        "item": found.item,
        "fault": found.fault,
        "fault_label": words(found.fault_label),
        "status": found.status,
        "status_label": words(found.status_label),
        "urgent": found.urgent,
        "channel": found.channel,
        "channel_label": words(found.channel_label),
        "reported_at": found.reported_at,
        "answered_at": found.answered_at,
        "close_on": found.close_on,
        "closed_at": found.closed_at,
    }


def _answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.objection(by, number)
    return _line(found) | {
        "version": found.version,
        "corrected_version": found.corrected_version,
        "reason": found.reason,
        "citations": cited(found.citations),
    }
