"""The request signature that systems use towards the gateway: the same code on both sides.

String to sign, lines joined by a newline and none at the end::

    algorithm                 HMAC-SM3 or HMAC-SHA256
    METHOD                    upper case
    path with query           exactly as on the request line, for example /v1/interfaces/a/query?x=1
    hex(digest(body))         SM3 or SHA-256, as the algorithm; of the empty string when there is no body
    timestamp                 Unix seconds
    nonce                     8 to 128 characters of A-Z a-z 0-9 . _ ~ -, used once
    client id

``X-Gongshu-Signature`` is the lower-case hex HMAC of that string under the client's secret. The receiver allows five
minutes either way and remembers nonces for as long (that memory is the gateway's, not this module's).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import NamedTuple

from gongshu import clock
from gongshu.crypto import digests
from gongshu.errors import GongshuError

HMAC_SM3 = "HMAC-SM3"
HMAC_SHA256 = "HMAC-SHA256"
ALGORITHMS = (HMAC_SM3, HMAC_SHA256)
WINDOW_SECONDS = 300

CLIENT = "X-Gongshu-Client"
TIMESTAMP = "X-Gongshu-Timestamp"
NONCE = "X-Gongshu-Nonce"
ALGORITHM = "X-Gongshu-Algorithm"
SIGNATURE = "X-Gongshu-Signature"
HEADERS = (CLIENT, TIMESTAMP, NONCE, ALGORITHM, SIGNATURE)

_LOWER = tuple((name, name.lower()) for name in HEADERS)
_NONCE_FORM = re.compile(r"[A-Za-z0-9._~-]{8,128}")
_CLIENT_FORM = re.compile(r"[\x21-\x7e]{1,128}")
_DIGITS = re.compile(r"[0-9]{1,12}")


class SignatureRefused(GongshuError):
    """The request is not signed as it must be; nothing about the client is learnt from the answer."""

    status = 401


class Claim(NamedTuple):
    """What a request's headers claim, well-formed but not yet believed."""

    client_id: str
    algorithm: str
    timestamp: int
    nonce: str
    signature: str


def string_to_sign(
    algorithm: str, method: str, path: str, body: bytes, timestamp: int | str, nonce: str, client_id: str
) -> bytes:
    """The bytes under the HMAC; ValueError for an unknown algorithm."""
    if algorithm == HMAC_SM3:
        digest = digests.sm3(body)
    elif algorithm == HMAC_SHA256:
        digest = digests.sha256(body)
    else:
        raise ValueError(f"unknown signature algorithm {algorithm!r}")
    return f"{algorithm}\n{method.upper()}\n{path}\n{digest.hex()}\n{timestamp}\n{nonce}\n{client_id}".encode()


def sign(
    *,
    client_id: str,
    secret: bytes,
    method: str,
    path: str,
    body: bytes = b"",
    algorithm: str = HMAC_SM3,
    timestamp: int | None = None,
    nonce: str | None = None,
) -> dict[str, str]:
    """The five headers for one request. ``path`` includes the query; ``timestamp`` and ``nonce`` are for tests."""
    when = int(clock.now().timestamp()) if timestamp is None else timestamp
    once = nonce or secrets.token_urlsafe(18)
    return {
        CLIENT: client_id,
        TIMESTAMP: str(when),
        NONCE: once,
        ALGORITHM: algorithm,
        SIGNATURE: _mac(algorithm, secret, string_to_sign(algorithm, method, path, body, when, once, client_id)).hex(),
    }


def read(headers: Mapping[str, str]) -> Claim:
    """The claim in ``headers`` (names in canonical or lower case). SignatureRefused says which header is wanting."""
    values = []
    for name, lower in _LOWER:
        value = headers.get(lower) or headers.get(name)
        if not value:
            raise SignatureRefused(
                "signature.missing",
                f"请求缺少签名头 {name}。请按接口文档携带全部五个 X-Gongshu-* 请求头。",
                f"The request lacks the header {name}. Send all five X-Gongshu-* headers as the interface guide says.",
                header=name,
            )
        values.append(value)
    client_id, timestamp, nonce, algorithm, signature = values
    if algorithm not in ALGORITHMS:
        raise _malformed(ALGORITHM, "HMAC-SM3 / HMAC-SHA256")
    if not _DIGITS.fullmatch(timestamp):
        raise _malformed(TIMESTAMP, "Unix seconds")
    if not _NONCE_FORM.fullmatch(nonce):
        raise _malformed(NONCE, "8-128 of A-Z a-z 0-9 . _ ~ -")
    if not _CLIENT_FORM.fullmatch(client_id):
        raise _malformed(CLIENT, "1-128 visible ASCII")
    return Claim(client_id, algorithm, int(timestamp), nonce, signature)


def verify(claim: Claim, *, secret: bytes, method: str, path: str, body: bytes, now: float | None = None) -> None:
    """Return when the claim holds for this request; SignatureRefused otherwise. The comparison is constant-time.

    ``now`` in Unix seconds (default: the clock). A wrong signature and an unknown client must look alike to the caller:
    for an unknown client verify against any other secret and raise the same.
    """
    moment = clock.now().timestamp() if now is None else now
    data = string_to_sign(claim.algorithm, method, path, body, claim.timestamp, claim.nonce, claim.client_id)
    expected = _mac(claim.algorithm, secret, data).hex()
    if not digests.same(expected.encode(), claim.signature.encode("utf-8", "replace")):
        raise refused()
    if abs(moment - claim.timestamp) > WINDOW_SECONDS:
        raise SignatureRefused(
            "signature.expired",
            f"请求时间戳与服务器时间相差超过 {WINDOW_SECONDS} 秒。请校准客户端时钟，并为每次请求重新签名。",
            f"The request's timestamp is more than {WINDOW_SECONDS} seconds away from the server's clock. "
            "Set the client's clock and sign every request anew.",
        )


def refused() -> SignatureRefused:
    """The one answer for a wrong signature and for a client that does not exist."""
    return SignatureRefused(
        "signature.mismatch",
        "签名不符：客户端标识、密钥、请求方法、路径、正文或随机数与签名不一致。请核对签名串的拼接与密钥。",
        "The signature does not fit: client id, secret, method, path, body or nonce differ from what was signed. "
        "Check how the string to sign is put together, and the secret.",
    )


def _mac(algorithm: str, secret: bytes, data: bytes) -> bytes:
    return digests.hmac_sm3(secret, data) if algorithm == HMAC_SM3 else digests.hmac_sha256(secret, data)


def _malformed(header: str, form: str) -> SignatureRefused:
    return SignatureRefused(
        "signature.malformed",
        f"请求头 {header} 的格式不对，应为：{form}。",
        f"The header {header} is not in its form: {form}.",
        header=header,
    )
