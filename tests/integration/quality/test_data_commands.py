"""``gongshu lake``, ``compare``, ``quality clean`` and ``reconcile`` on one entry, as clerks run them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from gongshu.errors import Exit

Gongshu = Callable[..., CompletedProcess[str]]


@pytest.mark.heavy
def test_versions_cleaning_and_other_sources(gongshu: Gongshu, tmp_path: Path, installed: Callable[..., Path]) -> None:
    installed("xian")
    secret = {"GONGSHU_PASSWORD": "correct horse battery"}
    for name in ("wang", "li"):
        assert gongshu("people", "add", name, "--name", name, "--role", "provider", env=secret).returncode == Exit.OK
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("编码,名称\n110101001001,多福巷社区\n110101001002,银闸社区\n", encoding="utf-8")
    second.write_text("编码,名称\n110101001001,多福巷１社区\n110101001003,东厂社区\n", encoding="utf-8")
    draft = gongshu("catalog", "draft", first, "--title", "社区名录", "--as", "wang", "--key", "编码", "--json")
    code = str(json.loads(draft.stdout)["code"])
    names = [
        item["name"] for item in json.loads(gongshu("catalog", "show", code, "--as", "wang", "--json").stdout)["items"]
    ]
    for step, who in (("submit", "wang"), ("secrecy", "li"), ("publish", "li")):
        assert gongshu("catalog", step, code, "--as", who).returncode == Exit.OK
    for file in (first, second):
        assert gongshu("collect", file, "--resource", code, "--as", "wang").returncode == Exit.OK

    compared = gongshu("compare", f"{code}@1", code, "--as", "wang", "--out", tmp_path / "d.xlsx", "--json")
    assert compared.returncode == Exit.NO, compared.stderr
    answer = json.loads(compared.stdout)
    assert (answer["different"], answer["missing"], answer["extra"]) == (1, 1, 1)
    assert (tmp_path / "d.xlsx").stat().st_size > 0

    steps = tmp_path / "steps.yaml"
    steps.write_text(f"steps:\n- {{step: width, columns: [{names[1]}]}}\n", encoding="utf-8")
    seen = gongshu("quality", "clean", code, "--steps", steps, "--as", "wang")
    assert "2 行中 1 行会改变" in seen.stdout, seen.stderr
    done = gongshu("quality", "clean", code, "--steps", steps, "--apply", "--as", "wang", "--json")
    assert json.loads(done.stdout)["version"] == 3
    nothing = gongshu("quality", "clean", code, "--apply", "--as", "wang")
    assert nothing.returncode == Exit.REFUSED, "the last steps, once more, change nothing"

    back = gongshu("lake", "restore", code, "1", "--reason", "误传文件", "--as", "wang", "--json")
    assert json.loads(back.stdout) == {"version": 4, "rows": 2, "restored": 1}
    listed = json.loads(gongshu("lake", "versions", code, "--as", "wang", "--json").stdout)
    assert [one["origin"]["zh"].split(" ")[0] for one in listed] == ["归集", "归集", "清洗自", "恢复自"]
    assert gongshu("lake", "versions", code, "--as", "wang").stdout.count("\n") == 4
    told = json.loads(gongshu("lake", "profile", code, "--version", "3", "--as", "wang", "--json").stdout)
    assert [(one["title"], one["percent"], one["distinct"]) for one in told] == [("编码", 100, 2), ("名称", 100, 2)]
    assert "名称" in gongshu("lake", "profile", code, "--as", "wang").stdout
    taken = gongshu("lake", "export", code, tmp_path / "v3.csv", "--version", "3", "--as", "wang")
    assert taken.returncode == Exit.OK, taken.stderr
    assert "多福巷1社区" in (tmp_path / "v3.csv").read_text(encoding="utf-8-sig")
    assert gongshu("lake", "compact", code, "--as", "wang").returncode == Exit.OK
    plan = gongshu("lake", "clear", code, "--days", "0", "--keep", "1", "--as", "wang", "--json")
    assert json.loads(plan.stdout)["versions"] == [2, 3]
    cleared = gongshu("lake", "clear", code, "--days", "0", "--keep", "1", "--as", "wang", "--yes")
    assert "v2、v3" in cleared.stdout
    gone = gongshu("compare", f"{code}@2", code, "--as", "wang")
    assert gone.returncode == Exit.REFUSED
    assert "保留期" in gone.stderr

    other = tmp_path / "other.csv"
    other.write_text(f"{names[0]},{names[1]}\n110101001002,银闸新社区\n", encoding="utf-8")
    found = gongshu(
        "quality", "reconcile", code, other, "--columns", names[1], "--rule", "priority",
        "--out", tmp_path / "r.csv", "--as", "wang", "--json",
    )  # fmt: skip
    assert found.returncode == Exit.OK, found.stderr
    [proposal] = json.loads(found.stdout)["proposals"]
    assert proposal["建议值"] == "银闸社区"
    assert "银闸新社区" in (tmp_path / "r.csv").read_text(encoding="utf-8-sig")
