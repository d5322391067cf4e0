"""One record in the versions of a resource: what stood there, and whether it changed. Reads the lake, says no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from gongshu import crypto
from gongshu.catalog.draft import ItemData
from gongshu.errors import GongshuError
from gongshu.home import Home
from gongshu.lake import values
from gongshu.lake.tables import Table


@dataclass(frozen=True)
class Held:
    """What a version holds of a record: whether it is there, and the item's value as text (None: empty)."""

    present: bool
    value: str | None


def bind_key(items: Sequence[ItemData], key: Mapping[str, str]) -> dict[str, str]:
    """``key`` as the lake and the gateway spell it, so that one record has one commitment.

    GongshuError ``quality.key_incomplete`` or ``quality.key_unreadable``.
    """
    keys = {item.name: item for item in items if item.is_key}
    if not keys:
        raise GongshuError(
            "quality.no_key",
            "该数据没有主键，无法指明具体记录，请直接与提供单位联系。",
            "These data have no key, so a record cannot be named; turn to the provider.",
        )
    given = {name: value.strip() for name, value in key.items() if value.strip()}
    if given.keys() != keys.keys():
        titles = "、".join(item.title for item in keys.values())
        raise GongshuError(
            "quality.key_incomplete",
            f"请填写主键项，且只填主键项：{titles}。",
            f"Fill in the key items, and only these: {', '.join(keys)}.",
            field="key",
        )
    bound: dict[str, str] = {}
    for name, item in keys.items():
        stored = values.bind(str(item.data_type), given[name])
        if stored is None:
            raise GongshuError(
                "quality.key_unreadable",
                f"“{item.title}”的格式不对。",
                f"The form of “{name}” is not right.",
                field="key",
            )
        bound[name] = str(stored)
    return bound


def commitment(items: Sequence[ItemData], bound: Mapping[str, str]) -> str:
    """The commitment under which the gateway records calls about this record: of its key, in the order of the key."""
    return crypto.commit("|".join(bound[item.name] for item in items if item.is_key))


def held(
    home: Home, resource: str, number: int, items: Sequence[ItemData], bound: Mapping[str, str], item: str
) -> Held:
    """What version ``number`` holds of the record. NotFound for a version that was never committed."""
    table = Table(home, resource)
    table.version(number)
    kinds = {one.name: str(one.data_type) for one in items}
    present = set(table.schema(number).names)
    if not set(bound) <= present:
        return Held(False, None)
    condition = pl.all_horizontal(_text(name, kinds[name]) == value for name, value in bound.items())
    wanted = item if item and item in present else next(iter(bound))  # a literal alone would always be one row
    rows = table.read(number).filter(condition).select(_text(wanted, kinds[wanted]).alias("value")).head(1).collect()
    if rows.is_empty():
        return Held(False, None)
    value = rows["value"][0] if wanted == item else None
    return Held(True, None if value is None else str(value))


def _text(name: str, kind: str) -> pl.Expr:
    """A column as the text that ``bind_key`` makes of a value of its kind."""
    plain = values.plain(name, kind)
    return plain.cast(pl.Int8).cast(pl.String) if kind == "L" else plain.cast(pl.String)
