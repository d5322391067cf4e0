"""Cleaning the data of an entry: looked at first, then written as the next version with the steps in its provenance.

The recipe stays with the version that it made, so cleaning the next collected version again needs no copy of it. Going back
to the version before undoes it (``version_actions.restore``). luzhou-33: 清洗.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from gongshu.catalog import queries as catalog
from gongshu.errors import Conflict, GongshuError, NotFound
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table, Version
from gongshu.quality import check_policy, check_queries, cleaning, version_actions
from gongshu.quality.checking import Source
from gongshu.quality.cleaning import Example, Preview, Recipe
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right


def preview(*, by: Actor, code: str, recipe: Recipe, version: int | None = None) -> Preview:
    """What ``recipe`` would change in a version (default: the latest). Examples are masked for who may not see values."""
    entry = _entry(by, code)
    home = open_home()
    own = _own(entry, version)
    seen = cleaning.preview(recipe, own, _lists(entry, recipe), scratch=home.root / "tmp")
    masks = check_queries.masks_for(by, entry, catalog.items(entry.code))

    def hidden(one: Example) -> Example:
        mask = masks.get(one.column)
        if mask is None:
            return one
        before, after = (None if value is None else mask(value) for value in (one.before, one.after))
        return replace(one, before=before, after=after)

    return replace(seen, examples=tuple(hidden(one) for one in seen.examples))


def apply(*, by: Actor, code: str, recipe: Recipe) -> Version:
    """Clean the latest version into the next one, serve it, and let the checks look at it.

    Doing the same again to the same version gives the same version. Raises Conflict when nothing would change, when keys
    would meet, or when a required value would be lost.
    """
    entry = _entry(by, code)
    home = open_home()
    table = Table(home, entry.code)
    latest = table.version()
    body = recipe.canonical()
    digest = hashlib.sha256(body.encode()).hexdigest()
    run = f"clean-{latest.number}-{digest[:16]}"
    done = table.committed(run)
    details: dict[str, str | int] = {"cleaned": latest.number, "recipe": digest}
    if done is None:
        done = _write(by, entry, table, latest, recipe, body, run)
    return version_actions.publish(
        by=by, entry=entry, version=done, word="version_cleaned", details=details, reserved=run
    )


def last_recipe(actor: Actor, code: str) -> Recipe | None:
    """The steps of the latest cleaned version, to be done again to newly collected data."""
    entry = check_queries.entry_of(actor, code)
    for version in reversed(Table(open_home(), entry.code).versions()):
        if "recipe" in version.info:
            return cleaning.from_text(version.info["recipe"])
    return None


def _write(by: Actor, entry: Any, table: Table, latest: Version, recipe: Recipe, body: str, run: str) -> Version:
    home = open_home()
    own, lists = _own(entry, latest.number), _lists(entry, recipe)
    seen = cleaning.preview(recipe, own, lists, scratch=home.root / "tmp")
    if not seen.changed_rows:
        raise Conflict(
            "quality.clean_nothing",
            "这些步骤不会改变任何内容，无需清洗。",
            "These steps would change nothing; there is nothing to clean.",
        )
    info: dict[str, str | int] = {
        **{key: value for key, value in latest.info.items() if key not in {"compacted", "restored"}},
        "cleaned": latest.number,
        "recipe": body,
        "changed": json.dumps(dict(seen.by_column), ensure_ascii=False),
    }
    items = {item.name: item for item in catalog.items(entry.code) if item.name in own.schema.names}
    keys = [name for name, item in items.items() if item.is_key]
    known = [one for one in latest.profile or () if one.name not in recipe.written]  # those columns stay as they are
    admit = version_actions.room_for(by, entry, run)

    def take(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Version:
        return table.commit(batches, schema, run=run, info=info, admit=admit, keys=keys, known=known)

    done: Version = cleaning.apply(
        recipe,
        own,
        lists,
        keys=keys,
        required=[name for name, item in items.items() if item.required],
        take=take,
        scratch=home.root / "tmp",
    )
    return done


def _entry(by: Actor, code: str) -> Any:
    entry = catalog.entry(by, code)
    check_policy.check_write(by, entry.provider.code)
    stores.check_use(by, entry, Right.MANAGE)
    return entry


def _own(entry: Any, version: int | None) -> Source:
    found = check_queries.source_of(open_home(), entry.code, version)
    if found is None:
        raise NotFound("quality.no_data", "该目录还没有这个版本的数据。", "There are no data of that version.")
    return found


def _lists(entry: Any, recipe: Recipe) -> Mapping[str, Source]:
    lists = {}
    for code in recipe.lists:
        source = check_queries.readable(open_home(), entry, code)
        if source is None:
            raise GongshuError(
                "quality.resource_unreadable",
                f"资源 {code} 没有数据，或提供单位无权读取：只能引用本单位、已获授权或已开放的数据。",
                f"There are no data of {code} that the providing unit may read: its own, granted, or open ones.",
                resource=code,
            )
        lists[code] = source
    return lists
