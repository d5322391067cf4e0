"""All reads of statutory duties, and what a unit's items are without one (永嘉14: 采集应按照部门法定职责)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from gongshu import clock, rules
from gongshu.catalog.checking import Finding, Severity
from gongshu.catalog.draft import EntryData
from gongshu.catalog.mandate_models import Mandate, MandateException
from gongshu.catalog.models import Entry, Item
from gongshu.catalog.shape import normal
from gongshu.catalog.states import EntryStatus
from gongshu.errors import NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

PARAMETER = "collection.by_mandate"


@dataclass(frozen=True)
class Beyond:
    """An item of a published entry that no duty of its unit names; ``reason`` is empty where none was given."""

    code: str
    entry_title: str
    provider: Text
    item: str
    title: str
    reason: str


def law() -> tuple[rules.Citation, ...]:
    """The articles that tie collection to statutory duties; empty where the city's rules do not."""
    found = rules.active().find(PARAMETER, on=clock.today())
    return tuple(found.citations) if found and found.value else ()


def visible(actor: Actor) -> QuerySet[Mandate]:
    """The duties of the own unit; all for the data authority and the auditor."""
    found = Mandate.objects.select_related("organization").filter(ended_at__isnull=True)
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(organization__code=actor.organization)


def mandate(actor: Actor, number: str) -> Mandate:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("catalog.mandate_unknown", "没有这个编号的法定职责。", "There is no duty with that number.")
    return found


def can_keep(actor: Actor) -> bool:
    return actor.has(Role.PROVIDER)


def named(organization: str) -> frozenset[str] | None:
    """Every title that the unit's duties name, as compared; None where the unit registered no duty yet."""
    rows = list(Mandate.objects.filter(organization__code=organization, ended_at__isnull=True).values_list("data"))
    return frozenset(normal(title) for (data,) in rows for title in data) if rows else None


def findings(draft: EntryData, code: str = "") -> Iterator[Finding]:
    """Items beyond the unit's duties: an error until a reason is on record, then a warning that the reviewer reads."""
    cites = law()
    known = named(draft.provider) if cites and draft.items else None
    if known is None:
        return
    beyond = [(row, item) for row, item in enumerate(draft.items, start=1) if normal(item.title) not in known]
    if not beyond:
        return
    given = dict(MandateException.objects.filter(entry__code=code).values_list("item", "reason")) if code else {}
    for row, item in beyond:
        reason = given.get(item.name, "")
        said = Text(
            f"第 {row} 个信息项“{item.title}”不在本单位已登记法定职责所需数据之内："
            "请去掉，补登职责，或在“法定职责”页说明理由。",
            f"Item {row}, “{item.title}”, is needed by no registered duty of the unit: drop it, register the duty, or give "
            "the reason on the page of statutory duties.",
        )
        if reason:
            said = Text(
                f"第 {row} 个信息项“{item.title}”超出已登记法定职责，提供单位说明：{reason}",
                f"Item {row}, “{item.title}”, is beyond the registered duties; the unit explains: {reason}",
            )
        severity = Severity.WARNING if reason else Severity.ERROR
        yield Finding("beyond_mandate", severity, "title", row, said, PARAMETER, cites)


def beyond(actor: Actor, *, limit: int = 500) -> list[Beyond]:
    """Items of the entries that the actor keeps or oversees, published or being drafted, which no duty names."""
    entries = Entry.objects.exclude(status=EntryStatus.WITHDRAWN)
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        entries = entries.filter(provider__code=actor.organization)
    by_unit: dict[str, set[str]] = {}
    for unit, data in Mandate.objects.filter(ended_at__isnull=True).values_list("organization__code", "data"):
        by_unit.setdefault(unit, set()).update(normal(title) for title in data)
    items = Item.objects.filter(entry__in=entries, entry__provider__code__in=list(by_unit))
    found = [
        item
        for item in items.select_related("entry__provider").order_by("entry_id", "position")
        if normal(item.title) not in by_unit[item.entry.provider.code]
    ][:limit]
    reasons = {
        (one.entry_id, one.item): one.reason
        for one in MandateException.objects.filter(entry__in={item.entry_id for item in found})
    }
    return [
        Beyond(
            item.entry.code,
            item.entry.title,
            Text(item.entry.provider.say("zh"), item.entry.provider.say("en")),
            item.name,
            item.title,
            reasons.get((item.entry_id, item.name), ""),
        )
        for item in found
    ]


def unregistered() -> list[str]:
    """Codes of the units that have published entries and registered no duty."""
    have = Mandate.objects.filter(ended_at__isnull=True).values("organization_id")
    entries = Entry.objects.filter(status=EntryStatus.PUBLISHED).exclude(provider__in=have)
    return sorted(set(entries.order_by().values_list("provider__code", flat=True)))
