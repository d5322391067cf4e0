"""XLSX of a version: read back by another program it says what the rows say, runs nothing, is refused when full."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

import fastexcel
import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.lake import spreadsheet
from gongshu.lake.spreadsheet import TooLarge


def book(frame: pl.DataFrame, kinds: str, batch: int = 1_000) -> io.BytesIO:
    file = io.BytesIO()
    frames = [frame.slice(start, batch) for start in range(0, frame.height, batch)]
    assert spreadsheet.write(file, frame.columns, [kind.strip() for kind in kinds], frames) == frame.height
    return file


def cells(file: io.BytesIO) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(file, read_only=False).active.iter_rows(values_only=True))  # type: ignore[union-attr]


def test_types_are_kept_and_digits_never_lost() -> None:
    frame = pl.DataFrame(
        {
            "编码": ["0012", "91330324MA2TE5T016", None],
            "金额": ["12.5", "123456789012.3456", "-7"],
            "日期": ["2026-01-02", "1899-05-05", None],
            "数": [1, 10**15, -5],
            "是": [True, False, None],
            "率": [0.25, float("inf"), 1e-9],
        }
    )
    head, *rows = cells(book(frame, "CYDILB", batch=2))
    assert head == tuple(frame.columns)
    assert rows == [
        ("0012", 12.5, datetime(2026, 1, 2), 1, True, 0.25),
        ("91330324MA2TE5T016", "123456789012.3456", "1899-05-05", "1000000000000000", False, "inf"),
        (None, -7, None, -5, None, 1e-9),
    ]


def test_another_program_reads_the_same() -> None:
    """calamine, which is written in another language and knows nothing of openpyxl."""
    frame = pl.DataFrame(
        {"编码": ["0012", "=1+1", "<&> _x0041_"], "数": [1, -5, 70], "日期": ["2026-01-02", None, "2000-02-29"]}
    )
    sheet = fastexcel.read_excel(book(frame, "CID").getvalue()).load_sheet(0, dtypes={"编码": "string"})
    read = sheet.to_arrow().to_pydict()
    assert read["编码"] == ["0012", "=1+1", "<&> _x0041_"]
    assert read["数"] == [1, -5, 70]
    assert [day and f"{day:%Y-%m-%d}" for day in read["日期"]] == ["2026-01-02", None, "2000-02-29"]


def test_nothing_is_a_formula_not_even_when_it_is_edited() -> None:
    texts = ["=1+1", "+86 138", "-2", "@SUM(A1)", '=HYPERLINK("http://x","y")', "好"]
    file = book(pl.DataFrame({"a": texts}), "C")
    assert [row[0] for row in cells(file)[1:]] == texts
    sheet = zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert re.findall(r'r="A(\d)" s="2"', sheet) == ["2", "3", "4", "5", "6"], "they keep their quotation mark"
    styles = openpyxl.load_workbook(file).active
    assert styles is not None
    assert [styles[f"A{line}"].data_type for line in range(2, 8)] == ["s"] * 6
    assert styles["A2"].number_format == "@"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=8))
def test_any_text_makes_a_sheet_that_can_be_read(texts: list[str]) -> None:
    file = book(pl.DataFrame({"a<&": texts}, schema={"a<&": pl.String}), "C")
    sheet = zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml").decode()
    found = [row[0] or "" for row in cells(file)[1:]]
    plain = [text for text in texts if "_x" not in text and not re.search("[\x00-\x08\x0b-\x1f\ufffe\uffff]", text)]
    if len(plain) == len(texts):
        assert found == texts
    assert len(found) == len(texts)
    assert "\x0b" not in sheet


def test_what_xml_cannot_hold_is_spelled_as_the_standard_says() -> None:
    file = book(pl.DataFrame({"a": ["a\x0bb", "_x0041_", "c\rd"]}), "C")
    sheet = zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml").decode()
    assert [">a_x000B_b<" in sheet, ">_x005F_x0041_<" in sheet, ">c_x000D_d<" in sheet] == [True] * 3


def test_the_same_rows_are_the_same_bytes() -> None:
    frame = pl.DataFrame({"a": ["x", "y"]})
    assert book(frame, "C").getvalue() == book(frame, "C").getvalue()


def test_more_than_a_sheet_holds_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = "长" * 32_766 + "x"
    assert cells(book(pl.DataFrame({"a": [exact]}), "C"))[1] == (exact,)
    for long in (exact + "y", "😀" * 16_384):
        with pytest.raises(TooLarge, match="32,767"):
            book(pl.DataFrame({"a": [long]}), "C")
    rows = pl.DataFrame({"a": range(3)})
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    book(rows, "I")
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    with pytest.raises(TooLarge) as refused:
        book(rows, "I", batch=2)
    assert refused.value.code == "lake.sheet_full"
    monkeypatch.undo()
    monkeypatch.setattr(spreadsheet, "MOST_BYTES", 10)
    with pytest.raises(TooLarge, match="2 GB"):
        book(rows, "I")


def test_columns_beyond_z_have_two_letters() -> None:
    wide = pl.DataFrame({str(n): [n] for n in range(30)})
    assert cells(book(wide, "I" * 30))[1] == tuple(range(30))
