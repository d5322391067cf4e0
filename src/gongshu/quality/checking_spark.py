"""The checks of :mod:`gongshu.quality.checking` on Spark: ``checking.run(checks, ground, on=checking_spark.in_spark)``.

A department's own query stays in its locked DuckDB (``own_query``), which is what keeps it from everything else; it reads
the copies of the files on this machine, within its limits of memory and time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gongshu.lake import spark
from gongshu.lake.dialects import Dialect, Spark
from gongshu.lake.tables import ROW
from gongshu.quality.checking import Ground, Runner, alias
from gongshu.quality.checkset import Check
from gongshu.quality.predicates import THIS, Condition


@contextmanager
def in_spark(ground: Ground) -> Iterator[Runner]:
    """The engine of many machines. Raises EnvironmentFault when Spark is missing or fails."""
    with spark.session(ground.scratch) as session:
        from pyspark.errors import PySparkException

        try:
            own = ground.own
            spark.view(session, THIS, own.files, own.addresses, own.schema)
            for code, one in ground.others.items():
                spark.view(session, alias(code), one.files, one.addresses, one.schema)
            yield _InSpark(session)
        except PySparkException as error:
            raise spark.lost() from error


class _InSpark:
    """All checks of rows in one scan; Spark joins what looks at other rows or tables to it."""

    apart: frozenset[str] = frozenset()

    def __init__(self, session: Any) -> None:
        from pyspark import errors

        self._session = session
        self._dialects: list[Spark] = []
        self._known: set[str] = set()
        self.errors: tuple[type[Exception], ...] = (
            errors.AnalysisException,
            errors.ArithmeticException,
            errors.DateTimeException,
            errors.NumberFormatException,
            errors.ParseException,
        )
        self.grave: tuple[type[Exception], ...] = ()

    def dialect(self) -> Dialect:
        self._dialects.append(Spark())
        return self._dialects[-1]

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        asked = {name: one for dialect in self._dialects for name, one in dialect.functions.items()}
        spark.register(self._session, [one for name, one in asked.items() if name not in self._known])
        self._known |= asked.keys()
        return [tuple(row) for row in self._session.sql(query).collect()]

    def counted(self, checks: Sequence[tuple[Check, Condition]]) -> list[tuple[int, int, int]]:
        terms = []
        for n, (check, _) in enumerate(checks):
            terms += [f"count_if(a{n})", f"count_if(f{n})"]
            terms.append(f"count_if(f{n} AND e{n})" if check.exceptions else "CAST(0 AS BIGINT)")
        counts = iter(self.fetch(f"SELECT {', '.join(terms)} FROM {_judged(checks)}")[0])  # noqa: S608
        return [(int(next(counts)), int(next(counts)), int(next(counts))) for _ in checks]

    def first(self, checks: Sequence[tuple[Check, Condition]], most: int) -> list[tuple[int, ...]]:
        """All in one scan."""
        marks = ", ".join(f"CASE WHEN f{n} AND NOT e{n} THEN {n} END" for n in range(len(checks)))
        rows = f"SELECT r, explode(array_compact(array({marks}))) AS c FROM {_judged(checks)} WHERE r IS NOT NULL"  # noqa: S608
        placed = f"SELECT c, r, row_number() OVER (PARTITION BY c ORDER BY r) AS n FROM ({rows})"  # noqa: S608
        found: list[list[int]] = [[] for _ in checks]
        for check, row in self.fetch(f"SELECT c, r FROM ({placed}) WHERE n <= {int(most)} ORDER BY c, r"):  # noqa: S608
            found[check].append(int(row))
        return [tuple(one) for one in found]


def _judged(checks: Sequence[tuple[Check, Condition]]) -> str:
    """Every row with its number ``r``, and for each check whether it applies, fails and is excepted."""
    terms = [
        f"{found.applies} AS a{n}, {found.fails} AS f{n}, {found.exempt} AS e{n}" for n, (_, found) in enumerate(checks)
    ]
    beside = sorted({one for _, found in checks for one in found.beside})
    asked = f"(SELECT {', '.join(['t.*', *beside])} FROM {THIS} AS t) AS t"  # noqa: S608
    return f"(SELECT {', '.join([Spark().column(ROW) + ' AS r', *terms])} FROM {asked})"  # noqa: S608
