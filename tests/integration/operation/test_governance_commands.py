"""``gongshu operation governance`` and ``returns`` as an operator, the authority and a provider run them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from gongshu import clock
from gongshu.cli import operation as command
from gongshu.cli import session
from gongshu.errors import GongshuError
from integration.operation.test_governance import Supplied, home, pack

pytestmark = pytest.mark.django_db
__all__ = ["home", "pack"]


@pytest.fixture
def city(home: None, monkeypatch: pytest.MonkeyPatch) -> Supplied:
    monkeypatch.setattr(session, "connect", lambda: None)
    return Supplied()


def run(*words: str) -> Any:
    """What a command answers in JSON."""
    done = CliRunner().invoke(command.app, [*words, "--json"])
    if isinstance(done.exception, GongshuError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def said(*words: str) -> str:
    done = CliRunner().invoke(command.app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.mark.article("dazhou-9")
def test_a_fault_from_its_filing_to_its_acceptance_on_the_command_line(city: Supplied) -> None:
    code = city.entry.code
    assert run("governance", "checks", code, "--as", "ma")[0]["rows"] == 2
    assert "name_length" in said("governance", "checks", code, "--as", "ma")
    filed = run(
        "governance", "file", code, "--dimension", "completeness", "--facts", "名称被截短", "--wish", "补全",
        "--item", "name", "--check", "name_length", "--as", "ma",
    )  # fmt: skip
    number = filed["number"]
    with pytest.raises(GongshuError):
        run("governance", "order", number, "--as", "lin")
    assert run("governance", "order", number, "--by-day", day(9), "--as", "lin")["status"] == "ordered"
    assert run("governance", "extend", number, "--by-day", day(12), "--words", "节前", "--as", "lin")["due_on"] == day(
        12
    )
    city.collect("第一中学", "第二中学", "人民广场")
    done = run("governance", "finish", number, "--words", "已补全", "--version", "2", "--as", "li")
    assert (done["failed_before"], done["failed_after"]) == (2, 0)
    assert run("governance", "settle", number, "send_back", "--words", "别名", "--as", "ma")["rounds"] == 1
    assert run("governance", "settle", number, "withdraw", "--as", "ma")["status"] == "withdrawn"
    assert CliRunner().invoke(command.app, ["governance", "settle", number, "burn", "--as", "ma"]).exit_code == 2
    city.collect("一中", "二中", "人民广场")
    other = city.filed().number
    assert run("governance", "decline", other, "--words", "不属于质量问题", "--as", "lin")["status"] == "declined"
    assert number in said("governance", "list", "--as", "lin")
    assert [one["number"] for one in run("governance", "list", "--status", "declined", "--as", "lin")] == [other]
    assert run("governance", "list", "--late", "--as", "lin") == []


@pytest.mark.article("dazhou-9")
def test_a_return_is_reported_and_struck_out_on_the_command_line(city: Supplied) -> None:
    filed = run(
        "returns", "record", "到站预测", "--kind", "service", "--scenario", "出行", "--user", "江临出行",
        "--amount", "1,234.50", "--basis", "合同", "--since", day(0), "--until", day(0),
        "--demand", city.demand.number, "--as", "ma",
    )  # fmt: skip
    assert (filed["amount_fen"], filed["reported_to"]) == (123_450, "authority")
    assert "1,234.50" in said("returns", "list", "--as", "lin")
    assert run("returns", "strike", filed["number"], "--words", "填错", "--as", "ma")["status"] == "struck"
    assert "0.00" in said("returns", "list", "--as", "lin")
    assert run("returns", "list", "到站", "--as", "lin")[0]["number"] == filed["number"]
