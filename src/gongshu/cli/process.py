"""What a process of ours must know about its parent, its ports and its signals."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable

from gongshu.errors import EnvironmentFault

SUPERVISOR = "GONGSHU_SUPERVISOR"  # the supervisor's process id, set for its children
_PR_SET_PDEATHSIG = 1


def follow_supervisor() -> None:
    """If a supervisor started us, end when it ends, even when it was killed outright (Linux)."""
    expected = os.environ.get(SUPERVISOR)
    if expected:
        die_with_parent(int(expected))


def die_with_parent(expected: int | None = None, number: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel for signal ``number`` when our parent dies; leave at once if it is dead already.

    A process that was forked and has kept its parent's handlers must choose SIGKILL: it would pass SIGTERM over.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if expected is not None and os.getppid() != expected:
        if number == signal.SIGKILL:
            os._exit(0)
        sys.exit(0)


def check_port_free(host: str, port: int, *, option: str) -> None:
    """Raise the sentence that names the port and how to choose another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EnvironmentFault(
                "serve.port_taken",
                f"{host} 的端口 {port} 已被占用或不可用。请停止占用它的程序，或用 {option} 选择其他端口。",
                f"Port {port} on {host} is taken or not available. Stop what uses it, or choose another with {option}.",
                port=port,
            ) from error


def on_stop(stop: Callable[[], None]) -> None:
    """Call ``stop`` for SIGTERM and SIGINT."""

    def handler(_number: int, _frame: object) -> None:
        stop()

    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
