"""All writes of the checks: saving a check set, running it over a version, telling the steward of a low score.

Each new version is checked once by whatever check set is in force (luzhou-33, xian-21, yongjia-19). A run holds a lease;
when its holder dies, the next one starts over.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from gongshu import clock, ids
from gongshu.catalog import queries as catalog
from gongshu.errors import Conflict, EnvironmentFault, GongshuError, Text
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.lake.tables import Table
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.quality import check_policy, check_queries, checking, own_query, predicates, score
from gongshu.quality.check_models import CheckRun, CheckSetVersion
from gongshu.quality.check_queries import Failing
from gongshu.quality.checking import Engine, Outcome
from gongshu.quality.checkset import CheckSet, Severity
from gongshu.quality.states import CheckRunStatus
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 3

log = logging.getLogger(__name__)


class _LeaseLost(Exception):
    """Somebody else took the run: stop, touch nothing."""


@transaction.atomic
def save(*, by: Actor, code: str, checks: CheckSet, note: str = "") -> CheckSetVersion:
    """Keep ``checks`` as the entry's next check set. They must fit its items, and read only what its provider may.

    Raises NotAllowed, and GongshuError ``quality.check_unfit``, ``quality.resource_unreadable`` or
    ``quality.query_refused`` that names the check.
    """
    entry = catalog.entry(by, code)
    check_policy.check_write(by, entry.provider.code)
    if len(note) > 200 or "\x00" in note:
        raise GongshuError("quality.note_long", "说明不得超过 200 字。", "The note has at most 200 characters.")
    _check_fits(entry, checks)
    body = checks.canonical()
    last = CheckSetVersion.objects.select_for_update().filter(entry=entry).order_by("-number").first()
    if last is not None and last.body == body:
        return last
    try:
        with transaction.atomic():
            saved = CheckSetVersion.objects.create(
                entry=entry,
                number=(last.number if last else 0) + 1,
                body=body,
                digest=_digest(body),
                note=note.strip(),
                saved_by_id=by.person_id or None,
                saved_at=clock.now(),
            )
    except IntegrityError as error:
        raise Conflict(
            "quality.checks_changed", "检查规则刚被他人修改，请重试。", "Somebody else just saved checks; try again."
        ) from error
    details: dict[str, str | int] = {"number": saved.number, "checks": len(checks.checks), "digest": saved.digest}
    _record(by, entry, "checks_saved", details)
    return saved


def check(*, by: Actor, code: str, version: int | None = None, on: Engine = checking.in_duckdb) -> CheckRun:
    """Run the check set in force over a version (default: the latest), here and now, and keep what it finds.

    What was checked before by the same check set is checked again in its place. ``on`` is the engine that looks.
    """
    entry = catalog.entry(by, code)
    check_policy.check_write(by, entry.provider.code)
    number = Table(open_home(), entry.code).version(version).number
    return _work(by, entry, number, again=True, on=on)


@transaction.atomic
def take_rows(*, by: Actor, code: str, version: int) -> Iterator[Failing]:
    """The failing rows of a version, taken away by somebody: who did is on record, since rows may be personal data."""
    entry = check_queries.entry_of(by, code)
    check_policy.check_rows(by, entry.provider.code)
    stores.check_use(by, entry, Right.READ)
    _record(by, entry, "rows_taken", {"version": version})
    return check_queries.failing(by, entry, version)


def work_one(*, by: Actor) -> CheckRun | None:
    """The worker's step: check the present version of one entry that was not checked yet; None when there is none."""
    for entry in check_queries.due()[:20]:
        try:
            return _work(by, entry, entry.data_version, again=False)
        except Conflict:
            continue  # another worker has it
    return None


def _work(by: Actor, entry: Any, version: int, *, again: bool, on: Engine = checking.in_duckdb) -> CheckRun:
    in_force = check_queries.in_force(entry)
    body = in_force.checks.canonical()
    run = _claim(entry, version, _digest(body), in_force.saved, again=again)
    if run is None:
        return CheckRun.objects.get(entry=entry, version=version, digest=_digest(body))
    try:
        rows, outcomes = _look(entry, version, in_force.checks, run, on)
    except _LeaseLost:
        log.warning("check run %s was taken by another worker", run.pk)
        return CheckRun.objects.get(pk=run.pk)
    except EnvironmentFault as fault:
        return _put_back_or_fail(run, fault)
    except GongshuError as refusal:
        return _fail(run, refusal.text)
    return _finish(by, entry, run, in_force.checks, rows, outcomes)


def _look(entry: Any, version: int, checks: CheckSet, run: CheckRun, on: Engine) -> tuple[int, list[Outcome]]:
    home = open_home()

    def beat() -> None:
        held = CheckRun.objects.filter(pk=run.pk, worker=run.worker, status=CheckRunStatus.RUNNING)
        if not held.update(lease_until=clock.now() + LEASE):
            raise _LeaseLost

    rows, outcomes = checking.run(checks, check_queries.ground(home, entry, version, checks), tick=beat, on=on)
    arrived = score.arrival(Table(home, entry.code).version(version).info)
    return rows, [*([arrived] if arrived is not None else []), *outcomes]


def _claim(entry: Any, version: int, digest: str, saved: CheckSetVersion | None, *, again: bool) -> CheckRun | None:
    """The run under a lease of ours; None when it needs no work."""
    now = clock.now()
    token = ids.new_id("w")
    try:
        with transaction.atomic():
            return CheckRun.objects.create(
                entry=entry,
                version=version,
                digest=digest,
                check_set=saved,
                status=CheckRunStatus.RUNNING,
                worker=token,
                lease_until=now + LEASE,
                attempts=1,
                started_at=now,
            )
    except IntegrityError:
        pass  # there is one already: take it over when it is ours to take
    with transaction.atomic():
        found = CheckRun.objects.select_for_update(of=("self",)).get(entry=entry, version=version, digest=digest)
        running = found.status == CheckRunStatus.RUNNING
        if running and found.lease_until is not None and found.lease_until >= now:
            raise Conflict(
                "quality.check_running",
                "该版本正在检测中，请稍后查看结果。",
                "That version is being checked right now; look again in a while.",
            )
        if not running and not again:
            CheckRun.objects.filter(pk=found.pk).update(check_set=saved)  # the same checks, saved meanwhile
            return None
        found.attempts = found.attempts + 1 if running else 1
        found.status, found.worker, found.lease_until = CheckRunStatus.RUNNING, token, now + LEASE
        found.started_at, found.ended_at, found.error_zh, found.error_en = now, None, "", ""
        found.check_set = saved
        found.save()
        return found


@transaction.atomic
def _finish(by: Actor, entry: Any, run: CheckRun, checks: CheckSet, rows: int, outcomes: list[Outcome]) -> CheckRun:
    held = CheckRun.objects.select_for_update(of=("self",)).filter(pk=run.pk, worker=run.worker).first()
    if held is None:
        return CheckRun.objects.get(pk=run.pk)
    total = score.score(outcomes)
    held.status, held.ended_at, held.lease_until = CheckRunStatus.DONE, clock.now(), None
    held.rows = rows
    held.errors = sum(one.counted for one in outcomes if one.check.severity is Severity.ERROR)
    held.warnings = sum(one.counted for one in outcomes if one.check.severity is Severity.WARNING)
    held.score = score.shown(total.value) if total.value is not None else None
    held.alert_below, _ = check_queries.alert_limit(checks)
    held.outcomes = [one.as_json() for one in outcomes]
    held.arithmetic = total.as_json()
    held.save()
    details: dict[str, str | int] = {
        "version": held.version,
        "score": str(held.score) if held.score is not None else "",
        "errors": held.errors,
        "warnings": held.warnings,
        "digest": held.digest,
    }
    _record(by, entry, "checked", details)
    if held.below:
        notifications.notify(
            by=by,
            organization=entry.provider.code,
            roles=(Role.PROVIDER,),
            kind="quality.alert",
            text=Text(
                f"“{entry.title}”v{held.version} 质量得分 {held.score}，低于 {held.alert_below} 分，请核查整改",
                f"“{entry.title}” v{held.version} scores {held.score}, below {held.alert_below}: look into it",
            ),
            link=f"/console/quality/{entry.code}/",
        )
    return held


def _put_back_or_fail(run: CheckRun, fault: EnvironmentFault) -> CheckRun:
    """The machine was in the way: let the lease run out so that it is tried again, a few times; then say so."""
    if run.attempts >= MOST_ATTEMPTS:
        return _fail(run, fault.text)
    later = clock.now() + timedelta(seconds=5 * 4 ** (run.attempts - 1))
    CheckRun.objects.filter(pk=run.pk, worker=run.worker).update(
        lease_until=later, error_zh=fault.text.zh, error_en=fault.text.en
    )
    return CheckRun.objects.get(pk=run.pk)


def _fail(run: CheckRun, why: Text) -> CheckRun:
    CheckRun.objects.filter(pk=run.pk, worker=run.worker).update(
        status=CheckRunStatus.FAILED, ended_at=clock.now(), lease_until=None, error_zh=why.zh, error_en=why.en
    )
    return CheckRun.objects.get(pk=run.pk)


def _check_fits(entry: Any, checks: CheckSet) -> None:
    """Each check is put into SQL once over the items as the lake will hold them, before it is kept."""
    home = open_home()
    own = check_queries.schema_of(entry)
    others = {}
    for code in checks.resources:
        source = check_queries.readable(home, entry, code)
        if source is None:
            raise GongshuError(
                "quality.resource_unreadable",
                f"资源 {code} 没有数据，或提供单位无权读取：只能引用本单位、已获授权或已开放的数据。",
                f"There are no data of {code} that the providing unit may read: its own, granted, or open ones.",
                resource=code,
            )
        others[code] = ("other", source.schema)
    schemas = predicates.Schemas(own, others)
    for one in checks.checks:
        if one.shape.per_row:
            predicates.condition(one, schemas, clock.today())
        elif one.columns and one.columns[0] not in own.names:
            raise predicates.unfit(one, f"没有列 {one.columns[0]}", f"there is no column {one.columns[0]}")
        if one.kind == "sql":
            own_query.look(str(one.options["query"]), (predicates.THIS, *one.options.get("tables", {})))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _record(by: Actor, entry: Any, word: str, details: dict[str, str | int]) -> None:
    ledger.record(
        action=f"quality.{word}",
        actor=by.ref,
        organization=entry.provider.code if not by.person_id else by.organization,
        resource=entry.code,
        details=details,
    )
