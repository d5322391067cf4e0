"""The graph of an entry in the browser, and the life of an entry to the end: two versions, and a worklist worked off."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


def _published(reviewer, address):
    """What waits for review at ``address`` is reviewed by another and published."""
    desk = reviewer.go(f"{address}review/").page
    desk.get_by_role("button", name="通过：不涉及国家秘密").click()
    expect(desk.get_by_role("heading", name=re.compile("逐项审核"))).to_be_visible()
    for criterion in desk.locator("input[name='criteria']").all():
        criterion.check()
    desk.get_by_role("button", name="通过并发布").click()
    expect(desk.locator(".page-head")).to_contain_text("已发布")


@pytest.mark.article("xian-12")
def test_a_revision_is_published_and_both_versions_are_compared(visit, live):
    """1. Pan writes an entry, Meng publishes it."""
    title = f"社区食堂名录{secrets.token_hex(3)}甲"
    pan, meng = visit("pan"), visit("meng")
    page = pan.go("/console/catalog/new/").page
    page.locator("#id_title").fill(title)
    page.locator("#id_abstract").fill("全市社区食堂的名称和编码。")
    page.locator("#id_items-0-title").fill("食堂编码")
    page.locator("#id_items-0-name").fill("code")
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    address = re.search(r"/console/catalog/[0-9-]+/", page.url).group(0)
    _published(meng, address)

    """2. Pan revises the summary, Meng publishes it as the second version."""
    pan.go(address)
    page.get_by_label("发生了什么变化").fill("补充地址")
    page.get_by_role("button", name="开始修订").click()
    page.locator("#id_abstract").fill("全市社区食堂的名称、编码和地址。")
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    _published(meng, address)

    """3. The two are compared; the relations name source and items; neither page is wider than a phone."""
    pan.go(f"{address}?tab=compare&a=1&b=2")
    changes = page.get_by_role("region", name="变动的内容")
    expect(changes.locator("del")).to_contain_text("全市社区食堂的名称和编码。")
    expect(changes.locator("ins")).to_contain_text("地址")
    phone = visit("pan", screen=PHONE)
    for tab in ("compare", "relations", ""):
        assert phone.go(f"{address}?tab={tab}").sideways() <= 0, tab
        assert not phone.complaints()


def test_the_graph_is_read_with_the_keyboard_and_says_what_the_table_says(visit, live):
    lin = visit("lin")
    page = lin.go(f"/console/catalog/{live.codes['companies']}/").page  # by code: other tests add entries to the list
    page.get_by_role("link", name="关系", exact=True).click()
    picture = page.locator("svg.lineage")
    expect(picture).to_be_visible()
    assert not lin.complaints()
    table = page.get_by_role("region", name="关系表")
    for word in ("来源系统", "归集记录", "数据版本", "接口"):
        expect(picture).to_contain_text(word)
        expect(table).to_contain_text(word)
    run = picture.locator("a", has=page.locator(".lineage-run")).first
    run.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/console/runs/run"))


@pytest.mark.article("xian-12")
def test_a_worklist_is_worked_off_to_the_end(visit, live):
    """The police confirm all that is unchanged; the round is done and nothing is left to tick."""
    assert live.gongshu("clock", "run").returncode == 0  # the day's round, had the worker begun before the entries were
    he = visit("he")
    page = he.go("/console/upkeep/").page
    boxes = page.locator("input[name='codes']")
    if boxes.count():
        for box in boxes.all():
            box.check()
        page.get_by_role("button", name="确认选中的目录无变化").click()
        expect(page.get_by_role("status").first).to_contain_text("已确认")
    expect(page.locator("main")).to_contain_text("待办 0")
    expect(page.locator("main")).to_contain_text("已完成")
    expect(boxes).to_have_count(0)
    assert not he.complaints()
