"""Organisations, people, roles and API clients."""

from __future__ import annotations

import pytest

from factories import SEED, City
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.grants.models import FeedRow
from gongshu.identity import actions, queries
from gongshu.identity.actor import Actor
from gongshu.identity.models import APIClient, Person
from gongshu.identity.states import Office, Role
from gongshu.ledger.models import Outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return City()


@pytest.mark.article("luzhou-5", "luzhou-2")
def test_organisations_form_a_tree_and_keep_their_kind(city: City) -> None:
    actions.register_organization(by=city.authority, code="street-1", name="城东街道", parent="housing")
    street = queries.organization("street-1")
    assert street.parent is not None
    assert street.parent.code == "housing"
    renamed = actions.register_organization(by=city.authority, code="street-1", name="城东街道办事处", parent="housing")
    assert renamed.pk == street.pk
    assert queries.organization("street-1").name == "城东街道办事处"


def test_a_person_acts_in_one_organisation_with_the_roles_held_there(city: City) -> None:
    person = Person.objects.get(username="zhou")
    actions.grant_role(by=city.authority, person=person, organization="market", role=Role.PROVIDER)
    at_home = queries.actor(person)
    assert (at_home.organization, at_home.roles) == ("housing", frozenset({Role.CONSUMER}))
    elsewhere = queries.actor(person, "market")
    assert (elsewhere.organization, elsewhere.roles) == ("market", frozenset({Role.PROVIDER}))


def test_giving_a_role_twice_changes_nothing(city: City) -> None:
    person = Person.objects.get(username="zhou")
    leaves = Outbox.objects.count()
    actions.grant_role(by=city.authority, person=person, organization="housing", role=Role.CONSUMER)
    assert person.memberships.count() == 1
    assert Outbox.objects.count() == leaves


def test_only_the_data_authority_registers(city: City) -> None:
    for actor in (city.compiler, city.consumer, city.auditor, Actor.anonymous()):
        if actor.is_anonymous:
            continue
        with pytest.raises(NotAllowed):
            actions.register_organization(by=actor, code="x", name="x")
        with pytest.raises(NotAllowed):
            city_person = {"username": "x", "display_name": "x", "password": "x" * 12, "organization": "market"}
            actions.register_person(by=actor, roles=[Role.PROVIDER], **city_person)
    assert not Person.objects.filter(username="x").exists()


def test_a_user_name_is_given_once_and_nothing_is_half_done(city: City) -> None:
    with pytest.raises(Conflict):
        city.person("zhou", "market", Role.PROVIDER)
    assert Person.objects.filter(username="zhou").count() == 1
    assert queries.actor_by_username("zhou").organization == "housing"


def test_a_client_secret_is_shown_once_and_kept_wrapped(city: City) -> None:
    client, secret = actions.create_client(by=city.consumer, organization="housing", name="房产交易系统")
    stored = APIClient.objects.get(client_id=client.client_id)
    assert secret not in stored.secret_wrapped
    feed = FeedRow.objects.get(key=client.client_id)
    assert secret not in feed.body
    assert stored.secret_wrapped in feed.body
    assert all(secret.encode() not in bytes(row.leaf) for row in Outbox.objects.all())
    with pytest.raises(Conflict):
        actions.reveal_secret(by=city.consumer, client_id=client.client_id)
    assert actions.reveal_secret(by=SEED, client_id=client.client_id) == secret


def test_rotating_and_stopping_a_client_reach_the_gateways_feed(city: City) -> None:
    client, first = actions.create_client(by=city.consumer, organization="housing", name="房产交易系统")
    before = FeedRow.objects.get(key=client.client_id)
    _, second = actions.rotate_client_secret(by=city.consumer, client_id=client.client_id)
    assert first != second
    after = FeedRow.objects.get(key=client.client_id)
    assert after.revision > before.revision
    assert after.body != before.body
    actions.set_client_active(by=city.authority, client_id=client.client_id, active=False)
    assert '"active":false' in FeedRow.objects.get(key=client.client_id).body.replace(" ", "")


def test_another_organisations_clients_are_out_of_reach(city: City) -> None:
    client, _ = actions.create_client(by=city.consumer, organization="housing", name="房产交易系统")
    with pytest.raises(NotAllowed):
        actions.create_client(by=city.consumer, organization="market", name="冒名系统")
    with pytest.raises(NotAllowed):
        actions.rotate_client_secret(by=city.compiler, client_id=client.client_id)
    with pytest.raises(NotFound):
        queries.client(city.compiler, client.client_id)
    with pytest.raises(GongshuError):
        actions.create_client(by=city.consumer, organization="housing", name="弱系统", algorithm="HMAC-MD5")


def test_an_office_without_a_holder_is_named_and_the_authority_does_the_centres_work() -> None:
    with pytest.raises(NotFound) as missing:
        queries.holder_of(Office.GOVERNMENT)
    assert missing.value.code == "identity.office_vacant"
    actions.register_organization(by=SEED, code="authority", name="数据局", office=Office.AUTHORITY)
    assert queries.holder_of(Office.CENTER).code == "authority"
