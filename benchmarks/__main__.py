"""``make bench``: run the benchmarks, write ``benchmarks/results.json``, append ``benchmarks/history.csv``.

Every module beside this one with a ``run()`` is a benchmark; ``python -m benchmarks gateway ledger`` runs those named.
The tables of ``docs/benchmarks.md`` are written from both.
``run()`` answers results in the form of the design: ``id``, ``ratio``, ``better``, ``ours``, ``other``, ``unit``, ``n``
and optionally ``versions``. Results of benchmarks that were not run this time are kept.
"""

from __future__ import annotations

import csv
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import _page

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results.json"
HISTORY = FOLDER / "history.csv"
REQUIRED = {"id", "ratio", "better", "ours", "other", "unit", "n"}
COLUMNS = ("commit", "date", "id", "ratio", "better", "ours", "other", "unit", "n")


def available() -> list[str]:
    """Names of the benchmarks there are."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    return [name for name in names if "def run(" in (FOLDER / f"{name}.py").read_text(encoding="utf-8")]


def measure(name: str) -> list[dict[str, Any]]:
    """Run one benchmark; its results, complete."""
    began = time.monotonic()
    print(f"{name} ...", file=sys.stderr, flush=True)
    found: list[dict[str, Any]] = list(importlib.import_module(f"benchmarks.{name}").run())
    for result in found:
        missing = REQUIRED - result.keys()
        if missing or result["better"] not in {"higher", "lower"}:
            raise SystemExit(f"{name}: result {result.get('id', '?')} is not complete: {sorted(missing)}")
        result.setdefault("command", f"make bench ONLY={name}")
        result["versions"] = {"python": platform.python_version(), **result.get("versions", {})}
    print(f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
    return found


def keep(found: list[dict[str, Any]]) -> None:
    """Merge ``found`` into ``results.json`` by id and append it to the history."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else []
    merged = {result["id"]: result for result in [*known, *found]}
    draft = RESULTS.with_suffix(".json.new")
    text = json.dumps([merged[name] for name in sorted(merged)], ensure_ascii=False, indent=2)
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(RESULTS)
    fresh = not HISTORY.is_file()
    with HISTORY.open("a", encoding="utf-8", newline="") as stream:
        rows = csv.DictWriter(stream, COLUMNS, extrasaction="ignore")
        if fresh:
            rows.writeheader()
        day = datetime.now(UTC).date().isoformat()
        rows.writerows({**result, "commit": commit(), "date": day} for result in found)


def commit() -> str:
    """The short commit, with a plus when the tree differs from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "../src")
    return (git("rev-parse", "--short=10", "HEAD") or "unknown") + ("+" if changed else "")


def main(wanted: list[str]) -> int:
    names = available()
    unknown = [name for name in wanted if name not in names]
    if unknown:
        print(f"There is no benchmark “{unknown[0]}”. There are: {', '.join(names)}.", file=sys.stderr)
        return 2
    os.environ.setdefault("GONGSHU_LANG", "en")
    for name in wanted or names:
        found = measure(name)
        keep(found)
        _page.write(RESULTS, HISTORY)
        for result in found:
            print(
                f"{result['id']:36} {result['ratio']:>10} ({result['better']} is better)   "
                f"ours {result['ours']}, other {result['other']} {result['unit']}, n={result['n']}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
