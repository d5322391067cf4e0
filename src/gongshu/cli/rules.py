"""``gongshu rules`` and ``gongshu deadline``: ask a rule for a day and its article, check packs, count working days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer
from rich.table import Table

from gongshu import deadlines, rules
from gongshu.cli import output, rules_study
from gongshu.cli.output import t
from gongshu.cli.rules_words import City, Json, On, cited, day_of, pack_of, said, short, unverified
from gongshu.errors import Exit, GongshuError, Text
from gongshu.rules import cases

app = typer.Typer(
    help=t(
        "查询规则：某日某市的数字、由谁决定、依据哪一条。规则包是 YAML 数据。",
        "Ask the rules: a city's number on a day, who decides, by which article. Rule packs are YAML data.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.command("list")
def list_command(as_json: Json = False, on: On = "") -> None:
    """全部规则包及其效力。 All rule packs and whether they are law.

    例 Example:  gongshu rules list --on 2021-03-01
    """
    day = day_of(on)
    packs = [rules.load(name) for name in rules.available()]
    if as_json:
        output.emit([_pack_json(pack, day) for pack in packs])
        return
    table = Table(box=None, pad_edge=False)
    for heading in (t("规则包", "pack"), t("地区", "place"), t("依据", "text"), t("效力", "status")):
        table.add_column(heading)
    for pack in packs:
        table.add_row(pack.id, said(pack.region), said(pack.title), said(pack.status(day).label))
    output.console().print(table)


def _pack_json(pack: rules.Pack, day: date) -> dict[str, Any]:
    return {
        "id": pack.id,
        "region": rules.plain(pack.region),
        "region_code": pack.region_code,
        "title": rules.plain(pack.title),
        "kind": pack.kind.value,
        "valid_from": pack.valid_from,
        "valid_to": pack.valid_to,
        "status": pack.status(day).value,
        "notice": rules.plain(pack.notice(day)),
        "version": pack.version,
    }


@app.command("show")
def show_command(
    pack: Annotated[
        str, typer.Argument(help=t("规则包，默认是本安装的城市", "Pack; the installation's by default"))
    ] = "",
    on: On = "",
    as_json: Json = False,
) -> None:
    """一个规则包的全部参数、取值和条款。 Every parameter of a pack, its value and its article.

    例 Example:  gongshu rules show yongjia
    """
    day, chosen = day_of(on), pack_of(pack)
    answers = [(definition, chosen.find(definition.name, on=day)) for definition in chosen.parameters()]
    if as_json:
        found = {definition.name: answer.as_json() if answer else None for definition, answer in answers}
        output.emit({**_pack_json(chosen, day), "on": day, "parameters": found})
        return
    console = output.console()
    console.print(f"{said(chosen.region)}  {said(chosen.title)}  {chosen.version}", markup=False, style="bold")
    if notice := chosen.notice(day):
        console.print(said(notice), markup=False, style="yellow")
    for definition, answer in answers:
        console.print(f"\n{definition.name}  {said(definition.description)}", markup=False, style="bold")
        cases_of = ", ".join(definition.qualifiers)
        silent = t(f"按情形而定：{cases_of}", f"depends on {cases_of}") if cases_of else t("无规定", "says nothing")
        console.print("  " + (short(answer.value) + unverified(answer) if answer else silent), markup=False)
        if answer:
            console.print(f"  {cited(answer.citations)}", markup=False, style="dim")


@app.command("value")
def value_command(
    name: Annotated[str, typer.Argument(help=t("参数名，如 sharing.reply_deadline", "Like sharing.reply_deadline"))],
    where: Annotated[
        list[str] | None,
        typer.Argument(help=t("情形，如 collected=false", "The case, like collected=false"), metavar="[KEY=VALUE]..."),
    ] = None,
    city: City = "",
    on: On = "",
    as_json: Json = False,
) -> None:
    """某日一个参数的取值和条款。 One parameter's value on a day, and its article.

    例 Example:  gongshu rules value sharing.reply_deadline collected=false --city yongjia
    """
    day, pack = day_of(on), pack_of(city)
    found = pack.value(name, on=day, **_qualifiers(where or []))
    if as_json:
        output.emit({**found.as_json(), "on": day, "notice": rules.plain(pack.notice(day))})
        return
    console = output.console()
    console.print(short(found.value), markup=False, style="bold")
    for citation in found.citations:
        console.print(f"  {citation.label(output.language())}  {said(citation.text)}", markup=False)
    if not found.verified:
        console.print(f"  {unverified(found)}", markup=False, style="yellow")
    if notice := pack.notice(day):
        output.note(notice.zh, notice.en)


def _qualifiers(pairs: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, word = pair.partition("=")
        if not equals:
            wrong = GongshuError(
                "cli.not_a_pair",
                "情形须写成“名称=值”，如 collected=false。请更正后重试。",
                "A case is written “name=value”, like collected=false. Correct it and try again.",
            )
            wrong.exit = Exit.USAGE
            raise wrong
        found[key] = {"true": True, "false": False}.get(word, word)
    return found


@app.command("chain")
def chain_command(
    share_type: Annotated[rules.ShareType, typer.Argument(help=t("共享类型", "Share type"), case_sensitive=False)],
    mode: Annotated[str, typer.Option("--mode", help="verify | query | batch | analysis")] = "query",
    collected: Annotated[
        bool,
        typer.Option("--collected/--not-collected", help=t("平台是否已归集", "Whether the platform holds the data")),
    ] = True,
    city: City = "",
    on: On = "",
    as_json: Json = False,
) -> None:
    """共享申请由谁办理、几日内、依据哪条；期限从该日起算。 Who decides an application, by when.

    例 Example:  gongshu rules chain conditional --city luzhou
    """
    day, pack = day_of(on), pack_of(city)
    route = pack.route(share_type, on=day, mode=mode, collected=collected)
    dues = route.dues(day, rules.calendar_of(pack))
    if as_json:
        body = route.as_json()
        for step, due in zip(body["steps"], dues, strict=True):
            step["due"] = due.on if due else None
            step["certainty"] = due.certainty.value if due else None
        output.emit({"pack": pack.id, "on": day, "notice": rules.plain(pack.notice(day)), **body})
        return
    console = output.console()
    console.print(
        f"{said(pack.labels('share_type', on=day)[share_type])}{t('：', ': ')}{said(route.words)}", markup=False
    )
    for step, due in zip(route.steps, dues, strict=True):
        limit = said(step.deadline_words) + (f" → {due.on}" if due else "")
        tentative = f" ({said(due.certainty.label)})" if due and not due.firm else ""
        console.print(f"  {step.stage}. {said(step.office_name)}  {said(step.words)}  {limit}{tentative}", markup=False)
    console.print(f"  {cited(route.citations)}", markup=False, style="dim")
    if notice := pack.notice(day):
        output.note(notice.zh, notice.en)


@app.command("check")
def check_command(
    pack: Annotated[str, typer.Argument(help=t("规则包，默认全部", "Pack; all by default"))] = "", as_json: Json = False
) -> None:
    """规则包有无错误：逐文件逐行。 Whether packs are sound; mistakes are shown by file and line.

    例 Example:  gongshu rules check yongjia
    """
    names = (pack,) if pack else rules.available()
    faults = []
    for name in names:
        try:
            rules.articles(rules.load(name))
            list(cases.read(rules.folder_of(name)))
        except rules.RulePackError as error:
            faults.append({"pack": name, "code": error.code, "zh": error.text.zh, "en": error.text.en, **error.where})
    if as_json:
        output.emit({"packs": list(names), "faults": faults})
    for fault in [] if as_json else faults:
        output.say(str(fault["zh"]), str(fault["en"]))
    if faults:
        raise typer.Exit(Exit.NO)
    if not as_json:
        output.say(f"{len(names)} 个规则包没有错误。", f"{len(names)} packs are sound.")


@app.command("cases")
def cases_command(
    pack: Annotated[str, typer.Argument(help=t("规则包，默认全部", "Pack; all by default"))] = "", as_json: Json = False
) -> None:
    """跑一遍规则案例。 Run the worked examples of the packs.

    例 Example:  gongshu rules cases xian
    """
    names = (pack,) if pack else rules.available()
    outcomes = [cases.run(rules.load(name), case) for name in names for case in cases.read(rules.folder_of(name))]
    failed = [outcome for outcome in outcomes if outcome.problems]
    if as_json:
        output.emit(
            {
                "cases": len(outcomes),
                "failed": [{"case": outcome.case.name, "problems": outcome.problems} for outcome in failed],
            }
        )
    else:
        for outcome in failed:
            output.console().print(f"{outcome.case.name}  {'; '.join(outcome.problems)}", markup=False, style="red")
        output.say(
            f"{len(outcomes)} 个案例，{len(failed)} 个不符。", f"{len(outcomes)} cases, {len(failed)} do not hold."
        )
    if failed:
        raise typer.Exit(Exit.NO)


app.command("articles")(rules_study.articles_command)
app.command("diff")(rules_study.diff_command)
app.command("calendar")(rules_study.calendar_command)
app.command("new")(rules_study.new_command)


def deadline(
    start: Annotated[
        str, typer.Argument(help=t("起算日（当日不计）", "Day of the event, itself not counted"), metavar="DATE")
    ],
    days: Annotated[int, typer.Argument(min=0, max=10_000, help=t("工作日数", "Number of working days"))],
    city: City = "",
    as_json: Json = False,
) -> None:
    """从某日起第几个工作日是哪天。 Which day is so many working days after a date.

    按国务院放假安排，含调休上班日和本地放假；没有放假安排的年度结果为“暂定”。
    By the State Council's holiday arrangements and the place's own; in a year without one the answer is provisional.

    例 Example:  gongshu deadline 2026-02-13 10
    """
    day = day_of(start)
    calendar = rules.calendar_of(pack_of(city))
    found = deadlines.due(day, days, calendar=calendar)
    documents = [
        document.number or document.title
        for year in range(day.year, found.on.year + 1)
        for document in calendar.documents.get(year, ())
    ]
    if as_json:
        output.emit(
            {
                "start": day,
                "days": days,
                "due": found.on,
                "certainty": found.certainty.value,
                "documents": documents,
                "calendar": calendar.version,
            }
        )
        return
    weekday = Text("一二三四五六日"[found.on.weekday()], found.on.strftime("%A"))
    certainty = found.certainty.label
    output.say(f"{found.on} 星期{weekday.zh}({certainty.zh})", f"{found.on} {weekday.en} ({certainty.en})")
    if documents:
        output.note(f"依据：{'、'.join(documents)}", f"By: {', '.join(documents)}")
