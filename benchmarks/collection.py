"""Collection against the floor: all that ``gongshu collect`` does to a file, over DuckDB's bare copy of it
to Parquet.

Ours decodes, finds the header, types eight columns, checks identity numbers, dates, money, lengths and
duplicate keys, keeps the 2 % dirty rows with their reasons, makes the profile of the version, scans every
column for personal data, and commits a Delta version. DuckDB copies CSV to Parquet and checks nothing, so its
cost is what no collection can go below. Each side runs in a process of its own on the same file; the cost is
that process's CPU time, start included, as the kernel counts it.

``python -m benchmarks.collection [ROWS]`` prints the results; ``GONGSHU_BENCH_ROWS`` sets the rows for
``make bench``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

DEFAULT_ROWS = 5_000_000
ROUNDS = 3
_ROOT = Path(__file__).resolve().parents[1]
_SOURCE = _ROOT / "src"

_OURS = """
import sys
from pathlib import Path
from gongshu.columns import profile
from gongshu.collection.contract import Column, Contract
from gongshu.collection.personal import Declared, findings
from gongshu.collection.pipeline import collect
from gongshu.home import Home
from gongshu.lake.tables import Table
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
folder = Path(sys.argv[2])
report = collect(Path(sys.argv[1]), contract, Table(Home(folder), "bench"), scratch=folder)
assert report.read == report.accepted + report.rejected + report.blank
columns = profile.from_text(report.version.info[profile.KEY])
assert [column.filled for column in columns] == [report.accepted] * 8
found = findings(columns, [Declared(column.name, column.name) for column in contract.columns])
assert "citizen_id" in [finding.kind for finding in found]
print(report.read, report.accepted, report.rejected)
"""

_FLOOR = """
import sys
import duckdb
duckdb.execute("SET threads = 1; SET enable_progress_bar = false")
duckdb.execute(f"COPY (FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}/copy.parquet' (FORMAT parquet)")
print(duckdb.execute(f"SELECT count(*) FROM '{sys.argv[2]}/copy.parquet'").fetchone()[0])
"""


def generate(path: Path, rows: int) -> int:
    """Write ``rows`` rows of eight columns, 2 % of them dirty in one cell; how many are dirty."""
    import numpy as np
    import polars as pl

    source = np.random.default_rng(20261121)
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    signs = np.array(list("10X98765432"))
    dirty = 0
    with path.open("wb") as file:
        for start in range(0, rows, 500_000):
            count = min(500_000, rows - start)
            born = np.datetime64("1950-01-01") + source.integers(0, 25_000, count)
            serial = np.char.zfill(source.integers(0, 1000, count).astype(str), 3)
            body = np.char.add(np.char.add("990324", np.char.replace(born.astype(str), "-", "")), serial)
            digits = body.astype("U17").view("U1").reshape(count, 17).astype(int)
            bad = source.random(count) < 0.02
            kind = source.integers(0, 4, count)
            dirty += int(bad.sum())
            columns = {
                "id": (np.arange(start, start + count).astype(str), "0"),
                "citizen_id": (np.char.add(body, signs[(digits @ weights) % 11]), "990324199013410011"),
                "name": (source.choice(["张三", "李四", "王小明", "欧阳娜娜"], count), None),
                "address": (source.choice([f"江临市第{n}大道{n * 3}号" for n in range(5000)], count), None),
                "registered": (
                    (np.datetime64("2010-01-01") + source.integers(0, 6000, count)).astype(str),
                    "2026-13-41",
                ),
                "amount": (np.round(source.random(count) * 1e5, 2).astype(str), "不详"),
                "visits": (source.integers(0, 10_000, count).astype(str), None),
                "active": (source.choice(["是", "否"], count), None),
            }
            spoilable = [name for name, (_, spoilt) in columns.items() if spoilt is not None]
            for place, name in enumerate(spoilable):
                values, spoilt = columns[name]
                columns[name] = (np.where(bad & (kind == place), spoilt, values), spoilt)
            frame = pl.DataFrame({name: values for name, (values, _) in columns.items()})
            frame.write_csv(file, include_header=start == 0)
    return dirty


def cost(program: str, path: Path | str, *, python: Path = Path(sys.executable)) -> tuple[float, float, list[int]]:
    """(CPU seconds, peak MB, numbers printed) of one process that runs ``program`` on ``path``."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        environment = {**os.environ, "PYTHONPATH": str(_SOURCE), "POLARS_MAX_THREADS": "1"}
        child = subprocess.Popen([python, "-c", program, str(path), folder], stdout=out, env=environment, cwd=folder)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"a side of the benchmark failed with code {child.returncode}")
        out.seek(0)
        numbers = [int(word) for word in out.read().split()]
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, numbers


def run(rows: int | None = None) -> list[dict[str, Any]]:
    """Best of three rounds of each side, taken in turn."""
    rows = rows or int(os.environ.get("GONGSHU_BENCH_ROWS", DEFAULT_ROWS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.csv"
        # In a process of its own: a child starts with the peak of the process that forked it.
        write = f"from benchmarks.collection import generate, Path; print(generate(Path({str(path)!r}), {rows}))"
        made = subprocess.run([sys.executable, "-c", write], cwd=_ROOT, capture_output=True, text=True, check=True)
        dirty = int(made.stdout)
        ours, floor, our_peak, floor_peak = [], [], [], []
        for _ in range(ROUNDS):
            seconds, peak, (copied,) = cost(_FLOOR, path)
            floor.append(seconds)
            floor_peak.append(peak)
            seconds, peak, (read, accepted, rejected) = cost(_OURS, path)
            ours.append(seconds)
            our_peak.append(peak)
            if (read, accepted, rejected) != (rows, rows - dirty + _kept(dirty, rejected), rejected) or copied != rows:
                raise SystemExit(f"the sides disagree: {rows} rows, {read} read, {accepted} accepted, {copied} copied")
    versions = {"duckdb": version("duckdb")}
    return [
        {
            "id": "collection.cpu_vs_duckdb_copy",
            "ratio": round(min(ours) / min(floor), 2),
            "better": "lower",
            "ours": round(min(ours), 2),
            "other": round(min(floor), 2),
            "unit": "CPU s",
            "n": rows,
            "versions": versions,
        },
        {
            "id": "collection.peak_mb",
            "ratio": round(max(our_peak) / max(floor_peak), 2),
            "better": "lower",
            "ours": round(max(our_peak)),
            "other": round(max(floor_peak)),
            "unit": "MB",
            "n": rows,
            "versions": versions,
        },
    ]


def _kept(dirty: int, rejected: int) -> int:
    """One spoilt key is the row that owns it, or repeats it: at most a row or two of the dirt is not dirt."""
    kept = dirty - rejected
    if not 0 <= kept <= 2:
        raise SystemExit(f"{dirty} dirty rows were written and {rejected} rejected")
    return kept


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else None), ensure_ascii=False, indent=2))
