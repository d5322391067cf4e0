"""The scan for personal data, of a committed version or a file, against what the catalog says of the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from gongshu.catalog import queries as catalog
from gongshu.collection import policy, profile
from gongshu.collection.models import Run
from gongshu.collection.personal import CLASS_LABELS, KINDS, REASONS, Class, Declared, Finding, findings, scan
from gongshu.errors import Text
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table

BATCH = 65_536


@dataclass(frozen=True)
class Shown:
    """A finding in words."""

    column: str
    title: str
    kind: Text
    group: Text
    percent: int
    by_name: bool
    within: bool
    level: int
    mask: Text | None  # None: shown as it is
    belies: tuple[Text, ...]


def of_version(home: Home, resource: str, number: int | None, tick: Callable[[], None] = lambda: None) -> list[Finding]:
    """Every column of a version (default: the latest), by what was counted as it was collected, or, where that was not
    done, read in bounded memory. Raises NotFound.
    """
    table = Table(home, resource)
    counted = profile.from_text(table.version(number).info.get(profile.KEY, ""))
    if counted is not None:
        return findings(counted, declared_of(resource))
    held = set(table.schema(number).names)
    declared = [one for one in declared_of(resource) if one.name in held]

    def frames() -> Iterator[pl.DataFrame]:
        for batch in table.batches(number, columns=[one.name for one in declared], size=BATCH):
            tick()
            frame = pl.from_arrow(pa.Table.from_batches([batch]))
            assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table gives a frame
            yield frame

    return scan(frames(), declared) if declared else []


def declared_of(resource: str) -> list[Declared]:
    """What the catalog says of the columns of ``resource``."""
    return [
        Declared(
            item.name,
            item.title,
            personal=item.sensitive,
            sensitive=item.sensitive_personal,
            mask=item.mask,
            level=int(item.level),
            check=str(item.check),
        )
        for item in catalog.items(resource)
    ]


def look(actor: Actor, resource: str, number: int | None = None) -> list[Finding]:
    """The findings of a version, for the providing unit, the data authority and the auditor. No value is in them."""
    entry = catalog.entry(actor, resource)
    policy.check_see(actor, entry.provider.code)
    return of_version(open_home(), entry.code, number)


@dataclass(frozen=True)
class Described:
    """What the values of a column of a version are like. ``bounds`` are none where the viewer may not see them."""

    column: str
    title: str
    filled: int
    percent: int  # filled, of all rows
    distinct: int
    bounds: tuple[str, str] | None
    lengths: tuple[int, int] | None


def profile_of(actor: Actor, run: Run) -> list[Described]:
    """The profile of the version that ``run`` made, in the catalog's order; empty when it made none that tells. Least and
    greatest of a masked or sensitive item are for those who see its rows.
    """
    if run.version is None:
        return []
    version = Table(open_home(), run.resource).committed(run.pk)
    counted = profile.from_text(version.info.get(profile.KEY, "")) if version is not None else None
    if version is None or counted is None:
        return []
    sees = policy.can_see_rows(actor, run.provider.code)
    items = {item.name: item for item in catalog.items(run.resource)}
    found = []
    for one in counted:
        item = items.get(one.name)
        open_to_all = item is not None and item.mask in ("", "none") and not item.sensitive_personal
        bounds = (one.least, one.most) if one.least and (sees or open_to_all) else None
        lengths = (one.shortest, one.longest) if one.longest else None
        percent = one.filled * 100 // version.rows if version.rows else 0
        title = item.title if item is not None else one.name
        found.append(Described(one.name, title, one.filled, percent, one.distinct, bounds, lengths))
    return found


def words(findings: list[dict[str, Any]]) -> list[Shown]:
    """Stored findings as a page shows them; those that belie the catalog first."""
    found = [
        Shown(
            one["column"],
            one["title"],
            KINDS[one["kind"]].label,
            CLASS_LABELS[Class(one["group"])],
            round(one["share"] * 100),
            one["by"] == "name",
            one["within"],
            one["level"],
            MASK_LABELS.get(one["mask"]) if one["mask"] != "none" else None,
            tuple(REASONS[code] for code in one["belies"]),
        )
        for one in findings
    ]
    return sorted(found, key=lambda one: not one.belies)


def of_run(run: Run | None) -> list[Shown]:
    """The findings kept with a run."""
    return words(run.personal) if run is not None and run.personal else []
