"""``gongshu share``: apply for data, see who must decide by when, decide."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu import clock
from gongshu.cli import disputes, output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import GongshuError

if TYPE_CHECKING:
    from gongshu.sharing.models import Application

app = typer.Typer(
    help=t("共享申请：提出、办理、查询。", "Applications for sharing: file, decide, look up."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("申请编号", "Number of the application"))]


@app.command()
def apply(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    items: Annotated[str, typer.Option(help=t("数据项，逗号分隔", "Items, separated by commas"))],
    purpose: Annotated[str, typer.Option(help=t("使用用途（见 gongshu rules）", "Purpose (see gongshu rules)"))],
    by: As = "",
    mode: Annotated[str, typer.Option(help="verify | query | batch")] = "query",
    until: Annotated[str, typer.Option(help=t("使用到哪天（默认一年）", "Last day of use (default: a year)"))] = "",
    basis: Annotated[str, typer.Option(help=t("履职依据", "Basis in your duties"))] = "",
    scenario: Annotated[str, typer.Option(help=t("应用场景", "Scenario of use"))] = "",
    process: Annotated[str, typer.Option(help=t("业务流程", "Business process"))] = "",
    scope: Annotated[str, typer.Option(help=t("使用范围", "Scope of use"))] = "",
    emergency: Annotated[str, typer.Option(help=t("突发事件编号", "Number of the emergency"))] = "",
    as_json: Json = False,
) -> None:
    """提出共享申请；答复由谁在何时之前作出，一并显示。 Apply; the answer shows who must decide by when.

    例 Example:  gongshu share apply 333004-000001 --items name,status --purpose verification --as zhou
    """
    actor = session.actor(by)
    from gongshu.sharing import actions
    from gongshu.sharing.request import Request

    request = Request(
        items=tuple(part.strip() for part in items.split(",") if part.strip()),
        purpose=purpose,
        mode=mode,
        valid_until=_last_day(until),
        basis=basis,
        scenario=scenario,
        business_process=process,
        scope=scope,
    )
    _answer(actions.apply(by=actor, code=code, request=request, emergency=emergency), as_json)


@app.command()
def dispute(
    number: Annotated[
        str,
        typer.Argument(help=t("不予共享的申请编号，或要协商的资源代码", "A refused application, or a resource code")),
    ],
    need: Annotated[str, typer.Option(help=t("因何职责确需使用", "Which duty needs them"))],
    by: As = "",
    items: Annotated[str, typer.Option(help=t("协商的数据项，逗号分隔", "Items to negotiate about, by commas"))] = "",
    purpose: Annotated[str, typer.Option(help=t("使用用途", "Purpose"))] = "",
    mode: Annotated[str, typer.Option(help="verify | query | batch")] = "query",
    until: Annotated[str, typer.Option(help=t("使用到哪天（默认一年）", "Last day of use (default: a year)"))] = "",
    basis: Annotated[str, typer.Option(help=t("履职依据", "Basis in your duties"))] = "",
    scenario: Annotated[str, typer.Option(help=t("应用场景", "Scenario of use"))] = "",
    process: Annotated[str, typer.Option(help=t("业务流程", "Business process"))] = "",
    scope: Annotated[str, typer.Option(help=t("使用范围", "Scope of use"))] = "",
    as_json: Json = False,
) -> None:
    """对不予共享提出争议；写明数据项则就不予共享的数据请求协商。 Dispute a refusal, or negotiate about data not shared.

    例 Example:  gongshu share dispute SQ-20261121-0001 --need 预售许可核查确需 --as zhou
    """
    from gongshu.sharing.request import Request

    chosen = tuple(part.strip() for part in items.split(",") if part.strip())
    request = Request(chosen, purpose, mode, _last_day(until), basis, scenario, process, scope) if chosen else None
    disputes.dispute(number, need, by, request, as_json)


app.command("settle")(disputes.settle)
app.command("disputes")(disputes.disputes)


@app.command()
def decide(
    number: Number,
    answer: Annotated[str, typer.Argument(help="agree | return | refuse")],
    by: As = "",
    reason: Annotated[str, typer.Option(help=t("理由", "Reason"))] = "",
    basis_kind: Annotated[str, typer.Option(help=t("依据种类", "Kind of legal basis"))] = "",
    basis: Annotated[str, typer.Option(help=t("依据的文件与条款", "Document and article"))] = "",
    as_json: Json = False,
) -> None:
    """办理一份申请：同意、退回补正或不予共享。 Decide: agree, return to be completed, or refuse.

    例 Example:  gongshu share decide SQ-20261121-0001 agree --as li
    """
    actor = session.actor(by)
    from gongshu.sharing import actions
    from gongshu.sharing.request import Decision
    from gongshu.sharing.states import Outcome

    if answer not in {str(outcome) for outcome in Outcome}:
        raise GongshuError(
            "cli.answer_unknown", "答复须为 agree、return 或 refuse。", "The answer must be agree, return or refuse."
        )
    decision = Decision(Outcome(answer), reason=reason, basis_kind=basis_kind, basis=basis)
    _answer(actions.decide(by=actor, number=number, decision=decision), as_json)


@app.command("list")
def list_applications(
    by: As = "",
    status: Annotated[str, typer.Option(help=t("状态，如 pending", "State, for example pending"))] = "",
    as_json: Json = False,
) -> None:
    """列出与本单位有关的申请。 List the applications that concern your organisation.

    例 Example:  gongshu share list --status pending --as li
    """
    actor = session.actor(by)
    from gongshu.sharing import queries

    found = queries.search(actor, filters={"status": status})
    if as_json:
        output.emit([_summary(application) for application in found])
        return
    from rich.table import Table

    table = Table(t("编号", "Number"), t("资源", "Resource"), t("申请单位", "Applicant"), t("状态", "State"))
    for application in found:
        table.add_row(
            application.number,
            application.entry.title,
            application.organization.say(output.language()),
            application.status_label.say(output.language()),
        )
    output.console().print(table)


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """显示一份申请及其步骤、期限和条款。 Show an application with its steps, deadlines and articles.

    例 Example:  gongshu share show SQ-20261121-0001 --as li
    """
    actor = session.actor(by)
    from gongshu.sharing import queries

    _answer(queries.application(actor, number), as_json)


def _last_day(text: str) -> date:
    return session.day(text) or clock.today() + timedelta(days=365)


def _summary(application: Application) -> dict[str, Any]:
    return {
        "number": application.number,
        "resource": application.entry.code,
        "title": application.entry.title,
        "applicant": application.organization.code,
        "items": application.items,
        "purpose": application.purpose,
        "mode": application.mode,
        "status": application.status,
        "grant": application.grant_id,
    }


def _answer(application: Application, as_json: bool) -> None:
    from gongshu.sharing import queries

    language = output.language()
    steps = list(queries.steps(application))
    if as_json:
        output.emit(
            {
                **_summary(application),
                "steps": [
                    {
                        "stage": step.stage,
                        "office": step.office,
                        "organization": step.organization.code,
                        "act": session.pair(step.act_label),
                        "days": step.days,
                        "words": session.pair(step.words),
                        "due_on": step.due_on,
                        "provisional": step.provisional,
                        "status": step.status,
                        "citations": [c["label"] for c in step.citations],
                    }
                    for step in steps
                ],
            }
        )
        return
    output.console().print(
        f"{application.number}  {application.entry.title}  {application.status_label.say(language)}", markup=False
    )
    for step in steps:
        due = f"{step.due_on}" if step.due_on else step.words.say(language)
        cites = ";".join(c["label" if language == "zh" else "label_en"] for c in step.citations)
        output.console().print(
            f"  {step.stage}. {step.organization.say(language)} {step.act_label.say(language)} "
            f"[{step.status_label.say(language)}] {due}  {cites}",
            markup=False,
        )
    if application.grant_id:
        output.say(f"授权：{application.grant_id}", f"Grant: {application.grant_id}")
