"""What a reviewer writes beside the fields of an entry that is sent back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gongshu.catalog.draft import ENTRY_FIELDS, ITEM_FIELDS, EntryData
from gongshu.errors import GongshuError

LONGEST_REMARK = 1000


@dataclass(frozen=True)
class FieldRemark:
    """What is to be mended at one place: ``path`` is a field, ``items.<name>`` or ``items.<name>.<field>``."""

    path: str
    text: str
    criterion: str = ""


def sound(remarks: Sequence[FieldRemark], data: EntryData) -> list[FieldRemark]:
    """The remarks that say something, each at a place that there is. Raises ``catalog.remark_place``."""
    names = {item.name for item in data.items}
    kept = []
    for one in remarks:
        head, _, rest = one.path.partition(".")
        name, _, field = rest.partition(".")
        known = (head in ENTRY_FIELDS and not rest) or (
            head == "items" and (not rest or (name in names and (not field or field in ITEM_FIELDS)))
        )
        if not known:
            raise GongshuError(
                "catalog.remark_place", "批注所指的字段不存在。", "There is no such field to remark on.", field="remark"
            )
        if one.text.strip():
            kept.append(FieldRemark(one.path, short(one.text), one.criterion[:40]))
    return kept


def short(text: str) -> str:
    """A remark as it is kept: no NUL, no more than ``LONGEST_REMARK`` characters."""
    return text.replace("\x00", " ").strip()[:LONGEST_REMARK]
