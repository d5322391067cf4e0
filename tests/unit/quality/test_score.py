"""The score's arithmetic, by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from gongshu.errors import Text
from gongshu.quality.checking import Outcome
from gongshu.quality.checkset import parse
from gongshu.quality.score import arrival, score, shown


def outcome(kind: str, checked: int, failed: int, *, severity: str = "error", exempt: int = 0) -> Outcome:
    columns = ["a"] if kind in {"required", "unique", "uscc"} else []
    body = {"id": f"{kind}-{checked}-{failed}", "check": kind, "columns": columns, "severity": severity}
    body |= {"days": 1} if kind == "freshness" else {}
    check = parse({"checks": [body]}).checks[0]
    return Outcome(check, checked, failed, exempt)


def test_the_arithmetic_is_the_documented_one() -> None:
    found = score(
        [
            outcome("required", 100, 10),  # completeness: error, weight 2
            outcome("required", 50, 25, severity="warning"),  # weight 1
            outcome("uscc", 3, 1),  # conformity
            outcome("freshness", 1, 0),  # timeliness
        ]
    )
    completeness = (2 * Fraction(90, 100) + Fraction(25, 50)) / 3
    assert found.value == 100 * (completeness + Fraction(2, 3) + 1) / 3
    assert [str(one.dimension) for one in found.dimensions] == ["conformity", "completeness", "timeliness"]
    assert found.as_json()["score"] == "81.11"
    assert found.as_json()["dimensions"][1]["steps"][0] == {
        "check": "required-100-10", "holds": 90, "checked": 100, "weight": 2, "rate": "90.00",
    }  # fmt: skip


def test_exceptions_do_not_count_and_what_was_not_measured_is_left_out() -> None:
    unable = Outcome(outcome("uscc", 1, 1).check, problem=Text("无", "none"))
    found = score([outcome("required", 10, 4, exempt=4), unable, outcome("unique", 0, 0)])
    assert found.value == 100
    assert found.left_out == ("uscc-1-1", "unique-0-0")
    assert score([]).value is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(99999, 1000), "99.99"), (Fraction(100), "100.00"), (Fraction(1, 1000), "0.01"), (Fraction(0), "0.00"),
     (Fraction(200, 3), "66.67")],
)  # fmt: skip
def test_rounding_never_says_full_or_nothing_falsely(value: Fraction, text: str) -> None:
    assert shown(value) == Decimal(text)


def test_rows_refused_on_arrival_count() -> None:
    found = arrival({"read": "105", "blank": "5", "rejected": "20"})
    assert found is not None
    assert (found.checked, found.failed) == (100, 20)
    assert arrival({}) is None
