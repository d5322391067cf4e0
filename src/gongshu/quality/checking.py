"""Running a check set over one version of a table: counts by check, the first failing rows, and all of them on demand.

One scan of the files answers all checks of single rows; those that look at other rows or tables have a query each. Every
query runs in DuckDB with bounded memory, or on Spark (``checking_spark``), with the same answers. A check that cannot be run
says why and is left out of the score, never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.lake import engine
from gongshu.lake.dialects import DUCKDB, Dialect
from gongshu.lake.engine import Connection
from gongshu.lake.expressions import kind_of
from gongshu.lake.tables import RAW, ROW
from gongshu.quality import own_query
from gongshu.quality.checkset import Check, CheckSet
from gongshu.quality.predicates import THIS, Condition, Schemas, condition

SAMPLE = 20
_SETS = frozenset({"unique", "reference", "division", "code_list"})  # they read more than the row


@dataclass(frozen=True)
class Source:
    """A version of a table as the checks read it. ``intact`` looks whether the files are still those of the commit."""

    files: Sequence[Path]
    schema: pa.Schema
    committed_at: datetime | None = None
    intact: Callable[[], bool] = lambda: True
    addresses: Sequence[str] = ()  # of the files, for other machines


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

    def schemas(self, dialect: Dialect = DUCKDB) -> Schemas:
        others = {code: (dialect.name(alias(code)), source.schema) for code, source in self.others.items()}
        return Schemas(self.own.schema, others)


class Runner(Protocol):
    """An engine with the tables of a :class:`Ground` open: ``this``, and each other resource as :func:`alias` names it."""

    errors: tuple[type[Exception], ...]  # what a query raises that cannot be run
    grave: tuple[type[Exception], ...]  # those of them that say nothing about the query
    apart: frozenset[str]  # kinds of checks that are better asked alone than in one scan with the others

    def dialect(self) -> Dialect:
        """A new one for each check."""

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query whose parts the dialects of this runner wrote."""

    def counted(self, checks: Sequence[tuple[Check, Condition]]) -> list[tuple[int, int, int]]:
        """For each check how many rows it applies to, how many fail, how many of these are excepted."""

    def first(self, checks: Sequence[tuple[Check, Condition]], most: int) -> list[tuple[int, ...]]:
        """For each check the numbers of the first rows that fail and are not excepted."""


Engine = Callable[[Ground], AbstractContextManager[Runner]]


@contextmanager
def in_duckdb(ground: Ground) -> Iterator[Runner]:
    """The engine of one machine."""
    with engine.session(ground.scratch, memory=ground.memory) as connection:
        engine.view(connection, THIS, ground.own.files, ground.own.schema)
        for code, source in ground.others.items():
            engine.view(connection, alias(code), source.files, source.schema)
        yield _InDuckDB(connection)


class _InDuckDB:
    errors: tuple[type[Exception], ...] = (duckdb.Error,)
    grave: tuple[type[Exception], ...] = (duckdb.OutOfMemoryException,)
    apart: frozenset[str] = _SETS

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def dialect(self) -> Dialect:
        return DUCKDB

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def counted(self, checks: Sequence[tuple[Check, Condition]]) -> list[tuple[int, int, int]]:
        """All in one scan."""
        terms = []
        for check, found in checks:
            terms += [f"count_if({found.applies})", f"count_if({found.fails})"]
            terms.append(f"count_if({found.fails} AND {found.exempt})" if check.exceptions else "0")
        answer = self.connection.execute(f"SELECT {', '.join(terms)} FROM {THIS} AS t").fetchone() or ()  # noqa: S608
        counts = iter(int(one or 0) for one in answer)  # over no rows DuckDB counts NULL
        return [(next(counts), next(counts), next(counts)) for _ in checks]

    def first(self, checks: Sequence[tuple[Check, Condition]], most: int) -> list[tuple[int, ...]]:
        rows = []
        for _, found in checks:
            numbers = self.fetch(
                f"SELECT {DUCKDB.column(ROW)} AS r FROM {THIS} AS t WHERE {found.fails} AND NOT {found.exempt} "  # noqa: S608
                f"ORDER BY r LIMIT {int(most)}"
            )
            rows.append(tuple(int(one[0]) for one in numbers if one[0] is not None))
        return rows


def run(
    checks: CheckSet, ground: Ground, *, tick: Callable[[], None] = lambda: None, on: Engine = in_duckdb
) -> tuple[int, list[Outcome]]:
    """The rows of the table, and the outcome of every check in order. ``tick`` is called between queries."""
    found: dict[str, Outcome] = {}
    with on(ground) as runner:
        conditions: dict[str, Condition] = {}
        for check in checks.checks:
            if check.shape.per_row:
                own = runner.dialect()
                try:
                    conditions[check.id] = condition(check, ground.schemas(own), ground.today, own)
                except GongshuError as error:
                    found[check.id] = Outcome(check, problem=error.text)
        of_rows = [one for one in checks.checks if one.id in conditions and one.kind not in runner.apart]
        tick()
        rows = int(runner.fetch(f"SELECT count(*) FROM {THIS}")[0][0])  # noqa: S608
        try:
            found |= _counted(runner, of_rows, conditions)
        except runner.errors:  # one of them: ask them one by one, so that it does not hide the others
            for check in of_rows:
                found |= _alone(runner, check, conditions)
        for check in checks.checks:
            if check.id not in found and check.id in conditions:
                tick()
                found |= _alone(runner, check, conditions)
        failed = [one for one in checks.checks if one.id in found and found[one.id].failed]
        if failed and ROW in ground.own.schema.names:
            tick()
            numbers = runner.first([(one, conditions[one.id]) for one in failed], SAMPLE)
            found |= {one.id: replace(found[one.id], rows=rows) for one, rows in zip(failed, numbers, strict=True)}
        for check in checks.checks:
            if not check.shape.per_row:
                tick()
                found[check.id] = _whole(runner, check, ground, rows)
    return rows, [found[check.id] for check in checks.checks]


def failing(
    checks: CheckSet, ground: Ground, *, limit: int = 100_000
) -> Iterator[tuple[Check, Iterator[tuple[Any, ...]]]]:
    """For each check of rows with failures that count: its rows as texts, the source row first. At most ``limit`` each."""
    columns = [one for one in ground.own.schema.names if one not in {ROW, RAW}]
    shown = [DUCKDB.as_text(one, kind_of(ground.own.schema.field(one))) for one in columns]
    with in_duckdb(ground) as runner:
        assert isinstance(runner, _InDuckDB)  # noqa: S101 - for the type checker
        for check in checks.checks:
            if not check.shape.per_row:
                continue
            try:
                found = condition(check, ground.schemas(), ground.today)
                where = f"{found.fails} AND NOT {found.exempt}"
                number = DUCKDB.column(ROW) if ROW in ground.own.schema.names else "NULL"
                cursor = runner.connection.execute(
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


def alias(code: str) -> str:
    """What another resource is called in the SQL."""
    return f"resource {code}"


def _counted(runner: Runner, checks: Sequence[Check], conditions: Mapping[str, Condition]) -> dict[str, Outcome]:
    if not checks:
        return {}
    counts = runner.counted([(one, conditions[one.id]) for one in checks])
    return {check.id: Outcome(check, *some) for check, some in zip(checks, counts, strict=True)}


def _alone(runner: Runner, check: Check, conditions: Mapping[str, Condition]) -> dict[str, Outcome]:
    try:
        return _counted(runner, [check], conditions)
    except runner.grave:
        raise
    except runner.errors as error:
        return {check.id: Outcome(check, problem=_failed(error))}


def _whole(runner: Runner, check: Check, ground: Ground, rows: int) -> Outcome:
    """A check of the table as a whole."""
    try:
        if check.kind == "row_count":
            low, high = check.options.get("min", 0), check.options.get("max")
            wrong = rows < low or (high is not None and rows > high)
            return Outcome(check, 1, int(wrong), measured=str(rows))
        if check.kind == "accessible":
            return Outcome(check, 1, int(not ground.own.intact()))
        if check.kind == "freshness":
            return _freshness(runner, check, ground)
        return _own_query(check, ground, rows)
    except GongshuError as error:
        return Outcome(check, problem=error.text)
    except runner.grave:
        raise
    except runner.errors as error:
        return Outcome(check, problem=_failed(error))


def _freshness(runner: Runner, check: Check, ground: Ground) -> Outcome:
    if check.columns:
        if check.columns[0] not in ground.own.schema.names:
            return Outcome(check, problem=Text(f"没有列 {check.columns[0]}", f"there is no column {check.columns[0]}"))
        dialect = runner.dialect()
        kind = kind_of(ground.own.schema.field(check.columns[0]))
        latest = f"max({dialect.as_day(dialect.column(check.columns[0]), kind)})"
        latest = f"greatest(DATE '0001-01-01', least(DATE '9999-12-31', {latest}))"  # infinity, too, is a day in SQL
        day = runner.fetch(f"SELECT {latest} FROM {THIS} AS t")[0][0]  # noqa: S608
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


def _failed(error: Exception) -> Text:
    """The engine's sentence may hold a value, so only its kind is told."""
    kind = type(error).__name__.removesuffix("Exception")
    return Text(f"不能执行（{kind}）", f"it cannot be run ({kind})")
