"""``gongshu catalog bulk``, ``withdraw``, ``reopen``, ``discard``, ``versions``, ``compare``: the life of entries."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gongshu.cli import output, session
from gongshu.cli.catalog_words import answer
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

Code = Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))]


def attach(app: typer.Typer) -> None:
    """Hang the commands into ``gongshu catalog``."""
    app.command()(bulk)
    app.command()(withdraw)
    app.command()(reopen)
    app.command()(discard)
    app.command()(versions)
    app.command()(compare)


def bulk(
    operation: Annotated[
        str, typer.Argument(help="submit | confirm | withdraw | reopen | discard", metavar="OPERATION")
    ],
    codes: Annotated[
        list[str], typer.Argument(help=t("信息资源代码；- 从标准输入读取，每行一个", "Codes; - reads them, one a line"))
    ],
    by: As = "",
    carry_out: Annotated[
        bool, typer.Option("--carry-out", help=t("真正办理；缺省只试运行", "Do it; without it only a dry run"))
    ] = False,
    remark: Annotated[str, typer.Option(help=t("说明；撤下必填", "Note; needed to withdraw"))] = "",
    as_json: Json = False,
) -> None:
    """批量办理目录：先试运行，逐项说明能否办理。 Many entries at once: a dry run first, entry by entry.

    审核须逐条进行，不在其列。 Reviewing is not among them: each entry is reviewed by itself.

    例 Example:  gongshu catalog list --json --as wang | jq -r '.entries[].code' | gongshu catalog bulk submit - --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import bulk as acts
    from gongshu.errors import GongshuError

    if operation not in set(acts.Operation):
        raise GongshuError(
            "catalog.bulk_unknown",
            f"没有这个批量操作。可用：{'、'.join(acts.Operation)}。",
            f"There is no such operation. Known: {', '.join(acts.Operation)}.",
            field="operation",
        )
    wanted = [line for code in codes for line in (sys.stdin.read().split() if code == "-" else [code])]
    found = acts.run(by=actor, operation=acts.Operation(operation), codes=wanted, dry=not carry_out, remark=remark)
    unable = sum(1 for one in found if one.wrong is not None)
    if as_json:
        entries = [
            {"code": one.code, "title": one.title, "problem": session.pair(one.wrong.text) if one.wrong else None}
            for one in found
        ]
        output.emit({"operation": operation, "dry_run": not carry_out, "entries": entries})
    else:
        for one in found:
            said = (
                one.wrong.text.say(output.language())
                if one.wrong
                else t("已办理" if carry_out else "可以", "done" if carry_out else "can be")
            )
            output.console().print(f"{one.code}  {one.title}  {said}", markup=False)
        if carry_out:
            output.say(
                f"{len(found) - unable} 项已办理，{unable} 项未办理。", f"{len(found) - unable} done, {unable} not."
            )
        else:
            output.say(
                f"试运行：{len(found) - unable} 项可以办理，{unable} 项不能。加 --carry-out 办理。",
                f"A dry run: {len(found) - unable} can be done, {unable} cannot. Add --carry-out to do it.",
            )
    if unable:
        raise typer.Exit(1)


def withdraw(
    code: Code,
    remark: Annotated[str, typer.Option(help=t("撤下原因", "Reason"))],
    by: As = "",
    replaced_by: Annotated[str, typer.Option(help=t("替代目录的代码", "Code of the entry to turn to"))] = "",
    as_json: Json = False,
) -> None:
    """撤下已发布的目录，通知使用方。 Withdraw a published entry; those who depend on it are told.

    例 Example:  gongshu catalog withdraw 333004-000001 --remark 职能划转 --as li
    """
    actor = session.actor(by)
    from gongshu.catalog import actions

    done = actions.withdraw_entry(by=actor, code=code, remark=remark, replaced_by=replaced_by)
    answer(done, as_json, t("已撤下", "Withdrawn"))


def reopen(code: Code, by: As = "", as_json: Json = False) -> None:
    """重新编制已撤下的目录。 Compile a withdrawn entry again.

    例 Example:  gongshu catalog reopen 333004-000001 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import actions

    answer(actions.reopen_entry(by=actor, code=code), as_json, t("已重新编制", "Compiled again"))


def discard(code: Code, by: As = "", as_json: Json = False) -> None:
    """放弃修订，已发布的内容不变。 Give up the revision in work; what is published stays.

    例 Example:  gongshu catalog discard 333004-000001 --as wang
    """
    actor = session.actor(by)
    from gongshu.catalog import actions

    answer(actions.discard_revision(by=actor, code=code), as_json, t("已放弃修订", "Revision given up"))


def versions(code: Code, by: As = "", as_json: Json = False) -> None:
    """列出目录的各个发布版本。 List the published versions of an entry.

    例 Example:  gongshu catalog versions 333004-000001
    """
    actor = session.reader(by)
    from gongshu.catalog import queries

    found = list(queries.versions(queries.entry(actor, code)))
    rows = [
        {
            "number": one.number,
            "at": one.at,
            "compiled_by": str(one.compiled_by or ""),
            "reviewed_by": str(one.reviewed_by or ""),
            "digest": one.digest,
        }
        for one in found
    ]
    if as_json:
        output.emit(rows)
        return
    for row in rows:
        who = f"{row['compiled_by']} → {row['reviewed_by']}"
        said = f"v{row['number']}  {row['at']:%Y-%m-%d %H:%M}  {who}  {row['digest'][:16]}"
        output.console().print(said, markup=False)


def compare(
    code: Code,
    before: Annotated[int, typer.Argument(help=t("版本", "One version"))],
    after: Annotated[int, typer.Argument(help=t("另一版本", "Another version"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """比较任意两个版本。 Compare any two versions of an entry.

    例 Example:  gongshu catalog compare 333004-000001 1 2
    """
    actor = session.reader(by)
    from gongshu.catalog import comparison, queries

    entry = queries.entry(actor, code)
    one, other = (queries.version_data(queries.version(entry, number)) for number in (before, after))
    found = comparison.plain(comparison.compare(one, other))
    if as_json:
        output.emit(found)
        return
    said = output.console().print
    for change in found["fields"]:
        said(f"  {change['field']}: {change['before']} → {change['after']}", markup=False)
    for sign, items in (("+", found["added"]), ("-", found["removed"])):
        for item in items:
            said(f"{sign} {item['name']} {item['title']}", markup=False)
    for item in found["changed"]:
        said(f"~ {item['name']} {item['title']}{t(' 换了位置', ' moved') if item['moved'] else ''}", markup=False)
        for change in item["fields"]:
            said(f"    {change['field']}: {change['before']} → {change['after']}", markup=False)
    if not any(found.values()):
        output.say("两个版本相同。", "Both versions are the same.")
