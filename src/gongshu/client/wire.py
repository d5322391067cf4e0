"""What goes over the wire, without sending it: signed requests, and answers read. Shared by both clients."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx

from gongshu.crypto import signing
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.grants.signed import SignedAnswer

Key = Mapping[str, str | int | float | bool]
TIMEOUT = httpx.Timeout(75.0, connect=5.0)  # a call may wait a minute for changes


class Refused(GongshuError):
    """The gateway said no. ``code`` is its own (docs/reference/gateway-errors.md) behind ``gateway.``;
    ``retry_after`` seconds when waiting helps; ``request_id`` is what to name when you ask for help."""

    def __init__(
        self, code: str, zh: str, en: str, *, status: int, request_id: str, where: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(f"gateway.{code}", zh, en, **({"where": where} if where else {}))
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after


class Unreachable(EnvironmentFault):
    """Nobody answers at the gateway's address, or somebody who is no gateway."""


class Verified(NamedTuple):
    """``answers``: per claim ``yes``, ``no`` or ``unknown``. ``proof``: the signed answer, when one was asked for."""

    answers: dict[str, str]
    request_id: str
    version: int
    proof: SignedAnswer | None = None

    def __getitem__(self, item: Any) -> Any:
        """``verified["name"]`` is the answer to the claim about ``name``."""
        return self.answers[item] if isinstance(item, str) else tuple(self)[item]

    @property
    def all_hold(self) -> bool:
        return all(answer == "yes" for answer in self.answers.values())


class Page(NamedTuple):
    """``following`` is the cursor of the next page, ``None`` at the end. ``version`` is that of the data."""

    rows: list[dict[str, Any]]
    following: str | None
    version: int


class Changes(NamedTuple):
    """``changes``: each ``{"change": "added" | "changed" | "removed", "key": {…}}``. ``following`` is the cursor to ask with
    next; ``more``: ask again at once."""

    changes: list[dict[str, Any]]
    following: str
    more: bool
    version: int


class Wire:
    """One client's credentials and the gateway's address; makes requests and reads replies."""

    def __init__(self, url: str, client_id: str, secret: str | bytes, algorithm: str) -> None:
        if algorithm not in signing.ALGORITHMS:
            raise ValueError(f"algorithm must be one of {', '.join(signing.ALGORITHMS)}")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise ValueError("url must look like https://gateway.example.gov.cn")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._base = parts.path.rstrip("/")
        self._client_id = client_id
        self._secret = secret.strip().encode() if isinstance(secret, str) else secret
        self._algorithm = algorithm

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """A request signed now: made anew for every try, since its nonce is good for one."""
        target = self._base + path + (f"?{urlencode(parameters)}" if parameters else "")
        content = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        signed = signing.sign(
            client_id=self._client_id,
            secret=self._secret,
            method=method,
            path=target,
            body=content,
            algorithm=self._algorithm,
        )
        kind = {"Content-Type": "application/json"} if body is not None else {}
        # As it was signed, byte for byte: httpx must not write the address in its own way.
        url = httpx.URL(self.origin).copy_with(raw_path=target.encode("ascii"))
        return httpx.Request(method, url, content=content or None, headers={**signed, **kind, **(headers or {})})

    def unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(
            "client.unreachable",
            f"无法连接网关 {self.origin}({type(error).__name__})。请检查地址、网络和证书后重试。",
            f"The gateway at {self.origin} cannot be reached ({type(error).__name__}). "
            "Check the address, the network and the certificate, then try again.",
        )


def interface_path(resource: str, tail: str = "") -> str:
    return f"/v1/interfaces/{quote(resource, safe='')}" + (f"/{tail}" if tail else "")


def delivery_path(resource: str) -> str:
    return f"/v1/deliveries/{quote(resource, safe='')}"


def content(response: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer that was read whole; ``Refused`` or ``Unreachable`` for anything else."""
    try:
        found = json.loads(response.content)
        if response.is_success and ("request_id" in found or "openapi" in found):
            return dict(found)
        error = found["error"]
        waits = response.headers.get("Retry-After", "")
        raise Refused(
            str(error["code"]),
            str(error["zh"]),
            str(error["en"]),
            status=response.status_code,
            request_id=str(error.get("request_id", "")),
            where=str(error.get("where", "")),
            retry_after=int(waits) if waits.isdecimal() and waits.isascii() else 0,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Unreachable(
            "client.not_a_gateway",
            f"应答(HTTP {response.status_code})不是公数网关的 JSON，请检查地址和中间的代理。",
            f"The answer (HTTP {response.status_code}) is not the JSON of a gateway; check the address and any proxy.",
        ) from error


def verified(found: Mapping[str, Any]) -> Verified:
    proof = found.get("proof")
    signed = SignedAnswer(proof["note"], proof["shown"]) if proof else None
    return Verified(dict(found["answers"]), found["request_id"], found["version"], signed)


def page(found: Mapping[str, Any]) -> Page:
    return Page(list(found["records"]), found["next"], found["version"])


def changes(found: Mapping[str, Any]) -> Changes:
    return Changes(list(found["changes"]), found["next"], found["more"], found["version"])


def asked(grant: str, purpose: str, **more: Any) -> dict[str, Any]:
    """The body of a request; what is ``None`` is left out."""
    return {"grant": grant, "purpose": purpose, **{name: value for name, value in more.items() if value is not None}}


def as_list(fields: Sequence[str] | None) -> list[str] | None:
    return None if fields is None else list(fields)


def digest_differs(expected: str) -> GongshuError:
    return GongshuError(
        "client.file_damaged",
        "收到的文件与网关给出的摘要不符，已删除。请重新下载。",
        "The file received does not have the digest that the gateway gave; it was removed. Fetch it again.",
        sha256=expected,
    )
