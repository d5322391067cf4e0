"""A draft is one value: to JSON and back without loss, its shape checked in one place, equal to itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.catalog import shape
from gongshu.catalog.codes import Guide1272, Numbered, UsccScheme, is_code, normalise, number
from gongshu.catalog.comparison import compare
from gongshu.catalog.draft import EntryData, ItemData, RightData, as_plain, canonical, from_canonical, from_plain
from gongshu.catalog.states import Check, DataType, OpenType, ShareType, UpdateCycle
from gongshu.catalog.terms import (
    FORMATS,
    BasisKind,
    FormatCategory,
    Grade,
    Level,
    Method,
    MethodCategory,
    ResourceKind,
    category_of,
)
from gongshu.errors import GongshuError
from gongshu.rules import LawKind

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cf")), max_size=12)
NAMES = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,8}\Z")
ITEMS = st.builds(
    ItemData,
    name=NAMES,
    title=TEXT,
    data_type=st.sampled_from(DataType),
    length=st.none() | st.integers(1, 4000),
    required=st.booleans(),
    is_key=st.booleans(),
    check=st.sampled_from(Check),
    mask=st.sampled_from(["none", "name", "id"]),
    sensitive=st.booleans(),
    description=TEXT,
    sensitive_personal=st.booleans(),
    share_type=st.none() | st.sampled_from(ShareType),
    share_condition=TEXT,
    share_basis_kind=st.sampled_from(BasisKind),
    open_type=st.none() | st.sampled_from(OpenType),
    update_cycle=st.none() | st.sampled_from(UpdateCycle),
    level=st.sampled_from(Level),
    grade=st.sampled_from(Grade),
    source_item=TEXT,
)
ENTRIES = st.builds(
    EntryData,
    title=TEXT,
    abstract=TEXT,
    provider=st.just("market"),
    share_type=st.sampled_from(ShareType),
    open_type=st.sampled_from(OpenType),
    update_cycle=st.sampled_from(UpdateCycle),
    items=st.lists(ITEMS, max_size=5, unique_by=lambda item: item.name).map(tuple),
    kind=st.sampled_from(ResourceKind),
    format_category=st.sampled_from(FormatCategory),
    share_method_category=st.sampled_from(MethodCategory),
    share_method=st.sampled_from(Method),
    contains=st.lists(TEXT, max_size=2).map(tuple),
    classified=st.booleans(),
    level=st.sampled_from(Level),
    grade=st.sampled_from(Grade),
    rights=st.lists(st.builds(RightData, right=TEXT, holder=TEXT), max_size=2).map(tuple),
    related=st.lists(TEXT, max_size=2).map(tuple),
)


@given(ENTRIES)
def test_a_draft_goes_to_json_and_back_without_loss(data: EntryData) -> None:
    assert from_plain(as_plain(data)) == data
    assert from_canonical(canonical(data)) == data
    assert canonical(from_canonical(canonical(data))) == canonical(data)


@given(ENTRIES, ENTRIES)
def test_a_comparison_is_empty_exactly_for_the_same(one: EntryData, other: EntryData) -> None:
    assert compare(one, one).is_empty
    assert compare(one, other).is_empty == (one == other)


def test_a_comparison_names_what_was_added_removed_changed_and_moved() -> None:
    before = EntryData("企业", "摘要", "market", items=(ItemData("a", "甲"), ItemData("b", "乙"), ItemData("c", "丙")))
    after = replace(
        before, abstract="新摘要", items=(ItemData("b", "乙"), ItemData("a", "甲", length=9), ItemData("d", "丁"))
    )
    found = compare(before, after)
    assert [(one.field, one.before, one.after) for one in found.fields] == [("abstract", "摘要", "新摘要")]
    assert [item.name for item in found.added] == ["d"]
    assert [item.name for item in found.removed] == ["c"]
    assert [(one.name, one.moved, [f.field for f in one.fields]) for one in found.changed] == [
        ("b", True, []),
        ("a", True, ["length"]),
    ]


@pytest.mark.parametrize(
    ("plain", "code", "field"),
    [
        ({"colour": "red"}, "catalog.field_unknown", "colour"),
        ({"items": [{"name": "a", "title": "甲", "x": 1}]}, "catalog.field_unknown", "items[1].x"),
        ({"share_type": "SECRET"}, "catalog.shape", "share_type"),
        ({"items": [{"name": "a", "title": "甲", "length": "long"}]}, "catalog.shape", "items[0].length"),
        ({"classified": "yes"}, "catalog.shape", "classified"),
    ],
)
def test_what_is_no_entry_is_refused_with_its_place(plain: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(GongshuError) as refused:
        from_plain({"title": "企业", "abstract": "", "provider": "market", **plain})
    assert (refused.value.code, refused.value.where["field"]) == (code, field)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "企\u202e业"}, "catalog.title_unprintable"),
        ({"keywords": "a\x00b"}, "catalog.keywords_unprintable"),
        ({"keywords": "长" * 201}, "catalog.keywords_long"),
        ({"items": (ItemData("1a", "甲"),)}, "catalog.item_name"),
        ({"items": (ItemData("a²", "甲"),)}, "catalog.item_name"),
        ({"items": (ItemData("a", " "),)}, "catalog.item_title"),
        ({"items": (ItemData("a", "甲", length=0),)}, "catalog.item_length"),
        ({"items": (ItemData("a", "甲"), ItemData("b", "甲 "))}, "catalog.item_twice"),
        ({"rights": (RightData("ownership", "长" * 101),)}, "catalog.rights_long"),
    ],
)
def test_what_no_database_or_page_could_hold_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(GongshuError) as refused:
        shape.check(replace(EntryData("企业", "摘要", "market"), **changes))
    assert refused.value.code == code


def test_all_problems_are_told_at_once() -> None:
    bad = EntryData("企\x07业", "摘要", "market", items=(ItemData("1", ""), ItemData("b", "乙", length=-1)))
    assert [(wrong.code, wrong.where.get("row")) for wrong in shape.problems(bad)] == [
        ("catalog.title_unprintable", None),
        ("catalog.item_name", 1),
        ("catalog.item_title", 1),
        ("catalog.item_length", 2),
    ]


def test_the_highest_level_and_grade_count() -> None:
    data = EntryData(
        "企业", "摘要", "market", level=Level.L1, items=(ItemData("a", "甲", level=Level.L3), ItemData("b", "乙"))
    )
    assert data.effective_level is Level.L3
    assert replace(data, items=(ItemData("a", "甲", grade=Grade.CORE),)).effective_grade is Grade.CORE


def test_codes_follow_the_scheme_that_is_asked_for() -> None:
    base = Numbered(7, "91610100MA6U000000", ResourceKind.BASE, "社会信用")
    assert Guide1272().prefix(base) == "104007"
    assert Guide1272().prefix(Numbered(1234)) == "3331234"
    assert Guide1272().prefix(Numbered(7, kind=ResourceKind.THEME, division="夜间经济")) == "200007"
    assert UsccScheme().prefix(base) == "91610100MA6U000000"
    assert UsccScheme().prefix(Numbered(7)) == "333007", "without a credit code the guide's numbers are used"
    for code in (number("104007", 3), number("91610100MA6U000000", 12)):
        assert is_code(code)
        assert is_code(code.replace("-", "/"))
        assert normalise(code.replace("-", "/")) == code
    for no in ("", "abc", "433012-1", "333012", "３３３012-1"):
        assert not is_code(no)


def test_every_format_belongs_to_one_category_and_grounds_are_the_packs_words() -> None:
    for category, types in FORMATS.items():
        assert all(category_of(one.upper()) is category for one in types)
    assert category_of("floppy") is None
    assert {str(kind) for kind in BasisKind if kind} == {str(kind) for kind in LawKind}
