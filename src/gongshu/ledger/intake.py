"""What the sequencer takes in from the spools: whole batches behind the cursors, and which files are then done with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from gongshu.ledger import durable, entry, spool

ASIDE = ".damaged"


@dataclass
class Intake:
    """Leaves in order, the cursors behind them, and the files that nobody writes and nothing is left in."""

    leaves: list[bytes] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)
    finished: list[Path] = field(default_factory=list)
    suspect: set[Path] = field(default_factory=set)


def collect(root: Path, cursors: dict[str, int], limit: int) -> Intake:
    """Read every spool below ``root`` from its cursor, until about ``limit`` leaves are found.

    Cursors of files that are gone are dropped, after making sure that they are durably gone.
    """
    taken = Intake()
    present = _files(root)
    for folder in {(root / key).parent for key in cursors if key not in present}:
        if folder.is_dir():
            durable.sync_folder(folder)
    taken.cursors = {key: offset for key, offset in cursors.items() if key in present}
    for key, path in present.items():
        if len(taken.leaves) >= limit:
            break
        _read(key, path, taken, limit)
    return taken


def waiting(root: Path, cursors: dict[str, int]) -> int:
    """Bytes in the spools behind the cursors: 0 when there is nothing to take in. Only looks at file sizes."""
    behind = 0
    for key, path in _files(root).items():
        with suppress(FileNotFoundError):
            size, read = path.stat().st_size, cursors.get(key, 0)
            behind += 1 if size < read else max(0, size - max(read, len(spool.FILE_HEADER)))  # cut: there is work too
    return behind


def clear(taken: Intake) -> None:
    """Remove the files that ``taken`` finished; one with unread bytes is kept aside under another name."""
    for path in taken.finished:
        if path in taken.suspect:
            path.rename(path.with_name(path.name + ASIDE))
        else:
            path.unlink(missing_ok=True)
    for folder in {path.parent for path in taken.finished}:
        durable.sync_folder(folder)


def checked(leaf: bytes, source: str, entry_id: str = "") -> bytes:
    """``leaf`` itself when it is an intact entry, else an entry that says what was found in its place."""
    if entry.intact(leaf) and len(leaf) <= entry.MAX_BYTES:
        return leaf
    return entry.build(
        action="ledger.unreadable_entry",
        actor="sequencer",
        organization="",
        details={"source": source, "bytes": len(leaf), "sha256": sha256(leaf).hexdigest()},
        entry_id=entry_id,
    )[1]


def _files(root: Path) -> dict[str, Path]:
    if not root.is_dir():
        return {}
    folders = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    found = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*{spool.SUFFIX}")):
            if not path.name.startswith("."):
                found[path.relative_to(root).as_posix()] = path
    return found


def _read(key: str, path: Path, taken: Intake, limit: int) -> None:
    if (missing := taken.cursors.get(key, 0) - path.stat().st_size) > 0:
        taken.leaves.append(_truncated(key, missing))
        taken.cursors[key] = path.stat().st_size
        taken.suspect.add(path)
    over = spool.abandoned(path)  # asked before reading: what is written after this is read next time
    offset = taken.cursors.get(key, 0)
    for batch in spool.read(path, offset):
        if batch.after_damage:
            taken.suspect.add(path)
            taken.leaves.append(_damage(key, batch))
        for leaf in batch.leaves:
            kept = checked(leaf, key)
            if kept is not leaf:
                taken.suspect.add(path)
            taken.leaves.append(kept)
        taken.cursors[key] = batch.end
        if len(taken.leaves) >= limit:
            return
    if over:
        taken.finished.append(path)
        if path.stat().st_size > max(taken.cursors.get(key, 0), len(spool.FILE_HEADER)):
            taken.suspect.add(path)  # torn when its writer died: promised to nobody, kept all the same


def _truncated(key: str, missing: int) -> bytes:
    """A file that is shorter than what was read of it was cut by somebody: what came in since may be gone."""
    return entry.build(
        action="ledger.spool_truncated", actor="sequencer", organization="", details={"source": key, "bytes": missing}
    )[1]


def _damage(key: str, batch: spool.Batch) -> bytes:
    return entry.build(
        action="ledger.spool_damaged",
        actor="sequencer",
        organization="",
        details={"source": key, "before_offset": batch.end},
    )[1]
