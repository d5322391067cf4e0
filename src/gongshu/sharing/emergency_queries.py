"""Reads of emergencies: which are on, what was asked for and granted under each."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from gongshu.errors import Conflict, NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.rules import Citation, Deadline
from gongshu.sharing import emergency_policy
from gongshu.sharing.emergency_rules import EmergencyRules, of_today
from gongshu.sharing.models import Application, Emergency
from gongshu.sharing.states import EmergencyStatus


def search(*, text: str = "", status: str = "") -> QuerySet[Emergency]:
    """Emergencies by number or name, newest first: everybody on the staff may know of them."""
    found = Emergency.objects.select_related("organization", "declared_by")
    word = text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
    if word:
        found = found.filter(Q(number__icontains=word) | Q(title__icontains=word))
    return found.filter(status=status) if status in set(EmergencyStatus) else found


def emergency(number: str) -> Emergency:
    found = Emergency.objects.select_related("organization", "declared_by", "ended_by").filter(number=number).first()
    if found is None:
        raise NotFound(
            "sharing.emergency_unknown", "没有这个编号的突发事件。", "There is no emergency with that number."
        )
    return found


def live() -> QuerySet[Emergency]:
    """Those that are not over."""
    return Emergency.objects.filter(status=EmergencyStatus.DECLARED)


def for_sharing() -> tuple[list[Emergency], EmergencyRules | None]:
    """What an application may be filed under now, and the pack's rules; nothing where it knows no such sharing."""
    known = of_today()
    if known is None or known.sharing is None:
        return [], None
    return list(live()), known


def for_opening() -> tuple[list[Emergency], EmergencyRules | None]:
    """As :func:`for_sharing`, for releases."""
    known = of_today()
    if known is None or known.opening is None:
        return [], None
    return list(live()), known


def open_under(number: str) -> tuple[Emergency, Deadline, tuple[Citation, ...]]:
    """The emergency ``number``, for a release: it is on, and the pack gives opening a time in it (yongjia-33)."""
    known, found = of_today(), emergency(number)
    if known is None or known.opening is None:
        raise Conflict(
            "sharing.no_emergency_opening",
            "本市规则没有规定突发事件中的数据开放，请按一般程序提出。",
            "The city's rules do not provide for opening in an emergency; propose in the ordinary way.",
            field="emergency",
        )
    emergency_policy.check_live(number=found.number, live=found.is_live)
    return found, known.opening, known.opening_citations


def can_declare(actor: Actor) -> bool:
    return emergency_policy.can_declare(actor) and of_today() is not None


def can_end(actor: Actor, found: Emergency) -> bool:
    return found.status == EmergencyStatus.DECLARED and emergency_policy.can_declare(actor)


def applications(actor: Actor, found: Emergency) -> QuerySet[Application]:
    """What was asked for under it, as far as the actor may see it; oldest first."""
    filed = Application.objects.filter(emergency=found).select_related("entry", "entry__provider", "organization")
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        filed = filed.filter(Q(organization__code=actor.organization) | Q(entry__provider__code=actor.organization))
    return filed.order_by("pk")
