"""The HTTP shell around the gate: addresses, limits of size and time, bytes in and out. No decision is made here.

The two addresses of the data plane are taken straight from ASGI, since they carry the load; the rest is Starlette's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, BinaryIO

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gongshu import clock, ids
from gongshu.crypto import signing
from gongshu.gateway import errors
from gongshu.gateway.call import Answer, Call, Parameters
from gongshu.gateway.core import Gate
from gongshu.gateway.deliveries import File
from gongshu.gateway.messages import BODY_LIMIT
from gongshu.gateway.metrics import Metrics

IN_FLIGHT_LIMIT = 2048
BODY_SECONDS = 15.0
_CHUNK = 256 * 1024
_DATA = re.compile(r"/v1/interfaces/([^/]{1,64})/(query|verify)")
_ONCE = {name.lower().encode(): name.lower() for name in (*signing.HEADERS, "Content-Length", "If-None-Match")}
_JSON = (b"content-type", b"application/json; charset=utf-8")
_PRIVATE = (b"cache-control", b"no-store")
_encode = msgspec.json.Encoder().encode


class NotWhole(Exception):
    """The request cannot become a call. ``code`` is one of ``errors.TABLE``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Shell:
    """The ASGI application around one gate."""

    def __init__(self, gate: Gate, limit: int = IN_FLIGHT_LIMIT) -> None:
        self._gate = gate
        self.limit = limit  # calls under way; one more is told to come again (503 with Retry-After)
        self.in_flight = 0
        self.metrics = Metrics()
        self._reading: dict[asyncio.Task[Any], float] = {}
        self.draining = False
        self._rest = Starlette(
            routes=[
                Route("/healthz", _health),
                Route("/readyz", self._ready),
                Route("/v1/keys", self._keys, methods=["GET"]),
                Route("/v1/interfaces/{resource}", self._describe, methods=["GET"]),
                Route("/v1/interfaces/{resource}/openapi.json", self._openapi, methods=["GET"]),
                Route("/v1/interfaces/{resource}/changes", self._changes, methods=["GET"]),
                Route("/v1/deliveries/{resource}", self._deliver, methods=["GET"]),
            ],
            exception_handlers={404: _no_path, 405: _no_method},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        found = _DATA.fullmatch(scope["path"])
        if found is None:
            await self._rest(scope, receive, send)
        elif scope["method"] != "POST":
            await _send(_plain("method_not_allowed", {"Allow": "POST"}), send)
        else:
            await _send(await self._handle(found[2], found[1], scope, receive), send)

    async def _handle(self, operation: str, resource: str, scope: Scope, receive: Receive) -> Answer:
        """Read the request, hand it to the gate; whatever happens, an answer."""
        if self.in_flight >= self.limit:
            self.metrics.observe(operation, "overloaded", 0.0)
            return _plain("overloaded", {"Retry-After": "1"})
        self.in_flight += 1
        began = clock.monotonic()
        code = "gone"
        try:
            try:
                headers = _headers(scope)
                body = await self._read(headers, receive) if operation in _POSTED else b""
            except NotWhole as fault:
                code = fault.code
                return await self._gate.refuse_unread(fault.code)
            query = scope["query_string"]
            path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
            target = path + b"?" + query if query else path
            call = Call(
                operation=operation,
                resource=resource,
                method=scope["method"],
                target=target.decode("latin-1"),
                headers=headers,
                body=body,
                parameters=_parameters(scope) if query else (),
            )
            answer = await self._gate.handle(call)
            code = answer.code
            return answer
        finally:
            self.in_flight -= 1
            self.metrics.observe(operation, code, clock.monotonic() - began)

    async def _read(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        """The body, within ``BODY_SECONDS``. One watcher for all calls: a timer for each would cost more than it."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are in a coroutine
        self._reading[task] = clock.monotonic()
        try:
            return await _body(headers, receive)
        except asyncio.CancelledError:
            if task in self._reading:
                raise
            task.uncancel()
            raise NotWhole("body_late") from None
        finally:
            self._reading.pop(task, None)

    async def watch(self) -> None:
        """End the reading of bodies that do not come; runs as long as the gateway does."""
        while True:
            await asyncio.sleep(1)
            late = clock.monotonic() - BODY_SECONDS
            for task in [task for task, began in self._reading.items() if began < late]:
                del self._reading[task]
                task.cancel()

    async def _describe(self, request: Request) -> Response:
        answer = await self._handle("describe", request.path_params["resource"], request.scope, request.receive)
        return _Answered(answer)

    async def _openapi(self, request: Request) -> Response:
        answer = await self._handle("openapi", request.path_params["resource"], request.scope, request.receive)
        return _Answered(answer)

    async def _changes(self, request: Request) -> Response:
        answer = await self._handle("changes", request.path_params["resource"], request.scope, request.receive)
        return _Answered(answer)

    async def _deliver(self, request: Request) -> Response:
        answer = await self._handle("deliver", request.path_params["resource"], request.scope, request.receive)
        return _Answered(answer)

    def exposition(self) -> str:
        """The page of figures for Prometheus."""
        mine = {
            "gongshu_gateway_in_flight": ("Calls under way.", float(self.in_flight)),
            "gongshu_gateway_in_flight_limit": ("Beyond so many a call is told to come again.", float(self.limit)),
            "gongshu_gateway_draining": ("1 while the gateway is stopping.", float(self.draining)),
        }
        return self.metrics.render({**self._gate.gauges(), **mine})

    async def _keys(self, _request: Request) -> Response:
        """The public keys of signed answers, one verifier key a line (c2sp.org/signed-note)."""
        lines = "".join(f"{verifier.vkey}\n" for verifier in self._gate.signer.verifiers)
        return Response(lines, media_type="text/plain; charset=utf-8")

    async def _ready(self, _request: Request) -> Response:
        state = {**self._gate.state(), "draining": self.draining, "in_flight": self.in_flight}
        if self.draining:
            state["ready"] = False
        return Response(_encode(state), 200 if state["ready"] else 503, media_type="application/json")


_POSTED = frozenset({"query", "verify"})


def _headers(scope: Scope) -> dict[str, str]:
    """Header names in lower case; one that is signed or decides the length may come once only."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        text = _ONCE.get(name)
        if text is not None:
            if text in headers:
                raise NotWhole("header_duplicate")
            headers[text] = value.decode("latin-1")
    return headers


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes:
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 12:
        raise NotWhole("header_malformed")
    if int(length) > BODY_LIMIT:
        raise NotWhole("body_too_large")
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise NotWhole("body_too_large")
        return body
    pieces: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise NotWhole("body_malformed")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > BODY_LIMIT:
            raise NotWhole("body_too_large")
        if not message.get("more_body"):
            return b"".join(pieces)
        message = await receive()


def _parameters(scope: Scope) -> Parameters:
    return tuple(Request(scope).query_params.multi_items())


def _plain(code: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A refusal before there is a gate or a free place: nothing was read, so nothing is recorded."""
    body = _encode(errors.body(code, ids.new_id("call")))
    return Answer(errors.TABLE[code].status, body, dict(headers or {}))


class _Answered(Response):
    """Lets Starlette send an ``Answer``."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(status_code=answer.status)
        self._answer = answer

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _send(self._answer, send)


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers.append(_PRIVATE)
    if answer.file is not None:
        await _stream(answer.status, headers, answer.file, send)
        return
    if answer.body:
        headers.append(_JSON)
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _stream(status: int, headers: list[tuple[bytes, bytes]], file: File, send: Send) -> None:
    """Send the file piece by piece; reading it does not hold up the event loop."""
    source: BinaryIO = await asyncio.to_thread(file.path.open, "rb")
    try:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while piece := await asyncio.to_thread(source.read, _CHUNK):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        source.close()


async def _health(_request: Request) -> Response:
    return Response(b'{"alive":true}', media_type="application/json")


async def _no_path(_request: Request, _error: Exception) -> Response:
    return _Answered(_plain("path_unknown"))


async def _no_method(_request: Request, _error: Exception) -> Response:
    return _Answered(_plain("method_not_allowed"))
