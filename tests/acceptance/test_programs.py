"""The same application filed by a program under each city's rules meets that city's deciders, days, grounds and words.

The story of ``test_story.py``, told through the management interface: what the form said beforehand is what happens.
"""

from __future__ import annotations

import pytest
from django.core.cache import cache

from acceptance.test_story import CITIES, LAW
from factories import City, companies
from factories.programs import body, program_of
from gongshu import clock, rules

pytestmark = pytest.mark.django_db

OFFICES = {"market": "li", "authority": "lin", "center": "chen", "government": "qian"}
WORDS = {"luzhou": "有条件共享", "dazhou": "有条件共享", "xian": "有条件共享", "yongjia": "受限共享类"}


@pytest.fixture(params=CITIES)
def told(request):
    """Under one city's rules: its name, a published and collected entry, its form."""
    usual = rules.active().id
    rules.configure(request.param)
    cache.clear()
    entry = City().collected(companies(title="企业登记信息"))
    status, form = program_of("zhou").get(f"/sharing/entries/{entry.code}/form")
    assert status == 200
    yield request.param, entry, form
    rules.configure(usual)


def chain(turns):
    return [(turn["stage"], turn["office"], turn["days"]) for turn in turns]


def deciders(application):
    """Who may answer now, as programs."""
    return [program_of(OFFICES[turn["organization"]]) for turn in application["turns"] if turn["status"] == "open"]


@pytest.mark.article("luzhou-17", "dazhou-19", "xian-20", "zaozhuang-5.2", "yongjia-20")
def test_its_deciders_days_and_words(told):
    name, entry, form = told
    status, filed = program_of("zhou").post(f"/sharing/entries/{entry.code}/applications", body())
    assert status == 201, filed
    assert chain(filed["turns"]) == LAW[name]["chain"]
    assert all(any(LAW[name]["cites"] in c["label"] for c in turn["citations"]) for turn in filed["turns"])
    assert form["pack"] == filed["pack"] == name
    (way,) = [way for way in form["ways"] if "query" in way["modes"]]
    assert chain(way["turns"]) == chain(filed["turns"]), "the form says beforehand who will decide"
    assert [turn["words"] for turn in way["turns"]] == [turn["words"] for turn in filed["turns"]]
    if name in WORDS:
        assert form["share_type_label"]["zh"] == WORDS[name]
    if rules.active().status(clock.today()) is not rules.Status.IN_FORCE:
        assert form["notice"]["zh"], "a pack that is no law says so"
    while filed["status"] == "pending":
        for caller in deciders(filed):
            status, filed = caller.post(f"/sharing/applications/{filed['number']}/decide", {"outcome": "agree"})
            assert status == 200, filed
    assert filed["status"] == "approved"
    assert all(turn["decided_by"] and turn["decided_at"] for turn in filed["turns"])


@pytest.mark.article("luzhou-17", "dazhou-19", "xian-20", "yongjia-20")
def test_a_refusal_without_the_grounds_that_the_city_demands_is_refused_in_a_sentence(told):
    name, entry, form = told
    status, filed = program_of("zhou").post(f"/sharing/entries/{entry.code}/applications", body())
    address = f"/sharing/applications/{filed['number']}/decide"
    demand, decision, turned_down = form["refusal"], {"outcome": "refuse"}, []
    stated = {"reason": "与申请单位职责无关", "basis": "《企业信息公示暂行条例》第十七条"}
    if demand["basis_kinds"]:
        stated["basis_kind"] = demand["basis_kinds"][0]["id"]
    caller = deciders(filed)[0]
    status, refused = caller.post(address, decision)
    while status != 200:
        field = refused["error"]["where"]["field"]
        assert field not in decision, "each thing that lacks is asked for once"
        assert any(c["label"] in refused["error"]["zh"] for c in demand["citations"])
        turned_down.append(refused["error"]["code"])
        decision[field] = stated[field]
        status, refused = caller.post(address, decision)
    kinds = ["sharing.refusal_basis_kind"] if demand["legal_basis"] and demand["basis_kinds"] else []
    assert turned_down == LAW[name]["refusals"] + kinds
    assert refused["status"] == "refused"
    (turn,) = [turn for turn in refused["turns"] if turn["status"] == "refused"]
    assert turn["reason"] == "与申请单位职责无关"


def test_what_the_city_asks_of_an_application_is_what_the_interface_insists_on(told):
    _, entry, form = told
    caller, asked = program_of("zhou"), body()
    free = [one["name"] for one in form["fields"] if one["name"] in asked and isinstance(asked[one["name"]], str)]
    for field in set(free) - {"mode", "valid_until"}:
        status, answer = caller.post(f"/sharing/entries/{entry.code}/applications", asked | {field: ""})
        assert (status, answer["error"]["where"]) == (400, {"field": field})
        assert answer["error"]["zh"].startswith("请")
