"""The lake on a real S3 interface: everything that the disk can, and what only a network can do to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pytest
from pyarrow import fs

import live
import objects
from gongshu import clock
from gongshu.collection import pipeline
from gongshu.collection.contract import Column, Contract
from gongshu.errors import Conflict, EnvironmentFault, NotFound
from gongshu.home import Bucket, Home, open_home
from gongshu.lake import buckets, comparison, exports, serving, upkeep
from gongshu.lake.comparison import Plan
from gongshu.lake.serving import ServedItem, Snapshot
from gongshu.lake.tables import Table

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("s3")]

SCHEMA = pa.schema([("code", pa.string()), ("_row", pa.int64())])
CONTRACT = Contract(
    "333004-000001", (Column("code", required=True, is_key=True), Column("name"), Column("n", type="I"))
)
ITEMS = [ServedItem("code", "代码", "C", is_key=True), ServedItem("name", "名称", "C"), ServedItem("n", "数", "I")]


@pytest.fixture(scope="module")
def store() -> Iterator[int]:
    with objects.moto() as port:
        yield port


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in objects.KEYS.items():
        monkeypatch.setenv(name, value)
    buckets._tried.clear()


@pytest.fixture
def home(store: int, tmp_path: Path) -> Home:
    return objects.home(tmp_path / "here", store, tmp_path.name)


def elsewhere(home: Home, tmp_path: Path) -> Home:
    """The same lake from another machine, which has no copies."""
    return Home(tmp_path / "there", bucket=home.bucket)


def batch(*codes: str) -> pa.RecordBatch:
    return pa.record_batch([pa.array(codes), pa.array(range(len(codes)), pa.int64())], schema=SCHEMA)


def held(home: Home, store: int) -> set[str]:
    """The part files of all tables in the bucket, as a stranger lists them."""
    selector = fs.FileSelector(home.bucket.url.removeprefix("s3://"), recursive=True, allow_not_found=True)
    return {one.path for one in objects.filesystem(store).get_file_info(selector) if one.path.endswith(".parquet")}


def test_a_table_lives_on_object_storage_from_collection_to_serving(home: Home, store: int, tmp_path: Path) -> None:
    table = Table(home, CONTRACT.resource)
    first = tmp_path / "first.csv"
    first.write_text("code,name,n\na,甲,1\nb,乙,2\n,丙,3\n", encoding="utf-8")
    report = pipeline.collect(first, CONTRACT, table, run="run_1", scratch=tmp_path / "scratch")
    assert (report.accepted, report.rejected) == (2, 1)
    second = tmp_path / "second.csv"
    second.write_text("code,name,n\na,甲,1\nb,改,2\nc,丁,4\n", encoding="utf-8")
    pipeline.collect(second, CONTRACT, table, run="run_2", scratch=tmp_path / "scratch")
    assert not (home.root / "lake").exists(), "nothing is on the local disk but copies"
    assert len(held(home, store)) == 3, "two versions and the rejected row"

    other = Table(elsewhere(home, tmp_path), CONTRACT.resource)
    assert [(one.number, one.rows) for one in other.versions()] == [(1, 2), (2, 3)]
    assert other.read(1).collect()["name"].to_list() == ["甲", "乙"], "time travel"
    assert other.quarantine("run_1").collect()["row"].to_list() == [4]
    assert other.check_digest(1) and other.check_digest(2)
    assert other.weight() == table.weight() > 0, "what it takes is asked of the store, not of this machine's copies"
    rows: list[tuple[object, ...]] = []
    found = comparison.compare(
        comparison.of_table(other, 1),
        comparison.of_table(other, 2),
        Plan(("code",)),
        scratch=tmp_path,
        use=lambda one: rows.extend(one.rows()),
    )
    assert (found.same, found.different, found.extra) == (1, 1, 1)
    assert ("different", "b", "name", "乙", "改") in rows

    back = upkeep.restore(other, 1, run="run_3")
    assert (back.number, back.rows, back.info["restored"]) == (3, 2, "1")
    assert table.read().collect()["name"].to_list() == ["甲", "乙"]

    folder = serving.publish(home, CONTRACT.resource, items=ITEMS, keys=["code"])
    with Snapshot(folder) as snapshot:
        assert snapshot.get({"code": "b"}) == {"code": "b", "name": "乙", "n": 2}
    done = exports.write_csv(home, CONTRACT.resource, tmp_path / "out.csv", items=ITEMS)
    assert (done.rows, done.version) == (2, 3)


def test_compaction_and_clearing_remove_objects_and_every_machines_copies(
    home: Home, store: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(home, "x")
    monkeypatch.setattr("gongshu.lake.parts.ROWS_PER_GROUP", 4)
    monkeypatch.setattr("gongshu.lake.parts.BYTES_PER_PART", 1)
    codes = [f"{number:02}" for number in range(20)]
    table.commit([batch(*codes[n : n + 5]) for n in range(0, 20, 5)], SCHEMA, run="r1", info={})
    monkeypatch.undo()
    for name, value in objects.KEYS.items():
        monkeypatch.setenv(name, value)
    many = len(table.files())
    assert many > 2
    other = Table(elsewhere(home, tmp_path), "x")
    assert len(other.files(1)) == many
    small = upkeep.compact(table, run="r2")
    assert small is not None and len(table.files()) == 1
    assert [code for one in table.batches() for code in one.column("code").to_pylist()] == codes
    assert [(one.version.number, one.files, one.present) for one in upkeep.stored(table)] == [
        (1, many, True),
        (2, 1, True),
    ]

    later = clock.now() + timedelta(days=1)
    assert upkeep.clear(table, keep_latest=1, older_than=later, dry=True).files == many
    assert len(held(home, store)) == many + 1, "a dry run removes nothing"
    cleared = upkeep.clear(table, keep_latest=1, older_than=later, dry=False)
    assert (cleared.versions, cleared.files) == ((1,), many)
    assert len(held(home, store)) == 1
    with pytest.raises(NotFound) as gone:
        other.files(1)
    assert gone.value.code == "lake.version_cleared"
    assert not list(other.data_folder.glob("*.parquet")), "the other machine's copies go when it looks again"
    assert [one.present for one in upkeep.stored(table)] == [False, True]


def test_of_two_writers_one_commits_and_the_other_is_told(home: Home, tmp_path: Path) -> None:
    """Two machines, so no lock of this machine keeps them apart: only the conditional put does."""
    Table(home, "x").commit([batch("base")], SCHEMA, run="r0", info={})
    homes = [home, elsewhere(home, tmp_path)]
    for turn in range(4):
        start, said = Barrier(2), []

        def write(machine: Home, run: str, start: Barrier = start, said: list[str] = said) -> None:
            table = Table(machine, "x")
            with table.writer(SCHEMA, run) as writer:
                writer.write(batch(run))
                parts = writer.release()
            after = table.version().number
            start.wait()
            try:
                table.commit_parts(parts, SCHEMA, [], run=run, info={}, after=after)
                said.append(run)
            except Conflict as refused:
                assert refused.code == "lake.busy"

        writers = [Thread(target=write, args=(one, f"t{turn}-{n}")) for n, one in enumerate(homes)]
        for one in writers:
            one.start()
        for one in writers:
            one.join()
        assert len(said) == 1, "exactly one of them"
        table = Table(home, "x")
        assert (table.version().number, table.version().run) == (turn + 2, said[0])
        assert table.read().collect()["code"].to_list() == said and table.check_digest()


CHILD = """
import sys
from pathlib import Path
import pyarrow as pa
import objects
from gongshu.lake.tables import Table
root, port, prefix = sys.argv[1:]
schema = pa.schema([("code", pa.string()), ("_row", pa.int64())])
table = Table(objects.home(Path(root), int(port), prefix), "x")
bad = table.quarantine_writer("run_2")
row = {"row": [3], "failures": [[{"column": "code", "rule": "required"}]], "raw": [",x"]}
for one in pa.Table.from_pydict(row, schema=bad.schema).to_batches():
    bad.write(one)
table.commit_quarantine(bad.release(), run="run_2")
rows = pa.record_batch([["new"] * 1000, list(range(1000))], schema=schema)
print(table.commit([rows], schema, run="run_2", info={}).number)
"""


class Strike:
    """SIGKILL at the write number ``spared`` (from 0) that reaches the store."""

    def __init__(self, child: subprocess.Popen[bytes], spared: int) -> None:
        self.child, self.left = child, spared

    def __call__(self, method: str, path: str, *_: object) -> None:
        if method in {"PUT", "POST"}:
            self.left -= 1
            if self.left < 0:
                os.kill(self.child.pid, signal.SIGKILL)
                while self.child.poll() is None:
                    time.sleep(0.01)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_write_the_last_version_stays_and_the_run_is_done_again(
    moment: str, home: Home, store: int, tmp_path: Path
) -> None:
    """SIGKILL at the first write to the store, at the second and so on, before it is done or before the answer comes."""
    table = Table(home, "x")
    table.commit([batch("old")], SCHEMA, run="run_1", info={})
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    proxy, kills = objects.Proxy(store), 0
    environment = live.environment() | objects.KEYS | {"PYTHONPATH": str(Path(objects.__file__).parent)}
    try:
        while True:
            arguments = [sys.executable, script, tmp_path / "child", str(proxy.port), tmp_path.name]
            child = subprocess.Popen([str(one) for one in arguments], env=environment, stdout=subprocess.PIPE)
            setattr(proxy, moment, Strike(child, kills))
            said = child.communicate(timeout=120)[0]
            if child.returncode == 0:
                assert said.strip() == b"2"
                break
            assert child.returncode == -signal.SIGKILL
            seen = table.version()
            assert (seen.number, seen.rows) in {(1, 1), (2, 1000)}, "nothing half is to be seen"
            assert table.check_digest() and table.read().collect().height == seen.rows
            kills += 1
    finally:
        proxy.close()
    assert kills >= 4, "two part files and two entries of logs"
    assert [one.run for one in table.versions()] == ["run_1", "run_2"], "once, however often it was tried"
    assert table.quarantine("run_2").collect()["row"].to_list() == [3]
    named = {name.rpartition("/")[2] for number in (1, 2) for name in table.names(number)}
    parts = {one.rpartition("/")[2] for one in held(home, store) if "/x/data/" in one}
    assert parts == named, "what killed attempts left was swept"


def test_a_store_that_is_gone_is_named_with_what_to_do(home: Home, tmp_path: Path) -> None:
    with objects.moto() as port:
        short = objects.home(tmp_path / "short", port)
        table = Table(short, "x")
        table.commit([batch("a")], SCHEMA, run="r1", info={})
        writer = table.writer(SCHEMA, "r2")
        writer.write(batch("b"))
        parts = writer.release()
    for act in (
        table.versions,
        lambda: table.commit_parts(parts, SCHEMA, [], run="r2", info={}),
        lambda: table.writer(SCHEMA, "r3"),
        lambda: table.quarantine("r1"),
        lambda: Table(elsewhere(short, tmp_path), "new").commit([batch("a")], SCHEMA, run="r", info={}),
        lambda: upkeep.stored(table),
    ):
        with pytest.raises(EnvironmentFault) as fault:
            act()
        assert fault.value.code == "lake.store_unreachable"
        assert f"127.0.0.1:{port}/{objects.BUCKET}" in fault.value.text.zh
        assert "Check network" in fault.value.text.en
        assert "test-secret" not in str(fault.value)


def test_a_store_that_goes_during_a_commit_leaves_the_version_before(home: Home, store: int, tmp_path: Path) -> None:
    """From the first write on the connection breaks; the log has nothing of it, and a later attempt succeeds."""
    flag = tmp_path / "broken"
    Table(home, "x").commit([batch("old")], SCHEMA, run="r1", info={})
    with objects.breaking(store, flag) as port:
        behind = Home(tmp_path / "behind", bucket=Bucket(home.bucket.url, f"http://127.0.0.1:{port}"))
        flag.touch()
        with pytest.raises(EnvironmentFault) as fault:
            Table(behind, "x").commit([batch("new")], SCHEMA, run="r2", info={})
        assert fault.value.code == "lake.store_unreachable"
        assert Table(home, "x").read().collect()["code"].to_list() == ["old"]
        flag.unlink()
        Table(behind, "x").commit([batch("new")], SCHEMA, run="r2", info={})
    assert Table(home, "x").read().collect()["code"].to_list() == ["new"]


def test_a_store_that_ignores_conditions_gets_no_table(home: Home, store: int, tmp_path: Path) -> None:
    with objects.careless(store) as port:
        unsafe = Home(tmp_path / "unsafe", bucket=Bucket(home.bucket.url, f"http://127.0.0.1:{port}"))
        with pytest.raises(EnvironmentFault) as fault:
            Table(unsafe, "x").commit([batch("a")], SCHEMA, run="r1", info={})
    assert fault.value.code == "lake.store_unsafe"
    assert Table(home, "x").versions() == []


def test_an_object_changed_behind_our_back_is_found(home: Home, store: int) -> None:
    table = Table(home, "x")
    table.commit([batch("a", "b")], SCHEMA, run="r1", info={})
    (key,) = held(home, store)
    files = objects.filesystem(store)
    content = bytearray(files.open_input_stream(key).read())
    content[8] ^= 1
    with files.open_output_stream(key) as out:
        out.write(bytes(content))
    assert not table.check_digest(), "the original is looked at, not the copy that this machine holds"


def test_copies_are_evicted_when_they_take_too_much_and_come_back(home: Home, tmp_path: Path) -> None:
    table = Table(home, "x")
    table.commit([batch("a")], SCHEMA, run="r1", info={})
    unfinished = table.writer(SCHEMA, "r2")
    unfinished.write(batch("b"))
    unfinished.close()
    (copy,) = table.files()
    small = Home(home.root, bucket=Bucket(home.bucket.url, home.bucket.endpoint, cache_gb=0))
    assert buckets.evict(small) == 0, "what was asked for just now stays"
    for path in table.data_folder.glob("*.parquet"):
        os.utime(path, (0, 0))
    assert buckets.evict(home) == 0, "there is room"
    assert buckets.evict(small) == 1 and not copy.exists()
    assert len(list(table.data_folder.glob("part-r2-*"))) == 1, "what is not committed yet is no copy"
    assert table.read().collect()["code"].to_list() == ["a"] and copy.exists()


def test_a_lake_moves_to_object_storage_by_copying_its_files(home: Home, store: int, tmp_path: Path) -> None:
    before = Table(Home(tmp_path / "disk"), "x")
    before.commit([batch("a")], SCHEMA, run="r1", info={})
    before.commit([batch("b")], SCHEMA, run="r2", info={})
    fs.copy_files(
        str(tmp_path / "disk" / "lake"),
        home.bucket.url.removeprefix("s3://"),
        source_filesystem=fs.LocalFileSystem(),
        destination_filesystem=objects.filesystem(store),
    )
    shutil.rmtree(tmp_path / "disk")
    after = Table(home, "x")
    assert [(one.number, one.run) for one in after.versions()] == [(1, "r1"), (2, "r2")]
    assert after.check_digest(1) and after.read(1).collect()["code"].to_list() == ["a"]
    after.commit([batch("c")], SCHEMA, run="r3", info={})
    assert after.version().number == 3


def test_keys_come_from_a_file_that_nobody_else_may_read(
    home: Home, store: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in objects.KEYS:
        monkeypatch.delenv(name)
    table = Table(home, "x")
    with pytest.raises(EnvironmentFault) as fault:
        table.versions()
    assert fault.value.code == "lake.keys_missing"
    file = home.root / "secrets" / "lake.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('access_key_id = "test"\nsecret_access_key = "test-secret"\n')
    file.chmod(0o644)
    with pytest.raises(EnvironmentFault) as fault:
        table.versions()
    assert fault.value.code == "lake.keys_open"
    file.chmod(0o600)
    assert table.versions() == []
    assert "test-secret" not in repr(buckets.keys_of(home))
    file.write_text('access_key_id = "test"\nsecret_access_key = test-secret\n')
    with pytest.raises(EnvironmentFault) as fault:
        table.versions()
    assert "test-secret" not in str(fault.value)


def test_the_settings_say_where_the_lake_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gongshu.toml").write_text(
        '[lake]\nurl = "s3://city-lake/gongshu/"\nendpoint = "https://s3.example.gov.cn"\nregion = "cn"\ncache_gb = 5\n'
    )
    home = open_home(tmp_path)
    assert home.bucket == Bucket("s3://city-lake/gongshu", "https://s3.example.gov.cn", "cn", "secrets/lake.toml", 5)
    assert home.lake == tmp_path / "lake-cache"
    monkeypatch.setenv("GONGSHU_LAKE", "s3://other-lake")
    monkeypatch.setenv("GONGSHU_LAKE_ENDPOINT", "http://127.0.0.1:9000")
    assert open_home(tmp_path).bucket.url == "s3://other-lake"
    for name, value in (
        ("GONGSHU_LAKE", "ftp://x"),
        ("GONGSHU_LAKE", "s3://Upper/x"),
        ("GONGSHU_LAKE_ENDPOINT", "https://user:secret@host"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(EnvironmentFault) as fault:
                open_home(tmp_path)
            assert fault.value.code == "home.lake" and "secret" not in str(fault.value)
    monkeypatch.undo()
    assert Home(tmp_path).lake == tmp_path / "lake"


def test_the_trial_is_signed_as_amazon_signs(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    """The signature against botocore's own for the same request at the same second."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    sent = {}

    def put(url: str, *, headers: dict[str, str], timeout: float) -> object:
        sent.update(headers, url=url)
        return type("Answer", (), {"status_code": 200})

    monkeypatch.setattr(buckets.httpx, "put", put)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    buckets._put_new(home, f"{objects.BUCKET}/a/b")
    plain = {name: value for name, value in sent.items() if name not in {"url", "authorization", "x-amz-date"}}
    request = AWSRequest("PUT", sent["url"], plain, b"")
    request.context["timestamp"] = sent["x-amz-date"]
    request.headers["X-Amz-Date"] = sent["x-amz-date"]
    signer = S3SigV4Auth(Credentials("test", "test-secret", "token"), "s3", "cn-north")
    canonical = signer.canonical_request(request)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    assert sent["authorization"].endswith(f"Signature={expected}")
    assert "test-secret" not in str(sent)
