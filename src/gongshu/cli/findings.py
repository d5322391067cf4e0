"""``gongshu findings``: violations found, ordered to be corrected, answered, circulated."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.supervision.models import Finding

app = typer.Typer(
    help=t("违规整改：登记、责令改正、反馈、验收、通报。", "Violations: record, order, answer, accept, circulate."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("违规事项编号", "Number of the finding"))]
Words = Annotated[str, typer.Option("--words", help=t("要求、情况或理由", "What is demanded, done, or why"))]
Day = Annotated[datetime, typer.Option("--by-day", formats=["%Y-%m-%d"], help=t("改正期限", "Last day"))]


@app.command("list")
def list_findings(
    by: As = "",
    status: Annotated[str, typer.Option(help=t("只列某一状态", "Only this status"))] = "",
    as_json: Json = False,
) -> None:
    """列出可见的违规事项。 List the findings that you may see.

    例 Example:  gongshu findings list --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import queries

    found = list(queries.search(actor, filters={"status": status}))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        _line(one)


@app.command("kinds")
def kinds(as_json: Json = False) -> None:
    """列出本市规则的违规情形和处理机关。 List the kinds of violations and who deals with them, by the city's rules.

    例 Example:  gongshu findings kinds --json
    """
    session.connect()
    from gongshu.supervision.procedure import procedure

    rule = procedure()
    steps = [{"office": turn.office, "act": session.pair(turn.label)} for turn in rule.turns]
    listed = [{"kind": k.id, "label": session.pair(k.label), "against": str(k.against)} for k in rule.kinds.values()]
    if as_json:
        output.emit({"kinds": listed, "steps": steps, "handed_on": sorted(rule.ways)})
        return
    for kind in rule.kinds.values():
        output.console().print(f"{kind.id}  {kind.label.say(output.language())}", markup=False)
    for turn in rule.turns:
        output.console().print(f"  {turn.office}: {turn.label.say(output.language())}", markup=False)
    if not rule.turns:
        output.say("本市规则未规定由谁责令改正。", "The city's rules do not say who orders a correction.")


@app.command("find")
def find(
    organization: Annotated[str, typer.Argument(help=t("单位代码", "Code of the organisation"))],
    kind: Annotated[str, typer.Option(help=t("情形（见 findings kinds）", "Kind (see findings kinds)"))],
    facts: Annotated[str, typer.Option(help=t("违规事实", "What was found"))],
    by: As = "",
    evidence: Annotated[str, typer.Option(help=t("证据", "Evidence"))] = "",
    as_json: Json = False,
) -> None:
    """登记一条违规线索。 Put a violation on record.

    例 Example:  gongshu findings find market --kind catalog_not_kept --facts 目录半年未更新 --as shen
    """
    actor = session.actor(by)
    from gongshu.supervision import actions

    found = actions.find(by=actor, organization=organization, kind=kind, facts=facts, evidence=evidence)
    _answer(found, as_json)


@app.command("order")
def order(number: Number, words: Words, day: Day, by: As = "", as_json: Json = False) -> None:
    """责令限期改正。 Order to correct by a day.

    例 Example:  gongshu findings order JD-20261121-0001 --words 更新目录 --by-day 2026-12-10 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import actions

    _answer(actions.order(by=actor, number=number, demand=words, due_on=day.date()), as_json)


@app.command("answer")
def answer(
    number: Number,
    words: Words,
    evidence: Annotated[str, typer.Option(help=t("证据", "Evidence"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """反馈改正情况。 Say what was corrected, with evidence.

    例 Example:  gongshu findings answer JD-20261121-0001 --words 已更新 --evidence 目录第3版 --as wang
    """
    actor = session.actor(by)
    from gongshu.supervision import actions

    _answer(actions.answer(by=actor, number=number, done=words, evidence=evidence), as_json)


@app.command("extend")
def extend(number: Number, words: Words, day: Day, by: As = "", as_json: Json = False) -> None:
    """另定期限。 Name another day.

    例 Example:  gongshu findings extend JD-20261121-0001 --words 尚缺两项 --by-day 2026-12-20 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import actions

    _answer(actions.extend(by=actor, number=number, reason=words, due_on=day.date()), as_json)


@app.command("close")
def close(
    number: Number,
    outcome: Annotated[str, typer.Argument(help="accept | dismiss | fail | circulate")],
    by: As = "",
    words: Words = "",
    as_json: Json = False,
) -> None:
    """验收、不予立案、认定未改正或通报批评。 Accept, dismiss, find not corrected, or circulate.

    例 Example:  gongshu findings close JD-20261121-0001 accept --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import actions

    if outcome == "accept":
        found = actions.accept(by=actor, number=number, remark=words)
    elif outcome == "dismiss":
        found = actions.dismiss(by=actor, number=number, reason=words)
    elif outcome == "fail":
        found = actions.fail(by=actor, number=number, reason=words)
    elif outcome == "circulate":
        found = actions.circulate(by=actor, number=number, text=words)
    else:
        raise typer.BadParameter(
            t("须为 accept、dismiss、fail 或 circulate", "one of accept, dismiss, fail, circulate")
        )
    _answer(found, as_json)


@app.command("hand-on")
def hand_on(
    number: Number,
    way: Annotated[str, typer.Option(help=t("依法处理的方式（见 findings kinds）", "Way (see findings kinds)"))],
    to: Annotated[str, typer.Option(help=t("移送给", "To which body"))],
    words: Words,
    by: As = "",
    as_json: Json = False,
) -> None:
    """移送有权机关。 Hand the case on to the body that the law names.

    例 Example:  gongshu findings hand-on JD-20261121-0001 --way discipline --to 市监委 --words 情节严重 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import actions

    _answer(actions.hand_on(by=actor, number=number, way=way, to=to, reason=words), as_json)


def _summary(found: Finding) -> dict[str, Any]:
    return {
        "number": found.number,
        "organization": found.organization.code,
        "kind": found.kind,
        "label": session.pair(found.kind_label),
        "status": str(found.status),
        "due_on": found.due_on,
        "detector": found.detector,
        "citations": [c["label"] for c in found.citations],
    }


def _line(found: Finding) -> None:
    language = output.language()
    due = f"  → {found.due_on}" if found.due_on else ""
    output.console().print(
        f"{found.number}  {found.organization.say(language)}  {found.kind_label.say(language)}"
        f"  [{found.status_label.say(language)}]{due}",
        markup=False,
    )


def _answer(found: Finding, as_json: bool) -> None:
    if as_json:
        output.emit(_summary(found))
    else:
        _line(found)
