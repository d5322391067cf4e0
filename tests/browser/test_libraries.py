"""A base library in the browser: set up by the center, its sources chosen, agreed to by another unit, broken, mended."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE, visiting
from factories import PASSWORD, SEED, City, companies
from gongshu import rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import Check
from gongshu.catalog.terms import ResourceKind
from gongshu.collection import actions as collection
from gongshu.identity.states import Role
from gongshu.libraries import actions

pytestmark = pytest.mark.django_db(transaction=True)

KEY = ItemData("uscc", "统一社会信用代码", required=True, is_key=True, check=Check.USCC)
ROWS = "统一社会信用代码,企业名称,法定代表人\n91330324MA2TE5T016,甲公司,张三\n11510500MB0TE5T1XJ,乙公司,李四\n"
PERMITS = "统一社会信用代码,资质等级\n91330324MA2TE5T016,一级\n"


@pytest.fixture
def city(chromium, live_server):
    """Under Yongjia's rules: the register, a list of another unit, both collected, and the library's own entry."""
    usual = rules.active().id
    rules.configure("yongjia")
    wiring.connect()
    city = City()
    city.xu, city.gao = (city.person(name, "housing", Role.PROVIDER) for name in ("xu", "gao"))
    level = ItemData("level", "资质等级")
    city.register = city.published()
    city.permits = published(
        city, title="建筑业资质", provider="housing", items=(KEY, level), contains=("trade_secret",)
    )
    own = (KEY, ItemData("name", "企业名称"), ItemData("legal_rep", "法定代表人", mask="name", sensitive=True), level)
    city.own = city.published(
        companies(
            title="法人单位基础信息",
            kind=ResourceKind.BASE,
            division="法人单位",
            lead_department="市场监督管理局",
            items=own,
        )
    )
    for by, entry, text in ((city.compiler, city.register, ROWS), (city.xu, city.permits, PERMITS)):
        run = collection.submit_file(by=by, resource=entry.code, content=text.encode())
        assert collection.work_one(run=run.pk).version == 1
    yield city
    rules.configure(usual)


def published(city, **data):
    entry = catalog.create_entry(by=city.xu, data=companies(**data))
    catalog.submit_entry(by=city.xu, code=entry.code)
    catalog.record_secrecy_review(by=city.gao, code=entry.code)
    catalog.publish_entry(by=city.gao, code=entry.code)
    return catalog.publish_entry(by=city.center, code=entry.code)


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


@pytest.mark.article("yongjia-7", "yongjia-18")
def test_a_base_library_from_its_setting_up_to_a_broken_source(visit, city):
    """1. Chen of the center sets the library up under the entry that the market bureau published."""
    chen = visit("chen")
    page = chen.go("/console/libraries/").page
    looks_well(chen, "libraries-empty")
    page.get_by_role("link", name="设立数据库").click()
    page.get_by_label("名称").fill("法人单位基础库")
    page.get_by_label("数据库目录的资源代码").fill(city.own.resource_code)
    page.get_by_label("类别", exact=True).select_option("base")
    page.get_by_label("基础库的类别").select_option("legal_persons")
    page.get_by_label("按主键拼接").check()
    looks_well(chen, "library-new")
    page.get_by_role("button", name="设立").click()
    expect(page.get_by_role("status").first).to_contain_text("已设立")
    where = page.url.removeprefix(chen.base)

    """2. Wang of the lead department chooses two sources and takes from the second what it alone has."""
    wang = visit("wang")
    lead = wang.go(where).page
    for code in (city.register.code, city.permits.code):
        lead.get_by_label("增加来源：资源代码").fill(code)
        lead.get_by_role("button", name="增加来源").click()
        expect(lead.get_by_role("status").first).to_contain_text("来源已更改")
    expect(lead.get_by_role("region", name="建筑业资质")).to_contain_text("资质等级")
    actions.build_one(by=SEED)
    wang.go(where)
    expect(lead.get_by_text("尚未取得提供单位同意")).to_be_visible()
    looks_well(wang, "library-waiting")

    """3. Xu of the housing bureau, on a phone, agrees."""
    xu = visit("xu", screen=PHONE)
    own = xu.go("/console/libraries/").page
    own.get_by_role("link", name="法人单位基础库").first.click()
    looks_well(xu, "library-asked-phone")
    own.get_by_role("button", name="同意使用").click()
    expect(own.get_by_role("status").first).to_contain_text("已答复")
    actions.build_one(by=SEED)
    xu.go(where)
    expect(own.get_by_text("可查询").first).to_be_visible()
    expect(own.get_by_role("region", name="合成记录")).to_contain_text("建筑业资质 v1")
    looks_well(xu, "library-in-use-phone")
    wang.go("/console/libraries/?kind=base")
    looks_well(wang, "libraries-list")

    """4. A source is withdrawn: the page says so, and nothing is served."""
    catalog.withdraw_entry(by=city.gao, code=city.permits.code, remark="合并")
    actions.build_one(by=SEED)
    wang.go(where)
    expect(lead.get_by_text("来源“建筑业资质”已下架。")).to_be_visible()
    looks_well(wang, "library-broken")
    lead.goto(f"{wang.base}{where}?lang=en")
    looks_well(wang, "library-english")
