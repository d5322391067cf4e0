"""``gongshu spaces`` as clerks run it, and collections beside each other as real processes on a SQLite file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import live
from gongshu.errors import Exit

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
@pytest.mark.article("yongjia-7")
def test_stores_on_the_command_line(
    gongshu: Gongshu, installed: Callable[..., Path], tmp_path: Path, own_database: str
) -> None:
    installed("xian")
    for name in ("wang", "li"):
        assert gongshu("people", "add", name, "--name", name, "--role", "provider", env=SECRET).returncode == Exit.OK
    lin = gongshu("people", "add", "lin", "--name", "lin", "--role", "data_authority", env=SECRET)
    assert lin.returncode == Exit.OK, lin.stderr
    file = tmp_path / "first.csv"
    file.write_text("编码,名称\n110101001001,多福巷社区\n110101001002,银闸社区\n", encoding="utf-8")
    codes = [published(gongshu, file, f"社区名录{number}") for number in range(3)]

    unit = gongshu("catalog", "show", codes[0], "--as", "wang", "--json")
    provider = json.loads(unit.stdout)["provider"]
    provider = provider["code"] if isinstance(provider, dict) else provider
    made = gongshu("spaces", "open", provider, "--name", "市数据仓", "--rows", "5", "--as", "lin", "--json")
    assert made.returncode == Exit.OK, made.stderr
    number = json.loads(made.stdout)["number"]
    again = gongshu("spaces", "open", provider, "--name", "市数据仓", "--rows", "5", "--as", "lin")
    assert again.returncode == Exit.REFUSED
    assert "已有数据仓" in again.stderr

    # Three collections of two rows at once; five rows have room for two of them.
    settings = {"GONGSHU_HOME": str(tmp_path / "home"), "GONGSHU_DATABASE_URL": own_database}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "gongshu.cli.main", "collect", str(file), "--resource", code, "--as", "wang"],
            env=live.environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for code in codes
    ]
    said = [process.communicate(timeout=120) for process in running]
    ended = sorted(process.returncode for process in running)
    assert ended == [Exit.OK, Exit.OK, Exit.REFUSED], said
    assert sum("超过额度" in out + err for out, err in said) == 1

    shown = json.loads(gongshu("spaces", "show", number, "--as", "lin", "--json").stdout)
    assert (shown["rows"], shown["table_count"], shown["percent"]) == (4, 2, 80)
    assert {one["rows"] for one in shown["tables"]} == {2}
    assert gongshu("spaces", "quota", number, "--rows", "6", "--reason", "增长", "--as", "lin").returncode == Exit.OK
    assert gongshu("spaces", "name", number, "wang", "--manage", "--as", "lin").returncode == Exit.OK
    assert gongshu("spaces", "restrict", number, "--as", "lin").returncode == Exit.OK
    closed_out = gongshu("collect", file, "--resource", codes[0], "--as", "li")
    assert closed_out.returncode == Exit.REFUSED
    assert "按名单授权" in closed_out.stderr
    member = json.loads(gongshu("spaces", "show", number, "--as", "lin", "--json").stdout)["members"][0]["member"]
    assert gongshu("spaces", "revoke", number, member, "--as", "lin").returncode == Exit.OK
    assert json.loads(gongshu("spaces", "measure", "--json").stdout) == {"tables": 2}
    assert "66%" in gongshu("spaces", "list", "--as", "lin").stdout
    assert "20GB" in gongshu("spaces", "open", "--help").stdout
    assert gongshu("spaces", "close", number, "--reason", "机构改革", "--as", "lin").returncode == Exit.OK
