"""Counting to a due date: pure date arithmetic.

The day of the event does not count (民法典 article 201); working days are those of :mod:`gongshu.deadlines.calendar`.
Days inside an exclusion (a supplement asked for, a third party consulted) do not count either. One extension at most.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from gongshu import clock
from gongshu.deadlines.calendar import Calendar, load
from gongshu.errors import GongshuError, Text

_DAY = timedelta(days=1)


class Certainty(StrEnum):
    """FIRM: every day counted lies in a year with a published calendar. PROVISIONAL: it does not; compute it again then."""

    FIRM = "FIRM"
    PROVISIONAL = "PROVISIONAL"

    @property
    def label(self) -> Text:
        if self is Certainty.FIRM:
            return Text("确定", "firm")
        return Text("暂定：该年度放假安排尚未公布", "provisional: that year's holiday arrangement is not published yet")


@dataclass(frozen=True, slots=True)
class Due:
    """The last day on which something may be done, and how sure that day is."""

    on: date
    certainty: Certainty

    @property
    def firm(self) -> bool:
        return self.certainty is Certainty.FIRM


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Days ``first`` to ``last``, both included, that do not count towards a deadline."""

    first: date
    last: date
    reason: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise GongshuError(
                "deadlines.exclusion_reversed",
                "不计入期限的时段，结束日期早于开始日期。请更正。",
                "The time that does not count ends before it begins. Correct its dates.",
            )


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension by ``days`` working days.

    ``limit`` is the most that the rule allows. ``total`` says how the rule is read: False, the limit is what may be
    added; True, it is the whole term from the start (永嘉 article 23 can be read either way, so it is a parameter).
    """

    days: int
    limit: int
    total: bool = False

    def check(self, days: int) -> None:
        """Raise ``deadlines.extension_too_long`` when a term of ``days`` may not be extended by this much."""
        most = self.limit - days if self.total else self.limit
        if not 0 < self.days <= most:
            raise GongshuError(
                "deadlines.extension_too_long",
                f"延长期限须在1至{max(most, 0)}个工作日之间。请改小后重试。",
                f"An extension must be between 1 and {max(most, 0)} working days. Choose fewer days.",
                most=max(most, 0),
            )


def due(
    start: date,
    days: int,
    *,
    calendar: Calendar | None = None,
    exclusions: Sequence[Exclusion] = (),
    extension: Extension | None = None,
) -> Due:
    """The ``days``-th working day after ``start`` (``start`` itself does not count; 0 days means ``start``).

    PROVISIONAL when the way there touches a year without a calendar.

    Raises:
        ValueError: ``days`` is negative.
        GongshuError: ``deadlines.extension_too_long``.
    """
    if days < 0:
        raise ValueError("a deadline cannot be a negative number of days")
    calendar = calendar or load()
    if extension is not None:
        extension.check(days)
        days += extension.days
    day, left = start, days
    certain = calendar.known(start.year)
    while left:
        day += _DAY
        certain = certain and calendar.known(day.year)
        if calendar.is_working_day(day) and not any(pause.first <= day <= pause.last for pause in exclusions):
            left -= 1
    return Due(day, Certainty.FIRM if certain else Certainty.PROVISIONAL)


def received(moment: datetime, *, cutoff: time | None = None, calendar: Calendar | None = None) -> date:
    """The Shanghai day on which something that came in at ``moment`` counts as received.

    After ``cutoff`` (the close of business, 民法典 article 203) it counts as received on the next working day.
    """
    here = clock.local(moment)
    if cutoff is not None and here.time() > cutoff:
        return (calendar or load()).next_working_day(here.date())
    return here.date()


def months_after(start: date, months: int) -> date:
    """The day ``months`` months later: the corresponding day, or the end of a shorter month (民法典 article 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
