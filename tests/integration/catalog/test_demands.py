"""Demand and supply: filed, found in the catalog or assigned, answered for, fulfilled; the three lists and meetings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from factories import City, companies, purpose, stops
from gongshu import clock, rules
from gongshu.catalog import actions, demand_actions, demand_queries
from gongshu.catalog.demand import Ground, Need, Talked
from gongshu.catalog.demand_models import Demand
from gongshu.catalog.demand_states import DemandStatus, ListKind, Talk
from gongshu.catalog.states import OpenType, ShareType
from gongshu.catalog.terms import BasisKind
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db
SOON = timedelta(days=30)


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def need(**changes: object) -> Need:
    base: dict[str, object] = {
        "title": "企业登记信息",
        "items": "企业名称、法定代表人",
        "purpose": purpose(),
        "scope": "房地产市场监管处",
        "scenario": "商品房预售许可核查",
        "mode": "query",
    }
    return Need(**(base | changes))  # type: ignore[arg-type]


def filed(city: City, **changes: object) -> Demand:
    return demand_actions.file_demand(by=city.consumer, need=need(**changes))


def assigned(city: City, **changes: object) -> Demand:
    found = filed(city, **changes)
    return demand_actions.assign(by=city.authority, number=found.number, provider="market", due_on=clock.today() + SOON)


def leaves(action: str) -> int:
    return sum(f'"{action}"'.encode() in bytes(row.leaf) for row in Outbox.objects.all())


def test_what_is_in_the_catalog_is_proposed_and_pointed_to() -> None:
    city = City()
    entry = city.published()
    city.published(stops())
    found = filed(city)
    assert demand_queries.proposals(found)[0] == entry
    assert duties.todo(city.authority).get().subject == found.number
    matched = demand_actions.match(by=city.authority, number=found.number, code=entry.code)
    assert (matched.status, matched.entry) == (DemandStatus.MATCHED, entry)
    assert not duties.todo(city.authority).exists()
    notice = notices.of(city.consumer).get(kind="demand.answer")
    assert entry.title in notice.zh
    assert leaves("catalog.demand_matched") == 1


@pytest.mark.article("yongjia-20")
@pytest.mark.parametrize(
    ("city_pack", "days", "article"),
    [("yongjia", 7, "第二十条"), ("xian", None, "第五条"), ("luzhou", None, "第五条")],
)
def test_an_assigned_provider_answers_within_the_citys_limit(
    city_pack: str, days: int | None, article: str, pack: None
) -> None:
    rules.configure(city_pack)
    city = City()
    found = assigned(city)
    duty = duties.todo(city.compiler).get()
    assert (duty.subject, duty.days) == (found.number, days)
    assert any(article in c["label"] for c in duty.citations)
    assert (duty.due_on is None) == (days is None)


@pytest.mark.article("yongjia-20")
@pytest.mark.parametrize("city_pack", ["yongjia", "dazhou", "xian", "national"])
def test_a_demand_states_what_the_city_asks_for(city_pack: str, pack: None) -> None:
    rules.configure(city_pack)
    city = City()
    required = rules.active().value("demand.requires", on=clock.today())
    for name in required.value:
        with pytest.raises(GongshuError) as refused:
            filed(city, **{str(name): ""})
        assert refused.value.where["field"] == str(name)
    assert filed(city).status == DemandStatus.FILED


def test_dazhou_reviews_in_five_working_days(pack: None) -> None:
    rules.configure("dazhou")
    city = City()
    filed(city)
    assert duties.todo(city.authority).get().days == 5


def test_accepted_then_published_is_fulfilled() -> None:
    city = City()
    found = assigned(city)
    demand_actions.accept(by=city.compiler, number=found.number)
    duty = duties.todo(city.reviewer).get()
    assert duty.kind == "demand.fulfil"
    assert duty.due_on is not None
    assert duty.due_on <= clock.today() + SOON
    draft = city.draft()
    named = demand_actions.name_entry(by=city.compiler, number=found.number, code=draft.code)
    assert named.status == DemandStatus.ACCEPTED, "a draft is no supply yet"
    actions.submit_entry(by=city.compiler, code=draft.code)
    actions.record_secrecy_review(by=city.reviewer, code=draft.code)
    city.reviewed(draft.code)
    done = demand_queries.demand(city.consumer, found.number)
    assert (done.status, done.entry.code if done.entry else "") == (DemandStatus.FULFILLED, draft.code)
    assert not duties.todo(city.reviewer).filter(kind="demand.fulfil").exists()
    assert notices.of(city.consumer).filter(kind="demand.answer", zh__contains="已发布").count() == 1


@pytest.mark.article("yongjia-20", "luzhou-15")
@pytest.mark.parametrize("city_pack", ["yongjia", "luzhou"])
def test_an_objection_needs_what_a_refusal_needs(city_pack: str, pack: None) -> None:
    rules.configure(city_pack)
    city = City()
    found = assigned(city)
    with pytest.raises(GongshuError, match="reason_missing"):
        demand_actions.object_to(by=city.compiler, number=found.number, ground=Ground(""))
    with pytest.raises(GongshuError, match=r"basis_missing|basis_kind"):
        demand_actions.object_to(by=city.compiler, number=found.number, ground=Ground("系统无此数据"))
    ground = Ground("涉及商业秘密", "law", "《反不正当竞争法》第十条")
    objected = demand_actions.object_to(by=city.compiler, number=found.number, ground=ground)
    assert objected.status == DemandStatus.OBJECTED
    assert duties.todo(city.authority).get().subject == found.number
    with pytest.raises(GongshuError, match="remark_missing"):
        demand_actions.decline(by=city.authority, number=found.number, remark=" ")
    declined = demand_actions.decline(by=city.authority, number=found.number, remark="依法不予提供")
    assert declined.status == DemandStatus.DECLINED
    assert not duties.todo(city.authority).exists()


def test_who_may_do_what() -> None:
    city = City()
    for actor in (city.compiler, city.authority, city.auditor):
        with pytest.raises(NotAllowed):
            demand_actions.file_demand(by=actor, need=need())
    found = filed(city)
    for actor in (city.consumer, city.compiler, city.government):
        with pytest.raises(NotAllowed):
            demand_actions.assign(by=actor, number=found.number, provider="market", due_on=clock.today() + SOON)
    with pytest.raises(NotFound):
        demand_queries.demand(city.compiler, found.number)  # nobody assigned it to the market bureau yet
    with pytest.raises(GongshuError, match="own_need"):
        demand_actions.assign(by=city.authority, number=found.number, provider="housing", due_on=clock.today() + SOON)
    with pytest.raises(GongshuError, match="due_past"):
        demand_actions.assign(by=city.authority, number=found.number, provider="market", due_on=clock.today())
    demand_actions.assign(by=city.authority, number=found.number, provider="market", due_on=clock.today() + SOON)
    assert demand_queries.demand(city.compiler, found.number).provider
    with pytest.raises(NotAllowed):
        demand_actions.accept(by=city.consumer, number=found.number)
    demand_actions.withdraw(by=city.consumer, number=found.number)
    assert not duties.todo(city.compiler).exists()
    with pytest.raises(Conflict):
        demand_actions.accept(by=city.compiler, number=found.number)


@pytest.mark.parametrize(
    ("field", "value"), [("title", "名" * 101), ("items", "数" * 2001), ("basis", "法\x00"), ("title", "名\x00")]
)
def test_what_no_database_could_hold_is_refused(field: str, value: str) -> None:
    with pytest.raises(GongshuError):
        filed(City(), **{field: value})


@pytest.mark.article("luzhou-15")
def test_the_responsibility_list_is_issued_kept_and_made_known(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    entry = city.published()
    found = assigned(city, title="项目审批信息")
    cited = demand_queries.list_citations(ListKind.RESPONSIBILITY)
    assert any("第十五条" in c.label("zh") for c in cited)
    with pytest.raises(NotAllowed):
        demand_actions.issue_list(by=city.compiler, kind=ListKind.RESPONSIBILITY)
    issued = demand_actions.issue_list(by=city.authority, kind=ListKind.RESPONSIBILITY)
    assert issued.rows == 2
    assert entry.resource_code in issued.text
    assert found.number in issued.text
    assert notices.of(city.compiler).filter(kind="demand.list_issued").count() == 1
    city.published(stops())
    assert demand_queries.issue(issued.number).text == issued.text, "what was issued stays"
    assert leaves("catalog.list_issued") == 1


def test_the_negative_list_names_grounds_and_basis() -> None:
    city = City()
    city.published(companies(title="案件线索", share_type=ShareType.PROHIBITED, share_basis="《某法》第一条"))
    city.published(stops())
    rows = [line.cells for line in demand_queries.all_lines(city.consumer, ListKind.NEGATIVE)]
    assert [cells[1].zh for cells in rows] == ["案件线索"]
    assert "《某法》第一条" in rows[0][-1].zh
    assert not demand_queries.prohibited(side="sharing", provider="housing").exists()


def test_the_negative_list_goes_down_to_single_items() -> None:
    city = City()
    key, name, person = companies().items
    closed = replace(
        person,
        share_type=ShareType.PROHIBITED,
        share_condition="个人隐私",
        share_basis="《某法》第二条",
        share_basis_kind=BasisKind.LAW,
    )
    city.published(companies(title="部分不予共享", open_type=OpenType.UNCONDITIONAL, items=(key, name, closed)))
    city.published(
        companies(
            title="一项可以共享", share_type=ShareType.PROHIBITED, share_basis="《某法》第三条",
            open_type=OpenType.UNCONDITIONAL,
            items=(key, replace(name, share_type=ShareType.UNCONDITIONAL), replace(person, sensitive=False)),
        )
    )  # fmt: skip
    freed = tuple(replace(one, share_type=ShareType.CONDITIONAL, share_condition="按需") for one in (key, name))
    city.published(
        companies(title="各项均可共享", share_type=ShareType.PROHIBITED, share_basis="《某法》第四条", items=freed,
                  open_type=OpenType.UNCONDITIONAL)
    )  # fmt: skip
    rows = {line.cells[1].zh: line.cells for line in demand_queries.all_lines(city.consumer, ListKind.NEGATIVE)}
    assert set(rows) == {"部分不予共享", "一项可以共享"}
    assert (rows["部分不予共享"][3].zh, rows["部分不予共享"][4].zh) == ("法定代表人", "")
    assert (rows["部分不予共享"][5].zh, rows["部分不予共享"][6].zh) == ("个人隐私", "《某法》第二条")
    assert rows["一项可以共享"][3].zh == "统一社会信用代码、法定代表人"
    assert "《某法》第三条" in rows["一项可以共享"][6].zh
    assert demand_queries.prohibited(side="opening").count() == 0
    whole = city.published(companies(title="整项不予开放"))
    assert [one.pk for one in demand_queries.prohibited(side="opening")] == [whole.pk]
    assert demand_queries.prohibited_line(whole).cells[4].zh == "全部数据项"


@pytest.mark.article("zaozhuang-6.3")
def test_a_supply_demand_meeting_has_its_table_and_minutes(pack: None) -> None:
    rules.configure("zaozhuang")
    city = City()
    found = filed(city)
    meeting = demand_actions.convene(
        by=city.authority,
        title="第四季度供需对接会",
        held_on=clock.today(),
        participants=["market", "housing"],
        demands=[found.number],
    )
    assert notices.of(city.compiler).filter(kind="demand.meeting").count() == 1
    talked = [Talked(found.number, Talk.ASSIGN, "由市场监管局提供")]
    demand_actions.minute(by=city.authority, number=meeting.number, minutes="会议议定如下", talked=talked)
    assert demand_queries.talks(found).get().outcome == Talk.ASSIGN
    assert demand_queries.meeting(city.consumer, meeting.number).minutes == "会议议定如下"
    assert Demand.objects.get(pk=found.pk).status == DemandStatus.FILED, "minutes decide nothing by themselves"
    with pytest.raises(NotAllowed):
        demand_actions.convene(by=city.consumer, title="会", held_on=clock.today(), participants=["market"])
    with pytest.raises(NotFound):
        demand_queries.meeting(city.person("he", "center", Role.CONSUMER), meeting.number)
    assert leaves("catalog.demand_meeting_minuted") == 1


def test_a_formula_in_a_name_is_text_in_the_issued_list() -> None:
    city = City()
    assigned(city, title="=HYPERLINK(1)")
    issued = demand_actions.issue_list(by=city.authority, kind=ListKind.DEMAND)
    assert "'=HYPERLINK(1)" in issued.text
