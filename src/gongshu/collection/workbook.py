"""Workbooks (XLSX, XLS, ODS) and Parquet files to a grid of texts, in a process of its own with a limit on memory and time.

A workbook can name a cell a million rows down and make any reader allocate the rectangle, so the reading
process may die; the platform does not. ``read`` starts ``python -m gongshu.collection.sheets`` with a job
on standard input; the child answers JSON on standard output and leaves the grid as an Arrow stream in the
scratch folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongshu import clock
from gongshu.collection import refusals
from gongshu.collection.arrival import DEFAULT, Limits
from gongshu.collection.header import MAX_COLUMNS


@dataclass(frozen=True)
class Grid:
    """A table as texts: an Arrow stream file of string columns "0", "1", …; row 1 of a sheet is the first
    row. ``merged`` areas were filled. ``head`` holds the first rows, or the column names of a Parquet file.
    """

    path: Path
    sheet: str
    sheets: tuple[str, ...]
    rows: int
    head: list[list[str | None]]
    merged: int = 0


def read(
    path: Path,
    scratch: Path,
    names: dict[str, int],
    *,
    sheet: str | None = None,
    merged: bool = True,
    limits: Limits = DEFAULT,
    tick: Callable[[], None] = lambda: None,
) -> Grid:
    """The sheet named ``sheet``, else the one whose header names most columns of the contract (the first on a tie),
    else the first with content.

    Raises GongshuError: encrypted, damaged, too heavy, no such sheet, empty.
    """
    job = {"do": "read", "path": str(path), "names": names, "sheet": sheet, "merged": merged}
    return _grid(job, scratch, limits, tick)


def read_parquet(
    path: Path, scratch: Path, *, limits: Limits = DEFAULT, tick: Callable[[], None] = lambda: None
) -> Grid:
    """A Parquet file's columns as texts. Raises GongshuError: damaged, too heavy, growing like a bomb."""
    most = max(limits.ratio_from, min(limits.unpacked, limits.ratio * path.stat().st_size))
    return _grid({"do": "parquet", "path": str(path), "most": most, "columns": MAX_COLUMNS}, scratch, limits, tick)


def sheets(path: Path, limits: Limits = DEFAULT, tick: Callable[[], None] = lambda: None) -> list[str]:
    """The names of a workbook's sheets, in its order."""
    return list(_ask({"do": "sheets", "path": str(path)}, limits, tick)["sheets"])


def _grid(job: dict[str, Any], scratch: Path, limits: Limits, tick: Callable[[], None]) -> Grid:
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="grid-", suffix=".arrows", delete=False) as made:
        target = Path(made.name)
    answer = _ask({**job, "target": str(target)}, limits, tick)
    return Grid(
        target, answer["sheet"], tuple(answer["sheets"]), int(answer["rows"]), answer["head"], int(answer["merged"])
    )


def _ask(job: dict[str, Any], limits: Limits, tick: Callable[[], None]) -> dict[str, Any]:
    """What the reading process answers; its problems as refusals."""
    parquet = job["do"] == "parquet"
    task = json.dumps({**job, "memory": limits.workbook_memory}).encode()
    code, said = _child(task, limits.workbook_seconds, tick)
    damaged = refusals.parquet_damaged if parquet else refusals.workbook_damaged
    if code:
        raise refusals.workbook_heavy() if code < 0 else damaged()
    answer: dict[str, Any] = json.loads(said)
    match answer.get("problem"):
        case "encrypted":
            raise refusals.workbook_encrypted()
        case "damaged":
            raise damaged()
        case "memory":
            raise refusals.workbook_heavy()
        case "bomb":
            raise refusals.bomb(limits.ratio)
        case "columns":
            raise refusals.too_many_columns(MAX_COLUMNS)
        case "sheet":
            raise refusals.sheet_unknown(int(answer["sheets"]))
        case "empty":
            raise refusals.empty()
    return answer


def _child(job: bytes, seconds: int, tick: Callable[[], None]) -> tuple[int, bytes]:
    """Run the reading process; answers its exit code (negative: killed by a signal) and what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "gongshu.collection.sheets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    ) as child:
        ends = clock.monotonic() + seconds
        sent: bytes | None = job
        while True:
            try:
                said, _ = child.communicate(sent, timeout=0.5)
                return child.returncode, said
            except subprocess.TimeoutExpired:
                sent = None
                try:
                    tick()
                    if clock.monotonic() > ends:
                        raise refusals.workbook_heavy()
                except BaseException:
                    child.kill()
                    raise


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
