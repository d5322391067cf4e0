"""``gongshu objections``: report a value that looks wrong, check it, say what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit, GongshuError

if TYPE_CHECKING:
    from gongshu.quality.models import Objection

app = typer.Typer(
    help=t("数据异议：反馈、校核、办结。", "Objections to values: report, check, close."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("异议编号", "Number of the objection"))]
Reason = Annotated[str, typer.Option(help=t("理由或说明", "Reasons or remark"))]


@app.command()
def report(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    key: Annotated[list[str], typer.Option(help=t("主键，如 uscc=91…，可多次", "Key item, like uscc=91…; repeat it"))],
    by: As = "",
    item: Annotated[str, typer.Option(help=t("有疑义的数据项", "Item that is doubted"))] = "",
    fault: Annotated[str, typer.Option(help="wrong | missing | rights")] = "wrong",
    seen: Annotated[str, typer.Option(help=t("看到的内容", "What it says"))] = "",
    right: Annotated[str, typer.Option(help=t("认为正确的内容", "What it should say"))] = "",
    evidence: Annotated[str, typer.Option(help=t("依据和说明", "Evidence"))] = "",
    urgent: Annotated[bool, typer.Option("--urgent", help=t("业务紧急", "Urgent business"))] = False,
    as_json: Json = False,
) -> None:
    """反馈可能有误的数据，由提供单位限时校核。 Report a value that looks wrong; its provider checks it in time.

    例 Example:  gongshu objections report 333004-000001 --key uscc=91350100M000100Y43 --item name --right 新名 --as zhou
    """
    actor = session.actor(by)
    from gongshu.quality import actions
    from gongshu.quality.report import Report
    from gongshu.quality.states import Channel, Fault

    if fault not in set(Fault) or not all("=" in pair for pair in key):
        raise _usage(
            "问题须为 wrong、missing 或 rights；主键写成 名称=值。",
            "The fault is wrong, missing or rights; a key is written NAME=VALUE.",
        )
    named = dict(pair.split("=", 1) for pair in key)
    filed = Report(named, item, Fault(fault), seen, right, evidence, urgent)
    _answer(actions.report(by=actor, code=code, filed=filed, channel=Channel.COMMAND), as_json)


@app.command()
def answer(
    number: Number,
    word: Annotated[str, typer.Argument(help="forward | wrong | correct | confirm | settle | pass-on")],
    by: As = "",
    reason: Reason = "",
    version: Annotated[int, typer.Option(help=t("在哪个数据版本中更正", "Version in which it is corrected"))] = 0,
    to: Annotated[str, typer.Option(help=t("源头单位代码（转办）", "Code of the right source (pass-on)"))] = "",
    as_json: Json = False,
) -> None:
    """校核答复：转交、有误、已更正、无误、沟通解决、转源头单位。 Check a report and answer it.

    例 Example:  gongshu objections answer YY-20261121-0001 correct --version 2 --as wang
    """
    actor = session.actor(by)
    from gongshu.quality import actions

    if word == "forward":
        found = actions.forward(by=actor, number=number)
    elif word == "wrong":
        found = actions.find_wrong(by=actor, number=number, reason=reason)
    elif word == "correct":
        found = actions.correct(by=actor, number=number, version=version, reason=reason)
    elif word == "confirm":
        found = actions.confirm(by=actor, number=number, reason=reason)
    elif word == "settle":
        found = actions.settle(by=actor, number=number, reason=reason)
    elif word == "pass-on":
        found = actions.pass_on(by=actor, number=number, provider=to, reason=reason)
    else:
        raise _usage(
            "答复须为 forward、wrong、correct、confirm、settle 或 pass-on。",
            "The answer is forward, wrong, correct, confirm, settle or pass-on.",
        )
    _answer(found, as_json)


@app.command()
def close(
    number: Number,
    word: Annotated[str, typer.Argument(help="accept | disagree | withdraw")] = "accept",
    by: As = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """反馈人确认办结、不同意答复，或撤回。 The reporter accepts the answer, disagrees, or withdraws.

    例 Example:  gongshu objections close YY-20261121-0001 --as zhou
    """
    actor = session.actor(by)
    from gongshu.quality import actions

    if word == "accept":
        found = actions.close(by=actor, number=number)
    elif word == "disagree":
        found = actions.disagree(by=actor, number=number, reason=reason)
    elif word == "withdraw":
        found = actions.withdraw(by=actor, number=number)
    else:
        raise _usage("须为 accept、disagree 或 withdraw。", "It is accept, disagree or withdraw.")
    _answer(found, as_json)


@app.command("list")
def list_objections(
    by: As = "",
    status: Annotated[str, typer.Option(help=t("状态，如 checking", "State, for example checking"))] = "",
    as_json: Json = False,
) -> None:
    """列出与本单位有关的数据异议。 List the objections that concern your organisation.

    例 Example:  gongshu objections list --status checking --as wang
    """
    actor = session.actor(by)
    from gongshu.quality import queries

    found = queries.search(actor, status=status)
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        _print(one)


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """显示一项数据异议，含已通知的单位。 Show an objection, and who was told.

    例 Example:  gongshu objections show YY-20261121-0001 --as wang
    """
    actor = session.actor(by)
    from gongshu.quality import queries

    found = queries.objection(actor, number)
    told = [row.organization for row, _ in queries.recipients(actor, found)]
    if as_json:
        output.emit({**_summary(found), "told": told})
        return
    _print(found)
    if told:
        output.say(f"  已通知：{'、'.join(told)}", f"  told: {', '.join(told)}")


def _usage(zh: str, en: str) -> GongshuError:
    error = GongshuError("cli.usage", zh, en)
    error.exit = Exit.USAGE
    return error


def _summary(found: Objection) -> dict[str, Any]:
    from gongshu.duties import queries as duties

    owed = [duty for duty in duties.of_subject(found.number) if duty.is_owed]
    return {
        "number": found.number,
        "resource": found.entry.code,
        "title": found.entry.title,
        "item": found.item,
        "fault": found.fault,
        "record": found.commitment,
        "version": found.version,
        "provider": found.provider.code,
        "status": found.status,
        "outcome": found.outcome,
        "corrected_version": found.corrected_version,
        "due_on": owed[0].due_on if owed else None,
        "words": session.pair(owed[0].words) if owed else None,
        "citations": [c["label"] for c in found.citations],
    }


def _print(found: Objection) -> None:
    language = output.language()
    output.console().print(
        f"{found.number}  {found.entry.title}  {found.fault_label.say(language)}  {found.status_label.say(language)}  "
        f"{found.provider.say(language)}",
        markup=False,
    )


def _answer(found: Objection, as_json: bool) -> None:
    if as_json:
        output.emit(_summary(found))
    else:
        _print(found)
