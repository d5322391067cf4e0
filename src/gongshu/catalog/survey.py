"""What a unit writes into a survey: one data resource a line, as pasted from a spreadsheet or read from a file.

Columns: title, source system, form, estimated rows, personal data (是/否), reason for not being cataloged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gongshu.catalog.shape import normal
from gongshu.errors import GongshuError, Text

COLUMNS: tuple[Text, ...] = (
    Text("数据资源名称", "Data resource"),
    Text("来源系统", "Source system"),
    Text("格式", "Form"),
    Text("记录数（估计）", "Rows (estimate)"),
    Text("含个人信息", "Personal data"),
    Text("未编目原因", "Why not cataloged"),
)
MOST_LINES = 5000
LENGTHS = (100, 100, 60, 18, 4, 300)
_YES = {"是", "有", "含", "yes", "y", "true", "1", "√"}
_NO = {"", "否", "无", "不含", "no", "n", "false", "0"}


@dataclass(frozen=True)
class Held:
    """One data resource that a unit holds. ``rows`` is its own estimate, None where it gives none."""

    title: str
    system: str = ""
    form: str = ""
    rows: int | None = None
    personal: bool = False
    reason: str = ""


def read(text: str) -> tuple[Held, ...]:
    """The lines of pasted text, cells parted by tabs, or by commas where there are no tabs; a line of heads is skipped."""
    lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
    return of_rows([line.split("\t") if "\t" in line else re.split(r"[,，]", line) for line in lines])


def of_rows(rows: Sequence[Sequence[object]]) -> tuple[Held, ...]:
    """The lines of a table. Raises ``catalog.survey_line`` with the row, ``catalog.survey_twice``, ``survey_many``."""
    cells = [[("" if cell is None else str(cell)).strip() for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if cells and normal(cells[0][0]) in {normal(word) for word in (*COLUMNS[0], "名称", "title")}:
        cells = cells[1:]
    if len(cells) > MOST_LINES:
        raise GongshuError(
            "catalog.survey_many",
            f"一次最多填报 {MOST_LINES} 项数据资源。",
            f"At most {MOST_LINES} data resources in one answer.",
            field="lines",
        )
    found: list[Held] = []
    first: dict[str, int] = {}
    for number, row in enumerate(cells, start=1):
        held = _line([*row, *[""] * (len(COLUMNS) - len(row))], number)
        before = first.setdefault(normal(held.title), number)
        if before != number:
            raise GongshuError(
                "catalog.survey_twice",
                f"第 {before} 行与第 {number} 行的数据资源名称相同（忽略空格与全半角）。",
                f"Rows {before} and {number} name the same data resource (spaces and width aside).",
                field="lines",
                row=number,
            )
        found.append(held)
    return tuple(found)


def as_text(lines: Sequence[Held]) -> str:
    """Lines as they are pasted back: a head, then one line each, cells parted by tabs."""
    rows = [[column.zh for column in COLUMNS]]
    for one in lines:
        rows.append(
            [one.title, one.system, one.form, "" if one.rows is None else str(one.rows), "是" if one.personal else "否",
             one.reason]
        )  # fmt: skip
    return "\n".join("\t".join(cell.replace("\t", " ") for cell in row) for row in rows)


def _line(row: list[str], number: int) -> Held:
    if not row[0]:
        raise _wrong(number, Text("缺少数据资源名称", "the data resource has no title"))
    for cell, column, most in zip(row, COLUMNS, LENGTHS, strict=False):
        if len(cell) > most:
            raise _wrong(number, Text(f"“{column.zh}”超过 {most} 个字符", f"“{column.en}” has over {most} characters"))
    count = re.sub(r"[,，\s]", "", row[3])
    if count and not (count.isascii() and count.isdecimal()):
        raise _wrong(number, Text("记录数须为整数", "the number of rows must be a whole number"))
    said = row[4].casefold()
    if said not in _YES | _NO:
        raise _wrong(number, Text("含个人信息请填“是”或“否”", "say yes or no for personal data"))
    return Held(row[0], row[1], row[2], int(count) if count else None, said in _YES, row[5])


def _wrong(number: int, why: Text) -> GongshuError:
    return GongshuError(
        "catalog.survey_line", f"第 {number} 行：{why.zh}。", f"Row {number}: {why.en}.", field="lines", row=number
    )
