"""A steward and an auditor at the quality pages, in real browsers: report, checks, versions, on a phone too."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE, visiting
from factories import PASSWORD, SEED, City
from gongshu import crypto, rules
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.home import open_home
from gongshu.quality import check_actions

pytestmark = pytest.mark.django_db(transaction=True)
A, B = "91330324MA2TE5T016", "11510500MB0TE5T1XJ"


@pytest.fixture
def register(chromium, live_server, tmp_path, monkeypatch):
    """The register of companies in two versions, both checked."""
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    home = open_home()
    for folder in home.folders:
        folder.mkdir()
    keys.ensure(home)
    usual = rules.active().id
    rules.configure("xian")
    city = City()
    entry = city.published()
    head = "统一社会信用代码,企业名称,法定代表人\n"
    for rows in (f"{A},甲公司,张三\n{B},乙公司,李四\n", f"{A},甲新公司,张三\n{B},乙公司,\n坏行,丙,丁\n"):
        collection.submit_file(by=city.compiler, resource=entry.code, content=(head + rows).encode())
        assert collection.work_one().version is not None
        assert check_actions.work_one(by=SEED) is not None
    yield entry
    rules.configure(usual)
    crypto.forget()


@pytest.fixture
def visit(chromium, register, live_server):
    with visiting(chromium, live_server.url, PASSWORD) as open_browser:
        yield open_browser


def looks_well(visitor, name):
    visitor.page.wait_for_load_state("networkidle")
    if os.environ.get("GONGSHU_SHOTS"):
        visitor.page.screenshot(path=f"{os.environ['GONGSHU_SHOTS']}/{name}.png", full_page=True)
    assert visitor.sideways() <= 0, visitor.page.url
    if AXE.is_file():
        assert not visitor.complaints(), visitor.page.url


def test_a_steward_reads_the_report_sharpens_the_checks_and_goes_back(visit, register):
    wang = visit("wang", expected={400})
    page = wang.go("/console/quality/").page
    looks_well(wang, "quality-list")
    page.get_by_role("link", name="企业登记信息").click()
    expect(page.get_by_role("heading", name="六个维度")).to_be_visible()
    expect(page.get_by_role("img", name="各版本得分的折线")).to_be_visible()
    looks_well(wang, "quality-report")
    page.get_by_role("link", name="检查规则").click()
    page.get_by_label("检查规则（YAML）").fill("checks: [{check: magic}]")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("check 须为")
    page.get_by_label("检查规则（YAML）").fill("checks:\n- {check: required, columns: [legal_rep]}\n")
    page.get_by_label("修改说明").fill("法定代表人必填")
    looks_well(wang, "quality-checks")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").first).to_contain_text("第 1 版已保存")
    page.get_by_role("button", name="重新检测").click()
    expect(page.get_by_role("status").first).to_contain_text("检测完成")
    expect(page.get_by_role("region", name="检查结果")).to_contain_text("必填：法定代表人")
    page.get_by_role("link", name="清洗").click()
    page.get_by_label("清洗步骤（YAML）").fill("steps:\n- {step: codes, columns: [name], map: {甲新公司: 甲公司}}\n")
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("region", name="示例")).to_contain_text("甲新公司")
    looks_well(wang, "quality-clean")
    wang.go(f"/console/quality/{register.code}/")
    page.get_by_role("link", name="数据版本").click()
    page.get_by_role("button", name="比对").click()
    expect(page.get_by_role("region", name="差异")).to_contain_text("甲新公司")
    looks_well(wang, "quality-versions")
    page.get_by_text("恢复", exact=True).first.click()
    page.get_by_label("理由").first.fill("误传文件")
    page.get_by_role("button", name="恢复 v1").click()
    expect(page.get_by_role("status").first).to_contain_text("已恢复为 v3")
    page.get_by_role("link", name="v3", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("v3")
    expect(page.get_by_role("region", name="数据概貌")).to_contain_text("企业名称")
    expect(page.get_by_role("region", name="个人信息扫描")).to_contain_text("法定代表人")
    looks_well(wang, "quality-version")


def test_the_pages_fit_a_phone_and_speak_english(visit, register):
    shen = visit("shen", screen=PHONE)
    for name, path in (
        ("list", ""),
        ("report", f"{register.code}/"),
        ("checks", f"{register.code}/checks/"),
        ("version", f"{register.code}/versions/2/"),
        ("versions", f"{register.code}/versions/?a=1&b=2"),
    ):
        shen.go(f"/console/quality/{path}")
        looks_well(shen, f"phone-{name}")
    expect(shen.page.get_by_role("region", name="差异")).to_contain_text("913303********T016")
