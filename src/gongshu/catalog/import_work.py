"""Working an import off: one transaction for each entry, a lease that is renewed with it, never an entry twice.

Whoever holds the lease writes. When it dies at any moment, its last entry is there whole or not at all, the lease runs
out, and the next one goes on with the first line that has no outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from gongshu import clock, ids
from gongshu.catalog import upsert
from gongshu.catalog.draft import from_plain
from gongshu.catalog.import_models import ImportLine, ImportRun
from gongshu.catalog.import_states import IMPORT, ImportStatus, Outcome
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger

LEASE = timedelta(seconds=20)
MOST_ATTEMPTS = 3
log = logging.getLogger(__name__)


class _LeaseLost(Exception):
    """Another worker has the run: touch nothing more."""


class _Stopped(Exception):
    """Somebody cancelled the run."""


def work_one(
    *, run: str | None = None, watch: Callable[[int, int], None] = lambda _done, _total: None
) -> ImportRun | None:
    """Take one confirmed import (``run``, or the oldest) and work it off; None when there is nothing to take.

    ``watch`` gets how many entries are done and how many there are. What the catalog refuses is told on its line.
    """
    found = _claim(run)
    if found is None:
        return None
    try:
        by = _actor(found)
        while (line := found.lines.filter(outcome=Outcome.WAITING).order_by("position").first()) is not None:
            _write(found, line, by)
            watch(*ImportRun.objects.values_list("done", "total").get(pk=found.pk))
        _end(found, "finish")
    except _LeaseLost:
        log.warning("import %s was taken by another worker", found.pk)
    except (_Stopped, KeyboardInterrupt) as stop:
        _end(found, "stop")
        if isinstance(stop, KeyboardInterrupt):
            raise
    except Exception as error:
        log.exception("import %s", found.pk)
        _put_back_or_fail(found, error)
    return ImportRun.objects.get(pk=found.pk)


def _claim(run: str | None) -> ImportRun | None:
    now = clock.now()
    ready = Q(status=ImportStatus.QUEUED) & (Q(not_before__isnull=True) | Q(not_before__lte=now))
    orphaned = Q(status=ImportStatus.RUNNING, lease_until__lt=now)
    waiting = ImportRun.objects.filter(ready | orphaned).order_by("confirmed_at", "id")
    if run is not None:
        waiting = waiting.filter(pk=run)
    for candidate in waiting[:20]:
        taken = ImportRun.objects.filter(
            pk=candidate.pk, status=candidate.status, worker=candidate.worker, lease_until=candidate.lease_until
        ).update(
            status=ImportStatus.RUNNING,
            worker=ids.new_id("w"),
            lease_until=now + LEASE,
            attempts=candidate.attempts + 1,
        )
        if taken:
            return ImportRun.objects.select_related("organization", "submitted_by").get(pk=candidate.pk)
    return None


def _actor(run: ImportRun) -> Actor:
    """Who imports, with the rights of today."""
    if run.submitted_by is None:
        return Actor.process("worker")
    return identity.actor(run.submitted_by, run.organization.code)


@transaction.atomic
def _write(run: ImportRun, line: ImportLine, by: Actor) -> None:
    """One entry and its line, or neither. The lease's row is locked first, so nobody else writes the same line."""
    held = ImportRun.objects.filter(pk=run.pk, worker=run.worker, status=ImportStatus.RUNNING)
    if not held.update(done=F("done") + 1, lease_until=clock.now() + LEASE):
        raise _LeaseLost
    if held.filter(cancel_wanted=True).exists():
        raise _Stopped
    new = line.planned == Outcome.CREATED
    try:
        entry, written = upsert.put_entry(
            by=by, data=from_plain(line.data), code=line.code, expected=line.expected, only_new=new
        )
        line.code, line.outcome = entry.code, Outcome(written.value)
    except EnvironmentFault:
        raise
    except GongshuError as refused:
        line.outcome = Outcome.REFUSED
        line.error_code = refused.code
        line.error_zh, line.error_en = refused.text
    line.save(update_fields=["code", "outcome", "error_code", "error_zh", "error_en"])


@transaction.atomic
def _end(run: ImportRun, action: str, error: GongshuError | None = None) -> None:
    held = (
        ImportRun.objects.select_for_update().filter(pk=run.pk, worker=run.worker, status=ImportStatus.RUNNING).first()
    )
    if held is None:
        return
    held.status = IMPORT.check(ImportStatus(held.status), action)
    held.ended_at, held.lease_until, held.cancel_wanted = clock.now(), None, False
    if error is not None:
        held.error_code = error.code
        held.error_zh, held.error_en = error.text
    held.save()
    word = {"finish": "done", "stop": "cancelled", "fail": "failed"}[action]
    ledger.record(
        action=f"catalog.import_{word}",
        actor=Actor.process("worker").ref,
        organization=run.organization.code,
        subject=run.pk,
        details={"done": held.done, "entries": held.total},
    )


def _put_back_or_fail(run: ImportRun, error: Exception) -> None:
    """The machine was in the way: wait and try again, a few times; then say so. What is written stays."""
    if run.attempts >= MOST_ATTEMPTS:
        fault = error if isinstance(error, GongshuError) else _fault(error)
        _end(run, "fail", fault)
        return
    held = ImportRun.objects.filter(pk=run.pk, worker=run.worker, status=ImportStatus.RUNNING)
    held.update(
        status=ImportStatus.QUEUED, not_before=clock.now() + timedelta(seconds=2 * 4**run.attempts), lease_until=None
    )


def _fault(error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        "catalog.import_fault",
        f"导入程序中断（{type(error).__name__}），已写入的目录保持不变，可以继续。请联系平台运维。",
        f"The import was interrupted ({type(error).__name__}); what is written stays, and it can go on. Call support.",
    )
