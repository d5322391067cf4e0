"""Going back, fewer files, clearing old versions: nothing that is kept may be touched."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from gongshu import clock
from gongshu.errors import Conflict, NotFound
from gongshu.home import Home
from gongshu.lake import upkeep
from gongshu.lake.tables import Table

SCHEMA = pa.schema([("code", pa.string()), ("_row", pa.int64())])


def batch(*codes: str) -> pa.RecordBatch:
    return pa.record_batch([pa.array(codes), pa.array(range(len(codes)), pa.int64())], schema=SCHEMA)


def codes(table: Table, number: int | None = None) -> list[str]:
    return [str(one) for part in table.batches(number) for one in part.column("code").to_pylist()]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    table = Table(Home(tmp_path), "333004-000001")
    for number, text in enumerate(("a", "b", "c"), 1):
        table.commit([batch(text)], SCHEMA, run=f"run_{number}", info={"read": 5, "blank": 0, "rejected": 4})
    return table


def test_going_back_makes_the_old_content_the_next_version(table: Table) -> None:
    back = upkeep.restore(table, 1, run="back_1")
    assert (back.number, back.rows, back.info["restored"], back.info["rejected"]) == (4, 1, "1", "4")
    assert codes(table) == codes(table, 1) == ["a"]
    assert codes(table, 3) == ["c"], "what was undone stays readable"
    assert back.digest == table.version(1).digest
    assert table.check_digest(4)
    assert upkeep.restore(table, 1, run="back_1").number == 4, "once, however often it is tried"
    assert len(list(table.data_folder.glob("*.parquet"))) == 3, "no file is copied"
    with pytest.raises(Conflict):
        upkeep.restore(table, 1, run="back_2")
    assert upkeep.restore(table, 3, run="back_3").number == 5
    with pytest.raises(NotFound):
        upkeep.restore(table, 99, run="back_4")


def test_an_altered_version_is_not_restored(table: Table) -> None:
    path = table.files(1)[0]
    body = bytearray(path.read_bytes())
    body[8] ^= 1
    path.write_bytes(bytes(body))
    with pytest.raises(Conflict):
        upkeep.restore(table, 1, run="back")
    assert table.version().number == 3


def test_small_files_become_one_and_the_rows_stay_in_order(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    assert upkeep.compact(table, run="none") is None, "one file is as few as there can be"
    monkeypatch.setattr("gongshu.lake.parts.BYTES_PER_PART", 1)
    monkeypatch.setattr("gongshu.lake.parts.ROWS_PER_GROUP", 1)
    table.commit([batch("x"), batch("y"), batch("z")], SCHEMA, run="many", info={"read": 3})
    assert len(table.files()) == 3
    monkeypatch.undo()
    done = upkeep.compact(table, run="compact")
    assert done is not None
    assert (done.number, done.rows, done.info["compacted"], done.info["read"]) == (5, 3, "4", "3")
    assert codes(table) == ["x", "y", "z"]
    assert len(table.files()) == 1
    assert table.schema().equals(table.schema(4))
    assert upkeep.compact(table, run="compact").number == 5  # type: ignore[union-attr]


def test_clearing_removes_only_what_nothing_kept_needs(table: Table) -> None:
    upkeep.restore(table, 1, run="back")  # version 4 has the file of version 1
    later = clock.now() + timedelta(days=1)
    plan = upkeep.clear(table, keep_latest=1, older_than=later, keep=[3])
    assert (plan.versions, plan.files) == ((2,), 1)
    assert codes(table, 2) == ["b"], "a plan removes nothing"
    assert upkeep.clear(table, keep_latest=1, older_than=clock.now() - timedelta(days=1), dry=False).files == 0
    done = upkeep.clear(table, keep_latest=1, older_than=later, keep=[3], dry=False)
    assert (done.versions, done.size) == ((2,), plan.size)
    assert [one.present for one in upkeep.stored(table)] == [True, False, True, True]
    assert [one.number for one in table.versions()] == [1, 2, 3, 4], "the log keeps every version"
    with pytest.raises(NotFound) as gone:
        table.read(2)
    assert gone.value.code == "lake.version_cleared"
    assert (codes(table), codes(table, 3)) == (["a"], ["c"])
    sizes = {one.version.number: one for one in upkeep.stored(table)}
    assert sizes[1].own_bytes == sizes[4].own_bytes == 0 < sizes[4].size


def test_what_a_killed_run_left_is_swept_when_it_is_old(table: Table) -> None:
    for run in ("old", "young"):
        writer = table.writer(SCHEMA, run)
        writer.write(batch("half"))
        writer.close()
    [old] = table.data_folder.glob("part-old-*.parquet")
    os.utime(old, (1, 1))
    long_ago = clock.now() - timedelta(days=9)
    assert upkeep.clear(table, keep_latest=9, older_than=long_ago, dry=False).abandoned == 1
    assert not old.exists()
    assert list(table.data_folder.glob("part-young-*.parquet"))


def test_two_who_go_back_at_once_make_two_versions_or_one_is_refused(table: Table) -> None:
    outcomes: list[str] = []

    def go(number: int) -> None:
        try:
            outcomes.append(str(upkeep.restore(table, number, run=f"back_{number}").number))
        except Conflict as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=go, args=(number,)) for number in (1, 2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    versions = [one.number for one in table.versions()]
    assert len(versions) == 3 + sum(one.isdecimal() for one in outcomes)
    assert versions == list(range(1, len(versions) + 1))
    assert all(table.check_digest(number) for number in versions)
    assert codes(table) in (["a"], ["b"])
