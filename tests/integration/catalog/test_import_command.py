"""``gongshu catalog import`` and ``export`` as a clerk runs them: every doubt is told, and what comes out goes in again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gongshu.errors import Exit
from integration.catalog.test_imports import HEADS, listing, workbook


@pytest.fixture
def ready(gongshu, installed):
    """An installation with a department and its clerk."""
    installed("xian")
    secret = {"GONGSHU_PASSWORD": "correct horse battery"}
    added = gongshu("people", "add", "wang", "--name", "王岚", "--role", "provider", env=secret)
    assert added.returncode == Exit.OK, added.stderr
    return gongshu


def foreign(path: Path) -> Path:
    """A listing whose entries are another body's."""
    rows = [[f"第{n}号资源", "市知识产权局", "摘要", "编号", "字符串型C", 20, "无条件", "每月"] for n in range(15)]
    heads = ["信息资源名称", "信息资源提供方", *HEADS[2:8]]
    path.write_bytes(workbook(rows, heads=heads))
    return path


@pytest.mark.heavy
def test_a_file_of_which_nothing_can_be_imported_is_refused_with_its_reasons(ready, tmp_path: Path) -> None:
    file = foreign(tmp_path / "theirs.xlsx")
    refused = ready("catalog", "import", file, "--as", "wang")
    assert refused.returncode == Exit.REFUSED
    assert "市知识产权局" in refused.stdout, "the clerk is told what is wrong, not only that something is"
    assert refused.stdout.count("市知识产权局") < 5, "and the same only once"
    again = ready("catalog", "import", file, "--as", "wang", "--dry-run", "--json")
    assert json.loads(again.stdout)["status"] == "dry-run", "nothing was left behind that would be gone on with"


@pytest.mark.heavy
def test_what_is_exported_is_imported_again_unchanged(ready, tmp_path: Path) -> None:
    file = tmp_path / "ours.xlsx"
    file.write_bytes(listing(30))
    done = ready("catalog", "import", file, "--as", "wang", "--json")
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    made = json.loads(done.stdout)["counts"]
    out = tmp_path / "out.xlsx"
    assert ready("catalog", "export", out, "--as", "wang").returncode == Exit.OK
    again = ready("catalog", "import", out, "--as", "wang", "--json")
    assert json.loads(again.stdout)["counts"] == {"unchanged": made["created"]}
