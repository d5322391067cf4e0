"""Comparison of two tables by key, cell by cell: ours against a plain full join in DuckDB, and against datacompy.

Two Parquet files of eight columns: of the left one's rows 1 in 200 is missing on the right, as many are extra there, and
about 1.7 % differ in one cell. Ours and DuckDB's query answer the same counts and write every difference, ordered by key,
as Parquet; ours does it within 512 MB and spills beyond that, the query takes what memory it needs. datacompy (on Polars,
one thread) holds both tables and finds rows that differ; it gets smaller samples, and its cost per row and ours are the
slopes between two sizes, so that nobody pays for its start-up.

``GONGSHU_BENCH_COMPARE_ROWS`` sets the rows of either side for ``make bench``.
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

from benchmarks.collection import cost
from benchmarks.collection_peers import PEERS, ROOT, _versions

ROWS = int(os.environ.get("GONGSHU_BENCH_COMPARE_ROWS", "5000000"))
ROUNDS = 2
SAMPLES = (100_000, 500_000)

_WRITE = """
import sys
import duckdb
duckdb.execute("SET enable_progress_bar = false")
rows = int(sys.argv[2])
values = '''
    SELECT i AS id, '99032419' || lpad(((i * 7919) % 10000000000)::VARCHAR, 10, '0') AS citizen_id,
        '姓名' || (i % 40000) AS name, '江临市第' || (i % 5000) || '大道' || (i % 977) || '号' AS address,
        DATE '2010-01-01' + (i % 6000)::INTEGER AS registered, ((i * 31) % 10000000 / 100)::DECIMAL(18, 2) AS amount,
        i % 10000 AS visits, i % 2 = 0 AS active
    FROM range({first}, {last}) AS t(i)'''
duckdb.execute(f"COPY ({values.format(first=0, last=rows)}) TO '{sys.argv[1]}/left.parquet'")
changed = f'''
    SELECT * REPLACE (
        (CASE WHEN id % 100 = 1 THEN amount + 1 ELSE amount END)::DECIMAL(18, 2) AS amount,
        CASE WHEN id % 150 = 3 THEN address || '附1' ELSE address END AS address)
    FROM ({values.format(first=0, last=rows + rows // 200)}) WHERE id % 200 <> 0 OR id >= {rows}'''
duckdb.execute(f"COPY ({changed}) TO '{sys.argv[1]}/right.parquet'")
"""

_OURS = """
import sys
from pathlib import Path
import pyarrow.parquet as pq
from gongshu.lake.comparison import Plan, Side, compare
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
sides = [Side((folder / name,), pq.read_schema(folder / name)) for name in ("left.parquet", "right.parquet")]
found = compare(*sides, Plan(("id",)), scratch=out, use=lambda one: one.write_parquet(out / "found.parquet"))
print(found.left_rows, found.missing, found.extra, found.different, found.cells)
"""

_PLAIN = """
import sys
import duckdb
folder, out = sys.argv[1:]
columns = ["citizen_id", "name", "address", "registered", "amount", "visits", "active"]
duckdb.execute("SET threads = 2; SET enable_progress_bar = false")
shown = ", ".join(f"l.{c} AS l_{c}, r.{c} AS r_{c}" for c in columns)
unlike = " OR ".join(f"l.{c} IS DISTINCT FROM r.{c}" for c in columns)
duckdb.execute(f'''
    CREATE TABLE changed AS SELECT coalesce(l.id, r.id) AS id, r.id IS NULL AS missing, l.id IS NULL AS extra, {shown}
    FROM '{folder}/left.parquet' l FULL JOIN '{folder}/right.parquet' r ON l.id = r.id
    WHERE l.id IS NULL OR r.id IS NULL OR {unlike}''')
cells = " UNION ALL ".join(
    f"SELECT id, 'different' AS change, '{c}' AS col, l_{c}::VARCHAR AS l, r_{c}::VARCHAR AS r FROM changed "
    f"WHERE NOT missing AND NOT extra AND l_{c} IS DISTINCT FROM r_{c}" for c in columns)
duckdb.execute(f'''
    CREATE TABLE found AS {cells} UNION ALL
    SELECT id, CASE WHEN missing THEN 'missing' ELSE 'extra' END, NULL, NULL, NULL FROM changed WHERE missing OR extra''')
duckdb.execute(f"COPY (FROM found ORDER BY id, col) TO '{out}/found.parquet' (COMPRESSION zstd)")
print(*duckdb.execute(f'''
    SELECT (SELECT count(*) FROM '{folder}/left.parquet'), count(*) FILTER (missing), count(*) FILTER (extra),
        count(*) FILTER (NOT missing AND NOT extra), (SELECT count(*) FROM found WHERE change = 'different')
    FROM changed''').fetchone())
"""


def _once(program: str, rows: int, python: Path, rounds: int) -> tuple[float, float, list[int]]:
    """(CPU seconds, peak MB, counts) of the best of ``rounds``."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _WRITE, folder, str(rows)], check=True)
        return min(cost(program, Path(folder), python=python) for _ in range(rounds))


def _slope(program: str, python: Path) -> float:
    """CPU microseconds for each row of the left side beyond the smaller sample."""
    fewer, more = SAMPLES
    low, high = (_once(program, rows, python, 3)[0] for rows in (fewer, more))
    if high <= low:
        raise SystemExit(f"{more} rows took no longer than {fewer}: the samples are too small")
    return (high - low) / (more - fewer) * 1e6


def run() -> list[dict[str, Any]]:
    """CPU time of the whole comparison over the plain query's; per row over datacompy's."""
    if not PEERS.is_dir():
        raise SystemExit("The peers are not installed: run `make bench`, which puts them into .venv-peers")
    own = Path(sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _WRITE, folder, str(ROWS)], check=True)
        ours = [cost(_OURS, Path(folder)) for _ in range(ROUNDS)]
        plain = [cost(_PLAIN, Path(folder)) for _ in range(ROUNDS)]
    if ours[0][2] != plain[0][2]:
        raise SystemExit(f"the sides disagree: {ours[0][2]} and {plain[0][2]}")
    datacompy = (ROOT / "benchmarks" / "peers" / "compare_datacompy.py").read_text(encoding="utf-8")
    our_row, their_row = _slope(_OURS, own), _slope(datacompy, PEERS / "python")
    seconds = min(ours)[0], min(plain)[0]
    peaks = [round(max(peak for _, peak, _ in side)) for side in (ours, plain)]
    return [
        {
            "id": "compare.vs_duckdb",
            "ratio": round(seconds[0] / seconds[1], 2),
            "better": "lower",
            "ours": round(seconds[0], 2),
            "other": round(seconds[1], 2),
            "unit": "CPU s",
            "n": ROWS,
            "versions": {"duckdb": version("duckdb")},
        },
        {
            "id": "compare.peak_mb",
            "ratio": round(peaks[0] / peaks[1], 2),
            "better": "lower",
            "ours": peaks[0],
            "other": peaks[1],
            "unit": "MB",
            "n": ROWS,
            "versions": {"duckdb": version("duckdb")},
        },
        {
            "id": "compare.vs_datacompy",
            "ratio": round(their_row / our_row, 2),
            "better": "higher",
            "ours": round(1e6 / our_row),
            "other": round(1e6 / their_row),
            "unit": "rows per CPU s",
            "n": SAMPLES[1],
            "versions": {"datacompy": _versions().get("datacompy", "")},
        },
    ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
