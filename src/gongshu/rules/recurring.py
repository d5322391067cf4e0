"""The duties that come back every year: quarterly upkeep, yearly report, published evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gongshu import deadlines
from gongshu.rules.answers import Value, plain
from gongshu.rules.pack import Definition, Pack
from gongshu.rules.shapes import DayOfYear, Term

PARAMETERS = ("catalog.full_review", "supervision.yearly_report", "supervision.evaluation_cycle")


@dataclass(frozen=True, slots=True)
class Recurring:
    """One duty of one year: by ``on`` at the latest; ``working_day`` is the last working day up to it.

    ``working_day`` is None in a year whose holidays are not announced yet.
    """

    on: date
    working_day: date | None
    definition: Definition
    value: Value

    def as_json(self) -> dict[str, Any]:
        return {
            "on": self.on.isoformat(),
            "working_day": self.working_day.isoformat() if self.working_day else None,
            "name": self.definition.name,
            "description": plain(self.definition.description),
            "words": plain(self.value.value.words),
            "binding": self.value.binding,
            "citations": [citation.as_json() for citation in self.value.citations],
        }


def duties(pack: Pack, year: int, *, calendar: deadlines.Calendar | None = None) -> tuple[Recurring, ...]:
    """The recurring duties of ``year`` under ``pack``, by day; each asked for its own day.

    ``calendar`` has the working days of the pack's place; without it those of the installation count.
    """
    calendar = calendar or deadlines.calendar.load()
    found = []
    for definition in pack.parameters():
        if definition.name not in PARAMETERS:
            continue
        latest = pack.find(definition.name, on=date(year, 12, 31))
        for day in _days(latest.value, year) if latest else ():
            value = pack.find(definition.name, on=day)
            if value is not None:
                found.append(Recurring(day, _last_working_day(day, calendar), definition, value))
    return tuple(sorted(found, key=lambda duty: (duty.on, duty.definition.name)))


def _days(rule: Any, year: int) -> tuple[date, ...]:
    if isinstance(rule, DayOfYear):
        return (date(year, rule.month, rule.day),)
    ends = tuple(_quarter_ends(year))
    if isinstance(rule, Term) and rule.value:
        return ends if rule.unit == "quarters" else ends[-1:] if rule.unit == "years" else ()
    return ()


def _quarter_ends(year: int) -> Iterator[date]:
    """The last days of the four quarters."""
    for month in (4, 7, 10, 13):
        yield date(year + month // 13, month % 12, 1) - timedelta(days=1)


def _last_working_day(day: date, calendar: deadlines.Calendar) -> date | None:
    if not calendar.known(day.year):
        return None
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return day
