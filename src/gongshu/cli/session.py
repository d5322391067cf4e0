"""Who acts on the command line: the person named by ``--as``, in the installation that is open."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gongshu.cli.output import t
from gongshu.errors import GongshuError, Text

if TYPE_CHECKING:
    from gongshu.identity.actor import Actor

As = Annotated[
    str,
    typer.Option("--as", help=t("以哪个用户的身份", "On whose behalf: a user name"), envvar="GONGSHU_USER"),
]
Json = Annotated[bool, typer.Option("--json", help=t("输出 JSON", "Answer in JSON"))]


class Engines(StrEnum):
    """Where checks and comparisons are worked out: on this machine, or on a cluster; the answers are the same."""

    DUCKDB = "duckdb"
    SPARK = "spark"


Engine = Annotated[
    Engines,
    typer.Option(
        help=t("引擎：duckdb 本机，spark 集群（结果相同）", "duckdb: this machine, spark: a cluster; equal answers")
    ),
]


def connect() -> None:
    """Set Django up on the installation, or say how to make one."""
    from gongshu.cli import installation

    installation.connect(installation.require_installation())


def actor(username: str) -> Actor:
    """The person who acts; whoever can run commands here can name anyone, and the ledger keeps the name."""
    connect()
    if not username:
        raise GongshuError(
            "cli.as_missing",
            "请用 --as 用户名 指明以谁的身份操作。用 gongshu people list 查看用户。",
            "Say on whose behalf with --as USERNAME. List the people with: gongshu people list",
        )
    from gongshu.identity import queries

    return queries.actor_by_username(username)


def reader(username: str) -> Actor:
    """The person who reads, or anybody where nobody is named."""
    from gongshu.identity.actor import Actor

    connect()
    return actor(username) if username else Actor.anonymous()


def operator() -> Actor:
    """The operator at this machine, whom the ledger then names as such."""
    from gongshu.identity.actor import Actor

    connect()
    return Actor.process("operator")


def actor_or_operator(username: str) -> Actor:
    """The person named, or the operator at this machine where nobody is named."""
    return actor(username) if username else operator()


def pair(text: Text) -> dict[str, str]:
    """A bilingual text as JSON."""
    return {"zh": text.zh, "en": text.en}


def day(text: str) -> date | None:
    """The day of an option; None where it is left out."""
    return needed_day(text) if text else None


def needed_day(text: str) -> date:
    """The day of an argument that cannot be left out."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(t("日期写作 2027-06-30", "Write a day like 2027-06-30")) from None
