"""``gongshu source``: sources that are read by themselves - databases, interfaces, exchange nodes, streams."""

from __future__ import annotations

import getpass
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import EnvironmentFault, Exit, GongshuError
from gongshu.stopping import Stop

if TYPE_CHECKING:
    from gongshu.collection.models import Run, Source
    from gongshu.identity.actor import Actor

app = typer.Typer(
    help=t("接入来源：数据库等，按周期自动归集。", "Sources: databases and others, collected by themselves."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("来源编号", "Id of the source"))]
Setting = Annotated[
    list[str], typer.Option("--set", help=t("设置项：名称=值，可多次", "A setting name=value, repeatable"))
]
Secret = Annotated[
    list[str],
    typer.Option(
        "--secret",
        help=t(
            "密钥项：名称=@文件 或 名称=env:变量；只写名称则提示输入",
            "A secret name=@file or name=env:VARIABLE; the name alone asks",
        ),
    ),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help=t("来源名称", "Name of the source"))],
    resource: Annotated[str, typer.Option(help=t("信息资源代码", "Resource code in the catalog"))],
    kind: Annotated[str, typer.Option(help="postgresql | mysql | sql | …")],
    setting: Setting = [],  # noqa: B006 - typer copies it
    secret: Secret = [],  # noqa: B006
    mode: Annotated[str, typer.Option(help="full | incremental | upsert")] = "full",
    deletes: Annotated[bool, typer.Option("--deletes", help=t("同步删除", "Rows gone at the source go"))] = False,
    most_deleted: Annotated[int, typer.Option(help=t("一次最多删除的百分比", "Most percent deleted at once"))] = 50,
    schedule: Annotated[str, typer.Option(help="cycle | manual")] = "cycle",
    direction: Annotated[str, typer.Option(help=t("in 读入 | out 写回", "in | out: written back to"))] = "in",
    by: As = "",
    as_json: Json = False,
) -> None:
    """登记接入来源。设置项见 docs/how-to/sources.md。 Declare a source; docs/how-to/sources.md lists the settings.

    例 Example:  gongshu source add 企业库 --resource 333004-000001 --kind postgresql --set host=10.1.2.3
    --set database=qy --set table=company --set user=reader --secret password=env:QY_PASSWORD --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import source_actions

    found = source_actions.add(
        by=actor,
        resource=resource.replace("/", "-"),
        kind=kind,
        name=name,
        settings=_pairs(setting),
        secrets=_secrets(secret),
        mode=mode,
        deletes=deletes,
        most_deleted=most_deleted,
        schedule=schedule,
        direction=direction,
    )
    if as_json:
        output.emit(_summary(found))
        return
    output.say(
        f"已登记接入来源 {found.pk}。先试连：gongshu source test {found.pk}",
        f"Source {found.pk} declared. Try it: gongshu source test {found.pk}",
    )


@app.command()
def test(number: Number, by: As = "", as_json: Json = False) -> None:
    """试连：能否读取、有哪些列、与目录是否相符；不归集。 Reach it and say what is there; nothing is collected.

    例 Example:  gongshu source test src_01J9Z3 --as wang

    退出码 Exit codes:  0 可用 usable · 1 不可用 not usable
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import source_actions

    found = source_actions.test(by=actor, source=number)
    if as_json:
        output.emit(found)
    elif found["ok"]:
        output.say(f"可以读取，共 {found.get('rows', '—')} 行。", f"It can be read: {found.get('rows', '—')} rows.")
        for item, column in found.get("found", {}).items():
            output.say(f"  {item} ← {column}", f"  {item} ← {column}")
        if found.get("unlisted"):
            names = "、".join(found["unlisted"])
            output.say(
                f"目录未列、不会读取的列：{names}", f"Columns that the catalog does not list, never read: {names}"
            )
    else:
        output.say(found["zh"], found["en"])
    if not found["ok"]:
        raise typer.Exit(Exit.NO)


@app.command()
def run(
    number: Number,
    by: As = "",
    queue: Annotated[
        bool, typer.Option("--queue", help=t("只排队，由后台执行", "Queue it for the worker only"))
    ] = False,
    as_json: Json = False,
) -> None:
    """立即归集一次。 Collect from it now.

    例 Example:  gongshu source run src_01J9Z3 --as wang

    退出码 Exit codes:  0 入库或无变化 committed or unchanged · 3 退回 refused · 4 环境问题 the machine is in the way
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import actions, queries, source_actions, source_queries
    from gongshu.collection.states import EXCHANGES

    if source_queries.source(actor, number).kind in EXCHANGES:
        _look(actor, number, as_json=as_json)
        return
    started = source_actions.start(by=actor, source=number)
    done = started
    while not queue:
        done = actions.work_one(run=started.pk) or queries.current(started.pk)
        if done.status not in {"queued", "running"}:
            break
        time.sleep(0.25)
    if as_json:
        output.emit(_run(done))
    else:
        _tell(done)
    if done.error_code and done.status in {"refused", "failed"}:
        fault = EnvironmentFault if done.status == "failed" else GongshuError
        output.print_error(fault(done.error_code, done.error_zh, done.error_en, run=done.pk), as_json=as_json)
        raise typer.Exit(Exit.ENVIRONMENT if done.status == "failed" else Exit.REFUSED)


def _look(actor: Actor, number: str, *, as_json: bool) -> None:
    """Take what lies at an exchange node, work it off, write the receipts."""
    from gongshu.collection import actions, exchanging, queries, source_actions

    taken = source_actions.look(by=actor, source=number)
    done = [actions.work_one(run=one.pk) or queries.current(one.pk) for one in taken]
    exchanging.write_receipts(by=actor)
    if as_json:
        output.emit([_run(one) for one in done])
        return
    output.say(f"取到 {len(done)} 个文件。", f"{len(done)} files taken.")
    for one in done:
        _tell(one)


@app.command()
def write(number: Number, by: As = "", as_json: Json = False) -> None:
    """把目录的最新版本写回部门数据库，一个事务，前后存证。 Write the latest version back into the department's table.

    例 Example:  gongshu source write src_01J9Z3 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import back_actions

    done = back_actions.write_back(by=actor, source=number)
    if as_json:
        output.emit({"version": done.version, "rows": done.rows, "inserted": done.inserted, "updated": done.updated})
        return
    output.say(
        f"版本 {done.version} 已写回：{done.rows:,} 行 = 新增 {done.inserted:,} + 更新 {done.updated:,}",
        f"version {done.version} written back: {done.rows:,} rows = {done.inserted:,} inserted + {done.updated:,} updated",
    )


@app.command()
def listen(number: Number, by: As = "") -> None:
    """在前台接收一个感知数据流，直到中断；后台任务平时自动接收。

    Collect a stream here until interrupted; the worker does so by itself.

    例 Example:  gongshu source listen src_01J9Z3 --as ma
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import source_queries, streaming
    from gongshu.collection.states import SourceKind

    found = source_queries.source(actor, number)
    if found.kind != SourceKind.MQTT:
        raise GongshuError("source.no_stream", "该来源不是感知数据流。", "This source is no stream.")
    ended = Stop()
    ended.on_signals()
    if not streaming.listen(by=actor, source=found.pk, wanted=lambda: not ended.is_set()):
        output.note("另一个进程正在接收。", "Another process collects from it.")
        raise typer.Exit(Exit.NO)


@app.command()
def status(number: Number, by: As = "", as_json: Json = False) -> None:
    """一个来源的设置、安排和最近的归集。 A source: settings, schedule, last turns.

    例 Example:  gongshu source status src_01J9Z3 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import source_queries

    found = source_queries.source(actor, number)
    last = list(source_queries.runs(found)[:10])
    if as_json:
        output.emit({**_summary(found), "settings": found.settings, "runs": [_run(one) for one in last]})
        return
    _line(found)
    for key, value in found.settings.items():
        if value not in ("", 0, [], {}):
            said = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
            output.say(f"  {key}: {said}", f"  {key}: {said}")
    if found.watermark:
        output.say(f"  水位：{found.watermark}", f"  watermark: {found.watermark}")
    for one in last:
        _tell(one)


@app.command("list")
def list_(
    text: Annotated[str, typer.Argument(help=t("名称、目录中的文字", "Words of name or entry"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """列出接入来源。 List sources.

    例 Example:  gongshu source list 企业 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import source_queries

    found = list(source_queries.sources(actor, text=text))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        _line(one)
    if not found:
        output.say("没有接入来源。", "No sources.")


@app.command()
def pause(
    number: Number,
    resume: Annotated[bool, typer.Option("--resume", help=t("恢复", "Go on"))] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """暂停或恢复按周期归集。 Pause, or go on with --resume.

    例 Example:  gongshu source pause src_01J9Z3 --resume --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import source_actions

    found = source_actions.pause(by=actor, source=number, paused=not resume)
    if as_json:
        output.emit(_summary(found))
    else:
        _line(found)


@app.command()
def remove(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help=t("不再询问", "Do not ask"))] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """移除来源并销毁其密钥；已入库的版本保留。 Remove it and its secrets; versions stay.

    例 Example:  gongshu source remove src_01J9Z3 --yes --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import source_actions, source_queries

    found = source_queries.source(actor, number)
    if not yes:
        typer.confirm(t(f"移除“{found.name}”？", f"Remove “{found.name}”?"), abort=True)
    found = source_actions.remove(by=actor, source=number)
    if as_json:
        output.emit(_summary(found))
    else:
        _line(found)


def _pairs(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise GongshuError(
                "source.setting_form", f"设置“{name}”须写成 名称=值。", f"Write the setting “{name}” as name=value."
            )
        # Several --set of one name make lines: columns, conditions.
        found[name.strip()] = f"{found[name.strip()]}\n{value}" if name.strip() in found else value
    return found


def _secrets(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            found[name] = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        elif value.startswith("@"):
            try:
                found[name] = Path(value[1:]).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise EnvironmentFault(
                    "source.secret_file",
                    f"密钥文件无法读取：{value[1:]}。",
                    f"Cannot read the secret's file {value[1:]}.",
                ) from error
        elif value.startswith("env:"):
            found[name] = os.environ.get(value[4:], "")
        else:
            raise GongshuError(
                "source.secret_form",
                "密钥不能写在命令行上，请用 名称=@文件 或 名称=env:变量。",
                "A secret does not belong on the command line: use name=@file or name=env:VARIABLE.",
            )
    return found


def _summary(found: Source) -> dict[str, Any]:
    return {
        "id": found.pk,
        "name": found.name,
        "kind": found.kind,
        "resource": found.resource,
        "mode": str(found.mode),
        "direction": str(found.direction),
        "written": found.written,
        "deletes": found.deletes,
        "schedule": str(found.schedule),
        "status": str(found.status),
        "watermark": found.watermark,
        "next_due": found.next_due,
        "last_ok_at": found.last_ok_at,
        "failures": found.failures,
        "tested": found.tested,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": run.pk,
        "status": str(run.status),
        "version": run.version,
        "read": run.read,
        "accepted": run.accepted,
        "rejected": run.rejected,
        "blank": run.blank,
        "reconciliation": run.reconciliation,
        "error": {"code": run.error_code, "zh": run.error_zh, "en": run.error_en} if run.error_code else None,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
    }


def _line(found: Source) -> None:
    due = f"{found.next_due:%Y-%m-%d %H:%M}Z" if found.next_due else "—"
    zh, en = found.status_label
    output.say(
        f"{found.pk}  {found.name} → {found.resource}  {found.kind} {found.mode}  {zh}  下次 {due}",
        f"{found.pk}  {found.name} → {found.resource}  {found.kind} {found.mode}  {en}  next {due}",
    )


def _tell(run: Run) -> None:
    zh, en = run.status_label
    output.say(
        f"  {run.pk}  {zh}  读取 {run.read:,} = 通过 {run.accepted:,} + 未通过 {run.rejected:,} + 空行 {run.blank:,}"
        + (f"  版本 {run.version}" if run.version is not None else ""),
        f"  {run.pk}  {en}  read {run.read:,} = accepted {run.accepted:,} + rejected {run.rejected:,} + "
        f"blank {run.blank:,}" + (f"  version {run.version}" if run.version is not None else ""),
    )
    sides = run.reconciliation
    if sides:
        changes = sides.get("changes") or {}
        said = "、".join(f"{key} {value}" for key, value in changes.items())
        ok = t("一致", "equal") if sides["matched"] else t("不一致", "NOT equal")
        output.say(f"    对账{ok}  {said}", f"    reconciled: {ok}  {said}")
