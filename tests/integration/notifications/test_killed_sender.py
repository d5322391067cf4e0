"""Senders as real processes: one is killed after the receiver has the call; two work side by side.

The installation is on SQLite whatever the tests run on: the test looks into its file. ``test_sending`` asks the same of
PostgreSQL.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import live as platform
import prepared
from integration.notifications.servers import Listener, running

QUEUE = """
import sys
from gongshu.cli import session
session.connect()
from gongshu.errors import Text
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.notifications import actions
by = Actor.process("tests")
identity.register_organization(by=by, code="market", name="市场局", name_en="Market", office=Office.DEPARTMENT)
operator = Actor(0, "t", "T", "market", "市场局", Office.DEPARTMENT, frozenset({Role.PROVIDER}))
actions.add_webhook(by=operator, organization="market", url=sys.argv[1])
for n in range(int(sys.argv[2])):
    actions.notify(by=by, organization="market", roles=(Role.PROVIDER,), kind="test", text=Text(f"第{n}条", f"No. {n}"))
"""


@pytest.fixture
def home(tmp_path: Path, tmp_path_factory) -> Path:
    return prepared.install(tmp_path_factory, tmp_path / "home", city="xian")


def start(home: Path, *command: str) -> subprocess.Popen[bytes]:
    environment = platform.environment(GONGSHU_HOME=str(home), GONGSHU_LANG="en", GONGSHU_DATABASE_URL="")
    return subprocess.Popen([sys.executable, *command], env=environment, stdin=subprocess.DEVNULL)


def queue(home: Path, url: str, count: int) -> None:
    assert start(home, "-c", QUEUE, url, str(count)).wait(60) == 0


def send(home: Path) -> subprocess.Popen[bytes]:
    return start(home, "-m", "gongshu.cli.main", "notices", "send")


def rows(home: Path, query: str) -> list[tuple]:
    with sqlite3.connect(home / "control.sqlite3", timeout=20) as database:
        return database.execute(query).fetchall()


def test_a_sender_killed_before_it_could_mark_sends_again_under_the_same_key(home: Path) -> None:
    listener = Listener()
    with running(listener):
        queue(home, listener.url, 1)
        sender = send(home)
        listener.on_call = lambda: os.kill(sender.pid, signal.SIGKILL)
        assert sender.wait(60) == -signal.SIGKILL
        assert rows(home, "select status, attempts from notifications_delivery") == [("queued", 1)]
        rows(home, "update notifications_delivery set next_try = '2026-01-01 00:00:00'")  # its lease ends
        listener.on_call = None
        assert send(home).wait(60) == 0
        assert send(home).wait(60) == 0
    assert len(listener.calls) == 2
    assert len({headers["idempotency-key"] for headers, _ in listener.calls}) == 1
    assert rows(home, "select status, attempts from notifications_delivery") == [("sent", 2)]


def test_two_senders_side_by_side_send_everything_once(home: Path) -> None:
    listener = Listener()
    with running(listener):
        queue(home, listener.url, 40)
        assert [sender.wait(60) for sender in [send(home), send(home)]] == [0, 0]
    sent = Counter(headers["idempotency-key"] for headers, _ in listener.calls)
    assert (len(sent), set(sent.values())) == (40, {1})
    assert rows(home, "select distinct status from notifications_delivery") == [("sent",)]
