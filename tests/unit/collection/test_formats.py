"""Files of every shape end as the same rows: a table of file → outcome, and the property that nothing is lost."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongshu.collection.arrival import Limits
from gongshu.collection.contract import Column, Contract
from gongshu.collection.options import Options
from gongshu.collection.pipeline import NothingAccepted, collect
from gongshu.collection.report import Report
from gongshu.errors import GongshuError
from gongshu.home import Home
from gongshu.lake.tables import Table

Collect = Callable[..., Report]

RECORDS = [
    {"编码": "001", "姓名": "张三", "出生日期": "1990-03-07"},
    {"编码": "002", "姓名": "李四", "出生日期": "1985/2/1"},
    {"编码": "003", "姓名": "王五", "出生日期": None},
]
ROWS = [("001", "张三", "1990-03-07"), ("002", "李四", "1985-02-01"), ("003", "王五", "None")]


def dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def lines(*values: object) -> bytes:
    return b"\n".join(map(dumped, values)) + b"\n"


def elements(encoding: str = "utf-8") -> bytes:
    body = "".join(
        f"<人 编码={quoteattr(str(one['编码']))}><姓名>{one['姓名']}</姓名><出生日期>{one['出生日期'] or ''}</出生日期></人>"
        for one in RECORDS
    )
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<表><标题>登记表</标题><列表>{body}</列表></表>'
    return text.encode(encoding)


def feature(one: dict[str, object]) -> dict[str, object]:
    return {"type": "Feature", "properties": one, "geometry": {"type": "Point", "coordinates": [120.69, 28.0]}}


def parquet(columns: dict[str, list[object]], **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def zipped(*files: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return sink.getvalue()


def named_in_gb18030(name: str, content: bytes) -> bytes:
    """A zip as old Chinese programs write it: the name in GB 18030, and nothing that says so."""
    stand_in = "n" * len(name.encode("gb18030"))
    return zipped((stand_in, content)).replace(stand_in.encode(), name.encode("gb18030"))


COLUMNS: dict[str, list[object]] = {
    "编码": ["001", "002", "003"],
    "姓名": ["张三", "李四", "王五"],
    "出生日期": [datetime.date(1990, 3, 7), datetime.date(1985, 2, 1), None],
}

SHAPES: dict[str, tuple[bytes, str]] = {
    "JSON array": (dumped(RECORDS), "json"),
    "JSON array, indented": (json.dumps(RECORDS, ensure_ascii=False, indent=2).encode(), "json"),
    "JSON array with BOM": (b"\xef\xbb\xbf" + dumped(RECORDS), "json"),
    "JSON in GB18030": (json.dumps(RECORDS, ensure_ascii=False).encode("gb18030"), "json"),
    "JSON in UTF-16": (json.dumps(RECORDS, ensure_ascii=False).encode("utf-16"), "json"),
    "JSON object with a list inside": (
        dumped({"code": 0, "data": {"total": 3, "rows": RECORDS}, "tags": [1, 2]}),
        "json",
    ),
    "JSON rows with their header": (dumped([list(RECORDS[0]), *[list(one.values()) for one in RECORDS]]), "json"),
    "JSON lines": (lines(*RECORDS), "jsonl"),
    "JSON lines, gzip in gzip": (gzip.compress(gzip.compress(lines(*RECORDS))), "jsonl"),
    "XML": (elements(), "xml"),
    "XML in GBK": (elements("gbk"), "xml"),
    "XML in UTF-16": (elements("utf-16"), "xml"),
    "Parquet": (parquet(COLUMNS), "parquet"),
    "Parquet in many row groups": (parquet(COLUMNS, row_group_size=1), "parquet"),
    "zip of JSON": (zipped(("数据.json", dumped(RECORDS))), "json"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_rows(take: Collect, table: Table, shape: str) -> None:
    content, kind = SHAPES[shape]
    report = take(content)
    assert (report.detection.kind, report.read, report.accepted) == (kind, 3, 3)
    rows = [
        (code, name, str(born)) for code, name, born in table.read().collect().select("code", "name", "born").rows()
    ]
    assert rows == ROWS


def test_geojson_gives_its_properties_and_the_geometry_as_text(take: Collect, table: Table) -> None:
    contract = Contract("g", (Column("编码"), Column("姓名"), Column("出生日期"), Column("geometry", type="M")))
    collection = {"type": "FeatureCollection", "features": [feature(one) for one in RECORDS]}
    for content in (dumped(collection), lines(*map(feature, RECORDS))):
        report = take(content, contract)
        assert (report.detection.kind, report.accepted) == ("geojson", 3)
        assert table.read().collect()["geometry"][0] == '{"type":"Point","coordinates":[120.69,28.0]}'


def test_nested_objects_become_dotted_columns_and_lists_stay_text(take: Collect, table: Table) -> None:
    contract = Contract("n", (Column("id"), Column("owner.name"), Column("owner.address.city"), Column("tags")))
    nested = [
        {"id": 7, "owner": {"name": "甲", "address": {"city": "江临"}}, "tags": ["a", 1.50]},
        {"id": "8", "owner": {}},
    ]
    take(dumped(nested), contract, drop_unlisted=True)
    rows = table.read().collect().select("id", "owner.name", "owner.address.city", "tags").rows()
    assert rows == [("7", "甲", "江临", '["a",1.5]'), ("8", None, None, None)]


def test_numbers_keep_the_digits_that_stood_there(take: Collect, table: Table) -> None:
    contract = Contract("n", (Column("money", type="N"), Column("text")))
    take(b'[{"money": 12345678901234567890.123456789012345678, "text": 1.50}, {"money": 1E2, "text": true}]', contract)
    rows = table.read().collect()
    assert rows["money"].to_list() == [Decimal("12345678901234567890.123456789012345678"), Decimal(100)]
    assert rows["text"].to_list() == ["1.50", "true"]


def test_a_column_that_only_the_last_record_has_counts(take: Collect) -> None:
    with pytest.raises(GongshuError) as refused:
        take(dumped([*RECORDS, {**RECORDS[0], "编码": "4", "备注": "x"}]))
    assert refused.value.code == "collection.column_unlisted"
    assert "记录的字段" in refused.value.text.zh


def test_what_is_no_record_is_kept_aside_with_its_number(take: Collect, table: Table) -> None:
    good = '{"编码":"1","姓名":"a","出生日期":""}'
    content = (
        f'{good}\n{{"编码":"2",\n\n[1]\n{{"编码":"3","编码":"4","姓名":"b","出生日期":""}}\n{good.replace("1", "5")}\n'
    )
    report = take(content + '{"编码":"6","姓名":"\\ud800","出生日期":"\\u0000"}\n')
    assert (report.read, report.accepted, report.rejected, report.blank) == (7, 2, 4, 1)
    assert [(row.row, row.failures[0][1]) for row in report.sample] == [
        (2, "record"),
        (4, "record"),
        (5, "record"),
        (7, "unreadable_text"),
    ]
    assert table.read().collect()["_row"].to_list() == [1, 6]


def test_the_list_that_fits_the_catalog_is_taken_and_can_be_named(take: Collect) -> None:
    other = [{"编码": "9", "别的": "x"}] * 9
    both = {"other": other, "people": RECORDS}
    assert take(dumped(both)).detection.records == "people"
    with pytest.raises(GongshuError) as refused:
        take(dumped(both), records="other")
    assert refused.value.code == "collection.column_missing"
    with pytest.raises(GongshuError) as refused:
        take(dumped(both), records="nowhere")
    assert refused.value.code == "collection.records"


def test_xml_children_attributes_and_repeats(take: Collect, table: Table) -> None:
    contract = Contract("x", (Column("id"), Column("owner.name"), Column("owner.id"), Column("tag"), Column("note")))
    content = (
        '<r xmlns="urn:x" xmlns:y="urn:y"><total>2</total>'
        '<y:row id="1"><owner id="o1"><name>甲 &amp; 乙</name></owner><tag>a</tag><tag>b</tag>'
        "<note><![CDATA[<x>]]></note></y:row>"
        '<y:row id="2"><owner><name/></owner><tag/></y:row></r>'
    )
    report = take(content, contract)
    assert (report.detection.records, report.accepted) == ("r.row", 2)
    rows = table.read().collect().select("id", "owner.name", "owner.id", "tag", "note").rows()
    assert rows == [("1", "甲 & 乙", "o1", '["a","b"]', "<x>"), ("2", None, None, None, None)]


def test_parquet_types_are_judged_as_their_plain_spelling(take: Collect, table: Table) -> None:
    contract = Contract(
        "p", (Column("n", type="N"), Column("t", type="T"), Column("l", type="L"), Column("s.a", type="I"), Column("x"))
    )
    moment = datetime.datetime(2026, 1, 5, 0, 30, tzinfo=datetime.UTC)
    columns: dict[str, list[object]] = {
        "n": [Decimal("1.20"), Decimal("-3.45"), None],
        "t": [moment, moment, None],
        "l": [True, False, None],
        "s": [{"a": 1}, {"a": 2}, {"a": None}],
        "x": [[1, 2], [], None],
    }
    report = take(parquet(columns), contract)
    assert (report.accepted, report.blank) == (2, 1)
    assert table.read().collect().select("n", "t", "l", "s.a", "x").row(0) == (Decimal("1.2"), moment, True, 1, "[1,2]")


GROUPED = "江临市登记表,,,\n编码,个人信息,,备注\n,姓名,出生日期,\n"


def test_a_header_of_several_rows_is_found(take: Collect, table: Table) -> None:
    report = take(GROUPED.replace("备注", "") + "1,张三,1990-01-01,\n2,李四,bad,\n")
    assert (report.detection.header_row, report.detection.header_rows) == (3, 2)
    assert table.read().collect().select("code", "name", "_row").rows() == [("1", "张三", 4)]
    contract = Contract("h", (Column("a", "企业名称"), Column("b", "企业-代码"), Column("c", "法人名称")))
    take("企业,,法人\n名称,代码,名称\n甲,1,乙\n", contract)
    assert table.read().collect().select("a", "b", "c").rows() == [("甲", "1", "乙")]


def test_one_row_is_the_header_when_it_names_as_much(take: Collect) -> None:
    report = take("编码,姓名,出生日期\n姓名,编码,\n2,b,\n")
    assert (report.detection.header_row, report.detection.header_rows, report.read) == (1, 1, 2)


def test_where_the_header_is_can_be_said(take: Collect) -> None:
    text = "编码,姓名,出生日期\n1,a,\n编码,姓名,出生日期\n2,b,\n"
    assert take(text, header_row=3).read == 1
    with pytest.raises(GongshuError) as refused:
        take(text, header_row=2)
    assert refused.value.code == "collection.header_missing"


FOOTED = "编码,姓名,出生日期\n1,甲,\n合计,2,\n\n制表人：张三,,\n审 核：李四\n"


def test_footers_are_reported_and_kept_aside(take: Collect, table: Table) -> None:
    report = take(FOOTED)
    assert (report.read, report.accepted, report.rejected, report.blank) == (5, 1, 3, 1)
    assert report.failures == {("", "footer"): 3}
    assert [row.raw for row in report.sample] == ["合计,2,", "制表人：张三,,", "审 核：李四"]
    again = take(FOOTED, keep_footers=True)
    assert (again.accepted, again.failures) == (3, {("", "field_count"): 1})


def test_a_total_that_is_not_at_the_end_is_data(take: Collect, table: Table) -> None:
    take("编码,姓名,出生日期\n合计,全部,\n1,甲,\n合计,再,\n2,乙,\n")
    assert table.read().collect()["code"].to_list() == ["合计", "1", "2"]


def test_footers_are_found_behind_many_batches(take: Collect, table: Table) -> None:
    body = "".join(f"{n},名{n},\n" for n in range(5_000))
    report = take(f"编码,姓名,出生日期\n{body}坏行\n合计,5000,\n制表人：某\n", limits=Limits(line=4_000))
    assert (report.read, report.accepted, report.rejected) == (5_003, 5_000, 3)
    assert report.failures == {("", "footer"): 2, ("", "field_count"): 1}
    assert table.read().collect()["_row"].to_list() == list(range(2, 5_002))


HEAD = "编码,姓名,出生日期\n"


def test_an_archive_of_one_shape_is_one_table_in_the_order_of_names(take: Collect, table: Table) -> None:
    files = (
        ("10.csv", (HEAD + "5,戊,\n").encode()),
        ("2.csv", ("题\n" + HEAD.replace(",", ";") + "3;丙;\n4;丁;bad\n").encode("gb18030")),
        ("1.csv", (HEAD + "1,甲,\n2,乙,\n").encode()),
        ("说明/.DS_Store", b"x"),
    )
    report = take(zipped(*files))
    rows = table.read().collect().select("code", "_row").rows()
    assert rows == [("1", 2), ("2", 3), ("3", 6), ("5", 9)]
    assert [(row.row, row.raw) for row in report.sample] == [(7, "4;丁;bad")]
    assert [(file["name"], file["before"]) for file in report.detection.files] == [
        ("1.csv", 0),
        ("2.csv", 3),
        ("10.csv", 7),
    ]


def test_names_in_an_archive_may_be_in_gb18030(take: Collect) -> None:
    content = named_in_gb18030("人口/一月.csv", b"a,b\n1,2\n")
    with pytest.raises(GongshuError) as refused:
        take(zipped(("x.csv", (HEAD + "1,a,\n").encode()), ("y.zip", content)))
    assert "人口/一月.csv" in refused.value.text.zh


def test_a_file_of_another_shape_in_an_archive_is_named(take: Collect, table: Table) -> None:
    with pytest.raises(GongshuError) as refused:
        take(zipped(("a.csv", (HEAD + "1,a,\n").encode()), ("b.csv", b"x,y\n1,2\n")))
    assert refused.value.code == "collection.header_missing"
    assert refused.value.text.zh.startswith("“b.csv”：")
    assert table.versions() == []


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><r><row>&b;</row></r>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'[{"a": 1}, {"a"', "collection.document_damaged"),
        (b'{"a": [1, 2], }', "collection.document_damaged"),
        (b'[{"a": 1}] trailing', "collection.document_damaged"),
        (b"[" * 100_000, "collection.nested"),
        (b'{"a":' * 100_000, "collection.nested"),
        (b"[]", "collection.records"),
        (b'["a", "b"]', "collection.records"),
        (b'[{"a": 1}]', "collection.header_missing"),
        (dumped([{"编码": 1}]), "collection.column_missing"),
        (dumped([{f"k{n}": n} for n in range(3_000)]), "collection.columns"),
        (b'[{"a": "' + b"x" * 3_000_000 + b'"}]', "collection.line_too_long"),
        (LAUGHS, "collection.xml_entities"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><row a="1"/></r>', "collection.xml_entities"),
        (b"<r><row a='1'>", "collection.document_damaged"),
        (b"<a>" * 100_000, "collection.nested"),
        (elements().replace("张三".encode(), b"x" * 3_000_000), "collection.line_too_long"),
        (b"<r><row a='" + b"x" * 3_000_000, "collection.line_too_long"),
        (b"<r>" + b"".join(b"<c%d a='1'/>" % n for n in range(20_000)) + b"</r>", "collection.columns"),
        (parquet(COLUMNS)[:-20], "collection.parquet_damaged"),
        (parquet({f"c{n}": ["1"] for n in range(2_500)}), "collection.columns"),
        (parquet({"编码": ["x" * 64] * 2_000_000}, compression="zstd"), "collection.bomb"),
        (zipped(*((f"{n}.csv", b"x") for n in range(20))), "collection.archive_files"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_hostile_and_broken_documents_are_refused_by_name(
    take: Collect, table: Table, content: bytes, code: str
) -> None:
    with pytest.raises(GongshuError) as refused:
        take(content, limits=Limits(line=1 << 20, files=10))
    assert refused.value.code == code
    assert table.versions() == []


# The property: whatever the shape, every record ends in exactly one place.

CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["1", "2", "2026-01-05", "2026-02-30", "是", " ", "甲", "合计"]),
    st.lists(st.integers(), max_size=2),
)
RECORD = st.fixed_dictionaries({"code": CELL}, optional={"name": CELL, "born": CELL})
CONTRACT = Contract(
    "any",
    (Column("code", type="I", required=True, is_key=True), Column("name", length=8), Column("born", type="D")),
)
ALL = {"code": None, "name": None, "born": None}


def as_json(records: list[dict[str, object]]) -> bytes:
    return json.dumps([ALL, *records]).encode()


def as_lines(records: list[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps(one) for one in [ALL, *records]).encode()


def as_geojson(records: list[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps({**feature(one), "geometry": None}) for one in [ALL, *records]).encode()


def as_xml(records: list[dict[str, object]]) -> bytes:
    def text(value: object) -> str:
        kept = "".join(sign for sign in str("" if value is None else value) if sign.isprintable())
        return escape(kept.encode("utf-8", "ignore").decode())

    def row(one: dict[str, object]) -> str:
        return "<row>" + "".join(f"<{name}>{text(value)}</{name}>" for name, value in one.items()) + "</row>"

    return f"<rows>{''.join(map(row, [ALL, *records]))}</rows>".encode()


def as_parquet(records: list[dict[str, object]]) -> bytes:
    def text(value: object) -> str | None:
        return None if value is None else str(value).encode("utf-8", "ignore").decode()

    return parquet({name: pa.array([text(one.get(name)) for one in [ALL, *records]], pa.string()) for name in ALL})


def as_csv_in_zip(records: list[dict[str, object]]) -> bytes:
    half = len(records) // 2
    files = []
    for number, part in enumerate((records[:half], records[half:])):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(ALL))
        writer.writeheader()
        writer.writerows([ALL, *part] if number else part)
        files.append((f"{number}.csv", text.getvalue().replace("\0", "").encode("utf-8", "ignore")))
    return zipped(*files)


WRITERS = {"json": as_json, "jsonl": as_lines, "geojson": as_geojson, "xml": as_xml, "zip": as_csv_in_zip}


def check_sum(content: bytes, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in"
        path.write_bytes(content)
        table = Table(Home(Path(folder)), "any")
        contract = CONTRACT
        try:
            report = collect(path, contract, table, run="run_1", options=Options(drop_unlisted=True))
        except NothingAccepted as refused:
            report = refused.report
        except GongshuError as refused:
            assert refused.code == "collection.no_rows"
            return
        assert report.read == report.accepted + report.rejected + report.blank == count
        kept = table.read().collect()["_row"].to_list() if report.version else []
        aside = table.quarantine("run_1").collect()["row"].to_list()
        numbers = sorted(kept + aside)
        assert len(set(numbers)) == len(numbers) == report.accepted + report.rejected


@pytest.mark.parametrize("shape", WRITERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(RECORD, max_size=8))
def test_accepted_and_rejected_and_blank_are_what_was_read(shape: str, records: list[dict[str, object]]) -> None:
    check_sum(WRITERS[shape](records), len(records) + 1)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(RECORD, max_size=8))
def test_the_same_holds_for_parquet(records: list[dict[str, object]]) -> None:
    check_sum(as_parquet(records), len(records) + 1)
