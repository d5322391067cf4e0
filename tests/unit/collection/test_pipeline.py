"""Every row of every file ends in exactly one place; a version is there whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongshu.collection.contract import Column, Contract
from gongshu.collection.options import Options
from gongshu.collection.pipeline import NothingAccepted, collect
from gongshu.collection.report import Progress, Report
from gongshu.errors import GongshuError
from gongshu.home import Home
from gongshu.lake.tables import Table

Collect = Callable[..., Report]

# Anything that UTF-8 can say but NUL; a bare carriage return outside quotes ends a row, so csv quotes it.
CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
DIRTY = CELL | st.sampled_from(
    ["1", "2", "3", "2026-01-05", "2026-02-30", "是", "", " ", '"', "\n", "7,", "\u3000", "甲"]
)
ROWS = st.lists(st.lists(DIRTY, min_size=0, max_size=5), max_size=12)
CONTRACT = Contract(
    "any",
    (
        Column("code", type="I", required=True, is_key=True),
        Column("name", length=8),
        Column("born", type="D"),
    ),
)


def expected_kind(row: list[str]) -> str:
    blank = " \t\r\n\f\v\u00a0\u3000\ufeff\u200b\u2002\u2003"
    cells = {cell.strip(blank) for cell in row}
    if cells <= {""} or (len(row) == 3 and cells <= {"", "\\N"}):
        return "blank"
    return "row" if len(row) == 3 else "ragged"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=ROWS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_accepted_and_rejected_and_blank_are_what_was_read(rows: list[list[str]], encoding: str, end: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([["code", "name", "born"], *rows])
    records = list(csv.reader(io.StringIO(text.getvalue(), newline="")))[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        table = Table(Home(Path(folder)), "any")
        try:
            # Any sign may come: what is no Chinese is refused as GB 18030 unless somebody says that it is.
            said = Options(encoding="gb18030") if encoding == "gb18030" else Options()
            report = collect(path, CONTRACT, table, run="run_1", options=said)
        except NothingAccepted as refused:
            report = refused.report
            assert table.versions() == []
        except GongshuError as refused:
            assert refused.code == "collection.no_rows"
            assert {expected_kind(row) for row in records} <= {"blank"}
            return
        assert report.read == report.accepted + report.rejected + report.blank == len(records)
        kept = table.read().collect()["_row"].to_list() if report.version else []
        aside = table.quarantine("run_1").collect()
        assert aside.height == report.rejected
        numbers = sorted(kept + aside["row"].to_list())
        assert len(set(numbers)) == len(numbers)
        kinds = {number: expected_kind(row) for number, row in enumerate(records, start=2)}
        assert numbers == [number for number, kind in kinds.items() if kind != "blank"]
        ragged = aside.filter(aside["failures"].list.eval(_field_count()).list.any())["row"].to_list()
        assert ragged == [number for number, kind in kinds.items() if kind == "ragged"]
        for row in aside.to_dicts():
            assert row["failures"], "every rejected row has a reason"


def _field_count() -> object:
    import polars as pl

    return pl.element().struct.field("rule") == "field_count"


def test_all_failures_of_a_row_are_listed_and_its_text_is_kept(take: Collect, table: Table) -> None:
    report = take("编码,姓名,出生日期\n1,甲,1990-01-01\n,名字太长了名字太长了名字太长了,1990-13-01\n1,乙,\n")
    assert (report.read, report.accepted, report.rejected) == (3, 1, 2)
    assert [(row.row, row.failures) for row in report.sample] == [
        (3, (("code", "required"), ("name", "length"), ("born", "date"))),
        (4, (("code", "duplicate_key"),)),
    ]
    assert report.failures[("born", "date")] == 1
    kept = table.quarantine(report.run).collect().to_dicts()
    assert kept[0]["raw"] == ",名字太长了名字太长了名字太长了,1990-13-01"
    assert kept[0]["failures"][1] == {"column": "name", "rule": "length"}


def test_of_equal_keys_the_first_good_row_is_kept(take: Collect, table: Table) -> None:
    report = take("编码,姓名,出生日期\nk,坏,1990-02-30\nk,好,1990-01-01\nk,晚,1990-01-01\n")
    assert table.read().collect()["name"].to_list() == ["好"]
    assert [row.failures[0][1] for row in report.sample] == ["date", "duplicate_key"]


def test_keys_are_compared_by_value_not_by_spelling(take: Collect) -> None:
    contract = Contract("k", (Column("a", type="I", is_key=True), Column("b", type="D", is_key=True)))
    report = take("a,b\n7,2026-01-05\n007,2026/1/5\n7,2026-01-06\n8,20260105\n", contract)
    assert (report.accepted, [row.row for row in report.sample]) == (3, [3])


def test_the_raw_text_stands_beside_a_rewritten_value(take: Collect, table: Table) -> None:
    take("编码,姓名,出生日期\n1, 甲,1990年3月7日\n2,乙,1990-03-07\n")
    rows = table.read().collect()
    assert rows["name"].to_list() == ["甲", "乙"]
    assert rows["_raw"].to_list() == [{"name": " 甲", "born": "1990年3月7日"}, None]


def test_when_nothing_passes_there_is_no_version_and_the_reasons_are_kept(take: Collect, table: Table) -> None:
    with pytest.raises(NothingAccepted) as refused:
        take("编码,姓名,出生日期\n,a,\n1,b,x\n\n")
    report = refused.value.report
    assert (report.read, report.rejected, report.blank, report.version) == (3, 2, 1, None)
    assert table.versions() == []
    assert not list(table.data_folder.glob("*.parquet"))
    assert table.quarantine(report.run).collect().height == 2


def test_a_refused_file_leaves_the_version_before_it(take: Collect, table: Table) -> None:
    take("编码,姓名,出生日期\n1,a,\n")
    with pytest.raises(GongshuError):
        take('编码,姓名,出生日期\n2,b,\n3,"open\n4,d,\n')
    assert table.read().collect()["code"].to_list() == ["1"]
    assert [version.number for version in table.versions()] == [1]


def test_stopping_from_the_progress_leaves_nothing(take: Collect, table: Table) -> None:
    class Stop(Exception):
        pass

    def stop(state: Progress) -> None:
        if state.read:
            raise Stop

    with pytest.raises(Stop):
        take("编码,姓名,出生日期\n1,a,\n", progress=stop)
    assert table.versions() == []
    assert not list(table.data_folder.glob("*.parquet"))


def test_progress_counts_what_the_report_counts(take: Collect) -> None:
    seen: list[tuple[str, int, int]] = []
    report = take(
        "编码,姓名,出生日期\n" + "".join(f"{n},n,\n" for n in range(5000)),
        progress=lambda state: seen.append((state.stage, state.read, state.bytes_done)),
    )
    assert seen[0][0] == "opening"
    assert seen[-1][0] == "done"
    assert max(read for _, read, _ in seen) == report.read == 5000
    assert seen[-1][2] > 0


def test_the_commit_carries_its_provenance(take: Collect, table: Table, tmp_path: Path) -> None:
    report = take("编码,姓名,出生日期\n1,a,\n2,b,x\n", run="run_9", info={"submitted_by": 7})
    version = table.latest()
    assert version == report.version
    assert version is not None
    assert (version.run, version.info["read"], version.info["rejected"]) == ("run_9", "2", "1")
    assert version.info["source_sha256"] == report.source_sha256
    assert version.info["submitted_by"] == "7"
    assert '"encoding": "utf-8"' in version.info["detection"]
    assert version.info["failures"] == '[{"column": "born", "rule": "date", "rows": 1}]'


def test_many_batches_give_what_one_gives(tmp_path: Path) -> None:
    from gongshu.collection.arrival import Limits

    lines = [f"{n % 997},名{n}," + ("1990-01-01" if n % 50 else "坏") for n in range(3000)]
    lines[5], lines[77], lines[2999] = "1,2", "a,b,c,d", ""
    path = tmp_path / "in.csv"
    path.write_text("code,name,born\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = []
    for name, limits in (("one", Limits()), ("many", Limits(line=700))):
        table = Table(Home(tmp_path / name), "any")
        report = collect(path, CONTRACT, table, run="r", limits=limits)
        rejected = table.quarantine("r").collect().select("row", "failures", "raw")
        found.append((report.read, report.accepted, report.blank, table.read().collect(), rejected))
    (*one, one_rows, one_rejected), (*many, many_rows, many_rejected) = found
    assert one == many
    assert one_rows.equals(many_rows)
    assert one_rejected.equals(many_rejected)
    assert one[2] == 1


CHILD = """
import sys
from pathlib import Path
from gongshu.collection.contract import Column, Contract
from gongshu.collection.pipeline import collect
from gongshu.home import Home
from gongshu.lake.tables import Table
home, path, run = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
contract = Contract("r", (Column("code", is_key=True), Column("name"), Column("born", type="D")))
print("ready", flush=True)
report = collect(path, contract, Table(Home(home), "r"), run=run, scratch=home / "scratch")
print(report.version.number, flush=True)
"""


@pytest.mark.heavy
@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.3, 0.5, 0.8])
def test_kill_nine_at_any_moment_leaves_the_last_version_and_the_run_can_be_repeated(
    tmp_path: Path, delay: float
) -> None:
    path = tmp_path / "in.csv"
    path.write_text("code,name,born\n" + "".join(f"{n},名{n},1990-01-0{n % 9}\n" for n in range(300_000)))
    table = Table(Home(tmp_path), "r")
    small = tmp_path / "small.csv"
    small.write_text("code,name,born\n1,先,1990-01-01\n")
    contract = Contract("r", (Column("code", is_key=True), Column("name"), Column("born", type="D")))
    collect(small, contract, table, run="run_before")

    command = [sys.executable, "-c", CHILD, str(tmp_path), str(path), "run_after"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(delay)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()

    versions = table.versions()
    assert [version.run for version in versions] in (["run_before"], ["run_before", "run_after"])
    assert table.check_digest()
    assert table.read().collect().height == versions[-1].rows

    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout.split() == ["ready", "2"]
    assert [(version.run, version.rows) for version in table.versions()] == [
        ("run_before", 1),
        ("run_after", 266_666),
    ]
    assert table.quarantine("run_after").collect().height == 33_334
    assert table.check_digest()
    assert len(list(table.data_folder.glob("part-run_after-*"))) == len(table.files())


SOUP = st.lists(
    st.sampled_from(
        [b",", b"\n", b"\r\n", b"\r", b'"', b"1", b"a", b" ", b"\xe7\x94\xb2", b"\xff", b"\0", b";", b"\t", b"\\N"]
    ),
    max_size=40,
).map(b"".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    head=st.sampled_from([b"code,name,born\n", b"", b"\xef\xbb\xbfcode;name;born\r\n"]),
    body=SOUP | st.binary(max_size=60),
)
def test_any_bytes_end_in_counts_that_add_up_or_in_a_named_refusal(head: bytes, body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.csv"
        path.write_bytes(head + body)
        table = Table(Home(Path(folder)), "any")
        try:
            report = collect(path, CONTRACT, table, run="run_1")
        except NothingAccepted as refused:
            report = refused.report
        except GongshuError as refused:
            assert refused.code.startswith("collection.")
            assert table.versions() == []
            return
        assert report.read == report.accepted + report.rejected + report.blank
        kept = table.read().collect()["_row"].to_list() if report.version else []
        numbers = kept + table.quarantine("run_1").collect()["row"].to_list()
        assert len(set(numbers)) == len(numbers) == report.accepted + report.rejected
