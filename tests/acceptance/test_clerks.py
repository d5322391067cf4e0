"""The same application filed by a clerk in the console, under each city's rules: its deciders, days, grounds, words.

What ``test_programs.py`` tells through the management interface, here on the pages that people see.
"""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from acceptance.test_programs import OFFICES, WORDS
from acceptance.test_story import CITIES, LAW
from factories import City, companies, purpose, request
from gongshu import clock, rules
from gongshu.sharing import queries as sharing

pytestmark = pytest.mark.django_db


def signed_in(username):
    from gongshu.identity.models import Person

    browser = Client()
    browser.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def page(browser, address):
    response = browser.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.fixture(params=CITIES)
def filed(request_of, request):
    """Under one city's rules: its name, the city, the form as Zhou saw it, the address of what he filed."""
    usual = rules.active().id
    rules.configure(request.param)
    cache.clear()
    city = City()
    entry = city.collected(companies(title="企业登记信息"))
    zhou = signed_in("zhou")
    shown = page(zhou, f"/console/catalog/{entry.code}/apply/")
    sent = zhou.post(f"/console/catalog/{entry.code}/apply/", request_of())
    assert sent.status_code == 302, sent.content.decode()
    yield request.param, city, shown, sent.headers["Location"]
    rules.configure(usual)


@pytest.fixture
def request_of():
    def form():
        asked = request()
        return {
            "items": list(asked.items),
            "purpose": purpose(),
            "mode": "query",
            "valid_until": asked.valid_until.isoformat(),
            "basis": asked.basis,
            "scenario": asked.scenario,
            "business_process": asked.business_process,
            "scope": asked.scope,
        }

    return form


def pending(city, address):
    """The steps that wait for a decision, and who may take each."""
    application = sharing.application(city.authority, address.split("/")[3])
    return [(step, signed_in(OFFICES[step.organization.code])) for step in sharing.open_steps(application)]


@pytest.mark.article("luzhou-17", "dazhou-19", "xian-20", "zaozhuang-5.2", "yongjia-20")
def test_the_pages_show_the_city_s_deciders_days_article_and_words(filed):
    name, city, shown, address = filed
    mine = page(signed_in("zhou"), address)
    if name in WORDS:
        assert WORDS[name] in shown
    notice = rules.active().notice(clock.today())
    assert (notice is None) == (name == "yongjia")
    for seen in (shown, mine):
        assert LAW[name]["cites"] in seen
        assert notice is None or notice.zh in seen, "a pack that is no law, or no longer, says so"
    chain = []
    while waiting := pending(city, address):
        for step, decider in waiting:
            assert step.organization.name in shown, "the form said beforehand who decides"
            assert step.organization.name in mine
            bench = page(decider, "/console/")
            assert address in bench
            if step.days:
                assert f"剩 {step.days} 个工作日" in bench
                assert f"{step.days} 个工作日内，即 {step.due_on:%Y-%m-%d} 前" in shown
            chain.append((step.stage, OFFICE[step.organization.code], step.days))
        for _step, decider in waiting:
            done = decider.post(f"{address}decide/", {"outcome": "agree"})
            assert done.status_code == 302, done.content.decode()
    assert chain == LAW[name]["chain"]
    assert sharing.application(city.authority, address.split("/")[3]).status == "approved"


OFFICE = {"market": "provider", "authority": "authority", "center": "center", "government": "government"}


@pytest.mark.article("luzhou-17", "dazhou-19", "xian-20", "yongjia-20")
def test_the_form_asks_for_exactly_the_grounds_that_the_city_demands(filed):
    _, city, _, address = filed
    _, decider = pending(city, address)[0]
    demand = rules.active().refusal(clock.today())
    form = page(decider, address)
    assert ('name="basis_kind"' in form) == ('name="basis"' in form) == demand.legal_basis
    for citation in demand.citations:
        assert citation.label("zh") in form
    stated = {"reason": "与申请单位职责无关"}
    if demand.legal_basis:
        stated |= {"basis": "《企业信息公示暂行条例》第十七条", "basis_kind": str(next(iter(demand.accepted)))}
    for lacking in stated:
        without = {field: words for field, words in stated.items() if field != lacking}
        refused = decider.post(f"{address}decide/", {"outcome": "refuse", **without})
        assert refused.status_code == 400, f"{lacking} may not be left out"
        assert 'role="alert"' in refused.content.decode()
    assert decider.post(f"{address}decide/", {"outcome": "refuse", **stated}).status_code == 302
    assert "与申请单位职责无关" in page(signed_in("zhou"), address)
