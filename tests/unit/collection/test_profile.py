"""The profile of a version: counted while it is collected, as a slow count would say it, and without a text in it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.collection.contract import Column, Contract
from gongshu.collection.pipeline import Plan
from gongshu.columns import profile, recognisers
from gongshu.columns.profile import Counted, Distinct, Texts
from gongshu.lake.tables import Table

WIDE = Contract(
    "people",
    (
        Column("id", "编号", "I", is_key=True),
        Column("who", "身份证号", length=18, check="citizen_id"),
        Column("tel", "电话"),
        Column("note", "备注", "M"),
        Column("born", "出生日期", "D"),
        Column("seen", "登记时间", "T"),
        Column("fee", "金额", "Y"),
        Column("rate", "比率", "N"),
        Column("weight", "重量", "B"),
        Column("alive", "健在", "L"),
    ),
)
HEADER = "编号,身份证号,电话,备注,出生日期,登记时间,金额,比率,重量,健在\n"
ROWS = [
    "1,330324199001010011,13812345678,路灯,1990-01-01,2026-01-01 08:00,1.50,0.25,1.5,是\n",
    "2,11010519491231002X,13912345678,请回电 13912345678 谢谢,1949-12-31,,-20,0.1,2,是\n",
    "3,,,,,2026-03-01 08:00,,1e-3,-7,\n",
    "3,,,重复的编号,2000-01-01,,99,9,9,否\n",
]


def told(table: Table) -> dict[str, Counted]:
    found = profile.from_text(table.version().info[profile.KEY])
    assert found is not None
    return {one.name: one for one in found}


def test_a_version_tells_what_its_columns_are_like(take, table) -> None:
    report = take(HEADER + "".join(ROWS), WIDE)
    assert (report.accepted, report.rejected) == (3, 1)
    columns = told(table)
    assert list(columns) == [column.name for column in WIDE.columns]
    assert {name: one.filled for name, one in columns.items()} == {
        **dict.fromkeys(("id", "rate", "weight"), 3),
        **dict.fromkeys(("who", "tel", "note", "born", "seen", "fee", "alive"), 2),
    }
    bounds = {name: (one.least, one.most) for name, one in columns.items() if one.least}
    assert bounds == {
        "id": ("1", "3"),
        "born": ("1949-12-31", "1990-01-01"),
        "seen": ("2026-01-01T08:00:00+08:00", "2026-03-01T08:00:00+08:00"),
        "fee": ("-20.00", "1.50"),
        "rate": ("0.001", "0.25"),
        "weight": ("-7.0", "2.0"),
    }
    assert (columns["note"].shortest, columns["note"].longest, columns["note"].within) == (2, 18, {"mobile": 1})
    assert (columns["who"].kinds, columns["who"].distinct) == ({"citizen_id": 2}, 2)
    assert (columns["tel"].kinds, columns["alive"].distinct) == ({"mobile": 2}, 1)
    kept = table.version().info[profile.KEY]
    assert not any(text in kept for text in ("330324", "13812345678", "路灯")), "no text is in it"


def test_of_rows_merged_by_key_the_whole_version_is_told(take, table) -> None:
    take(HEADER + ROWS[0] + ROWS[1], WIDE)
    report = take(HEADER + ROWS[2], WIDE, plan=Plan(merge=True))
    assert report.changes["inserted"] == 1
    assert (told(table)["id"].filled, told(table)["who"].filled, told(table)["id"].most) == (3, 2, "3")


def test_another_edition_is_not_believed() -> None:
    assert profile.from_text("") is None
    assert profile.from_text(json.dumps({"edition": profile.EDITION + 1, "columns": []})) is None


@pytest.mark.parametrize("many", [1, 40, 5_000, 300_000, 3_000_000])
def test_distinct_values_are_estimated_within_a_few_per_cent(many: int) -> None:
    hashes = np.random.default_rng(many).integers(0, 2**64 - 1, many, dtype=np.uint64)
    counted = Distinct()
    for _ in range(2):  # what comes again does not count
        for start in range(0, many, 100_000):
            counted.add(hashes[start : start + 100_000])
    assert abs(counted.estimate - many) <= max(0, many * 0.06)


_TEXTS = st.sampled_from(
    [
        "330324199001010011",
        "13812345678",
        "王小明",
        "永嘉县上塘镇环城路25号3单元201室",
        "请回电13812345678，谢谢",
        "",
        " ",
        "公数",
    ]
) | st.text(max_size=20)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(_TEXTS, max_size=20), max_size=5), st.booleans())
def test_texts_that_are_looked_at_once_count_as_if_each_were(batches: list[list[str]], crowded: bool) -> None:
    looked, flat = Texts(), [text for batch in batches for text in batch]
    if crowded:  # every place is taken by another text
        looked._known[:] = np.uint64(2**64 - 1)
    for batch in batches:
        looked.add(pl.Series(batch, dtype=pl.String))
    assert looked.seen == recognisers.recognise(pl.Series(flat, dtype=pl.String))
    assert looked.distinct.estimate == len(set(flat))
    assert (looked.shortest, looked.longest) == (min(map(len, flat), default=0), max(map(len, flat), default=0))


def test_files_and_batches_tell_the_same(take, table: Table, tmp_path: Path) -> None:
    lines = [f"{n},,1381234{n % 5000:04d},第{n % 70}号,,,{n}.25,,,\n" for n in range(60_000)]
    take(HEADER + "".join(lines), WIDE)
    again = profile.of_files(table.files(), WIDE.items, keys=WIDE.keys)
    assert again == list(told(table).values())
    assert again[2].kinds == {"mobile": 60_000} and abs(again[2].distinct - 5_000) < 60


def test_whole_numbers_long_enough_are_looked_at_as_texts() -> None:
    found = profile.Profile([pa.field("n", pa.int64()), pa.field("m", pa.decimal128(18, 2))])
    cards = [6216616907439150002, 6217008836075983869]
    money = pa.array([Decimal(13812345678), Decimal(1)], pa.decimal128(18, 2))
    found.add(pa.record_batch([pa.array(cards), money], names=["n", "m"]))
    assert found.columns[0].kinds == {"bank_card": 2}
    assert found.columns[1].kinds == {"mobile": 1}
