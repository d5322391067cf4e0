"""Words that people type into forms which the pages read themselves: bounded, and without what a database cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from gongshu.errors import GongshuError

MOST = 4000  # characters of one field of words; ours, not the law's


def words(typed: Mapping[str, str], name: str, most: int = MOST) -> str:
    """What was typed into ``name``; GongshuError ``web.unreadable`` or ``web.too_long`` for what no field takes."""
    said = typed.get(name, "")
    if "\0" in said:
        raise GongshuError(
            "web.unreadable",
            "填写的内容含有无法保存的字符，请重新输入。",
            "What you typed holds a sign that cannot be kept; type it again.",
            field=name,
        )
    if len(said) > most:
        raise GongshuError(
            "web.too_long",
            f"填写的内容过长，至多 {most} 字。",
            f"That is too long: at most {most} characters.",
            field=name,
        )
    return said


def day(typed: Mapping[str, str], name: str) -> date | None:
    """The day typed into ``name``; None for an empty field, GongshuError ``web.day_unreadable`` for what is no day."""
    return needed_day(typed, name) if words(typed, name, 40).strip() else None


def needed_day(typed: Mapping[str, str], name: str) -> date:
    """The day typed into ``name``, which may not be left empty: GongshuError ``web.day_unreadable``."""
    try:
        return date.fromisoformat(words(typed, name, 40).strip())
    except ValueError:
        raise GongshuError(
            "web.day_unreadable",
            "请填写日期，格式如 2027-06-30。",
            "Fill in the day, for example 2027-06-30.",
            field=name,
        ) from None


def whole(typed: Mapping[str, str], name: str) -> int | None:
    """The whole number typed into ``name``; None for an empty field, GongshuError ``web.number_unreadable``."""
    said = words(typed, name, 40).strip()
    if not said:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 10):
        raise GongshuError("web.number_unreadable", "请填写数字。", "Fill in a whole number.", field=name)
    return int(said)
