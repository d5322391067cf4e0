"""Running a check set over one version of a table: counts by check, the first failing rows, and all of them on demand.

One scan of the files answers all checks of single rows; those that look at other rows or tables have a query each. Every
query runs in DuckDB with bounded memory. A check that cannot be run says why and is left out of the score, never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.lake import engine
from gongshu.lake.engine import Connection, name
from gongshu.lake.expressions import as_text, kind_of
from gongshu.lake.tables import RAW, ROW
from gongshu.quality import own_query
from gongshu.quality.checkset import Check, CheckSet
from gongshu.quality.predicates import THIS, Condition, Schemas, column, condition

SAMPLE = 20
_SETS = frozenset({"unique", "reference", "division", "code_list"})  # they read more than the row


@dataclass(frozen=True)
class Source:
    """A version of a table as the checks read it. ``intact`` looks whether the files are still those of the commit."""

    files: Sequence[Path]
    schema: pa.Schema
    committed_at: datetime | None = None
    intact: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Outcome:
    """What came of one check. ``failed`` counts all that fail, ``exempt`` those of them that are excepted.

    ``rows`` are row numbers of the source file, the first of the failures; ``problem`` says why it could not be run.
    """

    check: Check
    checked: int = 0
    failed: int = 0
    exempt: int = 0
    rows: tuple[int, ...] = ()
    measured: str = ""
    problem: Text | None = None

    @property
    def counted(self) -> int:
        """Failures that count."""
        return self.failed - self.exempt

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check.as_json(),
            "checked": self.checked,
            "failed": self.failed,
            "exempt": self.exempt,
            "rows": list(self.rows),
            "measured": self.measured,
            "problem": list(self.problem) if self.problem else None,
        }


@dataclass
class Ground:
    """The table that is checked, what it is compared with, and the day."""

    own: Source
    others: Mapping[str, Source] = field(default_factory=dict)
    today: date = field(default_factory=clock.today)
    scratch: Path | None = None
    memory: str = engine.MEMORY

    def schemas(self) -> Schemas:
        others = {code: (name(_alias(code)), source.schema) for code, source in self.others.items()}
        return Schemas(self.own.schema, others)


def run(checks: CheckSet, ground: Ground, *, tick: Callable[[], None] = lambda: None) -> tuple[int, list[Outcome]]:
    """The rows of the table, and the outcome of every check in order. ``tick`` is called between queries."""
    found: dict[str, Outcome] = {}
    with engine.session(ground.scratch, memory=ground.memory) as connection:
        _open(connection, ground)
        conditions: dict[str, Condition] = {}
        for check in checks.checks:
            if check.shape.per_row:
                try:
                    conditions[check.id] = condition(check, ground.schemas(), ground.today)
                except GongshuError as error:
                    found[check.id] = Outcome(check, problem=error.text)
        of_rows = [one for one in checks.checks if one.id in conditions and one.kind not in _SETS]
        tick()
        rows = _count(connection, THIS)
        try:
            found |= _counted(connection, of_rows, conditions)
        except duckdb.Error:  # one of them: ask them one by one, so that it does not hide the others
            for check in of_rows:
                found |= _alone(connection, check, conditions)
        for check in checks.checks:
            if check.id not in found and check.id in conditions:
                tick()
                found |= _alone(connection, check, conditions)
        for check in checks.checks:
            outcome = found.get(check.id)
            if outcome is not None and outcome.failed:
                tick()
                numbers = _first(connection, ground.own.schema, conditions[check.id])
                found[check.id] = Outcome(check, outcome.checked, outcome.failed, outcome.exempt, numbers)
        for check in checks.checks:
            if not check.shape.per_row:
                tick()
                found[check.id] = _whole(connection, check, ground, rows)
    return rows, [found[check.id] for check in checks.checks]


def failing(
    checks: CheckSet, ground: Ground, *, limit: int = 100_000
) -> Iterator[tuple[Check, Iterator[tuple[Any, ...]]]]:
    """For each check of rows with failures that count: its rows as texts, the source row first. At most ``limit`` each."""
    columns = [one for one in ground.own.schema.names if one not in {ROW, RAW}]
    shown = [as_text(one, kind_of(ground.own.schema.field(one))) for one in columns]
    with engine.session(ground.scratch, memory=ground.memory) as connection:
        _open(connection, ground)
        for check in checks.checks:
            if not check.shape.per_row:
                continue
            try:
                found = condition(check, ground.schemas(), ground.today)
                where = f"{found.fails} AND NOT {found.exempt}"
                number = column(ROW) if ROW in ground.own.schema.names else "NULL"
                cursor = connection.execute(
                    f"SELECT {', '.join([f'{number} AS r', *shown])} FROM {THIS} AS t "  # noqa: S608
                    f"WHERE {where} ORDER BY r LIMIT {int(limit)}"
                )
                first = cursor.fetchmany(1)
            except (GongshuError, duckdb.Error):
                continue
            if first:
                yield check, _rows(cursor, first)


def columns_of(schema: pa.Schema) -> list[str]:
    """The columns that :func:`failing` shows after the row number."""
    return [one for one in schema.names if one not in {ROW, RAW}]


def _rows(cursor: Connection, first: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    some = first
    while some:
        yield from some
        some = cursor.fetchmany(5_000)


def _alias(code: str) -> str:
    return f"resource {code}"


def _open(connection: Connection, ground: Ground) -> None:
    engine.view(connection, THIS, ground.own.files, ground.own.schema)
    for code, source in ground.others.items():
        engine.view(connection, _alias(code), source.files, source.schema)


def _count(connection: Connection, view: str) -> int:
    answer = connection.execute(f"SELECT count(*) FROM {view}").fetchone()  # noqa: S608
    return int(answer[0]) if answer else 0


def _counted(
    connection: Connection, checks: Sequence[Check], conditions: Mapping[str, Condition]
) -> dict[str, Outcome]:
    """All checks of single rows in one scan."""
    if not checks:
        return {}
    terms = []
    for check in checks:
        found = conditions[check.id]
        terms += [f"count_if({found.applies})", f"count_if({found.fails})"]
        terms.append(f"count_if({found.fails} AND {found.exempt})" if check.exceptions else "0")
    answer = connection.execute(f"SELECT {', '.join(terms)} FROM {THIS} AS t").fetchone() or ()  # noqa: S608
    counts = iter(int(one or 0) for one in answer)  # over no rows DuckDB counts NULL
    return {check.id: Outcome(check, next(counts), next(counts), next(counts)) for check in checks}


def _alone(connection: Connection, check: Check, conditions: Mapping[str, Condition]) -> dict[str, Outcome]:
    try:
        return _counted(connection, [check], conditions)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        return {check.id: Outcome(check, problem=_failed(error))}


def _first(connection: Connection, schema: pa.Schema, found: Condition) -> tuple[int, ...]:
    if ROW not in schema.names:
        return ()
    numbers = connection.execute(
        f"SELECT {column(ROW)} AS r FROM {THIS} AS t WHERE {found.fails} AND NOT {found.exempt} "  # noqa: S608
        f"ORDER BY r LIMIT {SAMPLE}"
    ).fetchall()
    return tuple(int(one[0]) for one in numbers if one[0] is not None)


def _whole(connection: Connection, check: Check, ground: Ground, rows: int) -> Outcome:
    """A check of the table as a whole."""
    try:
        if check.kind == "row_count":
            low, high = check.options.get("min", 0), check.options.get("max")
            wrong = rows < low or (high is not None and rows > high)
            return Outcome(check, 1, int(wrong), measured=str(rows))
        if check.kind == "accessible":
            return Outcome(check, 1, int(not ground.own.intact()))
        if check.kind == "freshness":
            return _freshness(connection, check, ground)
        return _own_query(check, ground, rows)
    except GongshuError as error:
        return Outcome(check, problem=error.text)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        return Outcome(check, problem=_failed(error))


def _freshness(connection: Connection, check: Check, ground: Ground) -> Outcome:
    if check.columns:
        if check.columns[0] not in ground.own.schema.names:
            return Outcome(check, problem=Text(f"没有列 {check.columns[0]}", f"there is no column {check.columns[0]}"))
        latest = f"max(TRY_CAST({column(check.columns[0])} AS DATE))"
        answer = connection.execute(f"SELECT {latest} FROM {THIS} AS t").fetchone()  # noqa: S608
        day = answer[0] if answer else None
    else:
        moment = ground.own.committed_at
        day = clock.local(moment).date() if moment else None
    if day is None:
        return Outcome(check, problem=Text("没有可以判断更新的日期", "there is no day to judge by"))
    age = (ground.today - day).days
    return Outcome(check, 1, int(age > int(check.options["days"])), measured=day.isoformat())


def _own_query(check: Check, ground: Ground, rows: int) -> Outcome:
    wanted: Mapping[str, str] = check.options.get("tables", {})
    missing = [code for code in wanted.values() if code not in ground.others]
    if missing:
        return Outcome(check, problem=Text(f"没有资源 {missing[0]} 的数据", f"there are no data of {missing[0]}"))
    sources = {THIS: ground.own} | {alias: ground.others[code] for alias, code in wanted.items()}
    tables = own_query.Tables(
        {alias: source.files for alias, source in sources.items()},
        {alias: source.schema for alias, source in sources.items()},
    )
    found = own_query.run(str(check.options["query"]), tables)
    return Outcome(check, max(rows, found.rows), found.rows, rows=found.sample)


def _failed(error: duckdb.Error) -> Text:
    """DuckDB's sentence may hold a value, so only its kind is told."""
    kind = type(error).__name__.removesuffix("Exception")
    return Text(f"不能执行（{kind}）", f"it cannot be run ({kind})")
