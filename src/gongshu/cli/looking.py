"""``gongshu collect --dry-run``: what a file would become, told before anything is committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from gongshu.cli import output
from gongshu.errors import Exit, Text

if TYPE_CHECKING:
    from gongshu.collection.options import Options
    from gongshu.collection.preview import Preview
    from gongshu.collection.scanning import Shown

_KINDS = {
    "csv": Text("分隔文本", "delimited text"),
    "workbook": Text("工作簿", "workbook"),
    "json": Text("JSON", "JSON"),
    "jsonl": Text("JSON Lines", "JSON Lines"),
    "geojson": Text("GeoJSON", "GeoJSON"),
    "xml": Text("XML", "XML"),
    "parquet": Text("Parquet", "Parquet"),
}
_DELIMITERS = {
    ",": Text("逗号", "comma"),
    "\t": Text("制表符", "tab"),
    ";": Text("分号", "semicolon"),
    "|": Text("竖线", "pipe"),
}


def belied(findings: Sequence[Shown]) -> None:
    """Say which columns' content belies the catalog."""
    for one in findings:
        if one.belies:
            zh, en = "；".join(reason.zh for reason in one.belies), "; ".join(reason.en for reason in one.belies)
            output.say(
                f"  注意：{one.title} 含{one.kind.zh}（{one.group.zh}）：{zh}",
                f"  note: {one.title} holds a {one.kind.en} ({one.group.en}): {en}",
            )


def found(detection: dict[str, Any]) -> Text:
    """What was found out about a file, as one sentence."""
    kind = str(detection.get("kind", ""))
    parts = [_KINDS.get(kind, Text(kind, kind))]
    if detection.get("compression"):
        parts.insert(0, Text(detection["compression"], detection["compression"]))
    if detection.get("encoding"):
        parts.append(Text(f"编码 {detection['encoding']}", f"encoding {detection['encoding']}"))
    if detection.get("other_lines"):
        count = detection["other_lines"]
        parts.append(Text(f"其中 {count:,} 行为 UTF-8", f"{count:,} lines in UTF-8"))
    if detection.get("delimiter"):
        name = _DELIMITERS[detection["delimiter"]]
        parts.append(Text(f"分隔符 {name.zh}", f"delimiter {name.en}"))
    if detection.get("sheet"):
        parts.append(Text(f"工作表“{detection['sheet']}”", f"sheet “{detection['sheet']}”"))
    if detection.get("records"):
        parts.append(Text(f"记录在 {detection['records']}", f"records at {detection['records']}"))
    if detection.get("header_row"):
        row, rows = detection["header_row"], detection.get("header_rows") or 1
        first = row - rows + 1
        zh = f"表头在第 {row} 行" if rows == 1 else f"表头在第 {first} 至 {row} 行"
        parts.append(Text(zh, f"header in row {row}" if rows == 1 else f"header in rows {first} to {row}"))
    if detection.get("merged"):
        parts.append(Text(f"填充合并单元格 {detection['merged']} 处", f"{detection['merged']} merged areas filled"))
    if detection.get("files"):
        count = len(detection["files"])
        parts.append(Text(f"共 {count} 个部分", f"{count} parts"))
    return Text("，".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def tell(preview: Preview, options: Options, *, as_json: bool) -> None:
    """Print the preview; exit 3 when the file would be refused."""
    answer = preview.as_json()
    if as_json:
        output.emit({**answer, "options": options.as_json()})
    else:
        _say(preview, answer)
    if preview.problem is not None:
        raise typer.Exit(Exit.REFUSED)


def _say(preview: Preview, answer: dict[str, Any]) -> None:
    if preview.source is not None:
        output.say(*found(answer["detection"]))
        for column in answer["columns"]:
            title = column["title"] or column["name"]
            output.say(f"  {title} ← {column['found']}", f"  {title} ← {column['found']}")
    for offer in answer["offers"]:
        kind = f"{offer['type']}{offer['length'] or ''}"
        output.say(
            f"  目录未列：{offer['title']}（可编目为 {offer['name']} {kind}）",
            f"  not in the catalog: {offer['title']} (could be cataloged as {offer['name']} {kind})",
        )
    if preview.report is not None:
        output.say(
            f"前 {answer['looked_at']:,} 行：通过 {answer['accepted']:,}，未通过 {answer['rejected']:,}，"
            f"空行 {answer['blank']:,}",
            f"first {answer['looked_at']:,} rows: {answer['accepted']:,} accepted, {answer['rejected']:,} rejected, "
            f"{answer['blank']:,} blank",
        )
        for failure in answer["failures"]:
            name = failure["column"] or "—"
            output.say(
                f"  {name}  {failure['rule']}  {failure['rows']:,} 行",
                f"  {name}  {failure['rule']}  {failure['rows']:,} rows",
            )
    if preview.problem is not None:
        output.say(f"会被退回：{preview.problem.text.zh}", f"would be refused: {preview.problem.text.en}")
    else:
        output.say("尚未入库；去掉 --dry-run 即可归集。", "Nothing was committed; leave out --dry-run to collect.")
