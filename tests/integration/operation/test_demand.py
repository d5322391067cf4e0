"""What an operator demands: stated, reviewed in time, supplied, never what is barred, ended only with grounds."""

from __future__ import annotations

from datetime import date

import pytest

from factories import companies, stops
from gongshu import clock, rules
from gongshu.catalog import actions as catalog
from gongshu.catalog.draft import ItemData
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.grants import queries as grants
from gongshu.notifications import queries as notices
from gongshu.operation import demand_actions as demands
from gongshu.operation import exit_actions, queries
from gongshu.operation.agreement import DemandData
from gongshu.operation.procedure import listed
from gongshu.operation.states import DemandStatus
from integration.operation.test_designation import Operated, at, pack

pytestmark = pytest.mark.django_db
__all__ = ["pack"]


def asked(**changes: object) -> DemandData:
    base: dict[str, object] = {
        "items": ("name",),
        "mode": "query",
        "words": {"content": "站点名称", "mode": "接口查询", "scenario": "到站预测"},
        "first_review": "合理可行",
    }
    return DemandData(**(base | changes))  # type: ignore[arg-type]


def reviewed() -> dict[str, object]:
    day = clock.today()
    return {
        "reviewed": dict.fromkeys(listed("operation.demand_review", day).names, "已确认"),
        "clear": list(listed("operation.prohibited_grounds", day).names),
    }


def supplied(city: Operated, code: str):
    found = demands.demand(by=city.operator, code=code, asked=asked())
    return demands.answer(by=city.authority, number=found.number, passed=True, **reviewed())  # type: ignore[arg-type]


@pytest.mark.article("dazhou-17", "dazhou-18", "dazhou-19")
def test_data_held_are_reviewed_for_demand_scenario_and_risk_in_five_working_days_then_supplied() -> None:
    with at("2026-09-14"):
        city = Operated()
        entry = city.collected(stops())
        city.designated()
        for missing in ("content", "mode", "scenario"):
            with pytest.raises(GongshuError) as bare:
                demands.demand(by=city.operator, code=entry.code, asked=asked(words={**asked().words, missing: " "}))
            assert "第十七条" in bare.value.text.zh
        with pytest.raises(GongshuError):
            demands.demand(by=city.operator, code=entry.code, asked=asked(first_review=""))
        found = demands.demand(by=city.operator, code=entry.code, asked=asked())
        step = queries.demand_steps(found).get()
        assert (step.office, step.days, step.due_on) == ("authority", 5, date(2026, 9, 20))  # a Sunday that is worked
        for gap in ("demand", "scenario", "risk"):
            partial = {**reviewed()["reviewed"], gap: ""}  # type: ignore[dict-item]
            with pytest.raises(GongshuError) as short:
                demands.answer(by=city.authority, number=found.number, passed=True, reviewed=partial)
            assert "第十八条" in short.value.text.zh
        found = demands.answer(by=city.authority, number=found.number, passed=True, **reviewed())  # type: ignore[arg-type]
    grant = grants.by_ids([found.grant_id]).get()
    assert (grant.organization, grant.items, grant.purpose) == ("operator", ["name"], "operation")
    assert grant.valid_until.astimezone(clock.SHANGHAI).date() == date(2029, 9, 14)  # the midnight after the last day


@pytest.mark.article("dazhou-19")
def test_data_not_held_are_collected_in_ten_and_verified_in_five_working_days() -> None:
    with at("2026-09-14"):
        city = Operated()
        entry = city.published(stops())
        city.designated()
        found = demands.demand(by=city.operator, code=entry.code, asked=asked())
        steps = list(queries.demand_steps(found))
        assert [(s.office, s.act, s.days) for s in steps] == [("provider", "collect", 10), ("authority", "review", 5)]
        assert duties.todo(city.reviewer).get().subject == found.number
        with pytest.raises(Conflict) as empty:
            demands.answer(by=city.reviewer, number=found.number, passed=True)
        assert empty.value.code == "operation.nothing_collected"
        catalog.note_data_version(by=city.compiler, code=entry.code, version=0, rows=3, at=clock.now())
        demands.answer(by=city.reviewer, number=found.number, passed=True)
        found = demands.answer(by=city.authority, number=found.number, passed=True, **reviewed())  # type: ignore[arg-type]
    assert found.status == DemandStatus.SUPPLIED


@pytest.mark.article("dazhou-19")
def test_a_refusal_is_written_with_reasons_and_basis() -> None:
    city = Operated()
    entry = city.collected(stops())
    city.designated()
    found = demands.demand(by=city.operator, code=entry.code, asked=asked())
    for remark, basis in ((" ", "第十六条"), ("不宜", " ")):
        with pytest.raises(GongshuError):
            demands.answer(by=city.authority, number=found.number, passed=False, remark=remark, basis=basis)
    refused = demands.answer(by=city.authority, number=found.number, passed=False, remark="不宜", basis="某法第一条")
    assert (refused.status, refused.basis) == (DemandStatus.REFUSED, "某法第一条")
    assert any("某法第一条" in n.zh for n in notices.of(city.operator))


@pytest.mark.article("dazhou-16")
def test_what_falls_under_a_ground_is_never_operated_and_running_supply_stops() -> None:
    city = Operated()
    entry = city.collected(stops())
    city.designated()
    found = demands.demand(by=city.operator, code=entry.code, asked=asked())
    unchecked = {**reviewed(), "clear": ["security_or_public_interest", "privacy"]}
    with pytest.raises(GongshuError) as ground:
        demands.answer(by=city.authority, number=found.number, passed=True, **unchecked)  # type: ignore[arg-type]
    assert "禁止交易" in ground.value.text.zh
    found = demands.answer(by=city.authority, number=found.number, passed=True, **reviewed())  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        demands.bar(by=city.consumer, code=entry.code, ground="privacy", reason="x")
    with pytest.raises(GongshuError):
        demands.bar(by=city.authority, code=entry.code, ground="mood", reason="x")
    demands.bar(by=city.reviewer, code=entry.code, ground="privacy", reason="可识别个人")
    found.refresh_from_db()
    assert found.status == DemandStatus.ENDED
    assert not grants.in_force(organization="operator").exists()
    with pytest.raises(Conflict) as never:
        demands.demand(by=city.operator, code=entry.code, asked=asked())
    assert never.value.code == "operation.never_authorised"
    assert "第十六条" in never.value.text.zh
    with pytest.raises(NotAllowed):
        demands.lift(by=city.reviewer, code=entry.code, reason="x")
    demands.lift(by=city.authority, code=entry.code, reason="已脱敏")
    assert supplied(city, entry.code).status == DemandStatus.SUPPLIED


@pytest.mark.article("dazhou-20")
def test_supply_ends_with_grounds_written_notice_and_the_authority_s_consent_and_the_operator_is_told() -> None:
    city = Operated()
    entry = city.collected(stops())
    city.designated()
    found = supplied(city, entry.code)
    with pytest.raises(NotAllowed):
        demands.ask_end(by=city.consumer, number=found.number, grounds="x", notice="y")
    for grounds, notice in ((" ", "函1号"), ("系统下线", " ")):
        with pytest.raises(GongshuError):
            demands.ask_end(by=city.reviewer, number=found.number, grounds=grounds, notice=notice)
    before = notices.of(city.operator).count()
    demands.ask_end(by=city.reviewer, number=found.number, grounds="系统下线", notice="函1号")
    assert notices.of(city.operator).count() == before + 1
    assert grants.in_force(organization="operator").exists()
    kept = demands.answer_end(by=city.authority, number=found.number, agreed=False, remark="仍有需求")
    assert kept.status == DemandStatus.SUPPLIED
    demands.ask_end(by=city.reviewer, number=found.number, grounds="系统下线", notice="函2号")
    ended = demands.answer_end(by=city.authority, number=found.number, agreed=True, case="provider_consented")
    assert (ended.status, ended.end_case) == (DemandStatus.ENDED, "provider_consented")
    assert not grants.in_force(organization="operator").exists()
    assert not duties.todo(city.authority).exists()


@pytest.mark.article("dazhou-20")
@pytest.mark.parametrize("case", ["breach", "forbidden_by_law"])
def test_the_authority_ends_supply_in_the_cases_that_the_rules_list_and_no_other(case: str) -> None:
    city = Operated()
    entry = city.collected(stops())
    city.designated()
    found = supplied(city, entry.code)
    with pytest.raises(GongshuError) as other:
        demands.end_supply(by=city.authority, number=found.number, case="whim", grounds="x")
    assert "第二十条" in other.value.text.zh
    with pytest.raises(NotAllowed):
        demands.end_supply(by=city.reviewer, number=found.number, case=case, grounds="x")
    assert demands.end_supply(by=city.authority, number=found.number, case=case, grounds="检查发现").status == "ended"


@pytest.mark.article("dazhou-12")
def test_suspension_closes_the_access_and_an_accepted_correction_gives_it_back() -> None:
    city = Operated()
    entry = city.collected(stops())
    designation = city.designated()
    found = supplied(city, entry.code)
    day = date.fromordinal(clock.today().toordinal() + 10)
    correction = exit_actions.order_correction(
        by=city.authority, number=designation.number, ground="no_safeguards", findings="未加密", due_on=day
    )
    assert not grants.in_force(organization="operator").exists()
    with pytest.raises(Conflict) as closed:
        demands.demand(by=city.operator, code=city.collected(stops(title="另一目录")).code, asked=asked())
    assert closed.value.code == "operation.suspended"
    exit_actions.answer_correction(by=city.operator, number=correction.number, answer="已加密", evidence="报告")
    exit_actions.accept_correction(by=city.authority, number=correction.number)
    fresh = grants.in_force(organization="operator").get()
    before, found = found.grant_id, type(found).objects.get(pk=found.pk)
    assert (found.status, found.grant_id) == (DemandStatus.SUPPLIED, fresh.grant_id)
    assert (fresh.grant_id != before, fresh.items) == (True, ["name"])


def test_without_an_agreement_or_a_rule_there_is_no_demand_and_personal_data_are_masked() -> None:
    city = Operated()
    entry = city.collected(companies())
    with pytest.raises(Conflict) as none:
        demands.demand(by=city.operator, code=entry.code, asked=asked())
    assert none.value.code == "operation.no_agreement"
    city.designated()
    closed = city.collected(companies(title="不予共享", share_type="PROHIBITED", share_basis="某法第一条"))
    with pytest.raises(Conflict) as prohibited:
        demands.demand(by=city.operator, code=closed.code, asked=asked())
    assert prohibited.value.code == "operation.not_demandable"
    bare = city.collected(companies(title="名册", items=(ItemData("phone", "电话", is_key=True, sensitive=True),)))
    found = demands.demand(by=city.operator, code=bare.code, asked=asked(items=("phone",)))
    with pytest.raises(Conflict) as unmasked:
        demands.answer(by=city.authority, number=found.number, passed=True, **reviewed())  # type: ignore[arg-type]
    assert unmasked.value.code == "operation.item_sensitive"
    rules.configure("xian")
    with pytest.raises(Conflict) as silent:
        demands.demand(by=city.operator, code=entry.code, asked=asked())
    assert silent.value.code == "operation.no_procedure"
