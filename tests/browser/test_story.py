"""The main job as people do it, each in their own browser: catalog, publish, upload, apply, decide, open, download."""

from __future__ import annotations

import secrets
import time

import pytest
from playwright.sync_api import expect

from browser.compiling import fill_entry, publish

ROWS = [f"P{n:04d},滨湖路{n}号停车场,{n * 3},118.{600 + n},32.{100 + n}" for n in range(1, 41)]


@pytest.mark.article("xian-16", "xian-20", "xian-24")
def test_a_parking_register_goes_the_whole_way(visit, live, tmp_path):
    """1. Liu of the transport bureau catalogs a register of car parks."""
    title = f"公共停车场名录{secrets.token_hex(2)}"
    liu = visit("liu")
    page = liu.go("/console/catalog/").page
    page.get_by_role("link", name="编制目录").click()
    items = [
        ("停车场编号", "code", "C"),
        ("停车场名称", "name", "C"),
        ("泊位数", "spaces", "I"),
        ("经度", "lng", "N"),
        ("纬度", "lat", "N"),
    ]
    chosen = {
        "theme": "交通运输", "update_cycle": "MONTHLY", "share_type": "CONDITIONAL", "share_condition": "履行职责需要",
        "open_type": "UNCONDITIONAL",
    }  # fmt: skip
    fill_entry(page, title=title, abstract="全市公共停车场的名称、泊位数和坐标。", items=items, chosen=chosen)
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("status")).to_contain_text("已保存并提交审核")
    address = page.url.removeprefix(live.web)
    code = address.split("/")[3]

    """2. Tang, another person, finds it in the workbench and publishes it."""
    tang = visit("tang")
    line = tang.go("/console/").page.locator("#todo tr", has_text=title)
    expect(line).to_contain_text("目录审核")
    line.get_by_role("link", name="审核").click()
    publish(tang.page)

    """3. Liu hands a GBK file over, with a wrong row in it, and watches the run end."""
    file = tmp_path / "停车场.csv"
    head = "公共停车场台账\n停车场编号,停车场名称,泊位数,经度,纬度\n"
    file.write_bytes((head + "\n".join([*ROWS, "P9999,坏行,很多,118.1,32.1"]) + "\n").encode("gb18030"))
    page = liu.go(address).page
    page.get_by_role("link", name="归集数据").click()
    page.get_by_label("数据文件").set_input_files(file)
    page.get_by_role("button", name="提交归集").click()
    expect(page.get_by_text("已入库").first).to_be_visible(timeout=180_000)
    counts = {s.locator("span").inner_text(): s.locator("b").inner_text() for s in page.locator(".stat").all()}
    assert (counts["读入"], counts["通过"], counts["退回"], counts["空行"]) == ("41", "40", "1", "0")
    expect(page.get_by_role("region", name="退回的行")).to_contain_text("坏行")
    with page.expect_download() as rejects:
        page.get_by_role("link", name="下载全部").click()
    assert "坏行" in rejects.value.path().read_text(encoding="utf-8-sig")

    """4. Zhou of the housing bureau sees who decides by when, and applies."""
    zhou = visit("zhou", expected={400})
    page = zhou.go(f"/console/catalog/{code}/").page
    page.get_by_role("link", name="申请共享").click()
    route = page.locator("#route")
    expect(route).to_contain_text("交通运输局")
    expect(route).to_contain_text("个工作日内")
    expect(route).to_contain_text("第二十条")
    page.get_by_label("停车场名称").check()
    page.get_by_label("泊位数").check()
    page.get_by_role("radio").first.check()
    page.get_by_label("使用范围").fill("住房规划处")
    page.get_by_label("使用依据").fill("《城乡规划法》第四十条")
    page.get_by_label("应用场景").fill("建设项目停车配建审查")
    page.get_by_label("业务流程").fill("受理、核查、办结")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("status")).to_contain_text("已提交")
    application = page.url.removeprefix(live.web)
    number = application.split("/")[3]
    expect(page.locator(".trail [aria-current=step]")).to_contain_text("个工作日")

    """5. Tang tries to refuse without reasons, which is impossible, and then agrees."""
    tang.expected.add(400)
    page = tang.go("/console/").page
    line = page.locator("#todo tr", has_text=number)
    expect(line).to_contain_text("个工作日")
    line.get_by_role("link", name="办理").click()
    page.locator("details.refuse > summary").click()
    page.locator("details.refuse").get_by_role("button", name="不予共享").click()
    expect(page.get_by_role("alert")).to_contain_text("理由")
    page.locator("details.agree > summary").click()
    page.locator("details.agree").get_by_role("button", name="同意").click()
    expect(page.get_by_role("status")).to_contain_text("授权已生效")

    """6. Zhou finds the grant, and how to call."""
    page = zhou.go(application).page
    page.get_by_role("link", name="查看授权").click()
    expect(page.get_by_role("heading", name="怎样调用")).to_be_visible()
    expect(page.get_by_role("region", name="数据项").locator("tbody tr")).to_have_count(2)

    """7. Liu proposes to open it; it is reviewed by others until it is public."""
    page = liu.go(address).page
    page.get_by_role("link", name="提出开放").click()
    page.get_by_role("button", name="提出开放").click()
    expect(page.get_by_role("status")).to_contain_text("已提出")
    release = page.url.removeprefix(live.web)
    deciders = {"tang": tang, "lin": visit("lin"), "zhao": visit("zhao"), "gu": visit("gu")}
    for _ in range(8):
        liu.go(release)
        if liu.page.locator(".page-head .tag", has_text="已开放").count():
            break
        for reviewer in deciders.values():
            reviewer.expected.add(404)
            reviewer.go(release)
            if reviewer.page.locator("#decide").count():
                reviewer.page.get_by_role("button", name="通过").click()
                expect(reviewer.page.get_by_role("status")).to_be_visible()
                break
    expect(liu.page.locator(".page-head")).to_contain_text("已开放")

    """8. Anybody finds it by search, sees the map, and downloads what the gateway hands out."""
    anybody = visit()
    page = anybody.go("/").page
    page.get_by_role("searchbox").fill(title)
    page.get_by_role("button", name="搜索").click()
    page.get_by_role("link", name=title).click()
    expect(page.locator(".map canvas").first).to_be_visible()
    expect(page.get_by_role("region", name="样例数据")).to_contain_text("滨湖路1号停车场")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert len(text.strip().splitlines()) == 41
    assert "坏行" not in text

    """9. The provider sees who read it, and the entry's proof holds."""
    page = liu.go(address).page
    readers = page.locator("#readers tbody tr")
    until = time.monotonic() + 120
    while not readers.filter(has_text="批量下载").count():
        assert time.monotonic() < until, "the download never came to the ledger's index"
        page.wait_for_timeout(500)
        page.reload()
    readers.filter(has_text="批量下载").first.get_by_role("link").click()
    expect(page.get_by_text("核验通过")).to_be_visible()
    with page.expect_download() as evidence:
        page.get_by_role("link", name="下载证据包").click()
    saved = tmp_path / "evidence.json"
    evidence.value.save_as(saved)
    checked = live.gongshu("ledger", "verify", "--bundle", str(saved))
    assert checked.returncode == 0, checked.stdout + checked.stderr
