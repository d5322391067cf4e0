"""A record of the ledger as a citizen, an auditor and a clerk meet it: found, understood, checked, taken away."""

from __future__ import annotations

import json
import os

import pytest
from playwright.sync_api import expect

from browser.conftest import PHONE
from browser.test_keyboard import STILL, check


def a_call(live):
    """What the gateway last recorded of housing's system."""
    said = live.gongshu("ledger", "search", "--action", "gateway.query", "--limit", "1", "--format", "json")
    return json.loads(said.stdout)["results"][0]


def shot(page, name):
    if folder := os.environ.get("GONGSHU_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.article("yongjia-25", "luzhou-38")
def test_an_auditor_finds_a_record_by_its_number_and_a_citizen_checks_the_evidence(visit, live, tmp_path):
    """1. The auditor types the number that was on the answer."""
    call = a_call(live)
    auditor = visit("shen", **STILL)
    page = auditor.go("/console/ledger/").page
    page.get_by_label("手上有编号？").fill("call_x")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("alert")).to_contain_text("没有找到")
    assert auditor.complaints() == []
    page.get_by_label("手上有编号？").fill(call["entry_id"])
    page.get_by_role("button", name="查找").click()

    """2. It says in words what happened, and that the proof holds, step by step."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{call['index']}")
    expect(page.locator(".told")).to_contain_text("查询了“")
    expect(page.locator("#what")).to_contain_text("北京时间")
    expect(page.locator(".verdict")).to_contain_text("核验通过")
    expect(page.locator(".checks > li.good")).to_have_count(4)
    expect(page.locator("#witnesses")).to_contain_text("个节点已签名")

    """3. The picture has a name for who cannot see it, and the list behind it has every step to the root."""
    ladder = page.get_by_role("img", name=f"从记录 #{call['index']} 到检查点的路径图")
    expect(ladder).to_be_visible()
    page.locator("#path summary").click()
    steps = page.locator("#path tbody tr")
    root = page.locator("#path .hashline").last.inner_text()
    assert steps.count() >= 7
    assert steps.last.locator("td").last.inner_text().strip() == root
    assert root[:12] in ladder.text_content()
    assert auditor.complaints() == []
    shot(page, "record")
    page.goto(page.url)  # afresh: what was clicked is where the keyboard would go on
    check(page, "the record")

    """4. The evidence is taken away and holds without the platform."""
    with page.expect_download() as download:
        page.locator(".page-head").get_by_role("link", name="下载证据包").click()
    saved = tmp_path / "evidence.json"
    download.value.save_as(saved)
    assert live.gongshu("ledger", "verify", "--bundle", str(saved)).returncode == 0

    """5. A citizen who was given it has it checked on the portal, on a phone, in English."""
    citizen = visit(screen=PHONE, is_mobile=True, has_touch=True, expected=(400,))
    page = citizen.go("/proof/?lang=en").page
    page.get_by_label("Evidence file").set_input_files(saved)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator(".verdict")).to_contain_text("The proof holds")
    expect(page.locator(".told")).to_contain_text("looked up")
    assert citizen.complaints() == []
    assert citizen.sideways() <= 0
    shot(page, "evidence-phone")

    """6. One character of it changed: the step that fails is named, and nothing in it is told as a fact."""
    fields = json.loads(saved.read_text())
    saved.write_text(json.dumps({**fields, "entry": fields["entry"].replace('"count":1', '"count":0')}))
    page = citizen.go("/proof/?lang=zh").page
    page.get_by_label("证据包文件").set_input_files(saved)
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.locator(".verdict")).to_contain_text("核验未通过")
    expect(page.locator(".checks > li.bad").first).to_contain_text("记录被改动过")
    expect(page.locator(".told")).to_have_count(0)
    assert citizen.complaints() == []
    assert citizen.sideways() <= 0
    shot(page, "evidence-altered-phone")
    saved.write_text("{}")
    page = citizen.go("/proof/").page
    page.get_by_label("证据包文件").set_input_files(saved)
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("不是完整的存证文件")
    assert citizen.complaints() == []


def test_whoever_has_a_receipt_sees_that_it_is_recorded_and_not_what_it_says(visit, live):
    call = a_call(live)
    visitor = visit(screen=PHONE, is_mobile=True, has_touch=True, expected=(404,))
    page = visitor.go("/proof/").page
    page.get_by_label("请求编号").fill(call["entry_id"])
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".verdict")).to_contain_text("核验通过")
    expect(page.get_by_role("main")).not_to_contain_text(call["resource"])
    assert visitor.complaints() == []
    assert visitor.sideways() <= 0
    shot(page, "receipt-phone")
    visitor.go(f"/proof/{call['entry_id']}x/")
    expect(page.get_by_role("alert")).to_contain_text("账本里没有")
    assert visitor.complaints() == []


@pytest.mark.article("yongjia-25", "luzhou-38")
def test_a_provider_sees_who_used_its_data_and_takes_the_list_away(visit, live):
    wang = visit("wang")
    code = live.codes["companies"]
    page = wang.go(f"/console/catalog/{code}/").page
    expect(page.locator("#readers tbody tr").first).to_contain_text("资质审查系统")
    page.locator("#readers").get_by_role("link", name="存证记录").click()
    expect(page.locator("tbody tr").first).to_contain_text("网关")
    expect(page.get_by_role("main")).to_contain_text("各单位使用本单位这项数据")
    assert wang.complaints() == []
    with page.expect_download() as download:
        page.get_by_role("button", name="导出 CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "housing-permits" in text
    assert "hmac-sm3" not in text, "never about whom"
    page.get_by_role("link", name="更早的记录").click()
    page.get_by_role("link", name="回到最新").click()
    expect(page.get_by_role("link", name="更早的记录")).to_be_visible()
    page.locator("tbody tr").first.get_by_role("link").click()
    expect(page.locator(".verdict")).to_contain_text("核验通过")
    assert wang.complaints() == []


def test_a_person_is_told_who_asked(visit, live):
    steps = json.loads((live.home / "demo.json").read_text(encoding="utf-8"))["steps"]
    company = steps["collect"]["samples"]["companies"][0]
    auditor = visit("shen", screen=PHONE, is_mobile=True, has_touch=True)
    page = auditor.go("/console/ledger/person/").page
    assert auditor.complaints() == []
    page.get_by_label("证件号").fill(company["uscc"])
    page.get_by_label("查询理由").fill("本人申请")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("main")).to_contain_text("与此人有关的记录")
    assert company["uscc"] not in page.content()
    assert auditor.complaints() == []
    assert auditor.sideways() <= 0
    shot(page, "person-phone")
