"""All reads of grants, scoped to who asks."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from gongshu import clock
from gongshu.errors import NotFound
from gongshu.grants import policy
from gongshu.grants.models import FeedClock, Grant
from gongshu.grants.states import GrantKind, GrantStatus
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role


def grants(
    by: Actor, *, resource: str = "", organization: str = "", status: str = "", source: str = ""
) -> QuerySet[Grant]:
    """The grants that ``by`` may know of, newest first.

    All of them for the authority and the auditor; for others those that their organisation holds or provides.
    """
    found = Grant.objects.all()
    if not by.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        found = found.filter(Q(organization=by.organization) | Q(provider=by.organization))
    if resource:
        found = found.filter(resource=resource)
    if organization:
        found = found.filter(organization=organization)
    if status == GrantStatus.ACTIVE:
        found = found.filter(status=status, valid_until__gt=clock.now())
    elif status == GrantStatus.EXPIRED:
        found = found.filter(Q(status=status) | Q(status=GrantStatus.ACTIVE, valid_until__lte=clock.now()))
    elif status:
        found = found.filter(status=status)
    if source:
        found = found.filter(source=source)
    return found


def grant(by: Actor, grant_id: str) -> Grant:
    found = grants(by).filter(grant_id=grant_id).first()
    if found is None:
        raise NotFound("grants.unknown", "没有这项授权，请核对编号。", "There is no such grant; check its number.")
    return found


def in_force(*, resource: str = "", organization: str = "") -> QuerySet[Grant]:
    """The grants that hold at this moment, for the rules of other packages; not scoped to a viewer."""
    moment = clock.now()
    found = Grant.objects.filter(status=GrantStatus.ACTIVE, valid_from__lte=moment, valid_until__gt=moment)
    if resource:
        found = found.filter(resource=resource)
    if organization:
        found = found.filter(organization=organization)
    return found


def public_grant(resource: str) -> Grant | None:
    """The grant of the open release of ``resource`` that holds now, or none: what the portal reads with."""
    return in_force(resource=resource).filter(kind=GrantKind.PUBLIC).first()


def public_resources() -> set[str]:
    """The resources that are open at this moment."""
    return set(in_force().filter(kind=GrantKind.PUBLIC).values_list("resource", flat=True))


def can_revoke(by: Actor, found: Grant) -> bool:
    return found.standing is GrantStatus.ACTIVE and policy.can_revoke(
        by, organization=found.organization, provider=found.provider
    )


def can_verify(by: Actor, found: Grant) -> bool:
    """On a page: the grant must not be for certain systems only, since the pages' is none of them."""
    return (
        found.standing is GrantStatus.ACTIVE
        and found.kind == GrantKind.SHARING
        and "verify" in found.modes
        and not found.clients
        and policy.can_verify(by, organization=found.organization)
    )


def can_limit(by: Actor, found: Grant) -> bool:
    return found.standing is GrantStatus.ACTIVE and policy.can_limit(by, provider=found.provider)


def feed_revision() -> int:
    """The revision that a gateway should have reached."""
    return FeedClock.objects.filter(pk=1).values_list("revision", flat=True).first() or 0


def by_ids(grant_ids: Sequence[str]) -> QuerySet[Grant]:
    """The grants of these ids, in their order of making; for the rules of other packages, not scoped to a viewer."""
    return Grant.objects.filter(grant_id__in=list(grant_ids)).order_by("pk")
