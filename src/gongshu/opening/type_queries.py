"""Reads of disputes about open types: who may propose, whose turn it is, what may be said (yongjia-28)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from gongshu import clock, rules
from gongshu.errors import NotFound
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.opening import policy
from gongshu.opening.models import TypeDispute, TypeDisputeStep
from gongshu.opening.states import TYPE_LIVE, TypeAnswer, TypeStatus
from gongshu.rules import Citation

_SAYS: dict[str, tuple[TypeAnswer, ...]] = {
    "advise": (TypeAnswer.ADVISED,),
    "decide": (TypeAnswer.AGREED, TypeAnswer.KEPT),
    "change": (),
}


@dataclass(frozen=True)
class Ladder:
    """Who proposes another open type, and who settles when the provider disagrees, in the pack's order."""

    proposer: str  # an office
    steps: tuple[Any, ...]  # of the pack: office, act, words
    citations: tuple[Citation, ...]


def ladder() -> Ladder | None:
    """The pack's ``opening.dispute``, where it begins with an office that proposes another type; else nothing.

    Where it begins with the provider (Luzhou), it is about refusals of requests and not about types.
    """
    found = rules.active().find("opening.dispute", on=clock.today())
    if found is None or not found.value or str(found.value[0].office) == "provider":
        return None
    first, *rest = found.value
    return Ladder(str(first.office), tuple(rest), found.citations)


def answers(act: str) -> tuple[TypeAnswer, ...]:
    """What the turn ``act`` can bring."""
    return _SAYS.get(act, (TypeAnswer.AGREED, TypeAnswer.FAILED))


def visible(actor: Actor) -> QuerySet[TypeDispute]:
    """Disputes that the actor's organisation proposed, answers or must settle; all for the authority and the auditor."""
    found = TypeDispute.objects.select_related("entry", "entry__provider", "organization", "raised_by")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(
        Q(entry__provider__code=actor.organization)
        | Q(pk__in=TypeDisputeStep.objects.filter(organization__code=actor.organization).values("dispute_id"))
    )


def search(actor: Actor, *, text: str = "", status: str = "") -> QuerySet[TypeDispute]:
    """Disputes by number or title, newest first."""
    found, word = visible(actor), text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
    if word:
        found = found.filter(Q(number__icontains=word) | Q(entry__title__icontains=word))
    return found.filter(status=status) if status in set(TypeStatus) else found


def dispute(actor: Actor, number: str) -> TypeDispute:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("opening.type_unknown", "没有这个编号的开放属性争议。", "There is no such dispute.")
    return found


def steps(found: TypeDispute) -> QuerySet[TypeDisputeStep]:
    return TypeDisputeStep.objects.filter(dispute=found).select_related("organization", "settled_by")


def live(code: str) -> bool:
    return TypeDispute.objects.filter(entry__code=code, status__in=[str(one) for one in TYPE_LIVE]).exists()


def can_propose(actor: Actor, code: str) -> bool:
    """Whether the actor speaks for the office that the pack lets propose, and nothing is going on about the entry."""
    known = ladder()
    if known is None or not actor.has(Role.DATA_AUTHORITY):
        return False
    try:
        holder = identity.holder_of(Office(known.proposer))
    except NotFound:
        return False
    return actor.organization == holder.code and not live(code)


def turn_of(actor: Actor, found: TypeDispute) -> TypeDisputeStep | None:
    """The open turn, where it is this actor's to answer."""
    step = steps(found).filter(status="open").first()
    if step is None or step.organization is None or not answers(step.act):
        return None
    mine = policy.can_decide(
        actor,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        proposer_id=found.raised_by_id,
    )
    return step if mine else None


def can_withdraw(actor: Actor, found: TypeDispute) -> bool:
    return (
        found.status in {TypeStatus.PROPOSED, TypeStatus.ADVICE, TypeStatus.DECISION}
        and actor.organization == found.organization.code
        and actor.has(Role.DATA_AUTHORITY)
    )
