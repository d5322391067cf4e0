"""The first page: search, figures, themes, what is new. Every figure is a count that anybody can repeat by search."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gongshu.catalog import queries as catalog
from gongshu.catalog.states import THEME_LABELS
from gongshu.errors import Text
from gongshu.web.api.public import figures
from gongshu.web.permissions import public
from gongshu.web.portal.cards import card_of
from gongshu.web.portal.themes import icon_of

LATEST = 6


@public
def home(request: HttpRequest) -> HttpResponse:
    published = catalog.published()
    sums = figures()
    shown = [
        (Text("公共数据目录", "Catalog entries"), sums["entries"], Text("项", "")),
        (Text("可下载数据集", "Open data sets"), sums["open_datasets"], Text("个", "")),
        (Text("开放数据量", "Open rows"), sums["open_rows"], Text("条", "")),
        (Text("提供单位", "Providers"), sums["providers"], Text("家", "")),
        (Text("存证记录", "Ledger entries"), sums["ledger_entries"], Text("条", "")),
    ]
    by_theme = (
        published.exclude(theme="").order_by().values_list("theme").annotate(n=Count("pk")).order_by("-n", "theme")
    )
    latest = published.filter(opened_at__isnull=False).order_by("-opened_at")[:LATEST]
    context: dict[str, Any] = {
        "figures": shown,
        "themes": [(name, THEME_LABELS.get(name, Text(name, name)), icon_of(name), n) for name, n in by_theme],
        "latest": [card_of(entry) for entry in latest],
        "popular_words": list(dict.fromkeys(name for name, _ in by_theme))[:5],
    }
    return render(request, "portal/home.html", context)
