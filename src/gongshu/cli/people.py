"""``gongshu people``: who may sign in, and as what."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Annotated, Any

import typer

from gongshu.cli import output
from gongshu.cli.output import t
from gongshu.errors import GongshuError

app = typer.Typer(
    help=t("用户与角色。", "People and their roles."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.command("list")
def list_people(
    as_json: Annotated[bool, typer.Option("--json", help=t("输出 JSON", "Answer in JSON"))] = False,
) -> None:
    """列出用户及其单位和角色。 List the people with their organisations and roles.

    例 Example:  gongshu people list --json
    """
    _connect()
    from gongshu.identity import queries
    from gongshu.identity.states import ROLE_LABELS, Role

    rows: list[dict[str, Any]] = []
    for person in queries.people():
        held = [m for m in person.memberships.all() if m.until is None]
        rows.append(
            {
                "username": person.username,
                "name": person.display_name,
                "organization": held[0].organization.code if held else "",
                "organization_name": held[0].organization.say(output.language()) if held else "",
                "roles": [m.role for m in held],
            }
        )
    if as_json:
        output.emit(rows)
        return
    from rich.table import Table

    headings = (t("用户名", "User"), t("姓名", "Name"), t("单位", "Organisation"), t("角色", "Roles"))
    table = Table(*headings)
    for row in rows:
        labels = [ROLE_LABELS[Role(role)].say(output.language()) for role in row["roles"]]
        table.add_row(row["username"], row["name"], row["organization_name"], "、".join(labels))
    output.console().print(table)


@app.command("add")
def add_person(
    username: Annotated[str, typer.Argument(help=t("用户名", "User name"))],
    name: Annotated[str, typer.Option(help=t("姓名", "Name on the pages"))],
    role: Annotated[
        list[str],
        typer.Option(
            help=t(
                "角色，可多次：data_authority provider consumer auditor operator",
                "Role, may be repeated: data_authority provider consumer auditor operator",
            )
        ),
    ],
    organization: Annotated[str, typer.Option(help=t("单位代码", "The organisation's code"))] = "authority",
) -> None:
    """添加用户。密码取自 GONGSHU_PASSWORD,否则提示输入。 Add a person; the password is asked for.

    例 Example:  gongshu people add lin --name 林静 --organization authority --role data_authority
    """
    _connect()
    from gongshu.identity import actions, queries
    from gongshu.identity.actor import Actor
    from gongshu.identity.states import Role

    queries.organization(organization)
    unknown = [word for word in role if word not in {str(known) for known in Role}]
    if unknown:
        raise GongshuError(
            "identity.role_unknown",
            f"没有角色“{unknown[0]}”。可选：{'、'.join(Role)}。",
            f"There is no role “{unknown[0]}”. Choose from: {', '.join(Role)}.",
        )
    actions.register_person(
        by=Actor.process("cli"),
        username=username,
        display_name=name,
        password=_password(),
        organization=organization,
        roles=[Role(word) for word in role],
    )
    output.say(f"已添加用户 {username}。", f"Added {username}.")


def _password() -> str:
    given = os.environ.get("GONGSHU_PASSWORD")
    if given is None:
        if not sys.stdin.isatty():
            raise GongshuError(
                "identity.password_missing",
                "请在终端中运行，或用环境变量 GONGSHU_PASSWORD 提供密码。",
                "Run this in a terminal, or give the password in the environment variable GONGSHU_PASSWORD.",
            )
        given = getpass.getpass(t("密码：", "Password: "))
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    try:
        validate_password(given)
    except ValidationError as error:
        raise GongshuError(
            "identity.password_weak",
            "密码不符合要求：至少 10 个字符，且不是常见密码。",
            "The password is too weak: at least 10 characters, and not a common one.",
        ) from error
    return given


def _connect() -> None:
    from gongshu.cli import installation

    installation.connect(installation.require_installation())
