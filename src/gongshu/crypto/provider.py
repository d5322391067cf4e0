"""The provider: one object through which the platform digests, seals, signs and commits.

It is shaped so that a hardware module can stand in its place: private keys are named, never handed out. The one here is
software. It computes by the standards (GB/T 32905, 32907, 32918) but is **not** a certified module (GM/T 0028), so it
does not by itself pass 密评 (商用密码应用安全性评估, 密码法 article 27); ``certified`` and ``notice`` say so.
"""

from __future__ import annotations

import unicodedata
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gongshu.crypto import digests, keys, sealing, sm2
from gongshu.errors import Text
from gongshu.home import Home, locate


class Provider(Protocol):
    """What the platform asks of whoever holds its keys. Digests and HMACs are 32 bytes; Ed25519 signatures 64;
    SM2 public keys 64, SM2 signatures DER (GM/T 0009)."""

    @property
    def name(self) -> str: ...
    @property
    def certified(self) -> bool: ...
    @property
    def notice(self) -> Text: ...

    def digest_sm3(self, data: bytes) -> bytes: ...
    def digest_sha256(self, data: bytes) -> bytes: ...
    def hmac(self, alg: str, key: bytes, data: bytes) -> bytes: ...
    def wrap(self, plaintext: bytes, purpose: str) -> bytes: ...
    def unwrap(self, wrapped: bytes, purpose: str) -> bytes: ...
    def commit(self, subject: str) -> str: ...
    def derive(self, purpose: str) -> bytes: ...
    def ed25519_public(self) -> bytes: ...
    def ed25519_sign(self, data: bytes) -> bytes: ...
    def ed25519_verify(self, public: bytes, data: bytes, signature: bytes) -> bool: ...
    def sm2_public(self) -> bytes: ...
    def sm2_sign(self, data: bytes) -> bytes: ...
    def sm2_verify(self, public: bytes, data: bytes, signature: bytes) -> bool: ...


class SoftwareProvider:
    """Keys in files of the installation (``crypto.keys``), arithmetic in libraries. Keys are read at their first use."""

    name = "software"
    certified = False
    notice = Text(
        "软件密码模块：按国家标准计算 SM2/SM3/SM4，但未经商用密码产品认证，不能单独通过密评；投产前请接入经认证的密码机。",
        "Software provider: SM2/SM3/SM4 computed by the national standards, but not a certified module. It does not by "
        "itself pass the commercial cryptography assessment （密评）； connect a certified module before production.",
    )

    def __init__(self, home: Home, ed25519: str = keys.LEDGER_ED25519, sm2_name: str = keys.LEDGER_SM2) -> None:
        """``ed25519`` and ``sm2_name`` are the names of the keys that it signs with."""
        self._home = home
        self._signing = ed25519, sm2_name

    @cached_property
    def _master(self) -> bytes:
        return keys.secret(self._home, keys.MASTER)

    @cached_property
    def _salt(self) -> bytes:
        return keys.secret(self._home, keys.COMMITMENT)

    @cached_property
    def _ed25519(self) -> Ed25519PrivateKey:
        return keys.ed25519(self._home, self._signing[0])

    @cached_property
    def _sm2(self) -> keys.SM2Key:
        return keys.sm2_key(self._home, self._signing[1])

    def digest_sm3(self, data: bytes) -> bytes:
        return digests.sm3(data)

    def digest_sha256(self, data: bytes) -> bytes:
        return digests.sha256(data)

    def hmac(self, alg: str, key: bytes, data: bytes) -> bytes:
        """``alg`` is ``SM3`` or ``SHA-256``; ``HMAC-SM3`` and ``HMAC-SHA256`` mean the same."""
        return digests.hmac({"HMAC-SM3": digests.SM3, "HMAC-SHA256": digests.SHA256}.get(alg, alg), key, data)

    def wrap(self, plaintext: bytes, purpose: str) -> bytes:
        """``plaintext`` under the installation's master key, bound to ``purpose`` (SM4-GCM)."""
        return sealing.seal(self._master, plaintext, purpose)

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """What ``wrap`` was given; EnvironmentFault when value, key or purpose is another."""
        return sealing.unseal(self._master, wrapped, purpose)

    def commit(self, subject: str) -> str:
        """``hmac-sm3:`` and 64 hex digits: the same for the same identifier (blanks, width and case aside), telling
        nothing about it without the salt. An empty subject stays empty."""
        plain = "".join(unicodedata.normalize("NFKC", subject).split()).upper()
        if not plain:
            return ""
        return "hmac-sm3:" + digests.hmac_sm3(self._salt, plain.encode()).hex()

    def derive(self, purpose: str) -> bytes:
        """32 bytes that are a key for ``purpose`` and tell nothing about the master key or another purpose's."""
        return digests.hmac_sm3(self._master, f"gongshu/derived/{purpose}".encode())

    def ed25519_public(self) -> bytes:
        return self._ed25519.public_key().public_bytes_raw()

    def ed25519_sign(self, data: bytes) -> bytes:
        return self._ed25519.sign(data)

    def ed25519_verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        return ed25519_verify(public, data, signature)

    def sm2_public(self) -> bytes:
        return self._sm2.public

    def sm2_sign(self, data: bytes) -> bytes:
        return sm2.sign(self._sm2.private, self._sm2.public, data)

    def sm2_verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        return sm2.verify(public, data, signature)


def ed25519_verify(public: bytes, data: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is one of ``data`` by ``public`` (32 bytes; RFC 8032). Malformed ones are not."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def answers_provider(home: Home) -> Provider:
    """The provider whose signatures are those of answers: with keys of their own, so that nothing that is signed for a
    caller can ever pass for a checkpoint of the ledger."""
    return SoftwareProvider(home, keys.ANSWERS_ED25519, keys.ANSWERS_SM2)


_providers: dict[Path, SoftwareProvider] = {}


def provider(home: Home | None = None) -> Provider:
    """The provider of ``home`` (default: the installation that ``GONGSHU_HOME`` names); the same object every time."""
    root = home.root if home else locate()
    found = _providers.get(root)
    if found is None:
        found = _providers[root] = SoftwareProvider(home or Home(root))
    return found


def commit(subject: str) -> str:
    """``provider().commit(subject)``: the salted commitment of a personal identifier."""
    return provider().commit(subject)


def forget() -> None:
    """Drop keys held in memory; the next use reads the files again (after a restore, and in tests)."""
    _providers.clear()
