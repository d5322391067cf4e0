"""Information systems with their security grades (等级保护), and the API clients that belong to them (yongjia-40)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.filings import actions, queries
from gongshu.filings.grade import Grade
from gongshu.filings.states import STANDING_LABELS, Standing
from gongshu.identity import queries as identity
from gongshu.identity.states import Role
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, page_of
from gongshu.web.permissions import STAFF, actor_of, requires
from gongshu.web.typed import day, needed_day

PAGE_SIZE = 30
TONES = {Standing.UNFILED: "caution", Standing.VALID: "good", Standing.ENDING: "caution", Standing.LAPSED: "danger"}
keepers = requires(*STAFF, Role.SYSTEM_ADMIN)


def _tag(valid_until: date | None, filed: bool) -> Tag:
    standing = queries.standing_of(valid_until, filed=filed)
    return Tag(STANDING_LABELS[standing], TONES[standing])


@keepers
def systems(request: HttpRequest) -> HttpResponse:
    return _list(request)


def _list(request: HttpRequest, wrong: GongshuError | None = None) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    found = queries.search_systems(actor, text=asked.get("q", ""), standing=asked.get("standing", ""))
    page = page_of(request, found, PAGE_SIZE)
    own_only = not actor.has(Role.DATA_AUTHORITY, Role.SYSTEM_ADMIN)
    context = {
        "page_obj": page,
        "rows": [(one, _tag(one.valid_until, one.filing is not None)) for one in page],
        "standings": [(str(value), label) for value, label in STANDING_LABELS.items()],
        "asked": asked,
        "may_register": queries.can_keep_systems(actor, actor.organization),
        "organizations": [] if own_only else list(identity.organizations()),
        "typed": request.POST,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/systems.html", context, status=wrong.status if wrong else 200)


@keepers
@require_POST
def new(request: HttpRequest) -> HttpResponse:
    actor, typed = actor_of(request), request.POST
    try:
        made = actions.register_system(
            by=actor,
            organization=typed.get("organization") or actor.organization,
            name=typed.get("name", ""),
            name_en=typed.get("name_en", ""),
            purpose=typed.get("purpose", ""),
        )
    except GongshuError as wrong:
        return _list(request, wrong)
    messages.success(request, Text("信息系统已登记。", "The system is registered.").say(language_of(request)))
    return HttpResponseRedirect(f"/console/systems/{made.pk}/")


@keepers
def system(request: HttpRequest, system_id: int) -> HttpResponse:
    return system_page(request, system_id)


def system_page(request: HttpRequest, system_id: int, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = queries.system(actor, system_id)
    filed = queries.filings(found)
    may = queries.can_keep_systems(actor, found.organization.code) and found.until is None
    grades, tests = queries.grades_value(), queries.tests_value()
    labels = {one.id: one.label for one in tests.value} if tests else {}
    last = filed[0] if filed else None
    proposed = queries.next_assessment(last.grade, last.assessed_on) if last and last.assessed_on else None
    context = {
        "found": found,
        "filings": [(one, [labels[name] for name in one.tests if name in labels]) for one in filed],
        "last": last,
        "tag": _tag(last.valid_until if last else None, last is not None),
        "missing_tests": [label for name, label in labels.items() if last is None or name not in last.tests],
        "clients": queries.memberships(found),
        "free": list(queries.free_clients(actor, found)) if may else [],
        "may_change": may,
        "grades": list(grades.value) if grades else [],
        "tests": list(tests.value) if tests else [],
        "cites": cites([*(grades.citations if grades else ()), *(tests.citations if tests else ())], language),
        "proposed": proposed[0] if proposed else None,
        "proposed_words": proposed[1].value.words if proposed else None,
        "proposed_cites": cites(proposed[1].citations, language) if proposed else [],
        "chosen_tests": request.POST.getlist("tests"),
        "today": clock.today(),
        "typed": request.POST,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/system.html", context, status=wrong.status if wrong else 200)


@keepers
@require_POST
def change(request: HttpRequest, system_id: int) -> HttpResponse:
    """File a grade, let a client belong to the system, or take the system out of use: ``do`` says which."""
    actor, typed = actor_of(request), request.POST
    queries.system(actor, system_id)
    try:
        match typed.get("do", ""):
            case "file":
                actions.file_grade(by=actor, system_id=system_id, filing=_grade(typed))
                said = Text("备案已登记，从今天起以它为准。", "Filed; it counts from today on.")
            case "connect":
                actions.connect_client(by=actor, system_id=system_id, client_id=typed.get("client", ""))
                said = Text("接入应用已归入该系统。", "The client belongs to the system.")
            case "end":
                actions.end_system(by=actor, system_id=system_id)
                said = Text("该系统已停用，记录保留。", "The system is out of use; its records stay.")
            case _:
                raise steps.unknown()
    except GongshuError as wrong:
        return system_page(request, system_id, wrong)
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/systems/{system_id}/")


def _grade(typed: Any) -> Grade:
    grade = typed.get("grade", "")
    return Grade(
        grade=int(grade) if grade.isascii() and grade.isdecimal() and len(grade) < 3 else 0,
        number=typed.get("number", ""),
        filed_on=needed_day(typed, "filed_on"),
        assessed_on=day(typed, "assessed_on"),
        valid_until=day(typed, "valid_until"),
        tests=tuple(typed.getlist("tests")),
        evidence=typed.get("evidence", ""),
    )
