"""All writes of collection: hand a file over, work it off, cancel, try again.

A run is worked off by whoever holds its lease; the lease is renewed with the progress, about twice a
second. When the holder dies the lease runs out and the next one starts over: what the dead one wrote is in
no version, and a version that it did commit is recognised by the run's id, so nothing is done twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.db import transaction
from django.db.models import Q

from gongshu import clock, ids
from gongshu.catalog import actions as catalog_actions
from gongshu.catalog import data_actions
from gongshu.catalog import datum_queries as sources
from gongshu.catalog import queries as catalog
from gongshu.collection import inbox, lineage_notes, policy, preview, pulling, queries, refusals, scanning, turns
from gongshu.collection.models import Run
from gongshu.collection.options import Options
from gongshu.collection.pipeline import NothingAccepted, collect
from gongshu.collection.report import Progress, Report
from gongshu.collection.states import RUN, RunStatus
from gongshu.errors import EnvironmentFault, GongshuError, NotFound, Text
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.lake import serving
from gongshu.lake.tables import Table, Version
from gongshu.ledger import actions as ledger
from gongshu.libraries import queries as libraries
from gongshu.notifications import actions as notifications
from gongshu.spaces import actions as spaces
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right

LEASE = timedelta(seconds=30)
HEARTBEAT = 0.5
MAX_ATTEMPTS = 3
KEPT_UNCONFIRMED = timedelta(days=7)
_WORKING = Actor.process("worker")

log = logging.getLogger(__name__)


class _LeaseLost(Exception):
    """Another worker has taken the run: stop, touch nothing."""


def submit_file(
    *,
    by: Actor,
    resource: str,
    filename: str = "",
    content: bytes | IO[bytes] | None = None,
    path: Path | None = None,
    options: Options | None = None,
    look: bool = False,
) -> Run:
    """Hand over a file for ``resource``: as ``path``, as bytes or as an open binary file. It is kept before
    this returns. ``options`` say how it is to be read; None means as the last committed file of the resource.
    With ``look`` nothing is committed before :func:`confirm`.

    Raises NotFound (no such entry), NotAllowed, Conflict (entry not published), GongshuError (empty, too
    big).
    """
    entry = catalog.entry(by, resource)
    policy.check_submit(by, entry.provider.code)
    policy.check_listed(entry.status, entry.title)
    libraries.check_no_file(entry)
    stores.check_use(by, entry, Right.MANAGE)
    stores.check_door(entry)
    if sources.refuses():
        policy.check_not_again(sources.collected_again(entry.code), sources.citations(sources.REFUSAL))
    queries.contract_of(entry.code)
    source = path if path is not None else content
    name = Path(filename or (path.name if path else "") or "file").name[:255]
    if source is None:
        raise refusals.missing_file(name)
    run_id = ids.new_id("run")
    home = open_home()
    kept = inbox.keep(home, run_id, source)
    try:
        with transaction.atomic():
            run = Run.objects.create(
                id=run_id,
                resource=entry.code,
                title=entry.title,
                provider=entry.provider,
                submitted_by_id=by.person_id or None,
                submitted_at=clock.now(),
                filename=name,
                size=kept.size,
                sha256=kept.sha256,
                options=(queries.remembered(entry.code) if options is None else options).as_json(),
                look=look,
                status=RunStatus.QUEUED,
            )
            _record(run, "submitted", by.ref, by.organization, {"sha256": kept.sha256, "size": kept.size})
    except BaseException:
        inbox.discard(home, run_id)
        raise
    return run


@transaction.atomic
def cancel(*, by: Actor, run: str) -> Run:
    """Stop a run: at once when it waits, at its next heartbeat when it is running."""
    found = _locked(run, by)
    if found.status == RunStatus.RUNNING:
        found.cancel_wanted = True
        found.save(update_fields=["cancel_wanted"])
        return found
    found.status = RUN.check(RunStatus(found.status), "give_up" if found.status == RunStatus.SHOWN else "cancel")
    found.ended_at = clock.now()
    _explain(found, refusals.cancelled())
    lineage_notes.note(found)
    found.save()
    _record(found, "cancelled", by.ref, by.organization)
    home = open_home()
    transaction.on_commit(lambda: inbox.discard(home, found.pk))
    return found


@transaction.atomic
def confirm(*, by: Actor, run: str, options: Options, look: bool = False) -> Run:
    """Collect a file whose preview was shown, read as ``options`` say; or, with ``look``, show it again so read."""
    found = _locked(run, by)
    found.status = RUN.check(RunStatus(found.status), "confirm")
    found.options, found.look = options.as_json(), look
    found.attempts, found.not_before = 0, None
    found.save()
    if not look:
        _record(found, "preview_confirmed", by.ref, by.organization)
    return found


@transaction.atomic
def retry(*, by: Actor, run: str) -> Run:
    """Queue a failed run once more; its file was kept."""
    found = _locked(run, by)
    found.status = RUN.check(RunStatus(found.status), "retry")
    found.attempts, found.ended_at, found.not_before, found.cancel_wanted = 0, None, None, False
    found.error_code = found.error_zh = found.error_en = ""
    found.save()
    _record(found, "retried", by.ref, by.organization)
    return found


def work_one(
    *,
    now: datetime | None = None,
    run: str | None = None,
    watch: Callable[[Progress], None] = lambda _: None,
) -> Run | None:
    """Take one run (``run``, or the oldest that waits) and work it off; None when there is nothing to take.

    ``watch`` is called with the progress and may raise to stop. Never raises for what is wrong with the
    file: the run says it.
    """
    found = _claim(now or clock.now(), run)
    home = open_home()
    if found is None:
        _forget_old_looks(home, now or clock.now())
        return None
    beat = _Heartbeat(found, watch)
    try:
        if found.look:
            _show(home, found, beat)
            return Run.objects.get(pk=found.pk)
        _finish(found, _work(home, found, beat))
        inbox.discard(home, found.pk)
    except _LeaseLost:
        log.warning("run %s was taken by another worker", found.pk)
    except NothingAccepted as refusal:
        found.read, found.rejected, found.blank = (
            refusal.report.read,
            refusal.report.rejected,
            refusal.report.blank,
        )
        found.detection = refusal.report.detection.as_json()
        found.failures = refusal.report.failures_json()
        _end(home, found, "refuse", refusal)
    except EnvironmentFault as fault:
        _put_back_or_fail(home, found, fault)
    except GongshuError as refusal:
        if found.source_id and refusal.code == "lake.busy":  # a turn can be taken again as it was
            _put_back_or_fail(home, found, refusal)
            return Run.objects.get(pk=found.pk)
        _end(home, found, "stop" if refusal.code == "collection.cancelled" else "refuse", refusal)
    except KeyboardInterrupt:
        _end(home, found, "stop", refusals.cancelled())
        raise
    except Exception as error:
        incident = ids.new_id("inc")[-8:]
        log.exception("run %s, incident %s", found.pk, incident)
        _put_back_or_fail(home, found, _defect(incident, error))
    return Run.objects.get(pk=found.pk)


def _claim(now: datetime, run: str | None) -> Run | None:
    ready = Q(status=RunStatus.QUEUED) & (Q(not_before__isnull=True) | Q(not_before__lte=now))
    orphaned = Q(status=RunStatus.RUNNING, lease_until__lt=now)
    waiting = Run.objects.filter(ready | orphaned).order_by("submitted_at", "id")
    if run is not None:
        waiting = waiting.filter(pk=run)
    # Versions of one resource are committed in the order in which their files were handed over.
    busy = set(Run.objects.filter(status=RunStatus.RUNNING, lease_until__gte=now).values_list("resource", flat=True))
    for candidate in waiting.exclude(resource__in=busy)[:20]:
        taken = Run.objects.filter(
            pk=candidate.pk, status=candidate.status, worker=candidate.worker, lease_until=candidate.lease_until
        ).update(
            status=RunStatus.RUNNING,
            worker=ids.new_id("w"),
            lease_until=now + LEASE,
            attempts=candidate.attempts + 1,
            started_at=candidate.started_at or now,
            stage="opening",
        )
        if taken:
            return Run.objects.select_related("provider").get(pk=candidate.pk)
    return None


class _Heartbeat:
    """Stores the progress and renews the lease, at most twice a second; stops the work when it is no longer
    wanted.
    """

    def __init__(self, run: Run, watch: Callable[[Progress], None]) -> None:
        self._run, self._watch = run, watch
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        if clock.monotonic() < self._next and progress.stage != "done":
            return
        self._next = clock.monotonic() + HEARTBEAT
        held = Run.objects.filter(pk=self._run.pk, worker=self._run.worker, status=RunStatus.RUNNING)
        alive = held.update(
            stage=progress.stage,
            bytes_done=progress.bytes_done,
            bytes_total=progress.bytes_total,
            read=progress.read,
            accepted=progress.accepted,
            rejected=progress.rejected,
            blank=progress.blank,
            lease_until=clock.now() + LEASE,
        )
        if not alive:
            raise _LeaseLost
        if held.filter(cancel_wanted=True).exists() and progress.stage not in {"committing", "done"}:
            raise refusals.cancelled()
        self._watch(progress)


def _show(home: Home, run: Run, beat: _Heartbeat) -> None:
    """Find out what the file is, keep that with the run, and wait for a person."""
    state = Progress()
    beat(state)
    found = preview.look(
        inbox.path(home, run.pk),
        queries.contract_of(run.resource),
        options=Options.of(run.options),
        scratch=inbox.scratch(home, run.pk),
        tick=lambda: beat(state),
    )
    with transaction.atomic():
        held = _held(run)
        held.status = RUN.check(RunStatus(held.status), "show")
        held.preview = found.as_json()
        held.detection = held.preview["detection"]
        held.lease_until = None
        held.save()


def _forget_old_looks(home: Home, now: datetime) -> None:
    """A file that was shown and never confirmed is not kept for ever."""
    waiting = Run.objects.filter(status=RunStatus.SHOWN, submitted_at__lt=now - KEPT_UNCONFIRMED)
    for run in waiting.order_by("submitted_at", "id")[:20]:
        if Run.objects.filter(pk=run.pk, status=RunStatus.SHOWN).update(status=RunStatus.CANCELLED, ended_at=now):
            _record(run, "cancelled", _WORKING.ref, run.provider.code)
            inbox.discard(home, run.pk)


def _work(home: Home, run: Run, beat: _Heartbeat) -> Version | Report:
    """The version that ``run`` committed, served; or the report of a run that found nothing new. Picks up where a
    dead predecessor was after its commit.
    """
    table = Table(home, run.resource)
    version = table.committed(run.pk)
    if version is None:
        scratch = inbox.scratch(home, run.pk)
        report = (
            pulling.pull(home, run, table, beat, scratch) if run.pulled else _collect(home, run, table, beat, scratch)
        )
        if report.unchanged:
            return report
        version = report.version
    assert version is not None  # noqa: S101 - collect raises otherwise
    state = Progress(
        stage="publishing",
        bytes_done=run.size,
        bytes_total=run.size,
        read=int(version.info["read"]),
        accepted=int(version.info.get("accepted", version.rows)),
        rejected=int(version.info["rejected"]),
        blank=int(version.info["blank"]),
    )
    beat(state)
    latest = table.latest()
    if latest is not None and latest.number == version.number:
        items = queries.served_items(run.resource)
        keys = [item.name for item in items if item.is_key]
        serving.publish(home, run.resource, version, items=items, keys=keys, tick=lambda: beat(state))
    state.stage = "scanning"
    found = scanning.of_version(home, run.resource, version.number, lambda: beat(state))
    run.personal = [finding.as_json() for finding in found]
    return version


def _collect(home: Home, run: Run, table: Table, beat: _Heartbeat, scratch: Path) -> Report:
    return collect(
        inbox.path(home, run.pk),
        queries.contract_of(run.resource),
        table,
        run=run.pk,
        progress=beat,
        options=Options.of(run.options),
        scratch=scratch,
        info={"resource": run.resource, "submitted_by": run.submitted_by_id or 0},
        plan=pulling.plan_of_file(run),
    )


def _finish(run: Run, outcome: Version | Report) -> None:
    version = outcome if isinstance(outcome, Version) else None
    info = outcome.info if isinstance(outcome, Version) else outcome.provenance
    with transaction.atomic():
        held = _held(run)
        held.status = RUN.check(RunStatus(held.status), "commit" if version else "find_unchanged")
        held.ended_at = clock.now()
        held.stage = "done"
        held.read, held.rejected, held.blank = (int(info[k]) for k in ("read", "rejected", "blank"))
        held.accepted = int(info.get("accepted", version.rows if version else 0))
        held.detection = json.loads(info["detection"])
        held.failures = json.loads(info["failures"])
        held.bytes_done = held.bytes_total
        held.personal = run.personal
        held.reconciliation = pulling.reconciliation(info, version.rows if version else None) | {
            name: held.receipt[name] for name in ("messages", "merged") if name in held.receipt
        }
        if version:
            held.version, held.digest = version.number, version.digest
        lineage_notes.note(held, version.rows if version else None)
        held.save()
        entry = catalog.entry(_WORKING, held.resource)
        turns.ended_well(held, watermark=info.get("watermark", ""), cycle=entry.update_cycle)
        data_actions.note_data_taken(
            by=_WORKING,
            code=held.resource,
            taken_at=(held.started_at if held.pulled else None) or held.submitted_at,
            outcome="data" if version else "unchanged",
        )
        if version is None:
            _record(held, "unchanged", _WORKING.ref, held.provider.code, {"read": held.read})
            data_actions.note_data_confirmed(by=_WORKING, code=held.resource, at=held.ended_at)
            spaces.settle(by=_WORKING, code=held.resource, run=held.pk)
            return
        details = {
            "version": version.number,
            "digest": version.digest,
            "read": held.read,
            "accepted": held.accepted,
            "rejected": held.rejected,
            "blank": held.blank,
            "sha256": held.sha256,
        }
        _record(held, "committed", _WORKING.ref, held.provider.code, details)
        catalog_actions.note_data_version(
            by=_WORKING, code=held.resource, version=version.number, rows=version.rows, at=version.committed_at
        )
        spaces.settle(by=_WORKING, code=held.resource, run=held.pk)
        if held.rejected:
            _notify(
                held,
                Text(
                    f"“{held.title}”已入库 {held.accepted} 行，{held.rejected} 行未通过检查。",
                    f"“{held.title}”: {held.accepted} rows committed, {held.rejected} rejected.",
                ),
            )


def _end(home: Home, run: Run, action: str, error: GongshuError) -> None:
    """Close a run without a version, with the sentence that says why."""
    try:
        with transaction.atomic():
            held = _held(run)
            held.status = RUN.check(RunStatus(held.status), action)
            held.ended_at = clock.now()
            if run.failures:
                held.read, held.rejected, held.blank = run.read, run.rejected, run.blank
                held.detection, held.failures = run.detection, run.failures
            _explain(held, error)
            lineage_notes.note(held)
            held.save()
            word = "cancelled" if action == "stop" else "failed" if action == "fail" else "refused"
            _record(held, word, _WORKING.ref, held.provider.code, {"reason": error.code})
            spaces.settle(by=_WORKING, code=held.resource, run=held.pk)
            if action != "stop":
                turns.ended_badly(held, error)
                zh, en = error.text
                _notify(held, Text(f"“{held.title}”未入库：{zh}", f"“{held.title}” was not collected: {en}"))
    except _LeaseLost:
        return
    if action != "fail":
        inbox.discard(home, run.pk)


def _put_back_or_fail(home: Home, run: Run, fault: GongshuError) -> None:
    """The machine was in the way: wait and try again, a few times; then say so and keep the file."""
    if run.attempts >= MAX_ATTEMPTS:
        _end(home, run, "fail", fault)
        return
    with transaction.atomic():
        try:
            held = _held(run)
        except _LeaseLost:
            return
        held.status = RUN.check(RunStatus(held.status), "put_back")
        held.not_before = clock.now() + timedelta(seconds=5 * 4 ** (run.attempts - 1))
        held.lease_until = None
        _explain(held, fault)
        held.save()


def _held(run: Run) -> Run:
    """The run under lock, while its lease is ours."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("provider")
    held = rows.filter(pk=run.pk, worker=run.worker, status=RunStatus.RUNNING).first()
    if held is None:
        raise _LeaseLost
    return held


def _locked(run: str, by: Actor) -> Run:
    """The run under lock, for whoever may hand over data of its entry."""
    found = Run.objects.select_for_update(of=("self",)).select_related("provider").filter(pk=run).first()
    if found is None:
        raise NotFound("collection.run_unknown", "没有这条归集记录。", "There is no such run.")
    policy.check_submit(by, found.provider.code)
    stores.check_use_of(by, found.resource, Right.MANAGE)
    return found


def _explain(run: Run, error: GongshuError) -> None:
    run.error_code = error.code
    run.error_zh, run.error_en = error.text


def _defect(incident: str, error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        "collection.fault",
        f"归集程序内部错误（{type(error).__name__}，事件号 {incident}），文件已保留。请联系平台运维。",
        f"A defect of the platform ({type(error).__name__}, incident {incident}); the file is kept. Call support.",
    )


def _record(run: Run, word: str, actor: str, organization: str, details: dict[str, str | int] | None = None) -> None:
    ledger.record(
        action=f"collection.{word}",
        actor=actor,
        organization=organization,
        subject=run.pk,
        resource=run.resource,
        details=details or {},
    )


def _notify(run: Run, text: Text) -> None:
    notifications.notify(
        by=_WORKING,
        organization=run.provider.code,
        roles=(Role.PROVIDER,),
        kind="collection.ended",
        text=text,
        link=f"/console/runs/{run.pk}/",
    )
