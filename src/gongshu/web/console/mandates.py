"""Statutory duties of units: for which data are acquired, and the items acquired beyond them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from gongshu.catalog import mandate_actions as actions
from gongshu.catalog import mandate_queries as queries
from gongshu.errors import GongshuError, Text
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of
from gongshu.web.permissions import actor_of, staff

PAGE_SIZE = 20
_DONE = {
    "register": Text("法定职责已登记。", "The duty is registered."),
    "change": Text("所需数据已修改。", "The data it needs are changed."),
    "end": Text("该职责已停用。", "The duty has ended."),
    "justify": Text("理由已记录，审核人会看到。", "The reason is on record; reviewers read it."),
}


@staff
def mandates(request: HttpRequest) -> HttpResponse:
    """The register with its form, and what is acquired beyond it."""
    actor, language, typed = actor_of(request), language_of(request), request.POST
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            act = steps.chosen(typed, "act", _DONE)
            _perform(request, act)
        except GongshuError as error:
            wrong = error
        else:
            messages.success(request, _DONE[act].say(language))
            return HttpResponseRedirect("/console/mandates/")
    page = page_of(request, queries.visible(actor), PAGE_SIZE)
    beyond = queries.beyond(actor)
    context = {
        "page_obj": page,
        "rows": list(page),
        "beyond": beyond,
        "open": sum(1 for one in beyond if not one.reason),
        "may_keep": queries.can_keep(actor),
        "own": actor.organization,
        "cites": cites(queries.law(), language),
        "typed": typed,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/mandates.html", context, status=wrong.status if wrong else 200)


def _perform(request: HttpRequest, act: str) -> Any:
    typed, by = request.POST, actor_of(request)
    data, like = typed.get("data", "").splitlines(), typed.get("like", "").split()
    if act == "register":
        return actions.register(by=by, name=typed.get("name", ""), basis=typed.get("basis", ""), data=data, like=like)
    if act == "change":
        return actions.change(by=by, number=typed.get("number", ""), data=data, like=like)
    if act == "end":
        return actions.end(by=by, number=typed.get("number", ""), reason=typed.get("reason", ""))
    if act == "justify":
        return actions.justify(
            by=by, code=typed.get("code", ""), item=typed.get("item", ""), reason=typed.get("reason", "")
        )
    return None
