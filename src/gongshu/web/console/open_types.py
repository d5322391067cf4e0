"""Disputes about the open type of an entry: proposed by the office that the pack names, answered, settled (yongjia-28)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.catalog import queries as catalog
from gongshu.catalog.states import OpenType
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.opening import type_actions, type_queries
from gongshu.opening.states import TYPE_LABELS, TypeAnswer, TypeStatus
from gongshu.web import duty_block
from gongshu.web.language import language_of
from gongshu.web.parts import cites, office_words, open_tag, page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.turns import turn_lines
from gongshu.web.typed import words

PAGE_SIZE = 20
ANSWERS = {
    TypeAnswer.AGREED: (Text("同意修改", "Agree to change it"), "check", "agree"),
    TypeAnswer.FAILED: (Text("不同意", "Disagree"), "x", "return"),
    TypeAnswer.ADVISED: (Text("提出意见", "Give the opinion"), "message-report", "return"),
    TypeAnswer.KEPT: (Text("维持原属性", "Keep the type"), "ban", "refuse"),
}


@staff
def open_types(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    found = type_queries.search(actor_of(request), text=asked.get("q", ""), status=asked.get("status", ""))
    page = page_of(request, found, PAGE_SIZE)
    known = type_queries.ladder()
    context = {
        "page_obj": page,
        "rows": [
            (one, open_tag(one.former), open_tag(one.proposed), status_tag(one.status, one.status_label))
            for one in page
        ],
        "asked": asked,
        "statuses": [(str(one), text) for one, text in TYPE_LABELS.items()],
        "known": known,
        "cites": cites(known.citations, language_of(request)) if known else [],
    }
    return render(request, "console/open_types.html", context)


@requires(Role.DATA_AUTHORITY)
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Propose another open type for an entry; who settles is shown before."""
    actor, language, typed = actor_of(request), language_of(request), request.POST
    entry = catalog.entry(actor, code)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            found = type_actions.propose_type(
                by=actor, code=entry.code, open_type=words(typed, "open_type", 15), reason=words(typed, "reason")
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"修改建议 {found.number} 已提出。", f"Proposal {found.number} is made.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/open-types/{found.number}/")
    known = type_queries.ladder()
    provider = Text(entry.provider.say("zh"), entry.provider.say("en"))
    first = (provider, Text("答复修改建议", "answers the proposal"), None)
    steps = [(office_words(str(step.office)), step.words, None) for step in known.steps] if known else []
    context = {
        "entry": entry,
        "open_tag": open_tag(entry.open_type),
        "types": [(str(one), open_tag(one).text) for one in OpenType if one != entry.open_type],
        "ladder": {"steps": [first, *steps], "cites": cites(known.citations, language) if known else []},
        "known": known,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
        "typed": typed,
    }
    return render(request, "console/open_type_propose.html", context, status=wrong.status if wrong else 200)


@staff
def open_type(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = type_queries.dispute(actor, number)
    mine = type_queries.turn_of(actor, found)
    context = {
        "found": found,
        "former": open_tag(found.former),
        "proposed": open_tag(found.proposed),
        "status_tag": status_tag(found.status, found.status_label),
        "turns": turn_lines(type_queries.steps(found), language, clocks=duty_block.blocks(actor, found.number)),
        "mine": mine,
        "answers": [
            (str(one), *ANSWERS[one], one is not TypeAnswer.AGREED, request.POST.get("outcome") == one)
            for one in (type_queries.answers(mine.act) if mine else ())
        ],
        "may_withdraw": type_queries.can_withdraw(actor, found),
        "ended": found.status in {TypeStatus.CHANGED, TypeStatus.KEPT, TypeStatus.WITHDRAWN},
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/open_type.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def answer(request: HttpRequest, number: str) -> HttpResponse:
    try:
        outcome = TypeAnswer(request.POST.get("outcome", ""))
    except ValueError:
        return HttpResponseRedirect(f"/console/open-types/{number}/")
    try:
        type_actions.answer_type(
            by=actor_of(request), number=number, answer=outcome, remark=words(request.POST, "remark")
        )
    except GongshuError as wrong:
        return _page(request, number, wrong)
    messages.success(request, Text("已答复。", "Answered.").say(language_of(request)))
    return HttpResponseRedirect(f"/console/open-types/{number}/")


@requires(Role.DATA_AUTHORITY)
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    try:
        type_actions.withdraw_type(by=actor_of(request), number=number)
    except GongshuError as wrong:
        return _page(request, number, wrong)
    messages.success(request, Text("建议已撤回。", "The proposal is withdrawn.").say(language_of(request)))
    return HttpResponseRedirect(f"/console/open-types/{number}/")
