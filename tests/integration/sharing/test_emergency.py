"""Emergencies: data at once and for the emergency only; when it is over, so are the grants (luzhou-20, yongjia-33)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

import pytest

from factories import City, companies, request, stops
from gongshu import clock, rules
from gongshu.catalog.states import OpenType, ShareType
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.grants import queries as grants
from gongshu.grants.feed import Kind
from gongshu.grants.models import FeedRow
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.opening import actions as opening
from gongshu.opening import queries as releases
from gongshu.opening.states import ReleaseStatus
from gongshu.sharing import actions, dispute_actions, emergency_actions, emergency_queries, queries
from gongshu.sharing.models import Emergency
from gongshu.sharing.request import Decision
from gongshu.sharing.states import ApplicationStatus, EmergencyStatus, Outcome, Settlement

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def declared(city: City, **changes: str) -> Emergency:
    said = {"kind": "natural_disaster", "title": "防汛应急响应", "description": "沿江转移安置"} | changes
    return emergency_actions.declare(by=city.authority, **said)


def agreed(city: City, application: object) -> object:
    """Everybody whose turn it is agrees."""
    while application.status == ApplicationStatus.PENDING:
        decider = next(a for a in city.deciders() if queries.step_for(a, application))
        application = actions.decide(by=decider, number=application.number, decision=Decision(Outcome.AGREE))
    return application


def leaves(action: str) -> int:
    return sum(action.encode() in bytes(row.leaf) for row in Outbox.objects.all())


@pytest.mark.article("luzhou-20")
def test_in_luzhou_an_emergency_application_is_due_at_once_and_serves_it_only(pack: None) -> None:
    rules.configure("luzhou")
    with clock.frozen(datetime.combine(date(2026, 11, 20), time(17, 55), tzinfo=clock.SHANGHAI)):
        city = City()
        found = declared(city)
        assert (found.purpose_limited, found.ends_with_it) == (True, True)
        entry = city.collected()
        application = actions.apply(
            by=city.consumer, code=entry.code, request=request(purpose="随意"), emergency=found.number
        )
        assert application.purpose == found.number
        duty = duties.of_subject(application.number).get()
        assert (duty.due_on, duty.emergency, duty.words.zh) == (date(2026, 11, 20), "natural_disaster", "第一时间")
        assert any("第二十条" in c["label"] for c in duty.citations)
        assert duty.title.zh.startswith("突发事件")
        application = agreed(city, application)
    grant = grants.in_force(resource=entry.code).get()
    assert (grant.purpose, grant.source) == (found.number, application.number)


@pytest.mark.article("luzhou-20")
def test_ending_it_ends_what_was_granted_under_it_and_nothing_else(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    found, other = declared(city), declared(city, title="另一事件", kind="accident")
    entry, second = city.collected(), city.collected(companies(title="企业年报"))
    ask = {"by": city.consumer, "code": entry.code, "request": request()}
    ended = agreed(city, actions.apply(**ask, emergency=found.number))
    kept = agreed(city, actions.apply(**ask, emergency=other.number))
    ordinary = agreed(city, actions.apply(**ask))
    waiting = actions.apply(by=city.consumer, code=second.code, request=request(), emergency=found.number)
    before = FeedRow.objects.filter(kind=Kind.GRANT, key=ended.grant_id).get().revision

    with pytest.raises(NotAllowed):
        emergency_actions.end(by=city.reviewer, number=found.number, reason="水退")
    with pytest.raises(GongshuError) as silent:
        emergency_actions.end(by=city.authority, number=found.number, reason=" ")
    assert silent.value.code == "sharing.emergency_end_reason"
    over = emergency_actions.end(by=city.authority, number=found.number, reason="应急响应终止")

    assert over.status == EmergencyStatus.ENDED
    assert set(grants.in_force(resource=entry.code).values_list("grant_id", flat=True)) == {
        kept.grant_id,
        ordinary.grant_id,
    }
    assert FeedRow.objects.filter(kind=Kind.GRANT, key=ended.grant_id).get().revision > before  # the gateways know
    waiting.refresh_from_db()
    assert waiting.status == ApplicationStatus.WITHDRAWN
    assert not duties.todo(city.authority).exists()
    told = [notice.zh for notice in notices.of(city.consumer)]
    assert sum("请停止使用相关数据" in line for line in told) == 1
    assert sum("申请失效" in line for line in told) == 1
    assert (leaves("sharing.emergency_ended"), leaves("grant.revoked"), leaves("sharing.lapsed")) == (1, 1, 1)
    with pytest.raises(Conflict):
        emergency_actions.end(by=city.authority, number=found.number, reason="再次")
    with pytest.raises(Conflict) as late:
        actions.apply(**ask, emergency=found.number)
    assert late.value.code == "sharing.emergency_over"


@pytest.mark.article("luzhou-20")
def test_a_dispute_cannot_grant_what_belonged_to_an_emergency_that_is_over(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    found, entry = declared(city), city.collected()
    application = actions.apply(by=city.consumer, code=entry.code, request=request(), emergency=found.number)
    no = Decision(Outcome.REFUSE, reason="涉密", basis="《保守国家秘密法》第二十四条", basis_kind="law")
    while application.status == ApplicationStatus.PENDING:
        decider = next(a for a in city.deciders() if queries.step_for(a, application))
        application = actions.decide(by=decider, number=application.number, decision=no)
    dispute = dispute_actions.dispute_refusal(by=city.consumer, number=application.number, need="转移安置")
    emergency_actions.end(by=city.authority, number=found.number, reason="应急响应终止")
    with pytest.raises(Conflict) as over:
        dispute_actions.settle(by=city.reviewer, number=dispute.number, outcome=Settlement.AGREED)
    assert over.value.code == "sharing.emergency_over"
    assert not grants.in_force(resource=entry.code).exists()


@pytest.mark.article("luzhou-20")
def test_unconditional_data_are_had_at_once_for_the_emergency(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    found, entry = declared(city), city.collected(companies(share_type=ShareType.UNCONDITIONAL, share_condition=""))
    application = actions.apply(by=city.consumer, code=entry.code, request=request(), emergency=found.number)
    assert application.status == ApplicationStatus.APPROVED
    assert grants.in_force(resource=entry.code).get().purpose == found.number
    emergency_actions.end(by=city.authority, number=found.number, reason="应急响应终止")
    assert not grants.in_force(resource=entry.code).exists()


def test_only_the_authority_declares_of_a_listed_kind_with_a_name_and_what_happened(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    said = {"kind": "accident", "title": "危化品泄漏", "description": "疏散"}
    for by, change, error in (
        (city.reviewer, {}, NotAllowed),
        (city.consumer, {}, NotAllowed),
        (city.authority, {"kind": "meteor"}, GongshuError),
        (city.authority, {"title": " "}, GongshuError),
        (city.authority, {"title": "长" * 101}, GongshuError),
        (city.authority, {"description": ""}, GongshuError),
    ):
        with pytest.raises(error):
            emergency_actions.declare(by=by, **(said | change))
    assert not Emergency.objects.exists()


@pytest.mark.parametrize("name", ["xian", "dazhou", "zaozhuang"])
def test_cities_whose_rules_know_no_emergencies_say_so(name: str, pack: None) -> None:
    rules.configure(name)
    city = City()
    with pytest.raises(Conflict) as unknown:
        declared(city)
    assert unknown.value.code == "sharing.no_emergencies"
    assert not emergency_queries.can_declare(city.authority)


@pytest.mark.article("yongjia-33")
def test_yongjia_opens_in_an_emergency_in_time_and_shares_in_the_ordinary_way(pack: None) -> None:
    rules.configure("yongjia")
    with clock.frozen(datetime.combine(date(2026, 11, 20), time(10), tzinfo=clock.SHANGHAI)):
        city = City()
        found = declared(city, kind="public_health", title="疫情处置")
        assert (found.purpose_limited, found.ends_with_it) == (False, False)
        entry = city.collected(stops(open_type=OpenType.UNCONDITIONAL))
        with pytest.raises(Conflict) as ordinary:
            actions.apply(by=city.consumer, code=city.collected().code, request=request(), emergency=found.number)
        assert ordinary.value.code == "sharing.no_emergency_sharing"
        with pytest.raises(GongshuError):
            opening.propose(by=city.compiler, code=entry.code, emergency="TF-20200101-0001")
        release = opening.propose(by=city.compiler, code=entry.code, emergency=found.number)
        duty = duties.of_subject(release.number).get()
        assert (duty.due_on, duty.emergency) == (date(2026, 11, 20), "public_health")
        assert any("第三十三条" in c["label"] for c in duty.citations)
        for _ in range(10):
            current = releases.release(city.authority, release.number)
            decider = next((a for a in city.deciders() if releases.can_decide(a, current)), None)
            if decider is None:
                break
            opening.decide(by=decider, number=release.number, passed=True)
    assert current.status == ReleaseStatus.PUBLIC
    emergency_actions.end(by=city.authority, number=found.number, reason="处置结束")
    assert grants.public_grant(entry.code) is not None  # Yongjia does not close what it opened
    with pytest.raises(Conflict):
        opening.propose(by=city.compiler, code=city.collected(stops(title="另一集")).code, emergency=found.number)


def test_where_use_ends_with_it_a_release_made_in_it_is_withdrawn(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    found = declared(city)
    Emergency.objects.filter(pk=found.pk).update(ends_with_it=True)  # a city that combines both rules
    entry = city.collected(stops(open_type=OpenType.UNCONDITIONAL))
    release = opening.propose(by=city.compiler, code=entry.code, emergency=found.number)
    emergency_actions.end(by=city.authority, number=found.number, reason="处置结束")
    release.refresh_from_db()
    assert release.status == ReleaseStatus.WITHDRAWN
