"""The addresses of the gateway: which request is which call, and how many may be under way. No decision is made here.

``gongshu.gateway.http`` reads requests and writes answers; ``gongshu.gateway.core`` decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

import msgspec

from gongshu import clock, ids
from gongshu.gateway import errors
from gongshu.gateway.call import Answer, Call
from gongshu.gateway.core import Gate
from gongshu.gateway.http import Request
from gongshu.gateway.metrics import Metrics

IN_FLIGHT_LIMIT = 2048
# A resource, as one segment of the path, and what is asked of it.
_ADDRESS = re.compile(
    r"/v1/(?:interfaces/(?P<resource>[^/?]+)(?:/(?P<tail>query|verify|changes|openapi\.json))?"
    r"|deliveries/(?P<delivered>[^/?]+))(?:\?(?P<query>.*))?"
)
_OPERATIONS = {
    "query": "query", "verify": "verify", "changes": "changes", "openapi.json": "openapi", None: "describe",
}  # fmt: skip
_POSTED = frozenset({"query", "verify"})
_READING = frozenset({"GET", "HEAD"})
_encode = msgspec.json.Encoder().encode


class Shell:
    """Answers requests by one gate. ``limit`` is the number of calls under way; one more is told to come again."""

    def __init__(self, gate: Gate, limit: int = IN_FLIGHT_LIMIT) -> None:
        self._gate = gate
        self.limit = limit
        self.in_flight = 0
        self.metrics = Metrics()
        self.draining = False
        self._others = {"/healthz": self._health, "/readyz": self._ready, "/v1/keys": self._keys}

    async def answer(self, request: Request) -> Answer:
        """Whatever happens, an answer."""
        found = _ADDRESS.fullmatch(request.target)
        if found is None:
            return await self._other(request)
        named, tail, delivered, query = found.groups()
        resource = unquote(delivered or named)
        if len(resource) > 64 or "/" in resource:
            return _plain("path_unknown")
        operation = "deliver" if delivered is not None else _OPERATIONS[tail]
        if self.in_flight >= self.limit:
            self.metrics.observe(operation, "overloaded", 0.0)
            return _plain("overloaded", {"Retry-After": "1"})
        posted = operation in _POSTED
        if not request.fault and not (request.method == "POST" if posted else request.method in _READING):
            return _plain("method_not_allowed", {"Allow": "POST" if posted else "GET, HEAD"})
        self.in_flight += 1
        began = clock.monotonic()
        code = "gone"
        try:
            if request.fault:
                code = request.fault
                return await self._gate.refuse_unread(code)
            call = Call(
                operation,
                resource,
                request.method,
                request.target,
                request.headers,
                request.body if posted else b"",
                tuple(parse_qsl(query, keep_blank_values=True)) if query else (),
            )
            answer = await self._gate.handle(call)
            code = answer.code
            return answer
        finally:
            self.in_flight -= 1
            self.metrics.observe(operation, code, clock.monotonic() - began)

    async def _other(self, request: Request) -> Answer:
        if request.fault:
            return await self._gate.refuse_unread(request.fault)
        path = request.target.partition("?")[0]
        if path not in self._others:
            return _plain("path_unknown")
        if request.method not in _READING:
            return _plain("method_not_allowed", {"Allow": "GET, HEAD"})
        return self._others[path]()

    def _health(self) -> Answer:
        return Answer(200, b'{"alive":true}')

    def _ready(self) -> Answer:
        state = {**self._gate.state(), "draining": self.draining, "in_flight": self.in_flight}
        if self.draining:
            state["ready"] = False
        return Answer(200 if state["ready"] else 503, _encode(state))

    def _keys(self) -> Answer:
        """The public keys of signed answers, one verifier key a line (c2sp.org/signed-note)."""
        lines = "".join(f"{verifier.vkey}\n" for verifier in self._gate.signer.verifiers)
        return Answer(200, lines.encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def exposition(self) -> str:
        """The page of figures for Prometheus."""
        mine = {
            "gongshu_gateway_in_flight": ("Calls under way.", float(self.in_flight)),
            "gongshu_gateway_in_flight_limit": ("Beyond so many a call is told to come again.", float(self.limit)),
            "gongshu_gateway_draining": ("1 while the gateway is stopping.", float(self.draining)),
        }
        return self.metrics.render({**self._gate.gauges(), **mine})


def _plain(code: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A refusal before there is a gate or a free place: nothing was read, so nothing is recorded."""
    body = _encode(errors.body(code, ids.new_id("call")))
    return Answer(errors.TABLE[code].status, body, dict(headers or {}), code=code)
