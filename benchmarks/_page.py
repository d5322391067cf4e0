"""The tables of ``docs/benchmarks.md``: the latest result of each id, and the history by commit."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results: written by make bench -->", "<!-- end of results -->"
COMMITS = 8  # of the history on the page; all of it is in history.csv


def write(results: Path, history: Path) -> None:
    """Put the tables between the page's two marks; the words around them stay."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    found: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
    with history.open(encoding="utf-8", newline="") as stream:
        kept = list(csv.DictReader(stream))
    PAGE.write_text(f"{before}{BEGIN}\n\n{_latest(found)}\n\n{_history(kept)}\n\n{END}{after}", encoding="utf-8")


def _latest(found: list[dict[str, Any]]) -> str:
    lines = ["| id | ratio | better | ours | other | unit | n |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| `{r['id']}` | **{_number(r['ratio'])}** | {r['better']} | {_number(r['ours'])} | {_number(r['other'])} "
        f"| {r['unit']} | {r['n']:,} |"
        for r in found
    ]
    return "\n".join(lines)


def _history(kept: list[dict[str, str]]) -> str:
    commits = list(dict.fromkeys(row["commit"] for row in kept))[-COMMITS:]
    ratio = {(row["id"], row["commit"]): row["ratio"] for row in kept}
    lines = [
        "Ratios by commit, the latest on the right:",
        "",
        "| id | " + " | ".join(f"`{commit}`" for commit in commits) + " |",
        "|---|" + "---|" * len(commits),
    ]
    for name in sorted({row["id"] for row in kept}):
        cells = [_number(float(ratio[name, c])) if (name, c) in ratio else "" for c in commits]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
