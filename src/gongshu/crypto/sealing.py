"""Encrypting small secrets at rest: SM4-GCM (GB/T 32907-2016) by default, AES-256-GCM as the other.

A sealed value is ``version (1 byte) || nonce (12) || ciphertext || tag (16)``; the version names the algorithm. The
purpose is bound into both the key and the authenticated data: what was sealed for one purpose opens for no other.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gongshu.crypto import digests
from gongshu.errors import EnvironmentFault

SM4_GCM = "SM4-GCM"
AES_GCM = "AES-256-GCM"
_VERSIONS = {SM4_GCM: 1, AES_GCM: 2}
_NONCE = 12
_TAG = 16


def seal(master: bytes, plaintext: bytes, purpose: str, algorithm: str = SM4_GCM) -> bytes:
    """``plaintext`` encrypted under a key that is derived from ``master`` for ``purpose``."""
    version = bytes([_VERSIONS[algorithm]])
    nonce = os.urandom(_NONCE)
    bound = version + purpose.encode()
    if algorithm == AES_GCM:
        return version + nonce + AESGCM(_key(master, algorithm, purpose)).encrypt(nonce, plaintext, bound)
    encryptor = Cipher(algorithms.SM4(_key(master, algorithm, purpose)), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return version + nonce + encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def unseal(master: bytes, sealed: bytes, purpose: str) -> bytes:
    """The plaintext again. EnvironmentFault when the value was changed, or sealed under another key or purpose."""
    algorithm = next((name for name, number in _VERSIONS.items() if sealed[:1] == bytes([number])), None)
    if algorithm is None or len(sealed) < 1 + _NONCE + _TAG:
        raise _unreadable(purpose)
    nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    bound = sealed[:1] + purpose.encode()
    try:
        if algorithm == AES_GCM:
            return AESGCM(_key(master, algorithm, purpose)).decrypt(nonce, rest, bound)
        cipher = Cipher(algorithms.SM4(_key(master, algorithm, purpose)), modes.GCM(nonce, rest[-_TAG:]))
        decryptor = cipher.decryptor()
        decryptor.authenticate_additional_data(bound)
        return decryptor.update(rest[:-_TAG]) + decryptor.finalize()
    except InvalidTag as error:
        raise _unreadable(purpose) from error


def _key(master: bytes, algorithm: str, purpose: str) -> bytes:
    label = f"gongshu/{algorithm}/{purpose}".encode()
    if algorithm == AES_GCM:
        return digests.hmac_sha256(master, label)
    return digests.hmac_sm3(master, label)[:16]


def _unreadable(purpose: str) -> EnvironmentFault:
    return EnvironmentFault(
        "crypto.sealed_value_unreadable",
        f"用途为“{purpose}”的加密值无法解密：它被改动过，或不是用本安装的主密钥（secrets/master.key）加密的。"
        "请恢复与数据库同一份备份中的密钥，或重新签发该密文。",
        f"The sealed value for “{purpose}” cannot be opened: it was changed, or sealed under another master key than this "
        "installation's (secrets/master.key). Restore the key from the same backup as the database, or issue the "
        "secret again.",
        purpose=purpose,
    )
