"""``/api/v1``: what anybody may ask without an account. Reads only; every row comes through the gateway."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from gongshu.catalog import finding
from gongshu.catalog import queries as catalog
from gongshu.errors import NotFound
from gongshu.grants import queries as grants
from gongshu.identity.actor import Actor
from gongshu.ledger import queries as ledger
from gongshu.web import gateway_client

PAGE_SIZE = 20


router = Router(tags=["公开 Public"])


class Item(Schema):
    name: str
    title: str
    type: str
    required: bool
    key: bool
    description: str


class Dataset(Schema):
    code: str = Field(description="资源代码 resource code")
    title: str
    abstract: str
    provider: str
    theme: str
    share_type: str
    open_type: str
    update_cycle: str
    open: bool = Field(description="可下载 whether rows can be read")
    rows: int | None
    data_version: int | None
    data_at: datetime | None
    published_at: datetime | None


class DatasetDetail(Dataset):
    items: list[Item]
    grounds: list[str] = Field(description="开放依据 articles under which it is open")


class Found(Schema):
    total: int
    page: int
    pages: int
    results: list[Dataset]
    next: str = Field(
        "", description="传给 at 取下一页，与页数无关 pass as at for the next page, at the same cost anywhere"
    )
    loosened: bool = Field(False, description="没有同时包含全部词语的，任一词语即可 any of the words was enough")
    corrected: dict[str, str] = Field({}, description="按相近写法查找 spellings that were taken instead")


class RowsAnswer(Schema):
    code: str
    version: int
    records: list[dict[str, Any]]
    next: str | None = Field(description="传给 after 取下一页 pass as after for the next page")


class Figures(Schema):
    entries: int
    open_datasets: int
    open_rows: int
    providers: int
    ledger_entries: int


def figures() -> dict[str, int]:
    """The figures of the first page, counted now."""
    sums = catalog.published().aggregate(
        entries=Count("pk"),
        open_datasets=Count("pk", filter=Q(opened_at__isnull=False)),
        open_rows=Sum("data_rows", filter=Q(opened_at__isnull=False)),
        providers=Count("provider", distinct=True),
    )
    return {name: value or 0 for name, value in sums.items()} | {"ledger_entries": ledger.size()}


@router.get("/figures", response=Figures, summary="首页数字 Figures of the first page")
def get_figures(request: HttpRequest) -> dict[str, int]:
    return figures()


@router.get("/datasets", response=Found, summary="检索目录 Search the catalog")
def list_datasets(
    request: HttpRequest,
    q: str = "",
    theme: str = "",
    open: bool | None = None,
    provider: str = "",
    sort: str = "",
    at: str = "",
    page: int = Query(1, ge=1, le=1_000_000_000),
) -> dict[str, Any]:
    filters = {"theme": theme, "provider": provider} | ({} if open is None else {"opened": "yes" if open else "no"})
    skip = (page - 1) * PAGE_SIZE
    found = finding.find(None, q, filters=filters, order=sort, at=at, skip=0 if at else skip, size=PAGE_SIZE)
    return {
        "total": found.total,
        "page": found.position // PAGE_SIZE + 1 if at else page,
        "pages": -(-found.total // PAGE_SIZE),
        "results": [_dataset(hit.entry) for hit in found.hits],
        "next": found.following,
        "loosened": found.loosened,
        "corrected": dict(found.corrected),
    }


@router.get("/datasets/{code}", response=DatasetDetail, summary="目录详情 One entry with its items")
def get_dataset(request: HttpRequest, code: str) -> dict[str, Any]:
    entry = catalog.entry(Actor.anonymous(), code)
    grant = grants.public_grant(entry.code) if entry.opened_at else None
    items = [
        {
            "name": item.name,
            "title": item.title,
            "type": str(item.data_type),
            "required": item.required,
            "key": item.is_key,
            "description": item.description,
        }
        for item in catalog.items(entry.code)
    ]
    return _dataset(entry) | {"items": items, "grounds": grant.cites if grant else []}


@router.get("/datasets/{code}/rows", response=RowsAnswer, summary="读取数据 Rows of an open data set")
def get_rows(
    request: HttpRequest, code: str, limit: int = Query(100, ge=1, le=1000), after: str = ""
) -> dict[str, Any]:
    entry = catalog.entry(Actor.anonymous(), code)
    grant = grants.public_grant(entry.code) if entry.opened_at else None
    if grant is None:
        raise NotFound(
            "portal.not_open",
            "该数据集未开放或已停止开放，只能查看目录。",
            "This data set is not open, or no longer; only its catalog entry can be read.",
        )
    found = gateway_client.rows(
        resource=entry.code, grant=grant.grant_id, purpose=grant.purpose, limit=limit, after=after
    )
    return {"code": entry.code, "version": found.version, "records": found.records, "next": found.following}


def _dataset(entry: catalog.Entry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "title": entry.title,
        "abstract": entry.abstract,
        "provider": entry.provider.name,
        "theme": entry.theme,
        "share_type": entry.share_type,
        "open_type": entry.open_type,
        "update_cycle": entry.update_cycle,
        "open": entry.opened_at is not None,
        "rows": entry.data_rows,
        "data_version": entry.data_version,
        "data_at": entry.data_at,
        "published_at": entry.published_at,
    }
