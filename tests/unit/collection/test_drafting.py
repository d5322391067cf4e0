"""A contract proposed from a file: names, titles and types that the same file then passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gongshu.collection.drafting import draft, identifiers
from gongshu.collection.names import normal
from gongshu.collection.pipeline import NothingAccepted, collect
from gongshu.collection.report import Report
from gongshu.errors import GongshuError
from gongshu.home import Home
from gongshu.lake.tables import Table
from shared_data import messy_files, shared

Collect = Callable[..., Report]

PEOPLE = """江临市人口登记表,,,,,,,,
公民身份号码,姓名,出生日期,邮编,人数,金额(元),是否在册,登记时间,Birth Place
330324199001010011,张三,1990-01-01,010020,3,12.5,是,2026-01-01 08:00:00,A
11010519491231002X,李四,1949年12月31日,325100,4,8,否,2026-01-02 09:30:00,B
810000199408230021,王五,1994/8/23,325100,,1234.25,是,2026-01-02 09:30:00,C
"""


def test_types_names_and_checks_are_proposed(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(PEOPLE.encode("gb18030"))
    columns = draft(path).columns
    assert [(column.name, column.title, column.type) for column in columns] == [
        ("citizen_id", "公民身份号码", "C"),
        ("name", "姓名", "C"),
        ("birth_date", "出生日期", "D"),
        ("postcode", "邮编", "C"),
        ("item_5", "人数", "I"),
        ("item_6", "金额(元)", "N"),
        ("item_7", "是否在册", "L"),
        ("item_8", "登记时间", "T"),
        ("birth_place", "Birth Place", "C"),
    ]
    assert (columns[0].check, columns[0].length) == ("citizen_id", 18)
    assert not any(column.is_key for column in columns), "a key is a decision"


def test_identifiers_are_valid_and_never_twice() -> None:
    titles = ["姓名", "名称", "name", "Name 2", "2024", "企业", "a b", "a_b", "电话", "联系电话", "名 称 "]
    names = identifiers(titles)
    assert len({normal(name) for name in names}) == len(names)
    assert all(name.isascii() and name.isidentifier() and len(name) <= 63 for name in names)
    for place, name in enumerate(names):
        assert all(normal(name) != normal(title) for other, title in enumerate(titles) if other != place)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,2,3\n4,5,6\n", "collection.header_unclear"),
        ("a,b,a\n1,2,3\n", "collection.column_twice"),
        ("*,*\n1,2\n", "collection.header_unclear"),
        ("", "collection.empty"),
    ],
)
def test_where_there_is_no_header_it_says_so(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text)
    with pytest.raises(GongshuError) as refused:
        draft(path)
    assert refused.value.code == code


@pytest.mark.heavy
def test_the_villages_of_china_are_codes_and_names(tmp_path: Path) -> None:
    path = shared("divisions/villages.csv.gz")
    contract = draft(path, "villages")
    assert [(column.name, column.type) for column in contract.columns] == [
        (name, "C") for name in ("code", "name", "street_code", "province_code", "city_code", "area_code")
    ]
    report = collect(path, contract, Table(Home(tmp_path), "villages"))
    assert (report.read, report.accepted, report.rejected) == (620_573, 620_573, 0)


@pytest.mark.heavy
@pytest.mark.parametrize("path", messy_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_messy_file_ends_in_a_version_or_a_named_refusal(tmp_path: Path, path: Path) -> None:
    table = Table(Home(tmp_path), "messy")
    try:
        report = collect(path, draft(path, "messy"), table, run="run_1")
    except NothingAccepted as refused:
        report = refused.report
        assert report.accepted == 0
        assert table.versions() == []
    except GongshuError as refused:
        assert refused.code.startswith("collection.")
        assert all("\n" not in sentence and sentence for sentence in refused.text)
        assert table.versions() == []
        return
    assert report.read == report.accepted + report.rejected + report.blank
    assert table.quarantine("run_1").collect().height == report.rejected
    if report.version:
        assert table.read().collect().height == report.accepted == report.version.rows
