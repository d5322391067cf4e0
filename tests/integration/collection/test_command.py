"""``gongshu collect`` as a clerk and as a program run it: counts, reasons, exit codes, and no cell unless
asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from gongshu.errors import Exit

Gongshu = Callable[..., CompletedProcess[str]]

SAMPLE = "编码,名称\n110101001001,多福巷社区\n110101001002,银闸社区\n"


@pytest.fixture
def resource(gongshu: Gongshu, tmp_path: Path, installed: Callable[..., Path]) -> str:
    """An installation with one published entry of two items; its resource code."""
    installed("xian")
    for name in ("wang", "li"):
        added = gongshu(
            "people",
            "add",
            name,
            "--name",
            name,
            "--role",
            "provider",
            env={"GONGSHU_PASSWORD": "correct horse battery"},
        )
        assert added.returncode == Exit.OK, added.stderr
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE, encoding="utf-8")
    draft = gongshu("catalog", "draft", sample, "--title", "社区名录", "--as", "wang", "--key", "编码", "--json")
    assert draft.returncode == Exit.OK, draft.stderr
    code = str(json.loads(draft.stdout)["code"])
    assert gongshu("catalog", "submit", code, "--as", "wang").returncode == Exit.OK
    assert gongshu("catalog", "secrecy", code, "--as", "li").returncode == Exit.OK
    assert gongshu("catalog", "publish", code, "--as", "li").returncode == Exit.OK
    return code


def test_a_file_is_collected_counted_and_explained(gongshu: Gongshu, resource: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(f"社区名录,\n{SAMPLE}110101001001,秘密名称\n,无码\n1,2,3\n\n".encode("gb18030"))

    done = gongshu("collect", path, "--resource", resource, "--json")
    assert done.returncode == Exit.OK, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert (answer["read"], answer["accepted"], answer["rejected"], answer["blank"]) == (6, 2, 3, 1)
    assert (answer["status"], answer["version"]) == ("committed", 1)
    assert (answer["detection"]["encoding"], answer["detection"]["header_row"]) == ("gb18030", 2)
    assert [(row["row"], row["failures"][0]["rule"]) for row in answer["sample"]] == [
        (5, "duplicate_key"),
        (6, "required"),
        (7, "field_count"),
    ]
    assert "秘密" not in done.stdout + done.stderr

    told = gongshu("collect", path, "--resource", resource, "--as", "wang", "--show-raw")
    assert told.returncode == Exit.OK, told.stderr
    assert "读取 6 行 = 入库 2 + 未通过 3 + 空行 1" in told.stdout
    assert "第 5 行" in told.stdout
    assert "主键与前面的行重复" in told.stdout
    assert "秘密名称" in told.stdout
    assert "版本 2 已入库" in told.stdout
    english = gongshu("collect", path, "--resource", resource, language="en")
    assert "read 6 rows = accepted 2 + rejected 3 + blank 1" in english.stdout
    assert "秘密" not in english.stdout


REFUSED = {
    "collection.empty": b"",
    "collection.not_a_table": b"\x7fELF" + bytes(64),
    "collection.column_twice": "编码,名称,名称\n1,a,b\n".encode(),
    "collection.column_missing": "编码\n1\n".encode(),
    "collection.column_unlisted": "编码,名称,备注\n1,a,b\n".encode(),
    "collection.nothing_accepted": "编码,名称\n,a\n".encode(),
}


def test_a_refusal_is_one_sentence_and_exit_code_three(gongshu: Gongshu, resource: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    for code, content in REFUSED.items():
        path.write_bytes(content)
        done = gongshu("collect", path, "--resource", resource, "--json")
        assert done.returncode == Exit.REFUSED
        assert json.loads(done.stderr)["error"]["code"] == code
        assert not list((tmp_path / "home" / "inbox").iterdir())
        assert not list((tmp_path / "home" / "serving").iterdir())
    path.write_text(SAMPLE, encoding="utf-8")
    for arguments, code in (
        ((path,), Exit.USAGE),
        ((path, "--resource", "000000-000000"), Exit.REFUSED),
        ((path, "--resource", resource, "--as", "nobody"), Exit.REFUSED),
        ((tmp_path / "absent.csv", "--resource", resource), Exit.REFUSED),
    ):
        assert gongshu("collect", *arguments).returncode == code
    elsewhere = gongshu("collect", path, "--resource", resource, home=tmp_path / "elsewhere")
    assert elsewhere.returncode == Exit.ENVIRONMENT


def test_what_a_file_would_become_is_told_without_committing(gongshu: Gongshu, resource: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("题\n编码;名称;备注\n1;甲;x\n合计;1;\n", encoding="utf-8")
    told = gongshu("collect", path, "--resource", resource, "--dry-run")
    assert told.returncode == Exit.REFUSED
    for words in ("分隔文本，编码 utf-8，分隔符 分号，表头在第 2 行", "编码 ← 编码", "目录未列：备注", "会被退回"):
        assert words in told.stdout
    path.write_text("题\n编码;名称\n1;秘密甲\n合计;1\n", encoding="utf-8")
    found = gongshu("collect", path, "--resource", resource, "--dry-run", "--json", "--as", "wang")
    assert found.returncode == Exit.OK, found.stderr
    answer = json.loads(found.stdout)
    assert (answer["looked_at"], answer["accepted"], answer["rejected"], answer["problem"]) == (2, 1, 1, None)
    assert "秘密" not in found.stdout
    assert not list((tmp_path / "home" / "inbox").iterdir())

    done = gongshu("collect", path, "--resource", resource, "--keep-footers", "--delimiter", ";", "--json")
    assert json.loads(done.stdout)["accepted"] == 2, done.stderr
    again = gongshu("collect", path, "--resource", resource, "--json")
    assert json.loads(again.stdout)["accepted"] == 2, "it is read as the last one was"
    forgot = gongshu("collect", path, "--resource", resource, "--forget", "--json")
    assert json.loads(forgot.stdout)["accepted"] == 1
    wrong = gongshu("collect", path, "--resource", resource, "--encoding", "rot13")
    assert wrong.returncode == Exit.REFUSED


def test_a_version_is_scanned_for_personal_data(gongshu: Gongshu, resource: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("编码,名称\n1,330324199001010011\n2,11010519491231002X\n", encoding="utf-8")
    done = gongshu("collect", path, "--resource", resource)
    assert "名称 含公民身份号码（个人信息）：目录未标明含个人信息；目录未设脱敏方式" in done.stdout
    told = gongshu("scan", resource)
    assert told.returncode == Exit.NO
    assert "建议 2 级、证件号码脱敏" in told.stdout
    found = gongshu("scan", resource, "--json", "--as", "wang")
    assert [one["kind"] for one in json.loads(found.stdout)["findings"]] == ["citizen_id"]
    assert "330324" not in told.stdout + found.stdout
