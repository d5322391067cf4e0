"""``gongshu grants``: what may be read, by whom, until when; end it."""

from __future__ import annotations

from typing import Annotated

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

app = typer.Typer(
    help=t("授权：查询、撤销。", "Grants: look up, revoke."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.command("list")
def list_grants(
    by: As = "",
    resource: Annotated[str, typer.Option(help=t("信息资源代码", "Resource code"))] = "",
    as_json: Json = False,
) -> None:
    """列出本单位持有或提供的授权。 List the grants that your organisation holds or provides.

    例 Example:  gongshu grants list --as zhou
    """
    actor = session.actor(by)
    from gongshu.grants import queries
    from gongshu.grants.states import STATUS_LABELS

    found = list(queries.grants(actor, resource=resource))
    if as_json:
        output.emit(
            [
                {
                    "grant": grant.grant_id,
                    "resource": grant.resource,
                    "holder": grant.organization,
                    "items": grant.items,
                    "masks": grant.masks,
                    "purpose": grant.purpose,
                    "modes": grant.modes,
                    "valid_until": grant.valid_until,
                    "last_day": grant.last_day,
                    "status": grant.standing,
                    "source": grant.source,
                }
                for grant in found
            ]
        )
        return
    from rich.table import Table

    table = Table(
        t("授权", "Grant"),
        t("资源", "Resource"),
        t("持有单位", "Holder"),
        t("最后一日", "Last day"),
        t("状态", "State"),
    )
    from gongshu.identity import queries as identity

    names = identity.names(grant.organization for grant in found)
    for grant in found:
        held_by = names.get(grant.organization)
        holder = held_by.say(output.language()) if held_by else grant.organization
        state = STATUS_LABELS[grant.standing].say(output.language())
        table.add_row(grant.grant_id, grant.resource, holder, grant.last_day.isoformat(), state)
    output.console().print(table)


@app.command()
def limit(
    grant_id: Annotated[str, typer.Argument(help=t("授权编号", "Number of the grant"))],
    by: As = "",
    hours: Annotated[
        list[str], typer.Option(help=t("时段，如 1-5 08:30-18:00，可多个", "Hours, as 1-5 08:30-18:00"))
    ] = [],  # noqa: B006
    rate: Annotated[int, typer.Option(help=t("每分钟次数，0 为不限", "Calls a minute; 0: no limit"))] = 600,
    quota: Annotated[int, typer.Option(help=t("每日次数，0 为不限", "Calls a day; 0: no limit"))] = 100_000,
) -> None:
    """设定授权的时段和限额。 Set the hours and limits of a grant.

    例 Example:  gongshu grants limit grant_01… --hours "1-5 08:30-18:00" --quota 5000 --as wang
    """
    actor = session.actor(by)
    from gongshu.grants import actions

    found = actions.limit(
        by=actor, grant_id=grant_id, hours=hours, rate_per_minute=rate or None, daily_quota=quota or None
    )
    output.say(
        f"已设定 {grant_id}：时段 {'、'.join(found.hours) or '不限'}。",
        f"{grant_id} is set: hours {', '.join(found.hours) or 'any'}.",
    )


@app.command()
def revoke(
    grant: Annotated[str, typer.Argument(help=t("授权编号", "Number of the grant"))],
    reason: Annotated[str, typer.Option(help=t("理由", "Reason"))],
    by: As = "",
) -> None:
    """撤销授权，一秒内在所有网关生效。 Revoke a grant; every gateway refuses it within a second.

    例 Example:  gongshu grants revoke grant_01… --reason 用途已完成 --as li
    """
    actor = session.actor(by)
    from gongshu.grants import actions

    actions.revoke(by=actor, grant_id=grant, reason=reason)
    output.say(f"已撤销 {grant}。", f"Revoked {grant}.")
