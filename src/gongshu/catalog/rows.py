"""Between the plain values of a draft and the rows of the catalog; both ways without loss."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from gongshu.catalog import shape
from gongshu.catalog.draft import ENTRY_FIELDS, ITEM_FIELDS, EntryData, ItemData, as_plain, canonical, from_plain
from gongshu.catalog.models import Entry, EntryVersion, Item
from gongshu.crypto import provider

_COLUMNS = tuple(name for name in ENTRY_FIELDS if name != "provider")
_ITEM_COLUMNS = {name: "check_rule" if name == "check" else name for name in ITEM_FIELDS}


def item_of(row: Item) -> ItemData:
    """An item as its compiler filled it in."""
    return msgspec.convert(_item_plain(row), ItemData)


def data_of(entry: Entry) -> EntryData:
    """The entry as readers see it: published, or the draft of one that never was."""
    plain: dict[str, Any] = {name: getattr(entry, name) for name in _COLUMNS}
    plain["provider"] = entry.provider.code
    plain["items"] = [_item_plain(row) for row in entry.items.all()]
    return msgspec.convert(plain, EntryData)


def draft_of(entry: Entry) -> EntryData:
    """What is being worked on: the revision where there is one, else the entry."""
    revision = getattr(entry, "revision", None)
    return from_plain(revision.data) if revision is not None else data_of(entry)


def write(entry: Entry, data: EntryData, moment: datetime) -> None:
    """Make the rows say what ``data`` says. An item that keeps its name keeps its row."""
    plain = as_plain(data)
    for name in _COLUMNS:
        setattr(entry, name, plain[name])
    entry.title_key = shape.normal(data.title)
    entry.highest_level = int(data.effective_level)
    entry.highest_grade = data.effective_grade
    entry.personal = data.personal
    entry.changed_at = moment
    entry.save()
    there = {row.name: row for row in Item.objects.filter(entry=entry)}
    Item.objects.filter(pk__in=[row.pk for name, row in there.items() if name not in _names(data)]).delete()
    new, kept = [], []
    for position, values in enumerate(plain["items"], start=1):
        row = there.get(values["name"]) or Item(entry=entry)
        row.position = position
        for name, column in _ITEM_COLUMNS.items():
            setattr(row, column, values[name])
        (kept if row.pk else new).append(row)
    Item.objects.bulk_create(new)
    Item.objects.bulk_update(kept, ["position", *_ITEM_COLUMNS.values()], batch_size=200)


def digest(data: EntryData) -> str:
    """SM3 over the canonical JSON, in hex."""
    return provider().digest_sm3(canonical(data)).hex()


def keep_version(entry: Entry, data: EntryData, *, criteria: list[str], remark: str) -> EntryVersion:
    """The entry's published state, kept for good under its version number; a second call changes nothing."""
    kept, _ = EntryVersion.objects.get_or_create(
        entry=entry,
        number=entry.version,
        defaults={
            "at": entry.published_at,
            "body": canonical(data).decode(),
            "digest": digest(data),
            "compiled_by_id": entry.compiled_by_id,
            "reviewed_by_id": entry.reviewed_by_id,
            "criteria": criteria,
            "remark": remark,
        },
    )
    return kept


def _names(data: EntryData) -> set[str]:
    return {item.name for item in data.items}


def _item_plain(row: Item) -> dict[str, Any]:
    return {name: getattr(row, column) for name, column in _ITEM_COLUMNS.items()}
