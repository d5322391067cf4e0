"""All writes of duties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from gongshu import clock, deadlines, rules
from gongshu.duties import hooks, limits, policy, record
from gongshu.duties.models import CaseCounter, Duty, DutyStop
from gongshu.duties.states import DUTY, OWED, STOP_LABELS, DutyStatus, EventKind, StopReason
from gongshu.errors import NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.notifications import actions as notifications
from gongshu.rules import Pack


@transaction.atomic
def next_number(*, by: Actor, prefix: str) -> str:
    """The next case number of the day, for example ``SQ-20261118-0042``; gaps only where a transaction was undone."""
    del by  # numbering is not an act of its own: the case that takes the number has its ledger leaf
    day = clock.today()
    CaseCounter.objects.get_or_create(prefix=prefix, day=day)
    counter = CaseCounter.objects.select_for_update().get(prefix=prefix, day=day)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{prefix}-{day:%Y%m%d}-{counter.last:04d}"


@transaction.atomic
def open_duty(
    *,
    by: Actor,
    kind: str,
    subject: str,
    title: Text,
    link: str,
    organization: str,
    role: Role,
    pack: Pack,
    citations: Sequence[Mapping[str, Any]],
    days: int | None,
    words: Text,
    applicant: str = "",
    concerned: str = "",
    starts_on: date | None = None,
    extension: Mapping[str, Any] | None = None,
    emergency: str = "",
    due_on: date | None = None,
) -> Duty:
    """``organization`` owes ``title`` within ``days`` working days after ``starts_on``, or as ``words`` say.

    Without ``starts_on`` the time begins today, or on the next working day after the installation's cut-off hour.
    ``citations`` are those of the rule pack, as ``rules.Citation.as_json`` writes them; ``extension`` is the pack's rule
    ``{days, counts, consent}``; ``emergency`` is the kind of emergency in which it is owed, whose time begins
    at once; ``concerned`` is the code of the organisation that waits, which changes of time are told.
    ``due_on`` instead of ``days``: an order or a term names the last day itself.
    """
    start = clock.today() if emergency else starts_on or deadlines.received(clock.now(), cutoff=settings.HOME.cutoff)
    duty = Duty(
        kind=kind,
        subject=subject,
        title_zh=title.zh,
        title_en=title.en,
        link=link,
        organization=identity.organization(organization),
        role=role,
        applicant=applicant,
        concerned=concerned,
        opened_at=clock.now(),
        starts_on=start,
        days=days,
        words_zh=words.zh,
        words_en=words.en,
        pack=pack.id,
        pack_version=pack.version,
        citations=[dict(c) for c in citations],
        extension_rule=dict(extension) if extension else None,
        emergency=emergency,
        fixed_on=due_on,
    )
    due = deadlines.due(start, days) if days is not None else None
    if due_on is not None:
        due = deadlines.Due(due_on, deadlines.Certainty.FIRM)
    duty.due_on, duty.provisional = (due.on, not due.firm) if due else (None, False)
    duty.calendar = deadlines.calendar.load().version
    duty.save()
    record.write(by, duty, EventKind.OPENED)
    when = f"，{due.on:%Y-%m-%d} 前办理" if due else (f"，{words.zh}办理" if words.zh else "")
    when_en = f", due {due.on:%Y-%m-%d}" if due else (f", {words.en}" if words.en else "")
    _tell_holders(by, duty, kind, Text(f"待办：{title.zh}{when}", f"To do: {title.en}{when_en}"))
    return duty


@transaction.atomic
def close_duty(*, by: Actor, duty_id: int, outcome: str) -> Duty:
    """The duty was fulfilled; whether in time is kept. Closing twice changes nothing."""
    return _end(by, duty_id, DutyStatus.DONE, outcome)


@transaction.atomic
def cancel_duty(*, by: Actor, duty_id: int, reason: str) -> Duty:
    """The duty fell away, for example because the applicant withdrew."""
    return _end(by, duty_id, DutyStatus.CANCELLED, reason)


@transaction.atomic
def stop(*, by: Actor, duty_id: int, reason: StopReason, note: str) -> Duty:
    """From today the days do not count, until :func:`resume`; told to the organisation that waits."""
    duty = _locked(duty_id)
    policy.check_holder(by, organization=duty.organization.code, role=duty.role)
    _stop(by, duty, reason, note)
    return duty


@transaction.atomic
def resume(*, by: Actor, duty_id: int) -> Duty:
    """The days after today count again; the due date moves by the working days that did not count."""
    duty = _locked(duty_id)
    policy.check_holder(by, organization=duty.organization.code, role=duty.role)
    _resume(by, duty)
    return duty


@transaction.atomic
def stop_case(*, by: Actor, subject: str, reason: StopReason, note: str) -> int:
    """Stop the time of all that is open in a case; the package of the case has checked who may. Returns how many."""
    found = list(_of_subject(subject, DutyStatus.OPEN))
    for duty in found:
        _stop(by, duty, reason, note)
    return len(found)


@transaction.atomic
def resume_case(*, by: Actor, subject: str) -> int:
    """What was asked for has come: all that stood still in the case runs again. Returns how many."""
    found = list(_of_subject(subject, DutyStatus.STOPPED))
    for duty in found:
        _resume(by, duty)
    return len(found)


@transaction.atomic
def extend(*, by: Actor, duty_id: int, days: int, reason: str, head: str = "") -> Duty:
    """Extend once by ``days`` working days, as the article allows; the organisation that waits is told.

    ``by`` speaks for the office whose consent the article asks for; ``head`` names who agreed where that is the body's
    own head. GongshuError ``deadlines.extension_too_long`` beyond the limit.
    """
    duty = _locked(duty_id)
    policy.check_extend(
        by,
        rule=duty.extension_rule,
        organization=duty.organization.code,
        role=duty.role,
        already=duty.extended_by is not None,
    )
    policy.check_in_time(duty.due_on, today=clock.today())
    policy.check_reason(reason)
    policy.check_head(duty.extension_rule or {}, head)
    duty.status = DUTY.check(duty.status, "extend")
    duty.extended_by = days
    duty.reminded_at = None  # the new date gets its own reminder
    note = f"{reason.strip()}（同意人：{head.strip()}）" if head.strip() else reason.strip()
    _change(by, duty, EventKind.EXTENDED, note, days=days, consent=str((duty.extension_rule or {})["consent"]))
    _tell_both(by, duty, Text(f"延长{days}个工作日", f"Extended by {days} working days"))
    return duty


@transaction.atomic
def move_day(*, by: Actor, duty_id: int, day: date, reason: str) -> Duty:
    """Another last day for a duty whose day was named; the package of the case has checked who may name it.

    A duty that fell overdue is owed again until the new day.
    """
    duty = _locked(duty_id)
    policy.check_reason(reason)
    duty.status = DUTY.check(duty.status, "rename")
    duty.fixed_on, duty.reminded_at, duty.escalated_at, duty.further_at = day, None, None, None
    _change(by, duty, EventKind.EXTENDED, reason, day=day.isoformat())
    _tell_both(by, duty, Text(f"期限改为{day}", f"Now due {day}"))
    return duty


@transaction.atomic
def shorten(*, by: Actor, duty_id: int, days: int, reason: str) -> Duty:
    """Urgent business: ``days`` working days from the start instead of the ordinary limit (luzhou-31)."""
    duty = _locked(duty_id)
    found = limits.of_case(duty, "clock.urgent_limit")
    policy.check_shorten(by, allowed=bool(found and found.value), days=days, most=duty.days)
    policy.check_reason(reason)
    duty.status = DUTY.check(duty.status, "shorten")
    duty.days = days
    _cite(duty, found)
    _change(by, duty, EventKind.SHORTENED, reason, days=days)
    _tell_both(by, duty, Text("业务紧急，期限缩短", "Urgent business: a shorter limit"))
    return duty


@transaction.atomic
def declare_emergency(*, by: Actor, duty_id: int, kind: str, reason: str) -> Duty:
    """In an emergency that the pack names the act is due at once: today (luzhou-20, yongjia-33)."""
    duty = _locked(duty_id)
    found = limits.emergency_kinds(duty)
    policy.check_emergency(by, kind=kind, kinds=[choice.id for choice in found.value] if found else ())
    policy.check_reason(reason)
    duty.status = DUTY.check(duty.status, "emergency")
    DutyStop.objects.filter(duty=duty, last__isnull=True).update(last=clock.today(), resumed_by=by.ref)
    duty.emergency, duty.starts_on, duty.days = kind, clock.today(), 0
    _cite(duty, found)
    _change(by, duty, EventKind.EMERGENCY, reason, emergency=kind)
    _tell_both(by, duty, Text("突发事件，须立即办理", "Emergency: due at once"))
    return duty


@transaction.atomic
def run_clock(*, by: Actor) -> dict[str, int]:
    """The daily job: count deadlines again, remind, urge, escalate. Running it twice changes nothing.

    A deadline is counted again while it is provisional, and when the calendar is another than the one it was counted by:
    a year's arrangement arrived, or the place decreed days off. What fell overdue stays so.
    """
    counts = {"fixed": 0, "reminded": 0, "urged": 0, "escalated": 0, "escalated_further": 0}
    duties = Duty.objects.select_for_update(of=("self",)).select_related("organization")
    other = Q(status=DutyStatus.OPEN) & ~Q(calendar=deadlines.calendar.load().version)
    for duty in duties.filter(Q(status__in=OWED, provisional=True) | other, days__isnull=False):
        changed = record.recompute(duty)
        duty.save(update_fields=["due_on", "provisional", "calendar"])
        if changed:
            record.write(by, duty, EventKind.DEADLINE_FIXED)
            record.tell(duty)
            counts["fixed"] += 1
    today = clock.today()
    for duty in duties.filter(status=DutyStatus.OPEN, due_on__lt=today):
        _escalate(by, duty)
        counts["escalated"] += 1
    for duty in duties.filter(status=DutyStatus.OVERDUE, further_at__isnull=True):
        counts["escalated_further"] += _escalate_further(by, duty)
    for duty in duties.filter(status=DutyStatus.OPEN, due_on__gte=today, reminded_at__isnull=True):
        counts["reminded"] += _remind(by, duty)
    for duty in duties.filter(status=DutyStatus.OPEN, due_on__isnull=True, days__isnull=True):
        counts["urged"] += _urge(by, duty)
    for daily in hooks.on_day:
        counts |= daily(by)
    return counts


def _stop(by: Actor, duty: Duty, reason: StopReason, note: str) -> None:
    policy.check_reason(note)
    policy.check_no_day_named(duty.fixed_on)
    policy.check_in_time(duty.due_on, today=clock.today())
    today = clock.today()
    duty.status = DUTY.check(duty.status, "stop")
    DutyStop.objects.create(duty=duty, reason=reason, note=note.strip(), first=today, stopped_by=by.ref)
    _change(by, duty, EventKind.STOPPED, note, reason=str(reason), first=today.isoformat())
    label = STOP_LABELS[reason]
    _tell_concerned(
        by,
        duty,
        Text(
            f"自{today}起中止计时（{label.zh}）：{duty.title_zh}",
            f"Clock stopped from {today} ({label.en}): {duty.title_en}",
        ),
    )


def _resume(by: Actor, duty: Duty) -> None:
    duty.status = DUTY.check(duty.status, "resume")
    standing = DutyStop.objects.select_for_update().get(duty=duty, last__isnull=True)
    standing.last, standing.resumed_by = clock.today(), by.ref
    standing.save(update_fields=["last", "resumed_by"])
    duty.reminded_at = None  # the new date gets its own reminder
    _change(by, duty, EventKind.RESUMED, "", first=standing.first.isoformat(), last=standing.last.isoformat())
    _tell_both(by, duty, Text("恢复计时", "The clock runs again"))


def _remind(by: Actor, duty: Duty) -> bool:
    if duty.due_on is None or _working_days_left(duty.due_on) > _number(duty, "clock.remind_before"):
        return False
    duty.reminded_at = clock.now()
    duty.save(update_fields=["reminded_at"])
    record.write(by, duty, EventKind.REMINDED)
    _tell_holders(
        by,
        duty,
        "duty.reminder",
        Text(
            f"即将到期（{duty.due_on:%Y-%m-%d}）：{duty.title_zh}",
            f"Due soon ({duty.due_on:%Y-%m-%d}): {duty.title_en}",
        ),
    )
    return True


def _urge(by: Actor, duty: Duty) -> bool:
    """A duty that the law sets no number of days for is urged again and again while it is open (枣庄5.1 动态维护)."""
    every = _number(duty, "clock.remind_undated")
    last = clock.local(duty.reminded_at).date() if duty.reminded_at else duty.starts_on
    calendar = deadlines.calendar.load()
    if not every or not calendar.known(last.year) or calendar.working_days_between(last, clock.today()) < every:
        return False
    duty.reminded_at = clock.now()
    duty.save(update_fields=["reminded_at"])
    record.write(by, duty, EventKind.REMINDED)
    _tell_holders(
        by,
        duty,
        "duty.reminder",
        Text(
            f"请尽快办理（自{duty.starts_on:%Y-%m-%d}起）：{duty.title_zh}",
            f"Still to be done (since {duty.starts_on:%Y-%m-%d}): {duty.title_en}",
        ),
    )
    return True


def _escalate(by: Actor, duty: Duty) -> None:
    """Silence goes upward: the data authority is told, and the ledger keeps that it was."""
    duty.status = DUTY.check(duty.status, "lapse")
    duty.escalated_at = clock.now()
    duty.save(update_fields=["status", "escalated_at"])
    _tell_office(by, duty, Office.AUTHORITY, EventKind.ESCALATED, Text("超期未办", "Overdue"))


def _escalate_further(by: Actor, duty: Duty) -> bool:
    """Still silence some working days later: the government is told."""
    if duty.due_on is None or -_working_days_left(duty.due_on) < _number(duty, "clock.escalate_after"):
        return False
    if not identity.organizations().filter(office=Office.GOVERNMENT).exists():
        return False  # an installation without a government has told everybody there is
    duty.further_at = clock.now()
    duty.save(update_fields=["further_at"])
    _tell_office(by, duty, Office.GOVERNMENT, EventKind.ESCALATED_FURTHER, Text("超期仍未办", "Still overdue"))
    return True


def _tell_office(by: Actor, duty: Duty, office: Office, kind: EventKind, words: Text) -> None:
    told = identity.holder_of(office)
    record.write(by, duty, kind, escalated_to=told.code)
    notifications.notify(
        by=by,
        organization=told.code,
        roles=(Role.DATA_AUTHORITY,),
        kind=f"duty.{kind}",
        text=Text(
            f"{words.zh}：{duty.organization.name}——{duty.title_zh}",
            f"{words.en}: {duty.organization.say('en')} - {duty.title_en}",
        ),
        link=duty.link,
    )


def _end(by: Actor, duty_id: int, status: DutyStatus, outcome: str) -> Duty:
    duty = _locked(duty_id)
    if not duty.is_owed:
        return duty
    if duty.status == DutyStatus.STOPPED:  # answered while the clock stood: in time, as its days did not count
        DutyStop.objects.filter(duty=duty, last__isnull=True).update(last=clock.today(), resumed_by=by.ref)
    duty.status = DUTY.check(duty.status, str(status))
    record.recompute(duty)
    duty.closed_at = clock.now()
    duty.closed_late = duty.due_on is not None and clock.today() > duty.due_on
    duty.save()
    record.write(by, duty, EventKind(str(status)), outcome=outcome, late=int(duty.closed_late))
    return duty


def _locked(duty_id: int) -> Duty:
    found = Duty.objects.select_for_update(of=("self",)).select_related("organization").filter(pk=duty_id).first()
    if found is None:
        raise NotFound("duties.unknown", "没有这个编号的待办事项。", "There is no duty with that number.")
    return found


def _of_subject(subject: str, status: DutyStatus) -> QuerySet[Duty]:
    found = Duty.objects.select_for_update(of=("self",)).select_related("organization")
    return found.filter(subject=subject, status=status).order_by("pk")


def _change(by: Actor, duty: Duty, kind: EventKind, note: str, **details: Any) -> None:
    record.recompute(duty)
    duty.save()
    record.write(by, duty, kind, note=note.strip(), **details)
    record.tell(duty)


def _number(duty: Duty, parameter: str) -> int:
    found = limits.of_case(duty, parameter)
    return int(found.value) if found else 0


def _cite(duty: Duty, found: rules.Value | None) -> None:
    known = {c.get("label") for c in duty.citations}
    new = [c.as_json() for c in (found.citations if found else ())]
    duty.citations = [*duty.citations, *[c for c in new if c["label"] not in known]]


def _working_days_left(day: date) -> int:
    return deadlines.calendar.load().working_days_between(clock.today(), day)


def _tell_holders(by: Actor, duty: Duty, kind: str, text: Text) -> None:
    notifications.notify(
        by=by, organization=duty.organization.code, roles=(Role(duty.role),), kind=kind, text=text, link=duty.link
    )


def _tell_concerned(by: Actor, duty: Duty, text: Text) -> None:
    if duty.concerned:
        notifications.notify(
            by=by,
            organization=duty.concerned,
            roles=(Role.CONSUMER, Role.OPERATOR, Role.PROVIDER, Role.PUBLIC),
            kind="duty.changed",
            text=text,
            link=duty.link,
        )


def _tell_both(by: Actor, duty: Duty, words: Text) -> None:
    until = f"，{duty.due_on} 前办理" if duty.due_on else ""
    until_en = f", due {duty.due_on}" if duty.due_on else ""
    text = Text(f"{words.zh}：{duty.title_zh}{until}", f"{words.en}: {duty.title_en}{until_en}")
    _tell_holders(by, duty, "duty.changed", text)
    _tell_concerned(by, duty, text)
