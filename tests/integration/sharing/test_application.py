"""An application from filing to grant, under each city's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from factories import City, companies, request, stops
from gongshu import clock, rules
from gongshu.catalog.states import ShareType
from gongshu.duties import actions as duty_actions
from gongshu.duties import queries as duties
from gongshu.duties.states import DutyStatus
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.grants import queries as grants
from gongshu.identity.actor import Actor
from gongshu.notifications import queries as notices
from gongshu.sharing import actions, queries
from gongshu.sharing.policy import Decision
from gongshu.sharing.states import ApplicationStatus, Outcome

pytestmark = pytest.mark.django_db

CITIES = ("luzhou", "dazhou", "xian", "zaozhuang", "yongjia")
AGREE = Decision(Outcome.AGREE)


@pytest.fixture
def pack() -> Iterator[None]:
    """Whatever pack a test configures, the next test starts from the usual one."""
    usual = rules.active().id
    yield
    rules.configure(usual)


def agree_all(city: City, number: str) -> list[str]:
    """Everybody whose turn it is agrees, until nobody is asked any more; who did, in order."""
    agreed = []
    for _ in range(6):
        application = queries.application(city.authority, number)
        decider = next((a for a in city.deciders() if queries.step_for(a, application)), None)
        if decider is None:
            break
        actions.decide(by=decider, number=number, decision=AGREE)
        agreed.append(decider.organization)
    return agreed


@pytest.mark.article("luzhou-17", "dazhou-19", "xian-20", "zaozhuang-5.2", "yongjia-20")
@pytest.mark.parametrize("city_id", CITIES)
def test_everyone_whom_the_pack_names_must_agree_before_there_is_a_grant(city_id: str, pack: None) -> None:
    rules.configure(city_id)
    city = City()
    entry = city.collected()
    application = actions.apply(by=city.consumer, code=entry.code, request=request())

    expected = rules.active().route(ShareType.CONDITIONAL, on=clock.today(), mode="query", collected=True).steps
    laid_out = list(queries.steps(application))
    assert [(s.stage, s.office, s.days) for s in laid_out] == [(e.stage, str(e.office), e.days) for e in expected]
    assert laid_out
    assert all(step.citations for step in laid_out)
    assert not grants.in_force(resource=entry.code).exists()

    assert len(agree_all(city, application.number)) == len(laid_out)
    application.refresh_from_db()
    assert application.status == ApplicationStatus.APPROVED
    grant = grants.in_force(resource=entry.code).get()
    assert grant.grant_id == application.grant_id
    assert grant.items == ["name", "legal_rep"]
    assert grant.masks == {"legal_rep": "name"}
    assert grant.organization == "housing"


@pytest.mark.article("luzhou-17", "xian-20")
@pytest.mark.parametrize("city_id", ["luzhou", "xian"])
def test_unconditional_data_are_taken_directly(city_id: str, pack: None) -> None:
    rules.configure(city_id)
    city = City()
    entry = city.collected(stops())
    application = actions.apply(by=city.consumer, code=entry.code, request=request(items=("name",)))
    assert application.status == ApplicationStatus.APPROVED
    assert not queries.steps(application).exists()
    assert grants.in_force(resource=entry.code).count() == 1


@pytest.mark.article("yongjia-20")
def test_in_yongjia_the_centre_approves_even_unconditional_data(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    entry = city.collected(stops())
    application = actions.apply(by=city.consumer, code=entry.code, request=request(items=("name",)))
    assert application.status == ApplicationStatus.PENDING
    assert agree_all(city, application.number) == ["center"]


@pytest.mark.article("xian-20")
def test_in_xian_the_provider_has_ten_working_days(pack: None) -> None:
    rules.configure("xian")
    with clock.frozen(datetime(2026, 9, 30, 2, tzinfo=UTC)):
        city = City()
        entry = city.collected()
        application = actions.apply(by=city.consumer, code=entry.code, request=request())
        step = queries.open_steps(application).get()
        assert step.organization.code == "market"
        assert step.due_on.isoformat() == "2026-10-20"  # over National Day, with its make-up Saturday
        assert duties.days_left(step.due_on) == 10
        assert [d.subject for d in duties.todo(city.reviewer)] == [application.number]
        assert not duties.todo(city.center).exists()


@pytest.mark.article("luzhou-17", "luzhou-15")
def test_a_luzhou_refusal_cites_law_regulation_or_rule(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    entry = city.collected()
    application = actions.apply(by=city.consumer, code=entry.code, request=request())
    decider = next(a for a in city.deciders() if queries.step_for(a, application))
    while queries.step_for(city.reviewer, application) is None:
        actions.decide(by=decider, number=application.number, decision=AGREE)

    for decision, code in (
        (Decision(Outcome.REFUSE), "sharing.refusal_reason_missing"),
        (Decision(Outcome.REFUSE, reason="数据敏感"), "sharing.refusal_basis_missing"),
        (Decision(Outcome.REFUSE, reason="数据敏感", basis="本局通知"), "sharing.refusal_basis_kind"),
        (
            Decision(Outcome.REFUSE, reason="数据敏感", basis="本局通知", basis_kind="normative_document"),
            "sharing.refusal_basis_kind",
        ),
    ):
        with pytest.raises(GongshuError) as refused:
            actions.decide(by=city.reviewer, number=application.number, decision=decision)
        assert refused.value.code == code
        application.refresh_from_db()
        assert application.status == ApplicationStatus.PENDING

    grounds = Decision(Outcome.REFUSE, reason="涉及商业秘密", basis="《反不正当竞争法》第十条", basis_kind="law")
    refused_application = actions.decide(by=city.reviewer, number=application.number, decision=grounds)
    assert refused_application.status == ApplicationStatus.REFUSED
    assert not grants.in_force(resource=entry.code).exists()


@pytest.mark.article("xian-20", "dazhou-19", "yongjia-20")
@pytest.mark.parametrize("city_id", CITIES)
def test_no_city_lets_a_refusal_pass_without_a_reason(city_id: str, pack: None) -> None:
    rules.configure(city_id)
    city = City()
    entry = city.collected()
    application = actions.apply(by=city.consumer, code=entry.code, request=request())
    decider = next(a for a in city.deciders() if queries.step_for(a, application))
    with pytest.raises(GongshuError):
        actions.decide(by=decider, number=application.number, decision=Decision(Outcome.REFUSE))
    application.refresh_from_db()
    assert application.status == ApplicationStatus.PENDING


@pytest.mark.article("xian-20", "yongjia-20")
def test_data_that_are_not_shared_cannot_simply_be_applied_for(pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry = city.collected(companies(share_type=ShareType.PROHIBITED, share_basis="《某法》第一条"))
    with pytest.raises(Conflict) as refused:
        actions.apply(by=city.consumer, code=entry.code, request=request())
    assert refused.value.code == "sharing.not_for_application"


@pytest.mark.article("luzhou-17", "yongjia-20")
@pytest.mark.parametrize("city_id", CITIES)
def test_what_the_pack_wants_stated_must_be_stated(city_id: str, pack: None) -> None:
    rules.configure(city_id)
    city = City()
    entry = city.collected()
    for name in rules.active().application_fields(clock.today()):
        field = {"term": "valid_until"}.get(str(name), str(name))
        if field in {"valid_until", "mode", "items"}:
            continue
        with pytest.raises(GongshuError):
            actions.apply(by=city.consumer, code=entry.code, request=request(**{field: ""}))
    assert not queries.visible(city.authority).exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"items": ()}, "sharing.items_missing"),
        ({"items": ("name", "salary")}, "sharing.item_unknown"),
        ({"purpose": "好奇"}, "sharing.purpose_unknown"),
        ({"mode": "telepathy"}, "sharing.mode_unknown"),
        ({"valid_until": datetime(2020, 1, 1, tzinfo=UTC).date()}, "sharing.term_past"),
    ],
)
def test_an_application_that_makes_no_sense_is_not_filed(changes: dict[str, object], code: str, pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry = city.collected()
    with pytest.raises(GongshuError) as refused:
        actions.apply(by=city.consumer, code=entry.code, request=request(**changes))
    assert refused.value.code == code
    assert not queries.visible(city.authority).exists()


def test_only_those_whose_turn_it_is_decide(pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry = city.collected()
    application = actions.apply(by=city.consumer, code=entry.code, request=request())
    for stranger in (city.consumer, city.authority, city.auditor, Actor.anonymous()):
        with pytest.raises(NotAllowed):
            actions.decide(by=stranger, number=application.number, decision=AGREE)
    actions.decide(by=city.reviewer, number=application.number, decision=AGREE)
    with pytest.raises(Conflict):
        actions.decide(by=city.reviewer, number=application.number, decision=AGREE)
    assert grants.in_force(resource=entry.code).count() == 1


def test_sent_back_completed_and_agreed(pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry = city.collected()
    application = actions.apply(by=city.consumer, code=entry.code, request=request())
    with pytest.raises(GongshuError):
        actions.decide(by=city.reviewer, number=application.number, decision=Decision(Outcome.RETURN))
    actions.decide(
        by=city.reviewer, number=application.number, decision=Decision(Outcome.RETURN, reason="请补充使用范围")
    )
    application.refresh_from_db()
    assert application.status == ApplicationStatus.RETURNED
    actions.resubmit(by=city.consumer, number=application.number, request=request(items=("name",)))
    assert agree_all(city, application.number) == ["market"]
    assert grants.in_force(resource=entry.code).get().items == ["name"]
    assert notices.of(city.consumer).filter(kind="sharing.answer").count() == 2


def test_a_withdrawn_application_asks_nobody_any_more(pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry = city.collected()
    application = actions.apply(by=city.consumer, code=entry.code, request=request())
    actions.withdraw(by=city.consumer, number=application.number)
    assert not duties.todo(city.reviewer).exists()
    with pytest.raises(Conflict):
        actions.decide(by=city.reviewer, number=application.number, decision=AGREE)


@pytest.mark.article("xian-20")
def test_silence_is_reminded_then_escalated_and_running_the_clock_twice_changes_nothing(pack: None) -> None:
    rules.configure("xian")
    start = datetime(2026, 3, 2, 2, tzinfo=UTC)
    worker = Actor.process("clock")
    with clock.frozen(start):
        city = City()
        entry = city.collected()
        application = actions.apply(by=city.consumer, code=entry.code, request=request())
        first = duty_actions.run_clock(by=worker)
        assert [name for name, count in first.items() if count] == ["assets"], "only the register of assets is owed now"
        assert not any(duty_actions.run_clock(by=worker).values())
    due = queries.open_steps(application).get().due_on
    with clock.frozen(datetime(due.year, due.month, due.day, 2, tzinfo=UTC)):
        assert duty_actions.run_clock(by=worker)["reminded"] == 1
        assert not any(duty_actions.run_clock(by=worker).values())
    with clock.frozen(datetime(due.year, due.month, due.day, 2, tzinfo=UTC) + timedelta(days=1)):
        assert duty_actions.run_clock(by=worker)["escalated"] == 1
        assert not any(duty_actions.run_clock(by=worker).values())
        assert notices.of(city.authority).filter(kind="duty.escalated").count() == 1
        assert duties.overdue(city.authority).get().subject == application.number
        actions.decide(by=city.reviewer, number=application.number, decision=AGREE)
        closed = duties.of_subject(application.number).get()
        assert closed.status == DutyStatus.DONE
        assert closed.closed_late


def test_a_deadline_in_a_year_without_a_calendar_is_provisional(pack: None) -> None:
    rules.configure("xian")
    with clock.frozen(datetime(2026, 12, 25, 2, tzinfo=UTC)):
        city = City()
        entry = city.collected()
        application = actions.apply(by=city.consumer, code=entry.code, request=request())
        assert queries.open_steps(application).get().provisional
        assert duties.todo(city.reviewer).get().provisional
