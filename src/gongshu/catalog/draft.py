"""What a compiler fills in: an entry and its items as plain values, before they are rows.

Pages, the API, the Excel template, the command line and the drafting from a file all hand one of these to
``catalog.actions``; versions are kept as its canonical JSON. The shape is checked in one place, ``catalog.shape``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec

from gongshu.catalog.states import Check, DataType, OpenType, ShareType, UpdateCycle
from gongshu.catalog.terms import GRADES, BasisKind, FormatCategory, Grade, Level, Method, MethodCategory, ResourceKind
from gongshu.errors import GongshuError

STRICTNESS: tuple[str, ...] = ("UNCONDITIONAL", "CONDITIONAL", "PROHIBITED")
"""Share and open types from the freest to the strictest."""


@dataclass(frozen=True)
class ItemData:
    """One information item. ``name`` is the field's identifier, ``title`` what people call it; ``length`` in bytes.

    ``sensitive`` marks personal information, ``sensitive_personal`` sensitive personal information (PIPL 28). Attributes
    left None are those of the entry.
    """

    name: str
    title: str
    data_type: DataType = DataType.C
    length: int | None = None
    required: bool = False
    is_key: bool = False
    check: Check = Check.NONE
    mask: str = "none"
    sensitive: bool = False
    description: str = ""
    sensitive_personal: bool = False
    share_type: ShareType | None = None
    share_condition: str = ""
    share_basis: str = ""
    share_basis_kind: BasisKind = BasisKind.NONE
    open_type: OpenType | None = None
    open_condition: str = ""
    open_basis: str = ""
    update_cycle: UpdateCycle | None = None
    level: Level = Level.UNGRADED
    grade: Grade = Grade.GENERAL
    source_item: str = ""


@dataclass(frozen=True)
class RightData:
    """Who holds one of the rights in the data (xian-6 to xian-9); ``right`` is an id of the pack's ``catalog.rights``."""

    right: str
    holder: str


@dataclass(frozen=True)
class EntryData:
    """One catalog entry: the core metadata of 发改高技〔2017〕1272号 with the additions of 泸州11 and 永嘉10.

    ``kind``, ``division``, ``group`` and ``subgroup`` are 类, 项, 目 and 细目. ``theme`` is the field of the open portal
    (数据领域). ``level`` and ``grade`` are the entry's own statement; what counts is :attr:`effective_level`.
    """

    title: str
    abstract: str
    provider: str  # code of the organisation
    share_type: ShareType = ShareType.UNCONDITIONAL
    share_condition: str = ""
    share_basis: str = ""
    open_type: OpenType = OpenType.PROHIBITED
    open_condition: str = ""
    update_cycle: UpdateCycle = UpdateCycle.IRREGULAR
    theme: str = ""
    business_name: str = ""
    source_system: str = ""
    format_type: str = "csv"
    keywords: str = ""
    items: tuple[ItemData, ...] = field(default=())
    kind: ResourceKind = ResourceKind.DEPARTMENT
    division: str = ""
    group: str = ""
    subgroup: str = ""
    lead_department: str = ""
    format_category: FormatCategory = FormatCategory.SPREADSHEET
    format_note: str = ""
    encoding: str = "UTF-8"
    share_basis_kind: BasisKind = BasisKind.NONE
    share_method_category: MethodCategory = MethodCategory.PLATFORM
    share_method: Method = Method.FILE
    share_period: str = ""
    open_basis: str = ""
    open_filing: str = ""
    contains: tuple[str, ...] = ()  # what bars unconditional sharing, ids of the pack's list (yongjia-15)
    classified: bool = False
    legal_basis: str = ""
    level: Level = Level.UNGRADED
    grade: Grade = Grade.GENERAL
    rights: tuple[RightData, ...] = ()
    related: tuple[str, ...] = ()
    contact_name: str = ""
    contact_phone: str = ""

    def with_items(self, *items: ItemData) -> EntryData:
        return replace(self, items=tuple(items))

    @property
    def effective_level(self) -> Level:
        """The highest of the entry's own level and those of its items (GB/T 43697: 就高从严)."""
        return max([self.level, *(item.level for item in self.items)])

    @property
    def effective_grade(self) -> Grade:
        """The highest of the entry's own grade and those of its items."""
        return max([self.grade, *(item.grade for item in self.items)], key=GRADES.index)

    @property
    def personal(self) -> bool:
        """Whether any item holds personal information."""
        return any(item.sensitive or item.sensitive_personal for item in self.items)

    def share_type_of(self, item: ItemData) -> ShareType:
        """The item's own share type, else the entry's."""
        return item.share_type or self.share_type

    def open_type_of(self, item: ItemData) -> OpenType:
        """The item's own open type, else the entry's."""
        return item.open_type or self.open_type


ENTRY_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(EntryData) if f.name != "items")
ITEM_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(ItemData))


def strictest(types: Any, default: str) -> str:
    """The strictest of some share or open types; ``default`` when there are none."""
    return max((str(one) for one in types), key=STRICTNESS.index, default=str(default))


def as_plain(data: EntryData) -> dict[str, Any]:
    """The entry as values that JSON knows; :func:`from_plain` gives the same entry back."""
    plain: dict[str, Any] = msgspec.to_builtins(data)
    return plain


def canonical(data: EntryData) -> bytes:
    """The entry as JSON with sorted keys: the same entry gives the same bytes, and so the same digest."""
    return msgspec.json.encode(as_plain(data), order="sorted")


def from_plain(plain: Mapping[str, Any]) -> EntryData:
    """An entry from values that JSON knows.

    Raises:
        GongshuError: ``catalog.field_unknown`` for a field that the catalog does not have, ``catalog.shape`` for a value
            of the wrong type; ``where`` names the field.
    """
    _known(plain, (*ENTRY_FIELDS, "items"), "")
    rows = plain.get("items", ())
    for number, row in enumerate(rows if isinstance(rows, list | tuple) else (), start=1):
        if isinstance(row, Mapping):
            _known(row, ITEM_FIELDS, f"items[{number}].")
    try:
        return msgspec.convert(dict(plain), EntryData)
    except msgspec.ValidationError as wrong:
        path = str(wrong).rpartition(" - at `$")[2].rstrip("`").lstrip(".") if " - at `$" in str(wrong) else ""
        raise GongshuError(
            "catalog.shape",
            f"字段“{path or '目录'}”的值类型或取值不正确。",
            f"The value of “{path or 'the entry'}” is of a wrong type or not one of its choices.",
            field=path,
        ) from wrong


def from_canonical(stored: bytes | str) -> EntryData:
    """An entry from its canonical JSON."""
    return from_plain(msgspec.json.decode(stored))


def _known(plain: Mapping[str, Any], names: tuple[str, ...], prefix: str) -> None:
    unknown = sorted(str(name)[:60] for name in plain if name not in names)
    if unknown:
        raise GongshuError(
            "catalog.field_unknown",
            f"目录没有名为“{prefix}{unknown[0]}”的字段。",
            f"The catalog has no field “{prefix}{unknown[0]}”.",
            field=prefix + unknown[0],
        )
