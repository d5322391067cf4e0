"""The middle of every tile, kept beside the log, so that a proof need not hash whole tiles.

A tile holds every eighth level of the tree (C2SP tlog-tiles): the siblings between have to be hashed, up to 247 pairs for
one leaf in each tile above it, and as many again in each open tile of the log's right edge. ``inner/<level>`` has, for each
tile of that level in turn, its 16 hashes four levels up: 512 bytes, with zeros for those that an open tile has not got yet.
With them a sibling takes at most 7 pairs, a tile 22 in all.

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

_NOTHING = bytes(tiles.HASH)

Rows = Mapping[tuple[int, int], bytes]


def row(tile: bytes) -> bytes:
    """The row of a tile's hashes, ``BYTES`` long."""
    groups = len(tile) // (tiles.HASH << ABOVE)
    return merkle.packed_row(tile[: groups * (tiles.HASH << ABOVE)], groups).ljust(BYTES, b"\0")


def read(folder: Path, level: int, number: int) -> bytes:
    """The row of a tile; empty where there is none."""
    try:
        descriptor = os.open(f"{folder}/{FOLDER}/{level}", os.O_RDONLY)
    except OSError:
        return b""
    try:
        found = os.pread(descriptor, BYTES, number * BYTES)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    return found if len(found) == BYTES else b""


def write(folder: Path, rows: Rows) -> None:
    """Put ``rows`` (by level and number of their tiles) in their places. What cannot be written is left out."""
    if not rows:
        return
    with suppress(OSError):
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for level in sorted({level for level, _ in rows}):
            descriptor = os.open(folder / FOLDER / str(level), os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                for (at, number), content in rows.items():
                    if at == level:
                        os.pwrite(descriptor, content, number * BYTES)
            finally:
                os.close(descriptor)


class Quick(tiles.Tiles):
    """A log whose tiles are not hashed whole where their rows are known. What it answers has to be checked."""

    def __init__(self, folder: Path, size: int) -> None:
        super().__init__(folder, size)
        self._rows = lru_cache(maxsize=2048)(lambda level, number: read(folder, level, number))

    def node(self, level: int, index: int) -> bytes:
        tile_level, above = divmod(level, 8)
        if above < ABOVE:
            return super().node(level, index)
        number, offset = divmod(index << above, tiles.WIDTH)
        begin = (offset >> ABOVE) * tiles.HASH
        part = self._rows(tile_level, number)[begin : begin + (tiles.HASH << above - ABOVE)]
        if len(part) < tiles.HASH << above - ABOVE or part.endswith(_NOTHING):
            return super().node(level, index)
        return merkle.packed_root(part)


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
        every = range((tiles.count(level, size) + tiles.WIDTH - 1) // tiles.WIDTH)
        for begin in every[::1024]:
            numbers = every[begin : begin + 1024]
            write(folder, {(level, n): row(b"".join(log.hashes(level, n))) for n in numbers})
