"""Several sources for the same cells: who wins by which rule, and why."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.errors import GongshuError
from gongshu.lake.comparison import Normal, Side
from gongshu.quality.reconciling import Agreement, Choice, Proposal, Source, reconcile


def source(folder: Path, label: str, rows: list[tuple[Any, ...]], as_of: date | None = None) -> Source:
    table = pa.table(
        {name: pa.array([row[n] for row in rows], pa.string()) for n, name in enumerate(("id", "name", "tel"))}
    )
    path = folder / f"{label}.parquet"
    pq.write_table(table, path)
    return Source(Side([path], table.schema, label), label, as_of)


def asked(sources: list[Source], choice: Choice, **options: Any) -> tuple[Agreement, list[Proposal]]:
    found: list[Proposal] = []
    return reconcile(sources, ["id"], ["name", "tel"], choice, use=found.extend, **options), found


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    return [
        source(
            tmp_path,
            "market",
            [("1", "甲", "1"), ("2", "乙", None), ("3", "丙", "3"), ("4", "丁", "4")],
            date(2026, 1, 1),
        ),
        source(
            tmp_path,
            "tax",
            [("1", "甲公司", "1"), ("2", "乙", "2"), ("3", "丙方", "3"), ("9", "壬", "9")],
            date(2026, 3, 1),
        ),
        source(tmp_path, "social", [("1", "甲公司 ", "1"), ("3", "病", "3"), ("4", "丁", "5"), ("4", "丁", "6")], None),
    ]


@pytest.mark.article("xian-5")
def test_each_rule_chooses_and_says_why(sources: list[Source], tmp_path: Path) -> None:
    trim = frozenset({Normal.TRIM})
    agreement, found = asked(sources, Choice.MAJORITY, normal=trim, scratch=tmp_path)
    assert [(one.key, one.column, one.winner.value) for one in found] == [
        (("1",), "name", "甲公司"),
        (("3",), "name", "丙"),
    ]
    assert found[0].reason.zh == "3 个来源中 2 个一致（tax、social）"
    assert "票数相同" in found[1].reason.zh
    assert found[0].value_of(0) == "甲"
    assert found[0].value_of(1) == "甲公司"
    # keys 1, 2 and 3 are in two sources or more; 4 is twice in the third, so only one source holds it
    assert agreement == Agreement(keys=3, agreed=3, disputed=2)
    assert [one.winner.value for one in asked(sources, Choice.PRIORITY, normal=trim)[1]] == ["甲", "丙"]
    _, newest = asked(sources, Choice.FRESHNESS, normal=trim)
    assert [one.winner.value for one in newest] == ["甲公司", "丙方"]
    assert newest[1].reason.zh == "数据最新（2026-03-01，tax）"
    assert asked(sources[:1] + sources[:1], Choice.MAJORITY)[1] == [], "a source agrees with itself"


def test_what_is_lacking_is_said(sources: list[Source]) -> None:
    with pytest.raises(GongshuError):
        asked(sources[:1], Choice.MAJORITY)
    with pytest.raises(GongshuError) as refused:
        reconcile(sources, ["id"], ["address"], Choice.MAJORITY, use=lambda _: None)
    assert "market" in refused.value.text.zh


ROWS = st.lists(st.tuples(st.sampled_from("123"), st.sampled_from(["a", "b", "", None]), st.just("x")), max_size=4)


@settings(max_examples=10, deadline=None)
@given(tables=st.lists(ROWS, min_size=2, max_size=4))
def test_the_majority_is_what_a_plain_count_says(tables: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sources")
    _, found = asked([source(folder, f"s{n}", rows) for n, rows in enumerate(tables)], Choice.MAJORITY)
    expected = {}
    for key in "123":
        said = []
        for number, rows in enumerate(tables):
            held = [row[1] for row in rows if row[0] == key]
            if len(held) == 1 and held[0]:
                said.append((number, held[0]))
        votes = Counter(value for _, value in said)
        if len(votes) > 1:
            expected[key] = min(votes, key=lambda v: (-votes[v], min(n for n, x in said if x == v)))
    assert {one.key[0]: one.winner.value for one in found} == expected
