"""What happens to the data of an entry, beyond new versions (``actions.note_data_version``): they changed at the source,
they were taken in again, they were found unchanged.

西安21: within 5 working days after a change of its own data the providing unit updates what it shares; the number of
days is the pack's ``catalog.data_update_deadline``. The duty opens when the unit declares the change or when its source
shows one, and closes with the next version whose data were taken after that.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import policy, steps
from gongshu.catalog.models import Entry
from gongshu.catalog.remarks import short
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.states import OWED
from gongshu.errors import Conflict, GongshuError, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

if TYPE_CHECKING:
    from gongshu.duties.models import Duty

UPDATE_DUTY = "quality.update"  # supervision reads the family: outdated data, not an outdated catalog (xian-43)
LONGEST_AGO = timedelta(days=366)  # a bound on what is typed, not a rule of law


@transaction.atomic
def note_data_confirmed(*, by: Actor, code: str, at: datetime) -> None:
    """The source was read and holds what the present version holds: the data are as new as if they had come again."""
    entry = steps.locked(code)
    if entry.data_version is None or (entry.data_at is not None and entry.data_at >= at):
        return
    entry.data_at, entry.stale_since = at, None
    entry.save(update_fields=["data_at", "stale_since"])
    steps.event(by, entry, "data", f"v{entry.data_version}: {entry.data_rows}")


@transaction.atomic
def declare_data_change(*, by: Actor, code: str, changed_on: date, note: str) -> Duty:
    """The unit says that its own data changed on ``changed_on``: from that day the time for the update runs (西安21).

    Raises NotAllowed (another unit), Conflict (no data on the platform yet, or the update is owed already),
    GongshuError for a day to come.
    """
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    policy.check_remark(note, "请写明数据发生了什么变化。", "Say what changed in the data.")
    today = clock.today()
    if not today - LONGEST_AGO <= changed_on <= today:
        raise GongshuError(
            "catalog.changed_on",
            "变化日期须为今天或过去一年内的某一天。",
            "The day of the change is today or a day of the past year.",
            field="changed_on",
        )
    if entry.status != EntryStatus.PUBLISHED or entry.data_version is None:
        raise Conflict(
            "catalog.no_data_yet",
            "平台还没有这项目录的数据，没有可更新的版本；请先归集。",
            "The platform holds no data of this entry yet, so there is nothing to update: collect them first.",
        )
    duty = _owe(by, entry, Text("部门数据已变化", "the unit's data changed"), changed_on)
    if duty is None:
        raise Conflict(
            "catalog.data_change_declared",
            "这项目录的数据已有更新待办，期限自较早的变化起算；请一并更新。",
            "An update of these data is owed already and runs from the earlier change: take this one in with it.",
        )
    steps.tell(
        by,
        entry,
        "data_change_declared",
        short(note),
        cites=[str(one["label"]) for one in duty.citations],
        leaf={"changed_on": changed_on.isoformat(), "due_on": duty.due_on.isoformat() if duty.due_on else ""},
    )
    return duty


@transaction.atomic
def owe_data_update(*, by: Actor, code: str, sign: Text) -> bool:
    """The source itself shows what the platform does not hold yet (``sign``); whether that opened a new duty."""
    entry = steps.locked(code)
    if entry.status != EntryStatus.PUBLISHED or entry.data_version is None:
        return False
    duty = _owe(by, entry, sign, clock.today())
    if duty is None:
        return False
    steps.tell(
        by,
        entry,
        "data_change_seen",
        sign.zh,
        cites=[str(one["label"]) for one in duty.citations],
        leaf={"due_on": duty.due_on.isoformat() if duty.due_on else ""},
    )
    return True


def note_data_taken(*, by: Actor, code: str, taken_at: datetime, outcome: str) -> None:
    """Data that left the unit at ``taken_at`` are now the version, or were found the same as it: what was owed before that
    moment is done. Of a file that is the moment it was handed over. In the caller's transaction.
    """
    for duty in owed.of_subject(code).filter(kind=UPDATE_DUTY, status__in=OWED, opened_at__lte=taken_at):
        duties.close_duty(by=by, duty_id=duty.pk, outcome=outcome)


def note_withdrawn(by: Actor, entry: Entry) -> None:
    """What is in the catalog no more needs no update."""
    for duty in owed.of_subject(entry.code).filter(kind=UPDATE_DUTY, status__in=OWED):
        duties.cancel_duty(by=by, duty_id=duty.pk, reason="withdrawn")


def _owe(by: Actor, entry: Entry, sign: Text, since: date) -> Duty | None:
    """None where it is owed already."""
    if owed.of_subject(entry.code).filter(kind=UPDATE_DUTY, status__in=OWED).exists():
        return None
    pack = rules.active()
    term = pack.value("catalog.data_update_deadline", on=clock.today())
    return duties.open_duty(
        by=by,
        kind=UPDATE_DUTY,
        subject=entry.code,
        title=Text(f"更新数据（{sign.zh}）：{entry.title}", f"Update the data ({sign.en}): {entry.title}"),
        link=f"/console/catalog/{entry.code}/",
        organization=entry.provider.code,
        role=Role.PROVIDER,
        pack=pack,
        citations=[one.as_json() for one in term.citations],
        days=term.value.days,
        words=term.value.words,
        starts_on=since,
    )
