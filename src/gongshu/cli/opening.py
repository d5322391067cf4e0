"""``gongshu open``: propose a release, review it, withdraw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import open_requests, output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.opening.models import Release

app = typer.Typer(
    help=t("向社会开放：提出、审查、停止。", "Opening to the public: propose, review, withdraw."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("开放事项编号", "Number of the release"))]


@app.command()
def propose(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    by: As = "",
    items: Annotated[str, typer.Option(help=t("数据项，逗号分隔（默认全部）", "Items, by commas (default: all)"))] = "",
    as_json: Json = False,
) -> None:
    """提出开放；需要哪些审查、由谁决定，按规则包。 Propose a release; the pack says which reviews it needs.

    例 Example:  gongshu open propose 333004-000002 --as wang
    """
    actor = session.actor(by)
    from gongshu.opening import actions

    chosen = [part.strip() for part in items.split(",") if part.strip()]
    _answer(actions.propose(by=actor, code=code, items=chosen), as_json)


@app.command()
def decide(
    number: Number,
    passed: Annotated[bool, typer.Option("--pass/--fail", help=t("通过或不通过", "Passed or not"))],
    by: As = "",
    remark: Annotated[str, typer.Option(help=t("意见", "Remark"))] = "",
    ground: Annotated[str, typer.Option(help=t("不予开放的情形", "Ground of refusal"))] = "",
    as_json: Json = False,
) -> None:
    """作出当前这一步审查或决定。 Answer the review or decision whose turn it is.

    例 Example:  gongshu open decide KF-20261121-0001 --pass --as li
    """
    actor = session.actor(by)
    from gongshu.opening import actions

    _answer(actions.decide(by=actor, number=number, passed=passed, remark=remark, ground=ground), as_json)


@app.command()
def withdraw(
    number: Number,
    reason: Annotated[str, typer.Option(help=t("理由", "Reason"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """停止开放。 Withdraw a release.

    例 Example:  gongshu open withdraw KF-20261121-0001 --reason 含错误数据 --as wang
    """
    actor = session.actor(by)
    from gongshu.opening import actions

    _answer(actions.withdraw(by=actor, number=number, reason=reason), as_json)


@app.command("list")
def list_releases(by: As = "", as_json: Json = False) -> None:
    """列出与本单位有关的开放事项。 List the releases that concern your organisation.

    例 Example:  gongshu open list --as li --json
    """
    actor = session.actor(by)
    from gongshu.opening import queries

    found = queries.visible(actor)
    if as_json:
        output.emit([_summary(release) for release in found])
        return
    from rich.table import Table

    table = Table(t("编号", "Number"), t("资源", "Resource"), t("状态", "State"))
    for release in found:
        table.add_row(release.number, release.entry.title, release.status_label.say(output.language()))
    output.console().print(table)


app.command("request")(open_requests.request)
app.command("answer")(open_requests.answer)
app.command("object")(open_requests.object_to)
app.command("provide")(open_requests.provide)
app.command("requests")(open_requests.requests)


def _summary(release: Release) -> dict[str, Any]:
    return {
        "number": release.number,
        "resource": release.entry.code,
        "title": release.entry.title,
        "items": release.items,
        "masks": release.masks,
        "status": release.status,
        "grant": release.grant_id,
    }


def _answer(release: Release, as_json: bool) -> None:
    from gongshu.opening import queries

    language = output.language()
    steps = list(queries.steps(release))
    if as_json:
        output.emit(
            {
                **_summary(release),
                "steps": [
                    {
                        "kind": step.kind,
                        "label": session.pair(step.kind_label),
                        "organization": step.organization.code,
                        "status": step.status,
                        "citations": [c["label"] for c in step.citations],
                    }
                    for step in steps
                ],
            }
        )
        return
    output.console().print(
        f"{release.number}  {release.entry.title}  {release.status_label.say(language)}", markup=False
    )
    for step in steps:
        cites = ";".join(c["label" if language == "zh" else "label_en"] for c in step.citations)
        output.console().print(
            f"  {step.position}. {step.organization.say(language)} {step.kind_label.say(language)} "
            f"[{step.status_label.say(language)}]  {cites}",
            markup=False,
        )
