"""``gongshu scan``: which columns of a version hold personal data, by content and by name."""

from __future__ import annotations

from typing import Annotated

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def scan(
    resource: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code in the catalog"))],
    version: Annotated[int, typer.Option(help=t("版本号，默认最新", "Version, default the latest"))] = -1,
    by: As = "",
    as_json: Json = False,
) -> None:
    """扫描一个版本的全部列：是什么个人信息，建议的分类、级别和脱敏方式，与目录不符之处。不显示任何数据值。

    Scan every column of a version: what personal data it holds, the class, level and mask proposed, and where content
    and catalog entry belie each other. No value is shown.

    例 Example:  gongshu scan 333004-000001 --as wang

    退出码 Exit codes:  0 与目录相符 nothing belies the entry · 1 有不符 something does
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import scanning

    found = scanning.look(actor, resource, None if version < 0 else version)
    belied = any(one.belies for one in found)
    if as_json:
        output.emit({"resource": resource, "findings": [one.as_json() for one in found], "belied": belied})
    else:
        for one in scanning.words([one.as_json() for one in found]):
            share = t("依名称", "by name") if one.by_name else f"{one.percent}%"
            mask_zh, mask_en = (f"、{one.mask.zh}", f", {one.mask.en}") if one.mask else ("", "")
            reasons_zh = "；".join(reason.zh for reason in one.belies) or "与目录相符"
            reasons_en = "; ".join(reason.en for reason in one.belies) or "as the entry says"
            output.say(
                f"{one.title}（{one.column}） {one.kind.zh} {share} · {one.group.zh} · 建议 {one.level} 级{mask_zh}"
                f" · {reasons_zh}",
                f"{one.title} ({one.column}) {one.kind.en} {share} · {one.group.en} · proposed level {one.level}{mask_en}"
                f" · {reasons_en}",
            )
        if not found:
            output.say("未发现个人信息。", "No personal data found.")
    if belied:
        raise typer.Exit(Exit.NO)
