"""``gongshu catalog mandates``: statutory duties of units, and items acquired beyond them."""

from __future__ import annotations

from typing import Annotated

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit

app = typer.Typer(
    help=t("采集数据的法定职责：登记、核对、说明。", "Statutory duties for which data are acquired."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.command()
def register(
    name: Annotated[str, typer.Argument(help=t("职责", "The duty"))],
    basis: Annotated[str, typer.Option(help=t("法定依据", "Legal basis"))],
    data: Annotated[list[str] | None, typer.Option(help=t("所需数据项，可多次", "Item it needs; repeat it"))] = None,
    like: Annotated[list[str] | None, typer.Option(help=t("本单位目录代码，可多次", "Own entry; repeat it"))] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """登记本单位的法定职责及所需数据。 Register a statutory duty of your unit and the items that it needs.

    例 Example:  gongshu catalog mandates register 企业登记 --basis 《市场主体登记管理条例》第五条 --data 企业名称 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import mandate_actions

    made = mandate_actions.register(by=actor, name=name, basis=basis, data=data or [], like=like or [])
    if as_json:
        output.emit({"number": made.number, "name": made.name, "data": made.data})
        return
    output.say(f"{made.number} 已登记，所需数据 {len(made.data)} 项。", f"{made.number}: {len(made.data)} items.")


@app.command()
def beyond(by: As = "", as_json: Json = False) -> None:
    """列出超出已登记职责的数据项；有未说明的，退出码为 1。 Items beyond the registered duties.

    例 Example:  gongshu catalog mandates beyond --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import mandate_queries

    found = mandate_queries.beyond(actor)
    if as_json:
        names = ("code", "entry_title", "item", "title", "reason")
        output.emit([{name: getattr(one, name) for name in names} for one in found])
    else:
        for one in found:
            output.console().print(f"{one.code}  {one.title} ({one.item})  {one.reason or '?'}", markup=False)
    if any(not one.reason for one in found):
        raise typer.Exit(Exit.NO)


@app.command()
def justify(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    item: Annotated[str, typer.Argument(help=t("数据项标识", "Identifier of the item"))],
    reason: Annotated[str, typer.Option(help=t("理由", "Reason"))],
    by: As = "",
) -> None:
    """说明为何采集超出职责的数据项。 Say why an item beyond the duties is acquired.

    例 Example:  gongshu catalog mandates justify 333004-000001 phone --reason 上级统一要求 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import mandate_actions

    mandate_actions.justify(by=actor, code=code, item=item, reason=reason)
    output.say("理由已记录。", "The reason is on record.")
