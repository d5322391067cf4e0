"""Pulling a table of PostgreSQL: all that a run of a source does, over a bare read of the same table into Arrow.

Ours describes the table, counts its rows, streams it by COPY in one state of the database, types and checks eight columns
(2 % dirt), keeps the rejected rows with their reasons, digests the accepted ones as they come and again as read back from
the disk, makes their profile with the scan for personal data, and commits a Delta version. connectorx and ADBC read the
table into memory and do nothing with it. Cost is the CPU time of the reading process, start included; the server's is
nobody's. ``GONGSHU_BENCH_PULL_ROWS`` sets the rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.collection import cost
from benchmarks.collection_peers import PEERS, ROOT, _versions

ROWS = int(os.environ.get("GONGSHU_BENCH_PULL_ROWS", "1000000"))
ROUNDS = 2

_FILL = """
import sys
from pathlib import Path
import psycopg
from benchmarks.collection import generate
path = Path(sys.argv[2])
generate(path, int(sys.argv[3]))
with psycopg.connect(sys.argv[1]) as link, path.open("rb") as file:
    link.execute("CREATE TABLE bench (id bigint, citizen_id text, name text, address text, registered text, "
                 "amount text, visits bigint, active text)")
    with link.cursor().copy("COPY bench FROM STDIN (FORMAT csv, HEADER)") as copy:
        while piece := file.read(1 << 20):
            copy.write(piece)
    link.commit()
    link.execute("ANALYZE bench")
"""

_OURS = """
import sys
from pathlib import Path
from urllib.parse import urlsplit
from gongshu.collection.contract import Column, Contract
from gongshu.collection.intake import connections, sql
from gongshu.collection.intake.settings import Database
from gongshu.collection.pipeline import Plan, load
from gongshu.collection.states import SourceKind
from gongshu.home import Home
from gongshu.lake.tables import Table
at, folder = urlsplit(sys.argv[1]), Path(sys.argv[2])
settings = Database(
    host=at.hostname, port=at.port, user=at.username, database=at.path[1:], schema="public", table="bench", tls="off"
)
contract = Contract("bench", (
    Column("id", type="I", is_key=True),
    Column("citizen_id", length=18, required=True, check="citizen_id"),
    Column("name", length=20),
    Column("address", length=100),
    Column("registered", type="D"),
    Column("amount", type="Y"),
    Column("visits", type="I"),
    Column("active", type="L"),
))
kind = SourceKind.POSTGRESQL
with connections.link(kind, settings, "") as link:
    report = load(
        lambda _: (sql.Rows(link, kind, settings, "", contract), ""),
        contract, Table(Home(folder), "bench"), scratch=folder, plan=Plan(reconcile=True),
    )
assert report.read == report.accepted + report.rejected + report.blank
print(report.read, report.accepted, report.rejected)
"""


def run() -> list[dict[str, Any]]:
    """Best of two rounds of each, taken in turn."""
    if not PEERS.is_dir():
        raise SystemExit("The peers are not installed: run `make bench`, which puts them into .venv-peers")
    sys.path.insert(0, str(ROOT / "tests"))
    from postgres import cluster

    peers = {
        name: (ROOT / "benchmarks" / "peers" / f"pull_{name}.py").read_text(encoding="utf-8")
        for name in ("connectorx", "adbc")
    }
    seconds: dict[str, list[float]] = {name: [] for name in ("ours", *peers)}
    peaks: dict[str, float] = dict.fromkeys(seconds, 0.0)
    with cluster() as url, tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _FILL, url, f"{folder}/in.csv", str(ROWS)], cwd=ROOT, check=True)
        for _ in range(ROUNDS):
            for name in seconds:
                program, python = (_OURS, Path(sys.executable)) if name == "ours" else (peers[name], PEERS / "python")
                spent, peak, (read, *_) = cost(program, url, python=python)
                if read != ROWS:
                    raise SystemExit(f"{name} read {read} of {ROWS} rows")
                seconds[name].append(spent)
                peaks[name] = max(peaks[name], peak)
    versions = _versions()
    found: list[dict[str, Any]] = [
        {
            "id": f"pull.vs_{name}",
            "ratio": round(min(seconds["ours"]) / min(seconds[name]), 2),
            "better": "lower",
            "ours": round(min(seconds["ours"]), 2),
            "other": round(min(seconds[name]), 2),
            "unit": "CPU s",
            "n": ROWS,
            "versions": {name: versions.get({"adbc": "adbc-driver-postgresql"}.get(name, name), "")},
        }
        for name in peers
    ]
    least = min(peers, key=lambda name: peaks[name])
    found.append(
        {
            "id": "pull.peak_mb",
            "ratio": round(peaks["ours"] / peaks[least], 2),
            "better": "lower",
            "ours": round(peaks["ours"]),
            "other": round(peaks[least]),
            "unit": "MB",
            "n": ROWS,
            "versions": {least: versions.get({"adbc": "adbc-driver-postgresql"}.get(least, least), "")},
        }
    )
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
