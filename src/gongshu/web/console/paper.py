"""Paper holdings of units: what is on paper, which entry it will feed, the plan and how far it is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from gongshu import clock
from gongshu.collection import paper_actions as actions
from gongshu.collection import paper_queries as queries
from gongshu.collection.paper_states import LIVE, PAPER_LABELS, PaperStatus
from gongshu.errors import GongshuError, Text
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, due_view, page_of
from gongshu.web.permissions import actor_of, staff
from gongshu.web.typed import needed_day

PAGE_SIZE = 30
_TONES = {PaperStatus.UNDER_WAY: "info", PaperStatus.DIGITISED: "good"}
_DONE = {
    "register": Text("已登记，到期前会提醒。", "Registered; you are reminded before the plan ends."),
    "report": Text("进度已记录。", "The progress is on record."),
    "replan": Text("计划已调整。", "The plan is changed."),
    "drop": Text("已记录不再办理及其理由。", "Given up; the reason is on record."),
}


@staff
def paper(request: HttpRequest) -> HttpResponse:
    """The register, with what the own unit may do about each holding."""
    actor, language, typed, asked = actor_of(request), language_of(request), request.POST, request.GET
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            act = steps.chosen(typed, "act", _DONE)
            _perform(request, act)
        except GongshuError as error:
            wrong = error
        else:
            messages.success(request, _DONE[act].say(language))
            return HttpResponseRedirect("/console/paper/")
    page = page_of(request, queries.visible(actor, status=asked.get("status", "")), PAGE_SIZE)
    keeps = queries.can_keep(actor)
    context = {
        "page_obj": page,
        "rows": [
            (
                one,
                Tag(one.status_label, _TONES.get(PaperStatus(one.status), "still")),
                due_view(one.due_on, Text("", "")) if one.status in LIVE else None,
                keeps and one.organization.code == actor.organization and one.status in LIVE,
            )
            for one in page
        ],
        "statuses": list(PAPER_LABELS.items()),
        "asked": asked,
        "may_keep": keeps,
        "cites": cites(queries.law(), language),
        "today": clock.today(),
        "typed": typed if typed.get("act") == "register" else {},
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/paper.html", context, status=wrong.status if wrong else 200)


def _perform(request: HttpRequest, act: str) -> None:
    typed, by = request.POST, actor_of(request)
    number = typed.get("number", "")
    if act == "register":
        actions.register(
            by=by,
            title=typed.get("title", ""),
            amount=_whole(typed.get("amount", "")),
            measure=typed.get("measure", ""),
            basis=typed.get("basis", ""),
            entry=typed.get("entry", ""),
            begins_on=needed_day(typed, "begins_on"),
            due_on=needed_day(typed, "due_on"),
        )
    elif act == "report":
        actions.report(by=by, number=number, digitised=_whole(typed.get("digitised", "")))
    elif act == "replan":
        day = needed_day(typed, "due_on")
        actions.replan(by=by, number=number, due_on=day, reason=typed.get("reason", ""))
    elif act == "drop":
        actions.drop(by=by, number=number, reason=typed.get("reason", ""))


def _whole(text: str) -> int:
    """What was typed as a number; −1, which no count takes, for anything else."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 11 else -1
