"""Free ports of the loopback for the processes that tests start.

They lie below the ports that the system gives to outgoing connections, and each worker of a test run draws from a stretch
of its own. A port that was given out is this process's until it ends, whoever else runs these tests on this machine: so
between asking whether a port is free and a child's listening on it, nobody else takes it.
"""

from __future__ import annotations

import os
import socket
import sys
from itertools import cycle

FIRST, WIDTH, WORKERS = 14000, 1000, 18
_worker = int("".join(filter(str.isdecimal, os.environ.get("PYTEST_XDIST_WORKER", ""))) or WORKERS - 1) % WORKERS
_begin = FIRST + _worker * WIDTH
_next = cycle(_begin + (os.getpid() * 37 + step) % WIDTH for step in range(WIDTH))
_claims: dict[int, socket.socket] = {}


def free_ports(count: int) -> list[int]:
    """``count`` different ports on which nobody listens at this moment, and which no other process was given."""
    found: list[int] = []
    for _ in range(WIDTH):
        port = next(_next)
        if _is_free(port) and _claim(port):
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError(f"no {count} free ports from {_begin} on")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _claim(port: int) -> bool:
    """Make it ours: on Linux the name of an abstract socket is one process's, and free again when that ends, however."""
    if port in _claims or sys.platform != "linux":
        return True
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0gongshu-tests-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims[port] = claim
    return True


def free_port() -> int:
    return free_ports(1)[0]
