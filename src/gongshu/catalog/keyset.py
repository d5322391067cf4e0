"""Lists that go on where the last page ended, so that page 4,000 costs what page 1 does.

An order is a chain of columns: an entry stands by the first of them that it has (``data_at``, else ``published_at``), and
within equal values by its number. A place in the list is (column, value, number), so nothing is counted and nothing skipped.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet

MOST_SIGNS = 400  # of a token


@dataclass(frozen=True)
class Order:
    """``columns`` from first to last; entries with none of them come at the end, by number."""

    columns: tuple[str, ...]
    descending: bool = True


@dataclass(frozen=True)
class Place:
    """Where a page ended (or began); ``backwards`` when the page before it is wanted. ``column`` counts in the order."""

    column: int
    value: Any
    pk: int
    backwards: bool = False
    position: int = 0  # how many entries came before the page; only shown

    def token(self) -> str:
        """For an address; it is no secret and nobody's permission."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        plain = json.dumps([int(self.backwards), self.column, value, self.pk, self.position], ensure_ascii=False)
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Slice:
    """One page of rows, and the tokens of its neighbours (empty where there is none)."""

    rows: list[Any]
    following: str
    previous: str
    position: int


def read(token: str) -> Place | None:
    """A token as a place; anything else is the beginning of the list."""
    if not token or len(token) > MOST_SIGNS:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        backwards, column, value, pk, position = plain
        if not all(type(n) is int and 0 <= n < 2**62 for n in (backwards, column, pk, position)):
            return None
        return Place(column, value, pk, bool(backwards), position)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def take(rows: QuerySet[Any], order: Order, token: str, size: int) -> Slice:
    """The page at ``token``, at most ``size`` rows."""
    place = _checked(rows, order, read(token))
    backwards = place is not None and place.backwards
    pks: list[int] = []
    for part in _parts(rows, order, place, backwards):
        pks += _numbers(part)[: size + 1 - len(pks)]
        if len(pks) > size:
            break
    more, found = len(pks) > size, _rows(rows, pks[:size])
    if backwards:
        found.reverse()
    position = place.position if place else 0
    start = max(0, position - len(found)) if backwards else position
    if backwards and not more:
        start = 0
    return Slice(
        rows=found,
        following=_token(found[-1], order, False, start + len(found)) if found and (more or backwards) else "",
        previous=_token(found[0], order, True, start) if found and place and (more or not backwards) else "",
        position=start,
    )


def skipped(rows: QuerySet[Any], order: Order, skip: int, size: int) -> Slice:
    """The page after ``skip`` rows: the same order, counted off."""
    pks: list[int] = []
    left = min(skip, 2**31)
    for part in _parts(rows, order, None, backwards=False):
        pks += _numbers(part)[left : left + size - len(pks)]
        if len(pks) == size:
            break
        left = 0 if pks else max(0, left - part.count())
    found = _rows(rows, pks)
    return Slice(
        rows=found,
        following=_token(found[-1], order, False, skip + len(found)) if len(found) == size else "",
        previous=_token(found[0], order, True, skip) if found and skip else "",
        position=skip,
    )


def _numbers(part: QuerySet[Any]) -> QuerySet[Any]:
    """The keys alone, without what the rows bring along: a join would have the database begin at its other end."""
    return part.select_related(None).values_list("pk", flat=True)


def _rows(rows: QuerySet[Any], pks: list[int]) -> list[Any]:
    """The rows of these keys, in their order."""
    found = {row.pk: row for row in rows.filter(pk__in=pks).order_by()} if pks else {}
    return [found[pk] for pk in pks if pk in found]


def _parts(rows: QuerySet[Any], order: Order, place: Place | None, backwards: bool) -> Iterator[QuerySet[Any]]:
    """The rows from the place on, column by column."""
    names = (*order.columns, "pk")
    numbers = range(len(names))
    for number in reversed(numbers) if backwards else numbers:
        if place and (number > place.column if backwards else number < place.column):
            continue
        part = rows.filter(**{f"{name}__isnull": True for name in order.columns[:number]})
        name = names[number]
        down = order.descending != backwards
        if number < len(order.columns):
            part = part.filter(**{f"{name}__isnull": False})
        if place and number == place.column:
            beyond = "lt" if down else "gt"
            if name == "pk":
                part = part.filter(**{f"pk__{beyond}": place.pk})
            else:
                after = Q(**{f"{name}__{beyond}": place.value}) | Q(**{f"pk__{beyond}": place.pk})
                part = part.filter(after, **{f"{name}__{beyond}e": place.value})
        sign = "-" if down else ""
        yield part.order_by(*([f"{sign}{name}"] if name != "pk" else []), f"{sign}pk")


def _checked(rows: QuerySet[Any], order: Order, place: Place | None) -> Place | None:
    """The place with its value in the column's type, or nothing where the token is of another list."""
    if place is None or place.column > len(order.columns):
        return None
    if place.column == len(order.columns):
        return place
    column = rows.model._meta.get_field(order.columns[place.column])
    value: Any = place.value
    if isinstance(column, DateTimeField):
        try:
            value = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            return None
        if value.tzinfo is None:
            return None
    elif column.get_internal_type() in {"CharField", "TextField"}:
        if not isinstance(value, str) or "\x00" in value:
            return None
    elif type(value) is not int or not -(2**62) < value < 2**62:
        return None
    return Place(place.column, value, place.pk, place.backwards, place.position)


def _token(row: Any, order: Order, backwards: bool, position: int) -> str:
    for number, name in enumerate(order.columns):
        value = getattr(row, name)
        if value is not None:
            return Place(number, value, row.pk, backwards, position).token()
    return Place(len(order.columns), None, row.pk, backwards, position).token()
