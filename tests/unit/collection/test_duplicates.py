"""Which keys came before, in bounded memory, as a set would say it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.collection import duplicates
from gongshu.collection.duplicates import Hashes, Numbers, Rising, Seen


def by_set(batches: list[list[int]]) -> list[list[bool]]:
    seen: set[int] = set()
    answer = []
    for batch in batches:
        row = []
        for key in batch:
            row.append(key not in seen)
            seen.add(key)
        answer.append(row)
    return answer


@given(st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=30), max_size=12))
def test_it_answers_as_a_set_does(batches: list[list[int]]) -> None:
    seen = Seen(Path("/nonexistent"))
    assert [seen.admit(np.array(batch, np.uint64)).tolist() for batch in batches] == by_set(batches)


def test_long_runs_live_on_disk_and_are_still_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_SPILL", 1000)
    source = np.random.default_rng(3)
    batches = [source.integers(0, 20_000, 700, dtype=np.uint64) * np.uint64(2**50 + 7) for _ in range(60)]
    seen = Seen(tmp_path)
    answers = [seen.admit(batch).tolist() for batch in batches]
    assert answers == by_set([batch.tolist() for batch in batches])
    assert list(tmp_path.glob("keys-*.u64"))


def _hashed(numbers: Numbers) -> Hashes:
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


@given(
    st.lists(
        st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 40), max_size=30)
        | st.integers(0, 500).map(lambda start: list(range(start, start + 25))),
        max_size=12,
    )
)
def test_rising_numbers_answer_as_a_set_does(batches: list[list[int]]) -> None:
    seen = Rising(Path("/nonexistent"), _hashed)
    assert [seen.admit(np.array(batch, np.int64)).tolist() for batch in batches] == by_set(batches)


@pytest.mark.parametrize("shuffled", [0, 3, 60])
def test_numbers_that_rise_late_rise_or_do_not_rise(
    shuffled: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From batch ``60 - shuffled`` on they no longer rise: what was kept as numbers is known among hashes."""
    monkeypatch.setattr(duplicates, "_SPILL", 1000)
    monkeypatch.setattr(duplicates, "_GIVEN", 500)
    source = np.random.default_rng(5)
    batches = []
    for number in range(60):
        batch = np.arange(number * 700, number * 700 + 700) * 3
        batch[source.integers(0, 700, 9)] = source.integers(0, number * 2_100 + 1, 9)
        if number >= 60 - shuffled:
            source.shuffle(batch)
        batches.append(batch)
    seen = Rising(tmp_path, _hashed)
    answers = [seen.admit(batch).tolist() for batch in batches]
    assert answers == by_set([batch.tolist() for batch in batches])
    assert list(tmp_path.glob("keys-*.u64" if shuffled == 60 else "numbers-*.i64"))
