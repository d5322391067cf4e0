"""Two tables compared by key: rows that are missing, extra or different, and in these every differing cell.

Each side is read for its keys and a 64-bit hash of its row; a join by key, or where keys repeat an aggregation by key, finds
which rows differ, and only their cells are compared. Everything happens in DuckDB within a memory limit and spills
to disk beyond it. Two different rows with the same key pass as equal when their hashes collide: about once in 10^19 pairs.

A key that a side holds more than once says nothing about which rows belong together: such keys are counted and listed, and
left out of the rest, as are rows whose key is empty. So for each side: rows = same + different + missing (or extra) +
duplicates + keyless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from gongshu.errors import GongshuError
from gongshu.lake import engine
from gongshu.lake.dialects import DUCKDB, Dialect
from gongshu.lake.engine import Connection, name, text
from gongshu.lake.expressions import NUMERIC, as_text, kind_of
from gongshu.lake.tables import RAW, ROW, Table

Tick = Callable[[], None]

_BUCKETS = 4_096  # by the first bits of a key's hash: one that is far too full holds a key that occurs often
_APART = 0.85  # the least share of different keys, as far as it can be estimated, for which a join is tried


class Normal(StrEnum):
    """What is evened out before two values are compared; the result shows them as they stand."""

    TRIM = "trim"  # blanks at both ends
    WIDTH = "width"  # full-width letters, digits and signs
    CASE = "case"
    EMPTY = "empty"  # an empty text is no value
    NUMBER = "number"  # 01.50 is 1.5
    CODE = "code"  # division codes without the zeros that fill them up


@dataclass(frozen=True)
class Side:
    """One of the tables: its files, their schema, and what to call it."""

    files: Sequence[Path]
    schema: pa.Schema
    label: str = ""
    addresses: Sequence[str] = ()  # of the files, for other machines

    @property
    def columns(self) -> list[str]:
        return [one for one in self.schema.names if one not in {ROW, RAW}]


@dataclass(frozen=True)
class Plan:
    """How to compare: by which columns of both sides, which other columns (default: all in common), what is evened out."""

    keys: tuple[str, ...]
    columns: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()
    normal: frozenset[Normal] = frozenset()


@dataclass
class Difference:
    """The counts. ``columns`` are those that were compared; ``only_left`` and ``only_right`` stand on one side alone."""

    left_rows: int = 0
    right_rows: int = 0
    same: int = 0
    different: int = 0
    missing: int = 0  # on the left alone
    extra: int = 0  # on the right alone
    left_duplicates: int = 0  # rows whose key is not unique on either side
    right_duplicates: int = 0
    left_keyless: int = 0
    right_keyless: int = 0
    cells: int = 0
    by_column: dict[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    only_left: tuple[str, ...] = ()
    only_right: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Nothing differs, and nothing was left out of the comparison."""
        return self.left_rows == self.right_rows == self.same and not self.only_left and not self.only_right

    def as_json(self) -> dict[str, Any]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}


class Change(StrEnum):
    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    DUPLICATE = "duplicate"


@dataclass
class Comparison:
    """An open comparison: the counts, and the differences row by row. Valid inside :func:`comparing`."""

    difference: Difference
    plan: Plan
    _connection: Connection

    @property
    def heads(self) -> tuple[str, ...]:
        """Columns of the rows: the change, the keys, the column, both values."""
        return ("change", *self.plan.keys, "column", "left", "right")

    def rows(self, limit: int | None = None, *, size: int = 10_000) -> Iterator[tuple[Any, ...]]:
        """The differences as texts, ordered by key and column. A duplicate shows how often each side holds the key."""
        cursor = self._connection.execute(self._query(limit))
        while some := cursor.fetchmany(size):
            yield from some

    def write_parquet(self, target: Path) -> None:
        """All differences as a Parquet file, streamed."""
        self._connection.execute(
            f"COPY ({self._query(None)}) TO {text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )

    def _query(self, limit: int | None) -> str:
        keys = ", ".join(f"{name(f'k{n}')} AS {name(key)}" for n, key in enumerate(self.plan.keys))
        order = ", ".join(name(f"k{n}") for n in range(len(self.plan.keys)))
        cut = f" LIMIT {int(limit)}" if limit is not None else ""
        return (
            f'SELECT change, {keys}, col AS "column", l AS "left", r AS "right" FROM found ORDER BY {order}, place{cut}'  # noqa: S608
        )


def of_table(table: Table, number: int | None = None, label: str = "") -> Side:
    """A version of a table of the lake (default: the latest)."""
    version = table.version(number).number
    files = table.files(version)
    return Side(files, table.schema(version), label or f"{table.resource}@{version}", table.addresses(files))


def compare(
    left: Side,
    right: Side,
    plan: Plan,
    *,
    scratch: Path | None = None,
    memory: str = engine.MEMORY,
    tick: Tick = lambda: None,
    use: Callable[[Comparison], None] = lambda _: None,
) -> Difference:
    """Compare two tables. ``use`` is handed the open comparison, to read its rows or write them to a file.

    Raises GongshuError ``lake.compare_key`` or ``lake.compare_column`` when a side lacks a column.
    """
    found = columns_of(left, right, plan)
    with engine.session(scratch, memory=memory) as connection:
        engine.view(connection, "l", left.files, left.schema)
        engine.view(connection, "r", right.files, right.schema)
        compared = {one: _compared(left, right, one, plan.normal) for one in (*plan.keys, *found.columns)}
        tick()
        _meet(connection, found, compared, plan.keys, tick)
        tick()
        shown = [as_text(f"k{n}", _key_kind(left, right, key, plan.normal), "c") for n, key in enumerate(plan.keys)]
        _cells(connection, found, plan, compared, (left, right), shown)
        tick()
        use(Comparison(found, plan, connection))
    return found


def columns_of(left: Side, right: Side, plan: Plan) -> Difference:
    """The columns that are compared, and those of one side alone. Raises GongshuError when a side lacks one."""
    if not plan.keys:
        raise GongshuError("lake.compare_key", "请指明主键列。", "Name the key columns.")
    for key in plan.keys:
        for side in (left, right):
            if key not in side.columns:
                raise GongshuError(
                    "lake.compare_key",
                    f"{side.label} 没有主键列“{key}”。",
                    f"{side.label} has no key column “{key}”.",
                )
    absent = [one for one in plan.columns if one not in left.columns or one not in right.columns]
    if absent:
        raise GongshuError(
            "lake.compare_column",
            f"两侧须都有列：{'、'.join(absent)}。",
            f"Both sides need the columns {', '.join(absent)}.",
        )
    common = [one for one in left.columns if one in right.columns]
    wanted = [one for one in (plan.columns or common) if one not in plan.keys and one not in plan.ignore]
    only = [
        tuple(c for c in a.columns if c not in b.columns and c not in plan.ignore and not plan.columns)
        for a, b in ((left, right), (right, left))
    ]
    return Difference(columns=tuple(wanted), only_left=only[0], only_right=only[1])


def _compared(left: Side, right: Side, column: str, normal: frozenset[Normal]) -> tuple[str, str]:
    """What is compared of a column on either side here: the values as they are where that says the same as their texts."""
    if _as_it_is(left, right, column, normal):
        return f"l.{name(column)}", f"r.{name(column)}"
    return terms(left, right, column, normal)


def terms(left: Side, right: Side, column: str, normal: frozenset[Normal], sql: Dialect = DUCKDB) -> tuple[str, str]:
    """The texts that are compared of a column on either side, evened out as the plan wants."""
    kinds = [kind_of(side.schema.field(column)) for side in (left, right)]
    numbers = set(kinds) <= NUMERIC and "float" not in kinds
    values = []
    for alias, kind in zip("lr", kinds, strict=True):
        value = sql.as_text(column, kind, alias)
        if kind == "text":
            value = normalised(value, normal, sql)
        elif (numbers and kind != kinds[0]) or (Normal.NUMBER in normal and kind in NUMERIC):
            value = sql.plain_number(value)
        values.append(value)
    return values[0], values[1]


def _as_it_is(left: Side, right: Side, column: str, normal: frozenset[Normal]) -> bool:
    """Whether values of both sides are equal exactly when their texts are: a text need not be made of each."""
    kinds = {side.schema.field(column).type for side in (left, right)}
    kind = kind_of(left.schema.field(column))
    return len(kinds) == 1 and (
        kind in {"date", "bool"} or (kind in {"integer", "decimal"} and Normal.NUMBER not in normal)
    )


def _key_kind(left: Side, right: Side, key: str, normal: frozenset[Normal]) -> str:
    """The kind of a key as it was compared."""
    return kind_of(left.schema.field(key)) if _as_it_is(left, right, key, normal) else "text"


def normalised(value: str, normal: frozenset[Normal], sql: Dialect = DUCKDB) -> str:
    """A text evened out, in SQL."""
    if Normal.WIDTH in normal:
        value = sql.narrow(value)
    if Normal.TRIM in normal:
        value = sql.trimmed(value)
    if Normal.CASE in normal:
        value = sql.upper(value)
    if Normal.NUMBER in normal:
        value = sql.plain_number(value)
    if Normal.CODE in normal:
        value = sql.trimmed_code(value)
    return f"nullif({value}, '')" if Normal.EMPTY in normal else value


def _meet(
    connection: Connection, found: Difference, terms: Mapping[str, tuple[str, str]], keys: Sequence[str], tick: Tick
) -> None:
    """Which keys are on which side, and whether the rows are the same: of both sides only what is worth telling is kept, in
    ``changed`` (keys, change) and ``twice`` (keys that repeat, with how often each side has them).
    """
    named = [f"k{n}" for n in range(len(keys))]
    listed = ", ".join(named)
    halves, held, even = [], [], []
    for which, side in enumerate("lr"):
        own = [terms[key][which] for key in keys]
        some = " AND ".join(f"{term} IS NOT NULL" for term in own)
        total, filled, most, apart = _spread(connection, side, some, f"hash({', '.join(own)})")
        setattr(found, f"{'left' if side == 'l' else 'right'}_rows", total)
        setattr(found, f"{'left' if side == 'l' else 'right'}_keyless", total - filled)
        held.append(filled)
        even.append(most <= filled / _BUCKETS + 8 * (filled / _BUCKETS) ** 0.5 + 50 and apart >= _APART * filled)
        values = ", ".join(terms[column][which] for column in found.columns)
        digest = f"hash({values})" if values else "0::UBIGINT"  # never NULL, and NULL is a value of its own in it
        parts = ", ".join(f"{term} AS {one}" for term, one in zip(own, named, strict=True))
        halves.append(f"SELECT {parts}, {digest} AS h FROM {side} WHERE {some}")  # noqa: S608
        tick()
    if not (all(even) and _join(connection, halves, named, held)):
        _aggregate(connection, halves, listed)
    found.left_duplicates, found.right_duplicates = _one(
        connection, "SELECT coalesce(sum(a), 0), coalesce(sum(b), 0) FROM twice"
    )
    counts = dict(connection.execute("SELECT change, count(*) FROM changed GROUP BY change").fetchall())
    found.missing, found.extra = int(counts.get("missing", 0)), int(counts.get("extra", 0))
    found.different = int(counts.get("different", 0))
    unique = found.left_rows - found.left_keyless - found.left_duplicates
    found.same = unique - found.missing - found.different


def _spread(connection: Connection, side: str, some: str, key: str) -> tuple[int, ...]:
    """Rows; those with a key; the most of these whose keys' hashes begin alike; about how many different keys."""
    counts = "coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE b >= 0), 0), coalesce(max(n) FILTER (WHERE b >= 0), 0)"
    bucket = f"CASE WHEN {some} THEN ({key} >> 52)::SMALLINT ELSE -1 END"
    return _one(
        connection,
        f"SELECT {counts}, coalesce(any_value(d), 0) FROM (SELECT {bucket} AS b, count(*) AS n FROM {side} GROUP BY 1), "  # noqa: S608
        f"(SELECT approx_count_distinct({key}) AS d FROM {side} WHERE {some})",
    )


def _join(connection: Connection, halves: Sequence[str], named: Sequence[str], held: Sequence[int]) -> bool:
    """Join both sides by key; False, and nothing made, when a key occurs twice: then pairs are more than rows, or a key that
    is on one side alone is there more than once. Only for keys of which none can be there very often.
    """
    same = "x.h = y.h"
    shown = ", ".join(f"CASE WHEN {same} THEN NULL ELSE coalesce(x.{one}, y.{one}) END AS {one}" for one in named)
    on = " AND ".join(f"x.{one} = y.{one}" for one in named)
    connection.execute(
        f"CREATE TABLE met AS SELECT {shown}, CASE WHEN {same} THEN 'same' WHEN y.h IS NULL THEN 'missing' "  # noqa: S608
        f"WHEN x.h IS NULL THEN 'extra' ELSE 'different' END AS change, count(*) AS n "
        f"FROM ({halves[0]}) x FULL JOIN ({halves[1]}) y ON {on} GROUP BY ALL"
    )
    left, right, most = _one(
        connection,
        "SELECT coalesce(sum(n) FILTER (WHERE change <> 'extra'), 0), "
        "coalesce(sum(n) FILTER (WHERE change <> 'missing'), 0), "
        "coalesce(max(n) FILTER (WHERE change <> 'same'), 0) FROM met",
    )
    if [left, right] != list(held) or most > 1:
        connection.execute("DROP TABLE met")
        return False
    listed = ", ".join(named)
    connection.execute(f"CREATE TABLE twice AS SELECT {listed}, 0 AS a, 0 AS b FROM met WHERE false")  # noqa: S608
    connection.execute(
        f"CREATE TABLE changed AS SELECT {listed}, change FROM met WHERE change <> 'same'; DROP TABLE met"  # noqa: S608
    )
    return True


def _aggregate(connection: Connection, halves: Sequence[str], listed: str) -> None:
    """Bring both sides together by key, however often it occurs. Of two rows with one key the hashes cancel each other out
    when they are equal.
    """
    connection.execute(
        f"CREATE TABLE met AS SELECT {listed}, count(a) AS a, count(b) AS b FROM "  # noqa: S608
        f"(SELECT *, TRUE AS a, NULL::BOOLEAN AS b FROM ({halves[0]}) UNION ALL SELECT *, NULL, TRUE FROM ({halves[1]})) "
        f"GROUP BY {listed} HAVING count(a) <> 1 OR count(b) <> 1 OR bit_xor(h) <> 0"
    )
    connection.execute("CREATE TABLE twice AS FROM met WHERE a > 1 OR b > 1")
    connection.execute(
        f"CREATE TABLE changed AS SELECT {listed}, CASE WHEN b = 0 THEN 'missing' WHEN a = 0 THEN 'extra' "  # noqa: S608
        "ELSE 'different' END AS change FROM met WHERE a <= 1 AND b <= 1; DROP TABLE met"
    )


def _cells(
    connection: Connection,
    found: Difference,
    plan: Plan,
    terms: Mapping[str, tuple[str, str]],
    sides: tuple[Side, Side],
    shown_keys: Sequence[str],
) -> None:
    """The differing cells of the rows that differ, and all rows of the answer in one table ``found``, with its keys as
    texts: ``shown_keys``, over a table ``c`` that has the keys.
    """
    keys = [f"k{n}" for n in range(len(plan.keys))]
    listed = ", ".join(keys)
    as_texts = ", ".join(f"{one} AS k{n}" for n, one in enumerate(shown_keys))
    for side, which in (("l", 0), ("r", 1)):
        own = [f"{terms[key][which]} AS k{n}" for n, key in enumerate(plan.keys)]
        shown = [
            f"{as_text(c, kind_of(sides[which].schema.field(c)), side)} AS {name(f'{side}{n}')}"
            for n, c in enumerate(found.columns)
        ]
        compared = [f"{terms[c][which]} AS {name(f'{side}c{n}')}" for n, c in enumerate(found.columns)]
        connection.execute(
            f"CREATE TABLE w{side} AS SELECT * FROM (SELECT {', '.join([*own, *shown, *compared])} FROM {side}) "  # noqa: S608
            f"SEMI JOIN (FROM changed WHERE change = 'different') USING ({listed})"
        )
    connection.execute(f"CREATE TABLE wide AS SELECT * FROM wl JOIN wr USING ({listed})")  # noqa: S608
    connection.execute("DROP TABLE wl; DROP TABLE wr")
    connection.execute(
        f"CREATE TABLE found AS SELECT {as_texts}, change, NULL::VARCHAR AS col, NULL::VARCHAR AS l, NULL::VARCHAR AS r, "  # noqa: S608
        f"0 AS place FROM changed c WHERE change <> 'different' UNION ALL "
        f"SELECT {as_texts}, 'duplicate', NULL, a::VARCHAR, b::VARCHAR, 0 FROM twice c"
    )
    for number, column in enumerate(found.columns):
        connection.execute(
            f"INSERT INTO found SELECT {as_texts}, 'different', {text(column)}, l{number}, r{number}, {number + 1} "  # noqa: S608
            f"FROM wide c WHERE lc{number} IS DISTINCT FROM rc{number}"
        )
    counted = "SELECT col, count(*) FROM found WHERE change = 'different' GROUP BY col"
    by_column = dict(connection.execute(counted).fetchall())
    found.by_column = {column: int(by_column[column]) for column in found.columns if column in by_column}
    found.cells = sum(found.by_column.values())


def _one(connection: Connection, query: str) -> tuple[int, ...]:
    answer = connection.execute(query).fetchone()
    return tuple(int(one) for one in answer or ())
