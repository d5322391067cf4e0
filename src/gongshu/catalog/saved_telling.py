"""Notices to those who keep an eye on entries: after the index has a change, in the transaction that marks it told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gongshu import clock
from gongshu.catalog.models import Entry, EntryEvent, SavedSearch, Subscription
from gongshu.catalog.search.question import Question
from gongshu.catalog.states import EntryStatus
from gongshu.errors import Text
from gongshu.identity.actor import Actor
from gongshu.notifications import actions as notifications

Matching = Callable[[Question, Sequence[int]], tuple[int, ...]]

# What readers can see of an entry; drafts and reviews are nobody's notice.
NEWS: dict[str, Text] = {
    "published": Text("目录已发布新版本", "a new version of the entry is published"),
    "data": Text("数据已更新", "the data were renewed"),
    "opened": Text("已向社会开放", "it is open to the public now"),
    "closed": Text("已停止开放", "it is no longer open"),
    "withdrawn": Text("目录已撤下", "the entry was withdrawn"),
}
MATCHES = {"published", "opened"}  # what makes an entry news for a saved search
NAMED = 3


def tell(*, by: Actor, events: Sequence[EntryEvent], matching: Matching | None) -> int:
    """Tell subscribers and those whose saved search now finds something; how many notices were written."""
    seen = [event for event in events if event.action in NEWS]
    if not seen:
        return 0
    return _tell_subscribers(by, seen) + (_tell_searchers(by, seen, matching) if matching else 0)


def _tell_subscribers(by: Actor, events: Sequence[EntryEvent]) -> int:
    told = 0
    moment = clock.now()
    latest = {(event.entry_id, event.action): event for event in events}  # many at once are one piece of news
    rows = Subscription.objects.filter(entry_id__in={pk for pk, _ in latest}, person__is_active=True)
    subscriptions = list(rows.select_related("entry").order_by("pk"))
    for (pk, action), event in latest.items():
        for one in subscriptions:
            # Who acted knows; and what happened before one subscribed is no news.
            if one.entry_id != pk or one.created_at > event.at or one.person_id == event.person_id:
                continue
            entry, news = one.entry, NEWS[action]
            # A withdrawn entry has no public page any more; the list of subscriptions still names it.
            gone = entry.status != EntryStatus.PUBLISHED
            notifications.tell_person(
                by=by,
                person_id=one.person_id,
                kind="catalog.subscription",
                text=Text(f"您订阅的“{entry.title}”：{news.zh}。", f"“{entry.title}”, which you follow: {news.en}."),
                link="/account/following/" if gone else f"/datasets/{entry.code}/",
            )
            Subscription.objects.filter(pk=one.pk).update(told_at=moment)
            told += 1
    return told


def _tell_searchers(by: Actor, events: Sequence[EntryEvent], matching: Matching) -> int:
    fresh = {event.entry_id: event for event in events if event.action in MATCHES}
    if not fresh:
        return 0
    titles = dict(
        Entry.objects.filter(pk__in=fresh, status=EntryStatus.PUBLISHED).order_by("pk").values_list("pk", "title")
    )
    told = 0
    moment = clock.now()
    asked: dict[str, tuple[int, ...]] = {}
    for saved in SavedSearch.objects.filter(person__is_active=True).order_by("pk").iterator():
        if saved.key not in asked:
            asked[saved.key] = matching(question_of(saved), sorted(titles)) if titles else ()
        hits = [pk for pk in asked[saved.key] if fresh[pk].at >= saved.created_at]
        hits = [pk for pk in hits if fresh[pk].person_id != saved.person_id]
        if not hits:
            continue
        names = "、".join(titles[pk] for pk in hits[:NAMED]) + ("……" if len(hits) > NAMED else "")
        shown = saved.text or "、".join(saved.filters.values())
        notifications.tell_person(
            by=by,
            person_id=saved.person_id,
            kind="catalog.saved_search",
            text=Text(
                f"您保存的检索“{shown}”有 {len(hits)} 项新内容：{names}",
                f"Your saved search “{shown}” has {len(hits)} new: {names}",
            ),
            link=f"/account/following/{saved.pk}/",
        )
        SavedSearch.objects.filter(pk=saved.pk).update(told_at=moment)
        told += 1
    return told


def question_of(saved: SavedSearch) -> Question:
    """A saved search as a question about published entries."""
    return Question(text=saved.text, filters={name: (value,) for name, value in saved.filters.items() if value})
