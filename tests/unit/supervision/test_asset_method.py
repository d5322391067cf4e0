"""The assessment by hand: what is counted, the points, the sum."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongshu.supervision.asset_method import DIMENSIONS, Inputs, assess, total

DAY = date(2026, 11, 22)
BEST = Inputs(DAY, 10, 10, DAY, 100, 100, 1000, 4, 2, "UNCONDITIONAL", "UNCONDITIONAL")
TYPES = st.sampled_from(["UNCONDITIONAL", "CONDITIONAL", "PROHIBITED"])


def points(found: Inputs) -> dict[str, tuple[str, str]]:
    return {one.dimension.id: (str(one.points), str(one.added)) for one in assess(found)}


def test_the_weights_add_up_to_a_hundred_sixty_of_them_for_quality():
    assert sum(one.weight for one in DIMENSIONS) == 100
    assert sum(one.weight for one in DIMENSIONS if one.side == "quality") == 60
    assert total(assess(BEST)) == Decimal("100.00")


def test_an_assessment_worked_out_by_hand():
    """7/10 → 70; 3 days late → 94; 2/3 → 66.67; 12 calls → 60; 3 users → 75; 1 demand → 50; 30 + 0 → 30.

    70×.2 + 94×.2 + 66.67×.2 + 60×.15 + 75×.1 + 50×.05 + 30×.1
    = 14 + 18.8 + 13.33 + 9 + 7.5 + 2.5 + 3 = 68.13
    """
    found = Inputs(DAY, 7, 10, DAY - timedelta(days=3), 3, 2, 12, 3, 1, "CONDITIONAL", "PROHIBITED")
    assert points(found) == {
        "metadata": ("70.00", "14.00"),
        "freshness": ("94.00", "18.80"),
        "accuracy": ("66.67", "13.33"),
        "uses": ("60.00", "9.00"),
        "users": ("75.00", "7.50"),
        "demands": ("50.00", "2.50"),
        "openness": ("30.00", "3.00"),
    }
    scores = assess(found)
    assert (total(scores, "quality"), total(scores, "value"), total(scores)) == (
        Decimal("46.13"), Decimal("22.00"), Decimal("68.13"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "dimension", "expected"),
    [
        ({"fresh_until": None}, "freshness", "0.00"),
        ({"fresh_until": DAY + timedelta(days=9)}, "freshness", "100.00"),
        ({"fresh_until": DAY - timedelta(days=50)}, "freshness", "0.00"),
        ({"read": 0, "accepted": 0}, "accuracy", "0.00"),
        ({"calls": 0}, "uses", "0.00"),
        ({"calls": 1}, "uses", "40.00"),
        ({"calls": 9}, "uses", "40.00"),
        ({"calls": 10}, "uses", "60.00"),
        ({"calls": 99}, "uses", "60.00"),
        ({"calls": 100}, "uses", "80.00"),
        ({"calls": 999}, "uses", "80.00"),
        ({"users": 9}, "users", "100.00"),
        ({"demands": 3}, "demands", "100.00"),
        ({"share_type": "PROHIBITED", "open_type": "PROHIBITED"}, "openness", "0.00"),
    ],
)
def test_each_step(change, dimension, expected):
    assert points(replace(BEST, **change))[dimension][0] == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other work may keep the machine busy
@given(
    st.integers(0, 10), st.integers(-400, 400), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6),
    st.integers(0, 99), st.integers(0, 99), TYPES, TYPES,
)  # fmt: skip
def test_no_score_leaves_its_bounds(filled, days, read, accepted, calls, users, demands, share, opened):
    until = DAY + timedelta(days=days)
    found = Inputs(DAY, filled, 10, until, read, min(read, accepted), calls, users, demands, share, opened)
    scores = assess(found)
    assert all(0 <= one.points <= 100 and 0 <= one.added <= one.dimension.weight for one in scores)
    assert total(scores) == total(scores, "quality") + total(scores, "value") <= 100
