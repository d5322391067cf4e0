"""Whose turn it is to review an entry: the offices of the pack's ``catalog.review_by``, one after the other.

永嘉11: the unit's own reviewer agrees first, then the county's data center audits the update before it is published.
A pack without the parameter leaves the review to another person of the unit, or to the data authority, in one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet, Subquery

from gongshu import clock, rules
from gongshu.catalog.models import Entry, EntryEvent
from gongshu.catalog.policy import Turn
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.states import OWED
from gongshu.errors import Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

if TYPE_CHECKING:
    from gongshu.identity.models import Organization

DUTY = "catalog.review"
SUBMITTED = "submitted"


def offices() -> tuple[rules.Office, ...]:
    """The offices that review in turn today; empty where one review by the unit or the authority is enough."""
    found = rules.active().find("catalog.review_by", on=clock.today())
    return found.value if found else ()


def turn(entry: Entry) -> Turn | None:
    """Whose turn it is with what is under review; None where the pack names no order."""
    order = offices()
    if not order:
        return None
    last = (
        EntryEvent.objects.filter(entry=entry, action__in=_steps(order))
        .order_by("-id")
        .values_list("action", flat=True)
    ).first()
    return _turn(entry.provider, order, _steps(order).index(last or SUBMITTED))


def waiting_for(actor: Actor, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Those of ``entries``, all under review, whose next reviewer is of the actor's unit and role."""
    order = offices()
    steps = _steps(order)
    newest = EntryEvent.objects.filter(entry=OuterRef("pk"), action__in=steps).order_by("-id").values("action")[:1]
    mine = Q(pk__in=[])
    for office, after in zip(order, steps, strict=False):
        if office == rules.Office.PROVIDER:
            if actor.has(Role.PROVIDER):
                mine |= Q(reviewed_step=after, provider__code=actor.organization)
        elif actor.has(Role.DATA_AUTHORITY) and identity.holder_of(Office(office)).code == actor.organization:
            mine |= Q(reviewed_step=after)
    return entries.annotate(reviewed_step=Subquery(newest)).filter(mine)


def agree(by: Actor, entry: Entry, now: Turn, remark: str) -> bool:
    """Record that the office whose turn it is agrees; True when another one reviews after it and is told.

    The caller has checked the right to do so. The office that comes next owes its review within
    ``catalog.review_deadline``, where the pack has that.
    """
    close_duties(by, entry, "reviewed")
    if now.last:
        return False
    found = rules.active().find("catalog.review_by", on=clock.today())
    EntryEvent.objects.create(
        entry=entry,
        at=clock.now(),
        action=_step(now.office),
        person_id=by.person_id or None,
        remark=remark,
        details={"organization": by.organization},
        version=entry.version,
    )
    ledger.record(
        action="catalog.review_agreed",
        actor=by.ref,
        organization=by.organization,
        subject=entry.code,
        resource=entry.code,
        cites=[one.label("zh") for one in found.citations] if found else (),
        details={"title": entry.title, "office": now.office, "version": entry.version},
    )
    following = turn(entry)
    if following is not None:
        hand_over(by, entry, following)
    return True


def hand_over(by: Actor, entry: Entry, following: Turn) -> None:
    """Tell the next office, and open its duty where it is not the providing unit itself."""
    link = f"/console/catalog/{entry.code}/review/"
    notifications.notify(
        by=by,
        organization=following.organization,
        roles=(following.role,),
        kind="catalog.review",
        text=Text(f"待审核目录：{entry.title}", f"Catalog entry to review: {entry.title}"),
        link=link,
    )
    pack, day = rules.active(), clock.today()
    order, limit = pack.find("catalog.review_by", on=day), pack.find("catalog.review_deadline", on=day)
    if order is None or limit is None or following.role is Role.PROVIDER:
        return
    duties.open_duty(
        by=by,
        kind=DUTY,
        subject=entry.code,
        title=Text(f"审核目录：{entry.title}", f"Review the entry: {entry.title}"),
        link=link,
        organization=following.organization,
        role=following.role,
        pack=pack,
        citations=[one.as_json() for one in (*order.citations, *limit.citations)],
        days=limit.value.days,
        words=limit.value.words,
        concerned=entry.provider.code,
    )


def owe_review(by: Actor, entry: Entry) -> None:
    """An update of a published entry was handed in and no order of offices is set: the data authority reviews and
    publishes it within ``catalog.review_deadline``, where the pack has that (政务数据共享条例17).
    """
    pack, day = rules.active(), clock.today()
    limit = pack.find("catalog.review_deadline", on=day)
    if limit is None or not entry.version:
        return
    duties.open_duty(
        by=by,
        kind=DUTY,
        subject=entry.code,
        title=Text(f"审核并发布目录更新：{entry.title}", f"Review and publish the updated entry: {entry.title}"),
        link=f"/console/catalog/{entry.code}/review/",
        organization=identity.holder_of(Office.AUTHORITY).code,
        role=Role.DATA_AUTHORITY,
        pack=pack,
        citations=[one.as_json() for one in limit.citations],
        days=limit.value.days,
        words=limit.value.words,
        concerned=entry.provider.code,
    )


def close_duties(by: Actor, entry: Entry, outcome: str) -> None:
    """The review that was owed is done, whatever its outcome."""
    for duty in owed.of_subject(entry.code).filter(kind=DUTY, status__in=OWED):
        duties.close_duty(by=by, duty_id=duty.pk, outcome=outcome)


def _turn(provider: Organization, order: tuple[rules.Office, ...], place: int) -> Turn:
    office = order[min(place, len(order) - 1)]
    last = place >= len(order) - 1
    if office == rules.Office.PROVIDER:
        return Turn(
            str(office), provider.code, Text(provider.name, provider.name_en or provider.name), Role.PROVIDER, last
        )
    holder = identity.holder_of(Office(office))
    return Turn(str(office), holder.code, Text(holder.name, holder.name_en or holder.name), Role.DATA_AUTHORITY, last)


def _steps(order: tuple[rules.Office, ...]) -> list[str]:
    """The history's word before each office's turn: handed in, then agreed by the office before."""
    return [SUBMITTED, *(_step(str(office)) for office in order[:-1])]


def _step(office: str) -> str:
    return f"agreed_{office}"
