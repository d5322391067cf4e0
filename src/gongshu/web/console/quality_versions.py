"""The versions of an entry's data: what each is, what changed between two, and going back to one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.collection import scanning
from gongshu.errors import GongshuError, Text
from gongshu.quality import check_policy, check_queries, version_actions, version_queries
from gongshu.web.language import language_of
from gongshu.web.permissions import actor_of, staff

SHOWN = 50


@staff
def versions(request: HttpRequest, code: str) -> HttpResponse:
    """All versions; with ``?a=1&b=2`` also what changed from one to the other."""
    actor = actor_of(request)
    entry = check_queries.entry_of(actor, code)
    stored = version_queries.versions(actor, entry.code)
    scores = {run.version: run for run in check_queries.trend(entry)}
    context: dict[str, Any] = {
        "entry": entry,
        "rows": [(one, version_queries.origin(one.version), scores.get(one.version.number)) for one in stored[::-1]],
        "present": [one.version.number for one in stored if one.present][::-1],
        "may_restore": check_policy.can_write(actor, entry.provider.code),
        "sees_rows": check_policy.can_see_rows(actor, entry.provider.code),
        "sees_profile": scanning.can_see(actor, entry.provider.code),
        "asked": request.GET,
    }
    a, b = (_number(request.GET.get(name, "")) for name in ("a", "b"))
    if a is not None and b is not None:
        try:
            context["changes"] = version_queries.changes(actor, entry.code, a, b, limit=SHOWN)
            context["a"], context["b"] = a, b
        except GongshuError as wrong:
            context["wrong"] = wrong
    status = context["wrong"].status if "wrong" in context else 200
    return render(request, "console/quality_versions.html", context, status=status)


@staff
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version: where it came from, what its columns are like, the personal data in them; for who may see its runs."""
    actor = actor_of(request)
    entry = check_queries.entry_of(actor, code)
    one = version_queries.version(actor, entry.code, number)
    profile = scanning.profile_of(actor, entry.code, one)
    context = {
        "entry": entry,
        "version": one,
        "origin": version_queries.origin(one),
        "profile": profile,
        "personal": scanning.of_profile(entry.code, one.profile),
    }
    return render(request, "console/quality_version.html", context)


@staff
@require_POST
def restore(request: HttpRequest, code: str) -> HttpResponse:
    """Go back to a version; the page asked whether it is meant."""
    language = language_of(request)
    number = _number(request.POST.get("version", ""))
    try:
        if number is None:
            raise GongshuError("web.version_missing", "请选择版本。", "Choose a version.")
        reason = request.POST.get("reason", "")
        done = version_actions.restore(by=actor_of(request), code=code, version=number, reason=reason)
        said = Text(f"版本 v{number} 已恢复为 v{done.number}。", f"Version v{number} is now v{done.number}.")
        messages.success(request, said.say(language))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    return HttpResponseRedirect(f"/console/quality/{quote(code)}/versions/")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
