"""The clock in the browser, under Yongjia's rules: stop, resume, extend, and a date that nobody can be sure of yet."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

import prepared
from browser.conftest import AXE, CHROMIUM, PHONE, visiting
from factories import PASSWORD
from live import PATIENCE, ROOT, environment, free_ports

pytestmark = pytest.mark.xdist_group("yongjia")
SEED = Path(__file__).with_name("yongjia_city.py")


@pytest.fixture(scope="module")
def yongjia(tmp_path_factory):
    """An installation under Yongjia's rules that runs: its address, and the two duties' numbers."""
    if not CHROMIUM or not AXE.is_file():
        pytest.skip("needs chromium and axe-core")
    home = tmp_path_factory.mktemp("yongjia") / "home"
    env = environment(GONGSHU_HOME=str(home), DJANGO_SETTINGS_MODULE="gongshu.web.settings")
    env["PYTHONPATH"] = f"{env['PYTHONPATH']}:{ROOT / 'tests'}"
    gongshu = [sys.executable, "-m", "gongshu.cli.main"]
    prepared.install(tmp_path_factory, home, city="yongjia")
    seeded = subprocess.run([sys.executable, str(SEED)], env=env, check=True, capture_output=True, text=True)
    web, gateway = free_ports(2)
    with (home.parent / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [*gongshu, "serve", "--web-port", str(web), "--gateway-port", str(gateway)],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        base = f"http://127.0.0.1:{web}"
        _wait_for(base, process, home.parent / "serve.log")
        yield base, *map(int, seeded.stdout.split())
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(base, process, log):
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if httpx.get(f"{base}/sign-in/", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        assert process.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8", errors="replace")
        time.sleep(0.2)


@pytest.fixture
def visit(chromium, yongjia):
    with visiting(chromium, yongjia[0], PASSWORD) as open_browser:
        yield open_browser


@pytest.mark.article("yongjia-23")
def test_a_check_is_stopped_resumed_and_extended(visit, yongjia):
    """1. Li finds what the bureau owes; the date of next year is called provisional."""
    _, now, later = yongjia
    li = visit("li")
    page = li.page
    page.get_by_role("navigation", name="工作台导航").get_by_role("link", name="时限").click()
    table = page.get_by_role("region", name="时限列表")
    expect(table.get_by_role("row", name="校核注册资本")).to_contain_text("暂定")
    assert not li.complaints()
    table.get_by_role("link", name="校核注册资本").click()
    expect(page.get_by_text("期限为暂定")).to_be_visible()
    assert page.url.endswith(f"/console/duties/{later}/")

    """2. By keyboard she stops the clock of the other, and sees what that does before she confirms it."""
    li.go(f"/console/duties/{now}/")
    expect(page.get_by_role("img", name="计时图")).to_be_visible()
    assert not li.complaints()
    form = page.locator("#change details", has_text="中止计时").first
    form.locator("summary").focus()
    page.keyboard.press("Enter")
    form.get_by_label("中止原因").select_option(label="征求第三方意见")
    form.get_by_label("说明").fill("征求企业意见")
    form.get_by_role("button", name="查看中止后的期限").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("尚未生效")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("征求企业意见")
    assert not li.complaints()
    page.get_by_role("button", name="确认中止计时").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已办理：中止计时")
    expect(page.get_by_text("已中止计时").first).to_be_visible()

    """3. The clock runs again."""
    page.get_by_role("button", name="查看恢复后的期限").click()
    page.get_by_role("button", name="确认恢复计时").click()
    expect(page.get_by_role("status")).to_contain_text("已办理：恢复计时")

    """4. Eleven days more are too many; what she typed is kept; with three and the head's consent it is extended."""
    li.expected.add(400)
    extend = page.locator("#change details", has_text="延长期限").first
    extend.locator("summary").click()
    extend.get_by_label("延长的工作日数").fill("11")
    extend.get_by_label("理由").fill("需调取纸质档案")
    extend.get_by_label("同意延长的本单位负责人").fill("王建国，局长")
    extend.get_by_role("button", name="查看延长后的期限").click()
    expect(extend.locator(".wrong, [role=alert]").first).to_contain_text("须在1至10个工作日之间")
    expect(extend.get_by_label("理由")).to_have_value("需调取纸质档案")
    assert not li.complaints()
    extend.get_by_label("延长的工作日数").fill("3")
    extend.get_by_role("button", name="查看延长后的期限").click()
    page.get_by_role("button", name="返回修改").click()
    expect(extend.get_by_label("延长的工作日数")).to_have_value("3")
    extend.get_by_role("button", name="查看延长后的期限").click()
    page.get_by_role("button", name="确认延长期限").click()
    expect(page.get_by_role("status")).to_contain_text("已办理：延长期限")
    history = page.get_by_role("region", name="经过")
    expect(history.get_by_role("row", name="延长期限")).to_contain_text("王建国，局长")
    expect(history.locator("tbody tr")).to_have_count(4)

    """5. Zhou, who waits, was told of each change, and changes nothing herself."""
    zhou = visit("zhou")
    zhou.page.get_by_role("banner").get_by_role("link", name="通知，3 条未读").click()
    expect(zhou.page.locator(".news li")).to_have_count(3)
    assert not zhou.complaints()
    zhou.page.get_by_role("button", name="全部已读").click()
    expect(zhou.page.locator(".news li.read")).to_have_count(3)
    zhou.go(f"/console/duties/{now}/")
    expect(zhou.page.get_by_role("heading", name="经过与存证")).to_be_visible()
    expect(zhou.page.locator("#change")).to_have_count(0)


def test_the_pages_fit_a_phone(visit, yongjia):
    _, now, later = yongjia
    visitor = visit("li", screen=PHONE, is_mobile=True, has_touch=True)
    for path in ("/console/duties/", f"/console/duties/{later}/", f"/console/duties/{now}/", "/console/notices/"):
        visitor.go(path)
        assert visitor.sideways() <= 0, path
        assert not visitor.complaints(), path


def test_a_webhook_is_added_tested_and_removed(visit):
    lin = visit("lin")
    page = lin.go("/console/notices/webhooks/").page
    page.get_by_label("推送地址").fill("http://127.0.0.1:9/hook")
    page.get_by_role("button", name="添加并生成密钥").click()
    expect(page.get_by_text("离开本页后不再显示")).to_be_visible()
    assert not lin.complaints()
    page.get_by_role("link", name="已保存，继续").click()
    page.get_by_role("button", name="发送测试").click()
    expect(page.get_by_role("region", name="推送记录")).to_contain_text("测试推送")
    assert not lin.complaints()
    page.get_by_role("button", name="移除").click()
    expect(page.get_by_role("status")).to_contain_text("已移除")
