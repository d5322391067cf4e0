"""GB 11643 and GB 32100 by their own examples, against a reading of the standard one number at a time."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from gongshu import clock
from gongshu.collection import checks
from gongshu.collection.contract import Column
from gongshu.collection.typing import convert
from gongshu.columns.cells import Cells

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def citizen(body: str) -> str:
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def credit(body: str) -> str:
    total = sum(ALPHABET.index(sign) * 3**place for place, sign in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


def failures(column: Column, *texts: str) -> list[set[str]]:
    cells = Cells(pa.array(texts, pa.string()))
    found = list(checks.apply(column, cells, convert(column.type, cells)))
    assert all(rule in checks.RULES for rule, _ in found)
    return [{rule for rule, mask in found if mask[place]} for place in range(len(texts))]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("11010519491231002X", None),  # the standard's own example
        ("11010519491231002x", None),
        ("１１０１０５１９４９１２３１００２Ｘ", None),
        ("330324199001010011", None),
        ("810000199408230021", None),  # residence permit
        (citizen("82000019940823002"), None),
        (citizen("83000019940823002"), None),
        (citizen("91100019900101001"), None),  # foreign permanent resident's card
        ("", None),
        ("510502198502301230", "citizen_id_date"),  # 30 February, check digit right
        (citizen("33032418500229001"), "citizen_id_date"),
        (citizen("33032419900001001"), "citizen_id_date"),
        (citizen("33032419900100001"), "citizen_id_date"),
        (citizen("33032419901301001"), "citizen_id_date"),
        (citizen("33032417991231001"), "citizen_id_date"),
        (citizen("33032420261122001"), "citizen_id_date"),  # tomorrow
        (citizen("33032420261121001"), None),
        ("330324199001010012", "citizen_id_checksum"),
        ("330324900101001", "citizen_id_old"),
        ("33032419900101001", "citizen_id_form"),
        ("3303241990010100111", "citizen_id_form"),
        ("33032419900101001A", "citizen_id_form"),
        ("33032X199001010011", "citizen_id_form"),
        ("张三张三张三", "citizen_id_form"),
        (citizen("03032419900101001"), "citizen_id_form"),
    ],
)
def test_citizen_numbers(text: str, rule: str | None) -> None:
    column = Column("id", check="citizen_id")
    with clock.frozen(datetime(2026, 11, 21, 4, tzinfo=UTC)):
        expected = {rule} if rule else set()
        assert failures(column, text) == [expected]
        assert failures(column, "11010519491231002X", text, "", text) == [set(), expected, set(), expected]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("91330324MA2TE5T016", None),
        ("11510500MB0TE5T1XJ", None),
        ("N2330324MF0TE5T22Q", None),  # a village collective
        ("12370400004TE5T33T", None),
        ("91330324ma2te5t016", None),
        ("９１３３０３２４ＭＡ２ＴＥ５Ｔ０１６", None),
        ("91330324MA2TE5T017", "uscc_checksum"),
        ("91350203M0001QAY9B", "uscc_checksum"),  # a code that exists with a wrong check sign
        ("91330324MA2TE5T01I", "uscc_form"),
        ("91330324MA2TE5TO16", "uscc_form"),
        ("91330324MA2TE5T01", "uscc_form"),
        ("企业企业企业", "uscc_form"),
    ],
)
def test_credit_codes(text: str, rule: str | None) -> None:
    expected = {rule} if rule else set()
    assert failures(Column("uscc", check="uscc"), "", text) == [set(), expected]


def test_a_code_in_another_spelling_is_stored_as_the_standard_writes_it() -> None:
    cells = Cells(pa.array(["11010519491231002x", "330324199001010011", None, "Ｎ2330324MF0TE5T22Q"], pa.string()))
    typed = convert("C", cells)
    list(checks.apply(Column("id", check="citizen_id"), cells, typed))
    assert typed.values.to_pylist() == ["11010519491231002X", "330324199001010011", None, "N2330324MF0TE5T22Q"]
    assert typed.rewritten is not None
    assert typed.rewritten.tolist() == [True, False, False, True]


def test_ten_thousand_numbers_agree_with_the_standard_read_one_by_one() -> None:
    source = random.Random(7)
    right = [
        citizen(f"3303241{source.randrange(900, 999)}0{source.randrange(1, 9)}1{source.randrange(9)}{n:03}")
        for n in range(1000)
    ]
    mixed = [number[:17] + source.choice("0123456789X") for number in right * 5]
    found = failures(Column("id", check="citizen_id"), *mixed)
    assert [not rules for rules in found] == [citizen(number[:17]) == number for number in mixed]
    codes = [credit("".join(source.choice(ALPHABET) for _ in range(17))) for _ in range(1000)]
    mixed = [code[:17] + source.choice(ALPHABET) for code in codes * 5] + codes
    found = failures(Column("uscc", check="uscc"), *mixed)
    assert [not rules for rules in found] == [credit(code[:17]) == code for code in mixed]


@pytest.mark.parametrize(
    ("text", "long"),
    [("abcdefghij", False), ("abcdefghijk", True), ("五个汉字好", False), ("五个汉字好a", True), ("é" * 6, False)],
)
def test_length_is_in_bytes_of_gb_18030(text: str, long: bool) -> None:
    assert failures(Column("name", length=10), text) == [{"length"} if long else set()]


def test_required_and_keys_may_not_be_empty() -> None:
    for column in (Column("a", required=True), Column("a", is_key=True), Column("a", type="I", required=True)):
        assert failures(column, "1", "", "\u3000", "\\N") == [set(), {"required"}, {"required"}, {"required"}]
    assert failures(Column("a", type="D", required=True), "NULL", "x") == [{"required"}, {"date"}]
