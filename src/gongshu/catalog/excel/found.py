"""What is found in a workbook: findings with their cells, and the entries that its rows make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gongshu.errors import Text


class Weight(StrEnum):
    """An error holds the entry back; a warning goes with it; a note says what the platform did by itself."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class CellFinding:
    """One finding: row from 1, column from 0 (-1: the whole row, row 0: the whole sheet); why it is so, how to mend it."""

    sheet: str
    row: int
    column: int
    weight: Weight
    code: str
    why: Text
    mend: Text
    proposal: str = ""

    @property
    def place(self) -> str:
        """The cell as a spreadsheet names it: C7."""
        return f"{letters(self.column)}{self.row or ''}" if self.column >= 0 else str(self.row or "")


@dataclass
class Block:
    """The rows of one entry. ``values`` are those of its columns that the workbook has, as JSON knows them."""

    sheet: str
    row: int
    places: Mapping[str, int]
    title: str = ""
    code: str = ""
    provider: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] | None = None  # None: the workbook says nothing about items
    item_rows: list[int] = field(default_factory=list)
    named: set[int] = field(default_factory=set)  # positions of items whose identifier the platform proposed
    proposed: bool = False  # the items were read from the summary
    held: bool = False  # an error holds it back
    findings: list[CellFinding] = field(default_factory=list)

    def find(
        self, weight: Weight, code: str, field_id: str, why: Text, mend: Text, row: int = 0, proposal: str = ""
    ) -> None:
        """Note a finding at a field's cell in ``row`` (the entry's first row)."""
        self.held |= weight is Weight.ERROR
        column = self.places.get(field_id, -1)
        self.findings.append(CellFinding(self.sheet, row or self.row, column, weight, code, why, mend, proposal))


def letters(column: int) -> str:
    """The name of a column: 0 is A, 26 is AA."""
    name, rest = "", column + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        name = chr(65 + place) + name
    return name
