"""``gongshu emergency``: declare an emergency, see what was supplied under it, end it with its grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.sharing.models import Emergency

app = typer.Typer(
    help=t("突发事件：宣布、结束、查询。", "Emergencies: declare, end, look up."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("突发事件编号", "Number of the emergency"))]


@app.command()
def declare(
    kind: Annotated[str, typer.Argument(help=t("种类（见规则包）", "Kind (see the pack)"))],
    title: Annotated[str, typer.Option(help=t("名称", "Name"))],
    description: Annotated[str, typer.Option(help=t("情况、处置单位和需要的数据", "What happened, who needs what"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """宣布突发事件；此后申请共享时可以据此提出。 Declare an emergency, under which data can then be asked for.

    例 Example:  gongshu emergency declare natural_disaster --title 防汛 --description 转移安置 --as lin
    """
    actor = session.actor(by)
    from gongshu.sharing import emergency_actions

    _answer(emergency_actions.declare(by=actor, kind=kind, title=title, description=description), as_json)


@app.command()
def end(
    number: Number,
    reason: Annotated[str, typer.Option(help=t("结束的理由", "Why it is over"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """结束突发事件；按规则，据此取得的授权同时终止。 End it; where the rules say so, grants made under it end too.

    例 Example:  gongshu emergency end TF-20261121-0001 --reason 应急响应终止 --as lin
    """
    actor = session.actor(by)
    from gongshu.sharing import emergency_actions

    _answer(emergency_actions.end(by=actor, number=number, reason=reason), as_json)


@app.command("list")
def list_emergencies(by: As = "", as_json: Json = False) -> None:
    """列出突发事件。 List the emergencies.

    例 Example:  gongshu emergency list --as lin
    """
    session.actor(by)
    from gongshu.sharing import emergency_queries

    found = list(emergency_queries.search())
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        output.console().print(f"{one.number}  {one.title}  {one.status_label.say(output.language())}", markup=False)


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """查看一项突发事件和据此提供的数据。 Show one emergency and what was supplied under it.

    例 Example:  gongshu emergency show TF-20261121-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.sharing import emergency_queries

    found = emergency_queries.emergency(number)
    filed = list(emergency_queries.applications(actor, found))
    if as_json:
        lines = [
            {
                "number": one.number,
                "resource": one.entry.code,
                "applicant": one.organization.code,
                "status": str(one.status),
                "grant": one.grant_id,
            }
            for one in filed
        ]
        output.emit({**_summary(found), "applications": lines})
        return
    _answer(found, False)
    for one in filed:
        said = one.status_label.say(output.language())
        output.console().print(f"  {one.number}  {one.entry.title}  {said}  {one.grant_id}", markup=False)


def _summary(found: Emergency) -> dict[str, Any]:
    return {
        "number": found.number,
        "kind": found.kind,
        "title": found.title,
        "status": str(found.status),
        "purpose_limited": found.purpose_limited,
        "ends_with_it": found.ends_with_it,
        "citations": [c["label"] for c in found.citations],
    }


def _answer(found: Emergency, as_json: bool) -> None:
    if as_json:
        output.emit(_summary(found))
        return
    language = output.language()
    cites = "；".join(dict.fromkeys(c["label" if language == "zh" else "label_en"] for c in found.citations))
    output.console().print(f"{found.number}  {found.title}  {found.status_label.say(language)}  {cites}", markup=False)
