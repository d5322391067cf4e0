"""A duty's time as a drawing: from its start over stops and extension to the due date, with numbered marks.

Positions are percentages of the width, so the drawing stretches with the page while its text keeps its size. The list
of ``lines`` says in words what the marks show; nothing is told by the drawing alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gongshu import clock, deadlines
from gongshu.duties.states import STOP_LABELS, DutyStatus, StopReason
from gongshu.errors import Text

_DAY = timedelta(days=1)
_SHADED = 120  # days up to which days off are shaded one by one
_NEAR = 4.5  # percent of the width at which two marks would touch
_EDGE = 2.5  # percent kept free on both sides

TODAY = "today"


@dataclass(frozen=True)
class Span:
    """A part of the bar. ``kind``: running, extension, stop, late, off."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class Mark:
    """A day on the bar; ``level`` 0 is above it, 1 below, so that neighbours do not touch."""

    sign: str
    kind: str
    x: str
    level: int


@dataclass(frozen=True)
class Line:
    """What happened on the day of a mark."""

    sign: str
    kind: str
    day: date
    text: Text


@dataclass(frozen=True)
class Drawing:
    spans: list[Span]
    marks: list[Mark]
    lines: list[Line]
    first: date
    last: date

    @property
    def height(self) -> int:
        """In pixels: marks below the bar need room."""
        return 104 if any(mark.level for mark in self.marks) else 80


@dataclass(frozen=True)
class _Point:
    day: date
    kind: str
    text: Text


def draw(duty: Any, stops: list[Any]) -> Drawing:
    """``duty`` with its ``stops``, as they stand today."""
    points = sorted(_points(duty, stops), key=lambda point: point.day)
    first = min(point.day for point in points)
    last = max(max(point.day for point in points), first + _DAY)
    scale = _Scale(first, last)
    marks: list[Mark] = []
    lines: list[Line] = []
    number = 0
    for point in points:
        sign = "▼" if point.kind == TODAY else str(number := number + 1)
        lines.append(Line(sign, point.kind, point.day, point.text))
        place = scale.at(point.day)
        crowded = bool(marks) and marks[-1].level == 0 and place - float(marks[-1].x) < _NEAR
        marks.append(Mark(sign, point.kind, f"{place:.2f}", int(crowded)))
    return Drawing(list(_spans(duty, stops, scale)), _spread(marks), lines, first, last)


@dataclass(frozen=True)
class _Scale:
    first: date
    last: date

    def at(self, day: date) -> float:
        share = (day - self.first) / (self.last - self.first)
        return _EDGE + min(max(share, 0.0), 1.0) * (100 - 2 * _EDGE)

    def span(self, kind: str, start: date, end: date) -> Span:
        left, right = self.at(start), self.at(end)
        return Span(kind, f"{left:.2f}", f"{max(right - left, 0.6):.2f}")


def _points(duty: Any, stops: list[Any]) -> Iterator[_Point]:
    yield _Point(duty.starts_on, "start", Text("开始计时", "Time begins"))
    for stop in stops:
        label = STOP_LABELS[StopReason(stop.reason)]
        yield _Point(stop.first, "stop", Text(f"中止计时：{label.zh}", f"Clock stopped: {label.en}"))
        if stop.last is not None:
            yield _Point(stop.last, "resume", Text("恢复计时（次日起计）", "Clock runs again, from the next day on"))
    if duty.due_on is not None:
        unsure = Text("（暂定）", " (provisional)") if duty.provisional else Text("", "")
        longer = duty.extended_by
        yield _Point(
            duty.due_on,
            "due",
            Text(
                f"{'延长后的期限' if longer else '期限'}{unsure.zh}",
                f"Due{' as extended' if longer else ''}{unsure.en}",
            ),
        )
    if duty.closed_at is not None:
        yield _Point(clock.local(duty.closed_at).date(), "done", duty.status_label)
    else:
        yield _Point(clock.today(), TODAY, Text("今天", "Today"))


def _spans(duty: Any, stops: list[Any], scale: _Scale) -> Iterator[Span]:
    if (scale.last - scale.first).days <= _SHADED:
        yield from _days_off(scale)
    end = duty.due_on or scale.last
    plain = _before_extension(duty, stops)
    yield scale.span("running", duty.starts_on, min(plain, end) if plain else end)
    if plain and plain < end:
        yield scale.span("extension", plain, end)
    for stop in stops:
        yield scale.span("stop", stop.first, stop.last or scale.last)
    over = clock.local(duty.closed_at).date() if duty.closed_at else clock.today()
    if duty.due_on is not None and over > duty.due_on:
        yield scale.span("late", duty.due_on, over)


def _days_off(scale: _Scale) -> Iterator[Span]:
    calendar = deadlines.calendar.load()
    day = scale.first
    half = (scale.at(scale.first + _DAY) - scale.at(scale.first)) / 2
    while day <= scale.last:
        if not calendar.is_working_day(day):
            left, right = max(scale.at(day) - half, 0.0), min(scale.at(day) + half, 100.0)
            yield Span("off", f"{left:.2f}", f"{right - left:.2f}")
        day += _DAY


def _before_extension(duty: Any, stops: list[Any]) -> date | None:
    """When the duty would be due without its extension."""
    if not duty.extended_by or duty.days is None or duty.emergency or duty.status == DutyStatus.STOPPED:
        return None
    pauses = [deadlines.Exclusion(stop.first, stop.last, stop.reason) for stop in stops if stop.last is not None]
    return deadlines.due(duty.starts_on, duty.days, exclusions=pauses).on


def _spread(marks: list[Mark]) -> list[Mark]:
    """Marks of one day share their place: the signs are joined."""
    joined: list[Mark] = []
    for mark in marks:
        if joined and joined[-1].x == mark.x:
            before = joined.pop()
            kind = mark.kind if before.kind == TODAY else before.kind
            mark = Mark(f"{before.sign}·{mark.sign}", kind, mark.x, before.level)
        joined.append(mark)
    return joined
