"""An IT project at the gate in the browser, under Xi'an's rules; every page looked at by axe, on a phone too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.mark.article("xian-40")
def test_a_project_is_refused_for_want_of_a_catalog_then_passed(visit, live):
    """1. Wang registers a project and submits it with nothing planned."""
    wang = visit("wang")
    wang.page.get_by_role("navigation", name="工作台导航").get_by_role("link", name="项目关口").click()
    assert not wang.complaints()
    wang.page.get_by_role("link", name="登记项目").click()
    wang.page.get_by_label("项目名称").fill("夜市摊位管理系统")
    assert not wang.complaints()
    wang.page.get_by_role("button", name="登记", exact=True).click()
    expect(wang.page.get_by_role("status")).to_contain_text("已登记")
    expect(wang.page.locator("#gate")).to_contain_text("没有预编项目数据资源目录")
    address = wang.page.url.removeprefix(live.web)
    assert not wang.complaints()
    wang.page.get_by_role("button", name="提交立项审查").click()
    expect(wang.page.get_by_role("status")).to_contain_text("已提交")

    """2. Lin cannot pass it, and does not: the verdict names the article."""
    lin = visit("lin").go(address)
    expect(lin.page.get_by_role("button", name="通过", exact=True)).to_have_count(0)
    assert not lin.complaints()
    lin.page.get_by_role("button", name="不通过").click()
    expect(lin.page.locator("#verdicts")).to_contain_text("立项审查：不通过")
    expect(lin.page.locator("#verdicts")).to_contain_text("第四十条")

    """3. Wang plans the catalog, on a phone, and submits again."""
    wang = visit("wang", screen=PHONE).go(address)
    wang.page.get_by_label("数据名称").fill("夜市摊位备案")
    wang.page.get_by_label("数据项").fill("夜市摊位编号\n夜市经营时段")
    assert wang.sideways() <= 0
    assert not wang.complaints()
    wang.page.get_by_role("button", name="加入预编目录").click()
    expect(wang.page.locator("#gate")).to_contain_text("没有不符合项")
    assert wang.sideways() <= 0
    assert not wang.complaints()
    wang.page.get_by_role("button", name="提交立项审查").click()
    expect(wang.page.get_by_role("status")).to_contain_text("已提交")

    """4. Lin passes it; at acceptance the entry is missing and the gate says so."""
    lin.go(address).page.get_by_role("button", name="通过", exact=True).click()
    expect(lin.page.locator("#verdicts")).to_contain_text("立项审查：通过")
    wang.go(address)
    expect(wang.page.locator("#gate")).to_contain_text("没有编入目录")
    assert wang.sideways() <= 0
    assert not wang.complaints()
    wang.page.get_by_role("button", name="提交验收审查").click()
    expect(wang.page.get_by_role("status")).to_contain_text("已提交")
    lin.go(address).page.get_by_role("button", name="不通过").click()
    expect(lin.page.locator("#verdicts")).to_contain_text("验收审查：不通过")
    assert not lin.complaints()
