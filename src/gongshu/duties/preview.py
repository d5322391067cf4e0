"""What a change of time would do, shown before anybody confirms it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from gongshu.duties import actions, queries
from gongshu.duties.models import Duty
from gongshu.duties.states import DutyStatus
from gongshu.identity.actor import Actor


@dataclass(frozen=True)
class Moment:
    """When a duty is due, at one moment: no day while its clock stands or where the article names no number."""

    due_on: date | None
    provisional: bool
    status: DutyStatus
    days_left: int | None


@dataclass(frozen=True)
class Outlook:
    """Before, after, and, for a stop, the earliest due date: that of a clock that runs again the same day."""

    before: Moment
    after: Moment
    earliest: Moment | None = None


def of(by: Actor, duty_id: int, change: Callable[[], Duty]) -> Outlook:
    """Make ``change`` with the code that makes it in earnest, look, and undo it: nothing is kept and nobody is told.

    Raises what the change raises: who may not, may not look either.
    """
    with transaction.atomic():
        try:
            before = _moment(queries.duty(by, duty_id))
            changed = change()
            after, earliest = _moment(changed), None
            if changed.status == DutyStatus.STOPPED:
                earliest = _moment(actions.resume(by=by, duty_id=duty_id))
        finally:
            transaction.set_rollback(True)
    return Outlook(before, after, earliest)


def _moment(found: Duty) -> Moment:
    return Moment(found.due_on, found.provisional, DutyStatus(found.status), queries.days_left(found.due_on))
