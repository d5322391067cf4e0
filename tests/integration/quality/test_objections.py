"""A doubted value: reported, checked in the city's time, corrected in a new version, and whoever received it told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from factories import SEED, City, stops
from gongshu import clock, crypto, rules
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.duties import actions as duty_actions
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.grants import actions as grants
from gongshu.home import Home, open_home
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger import sequencing, spool
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.quality import actions, queries
from gongshu.quality.models import Objection
from gongshu.quality.report import Report
from gongshu.quality.states import Fault, ObjectionStatus

pytestmark = pytest.mark.django_db
KEY = "91330324MA2TE5T016"
OTHER = "11510500MB0TE5T1XJ"
WRONG = f"统一社会信用代码,企业名称,法定代表人\n{KEY},甲公司,张三\n{OTHER},乙公司,李四\n"
RIGHT = WRONG.replace("张三", "张三丰")
LEGAL_REP = Report({"uscc": KEY}, "legal_rep", seen="张三", right="张三丰", evidence="营业执照副本")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    place = open_home()
    for folder in place.folders:
        folder.mkdir()
    keys.ensure(place)
    yield place
    crypto.forget()


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


@pytest.fixture
def city(home: Home) -> City:
    return City()


def collect(city: City, entry: Entry, text: str) -> None:
    collection.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    done = collection.work_one()
    assert done is not None
    assert done.accepted == 2, done
    entry.refresh_from_db()


def granted(city: City, *, organization: str = "housing", items: tuple[str, ...] = ("name", "legal_rep")) -> Entry:
    """The company register with two rows, of which ``organization`` may read ``items``."""
    entry = city.published()
    collect(city, entry, WRONG)
    grant(entry, organization, items)
    return entry


def grant(entry: Entry, organization: str, items: tuple[str, ...], *, public: bool = False) -> None:
    grants.create(
        by=SEED,
        organization=organization,
        provider="market",
        resource=entry.code,
        items=list(items),
        purpose="verification",
        modes=["query", "verify", "batch"],
        valid_from=clock.now() - timedelta(days=1),
        valid_until=clock.now() + timedelta(days=30),
        public=public,
    )


def reported(city: City, entry: Entry, filed: Report = LEGAL_REP) -> Objection:
    return actions.report(by=city.consumer, code=entry.code, filed=filed)


def called(home: Home, entry: Entry, *calls: dict[str, object]) -> None:
    """Calls as the gateway records them, put in the log."""
    writer = spool.Spool(home.spool / "gateway-1")
    for call in calls:
        details = {"items": ["name", "legal_rep"], "version": 1, "result": "found", "count": 1}
        details |= call.get("details", {})  # type: ignore[arg-type]
        _, leaf = ledger_entry.build(
            action=str(call["action"]),
            actor="client",
            organization=str(call["organization"]),
            subject=str(call.get("subject", "")),
            resource=entry.code,
            details=details,
        )
        writer.append(leaf).result(10)
    writer.close()
    sequencing.run_once(home)


def leaves() -> list[dict[str, object]]:
    found = [ledger_entry.body(bytes(row.leaf)) for row in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if str(leaf["action"]).startswith("quality.")]


LIMITS = [
    ("yongjia", 5, "第二十三条", True),
    ("xian", None, "第二十三条", False),
    ("luzhou", None, "第三十一条", False),
]


@pytest.mark.article("yongjia-23", "xian-23", "luzhou-31")
@pytest.mark.parametrize(("city_pack", "days", "article", "through_center"), LIMITS)
def test_the_provider_checks_within_the_citys_limit(
    city_pack: str, days: int | None, article: str, through_center: bool, home: Home, pack: None
) -> None:
    rules.configure(city_pack)
    city = City()
    found = reported(city, granted(city))
    assert (found.status == ObjectionStatus.REPORTED) == through_center
    if through_center:
        assert not duties.todo(city.compiler).exists(), "its time has not begun"
        with pytest.raises(NotAllowed):
            actions.forward(by=city.authority, number=found.number)
        actions.forward(by=city.center, number=found.number)
        assert not duties.todo(city.center).exists()
    duty = duties.todo(city.reviewer).get()
    assert (duty.kind, duty.subject, duty.days) == ("objection.check", found.number, days)
    assert any(article in c["label"] for c in duty.citations)
    if city_pack == "yongjia":
        assert duty.extension_rule == {"days": 15, "counts": "total", "consent": "provider"}
        extended = duty_actions.extend(by=city.reviewer, duty_id=duty.pk, days=10, reason="需向外单位核实", head="局长")
        assert extended.due_on > duty.due_on


@pytest.mark.article("luzhou-31")
def test_urgent_business_gets_a_shorter_limit_in_luzhou(home: Home, pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    filed = Report({"uscc": KEY}, "legal_rep", right="张三丰", urgent=True)
    reported(city, granted(city), filed)
    duty = duties.todo(city.reviewer).get()
    assert "业务紧急" in duty.words_zh
    short = duty_actions.shorten(by=city.authority, duty_id=duty.pk, days=1, reason="窗口正在办理")
    assert short.days == 1


@pytest.mark.article("luzhou-31", "xian-23", "yongjia-23")
def test_a_corrected_value_is_told_to_everybody_who_received_it(city: City, home: Home) -> None:
    entry = granted(city)
    for code in ("police", "tax", "civil", "fire", "water"):
        identity.register_organization(by=SEED, code=code, name=f"{code}局")
    readers = {
        code: city.person(f"at-{code}", code, Role.CONSUMER) for code in ("police", "tax", "civil", "fire", "water")
    }
    found = reported(city, entry)
    delivered = {"result": "delivered", "items": ["uscc", "legal_rep"]}
    about, other = found.commitment, crypto.commit(OTHER)
    called(
        home,
        entry,
        {"action": "gateway.query", "organization": "police", "subject": about},
        {"action": "gateway.query", "organization": "police", "subject": about},
        {"action": "gateway.list", "organization": "tax", "details": {"subjects": [about], "result": "listed"}},
        {
            "action": "gateway.delivery",
            "organization": "civil",
            "details": delivered,
        },
        {"action": "gateway.query", "organization": "fire", "subject": other},  # another record
        {"action": "gateway.query", "organization": "fire", "subject": about, "details": {"items": ["name"]}},
        {"action": "gateway.query", "organization": "water", "subject": about, "details": {"result": "not_found"}},
    )
    actions.find_wrong(by=city.reviewer, number=found.number, reason="登记变更未同步")
    with pytest.raises(Conflict, match="version_old"):
        actions.correct(by=city.reviewer, number=found.number, version=1)
    with pytest.raises(NotFound):
        actions.correct(by=city.reviewer, number=found.number, version=2)
    collect(city, entry, WRONG.replace("乙公司", "乙有限公司"))
    with pytest.raises(Conflict, match="not_changed"):
        actions.correct(by=city.reviewer, number=found.number, version=2)
    collect(city, entry, RIGHT)
    called(
        home, entry, {"action": "gateway.query", "organization": "water", "subject": about, "details": {"version": 3}}
    )
    done = actions.correct(by=city.reviewer, number=found.number, version=3)
    assert (done.status, done.outcome, done.corrected_version) == (ObjectionStatus.CORRECTED, "resolved_corrected", 3)
    told = {row.organization: (row.reads, row.knows_key) for row, _ in queries.recipients(city.authority, done)}
    assert told == {"police": (2, True), "tax": (1, False), "civil": (1, True)}
    for code, reader in readers.items():
        assert notices.of(reader).filter(kind="objection.corrected").exists() == (code in told), code
    assert notices.of(city.consumer).filter(kind="objection.answer", zh__contains="v3").exists()
    key = queries.content(readers["police"], done)
    assert key is not None
    assert (dict(key.key), key.right) == ({"uscc": KEY}, "")
    assert queries.content(readers["tax"], done) is None, "the key was not among what it received"
    with pytest.raises(NotFound):
        queries.objection(readers["fire"], done.number)
    assert not duties.todo(city.reviewer).exists()
    text = json.dumps(leaves(), ensure_ascii=False)
    assert all(secret not in text for secret in (KEY, "张三", "营业执照副本"))
    assert '"told": ["civil", "police", "tax"]' in text


@pytest.mark.article("xian-23", "yongjia-23")
@pytest.mark.parametrize("city_pack", ["xian", "yongjia"])
def test_business_goes_on_while_it_is_checked(city_pack: str, home: Home, pack: None) -> None:
    rules.configure(city_pack)
    city = City()
    found = reported(city, granted(city))
    if found.status == ObjectionStatus.REPORTED:
        actions.forward(by=city.center, number=found.number)
    flag = queries.business_continues(found.pack)
    assert flag is not None
    assert any("第二十三条" in c.label("zh") for c in flag.citations)
    actions.find_wrong(by=city.reviewer, number=found.number, reason="录入错误")
    notice = notices.of(city.consumer).get(kind="objection.answer")
    assert "业务照常办理" in notice.zh
    assert "第二十三条" in notice.zh


@pytest.mark.article("luzhou-31")
def test_confirmed_right_settled_and_closed_by_the_reporter_or_by_time(city: City) -> None:
    entry = granted(city)
    first, second = reported(city, entry), reported(city, entry, Report({"uscc": OTHER}, "name", right="乙"))
    with pytest.raises(GongshuError, match="reason_missing"):
        actions.confirm(by=city.reviewer, number=first.number, reason=" ")
    actions.confirm(by=city.reviewer, number=first.number, reason="与登记档案一致")
    with pytest.raises(NotAllowed):
        actions.close(by=city.reviewer, number=first.number)
    again = actions.disagree(by=city.consumer, number=first.number, reason="执照已变更")
    assert again.status == ObjectionStatus.CHECKING
    assert "执照已变更" in getattr(queries.content(city.reviewer, again), "evidence", "")
    actions.confirm(by=city.reviewer, number=first.number, reason="再次核对一致")
    assert actions.close(by=city.consumer, number=first.number).status == ObjectionStatus.CLOSED

    actions.settle(by=city.reviewer, number=second.number, reason="下季度更新")
    assert actions.close_due(by=SEED) == 0, "its time is not over"
    Objection.objects.filter(pk=second.pk).update(close_on=clock.today() - timedelta(days=1))
    assert (actions.close_due(by=SEED), actions.close_due(by=SEED)) == (1, 0)
    assert Objection.objects.get(pk=second.pk).status == ObjectionStatus.CLOSED
    assert sum(leaf["action"] == "quality.objection_closed" for leaf in leaves()) == 2


def test_it_is_passed_on_to_the_right_source_and_not_in_a_circle(city: City) -> None:
    identity.register_organization(by=SEED, code="civil", name="市民政局")
    source = city.person("pan", "civil", Role.PROVIDER)
    found = reported(city, granted(city))
    passed = actions.pass_on(by=city.reviewer, number=found.number, provider="civil", reason="由民政登记")
    assert duties.todo(source).get().subject == passed.number
    assert not duties.todo(city.reviewer).exists()
    with pytest.raises(NotAllowed):
        actions.confirm(by=city.reviewer, number=found.number, reason="一致")
    with pytest.raises(Conflict, match="circle"):
        actions.pass_on(by=source, number=found.number, provider="market", reason="退回")
    assert actions.confirm(by=source, number=found.number, reason="一致").status == ObjectionStatus.CONFIRMED


def test_who_receives_nothing_cannot_report(city: City) -> None:
    entry = granted(city, items=("name",))
    with pytest.raises(NotAllowed, match="not_received"):
        reported(city, entry)
    assert queries.reportable_items(city.consumer, entry) == ["name"]
    with pytest.raises(NotAllowed, match="not_received"):
        actions.report(by=city.authority, code=entry.code, filed=LEGAL_REP)
    with pytest.raises(NotAllowed):
        actions.report(by=Actor.anonymous(), code=entry.code, filed=LEGAL_REP)
    own = actions.report(by=city.compiler, code=entry.code, filed=LEGAL_REP)
    with pytest.raises(NotAllowed, match="same_person"):
        actions.confirm(by=city.compiler, number=own.number, reason="一致")


@pytest.mark.parametrize(
    ("filed", "code"),
    [
        (Report({}, "legal_rep", right="甲"), "key_incomplete"),
        (Report({"uscc": KEY, "name": "甲"}, "legal_rep", right="甲"), "key_incomplete"),
        (Report({"uscc": KEY}, "legal_rep"), "right_missing"),
        (Report({"uscc": KEY}, "", right="甲"), "item_missing"),
        (Report({"uscc": KEY}, "", Fault.MISSING), "evidence_missing"),
        (Report({"uscc": KEY}, "legal_rep", right="甲\x00"), "text_long"),
        (Report({"uscc": KEY}, "legal_rep", right="甲" * 2001), "text_long"),
    ],
)
def test_a_report_names_record_item_and_reason(city: City, filed: Report, code: str) -> None:
    with pytest.raises(GongshuError, match=code):
        reported(city, granted(city), filed)


def test_a_missing_record_is_corrected_when_it_is_there(city: City) -> None:
    entry = granted(city)
    absent = "N2330324MF0TE5T22Q"
    found = reported(city, entry, Report({"uscc": absent}, "", Fault.MISSING, evidence="合作社登记证"))
    collect_three = WRONG + f"{absent},丙合作社,王五\n"
    collection.submit_file(by=city.compiler, resource=entry.code, content=WRONG.encode())
    collection.work_one()
    with pytest.raises(Conflict, match="not_changed"):
        actions.correct(by=city.reviewer, number=found.number, version=2)
    collection.submit_file(by=city.compiler, resource=entry.code, content=collect_three.encode())
    collection.work_one()
    assert actions.correct(by=city.reviewer, number=found.number, version=3).corrected_version == 3


@pytest.mark.article("luzhou-31")
def test_the_closed_loop_shows_how_far_a_case_is(home: Home, pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    entry = city.published(stops())
    collection.submit_file(by=city.compiler, resource=entry.code, content="code,name\n1,北站\n2,南站\n".encode())
    collection.work_one()
    grant(entry, "", ("code", "name"), public=True)
    citizen = city.person("ren", "housing")
    found = actions.report(by=citizen, code=entry.code, filed=Report({"code": "1"}, "name", right="火车北站"))
    assert found.organization == "public"
    assert [stage.done for stage in queries.loop(found)] == [True, True, False, False, False]
    collection.submit_file(by=city.compiler, resource=entry.code, content="code,name\n1,火车北站\n2,南站\n".encode())
    collection.work_one()
    actions.correct(by=city.reviewer, number=found.number, version=2)
    done = queries.objection(citizen, found.number)
    assert [stage.done for stage in queries.loop(done)] == [True] * 5
    notice = notices.of(citizen).get(kind="objection.answer")
    assert notice.link == f"/objections/{found.number}/"


def test_open_data_may_be_doubted_by_anybody_with_an_account_but_only_seen_by_them(city: City) -> None:
    entry = granted(city, items=("name",))
    grant(entry, "", ("uscc", "name"), public=True)
    citizen, neighbour = city.person("ren", "housing"), city.person("gao", "housing")
    found = actions.report(by=citizen, code=entry.code, filed=Report({"uscc": KEY}, "name", right="甲有限公司"))
    with pytest.raises(NotFound):
        queries.objection(neighbour, found.number)
    assert queries.content(city.authority, found) is None, "governing needs no personal data"
    assert queries.content(city.reviewer, found) is not None
    assert queries.held(city.reviewer, found) is not None
    assert queries.held(city.consumer, found) is None
    assert KEY not in Objection.objects.get(pk=found.pk).sealed
    actions.withdraw(by=citizen, number=found.number)
    assert not duties.todo(city.reviewer).exists()
