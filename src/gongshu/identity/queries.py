"""All reads of identity."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from gongshu import clock
from gongshu.errors import NotFound, Text
from gongshu.identity import policy
from gongshu.identity.actor import Actor
from gongshu.identity.models import APIClient, Membership, Organization, Person
from gongshu.identity.states import ADMINISTRATORS, Office, Role


def held_today() -> QuerySet[Membership]:
    """The roles that are held today: ``[since, until)``."""
    day = clock.today()
    return Membership.objects.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)


def actor(person: Person, organization: str = "") -> Actor:
    """``person`` as someone who acts, in ``organization`` or else in the first one where a role is held today."""
    held = list(held_today().filter(person=person).select_related("organization").order_by("id"))
    chosen = [m for m in held if m.organization.code == organization] or held
    if not chosen:
        return Actor(
            person.pk,
            person.username,
            person.display_name,
            "public",
            "社会公众",
            Office.PUBLIC,
            frozenset({Role.PUBLIC}),
        )
    where = chosen[0].organization
    roles = frozenset(Role(m.role) for m in chosen if m.organization_id == where.pk)
    office = Office(where.office)
    return Actor(person.pk, person.username, person.display_name, where.code, where.name, office, roles, where.name_en)


def actor_by_username(username: str, organization: str = "") -> Actor:
    try:
        return actor(Person.objects.get(username=username, is_active=True), organization)
    except Person.DoesNotExist:
        raise NotFound(
            "identity.person_unknown",
            f"没有用户“{username}”。用 gongshu people 查看可用的用户。",
            f"There is no user “{username}”. List them with: gongshu people",
        ) from None


def organization(code: str) -> Organization:
    try:
        return Organization.objects.get(code=code)
    except Organization.DoesNotExist:
        raise NotFound(
            "identity.organization_unknown",
            f"没有代码为“{code}”的单位。",
            f"There is no organisation with the code “{code}”.",
        ) from None


def line_of(organization: Organization | None) -> list[str]:
    """The codes from ``organization`` up to the root of its tree; empty for none."""
    return [one.code for one in ancestors(organization)]


def ancestors(organization: Organization | None) -> list[Organization]:
    """``organization`` and those above it, the root last."""
    line: list[Organization] = []
    while organization is not None and organization not in line:
        line.append(organization)
        organization = organization.parent
    return line


def organizations() -> QuerySet[Organization]:
    return Organization.objects.select_related("parent").order_by("code")


def organizations_of(person: Person) -> QuerySet[Organization]:
    """The organisations in which ``person`` holds a role today."""
    held = held_today().filter(person=person)
    return Organization.objects.filter(pk__in=held.values("organization_id")).order_by("code")


def holder_of(office: Office) -> Organization:
    """The organisation that holds ``office``; where a city has no centre of its own, the authority does its work."""
    found = Organization.objects.filter(office=office).order_by("pk").first()
    if found is None and office is Office.CENTER:
        found = Organization.objects.filter(office=Office.AUTHORITY).order_by("pk").first()
    if found is None:
        raise NotFound(
            "identity.office_vacant",
            "本级尚未登记承担该职责的单位，请先在机构管理中登记。",
            "No organisation is registered for this office; register one first.",
            office=str(office),
        )
    return found


def people_of(organization_code: str, *roles: Role) -> QuerySet[Person]:
    """The people who hold one of ``roles`` (or any) in the organisation today."""
    held = held_today().filter(organization__code=organization_code)
    if roles:
        held = held.filter(role__in=[str(role) for role in roles])
    return Person.objects.filter(is_active=True, pk__in=held.values("person_id")).order_by("pk")


def separation() -> policy.Separation:
    """Which of the three administrations somebody can sign in with today. One query."""
    held = held_today().filter(role__in=[str(role) for role in ADMINISTRATORS], person__is_active=True)
    roles = set(held.order_by().values_list("role", flat=True).distinct())
    return policy.Separation(Role.SYSTEM_ADMIN in roles, Role.SECURITY_ADMIN in roles, Role.AUDIT_ADMIN in roles)


def administrators() -> list[Membership]:
    """Who holds one of the three administrations today, in their order, the longest first."""
    held = held_today().filter(role__in=[str(role) for role in ADMINISTRATORS]).select_related("person", "organization")
    return sorted(held.order_by("since", "id"), key=lambda one: ADMINISTRATORS.index(Role(one.role)))


def ever_administrators(*roles: Role) -> list[str]:
    """The ledger's names (``person:…``) of everybody who holds or held one of ``roles``."""
    found = Membership.objects.filter(role__in=[str(role) for role in roles]).order_by("person_id")
    return [f"person:{pk}" for pk in found.values_list("person_id", flat=True).distinct()]


def clients(by: Actor) -> QuerySet[APIClient]:
    """The systems that ``by`` sees: all for who governs or keeps systems and for the auditor, else the organisation's."""
    found = APIClient.objects.select_related("organization")
    if by.has(Role.DATA_AUTHORITY, Role.AUDITOR, Role.SYSTEM_ADMIN):
        return found
    return found.filter(organization__code=by.organization)


def client(by: Actor, client_id: str) -> APIClient:
    found = clients(by).filter(client_id=client_id).first()
    if found is None:
        raise NotFound(
            "identity.client_unknown",
            "没有这个应用系统，或它不属于本单位。",
            "There is no such system in your organisation.",
        )
    return found


def names(codes: Iterable[str]) -> dict[str, Text]:
    """Names of organisations by code, in one query."""
    found = Organization.objects.filter(code__in=set(codes)).values_list("code", "name", "name_en")
    return {code: Text(name, name_en or name) for code, name, name_en in found}


def person_names(refs: Iterable[str]) -> dict[str, str]:
    """Display names by what rows keep of who acted (``person:12``), in one query; processes are not among them."""
    numbers = {ref.removeprefix("person:") for ref in refs if ref.startswith("person:")}
    known = {int(number) for number in numbers if number.isascii() and number.isdecimal()}
    found = Person.objects.filter(pk__in=known).values_list("pk", "display_name") if known else ()
    return {f"person:{pk}": name for pk, name in found}


def client_names(ids: Iterable[str]) -> dict[str, str]:
    """Names of systems by id, in one query; not scoped to a viewer, for rows that say who called."""
    return dict(APIClient.objects.filter(client_id__in=set(ids)).values_list("client_id", "name"))


def can_manage_clients(by: Actor, organization_code: str, now: policy.Separation | None = None) -> bool:
    """``now`` is :func:`separation`, for who asks about many."""
    return policy.can_manage_clients(by, organization_code, separation=now or separation())


def people() -> QuerySet[Person]:
    return Person.objects.prefetch_related("memberships__organization").order_by("pk")


def person(person_id: int) -> Person:
    try:
        return Person.objects.prefetch_related("memberships__organization").get(pk=person_id)
    except Person.DoesNotExist:
        raise NotFound("identity.person_gone", "没有这个人员。", "There is no such person.") from None


def membership(membership_id: int) -> Membership:
    try:
        return Membership.objects.select_related("person", "organization").get(pk=membership_id)
    except Membership.DoesNotExist:
        raise NotFound("identity.role_unknown", "没有这条角色记录。", "There is no such role on record.") from None


def can_keep_organizations(by: Actor, now: policy.Separation | None = None) -> bool:
    return policy.can_keep_organizations(by, separation=now or separation())


def can_manage_people(by: Actor, now: policy.Separation | None = None) -> bool:
    return policy.can_manage_people(by, separation=now or separation())


def last_as(person_id: int) -> Role | None:
    """The guarded role that nobody but this person can sign in with today, if there is one."""
    now = separation()
    held = held_today().filter(person__is_active=True).order_by("id")
    others = set(held.exclude(person_id=person_id).order_by().values_list("role", flat=True).distinct())
    own = [Role(role) for role in held.filter(person_id=person_id).values_list("role", flat=True)]
    return next((role for role in own if policy.is_guarded(role, now) and role not in others), None)


def can_stop_person(by: Actor, person_id: int) -> bool:
    return can_manage_people(by) and policy.can_stop_person(by, person_id=person_id, last_as=last_as(person_id))
