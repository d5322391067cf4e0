"""Surveys of data (数据资源普查): conducted by the authority, answered by the units, closed into an inventory."""

from __future__ import annotations

from typing import Any

import openpyxl
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.catalog import survey_actions as actions
from gongshu.catalog import survey_queries as queries
from gongshu.catalog.survey import COLUMNS, Held, as_text, of_rows, read
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.web import sheets, steps
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import needed_day

PAGE_SIZE = 30
LARGEST_FILE = 10 * 1024 * 1024


@staff
def surveys(request: HttpRequest) -> HttpResponse:
    """The surveys; the authority opens one here."""
    actor, typed, language = actor_of(request), request.POST, language_of(request)
    conducts, wrong = actions.can_conduct(actor), None
    if request.method == "POST":
        try:
            made = actions.open_survey(
                by=actor,
                title=typed.get("title", ""),
                due_on=needed_day(typed, "due_on"),
                kinds=typed.getlist("kinds"),
                note=typed.get("note", ""),
            )
        except GongshuError as error:
            wrong = error
        else:
            messages.success(
                request,
                Text("普查已发起，各单位已收到待办。", "The survey is open; every unit has its duty.").say(language),
            )
            return HttpResponseRedirect(f"/console/surveys/{made.number}/")
    page = page_of(request, queries.surveys(actor), PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, status_tag(_tone(one), one.status_label)) for one in page],
        "conducts": conducts,
        "kinds": [(str(kind), label) for kind, label in queries.kinds()],
        "chosen": typed.getlist("kinds") if wrong else [str(kind) for kind, _ in queries.kinds()],
        "cites": cites(queries.citations(), language),
        "typed": typed,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/surveys.html", context, status=wrong.status if wrong else 200)


@staff
def survey(request: HttpRequest, number: str) -> HttpResponse:
    return survey_page(request, number)


def survey_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """How far a survey is, and the inventory as it stands."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    found = queries.survey(actor, number)
    missing = asked.get("missing") == "1"
    page = page_of(request, queries.inventory(actor, found, text=asked.get("q", ""), missing=missing), PAGE_SIZE)
    own = queries.own_answer(actor, found)
    context = {
        "found": found,
        "tag": status_tag(_tone(found), found.status_label),
        "totals": queries.totals(actor, found),
        "answers": list(queries.answers(actor, found)) if queries.sees_all(actor) else [],
        "own": own,
        "may_answer": actions.can_answer(actor, found),
        "conducts": actions.can_conduct(actor) and found.status == "open",
        "page_obj": page,
        "asked": asked,
        "missing": missing,
        "cites": cites(queries.citations(), language),
        "records": ledger.records(subject=found.number, limit=20),
        "today": clock.today(),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/survey.html", context, status=wrong.status if wrong else 200)


@requires(Role.PROVIDER)
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """The unit's answer: what the catalog knows stands there already, the rest is typed, pasted or uploaded."""
    actor, typed, language = actor_of(request), request.POST, language_of(request)
    found = queries.survey(actor, number)
    own, wrong = queries.own_answer(actor, found), None
    text = typed.get("lines", "")
    if request.method == "POST":
        try:
            lines = _lines(request)
            text = as_text(lines)
            if typed.get("then") == "read":
                messages.info(
                    request,
                    Text(
                        f"已读入 {len(lines)} 项，请核对后提交。", f"{len(lines)} lines are read; check and hand in."
                    ).say(language),
                )
            else:
                actions.answer(
                    by=actor, number=number, lines=lines, note=typed.get("note", ""), nothing=bool(typed.get("nothing"))
                )
                messages.success(
                    request,
                    Text(
                        "填报已提交。汇总前可以再次修改。", "Handed in; it may be changed until the survey is closed."
                    ).say(language),
                )
                return HttpResponseRedirect(f"/console/surveys/{number}/")
        except GongshuError as error:
            wrong = error
    elif own is not None:
        text = as_text(queries.held(own) if own.filed_at else queries.proposed(actor.organization))
    context = {
        "found": found,
        "own": own,
        "text": text,
        "rows": text.count("\n"),
        "columns": COLUMNS,
        "may_answer": actions.can_answer(actor, found),
        "typed": typed,
        "wrong": wrong,
    }
    return render(request, "console/survey_answer.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Remind those who are silent, or close the survey."""
    actor, language = actor_of(request), language_of(request)
    try:
        if steps.chosen(request.POST, "act", ("urge", "close")) == "urge":
            count = actions.urge(by=actor, number=number)
            said = Text(f"已催报 {count} 个单位。", f"Reminded: {count} organisations.")
        else:
            closed = actions.close_survey(by=actor, number=number, anyway=request.POST.get("anyway", ""))
            said = Text(
                f"已汇总，清单摘要 {closed.digest[:16]}…。", f"Closed; the inventory's digest is {closed.digest[:16]}…."
            )
    except GongshuError as error:
        return survey_page(request, number, error)
    messages.success(request, said.say(language))
    return HttpResponseRedirect(f"/console/surveys/{number}/")


@staff
def download(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """The inventory as the viewer may see it, as a file."""
    actor, language = actor_of(request), language_of(request)
    found = queries.survey(actor, number)
    head = [column.say(language) for column in queries.INVENTORY]
    name = Text(f"数据资源清单-{found.number}", f"inventory-{found.number}").say(language)
    return sheets.answer(form, name, head, queries.inventory_rows(queries.inventory(actor, found)))


def _lines(request: HttpRequest) -> tuple[Held, ...]:
    file = request.FILES.get("file")
    if file is None:
        return read(request.POST.get("lines", ""))
    if (file.size or 0) > LARGEST_FILE:
        raise GongshuError("catalog.survey_file", "文件不得超过 10 MB。", "A file has at most 10 MB.", field="file")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        rows = [row[: len(COLUMNS)] for row in book.worksheets[0].iter_rows(values_only=True)]
    except Exception as error:  # whatever a damaged workbook makes the reader raise
        raise GongshuError(
            "catalog.survey_file",
            "无法读取该文件，请上传 XLSX 工作簿，或直接粘贴。",
            "The file cannot be read: upload an XLSX workbook, or paste the rows.",
            field="file",
        ) from error
    return of_rows(rows)


def _tone(found: Any) -> str:
    return "submitted" if found.status == "open" else "done"
