"""How the pages read data: over HTTP through the gateway, signed as the system client ``portal``, like anybody else.

The secret is unwrapped from the control database once per process and again when the gateway refuses the signature
(someone rotated it). A gateway that does not answer becomes ``GatewayDown``: status 503 and a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

from gongshu.crypto import signing
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor

CLIENT_ID = "portal"
TIMEOUT = httpx.Timeout(10.0, connect=2.0)
DOWNLOAD_TIMEOUT = httpx.Timeout(60.0, connect=2.0)
CHUNK = 64 * 1024


class GatewayDown(EnvironmentFault):
    """The gateway does not answer."""

    def __init__(self) -> None:
        super().__init__(
            "gateway.down",
            "数据网关暂时没有响应，数据读取和下载暂停；目录仍可查询。请稍后再试。",
            "The data gateway does not answer, so data cannot be read at the moment; the catalog still works. Try later.",
        )


class GatewayRefusal(GongshuError):
    """The gateway said no; its own code and sentences."""

    def __init__(self, status: int, code: str, zh: str, en: str) -> None:
        super().__init__(f"gateway.{code}", zh, en)
        self.status = status


@lru_cache(maxsize=1)
def _connection() -> httpx.Client:
    return httpx.Client(base_url=settings.HOME.gateway_url, timeout=TIMEOUT, trust_env=False)


@lru_cache(maxsize=1)
def _secret() -> bytes:
    return identity.reveal_secret(by=Actor.process("portal"), client_id=CLIENT_ID).encode("ascii")


def _signed(method: str, path: str, body: bytes) -> httpx.Request:
    headers = signing.sign(client_id=CLIENT_ID, secret=_secret(), method=method, path=path, body=body)
    if body:
        headers["Content-Type"] = "application/json"
    return _connection().build_request(method, path, content=body or None, headers=headers)


@contextmanager
def _open(method: str, path: str, body: bytes = b"", timeout: httpx.Timeout = TIMEOUT) -> Iterator[httpx.Response]:
    try:
        response = _send(method, path, body, timeout)
        if response.status_code == 401:
            response.close()
            _secret.cache_clear()
            response = _send(method, path, body, timeout)
        if response.status_code >= 400:
            response.read()
    except httpx.TransportError as error:
        raise GatewayDown from error
    try:
        if response.status_code >= 400:
            raise _refusal(response)
        yield response
    finally:
        response.close()


def _send(method: str, path: str, body: bytes, timeout: httpx.Timeout) -> httpx.Response:
    request = _signed(method, path, body)
    request.extensions["timeout"] = timeout.as_dict()
    return _connection().send(request, stream=True)


def _refusal(response: httpx.Response) -> GongshuError:
    try:
        error = response.json()["error"]
        return GatewayRefusal(response.status_code, error["code"], error["zh"], error["en"])
    except (ValueError, KeyError, TypeError):
        return GatewayDown()


@dataclass(frozen=True)
class Rows:
    """Some rows of a resource, and the cursor to those that follow (``None`` at the end)."""

    records: list[dict[str, Any]]
    following: str | None
    version: int


def rows(
    *,
    resource: str,
    grant: str,
    purpose: str,
    limit: int,
    fields: Sequence[str] = (),
    after: str = "",
    filters: Mapping[str, str] | None = None,
) -> Rows:
    """The first ``limit`` rows (at most 1000) that ``grant`` lets through, or those after the cursor ``after``."""
    ask: dict[str, Any] = {"grant": grant, "purpose": purpose, "limit": limit}
    if fields:
        ask["fields"] = list(fields)
    if after:
        ask["after"] = after
    if filters:
        ask["filters"] = dict(filters)
    body = json.dumps(ask, ensure_ascii=False).encode("utf-8")
    with _open("POST", f"/v1/interfaces/{resource}/query", body) as response:
        try:
            answer = json.loads(response.read())
        except httpx.TransportError as error:
            raise GatewayDown from error
    return Rows(answer["records"], answer.get("next"), answer["version"])


class Download:
    """A prepared file, streamed through: ``chunks()`` once, then it is over. Made by :func:`download`."""

    def __init__(self, context: Any, response: httpx.Response) -> None:
        self._context = context
        self._response = response
        self.length = response.headers.get("Content-Length")
        self.headers = response.headers

    def chunks(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_bytes(CHUNK)
        finally:
            self.close()

    def close(self) -> None:
        self._context.__exit__(None, None, None)


def download(*, resource: str, grant: str, form: str) -> Download:
    """Open the file of ``resource`` in ``form`` (``csv``, ``json``, ``xlsx``). Refusals come here, before the first byte."""
    context = _open("GET", f"/v1/deliveries/{resource}?grant={grant}&format={form}", timeout=DOWNLOAD_TIMEOUT)
    return Download(context, context.__enter__())
