"""Imports of entries from a workbook for programs: hand it over, look at mapping and findings, confirm, follow, go on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from gongshu.catalog import import_actions as actions
from gongshu.catalog import import_queries as queries
from gongshu.catalog.excel.parsing import Options
from gongshu.errors import GongshuError
from gongshu.identity.tokens import Scope
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import Asked, Limit, Line, Offset, Page, Word, Words, listed, page, words

router = Router(tags=["目录导入 Imports"])
LARGEST = 50 * 1024 * 1024
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Mapped(Asked):
    """Which header is which column: key of a header to id of a column, or ``-`` for none; remembered for the source."""

    columns: dict[Line, Line] = Field(max_length=500)


class Step(Asked):
    act: Literal["confirm", "cancel", "resume"]


class ImportRunLine(Schema):
    id: str
    filename: str
    sha256: str
    status: str
    status_label: Words
    submitted_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    total: int = Field(description="要写入的目录数 entries to be written")
    done: int
    percent: int
    error: Words | None


class ImportRunAnswer(ImportRunLine):
    sheets: list[dict[str, Any]] = Field(description="列的对应关系 which column became which field")
    counts: dict[str, int] = Field(description="各种结果的目录数 entries by what is planned, or what became of them")


class ImportLineAnswer(Schema):
    position: int
    sheet: str
    row: int
    title: str
    code: str
    items: int
    planned: str
    outcome: str
    errors: int
    warnings: int
    error: Words | None


class CellFinding(Schema):
    sheet: str
    cell: str
    weight: str
    code: str
    why: Words
    mend: Words
    proposal: str


@router.post(
    "",
    response={201: ImportRunAnswer},
    auth=needs(Scope.CATALOG),
    summary="提交工作簿 Hand over a workbook; the body is the file",
    openapi_extra=_FILE,
)
def submit(
    request: HttpRequest,
    filename: Annotated[str, Query(max_length=255)] = "",
    own_provider: bool = False,
    adopt_themes: bool = False,
) -> Status[Any]:
    """Nothing is written to the catalog before ``confirm``: this answers with the mapping and what would be done."""
    content = request.read(LARGEST + 1)
    if not content or len(content) > LARGEST:
        raise GongshuError(
            "catalog.import_file", "请提交不超过 50 MB 的 XLSX 工作簿。", "Send an XLSX workbook of at most 50 MB."
        )
    options = Options(own_provider=own_provider, adopt_themes=adopt_themes)
    run = actions.submit_workbook(by=actor_of(request), content=content, filename=filename, options=options)
    return Status(201, _answer(run))


@router.get("", response=Page[ImportRunLine], auth=needs(Scope.READ), summary="导入列表 Imports, newest first")
def imports(request: HttpRequest, limit: Limit, offset: Offset) -> dict[str, Any]:
    return page(queries.runs(actor_of(request)), limit, offset, _line)


@router.get("/{run_id}", response=ImportRunAnswer, auth=needs(Scope.READ), summary="一次导入 One import")
def one_import(request: HttpRequest, run_id: str) -> dict[str, Any]:
    return _answer(queries.run(actor_of(request), run_id))


@router.get(
    "/{run_id}/lines", response=Page[ImportLineAnswer], auth=needs(Scope.READ), summary="逐条结果 Entry by entry"
)
def lines(request: HttpRequest, run_id: str, limit: Limit, offset: Offset, outcome: Word = "") -> dict[str, Any]:
    found = queries.run(actor_of(request), run_id)
    return page(queries.lines(found, outcome).order_by("position"), limit, offset, _import_line)


@router.get(
    "/{run_id}/findings", response=Page[CellFinding], auth=needs(Scope.READ), summary="逐格问题 Findings by cell"
)
def findings(request: HttpRequest, run_id: str, limit: Limit, offset: Offset) -> dict[str, Any]:
    return listed([_finding(one) for one in queries.findings(queries.run(actor_of(request), run_id))], limit, offset)


@router.put(
    "/{run_id}/mapping", response=ImportRunAnswer, auth=needs(Scope.CATALOG), summary="改列的对应 Choose the columns"
)
def choose(request: HttpRequest, run_id: str, body: Mapped) -> dict[str, Any]:
    by = actor_of(request)
    options = queries.options(queries.run(by, run_id))
    return _answer(actions.choose(by=by, run=run_id, chosen=dict(body.columns), options=options))


@router.post(
    "/{run_id}/act",
    response=ImportRunAnswer,
    auth=needs(Scope.CATALOG),
    summary="确认、停止或继续 Confirm, stop, resume",
)
def act(request: HttpRequest, run_id: str, body: Step) -> dict[str, Any]:
    """The worker writes what was confirmed, entry by entry; ask for the run to follow it."""
    by = actor_of(request)
    steps = {"confirm": actions.confirm, "cancel": actions.cancel, "resume": actions.resume}
    return _answer(steps[body.act](by=by, run=run_id))


def _line(found: Any) -> dict[str, Any]:
    return {
        "id": found.pk,
        "filename": found.filename,
        "sha256": found.sha256,
        "status": found.status,
        "status_label": words(found.status_label),
        "submitted_at": found.submitted_at,
        "confirmed_at": found.confirmed_at,
        "ended_at": found.ended_at,
        "total": found.total,
        "done": found.done,
        "percent": found.percent,
        "error": words(found.error) if found.error else None,
    }


def _answer(found: Any) -> dict[str, Any]:
    return _line(found) | {"sheets": found.sheets, "counts": queries.counts(found)}


def _import_line(one: Any) -> dict[str, Any]:
    names = ("position", "sheet", "row", "title", "code", "items", "planned", "outcome", "errors", "warnings")
    return {name: getattr(one, name) for name in names} | {"error": words(one.error) if one.error else None}


def _finding(one: Any) -> dict[str, Any]:
    return {
        "sheet": one.sheet,
        "cell": one.place,
        "weight": str(one.weight),
        "code": one.code,
        "why": words(one.why),
        "mend": words(one.mend),
        "proposal": one.proposal,
    }
