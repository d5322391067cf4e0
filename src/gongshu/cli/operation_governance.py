"""``gongshu operation governance`` and ``gongshu operation returns``: faulty data mended, and what products earned."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.operation.governance_models import Governance, Return

governance = typer.Typer(
    help=t("数据治理需求：提出、督促、治理、验收。", "Governance demands: filed, ordered, mended, accepted."),
    no_args_is_help=True,
)
returns = typer.Typer(
    help=t("运营收益：报告、作废。", "Returns of operation: reported, struck out."), no_args_is_help=True
)
Number = Annotated[str, typer.Argument(help=t("编号", "Number"))]
Words = Annotated[str, typer.Option("--words", help=t("理由、意见或情况", "Reasons, opinion or facts"))]
Day = Annotated[datetime | None, typer.Option("--by-day", formats=["%Y-%m-%d"], help=t("最后一日", "The last day"))]
Date = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]


@governance.command("list")
def list_demands(
    text: Annotated[str, typer.Argument(help=t("编号、数据或单位", "Number, data, organisation"))] = "",
    status: Annotated[str, typer.Option(help="filed, ordered, finished, accepted, declined, withdrawn")] = "",
    late: Annotated[bool, typer.Option("--late", help=t("只列超期的", "Only what is overdue"))] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """列出可见的数据治理需求。 List governance demands.

    例 Example:  gongshu operation governance list --late --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import governance_queries

    filters = {"status": status, "late": "1" if late else ""}
    found = list(governance_queries.search(actor, text=text, filters=filters))
    if as_json:
        output.emit([_demand(one) for one in found])
        return
    for one in found:
        _say(one)


@governance.command("checks")
def checks(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))], by: As = "", as_json: Json = False
) -> None:
    """现行版本中不符的检查，可在提出需求时指明。 Checks that fail in the present version, to be pointed at.

    例 Example:  gongshu operation governance checks 333012-000001 --as ma
    """
    actor = session.actor(by)
    from gongshu.operation import governance_queries
    from gongshu.quality import check_queries

    found = governance_queries.failing(check_queries.entry_of(actor, code))
    if as_json:
        output.emit([{"check": one.id, "label": session.pair(one.label), "rows": one.rows} for one in found])
        return
    for one in found:
        output.console().print(f"{one.id}  {one.label.say(output.language())}  {one.rows:,}", markup=False)


@governance.command("file")
def file(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    dimension: Annotated[
        str, typer.Option(help="conformity, completeness, accuracy, consistency, timeliness, accessibility")
    ],
    facts: Annotated[str, typer.Option(help=t("质量问题", "What is wrong"))],
    wish: Annotated[str, typer.Option(help=t("治理要求", "What is to be done"))],
    item: Annotated[str, typer.Option(help=t("数据项；不写为整个资源", "An item; else the whole resource"))] = "",
    check: Annotated[str, typer.Option(help=t("不符的检查（见 checks）", "A check that fails (see checks)"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """就供给的数据提出治理需求。 Put a fault of supplied data to the authority.

    例 Example:  gongshu operation governance file CODE --dimension completeness --facts 名称被截短 --wish 补全 --as ma
    """
    actor = session.actor(by)
    from gongshu.operation import governance_actions
    from gongshu.operation.governance_policy import Fault

    _answer(governance_actions.file(by=actor, code=code, fault=Fault(dimension, facts, wish, item, check)), as_json)


@governance.command("order")
def order(number: Number, day: Day = None, words: Words = "", by: As = "", as_json: Json = False) -> None:
    """督促提供单位治理；条文未定天数的须定最后一日。 Have the provider mend it, by a day.

    例 Example:  gongshu operation governance order SZ-20261121-0001 --by-day 2026-12-10 --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import governance_actions

    _answer(governance_actions.order(by=actor, number=number, due_on=_day(day), remark=words), as_json)


@governance.command("decline")
def decline(number: Number, words: Words, by: As = "", as_json: Json = False) -> None:
    """不予督促，说明理由。 Decline, with reasons.

    例 Example:  gongshu operation governance decline SZ-20261121-0001 --words 不属于质量问题 --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import governance_actions

    _answer(governance_actions.decline(by=actor, number=number, reason=words), as_json)


@governance.command("extend")
def extend(number: Number, words: Words, day: Day, by: As = "", as_json: Json = False) -> None:
    """另定期限。 Set another, later day.

    例 Example:  gongshu operation governance extend SZ-20261121-0001 --by-day 2026-12-20 --words 节前任务重 --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import governance_actions

    _answer(governance_actions.extend(by=actor, number=number, due_on=_day(day), reason=words), as_json)


@governance.command("finish")
def finish(
    number: Number,
    words: Words,
    version: Annotated[int | None, typer.Option(help=t("治理后的数据版本", "Version with the mended data"))] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """提供单位反馈治理结果。 The provider reports it mended.

    例 Example:  gongshu operation governance finish SZ-20261121-0001 --words 已补全 --version 3 --as wang
    """
    actor = session.actor(by)
    from gongshu.operation import governance_actions

    _answer(governance_actions.finish(by=actor, number=number, result=words, version=version), as_json)


@governance.command("settle")
def settle(
    number: Number,
    outcome: Annotated[str, typer.Argument(help="accept | send_back | withdraw")],
    words: Words = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """运营单位验收、退回返工或撤回。 The operator accepts the result, sends it back, or withdraws the demand.

    例 Example:  gongshu operation governance settle SZ-20261121-0001 accept --as ma
    """
    actor = session.actor(by)
    from gongshu.operation import governance_actions

    if outcome == "accept":
        found = governance_actions.accept(by=actor, number=number, remark=words)
    elif outcome == "send_back":
        found = governance_actions.send_back(by=actor, number=number, reason=words)
    elif outcome == "withdraw":
        found = governance_actions.withdraw(by=actor, number=number, reason=words)
    else:
        raise typer.BadParameter("accept | send_back | withdraw")
    _answer(found, as_json)


@returns.command("list")
def list_returns(
    text: Annotated[str, typer.Argument(help=t("编号、产品或单位", "Number, product, organisation"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """列出可见的收益记录及合计。 List the returns, and what they add up to.

    例 Example:  gongshu operation returns list --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import governance_queries
    from gongshu.operation.governance_policy import yuan

    found = governance_queries.search_returns(actor, text=text)
    if as_json:
        output.emit([_return(one) for one in found])
        return
    for one in found:
        _say_return(one)
    total = yuan(governance_queries.total_fen(found))
    output.say(f"合计（不含已作废） {total} 元", f"Total (struck out not counted) {total} CNY")


@returns.command("record")
def record(
    product: Annotated[str, typer.Argument(help=t("产品名称", "Name of the product"))],
    scenario: Annotated[str, typer.Option(help=t("应用场景", "Scenario"))],
    user: Annotated[str, typer.Option(help=t("应用单位", "Application unit"))],
    amount: Annotated[str, typer.Option(help=t("金额（元）", "Amount in yuan"))],
    basis: Annotated[str, typer.Option(help=t("收益依据", "Basis of the amount"))],
    since: Date,
    until: Date,
    demand: Annotated[list[str], typer.Option(help=t("所用供给的需求编号", "Demand whose data are in it"))],
    kind: Annotated[str, typer.Option(help=t("产品形态", "Kind of product"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """报告一笔收益。 Report what a product earned.

    例 Example:  gongshu operation returns record 到站预测 --kind service --scenario 出行 --user 江临出行 --amount 1234.50
    --basis 合同JL-7 --since 2026-10-01 --until 2026-10-31 --demand YX-20261001-0001 --as ma
    """
    actor = session.actor(by)
    from gongshu.operation import return_actions
    from gongshu.operation.governance_policy import Earned, read_yuan

    earned = Earned(
        product=product,
        product_kind=kind,
        scenario=scenario,
        user=user,
        period_from=since.date(),
        period_to=until.date(),
        amount_fen=read_yuan(amount),
        basis=basis,
        demands=tuple(demand),
    )
    _answer_return(return_actions.record(by=actor, earned=earned), as_json)


@returns.command("strike")
def strike(number: Number, words: Words, by: As = "", as_json: Json = False) -> None:
    """作废一笔收益记录。 Strike a record out.

    例 Example:  gongshu operation returns strike SR-20261121-0001 --words 金额填错 --as ma
    """
    actor = session.actor(by)
    from gongshu.operation import return_actions

    _answer_return(return_actions.strike(by=actor, number=number, reason=words), as_json)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _demand(found: Governance) -> dict[str, Any]:
    return {
        "number": found.number,
        "resource": found.entry.code,
        "operator": found.designation.organization.code,
        "provider": found.entry.provider.code,
        "dimension": found.dimension,
        "item": found.item,
        "check": found.check_id,
        "version": found.version,
        "status": str(found.status),
        "due_on": found.due_on,
        "result_version": found.result_version,
        "failed_before": found.failed_before,
        "failed_after": found.failed_after,
        "rounds": found.rounds,
        "citations": [c["label"] for c in found.citations],
    }


def _say(found: Governance) -> None:
    until = f"  → {found.due_on}" if found.due_on else ""
    status = found.status_label.say(output.language())
    output.console().print(f"{found.number}  {found.entry.title}  [{status}]{until}", markup=False)


def _answer(found: Governance, as_json: bool) -> None:
    if as_json:
        output.emit(_demand(found))
    else:
        _say(found)


def _return(found: Return) -> dict[str, Any]:
    names = ("number", "product", "product_kind", "scenario", "user", "period_from", "period_to", "amount_fen", "basis")
    return {name: getattr(found, name) for name in names} | {
        "operator": found.designation.organization.code,
        "demands": found.demands,
        "reported_to": found.reported_to.code,
        "status": str(found.status),
        "citations": [c["label"] for c in found.citations],
    }


def _say_return(found: Return) -> None:
    from gongshu.operation.governance_policy import yuan

    status = found.status_label.say(output.language())
    output.console().print(
        f"{found.number}  {found.product}  {found.user}  {found.period_from} - {found.period_to}  "
        f"{yuan(found.amount_fen)}  [{status}]",
        markup=False,
    )


def _answer_return(found: Return, as_json: bool) -> None:
    if as_json:
        output.emit(_return(found))
    else:
        _say_return(found)
