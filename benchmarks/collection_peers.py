"""Collection against what others take for it: dlt, frictionless, pandera, Great Expectations, per row, in one run.

All read the same kind of file (eight columns, 2 % dirt) and check as much of it as they can say: types, required,
pattern, length, unique key; pandera and Great Expectations also the check digit and the day of birth of the identity number,
as functions of the user's. None keeps the rejected rows' raw text and commits atomically, and none makes a profile or looks
for personal data, which ours does. dlt checks nothing. Cost is CPU time of a process, and per row it is the slope between a
smaller and a larger sample, so that nobody pays for its start-up; the slower ones get smaller samples.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.collection import _OURS, cost, generate

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-peers" / "bin"
SCALE = float(os.environ.get("GONGSHU_BENCH_SCALE", "1"))
# (smaller, larger) sample of each.
SAMPLES = {
    "ours": (200_000, 1_000_000),
    "dlt": (50_000, 500_000),
    "pandera": (20_000, 200_000),
    "great_expectations": (10_000, 100_000),
    "frictionless": (4_000, 40_000),
}


def run() -> list[dict[str, Any]]:
    """Rows per CPU-second of each, and ours over theirs."""
    if not PEERS.is_dir():
        raise SystemExit("The peers are not installed: run `make bench`, which puts them into .venv-peers")
    speed = {name: _speed(name, *(int(size * SCALE) for size in sizes)) for name, sizes in SAMPLES.items()}
    versions = _versions()
    return [
        {
            "id": f"collection.vs_{name}",
            "ratio": round(speed["ours"] / speed[name], 1),
            "better": "higher",
            "ours": round(speed["ours"]),
            "other": round(speed[name]),
            "unit": "rows per CPU s",
            "n": int(SAMPLES[name][1] * SCALE),
            "versions": {name: versions.get(name.replace("_", "-"), versions.get(name, ""))},
        }
        for name in SAMPLES
        if name != "ours"
    ]


def _speed(name: str, fewer: int, more: int) -> float:
    seconds = []
    for rows in (fewer, more):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "in.csv"
            generate(path, rows)
            best = min(_cost(name, path, rows) for _ in range(2))
        seconds.append(best)
    if seconds[1] <= seconds[0]:
        raise SystemExit(f"{name}: {more} rows took no longer than {fewer}: the samples are too small")
    return (more - fewer) / (seconds[1] - seconds[0])


def _cost(name: str, path: Path, rows: int) -> float:
    if name == "ours":
        seconds, _, (read, *_) = cost(_OURS, path)
    else:
        program = (ROOT / "benchmarks" / "peers" / f"collect_{name}.py").read_text(encoding="utf-8")
        seconds, _, (read, *_) = cost(program, path, python=PEERS / "python")
    if read != rows:
        raise SystemExit(f"{name} read {read} of {rows} rows")
    return seconds


def _versions() -> dict[str, str]:
    listed = subprocess.run([PEERS / "pip", "freeze"], capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.lower().split("==") for line in listed if "==" in line)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
