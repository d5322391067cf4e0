"""The time of an agreement: when it ends, when renewal opens, and what the daily job does about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from gongshu import clock, deadlines, rules
from gongshu.duties import actions as duties
from gongshu.errors import Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.operation.models import Demand, Designation
from gongshu.operation.states import DEMAND, DESIGNATION, DemandStatus, DesignationStatus
from gongshu.rules import Citation, Term

_MONTHS = {"years": 12, "quarters": 3, "months": 1}
HOLDING = (DesignationStatus.ACTIVE, DesignationStatus.SUSPENDED)


@dataclass(frozen=True)
class Window:
    """Renewal may be applied for from ``opens`` on (None: the rules name no window), until the agreement's last day."""

    opens: date | None
    citations: tuple[Citation, ...]


def last_day(valid_from: date, on: date) -> tuple[date | None, tuple[Citation, ...]]:
    """The last day of an agreement by the pack's term (dazhou-8: three years); None where it sets none."""
    found = rules.active().find("operation.agreement_term", on=on)
    if found is None or found.value.value is None:
        return None, ()
    return _shift(valid_from, found.value, 1) - timedelta(days=1), found.citations


def window(valid_until: date, on: date) -> Window:
    """When renewal opens before ``valid_until`` (dazhou-8: within the last three months)."""
    found = rules.active().find("operation.renewal_window", on=on)
    if found is None or found.value.value is None:
        return Window(None, ())
    return Window(_shift(valid_until, found.value, -1), found.citations)


def run_day(*, by: Actor) -> dict[str, int]:
    """The daily job: tell operators that renewal is open, end what is over. Done twice it changes nothing."""
    today, counts = clock.today(), {"renewals": 0, "ended": 0}
    held = Designation.objects.filter(status__in=HOLDING).order_by("id")
    for pk in held.filter(valid_until__lt=today).values_list("pk", flat=True):
        counts["ended"] += _expire(by, pk, today)
    for found in held.filter(valid_until__gte=today, renewal_duty_id__isnull=True).select_related("organization"):
        opening = window(found.valid_until or today, today)
        if opening.opens is not None and opening.opens <= today and not found.renewals.exists():
            _open_renewal(by, found, opening)
            counts["renewals"] += 1
    return counts


@transaction.atomic
def _open_renewal(by: Actor, found: Designation, opening: Window) -> None:
    duty = duties.open_duty(
        by=by,
        kind="operation.renewal",
        subject=found.number,
        title=Text(
            f"重新申请授权运营：协议 {found.agreement} 将于{found.valid_until}届满",
            f"Apply for renewal: agreement {found.agreement} ends on {found.valid_until}",
        ),
        link=f"/console/operation/{found.number}/",
        organization=found.organization.code,
        role=Role.OPERATOR,
        pack=rules.active(),
        citations=[c.as_json() for c in opening.citations],
        days=None,
        words=Text("", ""),
        due_on=found.valid_until,
    )
    found.renewal_duty_id = duty.pk
    found.save(update_fields=["renewal_duty_id"])


@transaction.atomic
def _expire(by: Actor, pk: int, today: date) -> int:
    found = Designation.objects.select_for_update(of=("self",)).select_related("organization").get(pk=pk)
    if found.status not in HOLDING or found.valid_until is None or found.valid_until >= today:
        return 0
    found.status, found.ended_at = DESIGNATION.check(found.status, "expire"), clock.now()
    found.save()
    if found.renewal_duty_id:
        duties.cancel_duty(by=by, duty_id=found.renewal_duty_id, reason="expired")
    close_demands(by, found)
    ledger.record(
        action="operation.expired",
        actor=by.ref,
        organization=found.organization.code,
        subject=found.number,
        details={"agreement": found.agreement, "valid_until": found.valid_until.isoformat()},
    )
    notifications.notify(
        by=by,
        organization=found.organization.code,
        roles=(Role.OPERATOR,),
        kind="operation.designation",
        text=Text(
            f"授权运营协议 {found.agreement} 期限届满，供给已终止。",
            f"The agreement {found.agreement} has expired; supply has ended.",
        ),
        link=f"/console/operation/{found.number}/",
    )
    return 1


def close_demands(by: Actor, found: Designation) -> None:
    """With the authorisation what it supplied ends. The grants are revoked by the caller, or end with the agreement."""
    live = (DemandStatus.SUPPLIED, DemandStatus.ENDING, DemandStatus.SUSPENDED)
    for demand in Demand.objects.filter(designation=found, status__in=live):
        if demand.end_duty_id:
            duties.cancel_duty(by=by, duty_id=demand.end_duty_id, reason="ended")
        demand.status, demand.ended_at = DEMAND.check(demand.status, "end"), clock.now()
        demand.save()


def _shift(day: date, term: Term, sign: int) -> date:
    amount = int(term.value or 0) * sign
    if term.unit == "days":
        return day + timedelta(days=amount)
    return deadlines.months_after(day, amount * _MONTHS[term.unit])
