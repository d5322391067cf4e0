"""What is read eight bytes at a time is what the exact reading makes of the same texts."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.collection import delimited, encoding, footers, typing
from gongshu.collection.contract import Column, Contract
from gongshu.collection.pipeline import collect
from gongshu.columns import checksums, words
from gongshu.columns.cells import Cells
from gongshu.home import Home
from gongshu.lake.tables import Table

_DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=20)
_NUMBERS = st.one_of(
    _DIGITS,
    st.builds(lambda a, b: f"{a}.{b}", _DIGITS, st.text(alphabet="0123456789", max_size=9)),
    st.text(alphabet="0123456789.-+eE,年/ ￥１２", max_size=18),
)
_WORDS = st.one_of(
    st.sampled_from(["是", "否", "真", "true", "TRUE", "Yes", "n", "1", "0", "1.0", "0.0", "不是", "是否"]), _NUMBERS
)
_TEXTS = {"N": _NUMBERS, "Y": _NUMBERS, "I": _NUMBERS, "L": _WORDS}


def _same(one: typing.Typed, other: typing.Typed) -> None:
    nothing = np.zeros(len(one.null), bool)
    assert one.null.tolist() == other.null.tolist()
    wrong = [np.logical_or.reduce(list(typed.bad.values()), initial=False) | nothing for typed in (one, other)]
    assert wrong[0].tolist() == wrong[1].tolist()
    assert {rule: mask.tolist() for rule, mask in one.bad.items()} == {
        rule: m.tolist() for rule, m in other.bad.items()
    }
    good = pa.array(~(wrong[0] | one.null))
    assert one.values.filter(good).to_pylist() == other.values.filter(good).to_pylist()
    rewritten = [
        nothing if typed.rewritten is None else typed.rewritten & good.to_numpy(False) for typed in (one, other)
    ]
    assert rewritten[0].tolist() == rewritten[1].tolist()


@pytest.mark.parametrize("kind", sorted(_TEXTS))
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_plain_reading_is_the_exact_one(kind: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(_TEXTS[kind] | st.just(""), max_size=12))
    before = data.draw(st.integers(0, 3))
    array = pa.array(["0123456", "9", "-.-"][:before] + texts, pa.string()).slice(before)
    _same(typing.convert(kind, Cells(array)), typing._CONVERTERS[kind](Cells(array)))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(_NUMBERS, max_size=5), max_size=6))
def test_spellings_remembered_are_what_they_were(batches: list[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typing, "_REMEMBERED", 4)  # so that it forgets, too
        spellings = typing.Spellings("Y")
        for texts in batches:
            cells = Cells(pa.array(texts, pa.string()))
            _same(typing.convert("Y", cells, spellings), typing._CONVERTERS["Y"](cells))


def test_days_are_those_of_the_calendar() -> None:
    every = [date(1, 1, 1) + timedelta(days=day) for day in range(0, 3_652_059, 97)]
    numbers = np.array([day.year * 10_000 + day.month * 100 + day.day for day in every])
    values, exist = words.days(*words.split_day(numbers))
    assert exist.all()
    assert values.tolist() == [(day - date(1970, 1, 1)).days for day in every]
    none = np.array([2023_02_29, 1900_02_29, 2024_13_01, 2024_00_10, 2024_04_31, 2024_04_00, 101, -5, 10**8])
    assert not words.days(*words.split_day(none))[1].any()


@given(st.lists(st.text(alphabet="0123456789", min_size=17, max_size=17), min_size=1, max_size=20))
def test_the_check_sign_is_that_of_the_standard(bodies: list[str]) -> None:
    """GB 11643: weights 2^(17-i) mod 11, signs 1 0 X 9 8 ... in the order of the remainder."""
    signs = ["10X98765432"[sum(int(d) * pow(2, 17 - n, 11) for n, d in enumerate(body)) % 11] for body in bodies]
    matrix = np.frombuffer("".join(map("".join, zip(bodies, signs, strict=True))).encode(), np.uint8).reshape(-1, 18)
    assert not checksums.citizen_id(matrix)["citizen_id_checksum"].any()
    other = matrix.copy()
    other[:, 16] = (other[:, 16] - 47) % 10 + 48  # one digit on
    found = checksums.citizen_id(other)
    assert (found["citizen_id_form"] | found["citizen_id_date"] | found["citizen_id_checksum"]).all()


@given(st.integers(1, 3), st.sampled_from(",\t;|"), st.data())
def test_rejected_rows_are_written_as_csv_writes_them(width: int, delimiter: str, data: st.DataObject) -> None:
    cell = st.text(alphabet=',\t;|"\r\n ab是', max_size=4)
    rows = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6))
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(width)]
    found = footers.delimited(columns, delimiter)
    assert found == footers.lines(rows, delimiter)
    for line, row in zip(found, rows, strict=True):
        if not {"\r", "\n"} & set("".join(row)):
            assert next(csv.reader(io.StringIO(line), delimiter=delimiter)) == row


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block", [64, 65, 66, 67, 1 << 20])
def test_rows_do_not_depend_on_where_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, block: int
) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", block)
    monkeypatch.setattr(encoding, "_CHUNK", block // 2)
    lines = ["编号,名称"] + [f"{n},第{n}行" if n % 7 else ("" if n % 2 else f"{n},x,y") for n in range(1, 200)]
    path = tmp_path / "in.csv"
    path.write_bytes(end.join([*lines, ""]).encode())
    contract = Contract("r", (Column("id", title="编号", type="I", is_key=True), Column("name", title="名称")))
    report = collect(path, contract, Table(Home(tmp_path), "r"), scratch=tmp_path)
    odd = [n for n in range(1, 200) if n % 7 == 0]
    assert report.read == 199
    assert (report.blank, report.rejected) == (sum(n % 2 for n in odd), sum(1 - n % 2 for n in odd))
    held = Table(Home(tmp_path), "r").read().select("_row", "id").collect()
    assert held["_row"].to_list() == [n + 1 for n in range(1, 200) if n % 7]
    assert held["id"].to_list() == [n for n in range(1, 200) if n % 7]
