"""A turn that is killed with SIGKILL leaves nothing behind that anybody can see, and the next attempt completes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

import live
from gongshu.home import Home
from gongshu.lake.tables import Table

pytestmark = pytest.mark.heavy

ROWS = 120_000
SCRIPT = """
import os, sys
from pathlib import Path
from gongshu.collection import pipeline
from gongshu.collection.contract import Column, Contract
from gongshu.collection.intake import connections, sql
from gongshu.collection.intake.settings import Database
from gongshu.collection.states import SourceKind
from gongshu.home import Home
from gongshu.lake.tables import Table

home, port, run, incremental = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "incremental"
contract = Contract("readings", (Column("no", type="I", required=True, is_key=True), Column("name"), Column("at", type="T")))
settings = Database(
    host="127.0.0.1", port=port, database="gongshu", user="gongshu", table="readings", watermark="at", tls="off"
)
table = Table(Home(home), "readings")
done = table.committed(run)
if done is not None:  # the attempt before was killed after its commit
    print("version", done.number, done.info["accepted"], flush=True)
    sys.exit()
latest = table.latest()
since = latest.info["watermark"] if latest else ""

def told(progress):
    print(progress.stage, progress.read, flush=True)
    sys.stdin.readline()

with connections.link(SourceKind.POSTGRESQL, settings, "") as link:
    rows = sql.Rows(link, SourceKind.POSTGRESQL, settings, "", contract, since=since, incremental=incremental)
    plan = pipeline.Plan(merge=incremental, present=rows.keys if incremental else None, reconcile=True)
    report = pipeline.load(
        lambda work: (rows, ""), contract, table, run=run, progress=told, scratch=home / "scratch" / run, plan=plan
    )
print("version", report.version.number, report.accepted, flush=True)
"""


def attempt(script: Path, home: Path, port: int, run: str, mode: str, kill_at: int | None) -> list[str]:
    """Let it go on step by step; kill it at step ``kill_at``. What it said."""
    arguments = [sys.executable, script, home, str(port), run, mode]
    process = subprocess.Popen(
        [str(one) for one in arguments],
        env=live.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.strip())
        if kill_at is not None and len(said) > kill_at:
            os.kill(process.pid, signal.SIGKILL)
            break
        if not line.startswith("version"):
            process.stdin.write("\n")
            process.stdin.flush()
    process.stdin.close()
    process.wait(120)
    process.stdout.close()
    return said


def test_killed_at_any_step_it_is_done_again_whole(postgres_server, tmp_path):
    script = tmp_path / "turn.py"
    script.write_text(SCRIPT)
    with psycopg.connect(postgres_server, autocommit=True) as database:
        database.execute("DROP TABLE IF EXISTS readings")
        database.execute(
            "CREATE TABLE readings AS SELECT n AS no, repeat('站', 20) || n AS name, "
            "timestamp '2026-11-01' + n * interval '1 second' AS at FROM generate_series(1, %s) n",
            [ROWS],
        )
        port = database.info.port
        table = Table(Home(tmp_path), "readings")

        steps = 0
        while True:  # killed one step later each time, until it gets through
            said = attempt(script, tmp_path, port, "run_first", "full", steps)
            if said[-1].startswith("version"):
                break
            seen = table.latest()
            assert seen is None or seen.rows == ROWS, "nothing half is to be seen"
            steps += 1
        assert steps >= 3 and said[-1] == f"version 1 {ROWS}"
        named = {path.name for path in table.files()}
        assert {path.name for path in table.data_folder.glob("*.parquet")} == named, (
            "what killed attempts wrote is gone"
        )

        database.execute("UPDATE readings SET name = '改', at = timestamp '2027-01-01' WHERE no %% 1000 = 0", [])
        database.execute("DELETE FROM readings WHERE no %% 1000 = 1", [])
        steps = 0
        while True:
            said = attempt(script, tmp_path, port, "run_second", "incremental", steps)
            if said[-1].startswith("version"):
                break
            seen = table.version()
            assert (seen.number, seen.rows) in {(1, ROWS), (2, ROWS - ROWS // 1000)}, "the last one stays readable"
            assert table.check_digest()
            steps += 1
        version = table.version()
        gone = ROWS // 1000
        assert (version.number, version.rows) == (2, ROWS - gone)
        frame = table.read().collect()
        assert frame["no"].is_unique().all() and (frame["name"] == "改").sum() == ROWS // 1000
        assert table.check_digest() and version.info["watermark"].startswith("2027-01-01")
        database.execute("DROP TABLE readings")
