"""Posts of organisations: who answers for the data, since when, and which are missing (luzhou-6, xian-35, yongjia-43)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.filings import actions, queries
from gongshu.identity import queries as identity
from gongshu.identity.states import Role
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of
from gongshu.web.permissions import STAFF, actor_of, requires, staff
from gongshu.web.typed import needed_day

PAGE_SIZE = 50
readers = requires(*STAFF, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)


@readers
def posts(request: HttpRequest) -> HttpResponse:
    """Every organisation with its posts. Names of responsible persons are public inside the platform; contacts are not."""
    asked = request.GET
    rows = queries.overview(text=asked.get("q", ""), only_missing=asked.get("only") == "missing")
    rule = queries.posts_value()
    context = {
        "page_obj": (page := page_of(request, rows, PAGE_SIZE)),
        "rows": list(page),
        "found": len(rows),
        "missing": sum(len(row.missing) for row in rows),
        "asked": asked,
        "cites": cites(rule.citations, language_of(request)) if rule else [],
        "rule": rule,
        "may_remind": actor_of(request).has(Role.DATA_AUTHORITY),
    }
    return render(request, "console/posts.html", context)


@readers
def organization_posts(request: HttpRequest, code: str) -> HttpResponse:
    return posts_page(request, code)


def posts_page(request: HttpRequest, code: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = identity.organization(code)
    held = queries.holdings(found)
    wanted = queries.posts_for(found)
    taken = {one.post for one in held if one.until is None}
    rule, limit = queries.posts_value(), queries.change_value()
    may = queries.can_file(actor, code)
    context = {
        "found": found,
        "now": [one for one in held if one.until is None],
        "former": [one for one in held if one.until is not None],
        "wanted": wanted,
        "missing": [one for one in wanted if one.id not in taken],
        "may_file": may and bool(wanted),
        "sees_contact": may or actor.has(Role.AUDITOR),
        "today": clock.today(),
        "cites": cites(rule.citations, language) if rule else [],
        "limit": limit.value if limit else None,
        "limit_cites": cites(limit.citations, language) if limit else [],
        "typed": request.POST,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/organization_posts.html", context, status=wrong.status if wrong else 200)


@staff
@require_POST
def appoint(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody takes a post, in the place of somebody else where that is said."""
    typed = request.POST
    replaces = typed.get("replaces", "")
    try:
        actions.appoint(
            by=actor_of(request),
            organization=code,
            post=typed.get("post", ""),
            name=typed.get("name", ""),
            contact=typed.get("contact", ""),
            username=typed.get("username", ""),
            since=needed_day(typed, "since"),
            replaces=int(replaces) if replaces.isascii() and replaces.isdecimal() and len(replaces) < 19 else None,
        )
    except GongshuError as wrong:
        return posts_page(request, code, wrong)
    return _done(request, code, Text("已备案，并告知主管部门。", "Filed; the data authority is told."))


@staff
@require_POST
def leave(request: HttpRequest, code: str, holding_id: int) -> HttpResponse:
    """Somebody left a post; a successor is owed."""
    try:
        held = actions.leave(
            by=actor_of(request),
            organization=code,
            holding_id=holding_id,
            until=needed_day(request.POST, "until"),
        )
    except GongshuError as wrong:
        return posts_page(request, code, wrong)
    owed: Any = held.vacancy_duty
    said = (
        Text("已登记离任，接任人员的备案已列入待办。", "Recorded; filing who takes over is now owed.")
        if owed
        else Text("已登记离任。", "Recorded.")
    )
    return _done(request, code, said)


@requires(Role.DATA_AUTHORITY)
@require_POST
def remind(request: HttpRequest, code: str) -> HttpResponse:
    """The data authority asks an organisation for its missing posts."""
    try:
        told = actions.remind_of_posts(by=actor_of(request), organization=code)
    except GongshuError as wrong:
        messages.error(request, wrong.say(language_of(request)))
    else:
        said = Text(f"已提醒该单位 {told} 人。", f"Reminded: {told}.")
        messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect("/console/posts/?only=missing")


def _done(request: HttpRequest, code: str, said: Text) -> HttpResponse:
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/organizations/{code}/posts/")
