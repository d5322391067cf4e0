"""What is on paper becomes data step by step (泸州14): registered with a plan, reminded, reported, done with its version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.test import Client

from factories import SEED, City
from gongshu import clock, rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.collection import paper_actions as actions
from gongshu.collection import paper_queries as queries
from gongshu.collection.models import PaperHolding
from gongshu.duties import actions as time_of_duties
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, Exit, GongshuError, NotAllowed, NotFound
from gongshu.identity.models import Person
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
PLAN = {"title": "企业登记档案", "amount": 1200, "measure": "卷", "basis": "《中华人民共和国档案法》第三十五条"}


@pytest.fixture
def city(db: None) -> City:
    wiring.connect()
    with clock.frozen(MONDAY - timedelta(days=30)):
        return City()


@pytest.fixture(autouse=True)
def under() -> Iterator[Callable[[str], rules.Pack]]:
    usual = rules.active().id
    rules.configure("luzhou")
    yield rules.configure
    rules.configure(usual)


def planned(city: City, code: str, **changes: object) -> PaperHolding:
    days = {"begins_on": date(2026, 11, 2), "due_on": date(2026, 12, 31)}
    return actions.register(by=city.compiler, entry=code, **(PLAN | days | changes))  # type: ignore[arg-type]


def acts() -> list[str]:
    leaves = [ledger_entry.body(bytes(one.leaf)) for one in Outbox.objects.order_by("pk")]
    return [str(one["action"]) for one in leaves if str(one["action"]).startswith("collection.paper")]


@pytest.mark.article("luzhou-14")
def test_paper_is_planned_reminded_reported_and_done_when_its_entry_has_the_data(city: City) -> None:
    """1 registered with a last day, 2 owed by then, 3 half done, 4 reminded, 5 all digitised, 6 collected: done."""
    with clock.frozen(MONDAY):
        entry = city.published()
        found = planned(city, entry.code)
        (duty,) = duties.todo(city.reviewer).filter(kind=actions.DUTY)
        assert (duty.due_on, duty.subject) == (date(2026, 12, 31), found.number)
        assert any("第十四条" in cite["label"] for cite in duty.citations)
        half = actions.report(by=city.compiler, number=found.number, digitised=600)
        assert (half.status, half.percent) == ("under_way", 50)
    with clock.frozen(MONDAY + timedelta(days=58)):
        assert time_of_duties.run_clock(by=SEED)["reminded"] == 1
        assert notices.of(city.compiler).filter(kind="duty.reminder").count() == 1
        whole = actions.report(by=city.compiler, number=found.number, digitised=1200)
        assert whole.status == "under_way", "scanned, but nothing in the platform yet"
        catalog.note_data_version(by=SEED, code=entry.code, version=1, rows=9, at=clock.now())
    found.refresh_from_db()
    duty.refresh_from_db()
    assert (found.status, found.version) == ("digitised", 1)
    assert (duty.status, duty.closed_late) == ("done", False)
    assert acts() == [
        "collection.paper_registered", "collection.paper_progress", "collection.paper_progress",
        "collection.paper_digitised",
    ]  # fmt: skip
    with pytest.raises(Conflict):
        actions.report(by=city.compiler, number=found.number, digitised=1)


@pytest.mark.article("luzhou-14")
def test_data_older_than_the_plan_do_not_make_it_done_and_a_plan_that_runs_over_is_overdue(city: City) -> None:
    with clock.frozen(MONDAY - timedelta(days=1)):
        entry = city.collected()
    with clock.frozen(MONDAY):
        found = planned(city, entry.code)
        assert actions.report(by=city.compiler, number=found.number, digitised=1200).status == "under_way"
        moved = actions.replan(by=city.compiler, number=found.number, due_on=date(2026, 11, 20), reason="提前完成")
        assert duties.todo(city.compiler).get(kind=actions.DUTY).due_on == moved.due_on
    with clock.frozen(MONDAY + timedelta(days=30)):
        time_of_duties.run_clock(by=SEED)
        (duty,) = duties.todo(city.compiler).filter(kind=actions.DUTY)
        assert duty.status == "overdue"
        actions.replan(by=city.compiler, number=found.number, due_on=date(2027, 3, 1), reason="档案修复")
        dropped = actions.drop(by=city.compiler, number=found.number, reason="移交档案馆")
        duty.refresh_from_db()
        assert (dropped.status, duty.status) == ("dropped", "cancelled")


def test_what_is_not_complete_or_not_ones_own_is_refused(city: City) -> None:
    with clock.frozen(MONDAY):
        entry = city.published()
        for wrong in (
            {"title": " "}, {"amount": 0}, {"measure": ""}, {"basis": ""}, {"due_on": date(2026, 11, 2)},
            {"begins_on": date(2027, 1, 1)}, {"measure": "x" * 11},
        ):  # fmt: skip
            with pytest.raises(GongshuError):
                planned(city, entry.code, **wrong)
        with pytest.raises(NotFound):
            planned(city, "000000-000000")
        with pytest.raises(NotAllowed):
            actions.register(
                by=city.consumer, entry=entry.code, begins_on=date(2026, 11, 2), due_on=date(2026, 12, 1), **PLAN
            )  # type: ignore[arg-type]
        found = planned(city, entry.code)
        with pytest.raises(NotAllowed):
            actions.report(by=city.consumer, number=found.number, digitised=1)
        for count in (-1, 1201):
            with pytest.raises(GongshuError):
                actions.report(by=city.compiler, number=found.number, digitised=count)
        with pytest.raises(GongshuError):
            actions.drop(by=city.compiler, number=found.number, reason="")
        assert not queries.visible(city.consumer).exists()
        assert queries.visible(city.authority, status="planned").count() == 1


def test_elsewhere_the_register_makes_no_duty(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("xian")
    with clock.frozen(MONDAY):
        planned(city, city.published().code)
    assert not duties.todo(city.compiler).filter(kind=actions.DUTY).exists()


def test_the_page_registers_reports_and_shows_the_plan(city: City) -> None:
    with clock.frozen(MONDAY):
        entry = city.published()
        browser = Client()
        browser.force_login(Person.objects.get(username="wang"), backend="django.contrib.auth.backends.ModelBackend")
        body = {**PLAN, "act": "register", "entry": entry.code, "begins_on": "2026-11-02", "due_on": "2026-12-31"}
        assert browser.post("/console/paper/", body | {"amount": "many"}).status_code == 400
        assert browser.post("/console/paper/", body | {"act": "registered"}).status_code == 400
        assert browser.post("/console/paper/", body).status_code == 302
        found = PaperHolding.objects.get()
        report = {"act": "report", "number": found.number, "digitised": "300"}
        assert browser.post("/console/paper/", report).status_code == 302
        page = browser.get("/console/paper/?status=under_way").content.decode()
        assert "300 / 1200 卷" in page and "25%" in page and "第十四条" in page


@pytest.mark.heavy
def test_the_command_lists_what_is_on_paper(
    gongshu: Callable[..., CompletedProcess[str]], installed: Callable[..., Path]
) -> None:
    installed("luzhou")
    secret = {"GONGSHU_PASSWORD": "correct horse battery"}
    assert gongshu("people", "add", "wang", "--name", "wang", "--role", "provider", env=secret).returncode == Exit.OK
    found = gongshu("paper", "list", "--as", "wang", "--json")
    assert (found.returncode, json.loads(found.stdout)) == (Exit.OK, [])
    refused = gongshu(
        "paper", "register", "000000-000000", "--title", "档案", "--amount", "1", "--measure", "卷", "--basis", "档案法",
        "--due", "2099-01-01", "--as", "wang",
    )  # fmt: skip
    assert refused.returncode == Exit.REFUSED
