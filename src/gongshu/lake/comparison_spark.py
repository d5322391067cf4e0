"""The comparison of :mod:`gongshu.lake.comparison` on Spark: the same plan, the same counts, the same cells.

Here the rows are joined by key and compared as they are, without hashes, since a cluster has the memory for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gongshu.lake import comparison, spark
from gongshu.lake.comparison import Comparison, Difference, Plan, Side, Tick
from gongshu.lake.dialects import Spark
from gongshu.lake.expressions import kind_of


class SparkComparison(Comparison):
    """An open comparison whose differences are a frame of Spark."""

    def __init__(self, difference: Difference, plan: Plan, frame: Any) -> None:
        self.difference, self.plan, self._frame = difference, plan, frame

    def rows(self, limit: int | None = None, *, size: int = 10_000) -> Iterator[tuple[Any, ...]]:  # noqa: ARG002
        keys = [f"k{n}" for n in range(len(self.plan.keys))]
        ordered = self._frame.orderBy(*keys, "place")
        chosen = ordered if limit is None else ordered.limit(limit)
        for row in chosen.select("change", *keys, "col", "l", "r").toLocalIterator():
            yield tuple(row)

    def write_parquet(self, target: Path) -> None:
        schema = pa.schema([pa.field(head, pa.string()) for head in self.heads])
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            some: list[tuple[Any, ...]] = []
            for row in self.rows():
                some.append(row)
                if len(some) == 10_000:
                    writer.write_batch(_batch(some, schema))
                    some = []
            if some:
                writer.write_batch(_batch(some, schema))


def _batch(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([pa.array(one, pa.string()) for one in zip(*rows, strict=True)], schema=schema)


def compare(
    left: Side,
    right: Side,
    plan: Plan,
    *,
    scratch: Path | None = None,
    tick: Tick = lambda: None,
    use: Callable[[Comparison], None] = lambda _: None,
) -> Difference:
    """As :func:`gongshu.lake.comparison.compare`. Raises EnvironmentFault when Spark cannot do it."""
    found = comparison.columns_of(left, right, plan)
    with spark.session(scratch) as session:
        from pyspark.errors import PySparkException

        try:
            frame = _differences(session, left, right, plan, found, tick)
            tick()
            use(SparkComparison(found, plan, frame))
        except PySparkException as error:
            raise spark.lost() from error
        finally:
            session.catalog.clearCache()
    return found


def _differences(session: Any, left: Side, right: Side, plan: Plan, found: Difference, tick: Tick) -> Any:
    sql = Spark()
    terms = {c: comparison.terms(left, right, c, plan.normal, sql) for c in (*plan.keys, *found.columns)}
    keys = [f"k{n}" for n in range(len(plan.keys))]
    listed, some = ", ".join(keys), " AND ".join(f"{one} IS NOT NULL" for one in keys)
    for which, (alias, side) in enumerate((("l", left), ("r", right))):
        spark.view(session, alias, side.files, side.addresses, side.schema)
        wanted = [f"{terms[key][which]} AS k{n}" for n, key in enumerate(plan.keys)]
        for n, c in enumerate(found.columns):
            wanted.append(f"{terms[c][which]} AS c{n}")
            wanted.append(f"{sql.as_text(c, kind_of(side.schema.field(c)), alias)} AS s{n}")
        spark.register(session, sql.functions.values())
        session.sql(f"SELECT {', '.join(wanted)} FROM {alias}").createOrReplaceTempView(f"w{alias}")  # noqa: S608
    both = f"SELECT {listed}, 1 AS a, 0 AS b FROM wl WHERE {some} UNION ALL SELECT {listed}, 0, 1 FROM wr WHERE {some}"  # noqa: S608
    twice = session.sql(
        f"SELECT {listed}, sum(a) AS a, sum(b) AS b FROM ({both}) GROUP BY {listed} HAVING sum(a) > 1 OR sum(b) > 1"  # noqa: S608
    )
    twice.persist().createOrReplaceTempView("twice")
    changed = _changed(session, keys, some, len(found.columns)).persist()
    changed.createOrReplaceTempView("changed")
    tick()
    _count(session, found, some)
    tick()
    frame = _rows(session, keys, found).persist()
    counts = {row[0]: int(row[1]) for row in frame.filter("change = 'different'").groupBy("col").count().collect()}
    found.by_column = {column: counts[column] for column in found.columns if column in counts}
    found.cells = sum(found.by_column.values())
    return frame


def _changed(session: Any, keys: list[str], some: str, columns: int) -> Any:
    """The rows that are on one side alone or differ, with what is compared and shown of either side."""
    listed = ", ".join(keys)
    sides = [
        f"(SELECT *, TRUE AS here FROM w{side} WHERE {some} AND NOT EXISTS (SELECT 1 FROM twice AS t WHERE "  # noqa: S608
        + " AND ".join(f"t.{key} = w{side}.{key}" for key in keys)
        + "))"
        for side in "lr"
    ]
    shown = [f"a.{kind}{n} AS l{kind}{n}, b.{kind}{n} AS r{kind}{n}" for n in range(columns) for kind in "cs"]
    same = " AND ".join(["a.here AND b.here", *(f"a.c{n} <=> b.c{n}" for n in range(columns))])
    change = "CASE WHEN b.here IS NULL THEN 'missing' WHEN a.here IS NULL THEN 'extra' ELSE 'different' END AS change"
    return session.sql(
        f"SELECT {', '.join([listed, change, *shown])} FROM {sides[0]} AS a FULL OUTER JOIN {sides[1]} AS b "  # noqa: S608
        f"USING ({listed}) WHERE NOT coalesce({same}, FALSE)"
    )


def _count(session: Any, found: Difference, some: str) -> None:
    for side, name in (("l", "left"), ("r", "right")):
        total, keyless = session.sql(f"SELECT count(*), count_if(NOT ({some})) FROM w{side}").collect()[0]  # noqa: S608
        setattr(found, f"{name}_rows", int(total))
        setattr(found, f"{name}_keyless", int(keyless))
    a, b = session.sql("SELECT coalesce(sum(a), 0), coalesce(sum(b), 0) FROM twice").collect()[0]
    found.left_duplicates, found.right_duplicates = int(a), int(b)
    counts = {
        row[0]: int(row[1]) for row in session.sql("SELECT change, count(*) FROM changed GROUP BY change").collect()
    }
    found.missing, found.extra = counts.get("missing", 0), counts.get("extra", 0)
    found.different = counts.get("different", 0)
    held = found.left_rows - found.left_keyless - found.left_duplicates
    found.same = held - found.missing - found.different


def _rows(session: Any, keys: list[str], found: Difference) -> Any:
    """All rows of the answer: change, keys, col, l, r, place."""
    listed, none = ", ".join(keys), "CAST(NULL AS STRING)"
    parts = [
        f"SELECT {listed}, change, {none} AS col, {none} AS l, {none} AS r, 0 AS place FROM changed "  # noqa: S608
        "WHERE change <> 'different'",
        f"SELECT {listed}, 'duplicate', {none}, CAST(a AS STRING), CAST(b AS STRING), 0 FROM twice",  # noqa: S608
    ]
    if found.columns:
        cells = ", ".join(
            f"named_struct('differs', NOT (lc{n} <=> rc{n}), 'col', {Spark().text(column)}, 'l', ls{n}, 'r', rs{n}, "
            f"'place', {n + 1})"
            for n, column in enumerate(found.columns)
        )
        parts.append(
            f"SELECT {listed}, 'different', col, l, r, place FROM changed LATERAL VIEW inline(array({cells})) AS "  # noqa: S608
            "differs, col, l, r, place WHERE change = 'different' AND differs"
        )
    return session.sql(" UNION ALL ".join(parts))
