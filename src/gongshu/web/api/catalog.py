"""The catalog for programs: search, read, keep an entry as another system has it, hand it to review, review it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema, Status

from gongshu.catalog import actions, bulk, comparison, data_actions, guard, queries, upsert
from gongshu.catalog.draft import EntryData, as_plain
from gongshu.catalog.remarks import FieldRemark
from gongshu.catalog.states import SecrecyConclusion
from gongshu.catalog.upsert import Written
from gongshu.errors import GongshuError
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.identity.tokens import Scope
from gongshu.supervision import rights_queries
from gongshu.web import lineage
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.filled import fill, shape_of
from gongshu.web.api.shapes import Asked, Cited, Limit, Line, Offset, Page, Prose, Word, Words, cited, page, words

router = Router(tags=["目录 Catalog"])
EntryBody: Any = shape_of("EntryBody", EntryData, optional=("provider", "abstract"))
Number = Annotated[int, Query(ge=1, le=2_147_483_647, description="版本 a version")]
Names = Annotated[list[Line], Field(max_length=100)]


class EntryLine(Schema):
    code: str = Field(description="资源代码 resource code")
    title: str
    provider: str
    status: str
    status_label: Words
    version: int = Field(description="发布次数 grows with each publication")
    share_type: str
    open_type: str
    theme: str
    changed_at: datetime
    published_at: datetime | None
    data_version: int | None
    data_rows: int | None
    data_at: datetime | None


class Remark(Asked):
    """What is to be mended at one place: a field, ``items.<name>`` or ``items.<name>.<field>``."""

    path: Line
    text: Prose
    criterion: Line = ""


class EntryAnswer(EntryLine):
    revision: str = Field(description="用于 If-Match for If-Match; also in the ETag")
    remarks: str = Field(description="退回时的审核意见 what the reviewer wants mended")
    field_remarks: list[dict[str, str]]
    written: Literal["", "created", "changed", "unchanged"] = ""
    data: dict[str, Any] = Field(description="与 EntryBody 同形 what readers see, as an EntryBody")
    draft: dict[str, Any] | None = Field(description="修订中的内容 the revision in work, for those who work on it")
    draft_status: str


class Review(Asked):
    outcome: Literal["publish", "return", "withdraw"]
    remark: Prose = ""
    criteria: Names | None = Field(None, description="逐项确认的审核标准 what was found in order; none: all of it")
    remarks: Annotated[list[Remark], Field(max_length=500)] = Field(default_factory=list)
    replaced_by: Line = Field("", description="撤下时：替代目录的代码 when withdrawing: the entry to turn to")


class DataChange(Asked):
    changed_on: date = Field(description="本单位数据变化之日 the day on which the unit's own data changed")
    note: Line


class DataChanged(Schema):
    code: str
    starts_on: date
    days: int | None = Field(description="工作日；空为按更新周期 working days; none where the cycle alone counts")
    due_on: date | None
    words: Words
    citations: list[Cited]


class Secrecy(Asked):
    conclusion: SecrecyConclusion = SecrecyConclusion.PASSED
    note: Prose = ""


class Bulk(Asked):
    operation: bulk.Operation = Field(description="submit, confirm (季度维护无变化), withdraw, reopen, discard")
    codes: Annotated[list[Line], Field(min_length=1, max_length=bulk.MOST)]
    remark: Prose = Field("", description="撤下必填 needed to withdraw")
    dry_run: bool = Field(True, description="默认只试运行，不改变任何内容 by default nothing is changed")


class BulkLine(Schema):
    code: str
    title: str
    able: bool = Field(description="可以办理，或已办理 it can be carried out, or was")
    problem: Words | None
    problem_code: str


class BulkAnswer(Schema):
    operation: str
    dry_run: bool
    able: int
    unable: int
    entries: list[BulkLine]


class Finding(Schema):
    code: str
    severity: str
    where: str = Field(description="字段，或 items.<行>.<字段> a field, or items.<row>.<field>")
    text: Words
    citations: list[Cited]


class VersionLine(Schema):
    number: int
    at: datetime
    digest: str = Field(description="规范 JSON 的 SM3 of its canonical JSON")
    compiled_by: str
    reviewed_by: str
    criteria: list[str]
    remark: str


class GraphNode(Schema):
    key: str
    title: Words
    note: Words
    link: str = Field(
        description="控制台页面，无权打开时为空 its page in the console; empty where there is none for you"
    )


class GraphGroup(Schema):
    kind: str
    label: Words
    total: int
    more: int = Field(description="未列出的 how many are not listed")
    withheld: int = Field(description="无权查看的，只有数量 how many you may not see")
    nodes: list[GraphNode]


class GraphEdge(Schema):
    source: str
    target: str


class GraphAnswer(Schema):
    code: str
    title: str
    groups: list[GraphGroup] = Field(description="从来源到使用方 from source to user")
    edges: list[GraphEdge]


class Right(Schema):
    right: str
    label: Words
    holder: Words
    ground: Words
    since: date | None
    until: date | None = Field(
        description="最后一天，随授权或协议终止 the last day; it ends with the grant or agreement"
    )
    running: bool = Field(description="今天是否有效 whether it holds today")
    grant: str = Field(description="所依据的授权，法定的为空 the grant it rests on; empty where it is by law")
    citations: list[Cited]


@router.get("/entries", response=Page[EntryLine], auth=needs(Scope.READ), summary="检索目录 Search entries one may see")
def entries(
    request: HttpRequest,
    limit: Limit,
    offset: Offset,
    q: Word = "",
    status: Word = "",
    provider: Word = "",
    share_type: Word = "",
    theme: Word = "",
) -> dict[str, Any]:
    """Published entries of everybody, and those in work of one's own organisation; all of them for the authority."""
    within = queries.visible(actor_of(request))
    if status:
        within = within.filter(status=status)
    filters = {"provider__code": provider, "share_type": share_type, "theme": theme}
    return page(queries.search(q, within=within, filters=filters).entries, limit, offset, _line)


@router.get("/entries/{code}", response=EntryAnswer, auth=needs(Scope.READ), summary="读取目录 One entry")
def entry(request: HttpRequest, response: HttpResponse, code: str) -> dict[str, Any]:
    by = actor_of(request)
    return _answer(response, by, queries.entry(by, code))


@router.put(
    "/entries",
    response={200: EntryAnswer, 201: EntryAnswer},
    auth=needs(Scope.CATALOG),
    summary="按名称写入目录 Keep an entry, by provider and title",
)
def put_by_title(request: HttpRequest, response: HttpResponse, body: EntryBody) -> Status[Any]:
    """Creates the entry, changes it, or finds that nothing changed; calling again does nothing.

    ``If-Match`` with a revision: only if nobody changed it since. ``If-None-Match: *``: only if there is none.
    """
    return _put(request, response, body, "")


@router.put(
    "/entries/{code}",
    response={200: EntryAnswer, 201: EntryAnswer},
    auth=needs(Scope.CATALOG),
    summary="按代码写入目录 Keep an entry, by code",
)
def put_by_code(request: HttpRequest, response: HttpResponse, code: str, body: EntryBody) -> Status[Any]:
    """As by title; with ``If-None-Match: *`` a new entry gets this code."""
    return _put(request, response, body, code)


@router.get("/entries/{code}/findings", response=list[Finding], auth=needs(Scope.READ), summary="自查 What lacks")
def findings(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """What the consistency rules of the city find in what is being worked on; an error keeps it from review."""
    by = actor_of(request)
    found = queries.entry(by, code)
    if not _works_on(by, found):
        return []
    return [
        {
            "code": one.code,
            "severity": str(one.severity),
            "where": one.path,
            "text": words(one.text),
            "citations": cited(one.citations),
        }
        for one in queries.findings(found)
    ]


@router.get("/entries/{code}/graph", response=GraphAnswer, auth=needs(Scope.READ), summary="关系 What hangs together")
def graph(request: HttpRequest, code: str) -> dict[str, Any]:
    """Where the data come from and who uses them, as far as the caller may see it; of other grants only the number."""
    return lineage.graph(actor_of(request), code).as_json()


@router.get("/entries/{code}/rights", response=list[Right], auth=needs(Scope.READ), summary="权利 Rights in its data")
def rights(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """Who holds which right in the data: by law, by function, and by the grants that the caller may know of."""
    by = actor_of(request)
    return [
        {
            "right": one.right,
            "label": words(one.label),
            "holder": words(one.holder),
            "ground": words(one.ground),
            "since": one.since,
            "until": one.until,
            "running": one.running,
            "grant": one.grant,
            "citations": cited(one.citations),
        }
        for one in rights_queries.of_entry(by, queries.entry(by, code))
    ]


@router.get(
    "/entries/{code}/versions", response=Page[VersionLine], auth=needs(Scope.READ), summary="版本 Published versions"
)
def versions(request: HttpRequest, code: str, limit: Limit, offset: Offset) -> dict[str, Any]:
    return page(queries.versions(queries.entry(actor_of(request), code)), limit, offset, _version)


@router.get(
    "/entries/{code}/versions/{number}", response=dict[str, Any], auth=needs(Scope.READ), summary="一个版本 As it was"
)
def version(request: HttpRequest, code: str, number: Annotated[int, Path(ge=1, le=2_147_483_647)]) -> dict[str, Any]:
    found = queries.entry(actor_of(request), code)
    return as_plain(queries.version_data(queries.version(found, number)))


@router.get(
    "/entries/{code}/compare",
    response=dict[str, Any],
    auth=needs(Scope.READ),
    summary="比较两个版本 Compare two versions",
)
def compared(request: HttpRequest, code: str, before: Number, after: Number) -> dict[str, Any]:
    """``fields``, and items ``added``, ``removed`` and ``changed``, with both values of each field that differs."""
    found = queries.entry(actor_of(request), code)
    one, other = (queries.version_data(queries.version(found, number)) for number in (before, after))
    return comparison.plain(comparison.compare(one, other))


@router.post("/entries/{code}/submit", response=EntryAnswer, auth=needs(Scope.CATALOG), summary="提交审核 Submit")
def submit(request: HttpRequest, response: HttpResponse, code: str) -> dict[str, Any]:
    by = actor_of(request)
    return _answer(response, by, actions.submit_entry(by=by, code=code))


@router.post(
    "/entries/{code}/secrecy", response=EntryAnswer, auth=needs(Scope.CATALOG), summary="保密审查 Secrecy review"
)
def secrecy(request: HttpRequest, response: HttpResponse, code: str, body: Secrecy) -> dict[str, Any]:
    """The providing unit's review of exactly what is being worked on; needed before publication where the city asks."""
    by = actor_of(request)
    actions.record_secrecy_review(by=by, code=code, conclusion=body.conclusion, note=body.note)
    return _answer(response, by, queries.entry(by, code))


@router.post("/entries/{code}/review", response=EntryAnswer, auth=needs(Scope.CATALOG), summary="审核目录 Review")
def review(request: HttpRequest, response: HttpResponse, code: str, body: Review) -> dict[str, Any]:
    """Publish, send back with what is to be mended, or withdraw a published entry with the reason.

    Where several offices review in turn, ``publish`` agrees for the caller's and the last one's publishes.
    """
    by = actor_of(request)
    if body.outcome == "publish":
        actions.publish_entry(by=by, code=code, remark=body.remark, criteria=body.criteria)
    elif body.outcome == "return":
        remarks = [FieldRemark(one.path, one.text, one.criterion) for one in body.remarks]
        actions.return_entry(by=by, code=code, remark=body.remark, remarks=remarks)
    else:
        actions.withdraw_entry(by=by, code=code, remark=body.remark, replaced_by=body.replaced_by)
    return _answer(response, by, queries.entry(by, code))


@router.post(
    "/entries/{code}/data-change",
    response={201: DataChanged},
    auth=needs(Scope.COLLECTION),
    summary="申报数据变化 Say that the data changed",
)
def data_change(request: HttpRequest, code: str, body: DataChange) -> Status[Any]:
    """The time for the update runs from ``changed_on``; the next data that are handed over end it."""
    duty = data_actions.declare_data_change(by=actor_of(request), code=code, changed_on=body.changed_on, note=body.note)
    return Status(
        201,
        {
            "code": duty.subject,
            "starts_on": duty.starts_on,
            "days": duty.days,
            "due_on": duty.due_on,
            "words": words(duty.words),
            "citations": cited(duty.citations),
        },
    )


@router.post(
    "/bulk", response=BulkAnswer, auth=needs(Scope.CATALOG), summary="批量办理，默认试运行 Many entries at once"
)
def many(request: HttpRequest, body: Bulk) -> dict[str, Any]:
    """Each entry stands alone: what one lacks keeps no other. A dry run says exactly what the deed would.

    Reviewing is not among the operations: each entry is reviewed by itself (西安第十二条).
    """
    found = bulk.run(
        by=actor_of(request), operation=body.operation, codes=body.codes, dry=body.dry_run, remark=body.remark
    )
    able = sum(1 for one in found if one.wrong is None)
    return {
        "operation": str(body.operation),
        "dry_run": body.dry_run,
        "able": able,
        "unable": len(found) - able,
        "entries": [
            {
                "code": one.code,
                "title": one.title,
                "able": one.wrong is None,
                "problem": words(one.wrong.text) if one.wrong else None,
                "problem_code": one.wrong.code if one.wrong else "",
            }
            for one in found
        ],
    }


@router.post("/entries/{code}/discard", response=EntryAnswer, auth=needs(Scope.CATALOG), summary="放弃修订 Discard")
def discard(request: HttpRequest, response: HttpResponse, code: str) -> dict[str, Any]:
    """Give up the revision in work; what is published stays."""
    by = actor_of(request)
    actions.discard_revision(by=by, code=code)
    return _answer(response, by, queries.entry(by, code))


@router.post("/entries/{code}/reopen", response=EntryAnswer, auth=needs(Scope.CATALOG), summary="重新编制 Reopen")
def reopen(request: HttpRequest, response: HttpResponse, code: str) -> dict[str, Any]:
    by = actor_of(request)
    return _answer(response, by, actions.reopen_entry(by=by, code=code))


def _put(request: HttpRequest, response: HttpResponse, body: Asked, code: str) -> Status[Any]:
    by = actor_of(request)
    data = fill(EntryData, body, provider=getattr(body, "provider", "") or by.organization)
    found, written = upsert.put_entry(
        by=by,
        data=data,
        code=code,
        expected=_revision(request.headers.get("If-Match", "")),
        only_new=request.headers.get("If-None-Match", "").strip() == guard.ANY,
    )
    answer = _answer(response, by, queries.entry(by, found.code)) | {"written": str(written)}
    return Status(201 if written is Written.CREATED else 200, answer)


def _revision(header: str) -> str:
    """``If-Match`` as this interface reads it: one revision, in quotes or not, or ``*``."""
    text = header.strip().removeprefix("W/").strip('"')
    if len(text) > 64 or "," in text:
        raise GongshuError(
            "api.if_match", "If-Match 只接受一个修订标识。", "If-Match takes one revision, as the ETag gives it."
        )
    return text


def _line(found: Any) -> dict[str, Any]:
    return {
        "code": found.code,
        "title": found.title,
        "provider": found.provider.code,
        "status": found.status,
        "status_label": words(found.status_label),
        "version": found.version,
        "share_type": found.share_type,
        "open_type": found.open_type,
        "theme": found.theme,
        "changed_at": found.changed_at,
        "published_at": found.published_at,
        "data_version": found.data_version,
        "data_rows": found.data_rows,
        "data_at": found.data_at,
    }


def _answer(response: HttpResponse, by: Actor, found: Any) -> dict[str, Any]:
    beside = queries.revision_of(found) if _works_on(by, found) else None
    answer = _line(found) | {
        "revision": guard.revision(found),
        "remarks": found.remarks,
        "field_remarks": found.field_remarks,
        "data": as_plain(queries.data_of(found)),
        "draft": as_plain(queries.draft_of(found)) if beside else None,
        "draft_status": beside.status if beside else "",
    }
    response["ETag"] = f'"{answer["revision"]}"'
    return answer


def _works_on(by: Actor, found: Any) -> bool:
    """Whether ``by`` may see what is not published yet: as with entries that never were."""
    return by.has(Role.DATA_AUTHORITY, Role.AUDITOR) or by.organization == found.provider.code


def _version(kept: Any) -> dict[str, Any]:
    return {
        "number": kept.number,
        "at": kept.at,
        "digest": kept.digest,
        "compiled_by": str(kept.compiled_by or ""),
        "reviewed_by": str(kept.reviewed_by or ""),
        "criteria": kept.criteria,
        "remark": kept.remark,
    }
