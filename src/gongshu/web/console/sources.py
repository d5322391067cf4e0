"""One source per datum: what may be collected twice, which item is the source, who is to share instead."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gongshu.catalog import datum_queries as queries
from gongshu.catalog import source_actions as actions
from gongshu.catalog.source_method import LABELS, THRESHOLD
from gongshu.catalog.source_states import PROPOSAL_LABELS
from gongshu.catalog.states import CHECK_LABELS, Check
from gongshu.collection import sources as collected
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.states import Office, Role
from gongshu.ledger import queries as ledger
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 30
LEAST = (60, 70, 80, 90)
_TONES = {"open": "caution", "same": "good", "different": "still", "lapsed": "still"}
_USE_TONES = {"due": "caution", "kept": "info", "exempt": "info", "ended": "still"}
_SCOPES = [
    ("across", Text("不同单位之间", "Between units")),
    ("within", Text("同一单位之内", "Within one unit")),
    ("", Text("全部", "All")),
]


def _tag(status: str, label: Text, tones: dict[str, str]) -> Any:
    shown = status_tag(status, label)
    return type(shown)(shown.text, tones.get(status, "still"))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@staff
def proposals(request: HttpRequest) -> HttpResponse:
    """The list of pairs that may be one datum; the authority decides one or many."""
    return _list(request)


def _list(request: HttpRequest, wrong: GongshuError | None = None) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    status, scope = asked.get("status", "open"), asked.get("scope", "across")
    least = _number(asked.get("least", ""))
    found = queries.search(
        actor,
        text=asked.get("q", ""),
        status=status,
        scope=scope,
        provider=asked.get("provider", ""),
        least=least if least in LEAST else 0,
    )
    page = page_of(request, found, PAGE_SIZE)
    counted = queries.counts(actor)
    context = {
        "page_obj": page,
        "rows": [(one, _tag(one.status, one.status_label, _TONES)) for one in page],
        "asked": asked,
        "status": status,
        "scope": scope,
        "scopes": _SCOPES,
        "least": least,
        "leasts": LEAST,
        "statuses": [(str(value), label, counted.get(str(value), 0)) for value, label in PROPOSAL_LABELS.items()],
        "providers": identity.organizations().filter(office=Office.DEPARTMENT),
        "may_decide": queries.can_decide(actor),
        "cites": cites(queries.citations(), language_of(request)),
        "threshold": THRESHOLD,
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "console/sources.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY)
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Compare the published catalog with itself now."""
    language = language_of(request)
    try:
        found = collected.look(by=actor_of(request))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    else:
        said = Text(
            f"已比对 {found.items} 个信息项：新发现 {found.found} 对，更新 {found.changed} 对，失效 {found.lapsed} 对。",
            f"{found.items} items compared: {found.found} pairs found, {found.changed} changed, {found.lapsed} lapsed.",
        )
        messages.success(request, said.say(language))
    return HttpResponseRedirect(reverse("console:sources"))


@requires(Role.DATA_AUTHORITY)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """One decision on all pairs that were ticked: on all of them, or on none when one cannot be."""
    actor, typed = actor_of(request), request.POST
    chosen = [number for text in typed.getlist("pair") if (number := _number(text))]
    wanted, reason = typed.get("step", ""), typed.get("reason", "")
    try:
        if not chosen:
            raise GongshuError("web.nothing_chosen", "请先勾选。", "Tick what this is about.")
        with transaction.atomic():
            for number in chosen:
                _decide(actor, number, wanted, reason)
    except NotFound:
        raise
    except GongshuError as wrong:
        return _proposal(request, chosen[0], wrong) if typed.get("from") == "page" else _list(request, wrong)
    said = Text(f"已处理 {len(chosen)} 对。", f"{len(chosen)} decided.")
    messages.success(request, said.say(language_of(request)))
    one = typed.get("from") == "page"
    where = reverse("console:source_proposal", args=[chosen[0]]) if one else reverse("console:sources")
    return HttpResponseRedirect(where)


def _decide(actor: Any, number: int, wanted: str, reason: str) -> None:
    if wanted in {"first", "other"}:
        actions.name_source(by=actor, proposal=number, source=wanted, reason=reason)
    elif wanted == "differ":
        actions.differ(by=actor, proposal=number, reason=reason)
    elif wanted == "reopen":
        actions.reopen(by=actor, proposal=number, reason=reason)
    else:
        raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")


@staff
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """A pair beside each other, the arithmetic of its score, and the decision."""
    return _proposal(request, pk)


def _proposal(request: HttpRequest, pk: int, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = queries.proposal(actor, pk)
    first, other = queries.items_of(found)
    parts = [(LABELS[one["name"]], one, Text(one["zh"], one["en"])) for one in found.parts]
    context = {
        "found": found,
        "tag": _tag(found.status, found.status_label, _TONES),
        "ends": [
            ("first", found.entry, found.item, found.item_title, first, _check(first)),
            ("other", found.other_entry, found.other_item, found.other_title, other, _check(other)),
        ],
        "parts": parts,
        "points": sum(one["points"] for _, one, _ in parts),
        "possible": sum(one["most"] for _, one, _ in parts),
        "threshold": THRESHOLD,
        "may_decide": queries.can_decide(actor),
        "cites": cites(queries.citations(), language),
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "console/source_proposal.html", context, status=wrong.status if wrong else 200)


def _check(item: Any) -> Text | None:
    return CHECK_LABELS[Check(item.check_rule)] if item is not None and item.check_rule else None


@staff
def data(request: HttpRequest) -> HttpResponse:
    """Data whose source was named."""
    asked = request.GET
    page = page_of(request, queries.data(text=asked.get("q", ""), provider=asked.get("provider", "")), PAGE_SIZE)
    context = {
        "page_obj": page,
        "asked": asked,
        "providers": identity.organizations().filter(office=Office.DEPARTMENT),
        "cites": cites(queries.citations(), language_of(request)),
    }
    return render(request, "console/source_data.html", context)


@staff
def datum(request: HttpRequest, number: str) -> HttpResponse:
    return _datum(request, number)


def _datum(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = queries.datum(number)
    page = page_of(request, queries.uses(found), PAGE_SIZE)
    context = {
        "found": found,
        "page_obj": page,
        "uses": [(one, _tag(one.status, one.status_label, _USE_TONES)) for one in page],
        "cites": cites(found.citations, language),
        "refuses": queries.refuses(),
        "refusal_cites": cites(queries.citations(queries.REFUSAL), language),
        "may_decide": queries.can_decide(actor) and found.ended_at is None,
        "may_apply": actor.has(Role.CONSUMER) and found.entry.provider.code != actor.organization,
        "records": ledger.records(subject=found.number, limit=20),
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "console/source_datum.html", context, status=wrong.status if wrong else 200)


_DONE = {
    "exempt": Text("已豁免，并通知该单位。", "Exempted; the unit is told."),
    "unexempt": Text("已撤销豁免。", "The exemption is ended."),
    "dissolve": Text("已撤销认定。", "The naming is undone."),
}


@requires(Role.DATA_AUTHORITY)
@require_POST
def step(request: HttpRequest, number: str) -> HttpResponse:
    """Exempt an item, end its exemption, or undo the naming."""
    actor, typed = actor_of(request), request.POST
    wanted, reason = typed.get("step", ""), typed.get("reason", "")
    try:
        if wanted == "dissolve":
            actions.dissolve(by=actor, number=number, reason=reason)
        elif wanted in {"exempt", "unexempt"}:
            use = queries.use(_number(typed.get("use", "")))
            if use.datum.number != number:
                raise NotFound("source.use_unknown", "没有这个信息项的认定。", "There is no such item of a datum.")
            act = actions.exempt if wanted == "exempt" else actions.end_exemption
            act(by=actor, use=use.pk, reason=reason)
        else:
            raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")
    except NotFound:
        raise
    except GongshuError as wrong:
        return _datum(request, number, wrong)
    messages.success(request, _DONE[wanted].say(language_of(request)))
    return HttpResponseRedirect(reverse("console:source_datum", args=[number]))
