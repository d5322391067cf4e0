"""Search with facets. Works without JavaScript: every choice is a link, every search a GET."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from gongshu.catalog import finding
from gongshu.errors import Text
from gongshu.web.parts import facet_words
from gongshu.web.permissions import public
from gongshu.web.portal.cards import card_of_hit

PAGE_SIZE = 10
SHOWN_VALUES = 8  # of a facet before "more"
FACETS: tuple[tuple[str, Text], ...] = (
    ("theme", Text("主题分类", "Theme")),
    ("provider", Text("提供单位", "Provider")),
    ("open", Text("开放类型", "Open type")),
    ("share", Text("共享类型", "Share type")),
    ("cycle", Text("更新周期", "Update cycle")),
    ("format", Text("资源格式", "Format")),
)
SORTS: tuple[tuple[str, Text], ...] = (
    ("updated", Text("最近更新", "Updated")),
    ("published", Text("最新发布", "Published")),
    ("rows", Text("数据量", "Rows")),
    ("title", Text("名称", "Title")),
)
RELEVANCE = ("relevance", Text("相关度", "Relevance"))


@dataclass(frozen=True)
class Choice:
    label: Text
    count: int
    chosen: bool
    address: str


@dataclass(frozen=True)
class Facet:
    title: Text
    choices: list[Choice]

    @property
    def shown(self) -> list[Choice]:
        """The first values, and what is chosen wherever it stands."""
        return self.choices[:SHOWN_VALUES] + [one for one in self.choices[SHOWN_VALUES:] if one.chosen]

    @property
    def more(self) -> list[Choice]:
        return [one for one in self.choices[SHOWN_VALUES:] if not one.chosen]


@public
def catalog(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    text, filters = question(asked)
    only_open = "opened" in filters
    names = [name for name, _ in FACETS]
    chosen = {name: filters[name] for name in names}
    found = finding.find(
        None, text, filters=filters, order=asked.get("sort", ""), at=asked.get("at", ""), size=PAGE_SIZE, facets=names
    )
    words = facet_words({name: [value for value, _ in found.facets[name]] + [chosen[name]] for name in names})
    sorts = ((RELEVANCE, *SORTS) if text else SORTS) if found.indexed or not text else SORTS
    context = {
        "text": text,
        "found": found,
        "facets": [_facet(asked, name, title, found.facets[name], words[name]) for name, title in FACETS],
        "chosen": [
            (title, words[name](chosen[name]), address(asked, name, None)) for name, title in FACETS if chosen[name]
        ],
        "kept": [(name, asked[name]) for name in (*names, "sort", "only") if asked.get(name)],
        "sorts": [(label, name == found.order, address(asked, "sort", name)) for name, label in sorts],
        "only_open": only_open,
        "only_address": address(asked, "only", None if only_open else "open"),
        "cards": [card_of_hit(hit) for hit in found.hits],
        "list_query": address(asked, "", None),
        "may_save": bool(text or any(filters.values())),
    }
    return render(request, "portal/catalog.html", context)


def question(asked: QueryDict) -> tuple[str, dict[str, str]]:
    """What an address asks for: words, and filters by the names of ``finding``."""
    filters = {name: asked.get(name, "") for name, _ in FACETS}
    return asked.get("q", "").strip()[:100], filters | ({"opened": "yes"} if asked.get("only") == "open" else {})


@public
def suggest(request: HttpRequest) -> HttpResponse:
    """A few entries, items and providers for what has been typed so far; a piece of a page."""
    found = finding.suggest(None, request.GET.get("q", ""))
    return render(request, "portal/suggestions.html", {"suggestions": found})


def _facet(
    asked: QueryDict, name: str, title: Text, counts: list[tuple[str, int]], label: Callable[[str], Text]
) -> Facet:
    now = asked.get(name, "")
    return Facet(
        title,
        [
            Choice(label(value), n, value == now, address(asked, name, None if value == now else value))
            for value, n in counts
        ],
    )


def address(asked: QueryDict, name: str, value: str | None) -> str:
    """The same search with one parameter set or dropped; always back to its first page."""
    changed = asked.copy()
    for gone in ("page", "at", "lang"):
        changed.pop(gone, None)
    if value is None:
        changed.pop(name, None)
    else:
        changed[name] = value
    return f"?{changed.urlencode()}" if changed else "?"
