"""``gongshu tokens``: the access tokens with which programs act in a person's name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu import clock
from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.identity.models import AccessToken

app = typer.Typer(
    help=t("访问令牌：新建、查看、撤销。", "Access tokens: make, list, revoke."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help=t("用于哪个程序", "Which program it is for"))],
    by: As = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="catalog | collection | sharing | opening | operation | duties | grants | notices"),
    ] = None,
    days: Annotated[int, typer.Option(help=t("有效天数，不超过 365", "Days of validity, at most 365"), min=0)] = 90,
    as_json: Json = False,
) -> None:
    """新建访问令牌：标准输出只有令牌本身，只显示这一次。 Make a token: it alone is printed, this once.

    例 Example:  gongshu tokens new 目录同步 --scope catalog --as wang
    """
    actor = session.actor(by)
    from gongshu.identity import token_actions

    until = clock.today() + timedelta(days=min(days, 100_000))
    made, token = token_actions.create_token(by=actor, name=name, scopes=scope or (), valid_until=until)
    if as_json:
        output.emit({**_summary(made), "token": token})
        return
    output.note(
        f"{made.name}（{'、'.join(made.scopes)}），有效期至 {until}。请立即保存，不再显示：",
        f"{made.name} ({', '.join(made.scopes)}), valid until {until}. Keep it now, it is not shown again:",
    )
    output.say(token, token)


@app.command("list")
def list_tokens(by: As = "", as_json: Json = False) -> None:
    """列出自己的令牌。 List one's own tokens.

    例 Example:  gongshu tokens list --as wang
    """
    actor = session.actor(by)
    from gongshu.identity import token_queries

    found = list(token_queries.own(actor))
    if as_json:
        output.emit([_summary(token) for token in found])
        return
    from rich.table import Table

    table = Table(t("编号", "Id"), t("名称", "Name"), t("权限范围", "Scopes"), t("状态", "State"))
    for token in found:
        state = token_queries.standing(token)[1].say(output.language())
        table.add_row(token.token_id, token.name, ", ".join(token.scopes), state)
    output.console().print(table)


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help=t("令牌编号", "Id of the token"))], by: As = "") -> None:
    """撤销令牌：自己的，或由数据主管撤销他人的。 Revoke one's own token, or anybody's as the data authority.

    例 Example:  gongshu tokens revoke token_01… --as wang
    """
    actor = session.actor(by)
    from gongshu.identity import token_actions

    token_actions.revoke_token(by=actor, token_id=token_id)
    output.say(f"已撤销 {token_id}。", f"Revoked {token_id}.")


def _summary(token: AccessToken) -> dict[str, Any]:
    from gongshu.identity import token_queries

    return {
        "token_id": token.token_id,
        "name": token.name,
        "scopes": token.scopes,
        "organization": token.organization.code if token.organization else "public",
        "valid_until": token.valid_until,
        "last_used_at": token.last_used_at,
        "state": token_queries.standing(token)[0],
    }
