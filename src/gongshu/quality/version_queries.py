"""Reads on the versions of an entry's data: what they are, where they came from, and the data of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.grants import masking
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.lake import comparison, comparison_files, exports, upkeep
from gongshu.lake.comparison import Comparison, Difference, Plan
from gongshu.lake.exports import ExportFile
from gongshu.lake.serving import ServedItem
from gongshu.lake.tables import Table, Version
from gongshu.lake.upkeep import Stored
from gongshu.quality import check_policy, check_queries
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right


def versions(actor: Actor, code: str) -> list[Stored]:
    """Every version of the entry's data, oldest first, for whoever may see its quality."""
    entry = check_queries.entry_of(actor, code)
    return upkeep.stored(Table(open_home(), entry.code))


def version(actor: Actor, code: str, number: int) -> Version:
    """One version of the entry's data, cleared or not, for whoever may see its quality. Raises NotFound."""
    return Table(open_home(), check_queries.entry_of(actor, code).code).version(number)


def origin(version: Version) -> Text:
    """What made a version."""
    info = version.info
    if "cleaned" in info:
        return Text(f"清洗自 v{info['cleaned']}", f"cleaned from v{info['cleaned']}")
    if "compacted" in info:
        return Text(f"合并自 v{info['compacted']}", f"compacted from v{info['compacted']}")
    if "restored" in info:
        return Text(f"恢复自 v{info['restored']}", f"restored from v{info['restored']}")
    return Text(f"归集 {version.run}", f"collected {version.run}")


def export(actor: Actor, code: str, target: Path, version: int | None = None) -> ExportFile:
    """Write the data of a version as CSV: whole for its provider, masked for the authority and the auditor."""
    entry = catalog.entry(actor, code)
    check_policy.check_rows(actor, entry.provider.code)
    stores.check_use(actor, entry, Right.READ)
    items = catalog.items(entry.code)
    masks = {name: _optional(mask) for name, mask in check_queries.masks_for(actor, entry, items).items()}
    served = [ServedItem(item.name, item.title, str(item.data_type), item.is_key, item.mask) for item in items]
    held = set(Table(open_home(), entry.code).schema(version).names)
    return exports.write_csv(
        open_home(), entry.code, target, items=[one for one in served if one.name in held], masks=masks, version=version
    )


def _optional(mask: masking.Mask) -> exports.Mask:
    return lambda value: None if value is None else mask(value)


@dataclass(frozen=True)
class Changes:
    """What changed from one version to another: the counts, and the first differences, masked where need be."""

    difference: Difference
    heads: list[str]
    rows: list[tuple[Any, ...]]


def changes(actor: Actor, code: str, first: int, second: int, *, limit: int) -> Changes:
    """Compare two versions by the catalog's key. GongshuError when there is none, NotFound for a cleared version."""
    entry = catalog.entry(actor, code)
    check_policy.check_rows(actor, entry.provider.code)
    stores.check_use(actor, entry, Right.READ)
    items = catalog.items(entry.code)
    keys = tuple(item.name for item in items if item.is_key)
    if not keys:
        raise GongshuError(
            "quality.compare_keyless", "目录没有主键，无法逐行比对。", "The entry has no key to compare rows by."
        )
    home = open_home()
    table = Table(home, entry.code)
    masks = check_queries.masks_for(actor, entry, items)
    titles = {item.name: item.title for item in items}
    rows: list[tuple[Any, ...]] = []

    def use(found: Comparison) -> None:
        for change, *values, column, left, right in comparison_files.masked(found, masks, limit=limit):
            rows.append((change, " ".join(map(str, values)), titles.get(column, column), left, right))

    sides = (comparison.of_table(table, number) for number in (first, second))
    difference = comparison.compare(*sides, Plan(keys), scratch=home.root / "tmp", use=use)
    return Changes(difference, [titles.get(key, key) for key in keys], rows)
