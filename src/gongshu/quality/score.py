"""The score of a version, with every step of its arithmetic: exact fractions, rounded once for showing.

A check's rate is the share of what it looked at that holds: (checked - failures that count) / checked. A dimension
(GB/T 36344-2018) is the weighted mean of its checks' rates, an error counting 2 and a warning 1. The score is the plain
mean of the dimensions that were measured, times 100. Checks that could not be run, or had nothing to look at, are left
out and listed: they are neither passed nor failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from gongshu.quality.checking import Outcome
from gongshu.quality.checkset import Check, Dimension, Severity

WEIGHTS: Mapping[Severity, int] = {Severity.ERROR: 2, Severity.WARNING: 1}


@dataclass(frozen=True)
class Step:
    """One check in its dimension's mean."""

    check: str
    holds: int
    checked: int
    weight: int

    @property
    def rate(self) -> Fraction:
        return Fraction(self.holds, self.checked)


@dataclass(frozen=True)
class Measured:
    """A dimension: its steps, and their weighted mean."""

    dimension: Dimension
    steps: tuple[Step, ...]

    @property
    def rate(self) -> Fraction:
        weights = sum(step.weight for step in self.steps)
        return sum((step.rate * step.weight for step in self.steps), Fraction(0)) / weights


@dataclass(frozen=True)
class Score:
    """The dimensions that were measured; ``left_out`` are ids of checks without a rate."""

    dimensions: tuple[Measured, ...]
    left_out: tuple[str, ...]

    @property
    def value(self) -> Fraction | None:
        """From 0 to 100, exact; None when nothing was measured."""
        if not self.dimensions:
            return None
        return 100 * sum((one.rate for one in self.dimensions), Fraction(0)) / len(self.dimensions)

    def as_json(self) -> dict[str, Any]:
        return {
            "score": str(shown(self.value)) if self.value is not None else None,
            "dimensions": [
                {
                    "dimension": str(one.dimension),
                    "score": str(shown(100 * one.rate)),
                    "steps": [
                        {"check": s.check, "holds": s.holds, "checked": s.checked, "weight": s.weight,
                         "rate": str(shown(100 * s.rate))}
                        for s in one.steps
                    ],
                }
                for one in self.dimensions
            ],
            "left_out": list(self.left_out),
        }  # fmt: skip


def score(outcomes: Sequence[Outcome]) -> Score:
    """The score of what the checks found."""
    steps: dict[Dimension, list[Step]] = {}
    left_out = []
    for one in outcomes:
        if one.problem is not None or not one.checked:
            left_out.append(one.check.id)
            continue
        holds = max(0, one.checked - one.counted)
        steps.setdefault(one.check.dimension, []).append(
            Step(one.check.id, holds, one.checked, WEIGHTS[one.check.severity])
        )
    return Score(tuple(Measured(d, tuple(steps[d])) for d in Dimension if d in steps), tuple(left_out))


def shown(value: Fraction | None) -> Decimal:
    """Two places. What is not full never shows as 100, what is not nothing never as 0."""
    exact = value if value is not None else Fraction(0)
    rounded = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if rounded == 100 and exact < 100:
        return Decimal("99.99")
    return Decimal("0.01") if rounded == 0 and exact > 0 else rounded


ARRIVAL = Check("arrival", "accessible", dimension=Dimension.CONFORMITY, note="入库通过率 rows accepted on arrival")
"""What was refused at the door counts too: a version holds only the rows that passed there."""


def arrival(info: Mapping[str, str]) -> Outcome | None:
    """The outcome of collection itself, from the provenance of a version; None where it was not collected."""
    if not {"read", "blank", "rejected"} <= set(info):
        return None
    return Outcome(ARRIVAL, int(info["read"]) - int(info["blank"]), int(info["rejected"]))
