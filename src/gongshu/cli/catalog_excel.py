"""``gongshu catalog template|export|import``: the Excel way of compiling."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import EnvironmentFault, Exit, GongshuError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gongshu.catalog.import_models import ImportRun
    from gongshu.identity.actor import Actor

SHOWN = 20


def attach(app: typer.Typer) -> None:
    """Add the commands to ``gongshu catalog``."""
    app.command()(template)
    app.command("export")(export_entries)
    app.command("import")(import_entries)


def template(
    file: Annotated[Path, typer.Argument(help=t("写到哪个文件", "Where to write it"))] = Path("catalog-template.xlsx"),
) -> None:
    """写出目录填报模板：本市名称的下拉选项，附填写说明和条文依据。 Write the form, with choices in the city's words.

    例 Example:  gongshu catalog template 目录模板.xlsx
    """
    session.connect()
    from gongshu.catalog import import_queries

    with _writing(file) as out:
        import_queries.template(out)
    output.say(f"模板已写入 {file}", f"The form is in {file}")


def export_entries(
    file: Annotated[Path, typer.Argument(help=t("写到哪个文件", "Where to write it"))],
    by: As = "",
    code: Annotated[
        list[str] | None, typer.Option(help=t("只导出这些代码，可多次", "Only these; may be repeated"))
    ] = None,
    as_json: Json = False,
) -> None:
    """把本单位的目录导出为填报模板的格式，可修改后再导入。 Export your organisation's entries in the form.

    例 Example:  gongshu catalog export 目录.xlsx --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import import_queries

    with _writing(file) as out:
        count = import_queries.export(actor, out, code)
    if as_json:
        output.emit({"file": str(file), "entries": count})
        return
    output.say(f"已导出 {count} 项目录到 {file}", f"{count} entries exported to {file}")


def import_entries(
    file: Annotated[Path, typer.Argument(help=t("XLSX 工作簿", "An XLSX workbook"))],
    by: As = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t("只检查，不写入", "Check only, write nothing"))] = False,
    mapping: Annotated[
        list[str] | None,
        typer.Option(help=t("列名=字段，可多次；字段写 - 表示不导入", "header=field, may be repeated; - for none")),
    ] = None,
    own_provider: Annotated[
        bool, typer.Option("--own-provider", help=t("全部归入本单位", "Take all entries as your organisation's"))
    ] = False,
    adopt_themes: Annotated[
        bool, typer.Option("--adopt-themes", help=t("采用建议的主题写法", "Adopt the proposed themes"))
    ] = False,
    errors: Annotated[Path | None, typer.Option(help=t("把标出问题的文件写到", "Write the marked copy to"))] = None,
    as_json: Json = False,
) -> None:
    """从 Excel 批量导入目录：先识别列、逐格检查，再逐项写入；中断后再次运行接着做，不会重复。

    Import entries from a workbook: columns are recognised, cells checked, entries written one by one; run it again after
    an interruption and it goes on.

    例 Example:  gongshu catalog import 目录.xlsx --as wang --dry-run

    退出码 Exit codes:  0 无错误 no errors · 1 有条目未导入 entries were held back · 3 拒绝 refused · 4 环境问题 machine
    """
    actor = session.actor(by)
    from gongshu.catalog import import_actions, import_files, import_queries
    from gongshu.catalog.excel.parsing import Options

    run = None if dry_run else _unfinished(actor, file)
    if run is None:
        options = Options(own_provider=own_provider, adopt_themes=adopt_themes)
        run = import_actions.submit_workbook(by=actor, content=file, chosen=_chosen(mapping or []), options=options)
    else:
        output.note(f"接着上次未完成的导入 {run.pk}", f"Going on with the unfinished import {run.pk}")
    if not as_json:
        _tell_mapping(run)
    if errors is not None:
        with _writing(errors) as out:
            import_queries.marked(run, out, language=output.language())
    refused: GongshuError | None = None
    if not dry_run:
        try:
            run = _work(actor, run, quiet=as_json)
        except GongshuError as error:
            if run.status != "preview":
                raise
            refused = error  # nothing in it can be imported: what is wrong with it is said first
    answer = _answer(run, dry_run=dry_run)
    if dry_run or refused:
        import_actions.cancel(by=actor, run=run.pk)
        import_files.discard(run.pk)
    if as_json:
        output.emit(answer)
    else:
        _tell(answer)
    if refused:
        raise refused
    if run.error is not None:
        raise EnvironmentFault(run.error_code, run.error_zh, run.error_en)
    if answer["counts"].get("held") or answer["counts"].get("refused"):
        raise typer.Exit(Exit.NO)


def _unfinished(actor: Actor, file: Path) -> ImportRun | None:
    import hashlib

    from gongshu.catalog import import_queries

    try:
        return import_queries.unfinished(actor, hashlib.sha256(file.read_bytes()).hexdigest())
    except OSError as wrong:
        raise GongshuError(
            "catalog.import_file_missing",
            f"无法读取文件 {file}（{wrong.strerror}）。请检查路径和权限。",
            f"The file {file} cannot be read ({wrong.strerror}). Check the path and its rights.",
        ) from wrong


def _chosen(pairs: list[str]) -> dict[str, str]:
    from gongshu.catalog.excel.columns import COLUMNS, SYNONYMS, key

    chosen = {}
    for pair in pairs:
        header, sign, field = pair.rpartition("=")
        wanted = field.strip() if field.strip() in COLUMNS or field.strip() == "-" else SYNONYMS.get(key(field), "")
        if not sign or not wanted:
            raise GongshuError(
                "cli.mapping",
                "对应关系应写作 列名=字段，字段用模板中的列名或标识，例如 --mapping 目录说明=信息资源摘要。",
                "A mapping is header=field with a field of the form, for example --mapping Remarks=abstract.",
            )
        chosen[key(header)] = wanted
    return chosen


def _work(actor: Actor, run: ImportRun, *, quiet: bool) -> ImportRun:
    """Confirm or take up the run and see it through, here or in the worker that has taken it."""
    from gongshu.catalog import import_actions, import_queries, import_work

    if run.status == "preview":
        run = import_actions.confirm(by=actor, run=run.pk)
    elif run.status in {"failed", "cancelled"}:
        run = import_actions.resume(by=actor, run=run.pk)
    with _bar(run.filename, quiet=quiet) as watch:
        while run.status in {"queued", "running"}:
            taken = import_work.work_one(run=run.pk, watch=watch)
            if taken is None:  # the worker has it, or the lease of one that died runs out
                time.sleep(0.25)
            run = import_queries.current(run.pk)
            watch(run.done, run.total)
    return run


def _answer(run: ImportRun, *, dry_run: bool) -> dict[str, Any]:
    from gongshu.catalog import import_queries

    return {
        "run": run.pk,
        "file": run.filename,
        "status": "dry-run" if dry_run else str(run.status),
        "mapping": run.sheets,
        "counts": import_queries.counts(run),
        "findings": [
            {
                "sheet": one.sheet,
                "cell": one.place,
                "weight": str(one.weight),
                "code": one.code,
                "why": session.pair(one.why),
                "mend": session.pair(one.mend),
                "proposal": one.proposal,
            }
            for one in import_queries.findings(run)
        ],
        "refused": [
            {
                "sheet": line.sheet,
                "row": line.row,
                "title": line.title,
                "code": line.error_code,
                "zh": line.error_zh,
                "en": line.error_en,
            }
            for line in import_queries.lines(run, "refused")
        ],
    }


def _tell_mapping(run: ImportRun) -> None:
    from rich.table import Table

    from gongshu.catalog import import_queries
    from gongshu.catalog.excel.columns import COLUMNS

    how = {
        "found": t("识别", "found"), "remembered": t("沿用上次", "as last time"), "chosen": t("指定", "chosen"),
        "note": t("已知，不导入", "known, not imported"), "ignored": t("不导入", "not imported"),
        "twice": t("重复，不导入", "twice, not imported"), "unknown": t("未识别", "not recognised"),
    }  # fmt: skip
    for sheet in import_queries.mappings(run):
        table = Table(t("列", "Column"), t("字段", "Field"), t("如何得出", "How"), title=sheet.sheet)
        for one in sheet.columns:
            label = COLUMNS[one.field].label.say(output.language()) if one.field else "–"
            table.add_row(one.header, label, how[str(one.how)])
        output.console().print(table)


def _tell(answer: dict[str, Any]) -> None:
    from gongshu.catalog.import_states import OUTCOME_LABELS, Outcome

    shown = [one for one in answer["findings"] if one["weight"] == "error"] or answer["findings"]
    # What is wrong in a whole column is said once, with the first cell and how many more there are.
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in shown:
        kinds.setdefault(one["code"], []).append(one)
    for alike in list(kinds.values())[:SHOWN]:
        one, more = alike[0], len(alike) - 1
        zh, en = (f"{one['why'][lang]} {one['mend'][lang]}" for lang in ("zh", "en"))
        others, others_en = (f"（另有 {more} 处）", f" (and {more} more)") if more else ("", "")
        place = f"{one['sheet']}!{one['cell']}"
        output.say(f"  {place}{others}  {zh}", f"  {place}{others_en}  {en}")
    n = len(answer["findings"])
    if n > min(len(kinds), SHOWN):
        output.say(f"  共 {n} 条，逐条见 --json 或 --errors", f"  {n} in all, one by one: --json or --errors")
    for one in answer["refused"][:SHOWN]:
        output.say(f"  {one['title']}：{one['zh']}", f"  {one['title']}: {one['en']}")
    language = output.language()
    parts = [f"{OUTCOME_LABELS[Outcome(name)].say(language)} {n}" for name, n in sorted(answer["counts"].items())]
    output.say("，".join(parts) or "没有目录", ", ".join(parts) or "no entries")


@contextmanager
def _bar(name: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import Progress

    with Progress(console=output.console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _writing(file: Path) -> Iterator[Any]:
    """The file whole or not at all."""
    beside = file.with_name(f".{file.name}.part")
    try:
        with beside.open("wb") as out:
            yield out
        beside.replace(file)
    except OSError as wrong:
        raise EnvironmentFault(
            "cli.file_unwritable",
            f"无法写入 {file}（{wrong.strerror}）。请检查文件夹和权限。",
            f"{file} cannot be written ({wrong.strerror}). Check the folder and its rights.",
        ) from wrong
    finally:
        beside.unlink(missing_ok=True)
