"""The one place that checks the shape of a draft: lengths, signs, names. What an entry must say is ``consistency``'s.

A draft may be incomplete, so an empty text is no fault here; a text that no database or page could hold is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from gongshu.catalog.draft import EntryData, ItemData
from gongshu.errors import GongshuError, Text

ITEM_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,62}$", re.ASCII)
TITLE_LENGTH = 50  # as in the profiles of 1272号 in use
ABSTRACT_LENGTH = 256
MOST_ITEMS = 2000
LONGEST_VALUE = 2**31 - 1

LENGTHS: Mapping[str, int] = {
    "title": 100, "abstract": 2000, "share_condition": 1000, "share_basis": 1000, "open_condition": 1000,
    "open_basis": 1000, "open_filing": 100, "theme": 30, "business_name": 100, "source_system": 100, "format_type": 20,
    "format_note": 200, "encoding": 30, "keywords": 200, "division": 60, "group": 60, "subgroup": 60,
    "lead_department": 100, "share_period": 100, "legal_basis": 1000, "contact_name": 50, "contact_phone": 50,
}  # fmt: skip
ITEM_LENGTHS: Mapping[str, int] = {
    "name": 63, "title": 100, "mask": 20, "description": 300, "share_condition": 500, "share_basis": 500,
    "open_condition": 500, "open_basis": 500, "source_item": 100,
}  # fmt: skip
_LINES = {"abstract", "share_condition", "share_basis", "open_condition", "open_basis", "legal_basis"}
_WORDS: Mapping[str, Text] = {"title": Text("信息资源名称", "The title"), "abstract": Text("摘要", "The summary")}


def normal(text: str) -> str:
    """A title or name as it is compared: NFKC, no white space, lower case (1272号: no duplicates by spaces or width)."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def problems(data: EntryData) -> list[GongshuError]:
    """Everything about the shape that is wrong, each with ``field`` (and ``row`` for an item) in ``where``."""
    return list(_entry(data)) + list(_items(data.items))


def check(data: EntryData) -> None:
    """Raise the first of :func:`problems`."""
    for wrong in problems(data):
        raise wrong


def _entry(data: EntryData) -> Iterator[GongshuError]:
    for name, most in LENGTHS.items():
        yield from _text(name, getattr(data, name), most, None, lines=name in _LINES)
    for position, right in enumerate(data.rights, start=1):
        yield from _text("rights", right.right, 40, position)
        yield from _text("rights", right.holder, 100, position)
    for position, ground in enumerate(data.contains, start=1):
        yield from _text("contains", ground, 40, position)
    for position, code in enumerate(data.related, start=1):
        yield from _text("related", code, 40, position)


def _items(items: tuple[ItemData, ...]) -> Iterator[GongshuError]:
    if len(items) > MOST_ITEMS:
        yield GongshuError(
            "catalog.items_many",
            f"一项目录最多 {MOST_ITEMS} 个信息项。",
            f"An entry has at most {MOST_ITEMS} items.",
            field="items",
        )
    names: dict[str, int] = {}
    titles: dict[str, int] = {}
    for position, item in enumerate(items, start=1):
        for name, most in ITEM_LENGTHS.items():
            yield from _text(name, getattr(item, name), most, position)
        if not ITEM_NAME.match(item.name):
            yield GongshuError(
                "catalog.item_name",
                f"第 {position} 个信息项的英文标识须以字母开头，只含字母、数字和下划线。",
                f"The identifier of item {position} must begin with a letter and hold letters, digits and underscores only.",
                row=position,
                field="name",
            )
        if not item.title.strip():
            yield GongshuError(
                "catalog.item_title",
                f"第 {position} 个信息项缺少名称。",
                f"Item {position} has no title.",
                row=position,
                field="title",
            )
        if item.length is not None and not 0 < item.length <= LONGEST_VALUE:
            yield GongshuError(
                "catalog.item_length",
                f"第 {position} 个信息项的长度须为正整数。",
                f"The length of item {position} must be a positive number.",
                row=position,
                field="length",
            )
        yield from _once(names, item.name, position, Text("标识", "identifier"), "name")
        yield from _once(titles, item.title, position, Text("名称", "title"), "title")


def _once(seen: dict[str, int], value: str, position: int, what: Text, field: str) -> Iterator[GongshuError]:
    first = seen.setdefault(normal(value), position)
    if first != position:
        yield GongshuError(
            "catalog.item_twice",
            f"第 {first} 与第 {position} 个信息项的{what.zh}相同（忽略空格与全半角）。",
            f"Items {first} and {position} have the same {what.en} (spaces and width aside).",
            row=position,
            field=field,
        )


def _text(name: str, value: str, most: int, row: int | None, *, lines: bool = False) -> Iterator[GongshuError]:
    where: dict[str, str | int] = {"field": name} if row is None else {"field": name, "row": row}
    words = _WORDS.get(name, Text(f"字段“{name}”", f"The field “{name}”"))
    if len(value) > most:
        yield GongshuError(
            f"catalog.{name}_long",
            f"{words.zh}不得超过 {most} 个字符。",
            f"{words.en} has at most {most} characters.",
            **where,
        )
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in value if not (lines and sign in "\n\r\t")):
        yield GongshuError(
            f"catalog.{name}_unprintable",
            f"{words.zh}含有不可见字符（控制符或方向符），请重新输入。",
            f"{words.en} holds invisible signs (controls or direction marks); type it again.",
            **where,
        )
