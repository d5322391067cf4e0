"""What collection tells the catalog about the data of an entry, beyond new versions (``actions.note_data_version``)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from gongshu.catalog import steps
from gongshu.identity.actor import Actor


@transaction.atomic
def note_data_confirmed(*, by: Actor, code: str, at: datetime) -> None:
    """The source was read and holds what the present version holds: the data are as new as if they had come again."""
    entry = steps.locked(code)
    if entry.data_version is None or (entry.data_at is not None and entry.data_at >= at):
        return
    entry.data_at, entry.stale_since = at, None
    entry.save(update_fields=["data_at", "stale_since"])
    steps.event(by, entry, "data", f"v{entry.data_version}: {entry.data_rows}")
