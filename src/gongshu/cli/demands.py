"""``gongshu demands``: what is needed, who supplies it, the three lists."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit, GongshuError

if TYPE_CHECKING:
    from gongshu.catalog.demand_models import Demand

app = typer.Typer(
    help=t(
        "数据需求：提出、统筹、答复；三张清单。", "Demands for data: file, match or assign, answer; the three lists."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("需求编号", "Number of the demand"))]
Remark = Annotated[str, typer.Option(help=t("说明或理由", "Remark or reasons"))]


@app.command()
def file(
    title: Annotated[str, typer.Argument(help=t("需要什么数据", "Which data are needed"))],
    by: As = "",
    items: Annotated[str, typer.Option(help=t("所需数据项", "What each record should say"))] = "",
    purpose: Annotated[str, typer.Option(help=t("使用用途（见 gongshu rules）", "Purpose (see gongshu rules)"))] = "",
    mode: Annotated[str, typer.Option(help="verify | query | batch")] = "",
    basis: Annotated[str, typer.Option(help=t("履职依据", "Basis in your duties"))] = "",
    scenario: Annotated[str, typer.Option(help=t("应用场景", "Scenario of use"))] = "",
    process: Annotated[str, typer.Option(help=t("业务流程", "Business process"))] = "",
    scope: Annotated[str, typer.Option(help=t("使用范围", "Scope of use"))] = "",
    wanted: Annotated[str, typer.Option(help=t("期望何时可用", "Wanted by"))] = "",
    as_json: Json = False,
) -> None:
    """提出数据需求；可能已有的目录一并显示。 File a demand; entries that may already answer it are shown.

    例 Example:  gongshu demands file 不动产登记信息 --items 坐落、权利人 --purpose verification --as zhou
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_actions, demand_queries
    from gongshu.catalog.demand import Need

    need = Need(title, items, purpose, basis, scenario, process, scope, mode, session.day(wanted))
    found = demand_actions.file_demand(by=actor, need=need)
    near = demand_queries.proposals(found)
    if as_json:
        output.emit({**_summary(found), "proposals": [{"code": one.code, "title": one.title} for one in near]})
        return
    _print(found)
    for one in near:
        output.say(f"  可能已有：{one.code} {one.title}", f"  perhaps there: {one.code} {one.title}")


@app.command()
def match(
    number: Number,
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    by: As = "",
    remark: Remark = "",
    as_json: Json = False,
) -> None:
    """目录里已有：指向该目录。 The data are there: point to the entry.

    例 Example:  gongshu demands match XQ-20261121-0001 333004-000001 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_actions

    _answer(demand_actions.match(by=actor, number=number, code=code, remark=remark), as_json)


@app.command()
def assign(
    number: Number,
    provider: Annotated[str, typer.Argument(help=t("提供单位代码", "Code of the provider"))],
    due: Annotated[str, typer.Argument(help=t("提供期限，如 2027-03-31", "Day by which it is supplied"))],
    by: As = "",
    remark: Remark = "",
    as_json: Json = False,
) -> None:
    """没有：指派单位限期提供。 The data are missing: assign a provider and a day.

    例 Example:  gongshu demands assign XQ-20261121-0001 market 2027-03-31 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_actions

    found = demand_actions.assign(
        by=actor, number=number, provider=provider, due_on=session.needed_day(due), remark=remark
    )
    _answer(found, as_json)


@app.command()
def decline(number: Number, by: As = "", remark: Remark = "", as_json: Json = False) -> None:
    """不予满足，说明理由。 Decline a demand, with reasons.

    例 Example:  gongshu demands decline XQ-20261121-0001 --remark 涉及国家秘密 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_actions

    _answer(demand_actions.decline(by=actor, number=number, remark=remark), as_json)


@app.command()
def answer(
    number: Number,
    word: Annotated[str, typer.Argument(help="accept | object | withdraw")],
    by: As = "",
    reason: Annotated[str, typer.Option(help=t("理由", "Reason"))] = "",
    basis_kind: Annotated[str, typer.Option(help=t("依据种类", "Kind of legal basis"))] = "",
    basis: Annotated[str, typer.Option(help=t("依据的文件与条款", "Document and article"))] = "",
    as_json: Json = False,
) -> None:
    """提供单位接受或提出异议；需求单位撤回。 The provider accepts or objects; the consumer withdraws.

    例 Example:  gongshu demands answer XQ-20261121-0001 accept --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_actions
    from gongshu.catalog.demand import Ground

    if word == "accept":
        found = demand_actions.accept(by=actor, number=number)
    elif word == "object":
        found = demand_actions.object_to(by=actor, number=number, ground=Ground(reason, basis_kind, basis))
    elif word == "withdraw":
        found = demand_actions.withdraw(by=actor, number=number)
    else:
        raise _usage("答复须为 accept、object 或 withdraw。", "The answer is accept, object or withdraw.")
    _answer(found, as_json)


@app.command()
def supply(
    number: Number,
    code: Annotated[str, typer.Argument(help=t("本单位目录的资源代码", "Code of your own entry"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """指明满足需求的目录；已发布即满足，未发布的发布时满足。 Name the entry that answers the demand.

    例 Example:  gongshu demands supply XQ-20261121-0001 333004-000003 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_actions

    _answer(demand_actions.name_entry(by=actor, number=number, code=code), as_json)


@app.command("list")
def list_demands(
    by: As = "",
    status: Annotated[str, typer.Option(help=t("状态，如 assigned", "State, for example assigned"))] = "",
    as_json: Json = False,
) -> None:
    """列出与本单位有关的数据需求。 List the demands that concern your organisation.

    例 Example:  gongshu demands list --status filed --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_queries

    found = demand_queries.search(actor, status=status)
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        _print(one)


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """显示一项需求。 Show a demand.

    例 Example:  gongshu demands show XQ-20261121-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_queries

    _answer(demand_queries.demand(actor, number), as_json)


@app.command()
def export(
    kind: Annotated[str, typer.Argument(help="demand | responsibility | negative")],
    to: Annotated[Path, typer.Argument(help=t("写到哪个 CSV 文件", "CSV file to write"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """把一张清单写成 CSV 文件。 Write one of the three lists as CSV.

    例 Example:  gongshu demands export responsibility 责任清单.csv --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_queries
    from gongshu.catalog.demand_states import ListKind

    if kind not in set(ListKind):
        raise _usage("清单须为 demand、responsibility 或 negative。", "The list is demand, responsibility or negative.")
    rows, text = demand_queries.list_text(actor, ListKind(kind))
    to.write_text(text, encoding="utf-8-sig")
    if as_json:
        output.emit({"file": str(to), "rows": rows, "sha256": hashlib.sha256(text.encode()).hexdigest()})
        return
    output.say(f"已写入 {to}，{rows} 项。", f"Wrote {to}: {rows} rows.")


@app.command()
def issue(
    kind: Annotated[str, typer.Argument(help="demand | responsibility | negative")],
    by: As = "",
    note: Annotated[str, typer.Option(help=t("发布说明", "Note"))] = "",
    as_json: Json = False,
) -> None:
    """正式发布一张清单，存证并通知各单位。 Issue a list: kept, proven, made known to every unit.

    例 Example:  gongshu demands issue responsibility --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import demand_actions
    from gongshu.catalog.demand_states import ListKind

    if kind not in set(ListKind):
        raise _usage("清单须为 demand、responsibility 或 negative。", "The list is demand, responsibility or negative.")
    made = demand_actions.issue_list(by=actor, kind=ListKind(kind), note=note)
    if as_json:
        output.emit({"number": made.number, "kind": made.kind, "rows": made.rows, "sha256": made.sha256})
        return
    output.say(f"已发布 {made.number}，{made.rows} 项。", f"Issued {made.number}: {made.rows} rows.")


def _usage(zh: str, en: str) -> GongshuError:
    error = GongshuError("cli.usage", zh, en)
    error.exit = Exit.USAGE
    return error


def _summary(found: Demand) -> dict[str, Any]:
    return {
        "number": found.number,
        "title": found.title,
        "consumer": found.organization.code,
        "status": found.status,
        "entry": found.entry.code if found.entry else "",
        "provider": found.provider.code if found.provider else "",
        "due_on": found.due_on,
        "citations": [c["label"] for c in found.citations],
    }


def _print(found: Demand) -> None:
    language = output.language()
    due = f"  {found.due_on}" if found.due_on else ""
    provider = f"  {found.provider.say(language)}" if found.provider else ""
    output.console().print(
        f"{found.number}  {found.title}  {found.status_label.say(language)}{provider}{due}", markup=False
    )


def _answer(found: Demand, as_json: bool) -> None:
    if as_json:
        output.emit(_summary(found))
    else:
        _print(found)
