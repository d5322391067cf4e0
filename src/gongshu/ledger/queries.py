"""Reading the ledger from the control plane, through the index that ``sequencing`` derives from the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate

from gongshu import clock
from gongshu.ledger.models import Outbox, Record


def records(
    *,
    resource: str = "",
    organization: str = "",
    action: str = "",
    actor: str = "",
    actors: Sequence[str] | None = None,
    subject: str = "",
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Record]:
    """Newest first, by the moment of the act. ``action`` ending in a dot is a prefix (``gateway.``); ``actors``: done by
    one of these; ``subject``
    is a commitment; ``before`` is an index, for the next page."""
    found: QuerySet[Record] = Record.objects.all()
    if resource:
        found = found.filter(resource=resource)
    if organization:
        found = found.filter(organization=organization)
    if action:
        found = found.filter(action__startswith=action) if action.endswith(".") else found.filter(action=action)
    if actor:
        found = found.filter(actor=actor)
    if actors is not None:
        found = found.filter(actor__in=actors)
    if subject:
        found = found.filter(subject=subject)
    if since is not None:
        found = found.filter(at__gte=since)
    if before is not None:
        place = Record.objects.filter(index__lte=before).order_by("-index").values_list("at", flat=True).first()
        if place is None:
            return []
        found = found.filter(Q(at__lt=place) | Q(at=place, index__lt=before))
    return list(found.order_by("-at", "-index")[:limit])


def record(entry_id: str) -> Record | None:
    """The entry of that id, once it is in the log."""
    return Record.objects.filter(entry_id=entry_id).first()


def indexes(entry_ids: Iterable[str]) -> dict[str, int]:
    """Where the entries of those ids stand in the log; one that still waits for the sequencer is not among them."""
    found = Record.objects.filter(entry_id__in=[one for one in entry_ids if one])
    return dict(found.values_list("entry_id", "index"))


def size() -> int:
    """How many leaves the index knows; the log itself may be a second ahead."""
    return next_index()


def waiting() -> int:
    """How many committed entries wait for the sequencer."""
    return Outbox.objects.count()


def next_index() -> int:
    """The first index that the index has not got yet."""
    highest = Record.objects.aggregate(highest=Max("index"))["highest"]
    return 0 if highest is None else int(highest) + 1


def reads_about(*, resource: str, subject: str) -> Iterator[Record]:
    """Calls of ``resource`` that handed out the record with the commitment ``subject``, or said something about it:
    look-ups, verifications, pages with it on them, and files of everything. Oldest first.
    """
    about = Q(action__in=["gateway.query", "gateway.verify"], subject=subject)
    for row in (
        Record.objects.filter(about | Q(action__in=["gateway.list", "gateway.delivery"]), resource=resource)
        .order_by("index")
        .iterator()
    ):
        if row.action == "gateway.list" and subject not in row.details.get("subjects", ()):
            continue
        if row.details.get("result") not in {"not_found", "not_modified"}:
            yield row


def counts_by_action(*, organization: str = "", resource: str = "") -> Iterator[tuple[str, int]]:
    """(action, number of entries), most frequent first."""
    found = Record.objects.all()
    if organization:
        found = found.filter(organization=organization)
    if resource:
        found = found.filter(resource=resource)
    for row in found.values("action").annotate(number=Count("index")).order_by("-number", "action"):
        yield row["action"], row["number"]


def daily(*, resource: str, actions: Sequence[str], since: datetime) -> list[tuple[date, str, int]]:
    """(day in Shanghai, action, number of entries) of one resource since ``since``, oldest first: a page's usage chart."""
    found = (
        Record.objects.filter(resource=resource, action__in=list(actions), at__gte=since)
        .annotate(day=TruncDate("at", tzinfo=clock.SHANGHAI))
        .values_list("day", "action")
        .annotate(number=Count("index"))
        .order_by("day", "action")
    )
    return [(day, action, number) for day, action, number in found]
