"""Pages of what dazhou-9 gives an operator: a governance demand from the report to its acceptance, and a return."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongshu import clock, rules
from gongshu.operation import governance_queries as governed
from gongshu.operation import return_actions
from integration.operation.test_governance import Supplied, earning, home

__all__ = ["home"]


@pytest.fixture(autouse=True)
def pack():
    usual = rules.active().id
    yield
    rules.configure(usual)


@pytest.fixture
def city(home, db):
    return Supplied()


LIST = "/console/operation/governance/"
FAULT = {"dimension": "completeness", "item": "name", "check": "name_length", "facts": "名称被截短", "wish": "补全"}


def text(response):
    return response.content.decode()


def day(days):
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.mark.article("dazhou-9")
def test_a_fault_is_filed_ordered_mended_sent_back_and_accepted_through_the_pages(city, signed_in):
    ma, lin, li = signed_in("ma"), signed_in("lin"), signed_in("li")
    assert "提出治理需求" in text(ma.get(LIST))
    assert "提出治理需求" in text(ma.get(f"/console/quality/{city.entry.code}/"))
    assert "提出治理需求" not in text(li.get(f"/console/quality/{city.entry.code}/"))
    assert city.entry.title in text(ma.get(f"{LIST}new/"))
    form = text(ma.get(f"{LIST}new/?code={city.entry.code}&check=name_length"))
    assert "2 行不符" in form
    assert "第九条" in form
    assert "反馈数据异议" in form
    bare = ma.post(f"{LIST}new/?code={city.entry.code}", {**FAULT, "wish": " "})
    assert bare.status_code == 400
    assert "名称被截短" in text(bare), "what was typed is kept"
    assert ma.post(f"{LIST}new/?code={city.entry.code}", FAULT).status_code == 302
    found = governed.visible(city.operator).get()
    page, act = f"{LIST}{found.number}/", f"{LIST}{found.number}/act/"
    assert signed_in("zhou").get(page).status_code == 403
    assert "条文未定天数" in text(lin.get(page))
    for wrong in ("", "not a day", day(0)):
        assert lin.post(act, {"act": "order", "due_on": wrong}).status_code == 400
    unknown = lin.post(act, {"act": "orders", "due_on": day(9)})
    assert unknown.status_code == 400
    assert "没有这项办理" in text(unknown)
    lin.post(act, {"act": "order", "due_on": day(9), "words": "请尽快"})
    assert lin.post(act, {"act": "extend", "due_on": day(8), "words": "x"}).status_code == 400
    lin.post(act, {"act": "extend", "due_on": day(12), "words": "节前任务重"})
    assert day(12) in text(li.get(page))
    assert "督促治理" not in text(li.get(page))
    assert li.post(act, {"act": "finish", "words": "已补", "version": "one"}).status_code == 400
    assert li.post(act, {"act": "finish", "words": "已补", "version": "1"}).status_code == 409
    city.collect("第一中学", "二中", "人民广场")
    li.post(act, {"act": "finish", "words": "已补", "version": "2"})
    assert "1 行不符" in text(ma.get(page))
    ma.post(act, {"act": "send_back", "words": "还有一处"})
    assert "退回 1 次" in text(li.get(page))
    city.collect("第一中学", "第二中学", "人民广场")
    li.post(act, {"act": "finish", "words": "全部补全", "version": "3"})
    ma.post(act, {"act": "accept"})
    done = text(ma.get(page))
    assert "验收通过" in done
    assert "还有一处" in done
    assert found.number in text(lin.get(f"{LIST}?q=公交&status=accepted&dimension=completeness"))
    assert "没有符合条件的治理需求" in text(lin.get(f"{LIST}?late=1"))


@pytest.mark.article("dazhou-9")
def test_a_return_is_reported_seen_by_the_authority_and_struck_out(city, signed_in):
    ma, lin = signed_in("ma"), signed_in("lin")
    where = "/console/operation/returns/"
    assert "没有收益记录" in text(lin.get(where))
    typed = {
        "product_kind": "service", "product": "到站预测", "scenario": "公交出行", "user": "江临出行", "basis": "合同",
        "demands": city.demand.number, "period_from": day(0), "period_to": day(0), "amount": "1,234.50",
    }  # fmt: skip
    for name, value in (("amount", "1.005"), ("amount", "一百"), ("period_from", ""), ("period_to", "x"), ("user", "")):
        refused = ma.post(f"{where}new/", {**typed, name: value})
        assert refused.status_code == 400
        assert "公交出行" in text(refused)
    assert ma.post(f"{where}new/", typed).status_code == 302
    found = governed.visible_returns(city.operator).get()
    assert found.amount_fen == 123_450
    page = f"{where}{found.number}/"
    assert "1,234.50" in text(lin.get(page))
    assert "作废后重新报告" not in text(lin.get(page))
    assert signed_in("li").get(page).status_code == 403
    assert signed_in("zhou").get(where).status_code == 403
    assert "1,234.50</b>" in text(lin.get(f"{where}?kind=service&since={day(-1)}&until={day(1)}"))
    assert "没有符合条件的收益记录" in text(lin.get(f"{where}?until={day(-1)}"))
    assert lin.get(f"{where}?since=yesterday").status_code == 400
    assert ma.post(f"{page}strike/", {"reason": " "}).status_code == 400
    ma.post(f"{page}strike/", {"reason": "重复"})
    assert "重复" in text(lin.get(page))
    assert "<b>0.00</b>" in text(lin.get(where))


@pytest.mark.parametrize("city_id", ["xian", "luzhou", "zaozhuang", "yongjia"])
def test_where_the_rules_are_silent_the_pages_say_so(city, signed_in, city_id):
    rules.configure(city_id)
    ma = signed_in("ma")
    assert "本市规则未规定运营单位的数据治理需求" in text(ma.get(LIST))
    assert "本市规则未规定运营单位的数据治理需求" in text(ma.get(f"{LIST}new/?code={city.entry.code}"))
    assert "本市规则未规定运营单位的收益" in text(ma.get("/console/operation/returns/"))
    assert "本市规则未规定运营单位的收益" in text(ma.get("/console/operation/returns/new/"))
    assert "提出治理需求" not in text(ma.get(f"/console/quality/{city.entry.code}/"))


def test_the_lists_cost_the_same_however_long_they_are(city, signed_in):
    lin = signed_in("lin")
    counts = []
    for number in range(3):
        city.ordered(check="")
        return_actions.record(by=city.operator, earned=earning((city.demand.number,), user=f"单位{number}"))
        for where in (LIST, "/console/operation/returns/"):
            lin.get(where)
            with CaptureQueriesContext(connection) as made:
                assert lin.get(where).status_code == 200
            counts.append(len(made))
    assert len(set(counts[::2])) == 1
    assert len(set(counts[1::2])) == 1
    assert max(counts) <= 20
