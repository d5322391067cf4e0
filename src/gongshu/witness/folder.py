"""What a witness keeps: its key, the logs that it trusts, the last checkpoint of each, and evidence of forks.

=====================  =============================================================================
``witness.key``        Ed25519, PKCS #8 PEM, mode 0600; ``name`` beside it is the name it signs under
``logs``               the verifier keys of the logs that it serves, one a line
``state/<id>.json``    the last checkpoint cosigned for a log; made, with size 0, when the log is trusted
``evidence/…``         two signed checkpoints of one log that cannot both be true, as they were handed in
``address``            where the running process listens
=====================  =============================================================================

A state that is missing or damaged is lost memory: the witness then refuses that log instead of beginning anew, for a
witness that forgets can be led down a fork.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gongshu.errors import Conflict, EnvironmentFault, GongshuError
from gongshu.ledger import durable, merkle, note

KEY = "witness.key"
NAME = "name"
LOGS = "logs"
ADDRESS = "address"
EVIDENCE_LIMIT = 1000  # files per log: only the log's own key can cause one, and it is the one that lies


@dataclass(frozen=True)
class Seen:
    """The last checkpoint cosigned for a log; ``moment`` is the Unix second of that cosignature, 0 before the first."""

    origin: str
    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    moment: int = 0
    checkpoint: str = ""


class Folder:
    """The files of one witness."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return (self.path / KEY).is_file() and (self.path / NAME).is_file()

    def make(self, name: str) -> note.Verifier:
        """Begin a witness called ``name`` (a schema-less URL, such as ``transport.example.gov.cn/w1``), or find the one
        that is there; its public key. GongshuError for a name that cannot be one, or when another lives here."""
        try:
            note.check_name(name)
        except note.NoteError as error:
            raise GongshuError(
                "witness.name",
                f"见证节点名称“{name}”不能使用：不得为空，不得含空格或加号。请写成 transport.example.gov.cn/w1 的形式。",
                f"“{name}” cannot name a witness: no blanks and no plus. Write it like transport.example.gov.cn/w1.",
            ) from error
        if self.exists:
            if self.name != name:
                raise Conflict(
                    "witness.other_name",
                    f"{self.path} 中已有名为“{self.name}”的见证节点。换名即换身份，请另选文件夹。",
                    f"{self.path} holds the witness “{self.name}”. A new name is a new identity: choose another folder.",
                )
            return self.verifier
        durable.make_folder(self.path)
        for part in ("state", "evidence"):
            durable.make_folder(self.path / part)
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        descriptor = os.open(self.path / KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            durable.write_all(descriptor, pem)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        durable.write(self.path / LOGS, b"")
        durable.write(self.path / NAME, f"{name}\n".encode())  # last: it makes the witness
        durable.sync_folder(self.path)
        return self.verifier

    @property
    def name(self) -> str:
        return (self.path / NAME).read_text(encoding="utf-8").strip()

    def key(self) -> Ed25519PrivateKey:
        """The private key; EnvironmentFault when there is no witness here."""
        try:
            found = serialization.load_pem_private_key((self.path / KEY).read_bytes(), password=None)
            if isinstance(found, Ed25519PrivateKey):
                return found
        except (OSError, ValueError):
            pass
        raise EnvironmentFault(
            "witness.absent",
            f"{self.path} 中没有可用的见证节点密钥。请先运行 gongshu witness init，或从备份恢复整个文件夹。",
            f"There is no usable witness key in {self.path}. Run gongshu witness init first, or restore the whole folder.",
        )

    @property
    def verifier(self) -> note.Verifier:
        """The public key, as logs and verifiers are told it."""
        return note.Verifier(self.name, note.COSIGNATURE, self.key().public_key().public_bytes_raw())

    def logs(self) -> dict[str, tuple[note.Verifier, ...]]:
        """The trusted keys by the log's origin."""
        try:
            keys = note.parse_vkeys((self.path / LOGS).read_text(encoding="utf-8").splitlines())
        except (OSError, ValueError) as error:
            raise _damaged(self.path / LOGS) from error
        found: dict[str, tuple[note.Verifier, ...]] = {}
        for key in keys:
            found[key.name] = (*found.get(key.name, ()), key)
        return found

    def trust(self, keys: tuple[note.Verifier, ...]) -> int:
        """Serve the logs of these keys from now on; how many keys are new. A log that is new begins at size 0."""
        known = self.logs()
        new = [key for key in keys if key not in known.get(key.name, ())]
        for origin in {key.name for key in new} - set(known):
            if not self._file(origin).exists():
                self.remember(Seen(origin))
        lines = [key.vkey for held in known.values() for key in held] + [key.vkey for key in new]
        if new:
            durable.write(self.path / LOGS, "".join(f"{line}\n" for line in lines).encode())
            durable.sync_folder(self.path)
        return len(new)

    def seen(self, origin: str) -> Seen:
        """The last checkpoint cosigned; EnvironmentFault when that memory is lost."""
        path = self._file(origin)
        try:
            fields = json.loads(path.read_bytes())
            digest = fields.pop("sha256")
            found = Seen(
                str(fields["origin"]), int(fields["size"]), bytes.fromhex(fields["root"]), int(fields["moment"]),
                str(fields["checkpoint"]),
            )  # fmt: skip
            if digest != _digest(fields) or found.origin != origin:
                raise ValueError("digest")
            return found
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _damaged(path) from error

    def remember(self, seen: Seen) -> None:
        """Make ``seen`` durable. OSError passes through: nothing may be answered then."""
        fields = {
            "origin": seen.origin,
            "size": seen.size,
            "root": seen.root.hex(),
            "moment": seen.moment,
            "checkpoint": seen.checkpoint,
        }
        path = self._file(seen.origin)
        durable.write(path, json.dumps({**fields, "sha256": _digest(fields)}, ensure_ascii=False, indent=1).encode())
        durable.sync_folder(path.parent)

    def keep_evidence(
        self, seen: Seen, head: note.Checkpoint, given: str, old: int, proof: list[str], why: str
    ) -> Path:
        """Keep both checkpoints, durably; the file. The same pair is kept once."""
        path = self.path / "evidence" / f"{_id(seen.origin)[:16]}-{seen.size}-{head.size}-{head.root.hex()[:16]}.json"
        if not path.exists() and len(list(path.parent.glob(f"{_id(seen.origin)[:16]}-*"))) < EVIDENCE_LIMIT:
            fields = {
                "format": "gongshu-fork@v1",
                "why": why,
                "origin": seen.origin,
                "cosigned": seen.checkpoint,
                "submitted": given,
                "old": old,
                "proof": proof,
            }
            durable.write(path, json.dumps(fields, ensure_ascii=False, indent=1).encode() + b"\n")
            durable.sync_folder(path.parent)
        return path

    def evidence(self) -> list[Path]:
        return sorted((self.path / "evidence").glob("*.json"))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second process away from this memory; Conflict when one is there."""
        with (self.path / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(
                    "witness.already_running",
                    f"{self.path} 的见证节点已在运行。请先停止它。",
                    f"The witness of {self.path} is running already. Stop it first.",
                ) from error
            yield

    def _file(self, origin: str) -> Path:
        return self.path / "state" / f"{_id(origin)}.json"


def _id(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()


def _digest(fields: dict[str, object]) -> str:
    return sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _damaged(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        "witness.memory_lost",
        f"见证节点的记录 {path} 缺失或损坏，已停止为该账本签名。请从备份恢复，不要重新建立。",
        f"The witness's memory {path} is missing or damaged; it signs no more for that log. Restore it from backup, "
        "do not begin anew.",
    )
