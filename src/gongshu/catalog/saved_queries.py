"""Reads of what people keep an eye on, and of the synonyms."""

from __future__ import annotations

from django.db.models import QuerySet

from gongshu.catalog.models import SavedSearch, Subscription, SynonymGroup
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor


def searches(actor: Actor) -> QuerySet[SavedSearch]:
    """The actor's own saved searches, the latest first."""
    return SavedSearch.objects.filter(person_id=actor.person_id)


def search(actor: Actor, search_id: int) -> SavedSearch:
    found = searches(actor).filter(pk=search_id).first()
    if found is None:
        raise NotFound("catalog.search_unknown", "没有这个已保存的检索。", "There is no such saved search.")
    return found


def subscriptions(actor: Actor) -> QuerySet[Subscription]:
    """The entries that the actor follows, the latest first."""
    return Subscription.objects.filter(person_id=actor.person_id).select_related("entry", "entry__provider")


def follows(actor: Actor, code: str) -> bool:
    return bool(actor.person_id) and Subscription.objects.filter(person_id=actor.person_id, entry__code=code).exists()


def synonym_groups(text: str = "") -> QuerySet[SynonymGroup]:
    """The groups, those with ``text`` in one of their words."""
    groups = SynonymGroup.objects.select_related("changed_by").order_by("words", "pk")
    return groups.filter(words__icontains=text.replace("\x00", "")) if text else groups
