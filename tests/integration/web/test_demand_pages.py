"""Demands, the three lists and meetings, as the pages show them."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import companies, purpose, stops
from gongshu import clock
from gongshu.catalog import demand_actions
from gongshu.catalog.demand_models import Demand
from gongshu.catalog.demand_queries import demand
from gongshu.catalog.states import ShareType

DUE = (clock.today() + timedelta(days=30)).isoformat()


def typed(**changes):
    base = {"title": "企业登记信息", "items": "企业名称", "purpose": purpose(), "scope": "全市", "mode": "query"}
    return base | {"scenario": "预售许可核查", "basis": "《城市房地产管理法》第四十五条"} | changes


def filed(browser, **changes):
    answer = browser.post("/console/demands/new/", typed(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def step(browser, where, **fields):
    return browser.post(f"{where}step/", fields)


def test_a_demand_is_filed_matched_and_applied_for(city, signed_in):
    entry = city.published()
    zhou, lin = signed_in("zhou"), signed_in("lin")
    wrong = zhou.post("/console/demands/new/", typed(title=""))
    assert wrong.status_code == 400
    assert "请写明需要什么数据" in wrong.content.decode()
    assert 'value="' + typed()["purpose"] + '" selected' in wrong.content.decode(), "what was typed is kept"
    where = filed(zhou)
    page = lin.get(where).content.decode()
    assert 'id="arrange"' in page
    assert entry.resource_code in page
    assert "可能的目录" in page
    assert step(lin, where, step="match", code=entry.code).status_code == 302
    page = zhou.get(where).content.decode()
    number = where.split("/")[-2]
    link = f"/console/catalog/{entry.code}/apply/?demand={number}"
    assert link in page
    form = zhou.get(link).content.decode()
    assert "预售许可核查" in form
    assert "《城市房地产管理法》第四十五条" in form


def test_an_assignment_is_objected_to_and_declined(city, signed_in):
    zhou, lin, wang = signed_in("zhou"), signed_in("lin"), signed_in("wang")
    where = filed(zhou)
    assert wang.get(where).status_code == 404
    assert step(lin, where, step="assign", provider="market", due_on="soon").status_code == 400
    assert step(lin, where, step="assign", provider="market", due_on=DUE).status_code == 302
    assert step(zhou, where, step="accept").status_code == 403
    refused = step(wang, where, step="object", reason="")
    assert refused.status_code == 400
    assert "应当说明理由" in refused.content.decode()
    given = {"reason": "涉及商业秘密", "basis_kind": "law", "basis": "《反不正当竞争法》第十条"}
    assert step(wang, where, step="object", **given).status_code == 302
    page = lin.get(where).content.decode()
    assert "涉及商业秘密" in page
    assert step(lin, where, step="decline", remark="依法不提供").status_code == 302
    assert "依法不提供" in zhou.get(where).content.decode()
    assert step(lin, where, step="nonsense").status_code == 404


def test_only_who_may_sees_the_forms(city, signed_in):
    assert signed_in("wang").get("/console/demands/new/").status_code == 403
    assert signed_in("zhou").get("/console/demands/meetings/new/").status_code == 403
    assert signed_in("zhou").post("/console/lists/demand/issue/").status_code == 403
    assert signed_in("zhou").get("/console/lists/nonsense/").status_code == 404
    where = filed(signed_in("zhou"))
    assert 'id="arrange"' not in signed_in("qian").get(where).content.decode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_negative_list_is_a_page_and_a_file(city, signed_in, form):
    city.published(companies(title="案件线索", share_type=ShareType.PROHIBITED, share_basis="=《某法》第一条"))
    city.published(stops())
    zhou = signed_in("zhou")
    page = zhou.get("/console/lists/negative/?q=案件").content.decode()
    assert "案件线索" in page
    assert "公交站点" not in page
    answer = zhou.get(f"/console/lists/negative/list.{form}?part=sharing")
    if form == "csv":
        text = answer.content.decode("utf-8-sig")
        assert len(text.strip().splitlines()) == 2
        assert "'=《某法》第一条" in text
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert [cell.value for cell in sheet[2]][1] == "案件线索"
        assert sheet[2][-1].value == "=《某法》第一条"
        assert sheet[2][-1].data_type == "s"
    assert zhou.get("/console/lists/negative/list.pdf").status_code == 404


@pytest.mark.article("luzhou-15")
def test_the_responsibility_list_is_issued_on_its_page(city, signed_in):
    city.published()
    lin = signed_in("lin")
    assert lin.post("/console/lists/responsibility/issue/", {"note": "二〇二六年"}).status_code == 302
    page = signed_in("wang").get("/console/lists/responsibility/").content.decode()
    assert "企业登记信息" in page
    assert "二〇二六年" in page
    number = page.split("/console/lists/issued/")[1].split(".csv")[0]
    issued = signed_in("wang").get(f"/console/lists/issued/{number}.csv").content.decode("utf-8-sig")
    assert "企业登记信息" in issued


def test_a_meeting_is_convened_and_its_outcomes_written(city, signed_in):
    zhou, lin = signed_in("zhou"), signed_in("lin")
    number = filed(zhou).split("/")[-2]
    other = filed(zhou, title="不动产登记").split("/")[-2]
    asked = {"title": "供需对接会", "held_on": clock.today().isoformat(), "demands": [number]}
    assert lin.post("/console/demands/meetings/new/", asked).status_code == 400
    made = lin.post("/console/demands/meetings/new/", asked | {"participants": ["market", "housing"]})
    where = made.headers["Location"]
    given = {"minutes": "议定", f"outcome-{number}": "assign", f"remark-{number}": "由市场局牵头", "added": other}
    assert lin.post(where, given).status_code == 302
    page = zhou.get(where).content.decode()
    assert "建议指派提供单位" in page
    assert "不动产登记" in page
    assert zhou.post(where, given).status_code == 403
    assert "供需对接会" in zhou.get(f"/console/demands/{number}/").content.decode()
    assert "供需对接会" in zhou.get("/console/demands/meetings/").content.decode()


def test_lists_cost_the_same_however_long_they_are(city, signed_in):
    zhou, lin = signed_in("zhou"), signed_in("lin")
    costs = {}
    for wanted in (2, 9):
        while Demand.objects.count() < wanted:
            where = filed(zhou, title=f"数据{Demand.objects.count()}")
            demand_actions.assign(
                by=city.authority,
                number=where.split("/")[-2],
                provider="market",
                due_on=clock.today() + timedelta(days=20),
            )
        for address in ("/console/demands/", "/console/lists/demand/", "/console/lists/responsibility/?part=assigned"):
            lin.get(address)
            with CaptureQueriesContext(connection) as seen:
                assert lin.get(address).status_code == 200
            costs.setdefault(address, []).append(len(seen))
    assert all(one[0] == one[1] for one in costs.values()), costs
    assert demand(city.authority, Demand.objects.first().number).provider
