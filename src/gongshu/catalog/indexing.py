"""Keeps the search index at the state of the rows. The worker calls :func:`run_once`; pages never write the index.

Every change of an entry leaves an event in its own transaction. The event is marked when the index has the change and those
who wanted to know were told, so a worker that is killed in between leaves work and no loss.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from gongshu.catalog import finding, saved_telling
from gongshu.catalog.models import Entry, EntryEvent, Item
from gongshu.catalog.search.reader import Reader
from gongshu.catalog.search.record import Record
from gongshu.catalog.search.store import Stamp, Store
from gongshu.catalog.search.words import normal
from gongshu.catalog.states import THEMES
from gongshu.errors import EnvironmentFault
from gongshu.home import Home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor

BATCH = 500
CHUNK = 2000
NAME_SIGNS = (2, 12)  # how long a title is that becomes a word of the dictionary
MOST_NAMES = 200_000
_MOMENTS = ("data", "published", "changed")
_COLUMNS = (
    "pk", "code", "title", "abstract", "provider__name", "provider__code", "keywords", "theme", "open_type", "share_type",
    "update_cycle", "format_type", "status", "kind", "highest_level", "highest_grade", "data_version", "data_rows",
    "opened_at", *(f"{name}_at" for name in _MOMENTS),
)  # fmt: skip
_log = logging.getLogger(__name__)


def run_once(home: Home, *, by: Actor) -> int:
    """Bring the index up to date; how many changes it took, 0 when there was nothing to do or another process is at it."""
    store = finding.store_of(home)
    if store.open() is not None and not EntryEvent.objects.filter(indexed=False).exists():
        return 0
    with store.writing() as mine:
        if not mine:
            return 0
        opened = store.open()
        if opened is None or opened.stamp.names != names_digest() or _has_outgrown(opened.stamp):
            _build(store, lambda _: None)
            return 1
        return _catch_up(store, by)


def rebuild(home: Home, *, progress: Callable[[int], None] = lambda _: None) -> Stamp:
    """Build the index anew, now. The old one is in force until the new one is complete."""
    store = finding.store_of(home)
    with store.writing() as mine:
        if not mine:
            raise EnvironmentFault(
                "catalog.index_busy",
                "检索索引正由另一进程更新，请稍后再试。",
                "Another process is writing the search index; try again in a moment.",
            )
        return _build(store, progress)


def names_digest() -> str:
    """Changes when an organisation is added or renamed: its name is in every entry of the index."""
    rows = identity.organizations().order_by("code").values_list("code", "name")
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()[:16]


def records(rows: QuerySet[Entry], *, items: Q) -> Iterator[Record]:
    """Entries as the index takes them. ``items`` limits the items to theirs.

    Read as plain values: of 200,000 entries with 2,000,000 items no objects are made.
    """
    by_entry: dict[int, list[tuple[str, str]]] = defaultdict(list)
    held = Item.objects.filter(items).order_by("entry_id", "position").values_list("entry_id", "name", "title")
    for entry, name, title in held.iterator(chunk_size=CHUNK):
        by_entry[entry].append((name, title))
    for one in rows.values(*_COLUMNS).iterator(chunk_size=CHUNK):
        seconds = {name: int(at.timestamp()) if (at := one[f"{name}_at"]) else 0 for name in _MOMENTS}
        yield Record(
            pk=one["pk"],
            code=one["code"],
            title=one["title"],
            abstract=one["abstract"],
            provider_name=one["provider__name"],
            keywords=one["keywords"],
            theme=one["theme"],
            items=tuple(by_entry.get(one["pk"], ())),
            facets={
                "theme": one["theme"],
                "provider": one["provider__code"],
                "open": one["open_type"],
                "share": one["share_type"],
                "cycle": one["update_cycle"],
                "format": one["format_type"],
                "status": one["status"],
                "kind": one["kind"],
                "level": str(one["highest_level"]),
                "grade": one["highest_grade"],
                "data": "yes" if one["data_version"] is not None else "no",
            },
            opened=one["opened_at"] is not None,
            updated=seconds["data"] or seconds["published"],
            published=seconds["published"],
            changed=seconds["changed"],
            rows=one["data_rows"] or 0,
        )


def _catch_up(store: Store, by: Actor) -> int:
    waiting = list(EntryEvent.objects.filter(indexed=False).order_by("id")[:BATCH])
    if not waiting:
        return 0
    pks = {event.entry_id for event in waiting}
    found = list(records(Entry.objects.filter(pk__in=pks), items=Q(entry_id__in=pks)))
    try:
        store.apply(found, pks - {record.pk for record in found})
    except (ValueError, OSError) as error:
        _log.warning("the search index is damaged and will be built anew: %s", error)
        store.complain()
        return 1
    opened = store.open()
    matching = Reader(opened, finding.synonyms()).matching if opened else None
    with transaction.atomic():
        # A worker on another machine, with an index of its own, may have been first: only what is not marked is told.
        lock = connection.features.has_select_for_update_skip_locked
        rows = EntryEvent.objects.filter(pk__in=[event.pk for event in waiting], indexed=False).order_by("id")
        mine = list(rows.select_for_update(skip_locked=True) if lock else rows)
        saved_telling.tell(by=by, events=mine, matching=matching)
        EntryEvent.objects.filter(pk__in=[event.pk for event in mine]).update(indexed=True)
    return len(waiting)


def _build(store: Store, progress: Callable[[int], None]) -> Stamp:
    return store.rebuild(_everything(), dictionary=_names(), names=names_digest(), progress=progress)


def _everything() -> Iterator[Record]:
    """All entries by number, a few at a time: the table may be larger than memory."""
    last = 0
    while True:
        pks = list(Entry.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not pks:
            return
        rows = Entry.objects.filter(pk__gt=last, pk__lte=pks[-1]).order_by("pk")
        yield from records(rows, items=Q(entry_id__gt=last, entry_id__lte=pks[-1]))
        last = pks[-1]


def _names() -> set[str]:
    """Words that no general dictionary has: organisations, themes, and the items' titles that come often."""
    found = {normal(name) for name in identity.organizations().values_list("name", flat=True)}
    found |= {normal(theme.zh) for theme in THEMES}
    titles = (
        Item.objects.values_list("title", flat=True).annotate(n=Count("pk")).filter(n__gt=1).order_by("-n", "title")
    )
    for title in titles[:MOST_NAMES]:
        if NAME_SIGNS[0] <= len(title) <= NAME_SIGNS[1]:
            found.add(normal(title))
    return found


def _has_outgrown(stamp: Stamp) -> bool:
    """Whether there are twice the entries that the dictionary was made from."""
    return Entry.objects.count() > 2 * max(stamp.entries, 8)
