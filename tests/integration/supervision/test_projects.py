"""An IT project from its planned catalog to the operating funds, under each city's rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import City, companies
from gongshu import clock, rules
from gongshu.catalog import actions as catalog
from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.states import OpenType, ShareType
from gongshu.collection.models import Run
from gongshu.collection.states import RunStatus
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.filings import actions as filings
from gongshu.identity.models import Organization
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.supervision import actions as findings
from gongshu.supervision import project_actions as actions
from gongshu.supervision import project_queries as queries
from gongshu.supervision.project_states import ProjectStatus, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def planned(title: str = "摊位备案", **changes: object) -> EntryData:
    items = (ItemData("item_1", "摊位编号"), ItemData("item_2", "经营者"))
    base = {"share_type": ShareType.CONDITIONAL, "open_type": OpenType.PROHIBITED, "items": items}
    return EntryData(title, "", "market", **{**base, **changes})  # type: ignore[arg-type]


def codes(number: str, city: City) -> list[str]:
    found = queries.project(city.auditor, number)
    return [reason.code for reason in queries.reasons(found) if reason.blocks]


def collected(code: str) -> None:
    Run.objects.create(
        id=f"run_{code}",
        resource=code,
        title="摊位备案",
        provider=Organization.objects.get(code="market"),
        submitted_at=clock.now(),
        filename="x.csv",
        size=1,
        sha256="0" * 64,
        status=RunStatus.COMMITTED,
    )


def stalls(city: City) -> str:
    """The real entry, published."""
    items = (
        ItemData("no", "摊位编号", required=True, is_key=True),
        ItemData("who", "经营者", mask="name", sensitive=True),
    )
    return city.published(companies(title="摊位备案", items=items)).code


def passed(city: City, reviewer: object) -> str:
    """A project whose plan of one entry has passed."""
    made = actions.register(by=city.compiler, name="智慧监管平台")
    actions.plan_entry(by=city.compiler, number=made.number, data=planned())
    actions.submit(by=city.compiler, number=made.number)
    actions.decide(by=reviewer, number=made.number, stage=Stage.APPROVAL, passed=True)  # type: ignore[arg-type]
    return made.number


def leaves() -> list[str]:
    told = [json.loads(bytes(row.leaf).split(b"\n")[0])["action"] for row in Outbox.objects.order_by("pk")]
    return [action for action in told if action.startswith("supervision.")]


@pytest.mark.article("xian-40", "luzhou-12", "yongjia-42")
@pytest.mark.parametrize(("pack_id", "article"), [("xian", "四十"), ("luzhou", "十二"), ("yongjia", "十二")])
def test_without_a_planned_catalog_there_is_no_approval(pack_id: str, article: str) -> None:
    rules.configure(pack_id)
    city = City()
    reviewer = city.center if pack_id == "yongjia" else city.authority
    other = city.authority if pack_id == "yongjia" else city.center
    made = actions.register(by=city.compiler, name="智慧监管平台")
    actions.submit(by=city.compiler, number=made.number)
    assert duties.todo(reviewer).get().subject == made.number
    for stranger in (other, city.compiler, city.auditor, city.government):
        with pytest.raises(NotAllowed):
            actions.decide(by=stranger, number=made.number, stage=Stage.APPROVAL, passed=False, remark="无")
    with pytest.raises(Conflict) as blocked:
        actions.decide(by=reviewer, number=made.number, stage=Stage.APPROVAL, passed=True)
    assert blocked.value.code == "project.blocked"
    verdict = actions.decide(by=reviewer, number=made.number, stage=Stage.APPROVAL, passed=False)
    assert [(r["code"], r["blocks"]) for r in verdict.reasons] == [("plan_missing", True)]
    assert f"第{article}条" in verdict.reasons[0]["citations"][0]["label"]
    assert queries.project(city.compiler, made.number).status == ProjectStatus.REFUSED
    assert not duties.todo(reviewer).exists()
    assert notices.of(city.compiler).filter(kind="supervision.project").exists()
    actions.plan_entry(by=city.compiler, number=made.number, data=planned())
    actions.submit(by=city.reviewer, number=made.number)
    verdict = actions.decide(by=reviewer, number=made.number, stage=Stage.APPROVAL, passed=True)
    assert (verdict.passed, verdict.reasons, len(verdict.plan_digest)) == (True, [], 64)
    with pytest.raises(Conflict):
        verdict.save()
    assert leaves() == [
        "supervision.project_registered", "supervision.project_submitted", "supervision.project_refused",
        "supervision.entry_planned", "supervision.project_submitted", "supervision.project_passed",
    ]  # fmt: skip


@pytest.mark.article("xian-40", "yongjia-42")
@pytest.mark.parametrize("pack_id", ["xian", "luzhou", "yongjia"])
def test_what_another_provides_is_named_used_or_told_apart(pack_id: str) -> None:
    rules.configure(pack_id)
    city = City()
    entry = city.published()
    builder = city.person("pan", "housing", Role.PROVIDER)
    made = actions.register(by=builder, name="住房一张图")
    titles = ("统一社会信用代码", "企业名称", "法定代表人")
    same = planned("企业名录", items=tuple(ItemData(f"item_{n}", title) for n, title in enumerate(titles)))
    line = actions.plan_entry(by=builder, number=made.number, data=same)
    (reason,) = queries.reasons(queries.project(builder, made.number))
    assert (reason.code, reason.blocks) == ("duplicate", True)
    assert entry.code in reason.text.zh
    assert reason.citations
    actions.explain(by=builder, number=made.number, position=line.position, difference="仅含物业企业")
    assert codes(made.number, city) == []
    actions.drop_entry(by=builder, number=made.number, position=line.position)
    with pytest.raises(NotFound):
        actions.plan_entry(by=builder, number=made.number, data=same, uses="000000-000000")
    used = actions.plan_entry(by=builder, number=made.number, data=same, uses=entry.code)
    assert used.uses == entry.code
    assert codes(made.number, city) == []


@pytest.mark.article("xian-40")
def test_in_xian_the_catalog_is_asked_at_acceptance_and_compliance_before_funds() -> None:
    rules.configure("xian")
    city = City()
    number = passed(city, city.authority)
    with pytest.raises(Conflict):
        actions.plan_entry(by=city.compiler, number=number, data=planned("补充"))
    actions.hand_over(by=city.compiler, number=number)
    verdict = actions.decide(by=city.authority, number=number, stage=Stage.ACCEPTANCE, passed=False)
    assert [r["code"] for r in verdict.reasons if r["blocks"]] == ["entry_missing"]
    code = stalls(city)
    with pytest.raises(NotFound):
        actions.name_entry(by=city.compiler, number=number, position=1, code="000000-000000")
    actions.name_entry(by=city.compiler, number=number, position=1, code=code)
    actions.hand_over(by=city.compiler, number=number)
    verdict = actions.decide(by=city.authority, number=number, stage=Stage.ACCEPTANCE, passed=True)
    remarked = [(r["code"], r["blocks"]) for r in verdict.reasons]
    assert remarked == [("not_collected", False), ("system_missing", False)]
    verdict = actions.decide(by=city.authority, number=number, stage=Stage.FUNDS, passed=False)
    assert [r["code"] for r in verdict.reasons] == ["not_collected"]
    collected(code)
    assert codes(number, city) == []
    found = findings.find(by=city.auditor, organization="market", kind="catalog_not_kept", facts="目录未更新")
    with clock.frozen(clock.now() - timedelta(days=30)):
        findings.order(by=city.authority, number=found.number, demand="更新", due_on=clock.today() + timedelta(days=10))
    assert codes(number, city) == ["uncorrected"]
    with pytest.raises(Conflict):
        actions.decide(by=city.authority, number=number, stage=Stage.FUNDS, passed=True)
    late = actions.register(by=city.compiler, name="二期")
    actions.plan_entry(by=city.compiler, number=late.number, data=planned("二期数据", items=(ItemData("a", "车牌"),)))
    assert codes(late.number, city) == ["uncorrected"]  # no compliance, no approval


@pytest.mark.article("luzhou-12", "yongjia-42")
@pytest.mark.parametrize("pack_id", ["luzhou", "yongjia"])
def test_where_collection_is_asked_acceptance_needs_a_committed_run(pack_id: str) -> None:
    rules.configure(pack_id)
    city = City()
    reviewer = city.center if pack_id == "yongjia" else city.authority
    number = passed(city, reviewer)
    code = stalls(city)
    actions.name_entry(by=city.compiler, number=number, position=1, code=code)
    wanted = ["not_collected"] + (["system_missing"] if pack_id == "yongjia" else [])
    assert codes(number, city) == wanted
    collected(code)
    system = filings.register_system(by=city.compiler, organization="market", name="智慧监管系统")
    actions.name_system(by=city.compiler, number=number, system_id=system.pk)
    actions.hand_over(by=city.compiler, number=number)
    assert actions.decide(by=reviewer, number=number, stage=Stage.ACCEPTANCE, passed=True).passed
    if pack_id == "luzhou":  # whose rules say nothing about funds
        with pytest.raises(Conflict) as silent:
            actions.decide(by=reviewer, number=number, stage=Stage.FUNDS, passed=False, remark="无")
        assert silent.value.code == "project.no_funds_gate"
    else:
        assert actions.decide(by=reviewer, number=number, stage=Stage.FUNDS, passed=True).passed


def test_items_that_were_planned_must_be_there() -> None:
    rules.configure("xian")
    city = City()
    number = passed(city, city.authority)
    items = (ItemData("no", "摊位编号", required=True, is_key=True),)
    entry = city.published(companies(title="摊位备案", items=items))
    actions.name_entry(by=city.compiler, number=number, position=1, code=entry.code)
    found = queries.project(city.compiler, number)
    missing = next(reason for reason in queries.reasons(found) if reason.code == "items_missing")
    assert "经营者" in missing.text.zh
    catalog.withdraw_entry(by=city.reviewer, code=entry.code, remark="另行发布")
    assert "entry_unpublished" in codes(number, city)


@pytest.mark.parametrize("pack_id", ["dazhou", "zaozhuang"])
def test_a_city_whose_rules_are_silent_has_no_gate(pack_id: str) -> None:
    rules.configure(pack_id)
    city = City()
    with pytest.raises(Conflict) as silent:
        actions.register(by=city.compiler, name="智慧监管平台")
    assert silent.value.code == "project.no_gate"


def test_who_may_do_what() -> None:
    rules.configure("xian")
    city = City()
    with pytest.raises(NotAllowed):
        actions.register(by=city.consumer, name="x")
    made = actions.register(by=city.compiler, name="智慧监管平台")
    stranger = city.person("pan", "housing", Role.PROVIDER)
    for act in (actions.submit, actions.withdraw):
        with pytest.raises(NotAllowed):
            act(by=stranger, number=made.number)
    with pytest.raises(NotFound):
        queries.project(stranger, made.number)
    for wrong in ({"name": " "}, {"name": "字" * 101}, {"name": "a\x00b"}):
        with pytest.raises(GongshuError):
            actions.register(by=city.compiler, **wrong)
    with pytest.raises(GongshuError):
        actions.plan_entry(by=city.compiler, number=made.number, data=planned(items=()))
    actions.plan_entry(by=city.compiler, number=made.number, data=planned())
    actions.submit(by=city.compiler, number=made.number)
    with pytest.raises(GongshuError) as bare:
        actions.decide(by=city.authority, number=made.number, stage=Stage.APPROVAL, passed=False)
    assert bare.value.code == "project.remark_missing"
    with pytest.raises(Conflict):
        actions.decide(by=city.authority, number=made.number, stage=Stage.ACCEPTANCE, passed=True)
    actions.withdraw(by=city.compiler, number=made.number)
    assert not duties.todo(city.authority).exists()
    assert queries.reasons(queries.project(city.compiler, made.number)) == []


def test_the_gate_asks_the_database_as_often_for_one_line_as_for_thirty() -> None:
    rules.configure("xian")
    city = City()
    city.published()
    one, many = (actions.register(by=city.compiler, name=name) for name in ("一", "多"))
    actions.plan_entry(by=city.compiler, number=one.number, data=planned("甲"))
    for n in range(30):
        actions.plan_entry(by=city.compiler, number=many.number, data=planned(f"数据{n}"))
    counted = []
    for found in (one, many):
        found = queries.project(city.authority, found.number)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            queries.reasons(found)
        counted.append(len(asked))
    assert counted[0] == counted[1] <= 6
