"""All reads of paper holdings, scoped to the viewer."""

from __future__ import annotations

from django.db.models import QuerySet

from gongshu import clock, rules
from gongshu.collection.paper_models import PaperHolding
from gongshu.collection.paper_states import PaperStatus
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

PARAMETER = "collection.paper"


def law() -> tuple[rules.Citation, ...]:
    """The articles that ask for digitising; empty where the city's rules do not."""
    found = rules.active().find(PARAMETER, on=clock.today())
    return tuple(found.citations) if found and found.value else ()


def visible(actor: Actor, *, status: str = "") -> QuerySet[PaperHolding]:
    """Those of the own unit; all for the data authority and the auditor. Newest first."""
    found = PaperHolding.objects.select_related("organization")
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        found = found.filter(organization__code=actor.organization)
    return found.filter(status=status) if status in set(PaperStatus) else found


def can_keep(actor: Actor) -> bool:
    return actor.has(Role.PROVIDER)
