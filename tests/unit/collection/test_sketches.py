"""How far two columns overlap, estimated from hashes: exact while columns are small, near when they are not."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.collection.sketches import SIZE, Sketch, overlap, sketch


def of(values):
    return sketch(pl.Series(values, dtype=pl.String), seed=7)


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        (range(40), range(40), 1.0),
        (range(40), range(30, 70), 0.25),  # 10 of 40
        (range(20), range(400), 1.0),  # all of the smaller side
        (range(40), range(100, 140), 0.0),
        (range(19), range(40), None),  # too few values
    ],
)
def test_small_columns_are_exact(left, right, wanted):
    assert overlap(of([f"v{n}" for n in left]), of([f"v{n}" for n in right])) == wanted


def test_large_columns_are_estimated():
    left, right = of([str(n) for n in range(40_000)]), of([str(n) for n in range(20_000, 60_000)])
    assert len(left.hashes) == SIZE
    assert overlap(left, right) == pytest.approx(0.5, abs=0.12)


def test_nulls_blanks_and_spaces_do_not_count():
    assert of(["a", " a ", "", "  ", None]) == of(["a"])
    assert of([]).distinct == 0


@given(st.sets(st.integers(0, 300)), st.sets(st.integers(0, 300)))
def test_overlap_is_a_share_and_symmetric(left, right):
    one, two = (Sketch(tuple(sorted(values)), len(values)) for values in (left, right))
    found = overlap(one, two)
    assert found == overlap(two, one)
    if min(len(left), len(right)) >= 20:
        assert found == len(left & right) / min(len(left), len(right))
    else:
        assert found is None
