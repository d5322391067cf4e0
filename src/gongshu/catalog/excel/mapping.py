"""Which column of a sheet is which field: found from its header, remembered from last time, or chosen by a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gongshu.catalog.excel.columns import COLUMNS, ITEM_TITLE, SYNONYMS, TITLE, Part, key
from gongshu.catalog.excel.sheets import Sheet

SEARCHED_ROWS = 20
LEAST = 2
IGNORED = "-"
EXPLANATION = "公数目录填写说明"
"""The first cell of the template's own sheet of explanations, which holds no entries."""


class How(StrEnum):
    """How a column came to its field."""

    FOUND = "found"
    REMEMBERED = "remembered"
    CHOSEN = "chosen"
    NOTE = "note"  # known, and not imported
    IGNORED = "ignored"  # a person said that it is not to be imported
    TWICE = "twice"  # another column is that field already
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Mapped:
    """One column of a sheet: ``column`` from 0, its header as written, the id of the form's column or nothing."""

    column: int
    header: str
    field: str
    how: How


@dataclass(frozen=True)
class SheetMapping:
    """A sheet's header row (from 1) and columns; ``row`` 0: no header was found and nothing of the sheet is read."""

    sheet: str
    row: int
    columns: tuple[Mapped, ...] = ()

    @property
    def places(self) -> dict[str, int]:
        """From field to column, of what is imported."""
        return {one.field: one.column for one in self.columns if one.field and one.how in _IMPORTED}


_IMPORTED = {How.FOUND, How.REMEMBERED, How.CHOSEN}


def map_sheets(
    sheets: Iterable[Sheet], *, chosen: Mapping[str, str] | None = None, remembered: Mapping[str, str] | None = None
) -> tuple[SheetMapping, ...]:
    """A mapping for each sheet. ``chosen`` and ``remembered`` say for a header's key which field it is (``-``: none)."""
    decided = {**dict.fromkeys(remembered or {}, How.REMEMBERED), **dict.fromkeys(chosen or {}, How.CHOSEN)}
    choices = {**(remembered or {}), **(chosen or {})}
    return tuple(_map(sheet, choices, decided) for sheet in sheets if not is_explanation(sheet))


def is_explanation(sheet: Sheet) -> bool:
    return bool(sheet.rows) and sheet.rows[0][1][0].startswith(EXPLANATION)


def signature(mappings: Iterable[SheetMapping]) -> str:
    """What a source is known by: its headers, whatever their order."""
    headers = sorted({key(one.header) for mapping in mappings for one in mapping.columns})
    return hashlib.sha256("\n".join(headers).encode()).hexdigest()


def _map(sheet: Sheet, choices: Mapping[str, str], decided: Mapping[str, How]) -> SheetMapping:
    best, row, header = 0, 0, list[str]()
    for place, (number, texts) in enumerate(sheet.rows[:SEARCHED_ROWS]):
        fields = {choices.get(key(text)) or SYNONYMS.get(key(text), "") for text in texts if text} - {"", IGNORED}
        if TITLE in fields and len(fields) > max(best, LEAST - 1 if place else 0):
            best, row, header = len(fields), number, texts
    if not row:
        return SheetMapping(sheet.name, 0)
    return SheetMapping(sheet.name, row, tuple(_columns(header, choices, decided)))


def _columns(header: list[str], choices: Mapping[str, str], decided: Mapping[str, How]) -> Iterator[Mapped]:
    found = [(place, text.strip(), _field(text, choices)) for place, text in enumerate(header) if text.strip()]
    if ITEM_TITLE not in {field for _, _, field in found}:
        # 数据类型 is an item's type where there are items, and the format of the whole where there are none.
        found = [(place, text, "" if field == "item.data_type" else field) for place, text, field in found]
    taken = {field for _, text, field in found if key(text) in decided}
    for place, text, field in found:
        how = decided.get(key(text), How.FOUND)
        if field == IGNORED:
            yield Mapped(place, text, "", How.IGNORED)
        elif not field:
            yield Mapped(place, text, "", How.UNKNOWN)
        elif COLUMNS[field].part is Part.NOTE:
            yield Mapped(place, text, field, How.NOTE)
        elif how is How.FOUND and field in taken:
            yield Mapped(place, text, field, How.TWICE)
        else:
            taken.add(field)
            yield Mapped(place, text, field, how)


def _field(text: str, choices: Mapping[str, str]) -> str:
    wanted = choices.get(key(text)) or SYNONYMS.get(key(text), "")
    return wanted if wanted in COLUMNS or wanted == IGNORED else ""
