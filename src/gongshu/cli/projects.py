"""``gongshu projects``: IT projects, their planned catalogs, the verdicts of the gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit, GongshuError

if TYPE_CHECKING:
    from gongshu.supervision.project_models import Project

app = typer.Typer(
    help=t("信息化项目的数据关口：登记、预编目录、审查。", "Gate of IT projects: register, plan, verdict."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Number = Annotated[str, typer.Argument(help=t("项目编号", "Number of the project"))]


@app.command()
def register(
    name: Annotated[str, typer.Argument(help=t("项目名称", "Name of the project"))],
    by: As = "",
    summary: Annotated[str, typer.Option(help=t("建设内容", "What is built"))] = "",
    as_json: Json = False,
) -> None:
    """登记本单位的信息化项目。 Register an IT project of your organisation.

    例 Example:  gongshu projects register 智慧监管平台 --as wang
    """
    actor = session.actor(by)
    from gongshu.supervision import project_actions

    _answer(project_actions.register(by=actor, name=name, summary=summary), as_json)


@app.command()
def plan(
    number: Number,
    file: Annotated[Path, typer.Argument(help=t("预编目录（JSON 数组）", "Planned entries, a JSON array"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """从文件预编目录；每条的字段与目录接口相同，另可写 uses 和 difference。 Plan entries from a file.

    例 Example:  gongshu projects plan XM-20261121-0001 plan.json --as wang
    """
    actor = session.actor(by)
    from django.db import transaction

    from gongshu.catalog.draft import from_plain
    from gongshu.supervision import project_actions, project_queries

    rows = _rows(file)
    with transaction.atomic():
        for row in rows:
            more = {name: str(row.pop(name, "")) for name in ("uses", "difference")}
            data = from_plain({"abstract": "", "provider": actor.organization, **row})
            project_actions.plan_entry(by=actor, number=number, data=data, **more)
    _answer(project_queries.project(actor, number), as_json)


@app.command()
def submit(number: Number, by: As = "", as_json: Json = False) -> None:
    """提交立项审查。 Submit to the gate before approval.

    例 Example:  gongshu projects submit XM-20261121-0001 --as wang
    """
    actor = session.actor(by)
    from gongshu.supervision import project_actions

    _answer(project_actions.submit(by=actor, number=number), as_json)


@app.command()
def name(
    number: Number,
    position: Annotated[int, typer.Argument(help=t("预编目录的第几条", "Line of the plan"))],
    code: Annotated[str, typer.Argument(help=t("实际目录的资源代码", "Code of the real entry"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """指明预编的一条成为哪个目录。 Name the entry that a planned one became.

    例 Example:  gongshu projects name XM-20261121-0001 1 333004-000001 --as wang
    """
    actor = session.actor(by)
    from gongshu.supervision import project_actions, project_queries

    project_actions.name_entry(by=actor, number=number, position=position, code=code)
    _answer(project_queries.project(actor, number), as_json)


@app.command("hand-over")
def hand_over(number: Number, by: As = "", as_json: Json = False) -> None:
    """提交验收审查。 Hand the built project to the gate at acceptance.

    例 Example:  gongshu projects hand-over XM-20261121-0001 --as wang
    """
    actor = session.actor(by)
    from gongshu.supervision import project_actions

    _answer(project_actions.hand_over(by=actor, number=number), as_json)


@app.command()
def decide(
    number: Number,
    word: Annotated[str, typer.Argument(help="pass | refuse")],
    by: As = "",
    remark: Annotated[str, typer.Option(help=t("审查意见", "Remark"))] = "",
    as_json: Json = False,
) -> None:
    """出具审查结论；理由由平台逐项核对。 Give the verdict of the stage that the project is in.

    例 Example:  gongshu projects decide XM-20261121-0001 pass --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import project_actions, project_queries
    from gongshu.supervision.project_states import Stage

    if word not in {"pass", "refuse"}:
        raise _usage("结论须为 pass 或 refuse。", "The verdict is pass or refuse.")
    stage = project_queries.stage_of(project_queries.project(actor, number)) or Stage.APPROVAL
    project_actions.decide(by=actor, number=number, stage=stage, passed=word == "pass", remark=remark)
    _answer(project_queries.project(actor, number), as_json)


@app.command("list")
def list_projects(
    by: As = "",
    status: Annotated[str, typer.Option(help=t("只列某一状态", "Only this status"))] = "",
    as_json: Json = False,
) -> None:
    """列出可见的项目。 List the projects that you may see.

    例 Example:  gongshu projects list --status submitted --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import project_queries

    found = list(project_queries.search(actor, status=status))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        _print(one)


@app.command()
def show(number: Number, by: As = "", as_json: Json = False) -> None:
    """显示项目、预编目录、目前的不符合项和历次结论。 Show a project, what stands against it now, and its verdicts.

    例 Example:  gongshu projects show XM-20261121-0001 --as lin
    """
    actor = session.actor(by)
    from gongshu.supervision import project_monitoring, project_queries

    found = project_queries.project(actor, number)
    reasons = project_queries.reasons(found)
    if as_json:
        plan = [
            {"position": p.position, "title": p.title, "uses": p.uses, "difference": p.difference, "code": p.code}
            for p in project_queries.plan(found)
        ]
        verdicts = [
            {"stage": v.stage, "passed": v.passed, "at": v.at, "remark": v.remark, "reasons": v.reasons}
            for v in project_queries.verdicts(found)
        ]
        now = [reason.as_json() for reason in reasons]
        watch = [
            {"code": one.code, "version": one.version, "troubles": [trouble.code for trouble in one.troubles]}
            for one in project_monitoring.watched(found)
        ]
        output.emit({**_summary(found), "plan": plan, "reasons": now, "verdicts": verdicts, "watched": watch})
        return
    _print(found)
    for reason in reasons:
        cites = "；".join(str(c["label"]) for c in reason.citations)
        mark = "✗" if reason.blocks else "·"
        output.console().print(f"  {mark} {reason.text.say(output.language())} {cites}", markup=False)
    for one in project_monitoring.watched(found):
        for trouble in one.troubles:
            output.console().print(f"  ✗ {trouble.text.say(output.language())}", markup=False)


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError):
        raise _usage("读不出这个文件，须为 UTF-8 的 JSON 数组。", "The file is not a JSON array in UTF-8.") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _usage("文件须为 JSON 数组，每条目录一个对象。", "The file must be a JSON array of objects.")
    return rows


def _usage(zh: str, en: str) -> GongshuError:
    error = GongshuError("cli.usage", zh, en)
    error.exit = Exit.USAGE
    return error


def _summary(found: Project) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "organization": found.organization.code,
        "status": found.status,
    }


def _print(found: Project) -> None:
    language = output.language()
    organization = found.organization.say(language)
    said = f"{found.number}  {found.name}  {organization}  {found.status_label.say(language)}"
    output.console().print(said, markup=False)


def _answer(found: Project, as_json: bool) -> None:
    if as_json:
        output.emit(_summary(found))
    else:
        _print(found)
