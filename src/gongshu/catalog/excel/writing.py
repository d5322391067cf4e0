"""The form as a workbook: an empty template, or a department's entries in it. Rows are written as they come.

One row for each item, an entry's cells merged over its items; choices as drop-down lists in the city's words; a comment
on every header in both languages; a sheet of explanations with the articles that ask for a column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

import xlsxwriter

from gongshu.catalog.checks_entry import ELEMENTS
from gongshu.catalog.draft import EntryData
from gongshu.catalog.excel import cells
from gongshu.catalog.excel.choices import Choices
from gongshu.catalog.excel.columns import CODE, FORM, PROVIDER, PROVIDER_NAME, Column, Part
from gongshu.catalog.excel.mapping import EXPLANATION
from gongshu.catalog.states import THEMES
from gongshu.errors import Text
from gongshu.rules import Pack

SHEET = "信息资源目录"
_LISTS = "选项"
_NEEDED = {"title", "abstract", "share_type", "update_cycle", "item.title", "item.data_type"}
_CHECKED_ROWS = 5000
_HOW: tuple[Text, ...] = (
    Text(
        "一行一个信息项；一项目录有多个信息项时，目录的单元格可以合并，也可以只填第一行。",
        "One item a row; an entry's cells may be merged over its items, or filled in the first row only.",
    ),
    Text(
        "橙色列头为必填。列的次序可以调整，不用的列可以删去；删去的列导入时保留平台上的原值。",
        "Orange headers are needed. Columns may be moved or removed; what has no column stays as the platform has it.",
    ),
    Text(
        "导入时先预览对应关系和问题，确认后才写入；新目录成为草稿，已发布的目录成为修订草稿，由另一人审核。",
        "An import is previewed first. New entries become drafts, published ones a revision; another person reviews.",
    ),
)


@dataclass(frozen=True)
class Listed:
    """One entry for the form, with its code in official spelling and its provider's code and name."""

    code: str
    provider_code: str
    provider_name: str
    data: EntryData


def write(target: IO[bytes], entries: Iterable[Listed], *, choices: Choices, pack: Pack, on: date) -> int:
    """Write the form to ``target`` with ``entries`` (none: an empty template); answers how many were written."""
    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    )
    formats = {
        "head": book.add_format(
            {"bold": True, "border": 1, "bg_color": "#DCE6F1", "text_wrap": True, "valign": "vcenter"}
        ),
        "need": book.add_format(
            {"bold": True, "border": 1, "bg_color": "#FCE4D6", "text_wrap": True, "valign": "vcenter"}
        ),
        "text": book.add_format({"num_format": "@", "border": 1, "text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top", "border": 1}),
    }
    sheet = book.add_worksheet(SHEET)
    _explain(book.add_worksheet("填写说明"), formats, pack, on)
    ranges = _offer(book.add_worksheet(_LISTS), choices)
    _head(sheet, formats, ranges, pack, on)
    row, count = 1, 0
    for entry in entries:
        row, count = _entry(sheet, formats["text"], row, entry, choices), count + 1
    book.close()
    return count


def _head(sheet: Any, formats: dict[str, Any], ranges: dict[str, str], pack: Pack, on: date) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    for place, column in enumerate(FORM):
        sheet.set_column(place, place, column.width, formats["text"])
        sheet.write_string(0, place, column.label.zh, formats["need" if column.id in _NEEDED else "head"])
        cited = _cites(column, pack, on)
        comment = f"{column.label.zh}：{column.help.zh}。\n{column.label.en}: {column.help.en}."
        sheet.write_comment(0, place, comment + (f"\n{cited}" if cited else ""), {"x_scale": 1.6, "y_scale": 1.3})
        offered = ranges.get("theme" if column.id == "theme" else column.words)
        if offered:
            sheet.data_validation(
                1, place, _CHECKED_ROWS, place,
                {"validate": "list", "source": offered, "error_type": "warning",
                 "error_title": "请选择", "error_message": "请从列表中选择。Choose from the list."},
            )  # fmt: skip


def _entry(sheet: Any, style: Any, top: int, entry: Listed, choices: Choices) -> int:
    """Write one entry from row ``top``; answers the next free row."""
    data = entry.data
    bottom = top + max(1, len(data.items)) - 1
    own = {CODE: entry.code, PROVIDER: entry.provider_code, PROVIDER_NAME: entry.provider_name}
    for row in range(top, bottom + 1):
        item = data.items[row - top] if data.items else None
        for place, column in enumerate(FORM):
            if column.part is Part.ITEM:
                value = cells.write(column, getattr(item, column.field), choices) if item else ""
            elif row > top:
                value = ""
            else:
                value = (
                    own[column.id] if column.id in own else cells.write(column, getattr(data, column.field), choices)
                )
            if isinstance(value, int):
                sheet.write_number(row, place, value, style)
            elif value:
                sheet.write_string(row, place, value, style)
            else:
                sheet.write_blank(row, place, None, style)
    if bottom > top:
        for place, column in enumerate(FORM):
            if column.part is Part.ENTRY:
                # merge_range would write blanks into rows to come, which a streaming sheet has not begun yet.
                sheet.merge.append([top, place, bottom, place])
    return bottom + 1


def _offer(sheet: Any, choices: Choices) -> dict[str, str]:
    """The hidden sheet of choices; answers the range of each list."""
    sheet.hide()
    lists = {
        name: [label.zh for label in labels.values()] for name, labels in choices.labels.items() if name != "contains"
    }
    lists["theme"] = [theme.zh for theme in THEMES]
    names = list(lists)
    for row in range(max(len(words) for words in lists.values()) + 1):
        for place, name in enumerate(names):
            texts = [name, *lists[name]]
            if row < len(texts):
                sheet.write_string(row, place, texts[row])
    found = {}
    for place, name in enumerate(names):
        letter = xlsxwriter.utility.xl_col_to_name(place)
        found[name] = f"={_LISTS}!${letter}$2:${letter}${len(lists[name]) + 1}"
    return found


def _explain(sheet: Any, formats: dict[str, Any], pack: Pack, on: date) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 2, 52)
    sheet.set_column(3, 3, 44)
    sheet.write_string(0, 0, f"{EXPLANATION} How to fill in", formats["title"])
    row = 2
    for line in _HOW:
        sheet.write_string(row, 0, line.zh)
        sheet.write_string(row + 1, 0, line.en)
        row += 2
    row += 1
    for place, text in enumerate(("列 Column", "填写要求", "How", "依据 Source")):
        sheet.write_string(row, place, text, formats["head"])
    for column in FORM:
        row += 1
        sheet.write_string(row, 0, f"{column.label.zh} {column.label.en}", formats["wrap"])
        sheet.write_string(row, 1, column.help.zh, formats["wrap"])
        sheet.write_string(row, 2, column.help.en, formats["wrap"])
        sheet.write_string(row, 3, _cites(column, pack, on), formats["wrap"])


def _cites(column: Column, pack: Pack, on: date) -> str:
    """The articles of the city's rules that ask for a column."""
    labels: dict[str, None] = {}
    for name in column.sources:
        found = pack.find(name, on=on)
        labels |= {one.label("zh"): None for one in found.citations} if found and found.value else {}
    elements = pack.find("catalog.elements", on=on)
    asked = {
        field for element in (elements.value if elements else None) or () for field in ELEMENTS.get(element.id, ())
    }
    if elements and (column.id in asked or ("items" in asked and column.id == "item.title")):
        labels |= {one.label("zh"): None for one in elements.citations}
    return "、".join(labels)
