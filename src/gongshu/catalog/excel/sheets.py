"""A workbook as texts with their places, read in a process of its own with a limit on memory and time.

A workbook can be made to unpack to any size; the process that reads it may die, the platform does not. Run as
``python -m gongshu.catalog.excel.sheets``: a path on standard input, JSON on standard output.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from gongshu.errors import GongshuError

MEMORY = 2 << 30
SECONDS = 120
MOST_ROWS = 60_000
MOST_COLUMNS = 300
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*ref=\"([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)\"")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Sheet:
    """One sheet: ``rows`` are (row number from 1, texts by column); merged ranges have their text in every cell."""

    name: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read(path: Path) -> list[Sheet]:
    """All visible sheets with content. Raises GongshuError: not an XLSX, damaged, locked, too big."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start.startswith(b"PK"):
        raise GongshuError(
            "catalog.import_not_xlsx",
            "只能导入 XLSX 工作簿。旧的 XLS、ET 或加密文件，请在表格软件中打开后另存为不加密的 XLSX。",
            "Only XLSX workbooks are imported. Open an XLS, ET or locked file and save it as an XLSX without a password.",
        )
    root = str(Path(__file__).parents[3])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "gongshu.catalog.excel.sheets"],
            input=str(path).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "PYTHONPATH": root},
        )
    except subprocess.TimeoutExpired as late:
        raise _heavy() from late
    if done.returncode:
        raise _heavy()
    answer = json.loads(done.stdout)
    if answer.get("problem") == "heavy":
        raise _heavy()
    if answer.get("problem"):
        raise GongshuError(
            "catalog.import_damaged",
            "工作簿无法读取，文件可能已损坏。请在表格软件中重新保存后再上传。",
            "The workbook cannot be read and may be damaged. Save it again in your spreadsheet program.",
        )
    return listed(answer)


def listed(answer: dict[str, Any]) -> list[Sheet]:
    """The sheets of an answer."""
    return [Sheet(one["name"], [(n, cells) for n, cells in one["rows"]]) for one in answer["sheets"]]


def _heavy() -> GongshuError:
    return GongshuError(
        "catalog.import_heavy",
        f"工作簿过大：每张工作表最多 {MOST_ROWS} 行、{MOST_COLUMNS} 列。请拆成几个文件导入。",
        f"The workbook is too big: at most {MOST_ROWS} rows and {MOST_COLUMNS} columns a sheet. Split it.",
    )


def unpack(path: Path) -> dict[str, Any]:
    """What the process of its own answers: ``sheets``, or a ``problem``."""
    import openpyxl

    found = []
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        with zipfile.ZipFile(path) as archive:
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible" or not hasattr(sheet, "reset_dimensions"):
                    continue
                sheet.reset_dimensions()
                rows = _rows(sheet)
                if rows is None:
                    return {"problem": "heavy"}
                _spread(rows, list(_merges(archive, _path_of(sheet))))
                if rows:
                    found.append({"name": sheet.title, "rows": sorted(rows.items())})
    except MemoryError:
        return {"problem": "heavy"}
    except Exception as error:  # whatever a hostile file makes the reader raise
        return {"problem": type(error).__name__}
    return {"sheets": found}


def _path_of(sheet: Any) -> str:
    """Where a sheet that is read row by row stands in the archive; the reader knows it and has no other name for it."""
    return str(sheet._worksheet_path)


def _rows(sheet: Any) -> dict[int, list[str]] | None:
    rows: dict[int, list[str]] = {}
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [text_of(value) for value in values[: MOST_COLUMNS + 1]]
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if len(texts) > MOST_COLUMNS or len(rows) >= MOST_ROWS:
            return None
        rows[number] = texts
    return rows


def text_of(value: Any) -> str:
    """A cell as text: dates in ISO 8601, whole numbers without a point, truth as 是 and 否."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case str():
            return _ESCAPED.sub(_unescaped, value)
    return str(value)


def _unescaped(found: re.Match[str]) -> str:
    """A sign that XML cannot hold, as Office writes it; NUL and halves of signs stay as they are written."""
    number = int(found[1], 16)
    return chr(number) if number and not 0xD800 <= number <= 0xDFFF else found[0]


def _merges(archive: zipfile.ZipFile, path: str) -> Iterator[tuple[int, int, int, int]]:
    """Merged ranges as (first row, first column, last row, last column), rows from 1, columns from 0."""
    kept = b""
    with archive.open(path.lstrip("/")) as file:
        while chunk := file.read(1 << 18):
            text = kept + chunk
            end = 0
            for one in _MERGE.finditer(text):
                end = one.end()
                yield int(one[2]), _index(one[1]), int(one[4]), _index(one[3])
            kept = text[max(end, len(text) - 200) :]


def _index(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _spread(rows: dict[int, list[str]], merges: list[tuple[int, int, int, int]]) -> None:
    """Give every cell of a merged column range the text of its first one; ranges over columns keep theirs (titles)."""
    for top, left, bottom, right in merges:
        text = rows.get(top, [])[left : left + 1]
        if left != right or not text or not text[0]:
            continue
        for number in range(top + 1, min(bottom, top + MOST_ROWS) + 1):
            if (row := rows.get(number)) is not None:
                row.extend([""] * (left + 1 - len(row)))
                row[left] = text[0]


def main() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    json.dump(unpack(Path(sys.stdin.read())), sys.stdout)


if __name__ == "__main__":
    main()
