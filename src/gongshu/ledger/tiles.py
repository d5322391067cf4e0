"""The log on disk: c2sp.org/tlog-tiles, which any web server can publish as it is.

``checkpoint``, ``tile/<level>/<N>[.p/<W>]`` (up to 256 hashes of 32 bytes) and ``tile/entries/<N>[.p/<W>]`` (as many
entries, each behind its big-endian uint16 length). N is written in groups of three digits, all but the last with an x.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from gongshu.ledger import merkle

WIDTH = 256
HASH = 32
CHECKPOINT = "checkpoint"
ENTRIES = -1  # the "level" of entry bundles


class TileFault(ValueError):
    """A file of the log is missing or has not the form it must have; ``path`` names it, relative to the log."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def path(level: int, number: int, width: int = WIDTH) -> str:
    """Where a tile is, relative to the log's folder; ``level`` -1 (``ENTRIES``) is the entry bundles."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    name = "/".join(reversed(groups))
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{'entries' if level == ENTRIES else level}/{name}{partial}"


def count(level: int, size: int) -> int:
    """How many hashes (entries) level ``level`` has in a log of ``size``."""
    return size if level == ENTRIES else size >> (8 * level)


def levels(size: int) -> range:
    """The levels of tiles that a log of ``size`` has."""
    number = 0
    while size >> (8 * number):
        number += 1
    return range(number)


def width(level: int, number: int, size: int) -> int:
    """How many hashes tile ``number`` has in a log of ``size``: 0 to 256."""
    return max(0, min(WIDTH, count(level, size) - number * WIDTH))


def unpack(bundle: bytes, name: str) -> list[bytes]:
    """The entries of a bundle; TileFault when the lengths do not add up."""
    found = []
    at, end = 0, len(bundle)
    while at < end:
        stop = at + 2 + ((bundle[at] << 8) | bundle[at + 1]) if at + 2 <= end else end + 1
        if stop > end:
            raise TileFault(name, "the entry lengths do not add up")
        found.append(bundle[at + 2 : stop])
        at = stop
    return found


def pack(leaves: list[bytes]) -> bytes:
    """The bundle of some entries."""
    return b"".join(part for leaf in leaves for part in (len(leaf).to_bytes(2, "big"), leaf))


def _content(name: str) -> bytes:
    """A file's bytes. A proof reads five files, and ``Path.read_bytes`` takes three times as long to open one."""
    descriptor = os.open(name, os.O_RDONLY)
    try:
        parts = [os.read(descriptor, os.fstat(descriptor).st_size)]
        while part := os.read(descriptor, 65_536):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


class Tiles:
    """Read a log as of ``size`` leaves. Nothing is verified here, except that files have their form."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self._packed = lru_cache(maxsize=2048)(self._read)

    def file(self, level: int, number: int) -> tuple[str, bytes, int]:
        """(name, content, width wanted) of the file that holds a tile: the partial one of this size, or a fuller one."""
        wanted = width(level, number, self.size)
        names = [path(level, number, wanted)]
        if wanted < WIDTH:
            names.append(path(level, number))
        for _ in range(2):
            for name in names:
                try:
                    return name, _content(f"{self.folder}/{name}"), wanted
                except FileNotFoundError:
                    continue
                except NotADirectoryError:
                    continue
        raise TileFault(names[0], "missing")

    def hashes(self, level: int, number: int) -> list[bytes]:
        """The hashes of a tile, as many as a log of this size has; TileFault when missing or of a wrong length."""
        packed = self._packed(level, number)
        return [packed[i : i + HASH] for i in range(0, len(packed), HASH)]

    def _read(self, level: int, number: int) -> bytes:
        name, data, wanted = self.file(level, number)
        expected = (WIDTH if not name.rpartition(".p/")[1] else wanted) * HASH
        if len(data) != expected:
            raise TileFault(name, f"{len(data)} bytes where {expected} must be")
        return data[: wanted * HASH]

    def bundle(self, number: int) -> list[bytes]:
        """The entries of a bundle, as many as a log of this size has."""
        name, data, wanted = self.file(ENTRIES, number)
        found = unpack(data, name)
        if len(found) != (WIDTH if not name.rpartition(".p/")[1] else wanted):
            raise TileFault(name, f"{len(found)} entries")
        return found[:wanted]

    def node(self, level: int, index: int) -> bytes:
        """``merkle.Node`` over the tiles."""
        tile_level, above = divmod(level, 8)
        number, offset = divmod(index << above, WIDTH)
        part = self._packed(tile_level, number)[offset * HASH : (offset + (1 << above)) * HASH]
        return merkle.packed_root(part)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` leaves (default: all), from the tiles."""
        return merkle.range_root(0, self.size if size is None else size, self.node)

    def leaf(self, index: int) -> bytes:
        """The entry at ``index``; IndexError outside the log."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        name, data, _ = self.file(ENTRIES, index // WIDTH)
        at = 0
        for _ in range(index % WIDTH):  # step over those before it; what lies behind it is not looked at
            at += 2 + int.from_bytes(data[at : at + 2], "big")
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or stop > len(data):
            raise TileFault(name, "the entry lengths do not add up")
        return data[at + 2 : stop]

    def leaves(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """(index, entry) for ``begin`` up to ``end``."""
        while begin < end:
            number, offset = divmod(begin, WIDTH)
            for leaf in self.bundle(number)[offset : offset + end - begin]:
                yield begin, leaf
                begin += 1
