"""Inside the actions: when a duty is due now, and the line of history with its ledger leaf."""

from __future__ import annotations

from typing import Any

from gongshu import clock, deadlines
from gongshu.duties import hooks
from gongshu.duties.models import Duty, DutyEvent, DutyStop
from gongshu.duties.states import DutyStatus, EventKind
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger

_WITHOUT_LEAF = frozenset({EventKind.REMINDED})  # a reminder changes nothing that anybody could dispute


def compute(duty: Duty) -> deadlines.Due | None:
    """When ``duty`` is due with its stops and its extension; None without a number or while the clock is stopped."""
    if duty.fixed_on is not None and duty.status != DutyStatus.STOPPED:
        return deadlines.Due(duty.fixed_on, deadlines.Certainty.FIRM)
    if duty.days is None or duty.status == DutyStatus.STOPPED:
        return None
    if duty.emergency:
        return deadlines.due(duty.starts_on, duty.days)
    rule = duty.extension_rule or {}
    extension = (
        deadlines.Extension(duty.extended_by, int(rule["days"]), total=rule["counts"] == "total")
        if duty.extended_by and rule
        else None
    )
    stops = [
        deadlines.Exclusion(stop.first, stop.last, stop.reason)
        for stop in DutyStop.objects.filter(duty=duty, last__isnull=False)
        if stop.last is not None
    ]
    return deadlines.due(duty.starts_on, duty.days, exclusions=stops, extension=extension)


def recompute(duty: Duty) -> bool:
    """Set ``due_on``, ``provisional`` and ``calendar`` anew (not saved); whether the date or its certainty changed."""
    due = compute(duty)
    duty.calendar = deadlines.calendar.load().version
    found = (due.on if due else None, due is not None and not due.firm)
    changed = found != (duty.due_on, duty.provisional)
    duty.due_on, duty.provisional = found
    return changed


def tell(duty: Duty) -> None:
    """Tell those who show the due date elsewhere."""
    for listener in hooks.on_due_changed:
        listener(hooks.DueChange(duty.pk, duty.due_on, duty.provisional))


def write(by: Actor, duty: Duty, kind: EventKind, *, note: str = "", **details: Any) -> DutyEvent:
    """One line of history, and the leaf in the ledger that proves it; the note stays out of the ledger."""
    entry_id = ""
    if kind not in _WITHOUT_LEAF:
        entry_id = ledger.record(
            action=f"duty.{kind}",
            actor=by.ref,
            organization=duty.organization.code,
            subject=duty.subject,
            cites=[str(c["label"]) for c in duty.citations],
            details={
                "kind": duty.kind,
                "duty": duty.pk,
                "due_on": duty.due_on.isoformat() if duty.due_on else duty.words_zh,
                "provisional": int(duty.provisional),
                "pack": duty.pack,
                "pack_version": duty.pack_version,
                **details,
            },
        )
    return DutyEvent.objects.create(
        duty=duty,
        kind=kind,
        at=clock.now(),
        by=by.ref,
        organization=by.organization,
        note=note,
        due_on=duty.due_on,
        provisional=duty.provisional,
        entry_id=entry_id,
    )
