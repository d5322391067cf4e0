"""What is no Chinese is not taken for GB 18030; lines of two encodings in one file are told apart; what was said is
believed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongshu.collection import hanzi
from gongshu.collection.report import Report
from gongshu.errors import GongshuError
from gongshu.lake.tables import Table
from shared_data import shared

Collect = Callable[..., Report]

HEAD = "code,name,born\n"
FOREIGN = {
    "windows-1252": ["España, Málaga", "Señor Muñoz", "Düsseldorf", "café crème", "São João", "Ångström"],
    "big5": ["臺北市政府", "統一編號", "公司名稱", "負責人姓名", "中華民國", "地址電話"],
    "shift_jis": ["東京都渋谷区", "住所と氏名", "電話番号", "カタカナ", "ひらがな", "入力してください"],
    "euc-kr": ["서울특별시 강남구", "테헤란로", "대한민국", "인구 주소", "이름", "전화번호"],
    "koi8-r": ["Российская Федерация", "Москва", "улица Ленина", "население", "область", "район"],
    "cp866": ["Российская Федерация", "Москва", "улица Ленина", "население", "область", "район"],
    "iso8859-7": ["Ελληνική Δημοκρατία", "Αθήνα", "πληθυσμός", "διεύθυνση", "οδός", "αριθμός"],
}


@pytest.mark.parametrize("encoding", FOREIGN)
def test_other_eight_bit_text_is_refused_by_name_and_never_becomes_nonsense(
    take: Collect, table: Table, encoding: str
) -> None:
    rows = "".join(f'{n},"{text}",\n' for n, text in enumerate(FOREIGN[encoding]))
    with pytest.raises(GongshuError) as refused:
        take((HEAD + rows).encode(encoding))
    assert refused.value.code in {"collection.encoding_doubtful", "collection.encoding"}
    assert table.versions() == []


@pytest.mark.parametrize("encoding", ["windows-1252", "big5"])
def test_the_encoding_that_a_person_names_is_taken(take: Collect, table: Table, encoding: str) -> None:
    rows = "".join(f'{n},"{text}",\n' for n, text in enumerate(FOREIGN[encoding]))
    assert take((HEAD + rows).encode(encoding), encoding=encoding).detection.encoding == encoding
    assert table.read().collect()["name"].to_list() == FOREIGN[encoding]


def test_a_name_of_the_encoding_that_does_not_fit_is_refused(take: Collect) -> None:
    with pytest.raises(GongshuError) as refused:
        take((HEAD + "1,张三,\n").encode("gb18030"), encoding="utf-8")
    assert refused.value.code == "collection.encoding"
    with pytest.raises(GongshuError) as refused:
        take(HEAD + "1,a,\n", encoding="rot13")
    assert refused.value.code == "collection.option"


def test_titles_of_the_catalog_prove_an_encoding_without_statistics(take: Collect, table: Table) -> None:
    text = "编码,姓名,出生日期\n" + "".join(f"{n},朱镕㐀㐁㐂堃喆,\n" for n in range(200))
    assert take(text.encode("gb18030")).accepted == 200
    with pytest.raises(GongshuError) as refused:
        take(text.replace("编码,姓名,出生日期", "code,name,born").replace("朱", "").encode("gb18030"))
    assert refused.value.code == "collection.encoding_doubtful"


def test_lines_in_two_encodings_are_decoded_each_and_reported(take: Collect, table: Table) -> None:
    names = [f"第{n}号张三李四" for n in range(3_000)]
    lines = [f"{n},{name},\n".encode("gb18030" if n % 7 else "utf-8") for n, name in enumerate(names)]
    report = take("编码,姓名,出生日期\n".encode() + b"".join(lines))
    assert report.detection.encoding == "utf-8+gb18030"
    assert report.detection.other_lines == sum(1 for n in range(3_000) if n % 7 == 0) + 1
    assert table.read().collect()["name"].to_list() == names


def test_one_line_in_utf8_among_many_in_gb18030_is_found(take: Collect, table: Table) -> None:
    lines = [f"{n},汉字{n},\n".encode("gb18030") for n in range(2_000)]
    lines[1_234] = "1234,丽江古城,\n".encode()
    report = take("编码,姓名,出生日期\n".encode("gb18030") + b"".join(lines))
    assert (report.detection.encoding, report.detection.other_lines) == ("utf-8+gb18030", 1)
    assert table.read().collect()["name"][1_234] == "丽江古城"


def test_a_line_that_is_neither_is_named(take: Collect) -> None:
    with pytest.raises(GongshuError) as refused:
        take("编码,姓名,出生日期\n1,张三,\n".encode() + b"2,\xff\xff,\n")
    assert refused.value.code == "collection.encoding"


@pytest.mark.parametrize(
    ("name", "least"),
    [("divisions/areas.csv", 0.95), ("divisions/streets.csv", 0.95), ("divisions/provinces.csv", 0.99)],
)
def test_chinese_text_is_far_above_the_border(name: str, least: float) -> None:
    census = hanzi.Census()
    census.feed(shared(name).read_text(encoding="utf-8"))
    assert census.common > least
    assert census.chinese
