"""Writing back: a version of an entry into a table of the unit that provides it, on record before and after."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.collection import policy, pulling, queries, source_queries, turns
from gongshu.collection.intake import back, connections
from gongshu.collection.intake.back import Written
from gongshu.collection.intake.settings import Database, load
from gongshu.collection.models import Run, Source
from gongshu.collection.states import Direction, SourceKind, SourceStatus
from gongshu.errors import Conflict, GongshuError
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table
from gongshu.ledger import actions as ledger
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right


def write_back(*, by: Actor, source: str) -> Written:
    """Write the entry's latest version into the table, in one transaction there; in the ledger that it was begun, and
    how it ended.

    Raises NotFound, NotAllowed, Conflict (removed, no way back), GongshuError; then nothing was written.
    """
    found = source_queries.source(by, source)
    policy.check_submit(by, found.provider.code)
    stores.check_use_of(by, found.resource, Right.MANAGE)
    if found.direction != Direction.OUT or found.status == SourceStatus.REMOVED:
        raise Conflict("source.no_way_back", "这不是在用的写回目标。", "This is no way back, or one that was removed.")
    home, kind = open_home(), SourceKind(found.kind)
    settings = load(kind, found.settings)
    assert isinstance(settings, Database)  # noqa: S101 - only databases are written back to
    connections.check(home, kind, settings)
    table = Table(home, found.resource)
    version = table.version()
    with transaction.atomic():
        _record(by, found, "write_back_begun", {"version": version.number, "digest": version.digest})
    password = pulling.unseal(found).get("password", "")
    try:
        written = back.write(kind, settings, password, queries.contract_of(found.resource), table)
    except GongshuError as refusal:
        with transaction.atomic():
            _record(by, found, "write_back_failed", {"version": version.number, "reason": refusal.code})
            turns.ended_badly(Run(source=found), refusal)
        raise
    with transaction.atomic():
        held = Source.objects.select_for_update(of=("self",)).select_related("provider").get(pk=found.pk)
        details: dict[str, str | int] = {
            "version": written.version,
            "digest": written.digest,
            "rows": written.rows,
            "inserted": written.inserted,
            "updated": written.updated,
        }
        held.written = details | {"at": clock.now().isoformat(timespec="seconds")}
        held.failures, held.last_ok_at = 0, clock.now()
        held.save(update_fields=["written", "failures", "last_ok_at"])
        _record(by, held, "written_back", details)
    return written


def write_due(*, by: Actor) -> int:
    """Write back what has a newer version than was written last, where the schedule says so; how many were tried."""
    tried = 0
    ways = Source.objects.filter(status=SourceStatus.ACTIVE, direction=Direction.OUT, schedule="cycle")
    for found in ways.order_by("id"):
        version = catalog.entry(by, found.resource).data_version
        if version is None or version == found.written.get("version"):
            continue
        if found.next_due is not None and found.next_due > clock.now():
            continue
        tried += 1
        try:
            write_back(by=by, source=found.pk)
        except GongshuError:
            continue  # on record, counted, and waiting longer
    return tried


def _record(by: Actor, source: Source, word: str, details: Mapping[str, str | int]) -> None:
    ledger.record(
        action=f"collection.{word}",
        actor=by.ref,
        organization=source.provider.code,
        subject=source.pk,
        resource=source.resource,
        details=dict(details),
    )
