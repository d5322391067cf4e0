"""``gongshu catalog sources``: items that may be one datum, and which of them is its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit, GongshuError

if TYPE_CHECKING:
    from gongshu.catalog.source_models import Datum, SourceProposal

app = typer.Typer(
    help=t("一数一源：比对、认定、豁免。", "One source per datum: look, decide, exempt."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Reason = Annotated[str, typer.Option(help=t("理由", "Reasons"))]


@app.command()
def look(by: As = "", as_json: Json = False) -> None:
    """比对全部已发布目录（含已归集的取值），列出疑似同一数据的信息项。 Compare the published catalog with itself.

    例 Example:  gongshu catalog sources look --as lin
    """
    actor = session.actor(by)
    from gongshu.collection import sources

    found = sources.look(by=actor)
    if as_json:
        output.emit({"items": found.items, "found": found.found, "changed": found.changed, "lapsed": found.lapsed})
        return
    output.say(
        f"比对 {found.items} 个信息项：新发现 {found.found} 对，更新 {found.changed} 对，失效 {found.lapsed} 对。",
        f"Compared {found.items} items: {found.found} pairs found, {found.changed} changed, {found.lapsed} lapsed.",
    )


@app.command("list")
def list_proposals(
    text: Annotated[str, typer.Argument(help=t("检索词", "Words to look for"))] = "",
    by: As = "",
    status: Annotated[str, typer.Option(help="open | same | different | lapsed")] = "open",
    least: Annotated[int, typer.Option(min=0, max=100, help=t("最低相似度", "Least score in per cent"))] = 0,
    limit: Annotated[int, typer.Option(min=1, help=t("最多显示几条", "Show at most"))] = 50,
    as_json: Json = False,
) -> None:
    """列出疑似同一数据的信息项，最相近的在前。 List the pairs, the most alike first.

    例 Example:  gongshu catalog sources list --least 80 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import datum_queries

    found = datum_queries.search(actor, text=text, status=status, least=least)
    if as_json:
        output.emit([_summary(one) for one in found[:limit]])
        return
    for one in found[:limit]:
        _print(one)


@app.command()
def show(pk: Annotated[int, typer.Argument(help=t("比对编号", "Number of the pair"))], by: As = "") -> None:
    """显示一对信息项的比对算式。 Show the arithmetic of a pair.

    例 Example:  gongshu catalog sources show 12 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import datum_queries
    from gongshu.catalog.source_method import LABELS

    found = datum_queries.proposal(actor, pk)
    _print(found)
    zh = output.language() == "zh"
    for part in found.parts:
        label = LABELS[part["name"]].say(output.language())
        output.console().print(
            f"  {label}  {part['points']}/{part['most']}  {part['zh' if zh else 'en']}", markup=False
        )


@app.command()
def name(
    pairs: Annotated[list[int], typer.Argument(help=t("比对编号，可多个", "Numbers of pairs"))],
    by: As = "",
    source: Annotated[
        str, typer.Option(help=t("以哪一方为源", "Which side is the source") + ": first | other")
    ] = "first",
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t("只演示，不改动", "Change nothing"))] = False,
    as_json: Json = False,
) -> None:
    """认定是同一数据，并以其中一方为数据源。 They are one datum; name its source.

    例 Example:  gongshu catalog sources name 12 13 --as lin
    """
    actor = session.actor(by)
    if source not in {"first", "other"}:
        error = GongshuError("cli.usage", "--source 须为 first 或 other。", "--source is first or other.")
        error.exit = Exit.USAGE
        raise error
    from gongshu.catalog import source_actions

    with _Trial(dry_run):
        made = [source_actions.name_source(by=actor, proposal=pk, source=source, reason=reason) for pk in pairs]
        if as_json:
            output.emit({"dry_run": dry_run, "data": [_datum(one) for one in made]})
            return
        for one in made:
            output.console().print(f"{one.number}  {one.title}  {one.entry.code} {one.item}", markup=False)


@app.command()
def differ(
    pairs: Annotated[list[int], typer.Argument(help=t("比对编号，可多个", "Numbers of pairs"))],
    by: As = "",
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t("只演示，不改动", "Change nothing"))] = False,
) -> None:
    """认定不是同一数据，说明理由。 They are not one datum, with reasons.

    例 Example:  gongshu catalog sources differ 12 --reason 统计口径不同 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import source_actions

    with _Trial(dry_run):
        for pk in pairs:
            _print(source_actions.differ(by=actor, proposal=pk, reason=reason))


@app.command("data")
def list_data(
    text: Annotated[str, typer.Argument(help=t("检索词", "Words to look for"))] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """列出已认定数据源的数据，及使用它的信息项。 List data whose source is named, with the items that use them.

    例 Example:  gongshu catalog sources data 企业名称 --json --as lin
    """
    session.actor(by)
    from gongshu.catalog import datum_queries

    found = list(datum_queries.data(text=text))
    if as_json:
        output.emit([{**_datum(one), "uses": _uses(one)} for one in found])
        return
    for one in found:
        output.console().print(f"{one.number}  {one.title}  {one.entry.code} {one.item}", markup=False)
        for use in _uses(one):
            output.console().print(f"  #{use['id']} {use['entry']} {use['item']}  {use['status']}", markup=False)


@app.command()
def exempt(
    use: Annotated[int, typer.Argument(help=t("使用方信息项的编号（见 data）", "Number of the use (see data)"))],
    by: As = "",
    reason: Reason = "",
    end: Annotated[bool, typer.Option("--end", help=t("撤销豁免", "End the exemption"))] = False,
) -> None:
    """豁免一个信息项：准许该单位自行采集。 Exempt an item: the unit may collect it itself.

    例 Example:  gongshu catalog sources exempt 3 --reason 法律另有规定 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import source_actions

    act = source_actions.end_exemption if end else source_actions.exempt
    made = act(by=actor, use=use, reason=reason)
    output.console().print(
        f"#{made.pk} {made.entry.code} {made.item}  {made.status_label.say(output.language())}", markup=False
    )


@app.command()
def dissolve(
    number: Annotated[str, typer.Argument(help=t("认定编号", "Number of the datum"))], by: As = "", reason: Reason = ""
) -> None:
    """撤销一项数据源认定，说明理由。 Undo the naming of a source, with reasons.

    例 Example:  gongshu catalog sources dissolve SY-20261121-0001 --reason 数据源有误 --as lin
    """
    actor = session.actor(by)
    from gongshu.catalog import source_actions

    source_actions.dissolve(by=actor, number=number, reason=reason)
    output.say(f"已撤销 {number}。", f"{number} is undone.")


class _Trial:
    """All or nothing; with ``dry`` nothing, after everything was tried."""

    def __init__(self, dry: bool) -> None:
        from django.db import transaction

        self._dry, self._atomic = dry, transaction.atomic()

    def __enter__(self) -> None:
        self._atomic.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        from django.db import transaction

        if self._dry and kind is None:
            transaction.set_rollback(True)
            output.note("演示完毕，未作改动。", "A trial only: nothing was changed.")
        self._atomic.__exit__(kind, error, trace)


def _summary(found: SourceProposal) -> dict[str, Any]:
    return {
        "id": found.pk,
        "score": found.score,
        "status": found.status,
        "first": {"entry": found.entry.code, "item": found.item, "title": found.item_title},
        "other": {"entry": found.other_entry.code, "item": found.other_item, "title": found.other_title},
        "parts": found.parts,
    }


def _datum(found: Datum) -> dict[str, Any]:
    return {
        "number": found.number,
        "title": found.title,
        "entry": found.entry.code,
        "item": found.item,
        "citations": [c["label"] for c in found.citations],
    }


def _uses(found: Datum) -> list[dict[str, Any]]:
    from gongshu.catalog import datum_queries

    return [
        {"id": use.pk, "entry": use.entry.code, "item": use.item, "status": use.status, "reason": use.reason}
        for use in datum_queries.uses(found)
    ]


def _print(found: SourceProposal) -> None:
    output.console().print(
        f"{found.pk}  {found.score}%  {found.item_title}（{found.entry.title}）— "
        f"{found.other_title}（{found.other_entry.title}）  {found.status_label.say(output.language())}",
        markup=False,
    )
