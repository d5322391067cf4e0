"""All reads of filings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from gongshu import clock, deadlines, rules
from gongshu.errors import NotFound
from gongshu.filings import policy
from gongshu.filings.models import PostHolding, SecurityFiling, System, SystemClient
from gongshu.filings.states import EVERY_BODY, OBLIGED, Standing
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import Choice

if TYPE_CHECKING:
    from gongshu.identity.models import Organization


def posts_for(organization: Organization, *, on: date | None = None) -> tuple[Choice, ...]:
    """The posts that the city's rules want on record for ``organization``; empty where they say nothing of it."""
    return _posts(on or clock.today()).of(organization)


@dataclass(frozen=True)
class _Posts:
    choices: tuple[Choice, ...]
    bodies: frozenset[str]

    def of(self, organization: Organization) -> tuple[Choice, ...]:
        office = Office(organization.office)
        own = tuple(one for one in self.choices if one.office is not None and str(one.office) == str(office))
        if office not in OBLIGED or organization.body_kind not in self.bodies:
            return own
        return tuple(one for one in self.choices if one.office is None or one in own)


def _posts(on: date) -> _Posts:
    pack = rules.active()
    posts, bodies = pack.find("register.posts", on=on), pack.find("register.bodies", on=on)
    covered = (one.id for one in bodies.value) if bodies else (str(kind) for kind in EVERY_BODY)
    return _Posts(tuple(posts.value) if posts else (), frozenset(covered))


def posts_value(on: date | None = None) -> rules.Value | None:
    """The rule about posts itself, for its citation."""
    return rules.active().find("register.posts", on=on or clock.today())


def change_value(on: date | None = None) -> rules.Value | None:
    """The rule about filing a change of persons."""
    return rules.active().find("register.change_deadline", on=on or clock.today())


def holdings(organization: Organization) -> list[PostHolding]:
    """Everybody who holds or held a post there: those of today by post, then the history, the latest on top."""
    found = PostHolding.objects.filter(organization=organization).select_related("person")
    now = list(found.filter(until__isnull=True).order_by("post", "since", "id"))
    return now + list(found.filter(until__isnull=False).order_by("-until", "-id"))


def holding(organization: Organization, holding_id: int) -> PostHolding:
    found = PostHolding.objects.filter(organization=organization, pk=holding_id).select_related("organization").first()
    if found is None:
        raise NotFound("filings.holding_unknown", "没有这条任职记录。", "There is no such holder of a post on record.")
    return found


@dataclass(frozen=True)
class PostRow:
    """An organisation with its posts: those held, by whom, and those that are missing."""

    organization: Organization
    held: tuple[PostHolding, ...]
    missing: tuple[Choice, ...]


def overview(*, text: str = "", only_missing: bool = False) -> list[PostRow]:
    """Every organisation of which the rules want posts on record, by code. Two queries, however many there are."""
    wanted = _posts(clock.today())
    found = identity.organizations()
    word = text.replace("\x00", " ").strip()
    if word:
        named = Q(name__icontains=word) | Q(name_en__icontains=word) | Q(code__icontains=word)
        found = found.filter(named | Q(posts__name__icontains=word, posts__until__isnull=True)).distinct()
    held: dict[int, list[PostHolding]] = defaultdict(list)
    for one in PostHolding.objects.filter(until__isnull=True).order_by("post", "since", "id"):
        held[one.organization_id].append(one)
    rows = []
    for organization in found:
        posts = wanted.of(organization)
        if not posts:
            continue
        own = held[organization.pk]
        taken = {one.post for one in own}
        row = PostRow(organization, tuple(own), tuple(post for post in posts if post.id not in taken))
        if row.missing or not only_missing:
            rows.append(row)
    return rows


def missing(organization: Organization) -> tuple[Choice, ...]:
    """The posts of the pack that nobody holds there today."""
    taken = set(
        PostHolding.objects.filter(organization=organization, until__isnull=True).values_list("post", flat=True)
    )
    return tuple(post for post in posts_for(organization) if post.id not in taken)


def can_file(by: Actor, organization: str) -> bool:
    return policy.can_file(by, organization)


def can_keep_systems(by: Actor, organization: str) -> bool:
    return policy.can_keep_systems(by, organization)


# -- systems ------------------------------------------------------------------------------------------------------------


def visible_systems(actor: Actor) -> QuerySet[System]:
    """All systems for who governs, audits or keeps systems, else those of the actor's organisation."""
    found = System.objects.select_related("organization")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR, Role.SYSTEM_ADMIN):
        return found
    return found.filter(organization__code=actor.organization)


def system(actor: Actor, system_id: int) -> System:
    found = visible_systems(actor).filter(pk=system_id).first()
    if found is None:
        raise NotFound("filings.system_unknown", "没有这个信息系统。", "There is no such information system.")
    return found


def filings(found: System) -> list[SecurityFiling]:
    """The security filings of a system, the one that counts first."""
    return list(SecurityFiling.objects.filter(system=found).order_by("-id"))


def memberships(found: System) -> list[SystemClient]:
    """The API clients that belong or belonged to a system, those of today first."""
    rows = SystemClient.objects.filter(system=found).select_related("client").order_by("since", "id")
    return sorted(rows, key=lambda one: one.until is not None)


def notice_days() -> int:
    """How many days before its end a filing is announced, by the pack."""
    found = rules.active().find("security.filing_notice", on=clock.today())
    return int(found.value) if found else 0


def search_systems(actor: Actor, *, text: str = "", standing: str = "") -> QuerySet[System]:
    """Systems that the actor sees, with ``grade``, ``number`` and ``valid_until`` of the filing that counts."""
    last = SecurityFiling.objects.filter(system=OuterRef("pk")).order_by("-id")
    found = visible_systems(actor).annotate(
        filing=Subquery(last.values("pk")[:1]),
        grade=Subquery(last.values("grade")[:1]),
        number=Subquery(last.values("number")[:1]),
        valid_until=Subquery(last.values("valid_until")[:1]),
    )
    word = text.replace("\x00", " ").strip()
    if word:
        named = Q(name__icontains=word) | Q(name_en__icontains=word) | Q(organization__name__icontains=word)
        found = found.filter(named | Q(number__icontains=word))
    today, soon = clock.today(), _soon()
    match standing:
        case Standing.UNFILED:
            found = found.filter(filing__isnull=True, until__isnull=True)
        case Standing.LAPSED:
            found = found.filter(valid_until__lt=today, until__isnull=True)
        case Standing.ENDING:
            found = found.filter(valid_until__gte=today, valid_until__lte=soon, until__isnull=True)
        case Standing.VALID:
            found = found.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=soon), filing__isnull=False)
    return found.order_by("organization__code", "name", "id")


def _soon() -> date:
    return date.fromordinal(clock.today().toordinal() + notice_days())


def standing_of(valid_until: date | None, *, filed: bool) -> Standing:
    return policy.standing(valid_until, filed=filed, today=clock.today(), notice=notice_days())


def free_clients(by: Actor, found: System) -> QuerySet[Any]:
    """API clients of the system's organisation that belong to no system."""
    taken = SystemClient.objects.filter(until__isnull=True).values("client_id")
    return identity.clients(by).filter(organization=found.organization).exclude(pk__in=taken).order_by("name")


def next_assessment(grade: int, assessed_on: date) -> tuple[date, rules.Value] | None:
    """When a system of ``grade`` assessed on that day is to be assessed again, where a text says how often."""
    found = rules.active().find("security.assessment_interval", on=clock.today(), grade=str(grade))
    if found is None or found.value.unit != "months" or not found.value.value:
        return None
    return deadlines.months_after(assessed_on, found.value.value), found


def tests_value() -> rules.Value | None:
    """The tests that the city's rules want before a system connects (yongjia-40)."""
    return rules.active().find("security.system_tests", on=clock.today())


def grades_value() -> rules.Value | None:
    return rules.active().find("security.grades", on=clock.today())
