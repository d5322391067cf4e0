"""What nobody should send, in every parameter of every list: the answer is a page or a sentence, never a fault."""

from __future__ import annotations

from urllib.parse import quote

import pytest

HOSTILE = [
    "\x00",
    "⁰⁴⁵",
    "²",
    "٣",
    "-1",
    "9" * 40,
    "1e309",
    "NaN",
    "'; DROP TABLE catalog_entry; --",
    "<script>alert(1)</script>",
    "{{7*7}}{% debug %}",
    "../../../etc/passwd",
    "%s%s%n",
    "\u202egnp.exe",
    "😀" * 300,
    "\ufeff",
    "田" * 5000,
    "\ud7ff\ue000",
]
LISTS = {
    "/catalog/": ("q", "theme", "provider", "open_type", "share_type", "update_cycle", "sort", "page"),
    "/api/v1/datasets": ("q", "page", "rows", "sort"),
}
CONSOLE = {
    "/console/catalog/": ("q", "status", "theme", "share_type", "sort", "page"),
    "/console/applications/": ("q", "status", "page"),
    "/console/ledger/": ("find", "action", "resource", "subject", "after", "organization", "since", "until"),
    "/proof/": ("find",),
    "/console/runs/": ("status", "page"),
    "/console/grants/": ("status", "scope", "page"),
    "/console/releases/": ("status", "page"),
    "/console/rules/": ("q", "pack", "on"),
}
THINGS = ("catalog", "applications", "runs", "grants", "releases", "ledger", "clients")


def check(response, sent):
    assert response.status_code < 500, response.content[:300]
    if not response.streaming:
        assert "<script>alert(1)</script>" not in response.content.decode(), sent


@pytest.mark.parametrize("sent", HOSTILE, ids=range(len(HOSTILE)))
def test_the_portal_answers_anything(city, anybody, sent):
    city.published()
    for address, names in LISTS.items():
        for name in names:
            check(anybody.get(address, {name: sent}), sent)
    for address in ("/datasets/{}/", "/datasets/{}/download.csv", "/api/v1/datasets/{}", "/api/v1/datasets/{}/rows"):
        check(anybody.get(address.format(quote(sent, safe=""))), sent)


@pytest.mark.parametrize("sent", HOSTILE, ids=range(len(HOSTILE)))
def test_the_console_answers_anything(city, signed_in, sent):
    city.published()
    browser = signed_in("lin")
    for address, names in CONSOLE.items():
        for name in names:
            check(browser.get(address, {name: sent}), sent)
    for thing in THINGS:
        check(browser.get(f"/console/{thing}/{quote(sent, safe='')}/"), sent)
