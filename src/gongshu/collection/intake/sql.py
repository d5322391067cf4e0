"""Reading a table of a database: what columns it has, which rows changed, which keys it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from gongshu.collection import checks, typing
from gongshu.collection.contract import Column, Contract
from gongshu.collection.header import Layout
from gongshu.collection.intake import connections
from gongshu.collection.intake.connections import Link
from gongshu.collection.intake.settings import Condition, Database
from gongshu.collection.names import normal
from gongshu.collection.reading import Chunk, Detection, Source
from gongshu.collection.states import SourceKind
from gongshu.columns.cells import Cells
from gongshu.errors import GongshuError
from gongshu.lake.merging import Hashes, hashes

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "in": lambda column, value: column.in_(value if isinstance(value, list) else [value]),
    "is_null": lambda column, _: column.is_(None),
    "not_null": lambda column, _: column.is_not(None),
}


@dataclass(frozen=True)
class Described:
    """A source's table: its columns with their types, the key it declares, and how the entry's items fit."""

    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    found: Mapping[str, str]  # item -> column
    missing: tuple[str, ...]  # items without a column
    unlisted: tuple[str, ...]  # columns that the catalog does not list: they are never read


def describe(kind: SourceKind, settings: Database, password: str, contract: Contract) -> Described:
    """Look at the table. Raises GongshuError when there is none, EnvironmentFault when the database does not answer."""
    return _described(kind, settings, password, contract)[0]


def _described(kind: SourceKind, settings: Database, password: str, contract: Contract) -> tuple[Described, sa.Table]:
    table, key = _reflect(kind, settings, password)
    found = _match(settings, contract, [column.name for column in table.columns])
    described = Described(
        columns=tuple((column.name, _type_name(column.type)) for column in table.columns),
        key=key,
        found=found,
        missing=tuple(column.name for column in contract.columns if column.name not in found),
        unlisted=tuple(column.name for column in table.columns if column.name not in found.values()),
    )
    return described, table


def _type_name(kind: Any) -> str:
    return "" if isinstance(kind, sa.types.NullType) else str(kind)


def _reflect(kind: SourceKind, settings: Database, password: str) -> tuple[sa.Table, tuple[str, ...]]:
    made = connections.engine(kind, settings, password)
    try:
        inspector = sa.inspect(made)
        schema = settings.schema or None
        known = inspector.get_columns(settings.table, schema=schema)
        key = tuple(inspector.get_pk_constraint(settings.table, schema=schema).get("constrained_columns") or ())
    except sa.exc.NoSuchTableError as error:
        raise GongshuError(
            "source.table_unknown",
            f"来源中没有表“{settings.table}”，或账号无权查看。请核对表名和权限。",
            f"The source has no table “{settings.table}” that the account may see. Check its name and the rights.",
            field="table",
        ) from error
    except Exception as error:
        raise connections.fault(error) from error
    finally:
        made.dispose()
    columns = [sa.Column(one["name"], _plain(made, one["type"])) for one in known]
    return sa.Table(settings.table, sa.MetaData(), *columns, schema=schema), key


def _plain(made: sa.Engine, kind: Any) -> Any:
    """SQLite's declared types bind nothing: values are read and compared as they stand."""
    integer = isinstance(kind, sa.Integer)
    return kind if made.dialect.name != "sqlite" or integer else sa.types.NullType()


def _match(settings: Database, contract: Contract, columns: Sequence[str]) -> dict[str, str]:
    """Each item's column: the one declared, or the one of its name or title."""
    by_name = {normal(name): name for name in reversed(columns)}
    found = {}
    for column in contract.columns:
        declared = settings.columns.get(column.name)
        for name in (declared,) if declared else (column.name, column.title):
            if name and normal(name) in by_name:
                found[column.name] = name if name in columns else by_name[normal(name)]
                break
    return found


class Rows(Source):
    """The rows of one run: all of the table, or those from the watermark on. One link, one state of the source."""

    def __init__(
        self,
        link: Link,
        kind: SourceKind,
        settings: Database,
        password: str,
        contract: Contract,
        *,
        since: str = "",
        incremental: bool = False,
    ) -> None:
        described, self._table = _described(kind, settings, password, contract)
        if described.missing:
            raise _columns_missing(described.missing)
        self._link, self._contract, self._settings = link, contract, settings
        self._columns = [self._table.c[described.found[column.name]] for column in contract.columns]
        self._conditions = [_condition(self._table, one) for one in settings.where]
        self._mark = _column(self._table, settings.watermark, "watermark") if incremental else None
        self._since = since
        layout = Layout(0, tuple(range(len(contract.columns))), tuple(column.name for column in contract.columns))
        detection = Detection(str(kind), "", "", "", 0, "", (), ())
        self._select = self._conditions
        self.count, self.watermark, self.total = self._ask()
        super().__init__(detection, layout, self.count)

    def _ask(self) -> tuple[int, str, int]:
        """How many rows the run is to read, the watermark up to which, and how many rows the source has at all."""
        everything = sa.select(sa.func.count()).select_from(self._table).where(*self._conditions)
        total = int(self._link.ask(everything)[0])
        if self._mark is None:
            return total, "", total
        low = [self._mark >= self._low()] if self._since else []
        (upper,) = self._link.ask(sa.select(sa.func.max(self._mark)).where(*self._conditions, *low))
        if upper is None:
            self._select = [*self._conditions, sa.false()]
            return 0, self._since, total
        mark = connections.text_of(upper)
        self._select = [*self._conditions, *low, self._mark <= _value(self._mark, mark)]
        (count,) = self._link.ask(sa.select(sa.func.count()).select_from(self._table).where(*self._select))
        return int(count), mark, total

    def _low(self) -> Any:
        assert self._mark is not None  # noqa: S101 - asked for increments only
        low = _value(self._mark, self._since)
        overlap = self._settings.overlap
        if not overlap:
            return low
        if isinstance(low, dt.datetime):
            return low - dt.timedelta(seconds=overlap)
        if isinstance(low, dt.date):
            return low - dt.timedelta(days=-(-overlap // 86_400))
        return low - overlap if isinstance(low, int | Decimal | float) else low

    def chunks(self) -> Iterator[Chunk]:
        statement = sa.select(*(_readable(column) for column in self._columns)).where(*self._select)
        row = 1
        if not self.count:
            return
        for columns in self._link.stream(statement, len(self._columns)):
            count = len(columns[0])
            self.position = min(self.size, self.position + count)
            yield Chunk(columns, np.arange(row, row + count, dtype=np.int64), [])
            row += count

    def keys(self) -> Hashes:
        """The hashes of all keys that the source holds, whatever the watermark, in the state that the run saw."""
        named = [column for column in self._contract.columns if column.is_key]
        places = [self._contract.columns.index(column) for column in named]
        statement = sa.select(*(_readable(self._columns[place]) for place in places)).where(*self._conditions)
        found = []
        for columns in self._link.stream(statement, len(places)):
            found.append(_key_hashes(named, columns))
        return np.concatenate(found) if found else np.zeros(0, np.uint64)

    def provenance(self) -> dict[str, str | int]:
        return {"source_rows": self.count, "source_total": self.total, "watermark": self.watermark}


def target(
    kind: SourceKind, settings: Database, password: str, contract: Contract
) -> tuple[sa.Table, dict[str, sa.Column[Any]]]:
    """The table to write into, and the column of each item. Raises GongshuError when one has none."""
    table, _ = _reflect(kind, settings, password)
    found = _match(settings, contract, [column.name for column in table.columns])
    missing = [column.name for column in contract.columns if column.name not in found]
    if missing:
        raise _columns_missing(missing)
    return table, {column.name: table.c[found[column.name]] for column in contract.columns}


def keys_of(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Any], contract: Contract) -> Hashes:
    """The hashes of all keys that ``table`` holds, as this transaction sees it."""
    named = [column for column in contract.columns if column.is_key]
    result = connection.execute(sa.select(*(_readable(columns[column.name]) for column in named)).select_from(table))
    found = []
    while rows := result.fetchmany(connections.BATCH // 4):
        found.append(_key_hashes(named, connections.columns_of(rows, len(named))))
    return np.concatenate(found) if found else np.zeros(0, np.uint64)


def _columns_missing(names: Sequence[str]) -> GongshuError:
    named = "、".join(names[:10])
    return GongshuError(
        "source.columns_missing",
        f"来源表中找不到数据项：{named}。请在“列对应”中写明或修订目录。",
        f"The source's table has no column for: {named}. Name them under columns, or mend the entry.",
        field="columns",
    )


def _key_hashes(named: Sequence[Column], columns: Sequence[pa.StringArray]) -> Hashes:
    """The hashes of keys as the lake holds them: typed, and codes in their canonical spelling."""
    series = []
    for column, texts in zip(named, columns, strict=True):
        cells = Cells(texts)
        typed = typing.convert(column.type, cells)
        for _ in checks.apply(column, cells, typed):
            continue  # what is bad is in no version either
        series.append(pl.Series(column.name, typed.values))
    return hashes(pl.DataFrame(series), [column.name for column in named])


def _readable(column: sa.Column[Any]) -> Any:
    """The column in a form whose text the pipeline understands: moments as Beijing time without an offset, bits as
    numbers."""
    if isinstance(column.type, mysql.BIT):
        return sa.cast(column, sa.Integer)
    if isinstance(column.type, postgresql.TIMESTAMP) and column.type.timezone:
        return sa.func.timezone("Asia/Shanghai", column)
    return column


def _condition(table: sa.Table, one: Condition) -> Any:
    column = _column(table, one.column, "where")
    value: Any = one.value
    if isinstance(value, list):
        value = [_value(column, str(each)) for each in value]
    elif value is not None:
        value = _value(column, str(value))
    return _COMPARE[one.op](column, value)


def _column(table: sa.Table, name: str, field: str) -> sa.Column[Any]:
    if name not in table.c:
        raise GongshuError(
            "source.column_unknown",
            f"来源表中没有列“{name}”。请更正。",
            f"The source's table has no column “{name}”. Mend it.",
            field=field,
        )
    return table.c[name]


def _value(column: sa.Column[Any], text: str) -> Any:
    """``text`` as the column's own type, to be bound."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return text
    try:
        if kind is int:
            return int(text)
        if kind is bool:
            return text.strip().casefold() in {"1", "true", "t", "是"}
        if kind in (Decimal, float):
            return Decimal(text)
        if kind is dt.datetime:
            return dt.datetime.fromisoformat(text)
        if kind is dt.date:
            return dt.date.fromisoformat(text)
    except (ValueError, InvalidOperation) as error:
        raise GongshuError(
            "source.value_type",
            f"列“{column.name}”的条件或水位不符合其类型。请更正。",
            f"A condition or the watermark of column “{column.name}” does not fit its type. Mend it.",
            field="where",
        ) from error
    return text
