"""All reads of access tokens."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from gongshu import clock
from gongshu.errors import Text
from gongshu.identity import policy, queries
from gongshu.identity.actor import Actor
from gongshu.identity.models import AccessToken


def own(by: Actor) -> QuerySet[AccessToken]:
    """One's own tokens, newest first, with those that have ended."""
    return AccessToken.objects.select_related("organization", "person").filter(person_id=by.person_id)


def managed(by: Actor, *, text: str = "", live: bool = False) -> QuerySet[AccessToken]:
    """Everybody's tokens, for who manages people; by name of the token, of the person, or of the organisation."""
    policy.check_manage_people(by, separation=queries.separation())
    found = AccessToken.objects.select_related("organization", "person")
    word = text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
    if word:
        found = found.filter(
            Q(name__icontains=word)
            | Q(person__username__icontains=word)
            | Q(person__display_name__icontains=word)
            | Q(organization__name__icontains=word)
        )
    return found.filter(revoked_at__isnull=True, valid_until__gt=clock.now()) if live else found


def standing(token: AccessToken) -> tuple[str, Text]:
    """Whether it still works, by itself: (``active`` | ``expired`` | ``revoked``, in words)."""
    if token.revoked_at:
        return "revoked", Text("已撤销", "Revoked")
    if token.valid_until <= clock.now():
        return "expired", Text("已过期", "Expired")
    return "active", Text("使用中", "Active")
