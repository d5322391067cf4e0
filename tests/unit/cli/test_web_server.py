"""A SIGTERM ends the pages' server at whatever moment it comes."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from granian.constants import Interfaces
from granian.log import LogLevels

from gongshu.cli.web_server import WebServer

PATIENCE = 20.0


def hello(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]


def server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return WebServer(
        "nothing:here", address="127.0.0.1", port=port, interface=Interfaces.WSGI, log_level=LogLevels.critical
    )


def ended(child, code=0):
    """Whether the forked ``child`` ends by itself, with ``code``; it is killed otherwise."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status) == code
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def test_a_signal_within_the_wait_does_not_wait_for_that_wait():
    child = os.fork()
    if not child:
        pages = server()
        pages.pid = os.getpid()
        signal.signal(signal.SIGTERM, pages.signal_handler_interrupt)
        with pages.main_loop_interrupt._cond:  # where ``Event.wait`` is when it begins to wait
            os.kill(os.getpid(), signal.SIGTERM)
        pages.main_loop_interrupt.wait(PATIENCE)
        os._exit(0 if pages.interrupt_signal and pages.main_loop_interrupt.is_set() else 3)
    assert ended(child)


def test_a_worker_that_does_not_serve_yet_ends_at_the_signal():
    child = os.fork()
    if not child:
        pages = server()
        pages.pid = os.getppid()  # the master's: this process was forked from it
        signal.signal(signal.SIGTERM, pages.signal_handler_interrupt)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PATIENCE)
        os._exit(3)
    assert ended(child)


class HardOfHearing:
    """A worker that was not listening yet when it was first asked to end."""

    def __init__(self):
        self.asked, self.idx = 0, 0

    def is_alive(self):
        return self.asked < 2

    def terminate(self):
        self.asked += 1

    def join(self, timeout=None):
        assert not self.is_alive() or timeout is not None, "the master waits for ever"


def test_a_worker_that_lost_the_signal_is_asked_again():
    pages, worker = server(), HardOfHearing()
    pages.wrks.append(worker)
    pages._stop_workers()
    assert not worker.is_alive()


@pytest.mark.parametrize("delay", [0, 0.0005, 0.001, 0.002, 0.01])
def test_the_whole_server_ends_soon_after_its_worker_was_forked(delay):
    began = time.monotonic()
    child = os.fork()
    if not child:
        server().serve(target_loader=lambda _: hello)
        os._exit(0)
    while not any(task.read_text() for task in Path(f"/proc/{child}").glob("task/*/children")):
        assert time.monotonic() < began + PATIENCE
        time.sleep(0.0002)
    time.sleep(delay)
    os.kill(child, signal.SIGTERM)
    assert ended(child)
