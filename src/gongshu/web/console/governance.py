"""Governance demands: an operator finds data at fault; ordered, mended in the time set, accepted or sent back (dazhou-9)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.operation import governance_actions, queries
from gongshu.operation import governance_queries as governed
from gongshu.operation.governance_policy import Fault
from gongshu.operation.governance_states import GOVERNANCE_LABELS, LIVE, GovernanceStatus
from gongshu.operation.states import DesignationStatus
from gongshu.quality.checkset import DIMENSION_LABELS, Dimension
from gongshu.web import steps
from gongshu.web.console.lawsteps import law_steps
from gongshu.web.console.operation_demands import concerned
from gongshu.web.language import language_of
from gongshu.web.parts import DueView, Tag, cites, due_view, page_of
from gongshu.web.permissions import actor_of, requires
from gongshu.web.typed import day, whole

PAGE_SIZE = 20
_TONES = {
    GovernanceStatus.FILED: "caution",
    GovernanceStatus.ORDERED: "info",
    GovernanceStatus.FINISHED: "info",
    GovernanceStatus.ACCEPTED: "good",
    GovernanceStatus.DECLINED: "danger",
}
_EVENTS = {
    "file": Text("提出需求", "Filed"),
    "order": Text("督促提供单位治理", "Ordered to be mended"),
    "decline": Text("不予督促", "Declined"),
    "extend": Text("另定期限", "Another day set"),
    "finish": Text("完成治理", "Reported as mended"),
    "accept": Text("验收通过", "Accepted"),
    "send_back": Text("退回返工", "Sent back"),
    "withdraw": Text("撤回", "Withdrawn"),
}
_DONE = {
    "order": Text("已督促，提供单位已收到通知。", "Ordered; the provider has been told."),
    "decline": Text("已答复不予督促。", "Declined."),
    "extend": Text("已另定期限。", "Another day is set."),
    "finish": Text("治理情况已反馈，待运营单位验收。", "Reported; the operator looks at it."),
    "accept": Text("验收通过，已办结。", "Accepted; the case is closed."),
    "send_back": Text("已退回返工。", "Sent back."),
    "withdraw": Text("已撤回。", "Withdrawn."),
}


@concerned
def demands(request: HttpRequest) -> HttpResponse:
    """What the viewer's side filed, orders or mends; where the time ran out it stands out."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    filters = {name: asked.get(name, "") for name in ("status", "dimension", "late")}
    page = page_of(request, governed.search(actor, text=asked.get("q", ""), filters=filters), PAGE_SIZE)
    rule = governed.procedure()
    held = queries.held(actor) if actor.has(Role.OPERATOR) else None
    context = {
        "page_obj": page,
        "rows": [(one, tag(one), due(one)) for one in page],
        "asked": asked,
        "filtered": any(filters.values()) or bool(asked.get("q")),
        "statuses": list(GOVERNANCE_LABELS.items()),
        "dimensions": list(DIMENSION_LABELS.items()),
        "known": rule.known,
        "may_file": rule.known and held is not None and held.status == DesignationStatus.ACTIVE,
        "turns": law_steps(rule.turns, language),
    }
    return render(request, "console/governance.html", context)


@requires(Role.OPERATOR)
def new(request: HttpRequest) -> HttpResponse:
    """First the data that reach the operator, then what is wrong with them; failing checks are there to be pointed at."""
    actor, language, typed = actor_of(request), language_of(request), request.POST
    code = request.GET.get("code", "").strip()
    wrong: GongshuError | None = None
    entry = None
    try:
        entry = catalog.entry(actor, code) if code else None
        if entry is not None and request.method == "POST":
            fault = Fault(**{name: typed.get(name, "") for name in ("dimension", "facts", "wish", "item", "check")})
            filed = governance_actions.file(by=actor, code=entry.code, fault=fault)
            said = Text(f"治理需求 {filed.number} 已提出。", f"Governance demand {filed.number} is filed.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/operation/governance/{filed.number}/")
    except GongshuError as error:
        wrong = error
    rule = governed.procedure()
    received = governed.receives(actor, entry) if entry is not None else []
    context = {
        "entry": entry,
        "entries": governed.supplied(actor) if entry is None else [],
        "items": [one for one in catalog.items(entry.code) if one.name in received] if entry is not None else [],
        "failing": governed.failing(entry) if received else [],
        "dimensions": [(one, DIMENSION_LABELS[one]) for one in Dimension],
        "chosen_check": typed.get("check", request.GET.get("check", "")),
        "turns": law_steps(rule.turns, language),
        "known": rule.known,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
        "typed": typed,
    }
    return render(request, "console/governance_form.html", context, status=wrong.status if wrong else 200)


@concerned
def demand(request: HttpRequest, number: str) -> HttpResponse:
    return demand_page(request, number)


def demand_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = governed.demand(actor, number)
    rule = governed.procedure()
    item = next((one.title for one in catalog.items(found.entry.code) if one.name == found.item), found.item)
    context = {
        "found": found,
        "tag": tag(found),
        "due": due(found),
        "item": item,
        "cites": cites(found.citations, language),
        "events": [(one, _EVENTS[one.act], _STATES.get(one.act, "done")) for one in governed.history(found)],
        "live": found.status in LIVE,
        "may": governed.possible(actor, found),
        "days": rule.mends.days if rule.known else None,
        "words": rule.mends.words if rule.known else None,
        "tomorrow": date.fromordinal(clock.today().toordinal() + 1),
        "turns": law_steps(rule.turns, language),
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
        "typed": request.POST,
    }
    return render(request, "console/governance_demand.html", context, status=wrong.status if wrong else 200)


_STATES = {"decline": "stopped", "send_back": "stopped", "withdraw": "stopped"}


@requires(Role.DATA_AUTHORITY, Role.OPERATOR, Role.PROVIDER)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One turn of the case; whose it is, is the domain's to say."""
    return steps.take(
        request,
        _DONE,
        lambda name: _perform(request, number, name),
        lambda wrong: demand_page(request, number, wrong),
        f"/console/operation/governance/{number}/",
    )


def _perform(request: HttpRequest, number: str, name: str) -> None:
    typed, by = request.POST, actor_of(request)
    words = typed.get("words", "")
    if name == "order":
        governance_actions.order(by=by, number=number, due_on=day(typed, "due_on"), remark=words)
    elif name == "decline":
        governance_actions.decline(by=by, number=number, reason=words)
    elif name == "extend":
        governance_actions.extend(by=by, number=number, due_on=day(typed, "due_on"), reason=words)
    elif name == "finish":
        governance_actions.finish(by=by, number=number, result=words, version=whole(typed, "version"))
    elif name == "accept":
        governance_actions.accept(by=by, number=number, remark=words)
    elif name == "send_back":
        governance_actions.send_back(by=by, number=number, reason=words)
    elif name == "withdraw":
        governance_actions.withdraw(by=by, number=number, reason=words)


def tag(found: Any) -> Tag:
    return Tag(found.status_label, _TONES.get(GovernanceStatus(found.status), "still"))


def due(found: Any) -> DueView | None:
    return due_view(found.due_on) if found.status == GovernanceStatus.ORDERED else None
