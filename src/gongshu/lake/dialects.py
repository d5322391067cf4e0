"""One meaning, two engines: the SQL of checks and comparisons as DuckDB reads it, and as Spark reads it.

What both understand alike is written the same. What they do not - how a text is read as a day or a number, what a pattern
means, how a number is written out, which letter is the capital of another - is DuckDB's own answer on Spark as well:
:meth:`Spark.asked` is a function whose workers ask DuckDB, a batch of values at a time. So a worker needs the packages
``duckdb`` and ``pyarrow``, and nothing of Gongshu.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from gongshu.lake import engine, expressions
from gongshu.lake.expressions import BLANK_SIGNS, NARROW, WIDE

END = "\\z"  # of a text in Java's patterns; "$" would pass a line's end by
PLACES = 10  # of a number that is written in a check


@dataclass(frozen=True)
class Match:
    """A row of another table belongs to ours when ``theirs`` (SQL over ``l``) equals ``own`` (SQL over ``t``)."""

    theirs: str
    own: str


@dataclass(frozen=True)
class Validity:
    """``limit`` (SQL of a day over ``l``) bounds the day ``day`` (SQL over ``t``): ``<=`` from it on, ``>=`` up to it."""

    limit: str
    sign: str
    day: str


class Dialect:
    """SQL as DuckDB reads it."""

    def name(self, identifier: str) -> str:
        """An identifier, quoted."""
        return engine.name(identifier)

    def text(self, value: str) -> str:
        """A text, quoted."""
        return engine.text(value)

    def texts(self, values: Sequence[str]) -> str:
        """A list of texts in brackets, for ``IN``; never empty SQL."""
        return "(" + ", ".join(map(self.text, values)) + ")" if values else "(NULL)"

    def column(self, identifier: str, alias: str = "t") -> str:
        return f"{alias}.{self.name(identifier)}"

    def as_text(self, identifier: str, kind: str, alias: str = "t") -> str:
        """A column as the text that people write: no trailing places, ISO days."""
        return expressions.as_text(identifier, kind, alias)

    def trimmed(self, value: str) -> str:
        return expressions.trimmed(value)

    def narrow(self, value: str) -> str:
        return expressions.narrow(value)

    def upper(self, value: str) -> str:
        return f"upper({value})"

    def plain_number(self, value: str) -> str:
        return expressions.plain_number(value)

    def trimmed_code(self, value: str) -> str:
        return expressions.trimmed_code(value)

    def full_match(self, value: str, pattern: str) -> str:
        """Whether the whole text is of the pattern (RE2)."""
        return f"regexp_full_match({value}, {self.text(pattern)})"

    def as_day(self, value: str, kind: str) -> str:
        """A value of that kind as a day; NULL where a text is none."""
        return value if kind == "date" else f"TRY_CAST({value} AS DATE)"

    def as_number(self, value: str) -> str:
        """A text as a number; NULL where it is none."""
        return f"TRY_CAST({value} AS DECIMAL(38, {PLACES}))"

    def number(self, value: Decimal, kind: str) -> str:
        """A number to measure a column of that kind by."""
        written = self.text(format(value, "f"))
        return f"CAST({written} AS {'DOUBLE' if kind == 'float' else f'DECIMAL(38, {PLACES})'})"

    def day(self, value: date) -> str:
        return f"DATE {self.text(value.isoformat())}"

    def moment(self, value: date) -> str:
        """The beginning of a day at UTC+8."""
        return f"CAST({self.text(value.isoformat())} AS TIMESTAMPTZ)"

    def repeated(self, table: str, columns: Sequence[str]) -> str:
        """Whether the row ``t`` shares its values of these columns, none of them NULL, with another row of ``table``."""
        listed = ", ".join(map(self.name, columns))
        some = " AND ".join(f"{self.name(one)} IS NOT NULL" for one in columns)
        mine = ", ".join(map(self.column, columns))
        several = f"SELECT {listed} FROM {table} WHERE {some} GROUP BY {listed} HAVING count(*) > 1"  # noqa: S608
        return f"({mine}) IN ({several})"

    def known(self, view: str, same: Sequence[Match], valid: Sequence[Validity] = ()) -> str:
        """Whether the other table holds a row that belongs to ``t`` and is valid on its day."""
        found = [f"{one.theirs} = {one.own}" for one in same]
        found += [_valid(one.limit, one.sign, one.day) for one in valid]
        return f"EXISTS (SELECT 1 FROM {view} AS l WHERE {' AND '.join(found)})"  # noqa: S608

    def beside(self) -> tuple[str, ...]:
        """What conditions made so far need beside the columns of ``t``, as ``expression AS name``."""
        return ()


def _valid(limit: str, sign: str, day: str) -> str:
    return f"({limit} IS NULL OR {limit} {sign} coalesce({day}, {limit}))"


DUCKDB = Dialect()


@dataclass(frozen=True)
class Asked:
    """A function of one text, number or day that DuckDB answers: its SQL over ``v``, and the type of the answer."""

    sql: str
    kind: str  # boolean, string, date, decimal(38,10)

    @property
    def name(self) -> str:
        return "duckdb_" + hashlib.sha256(f"{self.kind} {self.sql}".encode()).hexdigest()[:16]


@dataclass
class Spark(Dialect):
    """SQL as Spark reads it (ANSI mode, case-sensitive names, no substitution of variables).

    ``functions`` are what the SQL made so far needs registered.
    """

    functions: dict[str, Asked] = field(default_factory=dict)
    _beside: dict[str, str] = field(default_factory=dict)

    def asked(self, sql: str, kind: str, value: str) -> str:
        """``sql`` over ``v``, answered by DuckDB for ``value``."""
        wanted = Asked(sql, kind)
        self.functions[wanted.name] = wanted
        return f"{wanted.name}({value})"

    def name(self, identifier: str) -> str:
        engine.name(identifier)  # which refuses what no engine takes
        return "`" + identifier.replace("`", "``") + "`"

    def text(self, value: str) -> str:
        engine.text(value)
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def as_text(self, identifier: str, kind: str, alias: str = "t") -> str:
        value = self.column(identifier, alias)
        if kind == "text":
            return value
        if kind == "float":
            return self.asked("CAST(v AS VARCHAR)", "string", f"CAST({value} AS DOUBLE)")
        if kind == "decimal":
            plain = f"CAST({value} AS STRING)"
            short = f"trim(TRAILING '.' FROM trim(TRAILING '0' FROM {plain}))"
            return f"CASE WHEN instr({plain}, '.') > 0 THEN {short} ELSE {plain} END"
        if kind == "moment":
            return f"date_format({value}, \"yyyy-MM-dd'T'HH:mm:ss\")"
        return f"CAST({value} AS STRING)"

    def trimmed(self, value: str) -> str:
        return f"btrim({value}, {self.text(BLANK_SIGNS)})"

    def narrow(self, value: str) -> str:
        return f"translate({value}, {self.text(WIDE)}, {self.text(NARROW)})"

    def upper(self, value: str) -> str:
        return self.asked("upper(v)", "string", value)

    def plain_number(self, value: str) -> str:
        return self.asked(expressions.plain_number("v"), "string", value)

    def trimmed_code(self, value: str) -> str:
        for pattern in expressions.FILLED_UP:
            value = f"regexp_replace({value}, {self.text(pattern[:-1] + END)}, '$1')"
        return value

    def full_match(self, value: str, pattern: str) -> str:
        return self.asked(f"regexp_full_match(v, {engine.text(pattern)})", "boolean", value)

    def as_day(self, value: str, kind: str) -> str:
        if kind == "text":
            return self.asked("TRY_CAST(v AS DATE)", "date", value)
        return value if kind == "date" else f"CAST({value} AS DATE)"

    def as_number(self, value: str) -> str:
        return self.asked(f"TRY_CAST(v AS DECIMAL(38, {PLACES}))", f"decimal(38,{PLACES})", value)

    def number(self, value: Decimal, kind: str) -> str:
        """No wider than it must be: of two decimals Spark would give up places of the other."""
        if kind == "float":
            return f"CAST({self.text(format(value, 'f'))} AS DOUBLE)"
        with localcontext(prec=60):
            exact = value.quantize(Decimal(1).scaleb(-PLACES), ROUND_HALF_UP).normalize()
        written = format(exact, "f")
        whole, _, places = written.lstrip("-").partition(".")
        return f"CAST({self.text(written)} AS DECIMAL({len(whole) + len(places)}, {len(places)}))"

    def moment(self, value: date) -> str:
        return f"TIMESTAMP {self.text(value.isoformat() + ' 00:00:00')}"

    def repeated(self, table: str, columns: Sequence[str]) -> str:
        listed = ", ".join(map(self.name, columns))
        some = " AND ".join(f"{self.name(one)} IS NOT NULL" for one in columns)
        same = " AND ".join(f"l.{self.name(one)} = {self.column(one)}" for one in columns)
        several = f"SELECT {listed} FROM {table} WHERE {some} GROUP BY {listed} HAVING count(*) > 1"  # noqa: S608
        return f"EXISTS (SELECT 1 FROM ({several}) AS l WHERE {same})"  # noqa: S608

    def known(self, view: str, same: Sequence[Match], valid: Sequence[Validity] = ()) -> str:
        """Both sides are worked out before they meet: Spark joins on plain columns, and asks nobody while it does."""
        theirs = [f"{one.theirs} AS k{n}" for n, one in enumerate(same)]
        theirs += [f"{one.limit} AS d{n}" for n, one in enumerate(valid)]
        found = [f"l.k{n} = {self._own(one.own)}" for n, one in enumerate(same)]
        found += [_valid(f"l.d{n}", one.sign, self._own(one.day)) for n, one in enumerate(valid)]
        inner = f"(SELECT {', '.join(theirs)} FROM {view} AS l) AS l"  # noqa: S608
        return f"EXISTS (SELECT 1 FROM {inner} WHERE {' AND '.join(found)})"  # noqa: S608

    def _own(self, sql: str) -> str:
        alias = "own_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
        self._beside[alias] = sql
        return f"t.{alias}"

    def beside(self) -> tuple[str, ...]:
        return tuple(f"{sql} AS {alias}" for alias, sql in self._beside.items())
