"""``gongshu compare``: two tables, versions or files by key; what is missing, extra, different, cell by cell."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Engine, Engines, Json
from gongshu.errors import Exit, GongshuError, Text

if TYPE_CHECKING:
    from gongshu.identity.actor import Actor
    from gongshu.lake.comparison import Comparison, Difference

Table = Annotated[str, typer.Argument(help=t("文件，或 资源代码[@版本]", "A file, or resource code[@version]"))]
CHANGES = {
    "missing": Text("缺少", "missing"),
    "extra": Text("多出", "extra"),
    "different": Text("不同", "different"),
    "duplicate": Text("主键重复", "key repeated"),
}


def compare(
    left: Table,
    right: Table,
    key: Annotated[str, typer.Option(help=t("主键列，逗号分隔（默认目录的主键）", "Key columns, by commas"))] = "",
    columns: Annotated[str, typer.Option(help=t("只比较这些列", "Compare only these columns"))] = "",
    ignore: Annotated[str, typer.Option(help=t("不比较这些列", "Leave these columns out"))] = "",
    normal: Annotated[
        str,
        typer.Option(
            help=t("比较前统一：trim,width,case,empty,number,code", "Even out first: trim,width,case,empty,…")
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help=t("结果文件 .csv .xlsx .parquet", "Result file .csv .xlsx .parquet"))
    ] = None,
    limit: Annotated[int, typer.Option(help=t("显示前几条差异", "How many differences to show"), min=0)] = 10,
    engine: Engine = Engines.DUCKDB,
    by: As = "",
    as_json: Json = False,
) -> None:
    """按主键比对两个表、版本或文件，逐格列出差异。 Compare two tables, versions or files by key, cell by cell.

    例 Example:  gongshu compare 333004-000001@1 333004-000001 --as wang --out 差异.xlsx
    例 Example:  gongshu compare old.csv new.xlsx --key 统一社会信用代码 --normal trim,width

    退出码 Exit codes:  0 相同 equal · 1 不同 different
    """
    from gongshu.cli import installation
    from gongshu.home import open_home
    from gongshu.lake import comparison, comparison_files, comparison_spark
    from gongshu.lake.comparison import Normal, Plan

    wanted = words(normal)
    odd = [one for one in wanted if one not in set(Normal)]
    if odd:
        raise typer.BadParameter(f"{', '.join(odd)}: trim, width, case, empty, number, code")
    installation.connect(open_home())  # files alone need no installation, but the same settings
    shown: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory(prefix="gongshu-compare-") as folder:
        scratch = Path(folder)
        from gongshu.quality import sides

        a, b = (sides.named(_actor(by), open_home(), one, scratch) for one in (left, right))
        keys = tuple(words(key)) or a.keys or b.keys
        if not keys:
            raise GongshuError("cli.key_missing", "请用 --key 指明主键列。", "Name the key columns with --key.")
        plan = Plan(keys, tuple(words(columns)), frozenset(words(ignore)), frozenset(Normal(one) for one in wanted))
        masks = b.masks | a.masks

        def use(found: Comparison) -> None:
            shown.extend(comparison_files.masked(found, masks, limit=limit))
            if out is not None:
                comparison_files.write(found, out, masks)

        compared = comparison_spark.compare if engine is Engines.SPARK else comparison.compare
        found = compared(a.side, b.side, plan, scratch=scratch, use=use)
    if as_json:
        output.emit({"left": a.side.label, "right": b.side.label, **found.as_json(), "rows": shown})
    else:
        _tell(found, a.side.label, b.side.label, shown, len(keys))
        if out is not None:
            output.note(f"全部差异写入 {out}", f"all differences written to {out}")
    if not found.equal:
        raise typer.Exit(Exit.NO)


def _actor(by: str) -> Actor:
    """As ``session.actor_or_operator``, but files alone are compared without an installation."""
    if by:
        return session.actor(by)
    from gongshu.identity.actor import Actor

    return Actor.process("operator")


def words(text: str) -> list[str]:
    """What is between commas, of either width."""
    return [one.strip() for one in text.replace("，", ",").split(",") if one.strip()]


def _tell(found: Difference, left: str, right: str, rows: list[tuple[object, ...]], keys: int) -> None:
    output.say(
        f"{left} {found.left_rows:,} 行，{right} {found.right_rows:,} 行：相同 {found.same:,}，不同 {found.different:,}"
        f"（{found.cells:,} 格），缺少 {found.missing:,}，多出 {found.extra:,}",
        f"{left} {found.left_rows:,} rows, {right} {found.right_rows:,}: same {found.same:,}, different {found.different:,}"
        f" ({found.cells:,} cells), missing {found.missing:,}, extra {found.extra:,}",
    )
    for zh, en, count in (
        ("左侧主键重复行", "rows with repeated keys, left", found.left_duplicates),
        ("右侧主键重复行", "rows with repeated keys, right", found.right_duplicates),
        ("左侧主键为空行", "rows without key, left", found.left_keyless),
        ("右侧主键为空行", "rows without key, right", found.right_keyless),
    ):
        if count:
            output.say(f"  {zh} {count:,}（未参与比对）", f"  {en}: {count:,} (left out)")
    for zh, en, names in (
        ("仅左侧有列", "columns left only", found.only_left),
        ("仅右侧有列", "right only", found.only_right),
    ):
        if names:
            output.say(f"  {zh}：{'、'.join(names)}", f"  {en}: {', '.join(names)}")
    for column, count in found.by_column.items():
        output.console().print(f"  {column}  {count:,}", markup=False)
    for change, *rest in rows:
        key = " ".join(str(one) for one in rest[:keys])
        item, a, b = rest[keys:]
        word = CHANGES[str(change)].say(output.language())
        cell = f"  {item}: {a!s} → {b!s}" if change == "different" else f"  {a} × {b}" if change == "duplicate" else ""
        output.console().print(f"  {word} {key}{cell}", markup=False)
