"""A user's own file handed back: every cell with a finding marked and commented, and a sheet that lists them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.exceptions import IllegalCharacterError

from gongshu.catalog.excel.found import CellFinding, Weight
from gongshu.errors import Text

SUMMARY = Text("导入问题", "Findings")
_COLOURS: Mapping[Weight, str] = {Weight.ERROR: "FFFFC7CE", Weight.WARNING: "FFFFEB9C", Weight.NOTE: "FFDDEBF7"}
WEIGHTS: Mapping[Weight, Text] = {
    Weight.ERROR: Text("错误", "Error"),
    Weight.WARNING: Text("提醒", "Warning"),
    Weight.NOTE: Text("说明", "Note"),
}
_HEADS = (
    Text("工作表", "Sheet"), Text("单元格", "Cell"), Text("程度", "Weight"), Text("原因", "Why"),
    Text("如何改正", "How to mend"), Text("建议", "Proposal"),
)  # fmt: skip
_LONGEST_COMMENT = 1500


def mark(source: Path, target: IO[bytes], findings: Iterable[CellFinding], *, language: str) -> None:
    """Write ``source`` to ``target`` with the findings on it, in the reader's language. Nothing else is changed."""
    book = openpyxl.load_workbook(source)
    listed = list(findings)
    places: dict[tuple[str, int, int], list[CellFinding]] = {}
    for one in listed:
        if one.row and one.column >= 0:
            places.setdefault((one.sheet, one.row, one.column), []).append(one)
    for (name, row, column), found in places.items():
        if name not in book.sheetnames:
            continue
        sheet = book[name]
        cell = sheet.cell(row=row, column=column + 1)
        if isinstance(cell, MergedCell):
            continue  # its range's first cell shows the value; the list names the place
        worst = min((one.weight for one in found), key=list(_COLOURS).index)
        text = "\n".join(f"{one.why.say(language)} {one.mend.say(language)}" for one in found)[:_LONGEST_COMMENT]
        before = f"{cell.comment.text}\n" if cell.comment else ""
        comment = Comment(before + text, "Gongshu")
        comment.width, comment.height = 360, 120
        cell.fill = PatternFill("solid", fgColor=_COLOURS[worst])
        cell.comment = comment
    _summarise(book, listed, language)
    book.save(target)


def _summarise(book: openpyxl.Workbook, findings: list[CellFinding], language: str) -> None:
    name = SUMMARY.say(language)
    if name in book.sheetnames:
        del book[name]
    sheet = book.create_sheet(name, 0)
    sheet.append([head.say(language) for head in _HEADS])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for one in findings:
        row = [one.sheet, one.place, WEIGHTS[one.weight].say(language), one.why.say(language), one.mend.say(language)]
        _append(sheet, [*row, one.proposal])
        if one.column >= 0 and one.row and one.sheet in book.sheetnames:
            where = one.sheet.replace("'", "''")
            sheet.cell(row=sheet.max_row, column=2).hyperlink = f"#'{where}'!{one.place}"
    for letter, width in zip("ABCDEF", (18, 9, 9, 60, 60, 18), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    book.active = 0


def _append(sheet: object, texts: list[str]) -> None:
    """One row of texts; none of them is taken for a formula."""
    row = sheet.max_row + 1  # type: ignore[attr-defined]
    for place, text in enumerate(texts, start=1):
        cell = sheet.cell(row=row, column=place)  # type: ignore[attr-defined]
        try:
            cell.value = text
        except IllegalCharacterError:
            cell.value = "".join(sign for sign in text if sign.isprintable())
        cell.data_type = "s"
