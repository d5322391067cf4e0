"""For the public: report a value of open data that looks wrong, and see what becomes of it (luzhou-26)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.errors import GongshuError, NotFound, Text
from gongshu.quality import actions, queries
from gongshu.quality.states import Channel
from gongshu.web.console.objections import case, form, read, tag, take
from gongshu.web.language import language_of
from gongshu.web.parts import page_of
from gongshu.web.permissions import actor_of, signed_in

PAGE_SIZE = 20
OWN_STEPS = ("disagree", "close", "withdraw")


@signed_in
def new(request: HttpRequest, code: str) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            filed = actions.report(by=actor, code=code, filed=read(request.POST), channel=Channel.PORTAL)
        except NotFound:
            raise
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"已收到您的反馈，编号 {filed.number}。", f"Your report is received: {filed.number}.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/objections/{filed.number}/")
    context = form(actor, code, request.POST, wrong, language)
    return render(request, "portal/objection_new.html", context, status=wrong.status if wrong else 200)


@signed_in
def objections(request: HttpRequest) -> HttpResponse:
    """One's own reports."""
    actor = actor_of(request)
    page = page_of(request, queries.visible(actor).filter(reporter_id=actor.person_id), PAGE_SIZE)
    return render(request, "portal/objections.html", {"page_obj": page, "rows": [(one, tag(one)) for one in page]})


@signed_in
def objection(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor = actor_of(request)
    found = queries.visible(actor).filter(reporter_id=actor.person_id, number=number).first()
    if found is None:
        raise NotFound("quality.unknown", "没有这个编号的数据异议。", "There is no objection with that number.")
    context = case(actor, found, language_of(request)) | {"wrong": wrong, "typed": request.POST}
    return render(request, "portal/objection.html", context, status=wrong.status if wrong else 200)


@signed_in
@require_POST
def step(request: HttpRequest, number: str) -> HttpResponse:
    """Accept the answer, doubt it, or take the report back."""
    wanted = request.POST.get("step", "")
    if wanted not in OWN_STEPS:
        raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")
    try:
        take(actor_of(request), number, wanted, request.POST)
    except NotFound:
        raise
    except GongshuError as wrong:
        return _page(request, number, wrong)
    messages.success(request, Text("已收到。", "Received.").say(language_of(request)))
    return HttpResponseRedirect(f"/objections/{number}/")
