"""Problem data are reported two ways: by a form, and by a business system's own call, which follows it to its answer."""

# ruff: noqa: F811 - fixtures are handed over by name
from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from gongshu import clock, rules, wiring
from gongshu.duties import queries as duties
from gongshu.identity.models import Person
from gongshu.identity.tokens import Scope
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.quality.models import Objection
from gongshu.quality.states import Channel
from integration.web.test_objection_pages import KEY, ROWS, TYPED, collect, entry, home  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
DOUBT = {"key": {"uscc": KEY}, "item": "name", "seen": "甲公司", "right": "甲有限公司", "evidence": "窗口核对执照"}


@pytest.fixture(autouse=True)
def luzhou() -> Iterator[rules.Pack]:
    before = rules.active().id
    wiring.connect()
    yield rules.configure("luzhou")
    rules.configure(before)


@pytest.mark.article("luzhou-32")
def test_both_channels_of_the_text_are_there_and_each_report_says_by_which_it_came(city, entry, program) -> None:
    asked = {choice.id for choice in rules.active().value("objection.channels", on=clock.today()).value}
    assert asked == {"form", "interface"}
    browser = Client()
    browser.force_login(Person.objects.get(username="zhou"), backend="django.contrib.auth.backends.ModelBackend")
    form = browser.post(f"/console/catalog/{entry.code}/objection/", TYPED)
    assert form.status_code == 302, form.content.decode()
    code, made = program("zhou", Scope.SHARING).post(f"/objections/entries/{entry.code}", DOUBT)
    assert (code, made["channel"], made["channel_label"]["zh"]) == (201, "program", "业务系统接口")
    assert sorted(Objection.objects.values_list("channel", flat=True)) == [Channel.CONSOLE, Channel.PROGRAM]
    page = browser.get(f"/console/objections/{made['number']}/").content.decode()
    assert "业务系统接口" in page


@pytest.mark.article("luzhou-32")
def test_a_business_system_reports_follows_and_is_answered(city, entry, program) -> None:
    """1 reported once however often it is sent, 2 owed in time, 3 found wrong, 4 corrected in a version, 5 accepted."""
    window, bureau = program("zhou", Scope.SHARING), program("wang", Scope.SHARING)
    address = f"/objections/entries/{entry.code}"
    assert program("zhou", Scope.READ).post(address, DOUBT)[0] == 403, "reading is not reporting"
    code, made = window.post(address, DOUBT, Idempotency_Key="window-7-0001")
    assert code == 201, made
    replay = window.post(address, DOUBT, Idempotency_Key="window-7-0001")
    assert replay[1]["number"] == made["number"] and Objection.objects.count() == 1
    other = window.post(address, DOUBT | {"right": "丙公司"}, Idempotency_Key="window-7-0001")
    assert (other[0], other[1]["error"]["code"]) == (409, "api.key_used")
    where = f"/objections/{made['number']}"
    if made["status"] == "reported":
        assert program("chen").post(f"{where}/act", {"act": "forward"})[0] == 200
    (duty,) = duties.todo(city.compiler).filter(subject=made["number"])
    assert duty.days is not None or duty.words_zh, "checked in the city's time"
    assert bureau.post(f"{where}/act", {"act": "find_wrong", "reason": "变更未登记"})[1]["status"] == "correcting"
    assert window.get(where)[1]["status_label"]["zh"] == "核实有误，整改中"
    unmended = bureau.post(f"{where}/act", {"act": "correct", "version": 1, "reason": "已补登记"})
    assert unmended[0] == 409, "the version in which it was wrong corrects nothing"
    collect(city, entry, ROWS.replace("甲公司", "甲有限公司"))
    code, fixed = bureau.post(f"{where}/act", {"act": "correct", "version": 2, "reason": "已补登记"})
    assert (code, fixed["status"], fixed["corrected_version"]) == (200, "corrected", 2), fixed
    seen = window.get(where)[1]
    assert (seen["status"], seen["reason"]) == ("corrected", "已补登记")
    assert "甲公司" not in str(seen), "what was seen stays on the pages"
    assert bureau.post(f"{where}/act", {"act": "close"})[0] == 403, "the reporter accepts, nobody for it"
    assert window.post(f"{where}/act", {"act": "close"})[1]["status"] == "closed"
    leaves = [ledger_entry.body(bytes(one.leaf)) for one in Outbox.objects.order_by("pk")]
    reported = next(one for one in leaves if one["action"] == "quality.objection_reported")
    assert reported["details"]["channel"] == "program"


@pytest.mark.article("luzhou-32")
def test_only_who_receives_the_data_reports_and_only_what_the_entry_holds(city, entry, program) -> None:
    ungranted = DOUBT | {"item": "legal_rep"}
    assert program("zhou", Scope.SHARING).post(f"/objections/entries/{entry.code}", ungranted)[0] == 403
    window = program("zhou", Scope.SHARING)
    assert window.post(f"/objections/entries/{entry.code}", DOUBT | {"item": "salary"})[0] in (400, 403)
    assert window.post(f"/objections/entries/{entry.code}", DOUBT | {"key": {}})[0] == 400
    assert window.post("/objections/entries/000000-000000", DOUBT)[0] == 404
    assert window.post(f"/objections/entries/{entry.code}", DOUBT | {"slip": 1})[0] == 422
    assert not Objection.objects.exists()
