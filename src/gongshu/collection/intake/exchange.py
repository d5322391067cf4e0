"""The exchange node (前置机): files with a manifest in a folder, receipts beside them. Local or by SFTP.

A sender puts ``NAME`` and then ``NAME.manifest.json`` (best written under another name and renamed):
``{"entry": code, "name": NAME, "size": bytes, "rows": n, "sha256": hex}``; ``rows`` may be left out. Only a file whose
manifest is there, with the size and digest that it says, is ever read. When the run has ended ``NAME.receipt.json`` is
written beside it, whole or not at all.

SFTP: draft-ietf-secsh-filexfer-02 as OpenSSH speaks it, by paramiko; the server's key is pinned by its fingerprint.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import socket
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from gongshu.collection.intake import reach
from gongshu.collection.intake.settings import Exchange
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Home

MANIFEST, RECEIPT = ".manifest.json", ".receipt.json"
CONNECT_SECONDS = 15
_LARGEST_MANIFEST = 64 << 10
_CHUNK = 1 << 20
_NAME_LENGTH = 200


class Manifest(msgspec.Struct, frozen=True):
    """What a sender says of a file. ``rows`` counts the data rows, blank ones not among them."""

    entry: str
    name: str
    size: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True)
class Found:
    """A regular file of the folder. ``modified`` in unix seconds."""

    name: str
    size: int
    modified: float


class Node(ABC):
    """A folder, here or elsewhere."""

    @abstractmethod
    def files(self) -> list[Found]: ...

    @abstractmethod
    def open(self, name: str) -> IO[bytes]: ...

    @abstractmethod
    def write(self, name: str, content: bytes) -> None:
        """Put a file there, whole or not at all."""


def check(home: Home, settings: Exchange) -> None:
    """Raises GongshuError when the operator did not declare the place."""
    if settings.host:
        reach.check_host(home.sources, settings.host, settings.port)
    else:
        reach.check_folder(home.sources, settings.folder)


@contextmanager
def connect(home: Home, settings: Exchange, secrets: Mapping[str, str]) -> Iterator[Node]:
    """The folder, for the time of the ``with``. Raises GongshuError, EnvironmentFault when it does not answer."""
    check(home, settings)
    if not settings.host:
        yield _Local(reach.check_folder(home.sources, settings.folder))
        return
    import paramiko

    try:
        raw = socket.create_connection((settings.host, settings.port), CONNECT_SECONDS)
        transport = paramiko.Transport(raw)
    except (OSError, paramiko.SSHException) as error:
        raise _unreachable(error) from error
    with closing(transport):
        try:
            transport.start_client(timeout=CONNECT_SECONDS)
            _check_host_key(settings, transport.get_remote_server_key().asbytes())
            key = secrets.get("private_key", "")
            if key:
                transport.auth_publickey(settings.user, _private_key(key))
            else:
                transport.auth_password(settings.user, secrets.get("password", ""))
            client = paramiko.SFTPClient.from_transport(transport)
            assert client is not None  # noqa: S101 - it is when the transport is authenticated
            channel = client.get_channel()
            assert channel is not None  # noqa: S101
            channel.settimeout(60)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise _unreachable(error) from error
        with closing(client):
            yield _Remote(client, settings.folder)


def manifests(node: Node) -> Iterator[tuple[str, Found | None, bytes | None]]:
    """Every file with a manifest and without a receipt: its name, the file if it is there, the manifest's bytes (None
    when it is too large to be one).
    """
    listed = {one.name: one for one in node.files()}
    for name, one in sorted(listed.items()):
        if not name.endswith(MANIFEST):
            continue
        base = name.removesuffix(MANIFEST)
        if not base or len(base) > _NAME_LENGTH or base + RECEIPT in listed:
            continue
        content: bytes | None = None
        if one.size <= _LARGEST_MANIFEST:
            with node.open(name) as file:
                content = file.read(_LARGEST_MANIFEST + 1)
        yield base, listed.get(base), content


def read_manifest(name: str, content: bytes, resource: str) -> Manifest:
    """The manifest of file ``name``. Raises GongshuError that says what is wrong with it."""
    try:
        manifest = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=Manifest)
    except msgspec.DecodeError as error:
        raise GongshuError(
            "exchange.manifest",
            "交接清单不是规定的 JSON，须含 entry、name、size、sha256。请更正后重新放置。",
            "The manifest is not the JSON that is asked for, with entry, name, size and sha256. Mend it, put it again.",
        ) from error
    if manifest.name != name:
        raise GongshuError(
            "exchange.manifest_name",
            "交接清单中的文件名与清单自身不符。",
            "The manifest names another file than its own name says.",
        )
    if manifest.entry.replace("/", "-") != resource:
        raise GongshuError(
            "exchange.manifest_entry",
            "交接清单中的信息资源代码不是本来源的目录。",
            "The manifest's resource code is not the entry of this source.",
        )
    return manifest


def complete(manifest: Manifest) -> bytes:
    """A manifest as bytes, for senders and tests."""
    return msgspec.json.encode(manifest)


def check_content(manifest: Manifest, size: int, sha256: str) -> None:
    """Raises GongshuError when a file is not the one that its manifest describes."""
    if size != manifest.size or sha256 != manifest.sha256.casefold():
        raise GongshuError(
            "exchange.digest",
            f"文件与交接清单不符（清单 {manifest.size} 字节，实收 {size} 字节，或摘要不同）。请重新放置文件和清单。",
            f"The file is not the one that the manifest describes ({manifest.size} bytes said, {size} received, or "
            "another digest). Put file and manifest again.",
        )


def receipt(body: Mapping[str, Any]) -> bytes:
    """A receipt as bytes."""
    return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"


class _Local(Node):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> list[Found]:
        try:
            with os.scandir(self._folder) as entries:
                return [
                    Found(one.name, one.stat(follow_symlinks=False).st_size, one.stat(follow_symlinks=False).st_mtime)
                    for one in entries
                    if one.is_file(follow_symlinks=False)
                ]
        except OSError as error:
            raise _unreachable(error) from error

    def open(self, name: str) -> IO[bytes]:
        try:
            handle = os.open(self._folder / _safe(name), os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise _unreachable(error) from error
        return os.fdopen(handle, "rb")

    def write(self, name: str, content: bytes) -> None:
        part = self._folder / f"{_safe(name)}.part"
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
        except OSError as error:
            raise _unreachable(error) from error


class _Remote(Node):
    def __init__(self, client: Any, folder: str) -> None:
        self._client, self._folder = client, folder.rstrip("/") or "/"

    def _path(self, name: str) -> str:
        return f"{self._folder}/{_safe(name)}"

    def files(self) -> list[Found]:
        try:
            listed = self._client.listdir_attr(self._folder)
        except OSError as error:
            raise _unreachable(error) from error
        return [
            Found(one.filename, int(one.st_size or 0), float(one.st_mtime or 0))
            for one in listed
            if one.st_mode is not None and stat.S_ISREG(one.st_mode)
        ]

    def open(self, name: str) -> IO[bytes]:
        try:
            file = self._client.open(self._path(name), "rb", bufsize=_CHUNK)
            file.prefetch()
        except OSError as error:
            raise _unreachable(error) from error
        return cast("IO[bytes]", file)

    def write(self, name: str, content: bytes) -> None:
        part = self._path(name + ".part")
        try:
            self._client.putfo(io.BytesIO(content), part)
            self._client.posix_rename(part, self._path(name))
        except OSError as error:
            raise _unreachable(error) from error


def _safe(name: str) -> str:
    if "/" in name or "\0" in name or name in {"", ".", ".."}:
        raise GongshuError("exchange.name", "文件名不合法。", "The file's name is not acceptable.")
    return name


def fingerprint(key: bytes) -> str:
    """``SHA256:…`` of a public key's blob, as ``ssh-keygen -lf`` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def _check_host_key(settings: Exchange, key: bytes) -> None:
    if fingerprint(key) != settings.host_key.strip().rstrip("="):
        raise GongshuError(
            "exchange.host_key",
            "前置机的主机密钥与登记的指纹不符，已断开。请向对方核实后再修改指纹。",
            "The host key of the exchange node is not the pinned one; the connection was ended. Ask its operator before "
            "you change the fingerprint.",
            field="host_key",
        )


def _private_key(text: str) -> Any:
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.strip() + "\n"))
        except (paramiko.SSHException, ValueError):
            continue
    raise GongshuError(
        "exchange.private_key",
        "私钥无法识别，须为无口令的 OpenSSH 私钥（Ed25519、ECDSA 或 RSA）。",
        "The private key is none that can be read: an OpenSSH key without a passphrase (Ed25519, ECDSA, RSA).",
        field="private_key",
    )


def _unreachable(error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        "source.unreachable",
        f"前置机无法读写（{type(error).__name__}）。请核对地址、账号、目录权限和网络后重试。",
        f"The exchange node cannot be read or written ({type(error).__name__}). Check address, account, rights of the "
        "folder and network, then try again.",
    )
