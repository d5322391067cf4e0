"""A department's own query as a check: one SELECT over the declared tables, and over nothing else.

The query finds what is wrong: every row that it returns is a failure. It runs in a database of its own whose files are
those of the declared tables, without access to the disk or the network beside them, with limits on memory and time and
with its settings locked. The parsed query is looked at first: one SELECT, declared tables, no table functions. DuckDB's
error messages carry values of the data, so none of them is passed on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from gongshu.errors import GongshuError
from gongshu.lake.engine import text, view

MEMORY = "256MB"
SECONDS = 60
SAMPLE = 20

_FORBIDDEN_FUNCTIONS = frozenset(
    {"getenv", "current_setting", "getvariable", "stats", "query", "query_table", "sleep_ms", "write_log", "setseed"}
)


@dataclass(frozen=True)
class Tables:
    """What a query may read: by the name that it uses, the files and the schema."""

    files: Mapping[str, Sequence[Path]]
    schemas: Mapping[str, pa.Schema]


@dataclass(frozen=True)
class Found:
    """How many rows the query returned, and the source rows of the first, where it returns the column ``_row``."""

    rows: int
    sample: tuple[int, ...]


def look(query: str, tables: Sequence[str]) -> str:
    """Refuse everything but one SELECT over ``tables``; the query as the parser writes it, without remarks.

    Raises GongshuError ``quality.query_refused``.
    """
    connection = duckdb.connect(":memory:")
    try:
        answer = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchone()
        parsed: dict[str, Any] = json.loads(answer[0]) if answer else {"error": True}
        if parsed.get("error") or len(parsed.get("statements", [])) != 1:
            raise _refused("须为一条 SELECT", "it must be exactly one SELECT")
        written = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(parsed)]).fetchone()
    except duckdb.Error as error:
        raise _refused("不是有效的查询", "it is not a valid query") from error
    finally:
        connection.close()
    allowed = {one.lower() for one in tables}
    defined = {one.lower() for node in _nodes(parsed) for one in _defined(node)}
    for node in _nodes(parsed):
        kind = str(node.get("type", ""))
        if kind in {"TABLE_FUNCTION", "SHOW_REF", "PIVOT", "COLUMN_DATA", "EMPTY_FUNCTION"}:
            raise _refused("不得使用表函数", "it may not use table functions")
        if kind == "BASE_TABLE":
            path = [str(one) for one in (node.get("qualified_name") or {}).get("path", [])]
            wanted = path or [str(node.get("table_name", ""))]
            if len(wanted) != 1 or wanted[0].lower() not in allowed | defined:
                raise _refused(
                    f"只能读取声明的表：{'、'.join(sorted(tables))}",
                    f"it may read only the declared tables: {', '.join(sorted(tables))}",
                )
        function = str(node.get("function_name", "")).lower()
        if function in _FORBIDDEN_FUNCTIONS or function.startswith(("pg_", "duckdb_", "pragma_", "read_")):
            raise _refused(f"不得使用函数 {function}", f"it may not use the function {function}")
    return str(written[0]) if written else query


def run(query: str, tables: Tables, *, seconds: int = SECONDS, memory: str = MEMORY) -> Found:
    """Run a query that finds failures. Raises GongshuError when it is refused, fails or takes too long."""
    body = look(query, tuple(tables.files))
    connection = duckdb.connect(":memory:")
    try:
        _lock_down(connection, tables, seconds, memory)
        described = connection.execute(f"DESCRIBE SELECT * FROM (\n{body}\n) AS found").fetchall()  # noqa: S608
        columns = {str(row[0]) for row in described}
        rows = connection.execute(f"SELECT count(*) FROM (\n{body}\n) AS found").fetchone()  # noqa: S608
        sample: list[Any] = []
        if "_row" in columns and rows and rows[0]:
            sample = connection.execute(
                f"SELECT TRY_CAST(_row AS BIGINT) AS r FROM (\n{body}\n) AS found ORDER BY r LIMIT {SAMPLE}"  # noqa: S608
            ).fetchall()
    except duckdb.InterruptException as error:
        raise _refused(f"超过 {seconds} 秒", f"it took more than {seconds} seconds") from error
    except duckdb.OutOfMemoryException as error:
        raise _refused(f"需要超过 {memory} 内存", f"it needs more than {memory} of memory") from error
    except duckdb.Error as error:
        kind = type(error).__name__.removesuffix("Exception")
        raise _refused(f"不能执行（{kind}）", f"it cannot be run ({kind})") from error
    finally:
        connection.close()
    return Found(int(rows[0]) if rows else 0, tuple(int(one[0]) for one in sample if one[0] is not None))


def _lock_down(connection: duckdb.DuckDBPyConnection, tables: Tables, seconds: int, memory: str) -> None:
    """The order matters: first where it may write (nowhere), last that nothing of this can be changed."""
    connection.execute("SET temp_directory=''")
    paths = ", ".join(text(str(path)) for files in tables.files.values() for path in files)
    connection.execute(f"SET allowed_paths=[{paths}]")
    for alias, files in tables.files.items():
        view(connection, alias, files, tables.schemas[alias])
    for setting in (
        "SET enable_external_access=false",
        "SET autoinstall_known_extensions=false",
        "SET autoload_known_extensions=false",
        "SET python_enable_replacements=false",
        f"SET memory_limit={text(memory)}",
        "SET threads=1",
        f"SET max_execution_time={int(seconds) * 1000}",
        "SET TimeZone='Asia/Shanghai'",
        "SET lock_configuration=true",
    ):
        connection.execute(setting)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a parsed query."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from _nodes(one)


def _defined(node: Mapping[str, Any]) -> list[str]:
    """The names that a WITH introduces."""
    entries = (node.get("cte_map") or {}).get("map", []) if isinstance(node.get("cte_map"), dict) else []
    return [str(one.get("key", "")) for one in entries if isinstance(one, dict)]


def _refused(zh: str, en: str) -> GongshuError:
    return GongshuError("quality.query_refused", f"自定义查询{zh}。", f"Own query: {en}.")
