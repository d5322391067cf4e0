"""All reads about sources, scoped to the viewer."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from gongshu.collection import policy
from gongshu.collection.models import Run, Source
from gongshu.collection.states import UNFINISHED, Direction, SourceStatus
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role


def sources(actor: Actor, *, text: str = "", resource: str = "", kind: str = "", status: str = "") -> QuerySet[Source]:
    """Sources that ``actor`` may know of, newest first; removed ones only when ``status`` asks for them."""
    found = Source.objects.select_related("provider", "created_by")
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR) and not (actor.person_id == 0 and not actor.is_anonymous):
        found = found.filter(provider__code=actor.organization)
    found = found.filter(status=status) if status else found.exclude(status=SourceStatus.REMOVED)
    if text:
        found = found.filter(Q(name__icontains=text) | Q(title__icontains=text) | Q(resource__icontains=text))
    if kind:
        found = found.filter(kind=kind)
    return found.filter(resource=resource) if resource else found


def of_resources(resources: Collection[str]) -> list[Source]:
    """The sources of these entries that were not removed; for supervision, not scoped to a viewer."""
    found = Source.objects.filter(resource__in=list(resources), direction=Direction.IN)
    return list(found.exclude(status=SourceStatus.REMOVED).order_by("resource", "id"))


def source(actor: Actor, source_id: str) -> Source:
    """One source. NotFound also when the viewer may not know of it."""
    found = Source.objects.select_related("provider", "created_by").filter(pk=source_id).first()
    if found is None or not policy.can_see(actor, found.provider.code):
        raise NotFound("source.unknown", "没有这个接入来源。", "There is no such source.")
    return found


def runs(found: Source) -> QuerySet[Run]:
    """The turns of a source, newest first."""
    return Run.objects.filter(source=found).select_related("provider", "submitted_by").order_by("-submitted_at", "-id")


def running(found: Source) -> bool:
    return Run.objects.filter(source=found, status__in=UNFINISHED).exists()


def can_manage(actor: Actor, found: Source) -> bool:
    return found.status != SourceStatus.REMOVED and policy.can_submit(actor, found.provider.code)
