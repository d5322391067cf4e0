"""Reading what concerns an organisation in the log, a day at a time, and the files made of it."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor
from gongshu.ledger import search_queries as ledger
from gongshu.tracing.models import Digest

if TYPE_CHECKING:
    from gongshu.ledger.models import Record

PROVIDER, CONSUMER = "provider", "consumer"


def pushed_to(day: date) -> frozenset[str]:
    """Whom the city's rules push the log to: ``provider``, ``consumer``, both or nobody."""
    found = rules.active().find("ledger.pushed_to", on=day)
    return frozenset(choice.id for choice in found.value) if found else frozenset()


def touched(organization: str, day: date) -> list[str]:
    """The resources that an organisation provides and with which something was done on a day."""
    since, until = _bounds(day)
    return [
        code
        for code in catalog.codes_of(organization)
        if ledger.search(ledger.Question(resource=code, since=since, until=until), limit=1).rows
    ]


def lines(organization: str, day: date, size: int, *, as_user: bool, resources: list[str]) -> Iterator[str]:
    """The file of one organisation and day, line by line (JSON Lines, newest first), from the first ``size`` entries.

    As a user of data: what the organisation did. As a provider: who did what with its resources – which system, for
    which purpose, which items, how many records – and never about whom.
    """
    since, until = _bounds(day)
    asked = []
    if as_user:
        asked.append(ledger.stream(ledger.Question(organization=organization, since=since, until=until)))
    for code in resources:
        asked.append(ledger.stream(ledger.Question(resource=code, since=since, until=until)))
    before = -1
    for row in heapq.merge(*asked, key=lambda row: (row.at, row.index), reverse=True):
        if row.index < size and row.index != before:
            yield json.dumps(_line(row), ensure_ascii=False, sort_keys=True) + "\n"
        before = row.index


def digests(actor: Actor) -> Any:
    """The daily logs of the actor's organisation, newest first."""
    return Digest.objects.filter(organization__code=actor.organization).select_related("organization")


def digest(actor: Actor, day: date) -> Digest:
    """The log of one day for the actor's organisation; NotFound when none was pushed."""
    found = digests(actor).filter(day=day).first()
    if found is None:
        raise NotFound(
            "tracing.digest_unknown",
            f"没有 {day} 推送给本单位的日志。",
            f"No log of {day} was pushed to your organisation.",
        )
    return found


def content(found: Digest) -> Iterator[str]:
    """The file that was pushed, made again from the ledger."""
    return lines(found.organization.code, found.day, found.size, as_user=found.as_user, resources=list(found.resources))


def _bounds(day: date) -> tuple[datetime, datetime]:
    since = datetime.combine(day, time(), clock.SHANGHAI)
    return since, since + timedelta(days=1)


def _line(row: Record) -> dict[str, Any]:
    details = {name: value for name, value in row.details.items() if name not in ("subjects", "subject")}
    return {
        "index": row.index,
        "entry": row.entry_id,
        "at": clock.local(row.at).isoformat(),
        "act": row.action,
        "organization": row.organization,
        "system": row.actor,
        "resource": row.resource,
        "details": details,
    }
