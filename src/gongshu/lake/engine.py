"""DuckDB over the files of the lake: how a session is opened within fixed limits, and how names are written into SQL.

Measured choice (docs/adr/0011): checks and comparisons of millions of rows run as SQL with a memory limit, spilling to a
scratch folder, and never row by row in Python. Nothing is fetched from anywhere: extensions are neither installed nor
loaded. Moments read as UTC+8.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from gongshu.errors import EnvironmentFault, GongshuError

MEMORY = "512MB"
THREADS = 2

Connection = duckdb.DuckDBPyConnection


@contextmanager
def session(scratch: Path | None = None, *, memory: str = MEMORY, threads: int = THREADS) -> Iterator[Connection]:
    """A database in memory that may spill into a folder of its own under ``scratch``, removed afterwards.

    Raises EnvironmentFault when memory or disk do not suffice. What DuckDB says of a value stays out of the message.
    """
    try:
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        spill = Path(tempfile.mkdtemp(prefix="gongshu-sql-", dir=scratch))
    except OSError as error:
        raise _no_room() from error
    connection = duckdb.connect(":memory:")
    try:
        for setting in (
            f"SET temp_directory={text(str(spill))}",
            f"SET memory_limit={text(memory)}",
            f"SET threads={int(threads)}",
            "SET autoinstall_known_extensions=false",
            "SET autoload_known_extensions=false",
            "SET python_enable_replacements=false",
            "SET TimeZone='Asia/Shanghai'",
            "SET enable_progress_bar=false",  # it would be written into what a command prints
        ):
            connection.execute(setting)
        yield connection
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise _no_room() from error
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def name(identifier: str) -> str:
    """An identifier, quoted."""
    _no_nul(identifier)
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text, quoted."""
    _no_nul(value)
    return "'" + value.replace("'", "''") + "'"


def texts(values: Sequence[str]) -> str:
    """A list of texts, quoted and in brackets, for ``IN``; never empty SQL."""
    return "(" + ", ".join(text(value) for value in values) + ")" if values else "(NULL)"


def view(connection: Connection, alias: str, files: Sequence[Path], schema: pa.Schema) -> None:
    """Make the Parquet ``files`` readable as ``alias``; an empty table of ``schema`` when there are none."""
    if not files:
        connection.register(alias, schema.empty_table())
        return
    paths = ", ".join(text(str(path)) for path in files)
    connection.execute(f"CREATE OR REPLACE VIEW {name(alias)} AS SELECT * FROM read_parquet([{paths}])")  # noqa: S608


def _no_nul(value: str) -> None:
    if "\x00" in value:
        raise GongshuError("lake.nul", "名称或取值不能含有空字符。", "A name or value may not hold the NUL character.")


def _no_room() -> EnvironmentFault:
    return EnvironmentFault(
        "lake.engine_room",
        "内存或临时空间不足，检查未能完成。请腾出磁盘空间后重试。",
        "Memory or scratch space did not suffice. Free some disk space, then try again.",
    )
