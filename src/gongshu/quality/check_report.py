"""What a run found, in sentences: the same lines for the command line, the page and the files that are handed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gongshu.errors import Text
from gongshu.quality.checkset import DIMENSION_LABELS, SEVERITY_LABELS, SHAPES, Check, Dimension, Severity, parse

if TYPE_CHECKING:
    from gongshu.quality.check_models import CheckRun

ARRIVAL = Text("入库检查", "checks on arrival")


def label(body: Mapping[str, Any], titles: Mapping[str, str] | None = None) -> Text:
    """What to call the check of an outcome; its columns by ``titles``."""
    return ARRIVAL if body["id"] == "arrival" else one(body).named(titles or {})


def one(body: Mapping[str, Any]) -> Check:
    return parse({"checks": [dict(body)]}).checks[0]


def dimension_of(body: Mapping[str, Any]) -> Dimension:
    return Dimension(body.get("dimension") or SHAPES[body["check"]].dimension)


def outcome_lines(run: CheckRun) -> list[Text]:
    """One line for each check: whether it holds, of how many, and the first failing rows."""
    lines = []
    for outcome in run.outcomes:
        name = label(outcome["check"])
        severity = SEVERITY_LABELS[Severity(outcome["check"].get("severity", "error"))]
        if outcome["problem"]:
            zh, en = outcome["problem"]
            lines.append(Text(f"  ？ {name.zh}：未能检查，{zh}", f"  ? {name.en}: not checked, {en}"))
            continue
        counted = outcome["failed"] - outcome["exempt"]
        exempt = (
            Text(f"，例外 {outcome['exempt']:,}", f", {outcome['exempt']:,} excepted") if outcome["exempt"] else None
        )
        rows = "、".join(map(str, outcome["rows"][:5]))
        at = Text(f"，首批源文件行号 {rows}", f", first rows {rows.replace('、', ', ')}") if rows and counted else None
        sign = "✗" if counted else "✓"
        lines.append(
            Text(
                f"  {sign} {name.zh}（{severity.zh}）：检查 {outcome['checked']:,}，不符 {counted:,}"
                + (exempt.zh if exempt else "") + (at.zh if at else ""),
                f"  {sign} {name.en} ({severity.en}): {counted:,} of {outcome['checked']:,} fail"
                + (exempt.en if exempt else "") + (at.en if at else ""),
            )
        )  # fmt: skip
    return lines


def dimension_lines(run: CheckRun) -> list[Text]:
    """The score's arithmetic: each dimension as the weighted mean of its checks, the score as their mean."""
    lines = []
    for measured in run.arithmetic.get("dimensions", []):
        name = DIMENSION_LABELS[Dimension(measured["dimension"])]
        terms = " + ".join(f"{step['weight']}×{step['holds']}/{step['checked']}" for step in measured["steps"])
        weights = sum(step["weight"] for step in measured["steps"])
        lines.append(
            Text(f"{name.zh} {measured['score']} = 100×({terms})/{weights}",
                 f"{name.en} {measured['score']} = 100×({terms})/{weights}")
        )  # fmt: skip
    total = run.arithmetic.get("score")
    if total is not None:
        count = len(run.arithmetic["dimensions"])
        lines.append(Text(f"得分 {total} = 以上 {count} 项的平均", f"score {total} = the mean of these {count}"))
    return lines
