"""Reads of disputes for the pages: whose turn it is and what that turn may say, what can be disputed or negotiated."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from gongshu import clock, rules
from gongshu.identity.actor import Actor
from gongshu.rules import Access
from gongshu.sharing import policy, queries
from gongshu.sharing.models import Application, Dispute, DisputeStep
from gongshu.sharing.states import DISPUTE_LIVE, ApplicationStatus, DisputeStatus, Settlement


def search(actor: Actor, *, text: str = "", filters: Mapping[str, str] | None = None) -> QuerySet[Dispute]:
    """Disputes by number, title or organisation, newest first; ``status`` "live" means all that go on."""
    found = queries.visible_disputes(actor)
    word = text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
    if word:
        found = found.filter(
            Q(number__icontains=word) | Q(entry__title__icontains=word) | Q(organization__name__icontains=word)
        )
    status = (filters or {}).get("status", "")
    if status == "live":
        return found.filter(status__in=[str(one) for one in DISPUTE_LIVE])
    return found.filter(status=status) if status in set(DisputeStatus) else found


def turn_of(actor: Actor, found: Dispute) -> tuple[DisputeStep, tuple[Settlement, ...]] | None:
    """The open turn that is this actor's and what it may say; the claimant may say that talking has failed."""
    for step in queries.dispute_steps(found).filter(status="open"):
        if step.organization is None:
            continue
        if policy.can_settle(
            actor, office=step.office, organization=step.organization.code, raiser_id=found.raised_by_id
        ):
            return step, policy.settlements(step.act)
    for step in queries.dispute_steps(found).filter(status="open"):
        talking = Settlement.FAILED in policy.settlements(step.act) and step.act not in policy.ENDS_BY_OTHERS
        if talking and policy.can_withdraw(actor, found.organization.code):
            return step, (Settlement.FAILED,)
    return None


def can_withdraw(actor: Actor, found: Dispute) -> bool:
    return found.status in {str(one) for one in DISPUTE_LIVE} and policy.can_withdraw(actor, found.organization.code)


def can_raise(actor: Actor, found: Application) -> bool:
    """Whether this refusal may be disputed by the actor, in a city whose pack names somebody who settles."""
    known = rules.active().find("sharing.dispute", on=clock.today())
    return found.status == ApplicationStatus.REFUSED and known is not None and queries.can_raise(actor, found)


def of_application(found: Application) -> QuerySet[Dispute]:
    return Dispute.objects.filter(application=found)


def can_negotiate(actor: Actor, *, share_type: str, provider: str, mode: str = "query") -> bool:
    """Whether data of this kind are had by negotiating, and the actor may ask for that (xian-20, yongjia-17)."""
    if not policy.can_apply(actor, provider):
        return False
    return rules.active().route(share_type, on=clock.today(), mode=mode).access is Access.NEGOTIATION
