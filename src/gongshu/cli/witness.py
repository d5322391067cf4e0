"""``gongshu witness``: run a witness for other people's ledgers, or look at one. Needs no installation of the platform."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, process
from gongshu.cli.output import t
from gongshu.errors import EnvironmentFault

if TYPE_CHECKING:
    from gongshu.witness.folder import Folder

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help=t(
        "见证节点：替别人的账本作证——只增不改才签名，分叉即拒绝并留下证据。",
        "A witness for other people's ledgers: signs what only grew, refuses forks and keeps them as evidence.",
    ),
)

FolderOption = Annotated[
    str, typer.Option("--folder", help=t("见证节点的文件夹（默认：安装目录下的 witness）", "The witness's folder"))
]
Json = Annotated[bool, typer.Option("--json", help=t("输出 JSON", "Answer in JSON"))]


@app.command()
def init(
    name: Annotated[str, typer.Option(help=t("名称，如 jt.example.gov.cn/w1", "Its name, as jt.example.gov.cn/w1"))],
    folder: FolderOption = "",
) -> None:
    """建立见证节点：生成密钥，打印公钥（交给账本一方）。 Make a witness; prints the public key, for the log's policy.

    例 Example:  gongshu witness init --folder /srv/witness --name transport.example.gov.cn/w1
    """
    sys.stdout.write(f"{_folder(folder).make(name).vkey}\n")


@app.command()
def trust(
    keys: Annotated[Path, typer.Argument(help=t("账本的公钥文件", "File of the log's verifier keys"))],
    folder: FolderOption = "",
) -> None:
    """信任一个账本的公钥，开始为它作证。 Trust a log's keys, and serve that log from now on.

    公钥由账本一方用 gongshu ledger public-key 打印。 The log's operator prints them: gongshu ledger public-key.

    例 Example:  gongshu witness trust ledger.keys --folder /srv/witness
    """
    from gongshu.ledger import note

    try:
        found = note.parse_vkeys(keys.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "ledger.keys_unreadable",
            f"公钥文件 {keys} 无法读取（{error}）。",
            f"The public keys in {keys} cannot be read ({error}).",
        ) from error
    count = _existing(folder).trust(found)
    output.say(f"新增 {count} 个受信公钥", f"{count} keys are trusted that were not before")


@app.command()
def serve(
    folder: FolderOption = "",
    host: Annotated[str, typer.Option(help=t("监听地址", "Address to listen on"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=t("端口，0 为任一空闲端口", "Port; 0 takes a free one"))] = 8002,
) -> None:
    """启动见证节点。 Start the witness.

    `gongshu serve` 会随平台启动本机的一个。 `gongshu serve` starts the one of the installation.

    例 Example:  gongshu witness serve --folder /srv/witness --port 8002
    """
    process.follow_supervisor()
    from gongshu.witness import server

    logging.getLogger("gongshu").setLevel(logging.INFO)
    server.run(_existing(folder), host=host, port=port)


@app.command("public-key")
def public_key(folder: FolderOption = "") -> None:
    """打印见证节点的公钥。 Print the witness's public key, for policies.

    例 Example:  gongshu witness public-key --folder /srv/witness
    """
    sys.stdout.write(f"{_existing(folder).verifier.vkey}\n")


@app.command()
def status(folder: FolderOption = "", as_json: Json = False) -> None:
    """为哪些账本作证，签到第几条，有无分叉证据。 Which logs it serves, up to which size, and evidence of forks.

    例 Example:  gongshu witness status --folder /srv/witness
    """
    place = _existing(folder)
    logs: list[dict[str, Any]] = []
    for origin in place.logs():
        seen = place.seen(origin)
        logs.append({"origin": origin, "size": seen.size, "root": seen.root.hex(), "at": seen.moment or None})
    forks = [str(path) for path in place.evidence()]
    if as_json:
        output.emit({"name": place.name, "vkey": place.verifier.vkey, "logs": logs, "evidence": forks})
        return
    output.say(f"见证节点 {place.name}", f"Witness {place.name}")
    for log in logs:
        at = datetime.fromtimestamp(log["at"], UTC).isoformat() if log["at"] else "-"
        output.say(f"  {log['origin']}：{log['size']} 条，{at}", f"  {log['origin']}: {log['size']} entries, {at}")
    for path in forks:
        output.note(f"分叉证据：{path}", f"Evidence of a fork: {path}")


def _folder(named: str) -> Folder:
    from gongshu.home import open_home
    from gongshu.witness.folder import Folder

    return Folder(Path(named).expanduser().absolute() if named else open_home(os.environ.get("GONGSHU_HOME")).witness)


def _existing(named: str) -> Folder:
    found = _folder(named)
    found.key()
    return found
