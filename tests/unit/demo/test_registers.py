"""The fictional city: impossible numbers, right check digits, and exactly the dirt that is declared."""

import csv
import gzip
import io
import re

import fastexcel
import pytest

from gongshu.demo import registers
from gongshu.demo.registers import SMALL, Size

_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]


@pytest.fixture(scope="module")
def city():
    return registers.generate(size=SMALL)


def rows_of(delivery):
    """The file's rows as dictionaries, and the ragged ones apart."""
    content = delivery.content
    if delivery.filename.endswith(".xlsx"):
        frame = fastexcel.read_excel(content).load_sheet(0, header_row=1, dtypes="string").to_polars()
        return [{k: v or "" for k, v in row.items()} for row in frame.to_dicts()], 0
    if delivery.filename.endswith(".gz"):
        content = gzip.decompress(content)
    text = content.decode("gb18030" if delivery.register == "companies" else "utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    while len(lines[0]) < 5 or not lines[0][-1]:  # title rows
        lines.pop(0)
    header, body = lines[0], lines[1:]
    whole = [dict(zip(header, line, strict=True)) for line in body if len(line) == len(header)]
    return whole, len(body) - len(whole)


def valid_id(text):
    return "10X98765432"[sum(int(c) * w for c, w in zip(text, _WEIGHTS, strict=False)) % 11] == text[17]


def valid_uscc(text):
    total = sum(_ALPHABET.index(c) * w for c, w in zip(text, _USCC_WEIGHTS, strict=False))
    return _ALPHABET[(31 - total % 31) % 31] == text[17]


def plain(text):
    return "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in text)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    once, again = registers.generate(7, SMALL), registers.generate(7, SMALL)
    assert {k: v.content for k, v in once.items()} == {k: v.content for k, v in again.items()}
    assert registers.generate(8, SMALL)["population"].content != once["population"].content


def test_row_counts_are_as_declared(city):
    for delivery in city.values():
        rows, ragged = rows_of(delivery)
        assert len(rows) + ragged == delivery.rows
        assert ragged == delivery.rejected.get("ragged", 0)
        assert delivery.accepted + sum(delivery.rejected.values()) == delivery.rows


def test_citizen_ids_are_impossible_and_their_check_digits_right_except_where_planted(city):
    delivery = city["population"]
    rows, _ = rows_of(delivery)
    ids = [plain(row["公民身份号码"]) for row in rows]
    assert all(re.fullmatch(r"99010[2-6]\d{11}[\dX]", text) for text in ids), "a division that could exist"
    assert sum(not valid_id(text) for text in ids) == delivery.rejected["check_digit"]
    assert sum(text[10:14] == "0230" for text in ids) == delivery.rejected["impossible_id_date"]
    assert len(ids) - len(set(ids)) == delivery.rejected["duplicate_key"]
    assert sum(row["姓名"] == "" for row in rows) == delivery.rejected["required"]
    assert sum(row["出生日期"].endswith("02-30") for row in rows) == delivery.rejected["impossible_date"]
    assert sum(text != row["公民身份号码"] for text, row in zip(ids, rows, strict=True)) == delivery.careless
    for row, text in zip(rows, ids, strict=True):
        if row["出生日期"].endswith("02-30") or text[10:14] == "0230" or ids.count(text) > 1:
            continue
        assert row["出生日期"].replace("-", "") == text[6:14]
        assert row["性别"] == ("男" if int(text[16]) % 2 else "女")


def test_phone_numbers_lie_in_a_range_that_nobody_has(city):
    rows, _ = rows_of(city["population"])
    assert all(re.fullmatch(r"154\d{8}", row["联系电话"]) for row in rows)


def test_credit_codes_have_right_check_characters_except_where_planted(city):
    delivery = city["companies"]
    rows, _ = rows_of(delivery)
    codes = [plain(row["统一社会信用代码"]) for row in rows]
    assert all(text.startswith("9199010") for text in codes)
    assert sum(not valid_uscc(text) for text in codes) == delivery.rejected["check_digit"]
    assert len(codes) - len(set(codes)) == delivery.rejected["duplicate_key"]
    assert sum(row["注册资本(万元)"] == "约一百" for row in rows) == delivery.rejected["number"]


def test_permits_are_a_workbook_with_a_title_row(city):
    delivery = city["permits"]
    rows, _ = rows_of(delivery)
    assert list(rows[0]) == ["许可文书号", "许可事项", "持证主体代码", "有效期自", "有效期至", "许可机关"]
    assert sum(not valid_uscc(row["持证主体代码"]) for row in rows) == delivery.rejected["check_digit"]
    numbers = [row["许可文书号"] for row in rows]
    assert len(numbers) - len(set(numbers)) == delivery.rejected["duplicate_key"]


def test_bus_stops_lie_on_the_high_seas(city):
    rows, _ = rows_of(city["stops"])
    places = [(float(r["经度"]), float(r["纬度"])) for r in rows if r["经度"] != "东经一百五十度"]
    assert len(rows) - len(places) == city["stops"].rejected["number"]
    assert all(149 < east < 151 and 29 < north < 31 for east, north in places)


def test_samples_are_sound_rows_of_the_file(city):
    for delivery in city.values():
        rows, _ = rows_of(delivery)
        for sample in delivery.samples:
            assert {k: v or "" for k, v in sample.items()} in rows
            assert all(plain(value) == value for value in sample.values() if value)


@pytest.mark.heavy
def test_the_whole_city_has_two_hundred_thousand_people():
    city = registers.generate()
    assert city["population"].rows == 200_000


def test_a_register_too_small_for_its_faults_is_refused():
    with pytest.raises(ValueError, match="too small"):
        registers.generate(size=Size(population=50, companies=1000, permits=400, stops=200))
