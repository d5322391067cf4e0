"""Disputes about sharing: raised from a refusal or about data that are not shared, and settled turn by turn.

Who settles, in which order and with which words, is the pack's ``sharing.dispute`` (xian-20, yongjia-20, dazhou-27).
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.grants.states import MODE_LABELS, Mode
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.sharing import dispute_actions, dispute_queries, queries
from gongshu.sharing.states import DISPUTE_LABELS, DisputeStatus, Settlement
from gongshu.web import duty_block
from gongshu.web.console.applications import apply_page, read_request
from gongshu.web.language import language_of
from gongshu.web.parts import cites, due_view, office_words, page_of, purpose_text, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.turns import turn_lines
from gongshu.web.typed import words

PAGE_SIZE = 20
ANSWERS = {
    Settlement.AGREED: (Text("同意共享", "Share them"), "check", "agree"),
    Settlement.FAILED: (Text("未达成一致", "No agreement"), "x", "return"),
    Settlement.ADVISED: (Text("提出意见", "Give the opinion"), "message-report", "return"),
    Settlement.KEPT: (Text("维持不予共享", "Keep the refusal"), "ban", "refuse"),
}
SAID = {
    Settlement.AGREED: Text("已同意共享。", "Agreed to share."),
    Settlement.FAILED: Text("已记录未达成一致。", "It is on record that there was no agreement."),
    Settlement.ADVISED: Text("意见已提出。", "The opinion is given."),
    Settlement.KEPT: Text("已决定维持不予共享。", "The refusal stands."),
}
_STATEMENT = {
    "basis": Text("使用依据", "Basis"),
    "scenario": Text("应用场景", "Scenario"),
    "business_process": Text("业务流程", "Process"),
    "scope": Text("使用范围", "Scope"),
}


@staff
def disputes(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    found = dispute_queries.search(
        actor_of(request), text=asked.get("q", ""), filters={"status": asked.get("status", "")}
    )
    page = page_of(request, found, PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, status_tag(one.status, one.status_label)) for one in page],
        "asked": asked,
        "statuses": [
            ("live", Text("正在办理", "Going on")),
            *((str(one), text) for one, text in DISPUTE_LABELS.items() if one is not DisputeStatus.RAISED),
        ],
    }
    return render(request, "console/disputes.html", context)


@staff
def dispute(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The dispute: what is needed and why, its turns, and the form of whoever's turn it is."""
    actor, language = actor_of(request), language_of(request)
    found = queries.dispute(actor, number)
    turn = dispute_queries.turn_of(actor, found)
    titles = {item.name: item.title for item in catalog.items(found.entry.code)}
    step, possible = turn if turn else (None, ())
    context = {
        "found": found,
        "status_tag": status_tag(found.status, found.status_label),
        "items": [titles.get(name, name) for name in found.items],
        "purpose": purpose_text(found.purpose),
        "mode": MODE_LABELS.get(Mode(found.mode)) if found.mode in set(Mode) else Text(found.mode, found.mode),
        "statement": [
            (label, found.statement[name]) for name, label in _STATEMENT.items() if found.statement.get(name)
        ],
        "turns": turn_lines(queries.dispute_steps(found), language, clocks=duty_block.blocks(actor, found.number)),
        "mine": step,
        "answers": [
            (str(one), *ANSWERS[one], one is not Settlement.AGREED, request.POST.get("outcome") == one)
            for one in possible
        ],
        "may_withdraw": dispute_queries.can_withdraw(actor, found),
        "ended": found.status in {DisputeStatus.AGREED, DisputeStatus.KEPT, DisputeStatus.WITHDRAWN},
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/dispute.html", context, status=wrong.status if wrong else 200)


@requires(Role.CONSUMER, Role.OPERATOR)
def raise_dispute(request: HttpRequest, number: str) -> HttpResponse:
    """Dispute a refusal: say which duty cannot be done without the data."""
    actor, language = actor_of(request), language_of(request)
    found = queries.application(actor, number)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            raised = dispute_actions.dispute_refusal(by=actor, number=number, need=words(request.POST, "need"))
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"争议 {raised.number} 已提出。", f"Dispute {raised.number} is raised.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/disputes/{raised.number}/")
    context = {
        "found": found,
        "ladder": _ladder(found.entry, language),
        "wrong": wrong,
        "need": request.POST.get("need", ""),
        "possible": dispute_queries.can_raise(actor, found),
    }
    return render(request, "console/dispute_raise.html", context, status=wrong.status if wrong else 200)


def _ladder(entry: Any, language: str) -> dict[str, Any]:
    """Who settles, in the pack's order, with its articles."""
    found = rules.active().find("sharing.dispute", on=clock.today())
    steps = []
    for step in found.value if found else ():
        timed = rules.active().find(step.deadline, on=clock.today()) if step.deadline else None
        within = due_view(None, timed.value.words).words if timed else None
        who = (
            Text(entry.provider.say("zh"), entry.provider.say("en"))
            if step.office == "provider"
            else office_words(str(step.office))
        )
        steps.append((who, step.words, within))
    return {"steps": steps, "cites": cites(found.citations, language) if found else []}


@requires(Role.CONSUMER, Role.OPERATOR)
def negotiate(request: HttpRequest, code: str) -> HttpResponse:
    """Data that are not shared but needed: the application form, with the need, goes to negotiation."""
    actor, language = actor_of(request), language_of(request)
    entry = catalog.entry(actor, code)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            raised = dispute_actions.ask_for_negotiation(
                by=actor, code=entry.code, request=read_request(request.POST), need=words(request.POST, "need")
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"协商 {raised.number} 已提出。", f"Negotiation {raised.number} is asked for.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/disputes/{raised.number}/")
    ladder = _ladder(entry, language)
    return apply_page(request, entry, request.POST if wrong else None, wrong, negotiation=ladder)


@requires(Role.DATA_AUTHORITY, Role.PROVIDER, Role.CONSUMER, Role.OPERATOR)
@require_POST
def settle(request: HttpRequest, number: str) -> HttpResponse:
    try:
        outcome = Settlement(request.POST.get("outcome", ""))
    except ValueError:
        return HttpResponseRedirect(f"/console/disputes/{number}/")
    actor = actor_of(request)
    try:
        settled = dispute_actions.settle(by=actor, number=number, outcome=outcome, remark=words(request.POST, "remark"))
    except GongshuError as wrong:
        return _page(request, number, wrong)
    said = SAID[outcome]
    if settled.status == DisputeStatus.AGREED:
        said = Text("已同意共享，授权已生效。", "Agreed; the grant is in force.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/disputes/{number}/")


@requires(Role.CONSUMER, Role.OPERATOR)
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    try:
        dispute_actions.withdraw_dispute(by=actor_of(request), number=number)
    except GongshuError as wrong:
        return _page(request, number, wrong)
    messages.success(request, Text("争议已撤回。", "The dispute is withdrawn.").say(language_of(request)))
    return HttpResponseRedirect(f"/console/disputes/{number}/")
