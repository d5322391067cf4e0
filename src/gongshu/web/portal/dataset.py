"""One data set: what it is, a look at it, downloads, use, versions, and the rule that lets it be open.

Rows come through the gateway under the release's public grant, like everybody's. The first rows are kept in memory per
version and grant, so that looking at a page does not count as many reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.catalog import saved_queries
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import THEME_LABELS, TYPE_LABELS
from gongshu.collection import queries as collection
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.grants import queries as grants
from gongshu.identity.actor import Actor
from gongshu.lake.spreadsheet import MOST_ROWS
from gongshu.ledger import queries as ledger
from gongshu.opening import queries as opening
from gongshu.opening.request_way import may_ask
from gongshu.web import gateway_client, sheets
from gongshu.web.language import language_of
from gongshu.web.parts import cites, open_tag, share_tag
from gongshu.web.permissions import actor_of, public
from gongshu.web.portal.cards import sheet_holds
from gongshu.web.portal.themes import icon_of

SAMPLE_ROWS = 8
MAP_POINTS = 1000
USAGE_DAYS = 30
VERSIONS = 6
LOOK_SECONDS = 600
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "xlsx": sheets.FORMATS["xlsx"]}
LONGITUDES = ("lng", "lon", "longitude", "x")
LATITUDES = ("lat", "latitude", "y")
USES = {
    "gateway.list": Text("浏览", "Views"),
    "gateway.query": Text("查询", "Queries"),
    "gateway.verify": Text("核验", "Verifications"),
    "gateway.delivery": Text("下载", "Downloads"),
}


@dataclass(frozen=True)
class Look:
    """What the page shows of the rows; ``trouble`` says why there are none."""

    columns: list[ItemData] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    trouble: Text | None = None


@public
def dataset(request: HttpRequest, code: str) -> HttpResponse:
    entry = catalog.entry(Actor.anonymous(), code)
    items = catalog.items(entry.code)
    grant = grants.public_grant(entry.code) if entry.opened_at else None
    release = opening.public_release(entry.code) if grant else None
    language = language_of(request)
    day = clock.today()
    context: dict[str, Any] = {
        "entry": entry,
        "theme": THEME_LABELS.get(entry.theme, Text(entry.theme, entry.theme)),
        "theme_icon": icon_of(entry.theme),
        "items": [(item, TYPE_LABELS[item.data_type], not grant or item.name in grant.items) for item in items],
        "open_tag": open_tag(entry.open_type),
        "share_tag": share_tag(entry.share_type),
        "grant": grant,
        "follows": saved_queries.follows(actor_of(request), entry.code),
        "sheet_holds": sheet_holds(entry),
        "most_rows": MOST_ROWS,
        "release": release,
        "release_cites": cites(release.citations, language) if release else [],
        "asking": None if release else may_ask(entry.open_type, entry.provider.body_kind, opened=False),
        "look": _look(entry, grant, items) if grant else None,
        "versions": _versions(entry) if grant else [],
        "usage": _usage(entry.code, language) if grant else None,
        "attribution": Text(
            f"数据来源：{entry.provider.name}《{entry.title}》，{day:%Y年%m月%d日}取自本平台，"
            f"资源代码 {entry.resource_code}。",
            f"Source: {entry.provider.say('en')}, “{entry.title}”, taken from this portal on {day}, {entry.resource_code}.",
        ),
        "host": request.build_absolute_uri("/").rstrip("/"),
        "keywords": [word for word in re.split(r"[,\uff0c、;\s]+", entry.keywords) if word],
    }
    return render(request, "portal/dataset.html", context)


def _look(entry: catalog.Entry, grant: Any, items: Sequence[ItemData]) -> Look:
    columns = [item for item in items if item.name in grant.items]
    lon = next((i.name for i in columns if i.name.lower() in LONGITUDES), "")
    lat = next((i.name for i in columns if i.name.lower() in LATITUDES), "")
    key = f"look:{entry.code}:{entry.data_version}:{grant.grant_id}"
    known: Look | None = cache.get(key)
    if known is not None:
        return known
    try:
        found = gateway_client.rows(
            resource=entry.code,
            grant=grant.grant_id,
            purpose=grant.purpose,
            limit=MAP_POINTS if lon and lat else SAMPLE_ROWS,
        )
    except GongshuError as error:
        return Look(columns=columns, trouble=error.text)
    title = next((i.name for i in columns if "name" in i.name.lower() or i.title.endswith("名称")), columns[0].name)
    look = Look(
        columns=columns,
        rows=[[record.get(item.name) for item in columns] for record in found.records[:SAMPLE_ROWS]],
        points=_points(found.records, title, lon, lat) if lon and lat else [],
    )
    cache.set(key, look, LOOK_SECONDS)
    return look


def _points(records: list[dict[str, Any]], title: str, lon: str, lat: str) -> list[dict[str, Any]]:
    """Where the rows lie, degrees; rows without a place on the globe are left out."""
    points = []
    for record in records:
        try:
            x, y = float(record[lon]), float(record[lat])
        except (KeyError, TypeError, ValueError):
            continue
        if -180 <= x <= 180 and -90 <= y <= 90:
            points.append({"name": str(record.get(title) or ""), "lon": x, "lat": y})
    return points


def _versions(entry: catalog.Entry) -> list[Any]:
    """The latest versions of the data, newest first; read from the lake once per version."""
    key = f"versions:{entry.code}:{entry.data_version}"
    known: list[Any] | None = cache.get(key)
    if known is None:
        known = collection.versions(entry.code)[-VERSIONS:][::-1]
        cache.set(key, known, LOOK_SECONDS)
    return known


def _usage(code: str, language: str) -> dict[str, Any] | None:
    """How often the data set was read, by day, as the ledger counts it."""
    today = clock.today()
    days = [today - timedelta(days=n) for n in range(USAGE_DAYS - 1, -1, -1)]
    since = clock.now() - timedelta(days=USAGE_DAYS)
    counted = {(day, action): n for day, action, n in ledger.daily(resource=code, actions=list(USES), since=since)}
    if not counted:
        return None
    series = [
        {"name": label.say(language), "values": [counted.get((day, action), 0) for day in days]}
        for action, label in USES.items()
        if any(action == seen for _, seen in counted)
    ]
    totals = [(one["name"], sum(one["values"])) for one in series]
    return {"chart": {"days": [f"{day:%m-%d}" for day in days], "series": series}, "totals": totals}


@public
def download(request: HttpRequest, code: str, form: str) -> HttpResponse | StreamingHttpResponse:
    """The open file, streamed from the gateway as it comes; nothing is kept here."""
    entry = catalog.entry(Actor.anonymous(), code)
    grant = grants.public_grant(entry.code) if entry.opened_at else None
    if grant is None or form not in FORMATS:
        raise NotFound(
            "portal.not_open",
            "该数据集没有可下载的文件：它未开放或已停止开放。",
            "There is no file of this data set: it is not open, or no longer.",
        )
    file = gateway_client.download(resource=entry.code, grant=grant.grant_id, form=form)
    response = StreamingHttpResponse(_closing(file), content_type=FORMATS[form])
    name = f"{entry.title}.{form}"
    response["Content-Disposition"] = f"attachment; filename=\"{entry.code}.{form}\"; filename*=UTF-8''{quote(name)}"
    if file.length:
        response["Content-Length"] = file.length
    return response


def _closing(file: gateway_client.Download) -> Iterator[bytes]:
    try:
        yield from file.chunks()
    finally:
        file.close()
