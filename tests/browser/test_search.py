"""Finding a data set in the browser: suggestions by keyboard, facets, what one follows; and without JavaScript."""

from __future__ import annotations

from playwright.sync_api import expect

from browser.conftest import PHONE


def test_search_by_pinyin_with_suggestions_and_the_keyboard(visit, live):
    """1. Somebody types the first letters of 公交站点 and walks to the suggestion with the arrow keys."""
    visitor = visit()
    page = visitor.go("/catalog/").page
    box = page.get_by_role("searchbox")
    box.press_sequentially("gjzd")
    suggestion = page.locator("#suggestions a").first
    expect(suggestion).to_contain_text("公交站点")
    assert not visitor.complaints()
    box.press("ArrowDown")
    expect(suggestion).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions a")).to_have_count(0)

    """2. Enter searches; a wrong character is mended and said so."""
    box.fill("公交战点")
    box.press("Enter")
    expect(page.get_by_role("status").filter(has_text="没有找到“公交战点”")).to_be_visible()
    expect(page.locator("article mark").first).to_have_text("公交站点")
    assert not visitor.complaints()

    """3. A facet narrows, and is dropped again."""
    page.get_by_role("link", name="交通运输").first.click()
    chosen = page.get_by_role("link", name="取消筛选 主题分类 交通运输")
    expect(chosen).to_be_visible()
    chosen.click()
    expect(chosen).to_have_count(0)


def test_search_works_without_javascript_and_on_a_phone(visit, live):
    page = visit(java_script_enabled=False, screen=PHONE).go("/").page
    page.get_by_role("searchbox").fill("法定代表人")
    page.get_by_role("button", name="搜索").click()
    expect(page.locator("article").first).to_contain_text("企业登记")
    expect(page.locator("article mark").first).to_be_visible()
    page.get_by_role("link", name="名称", exact=True).click()
    expect(page.get_by_role("link", name="名称", exact=True)).to_have_attribute("aria-current", "true")


def test_a_search_and_an_entry_are_followed_and_left(visit, live):
    visitor = visit("zhou")
    page = visitor.go("/catalog/?q=公交").page
    page.get_by_role("button", name="保存检索").click()
    expect(page.get_by_role("status").filter(has_text="检索已保存")).to_be_visible()
    page = visitor.go(f"/datasets/{live.codes['stops']}/").page
    page.get_by_role("button", name="订阅变化").click()
    expect(page.get_by_role("button", name="取消订阅")).to_be_visible()
    visitor.go("/account/following/")
    expect(page.get_by_role("region", name="保存的检索")).to_contain_text("“公交”")
    expect(page.get_by_role("region", name="订阅的目录")).to_contain_text("公交站点")
    assert not visitor.complaints()
    page.get_by_role("button", name="取消检索 公交").click()
    expect(page.get_by_text("还没有保存的检索")).to_be_visible()
    page.get_by_role("button", name="取消订阅").click()
    expect(page.get_by_text("还没有订阅的目录")).to_be_visible()


def test_the_authority_keeps_synonyms(visit, live):
    visitor = visit("lin")
    page = visitor.go("/console/catalog/").page
    page.get_by_role("link", name="检索同义词").click()
    assert not visitor.complaints()
    page.get_by_label("意思相同的词").fill("候车亭、公交站点")
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_role("status").filter(has_text="同义词已保存")).to_be_visible()
    found = visit().go("/catalog/?q=候车亭").page
    expect(found.locator("article").first).to_contain_text("公交站点")
    page.get_by_label("查找").fill("候车亭")
    page.get_by_role("button", name="查询").click()
    page.get_by_role("button", name="删除第").click()
    expect(page.get_by_role("status").filter(has_text="已删除这组同义词")).to_be_visible()
