"""Rows merged into a version by their key: the next version without writing all of it again.

The part files that hold no key of the new rows stay as they are and are named again by the next commit; the
others are written again without the rows that were replaced or that the source no longer holds. Keys are told
apart by 64-bit hashes, held in memory: eight bytes for each new key, eight for each key that the source holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from gongshu.errors import GongshuError
from gongshu.lake.parts import Part, PartWriter
from gongshu.lake.tables import OWN_COLUMNS, Table, Version

Hashes = npt.NDArray[np.uint64]

_BATCH = 65_536
_SMALL = 4 << 20  # bytes; so many small parts of many small runs are written together again
_SMALL_PARTS = 32


@dataclass(frozen=True)
class Merged:
    """The parts of the next version and what became of the rows. ``same`` rows came again as they were."""

    parts: tuple[Part, ...]
    rows: int
    inserted: int
    updated: int
    same: int
    deleted: int

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


def merge(
    table: Table,
    base: Version,
    fresh: Sequence[Part],
    schema: pa.Schema,
    *,
    keys: Sequence[str],
    run: str,
    present: Hashes | None = None,
    most_deleted: float = 1.0,
    tick: Callable[[], None] = lambda: None,
) -> Merged:
    """Put the rows of the parts ``fresh`` into the place of those of ``base`` with the same keys.

    ``present`` are the hashes (:func:`hashes`) of all keys that the source holds: rows of ``base`` with other
    keys are deleted, at most the share ``most_deleted`` of them. Nothing is committed. Raises GongshuError.
    """
    new = _Fresh([table.data_folder / part.path for part in fresh], keys, schema)
    plans, counts = [], _Counts()
    present = np.sort(present) if present is not None else None
    olds = table.parts(base.number, copies=True)
    many_small = sum(part.size < _SMALL for part in olds) >= _SMALL_PARTS
    for part in olds:
        tick()
        plans.append(_plan(table.data_folder / part.path, schema, new, present, counts))
    if counts.deleted and counts.deleted > most_deleted * base.rows:
        raise _too_many_deleted(counts.deleted, base.rows)
    same = counts.same
    updated = counts.replaced - same
    inserted = new.rows - counts.replaced
    kept: list[Part] = []
    with PartWriter(table.data_folder, schema, run) as writer:
        if inserted or updated or counts.deleted:
            for part, keep in zip(olds, plans, strict=True):
                tick()
                if keep is None and not (many_small and part.size < _SMALL):
                    kept.append(part)
                else:
                    _copy(table.data_folder / part.path, schema, keep, writer)
        parts = (*kept, *writer.release(), *fresh)
    return Merged(parts, sum(part.rows for part in parts), inserted, updated, same, counts.deleted)


def hashes(frame: pl.DataFrame, keys: Sequence[str]) -> Hashes:
    """The 64-bit hashes of the rows' ``keys``; equal values of equal types give equal hashes within one process."""
    chosen = frame.select(list(keys))
    series = chosen.to_series() if chosen.width == 1 else chosen.to_struct("key")
    found: Hashes = series.hash(seed=0).to_numpy()
    return found


@dataclass
class _Counts:
    replaced: int = 0
    same: int = 0
    deleted: int = 0


class _Fresh:
    """The keys of the new rows, sorted, with a hash of each whole row beside them."""

    def __init__(self, paths: Sequence[Path], keys: Sequence[str], schema: pa.Schema) -> None:
        self.keys = keys
        self.items = [name for name in schema.names if name not in OWN_COLUMNS]
        found, whole = [], []
        for path in paths:
            for frame in _frames(path, schema):
                found.append(hashes(frame, keys))
                whole.append(hashes(frame, self.items))
        order = np.argsort(np.concatenate(found or [np.zeros(0, np.uint64)]), kind="stable")
        self._keys = np.concatenate(found or [np.zeros(0, np.uint64)])[order]
        self._whole = np.concatenate(whole or [np.zeros(0, np.uint64)])[order]
        self.rows = len(self._keys)

    def among(self, asked: Hashes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
        return _among(asked, self._keys)

    def whole(self, places: npt.NDArray[np.intp]) -> Hashes:
        return self._whole[places]


def _plan(
    path: Path, schema: pa.Schema, new: _Fresh, present: Hashes | None, counts: _Counts
) -> npt.NDArray[np.bool_] | None:
    """Which rows of an old part stay; None when the file can stay as it is."""
    keeps = []
    touched = pq.read_schema(path).names != schema.names
    for frame in _frames(path, schema):
        asked = hashes(frame, new.keys)
        replaced, places = new.among(asked)
        counts.replaced += int(replaced.sum())
        if replaced.any():
            whole = hashes(frame.filter(pl.Series(replaced)), new.items)
            counts.same += int((whole == new.whole(places[replaced])).sum())
        keep = ~replaced
        if present is not None:
            gone = keep & ~_among(asked, present)[0]
            counts.deleted += int(gone.sum())
            keep &= ~gone
        keeps.append(keep)
    keep = np.concatenate(keeps) if keeps else np.zeros(0, bool)
    return None if keep.all() and not touched else keep


def _copy(path: Path, schema: pa.Schema, keep: npt.NDArray[np.bool_] | None, writer: PartWriter) -> None:
    start = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            fitted = _fit(batch, schema)
            if keep is not None:
                fitted = fitted.filter(pa.array(keep[start : start + batch.num_rows]))
            start += batch.num_rows
            writer.write(fitted)


def _frames(path: Path, schema: pa.Schema) -> Iterator[pl.DataFrame]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            fitted = _fit(batch, schema)
            items = [name for name in schema.names if name not in OWN_COLUMNS]
            frame = pl.from_arrow(pa.Table.from_batches([fitted.select(items)]))
            assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table gives a frame
            yield frame


def _fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with the columns of ``schema``: a column that the catalog has since added is null in old rows."""
    if batch.schema.names == schema.names and batch.schema.types == schema.types:
        return pa.RecordBatch.from_arrays(batch.columns, schema=schema)
    arrays = []
    for column in schema:
        if column.name not in batch.schema.names:
            arrays.append(pa.nulls(batch.num_rows, column.type))
            continue
        array = batch.column(column.name)
        if array.type != column.type:
            raise GongshuError(
                "lake.merge_type",
                f"数据项“{column.name}”的类型已变更，不能按主键合并到原有版本。请先做一次全量归集。",
                f"The item “{column.name}” has another type than in the present version, so rows cannot be merged "
                "into it. Collect the whole once.",
                item=column.name,
            )
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _among(asked: Hashes, ordered: Hashes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    """Where ``asked`` are among the sorted ``ordered``, and at which place."""
    if not len(ordered):
        return np.zeros(len(asked), bool), np.zeros(len(asked), np.intp)
    places = np.minimum(np.searchsorted(ordered, asked), len(ordered) - 1)
    return np.asarray(ordered[places] == asked), places


def _too_many_deleted(deleted: int, rows: int) -> GongshuError:
    return GongshuError(
        "lake.merge_deletes",
        f"来源中缺少现有 {rows} 行中的 {deleted} 行，超过允许删除的比例，未作更改。请核对来源后重试或调整比例。",
        f"The source no longer holds {deleted} of the {rows} present rows, more than may be deleted at once; nothing "
        "was changed. Examine the source, then try again or allow a larger share.",
    )
