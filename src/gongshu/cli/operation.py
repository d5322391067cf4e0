"""``gongshu operation``: operators, their agreements, corrections and demands, by the city's rules."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import operation_governance, output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import GongshuError

if TYPE_CHECKING:
    from gongshu.operation.models import Demand, Designation

app = typer.Typer(
    help=t(
        "授权运营：申报、协议、续签、改正与退出、数据需求、数据治理需求、收益。",
        "Operators: applications, agreements, exit, demands for data and for its mending, returns.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
app.add_typer(operation_governance.governance, name="governance")
app.add_typer(operation_governance.returns, name="returns")
Number = Annotated[str, typer.Argument(help=t("编号", "Number"))]
Words = Annotated[str, typer.Option("--words", help=t("理由、意见或情况", "Reasons, opinion or facts"))]
Day = Annotated[datetime, typer.Option("--by-day", formats=["%Y-%m-%d"], help=t("改正期限", "Last day"))]
File = Annotated[Path, typer.Argument(help=t("JSON 文件（见例）", "A JSON file (see the example)"))]


@app.command("list")
def list_designations(by: As = "", as_json: Json = False) -> None:
    """列出可见的运营单位和申报。 List operators and applications.

    例 Example:  gongshu operation list --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import queries

    found = list(queries.search(actor))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        _line(one)


@app.command("rules")
def show_rules(as_json: Json = False) -> None:
    """本市规则对授权运营的规定：步骤、清单；未规定的为空。 What the city's rules say; empty where they are silent.

    例 Example:  gongshu operation rules --json
    """
    session.connect()
    from gongshu import clock
    from gongshu.operation.procedure import listed, turns

    day = clock.today()
    steps = {
        name: [{"office": s.office, "act": session.pair(s.label)} for s in turns(f"operation.{name}", day)]
        for name in ("designation", "renewal", "exit_steps", "governance")
    }
    lists = {
        name: {key: session.pair(label) for key, label in listed(f"operation.{name}", day).names.items()}
        for name in ("qualification", "selection", "agreement_contents", "exit_grounds", "early_end", "demand_requires",
                     "demand_review", "prohibited_grounds", "supply_end_cases", "supply_end_requires")
    }  # fmt: skip
    if as_json:
        output.emit({**steps, **lists})
        return
    for name, chain in steps.items():
        said = " → ".join(f"{s['office']} {s['act'][output.language()]}" for s in chain)  # type: ignore[index]
        output.console().print(f"{name}: {said or t('本市规则未规定', 'the rules are silent')}", markup=False)
    for name, names in lists.items():
        said = "；".join(label[output.language()] for label in names.values())
        output.console().print(f"{name}: {said or t('本市规则未规定', 'the rules are silent')}", markup=False)


@app.command("apply")
def apply(
    file: File,
    by: As = "",
    renews: Annotated[str, typer.Option(help=t("续签的申报编号", "Number that is renewed"))] = "",
    as_json: Json = False,
) -> None:
    """申报运营单位，或重新申请。 Apply to operate, or to renew.

    文件 File:  {"scope": "…", "evidence": {"capability": "…"}, "selection": "", "selection_note": "", "departments": []}
    例 Example:  gongshu operation apply filing.json --as ma
    """
    actor = session.actor(by)
    from gongshu.operation import actions
    from gongshu.operation.agreement import Filing

    told = _read(file, {"scope", "evidence", "selection", "selection_note", "departments"})
    told["departments"] = tuple(told.get("departments", ()))
    _answer(actions.apply(by=actor, filing=Filing(**{"scope": "", **told}), renews=renews), as_json)


@app.command("decide")
def decide(
    number: Number,
    answer: Annotated[str, typer.Argument(help="pass | refuse")],
    by: As = "",
    words: Words = "",
    experts: Annotated[str, typer.Option(help=t("参加论证的专家", "Experts who advised"))] = "",
    as_json: Json = False,
) -> None:
    """办理轮到本单位的一步；专家提出意见。 Take the step that is yours; experts advise.

    例 Example:  gongshu operation decide YY-20261121-0001 pass --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import actions

    if answer not in {"pass", "refuse"}:
        raise typer.BadParameter(t("须为 pass 或 refuse", "pass or refuse"))
    _answer(actions.decide(by=actor, number=number, passed=answer == "pass", remark=words, experts=experts), as_json)


@app.command("sign")
def sign(number: Number, file: File, by: As = "", as_json: Json = False) -> None:
    """签订授权运营协议。 Sign the agreement.

    文件 File:  {"number": "…", "valid_from": "2026-12-01", "contents": {"scope": "…"}, "valid_until": "2029-11-30"}
    例 Example:  gongshu operation sign YY-20261121-0001 agreement.json --as lin
    """
    from datetime import date

    actor = session.actor(by)
    from gongshu.operation import actions
    from gongshu.operation.agreement import Agreement

    told = _read(file, {"number", "valid_from", "contents", "valid_until"})
    try:
        days = {name: date.fromisoformat(told[name]) for name in ("valid_from", "valid_until") if told.get(name)}
        agreement = Agreement(**{**told, "valid_until": None, **days})
    except (TypeError, ValueError, KeyError):
        raise _unreadable() from None
    _answer(actions.sign(by=actor, number=number, agreement=agreement), as_json)


@app.command("correct")
def correct(
    number: Number,
    ground: Annotated[str, typer.Option(help=t("情形（见 operation rules）", "Ground (see operation rules)"))],
    words: Words,
    day: Day,
    by: As = "",
) -> None:
    """责令运营单位改正并暂停权限。 Order an operator to correct, with suspension.

    例 Example:  gongshu operation correct YY-20261121-0001 --ground misuse --words 转售 --by-day 2026-12-10 --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import exit_actions

    found = exit_actions.order_correction(by=actor, number=number, ground=ground, findings=words, due_on=day.date())
    output.console().print(f"{found.number}  {found.status_label.say(output.language())}", markup=False)


@app.command("settle")
def settle(
    number: Number,
    outcome: Annotated[str, typer.Argument(help="answer | accept | terminate")],
    by: As = "",
    words: Words = "",
    evidence: Annotated[str, typer.Option(help=t("证据", "Evidence"))] = "",
) -> None:
    """反馈改正、确认改正或终止授权（改正编号 GZ-…）。 Answer a correction, accept it, or terminate.

    例 Example:  gongshu operation settle GZ-20261121-0001 accept --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import exit_actions

    if outcome == "answer":
        found = exit_actions.answer_correction(by=actor, number=number, answer=words, evidence=evidence)
    elif outcome == "accept":
        found = exit_actions.accept_correction(by=actor, number=number, remark=words)
    elif outcome == "terminate":
        found = exit_actions.terminate(by=actor, number=number, reason=words)
    else:
        raise typer.BadParameter("answer | accept | terminate")
    output.console().print(f"{found.number}  {found.status_label.say(output.language())}", markup=False)


@app.command("demands")
def demands(by: As = "", as_json: Json = False) -> None:
    """列出可见的运营数据需求。 List operators' demands.

    例 Example:  gongshu operation demands --as ma
    """
    actor = session.actor(by)
    from gongshu.operation import queries

    found = list(queries.visible_demands(actor))
    if as_json:
        output.emit([_demand(one) for one in found])
        return
    for one in found:
        status = one.status_label.say(output.language())
        output.console().print(f"{one.number}  {one.entry.title}  [{status}]", markup=False)


@app.command("bar")
def bar(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    ground: Annotated[str, typer.Option(help=t("情形（见 operation rules）", "Ground (see operation rules)"))],
    words: Words,
    by: As = "",
) -> None:
    """列为不得授权运营；正在供给的立即终止。 Never to be operated; running supply ends at once.

    例 Example:  gongshu operation bar CODE --ground privacy --words 可识别个人 --as lin
    """
    actor = session.actor(by)
    from gongshu.operation import demand_actions

    demand_actions.bar(by=actor, code=code, ground=ground, reason=words)
    output.say("已列为不得授权运营。", "Barred from operation.")


def _read(file: Path, known: set[str]) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _unreadable() from None
    if not isinstance(told, dict) or set(told) - known:
        raise _unreadable()
    return told


def _unreadable() -> GongshuError:
    return GongshuError(
        "operation.file_unreadable",
        "文件无法读取或内容不符，请按命令说明中的例子编写 JSON 文件。",
        "The file cannot be read or is not as the command's example shows.",
    )


def _summary(found: Designation) -> dict[str, Any]:
    return {
        "number": found.number,
        "operator": found.organization.code,
        "status": str(found.status),
        "agreement": found.agreement,
        "valid_from": found.valid_from,
        "valid_until": found.valid_until,
        "citations": [c["label"] for c in found.citations],
    }


def _demand(found: Demand) -> dict[str, Any]:
    return {
        "number": found.number,
        "resource": found.entry.code,
        "operator": found.designation.organization.code,
        "status": str(found.status),
        "grant": found.grant_id,
        "citations": [c["label"] for c in found.citations],
    }


def _line(found: Designation) -> None:
    language = output.language()
    until = f"  → {found.valid_until}" if found.valid_until else ""
    output.console().print(
        f"{found.number}  {found.organization.say(language)}  [{found.status_label.say(language)}]{until}", markup=False
    )


def _answer(found: Designation, as_json: bool) -> None:
    if as_json:
        output.emit(_summary(found))
    else:
        _line(found)
