"""A bulk import of 4,000 rows by a real worker that is killed again and again: nothing half written, nothing twice.

The installation is on SQLite whatever the tests run on: the test looks into its file while no worker runs.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

import live as platform
import prepared
from integration.catalog.test_imports import listing

ROWS, ENTRIES, ITEMS = 4000, 2000, 2
KILLS = 5
PATIENCE = 300
SUBMIT = """
import sys
from pathlib import Path
from gongshu.cli import session
session.connect()
from gongshu.catalog import import_actions
from gongshu.identity import actions as identity
from gongshu.identity import queries as people
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
by = Actor.process("tests")
identity.register_organization(by=by, code="market", name="市场局", name_en="Market", office=Office.DEPARTMENT)
identity.register_person(by=by, username="wang", display_name="王", password="correct horse battery",
                         organization="market", roles=[Role.PROVIDER])
wang = people.actor_by_username("wang")
run = import_actions.submit_workbook(by=wang, content=Path(sys.argv[1]))
import_actions.confirm(by=wang, run=run.pk)
"""


@pytest.fixture
def home(tmp_path: Path, tmp_path_factory) -> Path:
    return prepared.install(tmp_path_factory, tmp_path / "home", city="xian")


def start(home: Path, *command: str) -> subprocess.Popen[bytes]:
    environment = platform.environment(GONGSHU_HOME=str(home), GONGSHU_LANG="en", GONGSHU_DATABASE_URL="")
    return subprocess.Popen([sys.executable, *command], env=environment, stdin=subprocess.DEVNULL)


def rows(home: Path, query: str) -> list[tuple]:
    with sqlite3.connect(home / "control.sqlite3", timeout=60) as database:
        return database.execute(query).fetchall()


def progress(home: Path) -> tuple[str, int, int]:
    """(status, done, total): what the page of the import shows."""
    [found] = rows(home, "select status, done, total from catalog_importrun")
    return found


def wait_for(home: Path, worker: subprocess.Popen[bytes], least: int) -> int:
    """Until ``least`` entries are done, or all are; how many."""
    until = time.monotonic() + PATIENCE
    while True:
        status, done, _ = progress(home)
        if done >= least or status == "done":
            return done
        assert worker.poll() is None, "the worker ended by itself"
        assert time.monotonic() < until, f"waited in vain for {least} entries; {done} are done"
        time.sleep(0.01)


def check_whole(home: Path) -> int:
    """Each entry that there is, is there with its items, its line, its history and its leaf, once; how many there are."""
    [(entries,)] = rows(home, "select count(*) from catalog_entry")
    _, done, _ = progress(home)
    per_entry = "select count(*) from catalog_item group by entry_id"
    assert rows(home, f"select distinct * from ({per_entry})") == [(ITEMS,)]
    [(items, keys)] = rows(home, "select count(*), count(distinct entry_id) from catalog_item")
    assert (items, keys) == (entries * ITEMS, entries)
    assert rows(home, "select count(*), count(distinct title_key), count(distinct code) from catalog_entry") == [
        (entries, entries, entries)
    ]
    created = "select count(*), count(distinct entry_id) from catalog_entryevent where action = 'created'"
    assert rows(home, created) == [(entries, entries)]
    assert rows(home, "select count(*), count(distinct code) from catalog_importline where outcome = 'created'") == [
        (entries, entries)
    ]
    assert done == entries
    return entries


@pytest.mark.heavy
def test_an_import_of_4000_rows_survives_sigkill_at_any_moment(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "listing.xlsx"
    file.write_bytes(listing(ROWS))
    assert start(home, "-c", SUBMIT, str(file)).wait(PATIENCE) == 0
    assert progress(home) == ("queued", 0, ENTRIES)
    dice = random.Random()
    seen = [0]
    for turn in range(1, KILLS + 1):
        worker = start(home, "-m", "gongshu.cli.main", "worker")
        try:
            wait_for(home, worker, seen[-1] + dice.randrange(1, ENTRIES // (KILLS + 2)))
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            assert worker.wait(PATIENCE) == -signal.SIGKILL
        seen.append(check_whole(home))
        status, done, total = progress(home)
        assert (status, total) == ("running", ENTRIES), f"turn {turn}: {done} are done"
        rows(home, "update catalog_importrun set lease_until = '2026-01-01 00:00:00'")  # as if its lease had run out
    assert all(before < after < ENTRIES for before, after in pairwise(seen)), seen
    worker = start(home, "-m", "gongshu.cli.main", "worker")
    try:
        assert wait_for(home, worker, ENTRIES + 1) == ENTRIES
    finally:
        worker.terminate()
        worker.wait(PATIENCE)
    assert check_whole(home) == ENTRIES
    assert progress(home) == ("done", ENTRIES, ENTRIES)
    assert rows(home, "select distinct outcome from catalog_importline") == [("created",)]
    assert rows(home, "select attempts from catalog_importrun") == [(KILLS + 1,)]
