"""``gongshu libraries`` as clerks run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from gongshu.errors import Exit
from gongshu.home import Home
from gongshu.lake.serving import Snapshot

Gongshu = Callable[..., CompletedProcess[str]]
SECRET = {"GONGSHU_PASSWORD": "correct horse battery"}


def published(gongshu: Gongshu, file: Path, title: str) -> str:
    draft = gongshu("catalog", "draft", file, "--title", title, "--as", "wang", "--key", "编码", "--json")
    code = str(json.loads(draft.stdout)["code"])
    for step, who in (("submit", "wang"), ("secrecy", "li"), ("publish", "li")):
        done = gongshu("catalog", step, code, "--as", who)
        assert done.returncode == Exit.OK, done.stderr
    return code


@pytest.mark.heavy
def test_a_theme_library_on_the_command_line(gongshu: Gongshu, tmp_path: Path, installed: Callable[..., Path]) -> None:
    installed("xian")
    for name, role in (("wang", "provider"), ("li", "provider"), ("lin", "data_authority")):
        assert gongshu("people", "add", name, "--name", name, "--role", role, env=SECRET).returncode == Exit.OK
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("编码,名称\n110101001001,多福巷社区\n110101001002,银闸社区\n", encoding="utf-8")
    second.write_text("编码,名称\n110101001002,旧名\n110101001003,东厂社区\n", encoding="utf-8")
    codes = [published(gongshu, first, f"社区名录{name}") for name in ("城区", "郊区", "全市")]
    for file, code in zip((first, second), codes, strict=False):
        assert gongshu("collect", file, "--resource", code, "--as", "wang").returncode == Exit.OK

    made = gongshu("libraries", "open", codes[2], "--name", "社区主题库", "--as", "lin", "--json")
    assert made.returncode == Exit.OK, made.stderr
    number = json.loads(made.stdout)["number"]
    assert gongshu("libraries", "define", number, codes[0], "x", "--as", "wang").returncode == Exit.REFUSED
    assert gongshu("libraries", "define", number, *codes[:2], "--as", "wang").returncode == Exit.OK
    built = gongshu("libraries", "build", "--json")
    assert [(one["status"], one["rows"]) for one in json.loads(built.stdout)] == [("in_use", 3)], built.stderr
    shown = json.loads(gongshu("libraries", "show", number, "--as", "lin", "--json").stdout)
    assert [one["code"] for one in shown["builds"][0]["sources"]] == codes[:2]
    assert "社区主题库" in gongshu("libraries", "list", "--as", "lin").stdout
    with Snapshot.open(Home(tmp_path / "home"), codes[2]) as snapshot:
        assert sorted(row[snapshot.manifest.items[1].name] for row in snapshot.page().rows) == [
            "东厂社区", "多福巷社区", "银闸社区",
        ]  # fmt: skip
    refused = gongshu("collect", first, "--resource", codes[2], "--as", "wang")
    assert refused.returncode == Exit.REFUSED
    assert "不接收文件" in refused.stderr
    assert (
        gongshu("libraries", "open", codes[2], "--name", "x", "--kind", "grand", "--as", "lin").returncode == Exit.USAGE
    )
    assert "legal_persons" in gongshu("libraries", "open", "--help").stdout
    assert gongshu("libraries", "end", number, "--reason", "任务完成", "--as", "wang").returncode == Exit.OK
