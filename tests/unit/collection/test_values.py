"""Texts become values of the catalog's types in every spelling that people use, and nothing else does."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.collection.typing import convert
from gongshu.columns.cells import Cells

BAD = object()


def read(kind: str, *texts: str) -> list[object]:
    cells = Cells(pa.array(texts, pa.string()))
    typed = convert(kind, cells)
    bad = [any(mask[place] for mask in typed.bad.values()) for place in range(len(texts))]
    values = typed.values.to_pylist()
    assert all(value is None for value, wrong in zip(values, bad, strict=True) if wrong)
    return [BAD if wrong else value for value, wrong in zip(values, bad, strict=True)]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("I", "12", 12),
        ("I", "-12", -12),
        ("I", "+12", 12),
        ("I", "007", 7),
        ("I", " 12\u3000", 12),
        ("I", "1,234,567", 1234567),
        ("I", "１２３", 123),
        ("I", "12.0", 12),
        ("I", "−5", -5),
        ("I", "", None),
        ("I", "NULL", None),
        ("I", "\\N", None),
        ("I", "12.5", BAD),
        ("I", "1,23", BAD),
        ("I", "1e3", BAD),
        ("I", "九", BAD),
        ("I", "9223372036854775808", BAD),
        ("N", "12.50", Decimal("12.5")),
        ("N", "1,234.5", Decimal("1234.5")),
        ("N", "１．５", Decimal("1.5")),
        ("N", "1.5e3", Decimal(1500)),
        ("N", "1E-18", Decimal("1E-18")),
        ("N", ".5", Decimal("0.5")),
        ("N", "0.123456789012345678", Decimal("0.123456789012345678")),
        ("N", "1.1000000000000000000000000", Decimal("1.1")),
        ("N", "0.1234567890123456785", BAD),
        ("N", "1E-19", BAD),
        ("N", "99999999999999999999.9", Decimal("99999999999999999999.9")),
        ("N", "999999999999999999999", BAD),
        ("N", "nan", BAD),
        ("N", "12%", BAD),
        ("Y", "12.50", Decimal("12.50")),
        ("Y", "￥1,234.5", Decimal("1234.50")),
        ("Y", "1234.5元", Decimal("1234.50")),
        ("Y", "0.10000", Decimal("0.10")),
        ("Y", "0.125", BAD),
        ("Y", "1e-5", BAD),
        ("Y", "1.25e1", Decimal("12.50")),
        ("B", "0.1", 0.1),
        ("B", "1e-5", 1e-5),
        ("B", "1,234.5", 1234.5),
        ("B", "inf", BAD),
        ("B", "1e400", BAD),
        ("F", "-2.5", -2.5),
        ("D", "2026-11-21", date(2026, 11, 21)),
        ("D", "2026/11/21", date(2026, 11, 21)),
        ("D", "2026/1/5", date(2026, 1, 5)),
        ("D", "2026.1.5", date(2026, 1, 5)),
        ("D", "20261121", date(2026, 11, 21)),
        ("D", "2026年11月21日", date(2026, 11, 21)),
        ("D", "２０２６年１月５日", date(2026, 1, 5)),
        ("D", "2026 年 1 月 5 日", date(2026, 1, 5)),
        ("D", "2026-11-21 00:00:00", date(2026, 11, 21)),
        ("D", "2026-11-21 08:30:00", BAD),
        ("D", "2024-02-29", date(2024, 2, 29)),
        ("D", "2026-02-29", BAD),
        ("D", "1900-02-29", BAD),
        ("D", "2026-13-01", BAD),
        ("D", "0000-01-01", BAD),
        ("D", "2026-11", BAD),
        ("D", "21/11/2026", BAD),
        ("D", "0001-01-01", date(1, 1, 1)),
        ("D", "9999-12-31", date(9999, 12, 31)),
        ("L", "是", True),
        ("L", "否", False),
        ("L", "TRUE", True),
        ("L", "0", False),
        ("L", "Ｙ", True),
        ("L", "也许", BAD),
        ("C", " 甲 ", "甲"),
        ("C", "\\N", None),
        ("C", "NULL", "NULL"),
        ("M", "两\n行", "两\n行"),
    ],
)
def test_a_spelling_and_its_value(kind: str, text: str, value: object) -> None:
    assert read(kind, "", text)[1] == value
    assert read(kind, text)[0] == value


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-21 08:30:15", "2026-11-21T00:30:15"),
        ("2026-11-21T08:30:15", "2026-11-21T00:30:15"),
        ("2026/11/21 08:30:15", "2026-11-21T00:30:15"),
        ("2026-11-21 08:30", "2026-11-21T00:30:00"),
        ("2026-11-21 8:30", "2026-11-21T00:30:00"),
        ("2026-11-21", "2026-11-20T16:00:00"),
        ("20261121083015", "2026-11-21T00:30:15"),
        ("2026年11月21日 8时30分15秒", "2026-11-21T00:30:15"),
        ("2026年11月21日8时30分", "2026-11-21T00:30:00"),
        ("2026-11-21T08:30:15.25+08:00", "2026-11-21T00:30:15.250000"),
        ("2026-11-21T00:30:15Z", "2026-11-21T00:30:15"),
        ("2026-11-21T00:30:15-0500", "2026-11-21T05:30:15"),
        ("1988-07-01 08:00:00", "1988-07-01T00:00:00"),
        ("2026-11-21 24:00:00", None),
        ("2026-02-30 08:00:00", None),
        ("昨天", None),
    ],
)
def test_moments_are_beijing_time_unless_they_say_otherwise(text: str, utc: str | None) -> None:
    found = read("T", text)[0]
    if utc is None:
        assert found is BAD
    else:
        assert isinstance(found, datetime)
        assert found.replace(tzinfo=None) == datetime.fromisoformat(utc)


def test_the_raw_text_is_kept_where_the_value_no_longer_says_it() -> None:
    cells = Cells(pa.array(["7", "007", "+7", "1,000", ""], pa.string()))
    typed = convert("I", cells)
    assert typed.rewritten is not None
    assert typed.rewritten.tolist() == [False, True, True, True, False]
    days = convert("D", Cells(pa.array(["2026-01-05", "2026/1/5", "2026/01/05"], pa.string())))
    assert days.rewritten is not None
    assert days.rewritten.tolist() == [False, True, True]
    texts = convert("C", Cells(pa.array(["a", "a ", "\u3000a", "a\u00a0", "，"], pa.string())))
    assert texts.rewritten is not None
    assert texts.rewritten.tolist() == [False, True, True, True, False]


def test_too_many_places_and_no_number_are_told_apart() -> None:
    typed = convert("Y", Cells(pa.array(["1.234", "x", "1.20", "12345678901234567890"], pa.string())))
    assert {rule: mask.tolist() for rule, mask in typed.bad.items()} == {
        "number": [False, True, False, False],
        "number_range": [True, False, False, True],
    }


@given(st.dates())
def test_every_date_of_the_calendar_is_read_back(day: date) -> None:
    spellings = [day.isoformat(), f"{day.year:04}年{day.month}月{day.day}日", day.isoformat().replace("-", "")]
    assert read("D", *spellings) == [day] * 3


@given(st.decimals(min_value=-(10**19), max_value=10**19, places=18))
def test_every_decimal_is_exact(number: Decimal) -> None:
    assert read("N", format(number, "f")) == [number]


@given(st.lists(st.text(alphabet=" \t\u3000\u00a0a甲，。、\\N0", max_size=5)))
def test_trimming_is_that_of_python(texts: list[str]) -> None:
    cells = Cells(pa.array(texts, pa.string()))
    expected = ["" if text.strip() == "\\N" else text.strip() for text in texts]
    assert cells.array.to_pylist() == expected
    assert cells.lengths.tolist() == [len(text.encode()) for text in expected]
    sliced = Cells(pa.array(["x", *texts, "y"], pa.string()).slice(1, len(texts)))
    assert sliced.array.to_pylist() == expected
    assert sliced.nullable(sliced.blank).to_pylist() == [text or None for text in expected]
    assert pl.Series(cells.array).len() == len(texts)
