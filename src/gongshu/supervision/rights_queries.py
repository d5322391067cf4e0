"""Who holds which right in data: by law, by the unit's functions, and by the authorisations that run (xian-6 to xian-9).

Rights that come with an authorisation are read from the grants themselves, so they begin and end with them; those of an
operator end with its agreement as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.rights import RightRule, rights_of
from gongshu.errors import Text
from gongshu.grants import queries as grants
from gongshu.grants.states import STATUS_LABELS, GrantKind, GrantStatus
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import BodyKind, Office
from gongshu.operation import queries as operation
from gongshu.operation.states import DESIGNATION_LABELS, DesignationStatus
from gongshu.rules import Citation, Pack

if TYPE_CHECKING:
    from gongshu.catalog.models import Entry
    from gongshu.grants.models import Grant

USE, INCOME = "use", "income"
MANAGEMENT = "overall_management"
LABELS = {
    USE: Text("使用权", "use"),
    INCOME: Text("收益权", "income"),
    MANAGEMENT: Text("统筹管理权", "overall management"),
}
_BY_LAW = Text("法律规定", "by law")
_BY_FUNCTION = Text("法定职能", "by statutory functions")
_OUTSIDE_OFFICES = (Office.OPERATOR, Office.PUBLIC)
_OUTSIDE_BODIES = (BodyKind.ENTERPRISE, BodyKind.SOCIAL_ORGANIZATION)


@dataclass(frozen=True)
class Holding:
    """One right in the data of one entry. ``until`` is its last day, None where nothing ends it; ``running``: today.

    ``grant`` is the id of the grant that it rests on, empty where it is by law.
    """

    right: str
    label: Text
    holder: Text
    ground: Text
    citations: tuple[Citation, ...]
    resource: str
    title: str
    since: date | None = None
    until: date | None = None
    running: bool = True
    status: Text | None = None
    grant: str = ""


def of_entry(actor: Actor, found: Entry) -> list[Holding]:
    """All rights in the data of an entry: those of the law first, then the authorisations that ``actor`` may know of."""
    pack, today = rules.active(), clock.today()
    held = _by_law(found, pack, today)
    return held + by_grants(grants.grants(actor, resource=found.code).exclude(kind=GrantKind.PUBLIC))


def authorisations(actor: Actor, *, text: str = "", right: str = "", running: bool = False) -> QuerySet[Grant]:
    """The grants that give rights in data, newest first, as far as ``actor`` may know of them.

    ``right``: ``income`` leaves those of bodies outside the administration, which have income from re-use.
    """
    found = grants.grants(actor, status=GrantStatus.ACTIVE if running else "").exclude(kind=GrantKind.PUBLIC)
    if right == INCOME:
        found = found.filter(organization__in=_outside().values_list("code", flat=True))
    if word := text.replace("\x00", " ").strip():
        named = identity.organizations().filter(name__icontains=word).values_list("code", flat=True)
        titled = catalog.visible(actor).filter(title__icontains=word).values_list("code", flat=True)
        found = found.filter(
            Q(resource__icontains=word.replace("/", "-"))
            | Q(organization__in=list(named))
            | Q(resource__in=list(titled))
            | Q(grant_id=word)
        )
    return found.order_by("-created_at", "-id")


def by_grants(found: Iterable[Grant]) -> list[Holding]:
    """What each grant gives: the use, and to bodies outside the administration the income from re-use too."""
    rows = list(found)
    pack, today = rules.active(), clock.today()
    names = identity.names(grant.organization for grant in rows)
    titles = catalog.titles({grant.resource for grant in rows})
    outside = set(_outside().filter(code__in={g.organization for g in rows}).values_list("code", flat=True))
    agreements = operation.agreements([grant.grant_id for grant in rows])
    cited = pack.find("catalog.authorised_rights", on=today)
    held = []
    for grant in rows:
        agreement = agreements.get(grant.grant_id)
        begun = clock.local(grant.valid_from).date()
        until, running, status = grant.last_day, grant.standing is GrantStatus.ACTIVE, STATUS_LABELS[grant.standing]
        if grant.ended_at is not None:
            until = min(until, clock.local(grant.ended_at).date())
        if agreement is not None:
            standing = DesignationStatus(agreement.status)
            if agreement.valid_until is not None:
                until = min(until, agreement.valid_until)
            if running and standing is not DesignationStatus.ACTIVE:
                running, status = False, DESIGNATION_LABELS[standing]
        number = agreement.agreement or agreement.number if agreement is not None else ""
        ground = Text(
            f"授权 {grant.source}" + (f"，运营协议 {number}" if number else ""),
            f"authorised by {grant.source}" + (f", agreement {number}" if number else ""),
        )
        for right in (USE, INCOME) if grant.organization in outside else (USE,):
            held.append(
                Holding(
                    right=right,
                    label=LABELS[right],
                    holder=names.get(grant.organization, Text(grant.organization, grant.organization)),
                    ground=ground,
                    citations=tuple(cited.citations) if cited and grant.organization in outside else (),
                    resource=grant.resource,
                    title=titles.get(grant.resource, grant.title),
                    since=begun,
                    until=until,
                    running=running and begun <= today <= until,
                    status=status,
                    grant=grant.grant_id,
                )
            )
    return held


def manager() -> Text:
    """The body that exercises the overall management of data, by its local name."""
    return rules.active().office_name(Office.AUTHORITY, on=clock.today())


def known() -> tuple[Citation, ...]:
    """The articles that name the rights in data in this city; empty where its texts know none."""
    pack, today = rules.active(), clock.today()
    names = ("catalog.rights", "catalog.owner", "catalog.overall_management", "catalog.provider_rights",
             "catalog.authorised_rights")  # fmt: skip
    found = [value for name in names if (value := pack.find(name, on=today)) is not None]
    return tuple({one.id: one for value in found for one in value.citations}.values())


def _by_law(found: Entry, pack: Pack, today: date) -> list[Holding]:
    held = []
    managing = pack.find("catalog.overall_management", on=today)
    if managing is not None and managing.value:
        held.append(_fixed(found, MANAGEMENT, LABELS[MANAGEMENT], manager(), _BY_LAW, tuple(managing.citations)))
    labels = {one.id: one for one in rights_of(pack, today)}
    for right in catalog.data_of(found).rights:
        rule = labels.get(right.right)
        if rule is not None and right.holder.strip():
            holder = Text(right.holder, rule.owner.en if rule.owner else right.holder)
            held.append(_fixed(found, right.right, rule.label, holder, _ground(rule), rule.citations))
    return sorted(held, key=lambda one: one.right != "ownership")


def _fixed(
    found: Entry, right: str, label: Text, holder: Text, ground: Text, citations: tuple[Citation, ...]
) -> Holding:
    return Holding(right, label, holder, ground, citations, found.code, found.title)


def _ground(rule: RightRule) -> Text:
    return _BY_LAW if rule.owner is not None else _BY_FUNCTION


def _outside() -> QuerySet:  # type: ignore[type-arg]
    """Bodies outside the administration: they hold rights by authorisation only."""
    return identity.organizations().filter(Q(office__in=_OUTSIDE_OFFICES) | Q(body_kind__in=_OUTSIDE_BODIES))
