"""Free ports of the loopback for the processes that tests start.

Each worker of the test run draws from a stretch of its own, below the ports that the system gives to outgoing
connections: between asking whether a port is free and a child's listening on it, nobody else takes it.
"""

from __future__ import annotations

import os
import socket
from itertools import cycle

FIRST, WIDTH, WORKERS = 14000, 1000, 18
_worker = int("".join(filter(str.isdecimal, os.environ.get("PYTEST_XDIST_WORKER", ""))) or WORKERS - 1) % WORKERS
_begin = FIRST + _worker * WIDTH
_next = cycle(_begin + (os.getpid() * 37 + step) % WIDTH for step in range(WIDTH))


def free_ports(count: int) -> list[int]:
    """``count`` different ports on which nobody listens at this moment."""
    found: list[int] = []
    for _ in range(WIDTH):
        port = next(_next)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError(f"no {count} free ports from {_begin} on")


def free_port() -> int:
    return free_ports(1)[0]
