"""Checking one datum against several sources (多元校核): where they disagree, a proposed value and why.

Sources come in the order of their authority. A rule chooses among their values for a cell: ``priority`` the first source
that has one, ``majority`` the value most sources have, ``freshness`` the value of the newest data; a tie goes to the earlier
source, and the reason says so. A source without a value has no say. Keys that a source holds twice are left out of it.
(xian-5: 一数一源、多元校核.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from gongshu.errors import GongshuError, Text
from gongshu.lake import engine
from gongshu.lake.comparison import Normal, Side, normalised
from gongshu.lake.engine import Connection, name, text
from gongshu.lake.expressions import as_text, kind_of


class Choice(StrEnum):
    PRIORITY = "priority"
    MAJORITY = "majority"
    FRESHNESS = "freshness"


_ORDER = {
    Choice.PRIORITY: "first",
    Choice.MAJORITY: "n DESC, first",
    Choice.FRESHNESS: "latest DESC NULLS LAST, first",
}


@dataclass(frozen=True)
class Source:
    """A table with what it is called, and the day of its data where that is known."""

    side: Side
    label: str
    as_of: date | None = None


@dataclass(frozen=True)
class Opinion:
    """One value for a cell, and the sources (by number) that have it."""

    value: str
    sources: tuple[int, ...]
    latest: date | None


@dataclass(frozen=True)
class Proposal:
    """A cell on which sources disagree: the proposed opinion, the others, and why."""

    key: tuple[str, ...]
    column: str
    winner: Opinion
    others: tuple[Opinion, ...]
    reason: Text

    def value_of(self, source: int) -> str | None:
        """What a source has, None when it has no value."""
        return next((one.value for one in (self.winner, *self.others) if source in one.sources), None)


@dataclass(frozen=True)
class Agreement:
    """How many keys two sources or more share, and how many of their cells agree or do not."""

    keys: int
    agreed: int
    disputed: int


def reconcile(
    sources: Sequence[Source],
    keys: Sequence[str],
    columns: Sequence[str],
    choice: Choice,
    *,
    normal: frozenset[Normal] = frozenset(),
    scratch: Path | None = None,
    memory: str = engine.MEMORY,
    use: Callable[[Iterator[Proposal]], None],
) -> Agreement:
    """Hand ``use`` a proposal for every cell on which sources disagree, by key and column.

    Raises GongshuError ``quality.reconcile_sources`` for fewer than two, ``quality.reconcile_column`` for a missing column.
    """
    if len(sources) < 2:
        raise GongshuError("quality.reconcile_sources", "至少需要两个来源。", "Two sources at least are needed.")
    _check(sources, keys, columns)
    with engine.session(scratch, memory=memory) as connection:
        _gather(connection, sources, keys, columns, normal)
        listed = ", ".join(f"k{n}" for n in range(len(keys)))
        shared, *_ = _one(
            connection,
            f"SELECT count(*) FROM (SELECT {listed} FROM said GROUP BY {listed} HAVING count(*) > 1)",  # noqa: S608
        )
        disputed = agreed = 0
        for number in range(len(columns)):
            some, more = _one(
                connection,
                f"SELECT count(*) FILTER (WHERE kinds > 1), count(*) FILTER (WHERE kinds = 1) FROM ("  # noqa: S608
                f"SELECT count(DISTINCT n{number}) AS kinds FROM said WHERE n{number} IS NOT NULL "
                f"GROUP BY {listed} HAVING count(*) > 1)",
            )
            disputed, agreed = disputed + some, agreed + more
        use(_proposals(connection, sources, keys, columns, choice))
    return Agreement(shared, agreed, disputed)


def _check(sources: Sequence[Source], keys: Sequence[str], columns: Sequence[str]) -> None:
    for source in sources:
        lacking = [one for one in (*keys, *columns) if one not in source.side.columns]
        if lacking or not keys or not columns:
            raise GongshuError(
                "quality.reconcile_column",
                f"{source.label} 须有列：{'、'.join(lacking or ['主键', '校核列'])}。",
                f"{source.label} needs the columns {', '.join(lacking or ['key', 'checked'])}.",
            )


def _gather(
    connection: Connection,
    sources: Sequence[Source],
    keys: Sequence[str],
    columns: Sequence[str],
    normal: frozenset[Normal],
) -> None:
    """All that the sources say in one table: keys, source, and of each column the text and what it is compared by."""
    parts = []
    listed = ", ".join(f"k{n}" for n in range(len(keys)))
    some = " AND ".join(f"k{n} IS NOT NULL" for n in range(len(keys)))
    for number, source in enumerate(sources):
        engine.view(connection, f"source {number}", source.side.files, source.side.schema)
        fields = []
        for place, column in enumerate((*keys, *columns)):
            plain = as_text(column, kind_of(source.side.schema.field(column)), "t")
            if place < len(keys):
                fields.append(f"{normalised(plain, normal)} AS k{place}")
            else:
                shown = place - len(keys)
                even = normalised(plain, normal | {Normal.EMPTY})
                fields += [f"{plain} AS v{shown}", f"{even} AS n{shown}"]
        parts.append(
            f"SELECT * FROM (SELECT {', '.join(fields)}, {number} AS src FROM {name(f'source {number}')} AS t) "  # noqa: S608
            f"WHERE {some} QUALIFY count(*) OVER (PARTITION BY {listed}) = 1"
        )
    connection.execute(f"CREATE TABLE said AS {' UNION ALL '.join(parts)}")
    days = ", ".join(
        f"({number}, {f'DATE {text(one.as_of.isoformat())}' if one.as_of else 'NULL::DATE'})"
        for number, one in enumerate(sources)
    )
    connection.execute(f"CREATE TABLE days AS SELECT * FROM (VALUES {days}) AS d(src, as_of)")  # noqa: S608


def _proposals(
    connection: Connection, sources: Sequence[Source], keys: Sequence[str], columns: Sequence[str], choice: Choice
) -> Iterator[Proposal]:
    listed = ", ".join(f"k{n}" for n in range(len(keys)))
    queries = [
        f"SELECT {listed}, {number} AS col, "  # noqa: S608
        f"list(struct_pack(v := v, who := who, latest := latest) ORDER BY {_ORDER[choice]}) AS opinions "
        f"FROM (SELECT {listed}, n{number}, arg_min(v{number}, src) AS v, count(*) AS n, min(src) AS first, "
        f"max(as_of) AS latest, list(src ORDER BY src) AS who FROM said JOIN days USING (src) WHERE n{number} IS NOT NULL "
        f"GROUP BY {listed}, n{number}) GROUP BY {listed} HAVING count(*) > 1"
        for number in range(len(columns))
    ]
    cursor = connection.execute(" UNION ALL ".join(queries) + f" ORDER BY {listed}, col")
    while some := cursor.fetchmany(5_000):
        for *key, column, opinions in some:
            winner, *others = (Opinion(one["v"], tuple(one["who"]), one["latest"]) for one in opinions)
            reason = _reason(choice, winner, others, sources)
            yield Proposal(tuple(map(str, key)), columns[column], winner, tuple(others), reason)


def _reason(choice: Choice, winner: Opinion, others: Sequence[Opinion], sources: Sequence[Source]) -> Text:
    names = "、".join(sources[one].label for one in winner.sources)
    names_en = ", ".join(sources[one].label for one in winner.sources)
    told = len(winner.sources) + sum(len(one.sources) for one in others)
    if choice is Choice.PRIORITY:
        return Text(f"按来源顺序取 {names}", f"the first source that has a value: {names_en}")
    if choice is Choice.MAJORITY:
        tie = any(len(one.sources) == len(winner.sources) for one in others)
        if tie:
            return Text(
                f"{told} 个来源票数相同，按来源顺序取 {names}",
                f"a tie among {told} sources; the earlier source: {names_en}",
            )
        count = len(winner.sources)
        return Text(f"{told} 个来源中 {count} 个一致（{names}）", f"{count} of {told} sources agree ({names_en})")
    if winner.latest is None or any(one.latest == winner.latest for one in others):
        return Text(f"数据日期相同或不详，按来源顺序取 {names}", f"same or unknown day; the earlier source: {names_en}")
    return Text(f"数据最新（{winner.latest}，{names}）", f"the newest data ({winner.latest}, {names_en})")


def _one(connection: Connection, query: str) -> tuple[int, ...]:
    answer = connection.execute(query).fetchone()
    return tuple(int(one) for one in answer or ())


def row(found: Proposal, sources: Sequence[Source], language: str) -> tuple[Any, ...]:
    """A proposal as a line of a list: key, column, what each source has, the proposed value, why."""
    values = (found.value_of(number) for number in range(len(sources)))
    return (*found.key, found.column, *values, found.winner.value, found.reason.say(language))
