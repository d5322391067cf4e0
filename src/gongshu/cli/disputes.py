"""``gongshu share dispute|settle|disputes``: when data are needed that were refused or are not shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit, GongshuError

if TYPE_CHECKING:
    from gongshu.sharing.models import Dispute
    from gongshu.sharing.request import Request

Number = Annotated[str, typer.Argument(help=t("争议编号", "Number of the dispute"))]


def dispute(number: str, need: str, username: str, request: Request | None, as_json: bool) -> None:
    """Dispute the refusal ``number``, or with ``request`` negotiate about the resource of that code."""
    actor = session.actor(username)
    from gongshu.sharing import dispute_actions

    if request is None:
        found = dispute_actions.dispute_refusal(by=actor, number=number, need=need)
    else:
        found = dispute_actions.ask_for_negotiation(by=actor, code=number, request=request, need=need)
    _answer(found, as_json)


def settle(
    number: Number,
    answer: Annotated[str, typer.Argument(help="agreed | failed | advised | kept | withdrawn")],
    by: As = "",
    remark: Annotated[str, typer.Option(help=t("理由或意见", "Reasons or opinion"))] = "",
    as_json: Json = False,
) -> None:
    """答复一项共享争议：同意、未达成一致、提出意见、维持，或撤回。 Settle a dispute, pass it on, or withdraw it.

    例 Example:  gongshu share settle ZY-20261121-0001 agreed --as lin
    """
    actor = session.actor(by)
    from gongshu.sharing import dispute_actions
    from gongshu.sharing.states import Settlement

    if answer == "withdrawn":
        _answer(dispute_actions.withdraw_dispute(by=actor, number=number), as_json)
        return
    if answer not in {str(outcome) for outcome in Settlement}:
        error = GongshuError(
            "cli.usage",
            "答复须为 agreed、failed、advised、kept 或 withdrawn。",
            "The answer is agreed, failed, advised, kept or withdrawn.",
        )
        error.exit = Exit.USAGE
        raise error
    _answer(dispute_actions.settle(by=actor, number=number, outcome=Settlement(answer), remark=remark), as_json)


def disputes(by: As = "", as_json: Json = False) -> None:
    """列出与本单位有关的共享争议。 List the disputes that concern your organisation.

    例 Example:  gongshu share disputes --as lin
    """
    actor = session.actor(by)
    from gongshu.sharing import queries

    found = list(queries.visible_disputes(actor))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        output.console().print(
            f"{one.number}  {one.entry.title}  {one.status_label.say(output.language())}", markup=False
        )


def _summary(found: Dispute) -> dict[str, Any]:
    return {
        "number": found.number,
        "resource": found.entry.code,
        "title": found.entry.title,
        "application": found.application.number if found.application else "",
        "claimant": found.organization.code,
        "status": found.status,
        "masked_only": found.masked_only,
        "citations": [c["label"] for c in found.citations],
        "grant": found.grant_id,
    }


def _answer(found: Dispute, as_json: bool) -> None:
    from gongshu.sharing import queries

    language, steps = output.language(), list(queries.dispute_steps(found))
    if as_json:
        output.emit(
            {
                **_summary(found),
                "steps": [
                    {
                        "stage": step.stage,
                        "office": step.office,
                        "organization": step.organization.code if step.organization else "",
                        "act": session.pair(step.act_label),
                        "status": step.status,
                        "due_on": step.due_on,
                        "citations": [c["label"] for c in step.citations],
                    }
                    for step in steps
                ],
            }
        )
        return
    console = output.console()
    console.print(f"{found.number}  {found.entry.title}  {found.status_label.say(language)}", markup=False)
    for step in steps:
        cites = "；".join(c["label" if language == "zh" else "label_en"] for c in step.citations)
        who = step.organization.say(language) if step.organization else step.office
        console.print(
            f"  {step.stage}. {who} {step.act_label.say(language)} [{step.status_label.say(language)}]  {cites}",
            markup=False,
        )
    if found.grant_id:
        output.say(f"授权：{found.grant_id}", f"Grant: {found.grant_id}")
