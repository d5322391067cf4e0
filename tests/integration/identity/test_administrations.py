"""Three administrations that watch each other: appointed by the data authority, and from then on not its own work."""

from __future__ import annotations

import pytest
from django.test import Client

from factories import SEED, City
from gongshu.errors import Conflict, NotAllowed
from gongshu.identity import actions, queries
from gongshu.identity.actor import Actor
from gongshu.identity.models import Membership, Person
from gongshu.identity.states import ADMINISTRATORS, Role
from gongshu.ledger import queries as ledger
from gongshu.ledger import sequencing
from gongshu.ledger.models import Outbox

pytestmark = pytest.mark.django_db
GOOD = "orchid river lantern"


@pytest.fixture
def city() -> City:
    return City()


def appoint(city: City, *roles: Role) -> tuple[Actor, ...]:
    """By the data authority, who may as long as no security administrator is there: the system's first."""
    found = []
    for name, role in zip(("qin", "yan", "bai"), roles, strict=False):
        actions.register_person(
            by=city.authority, username=name, display_name=name, password=GOOD, organization="center", roles=[role]
        )
        found.append(queries.actor_by_username(name))
    return tuple(found)


@pytest.fixture
def three(city: City) -> tuple[Actor, Actor, Actor]:
    system, audit, security = appoint(city, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN)
    return system, security, audit


def register(by: Actor, code: str = "tax") -> None:
    actions.register_organization(by=by, code=code, name="市税务局")


def test_without_administrators_the_data_authority_does_it_all(city: City) -> None:
    assert not queries.separation().complete
    register(city.authority)
    actions.create_client(by=city.authority, organization="market", name="系统")


def test_what_the_authority_hands_over_it_no_longer_does(city: City, three: tuple[Actor, ...]) -> None:
    assert queries.separation().complete
    zhou = Person.objects.get(username="zhou")
    before = Outbox.objects.count()
    for act in (
        lambda: register(city.authority),
        lambda: actions.grant_role(by=city.authority, person=zhou, organization="housing", role=Role.PROVIDER),
        lambda: actions.set_person_active(by=city.authority, person_id=zhou.pk, active=False),
        lambda: actions.reset_password(by=city.authority, person_id=zhou.pk, password=GOOD),
        lambda: actions.change_email(by=city.authority, username="zhou", email="a@example.cn"),
        lambda: actions.create_client(by=city.authority, organization="market", name="系统"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Outbox.objects.count() == before


def test_each_does_its_own_and_not_the_others(city: City, three: tuple[Actor, ...]) -> None:
    system, security, audit = three
    zhou = Person.objects.get(username="zhou")
    register(system)
    client, _ = actions.create_client(by=system, organization="market", name="系统")
    actions.set_client_active(by=system, client_id=client.client_id, active=False)
    given = actions.grant_role(by=security, person=zhou, organization="housing", role=Role.PROVIDER)
    actions.end_role(by=security, membership_id=given.pk)
    for by in (security, audit):
        with pytest.raises(NotAllowed):
            register(by, "tax2")
        with pytest.raises(NotAllowed):
            actions.set_client_active(by=by, client_id=client.client_id, active=True)
    for by in (system, audit):
        with pytest.raises(NotAllowed):
            actions.grant_role(by=by, person=zhou, organization="housing", role=Role.PROVIDER)
        with pytest.raises(NotAllowed):
            actions.set_person_active(by=by, person_id=zhou.pk, active=False)


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_nobody_holds_two_whoever_gives_them(city: City, three: tuple[Actor, ...], role: Role) -> None:
    _, security, _ = three
    for username, organization in (("wang", "market"), ("lin", "housing"), ("qin", "market"), ("yan", "market")):
        person = Person.objects.get(username=username)
        if queries.actor(person).roles == {role}:
            continue
        for by in (security, SEED):
            with pytest.raises(Conflict) as refused:
                actions.grant_role(by=by, person=person, organization=organization, role=role)
            assert refused.value.code == "identity.roles_exclude"
            assert "三员分立" in refused.value.text.zh
    with pytest.raises(Conflict):
        actions.grant_role(
            by=security, person=Person.objects.get(username="yan"), organization="market", role=Role.CONSUMER
        )
    with pytest.raises(Conflict):
        actions.register_person(
            by=security,
            username="gao",
            display_name="高明",
            password=GOOD,
            organization="market",
            roles=[role, Role.PROVIDER],
        )
    assert not Person.objects.filter(username="gao").exists()


def test_a_former_role_is_no_hindrance(city: City, three: tuple[Actor, ...]) -> None:
    _, security, _ = three
    membership = Membership.objects.get(person__username="zhou")
    actions.end_role(by=security, membership_id=membership.pk)
    actions.grant_role(by=security, person=membership.person, organization="center", role=Role.AUDIT_ADMIN)
    assert queries.actor_by_username("zhou").roles == {Role.AUDIT_ADMIN}


def test_separation_once_there_stays(city: City, three: tuple[Actor, ...]) -> None:
    system, security, audit = three
    for one in three:
        held = Membership.objects.get(person_id=one.person_id)
        with pytest.raises(Conflict) as refused:
            actions.end_role(by=security, membership_id=held.pk)
        assert refused.value.code == "identity.last_authority"
    for one in (system, audit):
        with pytest.raises(Conflict):
            actions.set_person_active(by=security, person_id=one.person_id, active=False)
    with pytest.raises(NotAllowed):
        actions.set_person_active(by=security, person_id=security.person_id, active=False)
    second = city.person("lu", "center", Role.SYSTEM_ADMIN)
    actions.set_person_active(by=security, person_id=system.person_id, active=False)
    assert queries.last_as(second.person_id) is Role.SYSTEM_ADMIN
    assert queries.separation().complete


def test_nobody_raises_oneself(city: City, three: tuple[Actor, ...]) -> None:
    _, security, _ = three
    with pytest.raises(NotAllowed) as refused:
        actions.grant_role(
            by=security,
            person=Person.objects.get(pk=security.person_id),
            organization="market",
            role=Role.SECURITY_ADMIN,
        )
    assert refused.value.code == "identity.grant_oneself"


def browser(username: str) -> Client:
    found = Client()
    found.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return found


OPEN = {
    "qin": {"administration", "organizations", "organizations/market", "organizations/new", "clients", "rules"},
    "bai": {"administration", "organizations", "organizations/market", "organizations/market/people/new", "rules"},
    "yan": {"administration", "ledger", "rules"},
    "lin": {"administration", "organizations", "organizations/market", "clients", "ledger", "rules", "catalog", "runs",
            "applications", "grants", "releases"},
    "shen": {"administration", "organizations", "organizations/market", "clients", "ledger", "rules", "catalog", "runs",
             "applications", "grants", "releases"},
    "wang": {"organizations", "organizations/market", "clients", "ledger", "rules", "catalog", "runs", "applications",
             "grants", "releases"},
}  # fmt: skip
PAGES = sorted(set().union(*OPEN.values()))


@pytest.mark.parametrize("username", OPEN)
def test_what_each_may_open(city: City, three: tuple[Actor, ...], username: str) -> None:
    seen = {path for path in PAGES if browser(username).get(f"/console/{path}/").status_code == 200}
    assert seen == OPEN[username]


def test_an_administrator_lands_on_the_page_of_the_three(city: City, three: tuple[Actor, ...]) -> None:
    for name in ("qin", "bai", "yan"):
        assert browser(name).get("/console/").headers["Location"] == "/console/administration/"
    signed = Client().post("/sign-in/", {"username": "bai", "password": GOOD})
    assert signed.headers["Location"] == "/console/"


def test_the_audit_administrator_sees_what_the_other_two_did(city: City, three: tuple[Actor, ...], settings) -> None:
    system, security, _ = three
    register(system)
    zhou = Person.objects.get(username="zhou")
    actions.grant_role(by=security, person=zhou, organization="housing", role=Role.PROVIDER)
    sequencing.run_once(settings.HOME)
    page = browser("yan").get("/console/administration/").content.decode()
    assert "identity.organization_registered" in page
    assert f"person:{zhou.pk}" in page
    assert "三员已全部到任" in page
    watched = queries.ever_administrators(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
    assert {one.actor for one in ledger.records(actors=watched)} == {system.ref, security.ref}
    assert "identity.role_granted" not in browser("qin").get("/console/administration/").content.decode()
    assert browser("wang").get("/console/administration/").status_code == 403


def test_the_page_says_what_is_missing(city: City) -> None:
    page = browser("lin").get("/console/administration/").content.decode()
    assert page.count("未任命") == 4  # three lines and the sentence above them
    assert "GB/T" in page or "网络安全等级保护基本要求" in page


def test_the_security_administrator_s_page_of_a_person(city: City, three: tuple[Actor, ...]) -> None:
    zhou = Person.objects.get(username="zhou")
    page = browser("bai").get(f"/console/people/{zhou.pk}/").content.decode()
    assert "授予角色" in page
    assert "系统管理员" in page
    given = browser("bai").post(f"/console/people/{zhou.pk}/roles/", {"role": "audit_admin", "organization": "center"})
    assert given.status_code == 409
    assert "三员分立" in given.content.decode()
    assert "授予角色" not in browser("qin").get(f"/console/people/{zhou.pk}/").content.decode()
    assert browser("lin").post(f"/console/people/{zhou.pk}/password/", {"password": GOOD}).status_code == 403
    assert browser("lin").get("/console/organizations/market/people/new/").status_code == 403
    assert browser("lin").get("/console/organizations/market/edit/").status_code == 403
