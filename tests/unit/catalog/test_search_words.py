"""Chinese text as words, pairs and pinyin; and where words stand in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.catalog.search import highlight, pinyin
from gongshu.catalog.search.nearness import near_in, one_apart
from gongshu.catalog.search.synonyms import SEED, Synonyms
from gongshu.catalog.search.words import Dictionary, grams, normal, runs


@pytest.fixture(scope="module")
def dictionary():
    return Dictionary(["江临市交通运输局"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("公交站点", {"公交", "站点", "公交站点"}),
        ("江临市交通运输局", {"江临市交通运输局", "交通", "运输"}),
        ("entity_name", {"entity_name", "entity", "name"}),
        ("ＵＳＣＣ编码", {"uscc", "编码"}),
        ("企业的法定代表人", {"企业", "法定代表"}),
        ("A1出入口", {"a1", "出入口"}),
    ],
)
def test_the_index_has_long_words_and_the_short_ones_in_them(dictionary, text, words):
    assert words <= set(dictionary.words(runs(text)))


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("公交站点", ["公交站点"]),
        ("王小明", ["王小明"]),  # no dictionary knows the name: its characters stay together
        ("敬老院信息", ["敬老院", "信息"]),
        ("企业的法人", ["企业", "法人"]),
        ("的", ["的"]),
        ("gjzd 站点", ["gjzd", "站点"]),
        ("", []),
        ("！？ ，", []),
    ],
)
def test_a_question_is_cut_once(dictionary, text, cut):
    assert [word for chunk in dictionary.question(text, ["敬老院"]) for word in chunk.words] == cut


def test_pairs_find_two_characters_wherever_the_dictionary_cut():
    assert "交站" in grams(runs("公交站点"))
    assert "水" in grams(runs("供水管网"))
    assert "网水" not in grams(runs("供水管网 水表")), "pairs do not reach over a space"


@pytest.mark.parametrize("typed", ["gongjiaozhandian", "gjzd", "zd", "zhandian"])
def test_pinyin_begins_anywhere(dictionary, typed):
    assert any(key.startswith(typed) for key in pinyin.keys(dictionary.cut("公交站点")))


def test_polyphones_are_read_as_their_word_wants():
    assert "yinhang" in pinyin.keys(["银行"])
    assert "chongqing" in pinyin.keys(["重庆"])


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("公交战点", "公交站点", True),
        ("公站点", "公交站点", True),
        ("公公交站点", "公交站点", True),
        ("交公站点", "公交站点", True),
        ("公交站点", "公交线路", False),
        ("公交", "公交站点", False),
        ("", "", True),
    ],
)
def test_one_character_apart(one, other, near):
    assert one_apart(one, other) is near
    assert one_apart(other, one) is near


def test_pieces_of_a_name_that_may_have_been_meant():
    assert near_in("公交战点", "江临市公交站点信息") == {"公交站点"}
    assert near_in("敬劳院", "敬老院名录") == {"敬老院"}
    assert near_in("火箭发射", "江临市公交站点信息") == set()


def test_every_word_of_a_group_finds_the_others():
    table = Synonyms.of(SEED)
    assert "养老机构" in table.others("敬老院")
    assert "敬老院" in table.others("养老机构")
    assert table.others("火箭") == ()
    assert all(len(group) > 1 for group in SEED)


def test_marks_fall_on_the_words_in_any_case_and_width():
    found = highlight.pieces("ＵＳＣＣ与公交站点", ["uscc", "公交"])
    assert [text for text, marked in found if marked] == ["ＵＳＣＣ", "公交"]
    long = highlight.excerpt("说明" * 200 + "公交站点" + "说明" * 200, ["公交"])
    assert ("公交", True) in long
    assert sum(len(text) for text, _ in long) <= highlight.WIDTH + 2


@given(st.text(max_size=60), st.lists(st.text(max_size=5), max_size=4))
def test_pieces_are_the_text_itself(text, words):
    assert "".join(piece for piece, _ in highlight.pieces(text, words)) == text


@given(st.text(max_size=200))
def test_normal_text_stays_normal_and_holds_nothing_unseen(text):
    once = normal(text)
    assert not any(sign in once for sign in "\x00\u202e\u200b\n")
    assert normal(once) == normal(normal(once))
