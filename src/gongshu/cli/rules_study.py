"""``gongshu rules articles|diff|calendar|new``: what articles ask, how two cities differ, the year's duties, a new city."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from gongshu import clock, rules
from gongshu.cli import output
from gongshu.cli.output import t
from gongshu.cli.rules_words import Json, On, cited, day_of, pack_of, said, short, unverified
from gongshu.errors import Conflict, Text
from gongshu.rules import recurring, skeleton
from gongshu.rules.comparison import Comparison, compare
from gongshu.rules.register import CAPABILITIES


def articles_command(
    city: Annotated[
        str, typer.Argument(help=t("规则包，默认是本安装的城市", "Pack; the installation's by default"))
    ] = "",
    state: Annotated[
        rules.State | None,
        typer.Option("--state", help=t("只看这一状态", "Only those of this state"), case_sensitive=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """逐条列出条款要求平台做什么、做到哪一步。 What each article asks of the platform, and how far it is.

    例 Example:  gongshu rules articles xian --state enforced
    """
    pack = pack_of(city)
    every = rules.articles(pack)
    found = [article for article in every if state is None or article.state is state]
    counts = {one: sum(article.state is one for article in every) for one in rules.State}
    if as_json:
        output.emit(
            {
                "pack": pack.id,
                "title": rules.plain(pack.title),
                "counts": {one.value: count for one, count in counts.items()},
                "articles": [article.as_json() for article in found],
            }
        )
        return
    if not every:
        output.say(
            "该规则包没有条款登记；各市的登记见其规则包，例如 gongshu rules articles xian。",
            "The pack lists no articles; each city's pack does, for example: gongshu rules articles xian.",
        )
        return
    table = Table(box=None, pad_edge=False)
    for heading in (t("条款", "article"), t("状态", "state"), t("平台要做的", "what the platform must do")):
        table.add_column(heading, overflow="fold")
    for article in found:
        note = f"\n{said(article.note)}" if article.note else ""
        parts = [f"{said(CAPABILITIES[name])} {said(part.label)}" for name, part in article.by]
        by = f"\n{' · '.join(parts)}" if parts else ""
        table.add_row(article.id, said(article.state.label), said(article.does) + by + note)
    output.console().print(table)
    output.say(
        "、".join(f"{one.label.zh} {count} 条" for one, count in counts.items()) + "。",
        ", ".join(f"{count} {one.label.en}" for one, count in counts.items()) + ".",
    )


def diff_command(
    left: Annotated[str, typer.Argument(help=t("规则包", "Rule pack"))],
    right: Annotated[str, typer.Argument(help=t("与之比较的规则包", "The pack to compare it with"))],
    on: On = "",
    everything: Annotated[
        bool, typer.Option("--all", help=t("相同的参数也列出", "List also what both say alike"))
    ] = False,
    as_json: Json = False,
) -> None:
    """两地规则逐项对比，附条款。 Two cities, parameter by parameter, with their articles.

    例 Example:  gongshu rules diff xian yongjia
    """
    day, one, other = day_of(on), rules.load(left), rules.load(right)
    every = compare(one, other, on=day)
    found = [comparison for comparison in every if everything or comparison.differs]
    if as_json:
        output.emit(
            {
                "left": one.id,
                "right": other.id,
                "on": day,
                "notices": {pack.id: rules.plain(pack.notice(day)) for pack in (one, other)},
                "compared": len(every),
                "differing": sum(comparison.differs for comparison in every),
                "parameters": [comparison.as_json() for comparison in found],
            }
        )
        return
    table = Table(box=None, pad_edge=False, show_lines=False)
    for heading in (t("参数", "parameter"), said(one.region), said(other.region)):
        table.add_column(heading, overflow="fold", ratio=1)
    for comparison in found:
        table.add_row(_name(comparison), _side(comparison.left), _side(comparison.right))
    output.console().print(table)
    for pack in (one, other):
        if notice := pack.notice(day):
            output.note(notice.zh, notice.en)
    output.say(
        f"比较 {len(every)} 项，{sum(c.differs for c in every)} 项不同。",
        f"{len(every)} compared, {sum(c.differs for c in every)} differ.",
    )


def _name(comparison: Comparison) -> str:
    where = ", ".join(f"{key}={value}" for key, value in comparison.where.items())
    return f"{said(comparison.definition.description)}\n{comparison.definition.name}" + (f"\n{where}" if where else "")


def _side(found: rules.Value | None) -> str:
    if found is None:
        return t("无规定", "says nothing")
    return f"{short(found.value)}{unverified(found)}\n{cited(found.citations)}"


def calendar_command(
    city: Annotated[
        str, typer.Argument(help=t("规则包，默认是本安装的城市", "Pack; the installation's by default"))
    ] = "",
    year: Annotated[
        int | None,
        typer.Option("--year", min=2000, max=2100, help=t("年度，默认今年", "The year; this one by default")),
    ] = None,
    as_json: Json = False,
) -> None:
    """一年中定期要办的事。 The duties that come back every year.

    例 Example:  gongshu rules calendar xian --year 2026
    """
    pack, asked = pack_of(city), year or clock.today().year
    found = recurring.duties(pack, asked, calendar=rules.calendar_of(pack))
    if as_json:
        output.emit({"pack": pack.id, "year": asked, "duties": [duty.as_json() for duty in found]})
        return
    table = Table(box=None, pad_edge=False)
    for heading in (t("最迟", "by"), t("最后工作日", "last working day"), t("事项", "duty"), t("依据", "article")):
        table.add_column(heading, overflow="fold")
    for duty in found:
        last = str(duty.working_day) if duty.working_day else t("放假安排未公布", "holidays not announced")
        table.add_row(str(duty.on), last, said(duty.definition.description), cited(duty.value.citations))
    output.console().print(table)
    if not found:
        output.say("该规则包没有写明定期事项。", "The pack names no recurring duties.")
    if notice := pack.notice(clock.today()):
        output.note(notice.zh, notice.en)


def new_command(
    city: Annotated[str, typer.Argument(help=t("新规则包的名称，如 weinan", "Id of the new pack, like weinan"))],
    to: Annotated[Path, typer.Option("--to", help=t("放规则包的文件夹", "Folder for rule packs"), file_okay=False)],
    extends: Annotated[
        str, typer.Option("--extends", help=t("在哪个规则包之上", "The pack it is laid over"))
    ] = "national",
    title: Annotated[str, typer.Option("--title", help=t("办法的中文名称", "Chinese title of the measures"))] = "",
    title_en: Annotated[str, typer.Option("--title-en", help=t("办法的英文名称", "English title"))] = "",
    region: Annotated[str, typer.Option("--region", help=t("地区的中文名称", "Chinese name of the place"))] = "",
    region_en: Annotated[str, typer.Option("--region-en", help=t("地区的英文名称", "English name"))] = "",
    as_json: Json = False,
) -> None:
    """为新城市写一个可用的规则包骨架。 The first files of a new city's rule pack; it loads at once.

    例 Example:  gongshu rules new weinan --extends xian --to ./packs
    """
    parent = rules.load(extends)
    if city in rules.available():
        raise Conflict(
            "rules.pack_exists",
            f"已经有名为“{city}”的规则包。请换一个名称。",
            f"There is a rule pack “{city}” already. Choose another name.",
        )
    named, place = skeleton.words_for(city, parent)
    folder = skeleton.create(
        city,
        parent,
        to,
        title=Text(title or named.zh, title_en or named.en),
        region=Text(region or place.zh, region_en or place.en),
    )
    files = sorted(file.relative_to(to).as_posix() for file in folder.rglob("*.yaml"))
    if as_json:
        output.emit({"pack": city, "extends": parent.id, "folder": str(folder), "files": files})
        return
    output.say(
        f"已写好 {'、'.join(files)}。检查：GONGSHU_RULEPACKS={to} gongshu rules check {city}",
        f"Written: {', '.join(files)}. Check it: GONGSHU_RULEPACKS={to} gongshu rules check {city}",
    )
