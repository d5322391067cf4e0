"""What templates say beyond Django's own tags; loaded everywhere as built-ins."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gongshu import clock
from gongshu.errors import EnvironmentFault
from gongshu.web import acts

register = template.Library()

DIST = Path(__file__).resolve().parents[1] / "static" / "dist"


def _language(context: template.Context) -> str:
    return str(context.get("language", "zh"))


@register.simple_tag(takes_context=True)
def t(context: template.Context, zh: str, en: str, **values: Any) -> str:
    """``{% t "共 {n} 条" "{n} rows" n=count %}``: one of two sentences; values are escaped like any other text."""
    sentence = en if _language(context) == "en" else zh
    return sentence.format(**values) if values else sentence


@register.simple_tag(takes_context=True)
def say(context: template.Context, text: Any) -> str:
    """A ``Text`` (or anything with ``say``) in the reader's language; nothing for ``None``."""
    if text is None:
        return ""
    return str(text.say(_language(context))) if hasattr(text, "say") else str(text)


@register.filter
def said(text: Any, language: str) -> str:
    """``{{ text|said:language }}``: as ``{% say %}``, where a filter is needed."""
    if text is None:
        return ""
    return str(text.say(language)) if hasattr(text, "say") else str(text)


@register.filter
def listed(words: Any, language: str) -> str:
    """``{{ names|listed:language }}``: words one after another, with the comma of the reader's language."""
    return (", " if language == "en" else "、").join(str(word) for word in words)


@register.filter
def act(code: str, language: str) -> str:
    """``{{ record.action|act:language }}``: an act of the ledger in words."""
    return str(acts.act(code).say(language))


@register.filter
def when(moment: datetime | date | None) -> str:
    """A moment as a clerk reads it, in Asia/Shanghai: ``2026-11-21 20:05``."""
    if moment is None:
        return "—"
    if isinstance(moment, datetime):
        return clock.local(moment).strftime("%Y-%m-%d %H:%M")
    return moment.isoformat()


@register.filter
def exactly(moment: datetime) -> str:
    """A moment to the second, in Asia/Shanghai: ``2026-11-21 20:05:09``."""
    return clock.local(moment).strftime("%Y-%m-%d %H:%M:%S")


@register.filter
def day(moment: datetime | date | None) -> str:
    """The day alone: ``2026-11-21``."""
    if moment is None:
        return "—"
    return (clock.local(moment).date() if isinstance(moment, datetime) else moment).isoformat()


@register.filter
def number(value: int | float | None) -> str:
    """``1,234,567``."""
    return "—" if value is None else f"{value:,}"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """``{{ mapping|get:key }}`` where the key is a variable."""
    return mapping.get(key) if mapping is not None else None


@lru_cache(maxsize=1)
def manifest() -> dict[str, str]:
    """Names of the built assets and their hashed names."""
    file = DIST / "manifest.json"
    if not file.is_file():
        raise EnvironmentFault(
            "web.assets_missing",
            "页面资源尚未构建：请先运行 npm ci && npm run build。",
            "The pages' assets are not built: run npm ci && npm run build first.",
        )
    built: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return built


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built file, with its hash, so that a browser may keep it for ever."""
    return f"{settings.STATIC_URL}dist/{manifest()[name]}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """One icon of the sprite; decoration only, so screen readers skip it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        asset("icons.svg"),
        name,
    )
