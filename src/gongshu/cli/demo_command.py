"""``gongshu demo``: the main job, end to end, on a fictional city."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from gongshu import rules
from gongshu.cli import output
from gongshu.cli.output import t
from gongshu.errors import Exit


def demo(
    city: Annotated[str, typer.Option(help=t("按哪座城市的规定演示", "Whose regulations apply"))] = "xian",
    once: Annotated[bool, typer.Option("--once", help=t("演示后即停止", "Stop when the story is told"))] = False,
    small: Annotated[
        bool, typer.Option("--small", help=t("小城：几千行", "A small city of a few thousand rows"))
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help=t("删除此前的演示，重新开始", "Forget earlier demos"))] = False,
    folder: Annotated[str, typer.Option(help=t("演示文件夹", "The demo's folder (default var/demo)"))] = "",
    web_port: Annotated[int, typer.Option(help=t("网站端口", "Port of the pages"))] = 8000,
    gateway_port: Annotated[int, typer.Option(help=t("网关端口", "Port of the gateway"))] = 8001,
) -> int:
    """在虚构城市江临市演示全流程，然后保持平台运行。 Play the main job on a fictional city and leave it running.

    Catalog, collect, apply, decide, read through the gateway, revoke, open, prove: with the real web, gateway and
    worker processes. A demo that was interrupted goes on where it stopped. Writes summary.json in the demo's folder.

    例 Example:  gongshu demo --city yongjia --once
    """
    rules.load(city)  # an unknown city ends here, before anything is made
    from gongshu.demo import story
    from gongshu.demo.registers import SMALL, Size

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite end, like Ctrl-C
    plan = story.Plan(
        city=city,
        folder=Path(folder).absolute() if folder else story.default_folder(),
        size=SMALL if small else Size(),
        web_port=web_port,
        gateway_port=gateway_port,
        fresh=fresh,
    )
    platform = story.play(plan)
    try:
        output.say(
            f"\n演示完成。摘要：{plan.folder / 'summary.json'}", f"\nDone. Summary: {plan.folder / 'summary.json'}"
        )
        if once:
            return Exit.OK
        _print_log_ins(platform.web, platform.gateway, plan.root)
        return platform.wait()
    except KeyboardInterrupt:  # the story is told; stopping the platform is how this ends
        return Exit.OK
    finally:
        platform.stop()


def _print_log_ins(web: str, gateway: str, root: Path) -> None:
    from rich.table import Table

    from gongshu.demo import city
    from gongshu.identity import queries
    from gongshu.identity.states import ROLE_LABELS

    language = output.language()
    names = queries.names(account.organization for account in city.ACCOUNTS)
    table = Table(
        t("用户名", "User"), t("姓名", "Name"), t("单位", "Organisation"), t("角色", "Roles"),
        title=t(f"密码均为 {city.PASSWORD}", f"Everybody's password is {city.PASSWORD}"),
    )  # fmt: skip
    for account in city.ACCOUNTS:
        roles = "、".join(ROLE_LABELS[role].say(language) for role in account.roles)
        table.add_row(account.username, account.name, names[account.organization].say(language), roles)
    output.console().print(table)
    output.say(
        f"门户 {web}/  工作台 {web}/console/  网关 {gateway}  安装目录 {os.path.relpath(root)}\n按 Ctrl-C 停止",
        f"Portal {web}/  console {web}/console/  gateway {gateway}  installation {os.path.relpath(root)}\n"
        "Stop with Ctrl-C",
    )
