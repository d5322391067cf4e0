"""What the catalog has already, asked by name and by items: for plans that must not collect it again (yongjia-12)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q

from gongshu.catalog import codes, shape
from gongshu.catalog.models import Entry, Item
from gongshu.catalog.states import EntryStatus

_LOOKED_AT = 100


@dataclass(frozen=True)
class Source:
    """An entry: ``key`` is its title as titles are compared, ``items`` the titles of its items."""

    code: str
    title: str
    key: str
    provider: str
    holder: str
    published: bool
    share_type: str
    stale: bool
    items: frozenset[str]


def title_key(title: str) -> str:
    """The title as titles are compared."""
    return shape.normal(title)


def having(*, keys: Collection[str], items: Collection[str], fewest: int) -> list[Source]:
    """Published entries with one of the titles, or with ``fewest`` of the items or more; three queries."""
    most = (
        Item.objects.filter(title__in=list(items), entry__status=EntryStatus.PUBLISHED)
        .order_by()
        .values("entry_id")
        .annotate(n=Count("title", distinct=True))
        .filter(n__gte=fewest)
        .order_by("-n", "entry_id")
        .values_list("entry_id", flat=True)[:_LOOKED_AT]
    )
    return _sources(Q(title_key__in=list(keys)) | Q(pk__in=list(most)), status=EntryStatus.PUBLISHED)


def by_code(wanted: Collection[str]) -> dict[str, Source]:
    """The entries of some codes, whatever their state."""
    return {one.code: one for one in _sources(Q(code__in=[codes.normalise(code) for code in wanted]))}


def _sources(wanted: Q, **also: str) -> list[Source]:
    entries = Entry.objects.filter(wanted, **also).select_related("provider").prefetch_related("items").order_by("code")
    return [
        Source(
            one.code,
            one.title,
            one.title_key,
            one.provider.code,
            one.provider.name,
            one.status == EntryStatus.PUBLISHED,
            one.share_type,
            one.stale_since is not None,
            frozenset(item.title for item in one.items.all()),
        )
        for one in entries[: 2 * _LOOKED_AT]
    ]
