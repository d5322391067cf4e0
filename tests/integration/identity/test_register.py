"""The register's writes: each with its leaf, in one transaction, refused whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from factories import SEED, City
from gongshu import clock
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity import actions, directory, queries, sessions
from gongshu.identity.hashed import hashed_once
from gongshu.identity.models import Membership, Organization, Person
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return City()


def leaves() -> bytes:
    return b"".join(bytes(row.leaf) for row in Outbox.objects.all())


@pytest.mark.article("xian-35", "yongjia-43")
def test_an_ended_role_is_history_and_may_be_given_again(city: City) -> None:
    membership = Membership.objects.get(person__username="zhou")
    ended = actions.end_role(by=city.authority, membership_id=membership.pk)
    assert ended.until == clock.today()
    assert queries.actor_by_username("zhou").roles == frozenset({Role.PUBLIC})
    actions.grant_role(by=city.authority, person=ended.person, organization="housing", role=Role.CONSUMER)
    held = directory.roles_of(ended.person)
    assert [one.until for one in held] == [None, clock.today()]
    assert queries.actor_by_username("zhou").roles == frozenset({Role.CONSUMER})
    assert b"identity.role_ended" in leaves()


def test_only_the_data_authority_changes_people(city: City) -> None:
    membership = Membership.objects.get(person__username="zhou")
    for by in (city.compiler, city.consumer, city.auditor):
        with pytest.raises(NotAllowed):
            actions.end_role(by=by, membership_id=membership.pk)
        with pytest.raises(NotAllowed):
            actions.set_person_active(by=by, person_id=membership.person_id, active=False)
        with pytest.raises(NotAllowed):
            actions.reset_password(by=by, person_id=membership.person_id, password="orchid river lantern")
    before = Outbox.objects.count()
    assert membership.until is None
    assert Outbox.objects.count() == before


def test_the_last_two_authorities_cannot_both_go(city: City) -> None:
    for name in ("chen", "qian"):
        held = Membership.objects.get(person__username=name)
        actions.end_role(by=city.authority, membership_id=held.pk)
    own = Membership.objects.get(person__username="lin")
    with pytest.raises(Conflict) as refused:
        actions.end_role(by=city.authority, membership_id=own.pk)
    assert refused.value.code == "identity.last_authority"
    own.refresh_from_db()
    assert own.until is None


def test_a_stopped_authority_does_not_count_as_somebody_else(city: City) -> None:
    for actor in (city.center, city.government):
        actions.set_person_active(by=city.authority, person_id=actor.person_id, active=False)
    with pytest.raises(Conflict):
        actions.end_role(by=city.authority, membership_id=Membership.objects.get(person__username="lin").pk)


def test_stopping_ends_the_sessions_of_that_person_only(city: City) -> None:
    for actor in (city.consumer, city.consumer, city.compiler):
        store = SessionStore()
        store[SESSION_KEY] = str(actor.person_id)
        store.create()
    actions.set_person_active(by=city.authority, person_id=city.consumer.person_id, active=False)
    left = [session.get_decoded()[SESSION_KEY] for session in Session.objects.all()]
    assert left == [str(city.compiler.person_id)]
    with pytest.raises(NotFound):
        queries.actor_by_username("zhou")
    assert not queries.people_of("housing").exists()


def test_expired_sessions_are_cleared(city: City) -> None:
    for days in (-1, 1):
        store = SessionStore()
        store.create()
        Session.objects.filter(pk=store.session_key).update(expire_date=clock.now() + timedelta(days=days))
    assert sessions.clear_expired() == 1
    assert Session.objects.count() == 1


def test_a_password_is_changed_by_who_knows_the_old_one(city: City) -> None:
    with pytest.raises(NotAllowed):
        actions.change_password(by=city.consumer, old="wrong", new="orchid river lantern")
    with pytest.raises(GongshuError) as weak:
        actions.change_password(by=city.consumer, old="correct horse battery", new="password")
    assert weak.value.code == "identity.password_weak"
    actions.change_password(by=city.consumer, old="correct horse battery", new="orchid river lantern")
    assert Person.objects.get(username="zhou").check_password("orchid river lantern")
    written = leaves()
    assert b"identity.password_changed" in written
    assert b"orchid" not in written


def test_a_weak_first_password_makes_nobody(city: City) -> None:
    with pytest.raises(GongshuError):
        actions.register_person(
            by=SEED, username="gao", display_name="高明", password="1234567890", organization="market", roles=[]
        )
    with pytest.raises(NotFound):
        actions.register_person(
            by=SEED, username="gao", display_name="高明", password="orchid river lantern", organization="x", roles=[]
        )
    assert not Person.objects.filter(username="gao").exists()


def test_an_organisation_is_entered_once_and_never_below_itself(city: City) -> None:
    with pytest.raises(Conflict):
        actions.register_organization(by=city.authority, code="market", name="冒名", only_new=True)
    actions.register_organization(by=city.authority, code="street-1", name="城东街道", parent="housing")
    for below in ("street-1", "housing"):
        with pytest.raises(Conflict):
            actions.register_organization(by=city.authority, code="housing", name="住建局", parent=below)
    with pytest.raises(NotFound):
        actions.register_organization(by=city.authority, code="y", name="y", parent="no-such")
    assert Organization.objects.get(code="market").name == "市市场监督管理局"


@pytest.mark.article("luzhou-6")
def test_the_tree_names_who_answers_for_the_data(city: City) -> None:
    person = Person.objects.get(username="wang")
    actions.grant_role(by=city.authority, person=person, organization="market", role=Role.PRINCIPAL)
    rows = {row.organization.code: row for row in directory.tree()}
    assert rows["market"].principal == ["Wang"]
    assert rows["market"].stewards == []
    assert rows["market"].people == 2
    actions.register_organization(by=SEED, code="street-1", name="城东街道", parent="market")
    found = directory.tree("城东")
    assert [(row.organization.code, row.depth, row.found) for row in found] == [
        ("market", 0, False),
        ("street-1", 1, True),
    ]


def test_a_password_hashed_once_is_each_accounts_own_and_as_strong_as_any(city: City) -> None:
    shared = hashed_once("orchid river lantern")
    told = {"organization": "housing", "roles": [Role.CONSUMER]}
    for name in ("first", "second"):
        actions.register_person(by=SEED, username=name, display_name=name, password=shared, **told)
    first, second = Person.objects.filter(username__in=("first", "second")).order_by("username")
    assert first.check_password("orchid river lantern") and second.check_password("orchid river lantern")
    first.set_password("lantern river orchid")
    first.save()
    second.refresh_from_db()
    assert second.check_password("orchid river lantern")
    assert "orchid" not in repr(shared)
    with pytest.raises(GongshuError) as refused:
        weak = hashed_once("12345")
        actions.register_person(by=SEED, username="third", display_name="third", password=weak, **told)
    assert refused.value.code == "identity.password_weak"
