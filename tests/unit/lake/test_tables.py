"""Versions are immutable, atomic, and committed once per run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gongshu.errors import Conflict, EnvironmentFault, NotFound
from gongshu.home import Home
from gongshu.lake.tables import Table, folder_name

SCHEMA = pa.schema([("code", pa.string()), ("_row", pa.int64())])
WIDER = pa.schema([("code", pa.string()), ("founded", pa.date32()), ("_row", pa.int64())])


def batch(*codes: str) -> pa.RecordBatch:
    return pa.record_batch([pa.array(codes), pa.array(range(len(codes)), pa.int64())], schema=SCHEMA)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(Home(tmp_path), "333004/000001")


def test_versions_count_up_and_old_ones_stay_readable(table: Table) -> None:
    first = table.commit([batch("a", "b")], SCHEMA, run="run_1", info={"source_sha256": "ab"})
    second = table.commit([batch("c")], SCHEMA, run="run_2", info={})
    assert [version.number for version in table.versions()] == [first.number, second.number] == [1, 2]
    assert table.read(1).collect()["code"].to_list() == ["a", "b"]
    assert table.read().collect()["code"].to_list() == ["c"]
    assert (first.rows, first.info["source_sha256"]) == (2, "ab")
    assert [part.num_rows for part in table.batches(1)] == [2]


def test_a_run_that_is_tried_again_does_not_commit_twice(table: Table) -> None:
    table.commit([batch("a")], SCHEMA, run="run_1", info={})
    again = table.commit([batch("a")], SCHEMA, run="run_1", info={})
    assert again.number == 1
    assert len(table.versions()) == 1
    assert table.committed("run_1") == again
    assert len(list(table.data_folder.glob("*.parquet"))) == 1, "the second attempt's files are removed"


def test_what_was_written_and_not_committed_is_invisible_and_swept(table: Table) -> None:
    table.commit([batch("a")], SCHEMA, run="run_1", info={})
    writer = table.writer(SCHEMA, "run_2")
    writer.write(batch("half"))
    writer.close()
    assert table.read().collect()["code"].to_list() == ["a"]
    assert len(list(table.data_folder.glob("part-run_2-*.parquet"))) == 1
    table.writer(SCHEMA, "run_2").close()
    assert not list(table.data_folder.glob("part-run_2-*.parquet"))


def test_an_attempt_whose_parts_were_swept_cannot_commit(table: Table) -> None:
    slow = table.writer(SCHEMA, "run_1")
    slow.write(batch("slow"))
    parts = slow.release()
    table.commit([batch("quick")], SCHEMA, run="run_0", info={})
    table.writer(SCHEMA, "run_1")
    with pytest.raises(Conflict) as refused:
        table.commit_parts(parts, SCHEMA, [], run="run_1", info={})
    assert refused.value.code == "lake.part_gone"
    assert table.read().collect()["code"].to_list() == ["quick"]


def test_columns_may_change_between_versions(table: Table) -> None:
    table.commit([batch("a")], SCHEMA, run="run_1", info={})
    wide = pa.record_batch([["b"], pa.nulls(1, pa.date32()), [1]], schema=WIDER)
    table.commit([wide], WIDER, run="run_2", info={})
    assert table.schema(1).names == ["code", "_row"]
    assert table.schema(2).names == ["code", "founded", "_row"]
    assert table.read(2).collect().columns == ["code", "founded", "_row"]


def test_the_digest_finds_one_changed_byte(table: Table) -> None:
    table.commit([batch("a", "b")], SCHEMA, run="run_1", info={})
    assert table.check_digest()
    part = next(table.data_folder.glob("*.parquet"))
    content = bytearray(part.read_bytes())
    content[8] ^= 1
    part.write_bytes(content)
    assert not table.check_digest()


def test_quarantine_is_kept_per_run_once(table: Table) -> None:
    for _ in range(2):
        writer = table.quarantine_writer("run_1")
        rows = {"row": [3], "failures": [[{"column": "code", "rule": "required"}]], "raw": [",x"]}
        body = pa.Table.from_pydict(rows, schema=writer.schema)
        for part in body.to_batches():
            writer.write(part)
        table.commit_quarantine(writer.release(), run="run_1")
    kept = table.quarantine("run_1").collect().to_dicts()
    assert kept == [{"run": "run_1", "row": 3, "failures": [{"column": "code", "rule": "required"}], "raw": ",x"}]
    assert table.quarantine("run_2").collect().is_empty()


def test_an_unknown_version_says_so(table: Table) -> None:
    with pytest.raises(NotFound):
        table.version()
    table.commit([batch("a")], SCHEMA, run="run_1", info={})
    with pytest.raises(NotFound):
        table.read(7)


def test_a_folder_that_cannot_be_written_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where a folder should be")
    with pytest.raises(EnvironmentFault) as fault:
        Table(Home(tmp_path), "x").commit([batch("a")], SCHEMA, run="run_1", info={})
    assert fault.value.code == "lake.disk"


@pytest.mark.parametrize(
    ("code", "folder"),
    [("330324/0001", "330324~2f0001"), ("..", "~2e~2e"), ("a-b_C9", "a-b_C9"), ("", "~"), ("企", "~e4~bc~81")],
)
def test_codes_become_safe_folder_names(code: str, folder: str) -> None:
    assert folder_name(code) == folder


def test_parts_of_a_large_version_keep_the_order_of_the_source(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongshu.lake.parts.ROWS_PER_GROUP", 4)
    monkeypatch.setattr("gongshu.lake.parts.BYTES_PER_PART", 1)
    codes = [f"{number:03}" for number in range(50)]
    table.commit([batch(*codes[start : start + 5]) for start in range(0, 50, 5)], SCHEMA, run="r", info={})
    assert len(table.files()) > 3
    assert [code for part in table.batches() for code in part.column("code").to_pylist()] == codes
    assert table.check_digest()


def test_whole_numbers_are_stored_as_differences_and_read_by_everybody(tmp_path: Path) -> None:
    schema = pa.schema(
        [("id", pa.int64()), ("day", pa.date32()), ("at", pa.timestamp("us", tz="UTC")), ("same", pa.int64())]
    )
    ids = [*range(-5, 5_000, 3), -(2**63), 2**63 - 1, None]
    count = len(ids)
    columns = [
        pa.array(ids, pa.int64()),
        pa.array(list(range(count)), pa.int32()).cast(pa.date32()),
        pa.array([n * 1_000_003 for n in range(count)], pa.timestamp("us", tz="UTC")),
        pa.array([7] * count, pa.int64()),
    ]
    table = Table(Home(tmp_path), "r")
    table.commit([pa.record_batch(columns, schema=schema)], schema, run="run_1", info={})
    (path,) = table.files()
    held = pq.ParquetFile(path).metadata.row_group(0)
    encodings = {held.column(n).path_in_schema: held.column(n).encodings for n in range(held.num_columns)}
    assert all("DELTA_BINARY_PACKED" in encodings[name] for name in ("id", "day", "at"))
    assert "DELTA_BINARY_PACKED" not in encodings["same"]
    assert table.read().collect()["id"].to_list() == ids
    with duckdb.connect() as connection:
        assert [one for (one,) in connection.execute("SELECT id FROM read_parquet(?)", [str(path)]).fetchall()] == ids
