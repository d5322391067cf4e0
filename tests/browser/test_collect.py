"""A file is looked at before it is collected: shown, read otherwise, confirmed; on a screen, a phone, and with axe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, DESKTOP, PHONE, visiting
from factories import PASSWORD, City, stops
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.home import open_home

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "公交站点统计表;;\n站点编码;站点名称;备注\nA1;东站;x\n合计;1;\n"


@pytest.fixture
def entry(chromium, live_server, tmp_path, monkeypatch):
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path / "home"))
    home = open_home()
    for folder in (home.root, *home.folders):
        folder.mkdir(exist_ok=True)
    keys.ensure(home)
    return City().published(stops())


def test_what_is_found_is_shown_before_it_is_collected(chromium, live_server, entry, tmp_path):
    """1 choose the file, 2 see what was found, 3 leave a column out and confirm, 4 see the version."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; run npm ci")
    path = tmp_path / "站点.xls"
    path.write_bytes(TEXT.encode("gb18030"))
    with visiting(chromium, live_server.url, PASSWORD) as open_browser:
        for screen in (DESKTOP, PHONE):
            visitor = open_browser("wang", screen=screen)
            visitor.go(f"/console/catalog/{entry.code}/collect/")
            page = visitor.page
            page.get_by_label("数据文件").set_input_files(path)
            looks_well(visitor)
            page.get_by_role("button", name="先看识别结果").click()
            expect(page).to_have_url(re.compile("/console/runs/run_"))
            collection.work_one()
            expect(page.get_by_text("尚未入库")).to_be_visible(timeout=60_000)
            expect(page.get_by_text("会被退回")).to_be_visible()
            expect(page.locator("#offers")).to_contain_text("备注")
            looks_well(visitor)
            page.get_by_label("忽略文件中目录未列出的列").check()
            page.get_by_role("button", name="确认归集").click()
            expect(page.get_by_text("尚未入库")).not_to_be_visible(timeout=60_000)
            collection.work_one()
            expect(page.get_by_text("已入库").first).to_be_visible(timeout=60_000)
            expect(page.get_by_text("表尾行").first).to_be_visible()
            expect(page.locator("#profile")).to_contain_text("100%")
            looks_well(visitor)


def looks_well(visitor):
    """Nothing that axe-core finds, and no wider than the screen."""
    assert visitor.sideways() <= 0, visitor.page.url
    assert not visitor.complaints(), visitor.page.url
