"""How a data asset is assessed: seven dimensions, their weights, and the arithmetic. Pure, and reproducible by hand.

Each dimension gives 0 to 100 points from what the platform counts; the total is the sum of weight times points over 100.
The method is the platform's own and says so: no regulation gives one yet (zaozhuang-6.2 wants a local standard explored).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from gongshu.errors import Text

METHOD = "2026-1"
"""Changes whenever a weight or a step below does; every assessment names the one it used."""
USE_STEPS: tuple[tuple[int, int], ...] = ((1000, 100), (100, 80), (10, 60), (1, 40))
"""(calls in a year at least, points), the first that fits."""
LATE_DAY = 2  # points that each day past the update cycle costs
USER = 25  # points for each organisation that holds a grant
DEMAND = 50  # points for each demand that the entry answers
OPENNESS = {"UNCONDITIONAL": 50, "CONDITIONAL": 30, "PROHIBITED": 0}


@dataclass(frozen=True)
class Dimension:
    """``side``: quality or value; ``weight``: of 100; ``how``: the arithmetic in a sentence."""

    id: str
    side: str
    weight: int
    label: Text
    how: Text


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "metadata",
        "quality",
        20,
        Text("元数据完整", "Metadata"),
        Text("已填核心元数据 ÷ 应填", "fields filled ÷ fields"),
    ),
    Dimension(
        "freshness",
        "quality",
        20,
        Text("更新及时", "Freshness"),
        Text("100 − 2 × 超期天数，不低于 0", "100 − 2 × days late, at least 0"),
    ),
    Dimension(
        "accuracy",
        "quality",
        20,
        Text("数据合格", "Accepted rows"),
        Text("最近一次入库：合格行 ÷ 读取行", "latest run: rows accepted ÷ rows read"),
    ),
    Dimension(
        "uses",
        "value",
        15,
        Text("调用", "Uses"),
        Text(
            "近一年网关存证：1 次起 40，10 次起 60，100 次起 80，1000 次起 100",
            "calls in the ledger in a year: from 1: 40, from 10: 60, from 100: 80, from 1000: 100",
        ),
    ),
    Dimension(
        "users",
        "value",
        10,
        Text("使用单位", "Users"),
        Text("25 × 持有效授权的单位数，至多 100", "25 × organisations with a grant, at most 100"),
    ),
    Dimension(
        "demands",
        "value",
        5,
        Text("需求", "Demands"),
        Text("50 × 由此满足的数据需求数，至多 100", "50 × demands that it answers, at most 100"),
    ),
    Dimension(
        "openness",
        "value",
        10,
        Text("共享开放", "Openness"),
        Text(
            "共享类型与开放类型各计：无条件 50，有条件 30，不予 0",
            "for share type and open type each: unconditional 50, conditional 30, none 0",
        ),
    ),
)


@dataclass(frozen=True)
class Inputs:
    """What the platform counted on ``on``. ``fresh_until``: last day on which the data are as new as promised."""

    on: date
    filled: int
    fields: int
    fresh_until: date | None
    read: int
    accepted: int
    calls: int
    users: int
    demands: int
    share_type: str
    open_type: str


@dataclass(frozen=True)
class Score:
    """One dimension: what was counted, its 0–100 points, and what they add to the total."""

    dimension: Dimension
    counted: str
    points: Decimal
    added: Decimal

    def as_json(self) -> dict[str, Any]:
        return {
            "dimension": self.dimension.id,
            "side": self.dimension.side,
            "weight": self.dimension.weight,
            "zh": self.dimension.label.zh,
            "en": self.dimension.label.en,
            "how_zh": self.dimension.how.zh,
            "how_en": self.dimension.how.en,
            "counted": self.counted,
            "points": str(self.points),
            "added": str(self.added),
        }


def assess(found: Inputs) -> tuple[Score, ...]:
    """The scores in the order of ``DIMENSIONS``; each rounded half up to two places, and then added up."""
    late = max(0, (found.on - found.fresh_until).days) if found.fresh_until else None
    points: dict[str, tuple[str, Fraction]] = {
        "metadata": (f"{found.filled} ÷ {found.fields}", _share(found.filled, found.fields)),
        "freshness": (
            "—" if late is None else f"100 − {LATE_DAY} × {late}",
            Fraction(0 if late is None else max(0, 100 - LATE_DAY * late)),
        ),
        "accuracy": (f"{found.accepted} ÷ {found.read}", _share(found.accepted, found.read)),
        "uses": (str(found.calls), Fraction(next((p for least, p in USE_STEPS if found.calls >= least), 0))),
        "users": (f"{USER} × {found.users}", Fraction(min(100, USER * found.users))),
        "demands": (f"{DEMAND} × {found.demands}", Fraction(min(100, DEMAND * found.demands))),
        "openness": (
            f"{OPENNESS[found.share_type]} + {OPENNESS[found.open_type]}",
            Fraction(OPENNESS[found.share_type] + OPENNESS[found.open_type]),
        ),
    }
    return tuple(
        Score(one, points[one.id][0], rounded(points[one.id][1]), rounded(points[one.id][1] * one.weight / 100))
        for one in DIMENSIONS
    )


def total(scores: tuple[Score, ...], side: str = "") -> Decimal:
    """The sum of what the dimensions add, of one side or of both."""
    return sum((one.added for one in scores if not side or one.dimension.side == side), Decimal("0.00"))


def rounded(value: Fraction) -> Decimal:
    """Two places, half up."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _share(part: int, whole: int) -> Fraction:
    return Fraction(100 * part, whole) if whole else Fraction(0)
