"""A data set's way to the public: reviews, decision, grant, withdrawal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from factories import City, companies, stops
from gongshu import clock, rules
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import OpenType
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.grants import queries as grants
from gongshu.opening import actions, queries
from gongshu.opening.states import ReleaseStatus

pytestmark = pytest.mark.django_db

CITIES = ("luzhou", "xian", "zaozhuang", "yongjia", "dazhou")


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def pass_all(city: City, number: str) -> list[str]:
    kinds = []
    for _ in range(10):
        release = queries.release(city.authority, number)
        decider = next((a for a in city.deciders() if queries.can_decide(a, release)), None)
        if decider is None:
            break
        step = queries.open_step(release)
        assert step is not None
        kinds.append(step.kind)
        actions.decide(by=decider, number=number, passed=True)
    return kinds


@pytest.mark.article("luzhou-21", "luzhou-23", "xian-24", "zaozhuang-5.3", "yongjia-39")
@pytest.mark.parametrize("city_id", CITIES)
def test_every_review_the_pack_asks_for_comes_before_opening(city_id: str, pack: None) -> None:
    rules.configure(city_id)
    city = City()
    entry = city.collected(stops())
    release = actions.propose(by=city.compiler, code=entry.code)
    assert release.status == ReleaseStatus.IN_REVIEW
    assert grants.public_grant(entry.code) is None

    required = [str(review) for review in rules.active().opening_reviews(clock.today())]
    passed = pass_all(city, release.number)
    assert passed[: len(required)] == required
    release.refresh_from_db()
    assert release.status == ReleaseStatus.PUBLIC
    grant = grants.public_grant(entry.code)
    assert grant is not None
    assert grant.grant_id == release.grant_id
    assert grant.organization == "platform"
    entry.refresh_from_db()
    assert entry.opened_at is not None

    actions.withdraw(by=city.authority, number=release.number, reason="发现错误数据")
    assert grants.public_grant(entry.code) is None
    entry.refresh_from_db()
    assert entry.opened_at is None


def test_the_proposer_does_not_review_and_strangers_do_not_either(pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry = city.collected(stops())
    release = actions.propose(by=city.compiler, code=entry.code)
    for person in (city.compiler, city.consumer, city.auditor):
        with pytest.raises(NotAllowed):
            actions.decide(by=person, number=release.number, passed=True)


@pytest.mark.article("yongjia-29")
def test_not_opening_names_one_of_the_grounds(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    entry = city.collected(stops())
    release = actions.propose(by=city.compiler, code=entry.code)
    with pytest.raises(GongshuError) as refused:
        actions.decide(by=city.reviewer, number=release.number, passed=False)
    assert refused.value.code == "opening.reason_missing"
    with pytest.raises(GongshuError) as refused:
        actions.decide(by=city.reviewer, number=release.number, passed=False, remark="不宜开放", ground="心情")
    assert refused.value.code == "opening.ground_missing"
    ground = rules.active().value("opening.prohibited_grounds", on=clock.today()).value[0].id
    decided = actions.decide(by=city.reviewer, number=release.number, passed=False, remark="不宜开放", ground=ground)
    assert decided.status == ReleaseStatus.REFUSED
    assert grants.public_grant(entry.code) is None


def test_what_may_not_be_opened_is_refused_before_anyone_reviews(pack: None) -> None:
    rules.configure("xian")
    city = City()
    closed = city.collected()
    with pytest.raises(Conflict) as refused:
        actions.propose(by=city.compiler, code=closed.code)
    assert refused.value.code == "opening.not_unconditional"

    empty = city.published(stops())
    with pytest.raises(Conflict) as refused:
        actions.propose(by=city.compiler, code=empty.code)
    assert refused.value.code == "opening.nothing_collected"

    masked = ItemData("phone", "联系电话", sensitive=True, mask="phone")
    personal = city.collected(companies(title="站长", open_type=OpenType.UNCONDITIONAL, items=(masked,)))
    release = actions.propose(by=city.compiler, code=personal.code)
    assert release.masks == {"phone": "phone"}
    with pytest.raises(Conflict) as refused:
        actions.propose(by=city.compiler, code=personal.code)
    assert refused.value.code == "opening.already"
