"""What people name when they compare: a file, or the data of an entry in some version, with what they may see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError
from gongshu.grants import masking
from gongshu.home import Home
from gongshu.identity.actor import Actor
from gongshu.lake import comparison, files
from gongshu.lake.comparison import Side
from gongshu.lake.tables import Table
from gongshu.quality import check_policy, check_queries
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right


@dataclass(frozen=True)
class Named:
    """A side, the masks of columns that the actor may not see whole, and the keys that the catalog knows."""

    side: Side
    masks: dict[str, masking.Mask]
    keys: tuple[str, ...]
    as_of: date | None = None  # the day of the data, where it is known


def named(actor: Actor, home: Home, what: str, scratch: Path) -> Named:
    """``what`` is a file that exists, or a resource code, perhaps with ``@version``.

    Raises NotFound, NotAllowed, or GongshuError that says what cannot be read.
    """
    path = Path(what)
    if path.suffix or path.exists():
        return Named(files.side_of(path, scratch), {}, ())
    code, _, number = what.partition("@")
    if number and not (number.isascii() and number.isdecimal()):
        raise GongshuError("quality.version_form", "版本须写成 代码@3。", "A version is written like code@3.")
    entry = catalog.entry(actor, code)
    check_policy.check_rows(actor, entry.provider.code)
    stores.check_use(actor, entry, Right.READ)
    items = catalog.items(entry.code)
    table = Table(home, entry.code)
    version = table.version(int(number) if number else None)
    side = comparison.of_table(table, version.number)
    keys = tuple(item.name for item in items if item.is_key)
    day = clock.local(version.committed_at).date()
    return Named(side, check_queries.masks_for(actor, entry, items), keys, day)


def masked_row(
    line: tuple[Any, ...], column: str, keys: Sequence[str], masks: Mapping[str, masking.Mask]
) -> tuple[Any, ...]:
    """A line of a check against several sources, with the values of masked columns hidden; the reason stays."""
    own = [masks.get(key) for key in keys]
    cell = masks.get(column)
    hidden: list[Any] = []
    for place, value in enumerate(line):
        mask = own[place] if place < len(keys) else cell if len(keys) < place < len(line) - 1 else None
        hidden.append(value if mask is None or value is None else mask(str(value)))
    return tuple(hidden)
