"""Base, theme and task libraries for programs: set up, defined, agreed to, ended (yongjia-7, yongjia-18).

Their rows are read at the gateway, under a grant for the library's own entry, like any other data.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from gongshu.identity.tokens import Scope
from gongshu.libraries import actions, queries
from gongshu.libraries.states import BaseKind, Combine, LibraryKind
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import Asked, Limit, Line, Offset, Page, Prose, Word, Words, page, words

router = Router(tags=["基础库与主题库 Libraries"])
Remark = Annotated[str, Field(max_length=300)]


class NewLibrary(Asked):
    """``code`` is the library's own published entry, whose provider leads it."""

    code: Line
    name: Annotated[str, Field(max_length=60)]
    kind: LibraryKind
    combine: Combine = Combine.UNION
    about: BaseKind | None = Field(None, description="基础库的类别 what a base library is about")
    purpose: Prose = Field("", description="专题库的用途 of a task library")
    ends_on: date | None = Field(None, description="专题库的最后一日 of a task library")


class Part(Asked):
    """One source; ``items`` maps items of the library to items of the source, none: as names and titles say."""

    code: Line
    items: dict[Line, Line] | None = None


class Definition(Asked):
    sources: list[Part] = Field(description="先后即优先次序 the first comes first", max_length=1000)


class Consenting(Asked):
    code: Line = Field(description="来源目录代码 code of the source")
    agree: bool
    remark: Remark = ""


class Ending(Asked):
    reason: Remark


class LibraryLine(Schema):
    number: str
    name: str
    kind: str
    about: str
    combine: str
    code: str = Field(description="数据库自己的目录 its own entry, by which it is applied for and queried")
    lead: str
    status: str
    status_label: Words
    version: int | None
    rows: int | None
    ends_on: date | None


class SourceLine(Schema):
    code: str
    title: str
    provider: str
    items: dict[str, str]
    consent: str
    consent_label: Words
    answered_at: datetime | None
    remark: str


class LibraryAnswer(LibraryLine):
    purpose: str
    opened_at: datetime
    ended_at: datetime | None
    troubles: list[Words] = Field(description="暂停查询的原因 why it is not served")
    sources: list[SourceLine]


class BuildLine(Schema):
    version: int
    at: datetime
    rows: int
    digest: str
    sources: list[dict[str, Any]] = Field(description="由哪些版本合成 the versions that it was computed from")


class AskedLine(Schema):
    number: str
    name: str
    lead: str
    code: str = Field(description="本单位的目录 our entry")
    title: str
    items: dict[str, str] = Field(description="拟使用的数据项 items that it would use")


@router.get("", response=Page[LibraryLine], auth=needs(Scope.READ), summary="数据库列表 Libraries")
def libraries(
    request: HttpRequest, limit: Limit, offset: Offset, q: Word = "", kind: Word = "", status: Word = ""
) -> dict[str, Any]:
    return page(queries.search(text=q, kind=kind, status=status), limit, offset, _line)


@router.get(
    "/asked", response=Page[AskedLine], auth=needs(Scope.READ), summary="待本单位答复的来源 Waiting for our consent"
)
def asked(request: HttpRequest, limit: Limit, offset: Offset) -> dict[str, Any]:
    return page(queries.asked(actor_of(request)), limit, offset, _asked)


@router.get("/{number}", response=LibraryAnswer, auth=needs(Scope.READ), summary="一个数据库 One library")
def library(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(number)


@router.get("/{number}/builds", response=Page[BuildLine], auth=needs(Scope.READ), summary="合成记录 Its versions")
def builds(request: HttpRequest, number: str, limit: Limit, offset: Offset) -> dict[str, Any]:
    return page(queries.builds(queries.library(number)), limit, offset, _build)


@router.post("", response={201: LibraryAnswer}, auth=needs(Scope.CATALOG), summary="设立数据库 Set a library up")
def open_library(request: HttpRequest, body: NewLibrary) -> Status[Any]:
    made = actions.open_library(by=actor_of(request), **body.dict())
    return Status(201, _answer(made.number))


@router.put("/{number}/sources", response=LibraryAnswer, auth=needs(Scope.CATALOG), summary="选择来源 Choose sources")
def define(request: HttpRequest, number: str, body: Definition) -> dict[str, Any]:
    """The whole definition, in its order; the worker computes the library once every provider has agreed."""
    actions.define(by=actor_of(request), number=number, parts=[(one.code, one.items) for one in body.sources])
    return _answer(number)


@router.post(
    "/{number}/consent", response=LibraryAnswer, auth=needs(Scope.CATALOG), summary="答复是否同意 Agree or not"
)
def consent(request: HttpRequest, number: str, body: Consenting) -> dict[str, Any]:
    actions.answer(by=actor_of(request), number=number, code=body.code, agree=body.agree, remark=body.remark)
    return _answer(number)


@router.post("/{number}/end", response=LibraryAnswer, auth=needs(Scope.CATALOG), summary="结束数据库 End it")
def end(request: HttpRequest, number: str, body: Ending) -> dict[str, Any]:
    actions.end(by=actor_of(request), number=number, reason=body.reason)
    return _answer(number)


def _line(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "kind": found.kind,
        "about": found.about,
        "combine": found.combine,
        "code": found.entry.code,
        "lead": found.entry.provider.code,
        "status": found.status,
        "status_label": words(found.status_label),
        "version": found.entry.data_version,
        "rows": found.entry.data_rows,
        "ends_on": found.ends_on,
    }


def _asked(source: Any) -> dict[str, Any]:
    return {
        "number": source.library.number,
        "name": source.library.name,
        "lead": source.library.entry.provider.code,
        "code": source.entry.code,
        "title": source.entry.title,
        "items": source.items,
    }


def _build(found: Any) -> dict[str, Any]:
    return {
        "version": found.number,
        "at": found.at,
        "rows": found.rows,
        "digest": found.digest,
        "sources": found.sources,
    }


def _answer(number: str) -> dict[str, Any]:
    found = queries.library(number)
    return _line(found) | {
        "purpose": found.purpose,
        "opened_at": found.opened_at,
        "ended_at": found.ended_at,
        "troubles": found.troubles,
        "sources": [
            {
                "code": one.entry.code,
                "title": one.entry.title,
                "provider": one.entry.provider.code,
                "items": one.items,
                "consent": one.consent,
                "consent_label": words(one.consent_label),
                "answered_at": one.answered_at,
                "remark": one.remark,
            }
            for one in queries.sources(found)
        ],
    }
