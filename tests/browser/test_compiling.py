"""Compiling, sending back, revising and upkeep in the browser: two people, and a form that saves itself."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.mark.article("xian-12")
def test_an_entry_saves_itself_is_sent_back_and_published_by_another(visit, live):
    """1. Pan writes an entry; the form saves itself and says when, and the address becomes the draft's own."""
    title = f"养老机构名录{secrets.token_hex(3)}甲"
    pan = visit("pan")
    page = pan.go("/console/catalog/new/").page
    page.locator("#id_title").fill(title)
    page.locator("#id_abstract").fill("全市养老机构。")
    page.locator("#id_items-0-title").fill("机构编码")
    page.locator("#id_items-0-name").fill("code")
    expect(page.locator("#saved")).to_contain_text("已保存于")
    expect(page).to_have_url(re.compile(r"/console/catalog/[0-9-]+/edit/"))
    expect(page.locator("#findings")).to_contain_text("检查结果")
    address = re.search(r"/console/catalog/[0-9-]+/", page.url).group(0)
    assert not pan.complaints()

    """2. A second item is put before the first one, and what was typed is there after loading the page anew."""
    page.locator("#id_items-1-title").fill("机构名称")
    page.locator("#id_items-1-name").fill("name")
    page.locator("#item-rows [data-row]").nth(1).get_by_role("button", name="上移").click()
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    pan.go(f"{address}edit/")
    expect(page.locator("#id_items-0-title")).to_have_value("机构名称")
    expect(page.locator("#id_items-1-title")).to_have_value("机构编码")

    """3. She submits it and is not offered to review it. Meng is, and sends it back with a remark at the summary."""
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    pan.go(f"{address}review/")
    expect(page.get_by_role("button", name="通过并发布")).to_have_count(0)
    meng = visit("meng")
    desk = meng.go(f"{address}review/").page
    assert not meng.complaints()
    desk.locator("input[name='remark:abstract']").fill("请写明范围和用途")
    desk.get_by_role("button", name="退回修改").click()
    expect(desk.get_by_role("heading", name=title)).to_be_visible()

    """4. The remark stands beside the summary. Pan mends it; Meng reviews secrecy and criteria, and publishes."""
    pan.go(f"{address}edit/")
    expect(page.locator(".field", has=page.locator("#id_abstract"))).to_contain_text("请写明范围和用途")
    page.locator("#id_abstract").fill("全市养老机构的名称和编码，供部门核对。")
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    meng.go(f"{address}review/")
    desk.get_by_role("button", name="通过：不涉及国家秘密").click()
    expect(desk.get_by_role("heading", name=re.compile("逐项审核"))).to_be_visible()
    for criterion in desk.locator("input[name='criteria']").all():
        criterion.check()
    desk.get_by_role("button", name="通过并发布").click()
    expect(desk.locator(".page-head")).to_contain_text("已发布")

    """5. A revision: readers see the first version until the second is published; both can be compared."""
    pan.go(address)
    page.get_by_label("发生了什么变化").fill("职能调整")
    page.get_by_role("button", name="开始修订").click()
    page.locator("#id_keywords").fill("养老")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    pan.go(f"{address}?tab=compare")
    expect(page.get_by_role("region", name="变动的内容")).to_contain_text("养老")
    assert not pan.complaints()
    phone = visit("pan", screen=PHONE)
    for path in (f"{address}edit/", f"{address}?tab=versions", f"{address}?tab=items", f"{address}review/"):
        assert phone.go(path).sideways() <= 0, path
    pan.go(address)
    page.get_by_role("button", name="放弃修订").click()
    expect(page.get_by_role("button", name="开始修订")).to_be_visible()


def test_a_saving_under_way_is_waited_for_and_cannot_undo_what_was_saved_after_it(visit, live):
    """The form is saving itself, slowly, when the draft is saved by hand: one entry, with the content saved last."""
    title = f"养老机构床位{secrets.token_hex(3)}甲"
    pan = visit("pan")
    page = pan.go("/console/catalog/new/").page
    held: list = []
    page.route("**/catalog/autosave/", lambda route: held.append(route))
    with page.expect_request("**/catalog/autosave/"):
        page.locator("#id_title").fill(title)
        page.locator("#id_items-0-title").fill("机构编码")
        page.locator("#id_items-0-name").fill("code")
    page.locator("#id_items-0-title").fill("机构代码")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("#entry-form")).to_be_visible()
    assert page.url.endswith("/console/catalog/new/")
    page.wait_for_function("document.querySelector('#id_items-0-title').value === '机构代码'")
    held[0].continue_()
    expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=60_000)
    pan.go(f"/console/catalog/?q={title}")
    assert page.get_by_role("link", name=title).count() == 1
    page.get_by_role("link", name=title).click()
    expect(page.locator("main")).to_contain_text("机构代码")
    assert len(held) == 1


@pytest.mark.article("xian-12")
def test_the_upkeep_of_the_quarter_is_a_list_to_be_worked_off(visit, live):
    """The transport bureau's worklist: what is unchanged is confirmed, and the progress says so."""
    assert live.gongshu("clock", "run").returncode == 0  # the worker may have had its day before there were entries
    liu = visit("liu")
    page = liu.go("/console/upkeep/").page
    expect(page.get_by_role("heading", name="目录维护")).to_be_visible()
    expect(page.locator("main")).to_contain_text("第十二条")
    assert not liu.complaints()
    boxes = page.locator("input[name='codes']")
    if boxes.count():
        boxes.first.check()
        page.get_by_role("button", name="确认选中的目录无变化").click()
        expect(page.get_by_role("status").first).to_contain_text("已确认 1 项")
    expect(page.get_by_role("region", name="待维护的目录")).to_contain_text("确认无变化")
    assert liu.sideways() <= 0
