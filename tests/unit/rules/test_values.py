"""Values by day, inheritance, endings, qualifiers, citations and the speed of asking."""

from __future__ import annotations

import json
import timeit
from datetime import date
from pathlib import Path

import pytest

from gongshu import rules
from gongshu.errors import GongshuError, NotFound
from gongshu.rules.citations import article_name, numeral
from gongshu.rules.reading import read_pack

TODAY = date(2026, 11, 21)
HEAD = """\
id: testville
extends: national
kind: normative_document
title: {zh: 测试办法, en: Test Measures}
region: {zh: 测试市, en: Testville}
valid_from: 2020-01-01
sources:
  testville: {title: {zh: 测试办法, en: Test Measures}, kind: normative_document, verified: true}
"""
DATED = """\
reply_deadline:
  values:
    2020-01-01:
      value: {days: 8, words: {zh: 8个工作日内, en: within 8 working days}}
      reference: [{article: 9, text: {zh: 八个工作日, en: eight working days}}]
    2022-07-01:
      value: {days: 6, words: {zh: 6个工作日内, en: within 6 working days}}
      reference: [{article: 9, text: {zh: 六个工作日, en: six working days}}]
    2024-03-01:
      value: null
      reference: [{article: 30, text: {zh: 第九条废止, en: article 9 is repealed}}]
"""


@pytest.fixture
def dated(tmp_path: Path) -> rules.Pack:
    folder = tmp_path / "testville"
    folder.mkdir()
    (folder / "pack.yaml").write_text(HEAD, encoding="utf-8")
    (folder / "sharing.yaml").write_text(DATED, encoding="utf-8")
    return read_pack(folder, rules.load("national"))


@pytest.mark.parametrize(
    ("day", "days", "from_pack"),
    [
        ("2019-12-31", 10, "national"),
        ("2020-01-01", 8, "testville"),
        ("2022-06-30", 8, "testville"),
        ("2022-07-01", 6, "testville"),
        ("2024-02-29", 6, "testville"),
    ],
)
def test_the_value_in_force_on_a_day(dated, day, days, from_pack):
    found = dated.value("sharing.reply_deadline", on=date.fromisoformat(day))
    assert (found.value.days, found.pack) == (days, from_pack)


def test_a_dated_null_ends_it_and_the_national_value_does_not_come_back(dated):
    assert dated.find("sharing.reply_deadline", on=date(2024, 3, 1)) is None
    with pytest.raises(NotFound) as caught:
        dated.value("sharing.reply_deadline", on=date(2024, 3, 1))
    assert caught.value.code == "rules.no_value"
    assert dated.advisory("sharing.reply_deadline", on=date(2024, 3, 1)).value.days == 10


def test_a_city_inherits_what_it_does_not_say(dated):
    found = dated.value("sharing.delivery_deadline", on=TODAY)
    assert (found.pack, found.verified, found.binding) == ("national", False, False)


def test_national_numbers_are_never_binding():
    national = rules.load("national")
    for definition in national.parameters():
        found = national.find(definition.name, on=TODAY)
        assert found is None or not found.binding or found.verified
    assert not national.value("sharing.reply_deadline", on=TODAY).verified
    assert national.notice(TODAY) is not None


def test_a_local_number_is_binding_while_the_text_is_in_force():
    pack = rules.load("xian")
    assert pack.value("sharing.reply_deadline", on=date(2020, 1, 2)).binding
    assert not pack.value("sharing.reply_deadline", on=TODAY).binding
    assert not rules.load("dazhou").value("sharing.reply_deadline", on=TODAY).binding


def test_before_the_text_the_national_value_answers():
    assert rules.load("xian").value("sharing.reply_deadline", on=date(2018, 11, 7)).pack == "national"


def test_an_unverified_word_laid_under_makes_the_whole_unverified():
    found = rules.load("xian").value("labels.open_type", on=TODAY)
    assert found.value["PROHIBITED"].zh == "不予开放"
    assert not found.verified
    assert {citation.pack for citation in found.citations} == {"xian", "national"}
    assert rules.load("yongjia").value("labels.open_type", on=TODAY).verified


@pytest.mark.parametrize(
    ("name", "qualifiers", "code"),
    [
        ("sharing.nothing", {}, "rules.unknown_parameter"),
        ("sharing.reply_deadline", {"colour": "red"}, "rules.unknown_qualifier"),
    ],
)
def test_a_wrong_question(name, qualifiers, code):
    with pytest.raises(NotFound) as caught:
        rules.load("xian").value(name, on=TODAY, **qualifiers)
    assert caught.value.code == code


def test_the_most_special_variant_wins():
    pack = rules.load("yongjia")
    route = pack.route("CONDITIONAL", on=TODAY, mode="batch", collected=False)
    assert [step.days for step in route.steps] == [None, 7]
    assert pack.value("sharing.reply_deadline", on=TODAY).value.days is None
    assert pack.value("sharing.reply_deadline", on=TODAY, collected=False).value.days == 7


def test_stages_begin_when_the_one_before_is_due():
    route = rules.load("dazhou").route("CONDITIONAL", on=TODAY, collected=False)
    assert [due.on for due in route.dues(date(2026, 2, 13))] == [date(2026, 3, 5), date(2026, 3, 12)]
    jointly = rules.load("yongjia").route("CONDITIONAL", on=TODAY, mode="batch", collected=False)
    assert [due and due.on for due in jointly.dues(date(2026, 9, 18))] == [None, date(2026, 9, 29)]


def test_an_empty_chain_never_stands_for_no_way():
    assert rules.load("luzhou").chain("UNCONDITIONAL", on=TODAY) == ()
    with pytest.raises(GongshuError) as caught:
        rules.load("luzhou").chain(rules.ShareType.PROHIBITED, on=TODAY)
    assert caught.value.code == "rules.not_shareable"


def test_every_pack_answers_every_route():
    for name in rules.available():
        pack = rules.load(name)
        for share_type in rules.ShareType:
            for mode in ("verify", "query", "batch", "analysis"):
                for collected in (True, False):
                    route = pack.route(share_type, on=TODAY, mode=mode, collected=collected)
                    assert route.citations
                    assert bool(route.steps) == (route.access in (rules.Access.APPLICATION, rules.Access.NEGOTIATION))
                    assert all(step.office_name.zh and step.citations for step in route.steps)
                    json.dumps(route.as_json(), ensure_ascii=False)
        for open_type in rules.OpenType:
            assert pack.opening_route(open_type, on=TODAY).citations
            assert pack.open_access(open_type, on=TODAY).citations


def test_every_value_of_every_pack_is_cited_and_serialises():
    for name in rules.available():
        pack = rules.load(name)
        for definition in pack.parameters():
            for dated in pack.entries.get(definition.name, ()):
                for variant in dated.variants:
                    assert variant.citations, (name, definition.name)
            found = pack.find(definition.name, on=TODAY)
            if found:
                json.dumps(found.as_json(), ensure_ascii=False)


def test_every_pack_has_the_words_that_screens_need():
    for name in rules.available():
        pack = rules.load(name)
        assert set(pack.labels("share_type", on=TODAY)) == {member.value for member in rules.ShareType}
        assert set(pack.labels("open_type", on=TODAY)) == {member.value for member in rules.OpenType}
        assert pack.application_fields(TODAY)
        assert pack.opening_reviews(TODAY)
        assert pack.refusal(TODAY).reason
        assert pack.office_name("authority").zh
        default = pack.value("sharing.default_mode", on=TODAY).value
        assert default in pack.value("sharing.modes", on=TODAY).value


def test_citations_read_as_people_cite():
    found = rules.load("xian").value("sharing.reply_deadline", on=TODAY).citations[0]
    assert found.label() == "《西安市政务数据资源共享管理办法》第二十条"
    assert found.label("en") == "Xi'an Measures for Sharing Government Data Resources, art. 20"
    assert found.id == "xian-20"
    body = found.as_json()
    assert (body["id"], body["verified"], body["last_checked_on"]) == ("xian-20", True, "2026-11-21")
    zaozhuang = rules.load("zaozhuang").value("sharing.reply_deadline", on=TODAY).citations[0]
    assert zaozhuang.label() == "《枣庄市公共数据管理办法》解读第五部分第2项"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (47, "四十七"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
    ],
)
def test_numerals(number, text):
    assert numeral(number) == text


@pytest.mark.parametrize(
    ("article", "zh", "en"),
    [
        ("20", "第二十条", "art. 20"),
        ("15(3)", "第十五条第（三）项", "art. 15(3)"),
        ("5.2", "第五部分第2项", "part 5, item 2"),
        ("7.0", "第七部分", "part 7"),
    ],
)
def test_article_names(article, zh, en):
    assert article_name(article) == (zh, en)


@pytest.mark.parametrize(
    ("pack", "day", "status"),
    [
        ("luzhou", "2022-07-29", "IN_FORCE"),
        ("luzhou", "2022-07-30", "LAPSED"),
        ("luzhou", "2020-07-29", "NOT_YET"),
        ("xian", "2023-11-08", "LAPSED"),
        ("dazhou", "2026-11-21", "DRAFT"),
        ("zaozhuang", "2026-11-21", "INTERPRETATION"),
        ("yongjia", "2026-11-21", "IN_FORCE"),
    ],
)
@pytest.mark.article("luzhou-42", "xian-47", "dazhou-30")
def test_a_pack_knows_whether_it_is_law(pack, day, status):
    loaded, on = rules.load(pack), date.fromisoformat(day)
    assert loaded.status(on) == status
    notice = loaded.notice(on)
    assert (notice is None) == (status == "IN_FORCE")
    if notice:
        assert loaded.title.zh.strip("《》")[:5] in notice.zh
        assert loaded.title.en in notice.en


def test_the_version_changes_with_the_text(dated, tmp_path):
    (tmp_path / "testville" / "sharing.yaml").write_text(DATED.replace("days: 8", "days: 9"), encoding="utf-8")
    assert read_pack(tmp_path / "testville", rules.load("national")).version != dated.version


def test_the_active_pack_is_the_installation_s(monkeypatch):
    monkeypatch.setattr(rules, "_configured", None)
    monkeypatch.setenv("GONGSHU_CITY", "yongjia")
    assert rules.active().id == "yongjia"
    assert rules.configure("xian") is rules.load("xian")
    assert rules.active().id == "xian"


def test_asking_again_costs_next_to_nothing():
    pack = rules.load("xian")
    ask = timeit.Timer(lambda: pack.value("sharing.reply_deadline", on=TODAY, collected=True))
    assert min(ask.repeat(5, 2000)) / 2000 < 20e-6, "five microseconds on a quiet machine; four times that here"
