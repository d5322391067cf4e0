"""SIGKILL at any moment: nothing that was acknowledged is lost, and the story comes to its end."""

import json
import os
import signal
import time

import pytest

import live as platform
from gongshu.demo.registers import SMALL, generate

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


def decided(started):
    return "decide" in steps_done(started)


def refused(started):
    return "refuse" in steps_done(started)


def amid_the_calls(started):
    """A fifth of the calls that the gateway's act makes one after the other were answered."""
    return len(_acknowledged(started)) >= 20


@pytest.mark.parametrize(
    "kills",
    [[("gateway", refused), ("gateway", amid_the_calls)], [("worker", decided), ("web", amid_the_calls)]],
    ids=["gateway", "worker-web"],
)
def test_a_killed_process_is_started_again_and_nothing_acknowledged_is_lost(tmp_path, kills):
    started = platform.start_demo(tmp_path, "xian", "--once")
    try:
        for victim, moment in kills:
            wait_until(lambda moment=moment: moment(started), started, moment.__name__)
            killed = started.state["children"][victim]
            kill(killed)
            wait_until(lambda v=victim, pid=killed: _restarted(started, v, pid), started, f"another {victim}")
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


def test_a_killed_demo_leaves_nothing_running_and_goes_on_where_it_stopped(tmp_path):
    """One story, killed in five of its acts."""
    before, acknowledged = set(), set()
    for after in ("city", "catalog", "apply", "decide", "revoke"):
        started = platform.start_demo(tmp_path, "xian", "--once")
        try:
            wait_until(lambda after=after, started=started: after in steps_done(started), started, after)
            wait_until(lambda started=started: _runs(started), started, "its platform")
            time.sleep(0.15)  # into the next act
            state = started.state
            kill(started.process.pid)
            started.process.wait()
            nobody_is_left([state["pid"], *state["children"].values()])
        finally:
            platform.stop(started)
        assert before <= steps_done(started), "an act that had ended was forgotten"
        assert acknowledged <= _acknowledged(started), "an acknowledged call was forgotten"
        before, acknowledged = steps_done(started), _acknowledged(started)
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


def _runs(started):
    """Whether the platform that it started itself is up; of a demo killed before, the file of its state may be left."""
    try:
        state = started.state
    except (OSError, ValueError):
        return False
    return _alive(state["pid"]) and _parent(state["pid"]) == started.process.pid


def _parent(pid):
    return int(_stat(pid)[1])


def nobody_is_left(pids):
    until = time.monotonic() + 60
    while time.monotonic() < until and any(_alive(pid) for pid in pids):
        time.sleep(0.1)
    assert not [pid for pid in pids if _alive(pid)]


def _stat(pid):
    """What the kernel says of a process behind its name: state, parent, …"""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
        return stat.read().rsplit(")", 1)[1].split()


def _alive(pid):
    try:
        return _stat(pid)[0] not in {"Z", "X"}
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
