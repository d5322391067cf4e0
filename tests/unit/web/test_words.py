"""Small things that pages are made of: icons, paired sentences, deadlines, values of rule packs in words."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import django
import pytest
from django.template import Context, Template

django.setup()

from gongshu import clock, rules  # noqa: E402
from gongshu.errors import Text  # noqa: E402
from gongshu.web import acts  # noqa: E402
from gongshu.web.parts import cites, due_view, open_tag, share_tag  # noqa: E402
from gongshu.web.portal.themes import ICONS  # noqa: E402
from gongshu.web.wording import in_words  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "src" / "gongshu" / "web"
TEMPLATES = {path: path.read_text(encoding="utf-8") for path in (WEB / "templates").rglob("*.html")}
FULL_WIDTH = "\uff0c\uff1b\uff1a\uff1f\uff01\uff08\uff09"


def test_the_sprite_holds_exactly_the_icons_that_are_used():
    listed = (ROOT / "frontend" / "icons.txt").read_text(encoding="utf-8").split()
    used = {name for text in TEMPLATES.values() for name in re.findall(r'{% icon "([\w-]+)" %}', text)}
    used |= set(ICONS.values()) | {"category"}
    code = "".join(path.read_text(encoding="utf-8") for path in WEB.rglob("*.py"))
    used |= {name for name in listed if f'"{name}"' in code}
    assert listed == sorted(set(listed)), "icons.txt is sorted and names each icon once"
    assert set(listed) == used


def test_every_sentence_of_the_templates_has_both_languages():
    pairs = [
        (path.name, zh, en)
        for path, text in TEMPLATES.items()
        for zh, en in re.findall(r'{% t "([^"]*)" "([^"]*)"', text)
    ]
    assert len(pairs) > 300
    cjk = re.compile("[\u4e00-\u9fff]")
    assert not [p for p in pairs if cjk.search(p[2]) and "公" not in p[2]], "English sentences hold no Chinese"
    named = [p for p in pairs if set(re.findall(r"{(\w+)}", p[1])) != set(re.findall(r"{(\w+)}", p[2]))]
    assert not named, "both sentences use the same values"


def test_no_chinese_stands_outside_a_pair():
    wrong = []
    for path, text in TEMPLATES.items():
        bare = re.sub(r"{%.*?%}|{#.*?#}|{{.*?}}", "", text, flags=re.S)
        bare = bare.replace("English", "").replace(">中文<", "")
        if found := re.findall("[\u4e00-\u9fff]+", bare):
            wrong.append((path.name, found))
    assert not wrong


def test_chinese_sentences_use_chinese_punctuation():
    wrong = [
        (path.name, zh)
        for path, text in TEMPLATES.items()
        for zh in re.findall(r'{% t "([^"]*)"', text)
        if re.search("[\u4e00-\u9fff][,;:?!(]", zh)
    ]
    assert not wrong, f"use {FULL_WIDTH}"


def test_templates_keep_to_the_content_security_policy():
    for path, text in TEMPLATES.items():
        assert " style=" not in text, path
        assert not re.search(r"\son\w+=", text), path


def render(text, language="zh", **values):
    return Template(text).render(Context({"language": language, **values}))


def test_a_pair_of_sentences_picks_one_and_escapes_values():
    text = '{% t "共 {n} 条" "{n} rows" n=n %}'
    assert render(text, n=3) == "共 3 条"
    assert render(text, "en", n="<3>") == "&lt;3&gt; rows"


def test_times_are_shown_in_shanghai():
    assert render("{{ at|when }}", at=datetime(2026, 11, 21, 20, 5, tzinfo=UTC)) == "2026-11-22 04:05"
    assert render("{{ at|day }}", at=datetime(2026, 11, 21, 15, 59, tzinfo=UTC)) == "2026-11-21"
    assert render("{{ at|when }}{{ n|number }}", at=None, n=1234567) == "—1,234,567"


@pytest.mark.parametrize(
    ("due", "words", "tone"),
    [
        (date(2026, 11, 23), "剩 1 个工作日", "caution"),
        (date(2026, 11, 27), "剩 5 个工作日", "good"),
        (date(2026, 11, 20), "今日到期", "danger"),
        (date(2026, 11, 18), "超期 2 个工作日", "danger"),
    ],
)
def test_deadlines_are_said_in_working_days(due, words, tone):
    with clock.frozen(datetime(2026, 11, 20, 3, tzinfo=UTC)):  # a Friday
        view = due_view(due)
    assert (view.words.zh, view.tone) == (words, tone)


def test_a_deadline_without_a_number_uses_the_words_of_the_text():
    assert due_view(None, Text("及时", "promptly")).words.zh == "及时"
    assert due_view(None).words.en == "no time limit"
    with clock.frozen(datetime(2026, 11, 20, 3, tzinfo=UTC)):
        assert due_view(date(2026, 12, 31), provisional=True).words.zh.startswith("约剩")


def test_types_are_shown_in_the_citys_own_words():
    labels = rules.active().labels("share_type", on=clock.today())
    assert share_tag("CONDITIONAL").text == labels["CONDITIONAL"]
    assert open_tag("UNCONDITIONAL").tone == "good"


def test_each_citation_is_shown_once():
    one = {"label": "《甲》第一条", "label_en": "A, art. 1", "text": "文", "text_en": "text", "verified": False}
    assert cites([one, one], "zh") == [{"label": "《甲》第一条", "text": "文", "verified": False}]
    assert cites([one], "en")[0]["label"] == "A, art. 1"


@pytest.mark.parametrize("city", ["national", "luzhou", "dazhou", "xian", "zaozhuang", "yongjia"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_value_of_every_pack_can_be_said(city, language):
    pack = rules.load(city)
    for definition in pack.parameters():
        found = pack.find(definition.name, on=clock.today())
        if found is None:
            continue
        for line in in_words(found.value, language, pack):
            assert line
            assert not re.search(r"Rule\(|Text\(|None|<\w+\.", line), (definition.name, line)


def test_acts_of_the_ledger_are_said_in_words():
    assert acts.act("gateway.verify").zh == "网关·核验"
    assert acts.act("something.new").zh == "something.new"
