"""Faulty data in the browser, under Dazhou's rules: reported by an operator, ordered, mended, accepted; then a return."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE, visiting
from factories import PASSWORD
from gongshu import clock, rules, wiring
from integration.operation.test_governance import Supplied, home

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["home"]


@pytest.fixture
def city(chromium, home, live_server):
    """Bus stops supplied to an operator, two of whose three names are cut off."""
    usual = rules.active().id
    wiring.connect()
    yield Supplied()
    rules.configure(usual)


@pytest.fixture
def visit(chromium, city, live_server):
    with visiting(chromium, live_server.url, PASSWORD) as open_browser:
        yield open_browser


def day(days):
    return (clock.today() + timedelta(days=days)).isoformat()


def looks_well(visitor, name):
    visitor.page.wait_for_load_state("networkidle")
    if os.environ.get("GONGSHU_SHOTS"):
        visitor.page.screenshot(path=f"{os.environ['GONGSHU_SHOTS']}/{name}.png", full_page=True)
    assert visitor.sideways() <= 0, visitor.page.url
    if AXE.is_file():
        assert not visitor.complaints(), visitor.page.url


@pytest.mark.article("dazhou-9")
def test_faulty_data_are_mended_in_the_time_set_and_a_return_is_reported(visit, city):
    """1. Ma of the operator finds cut-off names, and points at the check that fails."""
    ma = visit("ma")
    page = ma.page
    page.get_by_role("navigation", name="工作台导航").get_by_role("link", name="授权运营").click()
    page.get_by_role("link", name="数据治理需求").click()
    looks_well(ma, "governance-empty")
    page.get_by_role("link", name="提出治理需求").click()
    page.get_by_label("数据资源").select_option(value=city.entry.code)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("问题类别").select_option(label="完整性")
    page.get_by_label("数据项").select_option(label="站点名称")
    page.get_by_role("radio", name="2 行不符").check()
    page.get_by_label("问题情况").fill("站点名称被截短，到站预测认不出站点")
    page.get_by_label("治理要求").fill("补全站点名称")
    looks_well(ma, "governance-form")
    page.get_by_role("button", name="向主管部门提出").click()
    expect(page.get_by_role("status").first).to_contain_text("已提出")
    where = page.url.removeprefix(ma.base)

    """2. Lin of the authority sets the day, as the article gives no number."""
    lin = visit("lin").go(where)
    expect(lin.page.locator("#decide")).to_contain_text("条文未定天数")
    lin.page.get_by_label("完成治理的最后一日").fill(day(10))
    looks_well(lin, "governance-order")
    lin.page.get_by_role("button", name="督促治理").click()
    expect(lin.page.get_by_role("status").first).to_contain_text("已督促")

    """3. Li of the bureau, on a phone, names a version in which nothing changed; the platform looks, and says no."""
    li = visit("li", screen=PHONE, expected={409}).go(where)
    city.collect("一中", "二中", "人民广场")
    li.page.get_by_label("治理情况").fill("已补全")
    li.page.get_by_label("治理后的数据版本").fill("2")
    li.page.get_by_role("button", name="反馈完成治理").click()
    expect(li.page.get_by_role("alert")).to_contain_text("没有减少")
    looks_well(li, "governance-not-mended-phone")
    city.collect("第一中学", "二中", "人民广场")
    li.page.get_by_label("治理后的数据版本").fill("3")
    li.page.get_by_role("button", name="反馈完成治理").click()
    expect(li.page.get_by_role("status").first).to_contain_text("待运营单位验收")

    """4. Ma sends it back, Li mends the rest, Ma accepts."""
    ma.go(where)
    page.get_by_text("退回返工").first.click()
    page.get_by_label("退回理由").fill("还有一处未补")
    looks_well(ma, "governance-to-accept")
    page.get_by_role("button", name="退回返工").click()
    city.collect("第一中学", "第二中学", "人民广场")
    li.go(where)
    li.page.get_by_label("治理情况").fill("全部补全")
    li.page.get_by_label("治理后的数据版本").fill("4")
    li.page.get_by_role("button", name="反馈完成治理").click()
    ma.go(where)
    page.get_by_role("button", name="验收通过").click()
    expect(page.locator(".page-head")).to_contain_text("验收通过")
    looks_well(ma, "governance-accepted")
    lin.go("/console/operation/governance/")
    expect(lin.page.get_by_role("region", name="数据治理需求")).to_contain_text("验收通过")
    looks_well(lin, "governance-list")

    """5. Ma reports what the product earned; Lin sees it, in English too."""
    ma.go("/console/operation/returns/")
    page.get_by_role("link", name="报告收益").click()
    page.get_by_label("产品形态").select_option(label="数据服务")
    page.get_by_label("产品名称").fill("到站预测接口")
    page.get_by_label("应用场景").fill("公交出行")
    page.get_by_label("应用单位").fill("江临出行科技有限公司")
    page.get_by_role("checkbox", name="公交站点").check()
    page.get_by_label("期间自").fill(day(0))
    page.get_by_label("期间至").fill(day(0))
    page.get_by_label("金额（元）").fill("12,345.50")
    page.get_by_label("收益依据").fill("《数据服务合同》JL-7，按调用次数计费")
    looks_well(ma, "return-form")
    page.get_by_role("button", name="报告主管部门").click()
    expect(page.get_by_role("status").first).to_contain_text("已报告")
    looks_well(ma, "return")
    lin.go("/console/operation/returns/")
    expect(lin.page.get_by_role("region", name="收益记录")).to_contain_text("12,345.50")
    looks_well(lin, "returns-list")
    lin.page.goto(f"{lin.base}{where}?lang=en")
    looks_well(lin, "governance-english")
