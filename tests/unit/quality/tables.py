"""Small tables for the tests of checks: columns of Python values written as a version's file would be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gongshu.lake.values import ARROW_TYPES
from gongshu.quality.checking import Ground, Outcome, Source, run
from gongshu.quality.checkset import CheckSet, parse

TODAY = date(2026, 11, 22)


def source(folder: Path, kinds: dict[str, str], columns: dict[str, list[Any]], *, name: str = "t") -> Source:
    """``kinds`` are the catalog's type letters. Source rows are counted from 2, below a header."""
    rows = len(next(iter(columns.values()))) if columns else 0
    schema = pa.schema([*(pa.field(one, ARROW_TYPES[kinds[one]]) for one in columns), pa.field("_row", pa.int64())])
    arrays = [pa.array(columns[one], ARROW_TYPES[kinds[one]]) for one in columns]
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table([*arrays, pa.array(range(2, rows + 2), pa.int64())], schema=schema), path)
    return Source([path], schema, datetime(2026, 11, 20, tzinfo=UTC))


def checks(*bodies: dict[str, Any]) -> CheckSet:
    return parse({"checks": list(bodies)})


def outcome(folder: Path, body: dict[str, Any], own: Source, **others: Source) -> Outcome:
    found = run(checks(body), Ground(own, others, TODAY, folder))[1]
    return found[0]
