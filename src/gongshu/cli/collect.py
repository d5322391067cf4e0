"""``gongshu collect``: a department's file becomes a version of its resource, here and now, with the counts
that add up.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu import clock
from gongshu.cli import looking, output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import EnvironmentFault, Exit, GongshuError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gongshu.collection.models import Run
    from gongshu.collection.report import Progress
    from gongshu.identity.actor import Actor

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

SHOWN = 10
_STAGES = {
    "opening": t("打开文件", "opening"),
    "reading": t("逐行检查", "checking"),
    "committing": t("写入版本", "committing"),
    "publishing": t("发布查询", "publishing"),
    "scanning": t("扫描个人信息", "scanning for personal data"),
    "done": t("完成", "done"),
}


@app.command()
def collect(
    file: Annotated[Path, typer.Argument(help=t("数据文件（任何支持的格式）", "The file, of any supported kind"))],
    resource: Annotated[str, typer.Option(help=t("信息资源代码", "Resource code in the catalog"))],
    by: As = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=t("只显示识别结果，不入库", "Show what is found, commit nothing"))
    ] = False,
    sheet: Annotated[str, typer.Option(help=t("工作表名称，* 为全部", "The sheet of a workbook; * for all"))] = "",
    encoding: Annotated[str, typer.Option(help=t("编码，如 gb18030", "Encoding, for example gb18030"))] = "",
    delimiter: Annotated[str, typer.Option(help=t("分隔符 , ; | tab", "Separator , ; | tab"))] = "",
    header_row: Annotated[int, typer.Option(help=t("表头从第几行开始", "First row of the header"))] = 0,
    header_rows: Annotated[int, typer.Option(help=t("表头有几行", "Rows of the header, 1 to 3"))] = 0,
    records: Annotated[str, typer.Option(help=t("JSON、XML 中记录的路径", "Path of the records in JSON or XML"))] = "",
    drop_unlisted: Annotated[
        bool,
        typer.Option("--drop-unlisted", help=t("忽略目录未列的列", "Ignore columns that the catalog does not list")),
    ] = False,
    keep_footers: Annotated[
        bool, typer.Option("--keep-footers", help=t("合计、制表人等行也当作数据", "Totals and signatures are data"))
    ] = False,
    leave_merged: Annotated[
        bool, typer.Option("--leave-merged", help=t("合并单元格只算第一行", "A merged cell counts for its first row"))
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help=t("不沿用上次的读取方式", "Do not read as the last file was read"))
    ] = False,
    show_raw: Annotated[
        bool, typer.Option("--show-raw", help=t("显示未通过行的原文（可能含个人信息）", "Show rejected rows' text"))
    ] = False,
    as_json: Json = False,
) -> None:
    """归集一个文件：识别格式、编码和表头，逐行检查，合格的整体入库为新版本，不合格的连同原因另存。

    Collect a file: find its kind, encoding and header, check every row, commit the good ones as one version, keep the
    rest with reasons. What is found can be seen first (--dry-run) and overruled; the next file of the resource is
    read in the same way.

    例 Example:  gongshu collect villages.csv.gz --resource 333004-000001 --as wang --dry-run

    退出码 Exit codes:  0 入库 committed · 3 退回 refused · 4 环境问题 the machine is in the way
    """
    actor = session.actor_or_operator(by)
    from gongshu.collection import actions, queries
    from gongshu.collection.options import PLAIN, Options

    said = Options(
        sheet=sheet,
        encoding=encoding,
        delimiter="\t" if delimiter == "tab" else delimiter,
        header_row=header_row,
        header_rows=header_rows,
        records=records,
        drop_unlisted=drop_unlisted,
        keep_footers=keep_footers,
        leave_merged=leave_merged,
    ).over(PLAIN if forget else queries.remembered(resource))
    if dry_run:
        looking.tell(queries.look(actor, resource, file, said, lambda: None), said, as_json=as_json)
        return
    run = actions.submit_file(by=actor, resource=resource, path=file, options=said)
    started = clock.monotonic()
    with _bar(file.name, quiet=as_json) as watch:
        done = actions.work_one(run=run.pk, watch=watch) or _follow(run.pk, watch)
        while done.status in {"queued", "running"}:
            done = actions.work_one(run=run.pk, watch=watch) or _follow(run.pk, watch)
    seconds = clock.monotonic() - started
    rows = list(queries.rejected_sample(done, limit=SHOWN)) if done.rejected else []
    if as_json:
        output.emit(_as_json(actor, done, seconds, rows, show_raw=show_raw))
    else:
        _tell(done, seconds, rows, show_raw=show_raw)
    _leave(done, as_json=as_json)


@contextmanager
def _bar(name: str, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A progress bar on stderr, gone when it is done; nothing when a program is reading."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=output.console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(f"{name} {_STAGES['opening']}", total=None, rows="")

        def watch(state: Any) -> None:
            bar.update(
                task,
                description=f"{name} {_STAGES.get(state.stage, state.stage)}",
                completed=state.bytes_done,
                total=state.bytes_total or None,
                rows=t(f"{state.read:,} 行", f"{state.read:,} rows"),
            )

        yield watch


def _follow(run_id: str, watch: Callable[[Progress], None]) -> Run:
    """The worker process was quicker to take the run, or it waits its turn: look on until something changes."""
    from gongshu.collection import queries
    from gongshu.collection.report import Progress

    time.sleep(0.25)
    run = queries.current(run_id)
    watch(
        Progress(
            run.stage or "opening", run.bytes_done, run.bytes_total, run.read, run.accepted, run.rejected, run.blank
        )
    )
    return run


def _as_json(actor: Actor, run: Run, seconds: float, rows: list[Any], *, show_raw: bool) -> dict[str, Any]:
    from gongshu.collection import scanning

    sample = [
        {
            "row": row.row,
            "failures": [
                {"column": reason.column, "rule": reason.rule, **session.pair(reason.text)} for reason in row.reasons
            ],
            **({"raw": row.raw} if show_raw else {}),
        }
        for row in rows
    ]
    return {
        "run": run.pk,
        "resource": run.resource,
        "status": str(run.status),
        "version": run.version,
        "digest": run.digest or None,
        "read": run.read,
        "accepted": run.accepted,
        "rejected": run.rejected,
        "blank": run.blank,
        "detection": run.detection,
        "failures": run.failures,
        "personal": run.personal,
        "profile": [vars(one) for one in scanning.profile_of_run(actor, run)],
        "sample": sample,
        "sha256": run.sha256,
        "seconds": round(seconds, 3),
    }


def _tell(run: Run, seconds: float, rows: list[Any], *, show_raw: bool) -> None:
    found = run.detection
    if found:
        output.say(*looking.found(found))
    if run.read:
        output.say(
            f"读取 {run.read:,} 行 = 入库 {run.accepted:,} + 未通过 {run.rejected:,} + 空行 {run.blank:,}",
            f"read {run.read:,} rows = accepted {run.accepted:,} + rejected {run.rejected:,} + blank {run.blank:,}",
        )
    for row in rows:
        zh = ";".join(f"{reason.column or '整行'}:{reason.text.zh}({reason.rule})" for reason in row.reasons)
        en = "; ".join(f"{reason.column or 'row'}: {reason.text.en} ({reason.rule})" for reason in row.reasons)
        output.say(f"  第 {row.row} 行  {zh}", f"  row {row.row}  {en}")
        if show_raw:
            output.say(f"    {row.raw[:500]}", f"    {row.raw[:500]}")
    if run.rejected > len(rows):
        rest = run.rejected - len(rows)
        output.say(f"  其余 {rest:,} 行见归集记录 {run.pk}", f"  {rest:,} more: see run {run.pk}")
    if run.version is not None:
        output.say(
            f"资源 {run.resource} 版本 {run.version} 已入库（{seconds:.1f} 秒），归集记录 {run.pk}",
            f"version {run.version} of {run.resource} committed in {seconds:.1f} s, run {run.pk}",
        )
        from gongshu.collection import scanning

        looking.belied(scanning.of_run(run))


def _leave(run: Run, *, as_json: bool) -> None:
    """The exit code that fits, with the sentence when there is no version."""
    if run.error_code and run.version is None:
        kind = EnvironmentFault if run.status == "failed" else GongshuError
        output.print_error(kind(run.error_code, run.error_zh, run.error_en, run=run.pk), as_json=as_json)
        raise typer.Exit(Exit.ENVIRONMENT if run.status == "failed" else Exit.REFUSED)
