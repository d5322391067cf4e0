"""Access tokens: shown once, worth nothing the moment their ground falls away, and told apart in the ledger."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from factories import SEED, companies
from factories.programs import Program
from gongshu import clock
from gongshu.errors import GongshuError, NotFound
from gongshu.identity import actions as identity
from gongshu.identity import queries as people
from gongshu.identity import token_actions, token_queries
from gongshu.identity.models import AccessToken, Membership, Person, TokenFailure
from gongshu.identity.states import Role
from gongshu.identity.tokens import Scope
from gongshu.ledger import entry
from gongshu.ledger.models import Outbox

OWN = "/token"


def leaves(action: str) -> list[dict]:
    found = [entry.body(bytes(row.leaf)) for row in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if leaf["action"] == action]


def test_a_token_stands_for_its_person_and_is_not_stored(city, program):
    wang = program("wang")
    status, own = wang.get(OWN)
    assert status == 200
    assert (own["person"], own["organization"], own["roles"]) == ("wang", "market", ["provider"])
    kept = AccessToken.objects.get(token_id=wang.token_id)
    assert wang.token.partition(".")[2] not in json.dumps(kept.__dict__, default=str)
    assert kept.last_used_at is not None


def test_reading_is_all_that_a_token_may_unless_more_is_asked_for(city):
    made, token = token_actions.create_token(by=city.compiler, name="只读", valid_until=clock.today())
    assert made.scopes == ["read"]
    caller = Program(token)
    assert caller.get("/catalog/entries")[0] == 200
    status, answer = caller.put("/catalog/entries", {"title": "测试"})
    assert (status, answer["error"]["code"]) == (403, "identity.token_scope_missing")
    assert answer["error"]["where"] == {"scope": "catalog"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "identity.token_name"),
        ({"name": "a\x00b"}, "identity.token_name"),
        ({"name": "长" * 101}, "identity.token_name"),
        ({"scopes": ["all"]}, "identity.token_scope"),
        ({"valid_until": clock.today() + timedelta(days=366)}, "identity.token_term"),
        ({"valid_until": clock.today() - timedelta(days=1)}, "identity.token_term"),
    ],
)
def test_what_a_new_token_needs(city, changes, code):
    wanted = {"name": "程序", "scopes": ["read"], "valid_until": clock.today() + timedelta(days=365)}
    with pytest.raises(GongshuError) as refused:
        token_actions.create_token(by=city.compiler, **(wanted | changes))
    assert refused.value.code == code
    token_actions.create_token(by=city.compiler, **wanted)


def test_no_token_a_cookie_and_a_wrong_kind_of_authorization(city, program):
    answer = Program("").raw("GET", OWN)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert json.loads(answer.content)["error"]["code"] == "identity.token_missing"
    browser = Client()
    browser.force_login(Person.objects.get(username="wang"), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get(f"/api/v1{OWN}").status_code == 401, "a signed-in browser is nobody here"
    assert browser.get(f"/api/v1{OWN}", headers={"Authorization": "Basic d2FuZzp4"}).status_code == 401


def spoil_revoke(city, wang):
    token_actions.revoke_token(by=city.compiler, token_id=wang.token_id)


def spoil_revoke_by_admin(city, wang):
    token_actions.revoke_token(by=city.authority, token_id=wang.token_id)


def spoil_stop_person(city, wang):
    identity.set_person_active(by=city.authority, person_id=city.compiler.person_id, active=False)


def spoil_end_role(city, wang):
    identity.end_role(
        by=city.authority, membership_id=Membership.objects.get(person__username="wang", role=Role.PROVIDER).pk
    )


def spoil_end_role_but_another_elsewhere(city, wang):
    person = Person.objects.get(username="wang")
    identity.grant_role(by=SEED, person=person, organization="housing", role=Role.CONSUMER)
    spoil_end_role(city, wang)


def spoil_expire(city, wang):
    AccessToken.objects.filter(token_id=wang.token_id).update(valid_until=clock.now())


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_revoke,
        spoil_revoke_by_admin,
        spoil_stop_person,
        spoil_end_role,
        spoil_end_role_but_another_elsewhere,
        spoil_expire,
    ],
)
def test_a_token_is_worth_nothing_at_once(city, program, spoil):
    wang = program("wang")
    assert wang.get(OWN)[0] == 200
    spoil(city, wang)
    status, answer = wang.get(OWN)
    assert (status, answer["error"]["code"]) == (401, "identity.token_invalid")


def test_nobody_revokes_anothers_token_but_who_manages_people(city, program):
    wang = program("wang")
    for other in (city.reviewer, city.auditor, city.consumer):
        with pytest.raises(NotFound):
            token_actions.revoke_token(by=other, token_id=wang.token_id)
    with pytest.raises(GongshuError):
        token_queries.managed(city.reviewer)
    assert token_queries.managed(city.authority, text="wang", live=True).count() == 1
    assert token_queries.managed(city.authority, text="nobody").count() == 0


def test_the_ledger_names_the_person_and_says_that_it_came_by_token(city, program):
    wang = program("wang")
    status, _ = wang.put("/catalog/entries", {"title": "公交线路", "abstract": "线路", "items": ITEMS})
    assert status == 201
    (leaf,) = leaves("catalog.created")
    assert leaf["actor"] == f"person:{city.compiler.person_id}"
    assert leaf["details"]["via"] == f"token:{wang.token_id}"
    city.draft(companies(title="页面上编制"))
    assert "via" not in leaves("catalog.created")[-1]["details"], "what comes after, by a page, does not say so"
    (created,) = leaves("identity.token_created")
    assert created["subject"] == wang.token_id
    assert wang.token not in json.dumps(created)


ITEMS = [{"name": "code", "title": "编码", "required": True, "is_key": True}]


def test_wrong_tokens_lock_as_wrong_passwords_do(city, program, settings):
    wang, li = program("wang"), program("li")
    wrong = Program(wang.token[:-4] + "AAAA")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        assert wrong.get(OWN)[0] == 401
    assert wrong.get(OWN)[0] == 429
    assert wang.get(OWN)[0] == 429, "this token is locked from this address"
    assert li.get(OWN)[0] == 200, "another is not"
    with clock.frozen(clock.now() + settings.AXES_COOLOFF_TIME + timedelta(seconds=1)):
        assert wang.get(OWN)[0] == 200
        assert token_actions.clear_expired() == 1
    assert not TokenFailure.objects.exists()


def test_guessing_locks_guessing_only(city, program, settings):
    wang = program("wang")
    for n in range(settings.AXES_FAILURE_LIMIT):
        assert Program(f"token_{n}.guess").get(OWN)[0] == 401
    assert Program("token_other.guess").get(OWN)[0] == 429
    assert Program("not a token").get(OWN)[0] == 429
    assert wang.get(OWN)[0] == 200


def test_somebody_without_a_role_has_the_public_s_part_only(city):
    city.person("citizen", "public")
    citizen = people.actor_by_username("citizen")
    made, token = token_actions.create_token(
        by=citizen, name="市民", scopes=[str(s) for s in Scope], valid_until=clock.today()
    )
    assert made.organization is None
    caller = Program(token)
    assert caller.get(OWN)[1]["roles"] == ["public"]
    assert caller.get("/opening/requests")[0] == 200
    assert caller.get("/rules/parameters")[0] == 200
    for path in ("/catalog/entries", "/sharing/applications", "/ledger", "/grants", "/duties"):
        assert caller.get(path)[0] == 403, path
