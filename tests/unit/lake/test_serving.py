"""Snapshots answer by key and by page, typed; the swap is atomic; exports say what was asked for."""

from __future__ import annotations

import csv
import hashlib
import json
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from gongshu.errors import GongshuError, NotFound
from gongshu.home import Home
from gongshu.lake import exports, serving, values
from gongshu.lake.serving import ServedItem, Snapshot
from gongshu.lake.tables import Table

TYPES = {"code": "C", "amount": "N", "fee": "Y", "day": "D", "at": "T", "live": "L", "count": "I", "share": "B"}
ITEMS = tuple(ServedItem(name, f"{name}名", kind, name == "code") for name, kind in TYPES.items())
SCHEMA = pa.schema([(name, values.ARROW_TYPES[kind]) for name, kind in TYPES.items()])
LARGE = Decimal("100000000000000000.123456789")
ROWS = [
    ("a", Decimal("12.5"), Decimal("1000"), date(2026, 1, 2), datetime(2026, 1, 1, 20, tzinfo=UTC), True, 5, 0.5),
    ('b,"', LARGE, Decimal("0.10"), None, datetime(1988, 7, 1, 0, 0, 0, 5, tzinfo=UTC), None, None, None),
    ("c", Decimal("0"), None, date(1949, 10, 1), None, False, -1, -2.25),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    columns = [pa.array(column, field.type) for column, field in zip(zip(*ROWS, strict=True), SCHEMA, strict=True)]
    Table(home, "r").commit([pa.record_batch(columns, schema=SCHEMA)], SCHEMA, run="run_1", info={})
    return home


def test_a_row_is_found_by_its_key_with_typed_values(home: Home) -> None:
    serving.publish(home, "r", items=ITEMS, keys=["code"])
    with Snapshot.open(home, "r") as snapshot:
        assert snapshot.get({"code": "a"}) == {
            "code": "a",
            "amount": 12.5,
            "fee": 1000,
            "day": "2026-01-02",
            "at": "2026-01-02T04:00:00+08:00",
            "live": True,
            "count": 5,
            "share": 0.5,
        }
        second = snapshot.get({"code": 'b,"'}, fields=["amount", "at", "live"])
        assert second == {"amount": str(LARGE), "at": "1988-07-01T08:00:00.000005+08:00", "live": None}
        assert snapshot.get({"code": "nobody"}) is None
        assert snapshot.version == 1
        assert snapshot.manifest.rows == 3


def test_the_key_may_have_several_columns_and_is_compared_by_value(home: Home) -> None:
    serving.publish(home, "r", items=ITEMS, keys=["code", "amount"])
    with Snapshot.open(home, "r") as snapshot:
        assert (snapshot.get({"amount": "12.500", "code": "a"}) or {})["count"] == 5
        assert (snapshot.get({"amount": str(LARGE) + "0", "code": 'b,"'}) or {})["fee"] == 0.1
        assert snapshot.get({"amount": "not a number", "code": "a"}) is None
        for wrong in ({"code": "a"}, {"code": "a", "amount": 1, "day": "2026-01-01"}, {}):
            with pytest.raises(GongshuError) as refused:
                snapshot.get(wrong)
            assert refused.value.code == "lake.key_fields"


@pytest.mark.parametrize("keys", [["code"], []])
def test_pages_follow_the_source_and_end(home: Home, keys: list[str]) -> None:
    serving.publish(home, "r", items=ITEMS, keys=keys)
    with Snapshot.open(home, "r") as snapshot:
        page = snapshot.page(limit=2, fields=["code"])
        assert page.rows == [{"code": "a"}, {"code": 'b,"'}]
        last = snapshot.page(after=page.after, limit=2, fields=["code"])
        assert last == ([{"code": "c"}], None)
        with pytest.raises(GongshuError):
            snapshot.page(limit=0)


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({"live": "是"}, ["a"]),
        ({"live": False}, ["c"]),
        ({"day": "1949-10-01"}, ["c"]),
        ({"day": None}, ['b,"']),
        ({"at": "2026-01-02T04:00:00"}, ["a"]),
        ({"at": "2026-01-01T20:00:00+00:00"}, ["a"]),
        ({"fee": "0.1"}, ['b,"']),
        ({"count": 5, "code": "a"}, ["a"]),
        ({"count": "5 OR 1=1"}, []),
        ({"code": "a' OR '1'='1"}, []),
    ],
)
def test_filters_are_typed_and_bound(home: Home, filters: dict[str, object], codes: list[str]) -> None:
    serving.publish(home, "r", items=ITEMS, keys=["code"])
    with Snapshot.open(home, "r") as snapshot:
        assert [row["code"] for row in snapshot.page(filters=filters).rows] == codes  # type: ignore[arg-type]


def test_a_field_outside_the_manifest_is_refused_without_naming_its_value(home: Home) -> None:
    serving.publish(home, "r", items=ITEMS[:2], keys=["code"])
    with Snapshot.open(home, "r") as snapshot:
        for ask in (
            lambda: snapshot.page(filters={"fee": 1}),
            lambda: snapshot.get({"code": "a"}, fields=["_n"]),
            lambda: snapshot.page(fields=['code" FROM serve--']),
        ):
            with pytest.raises(GongshuError) as refused:
                ask()
            assert refused.value.code == "lake.field_unknown"


def test_publishing_again_reuses_the_build_and_old_ones_go(home: Home) -> None:
    first = serving.publish(home, "r", items=ITEMS, keys=["code"])
    assert serving.publish(home, "r", items=ITEMS, keys=["code"]) == first
    folders = {serving.publish(home, "r", items=ITEMS[: count + 1], keys=["code"]) for count in range(1, 6)}
    assert len(folders) == 5
    current = serving.current(home, "r")
    assert current is not None
    assert len(list(current.parent.glob("*/manifest.json"))) == serving.KEPT_BUILDS
    assert Snapshot.open(home, "r").manifest.items == ITEMS[:6]


def test_a_reader_sees_the_old_snapshot_or_the_new_one(home: Home) -> None:
    serving.publish(home, "r", items=ITEMS, keys=["code"])
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            with Snapshot.open(home, "r") as snapshot:
                row = snapshot.get({"code": "a"})
                assert row is not None
                seen.add(len(row))

    reader = threading.Thread(target=read)
    reader.start()
    for count in (3, 5, 8, 4):
        serving.publish(home, "r", items=ITEMS[:count], keys=["code"])
    stop.set()
    reader.join()
    assert seen <= {3, 4, 5, 8}
    assert seen


def test_a_reader_who_read_the_pointer_just_before_its_build_was_retired_gets_the_next_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = serving.publish(home, "r", items=ITEMS[:1], keys=["code"])
    for count in range(2, 7):
        serving.publish(home, "r", items=ITEMS[:count], keys=["code"])
    assert not old.exists()
    truth = serving.pointed
    for look in (lambda: Snapshot.open(home, "r").folder, lambda: serving.current(home, "r")):
        late = iter([old])
        monkeypatch.setattr(serving, "pointed", lambda *given, late=late: next(late, None) or truth(*given))
        found = look()
        assert found is not None
        assert found.name == truth(home, "r").name  # type: ignore[union-attr]
    monkeypatch.setattr(serving, "pointed", lambda *_: old)
    with pytest.raises(NotFound):
        Snapshot.open(home, "r")


def test_a_key_that_does_not_tell_rows_apart_is_refused_and_the_old_snapshot_stays(home: Home) -> None:
    serving.publish(home, "r", items=ITEMS, keys=["code"])
    columns = [pa.array([row[0]] * 2, field.type) for row, field in zip(zip(*ROWS, strict=True), SCHEMA, strict=True)]
    Table(home, "r").commit([pa.record_batch(columns, schema=SCHEMA)], SCHEMA, run="run_2", info={})
    with pytest.raises(GongshuError) as refused:
        serving.publish(home, "r", items=ITEMS, keys=["code"])
    assert refused.value.code == "lake.key_not_unique"
    assert Snapshot.open(home, "r").version == 1
    assert not list((home.serving / "r").glob(".build-*"))


def test_nothing_published_and_items_that_are_not_there(home: Home) -> None:
    with pytest.raises(NotFound):
        Snapshot.open(home, "r")
    with pytest.raises(GongshuError) as refused:
        serving.publish(home, "r", items=[ServedItem("absent", "", "C")], keys=[])
    assert refused.value.code == "lake.item_absent"


def test_csv_has_a_mark_the_titles_and_only_the_items_asked_for(home: Home, tmp_path: Path) -> None:
    def mask(value: str | None) -> str | None:
        return value and "*"

    file = exports.write_csv(home, "r", tmp_path / "out" / "o.csv", items=ITEMS[:4], masks={"code": mask})
    assert file.path.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.reader(text))
    assert rows == [
        ["code名", "amount名", "fee名", "day名"],
        ["*", "12.5", "1000", "2026-01-02"],
        ["*", "100000000000000000.123456789", "0.1", ""],
        ["*", "0", "", "1949-10-01"],
    ]
    assert (file.rows, file.version, file.size) == (3, 1, file.path.stat().st_size)


def test_xlsx_has_the_titles_and_only_the_items_asked_for_or_is_no_file(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mask(value: str | None) -> str | None:
        return value and "*"

    target = tmp_path / "o.xlsx"
    file = exports.write_xlsx(home, "r", target, items=ITEMS[:4], masks={"fee": mask})
    rows = list(openpyxl.load_workbook(target).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert rows[0] == ("code名", "amount名", "fee名", "day名")
    assert [row[1] for row in rows[1:]] == [12.5, str(LARGE), 0]
    assert [row[2] for row in rows[1:]] == ["*", "*", None], "what is masked is text"
    content = target.read_bytes()
    assert (file.rows, file.size, file.sha256) == (3, len(content), hashlib.sha256(content).hexdigest())
    target.unlink()
    monkeypatch.setattr(exports.spreadsheet, "MOST_ROWS", 2)
    for keep in (None, lambda _: True):
        with pytest.raises(exports.spreadsheet.TooLarge):
            exports.write_xlsx(home, "r", target, items=ITEMS[:4], keep=keep, keep_items=ITEMS[:1])
        assert not list(tmp_path.glob("*o.xlsx*"))
    assert exports.write_xlsx(home, "r", target, items=ITEMS[:4], keep=lambda _: False, keep_items=ITEMS[:1]).rows == 0


@pytest.mark.parametrize("lines", [False, True])
def test_json_says_numbers_exactly(home: Home, tmp_path: Path, lines: bool) -> None:
    file = exports.write_json(home, "r", tmp_path / "o.json", items=ITEMS, lines=lines)
    text = file.path.read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()] if lines else json.loads(text)
    assert [row["amount"] for row in rows] == [12.5, str(LARGE), 0]
    assert rows[0]["live"] is True
    assert list(rows[2]) == list(TYPES)


def test_an_export_that_fails_leaves_no_file(home: Home, tmp_path: Path) -> None:
    def broken(value: str | None) -> str | None:
        raise RuntimeError("mask")

    with pytest.raises(RuntimeError):
        exports.write_csv(home, "r", tmp_path / "o.csv", items=ITEMS, masks={"code": broken})
    assert not list(tmp_path.glob("*o.csv*"))
