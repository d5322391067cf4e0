"""The turns of a source: when the next one is due, and what the end of a run is to its source."""

from __future__ import annotations

from datetime import datetime, timedelta

from gongshu import clock
from gongshu.catalog.periods import fresh_until
from gongshu.catalog.states import UpdateCycle
from gongshu.collection.models import Run, Source
from gongshu.collection.states import EXCHANGES, SOURCE, Schedule, SourceStatus
from gongshu.errors import GongshuError, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

MOST_FAILURES = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
REALTIME = timedelta(minutes=10)
SHORTEST = 5  # seconds between two looks at an exchange node
_WORKER = Actor.process("worker")


def every(source: Source) -> timedelta | None:
    """How often an exchange node is looked at; None for sources that follow the entry's cycle."""
    if source.kind not in EXCHANGES:
        return None
    return timedelta(seconds=max(SHORTEST, int(source.settings.get("every") or 60)))


def due_after(cycle: str, now: datetime) -> datetime | None:
    """When a source of an entry with this update cycle is read again; None for cycles that name no time."""
    if cycle == UpdateCycle.REALTIME:
        return now + REALTIME
    day = clock.local(now).date()
    until = fresh_until(UpdateCycle(cycle), day)
    return None if until is None else now + (until - day)


def ended_well(run: Run, *, watermark: str, cycle: str) -> None:
    """The run's source goes on from ``watermark``; its next turn is a cycle later. In the caller's transaction."""
    source = _locked(run)
    if source is None:
        return
    now = clock.now()
    source.failures, source.last_ok_at = 0, now
    if not run.pulled:  # an exchange node is looked at anyway, a stream flows
        source.save(update_fields=["failures", "last_ok_at"])
        Run.objects.filter(pk=run.pk).update(receipt_due=source.kind in EXCHANGES)
        return
    if watermark:
        source.watermark = watermark
    source.next_due = due_after(cycle, now) if source.schedule == Schedule.CYCLE else None
    source.save(update_fields=["failures", "last_ok_at", "watermark", "next_due"])


def ended_badly(run: Run, error: GongshuError) -> None:
    """Wait longer after each failure in a row; after the fifth stop and tell the unit. In the caller's transaction."""
    source = _locked(run)
    if source is None:
        return
    if run.pk and not run.pulled:  # the file is at fault: its sender is told, the next one may be right
        Run.objects.filter(pk=run.pk).update(receipt_due=source.kind in EXCHANGES)
        return
    source.failures += 1
    source.next_due = None
    if source.status == SourceStatus.ACTIVE and source.failures >= MOST_FAILURES:
        source.status = SOURCE.check(SourceStatus(source.status), "pause")
        ledger.record(
            action="collection.source_paused",
            actor=_WORKER.ref,
            organization=source.provider.code,
            subject=source.pk,
            resource=source.resource,
            details={"failures": source.failures, "reason": error.code},
        )
        notifications.notify(
            by=_WORKER,
            organization=source.provider.code,
            roles=(Role.PROVIDER, Role.STEWARD),
            kind="collection.source_paused",
            text=Text(
                f"“{source.title}”的接入来源“{source.name}”连续 {source.failures} 次失败，已暂停：{error.text.zh}",
                f"The source “{source.name}” of “{source.title}” failed {source.failures} times in a row and is paused: "
                f"{error.text.en}",
            ),
            link=f"/console/intake/{source.pk}/",
        )
    elif source.schedule == Schedule.CYCLE or source.kind in EXCHANGES:
        source.next_due = clock.now() + min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** (source.failures - 1))
    source.save(update_fields=["failures", "next_due", "status"])


def _locked(run: Run) -> Source | None:
    if run.source_id is None:
        return None
    return Source.objects.select_for_update(of=("self",)).select_related("provider").get(pk=run.source_id)
