"""Organisations and people in the browser: the tree, somebody new, and their first day."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import expect


@pytest.mark.article("xian-35", "yongjia-43", "luzhou-6")
def test_somebody_new_is_registered_signs_in_and_is_stopped(visit, live):
    """1. Bai, the security administrator, finds the transport bureau in the tree."""
    username, first = f"gao{secrets.token_hex(2)}", f"river-{secrets.token_hex(4)}"
    bai = visit("bai")
    page = bai.page
    page.get_by_role("navigation", name="工作台导航").get_by_role("link", name="机构与人员").click()
    table = page.get_by_role("region", name="机构列表")
    expect(table.get_by_role("row", name="江临市数据局")).to_be_visible()
    page.get_by_role("searchbox").fill("交通")
    page.get_by_role("button", name="查询").click()
    expect(table).to_contain_text("江临市人民政府")
    expect(table).not_to_contain_text("江临市公安局")
    table.get_by_role("link", name="江临市交通运输局").click()
    expect(page.get_by_role("heading", name="江临市交通运输局")).to_be_visible()

    """2. She registers Gao as provider and data administrator; a weak password is refused, what she typed is kept."""
    bai.expected.add(400)
    page.get_by_role("link", name="登记人员").click()
    page.get_by_label("姓名").fill("高明")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("初始密码").fill("short")
    page.get_by_role("checkbox", name="数据管理员").check()
    page.get_by_role("checkbox", name="数据提供").check()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".field.bad")).to_contain_text("至少 10 个字符")
    assert not bai.complaints()
    expect(page.get_by_role("checkbox", name="数据管理员")).to_be_checked()
    page.get_by_label("初始密码").fill(first)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("现在即可登录")
    person = page.url.removeprefix(live.web)

    """3. Gao signs in, changes the password, and sees whose account it is."""
    gao = visit()
    gao.sign_in(username, first)
    gao.page.locator("header summary").first.click()
    gao.page.get_by_role("link", name="我的账号").first.click()
    second = f"lantern-{secrets.token_hex(4)}"
    gao.page.get_by_label("原密码").fill(first)
    gao.page.get_by_label("新密码", exact=False).first.fill(second)
    gao.page.get_by_label("再输一次新密码").fill(second)
    gao.page.get_by_role("button", name="修改密码").click()
    expect(gao.page.get_by_role("status")).to_contain_text("密码已修改")
    expect(gao.page.get_by_role("region", name="我的角色")).to_contain_text("数据管理员")
    gao.go("/console/")
    expect(gao.page.get_by_role("heading", name="工作台")).to_be_visible()

    """4. The role of data administrator ends and stays on record."""
    roles = bai.go(person).page.locator("#roles")
    roles.get_by_role("button", name="终止 数据管理员").click()
    expect(bai.page.get_by_role("status")).to_contain_text("角色已终止")
    expect(bai.page.locator("#roles tr", has_text="数据管理员")).not_to_contain_text("至今")

    """5. Bai stops the account: Gao is out at the next click."""
    bai.page.get_by_role("button", name="停用登录").click()
    expect(bai.page.get_by_role("status")).to_contain_text("已停用")
    gao.go("/console/catalog/")
    expect(gao.page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
