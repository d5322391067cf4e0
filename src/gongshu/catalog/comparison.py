"""Two states of an entry beside each other: field by field, item by item. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from gongshu.catalog.draft import ENTRY_FIELDS, ITEM_FIELDS, EntryData, ItemData


@dataclass(frozen=True)
class FieldChange:
    """One field that differs."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ItemChange:
    """An item that is in both states and differs; ``moved`` when its place among the items that stayed changed."""

    name: str
    title: str
    fields: tuple[FieldChange, ...]
    moved: bool


@dataclass(frozen=True)
class Comparison:
    """What changed from one state to another. Items are the same when they have the same name."""

    fields: tuple[FieldChange, ...]
    added: tuple[ItemData, ...]
    removed: tuple[ItemData, ...]
    changed: tuple[ItemChange, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.added or self.removed or self.changed)


def compare(before: EntryData, after: EntryData) -> Comparison:
    """What differs in ``after``; empty exactly when both are equal."""
    was = {item.name: item for item in before.items}
    now = {item.name: item for item in after.items}
    kept_before = [name for name in was if name in now]
    kept_after = [name for name in now if name in was]
    changed = []
    for name in kept_after:
        fields = _fields(was[name], now[name], ITEM_FIELDS)
        moved = kept_before.index(name) != kept_after.index(name)
        if fields or moved:
            changed.append(ItemChange(name, now[name].title, fields, moved))
    return Comparison(
        fields=_fields(before, after, ENTRY_FIELDS),
        added=tuple(item for name, item in now.items() if name not in was),
        removed=tuple(item for name, item in was.items() if name not in now),
        changed=tuple(changed),
    )


def plain(found: Comparison) -> dict[str, Any]:
    """A comparison for programs: changed fields with both values, items by their names."""

    def fields(changes: tuple[FieldChange, ...]) -> list[dict[str, Any]]:
        return [{"field": one.field, "before": _value(one.before), "after": _value(one.after)} for one in changes]

    return {
        "fields": fields(found.fields),
        "added": [{"name": item.name, "title": item.title} for item in found.added],
        "removed": [{"name": item.name, "title": item.title} for item in found.removed],
        "changed": [
            {"name": item.name, "title": item.title, "moved": item.moved, "fields": fields(item.fields)}
            for item in found.changed
        ],
    }


def _value(value: Any) -> Any:
    """A field's value as JSON has it."""
    return msgspec.to_builtins(value)


def _fields(before: Any, after: Any, names: tuple[str, ...]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, getattr(before, name), getattr(after, name))
        for name in names
        if getattr(before, name) != getattr(after, name)
    )
