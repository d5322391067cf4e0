"""``gongshu matters``: service matters and their materials: may people be asked for this, strike it, keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit

if TYPE_CHECKING:
    from gongshu.matters.models import Material, Matter

app = typer.Typer(
    help=t("办理事项及其申请材料：登记、比对、取消、保留。", "Service matters and what they ask people for."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("事项编号", "Number of the matter"))]
Position = Annotated[int, typer.Argument(help=t("材料序号", "Position of the material"))]
Reason = Annotated[str, typer.Option(help=t("理由或说明", "Reasons or remark"))]


@app.command()
def ask(
    material: Annotated[str, typer.Argument(help=t("材料名称", "Name of the material"))],
    by: As = "",
    matter: Annotated[str, typer.Option(help=t("在哪个事项中", "In which matter"))] = "",
    as_json: Json = False,
) -> None:
    """这份材料可以向群众和企业索要吗；不可以时退出码为 1。 May people be asked for this? Exit code 1 where the answer is no.

    例 Example:  gongshu matters ask 营业执照复印件 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import queries

    found = queries.ask(actor, material, number=matter)
    if as_json:
        output.emit(
            {
                "material": material,
                "may_ask": found.may_ask,
                "forbidden": found.forbidden,
                "why": found.why.say(output.language()),
                "held": [{"code": one.code, "title": one.title, "interface": one.interface} for one in found.held],
                "citations": [one.as_json() for one in found.citations],
            }
        )
    else:
        output.say(f"{material}：{found.why.zh}", f"{material}: {found.why.en}")
        for one in found.held:
            output.console().print(f"  {one.code}  {one.title}  {one.interface}", markup=False)
        for cite in found.citations if not found.may_ask else ():
            output.console().print(f"  {cite.label(output.language())}", markup=False, style="dim")
    if not found.may_ask:
        raise typer.Exit(Exit.NO)


@app.command()
def register(
    name: Annotated[str, typer.Argument(help=t("事项名称", "Name of the matter"))],
    materials: Annotated[list[str] | None, typer.Argument(help=t("申请材料，可多项", "Materials, several"))] = None,
    by: As = "",
    code: Annotated[str, typer.Option(help=t("事项编码", "Code of the matter"))] = "",
    basis: Annotated[str, typer.Option(help=t("办理依据", "Legal basis"))] = "",
    asked_of: Annotated[str, typer.Option("--of", help="natural | legal | both")] = "both",
    as_json: Json = False,
) -> None:
    """登记本单位的办理事项和申请材料，逐项与目录比对。 Register a matter; its materials are compared.

    例 Example:  gongshu matters register 商品房预售许可 营业执照复印件 土地使用证明 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import actions

    made = actions.register(by=actor, name=name, materials=materials or [], code=code, basis=basis, asked_of=asked_of)
    _answer(made, as_json)


@app.command("list")
def list_matters(
    text: Annotated[str, typer.Argument(help=t("事项、材料或编号", "Matter, material or number"))] = "",
    by: As = "",
    status: Annotated[str, typer.Option(help="clear | flagged | struck | justified | ended")] = "",
    as_json: Json = False,
) -> None:
    """列出可见的事项。 List the matters that you may see.

    例 Example:  gongshu matters list --status flagged --as lin
    """
    actor = session.actor(by)
    from gongshu.matters import queries

    found = list(queries.search(actor, text=text, status=status))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        output.console().print(
            f"{one.number}  {one.organization.say(output.language())}  {one.name}  "
            + t(f"材料 {one.asked}，待处理 {one.flagged}", f"{one.asked} materials, {one.flagged} flagged"),
            markup=False,
        )


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """显示一个事项及其材料。 Show a matter with its materials.

    例 Example:  gongshu matters show SX-20261121-0001 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import queries

    _answer(queries.matter(actor, number), as_json)


@app.command()
def add(
    number: Number, name: Annotated[str, typer.Argument(help=t("材料名称", "Name"))], by: As = "", as_json: Json = False
) -> None:
    """增加一项材料并比对。 Ask for one more material; it is compared at once.

    例 Example:  gongshu matters add SX-20261121-0001 施工许可证 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import actions

    actions.add_material(by=actor, number=number, name=name)
    _shown(actor, number, as_json)


@app.command()
def strike(
    number: Number,
    position: Position,
    by: As = "",
    entry: Annotated[str, typer.Option(help=t("改由哪项目录获取", "Entry from which it is obtained"))] = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """取消收取一项材料。 Ask for a material no more.

    例 Example:  gongshu matters strike SX-20261121-0001 1 --entry 333004-000001 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import actions

    actions.strike(by=actor, number=number, position=position, entry=entry, reason=reason)
    _shown(actor, number, as_json)


@app.command()
def justify(
    number: Number,
    position: Position,
    ground: Annotated[str, typer.Option(help="other_content | not_matching | law | security")],
    reason: Reason,
    by: As = "",
    as_json: Json = False,
) -> None:
    """说明理由，保留平台可以获取的材料。 Keep a material that the platform has, with reasons.

    例 Example:  gongshu matters justify SX-20261121-0001 1 --ground law --reason 《公证法》第二十七条 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import actions

    actions.justify(by=actor, number=number, position=position, ground=ground, reason=reason)
    _shown(actor, number, as_json)


@app.command()
def disallow(number: Number, position: Position, reason: Reason, by: As = "", as_json: Json = False) -> None:
    """数据主管部门认定保留的理由不成立。 The data authority does not accept the reasons.

    例 Example:  gongshu matters disallow SX-20261121-0001 1 --reason 内容一致 --as lin
    """
    actor = session.actor(by)
    from gongshu.matters import actions

    actions.disallow(by=actor, number=number, position=position, reason=reason)
    _shown(actor, number, as_json)


@app.command()
def resume(number: Number, position: Position, reason: Reason, by: As = "", as_json: Json = False) -> None:
    """恢复收取已取消的材料，并重新比对。 Ask for a struck material again; it is compared again.

    例 Example:  gongshu matters resume SX-20261121-0001 1 --reason 核验接口停用 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import actions

    actions.resume(by=actor, number=number, position=position, reason=reason)
    _shown(actor, number, as_json)


@app.command()
def end(number: Number, reason: Reason, by: As = "", as_json: Json = False) -> None:
    """停办事项。 The matter is done no longer.

    例 Example:  gongshu matters end SX-20261121-0001 --reason 事项取消 --as zhou
    """
    actor = session.actor(by)
    from gongshu.matters import actions

    actions.end(by=actor, number=number, reason=reason)
    _shown(actor, number, as_json)


def _shown(actor: Any, number: str, as_json: bool) -> None:
    from gongshu.matters import queries

    _answer(queries.matter(actor, number), as_json)


def _summary(found: Matter) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "organization": found.organization.code,
        "status": found.status,
    }


def _material(row: Material) -> dict[str, Any]:
    names = ("position", "name", "status", "entry", "ground", "reason")
    return {name: getattr(row, name) for name in names} | {"found": [one["code"] for one in row.matches]}


def _answer(found: Matter, as_json: bool) -> None:
    from gongshu.matters import queries

    rows = queries.materials(found)
    if as_json:
        output.emit({**_summary(found), "materials": [_material(row) for row in rows]})
        return
    language = output.language()
    output.console().print(f"{found.number}  {found.name}", markup=False, style="bold")
    for row in rows:
        codes = " ".join(one["code"] for one in row.matches)
        said = f"  {row.position}. {row.name}  {row.status_label.say(language)}  {row.entry or codes}"
        output.console().print(said, markup=False)
