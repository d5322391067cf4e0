"""The middle of every full tile, kept beside the log, so that a proof need not hash whole tiles.

A tile holds every eighth level of the tree (C2SP tlog-tiles): the siblings between have to be hashed, up to 247 pairs for
one leaf in each of three tiles. ``inner/<level>`` has, for each full tile of that level in turn, its 16 hashes four levels
up: 512 bytes. With them a sibling takes at most 7 pairs, a tile 22 in all.

The files are derived, not part of the log, and nobody has to believe them: who uses them checks the result against the
signed root, and does without them when it does not fit. They are not synced: a row that a power cut lost is hashed again
from its tile.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from gongshu.ledger import merkle, tiles

FOLDER = "inner"
ABOVE = 4  # levels above the tile's own
HASHES = tiles.WIDTH >> ABOVE
BYTES = HASHES * tiles.HASH

Rows = Mapping[tuple[int, int], bytes]


def read(folder: Path, level: int, number: int) -> bytes:
    """The row of a full tile; empty where there is none."""
    try:
        descriptor = os.open(f"{folder}/{FOLDER}/{level}", os.O_RDONLY)
    except OSError:
        return b""
    try:
        row = os.pread(descriptor, BYTES, number * BYTES)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    return row if len(row) == BYTES and any(row[: tiles.HASH]) else b""


def write(folder: Path, rows: Rows) -> None:
    """Put ``rows`` (by level and number of their tiles) in their places. What cannot be written is left out."""
    if not rows:
        return
    with suppress(OSError):
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for level in sorted({level for level, _ in rows}):
            descriptor = os.open(folder / FOLDER / str(level), os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                for (at, number), row in rows.items():
                    if at == level:
                        os.pwrite(descriptor, row, number * BYTES)
            finally:
                os.close(descriptor)


class Quick(tiles.Tiles):
    """A log whose full tiles are not hashed whole where their rows are known. What it answers has to be checked."""

    def __init__(self, folder: Path, size: int) -> None:
        super().__init__(folder, size)
        self._rows = lru_cache(maxsize=2048)(lambda level, number: read(folder, level, number))

    def node(self, level: int, index: int) -> bytes:
        tile_level, above = divmod(level, 8)
        number, offset = divmod(index << above, tiles.WIDTH)
        if above < ABOVE or tiles.width(tile_level, number, self.size) < tiles.WIDTH:
            return super().node(level, index)
        row = self._rows(tile_level, number)
        if not row:
            return super().node(level, index)
        begin = offset >> ABOVE
        return merkle.packed_root(row[begin * tiles.HASH : (begin + (1 << above - ABOVE)) * tiles.HASH])


def inclusion(folder: Path, index: int, leaf: bytes, size: int, root: bytes) -> list[bytes] | None:
    """A proof that the leaf hash ``leaf`` is at ``index``, and that holds: by the rows, or from whole tiles when what the
    rows give does not lead to ``root``. None when neither does. TileFault when a tile cannot be read."""
    for log in (Quick(folder, size), tiles.Tiles(folder, size)):
        path = merkle.inclusion_proof(index, size, log.node)
        if merkle.verify_inclusion(leaf, index, size, path, root):
            return path
    return None


def rebuild(folder: Path, size: int) -> None:
    """Make all rows of a log of ``size`` leaves anew from its tiles. TileFault when one cannot be read."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    log = tiles.Tiles(folder, size)
    for level in tiles.levels(size):
        full = tiles.count(level, size) // tiles.WIDTH
        for begin in range(0, full, 1024):
            numbers = range(begin, min(full, begin + 1024))
            write(folder, {(level, n): merkle.packed_row(b"".join(log.hashes(level, n)), HASHES) for n in numbers})
