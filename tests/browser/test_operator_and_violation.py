"""One designation and one rectification in the browser, under Xi'an's rules; every page looked at by axe, on a phone too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from gongshu import clock

PHONE = {"width": 390, "height": 844}


def day(days):
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.mark.article("xian-43")
def test_a_violation_is_recorded_ordered_answered_and_accepted(visit, live):
    """1. Shen, the auditor, records that the market bureau did not keep its catalog."""
    shen = visit("shen")
    shen.page.get_by_role("navigation", name="工作台导航").get_by_role("link", name="违规整改").click()
    assert not shen.complaints()
    shen.page.get_by_role("link", name="登记违规线索").click()
    shen.page.get_by_label("单位").select_option(label="江临市市场监督管理局")
    shen.page.get_by_role("radio", name="未按要求编制或更新目录").check()
    shen.page.get_by_label("违规事实").fill("企业登记目录三个月未更新")
    assert not shen.complaints()
    shen.page.get_by_role("button", name="登记", exact=True).click()
    expect(shen.page.get_by_role("status")).to_contain_text("已登记")
    address = shen.page.url.removeprefix(live.web)

    """2. Lin orders it to be corrected by a day."""
    lin = visit("lin").go(address)
    form = lin.page.locator("#decide details").first
    form.get_by_label("改正要求").fill("更新目录并核对数据项")
    form.get_by_label("改正期限").fill(day(20))
    assert not lin.complaints()
    form.get_by_role("button", name="责令限期改正").click()
    expect(lin.page.get_by_role("status")).to_contain_text("已责令改正")

    """3. Wang answers with evidence, on a phone."""
    wang = visit("wang", screen=PHONE).go(address)
    wang.page.get_by_label("改正情况").fill("目录已更新")
    wang.page.get_by_label("证据").fill("目录第2版")
    assert wang.sideways() <= 0
    assert not wang.complaints()
    wang.page.get_by_role("button", name="反馈", exact=True).click()
    expect(wang.page.get_by_role("status")).to_contain_text("已反馈")

    """4. Lin accepts; the whole case is in the ledger."""
    lin.go(address).page.get_by_role("button", name="确认改正").click()
    expect(lin.page.locator(".page-head")).to_contain_text("已改正")
    expect(lin.page.locator(".trail").first).to_contain_text("第四十三条")


@pytest.mark.article("xian-28")
def test_an_enterprise_is_designated_and_signs(visit, live):
    """1. Ma applies; the form says who decides and what is asked."""
    ma = visit("ma")
    ma.page.get_by_role("navigation", name="工作台导航").get_by_role("link", name="授权运营").click()
    expect(ma.page.locator("main")).to_contain_text("本市规则未规定")
    assert not ma.complaints()
    ma.page.get_by_role("link", name="申报运营单位").click()
    ma.page.get_by_label("授权运营范围").fill("交通领域公共数据")
    ma.page.get_by_label("竞争性方式").select_option(label="公开招标")
    ma.page.get_by_label("招标编号等记录").fill("JL-2026-08")
    ma.page.get_by_role("checkbox", name="江临市交通运输局").check()
    assert not ma.complaints()
    ma.page.get_by_role("button", name="提交申报").click()
    expect(ma.page.get_by_role("status")).to_contain_text("已提交")
    address = ma.page.url.removeprefix(live.web)

    """2. Lin signs the agreement."""
    lin = visit("lin").go(address)
    lin.page.get_by_label("协议编号").fill("XY-2026-08")
    lin.page.get_by_label("截止日").fill(day(400))
    assert not lin.complaints()
    lin.page.get_by_role("button", name="签订").click()
    expect(lin.page.locator("#agreement")).to_contain_text("XY-2026-08")

    """3. The transport bureau was told, and sees who operates; on a phone."""
    liu = visit("liu", screen=PHONE)
    liu.go("/console/operation/")
    expect(liu.page.get_by_role("region", name="运营单位")).to_contain_text("江临数据运营有限公司")
    assert liu.sideways() <= 0
    assert not liu.complaints()
    liu.go(address)
    expect(liu.page.locator("#agreement")).to_be_visible()
    assert liu.sideways() <= 0
    assert not liu.complaints()
    liu.go("/console/operation/demands/")
    expect(liu.page.locator("main")).to_contain_text("本市规则未规定运营单位的需求清单")
    assert not liu.complaints()
