"""Pages of the project gate."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongshu import rules
from gongshu.supervision import project_actions as actions

PLAN = {
    "act": "plan",
    "title": "摊位备案",
    "items": "摊位编号\n经营者",
    "share_type": "CONDITIONAL",
    "open_type": "PROHIBITED",
    "update_cycle": "MONTHLY",
}


@pytest.fixture(autouse=True)
def pack():
    usual = rules.active().id
    rules.configure("xian")
    yield
    rules.configure(usual)


def text(response):
    return response.content.decode()


def test_a_project_through_the_pages(city, signed_in):
    wang, lin = signed_in("wang"), signed_in("lin")
    assert wang.post("/console/projects/new/", {"name": " "}).status_code == 400
    made = wang.post("/console/projects/new/", {"name": "智慧监管平台"})
    address = made.headers["Location"]
    shown = text(wang.get(address))
    assert "没有预编项目数据资源目录" in shown
    assert "第四十条" in shown
    assert "Text(" not in shown
    act = f"{address}act/"
    bad = wang.post(act, PLAN | {"share_type": "FREE"})
    assert bad.status_code == 400
    assert "摊位编号" in text(bad)  # what was typed stays
    assert wang.post(act, PLAN | {"uses": "nothing"}).status_code == 404
    assert wang.post(act, PLAN | {"items": "甲\x00"}).status_code == 400
    wang.post(act, PLAN)
    assert "没有不符合项" in text(wang.get(address))
    assert lin.post(act, {"act": "pass"}).status_code == 409
    unknown = wang.post(act, {"act": "submitted"})
    assert unknown.status_code == 400
    assert "没有这项办理" in unknown.content.decode()
    wang.post(act, {"act": "submit"})
    assert address in text(lin.get("/console/"))
    refused = lin.post(act, {"act": "refuse"})
    assert "不予通过须写明理由" in text(refused)
    lin.post(act, {"act": "pass", "remark": "同意"})
    assert "立项审查：通过" in text(wang.get(address))
    assert "not passed" not in text(wang.get(address))
    assert wang.post(act, {"act": "entry", "position": "²", "code": "x"}).status_code in {400, 422}


def test_others_see_nothing_of_it(city, signed_in):
    made = actions.register(by=city.compiler, name="智慧监管平台")
    assert signed_in("zhou").get(f"/console/projects/{made.number}/").status_code == 404
    assert signed_in("zhou").post(f"/console/projects/{made.number}/act/", {"act": "withdraw"}).status_code == 403
    assert made.number in text(signed_in("shen").get("/console/projects/"))
    assert made.number not in text(signed_in("zhou").get("/console/projects/"))


def test_where_the_rules_are_silent_the_page_says_so(city, signed_in):
    rules.configure("dazhou")
    shown = text(signed_in("wang").get("/console/projects/"))
    assert "未规定信息化项目的数据关口" in shown
    assert "/console/projects/new/" not in shown


def test_the_list_costs_the_same_however_long(city, signed_in):
    lin, counted = signed_in("lin"), []
    for rounds in (1, 25):
        for n in range(rounds):
            actions.register(by=city.compiler, name=f"项目{rounds}-{n}")
        lin.get("/console/projects/")
        with CaptureQueriesContext(connection) as asked:
            lin.get("/console/projects/")
        counted.append(len(asked))
    assert counted[1] <= counted[0] + 1  # the count of pages
    assert "项目25-24" in text(lin.get("/console/projects/?q=25-24"))
    assert "没有符合条件的项目" in text(lin.get("/console/projects/?status=accepted"))
