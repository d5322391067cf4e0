"""The installation's key files under ``secrets/``: made once, mode 0600, never replaced silently.

==================  ==================================================================================
``master.key``      32 random bytes in hex: seals client secrets and other small values
``commitment.key``  32 random bytes in hex: the salt of commitments; lost, nobody can link them again
``session.key``     32 random bytes in hex: sessions and form tokens of the pages
``ledger.ed25519``  PKCS #8 PEM: signs the ledger's checkpoints
``ledger.sm2``      private key, then public key, in hex: signs them a second time
``answers.…``       the same two kinds of key, for the answers that stand in for a paper proof
``keys.json``       the inventory: which keys exist, with fingerprints; written last
==================  ==================================================================================

A key that the inventory names and the folder lacks is a lost key: ``ensure`` refuses, because a new one in its place
would make sealed secrets unreadable and the ledger unverifiable without anyone noticing.
"""

from __future__ import annotations

import json
import os
import secrets as _random
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gongshu.crypto import digests, sm2
from gongshu.errors import EnvironmentFault
from gongshu.home import Home

MASTER = "master.key"
COMMITMENT = "commitment.key"
SESSION = "session.key"
LEDGER_ED25519 = "ledger.ed25519"
LEDGER_SM2 = "ledger.sm2"
ANSWERS_ED25519 = "answers.ed25519"
ANSWERS_SM2 = "answers.sm2"
NAMES = (MASTER, COMMITMENT, SESSION, LEDGER_ED25519, LEDGER_SM2, ANSWERS_ED25519, ANSWERS_SM2)
INVENTORY = "keys.json"


@dataclass(frozen=True)
class SM2Key:
    private: bytes
    public: bytes


def ensure(home: Home) -> dict[str, str]:
    """Make the keys that were never made; answer every key's fingerprint by name. Safe to run twice and at once.

    EnvironmentFault when the folder cannot be written, or when a key that once existed is gone or was exchanged.
    """
    folder = home.secrets
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise _fault("crypto.secrets_unwritable", folder, error) from error
    known = _inventory(folder)
    found: dict[str, str] = {}
    for name in NAMES:
        path = folder / name
        if not path.exists():
            if name in known:
                raise _missing(path)
            try:
                _create(path, _fresh(name))
            except OSError as error:
                raise _fault("crypto.secrets_unwritable", folder, error) from error
        found[name] = fingerprint(path)
        if known.get(name, found[name]) != found[name]:
            raise EnvironmentFault(
                "crypto.key_exchanged",
                f"密钥文件 {path} 与登记（keys.json）不符：它被换过。请恢复原来的密钥文件。",
                f"The key file {path} is not the one in the inventory (keys.json): it was exchanged. "
                "Restore the original key file.",
            )
    if known != found:
        try:
            _replace(folder / INVENTORY, json.dumps(found, indent=1, sort_keys=True).encode() + b"\n")
        except OSError as error:
            raise _fault("crypto.secrets_unwritable", folder, error) from error
    return found


def secret(home: Home, name: str) -> bytes:
    """The 32 bytes of ``master.key``, ``commitment.key`` or ``session.key``."""
    return _parse_secret(home.secrets / name)


def ed25519(home: Home, name: str = LEDGER_ED25519) -> Ed25519PrivateKey:
    """The Ed25519 private key kept under ``name``."""
    path = home.secrets / name
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except ValueError as error:
        raise _malformed(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _malformed(path)
    return key


def sm2_key(home: Home, name: str = LEDGER_SM2) -> SM2Key:
    """The SM2 pair kept under ``name``."""
    path = home.secrets / name
    try:
        private, public = (bytes.fromhex(line) for line in _read(path).decode("ascii").split())
    except ValueError as error:
        raise _malformed(path) from error
    if len(private) != 32 or len(public) != 64:
        raise _malformed(path)
    return SM2Key(private, public)


def fingerprint(path: Path) -> str:
    """16 hex digits that name a key without telling it."""
    home = _Folder(path.parent)
    if path.suffix == ".ed25519":
        public = ed25519(home, path.name).public_key().public_bytes_raw()
        return digests.sha256(public).hex()[:16]
    if path.suffix == ".sm2":
        return digests.sm3(sm2_key(home, path.name).public).hex()[:16]
    return digests.hmac_sm3(_parse_secret(path), b"gongshu/fingerprint").hex()[:16]


class _Folder(Home):
    """A home of which only the secrets folder is asked."""

    @property
    def secrets(self) -> Path:
        return self.root


def _fresh(name: str) -> bytes:
    if name.endswith(".ed25519"):
        return Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    if name.endswith(".sm2"):
        private, public = sm2.generate()
        return f"{private.hex()}\n{public.hex()}\n".encode()
    return _random.token_hex(32).encode() + b"\n"


def _create(path: Path, content: bytes) -> None:
    """Write a file that did not exist, whole or not at all; who comes second keeps the first one's."""
    temporary = _write_beside(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    _write_beside(path, content).replace(path)
    _sync_folder(path.parent)


def _write_beside(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{_random.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _inventory(folder: Path) -> dict[str, str]:
    path = folder / INVENTORY
    if not path.exists():
        return {}
    try:
        entries = json.loads(_read(path))
    except ValueError as error:
        raise _malformed(path) from error
    if not isinstance(entries, dict):
        raise _malformed(path)
    return {str(name): str(value) for name, value in entries.items()}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise _missing(path) from error
    except OSError as error:
        raise _fault("crypto.key_unreadable", path, error) from error


def _parse_secret(path: Path) -> bytes:
    try:
        value = bytes.fromhex(_read(path).decode("ascii").strip())
    except ValueError as error:
        raise _malformed(path) from error
    if len(value) != 32:
        raise _malformed(path)
    return value


def _missing(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        "crypto.key_missing",
        f"缺少密钥文件：{path}。新装请先运行 gongshu init；已有数据的安装请从备份恢复该文件，切勿另造新密钥。",
        f"The key file is missing: {path}. On a new installation run gongshu init first; where there are data already, "
        "restore the file from backup and do not make a new key in its place.",
    )


def _malformed(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        "crypto.key_malformed",
        f"密钥文件内容不完整或格式不对：{path}。请从备份恢复该文件。",
        f"The key file is incomplete or not in its format: {path}. Restore it from backup.",
    )


def _fault(code: str, path: Path, error: OSError) -> EnvironmentFault:
    reason = error.strerror or type(error).__name__
    return EnvironmentFault(
        code,
        f"无法读写密钥位置 {path}({reason})。请检查运行账户对该位置的权限和磁盘空间后重试。",
        f"The key location {path} cannot be read or written ({reason}). "
        "Check this account's permission there and the free space, then try again.",
    )
