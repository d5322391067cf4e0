"""SIGKILL of the process that a person started: nothing of it stays behind, whenever that is."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

import prepared
from live import environment
from ports import free_ports

PATIENCE = 60.0


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return prepared.install(tmp_path_factory, tmp_path_factory.mktemp("orphans") / "home", city="xian")


def descendants(mark):
    """Process ids of all that were started with ``mark`` in their environment, children of children too."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux tells a process that its parent has died")
@pytest.mark.parametrize(
    ("command", "processes", "delay"),
    [
        ("web", 1, 0),
        *(("web", 2, delay) for delay in (0, 0.3, 0.8, 1.6, 3)),
        *(("serve", count, 0) for count in (1, 2, 3, 5, 6)),
        ("serve", 6, 3),
    ],
)  # of `gongshu web` there are two processes at most: itself and its worker
def test_a_killed_starter_leaves_no_process_and_no_port(home, command, processes, delay):
    """Killed so many seconds after there are so many processes: what granian has just begun would hold the port for ever."""
    web, gateway, witness = free_ports(3)
    mark = uuid.uuid4().hex
    options = {
        "web": ["--port", str(web)],
        "serve": ["--web-port", str(web), "--gateway-port", str(gateway), "--witness-port", str(witness)],
    }[command]
    process = subprocess.Popen(
        [sys.executable, "-m", "gongshu.cli.main", command, *options],
        env=environment(GONGSHU_HOME=str(home), MARK_OF_TEST=mark),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENCE
        while len(descendants(mark)) < processes and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        until = time.monotonic() + PATIENCE
        while (descendants(mark) or not all(map(is_free, (web, gateway, witness)))) and time.monotonic() < until:
            time.sleep(0.05)
        assert descendants(mark) == []
        assert all(map(is_free, (web, gateway, witness)))
    finally:
        for left in descendants(mark):
            os.kill(left, signal.SIGKILL)
