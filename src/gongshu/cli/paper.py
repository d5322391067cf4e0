"""``gongshu paper``: what units hold on paper, and how far it is digitised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.collection.paper_models import PaperHolding

app = typer.Typer(
    help=t("纸质资料电子化：登记、进度、计划。", "Paper holdings: register, progress, plan."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("编号", "Number of the holding"))]
Day = Annotated[str, typer.Option(help=t("日期，如 2027-06-30", "Day, like 2027-06-30"))]


@app.command()
def register(
    entry: Annotated[str, typer.Argument(help=t("将形成的目录代码", "Entry that it will feed"))],
    title: Annotated[str, typer.Option(help=t("资料名称", "Name of the files"))],
    amount: Annotated[int, typer.Option(help=t("数量", "How much"))],
    measure: Annotated[str, typer.Option(help=t("计量单位", "Measure"))],
    basis: Annotated[str, typer.Option(help=t("法定依据", "Legal basis"))],
    due: Day,
    begins: Day = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """登记纸质资料和电子化计划。 Register what is on paper, with the plan.

    例 Example:  gongshu paper register 333004-000001 --title 登记档案 --amount 1200 --measure 卷 --basis 《档案法》第三十五条 --due 2027-06-30 --as wang
    """  # noqa: E501
    actor = session.actor(by)
    from gongshu.cli.rules_words import day_of
    from gongshu.collection import paper_actions

    made = paper_actions.register(
        by=actor,
        title=title,
        amount=amount,
        measure=measure,
        basis=basis,
        entry=entry,
        begins_on=day_of(begins),
        due_on=day_of(due),
    )
    _answer(made, as_json)


@app.command()
def report(
    number: Number,
    digitised: Annotated[int, typer.Argument(help=t("已电子化数量", "Digitised so far"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """报告进度；全部完成且目录有新数据即办结。 Report progress; done with all of it and data in the entry.

    例 Example:  gongshu paper report ZL-20261121-0001 600 --as wang
    """
    actor = session.actor(by)
    from gongshu.collection import paper_actions

    _answer(paper_actions.report(by=actor, number=number, digitised=digitised), as_json)


@app.command("list")
def list_holdings(
    by: As = "",
    status: Annotated[str, typer.Option(help="planned | under_way | digitised | dropped")] = "",
    as_json: Json = False,
) -> None:
    """列出可见的纸质资料。 List the paper holdings that you may see.

    例 Example:  gongshu paper list --as lin
    """
    actor = session.actor(by)
    from gongshu.collection import paper_queries

    found = list(paper_queries.visible(actor, status=status))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        _answer(one, as_json=False)


def _summary(found: PaperHolding) -> dict[str, Any]:
    names = ("number", "title", "amount", "measure", "digitised", "entry", "due_on", "status", "version")
    return {name: getattr(found, name) for name in names} | {"organization": found.organization.code}


def _answer(found: PaperHolding, as_json: bool) -> None:
    if as_json:
        output.emit(_summary(found))
        return
    said = f"{found.number}  {found.title}  {found.digitised}/{found.amount} {found.measure}  {found.due_on}  "
    output.console().print(said + found.status_label.say(output.language()), markup=False)
