"""What the commands about rules share: their options, and a rule's value on one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import typer

from gongshu import clock, home, rules
from gongshu.cli import output
from gongshu.cli.output import t
from gongshu.errors import Exit, GongshuError, Text
from gongshu.rules.shapes import RefusalRule

Json = Annotated[bool, typer.Option("--json", help=t("输出 JSON", "Answer in JSON"))]
City = Annotated[
    str,
    typer.Option("--city", "-c", help=t("规则包，默认是本安装的城市", "Rule pack; the installation's city by default")),
]
On = Annotated[
    str,
    typer.Option(
        "--on", help=t("哪一天的规则，默认今天", "The day asked about, today by default"), metavar="YYYY-MM-DD"
    ),
]


def day_of(text: str) -> date:
    """The day that ``--on`` names, today without it.

    Raises:
        GongshuError: ``cli.not_a_date``.
    """
    if not text:
        return clock.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        wrong = GongshuError(
            "cli.not_a_date",
            "日期须写成 2026-02-13 的形式。请更正后重试。",
            "A date is written like 2026-02-13. Correct it and try again.",
        )
        wrong.exit = Exit.USAGE
        raise wrong from error


def pack_of(city: str) -> rules.Pack:
    """The pack named, or the installation's."""
    return rules.load(city or home.open_home().city)


def said(text: Text | None) -> str:
    """``text`` in the reader's language."""
    return text.say(output.language()) if text else ""


def short(value: Any) -> str:
    """A value on one line, in the reader's language."""
    comma = t("、", ", ")
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, rules.Word):
        return said(value.label)
    if isinstance(value, RefusalRule):
        parts = [
            t("说明理由", "reason") if value.reason else "",
            t("提供依据", "legal basis") if value.legal_basis else "",
            t("书面", "in writing") if value.written else "",
        ]
        kinds = comma.join(short(kind) for kind in value.accepts)
        return comma.join(part for part in parts if part) + (t(f"（{kinds}）", f" ({kinds})") if kinds else "")
    if isinstance(value, Text):
        return said(value)
    if isinstance(value, Mapping):
        return t("；", "; ").join(short(item) for item in value.values())
    if isinstance(value, tuple):
        return t("；", "; ").join(short(item) for item in value)
    for attribute in ("words", "label"):
        if hasattr(value, attribute):
            return short(getattr(value, attribute))
    return str(value)


def unverified(found: rules.Value) -> str:
    """The remark behind a value whose wording was not compared with its text."""
    return "" if found.verified else t("（未核对，仅供参考）", " (not verified, advises only)")


def cited(citations: tuple[rules.Citation, ...]) -> str:
    """The labels of the citations on one line."""
    return t("、", "; ").join(citation.label(output.language()) for citation in citations)
