"""Rows of items pasted from a spreadsheet: title, identifier, type, length, description; separated by tabs or commas."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gongshu.catalog.draft import ItemData
from gongshu.catalog.shape import ITEM_NAME, normal
from gongshu.catalog.states import TYPE_LABELS, DataType
from gongshu.collection import drafting
from gongshu.errors import GongshuError

MOST_ROWS = 2000
_HEADERS = {"名称", "信息项名称", "数据项名称", "title"}
_TYPES = {normal(label.zh.split()[0]): kind for kind, label in TYPE_LABELS.items()} | {
    normal("字符串型"): DataType.C,
    normal("整形"): DataType.I,
}


def items(text: str, there: Sequence[ItemData] = ()) -> tuple[ItemData, ...]:
    """The items that ``text`` lists. A missing identifier is proposed; what is there already is told, not doubled.

    Raises:
        GongshuError: ``web.paste_empty``, ``web.paste_type`` or ``web.paste_length`` with the row, ``web.paste_many``.
    """
    lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
    rows = [[cell.strip() for cell in re.split(r"\t|,|，", line)] for line in lines]
    if rows and normal(rows[0][0]) in {normal(one) for one in _HEADERS}:
        rows = rows[1:]
    if not rows:
        raise GongshuError("web.paste_empty", "没有可以粘贴的行。", "There are no rows to paste.", field="pasted")
    if len(rows) > MOST_ROWS:
        raise GongshuError(
            "web.paste_many", f"一次最多粘贴 {MOST_ROWS} 行。", f"At most {MOST_ROWS} rows at once.", field="pasted"
        )
    rows = [row + [""] * (5 - len(row)) for row in rows]
    taken = [item.title for item in there]
    proposed = drafting.identifiers([*taken, *(row[0] for row in rows)])[len(taken) :]
    names = {normal(item.name) for item in there}
    found = []
    for number, (row, name) in enumerate(zip(rows, proposed, strict=True), start=1):
        given = row[1] if ITEM_NAME.match(row[1]) else name
        while normal(given) in names:
            given = f"{given[:58]}_{number}"
        names.add(normal(given))
        found.append(
            ItemData(
                name=given,
                title=row[0],
                data_type=_type(row[2], number),
                length=_length(row[3], number),
                description="，".join(cell for cell in row[4:] if cell)[:300],
            )
        )
    return tuple(found)


def _type(said: str, row: int) -> DataType:
    """A type by its letter, its name, or both (字符型C, 整形I)."""
    plain = normal(said)
    if not plain:
        return DataType.C
    if plain.upper() in set(DataType):
        return DataType(plain.upper())
    if plain[-1:].upper() in set(DataType) and plain[:-1] in _TYPES:
        return _TYPES[plain[:-1]]
    if plain in _TYPES:
        return _TYPES[plain]
    raise GongshuError(
        "web.paste_type",
        f"第 {row} 行的数据类型无法识别。",
        f"The type in row {row} is not known.",
        field="pasted",
        row=row,
    )


def _length(said: str, row: int) -> int | None:
    if not said:
        return None
    if said.isascii() and said.isdecimal() and 0 < len(said) < 10 and int(said):
        return int(said)
    raise GongshuError(
        "web.paste_length",
        f"第 {row} 行的长度须为正整数。",
        f"The length in row {row} must be a positive number.",
        field="pasted",
        row=row,
    )
