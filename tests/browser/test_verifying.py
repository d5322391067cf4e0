"""A clerk verifies on a page and takes the signed answer home, through the real gateway."""

from __future__ import annotations

import json
import os

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.mark.article("yongjia-16")
def test_zhou_verifies_a_company_and_downloads_the_printable_answer(visit, live):
    """1. Of the grants of housing, one that is in force allows verification."""
    held = json.loads(live.gongshu("grants", "list", "--as", "zhou", "--json").stdout)
    resource = live.codes["companies"]
    grant = next(g for g in held if g["resource"] == resource and g["status"] == "active" and "verify" in g["modes"])
    steps = json.loads((live.home / "demo.json").read_text(encoding="utf-8"))["steps"]
    company = steps["collect"]["samples"]["companies"][0]

    """2. She asks about a company of the register: the name is right, the status is not."""
    zhou = visit("zhou")
    page = zhou.go(f"/console/grants/{grant['grant']}/").page
    page.locator(".page-head").get_by_role("link", name="核验").click()
    assert zhou.complaints() == []
    page.locator("#key-uscc").fill(company["uscc"])
    page.locator("#claim-name").fill(company["name"])
    page.locator("#claim-status").fill("不存在的状态")
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.locator("label[for=claim-name] .tag")).to_have_text("是")
    expect(page.locator("label[for=claim-status] .tag")).to_have_text("否")
    assert zhou.complaints() == []
    if folder := os.environ.get("GONGSHU_SHOTS"):
        page.screenshot(path=f"{folder}/verify.png", full_page=True)

    """3. The answer is downloaded as a page with a QR code."""
    with page.expect_download() as download:
        page.get_by_role("button", name="下载可打印的核验结果").click()
    printed = download.value.path().read_text(encoding="utf-8")
    assert "<svg" in printed and company["name"] in printed and "gongshu/answer" not in printed

    """4. On a phone nothing runs over the edge."""
    assert visit("zhou", screen=PHONE).go(f"/console/grants/{grant['grant']}/verify/").sideways() <= 0
