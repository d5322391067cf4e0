"""Writes of what people keep an eye on, and of the synonyms. Nobody else's affair but theirs: no leaf in the ledger for the
first; the synonyms change what everybody finds, and have one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from django.db import transaction

from gongshu import clock
from gongshu.catalog import finding, queries
from gongshu.catalog.models import SavedSearch, Subscription, SynonymGroup
from gongshu.catalog.search.words import normal
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger

MOST_SEARCHES = 50
MOST_SUBSCRIPTIONS = 500
MOST_WORDS = 20


@transaction.atomic
def save_search(*, by: Actor, text: str, filters: Mapping[str, str]) -> SavedSearch:
    """Keep a search of the public catalog; saving the same again answers the one there is."""
    _check_person(by)
    said = normal(text)[:100]
    allowed = {*finding.FACETS, *finding.FLAGS} - {"status"}
    chosen = {name: normal_value(value) for name, value in sorted(filters.items()) if value and name in allowed}
    if not said and not chosen:
        raise GongshuError(
            "catalog.search_empty",
            "请先输入检索词或选择筛选条件，再保存检索。",
            "Type words or choose a filter before you save the search.",
        )
    if SavedSearch.objects.filter(person_id=by.person_id).count() >= MOST_SEARCHES:
        raise Conflict(
            "catalog.searches_many",
            f"最多保存 {MOST_SEARCHES} 个检索，请先删除不再需要的。",
            f"You can keep {MOST_SEARCHES} searches; remove some first.",
        )
    key = hashlib.sha256(json.dumps([said, chosen], ensure_ascii=False).encode()).hexdigest()
    found, _ = SavedSearch.objects.get_or_create(
        person_id=by.person_id, key=key, defaults={"text": said, "filters": chosen, "created_at": clock.now()}
    )
    return found


@transaction.atomic
def forget_search(*, by: Actor, search_id: int) -> None:
    """Keep one's own search no longer."""
    gone, _ = SavedSearch.objects.filter(person_id=by.person_id, pk=search_id).delete()
    if not gone:
        raise NotFound("catalog.search_unknown", "没有这个已保存的检索。", "There is no such saved search.")


@transaction.atomic
def subscribe(*, by: Actor, code: str) -> Subscription:
    """Hear of an entry that one can see."""
    _check_person(by)
    entry = queries.entry(by, code)
    if Subscription.objects.filter(person_id=by.person_id).count() >= MOST_SUBSCRIPTIONS:
        raise Conflict(
            "catalog.subscriptions_many",
            f"最多订阅 {MOST_SUBSCRIPTIONS} 项，请先取消不再需要的。",
            f"You can follow {MOST_SUBSCRIPTIONS} entries; leave some first.",
        )
    found, _ = Subscription.objects.get_or_create(
        person_id=by.person_id, entry=entry, defaults={"created_at": clock.now()}
    )
    return found


@transaction.atomic
def unsubscribe(*, by: Actor, code: str) -> None:
    """Hear no more of it; leaving what one does not follow changes nothing."""
    Subscription.objects.filter(person_id=by.person_id, entry__code=code).delete()


@transaction.atomic
def set_synonyms(*, by: Actor, words: Sequence[str], group_id: int | None = None) -> SynonymGroup:
    """A new group of words that mean the same, or other words for a group there is."""
    check_synonyms(by)
    found = list(dict.fromkeys(said for word in words if (said := normal(word).replace(" ", ""))))
    if len(found) < 2 or len(found) > MOST_WORDS or any(len(word) > 30 for word in found):
        raise GongshuError(
            "catalog.synonyms_words",
            f"每组同义词须有 2 至 {MOST_WORDS} 个词，每个词不超过 30 个字。",
            f"A group has 2 to {MOST_WORDS} words of at most 30 characters each.",
        )
    joined = " ".join(found)
    if len(joined) > 300:
        raise GongshuError("catalog.synonyms_long", "这组同义词过长，请分成几组。", "The group is too long; split it.")
    if SynonymGroup.objects.filter(words=joined).exclude(pk=group_id).exists():
        raise Conflict("catalog.synonyms_twice", "已有相同的一组同义词。", "That group exists already.")
    group = _group(group_id) if group_id is not None else SynonymGroup()
    group.words, group.changed_at, group.changed_by_id = joined, clock.now(), by.person_id or None
    group.save()
    _record(by, "catalog.synonyms_changed", group)
    return group


@transaction.atomic
def remove_synonyms(*, by: Actor, group_id: int) -> None:
    """The words of the group mean no longer the same."""
    check_synonyms(by)
    group = _group(group_id)
    _record(by, "catalog.synonyms_removed", group)
    group.delete()


def check_synonyms(by: Actor) -> None:
    """What everybody finds is the data authority's to say; processes act for whoever can run commands here."""
    if not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "catalog.synonyms_authority",
            "同义词由数据主管部门维护。",
            "The data authority keeps the synonyms.",
        )


def normal_value(value: str) -> str:
    return value.replace("\x00", "").strip()[:100]


def _check_person(by: Actor) -> None:
    if not by.person_id:
        raise NotAllowed("catalog.sign_in", "请先登录。", "Sign in first.")


def _group(group_id: int) -> SynonymGroup:
    group = SynonymGroup.objects.select_for_update(of=("self",)).filter(pk=group_id).first()
    if group is None:
        raise NotFound("catalog.synonyms_unknown", "没有这组同义词。", "There is no such group of synonyms.")
    return group


def _record(by: Actor, action: str, group: SynonymGroup) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=f"synonyms:{group.pk or 0}",
        details={"words": group.words},
    )
