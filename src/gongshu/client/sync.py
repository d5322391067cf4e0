"""The client for programs that wait: one connection pool, used by any number of threads."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from gongshu.client import wire
from gongshu.client.wire import Changes, Key, Page, Refused, Verified
from gongshu.crypto import signing


class Client:
    """A system's access to one gateway; close it, or use it as a context manager.

    ``patience``: how many seconds a call may wait in all when the gateway says ``Retry-After`` (too many calls, busy);
    0 raises ``Refused`` at once. ``verify`` is httpx's: a certificate authority's file, or an ``ssl.SSLContext`` with the
    client certificate where TLS is mutual.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        secret: str | bytes,
        *,
        algorithm: str = signing.HMAC_SM3,
        patience: float = 0.0,
        timeout: httpx.Timeout | float = wire.TIMEOUT,
        verify: Any = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._wire = wire.Wire(url, client_id, secret, algorithm)
        self._patience = patience
        self._http = httpx.Client(timeout=timeout, trust_env=False, verify=verify, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def interface(self, resource: str, *, grant: str, purpose: str) -> Interface:
        """The data of ``resource`` as ``grant`` lets this system read them."""
        return Interface(self, resource, grant, purpose)

    def public_keys(self) -> str:
        """The keys that sign answers, one a line. Fetch them once, over a connection you trust, and keep them."""
        try:
            response = self._http.get(f"{self._wire.origin}/v1/keys")
        except httpx.TransportError as error:
            raise self._wire.unreachable(error) from error
        return response.text if response.is_success else str(wire.content(response))

    def call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        """One signed call; the JSON of the answer."""
        waited = 0.0
        while True:
            try:
                return wire.content(self._http.send(self._wire.request(method, path, **parts)))
            except httpx.TransportError as error:
                raise self._wire.unreachable(error) from error
            except Refused as no:
                if not no.retry_after or waited + no.retry_after > self._patience:
                    raise
                time.sleep(no.retry_after)
                waited += no.retry_after

    def download(self, path: str, target: Path, parameters: Mapping[str, str], etag: str | None) -> str | None:
        """The file into ``target``, whole or not at all; its ETag, or ``None`` when it is the one of ``etag``."""
        headers = {"If-None-Match": etag} if etag else {}
        beside = target.with_name(f".{target.name}.part")
        try:
            response = self._http.send(
                self._wire.request("GET", path, parameters=parameters, headers=headers), stream=True
            )
            try:
                if response.status_code == httpx.codes.NOT_MODIFIED:
                    return None
                if not response.is_success:
                    response.read()
                    wire.content(response)
                digest = hashlib.sha256()
                with beside.open("wb") as file:
                    for piece in response.iter_bytes():
                        digest.update(piece)
                        file.write(piece)
            finally:
                response.close()
            expected = response.headers.get("X-Gongshu-SHA256", "")
            if digest.hexdigest() != expected:
                raise wire.digest_differs(expected)
            beside.replace(target)
        except httpx.TransportError as error:
            raise self._wire.unreachable(error) from error
        finally:
            beside.unlink(missing_ok=True)
        return str(response.headers.get("ETag", ""))


class Interface:
    """One resource under one grant."""

    def __init__(self, client: Client, resource: str, grant: str, purpose: str) -> None:
        self._client = client
        self._resource = resource
        self._grant = grant
        self._purpose = purpose

    def verify(self, key: Key, claims: Key, *, proof: bool = False) -> Verified:
        """Whether ``claims`` about the record with ``key`` are true; ``proof`` asks for a signed answer beside it."""
        body = wire.asked(self._grant, self._purpose, key=dict(key), claims=dict(claims), proof=proof or None)
        return wire.verified(self._client.call("POST", wire.interface_path(self._resource, "verify"), body=body))

    def query(self, key: Key, fields: Sequence[str] | None = None) -> dict[str, Any] | None:
        """The record with ``key`` (``fields``: default all that are granted), or ``None`` when the grant shows none."""
        body = wire.asked(self._grant, self._purpose, key=dict(key), fields=wire.as_list(fields))
        try:
            found = self._client.call("POST", wire.interface_path(self._resource, "query"), body=body)
        except Refused as no:
            if no.code == "gateway.record_not_found":
                return None
            raise
        return dict(found["record"])

    def page(
        self,
        fields: Sequence[str] | None = None,
        *,
        filters: Key | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page:
        """Up to ``limit`` rows, from the beginning or behind the cursor ``after``; the grant must allow listing."""
        body = wire.asked(
            self._grant,
            self._purpose,
            fields=wire.as_list(fields),
            filters=dict(filters) if filters else None,
            limit=limit,
            after=after,
        )
        return wire.page(self._client.call("POST", wire.interface_path(self._resource, "query"), body=body))

    def rows(
        self, fields: Sequence[str] | None = None, *, filters: Key | None = None, page_size: int = 500
    ) -> Iterator[dict[str, Any]]:
        """Every row, page by page. A new version of the data meanwhile ends it with ``Refused`` ``cursor_outdated``:
        rows of two versions are never mixed."""
        after: str | None = None
        while True:
            found = self.page(fields, filters=filters, limit=page_size, after=after)
            yield from found.rows
            if found.following is None:
                return
            after = found.following

    def deliver(self, target: str | Path, *, form: str = "csv", etag: str | None = None) -> str | None:
        """The prepared file (``csv``, ``json``, ``xlsx``) into ``target``, its digest checked. Answers its ETag; with the
        ``etag`` of the last time, ``None`` when nothing has changed since."""
        parameters = {"grant": self._grant, "purpose": self._purpose, "format": form}
        return self._client.download(wire.delivery_path(self._resource), Path(target), parameters, etag)

    def changes(self, after: str | None = None, *, wait: int = 0, limit: int = 500) -> Changes:
        """What was added, changed or removed since the cursor ``after``; without one, the cursor of now. ``wait``: up to so
        many seconds (60) for something new. ``Refused`` ``cursor_outdated``: read the whole again and begin anew."""
        parameters = {"grant": self._grant, "purpose": self._purpose, "wait": str(wait), "limit": str(limit)}
        if after is not None:
            parameters["after"] = after
        path = wire.interface_path(self._resource, "changes")
        return wire.changes(self._client.call("GET", path, parameters=parameters))

    def describe(self) -> dict[str, Any]:
        """What the grant lets one read: key, items with their masks, term, rates."""
        found = self._client.call("GET", wire.interface_path(self._resource), parameters={"grant": self._grant})
        return dict(found["grants"][0])

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 description of this interface under this grant."""
        path = wire.interface_path(self._resource, "openapi.json")
        return self._client.call("GET", path, parameters={"grant": self._grant})
