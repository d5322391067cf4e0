"""Demand to supply, and a doubted value to its correction, as people do it, each in their own browser."""

from __future__ import annotations

import secrets
import time
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from browser.compiling import fill_entry, publish
from browser.conftest import PHONE
from gongshu import clock

HEAD = "停车场编号,停车场名称,泊位数\n"


def collect(visitor, live, address, file):
    """Hand a file over and wait until it is a version."""
    page = visitor.go(address).page
    page.get_by_role("link", name="归集数据").click()
    page.get_by_label("数据文件").set_input_files(file)
    page.get_by_role("button", name="提交归集").click()
    expect(page.get_by_text("已入库").first).to_be_visible(timeout=180_000)


@pytest.mark.article("xian-23", "luzhou-15")
def test_from_a_demand_to_data_and_from_a_doubt_to_its_correction(visit, live, tmp_path):
    """1. Zhou needs data that the catalog does not have, and files a demand."""
    title = f"路侧停车泊位{secrets.token_hex(2)}"
    zhou = visit("zhou")
    page = zhou.go("/console/demands/").page
    page.get_by_role("link", name="提出需求").click()
    page.get_by_label("数据名称").fill(title)
    page.get_by_label("所需数据项").fill("停车场名称、泊位数")
    page.get_by_label("应用场景").fill("建设项目停车配建审查")
    page.get_by_label("使用用途").select_option(index=1)
    page.get_by_role("button", name="提出需求").click()
    expect(page.get_by_role("status")).to_contain_text("已提出")
    demand = page.url.removeprefix(live.web)

    """2. Lin finds it in the workbench, finds nothing alike, and assigns the transport bureau."""
    lin = visit("lin")
    line = lin.go("/console/").page.locator("#todo tr", has_text=title)
    expect(line).to_contain_text("数据需求")
    line.get_by_role("link", name="办理").click()
    page = lin.page
    panel = page.locator("details.return")
    panel.evaluate("details => { details.open = true }")  # it is open already when nothing in the catalog comes near
    panel.get_by_label("提供单位").select_option(value="transport")
    panel.get_by_label("提供期限").fill((clock.today() + timedelta(days=30)).isoformat())
    panel.get_by_role("button", name="指派").click()
    expect(page.get_by_role("status")).to_contain_text("已指派")
    assert lin.complaints() == []

    """3. Liu accepts, catalogs the data and names the entry; Tang publishes it; that fulfils the demand."""
    liu = visit("liu")
    page = liu.go(demand).page
    page.get_by_role("button", name="接受").click()
    expect(page.locator("#supply")).to_be_visible()
    page = liu.go("/console/catalog/new/").page
    items = [("停车场编号", "code", "C"), ("停车场名称", "name", "C"), ("泊位数", "spaces", "I")]
    chosen = {
        "theme": "交通运输", "update_cycle": "MONTHLY", "share_type": "CONDITIONAL", "share_condition": "履行职责需要",
    }  # fmt: skip
    fill_entry(page, title=title, abstract="路侧停车泊位的名称和泊位数。", items=items, chosen=chosen)
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("status")).to_contain_text("已保存并提交审核")
    entry = page.url.removeprefix(live.web)
    page = liu.go(demand).page
    page.get_by_label("本单位目录").select_option(value=entry.split("/")[3])
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_role("status")).to_be_visible()
    tang = visit("tang")
    page = tang.go(entry).page
    publish(page)
    file = tmp_path / "泊位.csv"
    file.write_text(HEAD + "P1,滨湖路,30\nP2,江堤路,12\n", encoding="utf-8")
    collect(liu, live, entry, file)

    """4. Zhou is told, and applies with what the demand said already; Tang agrees."""
    page = zhou.go(demand).page
    expect(page.locator(".page-head")).to_contain_text("已满足")
    assert zhou.complaints() == []
    page.get_by_role("link", name="据此申请共享").click()
    expect(page.get_by_label("应用场景")).to_have_value("建设项目停车配建审查")
    page.get_by_label("停车场名称").check()
    page.get_by_label("泊位数").check()
    page.get_by_label("使用范围").fill("住房规划处")
    page.get_by_label("使用依据").fill("《城乡规划法》第四十条")
    page.get_by_label("业务流程").fill("受理、核查、办结")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("status")).to_contain_text("已提交")
    application = page.url.removeprefix(live.web)
    page = tang.go(application).page
    page.locator("details.agree").get_by_role("button", name="同意").click()
    expect(page.get_by_role("status")).to_contain_text("授权已生效")

    """5. Zhou doubts a value; on the form stands that business goes on meanwhile."""
    page = zhou.go(application).page
    page.get_by_role("link", name="查看授权").click()
    page.get_by_role("link", name="反馈数据问题").click()
    expect(page.get_by_text("业务照常办理")).to_be_visible()
    page.get_by_label("停车场编号").fill("P1")
    page.get_by_label("数据项", exact=True).select_option(label="泊位数")
    page.get_by_label("看到的内容").fill("30")
    page.get_by_label("认为正确的内容").fill("33")
    page.get_by_label("依据和说明").fill("现场清点")
    assert zhou.complaints() == []
    page.get_by_role("button", name="提交反馈").click()
    expect(page.get_by_role("status")).to_contain_text("已反馈")
    objection = page.url.removeprefix(live.web)
    number = objection.split("/")[3]

    """6. Tang finds it wrong; the corrected file comes; only the version in which it changed is accepted."""
    tang.expected.add(409)
    line = tang.go("/console/").page.locator("#todo tr", has_text=number)
    line.get_by_role("link", name="办理").click()
    page = tang.page
    page.locator("details.return > summary", has_text="核实有误").click()
    page.get_by_label("核实情况").fill("漏计三个泊位")
    page.get_by_role("button", name="核实有误").click()
    expect(page.locator(".page-head")).to_contain_text("整改中")
    file.write_text(HEAD + "P1,滨湖路,33\nP2,江堤路,12\n", encoding="utf-8")
    collect(liu, live, entry, file)
    page, corrected = tang.page, tang.page.get_by_role("button", name="确认已更正")
    until = time.monotonic() + 180
    while not tang.go(objection).page.get_by_role("button", name="确认已更正").count():  # when the run is done
        assert time.monotonic() < until, "the new version never came"
        page.wait_for_timeout(500)
    corrected.click()
    expect(page.get_by_role("status")).to_contain_text("已确认更正")
    expect(page.locator(".page-head")).to_contain_text("完成整改")
    assert tang.complaints() == []

    """7. Zhou sees the answer and closes; the three lists show what was assigned and done."""
    page = zhou.go(objection).page
    expect(page.locator(".trail").first).to_contain_text("已在 v2 更正")
    page.get_by_role("button", name="确认办结").click()
    expect(page.locator(".page-head")).to_contain_text("已办结")
    page = zhou.go("/console/lists/responsibility/?part=assigned").page
    expect(page.get_by_role("region", name="责任清单").locator("tr", has_text=title)).to_contain_text("已满足")
    assert zhou.complaints() == []
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert title in download.value.path().read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    "address",
    [
        "/console/demands/",
        "/console/demands/new/",
        "/console/demands/meetings/",
        "/console/lists/negative/",
        "/console/lists/responsibility/",
        "/console/objections/",
    ],
)
def test_pages_fit_a_phone_and_axe_finds_nothing(visit, address):
    zhou = visit("zhou", screen=PHONE)
    zhou.go(address)
    assert zhou.sideways() <= 0
    assert zhou.complaints() == []
