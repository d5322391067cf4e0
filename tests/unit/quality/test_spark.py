"""Checks and comparisons on Spark give the answers that DuckDB gives, row for row and cell for cell, on dirty data."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer

from gongshu.cli import compare as command
from gongshu.cli import installation
from gongshu.cli.session import Engines
from gongshu.errors import EnvironmentFault, Exit, GongshuError
from gongshu.home import Home
from gongshu.lake import comparison, comparison_files, comparison_spark, spark
from gongshu.lake.comparison import Comparison, Difference, Normal, Plan, Side
from gongshu.lake.tables import Table
from gongshu.quality import checking, checking_spark
from gongshu.quality.checking import Ground, Outcome, Source
from gongshu.quality.checkset import SHAPES
from unit.quality.tables import TODAY, checks, source

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("spark")]

ROWS = 400


@pytest.fixture(scope="module", autouse=True)
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Spark for all tests of this file, on two cores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGSHU_SPARK_MASTER", "local[2]")
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # for a short life
        with spark.session(tmp_path_factory.mktemp("spark")):
            yield


def citizen(rng: random.Random) -> str:
    """A citizen number, mostly right; often of a 29 February."""
    day = date(1930, 1, 1) + timedelta(days=rng.randrange(36000))
    born = rng.choice([day.strftime("%Y%m%d"), "20000229", "19000229", "20230229", "19881231", "17991231", "20261122"])
    body = f"{rng.choice(['110105', '810000', '333004'])}{born}{rng.randrange(1000):03}"
    sign = "10X98765432"[sum(int(s) * 2 ** (17 - n) for n, s in enumerate(body)) % 11]
    return rng.choice(
        [body + sign, body + sign, body + "0", (body + sign).lower(), body[:-1] + "Ｘ" + sign, body + sign + "\n"]
    )


def uscc(rng: random.Random) -> str:
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "9133" + "".join(rng.choice(signs) for _ in range(13))
    sign = signs[-sum(signs.index(s) * pow(3, n, 31) for n, s in enumerate(body)) % 31]
    return rng.choice([body + sign, body + sign, body + "0", "I" + body, (body + sign).lower(), body + sign + " "])


BLANKS = [None, "", " ", "　", "\t\n", "\xa0", "　x　"]
DAYS = ["2020-01-01", "2020-1-1", "2020/01/01", "2020-02-30", "2024-02-29", "2023-02-29", "20200101", "2020", "2020-02",
        " 2020-01-01 ", "2020-01-01 12:00:00", "2026-11-22", "2026-11-23", "0001-01-01", "9999-12-31", "２０２０-01-01",
        "2020-01-01T00:00:00+08:00", "infinity", "epoch", "soon", "2020-13-01", "1988-04-10", "-2020-01-01"]  # fmt: skip
FIGURES = ["01.50", "1.5", "1e5", "1E-3", "１２", " 12 ", "+5", "-0", "0", "1,000", "0x10", "9" * 28, "9" * 38,
           "1.23456789012345", "NaN", "inf", "1_000", ".5", "5.", "-7.25", "一", "1d", "5L", "99",
           "99.0000000001", "100"]  # fmt: skip
WORDS = ["A-1", "A-12", "A-1\n", "a-1", "Ａ-1", "A-１", "xA-1", "A-", "é", "e\u0301", "😀", "ß", "ﬁ", "İ", "ı", "ǆ",
         "${env:HOME}", "it's", 'say "x"', "back\\slash", "%", "_", "`", "\\d", "\x01", "在业", "注销",
         "13812345678", "0577-67222222",
         "400-810-1234", "12812345678", "１３８１２３４５６７８"]  # fmt: skip
CODES = [
    "110000",
    "11",
    "110100",
    "1101",
    "110103",
    "110103000000",
    "110199",
    "110000\n",
    "990000",
    "1101030000",
    "0",
    "１１",
]
FLOATS = [
    None,
    0.0,
    -0.0,
    1.5,
    0.1,
    1e15,
    1e16,
    1e-5,
    1e-7,
    123456789.125,
    float("nan"),
    float("inf"),
    float("-inf"),
    2 / 3,
]
NUMBERS = [None, Decimal(0), Decimal("0.10"), Decimal("0.11"), Decimal("-0.000000000000000001"), Decimal("9" * 20),
           Decimal("0.1000000000"), Decimal("12345678901234567890.123456789012345678"), Decimal("-5")]  # fmt: skip
MOMENTS = [None, *(datetime.fromisoformat(one).astimezone(UTC) for one in (
    "1900-06-01T00:00:00+08:00", "1988-07-01T00:30:00+08:00", "1999-12-31T23:59:59+08:00", "2000-01-01T00:00:00+08:00",
    "2026-11-22T23:59:59.999999+08:00", "2026-11-23T00:00:00+08:00", "2020-02-29T12:00:00+08:00"))]  # fmt: skip
DATES = [
    None,
    date(1, 1, 1),
    date(1999, 12, 31),
    date(2000, 1, 1),
    date(2000, 2, 29),
    TODAY,
    date(2026, 11, 23),
    date(9999, 12, 31),
]
WHOLE = [None, 0, 1, 2, 5, 9, 10, -3, 2**53 + 1, 2**63 - 1, -(2**63)]

COLUMNS: dict[str, tuple[str, list[Any]]] = {
    "id": ("C", BLANKS),
    "uscc": ("C", BLANKS),
    "word": ("C", [*BLANKS, *WORDS, *WORDS, *FIGURES]),
    "day": ("C", [*BLANKS, *DAYS, *DAYS, *DAYS]),
    "figure": ("C", [*BLANKS, *FIGURES, *FIGURES, *FIGURES]),
    "code": ("C", [None, *CODES]),
    "whole": ("I", WHOLE),
    "other": ("I", WHOLE),
    "number": ("N", NUMBERS),
    "money": ("Y", [None, Decimal("0.00"), Decimal("0.10"), Decimal("-1.00"), Decimal("9" * 16 + ".99")]),
    "float": ("F", FLOATS),
    "from": ("D", DATES),
    "to": ("D", DATES),
    "at": ("T", MOMENTS),
    "flag": ("L", [None, True, False]),
    'odd `name\' "x"': ("C", ["'; DROP TABLE this; --", "b", None]),
}


def dirty(folder: Path, name: str, seed: int, rows: int = ROWS) -> Source:
    rng = random.Random(seed)
    columns = {one: [rng.choice(values) for _ in range(rows)] for one, (_, values) in COLUMNS.items()}
    columns["id"] = [citizen(rng) if rng.random() < 0.9 else rng.choice(BLANKS) for _ in range(rows)]
    columns["uscc"] = [uscc(rng) if rng.random() < 0.9 else rng.choice(BLANKS) for _ in range(rows)]
    return source(folder, {one: kind for one, (kind, _) in COLUMNS.items()}, columns, name=name)


def divisions(folder: Path) -> Source:
    return source(
        folder,
        {"code": "C", "valid_from": "C", "valid_to": "D", "n": "I", "f": "F", "d": "N"},
        {
            "code": ["110000", "110100", "110103", "110103", "990000"],
            "valid_from": [None, "", "1952-01-01", "2020/01/01", "nonsense"],
            "valid_to": [None, None, date(2010, 7, 1), None, None],
            "n": [0, 1, 2**53 + 1, 2**63 - 1, None],
            "f": [0.0, 1.5, 1e16, float("nan"), None],
            "d": [Decimal(0), Decimal("0.1"), Decimal("9" * 20), None, Decimal("-5")],
        },
        name="divisions",
    )


def every_check() -> list[dict[str, Any]]:
    exception = {"where": {"word": ["A-1", "在业"], "float": ["1.5"]}, "reason": "历史", "until": TODAY.isoformat()}
    wide = {"where": {"flag": ["true"]}, "reason": "历史", "until": TODAY.isoformat()}
    found: list[dict[str, Any]] = [{"check": "required", "columns": [one]} for one in COLUMNS]
    found += [{"check": "unique", "columns": list(some)} for some in (
        ("id",), ("whole",), ("float",), ("number",), ("at",), ("word", "whole"), ("from", "money", "code"))]  # fmt: skip
    found += [
        {"check": "range", "columns": [column], "min": low, "max": high}
        for column, low, high in (
            ("whole", 1, 9), ("whole", 0.5, 9007199254740992), ("number", 0, 0.1), ("number", -5, "99999999999999999999"),
            ("money", 0, 0.1), ("float", 0.1, 1e16), ("from", "2000-01-01", "2026-11-22"),
            ("at", "2000-01-01", "2026-11-23"),
            ("figure", 1, 99), ("figure", -0.25, 99.00000000005), ("word", "A", "z"), ("day", "2020-01-01", "2024-12-31"),
        )
    ]  # fmt: skip
    found += [
        {"check": "length", "columns": [one], "min": 2, "max": 5} for one in ("word", "number", "float", "at", "flag")
    ]
    found += [{"check": "pattern", "columns": [column], "pattern": pattern} for column, pattern in (
        ("word", "A-[0-9]+"), ("word", r"(?i)a-\d"), ("word", r"\w+"), ("word", r"[\p{Han}]+"), ("word", r"[^'\\]+$"),
        ("word", r"(?s)A-1."), ("word", r"\S*\s?"), ("number", r"-?\d+(\.\d+)?"), ("float", r".*e.*"),
        ("id", r".{18}"))]  # fmt: skip
    found += [
        {"check": "code_list", "columns": ["word"],
         "values": ["A-1", "it's", "back\\slash", "${env:HOME}", "\\d", "e\u0301"]},
        {"check": "code_list", "columns": ["float"], "values": ["1.5", "1e+16", "nan", "0.0"]},
        {"check": "code_list", "columns": ["number"], "values": ["0", "0.1", "9" * 20]},
        {"check": "code_list", "columns": ["from"], "values": ["2000-02-29", "0001-01-01"]},
        {"check": "code_list", "columns": ["at"],
         "values": ["1988-07-01T00:30:00", "2000-01-01T00:00:00", "1900-06-01T00:00:00"]},
        {"check": "code_list", "columns": ["flag"], "values": ["true"]},
        {"check": "code_list", "columns": ["code"], "list": "L"},
        {"check": "code_list", "columns": ["float"], "list": "L", "code": "f"},
        {"check": "citizen_id", "columns": ["id"]},
        {"check": "citizen_id", "columns": ["whole"]},
        {"check": "uscc", "columns": ["uscc"]},
        {"check": "phone", "columns": ["word"]},
        {"check": "phone", "columns": ["word"], "kinds": ["fixed"]},
        {"check": "division", "columns": ["code"], "list": "L"},
        {"check": "division", "columns": ["code"], "list": "L", "at": "from", "level": 6},
        {"check": "division", "columns": ["code"], "list": "L", "at": "day"},
        {"check": "division", "columns": ["code"], "list": "L", "at": "at"},
        {"check": "date_order", "columns": ["from", "to"]},
        {"check": "date_order", "columns": ["from", "at", "day"], "strict": True},
        {"check": "not_future", "columns": ["from"]},
        {"check": "not_future", "columns": ["at"]},
        {"check": "not_future", "columns": ["day"]},
    ]  # fmt: skip
    found += [{"check": "compare", "columns": list(columns), "op": op, **more} for columns, op, more in (
        (("whole",), ">=", {"value": 2}), (("word",), "<>", {"value": "注销"}), (("float",), "<", {"value": 1.5}),
        (("figure",), "=", {"value": 1.5}), (("number",), ">", {"value": 0}), (("flag",), "=", {"value": "true"}),
        (("whole", "other"), "<=", {}), (("number", "money"), "<", {}), (("whole", "number"), ">", {}),
        (("float", "money"), ">=", {}), (("from", "at"), "<>", {}), (("word", "figure"), "<", {}),
        (("whole", "figure"), "=", {}))]  # fmt: skip
    found += [
        {"check": "reference", "columns": ["code"], "resource": "L"},
        {"check": "reference", "columns": ["whole"], "resource": "L", "to": ["n"]},
        {"check": "reference", "columns": ["float"], "resource": "L", "to": ["f"]},
        {"check": "reference", "columns": ["number"], "resource": "L", "to": ["d"]},
        {"check": "reference", "columns": ["figure", "code"], "resource": "L", "to": ["d", "code"]},
        {"check": "freshness", "columns": ["from"], "days": 30},
        {"check": "freshness", "columns": ["day"], "days": 30},
        {"check": "freshness", "columns": ["at"], "days": 30},
        {"check": "freshness", "days": 1},
        {"check": "row_count", "min": 1, "max": ROWS - 1},
        {"check": "accessible"},
        {"check": "sql", "query": "SELECT _row FROM this WHERE whole > other"},
        {"check": "required", "columns": ["whole"], "when": {"flag": "true", "float": ["1.5", "nan"]}},
        {"check": "pattern", "columns": ["word"], "pattern": "[a-z]+", "exceptions": [exception, wide]},
        {"check": "unique", "columns": ["code"], "when": {"flag": "false"}, "exceptions": [wide]},
        {"check": "required", "columns": ["nowhere"]},
        {"check": "range", "columns": ["whole"], "min": "many"},
        {"check": "reference", "columns": ["code"], "resource": "absent"},
        {"check": "required", "columns": ["odd `name' \"x\""], "when": {"odd `name' \"x\"": ["'; DROP TABLE this; --"]}},
        {"check": "unique", "columns": ["odd `name' \"x\""]},
    ]  # fmt: skip
    return [{"id": f"c{n}", **one} for n, one in enumerate(found)]


def told(outcome: Outcome) -> tuple[object, ...]:
    problem = outcome.problem is not None
    return outcome.checked, outcome.failed, outcome.exempt, outcome.rows, outcome.measured, problem


def test_every_kind_of_check_finds_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SAMPLE", 1_000_000)  # all of the failing rows, not the first twenty
    wanted = every_check()
    assert {one["check"] for one in wanted} == set(SHAPES), "no kind is left out"
    ground = Ground(dirty(tmp_path, "own", 1), {"L": divisions(tmp_path)}, TODAY, tmp_path)
    rows, expected = checking.run(checks(*wanted), ground)
    there, found = checking.run(checks(*wanted), ground, on=checking_spark.in_spark)
    assert there == rows == ROWS
    different = {
        f"{one.check.id} {one.check.as_json()}": (
            told(one)[:3],
            told(two)[:3],
            set(one.rows) ^ set(two.rows),
            two.problem,
        )
        for one, two in zip(expected, found, strict=True)
        if told(one) != told(two)
    }
    assert not different, different
    judged = [one for one in expected if one.problem is None]
    assert len(expected) - len(judged) == 3, "those that do not fit the table, and no others"
    assert sum(0 < one.failed < one.checked for one in judged) > 60, "nearly all of them find some rows and pass others"


def test_an_empty_table_has_nothing_to_check_there_either(tmp_path: Path) -> None:
    schema = pa.schema([("x", pa.string()), ("_row", pa.int64())])
    wanted = checks({"check": "required", "columns": ["x"]}, {"check": "unique", "columns": ["x"]})
    ground = Ground(Source([], schema), {}, TODAY, tmp_path)
    ((rows, expected), (there, found)) = (
        checking.run(wanted, ground),
        checking.run(wanted, ground, on=checking_spark.in_spark),
    )
    assert rows == there == 0
    assert [told(one) for one in expected] == [told(one) for one in found]


def side(folder: Path, name: str, seed: int, keys: list[Any], **changed: list[Any]) -> Side:
    own = dirty(folder, name, seed, len(keys))
    table = pq.read_table(own.files[0])
    table = table.append_column("k", pa.array(keys, pa.int64()))
    pq.write_table(table.drop_columns(["_row"]), own.files[0])
    return Side(own.files, pq.read_schema(own.files[0]), name)


Rows = list[tuple[Any, ...]]


def both_ways(left: Side, right: Side, plan: Plan, folder: Path) -> list[tuple[Difference, Rows, Rows]]:
    answers = []
    for compare in (comparison.compare, comparison_spark.compare):
        all_of_them: Rows = []
        first: Rows = []

        def use(one: Comparison, rows: Rows = all_of_them, first: Rows = first) -> None:
            rows.extend(one.rows())
            first.extend(one.rows(7))

        answers.append((compare(left, right, plan, scratch=folder, use=use), all_of_them, first))
    return answers


NORMALS = [frozenset(), frozenset(Normal)]


@pytest.mark.parametrize("normal", NORMALS)
def test_a_comparison_finds_the_same_cells(normal: frozenset[Normal], tmp_path: Path) -> None:
    rng = random.Random(7)
    keys = [*range(150), *rng.choices(range(150), k=20), None, None]
    left = side(tmp_path, "left", 1, keys)
    table = pq.read_table(left.files[0])
    other = dirty(tmp_path, "right", 2, len(keys))
    right_table = pq.read_table(other.files[0])
    # The same rows but for a quarter of the cells, in another order, some gone, some new.
    mixed = {}
    for one in COLUMNS:
        theirs, ours = right_table[one].to_pylist(), table[one].to_pylist()
        mixed[one] = pa.array(
            [b if rng.random() < 0.05 else a for a, b in zip(ours, theirs, strict=True)], table.schema.field(one).type
        )
    mixed["k"] = pa.array([None if k is None else k + (1000 if k % 20 == 3 else 0) for k in keys], pa.int64())
    shuffled = list(range(len(keys)))
    rng.shuffle(shuffled)
    path = tmp_path / "mixed.parquet"
    pq.write_table(pa.table(mixed).take(pa.array(shuffled)), path)
    right = Side([path], pq.read_schema(path), "right")
    (expected, rows, first), (found, there, first_there) = both_ways(left, right, Plan(("k",), normal=normal), tmp_path)
    assert found.as_json() == expected.as_json()
    assert min(found.missing, found.extra, found.different, found.same, found.left_duplicates, found.left_keyless) > 0
    assert there == rows and first_there == first == rows[:7]


def test_types_that_differ_are_compared_by_what_they_say(tmp_path: Path) -> None:
    figures = [Decimal("1.50"), Decimal("2"), None, Decimal("-0.5")]
    typed = {
        "k": pa.array([1, 2, 3, 4]),
        "n": pa.array(figures, pa.decimal128(38, 18)),
        "d": pa.array([date(2026, 1, 2)] * 4),
        "i": pa.array([1, 2, 3, 4]),
    }
    texts = {
        "k": ["1", "2", "3", "5"],
        "n": ["1.5", "2.0", None, "x"],
        "d": ["2026-01-02", "2026-1-2", None, ""],
        "i": [1.0, 2.5, 3.0, 4.0],
    }
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path, columns in zip(paths, (typed, texts), strict=True):
        pq.write_table(pa.table(columns), path)
    left, right = (Side([path], pq.read_schema(path), path.stem) for path in paths)
    (expected, rows, _), (found, there, _) = both_ways(left, right, Plan(("k",)), tmp_path)
    assert found.as_json() == expected.as_json() and there == rows
    assert (found.different, found.missing, found.extra) == (3, 1, 1), "1 and 1.0 are not the same text"


def test_it_reads_the_files_that_the_log_names_and_writes_the_result(tmp_path: Path) -> None:
    """A folder of Delta holds the files of all versions; each version has its own."""
    schema = pa.schema([("code", pa.string()), ("v", pa.int64()), ("_row", pa.int64())])
    table = Table(Home(tmp_path), "x")
    for run, values in (("r1", [1, 2, 3]), ("r2", [1, 5, 3])):
        rows = pa.record_batch([["a", "b", "c"], values, [2, 3, 4]], schema=schema)
        table.commit([rows], schema, run=run, info={})
    sides = comparison.of_table(table, 1), comparison.of_table(table, 2)
    written = {}

    def use(one: Comparison) -> None:
        for suffix in ("csv", "parquet"):
            comparison_files.write(one, tmp_path / f"out.{suffix}", {})
        written["rows"] = pq.read_table(tmp_path / "out.parquet").to_pylist()

    found = comparison_spark.compare(*sides, Plan(("code",)), scratch=tmp_path, use=use)
    assert (found.same, found.different, found.cells) == (2, 1, 1)
    assert written["rows"] == [{"change": "different", "code": "b", "column": "v", "left": "2", "right": "5"}]
    assert "different,b,v,2,5" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    with pytest.raises(GongshuError) as refused:
        comparison_spark.compare(*sides, Plan(("nothing",)), scratch=tmp_path)
    assert refused.value.code == "lake.compare_key"


def test_what_is_missing_is_named_with_how_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Side([], pa.schema([("k", pa.string())]))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFault) as fault:
        comparison_spark.compare(own, own, Plan(("k",)))
    assert fault.value.code == "lake.spark_java"
    assert "default-jre-headless" in fault.value.text.zh and "JAVA_HOME" in fault.value.text.en
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EnvironmentFault) as fault:
        comparison_spark.compare(own, own, Plan(("k",)))
    assert fault.value.code == "lake.spark_missing"
    assert "pip install 'gongshu[spark]'" in fault.value.text.zh


def test_a_file_that_is_gone_is_no_result(tmp_path: Path) -> None:
    gone = Side([tmp_path / "gone.parquet"], pa.schema([("k", pa.string())]), "gone")
    with pytest.raises(EnvironmentFault) as fault:
        comparison_spark.compare(gone, gone, Plan(("k",)), scratch=tmp_path)
    assert fault.value.code == "lake.spark_lost"


def test_the_command_compares_on_spark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_bytes("代码,名称\n1,甲\n2,乙\n3,丙\n".encode("gb18030"))
    new.write_text("代码,名称\n1,甲\n2,乙 \n4,丁\n", encoding="utf-8")
    monkeypatch.setattr(installation, "connect", lambda _: None)
    answers = []
    for engine in Engines:
        with pytest.raises(typer.Exit) as done:
            command.compare(str(old), str(new), key="代码", engine=engine, as_json=True)
        assert done.value.exit_code == Exit.NO
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]
    assert answers[1]["rows"][0] == ["different", "2", "名称", "乙", "乙 "]
