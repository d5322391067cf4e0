"""SIGKILL at any moment: nothing that was acknowledged is lost, and the story comes to its end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import live as platform
from gongshu.demo.registers import SMALL, generate
from ports import free_port

PATIENCE = 240  # a run that a killed worker held is taken up when its lease has run out


def steps_done(started):
    try:
        return set(json.loads((started.home / "demo.json").read_text(encoding="utf-8"))["steps"])
    except (OSError, ValueError):
        return set()


def wait_until(condition, started, what):
    until = time.monotonic() + PATIENCE
    while True:
        ended = started.process.poll() is not None  # asked first: it may have come about just before the end
        if condition():
            return
        said = (started.folder / "demo.log").read_text(encoding="utf-8", errors="replace")
        assert not ended, f"the demo ended while waiting for {what}:\n{said}"
        assert time.monotonic() < until, f"waited in vain for {what}:\n{said}"
        time.sleep(0.01)


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def end_of(started):
    """The demo's exit code and what it printed."""
    code = started.process.wait(timeout=PATIENCE)
    return code, (started.folder / "demo.log").read_text(encoding="utf-8", errors="replace")


def check_nothing_is_lost(started):
    summary = started.summary
    assert summary["gateway"]["calls_missing_in_ledger"] == 0
    assert summary["gateway"]["calls_acknowledged"] >= 100
    assert summary["ledger"]["verification"]["ok"] is True
    for name, delivery in generate(size=SMALL).items():
        found = summary["rows"]["by_register"][name]
        assert (found["read"], found["accepted"], found["version"]) == (delivery.rows, delivery.accepted, 1)
    return summary


@pytest.mark.parametrize(
    ("victim", "after"), [("web", "decide"), ("gateway", "decide"), ("gateway", "refuse"), ("worker", "decide")]
)
def test_a_killed_process_is_started_again_and_nothing_acknowledged_is_lost(tmp_path, victim, after):
    started = platform.start_demo(tmp_path, "xian", "--once")
    try:
        wait_until(lambda: after in steps_done(started), started, after)
        killed = started.state["children"][victim]
        kill(killed)
        wait_until(lambda: _restarted(started, victim, killed), started, f"another {victim}")
        code, said = end_of(started)
        assert code == 0, said
        check_nothing_is_lost(started)
    finally:
        platform.stop(started)


def _restarted(started, victim, killed):
    try:
        state = started.state
    except (OSError, ValueError):
        return started.process.poll() == 0  # it was over before we looked
    return state["children"][victim] not in (0, killed)


@pytest.mark.parametrize("after", ["catalog", "apply", "decide", "revoke"])
def test_a_killed_demo_goes_on_where_it_stopped(tmp_path, after):
    first = platform.start_demo(tmp_path, "xian", "--once")
    try:
        wait_until(lambda: after in steps_done(first), first, after)
        time.sleep(0.15)  # into the next act
        kill(first.process.pid)
        first.process.wait()
    finally:
        platform.stop(first)
    acknowledged = _acknowledged(first)
    before = steps_done(first)
    log = tmp_path / "again.log"
    again = platform.start_demo(tmp_path, "xian", "--once", log=log)
    try:
        code = again.process.wait(timeout=PATIENCE)
        assert code == 0, log.read_text(encoding="utf-8")
        summary = check_nothing_is_lost(again)
        assert before <= steps_done(again)
        assert acknowledged <= _acknowledged(again), "an acknowledged call was forgotten"
        # Applications were filed once: four of them, numbered without a gap.
        numbers = sorted(found["number"][-4:] for found in summary["applications"].values())
        assert numbers == ["0001", "0002", "0003", "0004"]
    finally:
        platform.stop(again)


def _acknowledged(started):
    from gongshu.demo.client import acknowledged

    return {reply["request_id"] for reply in acknowledged(started.home / "acknowledged.jsonl")}


def test_nothing_is_left_running_when_the_demo_is_killed(tmp_path):
    started = platform.start_demo(tmp_path, "xian", "--once")
    try:
        wait_until(lambda: "city" in steps_done(started), started, "city")
        state = started.state
        pids = [state["pid"], *state["children"].values()]
        kill(started.process.pid)
        started.process.wait()
        until = time.monotonic() + 60
        while time.monotonic() < until and any(_alive(pid) for pid in pids):
            time.sleep(0.1)
        assert not [pid for pid in pids if _alive(pid)]
    finally:
        platform.stop(started)


@pytest.mark.parametrize("delay", [0.0, 0.3, 0.8, 1.6, 3.0])
def test_pages_that_are_killed_while_they_start_leave_nobody_behind(gongshu, tmp_path, delay):
    """What granian had just begun would hold the port for ever, and no next start could have it."""
    home = tmp_path / "home"
    assert gongshu("init", "--city", "xian", home=home).returncode == 0
    with (tmp_path / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gongshu.cli.main", "web", "--port", str(free_port())],
            env=platform.environment(GONGSHU_HOME=str(home)), stdout=log, stderr=log,
        )  # fmt: skip
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    limit = time.monotonic() + PATIENCE
    while not (begun := [int(pid) for pid in children.read_text().split()]):
        assert process.poll() is None, (tmp_path / "web.log").read_text()
        assert time.monotonic() < limit
        time.sleep(0.01)
    time.sleep(delay)
    kill(process.pid)
    process.wait()
    limit = time.monotonic() + 20
    try:
        while any(map(_alive, begun)):
            assert time.monotonic() < limit, "it goes on without its master"
            time.sleep(0.05)
    finally:
        for pid in filter(_alive, begun):
            kill(pid)


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
            return stat.read().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.5, 1.0])
def test_a_worker_killed_in_the_middle_of_a_collection(tmp_path, delay):
    """Its lease runs out, another worker starts the run over, and there is one version of the right size."""
    started = platform.start_demo(tmp_path, "xian", "--once")
    try:
        wait_until(lambda: "catalog" in steps_done(started), started, "catalog")
        time.sleep(delay)
        kill(started.state["children"]["worker"])
        code, said = end_of(started)
        assert code == 0, said
        check_nothing_is_lost(started)
    finally:
        platform.stop(started)
