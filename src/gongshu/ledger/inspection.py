"""Checking one entry step by step, for somebody who looks on: what was checked, what came out, and the way to the root.

``bundle.check`` answers yes or refuses; here every step is answered for itself, and a step that fails does not hide the
others. The steps: the entry fits its own SM3 digest; its fingerprint and the hashes beside it give the root of the
checkpoint; the ledger's keys signed that checkpoint; witnesses signed it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gongshu.errors import Text
from gongshu.ledger import bundle, cosigning, entry, merkle, note, quorum, tiles


class Name(StrEnum):
    DIGEST = "digest"
    PATH = "path"
    SIGNATURE = "signature"
    WITNESSES = "witnesses"


@dataclass(frozen=True)
class Step:
    """``ok`` is None where nothing could be checked, or nothing asks for it; ``fault`` says why it failed."""

    name: Name
    ok: bool | None
    fault: Text | None = None


@dataclass(frozen=True)
class Rung:
    """One step of the path: the hash beside ours (over the entries ``begin`` up to ``end``), on which side it is, and what
    both give together."""

    beside: bytes
    left: bool
    begin: int
    end: int
    result: bytes


@dataclass
class Inspection:
    """What was found out about one entry under one checkpoint; zeros and empty where the evidence does not say."""

    index: int = 0
    size: int = 0
    origin: str = ""
    root: bytes = b""
    fingerprint: bytes = b""
    entry: entry.Entry | None = None
    rungs: list[Rung] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    witnesses: tuple[cosigning.Signed, ...] = ()
    need: int = 0
    signers: tuple[note.Verifier, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether entry, path and signature are right; witnesses that are missing do not make it wrong."""
        return bool(self.steps) and all(step.ok for step in self.steps if step.name is not Name.WITNESSES)

    @property
    def reached(self) -> bytes:
        """Where the path leads; it should be ``root``."""
        return self.rungs[-1].result if self.rungs else self.fingerprint

    @property
    def signed(self) -> int:
        return sum(1 for one in self.witnesses if one.at)

    def step(self, name: Name) -> Step:
        return next(step for step in self.steps if step.name is name)


def of_log(
    folder: Path, index: int, trusted: Sequence[note.Verifier], policy: quorum.Policy | None = None
) -> Inspection:
    """The entry at ``index`` of a log, under the newest checkpoint as ``bundle.make`` chooses it. Where the log's files do
    not prove it, the steps say what is wrong. EvidenceRefused for what is no entry, or pruned."""
    try:
        return of_evidence(bundle.make(folder, index, trusted, policy), trusted, policy)
    except bundle.EvidenceRefused as error:
        if error.code != "ledger.evidence_refused":
            raise
        return _broken(folder, index, trusted, error)


def of_evidence(text: str, trusted: Sequence[note.Verifier] = (), policy: quorum.Policy | None = None) -> Inspection:
    """The entry in an evidence file; without ``trusted`` under the keys in the file. EvidenceRefused when it is none."""
    parts = bundle.read(text)
    keys = tuple(trusted) or parts.keys
    found = Inspection(index=parts.index, fingerprint=merkle.leaf_hash(parts.leaf), signers=keys)
    _checkpoint(found, parts.checkpoint)
    _digest(found, parts.leaf)
    _path(found, parts.path)
    _signature(found, parts.checkpoint, keys)
    _witnesses(found, parts.checkpoint, policy or parts.policy)
    return found


def _broken(folder: Path, index: int, trusted: Sequence[note.Verifier], refused: bundle.EvidenceRefused) -> Inspection:
    """What can be said of an entry whose proof the files do not give."""
    found = Inspection(index=index, signers=tuple(trusted))
    checkpoint = ""
    try:
        checkpoint = (folder / tiles.CHECKPOINT).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        found.steps = [Step(Name.DIGEST, None), Step(Name.PATH, None), Step(Name.SIGNATURE, False, refused.text)]
        found.steps.append(Step(Name.WITNESSES, None))
        return found
    _checkpoint(found, checkpoint)
    log = tiles.Tiles(folder, found.size)
    try:
        leaf = log.leaf(index)
        found.fingerprint = merkle.leaf_hash(leaf)
        _digest(found, leaf)
        _path(found, merkle.inclusion_proof(index, found.size, log.node), log)
    except (tiles.TileFault, IndexError):
        if not found.steps:
            found.steps.append(Step(Name.DIGEST, None))
        found.steps.append(Step(Name.PATH, False, refused.text))
    _signature(found, checkpoint, trusted)
    found.steps.append(Step(Name.WITNESSES, None))
    return found


def _checkpoint(found: Inspection, checkpoint: str) -> None:
    try:
        head = note.parse_checkpoint(note.parse(checkpoint).text)
    except note.NoteError:
        return
    found.origin, found.size, found.root = head


def _digest(found: Inspection, leaf: bytes) -> None:
    try:
        found.entry = entry.parse(leaf)
    except ValueError:
        text = Text("记录内容与它自带的 SM3 摘要不符。", "The record does not fit the SM3 digest that it carries.")
        found.steps.append(Step(Name.DIGEST, False, text))
        return
    found.steps.append(Step(Name.DIGEST, True))


def _path(found: Inspection, path: Sequence[bytes], log: tiles.Tiles | None = None) -> None:
    """Climb. ``log``: whose first tile is looked at, to say whether it still knows this entry."""
    found.rungs = list(_climb(found, path))
    if found.size and len(found.rungs) == len(path) and found.reached == found.root:
        found.steps.append(Step(Name.PATH, True))
        return
    text = Text("算出的树根与检查点上的不同。", "The root that comes out is not the one on the checkpoint.")
    if log is not None and log.node(0, found.index) != found.fingerprint:
        text = Text(
            "账本树上这一位置的指纹不是这条记录的：记录或树被改动过。",
            "The tree has another fingerprint in this place: the record or the tree was altered.",
        )
    found.steps.append(Step(Name.PATH, False, text))


def _climb(found: Inspection, path: Sequence[bytes]) -> Iterator[Rung]:
    """The rungs from the entry upwards; as many as ``path`` has and the tree wants."""
    spans = list(_spans(found.index, found.size))
    result = found.fingerprint
    for beside, (begin, end) in zip(path, reversed(spans), strict=False):
        left = begin < found.index
        result = merkle.node_hash(beside, result) if left else merkle.node_hash(result, beside)
        yield Rung(beside, left, begin, end, result)


def _spans(index: int, size: int) -> Iterator[tuple[int, int]]:
    """Which entries the hashes beside the path cover, from the root downwards (RFC 6962 section 2.1.1)."""
    begin, end = 0, size
    while begin <= index < end and end - begin > 1:
        middle = begin + (1 << ((end - begin - 1).bit_length() - 1))
        if index < middle:
            yield middle, end
            end = middle
        else:
            yield begin, middle
            begin = middle


def _signature(found: Inspection, checkpoint: str, keys: Sequence[note.Verifier]) -> None:
    try:
        note.read_checkpoint(checkpoint, keys)
    except note.NoteError:
        text = Text(
            "检查点没有本账本密钥的有效签名：被改过，或是别的账本的。",
            "The checkpoint has no valid signature of the ledger's keys: it was altered, or is another ledger's.",
        )
        found.steps.append(Step(Name.SIGNATURE, False, text))
        return
    found.steps.append(Step(Name.SIGNATURE, True))


def _witnesses(found: Inspection, checkpoint: str, policy: quorum.Policy | None) -> None:
    if policy is None or not policy.witnesses:
        found.steps.append(Step(Name.WITNESSES, None))
        return
    try:
        found.witnesses, enough = cosigning.signed(checkpoint, policy)
    except note.NoteError:
        enough = False
    found.need = policy.words[0]
    text = Text("签名的见证节点还不够。", "Not enough witnesses have signed yet.")
    found.steps.append(Step(Name.WITNESSES, enough, None if enough else text))
