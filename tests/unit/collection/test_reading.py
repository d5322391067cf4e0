"""Any encoding, dialect and packing that a department uses is found; what is no table is refused by name."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gongshu.collection.arrival import Limits
from gongshu.collection.contract import Column, Contract
from gongshu.collection.report import Report
from gongshu.errors import GongshuError
from gongshu.lake.tables import Table

Collect = Callable[..., Report]

LINES = ["编码,姓名,出生日期", "001,张三,1990-03-07", "002,李四,1985/2/1", "003,“王”㐀,"]
TEXT = "\r\n".join(LINES) + "\r\n"


def called(value: object) -> str:
    """A test's name: the expected word, never the bytes, which differ from run to run."""
    return value if isinstance(value, str) and value.isascii() and "\n" not in value else "content"


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.replace("㐀", "").encode("gbk"), "gb18030"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
    ],
    ids=called,
)
def test_every_chinese_encoding_is_found(take: Collect, table: Table, content: bytes, encoding: str) -> None:
    report = take(content)
    assert report.detection.encoding == encoding
    rows = table.read().collect()
    assert rows["name"].to_list()[:2] == ["张三", "李四"]
    assert [str(day) for day in rows["born"]] == ["1990-03-07", "1985-02-01", "None"]


def test_the_encoding_is_decided_by_the_whole_file(take: Collect, table: Table) -> None:
    ascii_part = "".join(f"{number},n{number},\n" for number in range(200_000))
    report = take(("编码,姓名,出生日期\n" + ascii_part + "last,末尾,\n").encode("gbk"))
    assert report.detection.encoding == "gb18030"
    assert table.read().collect()["name"][-1] == "末尾"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_every_delimiter_is_found(take: Collect, delimiter: str) -> None:
    report = take("\n".join(line.replace(",", delimiter) for line in LINES))
    assert (report.detection.delimiter, report.accepted) == (delimiter, 3)


def test_title_rows_stand_above_the_header_and_row_numbers_are_the_spreadsheets(take: Collect, table: Table) -> None:
    head = '江临市人口登记表,,\n"制表:\n某科",,\n\n'
    report = take(head + "编码,姓名,出生日期\n1,张三,\n\n2,李四,1990-02-30\n3,王五,,多余\n4,赵六,\n")
    assert report.detection.header_row == 4
    assert table.read().collect()["_row"].to_list() == [5, 9]
    assert [(row.row, row.failures) for row in report.sample] == [
        (7, (("born", "date"),)),
        (8, (("", "field_count"),)),
    ]
    assert (report.read, report.accepted, report.rejected, report.blank) == (5, 2, 2, 1)


@pytest.mark.parametrize(
    "header",
    [
        "编码,姓名,出生日期",
        "CODE,Name,born",
        " 编 码 ,*姓名,出生日期",
        "编码,name,\ufeff出生日期",
        '"编码","姓名","出生日期"',
    ],
)
def test_headers_match_by_name_or_title_whatever_their_width_and_case(take: Collect, header: str) -> None:
    assert take(header + "\n1,a,\n").accepted == 1


def test_columns_may_stand_in_any_order_and_be_fewer_than_the_file_has(take: Collect, table: Table) -> None:
    text = "备注,出生日期,编码,姓名\nx,1990-01-01,1,张三\n,,,\n"
    with pytest.raises(GongshuError) as refused:
        take(text)
    assert refused.value.code == "collection.column_unlisted"
    assert "gongshu catalog draft" in refused.value.text.en
    assert "备注" in refused.value.text.zh
    report = take(text, drop_unlisted=True)
    assert report.detection.dropped == ("备注",)
    assert table.schema().names == ["code", "name", "born", "_row", "_raw"]
    assert (report.accepted, report.blank) == (1, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(TEXT.encode("gb18030"))),
        ("a.csv", gzip.compress(TEXT.encode())),
        ("a.zip", zipped(("数据/人口.csv", TEXT.encode()), ("__MACOSX/._x", b"x"), ("数据/", b""))),
        ("a.zip", zipped(("人口.csv.gz", gzip.compress(TEXT.encode())))),
    ],
    ids=called,
)
def test_packed_files_are_unpacked_whatever_they_are_called(take: Collect, name: str, content: bytes) -> None:
    assert take(content, name=name).accepted == 3


def encrypted_zip() -> bytes:
    content = bytearray(zipped(("a.csv", b"x")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "collection.empty"),
        (b"\r\n \n", "collection.empty"),
        ("编码,姓名,出生日期\n", "collection.no_rows"),
        ("编码,姓名,出生日期\n,,\n\n", "collection.no_rows"),
        ("编码,姓名,出生日期,姓名\n1,a,,b\n", "collection.column_twice"),
        ("编码,姓名,出生日期,name\n1,a,,b\n", "collection.column_twice"),
        ("编码,姓名,出生日期,x,X\n1,a,,b,c\n", "collection.column_twice"),
        ("编码,姓名\n1,a\n", "collection.column_missing"),
        ("1,张三,1990-01-01\n", "collection.header_missing"),
        (b"\x7fELF\x02\x01\x01" + bytes(200), "collection.not_a_table"),
        (b"a,b\n\x00\x01\x02\x00\x00" + bytes(range(256)), "collection.binary"),
        ("编码,姓名,出生日期\n1,a\0b,\n", "collection.binary"),
        (b"code,name,born\n1,\xff\xfe\xff,\n", "collection.encoding"),
        (b"%PDF-1.7\n", "collection.not_a_table"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "collection.not_a_table"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html>", "collection.not_a_table"),
        (b"<?xml version='1.0'?><a/>", "collection.records"),
        (b"PAR1....", "collection.parquet_damaged"),
        (b"PK\x03\x04 not really a zip", "collection.archive_damaged"),
        (b"\x1f\x8b\x08\x00 not really gzip", "collection.archive_damaged"),
        (gzip.compress(b"code,name,born\n" * 99)[:-9], "collection.archive_damaged"),
        (zipped(("a.csv", b"1"), ("b.csv", b"2")), "collection.header_missing"),
        (zipped(), "collection.archive_empty"),
        (encrypted_zip(), "collection.archive_encrypted"),
        (gzip.compress(gzip.compress(gzip.compress(TEXT.encode()))), "collection.not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "collection.workbook_encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "collection.workbook_damaged"),
        ('编码,姓名,出生日期\n1,"张三,\n2,李四,\n3,王五,\n', "collection.quote_open"),
        (",".join(f"c{n}" for n in range(3000)) + ",编码,姓名,出生日期\n", "collection.columns"),
    ],
    ids=called,
)
def test_what_is_no_table_is_refused_in_one_sentence_and_nothing_is_visible(
    take: Collect, table: Table, content: bytes | str, code: str
) -> None:
    with pytest.raises(GongshuError) as refused:
        take(content)
    assert refused.value.code == code
    for sentence in refused.value.text:
        assert "\n" not in sentence
        assert sentence.rstrip().endswith(("。", ".", "gongshu catalog draft."))
    assert table.versions() == []
    assert not list(table.data_folder.glob("*.parquet"))


def test_a_missing_file_and_a_folder_are_refused(take: Collect, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(GongshuError) as refused:
            take(path)
        assert refused.value.code == "collection.file_missing"


def test_a_bomb_stops_early(take: Collect) -> None:
    limits = Limits(ratio=50, ratio_from=1 << 20)
    with pytest.raises(GongshuError) as refused:
        take(gzip.compress(b"code,name,born\n" + b"0" * (64 << 20)), limits=limits)
    assert refused.value.code == "collection.bomb"


def test_a_quotation_mark_inside_a_field_is_no_open_quote(take: Collect, table: Table) -> None:
    assert take('编码,姓名,出生日期\n1,5" 管,\n2,b,\n').accepted == 2
    assert table.read().collect()["name"].to_list() == ['5" 管', "b"]


def test_records_may_span_lines_and_count_once(take: Collect, table: Table) -> None:
    report = take('编码,姓名,出生日期\n1,"两\r\n行",\n2,"引""号",bad\n')
    assert table.read().collect().select("name", "_row").rows() == [("两\r\n行", 2)]
    assert (report.sample[0].row, report.sample[0].raw) == (3, '2,"引""号",bad')


def test_an_unnamed_column_may_be_there_as_long_as_it_is_empty(take: Collect) -> None:
    report = take("编码,姓名,出生日期,\n1,a,,\n2,b,,x\n")
    assert (report.accepted, report.sample[0].failures) == (1, (("", "unnamed_column"),))


HUGE = """
    import resource, sys
    from pathlib import Path
    from gongshu.collection.contract import Column, Contract
    from gongshu.collection.pipeline import collect
    from gongshu.errors import GongshuError
    from gongshu.home import Home
    from gongshu.lake.tables import Table
    path = Path(sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        collect(path, Contract("x", (Column("code"), Column("name"))), Table(Home(path.parent), "x"))
    except GongshuError as error:
        print(error.code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.heavy
@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_line_of_300_mb_ends_in_one_sentence_within_fixed_memory(tmp_path: Path, quote: bytes) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write(b"code,name\n1,a\n2," + quote)
        for _ in range(300):
            file.write(b"x" * (1 << 20) if not quote else (b"x" * 1023 + b"\n") * 1024)
    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HUGE), str(path)], capture_output=True, text=True, check=True
    )
    code, megabytes = answer.stdout.split()
    assert code == "collection.line_too_long"
    assert int(megabytes) < 120, "memory does not grow with the line"


def test_one_column_is_a_table_too(take: Collect) -> None:
    contract = Contract("one", (Column("code", is_key=True),))
    report = take("code\na\n\nb\na\n", contract)
    assert (report.read, report.accepted, report.rejected, report.blank) == (4, 2, 1, 1)
