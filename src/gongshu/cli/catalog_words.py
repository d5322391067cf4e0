"""How the commands of the catalog say an entry, and what was done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gongshu.cli import output

if TYPE_CHECKING:
    from gongshu.catalog.models import Entry


def summary(entry: Entry) -> dict[str, Any]:
    """An entry as the commands answer it in JSON."""
    return {
        "code": entry.code,
        "title": entry.title,
        "provider": entry.provider.code,
        "provider_name": entry.provider.say(output.language()),
        "status": entry.status,
        "version": entry.version,
        "rows": entry.data_rows,
        "data_version": entry.data_version,
        "opened": entry.opened_at is not None,
    }


def answer(entry: Entry, as_json: bool, what: str) -> None:
    """Say what was done to an entry."""
    if as_json:
        output.emit(summary(entry))
        return
    output.console().print(f"{what}:{entry.code} {entry.title}", markup=False)
