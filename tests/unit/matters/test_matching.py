"""Names of materials and names in the catalog: the same thing under another form is found, another thing is not."""

from __future__ import annotations

import pytest

from gongshu.matters.matching import Name, match, parts, stem, stems


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("营业执照复印件", "营业执照"),
        ("营业执照（副本）原件", "营业执照"),
        ("不动产登记证明", "不动产登记"),
        ("申请人有效身份证明材料", "身份"),
        ("婚姻登记信息", "婚姻登记"),
        ("企业登记信息查询单", "企业登记"),
        ("Ｂｕｓｉｎｅｓｓ　Licence", "businesslicence"),
        ("证明", "证明"),
        ("（复印件）", "(复印件)"),
    ],
)
def test_what_says_only_the_form_is_left_out(name: str, left: str) -> None:
    assert stem(name) == left


def test_a_material_finds_what_is_named_alike_and_says_why() -> None:
    names = [
        Name("a-1", "title", "企业登记信息"),
        Name("a-1", "keyword", "营业执照"),
        Name("b-2", "title", "公交站点"),
        Name("c-3", "item", "婚姻状况"),
        Name("d-4", "title", "执照吊销公告"),
    ]
    found = match(stems("营业执照复印件"), names)
    assert [one.code for one in found] == ["a-1"]
    assert "营业执照" in found[0].why.zh and "keyword" in found[0].why.en
    assert [one.code for one in match(stems("婚姻状况证明"), names)] == ["c-3"]
    assert match(stems("体检报告"), names) == []
    assert match(stems("执照"), names) == [], "two signs are too few to stand for what they are part of"
    (by_synonym,) = match(stems("执照", ["企业登记"]), names)
    assert by_synonym.code == "a-1" and "同义词“企业登记”" in by_synonym.why.zh


def test_an_item_counts_only_when_it_is_the_very_thing() -> None:
    assert match(stems("法定代表人授权委托书"), [Name("a-1", "item", "法定代表人")]) == []


def test_each_entry_is_found_once_by_its_title_first() -> None:
    names = [Name("a-1", "keyword", "不动产登记"), Name("a-1", "title", "不动产登记信息")]
    (found,) = match(stems("不动产登记证明"), names)
    assert found.why.zh.startswith("目录名称")


def test_parts_are_bounded_and_the_longest_comes_first() -> None:
    assert parts("企业登记") == ("企业登记", "企业登", "业登记")
    assert parts("证") == ()
    assert len(parts("字" * 3 + "".join(chr(0x4E00 + n) for n in range(100)))) == 200
