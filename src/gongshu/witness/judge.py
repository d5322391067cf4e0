"""The decision: cosign this checkpoint, or say why not. C2SP tlog-witness v1.0.0, ``add-checkpoint``; no HTTP in here.

What has been decided is on the disk before it is answered: a new state before a cosignature, evidence before a refusal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from gongshu.errors import EnvironmentFault
from gongshu.ledger import merkle, note
from gongshu.witness.folder import Folder, Seen

MAX_BODY = 64 * 1024
MAX_PROOF = 63
SIZE_TYPE = "text/x.tlog.size"
PLAIN = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    status: int
    body: str
    kind: str = PLAIN


class Request(NamedTuple):
    """A body that was handed in: from size ``old``, by ``proof`` (32 bytes each), to the signed note."""

    old: int
    proof: list[bytes]
    note: str


def parse(body: bytes) -> Request:
    """Read a request's body; ValueError when it is not one."""
    text = body.decode()
    head, separator, checkpoint = text.partition("\n\n")
    first, *lines = head.split("\n")
    number = first.removeprefix("old ")
    if not separator or not first.startswith("old ") or not number.isascii() or not number.isdecimal():
        raise ValueError("a body is an old size, a proof, an empty line and a checkpoint")
    if str(int(number)) != number or len(number) > 18 or len(lines) > MAX_PROOF:
        raise ValueError("the old size or the proof is too long")
    proof = [note.decode(line) for line in lines]
    if any(len(step) != 32 for step in proof):
        raise ValueError("a proof is of SHA-256 hashes")
    return Request(int(number), proof, checkpoint)


class Judge:
    """One witness at work. ``now`` answers Unix seconds."""

    def __init__(self, folder: Folder, now: Callable[[], int]) -> None:
        self.folder = folder
        self.verifier = folder.verifier
        self._key = folder.key()
        self._now = now
        self._lock = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Judge a request; OSError when the disk refuses, and then nothing was promised."""
        try:
            asked = parse(body)
            text = note.parse(asked.note).text
            head = note.parse_checkpoint(text, extended=True)
        except ValueError as error:
            return Answer(400, f"malformed: {error}\n")
        keys = self.folder.logs().get(head.origin)
        if keys is None:
            return Answer(404, "this witness does not serve that log\n")
        if not _signed(asked.note, keys):
            return Answer(403, "not signed by a key that is trusted for this log\n")
        if asked.old > head.size:
            return Answer(400, "the old size is larger than the checkpoint\n")
        with self._lock:
            return self._decide(asked, text, head)

    def _decide(self, asked: Request, text: str, head: note.Checkpoint) -> Answer:
        seen = self.folder.seen(head.origin)
        if head.size == seen.size and head.root != seen.root:
            return self._fork(asked, head, seen, "two roots of one size", 409)
        if asked.old != seen.size:
            return Answer(409, f"{seen.size}\n", SIZE_TYPE)
        if not merkle.verify_consistency(seen.size, head.size, asked.proof, seen.root, head.root):
            return self._fork(asked, head, seen, "the proof does not lead from one to the other", 422)
        moment = self._now()
        if moment < seen.moment:
            raise EnvironmentFault(
                "witness.clock_stepped_back",
                f"本机时钟比上次签名时早了 {seen.moment - moment} 秒，已停止签名。请校准时钟。",
                f"The clock is {seen.moment - moment} seconds before the last cosignature; nothing is signed. "
                "Set it right.",
            )
        signature = self._key.sign(note.cosigned_message(text, moment))
        line = note.cosignature_line(self.verifier, moment, signature)
        self.folder.remember(Seen(head.origin, head.size, head.root, moment, asked.note + line))
        return Answer(200, line)

    def _fork(self, asked: Request, head: note.Checkpoint, seen: Seen, why: str, status: int) -> Answer:
        proof = [step.hex() for step in asked.proof]
        self.folder.keep_evidence(seen, head, asked.note, asked.old, proof, why)
        if status == 409:
            return Answer(409, f"{seen.size}\n", SIZE_TYPE)
        return Answer(422, f"{why}\n")

    def checkpoint(self, origin_id: str) -> Answer:
        """The last cosigned checkpoint of the log whose origin has that SHA-256 (hex)."""
        for origin in self.folder.logs():
            if sha256(origin.encode()).hexdigest() == origin_id:
                with self._lock:
                    seen = self.folder.seen(origin)
                if seen.checkpoint:
                    return Answer(200, seen.checkpoint)
        return Answer(404, "nothing was cosigned for that log\n")


def _signed(text: str, keys: tuple[note.Verifier, ...]) -> bool:
    """Whether a trusted key has signed, and none of them falsely; lines of unknown keys are ignored."""
    parsed = note.parse(text)
    lines = [
        key.accepts(parsed.text, line.signature)
        for line in parsed.signatures
        for key in keys
        if (line.name, line.key_id) == (key.name, key.key_id)
    ]
    return bool(lines) and all(lines)
