"""All reads of authorised operation, scoped to the viewer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Q, QuerySet

from gongshu import clock
from gongshu.duties.states import StepStatus
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.operation import policy, terms
from gongshu.operation.models import Barred, Correction, Demand, DemandStep, Designation, DesignationStep
from gongshu.operation.states import (
    DEMAND,
    LIVE,
    CorrectionStatus,
    DemandStatus,
    DesignationStatus,
)

SIGNED = (
    DesignationStatus.ACTIVE, DesignationStatus.SUSPENDED, DesignationStatus.ENDED, DesignationStatus.TERMINATED,
    DesignationStatus.EXPIRED,
)  # fmt: skip


def visible(actor: Actor) -> QuerySet[Designation]:
    """All for the offices and the auditor; one's own; where one's turn is; who is or was authorised, for the staff."""
    found = Designation.objects.select_related("organization")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(Q(organization__code=actor.organization) | Q(status__in=SIGNED))


def search(actor: Actor, *, filters: Mapping[str, str] | None = None) -> QuerySet[Designation]:
    found, status = visible(actor), (filters or {}).get("status", "")
    return (found.filter(status=status) if status in set(DesignationStatus) else found).order_by("-id")


def designation(actor: Actor, number: str) -> Designation:
    found = visible(actor).select_related("renews", "applicant").filter(number=number).first()
    if found is None:
        raise NotFound("operation.unknown", "没有这个编号的授权运营申报。", "There is no designation with that number.")
    return found


def sees_all(actor: Actor, found: Designation) -> bool:
    """Whether the viewer sees the file, and not only that the operator is authorised."""
    return actor.has(Role.DATA_AUTHORITY, Role.AUDITOR) or actor.organization == found.organization.code


def steps(found: Designation) -> QuerySet[DesignationStep]:
    return DesignationStep.objects.filter(designation=found).select_related("organization", "decided_by")


def step_for(actor: Actor, found: Designation) -> DesignationStep | None:
    """The open turn, if the viewer may take it."""
    step = steps(found).filter(status=StepStatus.OPEN).first()
    if step is None or step.organization is None:
        return None
    may = policy.can_decide(
        actor, organization=step.organization.code, is_provider=False, applicant=found.organization.code
    )
    return step if may else None


def is_last(found: Designation, step: DesignationStep) -> bool:
    return not steps(found).filter(position__gt=step.position).exists()


def corrections(found: Designation) -> QuerySet[Correction]:
    return Correction.objects.filter(designation=found).order_by("id")


def open_correction(found: Designation) -> Correction | None:
    live = (CorrectionStatus.ORDERED, CorrectionStatus.ANSWERED)
    return corrections(found).filter(status__in=live).first()


def held(actor: Actor) -> Designation | None:
    """The viewer's own live designation, newest first: applied for, in force or suspended."""
    found = Designation.objects.select_related("organization").filter(organization__code=actor.organization)
    return found.filter(status__in=LIVE).order_by("-id").first()


def renewal_opens(found: Designation) -> date | None:
    """The day from which renewal may be applied for; None where there is no agreement or no window."""
    if found.valid_until is None:
        return None
    return terms.window(found.valid_until, clock.today()).opens


def can_renew(actor: Actor, found: Designation) -> bool:
    opens = renewal_opens(found)
    return (
        actor.organization == found.organization.code
        and actor.has(Role.OPERATOR)
        and found.status == DesignationStatus.ACTIVE
        and (opens is None or opens <= clock.today())
        and not found.renewals.filter(status__in=LIVE).exists()
    )


def is_authority(actor: Actor) -> bool:
    return policy.can_office(actor, Office.AUTHORITY)


def is_operator(actor: Actor, found: Designation) -> bool:
    return actor.organization == found.organization.code and actor.has(Role.OPERATOR)


def visible_demands(actor: Actor) -> QuerySet[Demand]:
    """All for the offices and the auditor; else those of the operator, and those for data that the body provides."""
    found = Demand.objects.select_related("designation__organization", "entry", "entry__provider")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found.order_by("-id")
    own = Q(designation__organization__code=actor.organization) | Q(entry__provider__code=actor.organization)
    return found.filter(own).order_by("-id")


def demand(actor: Actor, number: str) -> Demand:
    found = visible_demands(actor).filter(number=number).first()
    if found is None:
        raise NotFound("operation.demand_unknown", "没有这个编号的数据需求。", "There is no demand with that number.")
    return found


def demand_steps(found: Demand) -> QuerySet[DemandStep]:
    return DemandStep.objects.filter(demand=found).select_related("organization", "decided_by")


def demand_step_for(actor: Actor, found: Demand) -> DemandStep | None:
    step = demand_steps(found).filter(status=StepStatus.OPEN).first()
    if step is None or step.organization is None:
        return None
    may = policy.can_decide(
        actor,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        applicant=found.designation.organization.code,
    )
    return step if may else None


def is_last_demand_step(found: Demand, step: DemandStep) -> bool:
    return not demand_steps(found).filter(position__gt=step.position).exists()


def can_ask_end(actor: Actor, found: Demand) -> bool:
    mine = actor.organization == found.entry.provider.code and actor.has(Role.PROVIDER)
    return mine and found.status == DemandStatus.SUPPLIED


def can_end(actor: Actor, found: Demand) -> bool:
    return is_authority(actor) and DEMAND.can(found.status, "end") and found.status != DemandStatus.ENDING


def agreements(grant_ids: Collection[str]) -> dict[str, Designation]:
    """The designation under which each of these grants was given to an operator, by the grant's id; not scoped."""
    found = Demand.objects.filter(grant_id__in=list(grant_ids)).select_related("designation")
    return {one.grant_id: one.designation for one in found}


def barred(code: str) -> Barred | None:
    """Why the resource must not be operated, if it must not."""
    return Barred.objects.filter(entry__code=code, lifted_at__isnull=True).first()


def barred_now() -> QuerySet[Barred]:
    """Everything that must not be operated, for the staff to see."""
    return Barred.objects.select_related("entry", "entry__provider").filter(lifted_at__isnull=True).order_by("-id")
