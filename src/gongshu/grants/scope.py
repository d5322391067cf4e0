"""What one grant allows, as a value, and the pure check against it.

The gateway holds one ``GrantScope`` per grant and asks ``check`` on every call; nothing else decides what may
be read. Times are Unix seconds; the term is the half-open interval ``[valid_from, valid_until)``. Codes of
refusals are those of ``gongshu.gateway.errors``. Serves luzhou-24, xian-20 (provided as applied for,
purpose-bound).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

Scalar = str | int | float | bool
Op = Literal["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "prefix", "is_null", "not_null"]
Row = Mapping[str, object]


_SHANGHAI_OFFSET = 8 * 3600  # no summer time since 1991
_HOURS = re.compile(r"([1-7](?:-[1-7])?(?:,[1-7](?:-[1-7])?)*) (\d\d):([0-5]\d)-(\d\d):([0-5]\d)", re.ASCII)
_DIVISION = re.compile(r"[1-9]\d{5}(?:\d{3}){0,2}", re.ASCII)


class Predicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One condition on the rows that a grant lets through, for example ``district eq 330324``."""

    field: str
    op: Op
    value: Scalar | tuple[Scalar, ...] | None = None


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of the week: ``days`` 1 (Monday) to 7, from ``begin`` up to before ``end``, minutes of the day in Shanghai."""

    days: tuple[int, ...]
    begin: int
    end: int


class GrantScope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One grant as the data plane knows it.

    ``clients`` narrows the grant to some systems of the organisation (empty: all of them). ``masks`` names a
    mask of ``gongshu.grants.masking`` per item; an item without one takes the mask that the catalog gave it.
    ``listing`` allows reading row after row without a key; ``title`` is the resource's name for people.
    ``None`` for a rate or quota means none is set; without ``hours`` any hour will do.
    """

    grant_id: str
    organization: str
    resource: str
    items: tuple[str, ...]
    purpose: str
    modes: frozenset[str]
    valid_from: int
    valid_until: int
    masks: dict[str, str] = {}
    rows: tuple[Predicate, ...] = ()
    rate_per_minute: int | None = None
    daily_quota: int | None = None
    clients: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    listing: bool = False
    title: str = ""
    kind: str = "sharing"
    status: str = "active"


class OutOfScope(Exception):
    """The call is outside the grant.

    ``code`` is stable; ``where`` points into the request without quoting it.
    """

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.where = where


def check_holder(scope: GrantScope, *, organization: str, client_id: str, resource: str) -> None:
    """The grant is one of the caller's own for this resource; somebody else's looks like none at all."""
    if scope.organization != organization or scope.resource != resource:
        raise OutOfScope("grant_unknown")
    if scope.clients and client_id not in scope.clients:
        raise OutOfScope("grant_unknown")


def check_term(scope: GrantScope, at: float) -> None:
    """The grant is in force at ``at`` (Unix seconds)."""
    if scope.status == "revoked":
        raise OutOfScope("grant_revoked")
    if scope.status != "active" or at >= scope.valid_until:
        raise OutOfScope("grant_expired")
    if at < scope.valid_from:
        raise OutOfScope("grant_not_yet_valid")


def check_items(
    scope: GrantScope, items: Sequence[str], known: Sequence[str] | Mapping[str, object], name: str
) -> None:
    """Every one of ``items`` is granted.

    ``known`` are the items that the resource has, ``name`` is the field of the request that named them.
    """
    granted = scope.items
    for index, item in enumerate(items):
        if item not in granted:
            code = "item_not_granted" if item in known else "item_unknown"
            raise OutOfScope(code, f"{name}[{index}]")


def check(
    scope: GrantScope,
    *,
    organization: str,
    client_id: str,
    resource: str,
    mode: str,
    purpose: str,
    at: float,
) -> None:
    """Raise ``OutOfScope`` unless the caller may now read ``resource`` under ``scope``, so and for
    ``purpose``.
    """
    check_holder(scope, organization=organization, client_id=client_id, resource=resource)
    check_use(scope, mode=mode, purpose=purpose, at=at)


def check_use(scope: GrantScope, *, mode: str, purpose: str, at: float) -> None:
    """The holder may use its grant now, in ``mode``, for ``purpose``."""
    if mode not in scope.modes:
        check_term(scope, at)
        raise OutOfScope("mode_not_granted")
    check_moment(scope, purpose=purpose, at=at)


def check_moment(scope: GrantScope, *, purpose: str, at: float) -> None:
    """The grant is in force, for ``purpose``, at this hour."""
    check_term(scope, at)
    if purpose != scope.purpose:
        raise OutOfScope("purpose_mismatch")
    if scope.hours and not within(scope.hours, at):
        raise OutOfScope("outside_hours")


def within(hours: Sequence[Hours], at: float) -> bool:
    """Whether ``at`` (Unix seconds) is in one of ``hours``."""
    local = int(at) + _SHANGHAI_OFFSET
    weekday = (local // 86_400 + 3) % 7 + 1  # 1 January 1970 was a Thursday
    minute = local % 86_400 // 60
    return any(weekday in span.days and span.begin <= minute < span.end for span in hours)


def parse_hours(text: str) -> Hours:
    """``1-5 08:30-18:00`` or ``6,7 09:00-12:00``; ``ValueError`` for anything else. 24:00 is the end of a day."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError("hours are written like 1-5 08:30-18:00")
    days: set[int] = set()
    for part in found[1].split(","):
        first, _, last = part.partition("-")
        if int(last or first) < int(first):
            raise ValueError("days are written from the earlier to the later")
        days.update(range(int(first), int(last or first) + 1))
    begin, end = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
    if not 0 <= begin < end <= 24 * 60:
        raise ValueError("hours end after they begin, on the same day")
    return Hours(tuple(sorted(days)), begin, end)


def say_hours(hours: Hours) -> str:
    """The text that ``parse_hours`` reads."""
    days = list(hours.days)
    spans = [str(day) for day in days] if days != list(range(days[0], days[-1] + 1)) else [f"{days[0]}-{days[-1]}"]
    begin, end = divmod(hours.begin, 60), divmod(hours.end, 60)
    return f"{','.join(spans)} {begin[0]:02d}:{begin[1]:02d}-{end[0]:02d}:{end[1]:02d}"


def within_district(item: str, code: str) -> Predicate:
    """The row condition "in the own district": ``item`` holds division codes (GB/T 2260), ``code`` is the district's.

    A province or city covers what is below it: 330000 is 33, 330300 is 3303, 330324001000 is 330324001.
    """
    if not _DIVISION.fullmatch(code):
        raise ValueError("a division code has 6, 9 or 12 digits")
    start = code[:9] if len(code) > 9 and code.endswith("000") else code
    start = start[:6] if len(start) > 6 and start.endswith("000") else start
    while len(start) in (4, 6) and start.endswith("00"):
        start = start[:-2]
    return Predicate(field=item, op="prefix", value=start)


def row_filter(predicates: Sequence[Predicate]) -> Callable[[Row], bool] | None:
    """A function that tells whether a row satisfies all of ``predicates``; ``None`` when there are none.

    An empty cell satisfies nothing but ``is_null``, and a comparison that makes no sense is false: when in
    doubt, the row stays inside.
    """
    if not predicates:
        return None
    tests = [_test(p) for p in predicates]
    return lambda row: all(test(row) for test in tests)


def _test(predicate: Predicate) -> Callable[[Row], bool]:
    field, op, wanted = predicate.field, predicate.op, predicate.value
    if op == "is_null":
        return lambda row: row.get(field) is None
    if op == "not_null":
        return lambda row: row.get(field) is not None
    if op == "prefix":
        start = str(wanted)
        return lambda row: isinstance(cell := row.get(field), str) and cell.startswith(start)
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    keep = _KEEP[op]

    def test(row: Row) -> bool:
        cell = row.get(field)
        if cell is None:
            return False
        orders = [_order(cell, value) for value in values]
        return keep(orders)

    return test


# How a cell stands to each wanted value: -1, 0, 1, or None where the two cannot be compared.
_KEEP: dict[str, Callable[[list[int | None]], bool]] = {
    "eq": lambda orders: orders[0] == 0,
    "ne": lambda orders: orders[0] in (-1, 1),
    "in": lambda orders: 0 in orders,
    "not_in": lambda orders: None not in orders and 0 not in orders,
    "lt": lambda orders: orders[0] == -1,
    "le": lambda orders: orders[0] in (-1, 0),
    "gt": lambda orders: orders[0] == 1,
    "ge": lambda orders: orders[0] in (0, 1),
}


def _order(cell: object, value: object) -> int | None:
    """-1, 0 or 1 as ``cell`` is before, equal to or after ``value``; numbers compare as numbers."""
    if isinstance(cell, str) and isinstance(value, str):
        return (cell > value) - (cell < value)
    left, right = _number(cell), _number(value)
    if left is None or right is None:
        return None
    return (left > right) - (left < right)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, int | float | str | Decimal):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    return None
