"""Comparison by key against a plain oracle in Python, and against the two vintages of the division list."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.errors import GongshuError
from gongshu.lake import comparison, engine, files
from gongshu.lake.comparison import Comparison, Difference, Normal, Plan, Side
from gongshu.lake.comparison_files import write
from shared_data import shared


def side(folder: Path, label: str, columns: dict[str, list[Any]], schema: pa.Schema | None = None) -> Side:
    table = pa.table(columns, schema=schema)
    path = folder / f"{label}.parquet"
    pq.write_table(table, path)
    return Side([path], table.schema, label)


def compared(left: Side, right: Side, plan: Plan, folder: Path) -> tuple[Difference, list[tuple[Any, ...]]]:
    rows: list[tuple[Any, ...]] = []
    found = comparison.compare(left, right, plan, scratch=folder, use=lambda one: rows.extend(one.rows()))
    return found, rows


def test_rows_missing_extra_different_cell_by_cell(tmp_path: Path) -> None:
    left = side(
        tmp_path, "a", {"id": ["1", "2", "3", "5", None], "n": ["甲", "乙", None, "x", "k"], "v": [1, 2, 3, 5, 9]}
    )
    right = side(tmp_path, "b", {"id": ["1", "2", "3", "4"], "n": ["甲", "乙2", "", "y"], "v": [1, 3, 3, 4]})
    found, rows = compared(left, right, Plan(("id",)), tmp_path)
    assert (found.same, found.different, found.missing, found.extra, found.cells) == (1, 2, 1, 1, 3)
    assert (found.left_rows, found.right_rows, found.left_keyless) == (5, 4, 1)
    assert found.by_column == {"n": 2, "v": 1}
    assert rows == [
        ("different", "2", "n", "乙", "乙2"),
        ("different", "2", "v", "2", "3"),
        ("different", "3", "n", None, ""),
        ("extra", "4", None, None, None),
        ("missing", "5", None, None, None),
    ]
    assert not found.equal
    assert compared(left, right, Plan(("id",), normal=frozenset({Normal.EMPTY})), tmp_path)[0].by_column == {
        "n": 1,
        "v": 1,
    }


def test_a_key_that_is_not_unique_is_reported_and_left_out(tmp_path: Path) -> None:
    left = side(tmp_path, "a", {"k": ["x", "x", "y", "z"], "v": ["1", "2", "3", "4"]})
    right = side(tmp_path, "b", {"k": ["x", "y", "y", "z"], "v": ["1", "3", "3", "4"]})
    found, rows = compared(left, right, Plan(("k",)), tmp_path)
    assert (found.left_duplicates, found.right_duplicates, found.same) == (3, 3, 1)
    assert rows == [("duplicate", "x", None, "2", "1"), ("duplicate", "y", None, "1", "2")]
    assert not found.equal


def test_types_and_spellings_are_evened_out_when_asked(tmp_path: Path) -> None:
    typed = pa.schema([("k", pa.int64()), ("d", pa.date32()), ("n", pa.decimal128(38, 18)), ("t", pa.string())])
    left = side(tmp_path, "a", {"k": [1], "d": [date(2026, 1, 2)], "n": [Decimal("1.50")], "t": ["ＡＢ１ "]}, typed)
    right = side(tmp_path, "b", {"k": ["1"], "d": ["2026-01-02"], "n": ["1.5"], "t": ["ab1"]})
    found, _ = compared(left, right, Plan(("k",)), tmp_path)
    assert found.by_column == {"t": 1}
    even = frozenset({Normal.WIDTH, Normal.TRIM, Normal.CASE})
    assert compared(left, right, Plan(("k",), normal=even), tmp_path)[0].equal
    codes = [side(tmp_path, "c", {"k": ["11", "1101"]}), side(tmp_path, "d", {"k": ["110000", "110100"]})]
    assert compared(*codes, Plan(("k",), normal=frozenset({Normal.CODE})), tmp_path)[0].equal


def test_columns_of_one_side_are_told(tmp_path: Path) -> None:
    left = side(tmp_path, "a", {"k": ["1"], "a": ["1"], "c": ["x"]})
    right = side(tmp_path, "b", {"k": ["1"], "b": ["1"], "c": ["y"]})
    found, _ = compared(left, right, Plan(("k",)), tmp_path)
    assert (found.only_left, found.only_right, found.columns) == (("a",), ("b",), ("c",))
    assert compared(left, right, Plan(("k",), ignore=frozenset("abc")), tmp_path)[0].equal
    for plan in (Plan(()), Plan(("a",)), Plan(("k",), ("b",))):
        with pytest.raises(GongshuError):
            compared(left, right, plan, tmp_path)


VALUES = st.one_of(st.none(), st.sampled_from(["", " ", "a", "A", "b'", "一", "\x01"]))
ROWS = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 6)), VALUES, VALUES), max_size=12)


@pytest.mark.parametrize("apart", [0.0, 2.0], ids=["joined", "aggregated"])
@settings(max_examples=15, deadline=None)
@given(left=ROWS, right=ROWS)
def test_it_agrees_with_a_plain_loop(
    apart: float, left: list[Any], right: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("compare")
    schema = pa.schema([("k", pa.int64()), ("a", pa.string()), ("b", pa.string())])
    sides = [
        side(folder, label, {c: [row[i] for row in rows] for i, c in enumerate("kab")}, schema)
        for label, rows in (("l", left), ("r", right))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "_APART", apart)
        found, rows = compared(*sides, Plan(("k",)), folder)
    count = [{k: [r[0] for r in side].count(k) for k, *_ in side if k is not None} for side in (left, right)]
    twice = {k for one in count for k, n in one.items() if n > 1}
    single = [{r[0]: r[1:] for r in side if r[0] is not None and r[0] not in twice} for side in (left, right)]
    expected = {("duplicate", str(k), None, str(count[0].get(k, 0)), str(count[1].get(k, 0))) for k in twice}
    expected |= {("missing", str(k), None, None, None) for k in single[0].keys() - single[1].keys()}
    expected |= {("extra", str(k), None, None, None) for k in single[1].keys() - single[0].keys()}
    expected |= {
        ("different", str(k), c, single[0][k][i], single[1][k][i])
        for k in single[0].keys() & single[1].keys()
        for i, c in enumerate("ab")
        if single[0][k][i] != single[1][k][i]
    }
    assert set(rows) == expected
    assert len(rows) == len(expected)
    for rows_, keyless, duplicates, alone in (
        (found.left_rows, found.left_keyless, found.left_duplicates, found.missing),
        (found.right_rows, found.right_keyless, found.right_duplicates, found.extra),
    ):
        assert rows_ == found.same + found.different + alone + duplicates + keyless


def test_a_key_that_occurs_very_often_is_never_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among keys that are nearly all different one stands 2,000 times on both sides: four million pairs."""
    monkeypatch.setattr(comparison, "_join", lambda *_: pytest.fail("it was joined"))
    keys = [*range(40_000), *[-1] * 2_000]
    sides = [side(tmp_path, label, {"k": keys, "v": [0] * len(keys)}) for label in "ab"]
    found, rows = compared(*sides, Plan(("k",)), tmp_path)
    assert (found.same, found.left_duplicates, found.right_duplicates) == (40_000, 2_000, 2_000)
    assert rows == [("duplicate", "-1", None, "2000", "2000")]


def test_the_result_as_a_file(tmp_path: Path) -> None:
    left = side(tmp_path, "a", {"k": ["1", "2"], "v": ["=1+1", "b"]})
    right = side(tmp_path, "b", {"k": ["1"], "v": ["z"]})

    def save(one: Comparison) -> None:
        for suffix in ("csv", "xlsx", "parquet"):
            write(one, tmp_path / f"out.{suffix}", {})
        write(one, tmp_path / "masked.csv", {"v": lambda value: "*" * len(value)})
        write(one, tmp_path / "masked.parquet", {"k": lambda value: "#"})

    comparison.compare(left, right, Plan(("k",)), scratch=tmp_path, use=save)
    expected = [["different", "1", "v", "=1+1", "z"], ["missing", "2", "", "", ""]]
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        lines = list(csv.reader(file))
    assert lines == [["change", "k", "column", "left", "right"], ["different", "1", "v", "'=1+1", "z"], expected[1]]
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert [[cell or "" for cell in row] for row in sheet.iter_rows(min_row=2, values_only=True)] == expected
    assert pq.read_table(tmp_path / "out.parquet").to_pylist()[0]["left"] == "=1+1"
    assert "=1+1" not in (tmp_path / "masked.csv").read_text(encoding="utf-8-sig")
    assert pq.read_table(tmp_path / "masked.parquet").column("k").to_pylist() == ["#", "#"]
    with pytest.raises(GongshuError):
        comparison.compare(left, right, Plan(("k",)), use=lambda one: write(one, tmp_path / "out.pdf", {}))


def test_files_of_several_kinds_are_sides(tmp_path: Path) -> None:
    text = "编码,名称\r\n1,甲\r\n2,乙\r\n"
    (tmp_path / "u.csv").write_bytes(text.encode("utf-8-sig"))
    (tmp_path / "g.csv").write_bytes(text.encode("gb18030"))
    (tmp_path / "w.csv").write_bytes(text.encode("utf-16"))
    (tmp_path / "z.csv.gz").write_bytes(gzip.compress(text.encode()))
    book = openpyxl.Workbook()
    for row in csv.reader(text.splitlines()):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(tmp_path / "x.xlsx")
    first = files.side_of(tmp_path / "u.csv", tmp_path)
    for name in ("g.csv", "w.csv", "z.csv.gz", "x.xlsx"):
        assert compared(first, files.side_of(tmp_path / name, tmp_path), Plan(("编码",)), tmp_path)[0].equal, name
    (tmp_path / "bad.xlsx").write_bytes(b"not a workbook")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    (tmp_path / "bad.csv").write_bytes(b"a,b\n\xff\xfe\xff,1\n")
    for name in ("bad.xlsx", "bad.parquet", "bad.csv", "none.csv"):
        with pytest.raises(GongshuError) as refused:
            files.side_of(tmp_path / name, tmp_path)
        assert name in refused.value.text.zh


LEVELS = [("areas.csv", "area.csv"), ("provinces.csv", "province.csv"), ("cities.csv", "city.csv")]


@pytest.mark.article("luzhou-33")
@pytest.mark.parametrize(("one", "other"), LEVELS)
def test_two_vintages_of_the_division_list(one: str, other: str, tmp_path: Path) -> None:
    """Against an independent calculation with dictionaries."""
    paths = [shared(f"divisions/{one}"), shared(f"divisions/other-vintage/{other}")]
    plain: list[dict[str, str]] = []
    for path in paths:
        with path.open(encoding="utf-8") as file:
            plain.append({_code(row["code"]): row["name"] for row in csv.DictReader(file)})
    sides = [files.side_of(path, tmp_path) for path in paths]
    plan = Plan(("code",), ("name",), normal=frozenset({Normal.CODE}))
    found, rows = compared(sides[0], sides[1], plan, tmp_path)
    a, b = plain
    renamed = {("different", k, "name", a[k], b[k]) for k in a.keys() & b.keys() if a[k] != b[k]}
    expected = renamed | {("missing", k, None, None, None) for k in a.keys() - b.keys()}
    expected |= {("extra", k, None, None, None) for k in b.keys() - a.keys()}
    assert set(rows) == expected
    assert len(rows) == len(expected)
    assert (found.left_rows, found.right_rows, found.cells) == (len(a), len(b), len(renamed))
    assert expected, "the vintages disagree in places"


def _code(code: str) -> str:
    while len(code) > 2 and len(code) % 2 == 0 and code.endswith("00"):
        code = code[:-2]
    return code


def test_nothing_but_the_answer_is_written_to_standard_output() -> None:
    with engine.session() as connection:
        assert connection.execute("SELECT current_setting('enable_progress_bar')").fetchone() == (False,)
