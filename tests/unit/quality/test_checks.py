"""Each kind of check over a small table: which of the rows it looks at, and which of these fail."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.errors import GongshuError
from gongshu.quality.checkset import SHAPES, Dimension, from_text, parse
from unit.quality.tables import TODAY, checks, outcome, source

GOOD_ID, GOOD_USCC = "11010519491231002X", "91330324MA2TE5T016"
D = date.fromisoformat


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# kind of column, values, check, rows looked at, which of the values fail
SPEC: list[tuple[str, str, list[Any], dict[str, Any], int, list[Any]]] = [
    ("required", "C", ["a", None, " ", "　", "0"], {}, 5, [None, " ", "　"]),
    ("required", "I", [0, None], {}, 2, [None]),
    ("unique", "C", ["a", "b", "a", None, None], {}, 3, ["a", "a"]),
    ("unique", "D", [D("2020-01-01"), D("2020-01-01")], {}, 2, [D("2020-01-01")] * 2),
    ("range", "I", [1, 5, 10, None], {"min": 2, "max": 9}, 3, [1, 10]),
    ("range", "N", [Decimal("0.10"), Decimal("0.11")], {"max": 0.1}, 2, [Decimal("0.11")]),
    ("range", "Y", [Decimal("-1.00"), Decimal("0")], {"min": 0}, 2, [Decimal("-1.00")]),
    ("range", "D", [D("1999-12-31"), D("2000-01-01")], {"min": "2000-01-01"}, 2, [D("1999-12-31")]),
    ("range", "T", [moment("1999-12-31T23:59:59+08:00"), moment("2000-01-01T00:00:00+08:00")],
     {"min": "2000-01-01"}, 2, [moment("1999-12-31T23:59:59+08:00")]),
    ("range", "C", ["7", "x", "100"], {"max": 99}, 3, ["x", "100"]),
    ("range", "C", ["b", "d"], {"max": "c"}, 2, ["d"]),
    ("length", "C", ["一二三", "一二", "一二三四"], {"min": 3, "max": 3}, 3, ["一二", "一二三四"]),
    ("pattern", "C", ["A-1", "A-x", "xA-1"], {"pattern": "A-[0-9]+"}, 3, ["A-x", "xA-1"]),
    ("code_list", "C", ["01", "1", None, "02"], {"values": ["01", "02"]}, 3, ["1"]),
    ("code_list", "I", [1, 3], {"values": [1, 2]}, 2, [3]),
    ("citizen_id", "C",
     [GOOD_ID, GOOD_ID.lower(), "110105194912310021", "110105194902310021", "11010519491231002", "810000199408230021"],
     {}, 6, [GOOD_ID.lower(), "110105194912310021", "110105194902310021", "11010519491231002"]),
    ("uscc", "C", [GOOD_USCC, GOOD_USCC[:-1] + "7", "I" + GOOD_USCC[1:], "N2330302MF4321011P"], {}, 4,
     [GOOD_USCC[:-1] + "7", "I" + GOOD_USCC[1:], "N2330302MF4321011P"]),
    ("phone", "C", ["13812345678", "0577-67222222", "12345", "400-810-1234", "12812345678"], {}, 5,
     ["12345", "12812345678"]),
    ("phone", "C", ["13812345678", "0577-67222222"], {"kinds": ["mobile"]}, 2, ["0577-67222222"]),
    ("not_future", "D", [TODAY, D("2026-11-23")], {}, 2, [D("2026-11-23")]),
    ("not_future", "C", ["2026-11-22", "2026-11-23", "soon"], {}, 3, ["2026-11-23", "soon"]),
    ("compare", "I", [1, 2, None], {"op": ">=", "value": 2}, 2, [1]),
    ("compare", "C", ["在业", "注销"], {"op": "<>", "value": "注销"}, 2, ["注销"]),
]  # fmt: skip


@pytest.mark.article("luzhou-33")
@pytest.mark.parametrize(("kind", "letter", "values", "options", "looked_at", "wrong"), SPEC)
def test_what_fails(
    kind: str, letter: str, values: list[Any], options: dict[str, Any], looked_at: int, wrong: list[Any], tmp_path: Path
) -> None:
    own = source(tmp_path, {"x": letter}, {"x": values})
    found = outcome(tmp_path, {"check": kind, "columns": ["x"], **options}, own)
    assert found.problem is None
    assert [values[row - 2] for row in found.rows] == wrong
    assert (found.checked, found.failed) == (looked_at, len(wrong))


def test_keys_of_two_columns_and_days_in_order(tmp_path: Path) -> None:
    own = source(
        tmp_path,
        {"a": "C", "b": "I", "from": "D", "to": "D", "end": "T"},
        {
            "a": ["x", "x", "x", None],
            "b": [1, 2, 1, 1],
            "from": [D("2020-01-02"), D("2020-01-01"), None, D("2020-01-01")],
            "to": [D("2020-01-01"), D("2020-01-01"), D("2020-01-01"), None],
            "end": [None, None, moment("2019-12-31T12:00:00+08:00"), moment("2020-01-01T00:30:00+08:00")],
        },
    )
    assert outcome(tmp_path, {"check": "unique", "columns": ["a", "b"]}, own).rows == (2, 4)
    order = {"check": "date_order", "columns": ["from", "to", "end"]}
    assert outcome(tmp_path, order, own).rows == (2, 4)
    assert outcome(tmp_path, order | {"strict": True}, own).rows == (2, 3, 4, 5)
    assert outcome(tmp_path, {"check": "compare", "columns": ["from", "to"], "op": "<="}, own).rows == (2,)


def test_a_condition_narrows_and_an_exception_excuses_until_its_day(tmp_path: Path) -> None:
    own = source(tmp_path, {"kind": "C", "x": "C"}, {"kind": ["a", "a", "b", "a"], "x": [None, "1", None, None]})
    body = {"check": "required", "columns": ["x"], "when": {"kind": "a"}}
    assert outcome(tmp_path, body, own).rows == (2, 5)
    assert outcome(tmp_path, body, own).checked == 3
    held = {"where": {"kind": ["a"]}, "reason": "历史数据", "until": TODAY.isoformat()}
    found = outcome(tmp_path, body | {"exceptions": [held]}, own)
    assert (found.failed, found.exempt, found.counted, found.rows) == (2, 2, 0, ())
    over = held | {"until": "2026-11-21"}
    assert outcome(tmp_path, body | {"exceptions": [over]}, own).counted == 2


LIST = {
    "code": ["110000", "110100", "110103", "110106"],
    "valid_from": [None, None, D("1952-01-01"), D("1952-01-01")],
    "valid_to": [None, None, D("2010-07-01"), None],
}


def test_a_division_code_is_judged_by_the_day_it_was_used(tmp_path: Path) -> None:
    divisions = source(tmp_path, {"code": "C", "valid_from": "D", "valid_to": "D"}, LIST, name="divisions")
    days = [D("2005-01-01"), D("2015-01-01"), D("1950-01-01"), None, D("2015-01-01"), D("2015-01-01")]
    own = source(
        tmp_path,
        {"code": "C", "day": "D"},
        {"code": ["110103", "110103", "110103", "110103", "11", "110199"], "day": days},
    )
    dated = outcome(tmp_path, {"check": "division", "columns": ["code"], "list": "L", "at": "day"}, own, L=divisions)
    assert (dated.rows, dated.checked) == ((3, 4, 7), 6), "a row without a day passes if the code ever held"
    today = outcome(tmp_path, {"check": "division", "columns": ["code"], "list": "L"}, own, L=divisions)
    assert today.rows == (2, 3, 4, 5, 7)
    county = {"check": "division", "columns": ["code"], "list": "L", "at": "day", "level": 6}
    assert outcome(tmp_path, county, own, L=divisions).rows == (3, 4, 6, 7)


def test_a_reference_looks_in_the_other_table(tmp_path: Path) -> None:
    other = source(tmp_path, {"id": "I", "name": "C"}, {"id": [1, 2], "name": ["甲", "乙"]}, name="other")
    own = source(tmp_path, {"no": "C", "name": "C"}, {"no": ["1", "2", "3", None], "name": ["甲", "甲", "丙", "甲"]})
    body = {"check": "reference", "columns": ["no"], "resource": "R", "to": ["id"]}
    assert outcome(tmp_path, body, own, R=other).rows == (4,)
    both = {"check": "reference", "columns": ["no", "name"], "resource": "R", "to": ["id", "name"]}
    assert outcome(tmp_path, both, own, R=other).rows == (3, 4)
    missing = outcome(tmp_path, body, own)
    assert missing.problem is not None
    assert "R" in missing.problem.zh
    assert missing.failed == 0


def test_checks_of_the_whole_table(tmp_path: Path) -> None:
    own = source(tmp_path, {"d": "D"}, {"d": [D("2026-11-01"), D("2026-11-10"), None]})
    assert outcome(tmp_path, {"check": "freshness", "columns": ["d"], "days": 11}, own).failed == 1
    assert outcome(tmp_path, {"check": "freshness", "columns": ["d"], "days": 12}, own).failed == 0
    assert outcome(tmp_path, {"check": "freshness", "days": 1}, own).failed == 1, "committed two days ago"
    assert outcome(tmp_path, {"check": "row_count", "min": 3, "max": 3}, own).failed == 0
    assert outcome(tmp_path, {"check": "row_count", "max": 2}, own).measured == "3"
    assert outcome(tmp_path, {"check": "accessible"}, own).failed == 0
    empty = source(tmp_path, {"d": "D"}, {"d": []}, name="empty")
    assert outcome(tmp_path, {"check": "required", "columns": ["d"]}, empty).checked == 0


def test_an_altered_file_is_not_accessible(tmp_path: Path) -> None:
    own = source(tmp_path, {"d": "C"}, {"d": ["a"]})
    altered = type(own)(own.files, own.schema, own.committed_at, lambda: False)
    assert outcome(tmp_path, {"check": "accessible"}, altered).failed == 1


def test_what_does_not_fit_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    own = source(tmp_path, {"x": "I"}, {"x": [1, None]})
    from gongshu.quality.checking import Ground, run

    rows, found = run(
        checks(
            {"check": "required", "columns": ["y"]},
            {"check": "range", "columns": ["x"], "min": "many"},
            {"check": "pattern", "columns": ["x"], "pattern": "("},
            {"check": "required", "columns": ["x"]},
        ),
        Ground(own, {}, TODAY, tmp_path),
    )
    assert rows == 2
    assert [one.problem is not None for one in found] == [True, True, True, False]
    assert found[3].rows == (3,)


def test_names_and_values_cannot_become_sql(tmp_path: Path) -> None:
    odd = """x" FROM this; DROP TABLE this; -- '"""
    own = source(tmp_path, {odd: "C"}, {odd: ["'; DROP TABLE this; --", "b"]})
    body = {"check": "code_list", "columns": [odd], "values": ["'; DROP TABLE this; --"]}
    assert outcome(tmp_path, body, own).rows == (3,)
    assert outcome(tmp_path, {"check": "unique", "columns": [odd]}, own).failed == 0


BAD = [
    ("a: 1", "checks"),
    ("checks: [{check: magic, columns: [x]}]", "check 须为"),
    ("checks: [{check: required}]", "需要 1 至"),
    ("checks: [{check: range, columns: [x]}]", "缺少参数"),
    ("checks: [{check: required, columns: [x], colour: red}]", "没有参数 colour"),
    ("checks: [{id: a, check: required, columns: [x]}, {id: a, check: unique, columns: [x]}]", "编号重复"),
    ("checks: [{check: required, columns: [x], exceptions: [{where: {x: 1}}]}]", "例外须写明"),
    ("checks: [{check: compare, columns: [x], op: '~', value: 1}]", "op 须为"),
    ("checks: [{check: row_count, min: -1}]", "非负整数"),
    ("checks: [", "第 1 行"),
    ("checks: [{check: required, columns: [x], when: 3}]", "when"),
    ("checks: [{check: freshness, days: 2026-02-30}]", "无法识别"),
]


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_faulty_check_set_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(GongshuError) as refused:
        from_text(text)
    assert says in refused.value.text.zh


def test_a_check_set_survives_its_yaml() -> None:
    body = """
alert_below: 80
checks:
- {id: when, check: required, columns: [a, b], when: {k: [x, 1]}, severity: warning, dimension: accuracy, note: 说明}
- {id: excused, check: range, columns: [n], min: 2020-01-01,
   exceptions: [{where: {k: x}, reason: 历史, until: 2027-01-01}]}
- {id: own, check: sql, query: select 1, tables: {o: '330000-000001'}}
- {id: ref, check: reference, columns: [a], resource: '330000-000001', version: 3}
"""
    found = from_text(body)
    assert from_text(found.as_yaml()) == found
    assert parse({"alert_below": 80, **found.as_json()}).canonical() == found.canonical()
    assert found.resources == ("330000-000001", "330000-000001@3")
    assert {shape.dimension for shape in SHAPES.values()} == set(Dimension), "every dimension can be measured"


# A second opinion, row by row in plain Python, on whatever values.
NUMBERS = st.one_of(st.none(), st.integers(-50, 50))
WORDS = st.one_of(st.none(), st.sampled_from(["", " ", "a", "b", "A", "１", "é", "一", "a'b", 'a"b', "%"]))


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(st.tuples(NUMBERS, WORDS, NUMBERS), max_size=25), low=st.integers(-50, 50))
def test_the_engine_agrees_with_a_plain_loop(
    rows: list[tuple[int | None, str | None, int | None]], low: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("oracle")
    own = source(
        folder, {"n": "I", "w": "C", "m": "I"}, {k: [row[i] for row in rows] for i, k in enumerate(("n", "w", "m"))}
    )
    blank = [w is None or not w.strip() for _, w, _ in rows]
    keys = [(n, w) for n, w, _ in rows]
    expected = {
        "required": [i for i, b in enumerate(blank) if b],
        "range": [i for i, (n, _, _) in enumerate(rows) if n is not None and n < low],
        "list": [i for i, (_, w, _) in enumerate(rows) if not blank[i] and w not in {"a", "a'b"}],
        "compare": [i for i, (n, _, m) in enumerate(rows) if n is not None and m is not None and not n <= m],
        "unique": [i for i, k in enumerate(keys) if k[0] is not None and not blank[i] and keys.count(k) > 1],
    }
    from gongshu.quality.checking import Ground, run

    _, found = run(
        checks(
            {"id": "required", "check": "required", "columns": ["w"]},
            {"id": "range", "check": "range", "columns": ["n"], "min": low},
            {"id": "list", "check": "code_list", "columns": ["w"], "values": ["a", "a'b"]},
            {"id": "compare", "check": "compare", "columns": ["n", "m"], "op": "<="},
            {"id": "unique", "check": "unique", "columns": ["n", "w"]},
        ),
        Ground(own, {}, TODAY, folder),
    )
    for one in found:
        assert one.failed == len(expected[one.check.id]), one.check.id
        assert list(one.rows) == [row + 2 for row in expected[one.check.id]][:20], one.check.id


@settings(max_examples=8, deadline=None)
@given(bodies=st.lists(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True), min_size=5, max_size=20))
def test_citizen_numbers_by_the_standards_own_arithmetic(
    bodies: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    def right(value: str) -> bool:
        try:
            born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
        except ValueError:
            return False
        total = sum(int(sign) * 2 ** (17 - place) for place, sign in enumerate(value[:17]))
        return date(1800, 1, 1) <= born <= TODAY and (total + (10 if value[17] == "X" else int(value[17]))) % 11 == 1

    # Random digits hardly ever are a day of birth: give most of them one, and half of these the right sign.
    values = [v[:6] + f"19{v[7:9]}0{v[9].replace('0', '1')}1{v[11]}" + v[14:] for v in bodies] + bodies
    values += [v[:17] + sign for v in values[: len(bodies)] for sign in "0123456789X" if right(v[:17] + sign)]
    folder = tmp_path_factory.mktemp("ids")
    found = outcome(folder, {"check": "citizen_id", "columns": ["x"]}, source(folder, {"x": "C"}, {"x": values}))
    assert found.failed == sum(not right(value) for value in values)
