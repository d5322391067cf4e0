"""Every mistake in a rule pack is reported by code, file and line, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongshu import rules
from gongshu.errors import NotFound
from gongshu.rules.reading import read_pack

PACK = """\
id: testville
extends: national
kind: normative_document
title: {zh: 测试办法, en: Test Measures}
region: {zh: 测试市, en: Testville}
valid_from: 2024-01-01
sources:
  testville:
    title: {zh: 测试办法, en: Test Measures}
    kind: normative_document
    verified: true
"""
REPLY = """\
reply_deadline:
  values:
    2024-01-01:
      value: {days: 8, words: {zh: 8个工作日内, en: within 8 working days}}
      reference:
        - {article: 9, text: {zh: 八个工作日内答复, en: answered within 8 working days}}
"""


def write(tmp_path: Path, files: dict[str, str]) -> Path:
    folder = tmp_path / "testville"
    folder.mkdir(exist_ok=True)
    for name, text in {"pack.yaml": PACK, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def load(tmp_path: Path, files: dict[str, str]) -> rules.Pack:
    return read_pack(write(tmp_path, files), rules.load("national"))


def test_a_sound_pack_loads(tmp_path):
    pack = load(tmp_path, {"sharing.yaml": REPLY})
    assert pack.id == "testville"
    assert pack.parent is rules.load("national")


def swap(old: str, new: str) -> str:
    assert old in REPLY
    return REPLY.replace(old, new)


BROKEN = {
    "unknown key in an entry": (swap("reference:", "refrence:"), "rules.unknown_key", 5),
    "unknown key in a value": (swap("days: 8,", "days: 8, dayz: 9,"), "rules.unknown_key", 4),
    "unknown key in a citation": (swap("article: 9,", "article: 9, page: 3,"), "rules.unknown_key", 6),
    "unknown parameter": (swap("reply_deadline:", "replay_deadline:"), "rules.unknown_key", 1),
    "a city may not redefine": (swap("  values:", "  shape: number\n  values:"), "rules.unknown_key", 2),
    "missing reference": (REPLY.split("      reference")[0], "rules.missing_reference", 3),
    "empty reference": (REPLY.split("\n        - {")[0] + " []\n", "rules.missing_reference", 3),
    "unknown source": (swap("{article: 9,", "{source: nowhere, article: 9,"), "rules.missing_reference", 6),
    "missing article": (swap("article: 9, ", ""), "rules.missing_key", 6),
    "wrong type": (swap("days: 8,", "days: eight,"), "rules.wrong_type", 4),
    "missing words": (swap(", words: {zh: 8个工作日内, en: within 8 working days}", ""), "rules.wrong_type", 4),
    "half a text": (swap(", en: within 8 working days", ""), "rules.half_text", 4),
    "not a date": (swap("2024-01-01:", "last spring:"), "rules.wrong_type", 3),
    "a date that does not exist": (swap("2024-01-01:", "2024-02-30:"), "rules.wrong_type", 3),
    "dropped whole": ("reply_deadline:\n", "rules.silent_drop", 1),
    "no values": ("# a comment\nreply_deadline: {values: {}}\n", "rules.silent_drop", 2),
    "a date without an entry": ("reply_deadline:\n  values:\n    2024-01-01:\n", "rules.silent_drop", 3),
    "neither value nor variants": (
        "reply_deadline:\n  values:\n    2024-01-01:\n      reference: []\n",
        "rules.missing_key",
        3,
    ),
    "ended without a reference": (
        "reply_deadline:\n  values:\n    2024-01-01: {value: null}\n",
        "rules.missing_reference",
        3,
    ),
    "ended without a date": (
        "reply_deadline:\n  values:\n    undated:\n      value: null\n"
        "      reference: [{article: 1, text: {zh: 无, en: none}}]\n",
        "rules.silent_drop",
        3,
    ),
    "written twice": (REPLY + REPLY, "rules.duplicate_key", 7),
    "not YAML": ("reply_deadline:\n  values: {a: [\n", "rules.bad_yaml", 3),
    "a list at the top": ("- a\n", "rules.wrong_type", 1),
    "an empty file": ("", "rules.wrong_type", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_located(tmp_path, name):
    text, code, line = BROKEN[name]
    with pytest.raises(rules.RulePackError) as caught:
        load(tmp_path, {"sharing.yaml": text})
    error = caught.value
    assert (error.code, error.where) == (code, {"file": "testville/sharing.yaml", "line": line})
    assert f"testville/sharing.yaml 第{line}行" in error.text.zh
    assert f"testville/sharing.yaml, line {line}" in error.text.en
    assert str(tmp_path) not in error.text.zh


CHAIN = """\
chain:
  values:
    2024-01-01:
      variants:
        - when: {share_type: CONDITIONAL}
          value:
            access: application
            words: {zh: 申请, en: apply}
            steps: [{office: provider, act: consent, deadline: sharing.reply_deadline, words: {zh: 答复, en: answers}}]
          reference: [{article: 9, text: {zh: 答复, en: answered}}]
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("office: provider", "office: postman", "rules.wrong_type", 9),
        ("act: consent", "act: shout", "rules.wrong_type", 9),
        ("access: application", "access: maybe", "rules.wrong_type", 7),
        ("share_type: CONDITIONAL", "colour: red", "rules.unknown_key", 5),
        ("sharing.reply_deadline", "sharing.chain", "rules.missing_reference", 9),
        (
            "        - when: {share_type: CONDITIONAL}\n",
            "        - when: {share_type: CONDITIONAL}\n          x: 1\n",
            "rules.unknown_key",
            6,
        ),
    ],
)
def test_a_chain_is_checked(tmp_path, old, new, code, line):
    assert old in CHAIN
    with pytest.raises(rules.RulePackError) as caught:
        load(tmp_path, {"sharing.yaml": CHAIN.replace(old, new)})
    assert (caught.value.code, caught.value.where["line"]) == (code, line)


def test_two_variants_of_one_condition_are_refused(tmp_path):
    head, variant = CHAIN.split("        - when")
    text = head + "        - when" + variant + "        - when" + variant
    with pytest.raises(rules.RulePackError) as caught:
        load(tmp_path, {"sharing.yaml": text})
    assert caught.value.code == "rules.duplicate_key"


REVIEWS = """\
review_requires:
  values:
    2024-01-01:
      value: [secrecy_review]
      reference: [{article: 3, text: {zh: 保密审查, en: secrecy review}}]
"""


def test_a_national_review_cannot_be_left_out_silently(tmp_path):
    with pytest.raises(rules.RulePackError) as caught:
        load(tmp_path, {"opening.yaml": REVIEWS})
    assert caught.value.code == "rules.silent_drop"
    assert "privacy_review" in caught.value.text.en


def test_it_can_be_left_out_aloud(tmp_path):
    aloud = REVIEWS.replace("value: [secrecy_review]", "value: [secrecy_review]\n      without: [privacy_review]")
    pack = load(tmp_path, {"opening.yaml": aloud})
    assert pack.entries["opening.review_requires"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("extends: national\n", "", "rules.silent_drop"),
        ("kind: normative_document\ntitle", "kind: rumour\ntitle", "rules.wrong_type"),
        ("valid_from: 2024-01-01", "valid_from: soon", "rules.wrong_type"),
        ("region: ", "regoin: ", "rules.unknown_key"),
        ("    verified: true\n", "", "rules.missing_key"),
        ("title: {zh: 测试办法, en: Test Measures}\nregion", "region", "rules.missing_key"),
    ],
)
def test_the_head_of_a_pack_is_checked(tmp_path, monkeypatch, old, new, code):
    assert old in PACK
    write(tmp_path, {"pack.yaml": PACK.replace(old, new)})
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    with pytest.raises(rules.RulePackError) as caught:
        rules.load("testville")
    assert caught.value.code == code
    assert caught.value.where["file"] == "testville/pack.yaml"


def test_a_file_that_is_not_text(tmp_path):
    folder = write(tmp_path, {})
    (folder / "sharing.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(rules.RulePackError) as caught:
        read_pack(folder, rules.load("national"))
    assert caught.value.code == "rules.unreadable"


@pytest.mark.parametrize("name", ["atlantis", "", "../xian", "Xian"])
def test_an_unknown_city_gets_the_list(name):
    with pytest.raises(NotFound) as caught:
        rules.load(name)
    assert caught.value.code == "rules.unknown_pack"
    assert "yongjia" in caught.value.text.zh


def test_a_near_miss_is_suggested():
    with pytest.raises(NotFound) as caught:
        rules.load("yongjai")
    assert "是不是“yongjia”" in caught.value.text.zh


def test_a_choice_listed_twice_is_located(tmp_path):
    purposes = """\
purposes:
  values:
    2024-01-01:
      value:
        - {id: reference, label: {zh: 工作参考, en: reference}}
        - {id: reference, label: {zh: 参考, en: reference}}
      reference: [{article: 4, text: {zh: 用途, en: purposes}}]
"""
    with pytest.raises(rules.RulePackError) as caught:
        load(tmp_path, {"sharing.yaml": purposes})
    assert (caught.value.code, caught.value.where["line"]) == ("rules.duplicate_key", 4)
