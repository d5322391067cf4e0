"""Looking for data that are collected twice, with the values that were collected (一数一源)."""

from __future__ import annotations

import secrets
from collections import OrderedDict

import polars as pl

from gongshu.catalog import source_actions
from gongshu.catalog.datum_queries import Held
from gongshu.catalog.source_actions import Looked
from gongshu.collection.sketches import Sketch, overlap, sketch
from gongshu.errors import GongshuError
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table

KEPT = 4096  # sketches held at once


class Values:
    """Overlaps of items in the lake, for one look."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._seed = secrets.randbits(63)
        self._kept: OrderedDict[tuple[str, str], Sketch | None] = OrderedDict()

    def __call__(self, first: Held, item: str, other: Held, other_item: str) -> float | None:
        if first.version is None or other.version is None:
            return None
        left, right = self._sketch(first, item), self._sketch(other, other_item)
        return overlap(left, right) if left is not None and right is not None else None

    def _sketch(self, held: Held, item: str) -> Sketch | None:
        key = (held.code, item)
        if key not in self._kept:
            self._kept[key] = self._read(held, item)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _read(self, held: Held, item: str) -> Sketch | None:
        """One column of one version; None when the lake has no such version or column."""
        try:
            table = Table(self._home, held.code)
            if item not in table.schema(held.version).names:
                return None
            column = table.read(held.version).select(pl.col(item).unique()).collect(engine="streaming")[item]
        except GongshuError:
            return None
        return sketch(column, seed=self._seed)


def look(*, by: Actor) -> Looked:
    """Compare the published catalog with itself, values included; see ``catalog.source_actions.look``."""
    return source_actions.look(by=by, overlap=Values(open_home()))
