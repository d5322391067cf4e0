"""Duties and notices for programs: what is owed and by when, changing its time as the articles allow, news."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema

from gongshu.duties import actions, queries
from gongshu.duties.states import StopReason
from gongshu.identity.tokens import Scope
from gongshu.notifications import actions as notice_actions
from gongshu.notifications import queries as notices
from gongshu.web.api.access import actor_of, needs, needs_account
from gongshu.web.api.shapes import Asked, Cited, Limit, Line, Offset, Page, Prose, Word, Words, cited, page, words

router = Router(tags=["时限 Duties"])
news = Router(tags=["通知 Notices"])
Id = Annotated[int, Path(ge=1, le=9_223_372_036_854_775_807)]


class Stopped(Asked):
    reason: StopReason
    note: Prose


class Extended(Asked):
    days: Annotated[int, Field(ge=1, le=3650)] = Field(description="工作日 working days")
    reason: Prose
    head: Line = Field("", description="同意延长的负责人 who agreed, where the article wants the head of the body")


class DutyLine(Schema):
    id: int
    kind: str
    subject: str = Field(description="事项编号 number of the case")
    title: Words
    organization: str
    role: str
    status: str
    status_label: Words
    starts_on: date
    days: int | None
    deadline_words: Words
    due_on: date | None
    days_left: int | None = Field(description="工作日，负数为已超期 working days, negative when late")
    provisional: bool
    citations: list[Cited]


class Event(Schema):
    at: datetime
    what: Words
    by: str
    organization: str
    note: str
    due_on: date | None
    provisional: bool
    record: str = Field(description="存证记录编号 id of the ledger entry")


class Stop(Schema):
    reason: Words
    note: str
    first: date
    last: date | None


class DutyAnswer(DutyLine):
    pack: str
    pack_version: str
    extension: dict[str, Any] | None = Field(
        description="条款允许的延长 what the article allows: days, counts, consent"
    )
    extended_by: int | None
    stops: list[Stop]
    history: list[Event]


class NoticeLine(Schema):
    id: int
    kind: str
    text: Words
    link: str
    created_at: datetime
    read_at: datetime | None


class Marked(Schema):
    marked: int


@router.get("", response=Page[DutyLine], auth=needs(Scope.READ), summary="待办列表 Duties, most pressing first")
def duties(request: HttpRequest, limit: Limit, offset: Offset, mine: bool = True, subject: Word = "") -> dict[str, Any]:
    """``mine``: what one's own role owes; otherwise all that is owed by or to one's organisation."""
    by = actor_of(request)
    found = queries.todo(by) if mine else queries.owed(by)
    return page(found.filter(subject=subject) if subject else found, limit, offset, _line)


@router.get("/{duty_id}", response=DutyAnswer, auth=needs(Scope.READ), summary="待办详情 One duty with its history")
def duty(request: HttpRequest, duty_id: Id) -> dict[str, Any]:
    return _answer(actor_of(request), duty_id)


@router.post("/{duty_id}/stop", response=DutyAnswer, auth=needs(Scope.DUTIES), summary="中止计时 Stop the clock")
def stop(request: HttpRequest, duty_id: Id, body: Stopped) -> dict[str, Any]:
    by = actor_of(request)
    actions.stop(by=by, duty_id=duty_id, reason=body.reason, note=body.note)
    return _answer(by, duty_id)


@router.post("/{duty_id}/resume", response=DutyAnswer, auth=needs(Scope.DUTIES), summary="恢复计时 Let it run again")
def resume(request: HttpRequest, duty_id: Id) -> dict[str, Any]:
    by = actor_of(request)
    actions.resume(by=by, duty_id=duty_id)
    return _answer(by, duty_id)


@router.post("/{duty_id}/extend", response=DutyAnswer, auth=needs(Scope.DUTIES), summary="延长期限 Extend once")
def extend(request: HttpRequest, duty_id: Id, body: Extended) -> dict[str, Any]:
    by = actor_of(request)
    actions.extend(by=by, duty_id=duty_id, days=body.days, reason=body.reason, head=body.head)
    return _answer(by, duty_id)


@news.get("", response=Page[NoticeLine], auth=needs_account(Scope.READ), summary="通知列表 Notices, newest first")
def list_notices(request: HttpRequest, limit: Limit, offset: Offset, unread: bool = False) -> dict[str, Any]:
    found = notices.of(actor_of(request))
    return page(found.filter(read_at__isnull=True) if unread else found, limit, offset, _notice)


@news.post("/read", response=Marked, auth=needs_account(Scope.NOTICES), summary="全部标为已读 Mark all as read")
def read_all(request: HttpRequest) -> dict[str, int]:
    return {"marked": notice_actions.mark_read(by=actor_of(request))}


@news.post("/{notice_id}/read", response=Marked, auth=needs_account(Scope.NOTICES), summary="标为已读 Mark one as read")
def read_one(request: HttpRequest, notice_id: Id) -> dict[str, int]:
    return {"marked": notice_actions.mark_read(by=actor_of(request), notice_id=notice_id)}


def _line(found: Any) -> dict[str, Any]:
    return {
        "id": found.pk,
        "kind": found.kind,
        "subject": found.subject,
        "title": words(found.title),
        "organization": found.organization.code,
        "role": found.role,
        "status": found.status,
        "status_label": words(found.status_label),
        "starts_on": found.starts_on,
        "days": found.days,
        "deadline_words": words(found.words),
        "due_on": found.due_on,
        "days_left": queries.days_left(found.due_on),
        "provisional": found.provisional,
        "citations": cited(found.citations),
    }


def _answer(by: Any, duty_id: int) -> dict[str, Any]:
    found = queries.duty(by, duty_id)
    return _line(found) | {
        "pack": found.pack,
        "pack_version": found.pack_version,
        "extension": found.extension_rule,
        "extended_by": found.extended_by,
        "stops": [
            {"reason": words(one.reason_label), "note": one.note, "first": one.first, "last": one.last}
            for one in queries.stops(found)
        ],
        "history": [
            {
                "at": event.at,
                "what": words(event.kind_label),
                "by": event.by,
                "organization": event.organization,
                "note": event.note,
                "due_on": event.due_on,
                "provisional": event.provisional,
                "record": event.entry_id,
            }
            for event in queries.history(found)
        ],
    }


def _notice(found: Any) -> dict[str, Any]:
    return {
        "id": found.pk,
        "kind": found.kind,
        "text": {"zh": found.zh, "en": found.en},
        "link": found.link,
        "created_at": found.created_at,
        "read_at": found.read_at,
    }
