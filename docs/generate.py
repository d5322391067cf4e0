"""Write ``docs/reference`` from the code: commands, life cycles, gateway errors, rules and articles of every city.

Run ``make docs`` after a change; ``tests/docs`` fails when a page is not what this would write.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

os.environ["GONGSHU_LANG"] = "en"

from gongshu import rules
from gongshu.catalog.demand_states import DEMAND
from gongshu.catalog.source_states import PROPOSAL, USE
from gongshu.catalog.states import REVIEW
from gongshu.cli.lazy import load
from gongshu.cli.main import COMMANDS
from gongshu.collection.paper_states import PAPER
from gongshu.collection.states import RUN
from gongshu.duties.states import DUTY
from gongshu.gateway.errors import TABLE
from gongshu.grants.states import GRANT
from gongshu.matters.states import MATERIAL
from gongshu.opening.states import RELEASE, REQUEST, TYPE_DISPUTE
from gongshu.operation.governance_states import GOVERNANCE, RETURN
from gongshu.operation.states import CORRECTION, DESIGNATION
from gongshu.operation.states import DEMAND as OPERATION_DEMAND
from gongshu.quality.states import OBJECTION
from gongshu.rules.answers import plain
from gongshu.rules.proofs import proofs
from gongshu.sharing.states import APPLICATION, DISPUTE, EMERGENCY
from gongshu.supervision.handover_states import HANDOVER
from gongshu.supervision.project_states import PROJECT
from gongshu.supervision.states import FINDING
from gongshu.workflow import Table

FOLDER = Path(__file__).parent / "reference"
TESTS = Path(__file__).parents[1] / "tests"
HEAD = "<!-- Written by docs/generate.py; do not edit. -->\n\n"
ON = date(2026, 11, 21)  # the day for which the rules page answers
TABLES: tuple[tuple[str, Table], ...] = (
    ("目录审核 · Catalog review", REVIEW),
    ("数据需求 · Demand for data", DEMAND),
    ("疑似同一数据 · Proposal of one datum", PROPOSAL),
    ("非数据源的信息项 · Item that is not the source", USE),
    ("待办与法定时限 · Duty and its statutory time", DUTY),
    ("归集任务 · Collection run", RUN),
    ("申请材料 · Material that people are asked for", MATERIAL),
    ("纸质资料 · Paper holding", PAPER),
    ("共享申请 · Application for sharing", APPLICATION),
    ("共享争议 · Dispute about sharing", DISPUTE),
    ("开放属性争议 · Dispute about the open type", TYPE_DISPUTE),
    ("突发事件中的共享与开放 · Emergency sharing and opening", EMERGENCY),
    ("授权 · Grant", GRANT),
    ("数据异议 · Objection to a value", OBJECTION),
    ("开放 · Release to the public", RELEASE),
    ("开放申请与复核 · Request of the public, and review of its refusal", REQUEST),
    ("运营单位的确定与退出 · Designation of an operator, and its end", DESIGNATION),
    ("责令运营单位改正 · Correction ordered to an operator", CORRECTION),
    ("运营单位的数据需求 · Demand of an operator", OPERATION_DEMAND),
    ("运营单位的数据治理需求 · Governance demand of an operator", GOVERNANCE),
    ("运营单位的收益记录 · Record of an operator's return", RETURN),
    ("违规整改 · Rectification of a violation", FINDING),
    ("信息化项目的数据关口 · Gate of IT projects", PROJECT),
    ("数据资产备案的报送 · Handing a filing of assets over", HANDOVER),
)


def commands() -> str:
    """Every command with its options, as its own ``--help`` describes it."""
    parts = ["# Commands\n\nThe same text as `gongshu COMMAND --help` (`GONGSHU_LANG=en`).\n"]
    for name, entry in COMMANDS.items():
        for path, command in _walk(f"gongshu {name}", load(name, entry)):
            parts.append(_command(path, command))
    return "\n".join(parts)


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _walk(f"{path} {name}", child)


def _command(path: str, command: Any) -> str:
    lines = [f"## `{path}`", "", (command.help or "").strip(), ""]
    rows = []
    for parameter in command.params:
        names = ", ".join(parameter.opts + parameter.secondary_opts) or parameter.name
        if "--help" in parameter.opts:
            continue
        kind = "argument" if parameter.param_type_name == "argument" else "option"
        text = (getattr(parameter, "help", "") or "").replace("|", "\\|").replace("\n", " ")
        rows.append(f"| `{names}` | {kind}{', required' if parameter.required else ''} | {text} |")
    if rows:
        lines += ["| name | kind | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def states() -> str:
    """Every life cycle, as a diagram."""
    parts = ["# Life cycles\n\nPrinted from the transition tables that the actions check.\n"]
    for title, table in TABLES:
        parts.append(f"## {title}\n\n```mermaid\n{table.mermaid('zh')}```\n")
        parts.append("| from | action | to | who |\n|---|---|---|---|")
        for step in table.transitions:
            sources = ", ".join(f"`{source}`" for source in step.sources)
            by = ", ".join(step.roles)
            parts.append(f"| {sources} | {step.label.zh} · {step.label.en} | `{step.target}` | {by} |")
        parts.append("")
    return "\n".join(parts)


def gateway_errors() -> str:
    """Every code with which the gateway refuses."""
    lines = [
        "# Error codes of the gateway",
        "",
        'Every refusal is `{"error": {"code", "zh", "en", "request_id"}}`. No sentence ever holds a data value.',
        "",
        "| code | HTTP | 中文 | English |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{code}` | {e.status} | {e.text.zh} | {e.text.en} |" for code, e in TABLE.items()]
    return "\n".join(lines) + "\n"


def rule_pages() -> str:
    """What each city's pack says, with its article."""
    parts = [f"# Rules of each city\n\nEvery parameter on {ON}, with the article it rests on.\n"]
    for pack_id in rules.available():
        pack = rules.load(pack_id)
        parts.append(f"## {pack.region.zh} · {pack.region.en} (`{pack_id}`)\n")
        parts.append(f"{pack.title.zh} — {pack.status(ON)}\n")
        notice = pack.notice(ON)
        if notice:
            parts.append(f"> {notice.zh}\n>\n> {notice.en}\n")
        parts.append("| parameter | value | rests on |\n|---|---|---|")
        for definition in pack.parameters():
            found = pack.find(definition.name, on=ON)
            if found is None or found.pack != pack_id:
                continue
            cites = ";".join(c.label("zh") + ("" if c.verified else "(未核实)") for c in found.citations)
            parts.append(
                f"| `{definition.name}` {definition.description.zh} | {_short(plain(found.value))} | {cites} |"
            )
        parts.append("")
    return "\n".join(parts)


def _short(value: Any) -> str:
    """A value in one cell of a table."""
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            return str(value["zh"])
        return "; ".join(f"{k}: {_short(v)}" for k, v in value.items() if v not in (None, [], {}, ""))
    if isinstance(value, list | tuple):
        return ", ".join(_short(v) for v in value)
    return str(value).replace("|", "\\|").replace("\n", " ")


def article_pages() -> str:
    """Every article of every city: what it asks, how far the platform is, which tests prove it."""
    proven = proofs(TESTS)
    registers = [(rules.load(name), rules.articles(rules.load(name))) for name in rules.available()]
    parts = [
        "# Articles\n\nEvery row of the five regulations that asks something of the platform. A row is `enforced` only where"
        " tests name it (`@pytest.mark.article`); a planned row may name tests of the part that exists. Where a row waits"
        " for one capability only, each is named with its own state, and the row is as far as the weakest.\n",
        "| city | " + " | ".join(f"{state.label.zh} {state.value}" for state in rules.State) + " | all |",
        "|---|" + "---|" * (len(rules.State) + 1),
    ]
    for pack, articles in registers:
        if articles:
            counts = [sum(article.state is state for article in articles) for state in rules.State]
            parts.append(f"| {pack.region.zh} {pack.region.en} | {' | '.join(map(str, counts))} | {len(articles)} |")
    parts += ["", *(f"- `{state.value}`: {state.meaning.zh} · {state.meaning.en}" for state in rules.State), ""]
    for pack, articles in registers:
        if not articles:
            continue
        parts.append(f"## {pack.region.zh} · {pack.region.en} (`{pack.id}`)\n\n{pack.title.zh}\n")
        parts.append("| row | capability | what the platform must do | state | tests |\n|---|---|---|---|---|")
        for article in articles:
            note = f"<br>{article.note.zh}<br>{article.note.en}" if article.note else ""
            by = "".join(f"<br>{name}: {part.value}" for name, part in article.by)
            tests = "<br>".join(f"`{test}`" for test in proven.get(article.id, ()))
            parts.append(
                f"| {article.id} | {', '.join(article.capabilities)} | {article.does.zh}<br>{article.does.en}{note} "
                f"| {article.state.value}{by} | {tests} |"
            )
        parts.append("")
    return "\n".join(parts)


def interface() -> str:
    """Every operation of the interface for programs: what it asks of its caller."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "gongshu.web.settings"  # not those of tests, which change the language
    django.setup()
    from gongshu.identity.tokens import SCOPE_LABELS
    from gongshu.web.api.routes import operations

    lines = [
        "# Interface for programs",
        "",
        "All addresses stand under `/api/v1`; `/api/v1/openapi.json` describes every parameter and answer (OpenAPI 3.1).",
        '[How to call](../how-to/programmer.md). Every refusal is `{"error": {"code", "zh", "en", "where"}}` with the',
        "sentences of the pages. What a caller may do beyond the scope is decided by the same policies as on the pages.",
        "",
        "| scope | allows |",
        "|---|---|",
        *(f"| `{scope}` | {label.zh} · {label.en} |" for scope, label in SCOPE_LABELS.items()),
        "",
        "| method | address | what | who | scope |",
        "|---|---|---|---|---|",
    ]
    for one in operations():
        who = "anybody" if one.asks is None else "a role in an organisation" if one.asks.roles else "any account"
        scope = f"`{one.asks.scope}`" if one.asks else ""
        lines.append(f"| {one.method} | `{one.path}` | {one.summary} | {who} | {scope} |")
    return "\n".join(lines) + "\n"


PAGES = {
    "commands.md": commands,
    "life-cycles.md": states,
    "gateway-errors.md": gateway_errors,
    "rules.md": rule_pages,
    "articles.md": article_pages,
    "api.md": interface,
}


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(HEAD + page().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{len(PAGES)} pages written to {FOLDER.relative_to(Path.cwd())}\n")
