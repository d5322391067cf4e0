"""Workbooks: the right sheet, Excel's own row numbers, ISO dates; hostile ones do not take the platform down."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from gongshu.collection.arrival import Limits
from gongshu.collection.contract import Column, Contract
from gongshu.collection.report import Report
from gongshu.errors import GongshuError
from gongshu.lake.tables import Table
from shared_data import shared

pytestmark = pytest.mark.heavy

Collect = Callable[..., Report]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A cover sheet; then the table from B4 on, with a title, a hole and a merged cell."""
    workbook = openpyxl.Workbook()
    cover = workbook.active
    assert cover is not None
    cover.title = "说明"
    cover["A1"] = "本表由市局填报"
    sheet = workbook.create_sheet("数据")
    sheet["B1"] = "江临市人口登记表"
    sheet.merge_cells("B1:D1")
    for column, title in zip("BCD", ("编码", "姓名", "出生日期"), strict=True):
        sheet[f"{column}4"] = title
    sheet["B5"], sheet["C5"], sheet["D5"] = 1001, "张三", datetime.date(1990, 3, 7)
    sheet["B7"], sheet["C7"], sheet["D7"] = "0002", "李四", "1985年2月1日"
    sheet["B8"], sheet["C8"], sheet["D8"] = 1003, "王五", datetime.datetime(1985, 2, 1, 8, 30)
    path = tmp_path / "book.xlsx"
    workbook.save(path)
    return path


def test_the_sheet_with_the_header_is_read_with_excels_row_numbers(take: Collect, table: Table, book: Path) -> None:
    report = take(book)
    assert (report.detection.sheet, report.detection.header_row) == ("数据", 4)
    assert report.detection.sheets == ("说明", "数据")
    rows = table.read().collect()
    assert rows.select("code", "name", "_row").rows() == [("1001", "张三", 5), ("0002", "李四", 7)]
    assert [str(day) for day in rows["born"]] == ["1990-03-07", "1985-02-01"]
    assert (report.read, report.blank) == (4, 1)
    assert [(row.row, row.failures) for row in report.sample] == [(8, (("born", "date"),))]


def test_a_workbook_is_known_by_its_content_not_its_name(take: Collect, book: Path) -> None:
    assert take(book.read_bytes(), name="book.csv").detection.kind == "workbook"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("报表.xlsx", book.read_bytes())
    assert take(packed.getvalue(), name="book.zip").detection.compression == "zip"


def test_a_sheet_can_be_named(take: Collect, book: Path) -> None:
    assert take(book, sheet="数据").accepted == 2
    for sheet, code in (("没有", "collection.sheet_unknown"), ("说明", "collection.header_missing")):
        with pytest.raises(GongshuError) as refused:
            take(book, sheet=sheet)
        assert refused.value.code == code


def test_a_cell_at_the_end_of_the_world_is_refused_within_the_limits(take: Collect, book: Path, tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    workbook["数据"]["XFD1048576"] = "far"
    far = tmp_path / "far.xlsx"
    workbook.save(far)
    with pytest.raises(GongshuError) as refused:
        take(far, limits=Limits(workbook_memory=512 << 20))
    assert refused.value.code == "collection.workbook_heavy"


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(take: Collect, book: Path) -> None:
    with pytest.raises(GongshuError) as refused:
        take(book, limits=Limits(workbook=1000))
    assert refused.value.code == "collection.workbook_heavy"


def test_a_damaged_workbook_is_named(take: Collect, book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = b"<workbook"
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(GongshuError) as refused:
        take(broken.getvalue())
    assert refused.value.code in {"collection.workbook_damaged", "collection.empty"}


def test_an_encrypted_old_workbook_is_named(take: Collect) -> None:
    with pytest.raises(GongshuError) as refused:
        take(shared("messy/horror/encrypted_no_password.xls"))
    assert refused.value.code == "collection.workbook_encrypted"


@pytest.mark.parametrize("name", ["simple.xls", "simple.xlsx"])
def test_old_and_new_workbooks_say_the_same(take: Collect, table: Table, name: str) -> None:
    contract = Contract("w", (Column("date", type="D"), Column("temperature", type="I"), Column("place")))
    take(shared(f"messy/horror/{name}"), contract)
    first = table.read().collect().row(0)
    assert (str(first[0]), first[1:4]) == ("2011-01-01", (1, "Galway", 2))


def written(tmp_path: Path, fill: Callable[[openpyxl.Workbook], None], name: str = "made.xlsx") -> Path:
    workbook = openpyxl.Workbook()
    fill(workbook)
    path = tmp_path / name
    workbook.save(path)
    return path


def test_a_merged_cell_counts_for_each_of_its_rows(take: Collect, table: Table, tmp_path: Path) -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        assert sheet is not None
        for row in (["人口表", None, None], ["编码", "个人", None], [None, "姓名", "出生日期"]):
            sheet.append(row)
        for row in (["1", "甲", None], [None, "乙", None], [None, "丙", None], ["2", "丁", None]):
            sheet.append(row)
        for area in ("A1:C1", "A2:A3", "B2:C2", "A4:A6"):
            sheet.merge_cells(area)

    contract = Contract("m", (Column("编码"), Column("姓名"), Column("出生日期", type="D")))
    path = written(tmp_path, fill)
    report = take(path, contract)
    assert (report.detection.header_row, report.detection.merged) == (3, 2)
    assert table.read().collect().select("编码", "姓名", "_row").rows() == [
        ("1", "甲", 4),
        ("1", "乙", 5),
        ("1", "丙", 6),
        ("2", "丁", 7),
    ]
    assert take(path, contract, leave_merged=True).detection.merged == 0
    assert table.read().collect()["编码"].to_list() == ["1", None, None, "2"]


def test_dates_count_from_1904_where_the_workbook_says_so(take: Collect, table: Table, tmp_path: Path) -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.epoch = CALENDAR_MAC_1904
        sheet = workbook.active
        assert sheet is not None
        sheet.append(["编码", "姓名", "出生日期"])
        sheet.append(["1", "甲", datetime.date(1990, 3, 7)])

    path = written(tmp_path, fill)
    with zipfile.ZipFile(path) as archive:
        assert b'date1904="1"' in archive.read("xl/workbook.xml")
    take(path)
    assert str(table.read().collect()["born"][0]) == "1990-03-07"


def test_every_sheet_of_one_shape_can_be_asked_for(take: Collect, table: Table, tmp_path: Path) -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active.append(["说明"])  # type: ignore[union-attr]
        for month in (1, 2):
            sheet = workbook.create_sheet(f"{month}月")
            sheet.append(["编码", "姓名", "出生日期"])
            sheet.append([f"{month}-1", "甲", None])
            sheet.append(["合计", 1, None])

    path = written(tmp_path, fill)
    assert take(path).detection.sheet == "1月"
    report = take(path, sheet="*")
    assert [file["name"] for file in report.detection.files] == ["1月", "2月"]
    assert table.read().collect().select("code", "_row").rows() == [("1-1", 2), ("2-1", 5)]
    assert report.failures == {("", "footer"): 2}


def repacked(path: Path, add: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            if name not in add:
                target.writestr(name, source.read(name))
        for name, content in add.items():
            target.writestr(name, content)
    return sink.getvalue()


def test_macros_and_encrypted_open_documents_are_refused(take: Collect, book: Path) -> None:
    with pytest.raises(GongshuError) as refused:
        take(repacked(book, {"xl/vbaProject.bin": b"x"}), name="book.xlsx")
    assert refused.value.code == "collection.workbook_macros"
    ods = shared("messy/horror/simple.ods")
    manifest = b'<manifest><file-entry><encryption-data checksum="x"/></file-entry></manifest>'
    with pytest.raises(GongshuError) as refused:
        take(repacked(ods, {"META-INF/manifest.xml": manifest}))
    assert refused.value.code == "collection.workbook_encrypted"


def test_an_open_document_is_read_like_the_others(take: Collect, table: Table) -> None:
    contract = Contract("w", (Column("Name"), Column("Age", type="I"), Column("When", type="D")))
    assert take(shared("messy/horror/simple.ods"), contract).detection.kind == "workbook"
    first = table.read().collect().row(0)
    assert (first[0], first[1], str(first[2])) == ("Bob", 20, "2010-10-10")
