"""The sequencer joined to the database: drains the outbox and the spools, and keeps the search index behind the log.

Exactly once, without a second list of what was done: the index row of a leaf and the removal of its outbox row are one
transaction, and the index is always caught up with the log *before* the outbox is read. So a leaf that is still in the
outbox then is not in the log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection, transaction

from gongshu import clock
from gongshu import home as installations
from gongshu.errors import EnvironmentFault
from gongshu.home import Home
from gongshu.ledger import entry, inner, installation, intake, postings, pruning, queries, state, tiles
from gongshu.ledger.models import Outbox, Record

OUTBOX_ROUND = 4_096
INDEX_ROUND = 8_192
_COLUMNS = (
    "index", "entry_id", "at", "action", "actor", "organization", "subject", "resource", "cites", "details",
)  # fmt: skip
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_ZONE = {"sqlite": "", "postgresql": "+00"}
_PARAMETERS = 500  # ids per DELETE: below every database's limit


def run_once(home: Home | None = None, *, wait: float = 10.0) -> int:
    """Sequence everything that waits now and index it; answer how many leaves the log grew by.

    Conflict when another sequencer holds the log for longer than ``wait`` seconds; EnvironmentFault when the log cannot
    be written or was damaged or rolled back. Whatever fails, nothing that waits is lost. Not inside a transaction.
    """
    place = home or installations.open_home()
    if _idle(place):
        return 0
    sequencer = installation.sequencer_of(place)
    added = 0
    with sequencer.locked(wait):
        _index(place, sequencer.head.size)
        while True:
            grown = sequencer.step(_outbox())
            added += grown
            if not grown:
                return added
            _index(place, sequencer.head.size)


def reindex(home: Home | None = None) -> int:
    """Make the search index, and the rows that speed up proofs, anew from the log; answer how many entries it has."""
    place = home or installations.open_home()
    sequencer = installation.sequencer_of(place)
    with sequencer.locked():
        size = sequencer.head.size
        with transaction.atomic():
            postings.forget()
            Record.objects.all().delete()
        _index(place, size)
        inner.rebuild(place.ledger, size)
        return size


def _idle(home: Home) -> bool:
    """Whether a glance, without the lock, finds nothing to do: the worker asks many times a second."""
    found = state.load(home.ledger)
    return (
        found is not None
        and not intake.waiting(home.spool, found.cursors)
        and not Outbox.objects.exists()
        and queries.next_index() == found.head.size
    )


def _outbox() -> list[bytes]:
    rows = Outbox.objects.order_by("id").values_list("entry_id", "leaf")[:OUTBOX_ROUND]
    return [intake.checked(bytes(leaf), "outbox", entry_id) for entry_id, leaf in rows]


def _index(home: Home, size: int) -> None:
    """Bring the index up to ``size`` leaves, and take out of the outbox what is in the log."""
    begin = queries.next_index()
    if begin > size:
        raise EnvironmentFault(
            "ledger.rolled_back",
            f"数据库已索引 {begin} 条，而账本目录只有 {size} 条：账本目录被换成了旧的。请恢复与数据库同期的账本备份；"
            "若账本是对的、数据库是旧备份，请运行 gongshu ledger reindex。",
            f"The database has indexed {begin} entries, but the ledger folder holds {size}: the folder is an older one. "
            "Restore the ledger backup that belongs to the database; if the ledger is right, run gongshu ledger reindex.",
        )
    log = tiles.Tiles(home.ledger, size)
    begin = max(begin, pruning.below(home.ledger))
    while begin < size:
        end = min(size, (begin // INDEX_ROUND + 1) * INDEX_ROUND)
        zone = _ZONE[connection.vendor]  # once: to ask the connection takes as long as to hash an entry
        rows = [_row(index, leaf, zone) for index, leaf in log.leaves(begin, end)]
        with transaction.atomic(), connection.cursor() as cursor:
            _insert(cursor, rows)
            postings.pack(end)
            _forget([row[1] for row in rows])
        begin = end


def _forget(entry_ids: Sequence[str]) -> None:
    if not Outbox.objects.exists():
        return
    for at in range(0, len(entry_ids), _PARAMETERS):
        Outbox.objects.filter(entry_id__in=entry_ids[at : at + _PARAMETERS]).delete()


def _insert(cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert index rows. Not through model instances: that is several times slower, and rows come in millions."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(Record._meta.get_field(name).column) for name in _COLUMNS)
    table = quote(Record._meta.db_table)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join(["%s"] * len(_COLUMNS))
    cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


class _Body(msgspec.Struct):
    """What the index reads of an entry; what is only kept stays as it is written."""

    id: str
    at: str
    action: str
    actor: str
    organization: str
    subject: str = ""
    resource: str = ""
    cites: msgspec.Raw = msgspec.Raw(b"[]")
    details: msgspec.Raw = msgspec.Raw(b"{}")


_decode = msgspec.json.Decoder(_Body).decode


def _row(index: int, leaf: bytes, zone: str) -> tuple[Any, ...]:
    """The values of ``_COLUMNS`` for one leaf. Millions pass here, so it reads the body without making an ``Entry``."""
    try:
        if b"\\u0000" in leaf:
            raise ValueError("NUL")
        found = _decode(entry.body_bytes(leaf))
        return (
            index, found.id[:64], _moment(found.at, zone), found.action[:80], found.actor[:200], found.organization[:64],
            found.subject[:80], found.resource[:200], str(found.cites, "utf-8"), str(found.details, "utf-8"),
        )  # fmt: skip
    except (ValueError, msgspec.MsgspecError):
        moment = connection.ops.adapt_datetimefield_value(clock.now())
        return (index, "", moment, "ledger.unreadable_entry", "", "", "", "", "[]", "{}")


def _moment(text: str, zone: str) -> Any:
    """The moment of an entry (RFC 3339, UTC, milliseconds) as this database stores it.

    Both take text where the entry has the form that ``entry.build`` gives it; SQLite stores it.
    """
    if _STAMP.fullmatch(text):
        part = "" if text[20:23] == "000" else f".{text[20:23]}000"
        return f"{text[:10]} {text[11:19]}{part}{zone}"
    return connection.ops.adapt_datetimefield_value(datetime.fromisoformat(text).astimezone(UTC))
