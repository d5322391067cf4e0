"""``gongshu catalog search|index|synonyms``: find entries, keep the index and the words that mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import installation, output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.catalog.finding import Answer, Hit

synonyms = typer.Typer(
    help=t("检索的同义词：查看、添加、修改、删除。", "Synonyms of the search: list, add, change, remove."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Words = Annotated[list[str], typer.Argument(help=t("意思相同的词，至少两个", "Words that mean the same, two or more"))]
Number = Annotated[int, typer.Argument(min=1, help=t("编号，见 synonyms list", "Its number, see synonyms list"))]


def attach(app: typer.Typer) -> None:
    """Put the commands under ``gongshu catalog``."""
    app.command("search")(search)
    app.command("index")(index)
    app.add_typer(synonyms, name="synonyms")


def search(
    text: Annotated[str, typer.Argument(help=t("检索词；可用拼音", "Words to look for; pinyin will do"))],
    by: As = "",
    theme: Annotated[str, typer.Option(help=t("主题", "Theme"))] = "",
    provider: Annotated[str, typer.Option(help=t("提供单位代码", "Code of the providing unit"))] = "",
    share: Annotated[str, typer.Option(help="UNCONDITIONAL | CONDITIONAL | PROHIBITED")] = "",
    opening: Annotated[str, typer.Option("--open", help="UNCONDITIONAL | CONDITIONAL | PROHIBITED")] = "",
    status: Annotated[str, typer.Option(help=t("状态，如 published", "State, for example published"))] = "",
    order: Annotated[str, typer.Option(help="relevance | updated | published | changed | rows | title")] = "relevance",
    limit: Annotated[int, typer.Option(min=1, max=500, help=t("最多显示几条", "Show at most"))] = 20,
    at: Annotated[str, typer.Option(help=t("上一次回答中的 next", "The next of an earlier answer"))] = "",
    as_json: Json = False,
) -> None:
    """全文检索目录：名称、数据项、摘要、单位、代码；支持拼音与首字母、同义词、近似写法。 Search the catalog.

    例 Example:  gongshu catalog search gjzd --json
    """
    session.connect()
    from gongshu.catalog import finding

    filters = {"theme": theme, "provider": provider, "share": share, "open": opening, "status": status}
    facets = ("theme", "provider", "open", "share", "status")
    viewer = session.actor(by) if by else None
    found = finding.find(viewer, text, filters=filters, order=order, at=at, size=limit, facets=facets)
    if as_json:
        output.emit(_plain(found))
        return
    from rich.table import Table

    table = Table(t("代码", "Code"), t("名称", "Title"), t("提供单位", "Provider"), t("数据项", "Items"))
    for hit in found.hits:
        items = "、".join(_joined(item) for item in hit.items)
        table.add_row(hit.entry.code, hit.entry.title, hit.entry.provider.say(output.language()), items)
    output.console().print(table)
    _remarks(found)


def index(
    rebuild: Annotated[bool, typer.Option("--rebuild", help=t("重新建立", "Build it anew"))] = False,
    as_json: Json = False,
) -> None:
    """检索索引：查看状态、补上变更，或用 --rebuild 重建（期间旧索引照常可用）。 The search index: its state, or a new build.

    例 Example:  gongshu catalog index --rebuild
    """
    home = installation.require_installation()
    installation.connect(home)
    from gongshu.catalog import finding, indexing
    from gongshu.identity.actor import Actor

    if rebuild:
        from rich.progress import Progress, TextColumn

        with Progress(TextColumn("{task.description}"), console=output.console(to_stderr=True), disable=as_json) as bar:
            task = bar.add_task(t("正在建立索引……", "Building the index ..."))
            indexing.rebuild(
                home,
                progress=lambda n: bar.update(task, description=t(f"已建立 {n:,} 条", f"{n:,} entries indexed")),
            )
    while indexing.run_once(home, by=Actor.process("cli")):
        pass
    stamp = finding.store_of(home).stamp()
    if as_json:
        output.emit({"ready": stamp is not None, **(stamp.__dict__ if stamp else {})})
    elif stamp is None:
        output.say("还没有索引。", "There is no index yet.")
    else:
        output.say(
            f"索引可用：建立时 {stamp.entries:,} 条，建立于 {stamp.built_at}，版本 {stamp.version}。",
            f"The index is ready: {stamp.entries:,} entries when built, {stamp.built_at}, version {stamp.version}.",
        )


@synonyms.command("list")
def list_synonyms(
    text: Annotated[str, typer.Argument(help=t("含有这个词的", "Only groups with this word"))] = "",
    as_json: Json = False,
) -> None:
    """列出同义词。 List the groups of synonyms.

    例 Example:  gongshu catalog synonyms list 公交
    """
    session.connect()
    from gongshu.catalog import saved_queries

    groups = saved_queries.synonym_groups(text)
    if as_json:
        output.emit([{"number": group.pk, "words": group.listed} for group in groups])
        return
    for group in groups:
        output.say(f"{group.pk}  {'、'.join(group.listed)}", f"{group.pk}  {', '.join(group.listed)}")


@synonyms.command("add")
def add_synonyms(words: Words, by: As = "") -> None:
    """添加一组同义词。 Add a group of words that mean the same.

    例 Example:  gongshu catalog synonyms add 敬老院 养老机构 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import saved_actions

    group = saved_actions.set_synonyms(by=actor, words=words)
    output.say(f"已添加第 {group.pk} 组。", f"Group {group.pk} is added.")


@synonyms.command("change")
def change_synonyms(number: Number, words: Words, by: As = "") -> None:
    """修改一组同义词。 Give a group other words.

    例 Example:  gongshu catalog synonyms change 3 地铁 轨道交通 城轨 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import saved_actions

    saved_actions.set_synonyms(by=actor, words=words, group_id=number)
    output.say(f"已修改第 {number} 组。", f"Group {number} is changed.")


@synonyms.command("remove")
def remove_synonyms(number: Number, by: As = "") -> None:
    """删除一组同义词。 Remove a group.

    例 Example:  gongshu catalog synonyms remove 3 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import saved_actions

    saved_actions.remove_synonyms(by=actor, group_id=number)
    output.say(f"已删除第 {number} 组。", f"Group {number} is removed.")


def _plain(found: Answer) -> dict[str, Any]:
    return {
        "total": found.total,
        "loosened": found.loosened,
        "similar": found.similar,
        "corrected": [{"from": wrong, "to": right} for wrong, right in found.corrected],
        "synonyms": list(found.also),
        "indexed": found.indexed,
        "next": found.following,
        "facets": {name: dict(values) for name, values in found.facets.items()},
        "entries": [_hit(hit) for hit in found.hits],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "code": hit.entry.code,
        "title": hit.entry.title,
        "provider": hit.entry.provider.code,
        "provider_name": hit.entry.provider.say(output.language()),
        "status": hit.entry.status,
        "summary": _joined(hit.summary),
        "items": [_joined(item) for item in hit.items],
    }


def _joined(pieces: list[tuple[str, bool]]) -> str:
    return "".join(text for text, _ in pieces)


def _remarks(found: Answer) -> None:
    for wrong, right in found.corrected:
        output.note(f"没有“{wrong}”，已按“{right}”检索。", f"Nothing has “{wrong}”; searched for “{right}”.")
    if found.similar:
        output.note("没有完全相同的写法，以下为相近的写法。", "Nothing is spelt so; these are spelt nearly so.")
    if found.loosened and found.total:
        output.note(
            "没有同时包含全部词语的目录，以下包含其中任一词语。", "No entry has all words; these have one of them."
        )
    if not found.indexed:
        output.note("检索索引尚未建立，由数据库回答。", "There is no search index yet; the database answered.")
    if found.total > found.last:
        output.note(
            f"共 {found.total} 条，只显示 {len(found.hits)} 条。", f"{found.total} in all; showing {len(found.hits)}."
        )
