"""What a quality check is, as data: its kind, columns, parameters, severity, and the exceptions from it.

A check set belongs to one catalog entry and is kept in versions. It is written in YAML or JSON; :func:`parse` is the
only way in and says of every fault where it stands. The six dimensions are those of GB/T 36344-2018.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import yaml

from gongshu.errors import GongshuError, Text

MOST_CHECKS = 500
LONGEST_SQL = 10_000
LONGEST_PATTERN = 500


class Dimension(StrEnum):
    """GB/T 36344-2018: 规范性、完整性、准确性、一致性、时效性、可访问性."""

    CONFORMITY = "conformity"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCESSIBILITY = "accessibility"


DIMENSION_LABELS: Mapping[Dimension, Text] = {
    Dimension.CONFORMITY: Text("规范性", "Conformity"),
    Dimension.COMPLETENESS: Text("完整性", "Completeness"),
    Dimension.ACCURACY: Text("准确性", "Accuracy"),
    Dimension.CONSISTENCY: Text("一致性", "Consistency"),
    Dimension.TIMELINESS: Text("时效性", "Timeliness"),
    Dimension.ACCESSIBILITY: Text("可访问性", "Accessibility"),
}


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


SEVERITY_LABELS: Mapping[Severity, Text] = {
    Severity.ERROR: Text("错误", "error"),
    Severity.WARNING: Text("提醒", "warning"),
}


@dataclass(frozen=True)
class Shape:
    """What a kind of check looks like: its label, dimension, how many columns (least, most), parameters.

    ``needs`` are the parameters without which it means nothing; of ``one_of`` at least one is given.
    """

    label: Text
    dimension: Dimension
    columns: tuple[int, int]
    may: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    per_row: bool = True


_D, _MANY = Dimension, 20
SHAPES: Mapping[str, Shape] = {
    "required": Shape(Text("必填", "required"), _D.COMPLETENESS, (1, _MANY)),
    "unique": Shape(Text("唯一", "unique"), _D.ACCURACY, (1, _MANY)),
    "range": Shape(Text("取值范围", "range"), _D.ACCURACY, (1, 1), ("min", "max"), one_of=("min", "max")),
    "length": Shape(Text("字符数", "length"), _D.CONFORMITY, (1, 1), ("min", "max"), one_of=("min", "max")),
    "pattern": Shape(Text("格式", "pattern"), _D.CONFORMITY, (1, 1), needs=("pattern",)),
    "code_list": Shape(
        Text("代码表", "code list"), _D.CONFORMITY, (1, 1), ("values", "list", "code"), one_of=("values", "list")
    ),
    "citizen_id": Shape(Text("公民身份号码", "citizen ID"), _D.CONFORMITY, (1, 1)),
    "uscc": Shape(Text("统一社会信用代码", "unified social credit code"), _D.CONFORMITY, (1, 1)),
    "phone": Shape(Text("电话号码", "telephone"), _D.CONFORMITY, (1, 1), ("kinds",)),
    "division": Shape(
        Text("行政区划代码", "division code"),
        _D.CONFORMITY,
        (1, 1),
        ("at", "code", "valid_from", "valid_to", "level"),
        needs=("list",),
    ),
    "date_order": Shape(Text("日期先后", "order of dates"), _D.CONSISTENCY, (2, _MANY), ("strict",)),
    "not_future": Shape(Text("不晚于当日", "not in the future"), _D.ACCURACY, (1, 1)),
    "compare": Shape(Text("列间关系", "between columns"), _D.CONSISTENCY, (1, 2), ("value",), needs=("op",)),
    "reference": Shape(
        Text("跨表引用", "reference"), _D.CONSISTENCY, (1, _MANY), ("to", "version"), needs=("resource",)
    ),
    "freshness": Shape(Text("更新及时", "freshness"), _D.TIMELINESS, (0, 1), needs=("days",), per_row=False),
    "row_count": Shape(
        Text("行数", "row count"), _D.COMPLETENESS, (0, 0), ("min", "max"), one_of=("min", "max"), per_row=False
    ),
    "accessible": Shape(Text("可读且未改动", "readable and unaltered"), _D.ACCESSIBILITY, (0, 0), per_row=False),
    "sql": Shape(Text("自定义查询", "own query"), _D.CONSISTENCY, (0, 0), ("tables",), needs=("query",), per_row=False),
}
OPERATORS = ("=", "<>", "<", "<=", ">", ">=")
PHONES = ("mobile", "fixed")


@dataclass(frozen=True)
class Exemption:
    """Rows that a check does not hold against the data: all of ``where`` must match, by the value's text.

    It ends after ``until``; without a reason and an end there is none.
    """

    where: Mapping[str, tuple[str, ...]]
    reason: str
    until: date

    def as_json(self) -> dict[str, Any]:
        where = {column: list(values) for column, values in sorted(self.where.items())}
        return {"where": where, "reason": self.reason, "until": self.until.isoformat()}


@dataclass(frozen=True)
class Check:
    """One check. ``options`` holds the parameters of its kind, ``when`` restricts it to rows with these values."""

    id: str
    kind: str
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.ERROR
    dimension: Dimension = Dimension.CONFORMITY
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exceptions: tuple[Exemption, ...] = ()
    note: str = ""

    @property
    def shape(self) -> Shape:
        return SHAPES[self.kind]

    @property
    def label(self) -> Text:
        """Kind and columns, or the note where there is one."""
        return self.named({})

    def named(self, titles: Mapping[str, str]) -> Text:
        """The label with the columns by their titles."""
        if self.note:
            return Text(self.note, self.note)
        columns = [titles.get(one, one) for one in self.columns]
        zh = f"{self.shape.label.zh}：{'、'.join(columns)}" if columns else self.shape.label.zh
        en = f"{self.shape.label.en}: {', '.join(columns)}" if columns else self.shape.label.en
        return Text(zh, en)

    @property
    def resources(self) -> tuple[str, ...]:
        """The other resources that the check reads; ``code@3`` is version 3 of one, else it is the latest."""
        referred = self.options.get("resource")
        if referred and "version" in self.options:
            referred = f"{referred}@{self.options['version']}"
        named = [referred, self.options.get("list"), *self.options.get("tables", {}).values()]
        return tuple(dict.fromkeys(str(one) for one in named if one))

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"id": self.id, "check": self.kind}
        if self.columns:
            body["columns"] = list(self.columns)
        body |= {key: _plain(value) for key, value in self.options.items()}
        body["severity"] = str(self.severity)
        if self.dimension is not self.shape.dimension:
            body["dimension"] = str(self.dimension)
        if self.when:
            body["when"] = {column: list(values) for column, values in self.when.items()}
        if self.note:
            body["note"] = self.note
        if self.exceptions:
            body["exceptions"] = [one.as_json() for one in self.exceptions]
        return body


@dataclass(frozen=True)
class CheckSet:
    """The checks of one entry, in order. Ids are unique. Its steward is told of a score below ``alert_below``, if set."""

    checks: tuple[Check, ...] = ()
    alert_below: int | None = None

    def canonical(self) -> str:
        """One line of JSON, the same for the same checks: what is stored and digested."""
        return json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def as_json(self) -> dict[str, Any]:
        limit = {} if self.alert_below is None else {"alert_below": self.alert_below}
        return {**limit, "checks": [check.as_json() for check in self.checks]}

    def as_yaml(self) -> str:
        return yaml.safe_dump(self.as_json(), allow_unicode=True, sort_keys=False, width=120)

    @property
    def resources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for check in self.checks for one in check.resources))


def from_text(source: str) -> CheckSet:
    """Read YAML or JSON. Raises GongshuError that says where the fault is."""
    if len(source) > 2_000_000:
        raise _fault("", "检查规则过大", "the check set is too large")
    try:
        body = yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        raise _fault("", f"第 {line} 行不是有效的 YAML", f"line {line} is not valid YAML") from error
    except (ValueError, RecursionError) as error:  # a date that does not exist, a nesting without end
        raise _fault("", "内容无法识别", "it cannot be read") from error
    return parse(body)


def parse(body: Any) -> CheckSet:
    """The check set that plain data say, each part looked at. Raises GongshuError."""
    if (
        not isinstance(body, Mapping)
        or set(body) - {"alert_below"} != {"checks"}
        or not isinstance(body["checks"], list)
    ):
        raise _fault("", "顶层须为 checks: 列表", "the top level is `checks:` with a list")
    limit = body.get("alert_below")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= 100):
        raise _fault("", "alert_below 须为 0 至 100 的整数", "`alert_below` is a whole number from 0 to 100")
    if len(body["checks"]) > MOST_CHECKS:
        raise _fault("", f"检查不得超过 {MOST_CHECKS} 条", f"there may be at most {MOST_CHECKS} checks")
    checks = tuple(_check(one, number) for number, one in enumerate(body["checks"], 1))
    ids = [check.id for check in checks]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise _fault(twice, "编号重复", "the id is used twice")
    return CheckSet(checks, limit)


_COMMON = frozenset({"id", "check", "columns", "severity", "dimension", "when", "exceptions", "note"})


def _check(body: Any, number: int) -> Check:
    where = f"#{number}"
    if not isinstance(body, Mapping) or not all(isinstance(key, str) for key in body):
        raise _fault(where, "须为键值对", "a check is a mapping")
    ident = str(body.get("id") or f"check-{number}")
    if not 0 < len(ident) <= 60 or not all(sign.isascii() and (sign.isalnum() or sign in "-_.") for sign in ident):
        raise _fault(where, "编号须为 60 个以内的字母、数字、-_.", "an id has at most 60 letters, digits or -_.")
    kind = body.get("check")
    if not isinstance(kind, str) or kind not in SHAPES:
        raise _fault(ident, f"check 须为：{'、'.join(SHAPES)}", f"`check` is one of {', '.join(SHAPES)}")
    shape = SHAPES[kind]
    known = _COMMON | set(shape.may) | set(shape.needs)
    odd = sorted(set(body) - known)
    if odd:
        raise _fault(ident, f"{kind} 没有参数 {'、'.join(odd)}", f"{kind} knows no {', '.join(odd)}")
    columns = _strings(ident, "columns", body.get("columns", []))
    least, most = shape.columns
    if not least <= len(columns) <= most or len(set(columns)) < len(columns):
        raise _fault(ident, f"{kind} 需要 {least} 至 {most} 个不同的列", f"{kind} takes {least} to {most} columns")
    options = {key: body[key] for key in (*shape.needs, *shape.may) if body.get(key) is not None}
    missing = [key for key in shape.needs if key not in options]
    if missing or (shape.one_of and not any(key in options for key in shape.one_of)):
        wanted = missing or shape.one_of
        raise _fault(ident, f"{kind} 缺少参数 {'、'.join(wanted)}", f"{kind} needs {', '.join(wanted)}")
    note = body.get("note", "")
    if not isinstance(note, str) or len(note) > 200 or "\x00" in note:
        raise _fault(ident, "note 须为 200 字以内的文字", "`note` is a text of at most 200 characters")
    check = Check(
        id=ident,
        kind=kind,
        columns=columns,
        options=_options(ident, kind, columns, options),
        severity=_word(ident, "severity", body.get("severity", Severity.ERROR), Severity),
        dimension=_word(ident, "dimension", body.get("dimension", shape.dimension), Dimension),
        when=_where(ident, "when", body.get("when", {})),
        exceptions=tuple(_exemption(ident, one) for one in _list(ident, "exceptions", body.get("exceptions", []))),
        note=note,
    )
    if not shape.per_row and (check.when or check.exceptions):
        raise _fault(
            ident, f"{kind} 不逐行检查，不能有 when 和 exceptions", f"{kind} has neither `when` nor exceptions"
        )
    return check


def _options(ident: str, kind: str, columns: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    """The parameters in their one form."""
    clean: dict[str, Any] = {}
    for key, value in options.items():
        if key in {"min", "max", "value"}:
            if isinstance(value, bool) or not isinstance(value, int | float | str | date):
                raise _fault(ident, f"{key} 须为数值、日期或文字", f"`{key}` is a number, a day or a text")
            clean[key] = value.isoformat() if isinstance(value, date) else value
            if kind in {"length", "row_count"} and (not isinstance(value, int) or value < 0):
                raise _fault(ident, f"{key} 须为非负整数", f"`{key}` is a whole number from 0")
        elif key in {"days", "level"}:
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 100_000:
                raise _fault(ident, f"{key} 须为正整数", f"`{key}` is a whole number above 0")
            clean[key] = value
        elif key == "version":
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise _fault(ident, "version 须为版本号", "`version` is the number of a version")
            clean[key] = value
        elif key in {"values", "kinds", "to"}:
            clean[key] = _strings(ident, key, value, most=10_000)
            if not clean[key]:
                raise _fault(ident, f"{key} 不能为空", f"`{key}` is empty")
        elif key == "strict":
            if not isinstance(value, bool):
                raise _fault(ident, "strict 须为 true 或 false", "`strict` is true or false")
            clean[key] = value
        elif key == "tables":
            clean[key] = {str(k): v[0] for k, v in _where(ident, key, value).items() if len(v) == 1}
        else:
            longest = LONGEST_SQL if key == "query" else LONGEST_PATTERN
            if not isinstance(value, str) or not value.strip() or len(value) > longest or "\x00" in value:
                raise _fault(ident, f"{key} 须为 {longest} 字以内的文字", f"`{key}` is a text, at most {longest} long")
            clean[key] = value
    if kind == "phone" and not set(clean.get("kinds", ())) <= set(PHONES):
        raise _fault(ident, f"kinds 须为 {'、'.join(PHONES)}", f"`kinds` are of {', '.join(PHONES)}")
    if kind == "compare":
        if clean["op"] not in OPERATORS:
            raise _fault(ident, f"op 须为 {' '.join(OPERATORS)}", f"`op` is one of {' '.join(OPERATORS)}")
        if (len(columns) == 2) == ("value" in clean):
            raise _fault(ident, "compare 需要两列，或一列和 value", "compare takes two columns, or one and a `value`")
    if kind == "reference" and len(clean.get("to", columns)) != len(columns):
        raise _fault(ident, "to 与 columns 的个数须相同", "`to` has as many columns as `columns`")
    return clean


def _exemption(ident: str, body: Any) -> Exemption:
    if not isinstance(body, Mapping) or set(body) != {"where", "reason", "until"}:
        raise _fault(ident, "例外须写明 where、reason、until", "an exception states where, reason and until")
    reason, until = body["reason"], body["until"]
    if not isinstance(reason, str) or not reason.strip() or len(reason) > 500 or "\x00" in reason:
        raise _fault(ident, "例外须写明理由", "an exception states its reason")
    try:
        day = until if isinstance(until, date) else date.fromisoformat(str(until))
    except ValueError as error:
        raise _fault(ident, "例外的 until 须为日期", "an exception ends on a day") from error
    where = _where(ident, "where", body["where"])
    if not where:
        raise _fault(ident, "例外须指明哪些行", "an exception says which rows")
    return Exemption(where, reason.strip(), day)


def _where(ident: str, key: str, body: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(body, Mapping):
        raise _fault(ident, f"{key} 须为 列: 取值", f"`{key}` maps columns to values")
    return {str(column): _strings(ident, key, [v] if not isinstance(v, list | tuple) else v, most=10_000)
            for column, v in body.items()}  # fmt: skip


def _list(ident: str, key: str, body: Any) -> Sequence[Any]:
    if not isinstance(body, list):
        raise _fault(ident, f"{key} 须为列表", f"`{key}` is a list")
    return body


def _strings(ident: str, key: str, body: Any, *, most: int = 100) -> tuple[str, ...]:
    plain = isinstance(body, list | tuple) and all(isinstance(v, str | int | float | date) for v in body)
    if not plain or len(body) > most or any("\x00" in str(v) for v in body):
        raise _fault(ident, f"{key} 须为不超过 {most} 项的列表", f"`{key}` is a list of at most {most} values")
    return tuple(
        str(v).lower() if isinstance(v, bool) else v.isoformat() if isinstance(v, date) else str(v) for v in body
    )


def _word(ident: str, key: str, value: Any, words: type[StrEnum]) -> Any:
    if value not in [str(one) for one in words]:
        raise _fault(ident, f"{key} 须为 {'、'.join(words)}", f"`{key}` is one of {', '.join(words)}")
    return words(value)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _fault(where: str, zh: str, en: str) -> GongshuError:
    place_zh, place_en = (f"检查“{where}”：", f"Check “{where}”: ") if where else ("检查规则：", "Check set: ")
    return GongshuError("quality.checks_malformed", f"{place_zh}{zh}。", f"{place_en}{en}.", check=where)
