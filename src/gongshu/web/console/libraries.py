"""Base, theme and task libraries: what they are made of, from which versions, what stands in their way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import TYPE_LABELS
from gongshu.errors import GongshuError, Text
from gongshu.grants import queries as grants
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.libraries import actions, queries
from gongshu.libraries.states import (
    BASE_LABELS,
    COMBINE_LABELS,
    COMBINE_NOTES,
    KIND_LABELS,
    LIVE,
    STATUS_LABELS,
    BaseKind,
    Combine,
    LibraryKind,
    LibraryStatus,
)
from gongshu.web import gateway_client, steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, page_of
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import day

PAGE_SIZE = 20
PREVIEW = 5
_TONES = {"draft": "info", "in_use": "good", "broken": "danger", "ended": "still"}
_CONSENTS = {"given": "good", "asked": "caution", "agreed": "good", "refused": "danger"}


@staff
def libraries(request: HttpRequest) -> HttpResponse:
    """All libraries; their definitions are catalog knowledge."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    kind, status = asked.get("kind", ""), asked.get("status", "")
    found = queries.search(
        text=asked.get("q", ""),
        kind=kind if kind in set(LibraryKind) else "",
        status=status if status in set(LibraryStatus) else "",
    )
    page = page_of(request, found, PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, _tag(one)) for one in page],
        "asked": asked,
        "kinds": [(str(value), label) for value, label in KIND_LABELS.items()],
        "statuses": [(str(value), label) for value, label in STATUS_LABELS.items()],
        "filtered": any(asked.get(name) for name in ("q", "kind", "status")),
        "may_open": queries.can_open(actor),
        "waiting": list(queries.asked(actor)[:PAGE_SIZE]),
        "cites": cites(queries.citations(), language),
    }
    return render(request, "console/libraries.html", context)


@requires(Role.DATA_AUTHORITY)
def new(request: HttpRequest) -> HttpResponse:
    """Set a library up under an entry of its own."""
    actor, typed, language = actor_of(request), request.POST, language_of(request)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            made = _open(request)
        except GongshuError as error:
            wrong = error
        else:
            said = Text(
                "已设立，并通知牵头单位选择来源。", "Set up; the lead department was told to choose its sources."
            )
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/libraries/{made.number}/")
    context = {
        "typed": typed,
        "kinds": [(str(value), label) for value, label in KIND_LABELS.items()],
        "abouts": [(str(value), label) for value, label in BASE_LABELS.items()],
        "combines": [(str(value), label, COMBINE_NOTES[value]) for value, label in COMBINE_LABELS.items()],
        "may_open": queries.can_open(actor),
        "cites": cites(queries.citations(), language),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/library_new.html", context, status=wrong.status if wrong else 200)


def _open(request: HttpRequest) -> Any:
    typed = request.POST
    kind, about, combine = typed.get("kind", ""), typed.get("about", ""), typed.get("combine", "")
    return actions.open_library(
        by=actor_of(request),
        code=typed.get("code", "")[:40],
        name=typed.get("name", ""),
        kind=LibraryKind(kind) if kind in set(LibraryKind) else LibraryKind.THEME,
        combine=Combine(combine) if combine in set(Combine) else Combine.UNION,
        about=BaseKind(about) if about in set(BaseKind) and kind == LibraryKind.BASE else None,
        purpose=typed.get("purpose", ""),
        ends_on=day(typed, "ends_on"),
    )


@staff
def library(request: HttpRequest, number: str) -> HttpResponse:
    return library_page(request, number)


def library_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """One library: its sources item by item, the versions that it was computed from, a masked look where there is one."""
    actor, language = actor_of(request), language_of(request)
    found = queries.library(number)
    lines = queries.sources(found)
    own, parts = queries.parts(found, lines)
    keeps = queries.can_keep(actor, found) and found.status in LIVE
    builds = list(queries.builds(found)[:10])
    versions = {one["code"]: one["version"] for one in builds[0].sources} if builds else {}
    context = {
        "found": found,
        "tag": _tag(found),
        "sources": [
            {
                "line": line,
                "tag": Tag(line.consent_label, _CONSENTS[line.consent]),
                "items": [
                    (own.items[name].title if name in own.items else name, _title(part.side, source), name, source)
                    for name, source in line.items.items()
                ],
                "choices": list(part.side.items.values()),
                "version": versions.get(line.entry.code),
                "may_answer": queries.can_answer(actor, line) and found.status in LIVE,
            }
            for line, part in zip(lines, parts, strict=True)
        ],
        "items": [(item, TYPE_LABELS[item.data_type]) for item in own.items.values()],
        "troubles": [Text(one["zh"], one["en"]) for one in found.troubles],
        "builds": builds,
        "preview": _preview(found),
        "keeps": keeps,
        "cites": cites(queries.citations(), language),
        "records": ledger.records(subject=found.number, limit=20),
        "today": clock.today(),
        "typed": request.POST,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/library.html", context, status=wrong.status if wrong else 200)


def _title(side: Any, name: str) -> str:
    return side.items[name].title if name in side.items else name


def _preview(found: Any) -> dict[str, Any]:
    """A few rows through the gateway, under the grant that anybody has when the library is open; else nothing."""
    grant = grants.public_grant(found.entry.code)
    if found.status != LibraryStatus.IN_USE or grant is None:
        return {}
    try:
        answer = gateway_client.rows(
            resource=found.entry.code, grant=grant.grant_id, purpose=grant.purpose, limit=PREVIEW
        )
    except GongshuError as wrong:
        return {"wrong": wrong}
    titles = {item.name: item.title for item in catalog.items(found.entry.code)}
    names = list(answer.records[0]) if answer.records else []
    return {
        "heads": [titles.get(name, name) for name in names],
        "rows": [[row[name] for name in names] for row in answer.records],
    }


@staff
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One step on a library; the domain says who may take it."""
    try:
        said = _act(request, number)
    except GongshuError as wrong:
        if wrong.code == "libraries.unknown":
            raise
        return library_page(request, number, wrong)
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/libraries/{number}/")


def _act(request: HttpRequest, number: str) -> Text:
    by, typed = actor_of(request), request.POST
    step, code = typed.get("act", ""), typed.get("code", "")[:40].replace("/", "-").strip()
    parts: list[tuple[str, Mapping[str, str] | None]]
    if step in {"add", "map", "remove", "first"}:
        found = queries.library(number)
        parts = [(one.entry.code, one.items) for one in queries.sources(found)]
        if step == "add":
            parts.append((code, None))
        elif step == "remove":
            parts = [one for one in parts if one[0] != code]
        elif step == "first":
            parts.sort(key=lambda one: one[0] != code)
        else:
            names = [item.name for item in catalog.items(found.entry.code)]
            chosen = {name: typed[f"item-{name}"] for name in names if typed.get(f"item-{name}")}
            parts = [(one, chosen if one == code else items) for one, items in parts]
        actions.define(by=by, number=number, parts=parts)
        return Text("来源已更改，后台正在合成。", "The sources are changed; it is being computed.")
    if step in {"agree", "refuse"}:
        actions.answer(by=by, number=number, code=code, agree=step == "agree", remark=typed.get("remark", ""))
        return Text("已答复，并通知牵头单位。", "Answered; the lead department was told.")
    if step == "end":
        actions.end(by=by, number=number, reason=typed.get("reason", ""))
        return Text("已结束，不再提供查询。", "Ended; it is served no longer.")
    raise steps.unknown()


def _tag(found: Any) -> Tag:
    return Tag(found.status_label, _TONES[found.status])
