"""Filling in the form of a catalog entry, as the browser tests need it in several places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import expect

Item = tuple[str, str, str]
"""Title, name, type of an item; the first of a list is the key."""


def fill_entry(page: Any, *, title: str, abstract: str, items: Sequence[Item], chosen: dict[str, str]) -> None:
    """Fill in the open form of a new entry. ``chosen`` are the fields that are chosen or typed beside the title."""
    page.locator("#id_title").fill(title)
    page.locator("#id_abstract").fill(abstract)
    for field, value in chosen.items():
        control = page.locator(f"#id_{field}")
        if control.evaluate("control => control.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    while page.locator("#item-rows [data-row]").count() < len(items):
        page.get_by_role("button", name="增加数据项").click()
    for n, (label, name, kind) in enumerate(items):
        page.locator(f"#id_items-{n}-title").fill(label)
        page.locator(f"#id_items-{n}-name").fill(name)
        page.locator(f"#id_items-{n}-data_type").select_option(kind)
    page.locator("#id_items-0-is_key").check()
    page.locator("#id_items-0-required").check()


def publish(page: Any) -> None:
    """The entry's page or the reviewer's desk is open: nothing secret, every criterion met, published."""
    page.get_by_role("button", name="通过：不涉及国家秘密").click()
    expect(page.locator("[name=criteria]").first).to_be_visible()
    for criterion in page.locator("[name=criteria]").all():
        criterion.check()
    page.get_by_role("button", name="通过并发布").click()
    expect(page.locator(".page-head")).to_contain_text("已发布")
