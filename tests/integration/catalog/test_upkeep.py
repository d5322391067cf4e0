"""The daily clock of the catalog: quarterly upkeep with its worklist, and data older than their cycle allows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from factories import SEED, City, companies, stops
from gongshu import clock, rules, wiring
from gongshu.catalog import actions, queries, upkeep_actions, upkeep_queries
from gongshu.catalog.models import UpkeepMark, UpkeepRound
from gongshu.catalog.periods import add_months, fresh_until, period_of
from gongshu.catalog.states import UpdateCycle
from gongshu.collection import queries as collection
from gongshu.collection.models import Run
from gongshu.duties import actions as time_of_duties
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, NotAllowed, NotFound, Text
from gongshu.identity.states import Role
from gongshu.notifications import queries as notices
from gongshu.rules import Term

pytestmark = pytest.mark.django_db
AUTUMN = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)  # a Monday morning in China
QUARTER = Term(1, "quarters", Text("每季度", "each quarter"))


@pytest.fixture
def city(db: None) -> City:
    """People who hold their roles since before the autumn."""
    with clock.frozen(AUTUMN - timedelta(days=60)):
        return City()


@pytest.mark.article("xian-12")
def test_each_quarter_every_unit_goes_through_its_whole_catalog(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("xian")
    with clock.frozen(AUTUMN - timedelta(days=40)):
        first, second, third = city.published(), city.published(stops()), city.published(stops(title="公交线路"))
    with clock.frozen(AUTUMN):
        assert upkeep_actions.run_daily(by=SEED)["upkeep_opened"] == 1
        assert upkeep_actions.run_daily(by=SEED)["upkeep_opened"] == 0, "a second run changes nothing"
        found = upkeep_queries.open_round("market")
        assert found is not None
        assert (found.period, found.starts_on, found.ends_on) == ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))
        duty = duties.todo(city.compiler).get(kind="catalog.upkeep")
        assert duty.due_on == date(2026, 12, 31)
        assert any("第十二条" in cite["label"] for cite in duty.citations)

        assert upkeep_actions.confirm_entries(by=city.compiler, codes_of=[first.code]) == 1
        assert upkeep_actions.confirm_entries(by=city.compiler, codes_of=[first.code]) == 0
        actions.revise_entry(by=city.compiler, code=second.code)
        with pytest.raises(Conflict) as busy:
            upkeep_actions.confirm_entries(by=city.compiler, codes_of=[second.code])
        assert busy.value.code == "catalog.upkeep_revision"
        actions.change_entry(by=city.compiler, code=second.code, data=stops(abstract="更新后的摘要。"))
        actions.submit_entry(by=city.compiler, code=second.code)
        actions.record_secrecy_review(by=city.reviewer, code=second.code)
        actions.publish_entry(by=city.reviewer, code=second.code)
        progress = upkeep_queries.progress(found)
        assert (progress.total, progress.confirmed, progress.revised, progress.open) == (3, 1, 1, 1)
        assert progress.percent == 66
        assert [(e.title, e.outcome) for e in upkeep_queries.worklist(found)].count(("公交线路", None)) == 1
        assert duties.todo(city.compiler).filter(kind="catalog.upkeep").exists()

        assert upkeep_actions.confirm_entries(by=city.reviewer, codes_of=[third.code], note="核对无误") == 1
        found.refresh_from_db()
        duty.refresh_from_db()
        assert found.closed_at is not None
        assert (duty.status, duty.closed_late) == ("done", False)
        assert UpkeepMark.objects.get(entry=third).note == "核对无误"
        assert queries.history(third).last().action == "confirmed"
    with clock.frozen(AUTUMN + timedelta(days=90)):
        assert upkeep_actions.run_daily(by=SEED)["upkeep_opened"] == 1, "the next quarter has a round of its own"
        assert UpkeepRound.objects.filter(closed_at__isnull=True).get().period == "2027-Q1"


def test_only_the_own_catalog_is_confirmed_and_only_in_a_round(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("xian")
    entry = city.published()
    with pytest.raises(NotFound):
        upkeep_actions.confirm_entries(by=city.compiler, codes_of=[entry.code])
    upkeep_actions.run_daily(by=SEED)
    with pytest.raises(NotAllowed):
        upkeep_actions.confirm_entries(by=city.consumer, codes_of=[entry.code])
    stranger = city.person("zhu", "housing", Role.PROVIDER)
    with pytest.raises(NotFound):
        upkeep_actions.confirm_entries(by=stranger, codes_of=[entry.code])
    draft = city.draft(stops())
    with pytest.raises(NotFound):
        upkeep_actions.confirm_entries(by=city.compiler, codes_of=[entry.code, draft.code])
    assert not UpkeepMark.objects.exists(), "all or nothing"


def test_a_withdrawn_entry_leaves_the_worklist(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("xian")
    first, second = city.published(), city.published(stops())
    upkeep_actions.run_daily(by=SEED)
    upkeep_actions.confirm_entries(by=city.compiler, codes_of=[first.code])
    actions.withdraw_entry(by=city.authority, code=second.code, remark="停用")
    assert upkeep_queries.open_round("market") is None, "nothing is left open"


def test_a_city_without_the_rule_has_no_rounds(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("yongjia")
    city.published()
    assert upkeep_actions.run_daily(by=SEED)["upkeep_opened"] == 0
    assert not UpkeepRound.objects.exists()


@pytest.mark.article("luzhou-30")
def test_data_older_than_their_cycle_are_found_told_once_and_forgotten_when_renewed(city: City) -> None:
    with clock.frozen(AUTUMN):
        daily = city.collected()
        static = city.collected(stops(update_cycle=UpdateCycle.STATIC))
    with clock.frozen(AUTUMN + timedelta(days=1)):
        assert upkeep_actions.run_daily(by=SEED)["stale"] == 0
    with clock.frozen(AUTUMN + timedelta(days=2)):
        assert upkeep_actions.run_daily(by=SEED)["stale"] == 1
        assert upkeep_actions.run_daily(by=SEED)["stale"] == 0
        assert [e.code for e in upkeep_queries.stale(city.authority)] == [daily.code]
        assert not upkeep_queries.stale(city.consumer).exists()
        assert notices.of(city.compiler).filter(kind="catalog.stale").count() == 1
        daily.refresh_from_db()
        assert daily.stale_since == date(2026, 10, 13)
        actions.note_data_version(by=SEED, code=daily.code, version=1, rows=4, at=clock.now())
        assert not upkeep_queries.stale(city.authority).exists()
    static.refresh_from_db()
    assert static.stale_since is None


@pytest.mark.article("zaozhuang-5.1")
def test_a_catalog_kept_up_dynamically_is_owed_and_urged_once_data_and_catalog_differ(
    city: City, under: Callable[[str], rules.Pack]
) -> None:
    under("zaozhuang")
    with clock.frozen(AUTUMN):
        daily = city.collected()
    with clock.frozen(AUTUMN + timedelta(days=2)):
        upkeep_actions.run_daily(by=SEED)
        (duty,) = duties.todo(city.reviewer).filter(kind="catalog.maintain")
        assert (duty.days, duty.due_on, duty.subject) == (None, None, daily.code)
        assert duty.words_zh.startswith("动态维护")
        assert any("5.1" in one["id"] for one in duty.citations)
        assert not upkeep_actions.owe_maintenance(by=SEED, code=daily.code, sign=Text("再次", "again")), "owed already"
        assert time_of_duties.run_clock(by=SEED)["urged"] == 0
    for days in range(3, 20):  # every five working days while it is open
        with clock.frozen(AUTUMN + timedelta(days=days)):
            time_of_duties.run_clock(by=SEED)
            assert time_of_duties.run_clock(by=SEED)["urged"] == 0, "once a day is enough"
    assert [one.kind for one in duties.history(duty)].count("reminded") == 2
    with clock.frozen(AUTUMN + timedelta(days=20)):
        actions.note_data_version(by=SEED, code=daily.code, version=1, rows=4, at=clock.now())
    duty.refresh_from_db()
    assert duty.status == "done"


@pytest.mark.article("zaozhuang-5.1")
def test_a_file_whose_columns_differ_from_the_catalog_asks_for_its_maintenance(
    city: City, under: Callable[[str], rules.Pack]
) -> None:
    with clock.frozen(AUTUMN):
        entry = city.published()
        Run.objects.create(
            id="run_1", resource=entry.code, title=entry.title, provider=entry.provider, status="refused",
            filename="x.csv", size=1, sha256="0" * 64, error_code="collection.column_missing",
            submitted_at=clock.now(),
        )  # fmt: skip
        assert collection.misfits() == [entry.code]
        wiring.connect()
        assert time_of_duties.run_clock(by=SEED)["maintenance"] == 0, "only where the city's rules say so"
        under("zaozhuang")
        assert time_of_duties.run_clock(by=SEED)["maintenance"] == 1
        assert time_of_duties.run_clock(by=SEED)["maintenance"] == 0
        assert "文件的列" in duties.todo(city.reviewer).get(kind="catalog.maintain").title_zh
        actions.revise_entry(by=city.compiler, code=entry.code)
        actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="新的列已编入目录。"))
        actions.submit_entry(by=city.compiler, code=entry.code)
        actions.record_secrecy_review(by=city.reviewer, code=entry.code)
        actions.publish_entry(by=city.reviewer, code=entry.code)
    assert not duties.todo(city.reviewer).filter(kind="catalog.maintain").exists()


@pytest.mark.parametrize(
    ("cycle", "updated", "until"),
    [
        (UpdateCycle.DAILY, date(2026, 2, 28), date(2026, 3, 1)),
        (UpdateCycle.WEEKLY, date(2026, 12, 28), date(2027, 1, 4)),
        (UpdateCycle.MONTHLY, date(2027, 1, 31), date(2027, 2, 28)),
        (UpdateCycle.QUARTERLY, date(2026, 11, 30), date(2027, 2, 28)),
        (UpdateCycle.ANNUAL, date(2028, 2, 29), date(2029, 2, 28)),
        (UpdateCycle.IRREGULAR, date(2026, 1, 1), None),
    ],
)
def test_a_cycle_promises_a_day(cycle: UpdateCycle, updated: date, until: date | None) -> None:
    assert fresh_until(cycle, updated) == until


def test_periods_are_whole_months_of_a_year() -> None:
    for day in (date(2026, 1, 1), date(2026, 5, 31), date(2026, 12, 31)):
        found = period_of(day, QUARTER)
        assert found is not None
        assert found.first <= day <= found.last
        assert add_months(found.first, 3) == found.last + timedelta(days=1)
    assert period_of(date(2026, 5, 31), Term(1, "years", QUARTER.words)).name == "2026"  # type: ignore[union-attr]
    assert period_of(date(2026, 5, 31), Term(5, "months", QUARTER.words)) is None
    assert companies().update_cycle is UpdateCycle.DAILY
