"""All reads of duties, scoped to the viewer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet

from gongshu import clock, deadlines
from gongshu.duties import limits, policy
from gongshu.duties.models import Duty, DutyEvent, DutyStop
from gongshu.duties.states import DUTY, OWED, DutyStatus
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.rules import Value


def todo(actor: Actor) -> QuerySet[Duty]:
    """What the actor's organisation owes and one of the actor's roles may do, most pressing first."""
    return (
        Duty.objects.select_related("organization")
        .filter(organization__code=actor.organization, role__in=[str(r) for r in actor.roles], status__in=OWED)
        .order_by(F("due_on").asc(nulls_last=True), "id")
    )


def overdue(actor: Actor) -> QuerySet[Duty]:
    """Overdue duties that the actor sees: all for the data authority and the auditor, else the organisation's own."""
    found = Duty.objects.select_related("organization").filter(status="overdue").order_by("due_on")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(organization__code=actor.organization)


def visible(actor: Actor) -> QuerySet[Duty]:
    """Duties that the actor may see: all for the data authority and the auditor, else owed by or to the organisation."""
    found = Duty.objects.select_related("organization")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(Q(organization__code=actor.organization) | Q(concerned=actor.organization))


def may_see(actor: Actor, found: Duty) -> bool:
    """Whether :func:`visible` would show this duty, asked of a row that was read already."""
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return True
    return actor.organization in (found.organization.code, found.concerned)


def owed(actor: Actor) -> QuerySet[Duty]:
    """What is still owed of what the actor sees, most pressing first."""
    return visible(actor).filter(status__in=OWED).order_by(F("due_on").asc(nulls_last=True), "id")


def duty(actor: Actor, duty_id: int) -> Duty:
    """Raises NotFound for a duty that the actor may not know of."""
    found = visible(actor).filter(pk=duty_id).first()
    if found is None:
        raise NotFound("duties.unknown", "没有这个编号的待办事项。", "There is no duty with that number.")
    return found


def history(found: Duty) -> QuerySet[DutyEvent]:
    """Everything that happened to a duty, oldest first."""
    return DutyEvent.objects.filter(duty=found)


def stops(found: Duty) -> QuerySet[DutyStop]:
    """The times that did not count."""
    return DutyStop.objects.filter(duty=found)


def stops_of(duty_ids: Iterable[int]) -> QuerySet[DutyStop]:
    """The times that did not count, of several duties at once."""
    return DutyStop.objects.filter(duty_id__in=list(duty_ids))


@dataclass(frozen=True)
class Options:
    """What the actor may do about a duty's time now: the forms that a page offers, and nothing else."""

    stop: bool = False
    resume: bool = False
    extension: limits.ExtensionTerms | None = None
    urgent: Value | None = None
    emergencies: Value | None = None

    @property
    def any(self) -> bool:
        return bool(self.stop or self.resume or self.extension or self.urgent or self.emergencies)


def options(actor: Actor, found: Duty) -> Options:
    """By state, by time left, by the pack and by policy. The actions check all of it again."""
    in_time = found.due_on is None or found.due_on >= clock.today()
    status = DutyStatus(found.status)
    holds = policy.can_stop(actor, organization=found.organization.code, role=found.role)
    extends = policy.can_extend(
        actor,
        rule=found.extension_rule,
        organization=found.organization.code,
        role=found.role,
        already=found.extended_by is not None,
    )
    governs = policy.can_change_limit(actor)
    return Options(
        stop=holds and in_time and found.fixed_on is None and DUTY.can(status, "stop"),
        resume=holds and DUTY.can(status, "resume"),
        extension=limits.extension(found) if extends and in_time and DUTY.can(status, "extend") else None,
        urgent=limits.urgent(found) if governs and DUTY.can(status, "shorten") and found.days != 0 else None,
        emergencies=(
            limits.emergency_kinds(found) if governs and DUTY.can(status, "emergency") and not found.emergency else None
        ),
    )


def of_subject(subject: str) -> QuerySet[Duty]:
    """All duties of one case, oldest first. The caller has already checked that the viewer may see the case."""
    return Duty.objects.select_related("organization").filter(subject=subject).order_by("id")


def days_left(due_on: date | None) -> int | None:
    """Working days left from today, negative when past, None without a number."""
    return None if due_on is None else deadlines.calendar.load().working_days_between(clock.today(), due_on)


def fallen_overdue() -> QuerySet[Duty]:
    """Every duty whose time ran out and that is still owed; for supervision, hence not scoped to a viewer."""
    return Duty.objects.select_related("organization").filter(status=DutyStatus.OVERDUE).order_by("id")
