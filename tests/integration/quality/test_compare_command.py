"""``gongshu compare`` over files: counts, cells, exit code; no installation is needed for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from gongshu.errors import Exit

pytestmark = pytest.mark.heavy  # real processes on files: they never ask the database, so once is enough
Gongshu = Callable[..., CompletedProcess[str]]


def test_two_files_by_key(gongshu: Gongshu, tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_bytes("代码,名称\n1,甲\n2,乙\n3,丙\n".encode("gb18030"))
    new.write_text("代码,名称\n1,甲\n2,乙 \n4,丁\n", encoding="utf-8")
    done = gongshu("compare", old, new, "--key", "代码", "--out", tmp_path / "d.csv")
    assert done.returncode == Exit.NO, done.stderr
    assert "相同 1，不同 1（1 格），缺少 1，多出 1" in done.stdout
    lines = (tmp_path / "d.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["change,代码,column,left,right", "different,2,名称,乙,乙 ", "missing,3,,,", "extra,4,,,"]
    even = gongshu("compare", old, new, "--key", "代码", "--normal", "trim", "--json")
    assert json.loads(even.stdout)["different"] == 0
    same = gongshu("compare", old, old, "--key", "代码")
    assert same.returncode == Exit.OK
    assert gongshu("compare", old, new).returncode == Exit.REFUSED
    assert gongshu("compare", old, tmp_path / "none.csv", "--key", "代码").returncode == Exit.REFUSED
