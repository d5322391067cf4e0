"""Which open type a resource has, when the centre and the provider disagree: experts, then the government (yongjia-28)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from factories import SEED, City
from gongshu import rules
from gongshu.catalog import hooks
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.opening import type_actions, type_queries
from gongshu.opening.models import TypeDispute
from gongshu.opening.states import TypeAnswer, TypeStatus

pytestmark = pytest.mark.django_db
AGREED, FAILED, ADVISED, KEPT = TypeAnswer.AGREED, TypeAnswer.FAILED, TypeAnswer.ADVISED, TypeAnswer.KEPT


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    rules.configure("yongjia")
    yield
    rules.configure(usual)


def with_experts(city: City) -> Actor:
    identity.register_organization(
        by=SEED, code="experts", name="专家委员会", name_en="Experts", office=Office.EXPERT_COMMITTEE
    )
    return city.person("kong", "experts", Role.DATA_AUTHORITY)


def proposed(city: City) -> TypeDispute:
    return type_actions.propose_type(
        by=city.center, code=city.collected().code, open_type="CONDITIONAL", reason="脱敏后可以受限开放"
    )


def answer(by: Actor, found: TypeDispute, said: TypeAnswer, remark: str = "说明") -> TypeDispute:
    return type_actions.answer_type(by=by, number=found.number, answer=said, remark=remark)


@pytest.mark.article("yongjia-28")
@pytest.mark.parametrize(("word", "status"), [(AGREED, TypeStatus.TO_CHANGE), (KEPT, TypeStatus.KEPT)])
def test_what_is_not_agreed_is_advised_on_and_decided_by_the_government(
    word: TypeAnswer, status: TypeStatus, pack: None
) -> None:
    city = City()
    expert = with_experts(city)
    found = proposed(city)
    assert [(s.office, s.status) for s in type_queries.steps(found)] == [
        ("provider", "open"),
        ("expert_committee", "waiting"),
        ("government", "waiting"),
    ]
    assert any("第二十八条" in c["label"] for c in duties.todo(city.reviewer).get().citations)
    with pytest.raises(NotAllowed):
        answer(city.government, found, AGREED)
    with pytest.raises(GongshuError) as silent:
        answer(city.reviewer, found, FAILED, " ")
    assert silent.value.code == "opening.reason_missing"
    assert answer(city.reviewer, found, FAILED).status == TypeStatus.ADVICE
    assert answer(expert, found, ADVISED, "可以受限开放").status == TypeStatus.DECISION
    with pytest.raises(Conflict):
        answer(city.government, found, FAILED)
    assert answer(city.government, found, word).status == status
    assert duties.todo(city.reviewer).exists() == (word is AGREED)


@pytest.mark.article("yongjia-28")
def test_what_is_agreed_becomes_the_providers_duty_until_the_entry_is_published_with_it(pack: None) -> None:
    city = City()
    found = answer(city.reviewer, proposed(city), AGREED, "")
    assert found.status == TypeStatus.TO_CHANGE
    duty = duties.todo(city.reviewer).get()
    assert duty.subject == found.number
    entry = found.entry

    def published() -> None:
        change = hooks.EntryChange(
            code=entry.code,
            entry_id=entry.pk,
            title=entry.title,
            provider=entry.provider.code,
            happened=hooks.Happened.PUBLISHED,
            version=entry.version,
            by=city.reviewer,
        )
        hooks.tell(change)

    published()  # with the old type still
    found.refresh_from_db()
    assert found.status == TypeStatus.TO_CHANGE
    entry.open_type = "CONDITIONAL"
    entry.save(update_fields=["open_type"])
    published()
    found.refresh_from_db()
    assert found.status == TypeStatus.CHANGED
    assert not duties.todo(city.reviewer).exists()


def test_only_the_centre_proposes_another_type_with_reasons_and_once(pack: None) -> None:
    city = City()
    entry = city.collected()
    said = {"code": entry.code, "open_type": "CONDITIONAL", "reason": "可以受限开放"}
    for by, change, error in (
        (city.reviewer, {}, NotAllowed),
        (city.authority, {}, NotAllowed),
        (city.center, {"reason": " "}, GongshuError),
        (city.center, {"open_type": entry.open_type}, GongshuError),
        (city.center, {"open_type": "SOMETHING"}, GongshuError),
    ):
        with pytest.raises(error):
            type_actions.propose_type(by=by, **(said | change))
    found = type_actions.propose_type(by=city.center, **said)
    with pytest.raises(Conflict):
        type_actions.propose_type(by=city.center, **said)
    with pytest.raises(NotAllowed):
        type_actions.withdraw_type(by=city.reviewer, number=found.number)
    assert type_actions.withdraw_type(by=city.center, number=found.number).status == TypeStatus.WITHDRAWN
    assert not duties.todo(city.reviewer).exists()


@pytest.mark.parametrize("name", ["luzhou", "xian", "dazhou", "zaozhuang"])
def test_other_cities_know_no_such_proposal(name: str, pack: None) -> None:
    rules.configure(name)
    city = City()
    assert type_queries.ladder() is None
    with pytest.raises(Conflict) as unknown:
        proposed(city)
    assert unknown.value.code == "opening.no_type_dispute"
