"""Children are started again after a crash, with growing pauses, and end with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gongshu.cli import children, process
from gongshu.cli.children import Child
from gongshu.errors import EnvironmentFault


@pytest.fixture
def child(tmp_path, monkeypatch):
    monkeypatch.setattr(children.sys, "executable", sys.executable)
    made = Child("test", ["--version"], tmp_path / "logs" / "test.log", {})
    yield made
    made.make_sure_stopped(0.1)


def wait_dead(child):
    child.running.wait(timeout=60)


def test_a_dead_child_is_noticed_once_and_started_again_after_a_pause(child, monkeypatch):
    child.start()
    first = child.pid
    wait_dead(child)
    assert child.watch() is True
    assert child.crashes == 1
    assert child.watch() is False, "not started again before its pause is over"
    assert child.running is None
    child.not_before = 0
    child.watch()
    assert child.restarts == 1
    assert child.pid not in (0, first)


def test_pauses_grow_and_a_long_life_resets_them(child, monkeypatch):
    pauses = []
    now = [1000.0]
    monkeypatch.setattr(children.clock, "monotonic", lambda: now[0])
    for _ in range(4):
        child.start()
        wait_dead(child)
        child.watch()
        pauses.append(child.not_before - now[0])
    assert pauses == [0.5, 1.0, 2.0, 4.0]
    child.start()
    now[0] += 60
    wait_dead(child)
    child.watch()
    assert child.crashes == 1


def test_output_is_kept_in_the_log(child):
    child.start()
    wait_dead(child)
    assert b"gongshu" in child.log.read_bytes()


def test_a_child_ends_when_its_parent_is_killed(tmp_path):
    program = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', "
        "'from gongshu.cli import process; import time; process.follow_supervisor(); print(1, flush=True); time.sleep(99)'],"
        " env={**os.environ, 'GONGSHU_SUPERVISOR': str(os.getpid())}, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "src"}
    )
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until = time.monotonic() + 60
    while time.monotonic() < until and _alive(pid):
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in ("Z", "X")


def test_a_taken_port_is_named_with_the_option_that_chooses_another():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFault) as refused:
            process.check_port_free("127.0.0.1", port, option="--web-port")
    assert str(port) in refused.value.text.zh
    assert "--web-port" in refused.value.text.en
    process.check_port_free("127.0.0.1", port, option="--web-port")
