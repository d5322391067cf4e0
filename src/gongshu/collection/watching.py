"""Seeing that a source changed which no turn of its own will read in time (西安21).

A source on its cycle brings changes by itself. One that is paused, started by hand, failing, or not due before the time
for updates is over does not: once a day it is tried out (``trying.look``: a count and the highest watermark, no row is
taken), and where it shows what the platform does not hold the unit owes the update.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from gongshu import clock, deadlines, rules
from gongshu.catalog import data_actions
from gongshu.collection import queries, trying
from gongshu.collection.models import Run, Source
from gongshu.collection.states import PULLED, UNFINISHED, Direction, Mode, RunStatus, Schedule, SourceStatus
from gongshu.errors import Text
from gongshu.home import open_home
from gongshu.identity.actor import Actor

NEWER = Text("来源水位已前移", "the source's watermark moved on")
COUNTED = Text("来源行数与平台不一致", "the source counts other rows than the platform read")


def watch(*, by: Actor) -> int:
    """Try out every source that needs watching and was not tried today; how many were. Outside of any transaction."""
    midnight = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Source.objects.select_related("provider").filter(
        direction=Direction.IN, kind__in=[str(kind) for kind in PULLED], last_ok_at__isnull=False
    )
    rows = rows.exclude(status=SourceStatus.REMOVED).exclude(tested_at__gte=midnight).order_by("pk")
    latest = _last_day()
    count = 0
    for source in [one for one in rows if _left_alone(one, latest)]:
        count += 1
        found = trying.look(open_home(), source, queries.contract_of(source.resource))
        Source.objects.filter(pk=source.pk).update(tested_at=clock.now(), tested=found)
        note_seen(by=by, source=source, found=found)
    return count


@transaction.atomic
def note_seen(*, by: Actor, source: Source, found: Mapping[str, Any]) -> bool:
    """What a look at the source found: the unit owes the update where it shows more than was read; whether that is new."""
    sign = changed(source, found)
    if sign is None or Run.objects.filter(source=source, status__in=UNFINISHED).exists():
        return False
    if not _left_alone(source, _last_day()):
        return False
    return data_actions.owe_data_update(by=by, code=source.resource, sign=sign)


def changed(source: Source, found: Mapping[str, Any]) -> Text | None:
    """How the source shows a change since its last turn that ended well, or None where it shows none."""
    if not found.get("ok") or source.is_back:
        return None
    if source.mode == Mode.INCREMENTAL and source.watermark:
        newest = str(found.get("watermark") or "")
        return NEWER if newest and newest != source.watermark else None
    done = (RunStatus.COMMITTED, RunStatus.UNCHANGED)
    last = Run.objects.filter(source=source, status__in=done).order_by("-ended_at", "-id").first()
    held = None if last is None else last.reconciliation.get("source_total") or last.reconciliation.get("source_rows")
    return COUNTED if held is not None and found.get("rows") is not None and found["rows"] != held else None


def _last_day() -> date | None:
    """The last day for an update of data that changed today; None where the rules name no number."""
    days = rules.active().value("catalog.data_update_deadline", on=clock.today()).value.days
    return None if days is None else deadlines.due(clock.today(), days).on


def _left_alone(source: Source, last_day: date | None) -> bool:
    """Whether no turn of its own is to be expected in time."""
    if source.status != SourceStatus.ACTIVE or source.schedule == Schedule.MANUAL or source.failures:
        return True
    if source.next_due is None:
        return True
    return last_day is not None and clock.local(source.next_due).date() > last_day
