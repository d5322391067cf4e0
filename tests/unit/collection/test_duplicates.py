"""Which keys came before, in bounded memory, as a set would say it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.collection import duplicates
from gongshu.collection.duplicates import Seen


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
