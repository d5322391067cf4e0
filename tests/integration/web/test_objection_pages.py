"""Objections to values, as clerks, providers and citizens meet them on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import SEED
from gongshu import clock, crypto
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.grants import actions as grants
from gongshu.home import open_home
from gongshu.quality.models import Objection

KEY = "91330324MA2TE5T016"
ROWS = f"统一社会信用代码,企业名称,法定代表人\n{KEY},甲公司,张三\n"
TYPED = {"key-uscc": KEY, "item": "name", "fault": "wrong", "seen": "甲公司", "right": "甲有限公司", "evidence": "执照"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    place = open_home()
    for folder in place.folders:
        folder.mkdir()
    keys.ensure(place)
    yield place
    crypto.forget()


def collect(city, entry, text):
    collection.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    collection.work_one()


@pytest.fixture
def entry(home, city):
    found = city.published()
    collect(city, found, ROWS)
    for organization, public in (("housing", False), ("", True)):
        grants.create(
            by=SEED,
            organization=organization,
            provider="market",
            resource=found.code,
            items=["uscc", "name"],
            purpose="verification",
            modes=["query"],
            valid_from=clock.now() - timedelta(days=1),
            valid_until=clock.now() + timedelta(days=30),
            public=public,
        )
    return found


def test_a_clerk_reports_the_provider_corrects_the_clerk_closes(city, entry, signed_in):
    zhou, li = signed_in("zhou"), signed_in("li")
    address = f"/console/catalog/{entry.code}/objection/"
    form = zhou.get(address).content.decode()
    assert "业务照常办理" in form
    assert "企业名称" in form
    assert "法定代表人" not in form, "the grant does not hold it"
    wrong = zhou.post(address, TYPED | {"right": "", "evidence": ""})
    assert wrong.status_code == 400
    assert f'value="{KEY}"' in wrong.content.decode(), "what was typed is kept"
    where = zhou.post(address, TYPED).headers["Location"]
    assert "甲有限公司" in zhou.get(where).content.decode()
    page = li.get(where).content.decode()
    assert 'id="answer"' in page
    assert "先归集更正后的数据" in page
    assert KEY in page
    governing = signed_in("lin").get(where).content.decode()
    assert KEY not in governing
    assert "只有反馈人和校核人员可以看到" in governing
    assert li.post(f"{where}step/", {"step": "correct", "version": "²"}).status_code == 409
    collect(city, entry, ROWS.replace("甲公司", "甲有限公司"))
    assert zhou.post(f"{where}step/", {"step": "correct", "version": "2"}).status_code == 403
    assert li.post(f"{where}step/", {"step": "correct", "version": "2"}).status_code == 302
    page = zhou.get(where).content.decode()
    assert "已在 v2 更正" in page
    assert zhou.post(f"{where}step/", {"step": "close"}).status_code == 302
    assert "已办结" in zhou.get(where).content.decode()
    assert zhou.post(f"{where}step/", {"step": "nonsense"}).status_code == 404


@pytest.mark.article("luzhou-26")
def test_a_citizen_reports_from_the_data_sets_page(city, entry, signed_in, anybody):
    city.person("ren", "housing")
    address = f"/datasets/{entry.code}/objection/"
    assert anybody.get(address).status_code == 302
    ren = signed_in("ren")
    where = ren.post(address, TYPED).headers["Location"]
    assert where.startswith("/objections/")
    assert "甲有限公司" in ren.get(where).content.decode()
    assert where in ren.get("/objections/").content.decode()
    assert signed_in("zhou").get(where).status_code == 404
    assert ren.get(where.replace("/objections", "/console/objections")).status_code == 403
    number = where.split("/")[-2]
    refused = signed_in("li").post(f"/console/objections/{number}/step/", {"step": "confirm", "reason": ""})
    assert refused.status_code == 400
    signed_in("li").post(f"/console/objections/{number}/step/", {"step": "confirm", "reason": "与档案一致"})
    page = ren.get(where).content.decode()
    assert "与档案一致" in page
    assert ren.post(f"{where}step/", {"step": "confirm"}).status_code == 404
    assert ren.post(f"{where}step/", {"step": "disagree", "reason": ""}).status_code == 400
    assert ren.post(f"{where}step/", {"step": "disagree", "reason": "执照在此"}).status_code == 302
    assert Objection.objects.get(number=number).status == "checking"


def test_the_list_costs_the_same_however_long(city, entry, signed_in):
    zhou, lin = signed_in("zhou"), signed_in("lin")
    costs = []
    for wanted in (2, 9):
        while Objection.objects.count() < wanted:
            assert zhou.post(f"/console/catalog/{entry.code}/objection/", TYPED).status_code == 302
        lin.get("/console/objections/")
        with CaptureQueriesContext(connection) as seen:
            page = lin.get("/console/objections/?q=企业").content.decode()
        assert page.count("/console/objections/YY-") == wanted
        costs.append(len(seen))
    assert costs[0] == costs[1], costs
    assert "没有数据异议" in lin.get("/console/objections/?status=closed").content.decode()
