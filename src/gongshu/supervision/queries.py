"""All reads of supervision, scoped to the viewer."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from gongshu import clock
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.supervision import policy
from gongshu.supervision.models import Finding, FindingEvent
from gongshu.supervision.procedure import procedure
from gongshu.supervision.states import FINDING, Against, FindingStatus

_UNSEEN = (FindingStatus.PROPOSED, FindingStatus.DISMISSED)  # an organisation learns of a violation when it is ordered


def visible(actor: Actor) -> QuerySet[Finding]:
    """All for those who supervise; for others what concerns their organisation, and what was circulated about anyone."""
    found = Finding.objects.select_related("organization")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    own = Q(organization__code=actor.organization) & ~Q(status__in=_UNSEEN)
    return found.filter(own | Q(circulated_at__isnull=False))


def search(actor: Actor, *, text: str = "", filters: Mapping[str, str] | None = None) -> QuerySet[Finding]:
    """Visible findings by words, ``status`` and ``circulated``; newest first."""
    found, wanted = visible(actor), dict(filters or {})
    if text := text.strip():
        found = found.filter(
            Q(number__icontains=text)
            | Q(organization__name__icontains=text)
            | Q(organization__name_en__icontains=text)
            | Q(kind_zh__icontains=text)
            | Q(kind_en__icontains=text)
        )
    if wanted.get("status") in set(FindingStatus):
        found = found.filter(status=wanted["status"])
    return found.order_by("-id")


def circulars() -> QuerySet[Finding]:
    """Who was circulated about, newest first; every organisation on the platform may read it."""
    found = Finding.objects.select_related("organization").filter(circulated_at__isnull=False)
    return found.order_by("-circulated_at", "-id")


def finding(actor: Actor, number: str) -> Finding:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("supervision.unknown", "没有这个编号的违规事项。", "There is no finding with that number.")
    return found


def sees_all(actor: Actor, found: Finding) -> bool:
    """Whether the viewer sees the file, and not only the circular."""
    return actor.has(Role.DATA_AUTHORITY, Role.AUDITOR) or actor.organization == found.organization.code


def history(found: Finding) -> QuerySet[FindingEvent]:
    return FindingEvent.objects.filter(finding=found).select_related("person").order_by("id")


def can_find(actor: Actor) -> bool:
    return policy.can_find(actor)


def possible(actor: Actor, found: Finding) -> tuple[str, ...]:
    """The acts that the viewer may do to the finding now, for the page to offer."""
    rule = procedure()
    others = actor.organization != found.organization.code
    orders = rule.order is not None and policy.can_office(actor, rule.order.office) and others
    circulates = rule.circulate is not None and policy.can_office(actor, rule.circulate.office) and others
    answers = actor.organization == found.organization.code and actor.has(*policy.ANSWERERS)
    late = found.due_on is None or clock.today() > found.due_on or found.status == FindingStatus.ANSWERED
    offered = {
        "order": orders and found.against == Against.BODY,
        "dismiss": orders,
        "accept": orders,
        "extend": orders,
        "fail": orders and late,
        "answer": answers,
        "circulate": circulates,
        "hand_on": (orders or circulates) and bool(rule.ways),
    }
    return tuple(name for name, may in offered.items() if may and FINDING.can(found.status, name))
