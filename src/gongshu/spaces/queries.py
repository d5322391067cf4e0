"""All reads of data stores: which table lies in which, what they hold, who may use them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.errors import NotFound
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import Citation
from gongshu.spaces import policy
from gongshu.spaces.models import Member, Placement, Reservation, Space, TableUse
from gongshu.spaces.policy import Usage
from gongshu.spaces.states import Right, SpaceStatus

OPENERS = "collection.stores_opened_by"


@dataclass(frozen=True)
class Nearest:
    """Which open store the tables of each organisation lie in: its own, or that of the nearest one above it."""

    by_organization: Mapping[int, int]

    def organizations(self, space: int) -> list[int]:
        return [organization for organization, found in self.by_organization.items() if found == space]


def openers() -> tuple[str, ...]:
    """The offices that open stores today; the authority where the rules name none."""
    found = rules.active().find(OPENERS, on=clock.today())
    named = tuple(str(office) for office in found.value) if found else ()
    held = set()
    for office in named:
        try:
            held.add(str(identity.holder_of(Office(office)).office))
        except NotFound:  # nobody is registered for it yet
            continue
    return tuple(sorted(held)) or (str(Office.AUTHORITY),)


def citations() -> tuple[Citation, ...]:
    """The articles that want stores; empty where the city's rules do not name them."""
    found = rules.active().find(OPENERS, on=clock.today())
    return found.citations if found else ()


def can_open(by: Actor) -> bool:
    return policy.allowed(lambda: policy.check_opener(by, openers()))


def nearest() -> Nearest:
    """Two queries, whatever the number of organisations."""
    spaces = dict(Space.objects.filter(status=SpaceStatus.OPEN).values_list("organization_id", "id"))
    parents = dict(identity.organizations().values_list("id", "parent_id"))
    found: dict[int, int] = {}
    for organization in parents:
        above: int | None = organization
        seen: set[int] = set()
        while above is not None and above not in seen:
            if above in spaces:
                found[organization] = spaces[above]
                break
            seen.add(above)
            above = parents.get(above)
    return Nearest(found)


def visible(actor: Actor) -> QuerySet[Space]:
    """All stores for who governs, audits or opens; else those of the own unit, of the units above and below it."""
    found = Space.objects.select_related("organization", "opener")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR) or (actor.person_id == 0 and not actor.is_anonymous):
        return found
    line = _line(actor.organization)
    return found.filter(
        Q(organization_id__in=line) | Q(members__in=_held().filter(person_id=actor.person_id))
    ).distinct()


def _line(code: str) -> set[int]:
    """The organisation, those above it and those below it."""
    rows = list(identity.organizations().values_list("id", "code", "parent_id"))
    parents = {pk: parent for pk, _, parent in rows}
    own = next((pk for pk, one, _ in rows if one == code), None)
    line: set[int] = set()
    above = own
    while above is not None and above not in line:
        line.add(above)
        above = parents.get(above)
    frontier = [own] if own is not None else []
    while frontier:
        under = [pk for pk, _, parent in rows if parent in frontier and pk not in line]
        line.update(under)
        frontier = under
    return line


def search(actor: Actor, *, text: str = "", kind: str = "", status: str = "") -> QuerySet[Space]:
    """Stores that ``actor`` sees, by name."""
    found = visible(actor)
    text = text.replace("\x00", " ").strip()[:100]
    if text:
        found = found.filter(
            Q(name__icontains=text)
            | Q(number__icontains=text)
            | Q(organization__name__icontains=text)
            | Q(organization__code__iexact=text)
        )
    if kind:
        found = found.filter(kind=kind)
    return (found.filter(status=status) if status else found).order_by("name", "id")


def space(actor: Actor, number: str) -> Space:
    found = visible(actor).filter(number=number.strip()[:24]).first()
    if found is None:
        raise NotFound("spaces.unknown", "没有这个数据仓，或您无权查看。", "There is no such store that you may see.")
    return found


def without() -> list[Any]:
    """Organisations that have no store of their own yet, open or closed: the choices when one is opened."""
    taken = Space.objects.filter(organization_id=OuterRef("pk"))
    units = identity.organizations().exclude(office__in=[Office.PUBLIC, Office.OPERATOR])
    return list(units.filter(~Exists(taken)).exclude(code="platform"))


def usages(spaces: Iterable[Space], where: Nearest | None = None) -> dict[int, Usage]:
    """What each store holds, by its id. Three queries, whatever their number."""
    places = (where or nearest()).by_organization
    held: dict[int, list[int]] = {}
    rows = (
        TableUse.objects.order_by()
        .values_list("entry__provider_id", "entry__placement__space_id", "entry__placement__space__status")
        .annotate(Sum("bytes"), Sum("rows"), tables=Count("id", filter=Q(bytes__gt=0)))
    )
    for provider, placed, status, size, lines, tables in rows:
        space_id = placed if status == SpaceStatus.OPEN else places.get(provider)
        if space_id is not None:
            sums = held.setdefault(space_id, [0, 0, 0])
            for place, value in enumerate((size, lines, tables)):
                sums[place] += int(value or 0)
    return {
        one.pk: Usage(*held.get(one.pk, (0, 0, 0)), quota_bytes=one.quota_bytes, quota_rows=one.quota_rows)
        for one in spaces
    }


def usage(found: Space) -> Usage:
    return usages([found])[found.pk]


def with_reservations(found: Space) -> dict[int, tuple[int, int]]:
    """Bytes and rows by entry in the store, where a run is about to commit what it will then hold.

    Reservations are read first: one that ends meanwhile has its table measured in the same transaction.
    """
    inside = entries(found)
    reserved = {
        entry: (int(size), int(rows))
        for entry, size, rows in Reservation.objects.filter(entry__in=inside, until__gt=clock.now())
        .order_by()
        .values_list("entry_id")
        .annotate(Max("bytes"), Max("rows"))
    }
    held = {
        entry: (int(size), int(rows))
        for entry, size, rows in TableUse.objects.filter(entry__in=inside).values_list("entry_id", "bytes", "rows")
    }
    return {
        entry: (
            max(held.get(entry, (0, 0))[0], reserved.get(entry, (0, 0))[0]),
            max(held.get(entry, (0, 0))[1], reserved.get(entry, (0, 0))[1]),
        )
        for entry in held.keys() | reserved.keys()
    }


def entries(found: Space) -> QuerySet[Any]:
    """The entries whose tables lie in a store."""
    own = Q(placement__isnull=True) | Q(placement__space__status=SpaceStatus.CLOSED)
    own &= Q(provider_id__in=nearest().organizations(found.pk))
    return catalog.every().filter(own | Q(placement__space=found, placement__space__status=SpaceStatus.OPEN))


def tables(found: Space, *, text: str = "") -> QuerySet[Any]:
    """The entries whose tables lie in a store and hold something, the largest first."""
    rows = entries(found).select_related("table_use", "placement").filter(table_use__bytes__gt=0)
    text = text.replace("\x00", " ").strip()[:100]
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(code__icontains=text.replace("/", "-")))
    return rows.order_by("-table_use__bytes", "code")


def space_of(entry: Any) -> Space | None:
    """The open store that the table of ``entry`` lies in."""
    placed = Placement.objects.select_related("space__organization").filter(entry_id=entry.pk).first()
    if placed is not None and placed.space.status == SpaceStatus.OPEN:
        return placed.space
    line = identity.line_of(entry.provider)
    found = {
        one.organization.code: one
        for one in Space.objects.select_related("organization").filter(
            organization__code__in=line, status=SpaceStatus.OPEN
        )
    }
    return next((found[code] for code in line if code in found), None)


def members(found: Space) -> list[Member]:
    """Everybody who was ever named, those of today first."""
    return list(found.members.select_related("person", "named_by").order_by("revoked_at", "-since", "-id"))


def is_current(one: Member, on: date | None = None) -> bool:
    day = on or clock.today()
    return one.revoked_at is None and one.since <= day and (one.until is None or day < one.until)


def _held() -> QuerySet[Member]:
    day = clock.today()
    return Member.objects.filter(Q(until__isnull=True) | Q(until__gt=day), revoked_at__isnull=True, since__lte=day)


def right_of(by: Actor, found: Space) -> Right | None:
    """The right that ``by`` holds in a store today."""
    if by.person_id == 0:
        return None
    held = _held().filter(space=found, person_id=by.person_id).values_list("right", flat=True).first()
    return Right(held) if held else None


def can_name_members(by: Actor, found: Space) -> bool:
    return policy.allowed(
        lambda: policy.check_names_members(opener=can_open(by), manages=right_of(by, found) is Right.MANAGE)
    )


def check_use(by: Actor, entry: Any, wanted: Right) -> None:
    """Raise NotAllowed when the table of ``entry`` is for named members and ``by`` is none with that right."""
    found = space_of(entry)
    if found is None or not found.members_only:
        return
    policy.check_use(by, found.name, right_of(by, found), wanted)


def check_use_of(by: Actor, code: str, wanted: Right) -> None:
    """As :func:`check_use`, by the entry's resource code."""
    entry = catalog.every().filter(code=code).first()
    if entry is not None:
        check_use(by, entry, wanted)


def check_door(entry: Any) -> None:
    """Raise Conflict when the store of ``entry`` holds its whole quota already."""
    found = space_of(entry)
    if found is not None:
        policy.check_not_full(found.name, usage(found))
