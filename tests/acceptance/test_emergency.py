"""An emergency under Luzhou's rules, with the real processes: its grant holds at the gate, and ends with it (luzhou-20)."""

from __future__ import annotations

import json
import time

import pytest

import live as platform
from gongshu.demo.client import System
from prepared import story

PATIENCE = 60


@pytest.fixture(scope="module")
def luzhou(tmp_path_factory):
    with platform.running(tmp_path_factory.mktemp("luzhou"), story(tmp_path_factory, "luzhou")) as started:
        yield started


def told(started, *arguments):
    answer = started.gongshu(*arguments, "--json")
    assert answer.returncode == 0, answer.stderr + answer.stdout
    return json.loads(answer.stdout)


@pytest.mark.article("luzhou-20")
def test_ending_an_emergency_ends_its_grant_at_the_gate(luzhou, tmp_path):
    emergency = told(
        luzhou,
        "emergency",
        "declare",
        "natural_disaster",
        "--title",
        "防汛",
        "--description",
        "转移安置",
        "--as",
        "lin",
    )
    code = luzhou.codes["companies"]
    application = told(
        luzhou,
        *("share", "apply", code, "--items", "uscc,name", "--purpose", "-", "--emergency", emergency["number"]),
        *("--basis", "防汛条例", "--scenario", "转移安置", "--process", "核对", "--scope", "本单位", "--as", "zhou"),
    )
    deciders = ("lin", "zhao", "gu", "sun")
    for _ in range(6):
        if application["status"] == "approved":
            break
        for who in deciders:
            answer = luzhou.gongshu("share", "decide", application["number"], "agree", "--as", who, "--json")
            if answer.returncode == 0:
                application = json.loads(answer.stdout)
                break
    shown = told(luzhou, "emergency", "show", emergency["number"], "--as", "lin")
    (filed,) = shown["applications"]
    assert filed["status"] == "approved"

    client = told(luzhou, "clients", "add", "防汛系统", "--as", "zhou")
    system = System(luzhou.gateway, client["client_id"], client["secret"], tmp_path / "acknowledged")
    ask = {"grant": filed["grant"], "purpose": emergency["number"], "key": {"uscc": "91340100MA0000000X"}}

    def call():
        return system.call(code, "query", ask)

    until = time.monotonic() + PATIENCE
    while (reply := call()).code in {"client_unknown", "grant_unknown"}:
        assert time.monotonic() < until, reply.body
        time.sleep(0.05)
    assert reply.code in {"", "record_not_found"}, reply.body  # the gate let it through to the data
    other = system.call(code, "query", ask | {"purpose": "checking"})
    assert other.code == "purpose_mismatch"

    told(luzhou, "emergency", "end", emergency["number"], "--reason", "应急响应终止", "--as", "lin")
    until = time.monotonic() + PATIENCE
    while (reply := call()).code != "grant_revoked":
        assert time.monotonic() < until, reply.body
        time.sleep(0.05)
    assert reply.status == 403
