"""``gongshu libraries``: base, theme and task libraries - set up, their sources chosen, computed, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.libraries.models import Library

app = typer.Typer(
    help=t(
        "基础库、主题库、专题库：多个目录的数据项合成的视图，不另存。来源更新即重新合成，来源中断即停止查询。",
        "Base, theme and task libraries: views over items of several entries, with no copy. A new version of a source makes "
        "a new one; a broken source stops them.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("数据库编号", "Number of the library"))]


@app.command("list")
def list_libraries(
    text: Annotated[str, typer.Argument(help=t("名称、编号、代码或单位", "Name, number, code or lead"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """列出数据库。 List the libraries.

    例 Example:  gongshu libraries list --as lin
    """
    session.actor(by)
    from gongshu.libraries import queries

    rows = [_summary(one) for one in queries.search(text=text)]
    if as_json:
        output.emit(rows)
        return
    for row in rows:
        said = f"{row['number']}  {row['name']}  {row['kind']}  {row['code']}  {row['status']}"
        output.console().print(said, markup=False)


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """一个数据库：来源、对应关系、合成记录、存在的问题。 One library: sources, items, builds, what is in the way.

    例 Example:  gongshu libraries show SJK-20261201-0001 --as lin
    """
    session.actor(by)
    from gongshu.libraries import queries

    found = queries.library(number)
    body = _summary(found) | {
        "sources": [
            {"code": one.entry.code, "title": one.entry.title, "consent": one.consent, "items": one.items}
            for one in queries.sources(found)
        ],
        "builds": [
            {"version": one.number, "at": one.at, "rows": one.rows, "digest": one.digest, "sources": one.sources}
            for one in queries.builds(found)[:50]
        ],
    }
    if as_json:
        output.emit(body)
        return
    output.say(f"{found.name}（{found.number}）：{found.status_label.zh}", f"{found.name}: {found.status_label.en}")
    for one in found.troubles:
        output.say(f"  {one['zh']}", f"  {one['en']}")
    for one in body["sources"]:
        pairs = ", ".join(f"{name}={source}" for name, source in one["items"].items())
        output.console().print(f"  {one['code']}  {one['title']}  {one['consent']}  {pairs}", markup=False)


@app.command("open")
def open_library(
    code: Annotated[str, typer.Argument(help=t("数据库自己的目录代码", "Code of the library's own entry"))],
    name: Annotated[str, typer.Option(help=t("名称", "Name"))],
    kind: Annotated[
        str, typer.Option(help=t("base 基础库，theme 主题库，task 专题库", "base, theme or task"))
    ] = "theme",
    about: Annotated[
        str, typer.Option(help="population, legal_persons, geography, credit, licences" + t("（基础库）", " (base)"))
    ] = "",
    join: Annotated[
        bool, typer.Option("--join", help=t("按主键拼接（默认上下合并）", "Join by key; else rows below each other"))
    ] = False,
    purpose: Annotated[str, typer.Option(help=t("用途（专题库必填）", "Purpose (task libraries)"))] = "",
    until: Annotated[str, typer.Option(help=t("最后一日（专题库必填）", "Last day (task libraries)"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """设立数据库；目录须已发布、有主键、未归集。 Set a library up under its own published entry.

    例 Example:  gongshu libraries open 100002-000001 --name 法人单位基础库 --kind base --about legal_persons --join --as lin
    """
    actor = session.actor(by)
    from gongshu.libraries import actions
    from gongshu.libraries.states import BaseKind, Combine, LibraryKind

    made = actions.open_library(
        by=actor,
        code=code,
        name=name,
        kind=_word(LibraryKind, kind),
        about=_word(BaseKind, about) if about else None,
        combine=Combine.JOIN if join else Combine.UNION,
        purpose=purpose,
        ends_on=session.day(until),
    )
    output.answer(
        _summary(made), f"已设立 {made.number} {made.name}", f"Set up {made.number} {made.name}", as_json=as_json
    )


@app.command()
def define(
    number: Number,
    sources: Annotated[
        list[str],
        typer.Argument(
            help=t(
                "来源：代码，或 CODE:item=source_item,…（本库项=来源项）；先后即优先次序",
                "Sources: a code, or code:item=source_item,…; the first comes first",
            )
        ),
    ],
    by: As = "",
    as_json: Json = False,
) -> None:
    """选择来源。只写代码时同名数据项自动对应。 Choose the sources; a bare code matches items by name.

    例 Example:  gongshu libraries define SJK-20261201-0001 333004-000001 333012-000002:uscc=code,level=level --as wang
    """
    actor = session.actor(by)
    from gongshu.libraries import actions

    found = actions.define(by=actor, number=number, parts=[_part(one) for one in sources])
    output.answer(
        _summary(found),
        "来源已更改；后台合成，或运行 gongshu libraries build。",
        "Changed; the worker computes it.",
        as_json=as_json,
    )


@app.command()
def answer(
    number: Number,
    code: Annotated[str, typer.Argument(help=t("来源目录代码", "Code of the source"))],
    refuse: Annotated[bool, typer.Option("--refuse", help=t("不同意（须说明）", "Refuse, with a remark"))] = False,
    remark: Annotated[str, typer.Option(help=t("意见", "Remark"))] = "",
    by: As = "",
) -> None:
    """提供单位答复是否同意作为来源。 The provider of a source agrees, or refuses.

    例 Example:  gongshu libraries answer SJK-20261201-0001 333012-000002 --as xu
    """
    actor = session.actor(by)
    from gongshu.libraries import actions

    actions.answer(by=actor, number=number, code=code, agree=not refuse, remark=remark)
    output.say("已答复。", "Answered.")


@app.command()
def build(as_json: Json = False) -> None:
    """核对并合成有变化的数据库（后台自动进行）。 Compute what changed; the worker does so by itself.

    例 Example:  gongshu libraries build
    """
    operator = session.operator()
    from gongshu.libraries import actions

    done = []
    while (found := actions.build_one(by=operator)) is not None:
        done.append(found)
    if as_json:
        output.emit([_summary(one) for one in done])
        return
    for one in done:
        output.say(f"{one.name}：{one.status_label.zh}", f"{one.name}: {one.status_label.en}")


@app.command()
def end(
    number: Number,
    reason: Annotated[str, typer.Option(help=t("理由", "Why"))],
    by: As = "",
) -> None:
    """结束数据库，不再提供查询。 End a library; it is served no longer.

    例 Example:  gongshu libraries end SJK-20261201-0001 --reason 任务完成 --as wang
    """
    actor = session.actor(by)
    from gongshu.libraries import actions

    actions.end(by=actor, number=number, reason=reason)
    output.say("已结束。", "Ended.")


def _part(text: str) -> tuple[str, dict[str, str] | None]:
    code, colon, pairs = text.partition(":")
    if not colon:
        return code, None
    items = {}
    for pair in pairs.split(","):
        name, equals, source = pair.partition("=")
        if not (name and equals and source):
            raise typer.BadParameter(t("写作 CODE:item=source_item（本库项=来源项）", "Write code:item=source_item"))
        items[name.strip()] = source.strip()
    return code, items


def _word(words: Any, text: str) -> Any:
    if text not in set(words):
        raise typer.BadParameter(t("可选：", "one of: ") + ", ".join(str(one) for one in words))
    return words(text)


def _summary(found: Library) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "kind": found.kind,
        "about": found.about,
        "combine": found.combine,
        "code": found.entry.code,
        "lead": found.entry.provider.code,
        "status": found.status,
        "troubles": found.troubles,
        "version": found.entry.data_version,
        "rows": found.entry.data_rows,
        "ends_on": found.ends_on,
    }
