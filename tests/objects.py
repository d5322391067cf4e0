"""A private S3 for the tests: moto's server on a free loopback port, gone afterwards; and a proxy that makes faults."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from pyarrow import fs

from databases import die_with_parent
from gongshu.home import Bucket, Home
from ports import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret"}
BUCKET = "gongshu-lake"


@contextmanager
def moto() -> Iterator[int]:
    """Run the server with one empty bucket; its port."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, "moto's server did not start"
                time.sleep(0.05)
        filesystem(port, allow_bucket_creation=True).create_dir(BUCKET)
        yield port
    finally:
        process.kill()
        process.wait(timeout=60)


def filesystem(port: int, **more: bool) -> fs.S3FileSystem:
    """The store as somebody else sees it."""
    return fs.S3FileSystem(
        access_key="test",
        secret_key="test-secret",
        region="cn-north",
        scheme="http",
        endpoint_override=f"127.0.0.1:{port}",
        **more,
    )


def home(root: Path, port: int, prefix: str = "lake") -> Home:
    """An installation whose lake is on the store."""
    return Home(root, bucket=Bucket(f"s3://{BUCKET}/{prefix}", f"http://127.0.0.1:{port}", "cn-north"))


class Proxy:
    """Stands in front of the store. ``before`` sees each request's method and path and may drop headers from it;
    ``after`` comes when the store has done it and the client has no answer yet.
    """

    def __init__(self, port: int) -> None:
        self.before: Callable[[str, str, dict[str, str]], None] = lambda method, path, headers: None
        self.after: Callable[[str, str], None] = lambda method, path: None
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def _pass(self) -> None:
                headers = dict(self.headers.items())
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    body = b"".join(iter(self._chunk, b""))
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.before(self.command, self.path, headers)
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                for name in ("Transfer-Encoding", "Content-Length", "Expect"):
                    headers = {key: value for key, value in headers.items() if key.lower() != name.lower()}
                headers["Content-Length"] = str(len(body))
                link.request(self.command, self.path, body, headers)
                answer = link.getresponse()
                content = answer.read()
                proxy.after(self.command, self.path)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"transfer-encoding", "connection", "content-length", "date", "server"}:
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                self.wfile.write(content)
                link.close()

            def _chunk(self) -> bytes:
                size = int(self.rfile.readline().partition(b";")[0], 16)
                content = self.rfile.read(size)
                self.rfile.readline()
                return content

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] - a client that was killed
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def careless(port: int) -> Iterator[int]:
    """A store that ignores the condition of a conditional put; its port. Clients in this process may use it: they hold
    Python's lock while they wait, so it is a process of its own.
    """
    with _alone(port, "careless") as own:
        yield own


@contextmanager
def breaking(port: int, flag: Path) -> Iterator[int]:
    """A store to which the connection breaks, while ``flag`` exists, when a log is to be written; its port."""
    with _alone(port, "breaking", flag) as own:
        yield own


@contextmanager
def _alone(port: int, *arguments: object) -> Iterator[int]:
    command = [sys.executable, __file__, str(port), *map(str, arguments)]
    source = Path(__file__).parents[1] / "src"
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        preexec_fn=die_with_parent,
        env=os.environ | {"PYTHONPATH": f"{source}:{Path(__file__).parent}"},
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()


def main() -> None:
    proxy = Proxy(int(sys.argv[1]))

    def ignore(method: str, path: str, headers: dict[str, str]) -> None:
        for name in [one for one in headers if one.lower() == "if-none-match"]:
            del headers[name]

    def cut(method: str, path: str, headers: dict[str, str]) -> None:
        if method == "PUT" and "_delta_log" in path and Path(sys.argv[3]).exists():
            raise ConnectionResetError

    proxy.before = ignore if sys.argv[2] == "careless" else cut
    print(proxy.port, flush=True)
    Event().wait()


if __name__ == "__main__":
    main()
