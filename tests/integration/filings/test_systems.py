"""Information systems: security grades filed and dated, ends announced once, API clients that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories import City
from gongshu import clock, rules
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.filings import actions, queries
from gongshu.filings.grade import Grade
from gongshu.filings.models import SecurityFiling, System
from gongshu.filings.states import Standing
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.identity.models import Person
from gongshu.identity.states import Role
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db
WORKER = Actor.process("clock")
FILED = Grade(3, "33030012345-00001", date(2026, 1, 5), "备案证明及测评报告", date(2026, 1, 4), date(2027, 1, 4))


@pytest.fixture(autouse=True)
def yongjia() -> Iterator[None]:
    before = rules.active().id
    rules.configure("yongjia")
    yield
    rules.configure(before)


def at(day: str) -> object:
    return clock.frozen(datetime.combine(date.fromisoformat(day), time(10), tzinfo=clock.SHANGHAI))


def registered(city: City, name: str = "企业登记系统") -> System:
    return actions.register_system(by=city.compiler, organization="market", name=name)


@pytest.mark.article("yongjia-40")
def test_grades_are_filed_dated_and_never_overwritten() -> None:
    with at("2026-02-02"):
        city = City()
        system = registered(city)
        assert queries.standing_of(None, filed=False) is Standing.UNFILED
        actions.file_grade(by=city.compiler, system_id=system.pk, filing=FILED)
        tested = replace(FILED, number="33030012345-00002", tests=("security_grade", "performance"))
        actions.file_grade(by=city.compiler, system_id=system.pk, filing=tested)
        first, second = queries.filings(system)
        assert (first.number, second.number) == ("33030012345-00002", "33030012345-00001")
        assert first.tests == ["security_grade", "performance"]
        assert notices.of(city.authority).filter(kind="filings.filed").count() == 2
        proposed = queries.next_assessment(3, date(2026, 1, 4))
        assert proposed is not None
        assert proposed[0] == date(2027, 1, 4)
        assert not proposed[1].verified, "a term that nobody compared with its text proposes and decides nothing"
        assert queries.next_assessment(2, date(2026, 1, 4)) is None


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"grade": 6}, "filings.grade", "grade"),
        ({"grade": 0}, "filings.grade", "grade"),
        ({"number": " "}, "filings.missing", "number"),
        ({"number": "1" * 61}, "filings.text", "number"),
        ({"evidence": ""}, "filings.missing", "evidence"),
        ({"evidence": "a\x00"}, "filings.text", "evidence"),
        ({"filed_on": date(2999, 1, 1)}, "filings.future_day", "filed_on"),
        ({"valid_until": date(2026, 1, 4)}, "filings.valid_until", "valid_until"),
        ({"tests": ("luck",)}, "filings.test_unknown", "tests"),
    ],
)
def test_what_a_filing_must_hold(change: dict[str, object], code: str, field: str) -> None:
    with at("2026-02-02"):
        city = City()
        system = registered(city)
        with pytest.raises(GongshuError) as refused:
            actions.file_grade(by=city.compiler, system_id=system.pk, filing=replace(FILED, **change))
    assert (refused.value.code, refused.value.where["field"]) == (code, field)
    assert not SecurityFiling.objects.exists()


def test_the_first_level_needs_no_number() -> None:
    with at("2026-02-02"):
        city = City()
        actions.file_grade(by=city.compiler, system_id=registered(city).pk, filing=replace(FILED, grade=1, number=""))


@pytest.mark.article("yongjia-38")
def test_an_end_is_announced_once_before_and_once_after() -> None:
    with at("2026-02-02"):
        city = City()
        actions.file_grade(by=city.compiler, system_id=registered(city).pk, filing=FILED)
    seen = []
    for day in ("2026-12-04", "2026-12-05", "2027-01-04", "2027-01-05", "2027-02-01"):
        with at(day):
            first, second = actions.announce(by=WORKER), actions.announce(by=WORKER)
            assert not any(second.values())
            seen.append(first)
    none = {"ending": 0, "lapsed": 0}
    assert seen == [none, {"ending": 1, "lapsed": 0}, none, {"ending": 0, "lapsed": 1}, none]
    assert notices.of(city.reviewer).filter(kind="filings.grade_ending").count() == 2
    assert notices.of(city.authority).filter(zh__contains="已到期").count() == 1
    with at("2027-02-02"):
        again = replace(FILED, assessed_on=date(2027, 2, 1), valid_until=date(2028, 2, 1))
        actions.file_grade(by=city.compiler, system_id=System.objects.get().pk, filing=again)
        assert actions.announce(by=WORKER) == none


def test_a_client_belongs_to_one_system_of_its_own_organisation() -> None:
    city = City()
    first, second = registered(city), registered(city, "年报系统")
    client, _ = identity.create_client(by=city.authority, organization="market", name="接口")
    other, _ = identity.create_client(by=city.authority, organization="housing", name="别家")
    actions.connect_client(by=city.authority, system_id=first.pk, client_id=client.client_id)
    actions.connect_client(by=city.authority, system_id=second.pk, client_id=client.client_id)
    assert [one.until for one in queries.memberships(first)] == [clock.today()]
    assert [one.until for one in queries.memberships(second)] == [None]
    assert not queries.free_clients(city.authority, first).exists()
    with pytest.raises(Conflict):
        actions.connect_client(by=city.authority, system_id=first.pk, client_id=other.client_id)
    actions.end_system(by=city.compiler, system_id=second.pk)
    assert queries.free_clients(city.authority, first).get() == client
    with pytest.raises(Conflict):
        actions.file_grade(by=city.compiler, system_id=second.pk, filing=FILED)


def test_who_keeps_and_who_sees() -> None:
    city = City()
    system = registered(city)
    admin = city.person("qin", "center", Role.SYSTEM_ADMIN)
    with pytest.raises(Conflict):
        actions.register_system(by=admin, organization="market", name="企业登记系统")
    actions.register_system(by=admin, organization="housing", name="房产系统")
    for by in (city.consumer, city.auditor):
        with pytest.raises(NotAllowed):
            actions.file_grade(by=by, system_id=system.pk, filing=FILED)
    with pytest.raises(NotFound):
        queries.system(city.consumer, system.pk)
    assert queries.system(city.auditor, system.pk) == system
    assert queries.search_systems(admin).count() == 2
    assert queries.search_systems(city.consumer).count() == 1


def browser(username: str) -> Client:
    found = Client()
    found.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return found


def test_the_pages() -> None:
    City()
    wang = browser("wang")
    assert "没有信息系统" in wang.get("/console/systems/").content.decode()
    assert wang.post("/console/systems/new/", {"name": ""}).status_code == 400
    made = wang.post("/console/systems/new/", {"name": "企业登记系统"})
    address = made.headers["Location"]
    page = wang.get(address).content.decode()
    assert "尚未备案" in page
    assert "功能性能测评" in page
    assert "第四十条" in page
    today = clock.today().isoformat()
    typed = {
        "do": "file",
        "grade": "3",
        "number": "备-1",
        "filed_on": today,
        "evidence": "证明",
        "tests": "performance",
    }
    assert wang.post(f"{address}change/", typed | {"grade": "²"}).status_code == 400
    assert wang.post(f"{address}change/", typed | {"filed_on": "x"}).status_code == 400
    assert wang.post(f"{address}change/", {"do": "nothing"}).status_code == 400
    assert "第 3 级" in wang.post(f"{address}change/", typed, follow=True).content.decode()
    for standing, shown in (("valid", True), ("unfiled", False), ("lapsed", False), ("ending", False)):
        listed = wang.get(f"/console/systems/?standing={standing}").content.decode()
        assert ("企业登记系统" in listed) is shown
    assert browser("zhou").get(address).status_code == 404
    assert browser("zhou").post(f"{address}change/", typed).status_code == 404
    assert wang.post(f"{address}change/", {"do": "end"}).status_code == 302
    assert "登记备案" not in wang.get(address).content.decode()


def test_the_list_asks_the_database_a_fixed_number_of_times() -> None:
    city = City()
    lin = browser("lin")

    def asked() -> int:
        lin.get("/console/systems/")
        with CaptureQueriesContext(connection) as seen:
            assert lin.get("/console/systems/").status_code == 200
        return len(seen)

    def grow(n: int) -> None:
        actions.file_grade(
            by=city.compiler, system_id=registered(city, f"系统{n}").pk, filing=replace(FILED, valid_until=None)
        )

    grow(0)
    few = asked()
    for n in range(1, 5):
        grow(n)
    assert asked() == few
