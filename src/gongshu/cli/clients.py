"""``gongshu clients``: the systems that may call the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.identity.models import APIClient

app = typer.Typer(
    help=t("应用系统：登记、换密钥、停用。", "Client systems: register, rotate the secret, stop."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
ClientId = Annotated[str, typer.Argument(help=t("应用编号", "Client id"))]


@app.command("list")
def list_clients(by: As = "", as_json: Json = False) -> None:
    """列出本单位的应用系统。 List your organisation's systems.

    例 Example:  gongshu clients list --as zhou
    """
    actor = session.actor(by)
    from gongshu.identity import queries

    found = list(queries.clients(actor))
    if as_json:
        output.emit([_summary(client) for client in found])
        return
    from rich.table import Table

    table = Table(t("应用编号", "Client id"), t("名称", "Name"), t("单位", "Organisation"), t("状态", "State"))
    for client in found:
        state = t("启用", "active") if client.active else t("停用", "stopped")
        table.add_row(client.client_id, client.name, client.organization.say(output.language()), state)
    output.console().print(table)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help=t("系统名称", "Name of the system"))],
    by: As = "",
    algorithm: Annotated[str, typer.Option(help="HMAC-SM3 | HMAC-SHA256")] = "HMAC-SM3",
    as_json: Json = False,
) -> None:
    """登记一个应用系统；密钥只显示这一次。 Register a system; its secret is shown this once.

    例 Example:  gongshu clients add 房产交易系统 --as zhou
    """
    actor = session.actor(by)
    from gongshu.identity import actions

    client, secret = actions.create_client(by=actor, organization=actor.organization, name=name, algorithm=algorithm)
    _show_secret(client, secret, as_json)


@app.command()
def rotate(client_id: ClientId, by: As = "", as_json: Json = False) -> None:
    """换一个新密钥，旧密钥随即失效。 Give a new secret; the old one stops working within a second.

    例 Example:  gongshu clients rotate app_01… --as zhou
    """
    actor = session.actor(by)
    from gongshu.identity import actions

    client, secret = actions.rotate_client_secret(by=actor, client_id=client_id)
    _show_secret(client, secret, as_json)


@app.command()
def stop(client_id: ClientId, by: As = "") -> None:
    """停用一个应用系统。 Stop a system.

    例 Example:  gongshu clients stop app_01… --as zhou
    """
    actor = session.actor(by)
    from gongshu.identity import actions

    actions.set_client_active(by=actor, client_id=client_id, active=False)
    output.say(f"已停用 {client_id}。", f"Stopped {client_id}.")


def _summary(client: APIClient) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "organization": client.organization.code,
        "algorithm": client.algorithm,
        "active": client.active,
    }


def _show_secret(client: APIClient, secret: str, as_json: bool) -> None:
    if as_json:
        output.emit({**_summary(client), "secret": secret})
        return
    output.say(f"应用编号：{client.client_id}", f"Client id: {client.client_id}")
    output.say(f"密钥（只显示这一次）：{secret}", f"Secret (shown this once): {secret}")
