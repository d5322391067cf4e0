"""Finding entries: by words through the search index, by walking the list through the database.

The index says which entries and in what order; what is shown comes from the rows, and only rows that this reader may see,
so a page never shows what was withdrawn a moment ago. Where the index is missing or damaged the database answers, more
slowly and without pinyin, near spellings and synonyms.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from gongshu.catalog import keyset, queries
from gongshu.catalog.models import Entry, Item, SynonymGroup
from gongshu.catalog.search import highlight
from gongshu.catalog.search.highlight import Piece
from gongshu.catalog.search.question import Question, Scope
from gongshu.catalog.search.reader import DEEPEST, Reader, Result
from gongshu.catalog.search.store import Store
from gongshu.catalog.search.synonyms import Synonyms
from gongshu.catalog.search.words import grams, normal, runs
from gongshu.home import Home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

SHOWN_ITEMS = 6
_log = logging.getLogger(__name__)

# Facets by the name they have in addresses, and their column.
FACETS: Mapping[str, str] = {
    "theme": "theme",
    "provider": "provider__code",
    "open": "open_type",
    "share": "share_type",
    "cycle": "update_cycle",
    "format": "format_type",
    "status": "status",
    "kind": "kind",
    "level": "highest_level",
    "grade": "highest_grade",
}
NUMBERS = {"level"}  # facets whose column is a number
FLAGS: Mapping[str, str] = {"data": "data_version", "opened": "opened_at"}  # yes or no: whether the column has a value
ORDERS: Mapping[str, keyset.Order] = {
    "updated": keyset.Order(("data_at", "published_at")),
    "published": keyset.Order(("published_at",)),
    "changed": keyset.Order(("changed_at",)),
    "rows": keyset.Order(("data_rows",)),
    "title": keyset.Order(("title",), descending=False),
    "code": keyset.Order(("code",), descending=False),
}


@dataclass(frozen=True)
class Hit:
    """An entry that was found, and where the words stand in it."""

    entry: Entry
    title: list[Piece]
    summary: list[Piece]
    items: list[list[Piece]] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """One page of what was found. ``following`` and ``previous`` are tokens for ``at=``, empty where there is no page.

    ``position`` is how many entries stand before the page; ``indexed`` is false where the database had to answer.
    """

    hits: list[Hit]
    total: int
    facets: Mapping[str, list[tuple[str, int]]]
    following: str = ""
    previous: str = ""
    position: int = 0
    order: str = ""
    loosened: bool = False
    similar: bool = False
    corrected: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    indexed: bool = True

    @property
    def first(self) -> int:
        return self.position + 1 if self.hits else 0

    @property
    def last(self) -> int:
        return self.position + len(self.hits)


@dataclass(frozen=True)
class Suggestion:
    """What a reader may have begun to type. ``kind`` is title, item or provider; ``code`` of the entry or the unit."""

    kind: str
    text: str
    code: str = ""
    count: int = 0


def find(
    viewer: Actor | None,
    text: str = "",
    *,
    filters: Mapping[str, str] | None = None,
    order: str = "",
    at: str = "",
    skip: int = 0,
    size: int = 20,
    facets: Sequence[str] = (),
) -> Answer:
    """Search what ``viewer`` may see; ``None`` is the public portal, which shows published entries only.

    ``filters`` are names of ``FACETS`` or ``FLAGS`` with a value; others are ignored. ``order`` is one of ``ORDERS`` or
    ``relevance``; by default words are answered by relevance and lists by their latest data. ``at`` is a token of an
    earlier answer; ``skip`` counts entries instead, for who asks by page numbers, and costs more the more it skips.
    """
    text = normal(text)[:100]
    chosen = {name: value for name, value in (filters or {}).items() if value and (name in FACETS or name in FLAGS)}
    rows = narrowed(_visible(viewer), chosen)
    reader = _reader()
    if skip and text:
        at = f"n{skip}"
    if not text:
        order = order if order in ORDERS else "updated"
        return _listed(viewer, rows, chosen, order, at, skip, size, facets, reader)
    if reader is not None:
        answer = _searched(viewer, reader, text, chosen, order, at, size, facets)
        if answer is not None:
            return answer
    return _by_database(viewer, text, chosen, order, at, size, facets)


def suggest(viewer: Actor | None, text: str, limit: int = 8) -> list[Suggestion]:
    """Titles, items and providers for what has been typed so far."""
    text = normal(text)[:50]
    if not text:
        return []
    titles = [Suggestion("title", hit.entry.title, hit.entry.code) for hit in find(viewer, text, size=5).hits]
    reader = _reader()
    items: list[tuple[str, int]] = []
    units: list[tuple[str, int]] = []
    if reader is not None:
        try:
            items = reader.names("item", text, scope_of(viewer), 4)
            units = reader.names("provider", text, scope_of(viewer), 3)
        except ValueError as error:
            _damaged(error)
    seen = {normal(one.text) for one in titles}
    found = titles + [Suggestion("item", name, count=n) for name, n in items if name not in seen]
    known = (
        {normal(name): (code, name) for code, name in identity.organizations().values_list("code", "name")}
        if units
        else {}
    )
    found += [Suggestion("provider", known[name][1], known[name][0], n) for name, n in units if name in known]
    return found[:limit]


def scope_of(viewer: Actor | None) -> Scope:
    """The same rule as ``queries.visible``, for the index."""
    if viewer is None:
        return Scope()
    if viewer.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return Scope(everything=True)
    return Scope(organization="" if viewer.is_anonymous else viewer.organization)


def narrowed(rows: QuerySet[Entry], filters: Mapping[str, str]) -> QuerySet[Entry]:
    """Rows under filters by the names that addresses use."""
    for name, value in filters.items():
        if name in FLAGS:
            rows = rows.filter(**{f"{FLAGS[name]}__isnull": value != "yes"})
        elif name in NUMBERS:
            number = int(value) if value.isascii() and value.isdecimal() and len(value) < 5 else -1
            rows = rows.filter(**{FACETS[name]: number})
        else:
            rows = rows.filter(**{FACETS[name]: value.replace("\x00", "")})
    return rows


def synonyms() -> Synonyms:
    """The table as it is now."""
    return Synonyms.of(group.split() for group in SynonymGroup.objects.values_list("words", flat=True))


def store_of(home: Home) -> Store:
    """The index of an installation; one object per folder and process, so that it is opened once."""
    return _store(home.search)


@functools.cache
def _store(folder: Path) -> Store:
    return Store(folder)


def _reader() -> Reader | None:
    opened = store_of(settings.HOME).open()
    return Reader(opened, synonyms()) if opened is not None else None


def _damaged(error: Exception) -> None:
    _log.warning("the search index cannot be read; the database answers until the worker has built it anew: %s", error)
    store_of(settings.HOME).complain()


def _visible(viewer: Actor | None) -> QuerySet[Entry]:
    return queries.published() if viewer is None else queries.visible(viewer)


def _searched(
    viewer: Actor | None,
    reader: Reader,
    text: str,
    filters: Mapping[str, str],
    order: str,
    at: str,
    size: int,
    facets: Sequence[str],
) -> Answer | None:
    """The index's answer; ``None`` when it turns out to be damaged."""
    order = order if order in {"updated", "published", "changed", "rows", "title"} else "relevance"
    offset = _offset(at)
    question = Question(
        text=text,
        scope=scope_of(viewer),
        filters={name: (value,) for name, value in filters.items()},
        order=order,
        offset=offset,
        limit=size,
        facets=facets,
    )
    try:
        found = reader.search(question)
    except ValueError as error:
        _damaged(error)
        return None
    rows = {entry.pk: entry for entry in _visible(viewer).filter(pk__in=found.pks)}
    entries = [rows[pk] for pk in found.pks if pk in rows]
    following = offset + size
    return Answer(
        hits=_hits(entries, found),
        total=found.total,
        facets=found.facets,
        following=f"n{following}" if following < min(found.total, DEEPEST) else "",
        previous=f"n{max(0, offset - size)}" if offset else "",
        position=offset,
        order=order,
        loosened=found.loosened,
        similar=found.similar,
        corrected=found.corrected,
        also=found.also,
    )


def _listed(
    viewer: Actor | None,
    rows: QuerySet[Entry],
    filters: Mapping[str, str],
    order: str,
    at: str,
    skip: int,
    size: int,
    facets: Sequence[str],
    reader: Reader | None,
) -> Answer:
    page = keyset.skipped(rows, ORDERS[order], skip, size) if skip else keyset.take(rows, ORDERS[order], at, size)
    total: int | None = None
    counted: Mapping[str, list[tuple[str, int]]] = {}
    if reader is not None:
        asked = {name: (value,) for name, value in filters.items()}
        try:
            found = reader.search(Question(scope=scope_of(viewer), filters=asked, limit=1, facets=facets))
            total, counted = found.total, found.facets
        except ValueError as error:
            _damaged(error)
    if total is None:
        total, counted = rows.count(), _facets(viewer, filters, facets)
    return Answer(
        hits=[Hit(entry, [(entry.title, False)], [(entry.abstract, False)]) for entry in page.rows],
        total=max(total, page.position + len(page.rows)),
        facets=counted,
        following=page.following,
        previous=page.previous,
        position=page.position,
        order=order,
        indexed=reader is not None,
    )


def _by_database(
    viewer: Actor | None,
    text: str,
    filters: Mapping[str, str],
    order: str,
    at: str,
    size: int,
    facets: Sequence[str],
) -> Answer:
    own = {name: value for name, value in filters.items() if name in FLAGS or FACETS[name] not in queries.FACETS}
    columns = {FACETS[name]: value for name, value in filters.items() if name not in own}
    found = queries.search(text, within=narrowed(_visible(viewer), own), filters=columns, sort=order or "updated")
    offset = _offset(at)
    entries = list(found.entries[offset : offset + size])
    words = tuple(run for _, run in runs(text))
    shown = Result((), found.total, {}, words=(*words, *(g for g in grams(runs(text), single=False))))
    return Answer(
        hits=_hits(entries, shown),
        total=found.total,
        facets={name: found.facets[FACETS[name]] if FACETS.get(name) in found.facets else [] for name in facets},
        following=f"n{offset + size}" if offset + size < found.total else "",
        previous=f"n{max(0, offset - size)}" if offset else "",
        position=offset,
        order=order or "updated",
        loosened=found.loosened,
        indexed=False,
    )


def _facets(
    viewer: Actor | None, filters: Mapping[str, str], facets: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Facets of a list from the database; each with the other filters in force."""
    found = {}
    for name in facets:
        if name not in FACETS:
            found[name] = []
            continue
        rows = narrowed(_visible(viewer), {other: value for other, value in filters.items() if other != name})
        counted = rows.order_by().values_list(FACETS[name]).annotate(n=Count("pk")).order_by("-n", FACETS[name])
        found[name] = [(str(value), n) for value, n in counted if value not in {None, ""}]
    return found


def _hits(entries: list[Entry], found: Result) -> list[Hit]:
    """Entries with the words marked; of their items those that hold a word."""
    words = [word for word in (*found.words, *found.also) if len(word) > 1] or list(found.words)
    items: dict[int, list[str]] = {}
    if words and entries:
        holding = functools.reduce(
            lambda a, b: a | b, (Q(title__icontains=word) | Q(name__icontains=word) for word in words)
        )
        rows = Item.objects.filter(holding, entry_id__in=[entry.pk for entry in entries])
        for pk, title in rows.order_by("entry_id", "position").values_list("entry_id", "title"):
            if len(items.setdefault(pk, [])) < SHOWN_ITEMS:
                items[pk].append(title)
    return [
        Hit(
            entry,
            highlight.pieces(entry.title, words),
            highlight.excerpt(entry.abstract, words),
            [highlight.pieces(title, words) for title in items.get(entry.pk, [])],
        )
        for entry in entries
    ]


def _offset(at: str) -> int:
    number = at[1:]
    if at[:1] == "n" and number.isascii() and number.isdecimal() and len(number) < 12:
        return min(int(number), DEEPEST)
    return 0
