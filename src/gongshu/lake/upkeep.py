"""Looking after the versions of a table: what each takes on disk, going back to one, fewer files, clearing old ones.

The log of versions is never cut: a cleared version stays listed with its digest and provenance, only its files are gone.
Going back does not erase either: the old content becomes the next version, and says which it restored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from gongshu import clock
from gongshu.columns import profile
from gongshu.errors import Conflict
from gongshu.lake.parts import BYTES_PER_PART
from gongshu.lake.parts import digest as digest_of
from gongshu.lake.tables import Table, Version, items_of

ABANDONED = timedelta(days=1)  # what a killed run left is swept when it is older


@dataclass(frozen=True)
class Stored:
    """A version on disk. ``own_bytes`` is what no other version holds; ``present`` is False once it was cleared."""

    version: Version
    files: int
    size: int
    own_bytes: int
    present: bool


@dataclass(frozen=True)
class Cleared:
    """What was cleared, or would be: versions, files and bytes; ``abandoned`` counts files of no version."""

    versions: tuple[int, ...]
    files: int
    size: int
    abandoned: int


def stored(table: Table) -> list[Stored]:
    """Every version with what it takes on disk, oldest first."""
    kept = table.kept()
    held: dict[int, list[str]] = {}
    users: dict[str, int] = {}
    versions = table.versions()
    for version in versions:
        names = table.names(version.number)
        if all(name in kept for name in names):
            held[version.number] = names
            for name in names:
                users[name] = users.get(name, 0) + 1
    return [
        Stored(
            version,
            len(held.get(version.number, [])),
            sum(kept[name].size for name in held.get(version.number, [])),
            sum(kept[name].size for name in held.get(version.number, []) if users[name] == 1),
            version.number in held,
        )
        for version in versions
    ]


def restore(table: Table, number: int, *, run: str) -> Version:
    """Make the content of version ``number`` the next version; no file is copied.

    Idempotent by ``run``. Raises NotFound when it was cleared, Conflict when its files are not those of its commit, or
    when it is the latest already.
    """
    done = table.committed(run)
    if done is not None:
        return done
    old = table.version(number)
    latest = table.latest()
    if latest is not None and latest.digest == old.digest:
        raise Conflict(
            "lake.restore_same",
            f"版本 {number} 与当前版本内容相同，无需恢复。",
            f"Version {number} is the same as the present one; there is nothing to go back to.",
        )
    parts = table.parts(number)
    if digest_of(parts) != old.digest:
        raise Conflict(
            "lake.restore_altered",
            f"版本 {number} 的文件与提交时的摘要不符，不能恢复。请联系平台运维。",
            f"The files of version {number} are not those of its commit, so it is not restored. Call support.",
        )
    info = {key: value for key, value in old.info.items() if key not in {"compacted", "cleaned"}}
    schema = table.written_schema(number)
    counted = old.profile
    if counted is None:
        counted = profile.of_files(table.files(number), items_of(schema))
    return table.commit_parts(parts, schema, counted, run=run, info=info | {"restored": number})


def compact(
    table: Table, *, run: str, tick: Callable[[], None] = lambda: None, admit: Callable[[int], None] = lambda _: None
) -> Version | None:
    """Write the latest version into as few files as there need be, as the next version; None when that saves none.
    ``admit`` is as in ``Table.commit``.

    The rows and their order stay. Idempotent by ``run``.
    """
    done = table.committed(run)
    if done is not None:
        return done
    latest = table.version()
    files = table.files(latest.number)
    fewest = -(-sum(file.stat().st_size for file in files) // BYTES_PER_PART)
    if len(files) <= max(1, fewest):
        return None
    schema = table.written_schema(latest.number)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in table.batches(latest.number):
            tick()
            yield batch.cast(schema)

    info = dict(latest.info) | {"compacted": latest.number}
    return table.commit(batches(), schema, run=run, info=info, admit=admit, known=latest.profile or ())


def clear(
    table: Table, *, keep_latest: int, older_than: datetime, keep: Collection[int] = (), dry: bool = True
) -> Cleared:
    """Remove the files of old versions: not of the ``keep_latest`` newest, not newer than ``older_than``, not in ``keep``.

    With ``dry`` nothing is removed. A file that a kept version also holds stays.
    """
    with table.held():
        versions = table.versions()
        kept = {one.number for one in versions[-max(1, keep_latest) :]} | set(keep)
        kept |= {one.number for one in versions if one.committed_at >= older_than}
        there = table.kept()
        needed: set[str] = set()
        going: dict[int, list[str]] = {}
        for one in versions:
            names = table.names(one.number)
            if one.number in kept:
                needed.update(names)
            else:
                going[one.number] = names
        gone = {name for names in going.values() for name in names if name not in needed and name in there}
        known = needed | {name for names in going.values() for name in names}
        before = (clock.now() - ABANDONED).timestamp()
        lost = {name for name, one in there.items() if name not in known and one.changed_at < before}
        numbers = tuple(number for number, names in going.items() if any(name in gone for name in names))
        size = sum(there[name].size for name in gone | lost)
        if not dry:
            table.remove(gone | lost)
        return Cleared(numbers, len(gone), size, len(lost))
