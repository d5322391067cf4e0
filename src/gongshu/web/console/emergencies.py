"""Emergencies in the console: declared, listed, with what was supplied under each, and ended with its grants.

Kinds, times and how use ends are the pack's ``emergency.…`` (luzhou-20, yongjia-33); a city whose pack knows none sees that.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.errors import GongshuError, Text
from gongshu.grants import queries as grants
from gongshu.grants.states import GrantStatus
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.opening import queries as opening
from gongshu.sharing import emergency_actions, emergency_queries
from gongshu.sharing.emergency_rules import of_today
from gongshu.sharing.states import EMERGENCY_LABELS
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, grant_tag, page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import words

PAGE_SIZE = 20
SHOWN = 200


def _tag(found: Any) -> Tag:
    return Tag(found.status_label, "danger" if found.is_live else "still")


@staff
def emergencies(request: HttpRequest) -> HttpResponse:
    asked, known = request.GET, of_today()
    page = page_of(
        request, emergency_queries.search(text=asked.get("q", ""), status=asked.get("status", "")), PAGE_SIZE
    )
    context = {
        "page_obj": page,
        "rows": [(one, _tag(one)) for one in page],
        "asked": asked,
        "statuses": [(str(one), text) for one, text in EMERGENCY_LABELS.items()],
        "known": known,
        "cites": cites(known.citations, language_of(request)) if known else [],
        "may_declare": emergency_queries.can_declare(actor_of(request)),
    }
    return render(request, "console/emergencies.html", context)


@requires(Role.DATA_AUTHORITY)
def declare(request: HttpRequest) -> HttpResponse:
    typed, language = request.POST, language_of(request)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            found = emergency_actions.declare(
                by=actor_of(request),
                kind=words(typed, "kind", 60),
                title=words(typed, "title"),
                description=words(typed, "description"),
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"突发事件 {found.number} 已宣布。", f"Emergency {found.number} is declared.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/emergencies/{found.number}/")
    known = of_today()
    context = {
        "known": known,
        "kinds": [(choice.id, choice.label) for choice in known.kinds] if known else [],
        "cites": cites(known.citations, language) if known else [],
        "typed": typed,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/emergency_declare.html", context, status=wrong.status if wrong else 200)


@staff
def emergency(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """What happened, what was asked for and granted under it, and ending it."""
    actor, language = actor_of(request), language_of(request)
    found = emergency_queries.emergency(number)
    filed = list(emergency_queries.applications(actor, found)[:SHOWN])
    made = list(grants.grants(actor).filter(grant_id__in=[one.grant_id for one in filed if one.grant_id]))
    standing = {one.grant_id: grant_tag(one) for one in made}
    releases = opening.visible(actor).filter(emergency=number)[:SHOWN]
    context = {
        "found": found,
        "tag": _tag(found),
        "filed": [(one, status_tag(one.status, one.status_label), standing.get(one.grant_id)) for one in filed],
        "releases": [(one, status_tag(one.status, one.status_label)) for one in releases],
        "cites": cites(found.citations, language),
        "may_end": emergency_queries.can_end(actor, found),
        "holding": sum(one.standing is GrantStatus.ACTIVE for one in made),
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/emergency.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY)
@require_POST
def end(request: HttpRequest, number: str) -> HttpResponse:
    try:
        emergency_actions.end(by=actor_of(request), number=number, reason=words(request.POST, "reason"))
    except GongshuError as wrong:
        return _page(request, number, wrong)
    said = Text(
        "突发事件已结束，据此取得的授权同时终止。", "The emergency is over; the grants made under it have ended."
    )
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/emergencies/{number}/")
