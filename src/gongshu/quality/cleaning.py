"""Cleaning as declared steps: what is to be evened out, previewed by counts and examples, written as the next version.

Steps are data (YAML or JSON); each names its columns and is put into SQL. Only text columns are cleaned: the others were
typed on arrival. What stood in a cell before stays in the row's ``_raw`` beside the cleaned value, and the version before
stays whole; going back to it undoes the cleaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from gongshu.errors import Conflict, GongshuError, Text
from gongshu.lake import engine
from gongshu.lake.engine import Connection, name, text, texts
from gongshu.lake.expressions import BLANKS, kind_of, narrow, trimmed
from gongshu.lake.tables import RAW, ROW
from gongshu.quality.checking import Source
from gongshu.quality.prefixes import places

EXAMPLES = 20
MOST_STEPS = 100
_CASES = {"upper": "upper", "lower": "lower"}

STEPS: Mapping[str, tuple[Text, tuple[str, ...], tuple[str, ...]]] = {
    "width": (Text("全角转半角", "full-width signs made usual"), (), ()),
    "blanks": (Text("去空白", "blanks removed"), (), ("inside",)),
    "empty": (Text("占位词清空", "filler words made empty"), ("values",), ()),
    "case": (Text("大小写", "case"), ("to",), ()),
    "remove": (Text("去掉字符", "signs removed"), ("signs",), ()),
    "separators": (Text("统一分隔符", "separators made one"), ("from", "to"), ()),
    "dates": (Text("日期写法", "spelling of days"), (), ()),
    "codes": (Text("代码对照", "codes replaced"), ("map",), ()),
    "division": (Text("地址归入区划", "addresses put to divisions"), ("list", "into"), ("code", "name")),
}
"""By kind: what it does, the parameters it needs, those it may have."""


@dataclass(frozen=True)
class Step:
    """One step: its kind, the columns it is done to, its parameters."""

    kind: str
    columns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> Text:
        zh, en = STEPS[self.kind][0]
        return Text(f"{zh}：{'、'.join(self.columns)}", f"{en}: {', '.join(self.columns)}")

    @property
    def written(self) -> tuple[str, ...]:
        """The columns that it changes."""
        return (str(self.options["into"]),) if self.kind == "division" else self.columns

    def as_json(self) -> dict[str, Any]:
        return {"step": self.kind, "columns": list(self.columns), **self.options}


@dataclass(frozen=True)
class Recipe:
    """The steps in the order in which they are done."""

    steps: tuple[Step, ...]

    def canonical(self) -> str:
        body = {"steps": [step.as_json() for step in self.steps]}
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def as_yaml(self) -> str:
        body = {"steps": [step.as_json() for step in self.steps]}
        return yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120)

    @property
    def written(self) -> tuple[str, ...]:
        """The columns that the steps change."""
        return tuple(dict.fromkeys(column for step in self.steps for column in step.written))

    @property
    def lists(self) -> tuple[str, ...]:
        """The resources that the steps read."""
        return tuple(dict.fromkeys(str(step.options["list"]) for step in self.steps if "list" in step.options))


@dataclass(frozen=True)
class Example:
    """A cell before and after; ``row`` is the row of the source file."""

    row: int
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Preview:
    """How many cells of each column, and rows in all, would change, with the first examples."""

    rows: int
    changed_rows: int
    by_column: Mapping[str, int]
    examples: tuple[Example, ...]


def from_text(source: str) -> Recipe:
    """Read YAML or JSON. Raises GongshuError ``quality.steps_malformed`` that says where the fault is."""
    try:
        body = yaml.safe_load(source) if len(source) < 500_000 else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _fault("", "不是有效的 YAML", "it is not valid YAML") from error
    if not isinstance(body, Mapping) or set(body) != {"steps"} or not isinstance(body["steps"], list):
        raise _fault("", "顶层须为 steps: 列表", "the top level is `steps:` with a list")
    if not 0 < len(body["steps"]) <= MOST_STEPS:
        raise _fault("", f"步骤须为 1 至 {MOST_STEPS} 个", f"there are 1 to {MOST_STEPS} steps")
    return Recipe(tuple(_step(one, number) for number, one in enumerate(body["steps"], 1)))


def _step(body: Any, number: int) -> Step:
    where = f"#{number}"
    if not isinstance(body, Mapping) or body.get("step") not in STEPS:
        raise _fault(where, f"step 须为：{'、'.join(STEPS)}", f"`step` is one of {', '.join(STEPS)}")
    kind = str(body["step"])
    _, needs, may = STEPS[kind]
    odd = [str(key) for key in body if key not in {"step", "columns", *needs, *may}]
    lacking = [key for key in needs if body.get(key) is None]
    columns = body.get("columns")
    if odd or lacking:
        raise _fault(
            where,
            f"{kind} 缺少参数 {'、'.join(lacking)}" if lacking else f"{kind} 没有参数 {'、'.join(odd)}",
            f"{kind} needs {', '.join(lacking)}" if lacking else f"{kind} knows no {', '.join(odd)}",
        )
    if not isinstance(columns, list) or not columns or not all(isinstance(one, str) for one in columns):
        raise _fault(where, "columns 须为列名的列表", "`columns` is a list of column names")
    if kind == "division" and len(columns) != 1:
        raise _fault(where, "division 只取一个地址列", "division takes one column of addresses")
    options = {key: _option(where, key, body[key]) for key in (*needs, *may) if body.get(key) is not None}
    if kind == "case" and options["to"] not in _CASES:
        raise _fault(where, "to 须为 upper 或 lower", "`to` is upper or lower")
    return Step(kind, tuple(columns), options)


def _option(where: str, key: str, value: Any) -> Any:
    if key == "inside":
        if isinstance(value, bool):
            return value
        raise _fault(where, "inside 须为 true 或 false", "`inside` is true or false")
    if key == "map":
        if isinstance(value, Mapping) and 0 < len(value) <= 10_000:
            return {str(old): str(new) for old, new in value.items()}
        raise _fault(where, "map 须为 旧: 新", "`map` maps old to new")
    if key in {"values", "from"}:
        if isinstance(value, list) and 0 < len(value) <= 1_000:
            return [str(one) for one in value]
        raise _fault(where, f"{key} 须为列表", f"`{key}` is a list")
    if not isinstance(value, str) or not 0 < len(value) <= 200 or "\x00" in value:
        raise _fault(where, f"{key} 须为文字", f"`{key}` is a text")
    return value


def preview(recipe: Recipe, own: Source, lists: Mapping[str, Source], *, scratch: Path | None = None) -> Preview:
    """What the steps would change. Raises GongshuError when they do not fit the table."""
    with engine.session(scratch) as connection:
        written = _open(connection, recipe, own, lists)
        changed = [f"after_{n} IS DISTINCT FROM before_{n}" for n in range(len(written))]
        counts = [f"count_if({one})" for one in changed]
        answer = connection.execute(
            f"SELECT count(*), count_if({' OR '.join(changed)}), {', '.join(counts)} FROM cleaned"  # noqa: S608
        ).fetchone()
        rows, changed_rows, *by = (int(one or 0) for one in answer or ())
        examples: list[Example] = []
        for n, column in enumerate(written):
            share = max(1, EXAMPLES // len(written))
            found = connection.execute(
                f"SELECT r, before_{n}, after_{n} FROM cleaned WHERE {changed[n]} ORDER BY r LIMIT {share}"  # noqa: S608
            ).fetchall()
            examples += [Example(int(row or 0), column, before, after) for row, before, after in found]
        by_column = {column: count for column, count in zip(written, by, strict=True) if count}
        return Preview(rows, changed_rows, by_column, tuple(examples[:EXAMPLES]))


def apply(
    recipe: Recipe,
    own: Source,
    lists: Mapping[str, Source],
    *,
    keys: Sequence[str],
    required: Sequence[str],
    take: Callable[[Iterator[pa.RecordBatch], pa.Schema], Any],
    scratch: Path | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Any:
    """Hand ``take`` the cleaned rows in their order; its answer is returned.

    Raises Conflict ``quality.clean_key`` or ``quality.clean_required`` when keys would meet or a required value be lost.
    """
    with engine.session(scratch) as connection:
        written = _open(connection, recipe, own, lists)
        final = {
            column: f"after_{written.index(column)}" if column in written else f"c.{name(column)}"
            for column in own.schema.names
            if column not in {ROW, RAW}
        }
        tick()
        _guard(connection, [final[key] for key in keys], {one: final[one] for one in required})
        schema = own.schema
        fields = [f"{final[column]} AS {name(column)}" for column in final]
        if ROW in schema.names:
            fields.append(f"c.{name(ROW)}")
        if RAW in schema.names:
            fields.append(f"{_raw(written)} AS {name(RAW)}")
        order = f"ORDER BY c.{name(ROW)}" if ROW in schema.names else ""
        relation = connection.sql(f"SELECT {', '.join(fields)} FROM cleaned AS c {order}")  # noqa: S608
        assert relation is not None  # noqa: S101 - a SELECT always is one
        reader = relation.to_arrow_reader(65_536)

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in reader:
                tick()
                yield from pa.Table.from_batches([batch]).select(schema.names).cast(schema).to_batches()

        return take(batches(), schema)


def _open(connection: Connection, recipe: Recipe, own: Source, lists: Mapping[str, Source]) -> list[str]:
    """The view ``cleaned``: every column, and for those written the text before and after; which these are."""
    engine.view(connection, "this", own.files, own.schema)
    written = list(recipe.written)
    for column in dict.fromkeys([*written, *(one for step in recipe.steps for one in step.columns)]):
        if column not in own.schema.names or column in {ROW, RAW} or kind_of(own.schema.field(column)) != "text":
            raise GongshuError(
                "quality.clean_column",
                f"没有文字列“{column}”：只有文字列可以清洗，其他类型在归集时已规范。",
                f"There is no text column “{column}”: only texts are cleaned, other types were typed on arrival.",
            )
    value = {column: f"t.{name(column)}" for column in own.schema.names}
    joins = []
    for number, step in enumerate(recipe.steps):
        if step.kind == "division":
            source = lists.get(str(step.options["list"]))
            if source is None:
                raise GongshuError(
                    "quality.clean_list",
                    f"没有可读的区划表 {step.options['list']}。",
                    f"There is no list {step.options['list']} that may be read.",
                )
            joins.append(_place(connection, number, step, source, value[step.columns[0]]))
            into = str(step.options["into"])
            value[into] = f"coalesce(nullif({value[into]}, ''), p{number}.code)"
        else:
            for column in step.columns:
                value[column] = _EXPRESSIONS[step.kind](value[column], step.options)
    pairs = [f"t.{name(c)} AS before_{n}, {value[c]} AS after_{n}" for n, c in enumerate(written)]
    row = f"t.{name(ROW)}" if ROW in own.schema.names else "0"
    connection.execute(
        f"CREATE VIEW cleaned AS SELECT t.*, {row} AS r, {', '.join(pairs)} FROM this AS t {' '.join(joins)}"  # noqa: S608
    )
    return written


def _place(connection: Connection, number: int, step: Step, source: Source, address: str) -> str:
    """Join each address to the division whose name is its longest beginning; what several share is left open."""
    code, title = str(step.options.get("code", "code")), str(step.options.get("name", "name"))
    for column in (code, title):
        if column not in source.schema.names:
            raise GongshuError(
                "quality.clean_list_column", f"区划表没有列“{column}”。", f"The list has no column “{column}”."
            )
    engine.view(connection, f"list {number}", source.files, source.schema)
    listed = connection.execute(
        f"SELECT CAST({name(code)} AS VARCHAR), CAST({name(title)} AS VARCHAR) FROM {name(f'list {number}')} "  # noqa: S608
        f"WHERE {name(code)} IS NOT NULL AND {name(title)} IS NOT NULL"
    ).fetchall()
    found = places(listed)
    connection.register(f"prefixes_{number}", found)
    connection.execute(
        f"CREATE TABLE p{number} AS WITH a AS (SELECT DISTINCT {address} AS address FROM this AS t), "  # noqa: S608
        f"l AS (SELECT DISTINCT length(prefix) AS n FROM prefixes_{number}), "
        "c AS (SELECT address, n, substr(address, 1, n) AS prefix FROM a, l WHERE length(address) >= n) "
        f"SELECT address, nullif(arg_max(code, n), '') AS code FROM c JOIN prefixes_{number} USING (prefix) GROUP BY address"
    )
    return f"LEFT JOIN p{number} ON p{number}.address = {address}"


def _guard(connection: Connection, keys: Sequence[str], required: Mapping[str, str]) -> None:
    if keys:
        same = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM cleaned AS c GROUP BY {', '.join(keys)} HAVING count(*) > 1)"  # noqa: S608
        ).fetchall()
        if same[0][0]:
            raise Conflict(
                "quality.clean_key",
                f"清洗后有 {same[0][0]} 个主键重复，不能写入。请先处理重复的行，或不清洗主键列。",
                f"After cleaning {same[0][0]} keys would repeat, so nothing is written. Deal with these rows first.",
            )
    for column, after in required.items():
        lost = connection.execute(
            f"SELECT count(*) FROM cleaned AS c WHERE {after} IS NULL OR {trimmed(f'CAST({after} AS VARCHAR)')} = ''"  # noqa: S608
        ).fetchall()
        if lost[0][0]:
            raise Conflict(
                "quality.clean_required",
                f"清洗后必填项“{column}”有 {lost[0][0]} 行为空，不能写入。",
                f"After cleaning the required item “{column}” would be empty in {lost[0][0]} rows, so nothing is written.",
            )


def _raw(written: Sequence[str]) -> str:
    """The row's original texts: those it has, and of the cells changed now what stood there; the oldest text stays."""
    entries = ", ".join(
        f"struct_pack(key := {text(column)}, value := before_{n}, "
        f"changed := after_{n} IS DISTINCT FROM before_{n} AND before_{n} IS NOT NULL)"
        for n, column in enumerate(written)
    )
    changed = f"list_filter([{entries}], lambda one: one.changed)"
    pairs = f"list_transform({changed}, lambda one: struct_pack(key := one.key, value := one.value))"
    kept = f"coalesce(c.{name(RAW)}, MAP {{}})"
    both = f"map_concat(map_from_entries({pairs}), {kept})"
    return f"CASE WHEN len({changed}) = 0 THEN c.{name(RAW)} ELSE {both} END"


def _blanks(value: str, options: Mapping[str, Any]) -> str:
    if options.get("inside"):
        value = f"regexp_replace(translate({value}, chr(160) || chr(12288), '  '), '\\s+', '', 'g')"
    return f"trim({value}, {BLANKS})"


def _separators(value: str, options: Mapping[str, Any]) -> str:
    for one in options["from"]:
        value = f"replace({value}, {text(one)}, {text(options['to'])})"
    return value


def _dates(value: str, _: Mapping[str, Any]) -> str:
    """Days as 2026-01-02, whatever their spelling; what is no day of the calendar stays as it is."""
    plain = f"regexp_replace({trimmed(narrow(value))}, '[年月./]', '-', 'g')"
    plain = f"regexp_replace({plain}, '[日号]$', '')"
    packed = f"regexp_replace({plain}, '^([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})$', '\\1-\\2-\\3')"
    shaped = f"CASE WHEN regexp_full_match({packed}, '[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}') THEN {packed} END"
    return f"coalesce(strftime(try_strptime({shaped}, '%Y-%m-%d'), '%Y-%m-%d'), {value})"


def _codes(value: str, options: Mapping[str, Any]) -> str:
    cases = " ".join(f"WHEN {text(old)} THEN {text(new)}" for old, new in options["map"].items())
    return f"CASE {value} {cases} ELSE {value} END"


_EXPRESSIONS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "width": lambda value, _: narrow(value),
    "blanks": _blanks,
    "empty": lambda value, options: f"CASE WHEN {value} IN {texts(options['values'])} THEN NULL ELSE {value} END",
    "case": lambda value, options: f"{_CASES[options['to']]}({value})",
    "remove": lambda value, options: f"translate({value}, {text(options['signs'])}, '')",
    "separators": _separators,
    "dates": _dates,
    "codes": _codes,
}


def _fault(where: str, zh: str, en: str) -> GongshuError:
    place_zh, place_en = (f"步骤 {where}：", f"Step {where}: ") if where else ("清洗步骤：", "Steps: ")
    return GongshuError("quality.steps_malformed", f"{place_zh}{zh}。", f"{place_en}{en}.")
