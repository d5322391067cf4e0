"""The scan for personal data against presidio with the same recognisers, per cell.

A file of eight columns that hold what the recognisers look for: citizen numbers, names, mobile numbers, e-mail addresses,
bank cards, number plates, addresses, and remarks in which a telephone number stands. Ours looks at columns, and at equal
texts once; here hardly any are equal. presidio-analyzer gets pattern recognisers with the same shapes and checksums and an
NLP engine that does nothing, so that no language model is paid for, and is asked through its batch interface. Both must
find every column. The cost of a cell is the slope of the process's CPU time between two samples.
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

SCALE = float(os.environ.get("GONGSHU_BENCH_SCALE", "1"))
SAMPLES = {"ours": (100_000, 500_000), "presidio": (500, 2_000)}
COLUMNS = 8

_WRITE = """
import sys
import numpy as np
import polars as pl
rows = int(sys.argv[2])
source = np.random.default_rng(20261121)
number = source.integers
def text(low, high, width): return np.char.zfill(number(low, high, rows).astype(str), width)
def signed(body, weights, signs):
    digits = body.astype(f"U{len(weights)}").view("U1").reshape(rows, -1).astype(int)
    return np.char.add(body, np.array(list(signs))[(digits @ np.array(weights)) % len(signs)])
born = (np.datetime64("1950-01-01") + number(0, 25_000, rows)).astype(str)
body = np.char.add(np.char.add("990324", np.char.replace(born, "-", "")), text(0, 1000, 3))
citizen = signed(body, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], "10X98765432")
card = np.char.add("622202", text(0, 10**9, 9))
digits = card.astype("U15").view("U1").reshape(rows, 15).astype(int)
doubled = digits[:, ::2] * 2
total = digits[:, 1::2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
card = np.char.add(card, ((10 - total % 10) % 10).astype(str))
mobile = np.char.add("139", text(0, 10**8, 8))
name = source.choice(list("王李张刘陈杨黄赵吴周"), rows)
for _ in range(2):
    name = np.char.add(name, np.array([chr(code) for code in number(0x5000, 0x8000, rows)]))
letters = np.array(list("ABCDEFGH"))
frame = pl.DataFrame({
    "c1": citizen, "c2": name, "c3": mobile,
    "c4": np.char.add(np.char.add("user", text(0, 10**7, 7)), "@example.com"),
    "c5": card,
    "c6": np.char.add(np.char.add("陕", source.choice(letters, rows)), text(0, 10**5, 5)),
    "c7": np.char.add(np.char.add("江临市第", text(0, 10**4, 4)), np.char.add("大道", np.char.add(text(0, 10**3, 3), "号"))),
    "c8": np.char.add(np.char.add("来电反映路灯不亮，请回电", mobile), "，谢谢"),
})
frame.write_parquet(sys.argv[1])
"""

_OURS = """
import sys
import pyarrow as pa
import pyarrow.parquet as pq
import polars as pl
from gongshu.collection.personal import Declared, scan
def frames():
    with pq.ParquetFile(sys.argv[1]) as file:
        for batch in file.iter_batches(batch_size=65_536):
            yield pl.from_arrow(pa.Table.from_batches([batch]))
found = scan(frames(), [Declared(f"c{n}", f"c{n}") for n in range(1, 9)])
print(pq.read_metadata(sys.argv[1]).num_rows, len(found))
"""


def run() -> list[dict[str, Any]]:
    """Cells per CPU second of both."""
    if not PEERS.is_dir():
        raise SystemExit("The peers are not installed: run `make bench`, which puts them into .venv-peers")
    presidio = (ROOT / "benchmarks" / "peers" / "pii_presidio.py").read_text(encoding="utf-8")
    speeds = {
        "ours": _speed("ours", _OURS, Path(sys.executable)),
        "presidio": _speed("presidio", presidio, PEERS / "python"),
    }
    return [
        {
            "id": "pii.vs_presidio",
            "ratio": round(speeds["ours"] / speeds["presidio"], 1),
            "better": "higher",
            "ours": round(speeds["ours"]),
            "other": round(speeds["presidio"]),
            "unit": "cells per CPU s",
            "n": int(SAMPLES["ours"][1] * SCALE) * COLUMNS,
            "versions": {"presidio-analyzer": _versions().get("presidio_analyzer", "")},
        }
    ]


def _speed(name: str, program: str, python: Path) -> float:
    fewer, more = (int(size * SCALE) for size in SAMPLES[name])
    seconds = []
    for rows in (fewer, more):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "in.parquet"
            subprocess.run([sys.executable, "-c", _WRITE, str(path), str(rows)], check=True)
            rounds = [cost(program, path, python=python) for _ in range(2)]
        if any(numbers != [rows, COLUMNS] for _, _, numbers in rounds):
            raise SystemExit(f"{name} found {rounds[0][2]}, not {COLUMNS} columns of {rows} rows")
        seconds.append(min(rounds)[0])
    if seconds[1] <= seconds[0]:
        raise SystemExit(f"{name}: {more} rows took no longer than {fewer}: the samples are too small")
    return (more - fewer) * COLUMNS / (seconds[1] - seconds[0])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
