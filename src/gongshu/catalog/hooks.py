"""What others want to be told, inside the same transaction. ``gongshu.wiring`` fills this list and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gongshu.identity.actor import Actor


class Happened(StrEnum):
    """What readers of the catalog notice."""

    PUBLISHED = "published"  # for the first time, or as the next version
    WITHDRAWN = "withdrawn"  # with or without a replacement
    DATA = "data"  # a version of the data was collected
    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True)
class EntryChange:
    """One change of an entry that readers see. ``replaced_by`` is the code of the entry to turn to, or empty."""

    code: str
    entry_id: int
    title: str
    provider: str
    happened: Happened
    version: int
    by: Actor
    remark: str = ""
    replaced_by: str = ""
    replaced_by_title: str = ""


on_entry_changed: list[Callable[[EntryChange], None]] = []


def tell(change: EntryChange) -> None:
    """Call everybody who wants to know; an error of theirs undoes the act."""
    for listener in on_entry_changed:
        listener(change)
