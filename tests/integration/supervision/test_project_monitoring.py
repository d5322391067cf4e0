"""After acceptance a project's data are watched: what stops, comes late or is not in order shows and becomes a finding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories import SEED, City
from gongshu import clock, rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.catalog import upkeep_actions
from gongshu.collection.models import Run, Source
from gongshu.collection.states import RunStatus
from gongshu.duties import actions as duties
from gongshu.filings import actions as filings
from gongshu.identity.models import Organization, Person
from gongshu.quality.models import CheckRun
from gongshu.supervision import project_actions as actions
from gongshu.supervision import project_monitoring as monitoring
from gongshu.supervision import project_queries, queries
from gongshu.supervision.project_states import Stage
from integration.supervision.test_projects import collected, passed, planned, stalls

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def yongjia() -> Iterator[None]:
    usual = rules.active().id
    rules.configure("yongjia")
    wiring.connect()
    yield
    rules.configure(usual)


def accepted(city: City) -> tuple[str, str]:
    """A project in operation, and the code of its one entry, which has data since today."""
    number, code = passed(city, city.center), stalls(city)
    actions.name_entry(by=city.compiler, number=number, position=1, code=code)
    collected(code)
    catalog.note_data_version(by=SEED, code=code, version=0, rows=3, at=clock.now())
    system = filings.register_system(by=city.compiler, organization="market", name="智慧监管系统")
    actions.name_system(by=city.compiler, number=number, system_id=system.pk)
    actions.hand_over(by=city.compiler, number=number)
    actions.decide(by=city.center, number=number, stage=Stage.ACCEPTANCE, passed=True)
    return number, code


def troubles(city: City, number: str) -> list[str]:
    found = project_queries.project(city.authority, number)
    return [trouble.code for one in monitoring.watched(found) for trouble in one.troubles]


@pytest.mark.article("yongjia-12")
def test_data_that_no_longer_come_show_on_the_project_and_become_one_finding_each() -> None:
    """1 accepted and in order, 2 the data grow old, 3 the page and the detector say so, 4 mended, 5 in order again."""
    city = City()
    number, code = accepted(city)
    assert troubles(city, number) == []
    assert duties.run_clock(by=SEED)["found"] == 0
    with clock.frozen(clock.now() + timedelta(days=3)):
        upkeep_actions.run_daily(by=SEED)
        assert troubles(city, number) == ["stale"], "daily data, three days old"
        assert duties.run_clock(by=SEED)["found"] == 1
        assert duties.run_clock(by=SEED)["found"] == 0, "once for this delay"
        (found,) = queries.visible(city.authority)
        assert (found.organization.code, found.kind, found.detector) == ("market", "not_collected_in_time", "projects")
        assert number in found.facts and any("第四十六条" in cite["label"] for cite in found.citations)
        catalog.note_data_version(by=SEED, code=code, version=1, rows=3, at=clock.now())
        assert troubles(city, number) == []
    with clock.frozen(clock.now() + timedelta(days=7)):
        upkeep_actions.run_daily(by=SEED)
        assert duties.run_clock(by=SEED)["found"] == 1, "another delay is another finding"


@pytest.mark.article("yongjia-12")
def test_refusals_standing_sources_low_quality_and_withdrawn_entries_are_seen() -> None:
    city = City()
    number, code = accepted(city)
    market = Organization.objects.get(code="market")
    Run.objects.create(
        id="run_later", resource=code, title="摊位备案", provider=market, submitted_at=clock.now(), filename="x.csv",
        size=1, sha256="0" * 64, status=RunStatus.REFUSED, error_code="x", error_zh="缺少列", error_en="a column is missing",
    )  # fmt: skip
    assert troubles(city, number) == ["refused"]
    Run.objects.filter(pk="run_later").update(status=RunStatus.UNCHANGED)
    Source.objects.create(
        id="src_1", name="备案库", kind="sql", resource=code, title="摊位备案", provider=market, status="paused",
        created_at=clock.now(), changed_at=clock.now(),
    )  # fmt: skip
    assert troubles(city, number) == ["source"]
    Source.objects.filter(pk="src_1").update(status="active", failures=monitoring.FAILING)
    assert troubles(city, number) == ["source"]
    Source.objects.filter(pk="src_1").update(failures=1)
    assert troubles(city, number) == [], "one failure is tried again"
    entry = project_queries.known_source(code)
    assert entry is not None
    from gongshu.catalog.models import Entry

    run = CheckRun.objects.create(
        entry=Entry.objects.get(code=code), version=0, digest="d", status="done", started_at=clock.now(), score="61.50",
        alert_below=80,
    )  # fmt: skip
    assert troubles(city, number) == ["quality"]
    run.score = 80
    run.save()
    assert troubles(city, number) == []
    catalog.withdraw_entry(by=city.authority, code=code, remark="停用")
    assert troubles(city, number) == ["gone"]


@pytest.mark.article("yongjia-12")
def test_the_page_shows_it_with_the_same_questions_for_one_entry_as_for_many() -> None:
    city = City()
    number, code = accepted(city)
    Run.objects.update(status=RunStatus.FAILED, error_code="x", error_zh="数据库不可用", error_en="database away")
    browser = Client()
    browser.force_login(Person.objects.get(username="wang"), backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(f"/console/projects/{number}/").content.decode()
    assert "上线后监管" in page and "数据库不可用" in page and f"/console/catalog/{code}/" in page
    found = project_queries.project(city.authority, number)
    with CaptureQueriesContext(
        connection,
    ) as one:
        monitoring.watched(found)
    from gongshu.supervision.project_models import PlannedEntry

    body = PlannedEntry.objects.get(project=found).body
    PlannedEntry.objects.bulk_create(
        PlannedEntry(project=found, position=n, title=f"第{n}项", body=body, code=code) for n in range(2, 30)
    )
    with CaptureQueriesContext(connection) as many:
        assert len(monitoring.watched(found)) == 29
    assert len(many) == len(one)


def test_before_acceptance_and_where_no_rule_asks_nothing_is_found() -> None:
    city = City()
    number = passed(city, city.center)
    actions.name_entry(by=city.compiler, number=number, position=1, code=stalls(city))
    assert monitoring.watched(project_queries.project(city.authority, number)) == []
    assert list(monitoring.troubled()) == []
    rules.configure("xian")
    assert not monitoring.asked() and list(monitoring.troubled()) == []
    assert planned().title
