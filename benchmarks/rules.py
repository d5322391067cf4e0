"""What one question to the rules costs: ``pack.value(name, on=day)`` in microseconds.

Every parameter of every city's pack on 30 days, asked in shuffled order, each asked before (the pack answers from memory,
as it does in a running process). ``rules.value_us`` is absolute: its ratio is to one microsecond. In the same run, on the
same keys: ``first_us`` is what the first asking of each costs, ``dict_us`` a bare dictionary look-up, the floor, and
``load_ms`` reading all packs from their files in a process that has read none.
"""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

from gongshu import rules

TURNS = 7
QUESTIONS = 100_000  # of each turn
LOAD = (
    "import time; from gongshu import rules; t = time.perf_counter(); [rules.load(p) for p in rules.available()];"
    " print(time.perf_counter() - t)"
)
DAYS = [date(2026, 3, 2) + timedelta(days=n) for n in range(30)]


def run() -> list[dict]:
    """Measure; one result in the form of design.md."""
    packs = [rules.load(name) for name in rules.available()]
    asked = [
        (pack, definition.name, day)
        for pack in packs
        for definition in pack.parameters()
        for day in DAYS
        if pack.find(definition.name, on=DAYS[0]) is not None
    ]
    random.Random(7).shuffle(asked)
    for pack in packs:
        pack._cache.clear()
    first = _each(asked)
    many = (asked * (QUESTIONS // len(asked) + 1))[:QUESTIONS]
    ours = statistics.median(_each(many) for _ in range(TURNS))
    load = min(float(subprocess.check_output([sys.executable, "-c", LOAD], env=_environment())) for _ in range(3))
    plain = {(pack.id, name, day): True for pack, name, day in asked}
    keys = [(pack.id, name, day) for pack, name, day in asked]
    floor = statistics.median(_each_key(plain, keys) for _ in range(TURNS))
    return [
        {
            "id": "rules.value_us",
            "ratio": round(ours, 4),
            "better": "lower",
            "ours": round(ours, 4),
            "other": 1.0,
            "unit": "µs",
            "n": QUESTIONS,
            "command": f"{QUESTIONS} questions ({len(asked)} different) to {len(packs)} packs, median of {TURNS} turns",
            "versions": {"python": platform.python_version(), "msgspec": version("msgspec")},
            "first_us": round(first, 3),
            "dict_us": round(floor, 4),
            "load_ms": round(load * 1000, 1),
        }
    ]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1] / "src")}


def _each(asked: list) -> float:
    began = time.perf_counter()
    for pack, name, day in asked:
        pack.value(name, on=day)
    return (time.perf_counter() - began) / len(asked) * 1e6


def _each_key(plain: dict, keys: list) -> float:
    began = time.perf_counter()
    for key in keys:
        plain[key]
    return (time.perf_counter() - began) / len(keys) * 1e6


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False, indent=2))
