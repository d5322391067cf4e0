"""Asking for data that are not open to everybody: the form, one's own requests, what became of each.

The form asks exactly for what the pack demands (``opening.application_requires``, ``opening.registration_requires``) of
those whom it admits (``opening.applicants``); luzhou-23, luzhou-25, luzhou-26, xian-26, yongjia-28, yongjia-32.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import TYPE_LABELS
from gongshu.errors import GongshuError, Text
from gongshu.identity.actor import Actor
from gongshu.opening import queries, request_actions, request_way
from gongshu.opening.request import ASK_FIELDS, AccessAsk
from gongshu.opening.states import REQUEST_LABELS, RequestKind, RequestStatus
from gongshu.web.language import language_of
from gongshu.web.parts import cites, due_view, office_words, open_tag, page_of, status_tag
from gongshu.web.permissions import actor_of, signed_in
from gongshu.web.turns import turn_lines
from gongshu.web.typed import words

PAGE_SIZE = 20
HELP = {
    "purpose": Text("用来做什么，产生什么成果", "what for, and what comes of it"),
    "scope": Text("由谁使用、用在哪里", "by whom and where"),
    "confidentiality": Text("怎样保管，是否提供给他人", "how they are kept, and whether anybody else sees them"),
    "security_capability": Text("系统、人员和制度方面的保障", "systems, people and rules that protect the data"),
}
REGISTRATION_HELP = Text(
    "填写颁发机构和证书序列号，由审核单位核验。", "Issuer and serial number; whoever decides will check them."
)
KINDS = {
    RequestKind.ACCESS: Text("申请有条件开放的数据", "Ask for conditionally open data"),
    RequestKind.OPEN: Text("申请开放目录以外的数据", "Ask that more data be opened"),
}


@signed_in
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """The form for one resource, with who decides and by when before anything is sent."""
    actor, language = actor_of(request), language_of(request)
    entry = catalog.entry(Actor.anonymous(), code)
    way = _way(entry)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            filed = request_actions.ask(by=actor, code=entry.code, asked=_read(request.POST, way))
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"申请 {filed.number} 已提交。", f"Request {filed.number} is sent.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/requests/{filed.number}/")
    typed = request.POST if wrong else QueryDict(mutable=True)
    return _form(request, entry, way, typed, wrong)


@signed_in
def complete(request: HttpRequest, number: str) -> HttpResponse:
    """The same form for a request that was sent back."""
    actor = actor_of(request)
    found = _own(request, number)
    way = _way(found.entry)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            request_actions.complete(by=actor, number=number, asked=_read(request.POST, way))
        except GongshuError as error:
            wrong = error
        else:
            said = Text("已补正并重新提交。", "Completed and sent again.")
            messages.success(request, said.say(language_of(request)))
            return HttpResponseRedirect(f"/requests/{number}/")
    return _form(request, found.entry, way, request.POST if wrong else _as_typed(found), wrong, found)


def _way(entry: Any) -> request_way.Asking:
    return request_way.asking(
        entry.open_type, entry.provider.body_kind, opened=queries.public_release(entry.code) is not None
    )


def _read(typed: QueryDict, way: request_way.Asking) -> AccessAsk:
    return AccessAsk(
        applicant_kind=words(typed, "applicant_kind", 60),
        applicant_name=words(typed, "applicant_name"),
        items=tuple(typed.getlist("items")),
        registration={one.id: words(typed, f"registration-{one.id}", 200) for one in way.registration},
        **{name: words(typed, name) for name in way.required if name in ASK_FIELDS},
    )


def _as_typed(found: Any) -> QueryDict:
    typed = QueryDict(mutable=True)
    typed.setlist("items", found.items)
    for name in ("applicant_kind", "applicant_name", *ASK_FIELDS):
        typed[name] = getattr(found, name)
    for name, value in found.registration.items():
        typed[f"registration-{name}"] = value
    return typed


def _form(
    request: HttpRequest,
    entry: Any,
    way: request_way.Asking,
    typed: QueryDict,
    wrong: GongshuError | None,
    found: Any = None,
) -> HttpResponse:
    language = language_of(request)
    chosen = typed.getlist("items")
    context = {
        "entry": entry,
        "found": found,
        "way": way,
        "title": KINDS[way.kind],
        "open_tag": open_tag(entry.open_type),
        "applicants": [(one.id, one.label) for one in way.applicants],
        "applicant_cites": cites(way.applicant_citations, language),
        "applicant_kind": typed.get("applicant_kind", ""),
        "applicant_name": typed.get("applicant_name", "" if typed else request.user.display_name),  # type: ignore[union-attr]
        "registration": [
            (f"registration-{one.id}", one.label, typed.get(f"registration-{one.id}", "")) for one in way.registration
        ],
        "registration_help": REGISTRATION_HELP,
        "fields": [
            (name, ASK_FIELDS[name], HELP[name], typed.get(name, "")) for name in way.required if name in ASK_FIELDS
        ],
        "required_cites": cites(way.citations, language),
        "items": [
            (item, TYPE_LABELS[item.data_type], not typed or item.name in chosen) for item in catalog.items(entry.code)
        ],
        "turns": [(_who(entry, turn), turn, _within(turn)) for turn in way.turns],
        "turn_cites": cites([c for turn in way.turns for c in turn.citations], language),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "portal/request_form.html", context, status=wrong.status if wrong else 200)


def _who(entry: Any, turn: request_way.Turn) -> Text:
    """Whose turn it is: the providing unit by its name, an office in the city's words."""
    if turn.office == "provider":
        return Text(entry.provider.say("zh"), entry.provider.say("en"))
    return office_words(turn.office)


def _within(turn: request_way.Turn) -> Text:
    if turn.days is not None:
        return Text(f"{turn.days} 个工作日内", f"within {turn.days} working days")
    return due_view(None, turn.deadline_words).words


@signed_in
def own_requests(request: HttpRequest) -> HttpResponse:
    """One's own requests, newest first; what waits for the applicant says so."""
    page = page_of(request, queries.own_requests(actor_of(request)), PAGE_SIZE)
    waiting = {RequestStatus.RETURNED: Text("请补正", "to be completed")}
    context = {
        "page_obj": page,
        "rows": [
            (one, KINDS[RequestKind(one.kind)], status_tag(one.status, one.status_label), waiting.get(one.status))
            for one in page
        ],
    }
    return render(request, "portal/requests.html", context)


@signed_in
def own_request(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


def _page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """One request: where it stands, who acts by when, and what the applicant can do now."""
    found = _own(request, number)
    language = language_of(request)
    titles = {item.name: item.title for item in catalog.items(found.entry.code)}
    grounds = rules.active().find("opening.prohibited_grounds", on=clock.today())
    registration = rules.active().find("opening.registration_requires", on=clock.today())
    labels = {one.id: one.label for one in registration.value} if registration else {}
    review = request_way.review_turns() if found.status == RequestStatus.REFUSED else []
    context = {
        "found": found,
        "title": KINDS[RequestKind(found.kind)],
        "status_tag": status_tag(found.status, REQUEST_LABELS[RequestStatus(found.status)]),
        "items": [titles.get(name, name) for name in found.items],
        "stated": [(ASK_FIELDS[name], getattr(found, name)) for name in ASK_FIELDS if getattr(found, name).strip()]
        + [(labels.get(name, Text(name, name)), value) for name, value in found.registration.items() if value],
        "turns": turn_lines(
            queries.request_steps(found),
            language,
            named=False,
            standing=found.status == RequestStatus.RETURNED,
            grounds={choice.id: choice.label for choice in grounds.value} if grounds else {},
        ),
        "review": [(_who(found.entry, turn), turn, _within(turn)) for turn in review],
        "review_cites": cites([c for turn in review for c in turn.citations], language),
        "may_complete": found.status == RequestStatus.RETURNED,
        "may_withdraw": found.status in {RequestStatus.PENDING, RequestStatus.RETURNED, RequestStatus.REVIEW},
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "portal/request.html", context, status=wrong.status if wrong else 200)


def _own(request: HttpRequest, number: str) -> Any:
    found = queries.own_requests(actor_of(request)).filter(number=number).first()
    return found or queries.request(Actor.anonymous(), number)  # which says that there is none


@signed_in
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    try:
        request_actions.withdraw_request(by=actor_of(request), number=number)
    except GongshuError as wrong:
        return _page(request, number, wrong)
    messages.success(request, Text("申请已撤回。", "The request is withdrawn.").say(language_of(request)))
    return HttpResponseRedirect(f"/requests/{number}/")


@signed_in
@require_POST
def object_to(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for a review of the refusal."""
    try:
        request_actions.object_to_refusal(by=actor_of(request), number=number, reason=words(request.POST, "reason"))
    except GongshuError as wrong:
        return _page(request, number, wrong)
    messages.success(request, Text("复核申请已提交。", "The review is asked for.").say(language_of(request)))
    return HttpResponseRedirect(f"/requests/{number}/")
