"""HTTP/1.1 (RFC 9112) as far as the gateway needs it, strict, on asyncio alone: a request in, an ``Answer`` out.

What is not plainly well formed is refused and the connection closed; nothing is repaired or guessed, so that no proxy in
front can have read the same bytes in another way. The body's length comes from one ``Content-Length``; a
``Transfer-Encoding`` is refused (411). The proxy in front speaks TLS; here is none.

One request of a connection is answered at a time; what a caller sends ahead waits, and no more than one largest request
of it is read. One watcher ends what does not come, for all connections: a timer for each would cost more than a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple
from wsgiref.handlers import format_date_time

from gongshu import clock
from gongshu.crypto import signing
from gongshu.gateway.call import Answer
from gongshu.gateway.messages import BODY_LIMIT

log = logging.getLogger("gongshu.gateway")

HEAD_LIMIT = 16 * 1024
CONNECTIONS = 8192  # one more is closed at once
REQUEST_SECONDS = 15.0  # for a head, and again for its body
IDLE_SECONDS = 120.0
UNREAD_SECONDS = 60.0  # how long an answer may wait for a caller who does not read it
LINGER_SECONDS = (
    2.0  # how long more is read and dropped after a refusal, so that the caller can read why (RFC 9112, 9.6)
)
BACKLOG = 1024
_AHEAD = HEAD_LIMIT + BODY_LIMIT

_READ = frozenset(
    name.lower()
    for name in (
        *signing.HEADERS,
        "Content-Length",
        "If-None-Match",
        "Host",
        "Connection",
        "Transfer-Encoding",
        "Expect",
    )
)  # a request has each of them once at most
_KNOWN = {name.encode(): name for name in _READ}
_TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TEXT = bytes([9, *range(32, 127), *range(128, 256)])
_TARGET = bytes(range(33, 127))
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_JSON = "application/json; charset=utf-8"


class Request(NamedTuple):
    """``target`` is the path with its query as sent; ``headers`` holds those that the gateway reads, names in lower case;
    ``fault`` is a code of ``errors.TABLE`` when the request cannot be read as a whole."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    fault: str = ""


Handler = Callable[[Request], Awaitable[Answer]]


class Malformed(Exception):
    """The head is no head of a request; ``code`` is one of ``errors.TABLE``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Head(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    length: int
    lasting: bool  # whether the connection may stay


def parse(head: bytes) -> Head:
    """Read a head without its last empty line. Raises ``Malformed``."""
    first, *lines = head.split(b"\r\n")
    if head.translate(None, _TEXT) != b"\r\n" * len(lines):  # NUL, a bare CR or LF, other controls
        raise Malformed("request_malformed")
    words = first.split(b" ")
    if len(words) != 3 or words[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise Malformed("request_malformed")
    method, target, protocol = words
    if target[:1] != b"/" or target.translate(None, _TARGET) or not (method.isalpha() and method.isupper()):
        raise Malformed("request_malformed")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        known = _KNOWN.get(name.lower())
        if known is not None:
            if known in headers:
                raise Malformed("header_duplicate")
            headers[known] = value.strip(b" \t").decode("latin-1")
        elif not colon or not name or name.translate(None, _TOKEN):
            raise Malformed("request_malformed")
    lasting = protocol == b"HTTP/1.1"
    if lasting and "host" not in headers:
        raise Malformed("request_malformed")
    if "transfer-encoding" in headers:
        raise Malformed("length_required")
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdecimal() or len(length) > 12:
        raise Malformed("header_malformed")
    if "connection" in headers:
        lasting = lasting and "close" not in headers["connection"].lower()
    return Head(method.decode(), target.decode(), headers, int(length), lasting)


class _Connection(asyncio.Protocol):
    __slots__ = (
        "_ending",
        "_head",
        "_held",
        "_peer_ended",
        "_searched",
        "_server",
        "_stopped",
        "since",
        "task",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self._server = server
        self._held: bytes | bytearray = b""  # received and not yet used
        self._searched = 0  # bytes of it in which the head does not end
        self._head: Head | None = None
        self._ending = self._peer_ended = self._stopped = False
        self.task: asyncio.Task[None] | None = None
        self.since = clock.monotonic()

    # --- what asyncio tells ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream server makes no other
        self.transport = transport
        if len(self._server.connections) >= CONNECTIONS:
            transport.abort()
        else:
            self._server.connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.connections.discard(self)  # a call under way goes on: its entry may be on the disk already
        self._held = b""

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        held = self._held
        if not held:
            self._held = data
        elif isinstance(held, bytearray):
            held += data
        else:
            self._held = bytearray(held) + data
        if self.task is None:
            if not held and self._head is None:
                self.since = clock.monotonic()
            self._next()
        elif len(self._held) > _AHEAD:
            self.transport.pause_reading()
            self._stopped = True

    def eof_received(self) -> bool:
        self._peer_ended = True
        if self.task is None and (self._held or self._head):
            self._fault("body_malformed", "", self._head.target if self._head else "")
        return self.task is not None

    # --- one request after the other ---

    def _next(self) -> None:
        """Begin to answer the next request, if all of it is here."""
        head = self._head
        if head is None:
            held = self._held
            end = held.find(b"\r\n\r\n", self._searched)
            if end < 0 or end > HEAD_LIMIT:
                self._searched = max(0, len(held) - 3)
                if end > 0 or len(held) > HEAD_LIMIT:
                    self._fault("head_too_large")
                return
            try:
                head = parse(bytes(held[:end]))
            except Malformed as fault:
                # The target, as far as it can be told, so that the refusal is counted where it belongs.
                target = bytes(held[:end]).split(b"\r\n")[0].split(b" ")[1:2]
                self._fault(fault.code, "", (target or [b""])[0].decode("latin-1"))
                return
            self._held = held[end + 4 :]
            self._searched = 0
            if head.length > BODY_LIMIT:
                self._fault("body_too_large", head.method, head.target)
                return
            if head.length > len(self._held):
                self._head, self.since = head, clock.monotonic()
                if head.headers.get("expect", "").lower() == "100-continue":
                    self.transport.write(_CONTINUE)
                return
        elif head.length > len(self._held):
            return
        body, self._held = bytes(self._held[: head.length]), self._held[head.length :]
        self._head = None
        self._answer(Request(head.method, head.target, head.headers, body), lasting=head.lasting)

    def _fault(self, code: str, method: str = "", target: str = "") -> None:
        self._answer(Request(method, target, {}, b"", code), lasting=False)

    def _answer(self, request: Request, *, lasting: bool) -> None:
        self.task = self._server.loop.create_task(self._serve(request, lasting))

    async def _serve(self, request: Request, lasting: bool) -> None:
        try:
            answer = await self._server.handler(request)
            transport = self.transport
            if transport.is_closing():
                return
            lasting = lasting and not self._peer_ended and not self._server.draining
            transport.write(_head(answer, lasting) + (b"" if request.method == "HEAD" else answer.body))
            if answer.file is not None and answer.file.size and request.method != "HEAD":
                with answer.file.path.open("rb") as source:
                    await self._server.loop.sendfile(transport, source, 0, answer.file.size)
            self.since = clock.monotonic()
            if not lasting:
                if request.fault and not self._peer_ended:
                    self._ending, self._held, self._head = True, b"", None
                    transport.write_eof()
                else:
                    transport.close()
                return
        except OSError as error:  # the caller went away, or a file did
            log.info("connection ended (%s)", type(error).__name__)
            self.transport.abort()
            return
        finally:
            self.task = None
        if self._stopped:
            self._stopped = False
            self.transport.resume_reading()
        if self._held:
            self._next()

    def late(self, now: float) -> None:
        """End it when it has been waited for too long."""
        waited = now - self.since
        if self.task is not None:
            return
        if self.transport.get_write_buffer_size():
            if waited > UNREAD_SECONDS:
                self.transport.abort()
        elif self._head is not None:
            if waited > REQUEST_SECONDS:
                self._fault("body_late", self._head.method, self._head.target)
        elif self._ending and waited > LINGER_SECONDS:
            self.transport.abort()
        elif waited > (REQUEST_SECONDS if self._held else IDLE_SECONDS):
            self.transport.close()


def _head(answer: Answer, lasting: bool) -> bytes:
    status, headers = answer.status, answer.headers
    length = b"" if answer.file is not None or status == 304 else b"Content-Length: %d\r\n" % len(answer.body)
    kind = b"" if not answer.body or "Content-Type" in headers else b"Content-Type: %s\r\n" % _JSON.encode()
    more = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("latin-1") if headers else b""
    return b"%s%s%s%s%s%s\r\n" % (
        _status(status), _date(int(clock.timestamp())), kind, length, more, b"" if lasting else b"Connection: close\r\n"
    )  # fmt: skip


@lru_cache
def _status(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nCache-Control: no-store\r\n".encode()


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return f"Date: {format_date_time(second)}\r\n".encode()


class Server:
    """Listens, and answers each request by ``handler``, which never raises."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.connections: set[_Connection] = set()
        self.draining = False
        self.loop = asyncio.get_running_loop()
        self._listening: asyncio.Server | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> None:
        """Raises ``OSError`` when the address is taken."""
        self._listening = await self.loop.create_server(
            lambda: _Connection(self), host, port, backlog=BACKLOG, reuse_address=True
        )
        self._watching = asyncio.create_task(self._watch())

    @property
    def port(self) -> int:
        assert self._listening is not None  # noqa: S101 - asked after start
        return int(self._listening.sockets[0].getsockname()[1])

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, REQUEST_SECONDS / 4))
            now = clock.monotonic()
            for connection in list(self.connections):
                connection.late(now)

    async def stop(self, patience: float) -> None:
        """Take no new connection, finish what is under way for ``patience`` seconds, close the rest."""
        self.draining = True
        if self._listening is not None:
            self._listening.close()
        until = clock.monotonic() + patience
        while any(connection.task for connection in self.connections) and clock.monotonic() < until:
            await asyncio.sleep(0.02)
        for connection in list(self.connections):
            connection.transport.close()
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        await asyncio.sleep(0)
