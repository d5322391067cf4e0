"""What dazhou-9 gives an operator: it sees the catalog, has faulty data mended in time, and may earn and report a return."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from factories import stops
from gongshu import clock, crypto, rules, wiring
from gongshu.catalog import queries as catalog
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.duties import actions as time_of_duties
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.home import open_home
from gongshu.identity.states import Role
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.operation import demand_actions as demands
from gongshu.operation import exit_actions, governance_actions, governance_queries, return_actions
from gongshu.operation.governance_models import Governance
from gongshu.operation.governance_policy import Earned, Fault, read_yuan, yuan
from gongshu.operation.governance_states import GovernanceStatus, ReturnStatus
from gongshu.quality import check_actions
from gongshu.quality.checkset import from_text
from gongshu.supervision import detectors
from integration.operation.test_demand import asked, reviewed
from integration.operation.test_designation import CLOCK, Operated, at, pack

pytestmark = pytest.mark.django_db
__all__ = ["pack"]
SHORT = "checks:\n- {id: name_length, check: length, columns: [name], min: 3}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    place = open_home()
    for folder in place.folders:
        folder.mkdir()
    keys.ensure(place)
    yield
    crypto.forget()


class Supplied(Operated):
    """An operator to which bus stops are supplied; two of their three names are too short."""

    def __init__(self) -> None:
        super().__init__()
        self.entry = self.published(stops(open_type="PROHIBITED", open_basis="《中华人民共和国数据安全法》第二十一条"))
        self.collect("一中", "二中", "人民广场")
        self.designated()
        found = demands.demand(by=self.operator, code=self.entry.code, asked=asked())
        self.demand = demands.answer(by=self.authority, number=found.number, passed=True, **reviewed())  # type: ignore[arg-type]

    def collect(self, *names: str) -> Entry:
        rows = "".join(f"S{i},{name}\n" for i, name in enumerate(names))
        collection.submit_file(
            by=self.compiler, resource=self.entry.code, content=f"站点编码,站点名称\n{rows}".encode()
        )
        done = collection.work_one()
        assert done is not None
        assert done.version is not None, done.error
        check_actions.save(by=self.compiler, code=self.entry.code, checks=from_text(SHORT))
        check_actions.check(by=self.compiler, code=self.entry.code)
        self.entry.refresh_from_db()
        return self.entry

    def filed(self, **changes: object) -> Governance:
        return governance_actions.file(by=self.operator, code=self.entry.code, fault=fault(**changes))

    def ordered(self, days: int = 10, **changes: object) -> Governance:
        found = self.filed(**changes)
        return governance_actions.order(
            by=self.authority, number=found.number, due_on=clock.today() + timedelta(days=days)
        )


def fault(**changes: object) -> Fault:
    base: dict[str, object] = {
        "dimension": "completeness",
        "facts": "站点名称被截短",
        "wish": "补全站点名称",
        "item": "name",
        "check": "name_length",
    }
    return Fault(**(base | changes))  # type: ignore[arg-type]


def acts() -> list[str]:
    found = [ledger_entry.body(bytes(row.leaf)) for row in Outbox.objects.order_by("pk")]
    return [str(leaf["action"]) for leaf in found if "governance" in str(leaf["action"])]


@pytest.mark.article("dazhou-9")
def test_the_operator_sees_the_catalog_and_the_data_dictionary_before_anything_is_supplied() -> None:
    city = Operated()
    entry, draft = city.published(stops()), city.draft()
    city.designated()
    assert catalog.entry(city.operator, entry.code).title == "公交站点"
    assert [(i.name, i.title) for i in catalog.items(entry.code)] == [("code", "站点编码"), ("name", "站点名称")]
    with pytest.raises(NotFound):
        catalog.entry(city.operator, draft.code)
    rule = rules.active().find("operation.sees_catalog", on=clock.today())
    assert rule is not None
    assert "第九条" in rule.citations[0].label("zh")


@pytest.mark.article("dazhou-9")
def test_a_fault_is_put_to_the_authority_mended_by_the_provider_in_the_time_set_and_accepted(home: None) -> None:
    city = Supplied()
    found = city.filed()
    assert (found.status, found.version, found.failed_before) == (GovernanceStatus.FILED, 1, 2)
    assert found.check_label.zh == "字符数：站点名称"
    assert "第九条" in found.citations[0]["label"]
    todo = duties.todo(city.authority).filter(subject=found.number).get()
    assert todo.due_on is None, "the text sets the authority no time of its own"
    with pytest.raises(NotAllowed):
        governance_actions.order(by=city.reviewer, number=found.number, due_on=clock.today() + timedelta(days=5))
    for day in (None, clock.today()):
        with pytest.raises(GongshuError) as number:
            governance_actions.order(by=city.authority, number=found.number, due_on=day)
        assert number.value.where["field"] == "due_on", "the article gives no number: the authority must set the day"
    due = clock.today() + timedelta(days=10)
    found = governance_actions.order(by=city.authority, number=found.number, due_on=due, remark="请尽快")
    duty = duties.todo(city.reviewer).filter(subject=found.number).get()
    assert (found.due_on, duty.due_on, duty.organization.code) == (due, due, "market")
    assert any("治理" in n.zh for n in notices.of(city.operator))

    for version in (None, 1, 9):
        with pytest.raises(Conflict):
            governance_actions.finish(by=city.reviewer, number=found.number, result="已补全", version=version)
    city.collect("一中", "二中", "三中")
    with pytest.raises(Conflict) as worse:
        governance_actions.finish(by=city.reviewer, number=found.number, result="已补全", version=2)
    assert worse.value.code == "operation.not_mended"
    city.collect("第一中学", "第二中学", "人民广场")
    with pytest.raises(NotAllowed):
        governance_actions.finish(by=city.operator, number=found.number, result="已补全", version=3)
    found = governance_actions.finish(by=city.reviewer, number=found.number, result="已补全", version=3)
    assert (found.failed_before, found.failed_after, found.result_version) == (2, 0, 3)
    for stranger in (city.reviewer, city.authority, city.consumer):
        with pytest.raises(NotAllowed):
            governance_actions.accept(by=stranger, number=found.number)
    found = governance_actions.accept(by=city.operator, number=found.number, remark="核对无误")
    assert found.status == GovernanceStatus.ACCEPTED
    assert not duties.todo(city.reviewer).filter(subject=found.number).exists()
    assert not duties.todo(city.operator).filter(subject=found.number).exists()
    assert [e.act for e in governance_queries.history(found)] == ["file", "order", "finish", "accept"]
    assert acts() == [f"operation.governance_{word}" for word in ("filed", "ordered", "finished", "accepted")]


@pytest.mark.article("dazhou-9")
def test_what_is_not_mended_is_sent_back_and_after_the_day_another_one_is_set(home: None) -> None:
    with at("2026-09-14"):
        city = Supplied()
        found = city.ordered()
        city.collect("第一中学", "二中", "人民广场")
        found = governance_actions.finish(by=city.reviewer, number=found.number, result="补了一处", version=2)
        assert found.failed_after == 1
        with pytest.raises(GongshuError):
            governance_actions.send_back(by=city.operator, number=found.number, reason=" ")
        found = governance_actions.send_back(by=city.operator, number=found.number, reason="还有一处")
        assert (found.status, found.due_on, found.rounds) == (GovernanceStatus.ORDERED, date(2026, 9, 24), 1)
        with pytest.raises(Conflict):
            governance_actions.finish(by=city.reviewer, number=found.number, result="同一版本", version=2)
        city.collect("第一中学", "第二中学", "人民广场")
        governance_actions.finish(by=city.reviewer, number=found.number, result="全部补全", version=3)
    with at("2026-09-28"):
        found = governance_actions.send_back(by=city.operator, number=found.number, reason="别名不符")
        assert (found.status, found.due_on) == (GovernanceStatus.FILED, None)
        assert duties.todo(city.authority).filter(subject=found.number).exists()
        found = governance_actions.order(by=city.authority, number=found.number, due_on=date(2026, 10, 20))
        with pytest.raises(GongshuError):
            governance_actions.extend(by=city.authority, number=found.number, due_on=date(2026, 10, 19), reason="x")
        found = governance_actions.extend(
            by=city.authority, number=found.number, due_on=date(2026, 10, 30), reason="同意"
        )
    duty = duties.todo(city.reviewer).filter(subject=found.number).get()
    assert (found.due_on, duty.due_on) == (date(2026, 10, 30), date(2026, 10, 30))


@pytest.mark.article("dazhou-9")
def test_time_that_runs_out_goes_to_the_authority_then_to_the_government_and_to_supervision(home: None) -> None:
    wiring.connect()
    with at("2026-09-14"):
        city = Supplied()
        found = city.ordered(days=7)
    with at("2026-09-22"):
        time_of_duties.run_clock(by=CLOCK)
        assert [one.number for one in governance_queries.search(city.authority, filters={"late": "1"})] == [
            found.number
        ]
    assert any("超期未办" in n.zh for n in notices.of(city.authority))
    seen = [one for one in detectors.overdue_duties() if found.number in one.facts.zh]
    assert [(one.organization, one.kinds) for one in seen] == [
        ("market", ("inconsistent_or_unusable", "gathering", "other"))
    ]
    with at("2026-10-20"):
        time_of_duties.run_clock(by=CLOCK)
    assert any("超期仍未办" in n.zh for n in notices.of(city.government))
    with at("2026-10-21"):
        city.collect("第一中学", "第二中学", "人民广场")
        late = governance_actions.finish(by=city.reviewer, number=found.number, result="已补全", version=2)
    assert late.status == GovernanceStatus.FINISHED, "late is late, and better than never"


@pytest.mark.article("dazhou-9")
def test_only_an_operator_with_an_agreement_files_and_only_about_data_that_reach_it(home: None) -> None:
    city = Supplied()
    other = city.published(
        stops(title="路灯", open_type="PROHIBITED", open_basis="《中华人民共和国数据安全法》第二十一条")
    )
    with pytest.raises(NotAllowed) as supplied:
        governance_actions.file(by=city.operator, code=other.code, fault=fault())
    assert supplied.value.code == "operation.not_supplied"
    with pytest.raises(NotAllowed):
        governance_actions.file(by=city.consumer, code=city.entry.code, fault=fault())
    for wrong in ({"dimension": "mood"}, {"item": "code"}, {"check": "none"}, {"facts": " "}, {"wish": ""}):
        with pytest.raises(GongshuError):
            city.filed(**wrong)
    plain = city.filed(check="", item="", dimension="timeliness", facts="每日更新，实为每月")
    found = governance_actions.decline(by=city.authority, number=plain.number, reason="目录即为每月更新")
    assert found.status == GovernanceStatus.DECLINED
    assert any("目录即为每月更新" in n.zh for n in notices.of(city.operator))
    taken = city.ordered()
    with pytest.raises(Conflict) as again:
        city.filed()
    assert taken.number in again.value.text.zh, "one open demand for one failing check"
    with pytest.raises(NotFound):
        governance_queries.demand(city.consumer, taken.number)
    assert governance_queries.demand(city.compiler, taken.number)
    governance_actions.withdraw(by=city.operator, number=taken.number, reason="已自行处理")
    assert not duties.todo(city.reviewer).filter(subject=taken.number).exists()
    exit_actions.order_correction(
        by=city.authority, number=city.demand.designation.number, ground="misuse", findings="转售",
        due_on=clock.today() + timedelta(days=9),
    )  # fmt: skip
    with pytest.raises(Conflict) as suspended:
        city.filed()
    assert suspended.value.code == "operation.suspended"


@pytest.mark.article("dazhou-9")
def test_a_fault_without_a_check_may_be_mended_in_the_catalog_and_when_the_operator_is_gone_the_authority_accepts(
    home: None,
) -> None:
    city = Supplied()
    found = city.ordered(check="", item="", dimension="conformity", facts="数据字典没有写明坐标系")
    found = governance_actions.finish(by=city.reviewer, number=found.number, result="已在目录说明中写明")
    assert (found.status, found.result_version) == (GovernanceStatus.FINISHED, None)
    assert governance_queries.possible(city.authority, found) == []
    number = exit_actions.order_correction(
        by=city.authority, number=city.demand.designation.number, ground="misuse", findings="转售",
        due_on=clock.today() + timedelta(days=9),
    ).number  # fmt: skip
    exit_actions.answer_correction(by=city.operator, number=number, answer="已停", evidence="日志")
    exit_actions.terminate(by=city.authority, number=number, reason="未按要求改正")
    found = governance_queries.demand(city.authority, found.number)
    assert governance_queries.possible(city.authority, found) == ["accept", "send_back"]
    assert governance_actions.accept(by=city.authority, number=found.number).status == GovernanceStatus.ACCEPTED


@pytest.mark.parametrize("name", ["xian", "luzhou", "yongjia", "zaozhuang"])
def test_rules_without_the_article_have_no_such_demand_and_no_such_return(name: str) -> None:
    city = Operated(name)
    with pytest.raises(Conflict) as demand:
        governance_actions.file(by=city.operator, code="x", fault=fault())
    with pytest.raises(Conflict) as earned:
        return_actions.record(by=city.operator, earned=earning(("x",)))
    assert demand.value.code == earned.value.code == "operation.no_procedure"
    assert rules.active().region.zh in demand.value.text.zh


def earning(numbers: tuple[str, ...], **changes: object) -> Earned:
    base: dict[str, object] = {
        "product": "到站预测接口",
        "product_kind": "service",
        "scenario": "公交出行",
        "user": "江临出行科技有限公司",
        "period_from": clock.today(),
        "period_to": clock.today(),
        "amount_fen": 1_234_550,
        "basis": "《数据服务合同》JL-7，按调用次数计费",
        "demands": numbers,
    }
    return Earned(**(base | changes))  # type: ignore[arg-type]


@pytest.mark.article("dazhou-9")
def test_a_return_is_reported_to_the_authority_with_product_scenario_period_amount_and_basis(home: None) -> None:
    city = Supplied()
    numbers = (city.demand.number,)
    for wrong, field in (
        ({"product_kind": "cake"}, "product_kind"),
        ({"product": " "}, "product"),
        ({"scenario": ""}, "scenario"),
        ({"user": ""}, "user"),
        ({"basis": " "}, "basis"),
        ({"amount_fen": -1}, "amount"),
        ({"demands": ()}, "demands"),
        ({"demands": ("YX-1",)}, "demands"),
        ({"period_to": clock.today() + timedelta(days=1)}, "period_to"),
        ({"period_from": clock.today() - timedelta(days=1)}, "period_from"),  # before the agreement
    ):
        with pytest.raises(GongshuError) as refused:
            return_actions.record(by=city.operator, earned=earning(numbers, **wrong))
        assert refused.value.where.get("field") == field, wrong
    with pytest.raises(NotAllowed):
        return_actions.record(by=city.consumer, earned=earning(numbers))
    found = return_actions.record(by=city.operator, earned=earning(numbers))
    assert (found.amount_fen, found.reported_to.code, found.product_label.zh) == (1_234_550, "authority", "数据服务")
    assert "第九条" in found.citations[0]["label"]
    assert any(found.number in n.zh for n in notices.of(city.authority))
    with pytest.raises(Conflict) as twice:
        return_actions.record(by=city.operator, earned=earning(numbers))
    assert found.number in twice.value.text.zh
    for stranger in (city.compiler, city.consumer):
        assert not governance_queries.visible_returns(stranger).exists()
    with pytest.raises(NotAllowed):
        return_actions.strike(by=city.authority, number=found.number, reason="x")
    struck = return_actions.strike(by=city.operator, number=found.number, reason="金额填错")
    assert struck.status == ReturnStatus.STRUCK
    right = return_actions.record(by=city.operator, earned=earning(numbers, amount_fen=0))
    kept = return_actions.record(by=city.operator, earned=earning(numbers, user="另一单位", amount_fen=250))
    seen = governance_queries.search_returns(city.authority)
    assert {one.number for one in seen} == {found.number, right.number, kept.number}
    assert governance_queries.total_fen(seen) == 250, "what was struck out does not count"
    leaves = [ledger_entry.body(bytes(row.leaf)) for row in Outbox.objects.order_by("pk")]
    first = next(leaf for leaf in leaves if leaf["action"] == "operation.return_recorded")
    assert first["details"]["amount_fen"] == 1_234_550


@pytest.mark.parametrize(
    ("typed", "fen"), [("1,234.5", 123450), ("0", 0), ("0.01", 1), (" 99999999999 元", 9999999999900), ("12", 1200)]
)
def test_amounts_are_typed_in_yuan_and_kept_in_fen(typed: str, fen: int) -> None:
    assert read_yuan(typed) == fen
    assert read_yuan(yuan(fen)) == fen


@pytest.mark.parametrize("typed", ["", "一百", "1.005", "NaN", "Infinity", "1e400", "1" * 30, "--1"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(GongshuError) as wrong:
        read_yuan(typed)
    assert wrong.value.where["field"] == "amount"


def test_a_provider_s_people_see_what_concerns_their_data_and_others_nothing(home: None) -> None:
    city = Supplied()
    found = city.filed()
    assert [one.number for one in governance_queries.search(city.reviewer, text="公交")] == [found.number]
    assert not governance_queries.search(city.reviewer, text="地铁").exists()
    assert not governance_queries.visible(city.consumer).exists()
    other = city.person("gao", "housing", Role.PROVIDER)
    assert not governance_queries.visible(other).exists()
    assert governance_queries.visible(city.auditor).exists()
