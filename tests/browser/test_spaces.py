"""A data store in the browser: opened with a quota, filled until a run is refused, its members named and revoked."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE, visiting
from factories import PASSWORD, City
from gongshu import rules, wiring
from gongshu.collection import actions as collection

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = """统一社会信用代码,企业名称,法定代表人
91330324MA2TE5T016,甲公司,张三
11510500MB0TE5T1XJ,乙公司,李四
"""


@pytest.fixture
def city(chromium, live_server):
    """Under Yongjia's rules, where the data center opens the stores."""
    usual = rules.active().id
    rules.configure("yongjia")
    wiring.connect()
    city = City()
    city.entry = city.published()
    yield city
    rules.configure(usual)


@pytest.fixture
def visit(chromium, city, live_server):
    with visiting(chromium, live_server.url, PASSWORD) as open_browser:
        yield open_browser


def looks_well(visitor, name):
    visitor.page.wait_for_load_state("networkidle")
    if os.environ.get("GONGSHU_SHOTS"):
        visitor.page.screenshot(path=f"{os.environ['GONGSHU_SHOTS']}/{name}.png", full_page=True)
    assert visitor.sideways() <= 0, visitor.page.url
    if AXE.is_file():
        assert not visitor.complaints(), visitor.page.url


def hand_over(city, text):
    run = collection.submit_file(by=city.compiler, resource=city.entry.code, content=text.encode())
    return collection.work_one(run=run.pk)


@pytest.mark.article("yongjia-7")
def test_a_store_is_opened_filled_and_measured_out_anew(visit, city):
    """1. Chen of the center opens the bureau's store with room for three rows."""
    chen = visit("chen", expected={400})
    page = chen.go("/console/spaces/").page
    looks_well(chen, "spaces-empty")
    page.get_by_role("link", name="开设数据仓").click()
    page.get_by_label("单位").select_option("market")
    page.get_by_label("名称").fill("市监局数据仓")
    page.get_by_role("button", name="开设").click()
    expect(page.get_by_role("alert")).to_contain_text("至少限定")
    looks_well(chen, "space-new-wrong")
    page.get_by_label("行数额度").fill("2")
    page.get_by_role("button", name="开设").click()
    expect(page.get_by_role("status").first).to_contain_text("已开设")
    where = page.url.removeprefix(chen.base)

    """2. The bureau collects; the store is full, and the next file is refused at the door."""
    assert hand_over(city, ROWS).version == 1
    wang = visit("wang", screen=PHONE)
    own = wang.go(where).page
    expect(own.get_by_text("已满，不再接收数据")).to_be_visible()
    expect(own.get_by_role("region", name="数据表")).to_contain_text("企业登记信息")
    looks_well(wang, "space-full-phone")
    wang.go("/console/notices/")
    expect(own.get_by_text("已用 100%").first).to_be_visible()

    """3. Chen measures it out anew and names a manager; from then on the list decides."""
    chen.go(where)
    page.get_by_role("textbox", name="行数").fill("1000")
    page.get_by_label("理由").first.fill("业务增长")
    page.get_by_role("button", name="调整").click()
    expect(page.get_by_role("status").first).to_contain_text("额度已调整")
    page.get_by_text("指定成员", exact=True).click()
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("管理", exact=False).last.check()
    page.get_by_role("button", name="指定").click()
    expect(page.get_by_role("region", name="成员与权限")).to_contain_text("Wang")
    page.get_by_role("button", name="改为按名单授权").click()
    expect(page.get_by_text("只有名单上的人可以使用数据表")).to_be_visible()
    looks_well(chen, "space-members")
    wang.go("/console/spaces/")
    looks_well(wang, "spaces-phone")
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("region", name="成员与权限")).to_contain_text("撤销")
    chen.go("/console/spaces/?q=市监")
    looks_well(chen, "spaces-list")
    chen.go(f"{where}?lang=en")
    looks_well(chen, "space-english")
