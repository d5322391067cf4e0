"""All writes about sources: add, change, test, run, pause, go on, remove; and starting those that are due."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from gongshu import clock, ids
from gongshu.catalog import datum_queries
from gongshu.catalog import queries as catalog
from gongshu.collection import exchanging, policy, pulling, queries, trying, turns, watching
from gongshu.collection.intake.settings import FORMS, as_json, parse
from gongshu.collection.models import Run, Source
from gongshu.collection.states import (
    DATABASES,
    KIND_LABELS,
    MODE_LABELS,
    PULLED,
    SOURCE,
    UNFINISHED,
    Direction,
    Mode,
    RunStatus,
    Schedule,
    SourceKind,
    SourceStatus,
)
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger
from gongshu.libraries import queries as libraries
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right

NAME_LENGTH = 100
LOOK = timedelta(minutes=15)  # longer than a look at an exchange node takes
SECRET_LENGTH = 4000


@transaction.atomic
def add(
    *,
    by: Actor,
    resource: str,
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
    mode: str = Mode.FULL,
    deletes: bool = False,
    most_deleted: int = 50,
    schedule: str = Schedule.CYCLE,
    direction: str = Direction.IN,
) -> Source:
    """Declare where the data of ``resource`` come from. Nothing is read yet; the first turn is due at once. With
    ``direction`` out it is a way back: a table of the unit into which each new version is written.

    Raises NotFound, NotAllowed, Conflict (not published, collected again), GongshuError naming the wrong field.
    """
    entry = catalog.entry(by, resource)
    policy.check_submit(by, entry.provider.code)
    stores.check_use(by, entry, Right.MANAGE)
    policy.check_listed(entry.status, entry.title)
    libraries.check_no_file(entry)
    _check_not_again(entry.code)
    chosen = _chosen(kind, SourceKind, KIND_LABELS, "kind")
    plain = parse(chosen, settings)
    trying.check_reach(open_home(), chosen, plain)
    now = clock.now()
    source = Source(
        id=ids.new_id("src"),
        name=_name(name),
        kind=chosen,
        resource=entry.code,
        title=entry.title,
        provider=entry.provider,
        direction=_direction(direction, chosen),
        settings=as_json(plain),
        created_by_id=by.person_id or None,
        created_at=now,
        changed_at=now,
    )
    _set_mode(source, mode, deletes=deletes, most_deleted=most_deleted, schedule=schedule)
    source.secrets_wrapped = pulling.seal(source.pk, _secrets(chosen, secrets or {}))
    source.next_due = now if _timed(source, entry.update_cycle) else None
    source.save(force_insert=True)
    _record(by, source, "added", {"kind": source.kind, "mode": source.mode, "direction": source.direction})
    return source


@transaction.atomic
def change(
    *,
    by: Actor,
    source: str,
    name: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
    mode: str,
    deletes: bool,
    most_deleted: int = 50,
    schedule: str,
) -> Source:
    """Say it otherwise. Secrets that are not given stay; another table or watermark column begins from the start."""
    found = _locked(by, source)
    _check_there(found)
    kind = SourceKind(found.kind)
    plain = parse(kind, settings)
    trying.check_reach(open_home(), kind, plain)
    entry = catalog.entry(by, found.resource)
    before = {key: found.settings.get(key) for key in trying.POSITION}
    found.name, found.settings = _name(name), as_json(plain)
    given = {key: value for key, value in (secrets or {}).items() if value}
    if given:
        found.secrets_wrapped = pulling.seal(found.pk, pulling.unseal(found) | _secrets(kind, given))
    _set_mode(found, mode, deletes=deletes, most_deleted=most_deleted, schedule=schedule)
    if before != {key: found.settings.get(key) for key in trying.POSITION}:
        found.watermark = ""
    found.failures, found.changed_at = 0, clock.now()
    found.next_due = clock.now() if _timed(found, entry.update_cycle) else None
    found.save()
    _record(by, found, "changed", {"mode": found.mode})
    return found


def test(*, by: Actor, source: str) -> dict[str, Any]:
    """Reach the source as a run would and say what is there; kept with the source. Raises nothing for its faults."""
    found = _seen(by, source)
    policy.check_submit(by, found.provider.code)
    stores.check_use_of(by, found.resource, Right.MANAGE)
    _check_there(found)
    result = trying.look(open_home(), found, queries.contract_of(found.resource))
    with transaction.atomic():
        held = _locked(by, source)
        held.tested_at, held.tested = clock.now(), result
        held.save(update_fields=["tested_at", "tested"])
        _record(by, held, "tested", {"ok": int(bool(result["ok"]))})
        if held.last_ok_at is not None:
            watching.note_seen(by=by, source=held, found=result)
    return result


@transaction.atomic
def start(*, by: Actor, source: str) -> Run:
    """Queue a turn now. Raises Conflict while another one has not ended."""
    found = _locked(by, source)
    _check_there(found)
    if found.direction == Direction.OUT:
        raise Conflict("source.way_back", "这是写回目标，请用“写回”。", "This is a way back: write to it instead.")
    if found.kind not in PULLED:
        raise Conflict(
            "source.not_pulled",
            "前置机和感知数据流按到达的文件、消息归集，不能按次启动。",
            "Exchange nodes and streams are collected as files and messages arrive; there is no turn to start.",
        )
    return _start(by, found)


@transaction.atomic
def pause(*, by: Actor, source: str, paused: bool) -> Source:
    """Start no more turns by itself, or go on."""
    found = _locked(by, source)
    found.status = SOURCE.check(SourceStatus(found.status), "pause" if paused else "resume")
    found.failures = 0
    if not paused:
        entry = catalog.entry(by, found.resource)
        found.next_due = clock.now() if _timed(found, entry.update_cycle) else None
    found.save(update_fields=["status", "failures", "next_due"])
    _record(by, found, "paused" if paused else "resumed")
    return found


@transaction.atomic
def remove(*, by: Actor, source: str) -> Source:
    """Read it no more and forget its secrets; its runs and versions stay."""
    found = _locked(by, source)
    found.status = SOURCE.check(
        SourceStatus(found.status), "remove" if found.status == SourceStatus.ACTIVE else "discard"
    )
    found.secrets_wrapped, found.next_due = "", None
    found.save(update_fields=["status", "secrets_wrapped", "next_due"])
    _record(by, found, "removed")
    return found


def start_due(*, by: Actor) -> int:
    """Queue a turn of every source that is due; how many. Several workers may ask at once."""
    now, started = clock.now(), 0
    due = Source.objects.filter(status=SourceStatus.ACTIVE, direction=Direction.IN, next_due__lte=now).order_by(
        "next_due", "id"
    )
    for key in list(due.values_list("pk", flat=True)[:50]):
        with transaction.atomic():
            rows = Source.objects.select_for_update(of=("self",), skip_locked=True).select_related("provider")
            source = rows.filter(pk=key, status=SourceStatus.ACTIVE, next_due__lte=now).first()
            if source is None:
                continue
            source.next_due = None
            source.save(update_fields=["next_due"])
            if exchanging.is_exchange(source):
                # Another worker looks again only when this look has had its time.
                source.next_due = now + LOOK
                source.save(update_fields=["next_due"])
            else:
                try:
                    _start(by, source)
                except GongshuError as refusal:
                    turns.ended_badly(Run(source=source), refusal)
        if exchanging.is_exchange(source):
            _look(by, source)
        started += 1
    return started


def _look(by: Actor, source: Source) -> list[Run]:
    """Look at an exchange node, outside of any transaction: it may be far away."""
    try:
        taken = exchanging.scan(by=by, source=source)
    except GongshuError as refusal:
        with transaction.atomic():
            turns.ended_badly(Run(source=source, pk=None), refusal)
        return []
    Source.objects.filter(pk=source.pk).update(
        failures=0, last_ok_at=clock.now(), next_due=clock.now() + (turns.every(source) or LOOK)
    )
    return taken


def look(*, by: Actor, source: str) -> list[Run]:
    """Look at an exchange node now; the runs of what was taken. Raises GongshuError when it cannot be reached."""
    found = _seen(by, source)
    policy.check_submit(by, found.provider.code)
    stores.check_use_of(by, found.resource, Right.MANAGE)
    _check_there(found)
    return exchanging.scan(by=by, source=found)


def _start(by: Actor, source: Source) -> Run:
    if Run.objects.filter(source=source, status__in=UNFINISHED).exists():
        raise Conflict(
            "source.running",
            f"来源“{source.name}”的上一次归集尚未结束，请稍后。",
            f"The last turn of the source “{source.name}” has not ended yet; wait for it.",
        )
    entry = catalog.entry(by, source.resource)
    policy.check_listed(entry.status, entry.title)
    _check_not_again(entry.code)
    run = Run.objects.create(
        id=ids.new_id("run"),
        resource=source.resource,
        title=entry.title,
        provider=source.provider,
        submitted_by_id=by.person_id or None,
        submitted_at=clock.now(),
        filename=source.name,
        size=0,
        sha256="",
        source=source,
        mode=source.mode,
        status=RunStatus.QUEUED,
    )
    ledger.record(
        action="collection.source_started",
        actor=by.ref,
        organization=by.organization,
        subject=run.pk,
        resource=run.resource,
        details={"source": source.pk, "mode": str(source.mode)},
    )
    return run


def _set_mode(source: Source, mode: str, *, deletes: bool, most_deleted: int, schedule: str) -> None:
    kind = SourceKind(source.kind)
    if source.direction == Direction.OUT:
        mode, deletes = Mode.UPSERT, False
    chosen = _chosen(mode, Mode, MODE_LABELS, "mode")
    if chosen not in FORMS[kind].modes:
        raise GongshuError(
            "source.mode", "这种来源不支持该方式。", "This kind of source does not know that mode.", field="mode"
        )
    if chosen is not Mode.FULL and not queries.contract_of(source.resource).keys:
        raise GongshuError(
            "source.key_missing",
            "目录没有主键数据项，只能全量替换。请修订目录标明主键，或选择全量。",
            "The entry has no key item, so rows cannot be merged. Mark the key in the entry, or take all of it.",
            field="mode",
        )
    if chosen is Mode.INCREMENTAL and "watermark" in source.settings and not source.settings["watermark"]:
        raise GongshuError(
            "source.watermark_missing", "增量方式须填写水位列。", "Increments need a watermark.", field="watermark"
        )
    if not 0 < most_deleted <= 100:
        raise GongshuError(
            "source.most_deleted", "允许删除的比例为 1 至 100。", "The share is 1 to 100.", field="most_deleted"
        )
    source.mode, source.deletes, source.most_deleted = chosen, deletes and chosen is Mode.INCREMENTAL, most_deleted
    if schedule not in set(Schedule):
        raise GongshuError("source.schedule", "没有这种安排。", "There is no such schedule.", field="schedule")
    source.schedule = schedule


def _direction(given: str, kind: SourceKind) -> Direction:
    if given not in set(Direction) or (given == Direction.OUT and kind not in DATABASES):
        raise GongshuError(
            "source.direction", "只有数据库可以写回。", "Only databases can be written back to.", field="direction"
        )
    return Direction(given)


def _timed(source: Source, cycle: str) -> bool:
    if source.direction == Direction.OUT:
        return False
    if exchanging.is_exchange(source):
        return source.schedule == Schedule.CYCLE
    if source.kind not in PULLED:
        return False
    return source.schedule == Schedule.CYCLE and turns.due_after(cycle, clock.now()) is not None


def _chosen(value: str, kind: Any, labels: Mapping[Any, Text], field: str) -> Any:
    if value not in set(kind):
        raise GongshuError(
            f"source.{field}",
            f"不支持的{'来源类型' if field == 'kind' else '方式'}。可选：{'、'.join(kind)}。",
            f"There is no such {field}. There are: {', '.join(kind)}.",
            field=field,
        )
    del labels
    return kind(value)


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > NAME_LENGTH or "\0" in plain:
        raise GongshuError(
            "source.name",
            f"请填写不超过 {NAME_LENGTH} 个字的名称。",
            f"Give a name of at most {NAME_LENGTH} signs.",
            field="name",
        )
    return plain


def _secrets(kind: SourceKind, given: Mapping[str, str]) -> dict[str, str]:
    known = FORMS[kind].secrets
    if set(given) - known or any(len(value) > SECRET_LENGTH or "\0" in value for value in given.values()):
        raise GongshuError("source.secret", "密钥项有误。", "The secrets are not those of this kind.", field="secrets")
    return {key: value for key, value in given.items() if value}


def _check_not_again(code: str) -> None:
    if datum_queries.refuses():
        policy.check_not_again(datum_queries.collected_again(code), datum_queries.citations(datum_queries.REFUSAL))


def _check_there(source: Source) -> None:
    if source.status == SourceStatus.REMOVED:
        raise Conflict("source.removed", "该来源已移除。", "The source was removed.")


def _seen(by: Actor, source: str) -> Source:
    found = Source.objects.select_related("provider").filter(pk=source).first()
    if found is None or not policy.can_see(by, found.provider.code):
        raise NotFound("source.unknown", "没有这个接入来源。", "There is no such source.")
    return found


def _locked(by: Actor, source: str) -> Source:
    _seen(by, source)
    found = Source.objects.select_for_update(of=("self",)).select_related("provider").get(pk=source)
    policy.check_submit(by, found.provider.code)
    stores.check_use_of(by, found.resource, Right.MANAGE)
    return found


def _record(by: Actor, source: Source, word: str, details: Mapping[str, str | int] | None = None) -> None:
    ledger.record(
        action=f"collection.source_{word}",
        actor=by.ref,
        organization=by.organization,
        subject=source.pk,
        resource=source.resource,
        details=json.loads(json.dumps(details or {})),
    )
