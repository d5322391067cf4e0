"""``gongshu surveys``: surveys of the data that units hold: open, answer, close, inventory."""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import GongshuError

app = typer.Typer(
    help=t("数据资源普查：发起、填报、汇总、清单。", "Surveys of data: open, answer, close, inventory."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("普查编号", "Number of the survey"))]


@app.command("list")
def list_surveys(by: As = "", as_json: Json = False) -> None:
    """列出普查和填报进度。 List surveys and how many answered.

    例 Example:  gongshu surveys list --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import survey_queries

    rows = [
        {
            "number": one.number,
            "title": one.title,
            "status": str(one.status),
            "due_on": one.due_on,
            "asked": one.asked,
            "answered": one.answered,
        }
        for one in survey_queries.surveys(actor)
    ]
    if as_json:
        output.emit(rows)
        return
    for row in rows:
        said = f"{row['number']}  {row['title']}  {row['status']}  {row['due_on']}  {row['answered']}/{row['asked']}"
        output.console().print(said, markup=False)


@app.command("open")
def open_survey(
    title: Annotated[str, typer.Argument(help=t("普查名称", "Name"))],
    due: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help=t("填报截止日期", "Answer by"))],
    by: As = "",
    kind: Annotated[list[str] | None, typer.Option(help=t("单位类别，可多次", "Kind of body; may be repeated"))] = None,
    as_json: Json = False,
) -> None:
    """发起普查，范围内的单位收到待办。 Open a survey; the units asked get a duty.

    例 Example:  gongshu surveys open 2026年数据资源普查 --due 2026-12-31 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import survey_actions

    made = survey_actions.open_survey(by=actor, title=title, due_on=due.date(), kinds=kind or ())
    if as_json:
        output.emit({"number": made.number, "asked": made.returns.count()})
        return
    output.say(
        f"已发起 {made.number}，{made.returns.count()} 个单位。", f"Opened {made.number}: {made.returns.count()} units."
    )


@app.command()
def answer(
    number: Number,
    file: Annotated[Path | None, typer.Argument(help=t("制表符或逗号分隔的文本", "Text, tabs or commas"))] = None,
    by: As = "",
    nothing: Annotated[bool, typer.Option("--nothing", help=t("本单位不持有数据", "The unit holds no data"))] = False,
    as_json: Json = False,
) -> None:
    """提交本单位的填报；不带文件时显示可作底稿的内容。 Hand in the unit's answer; without a file show a draft of it.

    例 Example:  gongshu surveys answer PC-20261201-0001 清单.tsv --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import survey, survey_actions, survey_queries

    if file is None and not nothing:
        typer.echo(survey.as_text(survey_queries.proposed(actor.organization)))
        return
    try:
        lines = survey.read(file.read_text(encoding="utf-8-sig")) if file is not None else ()
    except (OSError, UnicodeDecodeError) as wrong:
        raise GongshuError(
            "catalog.survey_file",
            f"无法读取文件 {file}，须为 UTF-8 文本。",
            f"The file {file} cannot be read; it must be UTF-8 text.",
        ) from wrong
    made = survey_actions.answer(by=actor, number=number, lines=lines, nothing=nothing)
    cataloged = made.lines.filter(entry__isnull=False).count()
    if as_json:
        output.emit({"number": number, "resources": len(lines), "cataloged": cataloged})
        return
    output.say(f"已填报 {len(lines)} 项，已编目 {cataloged} 项。", f"Handed in {len(lines)}, cataloged {cataloged}.")


@app.command()
def close(
    number: Number,
    by: As = "",
    anyway: Annotated[str, typer.Option(help=t("仍有单位未填报时的理由", "Why, while units are silent"))] = "",
    as_json: Json = False,
) -> None:
    """汇总：清单存证，未编目的成为待办。 Close: the inventory goes to the ledger, what is not cataloged is owed.

    例 Example:  gongshu surveys close PC-20261201-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import survey_actions

    made = survey_actions.close_survey(by=actor, number=number, anyway=anyway)
    if as_json:
        output.emit({"number": made.number, "sm3": made.digest})
        return
    output.say(f"已汇总 {made.number}，清单 SM3 {made.digest}", f"Closed {made.number}, inventory SM3 {made.digest}")


@app.command()
def inventory(number: Number, by: As = "", as_json: Json = False) -> None:
    """输出数据资源清单（CSV）。 The inventory, as CSV.

    例 Example:  gongshu surveys inventory PC-20261201-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import survey_queries
    from gongshu.catalog.demand_queries import as_cell

    found = survey_queries.survey(actor, number)
    rows = survey_queries.inventory_rows(survey_queries.inventory(actor, found))
    if as_json:
        output.emit([dict(zip([c.zh for c in survey_queries.INVENTORY], row, strict=True)) for row in rows])
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column.zh for column in survey_queries.INVENTORY])
    for row in rows:
        writer.writerow([as_cell(cell) for cell in row])
