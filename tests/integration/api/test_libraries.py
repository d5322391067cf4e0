"""Libraries as programs set them up, define, agree to and end them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from factories import SEED
from gongshu import clock, wiring
from gongshu.identity.tokens import Scope
from gongshu.libraries import actions
from integration.libraries.test_libraries import COMPANIES, PERMITS, Town, city, collect, home

pytestmark = pytest.mark.django_db
__all__ = ["city", "home"]  # Yongjia's, instead of the one in conftest


@pytest.fixture
def town(city):
    """Under Yongjia's rules: the center sets libraries up."""
    wiring.connect()
    return Town(city)


@pytest.mark.article("yongjia-7", "yongjia-18")
def test_a_library_from_its_setting_up_to_its_end_by_programs(town, program):
    chen, wang, xu, zhou = (program(name) for name in ("chen", "wang", "xu", "zhou"))
    asked = {
        "code": town.own.code, "name": "法人单位基础库", "kind": "base", "about": "legal_persons", "combine": "join",
    }  # fmt: skip
    assert program("chen", Scope.READ).post("/libraries", asked)[0] == 403
    assert wang.post("/libraries", asked)[0] == 403, "the rules name who sets libraries up"
    assert chen.post("/libraries", {**asked, "kind": "heap"})[0] == 422
    status, refused = chen.post("/libraries", {**asked, "about": None})
    assert (status, refused["error"]["where"]["field"]) == (400, "about")
    status, made = chen.post("/libraries", asked)
    assert (status, made["status"], made["lead"], made["sources"]) == (201, "draft", "market", [])
    assert chen.post("/libraries", asked)[0] == 409
    one = f"/libraries/{made['number']}"
    sources = [
        {"code": town.companies.code},
        {"code": town.permits.code, "items": {"uscc": "code", "level": "level"}},
    ]
    assert xu.put(f"{one}/sources", {"sources": sources})[0] == 403, "its sources are the lead's to choose"
    wrong = [{"code": town.companies.code, "items": {"uscc": "x"}}]
    assert wang.put(f"{one}/sources", {"sources": wrong})[0] == 400
    defined = wang.put(f"{one}/sources", {"sources": sources})[1]
    assert [(s["code"], s["consent"]) for s in defined["sources"]] == [
        (town.companies.code, "given"), (town.permits.code, "asked"),
    ]  # fmt: skip
    assert defined["sources"][0]["items"] == {"uscc": "uscc", "name": "name", "legal_rep": "legal_rep"}
    waiting = xu.get("/libraries/asked")[1]
    assert [(w["code"], w["number"]) for w in waiting["results"]] == [(town.permits.code, made["number"])]
    assert zhou.get("/libraries/asked")[1]["total"] == 0
    assert wang.post(f"{one}/consent", {"code": town.permits.code, "agree": True})[0] == 403
    assert xu.post(f"{one}/consent", {"code": town.permits.code, "agree": False})[0] == 400, "a refusal says why"
    agreed = xu.post(f"{one}/consent", {"code": town.permits.code, "agree": True})[1]
    assert agreed["sources"][1]["consent"] == "agreed"
    actions.build_one(by=SEED)
    assert "尚未归集" in zhou.get(one)[1]["troubles"][0]["zh"]
    collect(town.city, town.companies, COMPANIES)
    collect(town.city, town.permits, PERMITS)
    actions.build_one(by=SEED)
    built = zhou.get(one)[1]
    assert (built["status"], built["rows"], built["troubles"]) == ("in_use", 2, [])
    (build,) = zhou.get(f"{one}/builds")[1]["results"]
    assert [(s["code"], s["version"]) for s in build["sources"]] == [(town.companies.code, 1), (town.permits.code, 1)]
    assert zhou.get("/libraries?kind=base&q=法人&status=in_use")[1]["total"] == 1
    assert zhou.get("/libraries?kind=task")[1]["total"] == 0
    assert zhou.get("/libraries/SJK-1")[0] == 404
    assert wang.post(f"{one}/end", {"reason": " "})[0] == 400
    assert wang.post(f"{one}/end", {"reason": "并入省库"})[1]["status"] == "ended"
    assert wang.put(f"{one}/sources", {"sources": sources})[0] == 409


def test_a_task_library_says_for_what_and_until_when(town, program):
    asked = {"code": town.own.code, "name": "清查专题库", "kind": "task"}
    until = (clock.today() + timedelta(days=30)).isoformat()
    chen = program("chen")
    assert chen.post("/libraries", asked)[1]["error"]["where"]["field"] == "purpose"
    assert chen.post("/libraries", {**asked, "purpose": "清查"})[1]["error"]["where"]["field"] == "ends_on"
    made = chen.post("/libraries", {**asked, "purpose": "清查", "ends_on": until})[1]
    assert (made["ends_on"], made["purpose"], made["combine"]) == (until, "清查", "union")
