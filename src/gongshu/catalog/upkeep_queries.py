"""All reads of the full upkeep: rounds, worklists, how far a unit has come."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from gongshu.catalog.models import Entry, Revision, UpkeepMark, UpkeepRound
from gongshu.catalog.queries import visible
from gongshu.catalog.states import EntryStatus, UpkeepOutcome
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role


@dataclass(frozen=True)
class Progress:
    """How many entries of a unit a round has gone through."""

    total: int
    confirmed: int
    revised: int

    @property
    def open(self) -> int:
        return self.total - self.confirmed - self.revised

    @property
    def percent(self) -> int:
        """Whole per cents, 100 only when nothing is open."""
        return 100 if not self.open else (self.confirmed + self.revised) * 100 // self.total


def rounds(actor: Actor, *, period: str = "") -> QuerySet[UpkeepRound]:
    """Rounds of the own unit; of all for the data authority and the auditor; newest first."""
    found = UpkeepRound.objects.select_related("organization").order_by("-starts_on", "organization__code")
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        found = found.filter(organization__code=actor.organization)
    return found.filter(period=period) if period else found


def open_round(organization: str) -> UpkeepRound | None:
    """The unit's latest round that is not done."""
    found = UpkeepRound.objects.select_related("organization").filter(organization__code=organization)
    return found.filter(closed_at__isnull=True).order_by("-starts_on").first()


def worklist(found: UpkeepRound) -> QuerySet[Entry]:
    """The unit's published entries with ``outcome`` ("" while open) and ``revising``; open ones first."""
    marks = UpkeepMark.objects.filter(round=found, entry=OuterRef("pk"))
    return (
        Entry.objects.select_related("provider")
        .filter(provider_id=found.organization_id, status=EntryStatus.PUBLISHED)
        .annotate(
            outcome=Subquery(marks.values("outcome")[:1]),
            marked_at=Subquery(marks.values("at")[:1]),
            marked_by=Subquery(marks.values("person__display_name")[:1]),
            revising=Exists(Revision.objects.filter(entry=OuterRef("pk"))),
        )
        .order_by("marked_at", "title", "id")
    )


def progress(found: UpkeepRound) -> Progress:
    """Entries that are published now, by what the round says of them."""
    return progress_of([found])[found.pk]


def progress_of(found: list[UpkeepRound]) -> dict[int, Progress]:
    """The progress of several rounds in two queries."""
    totals = dict(
        Entry.objects.filter(provider_id__in=[one.organization_id for one in found], status=EntryStatus.PUBLISHED)
        .order_by()
        .values_list("provider_id")
        .annotate(n=Count("pk"))
    )
    marks = {
        pk: (confirmed, revised)
        for pk, confirmed, revised in UpkeepMark.objects.filter(round__in=found, entry__status=EntryStatus.PUBLISHED)
        .order_by()
        .values_list("round_id")
        .annotate(
            confirmed=Count("pk", filter=Q(outcome=UpkeepOutcome.CONFIRMED)),
            revised=Count("pk", filter=Q(outcome=UpkeepOutcome.REVISED)),
        )
    }
    return {one.pk: Progress(totals.get(one.organization_id, 0), *marks.get(one.pk, (0, 0))) for one in found}


def stale(actor: Actor) -> QuerySet[Entry]:
    """Published entries whose data are older than their cycle allows, the oldest first; of all for the authority."""
    found = visible(actor).filter(status=EntryStatus.PUBLISHED, stale_since__isnull=False)
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        found = found.filter(provider__code=actor.organization)
    return found.order_by("stale_since", "id")
