"""Adding leaves to a log: from the right edge of the tree and some new entries, the files to write and the new root."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from gongshu.ledger import inner, merkle, tiles


@dataclass
class Edge:
    """The right edge of a log: per level the hashes that do not fill a tile yet, and the entries of the open bundle."""

    size: int = 0
    rows: list[list[bytes]] = field(default_factory=list)
    bundle: bytes = b""

    def root(self) -> bytes:
        """The root of the tree of ``size`` leaves (RFC 6962), from the peaks on the edge."""
        peaks: list[bytes] = []
        for row in reversed(self.rows):
            at = 0
            for bit in range(7, -1, -1):
                step = 1 << bit
                if len(row) & step:
                    peaks.append(merkle.complete_root(row[at : at + step]))
                    at += step
        if not peaks:
            return merkle.EMPTY_ROOT
        result = peaks.pop()
        while peaks:
            result = merkle.node_hash(peaks.pop(), result)
        return result


def load(log: tiles.Tiles) -> Edge:
    """The edge of a log on disk; TileFault when the open bundle does not belong to the open tile, or a file is wrong."""
    rows = []
    for level in tiles.levels(log.size):
        number, rest = divmod(tiles.count(level, log.size), tiles.WIDTH)
        rows.append(log.hashes(level, number) if rest else [])
    bundle = b""
    number, rest = divmod(log.size, tiles.WIDTH)
    if rest:
        leaves = log.bundle(number)
        if [merkle.leaf_hash(leaf) for leaf in leaves] != rows[0]:
            raise tiles.TileFault(tiles.path(tiles.ENTRIES, number, rest), "does not belong to its tile")
        bundle = tiles.pack(leaves)
    return Edge(log.size, rows, bundle)


class Grown(NamedTuple):
    """The edge after growing, every new or fuller file by its name, and the rows of their tiles (``inner``)."""

    edge: Edge
    files: dict[str, bytes]
    rows: dict[tuple[int, int], bytes]


def grow(edge: Edge, leaves: list[bytes]) -> Grown:
    """The log after ``leaves``. ``edge`` is left as it was."""
    files: dict[str, bytes] = {}
    middles: dict[tuple[int, int], bytes] = {}
    bundle = _bundles(edge, leaves, files)
    rows: list[list[bytes]] = []
    risen = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    level = 0
    while risen or level < len(edge.rows):
        row = (edge.rows[level] if level < len(edge.rows) else []) + risen
        number = tiles.count(level, edge.size) // tiles.WIDTH
        above = []
        at = 0
        while len(row) - at >= tiles.WIDTH:
            full = b"".join(row[at : at + tiles.WIDTH])
            files[tiles.path(level, number)] = full
            middles[level, number] = inner.row(full)
            above.append(merkle.packed_root(middles[level, number]))
            at += tiles.WIDTH
            number += 1
        rest = row[at:]
        if rest and risen:
            open_tile = b"".join(rest)
            files[tiles.path(level, number, len(rest))] = open_tile
            middles[level, number] = inner.row(open_tile)
        rows.append(rest)
        risen = above
        level += 1
    return Grown(Edge(edge.size + len(leaves), rows, bundle), files, middles)


def _bundles(edge: Edge, leaves: list[bytes], files: dict[str, bytes]) -> bytes:
    """Fill the bundles, put the new ones into ``files``; the content of the one left open."""
    number, filled = divmod(edge.size, tiles.WIDTH)
    content = edge.bundle
    at = 0
    while at < len(leaves):
        part = leaves[at : at + tiles.WIDTH - filled]
        content += tiles.pack(part)
        filled += len(part)
        at += len(part)
        files[tiles.path(tiles.ENTRIES, number, filled)] = content
        if filled == tiles.WIDTH:
            number, filled, content = number + 1, 0, b""
    return content


def stray(before: int, after: int) -> list[tuple[int, int, int]]:
    """(level, tile number, width that belongs to ``before``) for every tile that growing to ``after`` touches."""
    touched = []
    for level in (tiles.ENTRIES, *tiles.levels(after)):
        had, has = tiles.count(level, before), tiles.count(level, after)
        if has > had:
            first, last = had // tiles.WIDTH, (has - 1) // tiles.WIDTH
            touched += [(level, n, tiles.width(level, n, before)) for n in range(first, last + 1)]
    return touched
