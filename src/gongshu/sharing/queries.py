"""All reads of sharing, scoped to the viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from gongshu import clock, rules
from gongshu.errors import NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import Citation
from gongshu.rules.shapes import ExtensionRule
from gongshu.sharing import policy
from gongshu.sharing.models import Application, Dispute, DisputeStep, Step
from gongshu.sharing.states import ApplicationStatus, DisputeStatus, StepStatus


@dataclass(frozen=True)
class RouteStep:
    """Who must decide, doing what, by which day (None: the article names no number, see ``words``).

    Steps of one ``stage`` are decided together, each by its own office.
    """

    stage: int
    position: int
    office: str
    act: str
    act_label: Text
    organization: str
    organization_name: str
    days: int | None
    words: Text
    due_on: date | None
    provisional: bool
    citations: tuple[Citation, ...]
    extension: ExtensionRule | None = None


@dataclass(frozen=True)
class Way:
    """How a body would come to the data: whether anybody decides, by which steps, in the words of which article."""

    access: rules.Access
    words: Text
    steps: tuple[RouteStep, ...]
    citations: tuple[Citation, ...]
    binding: bool
    agreement: bool


def route(*, share_type: str, mode: str, provider: str, on: date | None = None, collected: bool = True) -> Way:
    """The way that an application would go under the city's pack, were it filed on ``on``.

    ``provider`` is the organisation that must answer: its kind of body says which texts bind it. Due dates are counted
    as if every stage began when the one before it fell due.
    """
    day = on or clock.today()
    own = identity.organization(provider)
    found = rules.active().route(share_type, on=day, mode=mode, collected=collected, body_kind=own.body_kind)
    steps: list[RouteStep] = []
    begins = {1: day}
    for position, step in enumerate(found.steps, start=1):
        who = own if step.office == "provider" else identity.holder_of(Office(step.office))
        due = step.due(begins.setdefault(step.stage, day))
        begins[step.stage + 1] = max(begins.get(step.stage + 1, day), due.on if due else begins[step.stage])
        steps.append(
            RouteStep(
                stage=step.stage,
                position=position,
                office=str(step.office),
                act=str(step.act),
                act_label=step.words,
                organization=who.code,
                organization_name=who.name,
                days=step.days,
                words=step.deadline_words or Text("", ""),
                due_on=due.on if due else None,
                provisional=due is not None and not due.firm,
                citations=step.citations,
                extension=step.extension,
            )
        )
    return Way(found.access, found.words, tuple(steps), found.citations, found.binding, found.agreement)


def visible(actor: Actor) -> QuerySet[Application]:
    """Applications that the actor's organisation filed, must decide or provides the data for; all for the authority."""
    found = Application.objects.select_related("entry", "entry__provider", "organization", "applicant")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(
        Q(organization__code=actor.organization)
        | Q(entry__provider__code=actor.organization)
        | Q(pk__in=Step.objects.filter(organization__code=actor.organization).values("application_id"))
    )


def search(actor: Actor, *, text: str = "", filters: Mapping[str, str] | None = None) -> QuerySet[Application]:
    """Applications by number, title or organisation, newest first."""
    found = visible(actor)
    if text.strip():
        word = text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
        found = found.filter(
            Q(number__icontains=word) | Q(entry__title__icontains=word) | Q(organization__name__icontains=word)
        )
    for name in ("status", "entry__code"):
        if filters and filters.get(name):
            found = found.filter(**{name: filters[name]})
    return found


def application(actor: Actor, number: str) -> Application:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound(
            "sharing.application_unknown", "没有这个编号的申请。", "There is no application with that number."
        )
    return found


def steps(found: Application) -> QuerySet[Step]:
    return Step.objects.filter(application=found).select_related("organization", "decided_by")


def open_steps(found: Application) -> QuerySet[Step]:
    """The steps whose turn it is."""
    return steps(found).filter(status=StepStatus.OPEN)


def step_for(actor: Actor, found: Application) -> Step | None:
    """The open step that the actor may decide, if any."""
    for step in open_steps(found):
        if policy.can_decide(
            actor, organization=step.organization.code, office=step.office, applicant_id=found.applicant_id
        ):
            return step
    return None


def can_apply(actor: Actor, provider: str) -> bool:
    return policy.can_apply(actor, provider)


def can_withdraw(actor: Actor, found: Application) -> bool:
    return found.status in {ApplicationStatus.PENDING, ApplicationStatus.RETURNED} and policy.can_withdraw(
        actor, found.organization.code
    )


def visible_disputes(actor: Actor) -> QuerySet[Dispute]:
    """Disputes that the actor's organisation raised, answers or must settle; all for the authority and the auditor."""
    found = Dispute.objects.select_related("entry", "entry__provider", "organization", "application")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(
        Q(organization__code=actor.organization)
        | Q(entry__provider__code=actor.organization)
        | Q(pk__in=DisputeStep.objects.filter(organization__code=actor.organization).values("dispute_id"))
    )


def dispute(actor: Actor, number: str) -> Dispute:
    found = visible_disputes(actor).filter(number=number).first()
    if found is None:
        raise NotFound("sharing.dispute_unknown", "没有这个编号的争议。", "There is no dispute with that number.")
    return found


def dispute_steps(found: Dispute) -> QuerySet[DisputeStep]:
    return DisputeStep.objects.filter(dispute=found).select_related("organization", "settled_by")


def can_settle(actor: Actor, found: Dispute) -> bool:
    """Whether it is the actor's turn."""
    return any(
        step.organization is not None
        and policy.can_settle(
            actor, office=step.office, organization=step.organization.code, raiser_id=found.raised_by_id
        )
        for step in dispute_steps(found).filter(status="open")
    )


def can_raise(actor: Actor, found: Application) -> bool:
    """Whether the actor's organisation may dispute this refusal."""
    return (
        found.status == ApplicationStatus.REFUSED
        and actor.organization == found.organization.code
        and actor.has(Role.CONSUMER, Role.OPERATOR)
        and not Dispute.objects.filter(application=found).exclude(status=DisputeStatus.WITHDRAWN).exists()
    )
