"""A violation from being found to its end, under each city's rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from factories import City, request
from gongshu import clock, rules
from gongshu.duties import actions as time_of_duties
from gongshu.duties import queries as duties
from gongshu.duties.states import StopReason
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox, Record
from gongshu.notifications import queries as notices
from gongshu.sharing import actions as sharing
from gongshu.supervision import actions, queries
from gongshu.supervision.procedure import procedure
from gongshu.supervision.states import FindingStatus

pytestmark = pytest.mark.django_db
CLOCK = Actor.process("clock")


@pytest.fixture(autouse=True)
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def at(day: str):
    return clock.frozen(datetime.combine(date.fromisoformat(day), time(10), tzinfo=clock.SHANGHAI))


def soon(days: int = 10) -> date:
    return clock.today() + timedelta(days=days)


def found_by(city: City, kind: str = "catalog_not_kept"):
    return actions.find(by=city.auditor, organization="market", kind=kind, facts="目录半年未更新")


def leaves() -> list[str]:
    told = [json.loads(bytes(row.leaf).split(b"\n")[0])["action"] for row in Outbox.objects.order_by("pk")]
    return [action for action in told if action.startswith("supervision.")]


@pytest.mark.article("xian-43")
def test_in_xian_the_authority_orders_the_body_answers_with_evidence_and_it_is_accepted() -> None:
    rules.configure("xian")
    city = City()
    found = found_by(city)
    assert duties.todo(city.authority).get().subject == found.number
    with pytest.raises(NotFound):
        queries.finding(city.reviewer, found.number)  # the body learns of it when it is ordered
    with pytest.raises(NotAllowed) as other:
        actions.order(by=city.government, number=found.number, demand="更新目录", due_on=soon())
    assert "第四十三条" in other.value.text.zh
    with pytest.raises(GongshuError) as past:
        actions.order(by=city.authority, number=found.number, demand="更新目录", due_on=clock.today())
    assert past.value.code == "supervision.day_past"
    found = actions.order(by=city.authority, number=found.number, demand="更新目录", due_on=soon())
    owed = duties.todo(city.reviewer).get()
    assert (owed.subject, owed.due_on, owed.organization.code) == (found.number, soon(), "market")
    assert any("第四十三条" in c["label"] for c in owed.citations)
    assert notices.of(city.reviewer).filter(kind="supervision.finding").exists()
    with pytest.raises(NotAllowed):
        actions.answer(by=city.consumer, number=found.number, done="x", evidence="y")
    with pytest.raises(GongshuError) as bare:
        actions.answer(by=city.reviewer, number=found.number, done="已更新", evidence=" ")
    assert bare.value.code == "supervision.evidence_missing"
    found = actions.answer(by=city.reviewer, number=found.number, done="已更新", evidence="目录第3版")
    assert not duties.todo(city.reviewer).exists()
    found = actions.accept(by=city.authority, number=found.number)
    assert (found.status, found.closed_at is not None) == (FindingStatus.CORRECTED, True)
    assert not duties.todo(city.authority).exists()
    kinds = [event.kind for event in queries.history(found)]
    assert kinds == ["found", "ordered", "answered", "corrected"]
    assert leaves() == [f"supervision.{kind}" for kind in kinds]


@pytest.mark.article("xian-43")
def test_in_xian_what_is_not_corrected_in_time_goes_up_and_is_circulated_to_everybody() -> None:
    rules.configure("xian")
    with at("2026-09-01"):
        city = City()
        found = found_by(city)
        actions.order(by=city.authority, number=found.number, demand="更新目录", due_on=date(2026, 9, 10))
        with pytest.raises(Conflict) as early:
            actions.fail(by=city.authority, number=found.number, reason="未反馈")
        assert early.value.code == "supervision.not_late"
        found = actions.extend(by=city.authority, number=found.number, reason="量大", due_on=date(2026, 9, 15))
        assert duties.todo(city.reviewer).get().due_on == date(2026, 9, 15) == found.due_on
    with at("2026-09-16"):
        assert time_of_duties.run_clock(by=CLOCK)["escalated"] == 1
        found = actions.fail(by=city.authority, number=found.number, reason="期满未反馈")
        assert duties.todo(city.government).get().subject == found.number
        with pytest.raises(NotAllowed):
            actions.circulate(by=city.authority, number=found.number, text="通报")
        assert not queries.circulars().exists()
        found = actions.circulate(by=city.government, number=found.number, text="对市场监管局予以通报批评")
    assert queries.circulars().get() == found
    assert queries.finding(city.consumer, found.number) == found
    assert not queries.sees_all(city.consumer, found)
    with pytest.raises(GongshuError) as way:
        actions.hand_on(by=city.authority, number=found.number, way="fine", to="市监委", reason="情节严重")
    assert way.value.code == "supervision.way_unknown"
    handed = actions.hand_on(by=city.authority, number=found.number, way="discipline", to="市监委", reason="情节严重")
    assert handed.status == FindingStatus.HANDED_ON


def test_an_answer_that_does_not_correct_gets_another_day_or_is_not_corrected() -> None:
    rules.configure("xian")
    city = City()
    found = found_by(city)
    actions.order(by=city.authority, number=found.number, demand="更新目录", due_on=soon())
    actions.answer(by=city.reviewer, number=found.number, done="部分更新", evidence="附件")
    with pytest.raises(GongshuError):
        actions.extend(by=city.authority, number=found.number, reason="尚缺两项", due_on=soon(9))
    found = actions.extend(by=city.authority, number=found.number, reason="尚缺两项", due_on=soon(20))
    assert duties.todo(city.reviewer).get().due_on == soon(20)
    actions.answer(by=city.reviewer, number=found.number, done="仍缺一项", evidence="附件")
    assert actions.fail(by=city.authority, number=found.number, reason="仍未改正").status == FindingStatus.UNCORRECTED


@pytest.mark.article("yongjia-46")
def test_in_yongjia_the_government_orders_and_there_is_no_circular() -> None:
    rules.configure("yongjia")
    city = City()
    kinds = procedure().kinds
    assert sum(kind.against == "body" for kind in kinds.values()) == 8
    found = found_by(city, "unapproved_commerce")
    with pytest.raises(NotAllowed) as authority:
        actions.order(by=city.authority, number=found.number, demand="停止开发", due_on=soon())
    assert "第四十六条" in authority.value.text.zh
    actions.order(by=city.government, number=found.number, demand="停止开发", due_on=soon())
    actions.answer(by=city.reviewer, number=found.number, done="未停止", evidence="说明")
    actions.fail(by=city.government, number=found.number, reason="未停止")
    with pytest.raises(Conflict) as none:
        actions.circulate(by=city.government, number=found.number, text="通报")
    assert none.value.code == "supervision.no_circular"
    assert "circulate" not in queries.possible(city.government, found)
    handed = actions.hand_on(by=city.government, number=found.number, way="discipline", to="有权机关", reason="严重")
    assert handed.status == FindingStatus.HANDED_ON


@pytest.mark.article("yongjia-47")
def test_in_yongjia_users_of_data_are_not_ordered_but_handed_on() -> None:
    rules.configure("yongjia")
    city = City()
    assert sum(kind.against == "user" for kind in procedure().kinds.values()) == 5
    found = actions.find(by=city.center, organization="housing", kind="user.illegal_gain", facts="转售数据")
    with pytest.raises(Conflict) as ordered:
        actions.order(by=city.government, number=found.number, demand="停止", due_on=soon())
    assert ordered.value.code == "supervision.users_are_not_ordered"
    assert "order" not in queries.possible(city.government, found)
    handed = actions.hand_on(by=city.government, number=found.number, way="liability", to="公安机关", reason="获利")
    assert handed.status == FindingStatus.HANDED_ON


@pytest.mark.article("luzhou-39")
def test_in_luzhou_the_authority_has_it_corrected_and_bulletins_by_what_is_inspected() -> None:
    rules.configure("luzhou")
    city = City()
    found = found_by(city, "cataloging")
    actions.order(by=city.authority, number=found.number, demand="补编目录", due_on=soon())
    actions.answer(by=city.reviewer, number=found.number, done="未补", evidence="说明")
    actions.fail(by=city.authority, number=found.number, reason="未补编")
    assert actions.circulate(by=city.authority, number=found.number, text="通报").status == FindingStatus.CIRCULATED


@pytest.mark.parametrize("city_id", ["dazhou", "zaozhuang", "national"])
def test_where_the_rules_name_nobody_no_step_is_invented(city_id: str) -> None:
    rules.configure(city_id)
    city = City()
    with pytest.raises(Conflict) as none:
        found_by(city, "inspection")
    assert none.value.code == "supervision.no_procedure"
    assert actions.detect(by=CLOCK) == {"found": 0}


@pytest.mark.article("xian-43")
def test_the_platform_proposes_what_ran_out_of_time_once() -> None:
    rules.configure("xian")
    with at("2026-09-01"):
        city = City()
        filed = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    with at("2026-10-30"):
        counts = time_of_duties.run_clock(by=CLOCK)
        assert (counts["escalated"], counts["found"]) == (1, 1)
        assert time_of_duties.run_clock(by=CLOCK)["found"] == 0
        found = queries.visible(city.authority).get()
        assert (found.kind, found.detector, found.organization.code) == (
            "not_shared_in_time",
            "overdue_duties",
            "market",
        )
        assert filed.number in found.facts
        assert "第二十条" in found.facts
        assert actions.dismiss(by=city.authority, number=found.number, reason="系统故障").status == "dismissed"
        assert time_of_duties.run_clock(by=CLOCK)["found"] == 0  # and not again


def test_who_may_put_a_violation_on_record_and_what_it_needs() -> None:
    rules.configure("xian")
    city = City()
    for person in (city.reviewer, city.consumer):
        with pytest.raises(NotAllowed):
            actions.find(by=person, organization="market", kind="misuse", facts="x")
    for typed, code in (({"kind": "mood"}, "kind_unknown"), ({"facts": " "}, "facts_missing"),
                        ({"facts": "长" * 4001}, "facts_too_long"), ({"facts": "a\x00b"}, "facts_too_long")):  # fmt: skip
        with pytest.raises(GongshuError) as refused:
            actions.find(by=city.auditor, **{"organization": "market", "kind": "misuse", "facts": "x", **typed})
        assert refused.value.code == f"supervision.{code}"
    own = actions.find(by=city.auditor, organization="authority", kind="misuse", facts="自查")
    with pytest.raises(NotAllowed) as self_order:
        actions.order(by=city.authority, number=own.number, demand="x", due_on=soon())
    assert self_order.value.code == "supervision.own_organization"


def test_an_operator_answers_where_nobody_provides() -> None:
    rules.configure("xian")
    city = City()
    operator = city.person("ma", "housing", Role.OPERATOR)
    found = actions.find(by=city.auditor, organization="housing", kind="misuse", facts="超范围使用")
    actions.order(by=city.authority, number=found.number, demand="停止", due_on=soon())
    assert duties.todo(city.consumer).get().subject == found.number  # a consumer is registered, and comes first
    assert actions.answer(by=operator, number=found.number, done="已停", evidence="说明").status == "answered"


def test_a_body_cannot_stop_the_clock_of_what_it_was_ordered() -> None:
    rules.configure("xian")
    city = City()
    found = found_by(city)
    actions.order(by=city.authority, number=found.number, demand="更新目录", due_on=soon())
    duty = duties.todo(city.reviewer).get()
    assert not duties.options(city.reviewer, duty).stop
    with pytest.raises(Conflict) as named:
        time_of_duties.stop(by=city.reviewer, duty_id=duty.pk, reason=StopReason.THIRD_PARTY, note="等待")
    assert named.value.code == "duties.day_named"


def test_a_system_that_tried_out_the_gateway_is_proposed_once() -> None:
    rules.configure("xian")
    city = City()
    Record.objects.create(
        index=0, entry_id="call_1", at=clock.now(), action="gateway.suspected", actor="app_1", organization="housing",
        resource="333005-000001", details={"pattern": "counting", "grant": "grant_1"},
    )  # fmt: skip
    assert actions.detect(by=CLOCK)["found"] == 1
    assert actions.detect(by=CLOCK)["found"] == 0
    proposed = queries.visible(city.auditor).get()
    assert proposed.organization.code == "housing" and "app_1" in proposed.facts
