"""``gongshu rules`` and ``gongshu deadline`` through the real entrance, in-process."""

from __future__ import annotations

import json

import pytest

from gongshu.cli.main import main


def run(capsys, monkeypatch, *arguments: str, language: str = "zh") -> tuple[int, str, str]:
    monkeypatch.setenv("GONGSHU_LANG", language)
    monkeypatch.setattr("sys.argv", ["gongshu", *arguments])
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return int(code or 0), captured.out, captured.err


def test_a_value_with_its_article(capsys, monkeypatch):
    code, out, _ = run(
        capsys, monkeypatch, "rules", "value", "sharing.reply_deadline", "collected=false", "--city", "yongjia"
    )
    assert code == 0
    assert "7个工作日内" in out
    assert "第二十条" in out


def test_a_chain_as_json(capsys, monkeypatch):
    code, out, _ = run(
        capsys, monkeypatch, "rules", "chain", "conditional", "--city", "xian", "--on", "2026-02-13", "--json"
    )
    body = json.loads(out)
    assert code == 0
    assert [(step["office"], step["due"]) for step in body["steps"]] == [("provider", "2026-03-05")]
    assert body["notice"]["zh"].startswith("《西安市")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rules", "list"], "永嘉县"),
        (["rules", "show", "luzhou"], "sharing.refusal_requires"),
        (["rules", "check"], "6 个规则包没有错误"),
        (["rules", "cases", "xian"], "0 个不符"),
        (["deadline", "2026-09-30", "3"], "2026-10-10 星期六"),
        (["deadline", "2026-12-25", "10"], "暂定"),
    ],
)
def test_commands_answer(capsys, monkeypatch, arguments, words):
    code, out, _ = run(capsys, monkeypatch, *arguments)
    assert code == 0
    assert words in out


@pytest.mark.parametrize(
    ("arguments", "exit_code", "error_code"),
    [
        (["rules", "show", "atlantis"], 2, "rules.unknown_pack"),
        (["rules", "value", "nope"], 3, "rules.unknown_parameter"),
        (["rules", "list", "--on", "yesterday"], 2, "cli.not_a_date"),
        (["rules", "value", "sharing.reply_deadline", "collected"], 2, "cli.not_a_pair"),
        (["deadline", "2026-02-30", "10"], 2, "cli.not_a_date"),
    ],
)
def test_a_refusal_has_a_code(capsys, monkeypatch, arguments, exit_code, error_code):
    code, out, err = run(capsys, monkeypatch, *arguments, "--json")
    assert (code, out) == (exit_code, "")
    assert json.loads(err)["error"]["code"] == error_code


def test_a_broken_pack_fails_the_check(capsys, monkeypatch, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "pack.yaml").write_text("id: broken\nextends: national\nkind: rumour\n", encoding="utf-8")
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    code, out, _ = run(capsys, monkeypatch, "rules", "check", "--json")
    assert code == 1
    (fault,) = json.loads(out)["faults"]
    assert (fault["pack"], fault["file"], fault["line"]) == ("broken", "broken/pack.yaml", 1)


def test_english(capsys, monkeypatch):
    code, out, _ = run(capsys, monkeypatch, "rules", "value", "sharing.reply_deadline", "--city", "xian", language="en")
    assert code == 0
    assert "within 10 working days" in out
    assert "art. 20" in out


def test_the_article_register(capsys, monkeypatch):
    code, out, _ = run(capsys, monkeypatch, "rules", "articles", "yongjia", "--state", "enforced", "--json")
    body = json.loads(out)
    assert code == 0
    assert {article["state"] for article in body["articles"]} == {"enforced"}
    assert len(body["articles"]) == body["counts"]["enforced"] > 0
    code, out, _ = run(capsys, monkeypatch, "rules", "articles", "xian", language="en")
    assert code == 0
    assert "xian-20" in out
    assert "planned" in out
