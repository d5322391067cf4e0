"""The way upward: a filing's package handed to the office above, and that office's receipt. Knows no database.

The package is one JSON object: ``format``, ``number``, ``office``, ``city``, ``filed_at``, ``assets`` (how many),
``sm3`` and ``sha256`` of ``body``, ``note`` and ``body``, the register's canonical JSON as a text: its digest is in the
ledger. ``note`` is a signed note (c2sp.org/signed-note) under the keys that the gateway publishes at ``/v1/keys``; its
text is ``FORMAT``, the number, the assets and the two digests, a line each.

By HTTP the package is the body of a ``POST``, signed as Gongshu's own gateway asks (``crypto.signing``), with the number
as ``Idempotency-Key``: the same filing may come twice and is one. Any 2xx takes it. An answer that is a receipt (below)
settles it; otherwise ``GET url/number`` is asked for one later: 200 with a receipt, 202 or 404 while there is none.
In an exchange folder, here or by SFTP, the package is ``NUMBER.json`` with ``NUMBER.json.manifest.json`` beside it, and
the receipt is awaited as ``NUMBER.json.receipt.json``.

A receipt is JSON: ``status`` ``accepted`` with ``receipt``, the number under which it is kept there, or ``refused`` with
``reason``; in both cases ``sm3``, the digest of what it speaks of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import msgspec

from gongshu.collection.intake import exchange
from gongshu.collection.intake.settings import Exchange
from gongshu.crypto import signing
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Home, Reach

FORMAT = "gongshu/asset-filing/v1"
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
LARGEST_RECEIPT = 64 << 10
_PASSING = frozenset({401, 403, 408, 425, 429})
"""Answers that may be other ones tomorrow: a key not entered there yet, a limit. Like 5xx they are tried again."""


class Receipt(msgspec.Struct, frozen=True):
    """What the office above says of a filing."""

    status: str
    sm3: str
    receipt: str = ""
    reason: str = ""

    @property
    def accepted(self) -> bool:
        return self.status == "accepted"


@dataclass(frozen=True)
class Package:
    """``content`` is what is sent, ``sm3`` the digest of the register within it."""

    number: str
    content: bytes
    sm3: str


def statement(number: str, assets: int, sm3: str, body: str) -> str:
    """The text that is signed."""
    return f"{FORMAT}\n{number}\n{assets}\nsm3:{sm3}\nsha256:{_sha256(body.encode())}\n"


def pack(*, number: str, office: str, city: str, filed_at: str, assets: int, sm3: str, note: str, body: str) -> Package:
    """The package of one filing; the same for the same filing, byte by byte."""
    content = msgspec.json.encode(
        {
            "format": FORMAT,
            "number": number,
            "office": office,
            "city": city,
            "filed_at": filed_at,
            "assets": assets,
            "sm3": sm3,
            "sha256": _sha256(body.encode()),
            "note": note,
            "body": body,
        }
    )
    return Package(number, content, sm3)


def send(home: Home, package: Package) -> Receipt | None:
    """Hand the package over; the receipt when it comes at once. Raises EnvironmentFault for what may pass, and
    GongshuError for what will not by itself.
    """
    if home.upward.url.startswith("http"):
        answer = _call(home, "POST", home.upward.url, package.content, {"Idempotency-Key": package.number})
        return _receipt(answer.content, package.sm3, perhaps=True)
    name = f"{package.number}.json"
    manifest = {
        "format": FORMAT,
        "name": name,
        "size": len(package.content),
        "sha256": _sha256(package.content),
        "sm3": package.sm3,
    }
    with exchange.connect(*_exchange(home)) as node:
        node.write(name, package.content)
        node.write(name + exchange.MANIFEST, exchange.receipt(manifest))
        return _found(node, name, package.sm3)


def look(home: Home, number: str, sm3: str) -> Receipt | None:
    """The receipt of a filing that was handed over; None while there is none. Raises as :func:`send` does."""
    if home.upward.url.startswith("http"):
        answer = _call(home, "GET", f"{home.upward.url.rstrip('/')}/{number}", b"", {}, none=frozenset({404}))
        return _receipt(answer.content, sm3, perhaps=answer.status_code != 200)
    with exchange.connect(*_exchange(home)) as node:
        return _found(node, f"{number}.json", sm3)


def _found(node: exchange.Node, name: str, sm3: str) -> Receipt | None:
    wanted = name + exchange.RECEIPT
    listed = {one.name: one.size for one in node.files()}
    if wanted not in listed:
        return None
    with node.open(wanted) as file:
        return _receipt(file.read(LARGEST_RECEIPT + 1), sm3, perhaps=False)


def _receipt(content: bytes, sm3: str, *, perhaps: bool) -> Receipt | None:
    """``perhaps``: something that is no receipt is none, and no fault."""
    try:
        found = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=Receipt)
    except msgspec.DecodeError as error:
        if perhaps:
            return None
        raise _wrong("不是规定的 JSON", "it is not the JSON that is agreed") from error
    if found.status not in {"accepted", "refused"}:
        return None
    if found.sm3.casefold() != sm3:
        raise _wrong("摘要与所报内容不符", "its digest is not that of what was filed")
    if found.accepted and not 0 < len(found.receipt.strip()) <= 100:
        raise _wrong("没有回执编号", "it has no receipt number")
    return found


def _call(
    home: Home,
    method: str,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    none: frozenset[int] = frozenset(),
) -> httpx.Response:
    target = httpx.URL(url)
    proof = signing.sign(
        client_id=home.upward.client or home.city,
        secret=_secret(home),
        method=method,
        path=target.raw_path.decode("ascii"),
        body=content,
        algorithm=home.upward.algorithm,
    )
    said = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "gongshu", **headers, **proof}
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(method, target, content=content or None, headers=said) as answer,
        ):
            read = b""
            for part in answer.iter_bytes():
                read += part
                if len(read) > LARGEST_RECEIPT:
                    raise _wrong("过长", "it is too long")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _away(type(error).__name__) from error
    if not answer.is_success and answer.status_code not in none:
        if answer.status_code in _PASSING or answer.status_code >= 500 or answer.is_redirect:
            raise _away(f"HTTP {answer.status_code}")
        raise GongshuError(
            "upward.refused",
            f"上级系统不接收（HTTP {answer.status_code}）。请与对方核对接口后再次报送。",
            f"The office above does not take it (HTTP {answer.status_code}). Settle it with them, then send again.",
        )
    return httpx.Response(answer.status_code, content=read)


def _exchange(home: Home) -> tuple[Home, Exchange, dict[str, str]]:
    """The folder as the exchange node knows it; ``[upward]`` itself is the operator's declaration of the place."""
    parts = urlsplit(home.upward.url)
    folder = unquote(parts.path) or "/"
    if parts.scheme == "file":
        return replace(home, sources=Reach(folders=(Path(folder),))), Exchange(folder=folder), {}
    port = parts.port or 22
    settings = Exchange(
        folder=folder,
        host=parts.hostname or "",
        port=port,
        user=unquote(parts.username or ""),
        host_key=home.upward.host_key,
    )
    reach = Reach(hosts=(f"{parts.hostname}:{port}",))
    return replace(home, sources=reach), settings, {"private_key": _secret(home).decode("utf-8", "replace")}


def _secret(home: Home) -> bytes:
    file = home.root / home.upward.secret_file
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise _no_secret() from error
    if not secret:
        raise _no_secret()
    return secret


def _no_secret() -> EnvironmentFault:
    return EnvironmentFault(
        "upward.secret",
        "gongshu.toml 的 [upward] secret_file 无法读取或为空。请放好密钥文件（权限 0600）。",
        "secret_file under [upward] of gongshu.toml cannot be read or is empty. Put the key's file there (mode 0600).",
    )


def _away(why: str) -> EnvironmentFault:
    return EnvironmentFault(
        "upward.away",
        f"上级系统未接收（{why}），稍后自动重试。",
        f"The office above did not take it ({why}); it is tried again.",
    )


def _wrong(zh: str, en: str) -> GongshuError:
    return GongshuError(
        "upward.receipt",
        f"上级系统的回执有误：{zh}。请与对方核对。",
        f"The receipt of the office above is wrong: {en}. Settle it with them.",
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def shown(receipt: Receipt) -> dict[str, Any]:
    """The receipt as it is kept."""
    plain: dict[str, Any] = msgspec.to_builtins(receipt)
    return plain
