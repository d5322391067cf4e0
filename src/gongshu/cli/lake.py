"""``gongshu lake``: the versions of an entry's data - listed, taken out, gone back to, looked after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gongshu.cli import looking, output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

app = typer.Typer(
    help=t("数据版本：列出、取出、恢复、整理、清理。", "Versions of data: list, take out, restore, compact, clear."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Resource = Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code in the catalog"))]


@app.command("versions")
def versions(resource: Resource, by: As = "", as_json: Json = False) -> None:
    """列出各版本：行数、大小、来历。 List the versions: rows, size, where each came from.

    例 Example:  gongshu lake versions 333004-000001 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import version_queries

    found = version_queries.versions(actor, resource)
    if as_json:
        output.emit(
            [
                {
                    "number": one.version.number,
                    "rows": one.version.rows,
                    "committed_at": one.version.committed_at,
                    "digest": one.version.digest,
                    "origin": session.pair(version_queries.origin(one.version)),
                    "bytes": one.size,
                    "present": one.present,
                }
                for one in found
            ]
        )
        return
    from gongshu import clock

    for one in found:
        at = clock.local(one.version.committed_at)
        gone = "" if one.present else t("（已清理）", " (cleared)")
        origin = version_queries.origin(one.version).say(output.language())
        output.console().print(
            f"v{one.version.number}  {at:%Y-%m-%d %H:%M}  {one.version.rows:,}  {one.size:,} B  {origin}{gone}",
            markup=False,
        )


@app.command("profile")
def profile(
    resource: Resource,
    version: Annotated[int, typer.Option(help=t("版本（默认最新）", "Version (default: the latest)"))] = -1,
    by: As = "",
    as_json: Json = False,
) -> None:
    """某一版本各列的概貌：有值、不同值、最小最大。 What the columns of a version are like.

    例 Example:  gongshu lake profile 333004-000001 --version 2 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import scanning

    found = scanning.profile_of_version(actor, resource, version if version >= 0 else None)
    if as_json:
        output.emit([vars(one) for one in found])
        return
    for one in found:
        bounds = f"  {one.bounds[0]} – {one.bounds[1]}" if one.bounds else ""
        output.say(
            f"{one.title}（{one.column}） 有值 {one.percent}%，不同值约 {one.distinct:,}{bounds}",
            f"{one.title} ({one.column}) {one.percent}% filled, about {one.distinct:,} different{bounds}",
        )
    if not found:
        output.say("这个版本没有概貌：它由较早的程序提交。", "This version has no profile: an earlier edition made it.")


@app.command("export")
def export(
    resource: Resource,
    out: Annotated[Path, typer.Argument(help=t("写到 .csv 文件", "The .csv file to write"))],
    version: Annotated[int, typer.Option(help=t("版本（默认最新）", "Version (default: the latest)"))] = -1,
    by: As = "",
) -> None:
    """取出某一版本的数据（按权限脱敏）。 Take the data of a version out; masked unless they are your own.

    例 Example:  gongshu lake export 333004-000001 v1.csv --version 1 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import version_queries

    done = version_queries.export(actor, resource, out, version if version >= 0 else None)
    output.say(f"版本 {done.version} 的 {done.rows:,} 行写入 {out}", f"{done.rows:,} rows of v{done.version} in {out}")


@app.command("restore")
def restore(
    resource: Resource,
    version: Annotated[int, typer.Argument(help=t("恢复到的版本", "Version to go back to"))],
    reason: Annotated[str, typer.Option(help=t("理由", "Why"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """恢复：旧版本的内容成为新版本，不删除任何版本。 Go back: the old content becomes the next version.

    例 Example:  gongshu lake restore 333004-000001 2 --reason 误传文件 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import version_actions

    done = version_actions.restore(by=actor, code=resource, version=version, reason=reason)
    if as_json:
        output.emit({"version": done.number, "rows": done.rows, "restored": version})
        return
    output.say(f"版本 {version} 已恢复为版本 {done.number}", f"version {version} is now version {done.number}")
    from gongshu.collection import scanning

    looking.belied(scanning.of_profile(resource, done.profile))


@app.command("compact")
def compact(resource: Resource, by: As = "") -> None:
    """把最新版本的小文件合并。 Write the latest version into fewer files.

    例 Example:  gongshu lake compact 333004-000001 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import version_actions

    done = version_actions.compact(by=actor, code=resource)
    if done is None:
        output.say("文件已是最少，无需合并", "there are as few files as there can be")
        return
    output.say(f"已合并为版本 {done.number}", f"compacted as version {done.number}")


@app.command("clear")
def clear(
    resource: Resource,
    days: Annotated[
        int, typer.Option(help=t("只清理早于多少天的版本", "Only versions older than so many days"), min=0)
    ],
    keep: Annotated[
        int, typer.Option(help=t("至少保留最新几个版本", "Keep at least so many of the newest"), min=1)
    ] = 10,
    yes: Annotated[
        bool, typer.Option("--yes", help=t("真正删除（否则只列出）", "Remove; without it, only tell"))
    ] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """按保留期清理旧版本的文件；版本记录和摘要保留。 Clear the files of old versions; their record stays.

    例 Example:  gongshu lake clear 333004-000001 --days 365 --keep 10 --as wang --yes
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import version_actions

    done = version_actions.clear(by=actor, code=resource, keep_latest=keep, days=days, dry=not yes)
    if as_json:
        output.emit({"versions": list(done.versions), "files": done.files, "bytes": done.size, "removed": yes})
        return
    listed = "、".join(f"v{one}" for one in done.versions) or "-"
    word = t("已清理", "cleared") if yes else t("可清理", "can be cleared")
    output.say(
        f"{word} {listed}：{done.files} 个文件，{done.size:,} 字节",
        f"{word} {listed}: {done.files} files, {done.size:,} B",
    )
