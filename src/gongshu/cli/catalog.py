"""``gongshu catalog``: find, draft, submit, review entries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongshu.cli import catalog_bulk, catalog_excel, catalog_mandates, catalog_sources, output, search, session
from gongshu.cli.catalog_words import answer, summary
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    pass

app = typer.Typer(
    help=t("数据目录：检索、编制、提交、审核。", "The catalog: find, compile, submit, review."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Code = Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))]


@app.command("list")
def list_entries(
    text: Annotated[str, typer.Argument(help=t("检索词", "Words to look for"))] = "",
    by: As = "",
    status: Annotated[str, typer.Option(help=t("状态，如 published", "State, for example published"))] = "",
    limit: Annotated[int, typer.Option(min=1, help=t("最多显示几条", "Show at most"))] = 50,
    as_json: Json = False,
) -> None:
    """检索目录；带 --as 时包括本单位尚未发布的。 Search the catalog; with --as also your unpublished entries.

    例 Example:  gongshu catalog list 公交 --json
    """
    session.connect()
    from gongshu.catalog import queries
    from gongshu.catalog.states import STATUS_LABELS, EntryStatus
    from gongshu.identity.actor import Actor

    viewer = session.actor(by) if by else Actor.anonymous()
    within = queries.visible(viewer)
    if status:
        within = within.filter(status=status)
    found = queries.search(text, within=within)
    rows = [summary(entry) for entry in found.entries[:limit]]
    if as_json:
        output.emit({"total": found.total, "loosened": found.loosened, "entries": rows})
        return
    from rich.table import Table

    table = Table(
        t("代码", "Code"), t("名称", "Title"), t("提供单位", "Provider"), t("状态", "State"), t("数据", "Rows")
    )
    for row in rows:
        state = STATUS_LABELS[EntryStatus(row["status"])].say(output.language())
        table.add_row(row["code"], row["title"], row["provider_name"], state, str(row["rows"] or "–"))
    output.console().print(table)
    if found.total > limit:
        output.note(f"共 {found.total} 条，只显示前 {limit} 条。", f"{found.total} entries; showing the first {limit}.")


@app.command()
def show(code: Code, by: As = "", as_json: Json = False) -> None:
    """显示一条目录及其信息项。 Show one entry with its items.

    例 Example:  gongshu catalog show 333004-000001
    """
    session.connect()
    from gongshu.catalog import queries
    from gongshu.identity.actor import Actor

    entry = queries.entry(session.actor(by) if by else Actor.anonymous(), code)
    items = queries.items(entry.code)
    if as_json:
        output.emit(
            {
                **summary(entry),
                "abstract": entry.abstract,
                "share_type": entry.share_type,
                "open_type": entry.open_type,
                "update_cycle": entry.update_cycle,
                "items": [
                    {
                        "name": i.name,
                        "title": i.title,
                        "type": str(i.data_type),
                        "required": i.required,
                        "key": i.is_key,
                        "check": str(i.check),
                        "mask": i.mask,
                    }
                    for i in items
                ],
            }
        )
        return
    from rich.table import Table

    output.say(f"{entry.title}({entry.resource_code})", f"{entry.title} ({entry.resource_code})")
    output.say(entry.abstract, entry.abstract)
    table = Table(t("标识", "Name"), t("名称", "Title"), t("类型", "Type"), t("必填", "Required"), t("主键", "Key"))
    for item in items:
        table.add_row(
            item.name, item.title, str(item.data_type), "✓" if item.required else "", "✓" if item.is_key else ""
        )
    output.console().print(table)


@app.command()
def graph(code: Code, by: As = "", as_json: Json = False) -> None:
    """显示数据从哪里来、谁在使用：来源、归集、版本、接口、授权、使用方。 Where an entry's data come from and who uses them.

    例 Example:  gongshu catalog graph 333004-000001 --as wang --json
    """
    session.connect()
    from gongshu.identity.actor import Actor
    from gongshu.web import lineage

    found = lineage.graph(session.actor(by) if by else Actor.anonymous(), code)
    if as_json:
        output.emit(found.as_json())
        return
    from rich.table import Table

    language = output.language()
    table = Table(t("类别", "Kind"), t("名称", "Name"), t("说明", "Notes"), title=found.title)
    for group in found.groups:
        for node in group.nodes:
            table.add_row(group.label.say(language), node.title.say(language), node.note.say(language))
        if group.more:
            table.add_row(group.label.say(language), t(f"还有 {group.more} 个", f"{group.more} more"), "")
        if group.withheld:
            unseen = t(f"另有 {group.withheld} 项，无权查看", f"{group.withheld} others that you may not see")
            table.add_row(group.label.say(language), unseen, "")
    output.console().print(table)


@app.command()
def rights(code: Code, by: As = "", as_json: Json = False) -> None:
    """显示谁对数据享有何种权利，依据什么，到哪一天。 Who holds which right in an entry's data, on what ground, until when.

    例 Example:  gongshu catalog rights 333004-000001 --as lin
    """
    session.connect()
    from gongshu.catalog import queries
    from gongshu.identity.actor import Actor
    from gongshu.supervision import rights_queries

    viewer = session.actor(by) if by else Actor.anonymous()
    held = rights_queries.of_entry(viewer, queries.entry(viewer, code))
    if as_json:
        output.emit(
            [
                {
                    "right": one.right,
                    "holder": session.pair(one.holder),
                    "ground": session.pair(one.ground),
                    "since": one.since,
                    "until": one.until,
                    "running": one.running,
                    "grant": one.grant,
                    "cites": [cited.label("zh") for cited in one.citations],
                }
                for one in held
            ]
        )
        return
    language = output.language()
    for one in held:
        said = f"{one.label.say(language)}  {one.holder.say(language)}  {one.ground.say(language)}"
        until = f"  – {one.until}" if one.until else ""
        over = "" if one.running else t("  已终止", "  over")
        output.console().print(said + until + over, markup=False)


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(help=t("样例数据文件", "A file with the data"))],
    title: Annotated[str, typer.Option(help=t("信息资源名称", "Title of the resource"))],
    by: As = "",
    abstract: Annotated[str, typer.Option(help=t("摘要", "Summary"))] = "",
    share: Annotated[str, typer.Option(help="UNCONDITIONAL | CONDITIONAL | PROHIBITED")] = "UNCONDITIONAL",
    condition: Annotated[str, typer.Option(help=t("共享条件", "Condition of sharing"))] = "",
    opening: Annotated[str, typer.Option("--open", help="UNCONDITIONAL | CONDITIONAL | PROHIBITED")] = "PROHIBITED",
    theme: Annotated[str, typer.Option(help=t("主题", "Theme"))] = "",
    key: Annotated[list[str] | None, typer.Option(help=t("主键项，可多次", "Key item; may be repeated"))] = None,
    as_json: Json = False,
) -> None:
    """从一个文件编制目录草稿：名称和类型由文件提出，由人确认。 Draft an entry from a file's own columns and types.

    例 Example:  gongshu catalog draft villages.csv.gz --title 行政村代码 --as wang --key code
    """
    from gongshu.errors import GongshuError

    actor = session.actor(by)
    from gongshu.catalog import actions
    from gongshu.catalog.draft import EntryData, ItemData
    from gongshu.catalog.states import Check, DataType, OpenType, ShareType
    from gongshu.collection import drafting

    contract = drafting.draft(file)
    keys = set(key or ())
    unknown = keys - {c.name for c in contract.columns} - {c.title for c in contract.columns}
    if unknown:
        raise GongshuError(
            "catalog.item_unknown",
            f"文件中没有名为“{min(unknown)}”的列。",
            f"The file has no column “{min(unknown)}”.",
        )
    for value, choices in ((share, ShareType), (opening, OpenType)):
        if value not in {str(choice) for choice in choices}:
            raise GongshuError(
                "catalog.type_unknown",
                "共享与开放类型须为 UNCONDITIONAL、CONDITIONAL 或 PROHIBITED。",
                "Share and open types are UNCONDITIONAL, CONDITIONAL or PROHIBITED.",
            )
    data = EntryData(
        title=title,
        abstract=abstract or title,
        provider=actor.organization,
        share_type=ShareType(share),
        share_condition=condition,
        open_type=OpenType(opening),
        theme=theme,
        items=tuple(
            ItemData(
                name=c.name,
                title=c.title,
                data_type=DataType(c.type),
                length=c.length,
                required=c.required or c.name in keys or c.title in keys,
                is_key=c.is_key or c.name in keys or c.title in keys,
                check=Check(c.check or ""),
            )
            for c in contract.columns
        ),
    )
    entry = actions.create_entry(by=actor, data=data)
    answer(entry, as_json, t("草稿已建立", "Draft made"))


@app.command()
def submit(code: Code, by: As = "", as_json: Json = False) -> None:
    """提交审核。 Hand an entry to review.

    例 Example:  gongshu catalog submit 333004-000001 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import actions

    answer(actions.submit_entry(by=actor, code=code), as_json, t("已提交审核", "Submitted"))


@app.command()
def secrecy(
    code: Code,
    by: As = "",
    note: Annotated[str, typer.Option(help=t("审查说明", "What the review says"))] = "",
    refuse: Annotated[bool, typer.Option("--refuse", help=t("审查不通过", "Not passed"))] = False,
    as_json: Json = False,
) -> None:
    """记录提供单位对当前内容的保密审查；审查人不能是编制人。 Record the unit's secrecy review of what stands there now.

    例 Example:  gongshu catalog secrecy 333004-000001 --as li
    """
    actor = session.actor(by)
    from gongshu.catalog import actions
    from gongshu.catalog.states import SecrecyConclusion

    conclusion = SecrecyConclusion.REFUSED if refuse else SecrecyConclusion.PASSED
    review = actions.record_secrecy_review(by=actor, code=code, conclusion=conclusion, note=note)
    answer(review.entry, as_json, t("已记录保密审查", "Secrecy review recorded"))


@app.command()
def revise(
    code: Code,
    by: As = "",
    reason: Annotated[str, typer.Option(help=t("为何修订", "Why it is revised"))] = "",
    as_json: Json = False,
) -> None:
    """修订已发布的目录：在旁边建立草稿，发布前读者仍看到原来的版本。 Begin a revision beside the published entry.

    例 Example:  gongshu catalog revise 333004-000001 --reason 增加数据项 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import actions

    answer(
        actions.revise_entry(by=actor, code=code, reason=reason).entry, as_json, t("已建立修订草稿", "Revision begun")
    )


@app.command("data-changed")
def data_changed(
    code: Code,
    note: Annotated[str, typer.Option(help=t("数据发生了什么变化", "What changed in the data"))],
    by: As = "",
    on: Annotated[str, typer.Option(help=t("变化之日，如 2026-11-20；默认今天", "Day of the change; today"))] = "",
    as_json: Json = False,
) -> None:
    """申报本单位数据已变化：更新期限自变化之日起算，之后的数据入库即办结。 Say that your data changed: the update is owed.

    例 Example:  gongshu catalog data-changed 333004-000001 --on 2026-11-20 --note 新增登记 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import data_actions
    from gongshu.cli.rules_words import day_of

    duty = data_actions.declare_data_change(by=actor, code=code, changed_on=day_of(on), note=note)
    if as_json:
        output.emit({"code": duty.subject, "starts_on": duty.starts_on, "due_on": duty.due_on, "days": duty.days})
        return
    due = f"{duty.due_on}" if duty.due_on else duty.words.say(output.language())
    output.say(f"已申报数据变化，请于 {due} 前更新。", f"The change is declared; update the data by {due}.")


@app.command()
def publish(code: Code, by: As = "", as_json: Json = False) -> None:
    """审核通过并发布；审核人不能是编制人。 Publish; the reviewer may not be the compiler.

    例 Example:  gongshu catalog publish 333004-000001 --as li
    """
    actor = session.actor(by)
    from gongshu.catalog import actions, queries

    entry = actions.publish_entry(by=actor, code=code)
    turn = queries.review_turn(entry)
    done = t(f"审核通过，转{turn.name.zh}审核", f"Agreed; {turn.name.en} is next") if turn else t("已发布", "Published")
    answer(entry, as_json, done)


@app.command("return")
def send_back(
    code: Code,
    remark: Annotated[str, typer.Option(help=t("需要修改之处", "What is to be mended"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """退回修改。 Send an entry back with a remark.

    例 Example:  gongshu catalog return 333004-000001 --remark 摘要过短 --as li
    """
    actor = session.actor(by)
    from gongshu.catalog import actions

    answer(actions.return_entry(by=actor, code=code, remark=remark), as_json, t("已退回", "Sent back"))


search.attach(app)
app.add_typer(catalog_sources.app, name="sources")
app.add_typer(catalog_mandates.app, name="mandates")
catalog_excel.attach(app)
catalog_bulk.attach(app)
