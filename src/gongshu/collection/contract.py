"""What a file is measured against: the items that the catalog lists for a resource, in the words that
collection needs.

Only what the catalog lists is collected (Xi'an art. 16); the type codes are those of the catalog's items
(GB/T 21063-style: C N Y D T L M G B I F).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from gongshu.collection.names import normal
from gongshu.errors import GongshuError
from gongshu.lake.tables import OWN_COLUMNS, RAW, RAW_TYPE, ROW
from gongshu.lake.values import ARROW_TYPES

CHECKS = frozenset({"", "citizen_id", "uscc"})


@dataclass(frozen=True)
class Column:
    """One item. ``length`` is the most bytes a text may take in GB 18030 (ASCII one, a Chinese character
    two).
    """

    name: str
    title: str = ""
    type: str = "C"
    length: int | None = None
    required: bool = False
    is_key: bool = False
    check: str = ""

    @property
    def label(self) -> str:
        return self.title or self.name


@dataclass(frozen=True)
class Contract:
    """The columns that a file of ``resource`` must have, in the order in which they are stored."""

    resource: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        headers = [{normal(column.name), normal(column.title)} - {""} for column in self.columns]
        flat = [header for group in headers for header in group]
        problem = (
            not names
            or any(not normal(name) for name in names)
            or len(set(flat)) < len(flat)
            or bool(OWN_COLUMNS & {name.casefold() for name in names})
            or any(column.type not in ARROW_TYPES or column.check not in CHECKS for column in self.columns)
        )
        if problem:
            raise GongshuError(
                "collection.contract",
                f"资源 {self.resource} 的目录数据项有缺陷（没有数据项、名称重复、类型或校验规则未知），请先修订目录。",
                f"The catalog items of {self.resource} are faulty: none, a name twice, an "
                f"unknown type or check. "
                "Mend the catalog entry first.",
                resource=self.resource,
            )

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_key)

    @property
    def items(self) -> list[pa.Field]:
        """The columns as the table has them."""
        return [pa.field(column.name, ARROW_TYPES[column.type]) for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        """The table's schema: the columns, the source row, and the raw texts where they differ from the
        values.
        """
        return pa.schema([*self.items, pa.field(ROW, pa.int64()), pa.field(RAW, RAW_TYPE)])
