"""Searching the ledger by resource, organisation, person, act and time, newest first, whatever its size.

A page is found by walking one index backwards in time and stopping when the page is full. Which index that is, is
decided here and not left to the database: the one whose columns the question fixes and which is narrowest. The other
columns are then compared on the rows met. A person is a commitment (``crypto.commit``): given as the subject of an
entry, or listed in one that handed out several records at once (``Mention``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from gongshu.errors import GongshuError
from gongshu.ledger.models import Mention, Record

STREAMED = 1000
# Narrowest first: the columns that the question must fix for this index to be walked. Each is an index of ``Record``.
_WALKS = (
    ("subject",),
    ("resource", "organization"),
    ("resource", "action"),
    ("organization", "action"),
    ("resource",),
    ("organization",),
    ("action",),
    (),
)


@dataclass(frozen=True)
class Question:
    """What is searched for; empty fields do not matter. ``action`` ending in a dot means every act that begins so.
    ``since`` is included, ``until`` is not."""

    resource: str = ""
    organization: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Page(NamedTuple):
    """Newest first. ``next`` continues behind the last row; empty at the end."""

    rows: list[Record]
    next: str


def search(question: Question, *, after: str = "", limit: int = 50) -> Page:
    """One page of what ``question`` asks for, behind the place ``after`` of an earlier page.

    GongshuError when ``after`` is not a place.
    """
    places = _places(question, _place(after), limit + 1)
    found = Record.objects.in_bulk([index for _, index in places[:limit]])
    rows = [found[index] for _, index in places[:limit] if index in found]
    return Page(rows, _cursor(rows[-1]) if rows and len(places) > limit else "")


def stream(question: Question) -> Iterator[Record]:
    """All of it, newest first, a page at a time: no result set stays open, however long a reader takes."""
    after = ""
    while True:
        page = search(question, after=after, limit=STREAMED)
        yield from page.rows
        after = page.next
        if not after:
            return


def acts() -> list[str]:
    """The acts that occur, each found by one step in the index."""
    table, action = _names("action")
    sql = f"SELECT MIN({action}) FROM {table} WHERE {action} > %s"  # noqa: S608 - names of our own columns
    found: list[str] = []
    with connection.cursor() as cursor:
        while True:
            cursor.execute(sql, [found[-1] if found else ""])
            (act,) = cursor.fetchone()
            if act is None:
                return found
            found.append(act)


def _places(question: Question, after: tuple[datetime, int] | None, limit: int) -> list[tuple[datetime, int]]:
    """(moment, index) of the next ``limit`` rows: the newest of what each walk finds."""
    action = question.action
    wanted = [act for act in acts() if act.startswith(action)] if action.endswith(".") else [action]
    found: dict[int, datetime] = {}
    for act in wanted:
        one = replace(question, action=act)
        for walk in (_own_walk, _mentioned_walk) if question.subject else (_own_walk,):
            sql, values = walk(one, after)
            with connection.cursor() as cursor:
                cursor.execute(f"{sql} LIMIT {int(limit)}", values)
                found |= {int(index): _moment(at) for at, index in cursor.fetchall()}
    places = sorted(((at, index) for index, at in found.items()), reverse=True)
    return places[:limit]


def _own_walk(question: Question, after: tuple[datetime, int] | None) -> tuple[str, list[Any]]:
    table, at, index = _names("at", "index")
    fixed = {name: str(getattr(question, name)) for name in ("subject", "resource", "organization", "action")}
    fixed = {name: value for name, value in fixed.items() if value}
    walked = next(walk for walk in _WALKS if set(walk) <= set(fixed))
    conditions, values = [], []
    for name, value in fixed.items():
        # A column that is glued to nothing has no index, so that no database is tempted by another one.
        column = _names(name)[1]
        conditions.append(f"{column} = %s" if name in walked else f"{column} || '' = %s")
        values.append(value)
    return _finish(table, at, index, conditions, values, question, after)


def _mentioned_walk(question: Question, after: tuple[datetime, int] | None) -> tuple[str, list[Any]]:
    quote = connection.ops.quote_name
    mention, record = quote(Mention._meta.db_table), quote(Record._meta.db_table)
    at, index = f"m.{quote('at')}", f"m.{quote('index')}"
    table = f"{mention} m JOIN {record} r ON r.{quote('index')} = m.{quote('index')}"
    conditions, values = [f"m.{quote('subject')} = %s"], [question.subject]
    for name in ("resource", "organization", "action"):
        if value := str(getattr(question, name)):
            conditions.append(f"r.{quote(name)} || '' = %s")
            values.append(value)
    return _finish(table, at, index, conditions, values, question, after)


def _finish(
    table: str,
    at: str,
    index: str,
    conditions: list[str],
    values: list[Any],
    question: Question,
    after: tuple[datetime, int] | None,
) -> tuple[str, list[Any]]:
    moment = connection.ops.adapt_datetimefield_value
    if question.since is not None:
        conditions.append(f"{at} >= %s")
        values.append(moment(question.since))
    if question.until is not None:
        conditions.append(f"{at} < %s")
        values.append(moment(question.until))
    if after is not None:
        conditions.append(f"({at}, {index}) < (%s, %s)")
        values += [moment(after[0]), after[1]]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {at}, {index} FROM {table}{where} ORDER BY {at} DESC, {index} DESC", values  # noqa: S608


def _names(*columns: str) -> tuple[str, ...]:
    """The table and its columns, quoted."""
    quote = connection.ops.quote_name
    return (quote(Record._meta.db_table), *(quote(Record._meta.get_field(name).column) for name in columns))


def _moment(value: Any) -> datetime:
    """A moment as the database hands it to a bare cursor: aware, or text in UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _cursor(row: Record) -> str:
    return f"{(row.at - _EPOCH) // timedelta(microseconds=1)}.{row.index}"


def _place(cursor: str) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    moment, _, index = cursor.partition(".")
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (moment, index)):
        raise GongshuError(
            "ledger.cursor", "翻页位置不对，请从第一页重新查询。", "No such place: begin at the first page."
        )
    try:
        return _EPOCH + timedelta(microseconds=int(moment)), int(index)
    except OverflowError as error:
        raise GongshuError(
            "ledger.cursor", "翻页位置不对，请从第一页重新查询。", "No such place: begin at the first page."
        ) from error
