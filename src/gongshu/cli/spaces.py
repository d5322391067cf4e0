"""``gongshu spaces``: data stores of departments and townships - opened, measured out, their members and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.spaces.models import Member, Space

app = typer.Typer(
    help=t(
        "数据仓：部门、乡镇在平台内各有其仓，有额度、有成员。入库前核对额度，超出即拒绝，不留半截数据。",
        "Data stores: one for each department or township, with a quota and members. A run that would exceed the quota "
        "is refused before it commits.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("数据仓编号", "Number of the store"))]
Reason = Annotated[str, typer.Option(help=t("理由", "Why"))]
Bytes = Annotated[
    str, typer.Option("--bytes", help=t("容量额度，如 20GB；空为不限", "Quota like 20GB; empty for none"))
]
Rows = Annotated[str, typer.Option("--rows", help=t("行数额度；空为不限", "Quota in rows; empty for none"))]


@app.command("list")
def list_spaces(
    text: Annotated[str, typer.Argument(help=t("名称、编号或单位", "Name, number or organisation"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """列出数据仓及其占用。 List the stores with what they hold.

    例 Example:  gongshu spaces list --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import queries

    found = list(queries.search(actor, text=text))
    used = queries.usages(found)
    rows = [_summary(one, used[one.pk]) for one in found]
    if as_json:
        output.emit(rows)
        return
    for row in rows:
        said = f"{row['number']}  {row['name']}  {row['unit']}  {row['percent']}%  {row['bytes']:,} B  {row['rows']:,}"
        output.console().print(said, markup=False)


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """一个数据仓：占用、数据表、成员。 One store: usage, tables, members.

    例 Example:  gongshu spaces show SC-20261201-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import queries

    found = queries.space(actor, number)
    body = _summary(found, queries.usage(found)) | {
        "tables": [
            {"code": one.code, "title": one.title, "bytes": one.table_use.bytes, "rows": one.table_use.rows}
            for one in queries.tables(found)[:1000]
        ],
        "members": [_member(one) for one in queries.members(found)],
    }
    if as_json:
        output.emit(body)
        return
    output.say(
        f"{found.name}（{found.number}） 已用 {body['percent']}%：{body['bytes']:,} 字节，{body['rows']:,} 行",
        f"{found.name} ({found.number}): {body['percent']}% used, {body['bytes']:,} B, {body['rows']:,} rows",
    )
    for one in body["tables"]:
        output.console().print(f"  {one['code']}  {one['title']}  {one['bytes']:,} B  {one['rows']:,}", markup=False)
    for one in body["members"]:
        output.console().print(
            f"  {one['person']}  {one['right']}  {one['since']} - {one['until'] or '…'}", markup=False
        )


@app.command("open")
def open_space(
    organization: Annotated[str, typer.Argument(help=t("单位代码", "Code of the organisation"))],
    name: Annotated[str, typer.Option(help=t("数据仓名称", "Name of the store"))],
    quota_bytes: Bytes = "",
    quota_rows: Rows = "",
    township: Annotated[bool, typer.Option("--township", help=t("乡镇（街道）数据仓", "A township's store"))] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """开设数据仓；已归集的数据立即计入。 Open a store; what is collected already counts at once.

    由规则指定的单位办理（如永嘉第七条：县大数据管理中心），未指定的为数据主管部门。
    例 Example:  gongshu spaces open market --name 市监局数据仓 --bytes 20GB --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import actions, policy, queries
    from gongshu.spaces.states import SpaceKind

    made = actions.open_space(
        by=actor,
        organization=organization,
        name=name,
        kind=SpaceKind.TOWNSHIP if township else SpaceKind.DEPARTMENT,
        quota_bytes=policy.read_size(quota_bytes),
        quota_rows=policy.read_rows(quota_rows),
    )
    output.answer(
        _summary(made, queries.usage(made)),
        f"已开设 {made.number} {made.name}",
        f"Opened {made.number} {made.name}",
        as_json=as_json,
    )


@app.command()
def quota(
    number: Number, reason: Reason, quota_bytes: Bytes = "", quota_rows: Rows = "", by: As = "", as_json: Json = False
) -> None:
    """调整额度；低于现有占用时不删数据，只是不再接收。 Change the quota; below what is held nothing is lost.

    例 Example:  gongshu spaces quota SC-20261201-0001 --bytes 50GB --reason 业务增长 --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import actions, policy, queries

    found = actions.set_quota(
        by=actor,
        number=number,
        quota_bytes=policy.read_size(quota_bytes),
        quota_rows=policy.read_rows(quota_rows),
        reason=reason,
    )
    used = queries.usage(found)
    output.answer(
        _summary(found, used),
        f"额度已调整，现用 {used.percent}%",
        f"The quota is changed; {used.percent}% is used",
        as_json=as_json,
    )


@app.command()
def name(
    number: Number,
    username: Annotated[str, typer.Argument(help=t("用户名", "User name"))],
    manage: Annotated[bool, typer.Option("--manage", help=t("管理权（默认读取）", "May manage; else read"))] = False,
    until: Annotated[str, typer.Option(help=t("终止日期，如 2027-06-30", "Until, like 2027-06-30"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """指定成员。 Name a member.

    例 Example:  gongshu spaces name SC-20261201-0001 wang --manage --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import actions
    from gongshu.spaces.states import Right

    made = actions.add_member(
        by=actor,
        number=number,
        username=username,
        right=Right.MANAGE if manage else Right.READ,
        until=session.day(until),
    )
    output.answer(
        _member(made),
        f"已指定 {username}（成员 {made.pk}）",
        f"{username} is named (member {made.pk})",
        as_json=as_json,
    )


@app.command()
def revoke(
    number: Number,
    member: Annotated[int, typer.Argument(help=t("成员号，见 show --json", "Number of the member, see show --json"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """撤销成员，立即生效。 Revoke a member, as of now.

    例 Example:  gongshu spaces revoke SC-20261201-0001 3 --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import actions

    ended = actions.end_member(by=actor, number=number, member=member)
    output.answer(_member(ended), "已撤销。", "Revoked.", as_json=as_json)


@app.command()
def restrict(
    number: Number,
    lift: Annotated[bool, typer.Option("--lift", help=t("改回按角色授权", "Go by roles again"))] = False,
    by: As = "",
) -> None:
    """只有名单上的成员可以使用数据表（或 --lift 取消）。 Only named members use the tables (or --lift it).

    例 Example:  gongshu spaces restrict SC-20261201-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import actions

    actions.set_members_only(by=actor, number=number, members_only=not lift)
    output.say("已更改。", "Done.")


@app.command()
def place(
    number: Number,
    resource: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code in the catalog"))],
    back: Annotated[
        bool, typer.Option("--back", help=t("移回提供单位的数据仓", "Back to its provider's store"))
    ] = False,
    by: As = "",
) -> None:
    """把目录的数据表放入本仓（或 --back 移回）。 Keep an entry's table in this store (or --back).

    例 Example:  gongshu spaces place SC-20261201-0001 333004-000001 --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import actions

    if back:
        actions.unplace(by=actor, code=resource)
    else:
        actions.place(by=actor, number=number, code=resource)
    output.say("已办理。", "Done.")


@app.command()
def close(
    number: Number,
    reason: Reason,
    reopen: Annotated[bool, typer.Option("--reopen", help=t("重新开设", "Open it again"))] = False,
    by: As = "",
) -> None:
    """关闭数据仓，数据不动（或 --reopen 重新开设）。 Close a store, the data stay (or --reopen it).

    例 Example:  gongshu spaces close SC-20261201-0001 --reason 机构改革 --as lin
    """
    actor = session.actor(by)
    from gongshu.spaces import actions

    actions.change_status(by=actor, number=number, step="reopen" if reopen else "close", reason=reason)
    output.say("已办理。", "Done.")


@app.command()
def measure(as_json: Json = False) -> None:
    """重新测量全部数据表（每日自动进行）。 Measure every table again; the worker does so each day.

    例 Example:  gongshu spaces measure
    """
    operator = session.operator()
    from gongshu.spaces import actions

    count = actions.measure_all(by=operator)
    output.answer({"tables": count}, f"已测量 {count} 个数据表", f"Measured {count} tables", as_json=as_json)


def _summary(found: Space, used: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "kind": found.kind,
        "unit": found.organization.code,
        "status": found.status,
        "members_only": found.members_only,
        "bytes": used.bytes,
        "rows": used.rows,
        "table_count": used.tables,
        "quota_bytes": used.quota_bytes,
        "quota_rows": used.quota_rows,
        "percent": used.percent,
    }


def _member(one: Member) -> dict[str, Any]:
    return {
        "member": one.pk,
        "person": one.person.display_name,
        "right": one.right,
        "since": one.since,
        "until": one.until,
        "revoked_at": one.revoked_at,
    }
