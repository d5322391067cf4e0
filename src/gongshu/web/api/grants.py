"""Grants and the ledger for programs: what may be read by whom until when, ending it, and the proof of every act."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from gongshu.grants import actions, queries
from gongshu.grants.states import STATUS_LABELS
from gongshu.identity.states import Role
from gongshu.identity.tokens import Scope
from gongshu.ledger import queries as ledger
from gongshu.web import acts, evidence
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import MOST, Asked, Limit, Offset, Page, Prose, Word, Words, page, words

router = Router(tags=["授权 Grants"])
records = Router(tags=["存证 Ledger"])


class Revoked(Asked):
    reason: Prose


class GrantLine(Schema):
    grant: str
    kind: str
    code: str
    provider: str
    holder: str
    items: list[str]
    masks: dict[str, str]
    purpose: str
    modes: list[str]
    status: str
    status_label: Words
    valid_from: datetime
    valid_until: datetime
    rate_per_minute: int | None
    daily_quota: int | None
    source: str = Field(description="据以授权的事项编号 number of the case that decided")
    cites: list[str]
    ended_at: datetime | None
    end_reason: str
    may: list[str]


class Record(Schema):
    index: int
    id: str
    at: datetime
    action: str
    action_label: Words
    actor: str
    organization: str
    subject: str
    resource: str
    cites: list[str]
    details: dict[str, Any]


class Records(Schema):
    size: int = Field(description="已入账条目总数 entries in the log")
    waiting: int = Field(description="待入账条目 committed entries that wait for the sequencer")
    results: list[Record]
    next: int | None = Field(description="传给 before 取下一页 pass as before for the next page")


@router.get("", response=Page[GrantLine], auth=needs(Scope.READ), summary="授权列表 Grants held or provided for")
def grants(
    request: HttpRequest, limit: Limit, offset: Offset, code: Word = "", status: Word = "", source: Word = ""
) -> dict[str, Any]:
    by = actor_of(request)
    found = queries.grants(by, resource=code, status=status, source=source)
    return page(found, limit, offset, lambda one: _grant(by, one))


@router.get("/{grant_id}", response=GrantLine, auth=needs(Scope.READ), summary="授权详情 One grant")
def grant(request: HttpRequest, grant_id: str) -> dict[str, Any]:
    by = actor_of(request)
    return _grant(by, queries.grant(by, grant_id))


@router.post("/{grant_id}/revoke", response=GrantLine, auth=needs(Scope.GRANTS), summary="撤销授权 Revoke a grant")
def revoke(request: HttpRequest, grant_id: str, body: Revoked) -> dict[str, Any]:
    """The gateways refuse its next call within a second."""
    by = actor_of(request)
    queries.grant(by, grant_id)
    return _grant(by, actions.revoke(by=by, grant_id=grant_id, reason=body.reason))


@records.get(
    "", response=Records, auth=needs(Scope.READ, Role.AUDIT_ADMIN), summary="存证列表 Ledger entries, newest first"
)
def entries(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[int | None, Query(ge=0, le=9_223_372_036_854_775_807)] = None,
    resource: Word = "",
    organization: Word = "",
    action: Word = "",
    subject: Word = "",
) -> dict[str, Any]:
    """All of them for the authority and the auditor, else what one's own organisation did."""
    found = ledger.records(
        resource=resource.replace("/", "-"),
        organization=evidence.confined_to(actor_of(request)) or organization,
        action=action,
        subject=subject,
        before=before,
        limit=limit + 1,
    )
    return {
        "size": ledger.size(),
        "waiting": ledger.waiting(),
        "results": [_record(one) for one in found[:limit]],
        "next": found[limit - 1].index if len(found) > limit else None,
    }


@records.get("/{entry_id}", response=Record, auth=needs(Scope.READ, Role.AUDIT_ADMIN), summary="存证记录 One entry")
def entry(request: HttpRequest, entry_id: str) -> dict[str, Any]:
    return _record(evidence.find(actor_of(request), entry_id))


@records.get(
    "/{entry_id}/proof",
    auth=needs(Scope.READ, Role.AUDIT_ADMIN),
    summary="存证文件 The evidence, to be checked offline",
    openapi_extra={"responses": {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}},
)
def proof(request: HttpRequest, entry_id: str) -> HttpResponse:
    """The same file as on the page of the entry; check it with ``gongshu ledger verify`` or any other verifier."""
    text = evidence.of(settings.HOME, evidence.find(actor_of(request), entry_id))
    return HttpResponse(text, content_type="application/json; charset=utf-8")


def _grant(by: Any, found: Any) -> dict[str, Any]:
    return {
        "grant": found.grant_id,
        "kind": found.kind,
        "code": found.resource,
        "provider": found.provider,
        "holder": found.organization,
        "items": found.items,
        "masks": found.masks,
        "purpose": found.purpose,
        "modes": found.modes,
        "status": str(found.standing),
        "status_label": words(STATUS_LABELS[found.standing]),
        "valid_from": found.valid_from,
        "valid_until": found.valid_until,
        "rate_per_minute": found.rate_per_minute,
        "daily_quota": found.daily_quota,
        "source": found.source,
        "cites": found.cites,
        "ended_at": found.ended_at,
        "end_reason": found.end_reason,
        "may": ["revoke"] if queries.can_revoke(by, found) else [],
    }


def _record(found: Any) -> dict[str, Any]:
    return {
        "index": found.index,
        "id": found.entry_id,
        "at": found.at,
        "action": found.action,
        "action_label": words(acts.act(found.action)),
        "actor": found.actor,
        "organization": found.organization,
        "subject": found.subject,
        "resource": found.resource,
        "cites": found.cites,
        "details": found.details,
    }
