"""Data stores for programs: what they hold against their quota, their tables and members (yongjia-7). To be read only:
no token has a scope for measuring out room or naming people.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.spaces import queries
from gongshu.spaces.policy import Usage
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import Limit, Offset, Page, Word, page

router = Router(tags=["数据仓 Data stores"])


class SpaceLine(Schema):
    number: str
    name: str
    kind: str
    organization: str
    status: str
    members_only: bool
    bytes: int = Field(description="数据湖中实际占用 what lies in the lake")
    rows: int = Field(description="各表当前版本之和 rows of the present versions")
    tables: int
    quota_bytes: int | None
    quota_rows: int | None
    percent: int


class MemberLine(Schema):
    member: int
    person: str
    right: str
    since: date
    until: date | None
    revoked_at: datetime | None


class TableLine(Schema):
    code: str
    title: str
    provider: str
    bytes: int
    rows: int
    measured_at: datetime


class SpaceAnswer(SpaceLine):
    members: list[MemberLine]


@router.get("", response=Page[SpaceLine], auth=needs(Scope.READ), summary="数据仓列表 Stores one may see")
def spaces(request: HttpRequest, limit: Limit, offset: Offset, q: Word = "") -> dict[str, Any]:
    found = queries.search(actor_of(request), text=q)
    used = queries.usages(found[offset : offset + limit])
    return page(found, limit, offset, lambda one: _line(one, used[one.pk]))


@router.get("/{number}", response=SpaceAnswer, auth=needs(Scope.READ), summary="一个数据仓 One store")
def space(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(actor_of(request), number)


@router.get("/{number}/tables", response=Page[TableLine], auth=needs(Scope.READ), summary="数据表 Its tables")
def tables(request: HttpRequest, number: str, limit: Limit, offset: Offset, q: Word = "") -> dict[str, Any]:
    found = queries.space(actor_of(request), number)
    return page(queries.tables(found, text=q), limit, offset, _table)


def _line(found: Any, used: Usage) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "kind": found.kind,
        "organization": found.organization.code,
        "status": found.status,
        "members_only": found.members_only,
        "bytes": used.bytes,
        "rows": used.rows,
        "tables": used.tables,
        "quota_bytes": used.quota_bytes,
        "quota_rows": used.quota_rows,
        "percent": used.percent,
    }


def _table(entry: Any) -> dict[str, Any]:
    return {
        "code": entry.code,
        "title": entry.title,
        "provider": entry.provider.code,
        "bytes": entry.table_use.bytes,
        "rows": entry.table_use.rows,
        "measured_at": entry.table_use.measured_at,
    }


def _answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.space(by, number)
    return _line(found, queries.usage(found)) | {
        "members": [
            {
                "member": one.pk,
                "person": one.person.display_name,
                "right": one.right,
                "since": one.since,
                "until": one.until,
                "revoked_at": one.revoked_at,
            }
            for one in queries.members(found)
        ]
    }
