"""Collection for programs: handing a file over as it is, and seeing what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from gongshu.collection import actions, queries
from gongshu.collection.options import Options
from gongshu.errors import Text
from gongshu.identity.tokens import Scope
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import Limit, Offset, Page, Word, Words, page, words

router = Router(tags=["归集 Collection"])
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class RunLine(Schema):
    id: str
    code: str
    title: str
    provider: str
    filename: str
    size: int
    sha256: str
    status: str
    status_label: Words
    submitted_at: datetime
    ended_at: datetime | None
    percent: int
    read: int
    accepted: int
    rejected: int
    blank: int
    version: int | None = Field(description="入库版本 version in the lake")
    error: Words | None
    error_code: str


class Why(Schema):
    column: str
    rule: str
    text: Words


class Counted(Why):
    rows: int


class RunAnswer(RunLine):
    stage: str
    detection: dict[str, Any]
    reasons: list[Counted] = Field(description="未通过的原因和行数 why rows were rejected, and how many")


class Rejected(Schema):
    row: int
    reasons: list[Why]
    raw: str


class RejectedRows(Schema):
    total: int
    results: list[Rejected]
    next: int | None = Field(description="传给 after 取下一页 pass as after for the next page")


@router.post(
    "/entries/{code}/files",
    response={202: RunLine},
    auth=needs(Scope.COLLECTION),
    summary="提交数据文件 Hand a file over; the body is the file",
    openapi_extra=_FILE,
)
def submit(
    request: HttpRequest,
    code: str,
    filename: Annotated[str, Query(max_length=255)] = "",
    sheet: Annotated[str, Query(max_length=100)] = "",
    drop_unlisted: bool = False,
) -> Status[Any]:
    """The body is read as it arrives and kept before this answers; a ``Content-Length`` is needed. The run is worked off
    after this; ask for it by its id."""
    run = actions.submit_file(
        by=actor_of(request),
        resource=code,
        filename=filename,
        content=request,  # type: ignore[arg-type]  # a request is read like a file
        options=Options(sheet=sheet, drop_unlisted=drop_unlisted).over(queries.remembered(code)),
    )
    return Status(202, _line(run))


@router.get("/runs", response=Page[RunLine], auth=needs(Scope.READ), summary="归集记录列表 Runs, newest first")
def runs(request: HttpRequest, limit: Limit, offset: Offset, code: Word = "", status: Word = "") -> dict[str, Any]:
    return page(queries.runs(actor_of(request), resource=code, status=status), limit, offset, _line)


@router.get("/runs/{run_id}", response=RunAnswer, auth=needs(Scope.READ), summary="归集记录 One run")
def run(request: HttpRequest, run_id: str) -> dict[str, Any]:
    return _answer(queries.run(actor_of(request), run_id))


@router.get(
    "/runs/{run_id}/rejected",
    response=RejectedRows,
    auth=needs(Scope.READ),
    summary="未通过的行 Rejected rows, for the provider",
)
def rejected(
    request: HttpRequest,
    run_id: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=0, le=9_223_372_036_854_775_807)] = 0,
) -> dict[str, Any]:
    by = actor_of(request)
    found = queries.run(by, run_id)
    rows = queries.rejected(by, run_id, limit=limit + 1, after=after) if found.rejected else []
    results = [{"row": one.row, "reasons": [_why(why) for why in one.reasons], "raw": one.raw} for one in rows[:limit]]
    return {"total": found.rejected, "results": results, "next": rows[limit - 1].row if len(rows) > limit else None}


@router.post("/runs/{run_id}/cancel", response=RunAnswer, auth=needs(Scope.COLLECTION), summary="取消 Cancel a run")
def cancel(request: HttpRequest, run_id: str) -> dict[str, Any]:
    return _answer(actions.cancel(by=actor_of(request), run=run_id))


@router.post(
    "/runs/{run_id}/retry", response=RunAnswer, auth=needs(Scope.COLLECTION), summary="重试 Try a failed run again"
)
def retry(request: HttpRequest, run_id: str) -> dict[str, Any]:
    return _answer(actions.retry(by=actor_of(request), run=run_id))


def _line(found: Any) -> dict[str, Any]:
    error: Text | None = found.error
    return {
        "id": found.pk,
        "code": found.resource,
        "title": found.title,
        "provider": found.provider.code,
        "filename": found.filename,
        "size": found.size,
        "sha256": found.sha256,
        "status": found.status,
        "status_label": words(found.status_label),
        "submitted_at": found.submitted_at,
        "ended_at": found.ended_at,
        "percent": found.percent,
        "read": found.read,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "blank": found.blank,
        "version": found.version,
        "error": words(error) if error else None,
        "error_code": found.error_code,
    }


def _answer(found: Any) -> dict[str, Any]:
    return _line(found) | {
        "stage": found.stage,
        "detection": found.detection,
        "reasons": [_why(why) | {"rows": rows} for why, rows in queries.reasons(found)],
    }


def _why(why: Any) -> dict[str, Any]:
    return {"column": why.column, "rule": why.rule, "text": words(why.text)}
