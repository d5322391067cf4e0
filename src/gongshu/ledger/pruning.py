"""Letting go of entries whose time is over, in the open: the log says which, under its signature, and every proof holds.

Only entry bundles are removed, whole ones, from the beginning on. All hash tiles stay: the tree, its root, consistency and
the evidence that people hold are as before. ``pruned`` is a note signed with the log's keys that says below which index
entries are gone; an audit accepts a missing bundle only there. The tiles of what was pruned are then vouched for by the
signed root alone. How long entries must be kept is the rule pack's (``ledger.retention_years``).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gongshu.errors import Conflict, EnvironmentFault
from gongshu.ledger import durable, entry, note, tiles

NAME = "pruned"
_KIND = "gongshu/pruned/v1"


def below(folder: Path, trusted: tuple[note.Verifier, ...] | None = None) -> int:
    """The first index whose entry is still kept; 0 where nothing was pruned. With ``trusted`` the note must be signed by
    those keys. EnvironmentFault when it is damaged."""
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
        parsed = note.verify(text, trusted) if trusted else note.parse(text)
        kind, origin, number, rest = parsed.text.split("\n")
        if kind != _KIND or rest or not number.isascii() or not number.isdecimal() or int(number) % tiles.WIDTH:
            raise ValueError("form")
        if trusted and origin != trusted[0].name:
            raise ValueError("another log's")
        return int(number)
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "ledger.pruned_damaged",
            f"清理声明 {path} 损坏，或不是用账本的密钥签署的。请从备份恢复。",
            f"The note {path} of what was pruned is damaged, or not signed by the ledger's keys. Restore it.",
        ) from error


def expired(folder: Path, size: int, before: datetime) -> int:
    """Up to which index all entries are older than ``before``: a multiple of 256, never into the open bundle."""
    log = tiles.Tiles(folder, size)
    first = below(folder) // tiles.WIDTH
    number = first
    while number < size // tiles.WIDTH:
        if any(not entry.intact(leaf) or entry.parse(leaf).at >= before for leaf in log.bundle(number)):
            break
        number += 1
    return number * tiles.WIDTH


def declare(folder: Path, signer: note.Signer, index: int) -> None:
    """Publish, signed, that entries below ``index`` are gone. Conflict when more than that was declared before."""
    if index % tiles.WIDTH:
        raise ValueError("whole bundles only")
    if index < below(folder, signer.verifiers):
        raise Conflict(
            "ledger.pruned_already",
            "已声明清理到更后的位置，不能改回。",
            "More than that was declared as pruned already; it cannot be taken back.",
        )
    text = f"{_KIND}\n{signer.origin}\n{index}\n"
    durable.write(folder / NAME, signer.sign(text).encode())
    durable.sync_folder(folder)


def remove(folder: Path, trusted: tuple[note.Verifier, ...]) -> int:
    """Remove the bundles below what is declared; how many files were there. Safe to repeat after a crash."""
    removed = 0
    for number in range(below(folder, trusted) // tiles.WIDTH):
        path = folder / tiles.path(tiles.ENTRIES, number)
        if path.exists():
            path.unlink()
            removed += 1
    return removed
