"""Searching the ledger by resource, organisation, person, act and time, newest first, whatever its size.

Leaves in full chunks are found by their words (``postings``), those behind by looking at each. A person is a commitment
(``crypto.commit``): given as the subject of an entry, or listed in one that handed out several records at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from gongshu.errors import GongshuError
from gongshu.ledger import postings
from gongshu.ledger.models import Record
from gongshu.ledger.postings import Found

STREAMED = 1000


@dataclass(frozen=True)
class Question:
    """What is searched for; empty fields do not matter. ``action`` ending in a dot means every act that begins so.
    ``actors``: done by one of these. ``since`` is included, ``until`` is not."""

    resource: str = ""
    organization: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    actors: tuple[str, ...] = ()


class Page(NamedTuple):
    """Newest first. ``next`` continues behind the last row; empty at the end."""

    rows: list[Record]
    next: str


def search(question: Question, *, after: str = "", limit: int = 50) -> Page:
    """One page of what ``question`` asks for, behind the place ``after`` of an earlier page.

    GongshuError when ``after`` is not a place.
    """
    places = _places(question, _place(after), limit + 1)
    shown = places[:limit]
    found = Record.objects.in_bulk([place.index for place in shown])
    rows = [found[place.index] for place in shown if place.index in found and _fits(question, found[place.index])]
    return Page(rows, f"{shown[-1].at}.{shown[-1].index}" if len(places) > limit else "")


def stream(question: Question) -> Iterator[Record]:
    """All of it, newest first, a page at a time: no result set stays open, however long a reader takes."""
    after = ""
    while True:
        page = search(question, after=after, limit=STREAMED)
        yield from page.rows
        after = page.next
        if not after:
            return


def _ways(question: Question) -> list[tuple[postings.Word, ...]]:
    """The words that a leaf must have, rare ones first; one way for each of the actors."""
    names = ("subject", "resource", "organization", "action")
    fixed = [(name, value) for name in names if (value := str(getattr(question, name)))]
    return [(("actor", one), *fixed) for one in question.actors] or [tuple(fixed)]


def _opened(question: Question, index: int) -> QuerySet[Record]:
    """The rows from ``index`` on that answer ``question``, and perhaps some that only name the person elsewhere."""
    rows = Record.objects.filter(index__gte=index)
    for name in ("resource", "organization"):
        if value := str(getattr(question, name)):
            rows = rows.filter(**{name: value})
    if question.action.endswith("."):
        rows = rows.filter(action__startswith=question.action)
    elif question.action:
        rows = rows.filter(action=question.action)
    if question.actors:
        rows = rows.filter(actor__in=question.actors)
    if question.since is not None:
        rows = rows.filter(at__gte=question.since)
    if question.until is not None:
        rows = rows.filter(at__lt=question.until)
    if question.subject:
        rows = rows.annotate(written=Cast("details", TextField()))
        rows = rows.filter(Q(subject=question.subject) | Q(written__contains=question.subject))
    return rows


def _places(question: Question, after: Found | None, limit: int) -> list[Found]:
    """The next ``limit`` leaves: the newest of what each way of asking finds."""
    since = postings.micros(question.since) if question.since is not None else None
    until = postings.micros(question.until) if question.until is not None else None

    def look(index: int) -> Iterable[Found]:
        rows = _opened(question, index)
        if after is not None:
            at = postings.moment(after.at)
            rows = rows.filter(Q(at__lt=at) | Q(at=at, index__lt=after.index))
        if question.subject:
            kept = rows.values_list("at", "index", "subject", "details")
            return [
                Found(postings.micros(at), place)
                for at, place, subject, details in kept
                if question.subject == subject or question.subject in postings.people(details)
            ]
        newest = rows.order_by("-at", "-index").values_list("at", "index")[:limit]
        return [Found(postings.micros(at), place) for at, place in newest]

    found: set[Found] = set()
    for way in _ways(question):
        found.update(postings.newest(way, look, since=since, until=until, after=after, limit=limit))
    return sorted(found, reverse=True)[:limit]


def _fits(question: Question, row: Record) -> bool:
    """Whether what two words of the same digest would confuse is right."""
    return (
        question.resource in ("", row.resource)
        and question.organization in ("", row.organization)
        and (question.action in ("", row.action) or question.action in postings.beginnings(row.action))
        and (not question.actors or row.actor in question.actors)
        and (question.subject in ("", row.subject) or question.subject in postings.people(row.details))
    )


def _place(cursor: str) -> Found | None:
    if not cursor:
        return None
    moment, _, index = cursor.partition(".")
    try:
        if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (moment, index)):
            raise ValueError(cursor)
        postings.moment(int(moment))
    except (ValueError, OverflowError) as error:
        raise GongshuError(
            "ledger.cursor", "翻页位置不对，请从第一页重新查询。", "No such place: begin at the first page."
        ) from error
    return Found(int(moment), int(index))
