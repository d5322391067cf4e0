"""Digests and keyed digests: SM3 (GB/T 32905-2016) and SHA-256 (FIPS 180-4).

SM3 comes from ``hashlib`` where the Python at hand was built on an OpenSSL that has it, otherwise from ``gmssl-pyx``.
Either is checked against the standard's own example when this module is imported; a wrong answer stops the process.
"""

from __future__ import annotations

import hashlib
import hmac as _hmac
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Protocol

import gmssl_pyx

from gongshu.errors import EnvironmentFault

SM3 = "SM3"
SHA256 = "SHA-256"
ALGORITHMS = (SM3, SHA256)

_SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


class _Hashlib:
    """Digest and HMAC (RFC 2104) by ``hashlib``. Finding an algorithm by its name and starting on a key cost more than
    digesting a short message, so both are done once and copied."""

    def __init__(self, name: str) -> None:
        self._empty = hashlib.new(name, usedforsecurity=True)
        self._keyed = lru_cache(maxsize=1024)(self._start)

    def digest(self, data: bytes) -> bytes:
        state = self._empty.copy()
        state.update(data)
        return state.digest()

    def hmac(self, key: bytes, data: bytes) -> bytes:
        inside, outside = self._keyed(key)
        inner = inside.copy()
        inner.update(data)
        outer = outside.copy()
        outer.update(inner.digest())
        return outer.digest()

    def _start(self, key: bytes) -> tuple[_State, _State]:
        block = (key if len(key) <= 64 else self.digest(key)).ljust(64, b"\0")
        inner, outer = self._empty.copy(), self._empty.copy()
        inner.update(bytes(byte ^ 0x36 for byte in block))
        outer.update(bytes(byte ^ 0x5C for byte in block))
        return inner, outer


class _State(Protocol):
    def copy(self) -> _State: ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


def _gmssl_sm3(data: bytes) -> bytes:
    return bytes(gmssl_pyx.sm3_hash(data))


def _gmssl_hmac_sm3(key: bytes, data: bytes) -> bytes:
    """RFC 2104 over gmssl-pyx's SM3 (its own HMAC refuses keys that RFC 2104 allows)."""
    block = (key if len(key) <= 64 else _gmssl_sm3(key)).ljust(64, b"\0")
    inner = _gmssl_sm3(bytes(b ^ 0x36 for b in block) + data)
    return _gmssl_sm3(bytes(b ^ 0x5C for b in block) + inner)


def _choose() -> tuple[Callable[[bytes], bytes], Callable[[bytes, bytes], bytes], str]:
    candidates = [(_gmssl_sm3, _gmssl_hmac_sm3, "gmssl-pyx")]
    with suppress(ValueError):
        ours = _Hashlib("sm3")
        candidates.insert(0, (ours.digest, ours.hmac, "hashlib"))
    for digest, keyed, name in candidates:
        with suppress(ValueError):
            if digest(b"abc").hex() == _SM3_ABC and keyed(b"key", b"abc") == _gmssl_hmac_sm3(b"key", b"abc"):
                return digest, keyed, name
    raise EnvironmentFault(
        "crypto.sm3_unavailable",
        "本机的 Python 与 gmssl-pyx 都不能正确计算 SM3(GB/T 32905)。请重新安装依赖（make install）后重试。",
        "Neither this Python nor gmssl-pyx computes SM3 (GB/T 32905) rightly. "
        "Install the dependencies again (make install) and retry.",
    )


sm3, hmac_sm3, SM3_SOURCE = _choose()
_sha256 = _Hashlib("sha256")


def sha256(data: bytes) -> bytes:
    """SHA-256 of ``data``: 32 bytes."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104): 32 bytes."""
    return _sha256.hmac(key, data)


def digest(algorithm: str, data: bytes) -> bytes:
    """``SM3`` or ``SHA-256`` of ``data``; ValueError for another name."""
    if algorithm == SM3:
        return sm3(data)
    if algorithm == SHA256:
        return sha256(data)
    raise ValueError(f"unknown digest {algorithm!r}")


def hmac(algorithm: str, key: bytes, data: bytes) -> bytes:
    """HMAC over ``SM3`` or ``SHA-256``; ValueError for another name."""
    if algorithm == SM3:
        return hmac_sm3(key, data)
    if algorithm == SHA256:
        return hmac_sha256(key, data)
    raise ValueError(f"unknown digest {algorithm!r}")


def same(a: bytes, b: bytes) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return _hmac.compare_digest(a, b)
