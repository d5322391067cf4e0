"""All reads of collection, scoped to the viewer.

What opens files or tables is imported by the reads that do so: the others need no polars and no pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.db.models import OuterRef, QuerySet, Subquery

from gongshu.catalog import codes
from gongshu.catalog import queries as catalog
from gongshu.collection import policy
from gongshu.collection.models import Run
from gongshu.collection.options import PLAIN, Options
from gongshu.collection.states import RunStatus
from gongshu.errors import NotFound, Text
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right

if TYPE_CHECKING:
    from gongshu.collection.contract import Contract
    from gongshu.collection.preview import Preview
    from gongshu.lake.serving import ServedItem
    from gongshu.lake.tables import Version

MISFITS = ("collection.column_missing", "collection.column_unlisted")


@dataclass(frozen=True)
class Reason:
    """One failure of a row: the item's name ("" for the whole row), the rule's code and its sentence."""

    column: str
    rule: str
    text: Text


@dataclass(frozen=True)
class RejectedRow:
    """A row that was kept aside: its number as a spreadsheet shows it, why, and its text."""

    row: int
    reasons: tuple[Reason, ...]
    raw: str


def runs(actor: Actor, *, resource: str = "", status: str = "") -> QuerySet[Run]:
    """Runs that ``actor`` may know of, newest first."""
    found = Run.objects.select_related("provider", "submitted_by")
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        found = found.filter(provider__code=actor.organization)
    if resource:
        found = found.filter(resource=resource)
    return found.filter(status=status) if status else found


def run(actor: Actor, run_id: str) -> Run:
    found = Run.objects.select_related("provider", "submitted_by").filter(pk=run_id).first()
    if found is None or not policy.can_see(actor, found.provider.code):
        raise NotFound("collection.run_unknown", "没有这条归集记录。", "There is no such run.")
    return found


def latest(resource: str) -> Run | None:
    """The run of ``resource`` that was handed over last, whatever became of it."""
    return Run.objects.filter(resource=resource).order_by("-submitted_at", "-id").first()


def latest_of(resources: Collection[str]) -> dict[str, Run]:
    """The run of each resource that was handed over last and has ended, by resource; for supervision, not scoped."""
    ended = (RunStatus.COMMITTED, RunStatus.UNCHANGED, RunStatus.REFUSED, RunStatus.FAILED)
    newest = Run.objects.filter(resource=OuterRef("resource"), status__in=ended).order_by("-submitted_at", "-id")
    found = Run.objects.filter(resource__in=list(resources), pk=Subquery(newest.values("id")[:1]))
    return {run.resource: run for run in found}


def committed_since(resources: Collection[str], since: datetime) -> set[str]:
    """Those of ``resources`` of which a run handed over after ``since`` was committed."""
    found = Run.objects.filter(resource__in=list(resources), status=RunStatus.COMMITTED, submitted_at__gte=since)
    return set(found.order_by().values_list("resource", flat=True))


def misfits() -> list[str]:
    """Resources whose latest run was refused because the file and the catalog name different columns."""
    latest = Run.objects.filter(resource=OuterRef("resource")).order_by("-submitted_at", "-id").values("id")[:1]
    found = Run.objects.filter(status=RunStatus.REFUSED, error_code__in=MISFITS, id=Subquery(latest))
    return sorted(found.values_list("resource", flat=True))


def latest_committed(resource: str) -> Run | None:
    """The run of ``resource`` that was committed last."""
    found = Run.objects.filter(resource=resource, status=RunStatus.COMMITTED)
    return found.order_by("-submitted_at", "-id").first()


def remembered(resource: str) -> Options:
    """How the last committed file of ``resource`` was said to be read: the next one is read so too.

    Except for columns that the catalog does not list: leaving them out is said anew each time.
    """
    last = latest_committed(codes.normalise(resource))
    return replace(Options.of(last.options), drop_unlisted=False) if last is not None else PLAIN


def look(actor: Actor, resource: str, path: Path, options: Options, tick: Callable[[], None]) -> Preview:
    """What the file at ``path`` would become, for whoever may hand it over; nothing is kept."""
    from gongshu.collection import preview

    entry = catalog.entry(actor, resource)
    policy.check_submit(actor, entry.provider.code)
    stores.check_use(actor, entry, Right.MANAGE)
    policy.check_listed(entry.status, entry.title)
    return preview.look(path, contract_of(entry.code), options=options, tick=tick)


_COMPARED = ("kind", "encoding", "delimiter", "sheet", "header_row", "header_rows", "records")


def changed_since_last(found: Run) -> dict[str, tuple[object, object]]:
    """What was found in this file other than in the last committed one: name → (before, now)."""
    last = latest_committed(found.resource)
    if last is None or last.pk == found.pk or not last.detection or not found.detection:
        return {}
    before, now = last.detection, found.detection
    return {name: (before.get(name), now.get(name)) for name in _COMPARED if before.get(name) != now.get(name)}


def committed_sizes() -> dict[str, int]:
    """Bytes of the file that was committed last, by resource."""
    found = Run.objects.filter(status=RunStatus.COMMITTED).order_by("submitted_at", "id")
    return dict(found.values_list("resource", "size"))


def current(run_id: str) -> Run:
    """The run as it is now, for the process that handed it over."""
    return Run.objects.get(pk=run_id)


def rejected_sample(found: Run, *, limit: int = 20) -> list[RejectedRow]:
    """The first rejected rows, for whoever is at the machine where the lake lies."""
    from gongshu.lake.tables import Table

    rows = Table(open_home(), found.resource).quarantine(found.pk).head(limit).collect()
    return [_rejected(row) for row in rows.to_dicts()]


def contract_of(resource: str) -> Contract:
    """What a file for ``resource`` is measured against: the items of its catalog entry."""
    from gongshu.collection.contract import Column, Contract

    return Contract(
        resource,
        tuple(
            Column(
                name=item.name,
                title=item.title,
                type=str(item.data_type),
                length=item.length,
                required=item.required,
                is_key=item.is_key,
                check=str(item.check),
            )
            for item in catalog.items(resource)
        ),
    )


def served_items(resource: str) -> tuple[ServedItem, ...]:
    """The items of ``resource`` as its serving snapshot carries them."""
    from gongshu.lake.serving import ServedItem

    return tuple(
        ServedItem(item.name, item.title, str(item.data_type), item.is_key, item.mask)
        for item in catalog.items(resource)
    )


def waiting() -> int:
    """How many runs are queued or running, for the health page."""
    return Run.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]).count()


def versions(resource: str) -> list[Version]:
    """The versions of the resource's table, oldest first."""
    from gongshu.lake.tables import Table

    return Table(open_home(), resource).versions()


def reason(column: str, rule: str) -> Reason:
    from gongshu.collection.checks import RULES

    return Reason(column, rule, RULES.get(rule, Text(rule, rule)))


def reasons(found: Run) -> list[tuple[Reason, int]]:
    """Why rows of the run were rejected, and how many for each reason, most first."""
    counted = [(reason(item["column"], item["rule"]), int(item["rows"])) for item in found.failures]
    return sorted(counted, key=lambda pair: -pair[1])


def can_see_rows(actor: Actor, found: Run) -> bool:
    return policy.can_see_rows(actor, found.provider.code)


def can_submit(actor: Actor, provider: str) -> bool:
    return policy.can_submit(actor, provider)


def rejected(actor: Actor, run_id: str, *, limit: int = 20, after: int = 0) -> list[RejectedRow]:
    """The first rejected rows behind row ``after``. NotAllowed for who is not of the providing unit."""
    import polars as pl

    from gongshu.lake.tables import Table

    found = run(actor, run_id)
    policy.check_see_rows(actor, found.provider.code)
    stores.check_use_of(actor, found.resource, Right.READ)
    frame = Table(open_home(), found.resource).quarantine(run_id)
    rows = frame.filter(pl.col("row") > after).head(limit).collect()
    return [_rejected(row) for row in rows.to_dicts()]


def all_rejected(actor: Actor, run_id: str) -> Iterator[RejectedRow]:
    """Every rejected row, in order of row number, for a download."""
    from gongshu.lake.tables import Table

    found = run(actor, run_id)
    policy.check_see_rows(actor, found.provider.code)
    stores.check_use_of(actor, found.resource, Right.READ)
    frame = Table(open_home(), found.resource).quarantine(run_id).collect()
    for part in frame.iter_slices(4096):
        yield from (_rejected(row) for row in part.to_dicts())


def _rejected(row: dict[str, object]) -> RejectedRow:
    failures = row["failures"]
    assert isinstance(failures, list)  # noqa: S101 - the table's schema says so
    return RejectedRow(
        row=int(str(row["row"])),
        reasons=tuple(reason(failure["column"], failure["rule"]) for failure in failures),
        raw=str(row["raw"]),
    )
