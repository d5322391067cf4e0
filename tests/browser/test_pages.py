"""Each main page as a person meets it: accessible, quiet, usable by keyboard, on a phone, and without JavaScript."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE

PUBLIC = ["/", "/catalog/", "/catalog/?q=公交", "/rules/", "/proof/", "/developers/", "/sign-in/", "/register/"]
PUBLIC += [f"/rules/?view={view}" for view in ("articles", "compare&left=xian&right=yongjia", "calendar")]
STAFF = [
    "/console/",
    "/console/duties/?tab=all",
    "/console/duties/1/",
    "/console/notices/",
    "/console/notices/preferences/",
    "/console/notices/webhooks/",
    "/console/catalog/",
    "/console/catalog/new/",
    "/console/applications/",
    "/console/grants/?side=given",
    "/console/releases/",
    "/console/disputes/",
    "/console/requests/",
    "/console/emergencies/",
    "/console/open-types/",
    "/requests/",
    "/console/runs/",
    "/console/clients/",
    "/console/organizations/",
    "/console/organizations/market/",
    "/console/organizations/market/posts/",
    "/console/posts/",
    "/console/systems/",
    "/console/people/1/",
    "/account/",
    "/console/ledger/",
    "/console/ledger/?find=nothing",
    "/console/ledger/?resource=nothing&since=x",
    "/console/ledger/daily/",
    "/console/rules/",
]


@pytest.fixture(autouse=True)
def axe_is_here():
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; run npm ci")


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_have_no_barriers(visit, path):
    visitor = visit().go(path)
    expect(visitor.page.get_by_role("main")).to_be_visible()
    assert not visitor.complaints()


def test_the_dataset_page_has_map_chart_sample_and_no_barriers(visit, live):
    visitor = visit().go(f"/datasets/{live.codes['stops']}/")
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.page.locator(".map canvas").first).to_be_visible()
    expect(visitor.page.locator(".chart svg")).to_be_visible()
    assert visitor.page.get_by_role("region", name="样例数据").locator("tbody tr").count() == 8
    assert "CGCS2000" in visitor.page.locator(".map").inner_text()
    assert not visitor.complaints()


@pytest.mark.parametrize("who", ["sun", "lin"])
def test_staff_pages_have_no_barriers(visit, who, live):
    visitor = visit(who)
    found = {}
    for path in STAFF:
        if path.endswith("/new/") and who == "lin":
            continue
        visitor.go(path)
        found[path] = visitor.complaints()
    code = live.codes["companies"]
    for path in (f"/console/catalog/{code}/",):
        visitor.go(path)
        found[path] = visitor.complaints()
    assert not {path: lines for path, lines in found.items() if lines}


ADMINISTRATORS = {
    "qin": ["/console/administration/", "/console/organizations/market/edit/", "/console/clients/"],
    "bai": ["/console/administration/", "/console/organizations/market/people/new/", "/console/people/1/"],
    "yan": ["/console/administration/", "/console/ledger/", "/console/ledger/person/"],
}


@pytest.mark.parametrize("who", ADMINISTRATORS)
def test_the_pages_of_the_three_administrators_have_no_barriers(visit, who, live):
    visitor = visit(who)
    found = {path: visitor.go(path).complaints() for path in ADMINISTRATORS[who]}
    assert not {path: lines for path, lines in found.items() if lines}


@pytest.mark.parametrize("choice", ["type", "contrast"])
def test_large_type_and_high_contrast_have_no_barriers(visit, live, choice):
    visitor = visit().go("/")
    visitor.page.get_by_role("button", name={"type": "大字版", "contrast": "高对比"}[choice]).click()
    expect(visitor.page.locator("html")).to_have_attribute(
        f"data-{choice}", {"type": "large", "contrast": "high"}[choice]
    )
    for path in ("/", "/catalog/", f"/datasets/{live.codes['stops']}/"):
        visitor.go(path)
        assert not visitor.complaints(), path
        assert visitor.sideways() <= 0, path


@pytest.mark.parametrize("who", ["", "sun"])
def test_a_phone_shows_everything_without_scrolling_sideways(visit, live, who):
    visitor = visit(who, screen=PHONE, is_mobile=True, has_touch=True)
    paths = [*PUBLIC, f"/datasets/{live.codes['stops']}/"]
    for path in [*STAFF, f"/console/catalog/{live.codes['companies']}/"] if who else paths:
        visitor.go(path)
        assert visitor.sideways() <= 0, path


@pytest.mark.parametrize("width", [1024, 1180, 1280, 1366])
def test_the_to_do_list_shows_its_buttons_on_a_small_laptop(visit, width):
    page = visit("sun", screen={"width": width, "height": 800}).page
    table = page.locator("#todo .scroller")
    hidden = "box => box.scrollWidth - box.clientWidth"
    expect(table.get_by_role("link", name="办理").first).to_be_visible()
    assert table.evaluate(hidden) <= 0
    page.evaluate("document.documentElement.dataset.type = 'large'")
    assert table.evaluate(hidden) <= 0


def test_on_a_phone_facets_and_menu_open_when_asked(visit):
    visitor = visit(screen=PHONE)
    page = visitor.go("/catalog/").page
    facet = page.get_by_role("link", name="交通运输").first
    expect(page.locator(".phone-facets").get_by_role("heading", name="主题分类")).to_be_hidden()
    page.locator(".phone-facets > summary").click()
    expect(page.locator(".phone-facets").get_by_role("heading", name="主题分类")).to_be_visible()
    page.locator("summary[aria-label='菜单']").click()
    expect(page.locator(".burger").get_by_role("link", name="数据目录")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".burger").get_by_role("link", name="数据目录")).to_be_hidden()
    assert facet is not None


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(visit):
    page = visit().go("/").page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_search_works_without_javascript(visit, live):
    visitor = visit(java_script_enabled=False)
    page = visitor.go("/").page
    page.get_by_role("searchbox").fill("公交")
    page.get_by_role("button", name="搜索").click()
    page.get_by_role("link", name="公交站点").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("公交站点")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbf")


def test_an_open_data_set_and_the_list_of_a_search_are_taken_as_workbooks(visit, live):
    """Both in the browser; the data through the gateway, as every download is."""
    visitor = visit()
    page = visitor.go("/catalog/?q=公交&only=open").page
    with page.expect_download() as listed:
        page.locator("#list-files").get_by_role("link", name="XLSX").click()
    rows = list(openpyxl.load_workbook(io.BytesIO(listed.value.path().read_bytes())).active.iter_rows(values_only=True))
    assert rows[0][:2] == ("资源代码", "名称")
    assert [row[1] for row in rows[1:]] == ["公交站点信息"]
    page.get_by_role("link", name="公交站点").first.click()
    with page.expect_download() as whole:
        page.get_by_role("link", name="下载 CSV").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX", exact=True).click()
    assert download.value.suggested_filename.endswith(".xlsx")
    rows = list(
        openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).active.iter_rows(values_only=True)
    )
    lines = list(csv.reader(io.StringIO(whole.value.path().read_text(encoding="utf-8-sig"))))
    assert [list(rows[0]), len(rows)] == [lines[0], len(lines)], "the same rows, in another form"
    assert visitor.complaints() == []


def test_staff_work_without_javascript(visit, live):
    visitor = visit("zhou", java_script_enabled=False)
    page = visitor.go(f"/console/catalog/{live.codes['companies']}/apply/").page
    expect(page.get_by_role("heading", name="由谁决定")).to_be_visible()
    page.locator("input[name=items]").first.check()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("main")).to_be_visible()


def test_english_beside_chinese(visit):
    page = visit().go("/").page
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("button", name="搜索")).to_be_visible()


def test_error_pages_are_pages(visit):
    page = visit(expected={404}).go("/no-such-page/").page
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    page.get_by_role("link", name="查找数据").click()
    expect(page.get_by_role("heading", name="数据目录")).to_be_visible()
