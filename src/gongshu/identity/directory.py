"""The register of organisations as a tree, with who answers for each: what the directory pages read (luzhou-5, -6)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Q

from gongshu.identity import queries
from gongshu.identity.models import Membership, Organization, Person
from gongshu.identity.states import Role


@dataclass
class Row:
    """One organisation in the order of the tree. ``found``: it matched the search itself, and not one below it."""

    organization: Organization
    depth: int
    found: bool = True
    people: int = 0
    responsible: dict[Role, list[str]] = field(default_factory=dict)

    @property
    def principal(self) -> list[str]:
        return self.responsible.get(Role.PRINCIPAL, [])

    @property
    def stewards(self) -> list[str]:
        return self.responsible.get(Role.STEWARD, [])


def tree(text: str = "") -> list[Row]:
    """Every organisation below its parent; with ``text`` those that match by name, code, credit code or a person's
    name, and those above them. Three queries (four with ``text``), however many there are.
    """
    everything = list(Organization.objects.select_related("parent").order_by("code"))
    below: dict[int | None, list[Organization]] = defaultdict(list)
    for one in everything:
        below[one.parent_id].append(one)
    matching = _matching(text)
    rows: list[Row] = []

    def walk(parent: int | None, depth: int) -> bool:
        """Append the branch, and say whether anything in it matched."""
        any_found = False
        for one in below[parent]:
            at, found = len(rows), matching is None or one.pk in matching
            rows.append(Row(one, depth, found))
            if walk(one.pk, depth + 1) or found:
                any_found = True
            else:
                del rows[at:]
        return any_found

    walk(None, 0)
    _fill(rows)
    return rows


def _matching(text: str) -> set[int] | None:
    text = text.strip()
    if not text:
        return None
    named = Q(name__icontains=text) | Q(name_en__icontains=text) | Q(code__icontains=text) | Q(uscc__icontains=text)
    found = set(Organization.objects.filter(named).values_list("pk", flat=True))
    people = queries.held_today().filter(person__display_name__icontains=text, person__is_active=True)
    return found | set(people.values_list("organization_id", flat=True))


def _fill(rows: list[Row]) -> None:
    held = queries.held_today().filter(person__is_active=True)
    people: dict[int, set[int]] = defaultdict(set)
    named: dict[tuple[int, str], list[str]] = defaultdict(list)
    for where, person, role, name in held.order_by("id").values_list(
        "organization_id", "person_id", "role", "person__display_name"
    ):
        people[where].add(person)
        if role in (Role.PRINCIPAL, Role.STEWARD):
            named[where, role].append(name)
    for row in rows:
        pk = row.organization.pk
        row.people = len(people[pk])
        row.responsible = {role: named[pk, role] for role in (Role.PRINCIPAL, Role.STEWARD)}


def memberships_of(organization: Organization) -> list[Membership]:
    """Everybody who holds or held a role there, those of today first, history after them."""
    found = organization.memberships.select_related("person").order_by(
        "person__display_name", "person_id", "since", "id"
    )
    return sorted(found, key=lambda one: one.until is not None)


def roles_of(person: Person) -> list[Membership]:
    """The roles of ``person``, those of today first, the latest on top."""
    found = person.memberships.select_related("organization").order_by("-since", "-id")
    return sorted(found, key=lambda one: one.until is not None)
