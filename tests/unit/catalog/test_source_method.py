"""The score by which two items are proposed as one datum: worked out by hand, and what holds of any pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.catalog.search.synonyms import SEED, Synonyms
from gongshu.catalog.source_method import THRESHOLD, Side, Words, is_generic, pairs, plain, score

WORDS = Words(Synonyms.of(SEED))


def side(title, name="x1", kind="C", length=None, check="", key=False, entry=1, rank=()):
    return Side(entry, name, title, kind, length, check, key, rank)


# Each row: two items, the overlap of their values, points of what is possible, per cent. Worked out by hand.
TABLE = [
    # 45 words + 15 type + 5 key of 65
    (side("企业名称"), side("企业名称", "y"), None, 65, 65, 100),
    # synonyms 40 + 15 + 5 of 65 = 92.3
    (side("企业名称"), side("公司名称", "y"), None, 60, 65, 92),
    # 45 + 15 + length 5 * 100 // 200 = 2 + 5 = 67 of 70 = 95.7
    (side("企业名称", length=100), side("企业名称（全称）", "y", length=200), None, 67, 70, 95),
    # one key 0, one check 0: 40 + 15 of 75 = 73.3
    (side("社会信用代码", key=True, check="uscc"), side("信用代码", "y"), None, 55, 75, 73),
    # the same check 10: 40 + 15 + 10 + 5 of 75
    (side("社会信用代码", check="uscc"), side("信用代码", "y", check="uscc"), None, 70, 75, 93),
    # types of one family 8: 45 + 8 + 5 of 65 = 89.2
    (side("成立日期", kind="D"), side("成立日期", "y", kind="T"), None, 58, 65, 89),
    # other types 0: 45 + 0 + 5 of 65 = 76.9
    (side("成立日期", kind="D"), side("成立日期", "y", kind="C"), None, 50, 65, 76),
    # a common word 12 + 15 + 5 of 65 = 49.2: not proposed
    (side("名称"), side("名称", "y"), None, 32, 65, 49),
    # a common word, but half of the values are in both: 12 + 15 + 5 + 10 of 85 = 49.4
    (side("名称"), side("名称", "y"), 0.5, 42, 85, 49),
    # a common word, and all values are in both: 12 + 15 + 5 + 20 of 85 = 61.2
    (side("名称"), side("名称", "y"), 1.0, 52, 85, 61),
    # the same title, no value in both: 45 + 15 + 5 + 0 of 85 = 76.5
    (side("企业名称"), side("企业名称", "y"), 0.0, 65, 85, 76),
    # the same name, half of the pairs of signs in both (注册 资本 / 注册 金额: 2 of 3+3... 注册资 本): 20 + 15 + 5 of 65
    (side("注册资本", "reg_cap"), side("登记金额", "reg_cap"), None, 40, 65, 61),
    # the same name, titles alike (认缴资本 and 认缴资本额: 3 of 3 + 4 pairs): 30 + 15 + 5 of 65 = 76.9
    (side("认缴资本", "reg_cap"), side("认缴资本额", "reg_cap"), None, 50, 65, 76),
    # nothing in common but the type
    (side("企业名称"), side("站点名称", "y"), None, 20, 65, 30),
]


@pytest.mark.parametrize(("one", "two", "overlap", "points", "possible", "percent"), TABLE)
def test_the_score_is_what_the_table_says(one, two, overlap, points, possible, percent):
    found = score(one, two, WORDS, overlap=overlap)
    assert (found.points, found.possible, found.percent) == (points, possible, percent)
    assert found.proposed is (percent >= 60 and overlap != 0.0)


TITLES = st.one_of(
    st.sampled_from(["企业名称", "公司名称", "名称", "法人", "法定代表人", "", "（）", "A b"]), st.text(max_size=12)
)
SIDES = st.builds(
    side,
    TITLES,
    st.text(max_size=8),
    st.sampled_from("CNYDTLMGBIF"),
    st.none() | st.integers(0, 4000),
    st.sampled_from(["", "uscc", "citizen_id"]),
    st.booleans(),
    st.integers(1, 4),
)


@given(SIDES, SIDES, st.none() | st.floats(0, 1))
def test_a_score_is_symmetric_and_a_per_cent_figure(one, two, overlap):
    found = score(one, two, WORDS, overlap=overlap)
    assert found.percent == score(two, one, WORDS, overlap=overlap).percent
    assert 0 <= found.percent <= 100
    assert all(0 <= part.points <= part.most for part in found.parts)


@given(SIDES, SIDES, st.floats(0, 1), st.floats(0, 1))
def test_more_values_in_common_never_lower_a_score(one, two, less, more):
    less, more = sorted((less, more))
    assert score(one, two, WORDS, overlap=less).points <= score(one, two, WORDS, overlap=more).points


@given(st.lists(SIDES, max_size=12, unique_by=lambda one: one.key))
def test_pairs_are_few_and_never_within_an_entry_nor_twice(sides):
    found = list(pairs(sides, WORDS))
    assert all(one.entry != two.entry for one, two in found)
    assert len({frozenset((one.key, two.key)) for one, two in found}) == len(found)
    assert len(found) <= 2 * len(sides)


def test_the_best_candidate_stands_in_the_middle_of_the_star():
    sides = [side("公司名称", entry=n, rank=(1, n)) for n in (1, 2, 3)] + [side("企业名称", entry=9, rank=(0,))]
    assert [(one.entry, two.entry) for one, two in pairs(sides, WORDS)] == [(9, 1), (9, 2), (9, 3)]


@pytest.mark.parametrize(
    ("title", "wanted"),
    [("面积（平方米）", "面积"), ("Ｕｎｉｔ_No.", "unitno"), ("(代码)", "代码"), ("  企业 名称 ", "企业名称")],
)
def test_titles_lose_brackets_and_signs(title, wanted):
    assert plain(title) == wanted


def test_common_words_are_known_whatever_stands_in_brackets():
    assert is_generic("面积（㎡）")
    assert not is_generic("建筑面积")


def test_values_with_nothing_in_common_veto_whatever_the_titles_say():
    one = Side(1, "contact_phone", "联系人电话", "C", 20)
    two = Side(2, "contact_phone", "联系人电话", "C", 20)
    assert score(one, two, WORDS).proposed
    apart = score(one, two, WORDS, overlap=0.0)
    assert apart.percent >= THRESHOLD, "the arithmetic alone would have proposed it"
    assert apart.vetoed
    assert not apart.proposed
    assert not score(one, two, WORDS, overlap=0.04).proposed
    assert score(one, two, WORDS, overlap=0.05).proposed
    assert "不是同一数据" in apart.parts[-1].why.zh
