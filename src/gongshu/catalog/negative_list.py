"""The negative list (负面清单): what is not shared or not opened, whole entries and single items of others.

An item without terms of its own has those of its entry; one that is freer than its entry is not on the list.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from gongshu.catalog import queries
from gongshu.catalog.models import Entry, Item
from gongshu.catalog.states import OpenType, ShareType
from gongshu.errors import Text

ALL = Text("全部数据项", "all items")
MOST_NAMED = 20  # items that a row names; of more their number is told


@dataclass(frozen=True)
class Closed:
    """What of an entry is closed on one side: ``items`` by name, or the entry ``whole``; with reasons and grounds."""

    whole: bool
    items: tuple[str, ...]
    reasons: tuple[str, ...]
    bases: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.whole or bool(self.items)

    @property
    def extent(self) -> Text:
        if self.whole:
            return ALL
        named = self.items[:MOST_NAMED]
        rest = len(self.items) - len(named)
        zh, en = "、".join(named), ", ".join(named)
        return Text(f"{zh} 等 {len(self.items)} 项", f"{en} and {rest} more") if rest else Text(zh, en)


def prohibited(*, side: str = "") -> QuerySet[Entry]:
    """Published entries of which all or some items are not shared, or not opened (``side``: sharing, opening, or both
    when empty).
    """
    shared = _closed("share_type", ShareType.PROHIBITED)
    opened = _closed("open_type", OpenType.PROHIBITED)
    wanted = {"sharing": shared, "opening": opened}.get(side, shared | opened)
    return queries.published().filter(wanted).prefetch_related("items")


def not_shared(entry: Entry) -> Closed:
    """What of the entry is not shared."""
    return _closed_of(entry, "share", str(ShareType.PROHIBITED))


def not_opened(entry: Entry) -> Closed:
    """What of the entry is not opened."""
    return _closed_of(entry, "open", str(OpenType.PROHIBITED))


def _closed(column: str, value: str) -> Q:
    """The entry itself with any item that follows it (or none at all), or an item of its own terms."""
    items = Item.objects.filter(entry=OuterRef("pk"))
    follows = Exists(items.filter(Q(**{f"{column}__isnull": True}) | Q(**{column: value})))
    return (Q(**{column: value}) & (Q(follows) | ~Q(Exists(items)))) | Q(Exists(items.filter(**{column: value})))


def _closed_of(entry: Entry, side: str, value: str) -> Closed:
    own = getattr(entry, f"{side}_type")
    items = list(entry.items.all())
    closed = [item for item in items if (getattr(item, f"{side}_type") or own) == value]
    whole = own == value and len(closed) == len(items)
    reasons = [getattr(entry, f"{side}_condition")] if own == value and (whole or closed) else []
    reasons += [getattr(item, f"{side}_condition") for item in closed]
    bases = [getattr(entry, f"{side}_basis")] if own == value and (whole or closed) else []
    bases += [getattr(item, f"{side}_basis") for item in closed]
    return Closed(whole, tuple(item.title for item in closed), _once(reasons), _once(bases))


def _once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
