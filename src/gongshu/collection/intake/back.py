"""The way back (反向交换): the rows of a version into a table of the department, in one transaction of its database.

Rows whose key is there are updated, the others inserted; rows of the table that the version does not hold stay. Before
the transaction ends the table is asked whether it holds every key of the version; if not, nothing was written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import sqlalchemy as sa

from gongshu.collection.contract import Contract
from gongshu.collection.intake import connections, sql
from gongshu.collection.intake.settings import Database
from gongshu.collection.states import SourceKind
from gongshu.errors import GongshuError
from gongshu.lake.merging import Hashes, hashes
from gongshu.lake.tables import Table
from gongshu.lake.values import BEIJING

_BATCH = 2_000


@dataclass(frozen=True)
class Written:
    """What a way back did: rows of the version, and how many of them were inserted and updated."""

    version: int
    digest: str
    rows: int
    inserted: int
    updated: int


def write(
    kind: SourceKind,
    settings: Database,
    password: str,
    contract: Contract,
    table: Table,
    *,
    tick: Callable[[], None] = lambda: None,
) -> Written:
    """Write the latest version. Raises NotFound without one, GongshuError when the table does not fit, EnvironmentFault
    when the database refuses; in each case nothing is changed there.
    """
    version = table.version()
    target, columns = sql.target(kind, settings, password, contract)
    keys = [column.name for column in contract.columns if column.is_key]
    if not keys:
        raise GongshuError(
            "source.key_missing",
            "目录没有主键数据项，不能写回。请修订目录标明主键。",
            "The entry has no key item, so nothing can be written back. Mark the key in the entry.",
        )
    made = connections.engine(kind, settings, password)
    names = [column.name for column in contract.columns]
    inserted = updated = 0
    try:
        with made.begin() as connection:
            there = _sorted(sql.keys_of(connection, target, columns, contract))
            written: list[Hashes] = []
            for batch in table.batches(version.number, columns=names, size=_BATCH):
                tick()
                frame = pl.DataFrame(batch)
                found = hashes(frame, keys)
                written.append(found)
                known = _among(found, there)
                rows = [_plain(row, columns) for row in frame.to_dicts()]
                inserted += _insert(connection, target, columns, rows, ~known)
                updated += _update(connection, target, columns, keys, rows, known)
            after = _sorted(sql.keys_of(connection, target, columns, contract))
            wanted = np.concatenate(written) if written else np.zeros(0, np.uint64)
            if not _among(wanted, after).all():
                raise GongshuError(
                    "source.back_incomplete",
                    "写回后目标表缺少部分主键（可能被触发器或视图改写），已整体撤销。请核对目标表。",
                    "After writing, the table lacks some of the keys (a trigger or a view may have changed them); all of "
                    "it was undone. Examine the table.",
                )
    except GongshuError:
        raise
    except Exception as error:
        raise connections.fault(error) from error
    finally:
        made.dispose()
    return Written(version.number, version.digest, version.rows, inserted, updated)


def _insert(connection: Any, target: sa.Table, columns: Mapping[str, Any], rows: Sequence[Any], which: Any) -> int:
    chosen = [row for row, wanted in zip(rows, which, strict=True) if wanted]
    if chosen:
        values = {columns[name]: sa.bindparam(_bound(name)) for name in columns}
        connection.execute(sa.insert(target).values(values), chosen)
    return len(chosen)


def _update(
    connection: Any, target: sa.Table, columns: Mapping[str, Any], keys: Sequence[str], rows: Sequence[Any], which: Any
) -> int:
    chosen = [row for row, wanted in zip(rows, which, strict=True) if wanted]
    others = {columns[name]: sa.bindparam(_bound(name)) for name in columns if name not in keys}
    if chosen and others:
        same = [columns[name] == sa.bindparam(_bound(name)) for name in keys]
        connection.execute(sa.update(target).where(*same).values(others), chosen)
    return len(chosen)


def _bound(name: str) -> str:
    return f"v_{name}"


def _plain(row: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the database binds it: moments without an offset are Beijing's."""
    found = {}
    for name, value in row.items():
        kind = columns[name].type
        if isinstance(value, dt.datetime) and not getattr(kind, "timezone", False):
            value = value.astimezone(BEIJING).replace(tzinfo=None)
        if value is not None and isinstance(kind, sa.types.NullType):
            value = connections.text_of(value)
        found[_bound(name)] = value
    return found


def _sorted(found: Hashes) -> Hashes:
    return np.sort(found)


def _among(asked: Hashes, ordered: Hashes) -> Any:
    if not len(ordered):
        return np.zeros(len(asked), bool)
    places = np.minimum(np.searchsorted(ordered, asked), len(ordered) - 1)
    return ordered[places] == asked
