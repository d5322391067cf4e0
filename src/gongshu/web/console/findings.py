"""Supervision: violations found, ordered to correct, answered; and who was criticised in a circular."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.identity import queries as identity
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.supervision import actions, queries
from gongshu.supervision.detectors import DETECTORS
from gongshu.supervision.procedure import procedure
from gongshu.supervision.states import FINDING_LABELS, LIVE, FindingStatus
from gongshu.web import steps
from gongshu.web.console.lawsteps import law_steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, due_view, page_of
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import needed_day

PAGE_SIZE = 20
_TONES = {
    FindingStatus.PROPOSED: "caution",
    FindingStatus.ORDERED: "info",
    FindingStatus.ANSWERED: "info",
    FindingStatus.CORRECTED: "good",
    FindingStatus.UNCORRECTED: "danger",
    FindingStatus.CIRCULATED: "danger",
}


@staff
def findings(request: HttpRequest) -> HttpResponse:
    """The cases that the viewer may see, and the circulars that everybody may."""
    actor, asked = actor_of(request), request.GET
    found = queries.search(actor, text=asked.get("q", ""), filters={"status": asked.get("status", "")})
    page = page_of(request, found, PAGE_SIZE)
    rule = procedure()
    context = {
        "page_obj": page,
        "rows": [(one, _tag(one), _due(one)) for one in page],
        "asked": asked,
        "statuses": list(FINDING_LABELS.items()),
        "may_find": queries.can_find(actor) and bool(rule.kinds) and bool(rule.turns or rule.ways),
        "circulars": queries.circulars()[:10],
        "turns": law_steps(rule.turns, language_of(request)),
        "has_kinds": bool(rule.kinds),
        "has_order": rule.order is not None,
        "has_circular": rule.circulate is not None,
        "detectors": [detector.label for detector in DETECTORS],
    }
    return render(request, "console/findings.html", context)


@requires(Role.DATA_AUTHORITY, Role.AUDITOR)
def new(request: HttpRequest) -> HttpResponse:
    """Put a violation on record, under one of the kinds that the city's rules list."""
    actor, language, typed = actor_of(request), language_of(request), request.POST
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            filed = actions.find(
                by=actor,
                organization=typed.get("organization", ""),
                kind=typed.get("kind", ""),
                facts=typed.get("facts", ""),
                evidence=typed.get("evidence", ""),
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"违规线索 {filed.number} 已登记。", f"Finding {filed.number} is on record.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/findings/{filed.number}/")
    rule = procedure()
    bodies = identity.organizations().exclude(code=actor.organization).exclude(code="platform")
    context = {
        "organizations": bodies,
        "kinds": list(rule.kinds.values()),
        "kind_cites": cites([c for kind in rule.kinds.values() for c in kind.citations], language),
        "turns": law_steps(rule.turns, language),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
        "typed": typed,
    }
    return render(request, "console/finding_form.html", context, status=wrong.status if wrong else 200)


@staff
def finding(request: HttpRequest, number: str) -> HttpResponse:
    return finding_page(request, number)


def finding_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The file with its history for those concerned; for everybody else the circular alone."""
    actor, language = actor_of(request), language_of(request)
    found = queries.finding(actor, number)
    rule = procedure()
    whole = queries.sees_all(actor, found)
    way = rule.ways.get(found.handed_way)
    context = {
        "found": found,
        "whole": whole,
        "tag": _tag(found),
        "due": _due(found),
        "cites": cites(found.citations, language),
        "events": [(event, cites(event.citations, language)) for event in queries.history(found)] if whole else [],
        "may": queries.possible(actor, found),
        "live": found.status in LIVE,
        "ways": [(kind.id, kind.label) for kind in rule.ways.values()],
        "way_cites": cites([c for kind in rule.ways.values() for c in kind.citations], language),
        "way": way.label if way else None,
        "turns": law_steps(rule.turns, language),
        "order_cites": cites(rule.order.citations, language) if rule.order else [],
        "circular_cites": cites(rule.circulate.citations, language) if rule.circulate else [],
        "tomorrow": date.fromordinal(clock.today().toordinal() + 1),
        "records": ledger.records(subject=found.number, limit=20) if whole else [],
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/finding.html", context, status=wrong.status if wrong else 200)


_DONE = {
    "dismiss": Text("已不予立案。", "Dismissed."),
    "order": Text("已责令改正，对方已收到通知。", "Ordered; the organisation has been told."),
    "answer": Text("改正情况已反馈。", "Answered."),
    "accept": Text("已确认改正。", "Accepted as corrected."),
    "extend": Text("已另定期限。", "Another day is named."),
    "fail": Text("已认定逾期未改正。", "Found not corrected."),
    "circulate": Text("已通报批评。", "Circulated."),
    "hand_on": Text("已移送。", "Handed on."),
}


@requires(Role.DATA_AUTHORITY, Role.PROVIDER, Role.CONSUMER, Role.OPERATOR)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One step of the case; which ones the viewer may take is the domain's to say."""
    return steps.take(
        request,
        _DONE,
        lambda name: _perform(request, number, name),
        lambda wrong: finding_page(request, number, wrong),
        f"/console/findings/{number}/",
    )


def _perform(request: HttpRequest, number: str, name: str) -> None:
    typed, by = request.POST, actor_of(request)
    words = typed.get("words", "")
    if name == "dismiss":
        actions.dismiss(by=by, number=number, reason=words)
    elif name == "order":
        actions.order(by=by, number=number, demand=words, due_on=needed_day(typed, "due_on"))
    elif name == "answer":
        actions.answer(by=by, number=number, done=words, evidence=typed.get("evidence", ""))
    elif name == "accept":
        actions.accept(by=by, number=number, remark=words)
    elif name == "extend":
        actions.extend(by=by, number=number, reason=words, due_on=needed_day(typed, "due_on"))
    elif name == "fail":
        actions.fail(by=by, number=number, reason=words)
    elif name == "circulate":
        actions.circulate(by=by, number=number, text=words)
    elif name == "hand_on":
        actions.hand_on(by=by, number=number, way=typed.get("way", ""), to=typed.get("to", ""), reason=words)


def _tag(found: Any) -> Tag:
    return Tag(found.status_label, _TONES.get(FindingStatus(found.status), "still"))


def _due(found: Any) -> Any:
    return due_view(found.due_on) if found.status == FindingStatus.ORDERED else None
