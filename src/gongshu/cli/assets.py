"""``gongshu assets``: data assets, their assessment, survey totals, filing upward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.supervision.asset_models import Asset

app = typer.Typer(
    help=t("数据资产：登记、评估、汇总、备案。", "Data assets: register, assess, survey, file."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.command()
def register(by: As = "", as_json: Json = False) -> None:
    """登记全部已发布、已归集而未登记的目录。 Register every published and collected entry that is not registered.

    例 Example:  gongshu assets register --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import asset_actions

    made = asset_actions.register_all(by=actor)
    if as_json:
        output.emit([_summary(one) for one in made])
        return
    output.say(f"新登记 {len(made)} 项。", f"Registered {len(made)}.")


@app.command()
def assess(
    number: Annotated[str, typer.Argument(help=t("资产编号", "Number of the asset"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """按公开方法评估一项资产，列出算式。 Assess an asset by the stated method, arithmetic shown.

    例 Example:  gongshu assets assess ZC-20261122-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import asset_actions

    made = asset_actions.assess(by=actor, number=number)
    if as_json:
        output.emit({"on": made.on, "method": made.method, "total": str(made.total), "scores": made.scores})
        return
    for one in made.scores:
        label = one["en"] if output.language() == "en" else one["zh"]
        line = f"  {label}  {one['counted']}  {one['points']} × {one['weight']} ÷ 100 = {one['added']}"
        output.console().print(line, markup=False)
    output.say(f"总分 {made.total}（方法 {made.method}）", f"Total {made.total} (method {made.method})")


@app.command("list")
def list_assets(by: As = "", as_json: Json = False) -> None:
    """列出数据资产和最近评估总分。 List data assets with their latest total.

    例 Example:  gongshu assets list --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import asset_queries

    rows = [{**_summary(one), "total": one.score and str(one.score)} for one in asset_queries.search(actor)]
    if as_json:
        output.emit(rows)
        return
    for row in rows:
        said = f"{row['number']}  {row['title']}  {row['code']}  {row['total'] or '-'}"
        output.console().print(said, markup=False)


@app.command()
def survey(by: As = "", as_json: Json = False) -> None:
    """大普查六项汇总：各单位和全市。 The six columns of the general survey, by organisation and for the city.

    例 Example:  gongshu assets survey --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import asset_actions, asset_queries

    asset_actions.check_keep(actor)
    listed, city = asset_queries.survey()
    rows = {who.code: [str(cell) for cell in one.columns()] for who, one in listed}
    if as_json:
        columns = [session.pair(column) for column in asset_queries.SURVEY]
        output.emit({"columns": columns, "organizations": rows, "city": [str(cell) for cell in city.columns()]})
        return
    for code, cells in [*rows.items(), ("*", [str(cell) for cell in city.columns()])]:
        output.console().print(f"{code}  {'  '.join(cells)}", markup=False)


@app.command("file")
def file_upward(
    to: Annotated[
        str,
        typer.Argument(
            help=t(
                "备案机构；默认 gongshu.toml 中 [upward] 的机构", "Office; default: that of [upward] in gongshu.toml"
            )
        ),
    ] = "",
    by: As = "",
    out: Annotated[Path | None, typer.Option(help=t("同时写出 JSON 文件", "Also write the JSON here"))] = None,
    as_json: Json = False,
) -> None:
    """向上级备案：保存全文和摘要并存证。 File the register upward; text and digest are kept and proven.

    发往 [upward] 所设机构的由后台报送并取回执，其余人工报送。
    What goes to the office of [upward] is sent by the worker, which fetches its receipt; the rest goes by hand.

    例 Example:  gongshu assets file 省级政务数据管理机构 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import asset_actions

    made = asset_actions.file_upward(by=actor, to=to)
    if out is not None:
        out.write_text(made.body, encoding="utf-8")
    if as_json:
        output.emit({"number": made.number, "to": made.to, "assets": made.assets, "sm3": made.digest})
        return
    output.say(f"已备案 {made.number}，{made.assets} 项。", f"Filed {made.number}: {made.assets} assets.")
    output.say(f"报送：{made.handover.label.zh}", f"Handing over: {made.handover.label.en}")


@app.command()
def filings(by: As = "", as_json: Json = False) -> None:
    """列出备案、报送状态和回执。 List filings, how each was handed over, and its receipt.

    例 Example:  gongshu assets filings --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import asset_actions, asset_queries

    asset_actions.check_keep(actor)
    rows = [asset_queries.filing_summary(one) for one in asset_queries.filings()]
    if as_json:
        output.emit(rows)
        return
    from gongshu.supervision.handover_states import HANDOVER_LABELS, HandoverStatus

    for row in rows:
        state = HANDOVER_LABELS[HandoverStatus(row["status"])].say(output.language())
        problem = f"  {row['problem']['en' if output.language() == 'en' else 'zh']}" if row["problem"] else ""
        said = f"{row['number']}  {row['to']}  {state}  {row['receipt'] or '-'}{problem}"
        output.console().print(said, markup=False)


@app.command()
def send(
    number: Annotated[str, typer.Argument(help=t("备案编号", "Number of the filing"))],
    by: As = "",
) -> None:
    """立即或再次报送一份备案；已送达的立即查回执。 Send a filing now or again; look for the receipt of one that arrived.

    例 Example:  gongshu assets send BA-20261122-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import handover_actions

    handover_actions.send_again(by=actor, number=number)
    output.say(f"{number} 已交后台办理。", f"{number}: the worker takes it up.")


@app.command()
def receipt(
    number: Annotated[str, typer.Argument(help=t("备案编号", "Number of the filing"))],
    given: Annotated[str, typer.Argument(help=t("上级机构的回执编号", "Number of the receipt from the office above"))],
    by: As = "",
) -> None:
    """登记人工报送的回执编号。 Note the receipt of a filing that was handed over by hand.

    例 Example:  gongshu assets receipt BA-20261122-0001 陕数备2026-17 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import handover_actions

    handover_actions.note_receipt(by=actor, number=number, receipt=given)
    output.say(f"{number} 的回执已登记。", f"The receipt of {number} is noted.")


def _summary(one: Asset) -> dict[str, Any]:
    return {
        "number": one.number,
        "code": one.entry.code,
        "title": one.entry.title,
        "holder": one.holder.code,
        "registered_at": one.registered_at,
    }
