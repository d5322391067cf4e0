"""The scores of a version after version as a line. Positions are percentages of the width; the table says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

HEIGHT = 150
_TOP, _BOTTOM = 26, 116
_EDGE = 4.0  # percent kept free on both sides


class Scored(Protocol):
    version: int
    score: Decimal | None
    below: bool


@dataclass(frozen=True)
class Point:
    """One version: where it is drawn, its label, and whether it is under its limit."""

    x: str
    y: int
    version: int
    score: str
    below: bool


@dataclass(frozen=True)
class Line:
    x1: str
    y1: int
    x2: str
    y2: int


@dataclass(frozen=True)
class Trend:
    """``limit`` is the height of the limit's line, or None."""

    points: list[Point]
    lines: list[Line]
    limit: int | None
    height: int = HEIGHT
    bottom: int = _BOTTOM


def trend(runs: Sequence[Scored], limit: int | None) -> Trend | None:
    """The drawing of at least two scored versions, oldest first; None for fewer."""
    scored = [run for run in runs if run.score is not None]
    if len(scored) < 2:
        return None
    step = (100 - 2 * _EDGE) / (len(scored) - 1)
    points = [
        Point(f"{_EDGE + place * step:.2f}", _height(run.score), run.version, f"{run.score}", run.below)
        for place, run in enumerate(scored)
        if run.score is not None
    ]
    lines = [Line(a.x, a.y, b.x, b.y) for a, b in pairwise(points)]
    return Trend(points, lines, _height(Decimal(limit)) if limit is not None else None)


def _height(score: Decimal) -> int:
    return round(_BOTTOM - float(score) / 100 * (_BOTTOM - _TOP))
