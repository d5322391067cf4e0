"""Data that changed at the unit are updated in the city's working days: declared, seen at the source, closed, overdue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from factories import SEED, City
from factories.programs import program_of
from gongshu import clock, rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.catalog import data_actions
from gongshu.catalog import queries as entries
from gongshu.collection import actions, source_actions, watching
from gongshu.collection.models import Source
from gongshu.collection.states import RunStatus
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.models import Duty
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.models import Person
from gongshu.identity.tokens import Scope
from gongshu.supervision import queries as supervision
from integration.collection.test_runs import GOOD
from integration.collection.test_sources import CODES, WORKER, declare, fill, row, turn

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # nine in the morning in China; five working days on is the 27th


@pytest.fixture
def city(place) -> City:
    wiring.connect()
    with clock.frozen(FRIDAY - timedelta(days=60)):
        return City()


@pytest.fixture(autouse=True)
def under() -> Iterator[Callable[[str], rules.Pack]]:
    usual = rules.active().id
    rules.configure("xian")
    yield rules.configure
    rules.configure(usual)


def hand_over(city: City, code: str, text: str = GOOD) -> None:
    run = actions.submit_file(by=city.compiler, resource=code, filename="x.csv", content=text.encode())
    assert actions.work_one(run=run.pk)


def updates(code: str) -> list[Duty]:
    return [one for one in owed.of_subject(code) if one.kind == data_actions.UPDATE_DUTY]


@pytest.mark.article("xian-21")
def test_a_declared_change_is_owed_within_five_working_days_and_closed_by_the_next_version(city: City) -> None:
    """1 collected, 2 changed on Friday, declared on Monday, 3 due five working days after Friday, 4 collected, 5 done."""
    with clock.frozen(FRIDAY - timedelta(days=30)):
        entry = city.published()
        hand_over(city, entry.code)
    with clock.frozen(FRIDAY + timedelta(days=3)):
        duty = data_actions.declare_data_change(
            by=city.compiler, code=entry.code, changed_on=date(2026, 11, 20), note="新增登记"
        )
        assert (duty.days, duty.starts_on, duty.due_on) == (5, date(2026, 11, 20), date(2026, 11, 27))
        assert any("第二十一条" in cite["label"] for cite in duty.citations)
        assert owed.todo(city.reviewer).filter(kind=data_actions.UPDATE_DUTY).count() == 1, "the unit's, not a person's"
        assert entries.history(entry).last().action == "data_change_declared"
        with pytest.raises(Conflict) as again:
            data_actions.declare_data_change(
                by=city.compiler, code=entry.code, changed_on=date(2026, 11, 23), note="又有变化"
            )
        assert again.value.code == "catalog.data_change_declared"
    with clock.frozen(FRIDAY + timedelta(days=4)):
        hand_over(city, entry.code, GOOD.replace("甲公司", "甲集团"))
    (duty,) = updates(entry.code)
    assert (duty.status, duty.closed_late) == ("done", False)


@pytest.mark.article("xian-21")
def test_what_was_handed_over_before_the_change_was_declared_does_not_close_it(city: City) -> None:
    with clock.frozen(FRIDAY):
        entry = city.published()
        hand_over(city, entry.code)
        earlier = actions.submit_file(
            by=city.compiler, resource=entry.code, content=GOOD.replace("甲公司", "甲二公司").encode()
        )
    with clock.frozen(FRIDAY + timedelta(hours=1)):
        data_actions.declare_data_change(by=city.compiler, code=entry.code, changed_on=clock.today(), note="新增登记")
        done = actions.work_one(run=earlier.pk)
        assert done is not None and done.status == RunStatus.COMMITTED
        (duty,) = updates(entry.code)
        assert duty.status == "open", "that file was on its way before"
    with clock.frozen(FRIDAY + timedelta(days=10)):
        duties.run_clock(by=SEED)
        duty.refresh_from_db()
        assert duty.status == "overdue"
        (found,) = supervision.visible(city.authority)
        assert (found.organization.code, found.kind) == ("market", "inconsistent_or_unusable"), "supervision sees it"
        hand_over(city, entry.code, GOOD.replace("甲公司", "甲三公司"))
        duty.refresh_from_db()
        assert (duty.status, duty.closed_late) == ("done", True)


def test_who_may_declare_and_what(city: City, under) -> None:
    with clock.frozen(FRIDAY):
        entry = city.published()
        with pytest.raises(Conflict) as empty:
            data_actions.declare_data_change(by=city.compiler, code=entry.code, changed_on=clock.today(), note="变化")
        assert empty.value.code == "catalog.no_data_yet"
        hand_over(city, entry.code)
        with pytest.raises(NotAllowed):
            data_actions.declare_data_change(by=city.consumer, code=entry.code, changed_on=clock.today(), note="变化")
        for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=400)):
            with pytest.raises(GongshuError) as wrong:
                data_actions.declare_data_change(by=city.compiler, code=entry.code, changed_on=day, note="变化")
            assert wrong.value.code == "catalog.changed_on"
        with pytest.raises(GongshuError):
            data_actions.declare_data_change(by=city.compiler, code=entry.code, changed_on=clock.today(), note=" ")
        under("luzhou")
        duty = data_actions.declare_data_change(by=city.compiler, code=entry.code, changed_on=clock.today(), note="变")
        assert (duty.days, duty.due_on) == (None, None), "where no law names days, by the cycle, and urged"
        assert "周期" in duty.words_zh
        catalog.withdraw_entry(by=city.authority, code=entry.code, remark="停用")
        duty.refresh_from_db()
        assert duty.status == "cancelled"


@pytest.mark.article("xian-21")
def test_a_source_left_alone_that_shows_new_rows_opens_the_duty_and_its_next_turn_closes_it(city, remote) -> None:
    with clock.frozen(FRIDAY):
        entry = city.published()
        fill(remote)
        source = declare(city, entry, remote, mode="incremental", settings={"watermark": "changed"})
        assert turn(city, source).status == RunStatus.COMMITTED
        source_actions.pause(by=city.compiler, source=source.pk, paused=True)
    with clock.frozen(FRIDAY + timedelta(days=3)):
        assert watching.watch(by=WORKER) == 1
        assert updates(entry.code) == [], "nothing new there"
        assert watching.watch(by=WORKER) == 0, "once a day"
        remote.run(row("91330324MA2TE5T029", "丁公司", "2026-11-23 09:30:00"))
    with clock.frozen(FRIDAY + timedelta(days=4)):
        assert watching.watch(by=WORKER) == 1
        (duty,) = updates(entry.code)
        assert (duty.starts_on, duty.due_on) == (date(2026, 11, 24), date(2026, 12, 1))
        assert "水位" in duty.title_zh
        assert entries.history(entry).last().action == "data_change_seen"
        source_actions.test(by=city.compiler, source=source.pk)
        assert len(updates(entry.code)) == 1, "owed once"
        source_actions.pause(by=city.compiler, source=source.pk, paused=False)
    with clock.frozen(FRIDAY + timedelta(days=5)):
        assert turn(city, source).status == RunStatus.COMMITTED
    (duty,) = updates(entry.code)
    assert duty.status == "done"


@pytest.mark.article("xian-21")
def test_a_source_read_whole_is_compared_by_its_count_and_one_on_its_cycle_needs_no_watch(city, remote) -> None:
    with clock.frozen(FRIDAY):
        entry = city.published()
        fill(remote)
        source = declare(city, entry, remote, schedule="manual")
        assert turn(city, source).status == RunStatus.COMMITTED
        remote.run(f"DELETE FROM company WHERE uscc = '{CODES[0]}'")
    with clock.frozen(FRIDAY + timedelta(days=3)):
        Source.objects.update(schedule="cycle", next_due=clock.now() + timedelta(days=1))
        assert watching.watch(by=WORKER) == 0, "its own turn comes in time"
        Source.objects.update(next_due=clock.now() + timedelta(days=30))
        assert watching.watch(by=WORKER) == 1
        (duty,) = updates(entry.code)
        assert "行数" in duty.title_zh
        done = turn(city, source)
        assert done.status == RunStatus.COMMITTED, done.error
        duty.refresh_from_db()
        assert duty.status == "done"


def test_a_program_and_the_page_declare_it(city: City) -> None:
    entry = city.published()
    hand_over(city, entry.code)
    path = f"/catalog/entries/{entry.code}/data-change"
    said = {"changed_on": clock.today().isoformat(), "note": "业务系统新增登记"}
    assert program_of("wang", Scope.READ).post(path, said)[0] == 403
    code, made = program_of("wang", Scope.COLLECTION).post(path, said, Idempotency_Key="k1")
    assert (code, made["days"], made["starts_on"]) == (201, 5, said["changed_on"])
    assert program_of("wang").post(path, said)[0] == 409
    browser = Client()
    browser.force_login(Person.objects.get(username="wang"), backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(f"/console/catalog/{entry.code}/").content.decode()
    assert "更新数据（部门数据已变化）" in page
    hand_over(city, entry.code, GOOD.replace("甲公司", "甲集团"))
    page = browser.get(f"/console/catalog/{entry.code}/").content.decode()
    assert 'name="changed_on"' in page
    answer = browser.post(
        f"/console/catalog/{entry.code}/step/", {"step": "data_changed", "changed_on": "31 November", "remark": "变"}
    )
    assert answer.status_code == 400
    answer = browser.post(
        f"/console/catalog/{entry.code}/step/",
        {"step": "data_changed", "changed_on": clock.today().isoformat(), "remark": "变更登记"},
    )
    assert answer.status_code == 302
    assert [one.status for one in updates(entry.code)] == ["done", "open"]
