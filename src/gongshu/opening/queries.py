"""All reads of opening, scoped to the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from gongshu import clock, rules
from gongshu.errors import NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.opening import policy
from gongshu.opening.models import AccessRequest, Release, ReleaseStep, RequestStep
from gongshu.opening.states import ReleaseStatus, RequestStatus, StepStatus
from gongshu.rules import Citation


@dataclass(frozen=True)
class RouteStep:
    """One review or decision that a release would need under the city's pack."""

    position: int
    kind: str
    label: Text
    is_review: bool
    office: str
    organization: str
    organization_name: str
    days: int | None
    words: Text
    citations: tuple[Citation, ...]


def route(*, open_type: str, provider: str, on: date | None = None) -> list[RouteStep]:
    """The reviews that the pack requires, by the provider, and then those who decide."""
    day = on or clock.today()
    pack = rules.active()
    own = identity.organization(provider)
    steps: list[RouteStep] = []
    reviews = pack.value("opening.review_requires", on=day, body_kind=own.body_kind)
    for review in reviews.value:
        steps.append(
            RouteStep(
                len(steps) + 1, str(review), review.label, True, "provider", own.code, own.name, None, Text("", ""),
                reviews.citations,
            )
        )  # fmt: skip
    for step in pack.opening_route(open_type, on=day, body_kind=own.body_kind).steps:
        who = own if step.office == "provider" else identity.holder_of(Office(step.office))
        steps.append(
            RouteStep(
                len(steps) + 1, str(step.act), step.words, False, str(step.office), who.code, who.name, step.days,
                step.deadline_words or Text("", ""), step.citations,
            )
        )  # fmt: skip
    return steps


def visible(actor: Actor) -> QuerySet[Release]:
    found = Release.objects.select_related("entry", "entry__provider", "proposer")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(
        Q(entry__provider__code=actor.organization)
        | Q(pk__in=ReleaseStep.objects.filter(organization__code=actor.organization).values("release_id"))
    )


def release(actor: Actor, number: str) -> Release:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("opening.release_unknown", "没有这个编号的开放事项。", "There is no release with that number.")
    return found


def steps(found: Release) -> QuerySet[ReleaseStep]:
    return ReleaseStep.objects.filter(release=found).select_related("organization", "decided_by")


def open_step(found: Release) -> ReleaseStep | None:
    return steps(found).filter(status=StepStatus.OPEN).first()


def public_release(code: str) -> Release | None:
    """The release under which a resource is open now; for the portal, hence not scoped."""
    return Release.objects.filter(entry__code=code, status=ReleaseStatus.PUBLIC).order_by("-id").first()


def can_decide(actor: Actor, found: Release) -> bool:
    step = open_step(found)
    return step is not None and policy.can_decide(
        actor,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        proposer_id=found.proposer_id,
    )


def can_propose(actor: Actor, provider: str) -> bool:
    return policy.can_propose(actor, provider)


def can_withdraw(actor: Actor, found: Release) -> bool:
    return found.status in {ReleaseStatus.PUBLIC, ReleaseStatus.IN_REVIEW} and policy.can_withdraw(
        actor, found.entry.provider.code
    )


def visible_requests(actor: Actor) -> QuerySet[AccessRequest]:
    """One's own requests; those that the organisation provides for or decides; all for the authority and the auditor."""
    found = AccessRequest.objects.select_related("entry", "entry__provider", "applicant")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    own = Q(applicant_id=actor.person_id)
    if not actor.has(Role.PROVIDER):
        return found.filter(own)
    return found.filter(
        own
        | Q(entry__provider__code=actor.organization)
        | Q(pk__in=RequestStep.objects.filter(organization__code=actor.organization).values("request_id"))
    )


def request_steps(found: AccessRequest) -> QuerySet[RequestStep]:
    return RequestStep.objects.filter(request=found).select_related("organization", "decided_by")


def request(actor: Actor, number: str) -> AccessRequest:
    found = visible_requests(actor).filter(number=number).first()
    if found is None:
        raise NotFound("opening.request_unknown", "没有这个编号的开放申请。", "There is no request with that number.")
    return found


def own_requests(actor: Actor) -> QuerySet[AccessRequest]:
    """What this person asked for, whatever role they hold; newest first."""
    found = AccessRequest.objects.select_related("entry", "entry__provider")
    return found.filter(applicant_id=actor.person_id) if actor.person_id else found.none()


def search_requests(actor: Actor, *, text: str = "", status: str = "") -> QuerySet[AccessRequest]:
    """Requests by number, title or applicant, newest first."""
    found = visible_requests(actor)
    word = text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
    if word:
        found = found.filter(
            Q(number__icontains=word) | Q(entry__title__icontains=word) | Q(applicant_name__icontains=word)
        )
    return found.filter(status=status) if status in set(RequestStatus) else found


def turn_of(actor: Actor, found: AccessRequest) -> RequestStep | None:
    """The open turn, where it is this actor's and nothing is to be completed first."""
    if found.status not in {RequestStatus.PENDING, RequestStatus.REVIEW}:
        return None
    step = request_steps(found).filter(status=StepStatus.OPEN).first()
    if step is None or step.organization is None:
        return None
    mine = policy.can_decide(
        actor,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        proposer_id=found.applicant_id,
    )
    return step if mine else None


def can_provide(actor: Actor, found: AccessRequest) -> bool:
    """Whether it is this actor who hands over what was approved."""
    return found.status == RequestStatus.APPROVED and policy.can_provide(actor, found.entry.provider.code)
