"""The witness over HTTP: ``POST /add-checkpoint``, ``GET /<log>/checkpoint``, ``GET /healthz``.

The standard library's server, a thread a connection: a witness answers a few requests a second, and whoever runs one
should be able to read all of it. TLS is the web server's in front of it.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from gongshu import clock
from gongshu.errors import EnvironmentFault
from gongshu.ledger import durable
from gongshu.stopping import Stop
from gongshu.witness.folder import ADDRESS, Folder
from gongshu.witness.judge import MAX_BODY, PLAIN, Answer, Judge

log = logging.getLogger("gongshu.witness")
CONNECTIONS = 64
SECONDS = 15.0
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")


class Server(ThreadingHTTPServer):
    """Listens for one judge. ``port`` 0 lets the system choose; ``address`` says what it chose."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, judge: Judge, host: str, port: int) -> None:
        self.judge = judge
        self.places = threading.BoundedSemaphore(CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)

    @property
    def address(self) -> str:
        host, port = self.server_address[:2]
        shown = host.decode() if isinstance(host, bytes) else str(host)
        return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "gongshu-witness"
    sys_version = ""
    timeout = SECONDS
    server: Server

    def handle(self) -> None:
        if not self.server.places.acquire(blocking=False):
            return  # closed unanswered: a log tries again
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # the other side went away
        finally:
            self.server.places.release()

    def do_POST(self) -> None:
        if self.path != "/add-checkpoint":
            self._answer(Answer(404, "not found\n"), close=True)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self._answer(Answer(411, "a Content-Length is wanted\n"), close=True)
            return
        if int(length) > MAX_BODY:
            self._answer(Answer(413, "the body is too large\n"), close=True)
            return
        body = self.rfile.read(int(length))
        if len(body) == int(length):
            self._answer(self._judged(lambda: self.server.judge.add_checkpoint(body)))

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer(Answer(200, "ok\n"))
        elif found := _CHECKPOINT.fullmatch(self.path):
            self._answer(self._judged(lambda: self.server.judge.checkpoint(found[1])))
        else:
            self._answer(Answer(404, "not found\n"))

    def _judged(self, work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        except EnvironmentFault as error:
            log.error("%s", error.text.en)
            return Answer(503, f"{error.code}\n")
        except OSError as error:
            log.error("the disk refuses: %s", error.strerror)
            return Answer(503, "witness.disk\n")

    def _answer(self, answer: Answer, *, close: bool = False) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind or PLAIN)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        log.info(format, *args)


def run(folder: Folder, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. EnvironmentFault without a witness in ``folder``, Conflict when one runs there."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with folder.alone(), _listen(folder, host, port) as server:
        for origin in folder.logs():
            folder.seen(origin)  # lost memory is said at the start, not at the first request
        announce(folder.path, server.address)
        log.info("witness %s listens on %s", folder.name, server.address)
        stop = Stop()
        stop.on_signals()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        stop.wait()
        server.shutdown()
        thread.join()


def announce(folder: Path, address: str) -> None:
    """Write down where it listens, for the log beside it that has no fixed port to ask for."""
    durable.write(folder / ADDRESS, json.dumps({"url": address}).encode() + b"\n")


def _listen(folder: Folder, host: str, port: int) -> Server:
    judge = Judge(folder, lambda: int(clock.now().timestamp()))
    try:
        return Server(judge, host, port)
    except OSError as error:
        raise EnvironmentFault(
            "serve.port_taken",
            f"{host} 的端口 {port} 已被占用或不可用。请停止占用它的程序，或用 --port 选择其他端口。",
            f"Port {port} on {host} is taken or not available. Stop what uses it, or choose another with --port.",
            port=port,
        ) from error
