"""Who received a wrong value: read from the ledger's records of calls, without knowing anybody's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gongshu import clock
from gongshu.catalog.draft import ItemData
from gongshu.errors import NotFound
from gongshu.home import Home
from gongshu.ledger import queries as ledger
from gongshu.quality import records
from gongshu.quality.models import Objection, Recipient
from gongshu.quality.records import Held
from gongshu.quality.report import Content

BY_KEY = ("gateway.query", "gateway.verify")


@dataclass
class _Seen:
    reads: int = 0
    last: datetime | None = None
    knows_key: bool = False


def find(found: Objection, items: Sequence[ItemData], content: Content, wrong: Held, home: Home) -> list[Recipient]:
    """The organisations that received the value which turned out wrong, not yet stored; the reporter's own aside.

    A version counts when it holds for this record what the reported version held. Calls about the record are found by its
    commitment, files by having held the item at all.
    """
    keys = {item.name for item in items if item.is_key}
    versions: dict[int, bool] = {}

    def held_wrong(number: int) -> bool:
        if number not in versions:
            try:
                there = records.held(home, found.entry.code, number, items, content.key, found.item)
                versions[number] = there == wrong
            except NotFound:
                versions[number] = False
        return versions[number]

    seen: dict[str, _Seen] = {}
    for record in ledger.reads_about(resource=found.entry.code, subject=found.commitment):
        details = record.details
        if found.item and found.item not in details.get("items", ()):
            continue
        if record.organization in {"", found.organization} or not held_wrong(int(details.get("version", 0))):
            continue
        one = seen.setdefault(record.organization, _Seen())
        one.reads += 1
        one.last = max(one.last or record.at, record.at)
        one.knows_key |= record.action in BY_KEY or keys <= set(details.get("items", ()))
    moment = clock.now()
    return [
        Recipient(
            objection=found,
            organization=code,
            reads=one.reads,
            last_read_at=one.last or moment,
            knows_key=one.knows_key,
            told_at=moment,
        )
        for code, one in sorted(seen.items())
        if not Recipient.objects.filter(objection=found, organization=code).exists()
    ]
