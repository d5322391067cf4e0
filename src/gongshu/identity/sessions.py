"""The sign-ins that are open: ending those of one person, and clearing away those that expired."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from gongshu import clock
from gongshu.identity.models import Person


def end(person: Person) -> int:
    """End every open session of ``person``, and say how many there were. Called within an action."""
    wanted = str(person.pk)
    found = [
        session.pk
        for session in Session.objects.filter(expire_date__gte=clock.now()).iterator()
        if session.get_decoded().get(SESSION_KEY) == wanted
    ]
    Session.objects.filter(pk__in=found).delete()
    return len(found)


def clear_expired() -> int:
    """Forget the sessions that are over, and say how many; the worker's daily step."""
    return Session.objects.filter(expire_date__lt=clock.now()).delete()[0]
