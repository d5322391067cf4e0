"""An operator from its application to the end of its agreement, under each city's rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from factories import SEED, City
from gongshu import clock, rules
from gongshu.duties import actions as time_of_duties
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.identity.models import Organization
from gongshu.identity.states import BodyKind, Office, Role
from gongshu.notifications import queries as notices
from gongshu.operation import actions, exit_actions, queries
from gongshu.operation.agreement import Agreement, Filing
from gongshu.operation.procedure import listed
from gongshu.operation.states import DesignationStatus

pytestmark = pytest.mark.django_db
CLOCK = Actor.process("clock")


@pytest.fixture(autouse=True)
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def at(day: str):
    return clock.frozen(datetime.combine(date.fromisoformat(day), time(10), tzinfo=clock.SHANGHAI))


class Operated(City):
    """The smallest city with an enterprise that would operate, and the experts."""

    def __init__(self, pack: str = "dazhou") -> None:
        rules.configure(pack)
        super().__init__()
        for code, name, office, kind in (
            ("operator", "江临数据运营有限公司", Office.OPERATOR, BodyKind.ENTERPRISE),
            ("experts", "市公共数据专家咨询委员会", Office.EXPERT_COMMITTEE, BodyKind.SOCIAL_ORGANIZATION),
        ):
            identity.register_organization(
                by=SEED, code=code, name=name, name_en=code.title(), office=office, body_kind=kind
            )
        self.operator = self.person("ma", "operator", Role.OPERATOR)
        self.expert = self.person("yan", "experts", Role.DATA_AUTHORITY)

    def filing(self, **changes: object) -> Filing:
        wanted = listed("operation.qualification", clock.today()).names
        base: dict[str, object] = {
            "scope": "交通、市场监管领域的公共数据",
            "evidence": {name: f"证明文件{name}" for name in wanted},
            "selection": "open_tender",
            "selection_note": "招标编号 JL-2026-01",
            "departments": ("market",),
        }
        return Filing(**(base | changes))  # type: ignore[arg-type]

    def agreement(self, **changes: object) -> Agreement:
        wanted = listed("operation.agreement_contents", clock.today()).names
        base: dict[str, object] = {
            "number": "XY-2026-1",
            "valid_from": clock.today(),
            "contents": {name: f"见协议第{i}条" for i, name in enumerate(wanted, start=1)},
            "valid_until": clock.today() + timedelta(days=365),
        }
        return Agreement(**(base | changes))  # type: ignore[arg-type]

    def designated(self):
        """Dazhou's whole way."""
        found = actions.apply(by=self.operator, filing=self.filing())
        actions.decide(by=self.authority, number=found.number, passed=True)
        actions.decide(by=self.expert, number=found.number, passed=True, remark="能力具备", experts="张教授（某大学）")
        actions.decide(by=self.government, number=found.number, passed=True)
        return actions.sign(by=self.authority, number=found.number, agreement=self.agreement())


@pytest.mark.article("dazhou-7")
def test_missing_evidence_of_any_qualification_blocks() -> None:
    city = Operated()
    wanted = listed("operation.qualification", clock.today())
    assert len(wanted.names) == 4
    for name, label in wanted.names.items():
        evidence = {**city.filing().evidence, name: "  "}
        with pytest.raises(GongshuError) as missing:
            actions.apply(by=city.operator, filing=city.filing(evidence=evidence))
        assert missing.value.code == "operation.incomplete"
        assert label.zh in missing.value.text.zh
        assert "第七条" in missing.value.text.zh
    found = actions.apply(by=city.operator, filing=city.filing())
    assert [line["id"] for line in found.qualification] == list(wanted.names)


@pytest.mark.article("dazhou-6", "dazhou-8")
def test_in_dazhou_authority_experts_government_and_the_agreement_come_in_this_order() -> None:
    city = Operated()
    found = actions.apply(by=city.operator, filing=city.filing())
    assert [s.office for s in queries.steps(found)] == ["authority", "expert_committee", "government", "authority"]
    assert any("第八条" in c["label"] for c in duties.todo(city.authority).get().citations)
    for early in (city.expert, city.government, city.operator, city.center):
        with pytest.raises(NotAllowed):
            actions.decide(by=early, number=found.number, passed=True)
    with pytest.raises(Conflict) as unsigned:
        actions.sign(by=city.authority, number=found.number, agreement=city.agreement())
    assert unsigned.value.code == "operation.not_last"
    actions.decide(by=city.authority, number=found.number, passed=True)
    for remark, experts in ((" ", "张教授"), ("可行", " ")):
        with pytest.raises(GongshuError) as bare:
            actions.decide(by=city.expert, number=found.number, passed=True, remark=remark, experts=experts)
        assert bare.value.code == "operation.text_missing"
    actions.decide(by=city.expert, number=found.number, passed=False, remark="技术能力存疑", experts="张教授（某大学）")
    advised = queries.steps(found).get(office="expert_committee")
    assert (advised.remark, advised.experts, advised.status) == ("技术能力存疑", "张教授（某大学）", "failed")
    actions.decide(by=city.government, number=found.number, passed=True)  # experts advise, they do not decide
    with pytest.raises(Conflict) as sign:
        actions.decide(by=city.authority, number=found.number, passed=True)
    assert sign.value.code == "operation.sign_instead"
    with pytest.raises(GongshuError) as incomplete:
        actions.sign(by=city.authority, number=found.number, agreement=city.agreement(contents={"scope": "第一条"}))
    assert "运营期限" in incomplete.value.text.zh
    signed = actions.sign(by=city.authority, number=found.number, agreement=city.agreement())
    assert signed.status == DesignationStatus.ACTIVE
    assert len(signed.contents) == 6
    assert notices.of(city.operator).filter(kind="operation.designation").exists()
    with pytest.raises(Conflict) as again:
        actions.apply(by=city.operator, filing=city.filing())
    assert again.value.code == "operation.already"


@pytest.mark.article("dazhou-8")
def test_in_dazhou_the_term_is_three_years_and_renewal_opens_three_months_before_its_end() -> None:
    with at("2024-03-01"):
        city = Operated()
        found = city.designated()
        assert (found.valid_from, found.valid_until) == (date(2024, 3, 1), date(2027, 2, 28))
    with at("2026-11-27"):
        assert time_of_duties.run_clock(by=CLOCK)["renewals"] == 0
        with pytest.raises(Conflict) as early:
            actions.apply(by=city.operator, filing=city.filing(), renews=found.number)
        assert early.value.code == "operation.renewal_too_early"
        assert "2026-11-28" in early.value.text.zh
        assert "第八条" in early.value.text.zh
    with at("2026-11-28"):
        assert time_of_duties.run_clock(by=CLOCK)["renewals"] == 1
        assert time_of_duties.run_clock(by=CLOCK)["renewals"] == 0
        owed = duties.todo(city.operator).get()
        assert (owed.kind, owed.due_on) == ("operation.renewal", date(2027, 2, 28))
        renewal = actions.apply(by=city.operator, filing=city.filing(), renews=found.number)
        assert not duties.todo(city.operator).exists()
        assert [s.office for s in queries.steps(renewal)] == ["expert_committee", "authority"]
        actions.decide(by=city.expert, number=renewal.number, passed=True, remark="成效良好", experts="李研究员")
        renewed = actions.sign(by=city.authority, number=renewal.number, agreement=city.agreement(number="XY-2"))
        assert (renewed.valid_from, renewed.valid_until) == (date(2027, 3, 1), date(2030, 2, 28))
    with at("2027-03-01"):
        assert time_of_duties.run_clock(by=CLOCK)["ended"] == 1
        assert time_of_duties.run_clock(by=CLOCK)["ended"] == 0
        found.refresh_from_db()
        assert found.status == DesignationStatus.EXPIRED
        with pytest.raises(Conflict):
            actions.apply(by=city.operator, filing=city.filing(), renews=found.number)


@pytest.mark.article("dazhou-8")
def test_in_dazhou_an_operator_in_grave_difficulties_may_ask_to_end_early() -> None:
    city = Operated()
    found = city.designated()
    with pytest.raises(GongshuError) as ground:
        actions.ask_early_end(by=city.operator, number=found.number, ground="boredom", reason="x")
    assert ground.value.code == "operation.ground_missing"
    actions.ask_early_end(by=city.operator, number=found.number, ground="grave_business_state", reason="资金困难")
    with pytest.raises(NotAllowed):
        actions.answer_early_end(by=city.government, number=found.number, agreed=True)
    assert actions.answer_early_end(by=city.authority, number=found.number, agreed=True).status == "ended"


def test_a_refusal_gives_reasons_and_ends_the_case() -> None:
    city = Operated()
    found = actions.apply(by=city.operator, filing=city.filing())
    with pytest.raises(GongshuError):
        actions.decide(by=city.authority, number=found.number, passed=False, remark=" ")
    refused = actions.decide(by=city.authority, number=found.number, passed=False, remark="资质不符")
    assert refused.status == DesignationStatus.REFUSED
    assert {s.status for s in queries.steps(refused)} == {"failed", "skipped"}
    withdrawn = actions.withdraw(by=city.operator, number=actions.apply(by=city.operator, filing=city.filing()).number)
    assert withdrawn.status == DesignationStatus.WITHDRAWN
    assert not duties.todo(city.authority).exists()


@pytest.mark.article("xian-28")
def test_in_xian_the_authority_authorises_by_competition_in_principle_and_tells_the_departments() -> None:
    city = Operated("xian")
    with pytest.raises(GongshuError) as silent:
        actions.apply(by=city.operator, filing=city.filing(selection="", selection_note=" "))
    assert silent.value.code == "operation.selection_missing"
    assert "第二十八条" in silent.value.text.zh
    found = actions.apply(by=city.operator, filing=city.filing())
    assert [s.office for s in queries.steps(found)] == ["authority"]
    with pytest.raises(GongshuError) as term:
        actions.sign(by=city.authority, number=found.number, agreement=city.agreement(valid_until=None))
    assert term.value.code == "operation.term_missing"
    signed = actions.sign(by=city.authority, number=found.number, agreement=city.agreement())
    assert signed.valid_until == clock.today() + timedelta(days=365)
    assert notices.of(city.reviewer).filter(kind="operation.designation").exists()
    with pytest.raises(Conflict) as none:
        exit_actions.order_correction(
            by=city.authority, number=signed.number, ground="misuse", findings="x", due_on=clock.today()
        )
    assert none.value.code == "operation.no_procedure"
    assert queries.renewal_opens(signed) is None


@pytest.mark.parametrize("city_id", ["luzhou", "zaozhuang", "yongjia", "national"])
def test_where_the_rules_know_no_designation_there_is_none(city_id: str) -> None:
    city = Operated(city_id)
    with pytest.raises(Conflict) as none:
        actions.apply(by=city.operator, filing=city.filing())
    assert none.value.code == "operation.no_procedure"
    assert rules.active().region.zh in none.value.text.zh


def test_who_is_no_operator_does_not_apply_and_a_vacant_office_is_said_at_once() -> None:
    city = Operated()
    with pytest.raises(NotAllowed):
        actions.apply(by=city.consumer, filing=city.filing())
    Organization.objects.filter(code="experts").update(office=Office.DEPARTMENT)
    with pytest.raises(Conflict) as vacant:
        actions.apply(by=city.operator, filing=city.filing())
    assert vacant.value.code == "operation.office_vacant"
    assert "专家" in vacant.value.text.zh


@pytest.mark.article("dazhou-12")
@pytest.mark.parametrize("answered", [True, False])
def test_in_dazhou_a_breach_is_ordered_to_be_corrected_with_suspension_and_uncorrected_ends_it(answered: bool) -> None:
    with at("2026-09-01"):
        city = Operated()
        found = city.designated()
        assert len(listed("operation.exit_grounds", clock.today()).names) == 4
        order = {"number": found.number, "ground": "misuse", "findings": "转售数据", "due_on": date(2026, 9, 20)}
        with pytest.raises(NotAllowed):
            exit_actions.order_correction(by=city.center, **order)  # type: ignore[arg-type]
        with pytest.raises(GongshuError) as ground:
            exit_actions.order_correction(by=city.authority, **{**order, "ground": "dislike"})  # type: ignore[arg-type]
        assert "第十二条" in ground.value.text.zh
        correction = exit_actions.order_correction(by=city.authority, **order)  # type: ignore[arg-type]
        found.refresh_from_db()
        assert found.status == DesignationStatus.SUSPENDED
        assert duties.todo(city.operator).get().due_on == date(2026, 9, 20)
        if answered:
            exit_actions.answer_correction(by=city.operator, number=correction.number, answer="已停止", evidence="日志")
            exit_actions.accept_correction(by=city.authority, number=correction.number)
        else:
            with pytest.raises(Conflict) as early:
                exit_actions.terminate(by=city.authority, number=correction.number, reason="未改正")
            assert early.value.code == "operation.not_late"
    if not answered:
        with at("2026-09-21"):
            exit_actions.terminate(by=city.authority, number=correction.number, reason="期满未改正")
    found.refresh_from_db()
    assert found.status == (DesignationStatus.ACTIVE if answered else DesignationStatus.TERMINATED)
    assert not duties.todo(city.operator).exists()
