"""The scan for personal data, of a committed version or a file, against what the catalog says of the columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from gongshu.catalog import queries as catalog
from gongshu.collection import policy
from gongshu.collection.models import Run
from gongshu.collection.personal import CLASS_LABELS, KINDS, REASONS, Class, Declared, Finding, findings
from gongshu.columns.profile import Counted, Profile
from gongshu.errors import Text
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table, Version, items_of

KEPT_SECONDS = 600


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
    """Every column of a version (default: the latest), by what was counted when it was committed, or, where that was not
    done (an earlier edition), read now in bounded memory. Raises NotFound.
    """
    table = Table(home, resource)
    version = table.version(number)
    counted = version.profile
    if counted is None:
        looked = Profile(items_of(table.schema(version.number)))
        for path in table.files(version.number):
            tick()
            looked.add_file(path)
        counted = looked.columns
    return findings(counted, declared_of(resource))


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


def profile_of(actor: Actor, resource: str, version: Version) -> list[Described]:
    """The profile that a version was committed with; empty of one that has none. Least and greatest of a masked or
    sensitive item are for those who see its rows.
    """
    entry = catalog.entry(actor, resource)
    policy.check_see(actor, entry.provider.code)
    sees = policy.can_see_rows(actor, entry.provider.code)
    items = {item.name: item for item in catalog.items(entry.code)}
    found = []
    for one in version.profile or ():
        item = items.get(one.name)
        open_to_all = item is not None and item.mask in ("", "none") and not item.sensitive_personal
        bounds = (one.least, one.most) if one.least and (sees or open_to_all) else None
        lengths = (one.shortest, one.longest) if one.longest else None
        percent = one.filled * 100 // version.rows if version.rows else 0
        title = item.title if item is not None else one.name
        found.append(Described(one.name, title, one.filled, percent, one.distinct, bounds, lengths))
    return found


def profile_of_version(actor: Actor, resource: str, number: int | None) -> list[Described]:
    """The same of the version ``number`` (default: the latest). Raises NotFound."""
    entry = catalog.entry(actor, resource)
    return profile_of(actor, entry.code, Table(open_home(), entry.code).version(number))


def profile_of_run(actor: Actor, run: Run) -> list[Described]:
    """The profile of the version that ``run`` made; empty when it made none that tells."""
    version = Table(open_home(), run.resource).committed(run.pk) if run.version is not None else None
    return profile_of(actor, run.resource, version) if version is not None else []


def of_profile(resource: str, counted: list[Counted] | None) -> list[Shown]:
    """The findings of a version with this profile in words, against the catalog of today. Nothing of its rows is read."""
    return words([one.as_json() for one in findings(counted or (), declared_of(resource))])


def counted_in(resource: str, number: int) -> list[Counted]:
    """The profile that a version was committed with; empty when there is no such version, or it has none."""
    known: list[Counted] | None = cache.get(f"profile:{resource}:{number}")
    if known is None:
        versions = Table(open_home(), resource).versions()
        known = next((one.profile for one in versions if one.number == number), None) or []
        if known:  # what is not there yet may be there in a moment
            cache.set(f"profile:{resource}:{number}", known, KEPT_SECONDS)
    return known


def can_see(actor: Actor, provider: str) -> bool:
    """Whether the actor may see profiles and findings of this unit's data."""
    return policy.can_see(actor, provider)


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
