"""Naming the source of a datum, each person in their own browser: proposed, named, owed, refused, exempted."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE, visiting
from factories import PASSWORD, City, companies
from gongshu import rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.catalog.draft import ItemData
from gongshu.identity.states import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(chromium, live_server):
    """Under Xi'an's rules: the register of companies, collected, and a list of builders that has their names too."""
    usual = rules.active().id
    rules.configure("xian")
    wiring.connect()
    city = City()
    city.collected()
    xu, gao = (city.person(name, "housing", Role.PROVIDER) for name in ("xu", "gao"))
    items = (ItemData("permit", "许可证号", required=True, is_key=True), ItemData("company", "公司名称"))
    entry = catalog.create_entry(by=xu, data=companies(title="建筑业企业名录", provider="housing", items=items))
    catalog.submit_entry(by=xu, code=entry.code)
    catalog.record_secrecy_review(by=gao, code=entry.code)
    city.builders = catalog.publish_entry(by=gao, code=entry.code)
    yield city
    rules.configure(usual)


@pytest.fixture
def visit(chromium, city, live_server):
    with visiting(chromium, live_server.url, PASSWORD) as open_browser:
        yield open_browser


def looks_well(visitor, name):
    visitor.page.wait_for_load_state("networkidle")
    if os.environ.get("GONGSHU_SHOTS"):
        visitor.page.screenshot(path=f"{os.environ['GONGSHU_SHOTS']}/{name}.png", full_page=True)
    assert visitor.sideways() <= 0, visitor.page.url
    if AXE.is_file():
        assert not visitor.complaints(), visitor.page.url


def test_the_authority_names_a_source_and_nobody_collects_it_again(visit, city, tmp_path):
    """1. Lin has the catalog compared, reads the arithmetic, and names the register as the source."""
    lin = visit("lin", expected={400})
    page = lin.go("/console/sources/").page
    looks_well(lin, "empty")
    page.get_by_role("button", name="比对目录").click()
    expect(page.get_by_role("status").first).to_contain_text("新发现 1 对")
    looks_well(lin, "list")
    page.get_by_role("link", name="企业名称").click()
    expect(page.get_by_role("region", name="算式")).to_contain_text("60 ÷ 65 = 92%")
    looks_well(lin, "pair")
    page.get_by_label("不是同一数据", exact=True).check()
    page.get_by_role("button", name="作出认定").click()
    expect(page.get_by_role("alert")).to_contain_text("请说明理由")
    page.get_by_label("以市市场监督管理局的“企业登记信息”为源").check()
    page.get_by_role("button", name="作出认定").click()
    expect(page.get_by_role("status").first).to_contain_text("已处理 1 对")
    page.get_by_role("link", name="查看数据源认定").click()
    page.wait_for_url("**/console/sources/data/*/")
    where = page.url.removeprefix(lin.base)
    looks_well(lin, "datum")

    """2. Xu of the housing bureau, on a phone, owes to share instead; the file is refused with the entry to apply for."""
    xu = visit("xu", screen=PHONE, expected={409})
    own = xu.go("/console/").page
    expect(own.get_by_text("改为共享获取").first).to_be_visible()
    xu.go("/console/sources/")
    looks_well(xu, "list-phone")
    xu.go(where)
    looks_well(xu, "datum-phone")
    file = tmp_path / "名录.csv"
    file.write_text("许可证号,公司名称\n1,甲公司\n", encoding="utf-8")
    xu.go(f"/console/catalog/{city.builders.code}/collect/")
    own.get_by_label("数据文件").set_input_files(file)
    own.get_by_role("button", name="提交归集").click()
    expect(own.get_by_role("alert")).to_contain_text("不得重复采集")
    looks_well(xu, "refused-phone")

    """3. Lin exempts the list for a reason; the reason stands on the page."""
    page.get_by_text("豁免", exact=False).locator("visible=true").first.click()
    page.get_by_label("理由").first.fill("许可审查须核对申请时的名称")
    page.get_by_role("button", name="准许自行采集").click()
    expect(page.get_by_role("status").first).to_contain_text("已豁免")
    looks_well(lin, "exempt")
