"""A catalog in Excel, from the file to its drafts: mapping, findings, confirmation, progress, result."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import openpyxl
from playwright.sync_api import expect

from browser.conftest import PHONE
from shared_data import shared

HEADS = [
    "信息资源名称", "信息资源提供方", "信息资源摘要", "信息项名称", "数据类型", "数据长度", "共享类型", "更新周期",
    "所属主题",
]  # fmt: skip


def filled(folder: Path, mark: str) -> Path:
    """The 1272 form as a unit fills it in: 30 sound entries, one twice, a theme spelt another way, an empty summary."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["政务信息资源目录填报表"])
    sheet.append(HEADS)
    sheet.append([f"婚姻登记{mark}", "", "婚姻登记的情况。", "登记号", "C", 20, "无条件", "每月", "社会 救助类"])
    sheet.append([f"福利机构{mark}", "", "", "机构名称", "C", 100, "无条件", "每月", "社会救助"])
    for number in range(30):
        entry = [f"第{number}号办事指南{mark}", "", f"第{number}号事项的办理要求。"]
        sheet.append([*entry, "事项编码", "字符串型C", 20, "无条件", "每月", "生活服务"])
        sheet.append(["", "", "", "事项名称", "C", 100])
    sheet.append([f"第0号 办事指南{mark}", "", "又写了一遍。", "事项编码", "C", 20, "无条件", "每月", "生活服务"])
    path = folder / "目录填报表.xlsx"
    book.save(path)
    return path


def upload(visitor, file: Path, *, own: bool = False):
    page = visitor.go("/console/catalog/imports/").page
    page.get_by_label("XLSX 工作簿").set_input_files(file)
    if own:
        page.get_by_text("全部归入本单位（文件中写有其他提供方时）").click()
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_text("这是预览，目录还没有改动。")).to_be_visible(timeout=60_000)
    return page


def test_a_filled_form_is_previewed_confirmed_and_followed_to_its_drafts(visit, tmp_path):
    """1. Pan uploads the form; the mapping and every trouble stand there, and nothing is written."""
    mark = secrets.token_hex(2)
    pan = visit("pan")
    page = upload(pan, filled(tmp_path, mark))
    mapping = page.locator("#mapping")
    expect(mapping.get_by_label("“信息资源摘要”的字段")).to_have_value("abstract")
    findings = page.get_by_role("region", name="发现", exact=True)
    expect(findings).to_contain_text("重复")
    expect(findings).to_contain_text("主题“社会 救助类”不是规范写法")
    expect(findings).to_contain_text("请填写信息资源摘要")
    expect(page.locator("#entries")).to_contain_text(f"第0号办事指南{mark}")
    assert pan.complaints() == []
    pan.page.set_viewport_size(PHONE)
    assert pan.sideways() == 0
    assert pan.complaints() == []

    """2. She says that one column is not to be imported, and looks again; what she chose is kept."""
    page.set_viewport_size({"width": 1366, "height": 900})
    mapping.get_by_label("“所属主题”的字段").select_option(label="不导入")
    page.get_by_role("button", name="按此重新检查").click()
    expect(page.locator("#mapping").get_by_label("“所属主题”的字段")).to_have_value(re.compile("-"))
    expect(page.get_by_role("region", name="发现", exact=True)).not_to_contain_text("不是规范写法")
    page.locator("#mapping").get_by_label("“所属主题”的字段").select_option(label="数据领域")
    page.get_by_role("button", name="按此重新检查").click()
    expect(page.get_by_role("region", name="发现", exact=True)).to_contain_text("不是规范写法")

    """3. The marked copy has the troubles at their cells; then she confirms and sees it through."""
    with page.expect_download() as got:
        page.get_by_role("link", name="下载标注文件").click()
    got.value.save_as(tmp_path / "标注.xlsx")
    assert "导入问题" in openpyxl.load_workbook(tmp_path / "标注.xlsx").sheetnames
    page.get_by_role("button", name=re.compile("确认导入")).click()
    expect(page.locator("h1")).to_contain_text("目录填报表")
    expect(page.get_by_text("已完成").first).to_be_visible(timeout=180_000)
    entries = page.locator("#entries")
    expect(entries.get_by_role("link", name=f"第0号办事指南{mark}", exact=True)).to_be_visible()
    pan.page.set_viewport_size(PHONE)
    assert pan.sideways() == 0
    assert pan.complaints() == []

    """4. What was imported is a draft with its items; what was held back says why."""
    page.set_viewport_size({"width": 1366, "height": 900})
    entries.get_by_role("link", name=f"第0号办事指南{mark}", exact=True).click()
    expect(page.get_by_text("草稿").first).to_be_visible()
    expect(page.get_by_role("region", name="数据项")).to_contain_text("事项名称")


def test_the_list_of_a_real_portal_shows_what_it_swallows_nowhere(visit):
    file = shared("catalog/beijing-first-300.xlsx")
    pan = visit("pan")
    page = upload(pan, file, own=True)
    mapping = page.locator("#mapping")
    for header, field in (("数据集名称", "title"), ("摘要", "abstract"), ("所属主题", "theme")):
        expect(mapping.get_by_label(f"“{header}”的字段")).to_have_value(field)
    expect(page.get_by_role("region", name="发现", exact=True)).to_contain_text("不是规范写法")
    counted = page.locator(".stat b").all_inner_texts()
    assert sum(int(n.replace(",", "")) for n in counted[:-1]) == 300, counted
    assert pan.complaints() == []
    page.set_viewport_size(PHONE)
    assert pan.sideways() == 0
    assert pan.complaints() == []
    page.get_by_role("button", name="放弃").click()
    expect(page.get_by_text("已取消").first).to_be_visible()
