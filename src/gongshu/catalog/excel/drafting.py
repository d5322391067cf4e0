"""From the rows of one entry to what a compiler would have filled in, over what the catalog says already."""

from __future__ import annotations

from datetime import date
from typing import Any

from gongshu.catalog import consistency, shape
from gongshu.catalog.consistency import Severity
from gongshu.catalog.draft import EntryData, ItemData, as_plain, from_plain
from gongshu.catalog.excel.columns import ITEM_TITLE, TITLE
from gongshu.catalog.excel.found import Block, Weight
from gongshu.catalog.shape import normal
from gongshu.errors import Text
from gongshu.rules import Pack

_LISTS = {"rights", "contains", "related"}
_NEW_ITEM = as_plain(EntryData("", "", "", items=(ItemData("", ""),)))["items"][0]


def draft(block: Block, base: EntryData | None, provider: str) -> EntryData:
    """The entry that the rows say. What the workbook has no column for stays as in ``base``; an item is known again by
    its identifier or, where the identifier was only proposed, by its name.
    """
    plain = as_plain(base or EntryData(title="", abstract="", provider=provider))
    plain.update({name: _kept(plain[name], value) for name, value in block.values.items()})
    plain["provider"] = provider
    if block.items is not None and not (block.proposed and base and base.items):
        plain["items"] = _items(block, base)
    return from_plain(plain)


def check(
    block: Block, data: EntryData, *, pack: Pack, on: date, previous: EntryData | None, provider: str = ""
) -> None:
    """Note what the catalog says to ``data`` at the block's cells: faults of shape hold it back, open points go with it."""
    for wrong in shape.problems(data):
        field, row = str(wrong.where.get("field", "")), wrong.where.get("row")
        item = int(row) if row is not None and field not in _LISTS else None
        zh, en = wrong.text
        mend = Text("请按提示修改后重新上传。", "Mend it and upload the file again.")
        _at(block, Weight.ERROR, wrong.code.removeprefix("catalog."), field, item, Text(zh, en), mend)
    for found in consistency.findings(data, pack=pack, on=on, previous=previous, provider=provider):
        needed = found.severity is Severity.ERROR
        mend = (
            Text("可以先导入为草稿，提交审核前须改正。", "It is imported as a draft; mend it before submitting.")
            if needed
            else Text("请核对。", "Look at it.")
        )
        cited = "、".join(one.label("zh") for one in found.citations)
        why = Text(found.text.zh + (f"（{cited}）" if cited else ""), found.text.en)
        _at(block, Weight.WARNING, found.code, found.field, found.row, why, mend)


def _at(block: Block, weight: Weight, code: str, field: str, item: int | None, why: Text, mend: Text) -> None:
    if item is None:
        block.find(weight, code, field if field in block.places else TITLE, why, mend)
        return
    row = block.item_rows[item - 1] if item <= len(block.item_rows) else block.row
    fallback = "abstract" if block.proposed else ITEM_TITLE
    one = f"item.{field}"
    block.find(weight, code, one if one in block.places else fallback, why, mend, row)


def _items(block: Block, base: EntryData | None) -> list[dict[str, Any]]:
    known = as_plain(base)["items"] if base else []
    by_name = {normal(item["name"]): item for item in known}
    by_title = {normal(item["title"]): item for item in known}
    made = []
    for position, item in enumerate(block.items or ()):
        title = normal(str(item.get("title", "")))
        proposed = position in block.named
        there = by_title.get(title) if proposed else by_name.get(normal(str(item["name"])))
        values = dict(there or _NEW_ITEM)
        values.update({name: _kept(values.get(name), value) for name, value in item.items()})
        if proposed and there:
            values["name"] = there["name"]
        made.append(values)
    return made


def _kept(before: Any, now: Any) -> Any:
    """A text that differs in white space at its ends only is the same text."""
    return before if isinstance(before, str) and before.strip() == now else now
