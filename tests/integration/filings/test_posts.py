"""Posts on record: filed, changed within the pack's time, missing ones seen, and owed by the office, not by a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories import SEED, City
from gongshu import clock, rules
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.filings import actions, queries
from gongshu.filings.models import PostHolding
from gongshu.identity import actions as identity
from gongshu.identity import queries as people
from gongshu.identity.models import Membership, Person
from gongshu.identity.states import BodyKind, Office, Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def usual() -> Iterator[None]:
    before = rules.active().id
    yield
    rules.configure(before)


def at(day: str) -> object:
    return clock.frozen(datetime.combine(date.fromisoformat(day), time(10), tzinfo=clock.SHANGHAI))


def ids(organization: str) -> list[str]:
    return [one.id for one in queries.missing(people.organization(organization))]


@pytest.mark.article("luzhou-6", "xian-35", "xian-42", "yongjia-43", "xian-12")
@pytest.mark.parametrize(
    ("city", "posts"),
    [
        ("luzhou", ["principal", "data_office"]),
        ("dazhou", ["chief_data_officer"]),
        ("xian", ["principal", "data_administrator", "catalog_compiler", "catalog_reviewer"]),
        ("yongjia", ["principal", "deputy", "daily_manager", "catalog_person"]),
        ("zaozhuang", []),
        ("national", []),
    ],
)
def test_each_city_wants_its_own_posts(usual: None, city: str, posts: list[str]) -> None:
    small = City()
    rules.configure(city)
    assert ids("market") == posts
    for post in posts:
        actions.appoint(by=small.compiler, organization="market", post=post, name=f"人{post}", since=clock.today())
    assert ids("market") == []
    with pytest.raises(GongshuError) as refused:
        actions.appoint(by=small.compiler, organization="market", post="king", name="高明", since=clock.today())
    assert refused.value.code == "filings.post_unknown"


@pytest.mark.article("dazhou-5", "dazhou-11")
def test_a_post_of_one_office_is_asked_of_that_office_only(usual: None) -> None:
    City()
    rules.configure("dazhou")
    identity.register_organization(
        by=SEED, code="operator", name="运营公司", office=Office.OPERATOR, body_kind=BodyKind.ENTERPRISE
    )
    assert ids("operator") == ["operator_chief_data_officer"]
    assert ids("authority") == ["chief_data_officer"]
    assert ids("government") == []


def test_bodies_that_the_text_does_not_cover_owe_nothing(usual: None) -> None:
    City()
    rules.configure("xian")
    identity.register_organization(by=SEED, code="firm", name="某企业", body_kind=BodyKind.ENTERPRISE)
    assert ids("firm") == []


@pytest.mark.article("luzhou-6", "xian-35", "yongjia-43")
def test_a_filing_is_dated_told_to_the_authority_and_kept_without_the_name(usual: None) -> None:
    rules.configure("xian")
    city = City()
    held = actions.appoint(
        by=city.compiler, organization="market", post="principal", name="高明", since=clock.today(), username="wang"
    )
    assert (held.until, held.filed_by, held.person.username) == (None, city.compiler.ref, "wang")
    assert "第三十五条" in "".join(one["label"] for one in held.citations)
    assert notices.of(city.authority).filter(kind="filings.filed").count() == 1
    leaves = b"".join(bytes(row.leaf) for row in Outbox.objects.all())
    assert b"filings.post_filed" in leaves
    assert "高明".encode() not in leaves
    with pytest.raises(Conflict):
        actions.appoint(by=city.compiler, organization="market", post="principal", name="高明", since=clock.today())


@pytest.mark.article("xian-35", "yongjia-43")
@pytest.mark.parametrize(("city", "words"), [("xian", "及时更新"), ("yongjia", "及时书面报送")])
def test_a_vacant_post_is_a_duty_of_the_office_that_a_successor_does(usual: None, city: str, words: str) -> None:
    rules.configure(city)
    with at("2026-03-02"):
        small = City()
        held = actions.appoint(
            by=small.compiler, organization="market", post="principal", name="高明", since=date(2026, 3, 2)
        )
    with at("2026-03-10"):
        actions.leave(by=small.compiler, organization="market", holding_id=held.pk, until=date(2026, 3, 9))
        duty = duties.todo(small.reviewer).get()
        assert (duty.kind, duty.starts_on, duty.words.zh) == ("filings.change", date(2026, 3, 9), words)
        assert duty.citations
        for name in ("wang", "li"):
            Membership.objects.filter(person__username=name).update(until=date(2026, 3, 10))
        successor = small.person("gao", "market", Role.PROVIDER)
        gone = people.actor_by_username("wang")
        assert duties.todo(successor).get() == duty, "the duty follows the office"
        assert not duties.todo(gone).exists()
        with pytest.raises(NotAllowed):
            actions.appoint(by=gone, organization="market", post="principal", name="李新", since=date(2026, 3, 10))
        new = actions.appoint(
            by=successor, organization="market", post="principal", name="李新", since=date(2026, 3, 10)
        )
        duty.refresh_from_db()
        assert duty.status == "done"
        assert not duties.todo(successor).exists()
    assert [(one.name, one.until) for one in queries.holdings(new.organization)] == [
        ("李新", None),
        ("高明", date(2026, 3, 9)),
    ]


def test_who_takes_over_at_once_leaves_no_duty(usual: None) -> None:
    rules.configure("xian")
    city = City()
    today = clock.today()
    old = actions.appoint(by=city.compiler, organization="market", post="principal", name="高明", since=today)
    actions.appoint(
        by=city.compiler, organization="market", post="principal", name="李新", since=today, replaces=old.pk
    )
    old.refresh_from_db()
    assert old.until == today
    assert not duties.todo(city.compiler).exists()
    with pytest.raises(Conflict):
        actions.leave(by=city.compiler, organization="market", holding_id=old.pk, until=today)


def test_a_number_of_days_in_a_pack_times_the_filing(
    usual: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "county"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        "id: county\nextends: xian\nkind: draft\ntitle: {zh: 试行规则, en: Trial rules}\n"
        "region: {zh: 某县, en: Somewhere}\nsources:\n  own:\n    title: {zh: 试行规则, en: Trial rules}\n"
        "    kind: draft\n    verified: true\n",
        encoding="utf-8",
    )
    (folder / "register.yaml").write_text(
        "change_deadline:\n  values:\n    undated:\n      value: {days: 5, words: {zh: 5个工作日内, en: within 5 days}}\n"
        "      reference:\n        - {article: 1, text: {zh: 5个工作日内备案, en: within 5 working days}}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    rules.configure("county")
    with at("2026-03-16"):
        city = City()
        late = actions.appoint(
            by=city.compiler, organization="market", post="principal", name="高明", since=date(2026, 3, 2)
        )
        assert (late.due_on, late.late) == (date(2026, 3, 9), True)
        timely = actions.appoint(
            by=city.compiler, organization="market", post="catalog_compiler", name="李新", since=date(2026, 3, 12)
        )
        assert not timely.late
        actions.leave(by=city.compiler, organization="market", holding_id=timely.pk, until=date(2026, 3, 16))
        assert duties.todo(city.compiler).get().due_on == date(2026, 3, 23)


def test_who_files_for_whom(usual: None) -> None:
    rules.configure("xian")
    city = City()
    today = clock.today()
    for by in (city.consumer, city.auditor):
        with pytest.raises(NotAllowed):
            actions.appoint(by=by, organization="market", post="principal", name="高明", since=today)
    held = actions.appoint(by=city.authority, organization="market", post="principal", name="高明", since=today)
    with pytest.raises(NotFound):
        actions.leave(by=city.consumer, organization="housing", holding_id=held.pk, until=today)
    with pytest.raises(NotAllowed):
        actions.remind_of_posts(by=city.consumer, organization="market")
    assert actions.remind_of_posts(by=city.authority, organization="market") == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "filings.missing"),
        ({"name": "高" * 61}, "filings.text"),
        ({"name": "高\x00明"}, "filings.text"),
        ({"contact": "1" * 101}, "filings.text"),
        ({"since": date(2999, 1, 1)}, "filings.future"),
        ({"username": "nobody"}, "identity.person_unknown"),
    ],
)
def test_what_is_typed_is_checked(usual: None, change: dict[str, object], code: str) -> None:
    rules.configure("xian")
    city = City()
    typed = {"post": "principal", "name": "高明", "since": clock.today()} | change
    with pytest.raises(GongshuError) as refused:
        actions.appoint(by=city.compiler, organization="market", **typed)
    assert refused.value.code == code
    assert not PostHolding.objects.exists()


def browser(username: str) -> Client:
    found = Client()
    found.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return found


@pytest.mark.article("luzhou-6", "xian-35", "yongjia-43")
def test_the_pages_file_end_and_list_what_is_missing(usual: None) -> None:
    rules.configure("xian")
    City()
    wang, today = browser("wang"), clock.today().isoformat()
    address = "/console/organizations/market/posts/"
    assert "尚未登记" in wang.get(address).content.decode()
    wrong = wang.post(f"{address}new/", {"post": "principal", "name": "", "since": today})
    assert wrong.status_code == 400
    assert "请填写姓名" in wrong.content.decode()
    assert wang.post(f"{address}new/", {"post": "principal", "name": "高明", "since": "soon"}).status_code == 400
    typed = {"post": "principal", "name": "高明", "since": today, "contact": "0577-1"}
    assert "已备案" in wang.post(f"{address}new/", typed, follow=True).content.decode()
    held = PostHolding.objects.get()
    assert "0577-1" in wang.get(address).content.decode()
    seen = browser("zhou").get(address).content.decode()
    assert "高明" in seen
    assert "0577-1" not in seen, "contacts are for the organisation and the authority"
    assert browser("zhou").post(f"{address}new/", typed).status_code == 403
    overview = browser("lin").get("/console/posts/?only=missing").content.decode()
    assert "数据资源管理员" in overview
    assert "提醒" in overview
    assert browser("lin").post(f"{address}remind/").status_code == 302
    assert browser("zhou").post(f"{address}remind/").status_code == 403
    assert "高明" in browser("zhou").get("/console/posts/?q=高明").content.decode()
    left = wang.post(f"{address}{held.pk}/leave/", {"until": today}, follow=True).content.decode()
    assert "待办" in left
    assert "历任" in left
    assert "备案接任人员" in wang.get("/console/").content.decode()


def test_the_overview_asks_the_database_a_fixed_number_of_times(usual: None) -> None:
    rules.configure("xian")
    city = City()
    lin = browser("lin")

    def asked() -> int:
        lin.get("/console/posts/")
        with CaptureQueriesContext(connection) as seen:
            assert lin.get("/console/posts/").status_code == 200
        return len(seen)

    def grow(n: int) -> None:
        identity.register_organization(by=SEED, code=f"body-{n}", name=f"机构{n}")
        actions.appoint(by=city.authority, organization=f"body-{n}", post="principal", name="高明", since=clock.today())

    grow(0)
    few = asked()
    for n in range(1, 5):
        grow(n)
    assert asked() == few
