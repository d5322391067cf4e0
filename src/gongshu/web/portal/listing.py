"""The list of what a search finds as a file, CSV or XLSX: asked, filtered and ordered as the page is, whole.

Only what the catalog publishes is in it, no data. Both are written as the pages of the search come.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import polars as pl
from django.http import FileResponse, HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from gongshu import clock
from gongshu.catalog import finding
from gongshu.catalog.queries import Entry
from gongshu.catalog.search.reader import DEEPEST
from gongshu.catalog.states import THEME_LABELS
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.lake import spreadsheet
from gongshu.web import csv_answer, sheets
from gongshu.web.language import language_of
from gongshu.web.parts import open_tag, share_tag
from gongshu.web.permissions import public
from gongshu.web.portal.cards import card_of
from gongshu.web.portal.catalog import question

AT_ONCE = 500
MOST = DEEPEST  # as far as a search by words can be paged through
COLUMNS: tuple[tuple[Text, str], ...] = (  # with the code of the type, for XLSX
    (Text("资源代码", "Resource code"), "C"),
    (Text("名称", "Title"), "C"),
    (Text("摘要", "Summary"), "C"),
    (Text("提供单位", "Provider"), "C"),
    (Text("主题分类", "Theme"), "C"),
    (Text("开放类型", "Open type"), "C"),
    (Text("共享类型", "Share type"), "C"),
    (Text("更新周期", "Update cycle"), "C"),
    (Text("数据行数", "Rows"), "I"),
    (Text("数据更新", "Data as of"), "D"),
    (Text("可下载格式", "Formats"), "C"),
    (Text("网址", "Address"), "C"),
)


@public
def files(request: HttpRequest, form: str) -> HttpResponseBase:
    """The whole list under the name of today. Raises NotFound for another format, GongshuError when it is too long."""
    if form not in sheets.FORMATS:
        raise NotFound("web.format_unknown", "只提供 CSV 和 XLSX。", "There are CSV and XLSX only.")
    text, filters = question(request.GET)
    if text and finding.find(None, text, filters=filters, size=1).total > MOST:
        raise GongshuError(
            "portal.list_long",
            f"找到的数据集超过 {MOST:,} 个，不能下载清单。请增加词语或筛选条件。",
            f"More than {MOST:,} data sets were found, too many for a list. Add a word or a filter.",
        )
    language = language_of(request)
    heads = [title.say(language) for title, _ in COLUMNS]
    host = request.build_absolute_uri("/").rstrip("/")
    pages = ([_line(one, language, host) for one in page] for page in _pages(request.GET))
    name = f"datasets-{clock.today():%Y%m%d}.{form}"
    if form == "csv":
        return csv_answer.stream(name, heads, (line for page in pages for line in page))
    kinds = [kind for _, kind in COLUMNS]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    spreadsheet.write(file, heads, kinds, (_frame(page, kinds) for page in pages))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=sheets.FORMATS[form])


def _pages(asked: QueryDict) -> Iterator[list[Entry]]:
    text, filters = question(asked)
    at = ""
    while True:
        found = finding.find(None, text, filters=filters, order=asked.get("sort", ""), at=at, size=AT_ONCE)
        yield [hit.entry for hit in found.hits]
        at = found.following
        if not at:
            return


def _line(entry: Entry, language: str, host: str) -> list[Any]:
    return [
        entry.resource_code,
        entry.title,
        entry.abstract,
        entry.provider.say(language),
        THEME_LABELS.get(entry.theme, Text(entry.theme, entry.theme)).say(language),
        open_tag(entry.open_type).say(language),
        share_tag(entry.share_type).say(language),
        entry.cycle_label.say(language),
        entry.data_rows,
        f"{clock.local(entry.data_at):%Y-%m-%d}" if entry.data_at else None,
        " ".join(card_of(entry).formats),
        f"{host}/datasets/{entry.code}/",
    ]


def _frame(page: list[list[Any]], kinds: list[str]) -> pl.DataFrame:
    schema = {str(place): pl.Int64 if kind == "I" else pl.String for place, kind in enumerate(kinds)}
    return pl.DataFrame(page, schema=schema, orient="row")
