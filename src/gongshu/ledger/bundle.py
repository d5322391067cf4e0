"""Evidence: one entry with everything needed to check it, years later, without a server.

A file holds the entry, a C2SP tlog-proof (index, inclusion path, signed checkpoint; c2sp.org/tlog-proof), the log's
verifier keys, and the policy that says which witnesses must have cosigned. The keys inside only say which keys were
meant; trust comes from keys that the verifier got elsewhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gongshu.errors import GongshuError
from gongshu.ledger import cosigning, entry, inner, merkle, note, pruning, quorum, tiles

FORMAT = "gongshu-evidence@v1"
PROOF_FORMAT = "c2sp.org/tlog-proof@v1"


class EvidenceRefused(GongshuError):
    """The evidence does not prove what it claims; the sentence says where it fails."""


@dataclass(frozen=True)
class Proven:
    """What a piece of evidence proves: this entry is number ``index`` of that log, which had ``size`` entries then."""

    origin: str
    index: int
    size: int
    root: bytes
    entry: entry.Entry
    own_keys: bool
    witnesses: tuple[cosigning.Signed, ...] = ()
    enough: bool | None = None  # whether the quorum has signed; None where no policy asks for one


def make(folder: Path, index: int, trusted: Sequence[note.Verifier], policy: quorum.Policy | None = None) -> str:
    """The evidence for entry ``index`` as JSON text, under the newest checkpoint that the quorum of ``policy`` signed,
    or under the log's own newest while that one does not hold the entry yet. EvidenceRefused when there is no such
    entry, or when the log's files do not prove it (then ``gongshu ledger verify`` says which is wrong)."""
    checkpoint, head = _newest(folder, index, trusted, policy)
    log = tiles.Tiles(folder, head.size)
    if not 0 <= index < head.size:
        raise EvidenceRefused(
            "ledger.no_such_index",
            f"账本共有 {head.size} 条（编号自 0 起），没有第 {index} 条。",
            f"The ledger has {head.size} entries, counted from 0; there is no entry {index}.",
            index=index,
        )
    try:
        leaf = log.leaf(index)
        path = inner.inclusion(folder, index, merkle.leaf_hash(leaf), head.size, head.root)
    except tiles.TileFault as error:
        if error.reason == "missing" and index < pruning.below(folder):
            raise EvidenceRefused(
                "ledger.entry_pruned",
                f"第 {index} 条已过保存期限并按公布的声明清理；此前出具的存证文件仍可核验。",
                f"Entry {index} is past its time and was pruned as published; evidence made before still holds.",
                index=index,
            ) from error
        raise _refused(f"文件 {error.path} 缺失或残缺", f"{error.path} is missing or mutilated") from error
    if path is None:
        raise _refused(
            "账本文件与检查点不符，请运行 gongshu ledger verify",
            "the log's files do not fit; run gongshu ledger verify",
        )
    lines = [PROOF_FORMAT, f"index {index}", *(base64.b64encode(step).decode() for step in path), "", checkpoint]
    fields = {
        "format": FORMAT,
        "entry": leaf.decode(),
        "proof": "\n".join(lines),
        "keys": [verifier.vkey for verifier in trusted],
    }
    if policy is not None:
        fields["policy"] = policy.text(urls=False)
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"


def _newest(
    folder: Path, index: int, trusted: Sequence[note.Verifier], policy: quorum.Policy | None
) -> tuple[str, note.Checkpoint]:
    if policy is not None:
        found = cosigning.newest(folder, tuple(trusted), policy)
        if found is not None and found.enough and index < found.head.size:
            return found.checkpoint, found.head
    checkpoint = _checkpoint(folder)
    return checkpoint, _read_checkpoint(checkpoint, trusted)


def check(text: str, trusted: Sequence[note.Verifier] = (), policy: quorum.Policy | None = None) -> Proven:
    """Check evidence offline. Without ``trusted`` the keys in the file are used and ``own_keys`` says so: compare them
    with published ones. With ``policy`` its quorum must have cosigned; without, the policy in the file, if any, is only
    reported on. EvidenceRefused says what does not fit."""
    leaf, index, path, checkpoint, own, named = read(text)
    asked, keys = policy or named, tuple(trusted) or own
    head = _read_checkpoint(checkpoint, keys)
    if not merkle.verify_inclusion(merkle.leaf_hash(leaf), index, head.size, path, head.root):
        raise _refused("条目或证明路径与检查点的根不符", "entry and path do not lead to the checkpoint's root")
    try:
        found = entry.parse(leaf)
    except ValueError as error:
        raise _refused("条目的 SM3 摘要或字段不符", "the entry's SM3 digest or fields do not fit") from error
    witnesses, enough = cosigning.signed(checkpoint, asked) if asked is not None else ((), None)
    if policy is not None and not enough:
        raise _refused("见证节点的签名不够策略所要求的数目", "fewer witnesses have cosigned than the policy asks for")
    return Proven(head.origin, index, head.size, head.root, found, not trusted, witnesses, enough)


class Parts(NamedTuple):
    """What an evidence file holds, nothing of it checked."""

    leaf: bytes
    index: int
    path: list[bytes]
    checkpoint: str
    keys: tuple[note.Verifier, ...]
    policy: quorum.Policy | None


def read(text: str) -> Parts:
    """Take an evidence file apart; EvidenceRefused when it is none."""
    try:
        fields = json.loads(text)
        if fields["format"] != FORMAT:
            raise ValueError("format")
        policy = quorum.parse(str(fields["policy"])) if "policy" in fields else None
        keys = note.parse_vkeys(str(key) for key in fields["keys"])
        return Parts(str(fields["entry"]).encode(), *_proof(str(fields["proof"])), tuple(keys), policy)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _refused("文件不是完整的存证文件", "the file is not a whole evidence file") from error


def _proof(text: str) -> tuple[int, list[bytes], str]:
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != PROOF_FORMAT or not lines[1].startswith("index "):
        raise ValueError("not a tlog-proof")
    number = lines[1].removeprefix("index ")
    if not number.isascii() or not number.isdecimal() or str(int(number)) != number:
        raise ValueError("not an index")
    path = [note.decode(line) for line in lines[2:]]
    if any(len(step) != tiles.HASH for step in path):
        raise ValueError("not a hash")
    return int(number), path, checkpoint


def _checkpoint(folder: Path) -> str:
    try:
        return (folder / tiles.CHECKPOINT).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused("检查点文件缺失或无法读取", "the checkpoint is missing or unreadable") from error


def _read_checkpoint(checkpoint: str, trusted: Sequence[note.Verifier]) -> note.Checkpoint:
    try:
        return note.read_checkpoint(checkpoint, trusted)
    except note.NoteError as error:
        raise _refused(f"检查点签名无效（{error}）", f"the checkpoint does not verify ({error})") from error


def _refused(zh: str, en: str) -> EvidenceRefused:
    return EvidenceRefused(
        "ledger.evidence_refused",
        f"存证不成立：{zh}。",
        f"The evidence does not hold: {en}.",
    )
