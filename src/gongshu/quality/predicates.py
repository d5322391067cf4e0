"""A check of rows as two SQL conditions over the table ``t``: to which rows it applies, and which of these fail.

Only columns of the schema, literals and the views of declared resources are written into the SQL; texts are quoted, so
what a check set says cannot become SQL. Empty values are the business of ``required`` alone: every other check passes
them by. Patterns run on RE2 (DuckDB), which takes linear time on any input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb
import pyarrow as pa

from gongshu.errors import GongshuError
from gongshu.lake.dialects import DUCKDB, Dialect, Match, Validity
from gongshu.lake.expressions import kind_of
from gongshu.quality import numbers_sql
from gongshu.quality.checkset import Check

THIS = "this"


@dataclass(frozen=True)
class Condition:
    """SQL over ``this AS t``. ``applies`` and ``fails`` are never NULL; a failing row is one it applies to.

    ``beside`` are columns that ``t`` must have beside its own, as ``expression AS name``.
    """

    applies: str
    fails: str
    exempt: str  # the failing row is excepted today
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schemas:
    """What is there to be checked: the table's own columns, and by resource the view and schema of the others."""

    own: pa.Schema
    others: Mapping[str, tuple[str, pa.Schema]]


def condition(check: Check, schemas: Schemas, today: date, dialect: Dialect = DUCKDB) -> Condition:
    """The SQL of a check of rows. Raises GongshuError ``quality.check_unfit`` when it does not fit the table."""
    kinds = {one: _kind(check, schemas.own, one) for one in (*check.columns, *check.when)}
    where = [_among(dialect, c, kinds[c], values) for c, values in check.when.items()]
    present, fails = _BUILDERS[check.kind](_Ground(check, schemas, kinds, today, dialect))
    applies = " AND ".join([f"({present})", *where])
    exempt = [
        " AND ".join(_among(dialect, c, _kind(check, schemas.own, c), values) for c, values in one.where.items())
        for one in check.exceptions
        if one.until >= today
    ]
    return Condition(
        applies=f"({applies})",
        fails=f"({applies} AND coalesce({fails}, TRUE))",
        exempt="(" + " OR ".join(f"({one})" for one in exempt) + ")" if exempt else "FALSE",
        beside=dialect.beside(),
    )


def _among(dialect: Dialect, identifier: str, kind: str, values: Sequence[str]) -> str:
    return f"coalesce({dialect.as_text(identifier, kind)} IN {dialect.texts(values)}, FALSE)"


@dataclass(frozen=True)
class _Ground:
    check: Check
    schemas: Schemas
    kinds: Mapping[str, str]
    today: date
    sql: Dialect

    @property
    def first(self) -> str:
        return self.check.columns[0]

    def option(self, key: str) -> Any:
        return self.check.options.get(key)

    def text(self, identifier: str = "") -> str:
        one = identifier or self.first
        return self.sql.as_text(one, self.kinds[one])

    def blank(self, identifier: str) -> str:
        """True where there is no value: NULL, or nothing but blanks (the ideographic one among them)."""
        value = self.sql.column(identifier)
        blank = f"({value} IS NULL OR {self.sql.trimmed(value)} = '')"
        return blank if self.kinds[identifier] == "text" else f"({value} IS NULL)"

    def present(self, *columns: str) -> str:
        return " AND ".join(f"NOT {self.blank(one)}" for one in columns or self.check.columns)

    def other(self, resource: str) -> tuple[str, pa.Schema]:
        found = self.schemas.others.get(resource)
        if found is None:
            raise unfit(self.check, f"没有资源 {resource} 的数据", f"there are no data of {resource}")
        return found


_Built = tuple[str, str]


def _required(g: _Ground) -> _Built:
    return "TRUE", " OR ".join(map(g.blank, g.check.columns))


def _unique(g: _Ground) -> _Built:
    return g.present(), g.sql.repeated(THIS, g.check.columns)


def literal(g: _Ground, value: Any, kind: str) -> str:
    """``value`` as a literal of a column of ``kind``. Raises GongshuError when it is none."""
    try:
        if kind in {"integer", "decimal", "float"}:
            number = Decimal(str(value))
            if not number.is_finite() or abs(number.adjusted()) > 30:
                raise InvalidOperation
            return g.sql.number(number, kind)
        if kind == "date":
            return g.sql.day(date.fromisoformat(str(value)))
        if kind == "moment":
            return g.sql.moment(date.fromisoformat(str(value)))
    except (ValueError, InvalidOperation) as error:
        raise unfit(g.check, "界限与列的类型不符", "the bound does not fit the type of the column") from error
    if kind == "bool":
        return "TRUE" if str(value).lower() == "true" else "FALSE"
    return g.sql.text(str(value))


def _measured(g: _Ground, key: str) -> tuple[str, str]:
    """The column, and the literal it is measured by; a text beside a number is read as one."""
    kind, value = g.kinds[g.first], g.option(key)
    if kind == "text" and isinstance(value, int | float):
        return g.sql.as_number(g.sql.column(g.first)), literal(g, value, "decimal")
    return g.sql.column(g.first), literal(g, value, kind)


def _range(g: _Ground) -> _Built:
    wrong = []
    for key, sign in (("min", "<"), ("max", ">")):
        if g.option(key) is not None:
            value, bound = _measured(g, key)
            wrong.append(f"coalesce({value} {sign} {bound}, TRUE)")
    return g.present(), " OR ".join(wrong)


def _length(g: _Ground) -> _Built:
    wrong = [f"length({g.text()}) {sign} {int(g.option(key))}" for key, sign in (("min", "<"), ("max", ">"))
             if g.option(key) is not None]  # fmt: skip
    return g.present(), " OR ".join(wrong)


def _pattern(g: _Ground) -> _Built:
    pattern = str(g.option("pattern"))
    try:
        duckdb.connect(":memory:").execute("SELECT regexp_full_match('', ?)", [pattern])
    except duckdb.Error as error:
        raise unfit(g.check, "正则表达式有误（RE2 语法）", "the pattern is not one of RE2") from error
    return g.present(), f"NOT {g.sql.full_match(g.text(), pattern)}"


def _code_list(g: _Ground) -> _Built:
    if g.option("values") is not None:
        return g.present(), f"{g.text()} NOT IN {g.sql.texts(g.option('values'))}"
    view, schema = g.other(str(g.option("list")))
    code = str(g.option("code") or "code")
    kind = _kind(g.check, schema, code)
    if kind == g.kinds[g.first] == "float":  # there are two ways to write nought
        same = Match(g.sql.column(code, "l"), g.sql.column(g.first))
    else:
        same = Match(g.sql.as_text(code, kind, "l"), g.text())
    return g.present(), f"NOT {g.sql.known(view, [same])}"


def _citizen_id(g: _Ground) -> _Built:
    match = g.sql.full_match(g.text(), numbers_sql.CITIZEN_ID_FORM)
    return g.present(), f"NOT ({numbers_sql.citizen_id(g.text(), match, g.today)})"


def _uscc(g: _Ground) -> _Built:
    match = g.sql.full_match(g.text(), numbers_sql.USCC_FORM)
    return g.present(), f"NOT ({numbers_sql.uscc(g.text(), match)})"


def _phone(g: _Ground) -> _Built:
    kinds = g.option("kinds") or ("mobile", "fixed")
    forms = [form for kind, form in (("mobile", numbers_sql.MOBILE), ("fixed", numbers_sql.FIXED)) if kind in kinds]
    return g.present(), f"NOT {g.sql.full_match(g.text(), '|'.join(forms))}"


def _division(g: _Ground) -> _Built:
    view, schema = g.other(str(g.option("list")))
    code = str(g.option("code") or "code")
    held = g.sql.trimmed_code(g.sql.as_text(code, _kind(g.check, schema, code), "l"))
    asked = g.sql.trimmed_code(g.text())
    day = _as_day(g, str(g.option("at"))) if g.option("at") else g.sql.day(g.today)
    dated = []
    for key, sign in (("valid_from", "<="), ("valid_to", ">=")):
        wanted = str(g.option(key) or key)
        if wanted in schema.names:
            limit = g.sql.as_day(g.sql.column(wanted, "l"), kind_of(schema.field(wanted)))
            dated.append(Validity(limit, sign, day))
        elif g.option(key):
            raise unfit(g.check, f"代码表没有列 {wanted}", f"the list has no column {wanted}")
    wrong = f"NOT {g.sql.known(view, [Match(held, asked)], dated)}"
    if g.option("level"):
        wrong += f" OR length({asked}) <> {int(g.option('level'))}"
    return g.present(), wrong


def _as_day(g: _Ground, identifier: str) -> str:
    """A column as a day; NULL where a text is none."""
    kind = _kind(g.check, g.schemas.own, identifier)
    if kind not in {"date", "moment", "text"}:
        raise unfit(g.check, f"列 {identifier} 不是日期", f"the column {identifier} holds no days")
    return g.sql.as_day(g.sql.column(identifier), kind)


def _date_order(g: _Ground) -> _Built:
    sign = ">=" if g.option("strict") else ">"
    moments = all(g.kinds[one] == "moment" for one in g.check.columns)
    pairs, wrong = [], []
    for place, earlier in enumerate(g.check.columns):
        for later in g.check.columns[place + 1 :]:
            both = g.present(earlier, later)
            a, b = (g.sql.column(one) if moments else _as_day(g, one) for one in (earlier, later))
            pairs.append(f"({both})")
            wrong.append(f"({both} AND coalesce({a} {sign} {b}, TRUE))")
    return " OR ".join(pairs), "(" + " OR ".join(wrong) + ")"


def _not_future(g: _Ground) -> _Built:
    return g.present(), f"{_as_day(g, g.first)} > {g.sql.day(g.today)}"


def _compare(g: _Ground) -> _Built:
    op = str(g.option("op"))
    if len(g.check.columns) == 1:
        value, bound = _measured(g, "value")
        return g.present(), f"NOT coalesce({value} {op} {bound}, FALSE)"
    first, second = g.check.columns
    kinds = {g.kinds[first], g.kinds[second]}
    if len(kinds) == 1 or kinds <= {"integer", "decimal", "float"}:
        a, b = g.sql.column(first), g.sql.column(second)
    elif kinds <= {"date", "moment"}:
        a, b = _as_day(g, first), _as_day(g, second)
    else:
        a, b = g.text(first), g.text(second)
    return g.present(), f"NOT ({a} {op} {b})"


def _reference(g: _Ground) -> _Built:
    view, schema = g.other(g.check.resources[0])
    named = g.option("to") or g.check.columns
    pairs = []
    for own, theirs in zip(g.check.columns, named, strict=True):
        kind = _kind(g.check, schema, theirs)
        if kind == g.kinds[own]:
            pairs.append(Match(g.sql.column(theirs, "l"), g.sql.column(own)))
        else:
            pairs.append(Match(g.sql.as_text(theirs, kind, "l"), g.text(own)))
    return g.present(), f"NOT {g.sql.known(view, pairs)}"


_BUILDERS: Mapping[str, Callable[[_Ground], _Built]] = {
    "required": _required,
    "unique": _unique,
    "range": _range,
    "length": _length,
    "pattern": _pattern,
    "code_list": _code_list,
    "citizen_id": _citizen_id,
    "uscc": _uscc,
    "phone": _phone,
    "division": _division,
    "date_order": _date_order,
    "not_future": _not_future,
    "compare": _compare,
    "reference": _reference,
}


def _kind(check: Check, schema: pa.Schema, identifier: str) -> str:
    if identifier not in schema.names:
        raise unfit(check, f"没有列 {identifier}", f"there is no column {identifier}")
    kind = kind_of(schema.field(identifier))
    if kind == "other":
        raise unfit(check, f"列 {identifier} 的类型不能检查", f"the type of column {identifier} cannot be checked")
    return kind


def unfit(check: Check, zh: str, en: str) -> GongshuError:
    """The check does not fit the table that it is to check."""
    return GongshuError(
        "quality.check_unfit", f"检查“{check.id}”：{zh}。", f"Check “{check.id}”: {en}.", check=check.id
    )
