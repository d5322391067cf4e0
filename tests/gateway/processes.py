"""The gateway as a process, and a small HTTP client that keeps its connection and signs."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds to wait for what must come, on a machine however busy


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GONGSHU_", "DJANGO_"))}
    return {**kept, "GONGSHU_HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "GONGSHU_LANG": "en", **more}


class Gateway:
    """A running gateway. ``send`` is one request on a connection of its own unless one is given."""

    def __init__(self, home: Path, port: int, *options: str, name: str = "test", **more: str) -> None:
        self.port = port
        self.log = home / "logs" / f"gateway-{port}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gongshu.cli.main", "gateway", "serve"),
                    *("--port", str(port), "--name", name, *options),
                ],
                env=environment(home, **more),
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + PATIENCE
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, on: Any = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = on or self.connect()
        try:
            connection.request(method, path, body or None, headers or {})
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        finally:
            if on is None:
                connection.close()

    def state(self) -> dict[str, Any]:
        return json.loads(self.send("GET", "/readyz")[2])

    def ready(self) -> bool:
        try:
            return self.send("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, world: Any, operation: str, asked: dict[str, Any], *, on: Any = None, **more: Any) -> tuple[int, Any]:
        """A signed query or verify; (status, JSON)."""
        call = world.call(operation, asked, **more)
        status, _, body = self.send("POST", call.target, call.body, dict(call.headers), on=on)
        return status, json.loads(body)

    def wait_for(self, revision: int, patience: float = PATIENCE) -> None:
        until = time.monotonic() + patience
        while self.state()["control"]["revision"] < revision:
            assert time.monotonic() < until, "the feed was not read"
            time.sleep(0.01)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.01)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def gateway(home: Path, *options: str, name: str = "test", **more: str):
    running = Gateway(home, free_port(), *options, name=name, **more)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop(signal.SIGKILL)


def raw_request(port, text):
    """Bytes as they are; the status line and the body of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(text)
        connection.settimeout(PATIENCE)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            if not piece:
                return answer, b""
            answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        return head, body[:length]


def request_bytes(call, extra=()):
    lines = [f"POST {call.target} HTTP/1.1", "Host: g", f"Content-Length: {len(call.body)}"]
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    return "\r\n".join([*lines, *extra, "", ""]).encode() + call.body
