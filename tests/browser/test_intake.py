"""A steward connects a database: declared, tried out, collected, reconciled; on a phone as well."""

from __future__ import annotations

import os
import sqlite3

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE, visiting
from factories import PASSWORD, City
from gongshu import wiring
from gongshu.collection import actions
from gongshu.crypto import keys
from gongshu.home import open_home

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bureau(tmp_path, monkeypatch):
    """A department's database that the operator declared."""
    (tmp_path / "reach").mkdir()
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GONGSHU_SOURCE_FOLDERS", str(tmp_path / "reach"))
    home = open_home()
    for folder in home.folders:
        folder.mkdir(parents=True)
    keys.ensure(home)
    path = tmp_path / "reach" / "bureau.sqlite"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE company (uscc TEXT, name TEXT, legal_rep TEXT, phone TEXT)")
    database.execute("INSERT INTO company VALUES ('91330324MA2TE5T016', '甲公司', '张三', '1')")
    database.execute("INSERT INTO company VALUES ('91330324MA2TE5T017', '假公司', '李四', '2')")
    database.commit()
    database.close()
    return path


@pytest.fixture
def visit(chromium, bureau, live_server):
    wiring.connect()
    City().published()
    with visiting(chromium, live_server.url, PASSWORD) as open_browser:
        yield open_browser


def looks_well(visitor, name):
    visitor.page.wait_for_load_state("networkidle")
    if os.environ.get("GONGSHU_SHOTS"):
        visitor.page.screenshot(path=f"{os.environ['GONGSHU_SHOTS']}/{name}.png", full_page=True)
    assert visitor.sideways() <= 0, visitor.page.url
    if AXE.is_file():
        assert not visitor.complaints(), visitor.page.url


def test_a_database_is_connected_and_collected(visit, bureau):
    """1. Wang declares the database; an undeclared place is refused, and what was typed stays but the secret."""
    wang = visit("wang", expected={400})
    page = wang.go("/console/intake/").page
    looks_well(wang, "intake-empty")
    page.get_by_role("link", name="登记来源").click()
    looks_well(wang, "intake-choose")
    page.get_by_label("来源类型").select_option("sql")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("名称").first.fill("企业库")
    page.get_by_label("驱动").fill("sqlite")
    page.get_by_label("数据库").fill("/etc/passwd")
    page.get_by_label("表或视图").fill("company")
    page.get_by_label("密码").fill("s3cret")
    looks_well(wang, "intake-form")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("未经平台运维声明")
    expect(page.get_by_label("名称").first).to_have_value("企业库")
    expect(page.get_by_label("密码")).to_have_value("")
    page.get_by_label("数据库").fill(str(bureau))
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("请先试连")

    """2. The test says which columns fit and which the catalog does not list."""
    page.get_by_role("button", name="试连").click()
    expect(page.get_by_role("status").first).to_contain_text("试连成功")
    expect(page.locator("#tested")).to_contain_text("phone")
    looks_well(wang, "intake-tested")

    """3. Collected at once: the run shows both sides."""
    where = page.url.removeprefix(wang.base)
    page.get_by_role("button", name="立即归集").click()
    page.wait_for_url("**/console/runs/**")
    assert actions.work_one() is not None
    page.reload()
    expect(page.locator("#sides")).to_contain_text("一致")
    looks_well(wang, "intake-run")

    """4. On a phone Li pauses it."""
    li = visit("li", screen=PHONE)
    own = li.go("/console/intake/").page
    looks_well(li, "intake-list-phone")
    li.go(where)
    looks_well(li, "intake-phone")
    own.get_by_role("button", name="暂停").click()
    expect(own.get_by_role("status").first).to_contain_text("已暂停")
    li.go(f"{where}edit/")
    looks_well(li, "intake-form-phone")
