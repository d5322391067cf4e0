"""The process that reads a workbook or a Parquet file: a job as JSON on standard input, an answer as JSON on standard
output.

It limits its own memory first, so that a hostile file kills this process and nothing else. Imports as
little as it can.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from gongshu.collection.merged import Area, areas
from gongshu.collection.names import SEARCHED_ROWS, find

_GROUP = 32_768
_MOST_SHEETS = 50
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2})[ T]00:00:00$"


def _work(job: dict[str, Any]) -> dict[str, Any]:
    """What the child does; answers either a grid or the name of a problem."""
    import fastexcel

    try:
        book = fastexcel.read_excel(job["path"])
    except fastexcel.FastExcelError as error:
        locked = "password" in str(error).lower() or "encrypt" in str(error).lower()
        return {"problem": "encrypted" if locked else "damaged"}
    sheets = list(book.sheet_names)
    if job["do"] == "sheets":
        return {"sheets": sheets[:_MOST_SHEETS]}
    if job["sheet"] is not None and job["sheet"] not in sheets:
        return {"problem": "sheet", "sheets": len(sheets)}
    chosen: tuple[int, str, pa.RecordBatch] | None = None
    for name in [job["sheet"]] if job["sheet"] is not None else sheets[:_MOST_SHEETS]:
        try:
            batch = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_arrow()
        except fastexcel.FastExcelError:
            continue  # a chart sheet, or one that is damaged
        if not batch.num_rows or not batch.num_columns:
            continue
        score = find(_head(batch), job["names"]).score
        if chosen is None or score > chosen[0]:
            chosen = (score, name, batch)
        if score and score == len(set(job["names"].values())):
            break
    if chosen is None:
        return {"problem": "empty"}
    _, name, batch = chosen
    spans = areas(Path(job["path"]), name) if job["merged"] else []
    batch, filled = _fill(batch, spans)
    _store(batch, Path(job["target"]))
    return {"sheet": name, "sheets": sheets, "rows": batch.num_rows, "head": _head(batch), "merged": filled}


def _fill(batch: pa.RecordBatch, spans: list[Area]) -> tuple[pa.RecordBatch, int]:
    """The value of each merged area in all of its rows, where they are blank; how many areas were filled."""
    by_column: dict[int, list[Area]] = {}
    for span in spans:
        if span.column < batch.num_columns and span.first < batch.num_rows:
            by_column.setdefault(span.column, []).append(span)
    filled = 0
    columns = list(batch.columns)
    for place, found in by_column.items():
        texts = columns[place].to_pylist()
        for span in found:
            value, changed = texts[span.first], False
            for row in range(span.first + 1, min(span.last + 1, len(texts))) if value else ():
                if not texts[row]:
                    texts[row], changed = value, True
            filled += changed
        columns[place] = pa.array(texts, columns[place].type)
    return pa.record_batch(columns, schema=batch.schema), filled


def _head(batch: pa.RecordBatch) -> list[list[str | None]]:
    columns = [column.slice(0, SEARCHED_ROWS).to_pylist() for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _store(batch: pa.RecordBatch, target: Path) -> None:
    import pyarrow.compute as pc

    fields = [pa.field(str(number), pa.string()) for number in range(batch.num_columns)]
    schema = pa.schema(fields)
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for start in range(0, batch.num_rows, _GROUP):
            part = batch.slice(start, _GROUP)
            columns = [pc.fill_null(column.cast(pa.string()), "") for column in part.columns]
            # A date cell without time reads as midnight; write the day alone.
            days = [pc.replace_substring_regex(column, _MIDNIGHT, r"\1") for column in columns]
            writer.write_batch(pa.record_batch(days, schema=schema))


def _parquet(job: dict[str, Any]) -> dict[str, Any]:
    """The columns of a Parquet file as texts, row group by row group."""
    import pyarrow.parquet as pq

    from gongshu.collection.parquetfile import names_of, texts_of

    written = rows = 0
    try:
        with pq.ParquetFile(job["path"], pre_buffer=False) as file, pa.OSFile(job["target"], "wb") as sink:
            names = names_of(file.schema_arrow)
            if len(names) > job["columns"]:
                return {"problem": "columns"}
            schema = pa.schema([pa.field(str(place), pa.string()) for place in range(len(names))])
            with pa.ipc.new_stream(sink, schema) as writer:
                for batch in file.iter_batches(batch_size=_GROUP, use_threads=False):
                    columns = texts_of(batch)
                    part = pa.record_batch(columns, schema=schema)
                    written, rows = written + part.nbytes, rows + part.num_rows
                    if written > job["most"]:
                        return {"problem": "bomb"}
                    writer.write_batch(part)
    except (pa.ArrowException, OSError, ValueError, NotImplementedError):
        return {"problem": "damaged"}
    return {"sheet": "", "sheets": [], "rows": rows, "head": [names], "merged": 0}


def _limit(memory: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    ceiling = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """The child's entry point."""
    job = json.loads(sys.stdin.buffer.read())
    if job["do"] == "parquet":  # before the limit: loading libraries needs address space
        import pyarrow.parquet  # noqa: F401
    else:
        import fastexcel  # noqa: F401

    _limit(int(job["memory"]))
    try:
        answer = _parquet(job) if job["do"] == "parquet" else _work(job)
    except (MemoryError, pa.ArrowMemoryError):
        answer = {"problem": "memory"}
    except pa.ArrowException:
        answer = {"problem": "damaged"}
    except BaseException as error:  # a panic of the Rust reader derives from BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        answer = {"problem": "damaged"}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
