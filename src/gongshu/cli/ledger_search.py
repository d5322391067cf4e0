"""``gongshu ledger search``: what happened, by resource, organisation, person, act and time; a page or all of it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.errors import EnvironmentFault, GongshuError

if TYPE_CHECKING:
    from gongshu.ledger.models import Record

COLUMNS = ("index", "at", "action", "organization", "actor", "resource", "subject", "entry_id")


def search(
    resource: Annotated[str, typer.Option(help=t("资源代码", "Resource code"))] = "",
    organization: Annotated[str, typer.Option(help=t("单位代码", "Organisation"))] = "",
    action: Annotated[
        str, typer.Option(help=t("行为；以点结尾为一类，如 gateway.", "Act; gateway. means all of them"))
    ] = "",
    subject: Annotated[str, typer.Option(help=t("承诺值 hmac-sm3:…", "Commitment, hmac-sm3:…"))] = "",
    person_from: Annotated[
        Path | None,
        typer.Option(
            help=t(
                "从文件（- 为标准输入）读证件号查本人；不显示、不记录",
                "File (- for stdin) with the person's identifier",
            )
        ),
    ] = None,
    since: Annotated[str, typer.Option(help=t("起始日期或时间（含）", "From this day or moment"))] = "",
    until: Annotated[str, typer.Option(help=t("结束日期（含）或时间", "Up to this day, or before this moment"))] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help=t("一页几条", "Entries on a page"))] = 50,
    after: Annotated[str, typer.Option(help=t("接上一页的位置", "Place behind an earlier page"))] = "",
    form: Annotated[str, typer.Option("--format", help="table | json | csv | jsonl")] = "table",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=t("全部结果写入文件（csv、jsonl）", "Write all of it to a file")),
    ] = None,
) -> None:
    """检索账本：谁、何时、对什么、做了什么；可导出全部结果。 Search the ledger; csv and jsonl give all that is found.

    证件号只在本机换算成承诺值，不写入任何地方。 An identifier becomes a commitment on this machine and is kept nowhere.

    例 Example:  gongshu ledger search --resource 310000-000001 --since 2026-11-01 --format csv -o reads.csv
    """
    session.connect()
    from gongshu import crypto
    from gongshu.ledger import search_queries

    if form not in ("table", "json", "csv", "jsonl"):
        raise GongshuError(
            "ledger.format", "格式须为 table、json、csv 或 jsonl。", "The format is table, json, csv or jsonl."
        )
    if person_from is not None:
        subject = crypto.commit(_identifier(person_from))
    question = search_queries.Question(
        resource=resource.replace("/", "-"),
        organization=organization,
        action=action,
        subject=subject,
        since=_moment(since, end=False),
        until=_moment(until, end=True),
    )
    if form in ("csv", "jsonl"):
        count = _export(search_queries.stream(question), form, out)
        if out:
            output.say(f"已导出 {count} 条到 {out}", f"{count} entries exported to {out}")
        return
    page = search_queries.search(question, after=after, limit=limit)
    if form == "json":
        output.emit({"results": [fields(row) for row in page.rows], "next": page.next})
        return
    _show(page.rows)
    if page.next:
        output.note(f"还有更多：--after {page.next}", f"There is more: --after {page.next}")


def timestamp(
    home: Annotated[str, typer.Option("--home", help=t("安装目录", "The installation's folder"))] = "",
) -> None:
    """请时间戳机构为当前检查点加盖时间戳（RFC 3161）。 Have the current checkpoint stamped by the authority (RFC 3161).

    在 gongshu.toml 的 [timestamps] 中设 url 与 ca 后，后台任务每天自动办理。 With url and ca under [timestamps] in
    gongshu.toml the worker does it every day.

    例 Example:  gongshu ledger timestamp
    """
    from gongshu.home import open_home
    from gongshu.ledger import timestamps

    place = open_home(home or None)
    if not place.timestamp_url:
        raise GongshuError(
            "ledger.timestamp_unset",
            "没有设置时间戳机构。请在 gongshu.toml 的 [timestamps] 中设 url 和 ca。",
            "No time-stamping authority is set. Give url and ca under [timestamps] in gongshu.toml.",
        )
    made = timestamps.stamp(place)
    output.say(
        f"前 {made.size} 条已加盖时间戳：{made.at:%Y-%m-%d %H:%M:%S} UTC",
        f"The first {made.size} entries are stamped: {made.at:%Y-%m-%d %H:%M:%S} UTC",
    )


def prune(by: session.As = "") -> None:
    """清理超过保存期限的条目：先入账、再公布、后删除，证明仍然完整。 Let go of expired entries; all proofs stay whole.

    保存期限依规则包（ledger.retention_years），不足年限的一条也不删。 How long they are kept is the rule pack's.

    例 Example:  gongshu ledger prune --as lin
    """
    actor = session.actor(by)
    from gongshu.home import open_home
    from gongshu.tracing import actions

    index = actions.prune(by=actor, home=open_home())
    output.say(
        f"第 {index} 条以前的条目已清理并公布；检查点和全部证明不变。",
        f"Entries below {index} are pruned, and that is published; checkpoint and all proofs are as before.",
    )


def fields(row: Record) -> dict[str, Any]:
    """An entry as programs read it."""
    return {name: getattr(row, name) for name in COLUMNS} | {
        "at": row.at.isoformat(),
        "cites": row.cites,
        "details": row.details,
    }


def _show(rows: list[Record]) -> None:
    from rich.table import Table

    from gongshu import clock

    table = Table(
        "#", t("时间", "When"), t("行为", "Act"), t("单位", "Organisation"), t("经办", "Actor"), t("资源", "Resource")
    )
    for row in rows:
        at = clock.local(row.at).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(str(row.index), at, row.action, row.organization, row.actor, row.resource)
    output.console().print(table)


def _export(rows: Iterator[Record], form: str, out: Path | None) -> int:
    """Write all rows as they come; how many. A file is whole or not there."""
    if out is None:
        return _write(rows, form, sys.stdout)
    draft = out.with_name(f".{out.name}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="") as stream:
            count = _write(rows, form, stream)
        draft.replace(out)
        return count
    except OSError as error:
        raise EnvironmentFault(
            "ledger.file_unwritable",
            f"无法写入 {out}：{error.strerror}。",
            f"{out} cannot be written: {error.strerror}.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _write(rows: Iterator[Record], form: str, stream: Any) -> int:
    writer = csv.writer(stream)
    if form == "csv":
        writer.writerow([*COLUMNS, "cites", "details"])
    count = 0
    for row in rows:
        count += 1
        values = fields(row)
        if form == "jsonl":
            stream.write(json.dumps(values, ensure_ascii=False) + "\n")
        else:
            values |= {name: json.dumps(values[name], ensure_ascii=False) for name in ("cites", "details")}
            writer.writerow(values.values())
    return count


def _identifier(file: Path) -> str:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault("ledger.file_unreadable", f"无法读取 {file}。", f"{file} cannot be read.") from error
    if not text.strip():
        raise GongshuError("ledger.person_missing", "没有读到证件号。", "There is no identifier to search for.")
    return text.strip()


def _moment(text: str, *, end: bool) -> datetime | None:
    """A day in Shanghai (with ``end``: its end), or a moment, in Shanghai unless it says otherwise."""
    from gongshu import clock

    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise GongshuError(
            "ledger.moment",
            f"时间“{text}”无法识别，请写成 2026-11-01 或 2026-11-01T08:30。",
            f"“{text}” is no moment. Write it like 2026-11-01 or 2026-11-01T08:30.",
        ) from error
    found = found if found.tzinfo else found.replace(tzinfo=clock.SHANGHAI)
    return found + timedelta(days=1) if end and len(text) == 10 else found
