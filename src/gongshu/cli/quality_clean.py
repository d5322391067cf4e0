"""``gongshu quality clean``: steps looked at, and applied as the next version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gongshu.cli import looking, output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import GongshuError


def clean(
    resource: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code in the catalog"))],
    steps: Annotated[
        Path | None, typer.Option(help=t("步骤 YAML（默认上次的步骤）", "Steps as YAML (default: those of last time)"))
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help=t("写入新版本（否则只预览）", "Write the next version; without it, look"))
    ] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """清洗：预览哪些内容会改变，或写入为新版本。 Clean: see what would change, or write it as the next version.

    例 Example:  gongshu quality clean 333004-000001 --steps 清洗.yaml --as wang
    例 Example:  gongshu quality clean 333004-000001 --steps 清洗.yaml --apply --as wang

    撤销：gongshu lake restore 333004-000001 <清洗前的版本> --reason … Undo: go back to the version before.
    """
    actor = session.actor(by)
    from gongshu.collection import scanning
    from gongshu.quality import cleaning, cleaning_actions

    if steps is not None:
        try:
            recipe = cleaning.from_text(steps.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise GongshuError(
                "quality.file_unreadable", "文件无法读取，须为 UTF-8。", "The file must be UTF-8."
            ) from error
    else:
        last = cleaning_actions.last_recipe(actor, resource)
        if last is None:
            raise GongshuError("quality.clean_steps", "请用 --steps 指明清洗步骤。", "Name the steps with --steps.")
        recipe = last
    if apply:
        done = cleaning_actions.apply(by=actor, code=resource, recipe=recipe)
        if as_json:
            output.emit({"version": done.number, "rows": done.rows, "cleaned": done.info.get("cleaned")})
            return
        output.say(f"已清洗为版本 {done.number}", f"cleaned as version {done.number}")
        looking.belied(scanning.of_profile(resource, done.profile))
        return
    seen = cleaning_actions.preview(by=actor, code=resource, recipe=recipe)
    if as_json:
        output.emit(
            {
                "rows": seen.rows,
                "changed_rows": seen.changed_rows,
                "by_column": dict(seen.by_column),
                "examples": [vars(one) for one in seen.examples],
            }
        )
        return
    output.say(
        f"{seen.rows:,} 行中 {seen.changed_rows:,} 行会改变",
        f"{seen.changed_rows:,} of {seen.rows:,} rows would change",
    )
    for column, count in seen.by_column.items():
        output.console().print(f"  {column}  {count:,}", markup=False)
    for one in seen.examples:
        output.console().print(f"  {one.row}  {one.column}: {one.before!r} → {one.after!r}", markup=False)
