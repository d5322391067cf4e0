"""``gongshu quality``: check a version, read its report, write the checks."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.quality_clean import clean
from gongshu.cli.session import As, Engine, Engines, Json
from gongshu.errors import Exit, GongshuError

if TYPE_CHECKING:
    from gongshu.quality.check_models import CheckRun

app = typer.Typer(
    help=t("数据质量：检测、报告、检查规则。", "Data quality: check, report, rules."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
rules = typer.Typer(
    help=t("检查规则：导出、导入、提议。", "The checks: export, import, propose."), no_args_is_help=True
)
app.add_typer(rules, name="rules")
app.command("clean")(clean)
Resource = Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code in the catalog"))]
Number = Annotated[int, typer.Option("--version", help=t("数据版本（默认最新）", "Data version (default: the latest)"))]


@app.command("check")
def check(
    resource: Resource, by: As = "", version: Number = -1, engine: Engine = Engines.DUCKDB, as_json: Json = False
) -> None:
    """检测一个版本，给出每项检查的结果和得分。 Check a version: what each check found, and the score.

    例 Example:  gongshu quality check 333004-000001 --as wang
    例 Example:  gongshu quality check 333004-000001 --engine spark --as wang

    退出码 Exit codes:  0 无错误 no errors · 1 有错误 errors found
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import check_actions, checking, checking_spark

    on = checking.in_duckdb
    if engine is Engines.SPARK:
        from gongshu.lake import spark

        spark.require()  # before a run is begun
        on = checking_spark.in_spark
    run = check_actions.check(by=actor, code=resource, version=version if version >= 0 else None, on=on)
    if run.error is not None and run.status != "done":
        raise GongshuError("quality.check_failed", run.error.zh, run.error.en)
    _show(run, as_json)
    if run.errors:
        raise typer.Exit(Exit.NO)


@app.command("report")
def report(
    resource: Resource,
    by: As = "",
    version: Number = -1,
    rows: Annotated[Path | None, typer.Option(help=t("把问题行写成 CSV", "Write the failing rows as CSV"))] = None,
    as_json: Json = False,
) -> None:
    """查看最近一次检测的报告和得分算式。 The report of the last check, with the score's arithmetic.

    例 Example:  gongshu quality report 333004-000001 --as wang --rows 问题行.csv
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import check_queries

    entry = check_queries.entry_of(actor, resource)
    run = check_queries.run(entry, version if version >= 0 else None)
    _show(run, as_json)
    if rows is not None:
        _write_rows(rows, check_queries.failing(actor, entry, run.version))


@rules.command("export")
def export(
    resource: Resource,
    by: As = "",
    proposed: Annotated[
        bool, typer.Option("--proposed", help=t("由目录提议的规则", "What the catalog entry implies"))
    ] = False,
) -> None:
    """把检查规则写成 YAML。 Write the checks as YAML.

    例 Example:  gongshu quality rules export 333004-000001 --as wang > checks.yaml
    """
    actor = session.actor_or_operator(by)
    import yaml

    from gongshu.quality import check_queries

    entry = check_queries.entry_of(actor, resource)
    checks = check_queries.proposal(entry) if proposed else check_queries.in_force(entry).checks
    body = check_queries.visible_checks(actor, entry, checks)
    sys.stdout.write(yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120))


@rules.command("import")
def import_(
    resource: Resource,
    file: Annotated[Path, typer.Argument(help=t("YAML 或 JSON 文件", "YAML or JSON file"), exists=True)],
    by: As = "",
    note: Annotated[str, typer.Option(help=t("修改说明", "What changed"))] = "",
    as_json: Json = False,
) -> None:
    """读入检查规则，成为下一版。 Read the checks; they become the next version.

    例 Example:  gongshu quality rules import 333004-000001 checks.yaml --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import check_actions
    from gongshu.quality.checkset import from_text

    try:
        source = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GongshuError(
            "quality.file_unreadable", "文件无法读取，须为 UTF-8。", "The file must be UTF-8."
        ) from error
    saved = check_actions.save(by=actor, code=resource, checks=from_text(source), note=note)
    count = source and len(from_text(saved.body).checks)
    if as_json:
        output.emit({"number": saved.number, "checks": count, "digest": saved.digest})
        return
    output.say(f"检查规则第 {saved.number} 版已保存，共 {count} 条", f"check set {saved.number} saved: {count} checks")


@rules.command("list")
def list_versions(resource: Resource, by: As = "", as_json: Json = False) -> None:
    """列出检查规则的各版。 List the versions of the checks.

    例 Example:  gongshu quality rules list 333004-000001 --as wang
    """
    actor = session.actor_or_operator(by)
    from gongshu.quality import check_queries

    entry = check_queries.entry_of(actor, resource)
    found = [
        {
            "number": one.number,
            "saved_at": one.saved_at,
            "saved_by": one.saved_by.display_name if one.saved_by else "",
            "note": one.note,
            "digest": one.digest,
        }
        for one in check_queries.versions(entry)
    ]
    if as_json:
        output.emit(found)
        return
    if not found:
        output.say("尚未保存规则，按目录提议的规则检测。", "None saved; what the catalog entry implies is checked.")
    for one in found:
        output.console().print(f"{one['number']}  {one['saved_at']:%Y-%m-%d %H:%M}  {one['note']}", markup=False)


def _show(run: CheckRun, as_json: bool) -> None:
    body = {
        "resource": run.entry.code,
        "version": run.version,
        "checked_at": run.ended_at,
        "check_set": run.check_set.number if run.check_set else None,
        "rows": run.rows,
        "errors": run.errors,
        "warnings": run.warnings,
        "score": str(run.score) if run.score is not None else None,
        "alert_below": run.alert_below,
        "outcomes": run.outcomes,
        "arithmetic": run.arithmetic,
    }
    if as_json:
        output.emit(body)
        return
    language = output.language()
    from gongshu.quality.check_report import dimension_lines, outcome_lines

    output.say(
        f"{run.entry.title} v{run.version}：{run.rows:,} 行，错误 {run.errors:,}，提醒 {run.warnings:,}",
        f"{run.entry.title} v{run.version}: {run.rows:,} rows, {run.errors:,} errors, {run.warnings:,} warnings",
    )
    for line in (*outcome_lines(run), *dimension_lines(run)):
        output.console().print(line.say(language), markup=False)


def _write_rows(path: Path, found: Any) -> None:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for number, one in enumerate(found):
            if not number:
                writer.writerow([t("检查", "check"), t("源文件行号", "row"), *one.heads])
            for row in one.rows:
                writer.writerow([one.check.label.say(output.language()), *row])
                count += 1
    output.note(f"问题行 {count:,} 条写入 {path}", f"{count:,} failing rows written to {path}")


@app.command("reconcile")
def reconcile(
    target: Annotated[str, typer.Argument(help=t("被校核的资源代码", "Resource code that is checked"))],
    others: Annotated[list[str], typer.Argument(help=t("其他来源：资源代码或文件", "Other sources: codes or files"))],
    columns: Annotated[str, typer.Option(help=t("校核的列，逗号分隔", "Columns to check, by commas"))],
    key: Annotated[str, typer.Option(help=t("主键列（默认目录的主键）", "Key columns (default: the catalog's)"))] = "",
    rule: Annotated[str, typer.Option(help="priority | majority | freshness")] = "majority",
    normal: Annotated[
        str, typer.Option(help=t("校核前统一，同 compare", "Even out first, as in compare"))
    ] = "trim,width",
    out: Annotated[Path | None, typer.Option(help=t("结果文件 .csv .xlsx", "Result file .csv .xlsx"))] = None,
    object_: Annotated[
        bool, typer.Option("--object", help=t("把差异转为数据异议", "Make objections of what differs"))
    ] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """多元校核：几个来源互相校核，逐格提出建议值和理由。 Check against several sources: a proposal and its reason per cell.

    例 Example:  gongshu quality reconcile 333004-000001 税务.csv 社保.xlsx --columns name,legal_rep --as lin

    来源按书写顺序排列权威。 The order in which sources are written is the order of their authority.
    """
    import tempfile

    actor = session.actor_or_operator(by)
    from gongshu.cli.compare import words
    from gongshu.home import open_home
    from gongshu.lake.comparison import Normal
    from gongshu.lake.workbooks import Sheet, write_csv, write_xlsx
    from gongshu.quality import reconcile_actions, reconciling, sides
    from gongshu.quality.reconciling import Choice, Proposal, Source
    from gongshu.quality.states import Channel

    if rule not in set(Choice):
        raise typer.BadParameter("priority | majority | freshness")
    if out is not None and out.suffix not in {".csv", ".xlsx"}:
        raise typer.BadParameter(".csv | .xlsx")
    language = output.language()
    found: list[Proposal] = []
    with tempfile.TemporaryDirectory(prefix="gongshu-reconcile-") as folder:
        named = [sides.named(actor, open_home(), one, Path(folder)) for one in (target, *others)]
        sources = [Source(one.side, one.side.label, one.as_of) for one in named]
        masks = {name: mask for one in named for name, mask in one.masks.items()}
        keys = words(key) or list(named[0].keys)
        even = frozenset(Normal(one) for one in words(normal))
        agreement = reconciling.reconcile(
            sources, keys, words(columns), Choice(rule), normal=even, scratch=Path(folder), use=found.extend
        )
    heads = [*keys, t("列", "column"), *(one.label for one in sources), t("建议值", "proposed"), t("理由", "reason")]
    rows = [sides.masked_row(reconciling.row(one, sources, language), one.column, keys, masks) for one in found]
    if out is not None:
        if out.suffix == ".csv":
            write_csv(out, heads, rows)
        else:
            write_xlsx(out, [Sheet(t("多元校核", "Reconciled"), heads, rows)])
    made = []
    if object_:
        made = reconcile_actions.object_to(
            by=actor, code=target.partition("@")[0], keys=keys, source=0, proposals=found, channel=Channel.COMMAND
        )
    if as_json:
        output.emit(
            {
                "keys": agreement.keys,
                "agreed": agreement.agreed,
                "disputed": agreement.disputed,
                "proposals": [dict(zip(heads, one, strict=True)) for one in rows],
                "objections": [one.number for one in made],
            }
        )
        return
    output.say(
        f"共有主键 {agreement.keys:,}，一致 {agreement.agreed:,} 格，不一致 {agreement.disputed:,} 格",
        f"{agreement.keys:,} keys in common, {agreement.agreed:,} cells agree, {agreement.disputed:,} do not",
    )
    for one in rows[:20]:
        output.console().print("  " + "  ".join("—" if cell is None else str(cell) for cell in one), markup=False)
    if made:
        output.say(f"已转为数据异议 {len(made)} 件", f"{len(made)} objections made")
