"""What operators earn: reported to the authority with product, scenario, period, amount and basis (dazhou-9)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.operation import governance_queries as governed
from gongshu.operation import return_actions
from gongshu.operation.governance_policy import Earned, read_yuan, yuan
from gongshu.operation.governance_states import RETURN_LABELS, ReturnStatus
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, page_of
from gongshu.web.permissions import actor_of, requires
from gongshu.web.typed import day, words

PAGE_SIZE = 20
_TONES = {ReturnStatus.RECORDED: "good", ReturnStatus.STRUCK: "still"}
seers = requires(Role.DATA_AUTHORITY, Role.AUDITOR, Role.OPERATOR)


@seers
def returns(request: HttpRequest) -> HttpResponse:
    """The records with what they add up to, by product, status and period."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    wrong: GongshuError | None = None
    filters: dict[str, Any] = {name: asked.get(name, "") for name in ("status", "kind")}
    try:
        filters |= {"since": day(asked, "since"), "until": day(asked, "until")}
    except GongshuError as error:
        wrong = error
    found = governed.search_returns(actor, text=asked.get("q", ""), filters=filters)
    page = page_of(request, found, PAGE_SIZE)
    rule = governed.returns_rule()
    context = {
        "page_obj": page,
        "rows": [(one, tag(one), yuan(one.amount_fen)) for one in page],
        "total": yuan(governed.total_fen(found)),
        "asked": asked,
        "statuses": list(RETURN_LABELS.items()),
        "kinds": list(governed.product_kinds().items()),
        "filtered": any(filters.values()) or bool(asked.get("q")),
        "known": rule is not None,
        "cites": cites(rule.citations, language) if rule else [],
        "may_record": rule is not None and actor.has(Role.OPERATOR) and governed.ever_supplied(actor).exists(),
        "wrong": wrong,
    }
    return render(request, "console/returns.html", context, status=wrong.status if wrong else 200)


@requires(Role.OPERATOR)
def new(request: HttpRequest) -> HttpResponse:
    """Report what a product earned in a period."""
    actor, language, typed = actor_of(request), language_of(request), request.POST
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            filed = return_actions.record(by=actor, earned=_earned(request))
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"收益 {filed.number} 已报告。", f"Return {filed.number} is reported.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/operation/returns/{filed.number}/")
    rule = governed.returns_rule()
    context = {
        "kinds": list(governed.product_kinds().items()),
        "demands": governed.ever_supplied(actor),
        "chosen": typed.getlist("demands"),
        "known": rule is not None,
        "cites": cites(rule.citations, language) if rule else [],
        "today": clock.today(),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
        "typed": typed,
    }
    return render(request, "console/return_form.html", context, status=wrong.status if wrong else 200)


@seers
def earned(request: HttpRequest, number: str) -> HttpResponse:
    return return_page(request, number)


def return_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor = actor_of(request)
    found = governed.earned(actor, number)
    context = {
        "found": found,
        "tag": tag(found),
        "amount": yuan(found.amount_fen),
        "demands": governed.demands_of(found),
        "cites": cites(found.citations, language_of(request)),
        "may_strike": governed.can_strike(actor, found),
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/return.html", context, status=wrong.status if wrong else 200)


@requires(Role.OPERATOR)
@require_POST
def strike(request: HttpRequest, number: str) -> HttpResponse:
    """A record that was wrong; a right one is reported anew."""
    try:
        return_actions.strike(by=actor_of(request), number=number, reason=words(request.POST, "reason"))
    except GongshuError as wrong:
        return return_page(request, number, wrong)
    messages.success(request, Text("已作废。", "Struck out.").say(language_of(request)))
    return HttpResponseRedirect(f"/console/operation/returns/{number}/")


def _earned(request: HttpRequest) -> Earned:
    typed = request.POST
    return Earned(
        product=words(typed, "product"),
        product_kind=words(typed, "product_kind", 60),
        scenario=words(typed, "scenario"),
        user=words(typed, "user"),
        demands=tuple(typed.getlist("demands")),
        period_from=_needed(request, "period_from"),
        period_to=_needed(request, "period_to"),
        amount_fen=read_yuan(typed.get("amount", "")),
        basis=words(typed, "basis"),
    )


def _needed(request: HttpRequest, name: str) -> date:
    found = day(request.POST, name)
    if found is None:
        raise GongshuError(
            "operation.return_days",
            "请填写收益期间的起止日期。",
            "Fill in the first and the last day of the period.",
            field=name,
        )
    return found


def tag(found: Any) -> Tag:
    return Tag(found.status_label, _TONES[ReturnStatus(found.status)])
