"""Requests of the public as those who answer them see them: the list, one request, its answer, handing the data over.

What a refusal states is the pack's ``opening.refusal_requires``; who reviews a refusal its ``request.review_by`` or
``opening.dispute`` (luzhou-26, xian-28, yongjia-28, yongjia-32).
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.opening import queries, request_actions
from gongshu.opening.request import ASK_FIELDS, AccessRefusal
from gongshu.opening.states import REQUEST_LABELS, RequestKind, RequestStatus
from gongshu.web import duty_block, steps
from gongshu.web.language import language_of
from gongshu.web.parts import cites, open_tag, page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.turns import turn_lines
from gongshu.web.typed import words

PAGE_SIZE = 20
KINDS = {
    RequestKind.ACCESS: Text("获取有条件开放的数据", "Conditionally open data"),
    RequestKind.OPEN: Text("开放目录以外的数据", "Data outside the open catalog"),
}


@staff
def requests(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    found = queries.search_requests(actor_of(request), text=asked.get("q", ""), status=asked.get("status", ""))
    page = page_of(request, found, PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, KINDS[RequestKind(one.kind)], status_tag(one.status, one.status_label)) for one in page],
        "asked": asked,
        "statuses": [(str(one), text) for one, text in REQUEST_LABELS.items()],
    }
    return render(request, "console/requests.html", context)


@staff
def request_page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language, day = actor_of(request), language_of(request), clock.today()
    found = queries.request(actor, number)
    pack = rules.active()
    demand = pack.refusal(day, "opening.refusal_requires")
    grounds = pack.find("opening.prohibited_grounds", on=day)
    names = {choice.id: choice.label for choice in grounds.value} if grounds else {}
    applicants = pack.find("opening.applicants", on=day)
    kinds = {choice.id: choice.label for choice in applicants.value} if applicants else {}
    registration = pack.find("opening.registration_requires", on=day)
    labels = {one.id: one.label for one in registration.value} if registration else {}
    titles = {item.name: item.title for item in catalog.items(found.entry.code)}
    mine = queries.turn_of(actor, found)
    context = {
        "found": found,
        "kind": KINDS[RequestKind(found.kind)],
        "open_tag": open_tag(found.entry.open_type),
        "status_tag": status_tag(found.status, found.status_label),
        "applicant_kind": kinds.get(found.applicant_kind, Text(found.applicant_kind, found.applicant_kind)),
        "items": [titles.get(name, name) for name in found.items],
        "stated": [(ASK_FIELDS[name], getattr(found, name)) for name in ASK_FIELDS if getattr(found, name).strip()],
        "registration": [
            (labels.get(name, Text(name, name)), value) for name, value in found.registration.items() if value
        ],
        "turns": turn_lines(
            queries.request_steps(found),
            language,
            standing=found.status == RequestStatus.RETURNED,
            grounds=names,
            clocks=duty_block.blocks(actor, found.number),
        ),
        "mine": mine,
        "may_send_back": mine is not None and found.status == RequestStatus.PENDING,
        "demand": demand,
        "demand_cites": cites(demand.citations, language),
        "law_kinds": [(str(kind), kind.label) for kind in demand.accepted or tuple(rules.LawKind)],
        "grounds": list(names.items()),
        "ground_cites": cites(grounds.citations, language) if grounds else [],
        "may_provide": queries.can_provide(actor, found),
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/request.html", context, status=wrong.status if wrong else 200)


_DECIDED = {
    "agree": Text("已同意。", "Agreed."),
    "return": Text("已退回补正。", "Sent back to be completed."),
    "refuse": Text("已作出不予开放的答复。", "Refused."),
}


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Answer the turn: yes, no with what the pack demands, or send it back to be completed."""
    typed, actor = request.POST, actor_of(request)
    try:
        outcome = steps.chosen(typed, "outcome", _DECIDED)
        remark = words(typed, "remark")
        if outcome == "return":
            request_actions.send_back(by=actor, number=number, remark=remark)
        else:
            stated = AccessRefusal(words(typed, "ground", 60), words(typed, "basis_kind", 40), words(typed, "basis"))
            passed = outcome == "agree"
            request_actions.answer(by=actor, number=number, passed=passed, remark=remark, refusal=stated)
    except GongshuError as wrong:
        return _page(request, number, wrong)
    messages.success(request, _DECIDED[outcome].say(language_of(request)))
    return HttpResponseRedirect(f"/console/requests/{number}/")


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def provide(request: HttpRequest, number: str) -> HttpResponse:
    """Hand over what was approved, after the agreement where the city wants one."""
    try:
        found = request_actions.provide(
            by=actor_of(request), number=number, agreement=words(request.POST, "agreement", 200)
        )
    except GongshuError as wrong:
        return _page(request, number, wrong)
    said = Text("已登记提供。", "On record as handed over.")
    if found.grant_id:
        said = Text("已提供，授权已生效。", "Handed over; the grant is in force.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/requests/{number}/")
