"""``gongshu clock``: the statutory clock by hand: run the daily job, list what is owed, stop, extend, shorten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit, GongshuError

if TYPE_CHECKING:
    from gongshu.duties.models import Duty

app = typer.Typer(
    help=t(
        "法定时限：每日提醒与升级、待办清单、中止与延长。",
        "The statutory clock: daily reminders and escalation, what is owed, stops and extensions.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
DutyId = Annotated[int, typer.Argument(help=t("待办编号（见 clock list）", "Number of the duty (see clock list)"))]
Why = Annotated[str, typer.Option("--reason", help=t("理由", "Why"))]


@app.command()
def run(as_json: Json = False) -> None:
    """做一次每日检查：重算暂定期限、到期提醒、超期升级；当天再做一次不会改变什么。 Run the daily job; twice changes nothing.

    例 Example:  gongshu clock run --json
    """
    session.connect()
    from gongshu.catalog import upkeep_actions as upkeep
    from gongshu.duties import actions
    from gongshu.identity.actor import Actor
    from gongshu.quality import actions as quality

    by = Actor.process("clock")
    closed = {"objections_closed": quality.close_due(by=by)}
    counts = actions.run_clock(by=by) | upkeep.run_daily(by=by) | closed
    if as_json:
        output.emit(counts)
        return
    output.say(
        f"期限重算 {counts['fixed']}，提醒 {counts['reminded']}，催办 {counts['urged']}，"
        f"超期报主管部门 {counts['escalated']}，报本级人民政府 {counts['escalated_further']}，"
        f"发现违规线索 {counts.get('found', 0)}。",
        f"Deadlines computed again {counts['fixed']}, reminded {counts['reminded']}, urged {counts['urged']}, told the "
        f"authority {counts['escalated']}, the government {counts['escalated_further']}, violations proposed "
        f"{counts.get('found', 0)}.",
    )
    output.say(
        f"目录：开始全面维护的单位 {counts['upkeep_opened']} 个，数据超期未更新 {counts['stale']} 项，"
        f"恢复正常 {counts['fresh']} 项。",
        f"Catalog: upkeep opened for {counts['upkeep_opened']} units, {counts['stale']} entries with stale data, "
        f"{counts['fresh']} fresh again.",
    )
    output.say(f"异议自动办结 {counts['objections_closed']}。", f"Objections closed {counts['objections_closed']}.")


@app.command("list")
def list_duties(
    by: As = "",
    mine: Annotated[bool, typer.Option("--mine", help=t("只列我可办理的", "Only what I may do"))] = False,
    as_json: Json = False,
) -> None:
    """列出尚未办结的待办：谁、何事、期限、依据。 List what is owed: by whom, what, until when, under which article.

    例 Example:  gongshu clock list --as lin --json
    """
    actor = session.actor(by)
    from gongshu.duties import queries

    found = list(queries.todo(actor) if mine else queries.owed(actor))
    if as_json:
        output.emit([_summary(duty) for duty in found])
        return
    from rich.table import Table

    language = output.language()
    table = Table(t("编号", "No."), t("单位", "Who"), t("事项", "What"), t("期限", "Due"), t("状态", "State"))
    for duty in found:
        table.add_row(
            str(duty.pk),
            duty.organization.say(language),
            duty.title.say(language),
            _due(duty),
            duty.status_label.say(language),
        )
    output.console().print(table)


@app.command()
def show(duty_id: DutyId, by: As = "", as_json: Json = False) -> None:
    """显示一项待办的全部经过。 Show a duty with everything that happened to it.

    例 Example:  gongshu clock show 12 --as li
    """
    actor = session.actor(by)
    from gongshu.duties import queries

    _answer(queries.duty(actor, duty_id), as_json)


@app.command()
def stop(
    duty_id: DutyId,
    why: Why,
    by: As = "",
    cause: Annotated[str, typer.Option(help="supplement | third_party | coordination")] = "supplement",
    as_json: Json = False,
) -> None:
    """中止计时：从今天起的日子不计入期限。 Stop the clock: days from today on do not count.

    例 Example:  gongshu clock stop 12 --cause third_party --reason 征求第三方意见 --as li
    """
    actor = session.actor(by)
    from gongshu.duties import actions
    from gongshu.duties.states import StopReason

    if cause not in {str(reason) for reason in StopReason}:
        known = ", ".join(StopReason)
        raise _usage(f"中止的原因须为以下之一：{known}。", f"The cause of a stop is one of: {known}.")
    _answer(actions.stop(by=actor, duty_id=duty_id, reason=StopReason(cause), note=why), as_json)


@app.command()
def resume(duty_id: DutyId, by: As = "", as_json: Json = False) -> None:
    """恢复计时。 Let the clock run again.

    例 Example:  gongshu clock resume 12 --as li
    """
    actor = session.actor(by)
    from gongshu.duties import actions

    _answer(actions.resume(by=actor, duty_id=duty_id), as_json)


@app.command()
def extend(
    duty_id: DutyId,
    days: Annotated[int, typer.Option(help=t("延长的工作日数", "Working days more"))],
    why: Why,
    by: As = "",
    head: Annotated[str, typer.Option(help=t("同意延长的负责人", "Head who agreed"))] = "",
    as_json: Json = False,
) -> None:
    """延长一次，以条款所允许的为限，并告知等待的单位。 Extend once, as far as the article allows; who waits is told.

    例 Example:  gongshu clock extend 12 --days 5 --reason 数据量大 --head 局长王 --as li
    """
    actor = session.actor(by)
    from gongshu.duties import actions

    _answer(actions.extend(by=actor, duty_id=duty_id, days=days, reason=why, head=head), as_json)


@app.command()
def shorten(
    duty_id: DutyId,
    days: Annotated[int, typer.Option(help=t("自开始之日起的工作日数", "Working days from the start"))],
    why: Why,
    by: As = "",
    as_json: Json = False,
) -> None:
    """业务紧急，缩短期限（规则有规定的）。 Urgent business: a shorter limit, where the rules know one.

    例 Example:  gongshu clock shorten 12 --days 1 --reason 窗口等候 --as lin
    """
    actor = session.actor(by)
    from gongshu.duties import actions

    _answer(actions.shorten(by=actor, duty_id=duty_id, days=days, reason=why), as_json)


@app.command()
def emergency(
    duty_id: DutyId,
    kind: Annotated[str, typer.Option(help=t("突发事件种类（见规则包）", "Kind of emergency (see the pack)"))],
    why: Why,
    by: As = "",
    as_json: Json = False,
) -> None:
    """突发事件：须立即办理。 An emergency: due at once.

    例 Example:  gongshu clock emergency 12 --kind natural_disaster --reason 防汛 --as lin
    """
    actor = session.actor(by)
    from gongshu.duties import actions

    _answer(actions.declare_emergency(by=actor, duty_id=duty_id, kind=kind, reason=why), as_json)


def _usage(zh: str, en: str) -> GongshuError:
    error = GongshuError("cli.usage", zh, en)
    error.exit = Exit.USAGE
    return error


def _due(duty: Duty) -> str:
    if duty.due_on is None:
        return duty.words.say(output.language())
    return f"{duty.due_on}" + (t("（暂定）", " (provisional)") if duty.provisional else "")


def _summary(duty: Duty) -> dict[str, Any]:
    return {
        "duty": duty.pk,
        "kind": duty.kind,
        "subject": duty.subject,
        "organization": duty.organization.code,
        "role": duty.role,
        "title": session.pair(duty.title),
        "starts_on": duty.starts_on,
        "days": duty.days,
        "words": session.pair(duty.words),
        "due_on": duty.due_on,
        "provisional": duty.provisional,
        "extended_by": duty.extended_by,
        "emergency": duty.emergency,
        "status": duty.status,
        "pack": duty.pack,
        "pack_version": duty.pack_version,
        "citations": [c["label"] for c in duty.citations],
    }


def _answer(duty: Duty, as_json: bool) -> None:
    from gongshu import clock
    from gongshu.duties import queries

    language = output.language()
    stops, events = list(queries.stops(duty)), list(queries.history(duty))
    if as_json:
        output.emit(
            {
                **_summary(duty),
                "stops": [
                    {"reason": s.reason, "note": s.note, "first": s.first, "last": s.last, "by": s.stopped_by}
                    for s in stops
                ],
                "history": [
                    {
                        "at": clock.local(e.at).isoformat(timespec="seconds"),
                        "event": e.kind,
                        "by": e.by,
                        "note": e.note,
                        "due_on": e.due_on,
                        "entry": e.entry_id,
                    }
                    for e in events
                ],
            }
        )
        return
    console = output.console()
    console.print(f"{duty.pk}  {duty.title.say(language)}", markup=False)
    cites = "；".join(c["label" if language == "zh" else "label_en"] for c in duty.citations)
    console.print(
        f"  {duty.organization.say(language)}  {duty.status_label.say(language)}  {_due(duty)}  {cites}", markup=False
    )
    for event in events:
        due = f"→ {event.due_on}" if event.due_on else ""
        console.print(
            f"  {clock.local(event.at):%Y-%m-%d %H:%M}  {event.kind_label.say(language)} {due} {event.by} {event.note}",
            markup=False,
        )
