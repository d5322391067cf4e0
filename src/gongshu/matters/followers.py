"""What service matters do when an entry of the catalog changes, in the transaction of the change (``gongshu.wiring``)."""

from __future__ import annotations

from gongshu.catalog.hooks import EntryChange, Happened
from gongshu.identity.actor import Actor
from gongshu.matters import actions


def follow_entry(change: EntryChange) -> None:
    """An entry that replaced materials left the catalog."""
    if change.happened is Happened.WITHDRAWN:
        actions.lose_entry(by=Actor.process("matters"), code=change.code, title=change.title)
