"""Rows as a file that people open: XLSX in constant memory, or CSV with the mark that Excel needs.

A cell that begins like a formula is text in XLSX; in CSV it gets an apostrophe in front, as spreadsheets themselves would.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

MOST_ROWS = 1_048_575  # of a sheet, below its head
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """One list: its title (cut to what a sheet may be called), heads and rows."""

    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Any]]


def write_xlsx(target: Path, sheets: Iterable[Sheet]) -> int:
    """Write the lists, each to a sheet of its own, going on in another where one is full; how many rows."""
    book = xlsxwriter.Workbook(
        str(target),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1, "text_wrap": True})
    used: set[str] = set()
    count = 0
    try:
        for sheet in sheets:
            rows = iter(sheet.rows)
            more: Sequence[Any] | None = next(rows, None)
            first = True
            while first or more is not None:
                first = False
                page = book.add_worksheet(_free_title(sheet.title, used))
                page.freeze_panes(1, 0)
                page.set_column(0, max(0, len(sheet.heads) - 1), 18)
                page.write_row(0, 0, sheet.heads, head)
                line = 0
                while more is not None and line < MOST_ROWS:
                    line += 1
                    for place, value in enumerate(more):
                        if isinstance(value, int | float) and not isinstance(value, bool):
                            page.write_number(line, place, value)
                        elif value is not None:
                            page.write_string(line, place, str(value)[:32_767])
                    more = next(rows, None)
                count += line
        if not used:
            book.add_worksheet("-")
    finally:
        book.close()
    return count


def write_csv(target: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write one list as UTF-8 CSV with a byte-order mark; how many rows."""
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        for row in rows:
            writer.writerow([_safe(value) for value in row])
            count += 1
    return count


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _free_title(title: str, used: set[str]) -> str:
    """A sheet's name: at most 31 signs, none of ``[]:*?/\\``, and not twice."""
    plain = "".join("_" if sign in "[]:*?/\\'" else sign for sign in title)[:31].strip() or "-"
    name, number = plain, 1
    while name.casefold() in used:
        number += 1
        name = f"{plain[: 28 - len(str(number))]} ({number})"
    used.add(name.casefold())
    return name


def split(rows: Iterator[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    """``rows`` in lists of at most ``size``."""
    some: list[tuple[Any, ...]] = []
    for row in rows:
        some.append(row)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
