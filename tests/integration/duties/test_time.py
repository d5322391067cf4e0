"""Stops, extensions, shorter limits and emergencies: what they do to a due date, who may, and what stays on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest

from factories import City, request
from gongshu import clock, deadlines, rules
from gongshu.deadlines import calendar as calendars
from gongshu.duties import actions, queries
from gongshu.duties.models import Duty
from gongshu.duties.states import DutyStatus, EventKind, StopReason
from gongshu.errors import Conflict, GongshuError, NotAllowed, Text
from gongshu.identity import queries as people
from gongshu.identity.actor import Actor
from gongshu.identity.models import Membership
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.rules import plain
from gongshu.sharing import actions as sharing
from gongshu.sharing import queries as applications
from gongshu.sharing.policy import Decision
from gongshu.sharing.states import ApplicationStatus, Outcome

pytestmark = pytest.mark.django_db
WORKER = Actor.process("clock")


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def at(day: str, hour: int = 10) -> object:
    """The clock frozen at an hour of a Shanghai day."""
    return clock.frozen(datetime.combine(date.fromisoformat(day), time(hour), tzinfo=clock.SHANGHAI))


def check_duty(city: City, kind: str = "objection.check", parameter: str = "objection.check_deadline") -> Duty:
    """The provider owes a check of a reported error, timed by the active pack."""
    pack = rules.active()
    found = pack.value(parameter, on=clock.today())
    return actions.open_duty(
        by=city.consumer,
        kind=kind,
        subject="YY-1",
        title=Text("校核企业登记信息", "Check the company register"),
        link="/console/",
        organization="market",
        role=Role.PROVIDER,
        pack=pack,
        citations=[c.as_json() for c in found.citations],
        days=found.value.days,
        words=found.value.words,
        concerned="housing",
        extension=plain(found.value.extension) if found.value.extension else None,
    )


def kinds(duty: Duty) -> list[str]:
    return [event.kind for event in queries.history(duty)]


def leaves() -> int:
    return Outbox.objects.count()


@pytest.mark.article("yongjia-23")
def test_a_stop_moves_the_due_date_by_the_working_days_that_did_not_count(pack: None) -> None:
    rules.configure("yongjia")
    with at("2026-09-18"):
        city = City()
        duty = check_duty(city)
        assert duty.due_on == date(2026, 9, 24)  # Saturday off, Sunday 20 September worked in lieu
    with at("2026-09-21"):
        before = leaves()
        stopped = actions.stop(by=city.reviewer, duty_id=duty.pk, reason=StopReason.THIRD_PARTY, note="征求企业意见")
        assert (stopped.status, stopped.due_on) == (DutyStatus.STOPPED, None)
        assert leaves() == before + 1
        assert notices.of(city.consumer).filter(kind="duty.changed").count() == 1
    with at("2026-09-28"):
        assert not any(actions.run_clock(by=WORKER).values())  # the clock stands: nobody is late
        resumed = actions.resume(by=city.reviewer, duty_id=duty.pk)
    # 20 September counted; 21 to 28 do not; 29, 30, 8 and 9 October are the second to fifth day.
    assert (
        resumed.due_on
        == deadlines.due(
            date(2026, 9, 18), 5, exclusions=[deadlines.Exclusion(date(2026, 9, 21), date(2026, 9, 28))]
        ).on
    )
    assert resumed.due_on == date(2026, 10, 9)
    assert kinds(duty) == ["opened", "stopped", "resumed"]
    assert all(event.entry_id for event in queries.history(duty))
    (stop,) = queries.stops(duty)
    assert (stop.first, stop.last) == (date(2026, 9, 21), date(2026, 9, 28))


def test_only_the_office_that_owes_stops_its_time_and_only_while_there_is_some(pack: None) -> None:
    rules.configure("yongjia")
    with at("2026-09-18"):
        city = City()
        duty = check_duty(city)
        for stranger in (city.consumer, city.authority):
            with pytest.raises(NotAllowed):
                actions.stop(by=stranger, duty_id=duty.pk, reason=StopReason.SUPPLEMENT, note="x")
        with pytest.raises(GongshuError) as unexplained:
            actions.stop(by=city.reviewer, duty_id=duty.pk, reason=StopReason.SUPPLEMENT, note=" ")
        assert unexplained.value.code == "duties.reason_missing"
    with at("2026-09-25"), pytest.raises(Conflict) as late:
        actions.stop(by=city.reviewer, duty_id=duty.pk, reason=StopReason.SUPPLEMENT, note="x")
    assert late.value.code == "duties.too_late"
    assert kinds(duty) == ["opened"]


@pytest.mark.article("yongjia-23")
def test_yongjia_extends_once_to_fifteen_working_days_in_all_and_tells_who_waits(pack: None) -> None:
    rules.configure("yongjia")
    with at("2026-09-18"):
        city = City()
        duty = check_duty(city)
        with pytest.raises(GongshuError) as too_long:
            actions.extend(by=city.reviewer, duty_id=duty.pk, days=11, reason="数据量大", head="王局长")
        assert too_long.value.code == "deadlines.extension_too_long"
        with pytest.raises(GongshuError) as headless:
            actions.extend(by=city.reviewer, duty_id=duty.pk, days=10, reason="数据量大")
        assert headless.value.code == "duties.head_missing"
        duty.refresh_from_db()
        assert duty.extended_by is None
        extended = actions.extend(by=city.reviewer, duty_id=duty.pk, days=10, reason="数据量大", head="王局长")
        assert extended.due_on == deadlines.due(date(2026, 9, 18), 15).on
        assert notices.of(city.consumer).filter(kind="duty.changed").count() == 1
        with pytest.raises(Conflict) as twice:
            actions.extend(by=city.reviewer, duty_id=duty.pk, days=1, reason="再延", head="王局长")
        assert twice.value.code == "duties.extended_already"
    assert kinds(duty) == ["opened", "extended"]
    assert "王局长" in queries.history(duty).last().note


@pytest.mark.article("luzhou-31")
def test_luzhou_has_no_extension_but_a_shorter_limit_for_urgent_reports(pack: None) -> None:
    rules.configure("luzhou")
    with at("2026-09-18"):
        city = City()
        duty = check_duty(city)
        assert duty.due_on is None  # 及时
        with pytest.raises(Conflict) as no_rule:
            actions.extend(by=city.reviewer, duty_id=duty.pk, days=1, reason="忙", head="王")
        assert no_rule.value.code == "duties.no_extension"
        with pytest.raises(NotAllowed):
            actions.shorten(by=city.reviewer, duty_id=duty.pk, days=1, reason="窗口等候")
        urgent = actions.shorten(by=city.authority, duty_id=duty.pk, days=1, reason="窗口等候")
        assert urgent.due_on == date(2026, 9, 20)  # a Sunday that is worked
        assert any("第三十一条" in c["label"] for c in urgent.citations)


def test_a_city_without_a_rule_for_urgent_business_refuses_it(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    duty = check_duty(city)
    with pytest.raises(Conflict) as refused:
        actions.shorten(by=city.authority, duty_id=duty.pk, days=1, reason="急")
    assert refused.value.code == "duties.no_urgent_limit"


@pytest.mark.article("luzhou-20")
def test_in_an_emergency_sharing_is_due_at_once_and_only_in_those_the_pack_names(pack: None) -> None:
    rules.configure("luzhou")
    with at("2026-09-18"):
        city = City()
        application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
        duty = queries.of_subject(application.number).get()
        with pytest.raises(Conflict):
            actions.declare_emergency(by=city.authority, duty_id=duty.pk, kind="traffic_jam", reason="堵车")
        actions.declare_emergency(by=city.authority, duty_id=duty.pk, kind="natural_disaster", reason="防汛抢险")
        step = applications.open_steps(application).get()
        assert step.due_on == date(2026, 9, 18)  # the case shows what the duty says
    with at("2026-09-20"):
        assert actions.run_clock(by=WORKER)["escalated"] == 1


@pytest.mark.article("yongjia-33")
def test_in_yongjia_the_emergencies_concern_opening_not_sharing(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    duty = check_duty(city, kind="opening.decide")
    assert actions.declare_emergency(by=city.center, duty_id=duty.pk, kind="public_health", reason="疫情").emergency
    with pytest.raises(Conflict):
        actions.declare_emergency(
            by=city.center, duty_id=check_duty(city, kind="sharing.decide").pk, kind="public_health", reason="疫情"
        )


@pytest.mark.article("xian-20")
def test_silence_goes_to_the_authority_then_to_the_government_once_each(pack: None) -> None:
    rules.configure("xian")
    with at("2026-03-02"):
        city = City()
        application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
        duty = queries.of_subject(application.number).get()
        assert duty.due_on == date(2026, 3, 16)
    seen = []
    for day in ("2026-03-12", "2026-03-17", "2026-03-20", "2026-03-23", "2026-04-01"):
        with at(day):
            first, second = actions.run_clock(by=WORKER), actions.run_clock(by=WORKER)
            assert not any(second.values()), "running it twice changes nothing"
            seen.append([name for name, count in first.items() if count])
    # The register of data assets (xian-17) is owed from the first of these days on, and urged beside it.
    assert seen == [["reminded", "assets"], ["escalated", "found"], ["urged"], ["escalated_further"], ["urged"]]
    assert notices.of(city.authority).filter(kind="duty.escalated").count() == 1
    assert notices.of(city.government).filter(kind="duty.escalated_further").count() == 1
    assert kinds(duty) == ["opened", "reminded", "escalated", "escalated_further"]


def test_when_the_calendar_arrives_a_provisional_date_is_computed_again_with_its_stops(
    pack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.configure("yongjia")
    with at("2026-12-28"):
        city = City()
        duty = check_duty(city)
        assert duty.provisional
    known = calendars.load()
    next_year = calendars.Calendar(
        known.years | {2027}, known.off | {date(2027, 1, 1), date(2027, 1, 4)}, known.work, statutory=known.statutory
    )
    monkeypatch.setattr("gongshu.deadlines.counting.load", lambda: next_year)
    with at("2026-12-29"):
        assert actions.run_clock(by=WORKER)["fixed"] == 1
        assert actions.run_clock(by=WORKER)["fixed"] == 0
    duty.refresh_from_db()
    assert (duty.due_on, duty.provisional) == (date(2027, 1, 6), False)
    assert kinds(duty)[-1] == EventKind.DEADLINE_FIXED


LOCAL = """\
region: {zh: 某自治县, en: Some County}
documents:
  - {number: 某政办发〔2026〕5号, title: 关于放假的通知, date: 2026-03-04, verified: true}
days_off:
  - {from: 2026-03-05, to: 2026-03-06, by: 某政办发〔2026〕5号}
"""


def test_days_off_that_the_place_decrees_move_what_is_owed_there(
    pack: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "county"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        "id: county\nextends: xian\nkind: draft\ntitle: {zh: 试行规则, en: Trial rules}\n"
        "region: {zh: 某县, en: Somewhere}\nsources:\n  own:\n    title: {zh: 试行规则, en: Trial rules}\n"
        "    kind: draft\n    verified: true\n",
        encoding="utf-8",
    )
    (folder / "calendars").mkdir()
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    rules.configure("county")
    with at("2026-03-02"):
        city = City()
        application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    duty = queries.of_subject(application.number).get()
    assert (duty.due_on, duty.provisional) == (date(2026, 3, 16), False)
    before = duty.calendar
    (folder / "calendars" / "local.yaml").write_text(LOCAL, encoding="utf-8")
    with at("2026-03-04"):
        assert actions.run_clock(by=WORKER)["fixed"] == 1
        assert not any(actions.run_clock(by=WORKER).values())
    duty.refresh_from_db()
    assert (duty.due_on, duty.provisional) == (date(2026, 3, 18), False)
    assert duty.calendar not in ("", before)
    assert kinds(duty) == ["opened", "deadline_fixed"]
    assert applications.open_steps(application).get().due_on == date(2026, 3, 18), "the case shows the same"
    rules.configure("xian")
    with at("2026-03-05"):
        assert actions.run_clock(by=WORKER)["fixed"] == 1, "another city's calendar does not know those days"


def test_after_the_cut_off_hour_a_matter_counts_as_received_on_the_next_working_day(pack: None, settings) -> None:
    from dataclasses import replace

    rules.configure("xian")
    settings.HOME = replace(settings.HOME, cutoff=time(17, 30))
    with at("2026-09-18", hour=18):
        city = City()
        application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    step = applications.open_steps(application).get()
    assert step.opened_on == date(2026, 9, 20)
    assert step.due_on == deadlines.due(date(2026, 9, 20), 10).on


@pytest.mark.parametrize(("rule", "rounds"), [("new_round", 2), ("stop", 1)])
def test_a_supplement_is_a_new_start_or_a_stop_as_the_pack_says(
    rule: str, rounds: int, pack: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"city_{rule}"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        f"id: city_{rule}\nextends: xian\nkind: draft\ntitle: {{zh: 试行规则, en: Trial rules}}\n"
        "region: {zh: 某市, en: Somewhere}\nsources:\n  own:\n    title: {zh: 试行规则, en: Trial rules}\n"
        "    kind: draft\n    verified: true\n",
        encoding="utf-8",
    )
    (folder / "clock.yaml").write_text(
        f"supplement:\n  values:\n    undated:\n      value: {rule}\n      reference:\n"
        "        - {article: 1, text: {zh: 补正, en: supplement}}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    rules.configure(f"city_{rule}")
    with at("2026-03-02"):
        city = City()
        application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    with at("2026-03-04"):
        returned = sharing.decide(
            by=city.reviewer, number=application.number, decision=Decision(Outcome.RETURN, reason="请补充应用场景")
        )
        assert returned.status == ApplicationStatus.RETURNED
        with pytest.raises(Conflict):
            sharing.decide(by=city.reviewer, number=application.number, decision=Decision(Outcome.AGREE))
    with at("2026-03-06"):
        sharing.resubmit(by=city.consumer, number=application.number, request=request(scenario="补充后的场景"))
    steps = list(applications.steps(application))
    assert max(step.round for step in steps) == rounds
    step = applications.open_steps(application).get()
    expected = {
        "new_round": deadlines.due(date(2026, 3, 6), 10),
        "stop": deadlines.due(
            date(2026, 3, 2), 10, exclusions=[deadlines.Exclusion(date(2026, 3, 4), date(2026, 3, 6))]
        ),
    }[rule]
    assert step.due_on == expected.on
    with at("2026-03-09"):
        decided = sharing.decide(by=city.reviewer, number=application.number, decision=Decision(Outcome.AGREE))
    assert decided.status == ApplicationStatus.APPROVED


def test_withdrawing_while_the_clock_stands_closes_everything(pack: None) -> None:
    rules.configure("xian")
    city = City()
    application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    duty = queries.of_subject(application.number).get()
    actions.stop(by=city.reviewer, duty_id=duty.pk, reason=StopReason.COORDINATION, note="会商")
    sharing.withdraw(by=city.consumer, number=application.number)
    duty.refresh_from_db()
    assert duty.status == DutyStatus.CANCELLED
    assert not queries.todo(city.reviewer).exists()


@pytest.mark.article("xian-35", "yongjia-43")
def test_a_duty_follows_the_office_not_the_person(pack: None) -> None:
    rules.configure("xian")
    with at("2026-03-02"):
        city = City()
        application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
        Membership.objects.filter(person__username="li").update(until=date(2026, 3, 3))
    with at("2026-03-04"):
        successor = city.person("zhao", "market", Role.PROVIDER)
        assert queries.todo(successor).get().subject == application.number
        assert applications.step_for(successor, application) is not None
        gone = people.actor_by_username("li")
        assert not queries.todo(gone).exists()
        assert applications.step_for(gone, application) is None
        with pytest.raises(NotAllowed):
            sharing.decide(by=gone, number=application.number, decision=Decision(Outcome.AGREE))
        decided = sharing.decide(by=successor, number=application.number, decision=Decision(Outcome.AGREE))
        assert decided.status == ApplicationStatus.APPROVED
        assert not queries.todo(successor).exists()


def test_a_department_sees_only_what_it_owes_or_waits_for(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    duty = check_duty(city)
    outsider = city.person("sun", "center", Role.PROVIDER)
    assert queries.owed(city.reviewer).get() == duty
    assert queries.owed(city.consumer).get() == duty
    assert queries.owed(city.auditor).get() == duty
    assert not queries.owed(outsider).exists()
