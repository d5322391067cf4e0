"""The scan for personal data: told by value and by name, decoys left alone, contradictions with the catalog named."""

from __future__ import annotations

import json

import polars as pl
import pytest

from gongshu.collection.personal import REASONS, Declared, Finding, scan
from gongshu.columns.recognisers import recognise
from shared_data import shared

IDS = ["330324199001010011", "11010519491231002X", "810000199408230021"]
BAD = ["330324199001010012", "510502198502301230", "110105194912310021"]


def one(values: list[str], title: str = "列", **said: object) -> Finding | None:
    found = scan([pl.DataFrame({"c": values}, schema={"c": pl.String})], [Declared("c", title, **said)])  # type: ignore[arg-type]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (IDS, "citizen_id"),
        ([" １１０１０５19491231002x"], "citizen_id"),
        (BAD, None),
        (["91330324MA2TE5T016", "11510500MB0TE5T1XJ"], "uscc"),
        (["6216616907439150002", "6217008836075983869"], "bank_card"),
        (["6216616907439150003", "6217008836075983868"], None),
        (["13812345678", "+86 138-1234-5678", "8613912345678"], "mobile"),
        (["12812345678", "1381234567"], None),
        (["029-86781234", "(0577)67211234", "010-12345678"], "landline"),
        (["a.b@example.org"], "email"),
        (["浙C12345", "浙CD12345", "京A·88888", "粤B1234学"], "plate"),
        (["E12345678", "EA1234567", "H1234567890"], "passport"),
        (["陕西省西安市雁塔区科技路1号", "永嘉县上塘镇环城路25号3单元201室"], "address"),
        (["10.1.2.3", "192.168.0.254"], "ip"),
        (["999.1.2.3"], None),
        (["2026-01-01", "有限公司", "12.50", "是"], None),
    ],
)
def test_what_values_look_like(values: list[str], kind: str | None) -> None:
    found = one(values)
    assert (found.kind if found else None) == kind


def test_names_need_variety_or_a_title_that_says_so() -> None:
    few = ["王强", "李娜", "张伟"] * 40
    assert one(few) is None, "three words that recur are no list of people"
    assert one(few, "法定代表人") is not None
    many = [f"{family}{given}" for family in "王李张刘陈杨黄赵" for given in ("伟", "芳", "秀英", "建国", "小明")]
    found = one(many)
    assert found is not None
    assert (found.kind, found.by, found.mask) == ("person", "value", "name")
    places = [f"{family}{end}" for family in "王李张刘陈杨黄赵" for end in ("家村", "家镇", "庄社", "集乡", "店街")]
    assert one(places) is None


def test_numbers_that_only_look_like_telephones_are_left_alone() -> None:
    orders = [f"1{n:010d}" for n in range(10_000_000, 10_000_400)] + [f"15{n:09d}" for n in range(100)]
    assert one(orders, "订单号") is None


def test_personal_data_inside_long_texts_are_found_by_checksum() -> None:
    texts = ["路灯不亮，请派人查看处理。"] * 500 + [f"当事人证件{number}，已核对。" for number in IDS]
    found = one(texts, "备注")
    assert found is not None
    assert (found.kind, found.within, found.mask) == ("citizen_id", True, "hidden")
    assert "not_expected" in found.belies
    assert one(["文书号" + number + "。" for number in BAD], "备注") is None
    assert one(["工单号1591857805888，请处理一下。"] * 50, "备注") is None, "13 digits hold no telephone"


@pytest.mark.parametrize(
    ("said", "belies"),
    [
        ({}, {"not_marked", "not_masked"}),
        ({"personal": True}, {"not_masked"}),
        ({"personal": True, "mask": "id", "level": 1}, {"level_low"}),
        ({"personal": True, "mask": "id", "level": 2}, set()),
    ],
)
def test_what_belies_the_catalog_is_named(said: dict[str, object], belies: set[str]) -> None:
    found = one(IDS * 10, "证件", **said)
    assert found is not None
    assert set(found.belies) == belies
    assert belies <= set(REASONS)


def test_a_column_that_holds_something_else_than_its_name_says() -> None:
    found = one(["13812345678"] * 30, "身份证号码", personal=True, mask="id")
    assert found is not None
    assert (found.kind, found.belies) == ("mobile", ("other_content",))
    hidden = one([f"X{n}" for n in range(30)], "身份证号码", personal=True, mask="id")
    assert hidden is not None
    assert (hidden.by, hidden.belies) == ("name", ("other_content",))


def test_sensitive_kinds_are_told_by_name_and_account() -> None:
    card = one(["6216616907439150002"] * 5, "账户", personal=True, mask="account")
    assert card is not None
    assert (card.group, card.level, card.belies) == ("sensitive", 3, ("not_sensitive",))
    ill = one(["甲", "乙"], "诊断结果")
    assert ill is not None
    assert (ill.group, ill.by, ill.share) == ("sensitive", "name", 0.0)


def test_equal_texts_count_as_often_as_they_stand_there_and_blanks_not() -> None:
    seen = recognise(pl.Series(["13812345678"] * 3 + ["x", "", None, " "]))
    assert (seen.texts, seen.kinds) == (4, {"mobile": 3})


def test_numbers_kept_as_numbers_are_looked_at_too() -> None:
    frame = pl.DataFrame({"n": [13812345678, 13912345678], "small": [1, 2]})
    found = scan([frame], [Declared("n", "号"), Declared("small", "数")])
    assert [one.kind for one in found] == ["mobile"]


def test_in_a_register_of_bodies_an_address_is_the_bodys() -> None:
    bodies = pl.DataFrame(
        {
            "uscc": ["91330324MA2TE5T016", "11510500MB0TE5T1XJ"],
            "name": ["江临市上塘镇科技路机械有限公司", "永嘉县环城路街道百货店"],
            "site": ["江临市上塘镇科技路1号", "永嘉县上塘镇环城路25号"],
        }
    )
    said = [Declared("uscc", "代码"), Declared("name", "企业名称"), Declared("site", "住所")]
    assert [one.column for one in scan([bodies], said)] == ["uscc"]
    home = [*said[:2], Declared("site", "家庭地址")]
    assert [one.column for one in scan([bodies], home)] == ["uscc", "site"]


def test_no_finding_holds_a_value() -> None:
    found = one(IDS, "证件")
    assert found is not None
    assert not any(number in json.dumps(found.as_json()) for number in IDS)


def test_labelled_columns_and_decoys_are_told_apart() -> None:
    frame = pl.read_csv(shared("pii/synthetic_public/table.csv"), infer_schema=False)
    labels = json.loads(shared("pii/synthetic_public/table_labels.json").read_text(encoding="utf-8"))
    blind = frame.rename({name: f"f{place}" for place, name in enumerate(frame.columns)})
    found = {one.column: one for one in scan([blind], [Declared(name, name) for name in blind.columns])}
    told = {
        name: found[f"f{place}"].kind if f"f{place}" in found and found[f"f{place}"].group != "corporate" else ""
        for place, name in enumerate(frame.columns)
    }
    words = {
        "PERSON": "person",
        "CN_ID": "citizen_id",
        "CN_MOBILE": "mobile",
        "ADDRESS": "address",
        "BANKCARD": "bank_card",
        "PLATE": "plate",
        "PASSPORT": "passport",
        "EMAIL": "email",
    }
    assert told == {name: words.get(label, "") for name, label in labels.items()}
