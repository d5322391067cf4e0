"""Governance demands and returns as programs of an operator, the authority and a provider deal with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from factories.programs import program_of
from gongshu import clock, rules
from gongshu.identity.tokens import Scope
from integration.operation.test_governance import Supplied, home

pytestmark = pytest.mark.django_db
__all__ = ["home"]
WHERE = "/operation/governance"


@pytest.fixture(autouse=True)
def pack():
    usual = rules.active().id
    yield
    rules.configure(usual)


@pytest.fixture
def city(home):
    return Supplied()


def day(days):
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.mark.article("dazhou-9")
def test_a_fault_is_filed_ordered_mended_and_accepted_by_programs(city):
    ma, lin, li = program_of("ma"), program_of("lin"), program_of("li")
    fault = {
        "code": city.entry.code, "dimension": "completeness", "item": "name", "check": "name_length",
        "facts": "名称被截短", "wish": "补全",
    }  # fmt: skip
    assert program_of("ma", Scope.READ).post(WHERE, fault)[0] == 403
    assert program_of("zhou").post(WHERE, fault)[0] == 403
    assert ma.post(WHERE, {**fault, "dimension": "mood"})[0] == 422
    status, made = ma.post(WHERE, fault)
    assert (status, made["failed_before"], made["may"]) == (201, 2, ["withdraw"])
    assert "第九条" in made["citations"][0]["label"]
    one, act = f"{WHERE}/{made['number']}", f"{WHERE}/{made['number']}/act"
    assert lin.get(one)[1]["may"] == ["order", "decline"]
    status, refused = lin.post(act, {"act": "order"})
    assert (status, refused["error"]["where"]["field"]) == (400, "due_on")
    assert lin.post(act, {"act": "order", "due_on": day(9)})[1]["due_on"] == day(9)
    assert lin.post(act, {"act": "extend", "due_on": day(12), "words": "节前"})[1]["due_on"] == day(12)
    assert li.get(one)[1]["may"] == ["finish"]
    assert li.post(act, {"act": "finish", "words": "已补全", "version": 1})[0] == 409
    city.collect("第一中学", "第二中学", "人民广场")
    done = li.post(act, {"act": "finish", "words": "已补全", "version": 2})[1]
    assert (done["status"], done["failed_after"]) == ("finished", 0)
    assert ma.post(act, {"act": "send_back", "words": "别名不符"})[1]["rounds"] == 1
    assert li.post(act, {"act": "finish", "words": "没有新版本"})[0] == 409
    city.collect("第一中学", "第二中学", "人民广场", "东门")
    assert li.post(act, {"act": "finish", "words": "x", "version": 3})[0] == 409, "another name is too short now"
    city.collect("第一中学", "第二中学", "人民广场", "东门站")
    assert li.post(act, {"act": "finish", "words": "已补", "version": 4})[0] == 200
    assert ma.post(act, {"act": "accept"})[1]["status"] == "accepted"
    assert ma.post(act, {"act": "withdraw"})[0] == 409
    assert [e["act"] for e in lin.get(one)[1]["events"]][-2:] == ["finish", "accept"]
    assert lin.get(f"{WHERE}?status=accepted&q=公交")[1]["total"] == 1
    assert lin.get(f"{WHERE}?late=true")[1]["total"] == 0
    assert program_of("zhou").get(WHERE)[1]["total"] == 0
    assert program_of("zhou").get(one)[0] == 404
    declined = ma.post(WHERE, {**fault, "check": "", "facts": "缺坐标"})[1]["number"]
    assert lin.post(f"{WHERE}/{declined}/act", {"act": "decline", "words": "目录未列"})[1]["status"] == "declined"


@pytest.mark.article("dazhou-9")
def test_a_return_is_reported_in_fen_and_struck_out_by_programs(city):
    ma, lin = program_of("ma"), program_of("lin")
    earned = {
        "product": "到站预测", "product_kind": "service", "scenario": "出行", "user": "江临出行", "basis": "合同",
        "demands": [city.demand.number], "period_from": day(0), "period_to": day(0), "amount_fen": 123_450,
    }  # fmt: skip
    assert ma.post("/operation/returns", {**earned, "amount_fen": -1})[0] == 422
    assert ma.post("/operation/returns", {**earned, "amount_fen": 1.5})[0] == 422
    status, made = ma.post("/operation/returns", earned)
    assert (status, made["reported_to"], made["amount_fen"]) == (201, "authority", 123_450)
    assert ma.post("/operation/returns", earned)[0] == 409
    assert lin.get("/operation/returns?kind=service")[1]["total"] == 1
    assert lin.get(f"/operation/returns?until={day(-1)}")[1]["total"] == 0
    assert program_of("li").get(f"/operation/returns/{made['number']}")[0] == 404
    struck = ma.post(f"/operation/returns/{made['number']}/strike", {"reason": "填错"})[1]
    assert (struck["status"], struck["reason"]) == ("struck", "填错")
