"""Every main page by keyboard alone: everything is reached in reading order, one sees where one is, menus open and close."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.conftest import PHONE

PATHS = ["/", "/catalog/", "/developers/", "/proof/", "/sign-in/"]
STAFF_PATHS = [
    "/console/",
    "/console/duties/?tab=all",
    "/console/notices/",
    "/console/notices/webhooks/",
    "/console/catalog/",
    "/console/organizations/",
    "/console/grants/",
    "/console/ledger/",
    "/account/",
]
STILL = {"reduced_motion": "reduce"}  # no smooth scrolling: the focus is where it is at once
# What can take the focus, and is shown; a group of radio buttons is one stop.
STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(
  (e) => !e.disabled && e.type !== "hidden" && e.getClientRects().length && getComputedStyle(e).visibility !== "hidden"
    && !e.closest("details:not([open]) > :not(summary)")
    && !(e.type === "radio" && !e.checked && document.querySelector(`input[name="${e.name}"]:checked`))).length"""
# A date field is several stops of one element: year, month, day.
HERE = """() => {
  const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  const inside = e.type === "date" && e.dataset.visits && window.lastStop === e;
  const ring = s.outlineStyle === "solid" && parseFloat(s.outlineWidth) >= 2;
  const seen = ring || (e.matches(".form-control, .form-select") && s.boxShadow.includes("0px 0px 0px 3px"));
  if (!inside) e.dataset.visits = String(Number(e.dataset.visits ?? 0) + 1);
  window.lastStop = e;
  return {body: e === document.body, again: e.dataset.visits !== "1", inside, seen, name: e.outerHTML.slice(0, 140),
    onScreen: r.width > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
    region: e.closest(".masthead, .skip") ? 0 : e.closest("main") ? 1 : e.closest("footer") ? 2 : 0};
}"""


def walk(page):
    """Press Tab from the top to the end of the page, and say where one came by."""
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    visited = []
    for _ in range(600):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here["body"] or here["again"]:
            return visited
        if not here["inside"]:
            visited.append(here)
    raise AssertionError("the keyboard never came to the end of the page")


def check(page, path):
    stops = page.evaluate(STOPS)
    visited = walk(page)
    assert len(visited) >= stops, f"{path}: {len(visited)} of {stops} were reached"
    assert not [v["name"] for v in visited if not v["seen"]], f"{path}: the focus cannot be seen"
    assert not [v["name"] for v in visited if not v["onScreen"]], f"{path}: the focus is off the screen"
    order = [v["region"] for v in visited]
    assert order == sorted(order), f"{path}: masthead, content, footer, in this order"


@pytest.mark.parametrize("path", PATHS)
def test_public_pages_by_keyboard(visit, path):
    page = visit(**STILL).go(path).page
    if path == "/sign-in/":
        expect(page.get_by_label("用户名")).to_be_focused()
        page.reload()
        page.evaluate("document.activeElement.blur()")
        page.locator("body").evaluate("e => { e.tabIndex = -1; e.focus(); e.removeAttribute('tabindex') }")
    check(page, path)


def test_staff_pages_by_keyboard(visit):
    visitor = visit("lin", **STILL)
    for path in STAFF_PATHS:
        check(visitor.go(path).page, path)
    path = "/console/organizations/market/people/new/"
    check(visit("bai", **STILL).go(path).page, path)


def test_the_account_menu_opens_moves_and_closes_by_keyboard(visit):
    page = visit("lin").page
    menu = page.locator("details.drop.wide-only")
    summary = menu.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    own = menu.get_by_role("link", name="我的账号")
    expect(own).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
        if own.evaluate("e => e === document.activeElement"):
            break
    expect(own).to_be_focused()
    page.keyboard.press("Escape")
    expect(own).to_be_hidden()
    expect(summary).to_be_focused()
    page.keyboard.press("Space")
    expect(own).to_be_visible()
    leave = menu.get_by_role("button", name="退出登录")
    leave.focus()
    page.keyboard.press("Tab")
    expect(own).to_be_hidden()


def test_the_phone_menu_and_the_facets_by_keyboard(visit):
    page = visit(screen=PHONE).go("/catalog/").page
    burger = page.locator("summary[aria-label='菜单']")
    burger.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".burger").get_by_role("link", name="数据接口")).to_be_visible()
    page.keyboard.press("Escape")
    expect(burger).to_be_focused()
    facets = page.locator(".phone-facets > summary")
    facets.focus()
    page.keyboard.press("Space")
    expect(page.locator(".phone-facets").get_by_role("heading", name="主题分类")).to_be_visible()


def test_on_a_phone_the_filters_fold_away_and_say_how_many_are_set(visit):
    visitor = visit("wang", screen=PHONE)
    page = visitor.go("/console/catalog/").page
    button, status = page.locator(".filter-more"), page.get_by_label("状态", exact=True)
    expect(page.get_by_label("搜索", exact=True)).to_be_visible()
    expect(status).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(status).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    status.select_option("published")
    page.wait_for_url("**status=published**")
    expect(page.locator(".filter-more")).to_have_text("筛选 (1)")
    assert visitor.complaints() == [] and visitor.sideways() <= 0
    wide = visit("wang").go("/console/catalog/").page
    expect(wide.get_by_label("状态", exact=True)).to_be_visible()
    expect(wide.locator(".filter-more")).to_be_hidden()


def test_a_form_is_filled_and_sent_by_keyboard(visit, live):
    page = visit().go("/sign-in/").page
    page.keyboard.type("wang")
    page.keyboard.press("Tab")
    page.keyboard.type(live.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()
