"""Reading the ledger from the control plane, through the index that ``sequencing`` derives from the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db.models import Count, Max

from gongshu import clock
from gongshu.ledger import postings, search_queries
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
    if actors is not None and not actors:
        return []
    after = ""
    if before is not None:
        place = Record.objects.filter(index__lte=before).order_by("-index").values_list("at", flat=True).first()
        if place is None:
            return []
        after = f"{postings.micros(place)}.{before}"
    asked = search_queries.Question(
        resource=resource,
        organization=organization,
        action=action,
        subject=subject,
        since=since,
        actors=tuple(actors) if actors is not None else (actor,) if actor else (),
    )
    return search_queries.search(asked, after=after, limit=limit).rows


def record(entry_id: str) -> Record | None:
    """The entry of that id, once it is in the log."""
    return Record.objects.filter(entry_id=entry_id).first()


def at(index: int) -> Record | None:
    """The entry at that place in the log."""
    return Record.objects.filter(index=index).first()


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
    asked = [search_queries.Question(resource=resource, action="gateway.delivery")]
    asked += [
        search_queries.Question(resource=resource, subject=subject, action=f"gateway.{act}")
        for act in ("query", "verify", "list")
    ]
    found = [row for question in asked for row in search_queries.stream(question)]
    for row in sorted(found, key=lambda row: row.index):
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
    counted: Counter[tuple[date, str]] = Counter()
    begin = postings.micros(since)
    for action in dict.fromkeys(actions):
        for moments in postings.moments((("resource", resource), ("action", action)), begin):
            days, numbers = np.unique(_days(moments), return_counts=True)
            counted.update({(day, action): int(n) for day, n in zip(days.tolist(), numbers.tolist(), strict=True)})
    rows = Record.objects.filter(index__gte=postings.open_from(), resource=resource, action__in=actions, at__gte=since)
    counted.update((clock.local(at).date(), action) for at, action in rows.values_list("at", "action"))
    return [(day, action, counted[day, action]) for day, action in sorted(counted)]


def _days(moments: postings.Moments) -> Any:
    """The days in Shanghai (UTC+8, no summer time since 1991) of some moments."""
    return (moments + 8 * 3_600_000_000).astype("datetime64[us]").astype("datetime64[D]")
