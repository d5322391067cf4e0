"""Merging by key comes to what a dictionary would; files without a touched row are named again, not written again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.errors import Conflict, GongshuError
from gongshu.home import Home
from gongshu.lake import merging
from gongshu.lake.parts import PartWriter
from gongshu.lake.tables import RAW, RAW_TYPE, ROW, Table

SCHEMA = pa.schema([("key", pa.string()), ("value", pa.int64()), (ROW, pa.int64()), (RAW, RAW_TYPE)])
ROWS = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 3), max_size=12)


def batch(rows: dict[str, int]) -> pa.RecordBatch:
    count = len(rows)
    columns = [list(rows), list(rows.values()), list(range(count)), [None] * count]
    return pa.record_batch([pa.array(one, kind.type) for one, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def held(table: Table) -> dict[str, int]:
    frame = table.read().collect()
    assert frame["key"].is_unique().all()
    return dict(zip(frame["key"].to_list(), frame["value"].to_list(), strict=True))


def merge(table: Table, rows: dict[str, int], run: str, present: set[str] | None = None, **options: object):
    base = table.version()
    with table.writer(SCHEMA, run) as writer:
        writer.write(batch(rows))
        fresh = writer.release()
    keys = None
    if present is not None:
        keys = merging.hashes(pl.DataFrame({"key": sorted(present)}, schema={"key": pl.String}), ["key"])
    merged = merging.merge(table, base, fresh, SCHEMA, keys=["key"], run=run, present=keys, **options)  # type: ignore[arg-type]
    if merged.changed:
        table.commit_parts(merged.parts, SCHEMA, [], run=run, info={}, after=base.number)
    return merged


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.tuples(ROWS, st.none() | st.sets(st.text("abcdef", min_size=1, max_size=2))), max_size=4),
    first=ROWS,
)
def test_it_comes_to_what_a_dictionary_would(first, steps):
    with tempfile.TemporaryDirectory() as folder:
        table = Table(Home(Path(folder)), "r")
        expected = first | {"zz": 9}
        table.commit([batch(expected)], SCHEMA, run="run-0", info={})
        for number, (rows, present) in enumerate(steps, 1):
            before = dict(expected)
            expected |= rows
            if present is not None:
                expected = {key: value for key, value in expected.items() if key in present or key in rows}
            merged = merge(table, rows, f"run-{number}", present)
            assert merged.inserted == len(rows.keys() - before.keys())
            assert merged.updated == sum(before.get(key, value) != value for key, value in rows.items())
            assert merged.same == sum(before.get(key) == value for key, value in rows.items())
            assert merged.deleted == len(before.keys() - expected.keys())
            assert merged.changed == (before != expected)
            assert held(table) == expected
            assert table.version().rows == len(expected)
            assert table.check_digest()


@pytest.fixture
def table(tmp_path: Path) -> Table:
    table = Table(Home(tmp_path), "r")
    parts = []
    table.writer(SCHEMA, "run-a")
    for rows in ({"a": 1, "b": 2}, {"c": 3, "d": 4}):
        with PartWriter(table.data_folder, SCHEMA, "run-a") as writer:
            writer.write(batch(rows))
            parts += writer.release()
    table.commit_parts(parts, SCHEMA, [], run="run-a", info={})
    return table


def test_a_file_without_a_touched_row_stays(table):
    old = {path.name: path.stat().st_mtime_ns for path in table.files()}
    assert len(old) == 2
    merge(table, {"a": 7, "e": 5}, "run-b")
    new = {path.name: path.stat().st_mtime_ns for path in table.files()}
    kept = old.items() & new.items()
    assert len(kept) == 1 and len(new) == 3
    assert held(table) == {"a": 7, "b": 2, "c": 3, "d": 4, "e": 5}
    earlier = table.read(1).collect()
    assert sorted(earlier["key"].to_list()) == ["a", "b", "c", "d"], "the version before is whole"


def test_a_column_that_the_catalog_added_is_empty_in_old_rows(table):
    wider = pa.schema([*list(SCHEMA)[:2], pa.field("extra", pa.string()), *list(SCHEMA)[2:]])
    columns = [["a"], [1], ["new"], [1], [None]]
    rows = pa.record_batch([pa.array(v, f.type) for v, f in zip(columns, wider, strict=True)], schema=wider)
    base = table.version()
    with table.writer(wider, "run-b") as writer:
        writer.write(rows)
        fresh = writer.release()
    merged = merging.merge(table, base, fresh, wider, keys=["key"], run="run-b")
    table.commit_parts(merged.parts, wider, [], run="run-b", info={}, after=base.number)
    frame = table.read().collect().sort("key")
    assert frame["extra"].to_list() == ["new", None, None, None]


def test_a_type_that_changed_asks_for_the_whole(table):
    other = pa.schema([SCHEMA.field(0), pa.field("value", pa.string()), *list(SCHEMA)[2:]])
    with pytest.raises(GongshuError) as refusal:
        merging.merge(table, table.version(), [], other, keys=["key"], run="run-b", present=np.zeros(0, np.uint64))
    assert refusal.value.code == "lake.merge_type"


def test_another_writer_in_between_is_noticed(table):
    base = table.version()
    with table.writer(SCHEMA, "run-b") as writer:
        writer.write(batch({"a": 5}))
        fresh = writer.release()
    merged = merging.merge(table, base, fresh, SCHEMA, keys=["key"], run="run-b")
    table.commit([batch({"x": 1})], SCHEMA, run="run-c", info={})
    with pytest.raises(Conflict):
        table.commit_parts(merged.parts, SCHEMA, [], run="run-b", info={}, after=base.number)
    assert held(table) == {"x": 1}


def test_many_small_files_are_written_together(table):
    for number in range(35):
        merge(table, {f"n{number}": number}, f"run-{number + 10}")
    assert len(table.files()) < 34
    assert len(held(table)) == 39
