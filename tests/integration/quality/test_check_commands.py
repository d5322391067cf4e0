"""``gongshu quality`` as a steward runs it: the checks as YAML, a check of the version, its report with the arithmetic."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from gongshu.errors import Exit

Gongshu = Callable[..., CompletedProcess[str]]

CHECKS = """
checks:
- {id: code, check: pattern, columns: [bianma], pattern: "[0-9]{12}"}
- {id: name, check: required, columns: [mingcheng], severity: warning}
"""


@pytest.mark.heavy
def test_checks_are_written_run_and_reported(gongshu: Gongshu, tmp_path: Path, installed: Callable[..., Path]) -> None:
    installed("xian")
    secret = {"GONGSHU_PASSWORD": "correct horse battery"}
    for name in ("wang", "li"):
        assert gongshu("people", "add", name, "--name", name, "--role", "provider", env=secret).returncode == Exit.OK
    sample = tmp_path / "sample.csv"
    sample.write_text("编码,名称\n110101001001,多福巷社区\n1101,银闸社区\n110101001003,\n", encoding="utf-8")
    draft = gongshu("catalog", "draft", sample, "--title", "社区名录", "--as", "wang", "--key", "编码", "--json")
    code = str(json.loads(draft.stdout)["code"])
    items = gongshu("catalog", "show", code, "--as", "wang", "--json")
    names = [item["name"] for item in json.loads(items.stdout)["items"]]
    assert gongshu("catalog", "submit", code, "--as", "wang").returncode == Exit.OK
    assert gongshu("catalog", "secrecy", code, "--as", "li").returncode == Exit.OK
    assert gongshu("catalog", "publish", code, "--as", "li").returncode == Exit.OK
    assert gongshu("collect", sample, "--resource", code, "--as", "wang").returncode == Exit.OK

    proposed = gongshu("quality", "rules", "export", code, "--as", "wang", "--proposed")
    assert "check: unique" in proposed.stdout
    file = tmp_path / "checks.yaml"
    file.write_text(CHECKS.replace("bianma", names[0]).replace("mingcheng", names[1]), encoding="utf-8")
    saved = gongshu("quality", "rules", "import", code, file, "--as", "wang", "--note", "初版", "--json")
    assert saved.returncode == Exit.OK, saved.stderr
    assert json.loads(saved.stdout)["number"] == 1

    done = gongshu("quality", "check", code, "--as", "wang")
    assert done.returncode == Exit.NO, done.stderr
    assert "不符 1，首批源文件行号 3" in done.stdout
    assert "完整性 66.67 = 100×(1×2/3)/1" in done.stdout

    without = {"PATH": str(tmp_path), "JAVA_HOME": ""}
    refused = gongshu("quality", "check", code, "--as", "wang", "--engine", "spark", env=without)
    assert refused.returncode == Exit.ENVIRONMENT and "default-jre-headless" in refused.stderr
    short = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", "GONGSHU_SPARK_MASTER": "local[2]"}
    both = [
        gongshu("quality", "check", code, "--as", "wang", "--json", "--engine", engine, env=short, timeout=600)
        for engine in ("duckdb", "spark")
    ]
    assert [one.returncode for one in both] == [Exit.NO, Exit.NO], both[1].stderr
    assert json.loads(both[0].stdout)["outcomes"] == json.loads(both[1].stdout)["outcomes"]

    rows = tmp_path / "rows.csv"
    report = gongshu("quality", "report", code, "--as", "wang", "--rows", rows, "--json")
    assert report.returncode == Exit.OK, report.stderr
    answer = json.loads(report.stdout)
    assert (answer["version"], answer["errors"], answer["warnings"], answer["check_set"]) == (1, 1, 1, 1)
    lines = rows.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "检查,源文件行号,编码,名称"
    assert any(line.endswith(",3,1101,银闸社区") for line in lines)

    file.write_text("checks: [{check: magic}]", encoding="utf-8")
    refused = gongshu("quality", "rules", "import", code, file, "--as", "wang")
    assert refused.returncode == Exit.REFUSED
    assert "check 须为" in refused.stderr
