"""The result of a comparison as Parquet, XLSX or CSV, streamed; columns may be masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.lake.comparison import Comparison
from gongshu.lake.workbooks import Sheet, split, write_csv, write_xlsx

Mask = Callable[[str], str]


def write(found: Comparison, target: Path, masks: Mapping[str, Mask]) -> int:
    """Write every difference to ``target``, in the form that its name says; how many rows.

    ``masks`` by column hide keys and cells of that column. Raises GongshuError ``lake.compare_form``.
    """
    try:
        if target.suffix == ".csv":
            return write_csv(target, found.heads, masked(found, masks))
        if target.suffix == ".xlsx":
            return write_xlsx(target, [Sheet("差异 differences", found.heads, masked(found, masks))])
        if target.suffix == ".parquet":
            return _parquet(found, target, masks)
    except OSError as error:
        raise EnvironmentFault(
            "lake.compare_disk",
            f"结果无法写入 {target}（{error.strerror or error}）。",
            f"The result cannot be written to {target} ({error.strerror or error}).",
        ) from error
    raise GongshuError(
        "lake.compare_form",
        "结果文件须为 .csv、.xlsx 或 .parquet。",
        "The result is a .csv, .xlsx or .parquet file.",
    )


def masked(found: Comparison, masks: Mapping[str, Mask], *, limit: int | None = None) -> Iterator[tuple[Any, ...]]:
    """The differences with the values of some columns masked: in the key, and in the cells of that column."""
    rows = found.rows(limit)
    if not masks:
        yield from rows
        return
    keys = [masks.get(key) for key in found.plan.keys]
    for change, *rest in rows:
        own, (column, left, right) = rest[: len(keys)], rest[len(keys) :]
        shown = (v if mask is None or v is None else mask(str(v)) for v, mask in zip(own, keys, strict=True))
        mask = masks.get(column) if column is not None else None
        cells = (left, right) if mask is None else tuple(None if v is None else mask(str(v)) for v in (left, right))
        yield (change, *shown, column, *cells)


def _parquet(found: Comparison, target: Path, masks: Mapping[str, Mask]) -> int:
    if not masks:
        found.write_parquet(target)
        return int(pq.read_metadata(target).num_rows)
    schema = pa.schema([pa.field(head, pa.string()) for head in found.heads])
    count = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for some in split(masked(found, masks), 10_000):
            columns = [pa.array([row[n] for row in some], pa.string()) for n in range(len(schema))]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            count += len(some)
    return count
