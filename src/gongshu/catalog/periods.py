"""Stretches of the calendar: the quarter of an upkeep, and the day by which data must be newer. Pure."""

from __future__ import annotations

import calendar as months_of
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from gongshu.catalog.states import UpdateCycle
from gongshu.rules import Term

_MONTHS = {"months": 1, "quarters": 3, "years": 12}
_CYCLE_DAYS: Mapping[UpdateCycle, int] = {
    UpdateCycle.REALTIME: 1,
    UpdateCycle.DAILY: 1,
    UpdateCycle.WEEKLY: 7,
    UpdateCycle.TEN_DAYS: 10,
}
_CYCLE_MONTHS: Mapping[UpdateCycle, int] = {
    UpdateCycle.MONTHLY: 1,
    UpdateCycle.QUARTERLY: 3,
    UpdateCycle.SEMIANNUAL: 6,
    UpdateCycle.ANNUAL: 12,
}
TIMED: tuple[UpdateCycle, ...] = (*_CYCLE_DAYS, *_CYCLE_MONTHS)
"""The cycles that say when data must be newer; the others promise no day (1272号)."""


@dataclass(frozen=True)
class Period:
    """A stretch of whole months: its name (2026-Q4), its first and its last day."""

    name: str
    first: date
    last: date


def period_of(day: date, term: Term) -> Period | None:
    """The period of ``term``'s length that ``day`` lies in, counted from January; None for terms that do not fit a year."""
    length = _MONTHS.get(term.unit, 0) * (term.value or 0)
    if not length or 12 % length:
        return None
    start = (day.month - 1) // length * length + 1
    first = date(day.year, start, 1)
    last = add_months(first, length) - timedelta(days=1)
    names = {1: f"{day.year}-{start:02d}", 3: f"{day.year}-Q{(start + 2) // 3}", 12: f"{day.year}"}
    return Period(names.get(length, f"{day.year}-{start:02d}/{length}"), first, last)


def add_months(day: date, count: int) -> date:
    """The corresponding day ``count`` months later, or the last day of a shorter month (民法典 202)."""
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, months_of.monthrange(year, month + 1)[1]))


def fresh_until(cycle: UpdateCycle, updated: date) -> date | None:
    """The last day on which data updated on ``updated`` are as new as their cycle promises; None without a promise."""
    if cycle in _CYCLE_DAYS:
        return updated + timedelta(days=_CYCLE_DAYS[cycle])
    if cycle in _CYCLE_MONTHS:
        return add_months(updated, _CYCLE_MONTHS[cycle])
    return None


def surely_fresh_from(cycle: UpdateCycle, today: date) -> date:
    """Data updated on this day or later are fresh today: what is older is worth a look. Only for :data:`TIMED` cycles."""
    if cycle in _CYCLE_DAYS:
        return today - timedelta(days=_CYCLE_DAYS[cycle])
    return add_months(today, -_CYCLE_MONTHS[cycle]) + timedelta(days=3)
