"""Sharing: filing an application, following its steps, deciding the step whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import demand_queries as demands
from gongshu.catalog import queries as catalog
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import TYPE_LABELS
from gongshu.errors import Conflict, GongshuError, Text
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.grants.states import MODE_LABELS, Mode
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.sharing import actions, dispute_queries, emergency_queries, queries
from gongshu.sharing.actions import Decision, Request
from gongshu.sharing.states import APPLICATION_LABELS, ApplicationStatus, Outcome
from gongshu.web import duty_block
from gongshu.web.language import language_of
from gongshu.web.parts import cites, due_view, page_of, purpose_text, share_tag, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.steps import unknown
from gongshu.web.typed import words as typed_words

PAGE_SIZE = 20
DEFAULT_TERM = timedelta(days=365)  # what the form offers; the applicant chooses
WORDS = ("basis", "scenario", "business_process", "scope")  # the fields of words, in the order of the form
HELP = {
    "basis": Text("履行哪项职责，依据哪部法规第几条", "which duty, under which law and article"),
    "scenario": Text("在哪个业务环节、由谁使用", "at which point of the business, by whom"),
    "business_process": Text("受理、审核、办结等环节", "from receipt to completion"),
    "scope": Text("使用的部门、地区和人群范围", "which units, areas and people"),
}


@dataclass(frozen=True)
class Way:
    """How one comes to the data, for one or more ways of sharing that go the same way."""

    modes: list[Text]
    words: Text
    steps: list[Any]
    cites: list[dict[str, Any]]
    open: bool  # may be applied for
    negotiable: bool = False


@staff
def applications(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    status = asked.get("status", "")
    found = queries.search(actor, text=asked.get("q", ""), filters={"status": status})
    page = page_of(request, found, PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, share_tag(one.share_type), status_tag(one.status, one.status_label)) for one in page],
        "asked": asked,
        "statuses": list(APPLICATION_LABELS.items()),
    }
    return render(request, "console/applications.html", context)


@requires(Role.CONSUMER, Role.OPERATOR)
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """The form, with who must decide and by when shown before anything is filed."""
    actor, language = actor_of(request), language_of(request)
    entry = catalog.entry(actor, code)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            filed = actions.apply(
                by=actor,
                code=entry.code,
                request=read_request(request.POST),
                emergency=typed_words(request.POST, "emergency", 24),
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"申请 {filed.number} 已提交。", f"Application {filed.number} is filed.")
            if filed.status == ApplicationStatus.APPROVED:
                said = Text(
                    f"申请 {filed.number} 无需审批，授权已生效。",
                    f"Application {filed.number} needs no consent; the grant is in force.",
                )
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/applications/{filed.number}/")
    return apply_page(request, entry, request.POST if wrong else _from_demand(request), wrong)


def _from_demand(request: HttpRequest) -> QueryDict | None:
    """What a demand (``?demand=``) said already, so that the applicant need not say it again."""
    number = request.GET.get("demand", "")
    if not number:
        return None
    found = demands.demand(actor_of(request), number)
    typed = QueryDict(mutable=True)
    for name in ("purpose", *WORDS):
        typed[name] = getattr(found, name)
    typed["mode"] = found.mode or "query"
    typed["valid_until"] = (clock.today() + DEFAULT_TERM).isoformat()
    return typed


@requires(Role.CONSUMER, Role.OPERATOR)
def complete(request: HttpRequest, number: str) -> HttpResponse:
    """The same form for an application that was sent back to be completed."""
    actor, language = actor_of(request), language_of(request)
    found = queries.application(actor, number)
    wrong: GongshuError | None = None
    typed = _as_typed(found)
    if request.method == "POST":
        typed = request.POST
        try:
            actions.resubmit(by=actor, number=number, request=read_request(request.POST))
        except GongshuError as error:
            wrong = error
        else:
            messages.success(request, Text("已补正并重新提交。", "Completed and sent again.").say(language))
            return HttpResponseRedirect(f"/console/applications/{number}/")
    return apply_page(request, found.entry, typed, wrong, found)


def _as_typed(found: Any) -> QueryDict:
    typed = QueryDict(mutable=True)
    typed.setlist("items", found.items)
    for name in ("purpose", *WORDS):
        typed[name] = getattr(found, name)
    typed["mode"] = found.mode
    typed["valid_until"] = found.valid_until.isoformat()
    return typed


def read_request(typed: QueryDict) -> Request:
    try:
        until = date.fromisoformat(typed.get("valid_until", ""))
    except ValueError:
        raise Conflict(
            "sharing.term_unreadable",
            "请填写使用时限，格式如 2027-06-30。",
            "Fill in the last day of use, for example 2027-06-30.",
            field="valid_until",
        ) from None
    modes = {name: str(rule.mode) for name, rule in _modes().items()}
    asked = typed.get("mode", "")
    return Request(
        items=tuple(typed.getlist("items")),
        purpose=typed.get("purpose", ""),
        mode=modes.get(asked, asked),
        valid_until=until,
        **{name: typed.get(name, "") for name in WORDS},
    )


def _modes() -> dict[str, Any]:
    found = rules.active().find("sharing.modes", on=clock.today())
    return dict(found.value) if found else {}


def _mode_choices() -> list[tuple[str, Text, str, bool]]:
    """(id, the city's word, canonical mode, carried out by the platform today) of each way of sharing."""
    served = {str(mode) for mode in Mode}
    local = [(name, rule.label, str(rule.mode), str(rule.mode) in served) for name, rule in _modes().items()]
    known = {mode for _, _, mode, _ in local}
    return local + [(str(m), label, str(m), True) for m, label in MODE_LABELS.items() if str(m) not in known]


def _ways(entry: Any, language: str) -> list[Way]:
    """Each different way to these data, so that the form can show all of them without JavaScript."""
    ways: dict[Any, Way] = {}
    labels: dict[str, list[Text]] = {}
    for _, label, mode, served in _mode_choices():
        if served:
            labels.setdefault(mode, []).append(label)
    for mode, words in labels.items():
        way = queries.route(
            share_type=entry.share_type,
            mode=mode,
            provider=entry.provider.code,
            collected=entry.data_version is not None,
        )
        key = (way.words.zh, tuple((step.organization, step.act, step.due_on) for step in way.steps))
        if key in ways:
            ways[key].modes.extend(words)
            continue
        steps = [(step, due_view(step.due_on, step.words, provisional=step.provisional)) for step in way.steps]
        can = way.access in {rules.Access.DIRECT, rules.Access.APPLICATION}
        talks = way.access is rules.Access.NEGOTIATION
        ways[key] = Way(list(words), way.words, steps, cites(way.citations, language), can, talks)
    return list(ways.values())


def apply_page(
    request: HttpRequest,
    entry: Any,
    typed: QueryDict | None,
    wrong: GongshuError | None,
    found: Any = None,
    negotiation: dict[str, Any] | None = None,
) -> HttpResponse:
    """The form of an application; with ``negotiation`` (who settles) the same for data that are negotiated about."""
    language, day = language_of(request), clock.today()
    pack = rules.active()
    required = pack.value("sharing.application_requires", on=day)
    purposes = pack.find("sharing.purposes", on=day)
    default = pack.find("sharing.default_mode", on=day, system="service")
    chosen_items = typed.getlist("items") if typed is not None else []
    words = [
        {
            "name": name,
            "label": rules.Field(name).label,
            "help": HELP[name],
            "required": name in required.value,
            "value": typed.get(name, "") if typed is not None else "",
        }
        for name in WORDS
    ]
    ways = _ways(entry, language)
    emergencies, urgent = emergency_queries.for_sharing()
    context = {
        "entry": entry,
        "found": found,
        "share_tag": share_tag(entry.share_type),
        "items": [_item_row(item, item.name in chosen_items) for item in catalog.items(entry.code)],
        "purposes": [(choice.id, choice.label) for choice in purposes.value] if purposes else [],
        "purpose": typed.get("purpose", "") if typed is not None else "",
        "modes": _mode_choices(),
        "mode": typed.get("mode", "") if typed is not None else (default.value if default else "query"),
        "valid_until": typed.get("valid_until", "") if typed is not None else (day + DEFAULT_TERM).isoformat(),
        "today": day,
        "words": words,
        "required_cites": cites(required.citations, language),
        "ways": ways,
        "emergencies": [] if negotiation or found else emergencies,
        "emergency": typed.get("emergency", "") if typed is not None else "",
        "emergency_words": urgent.sharing.words if urgent and urgent.sharing else None,
        "emergency_cites": cites(urgent.citations, language) if urgent else [],
        "closed": negotiation is None and not any(way.open for way in ways),
        "ladder": negotiation,
        "need": typed.get("need", "") if typed is not None else "",
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/apply.html", context, status=wrong.status if wrong else 200)


def _item_row(item: ItemData, chosen: bool) -> dict[str, Any]:
    mask = MASK_LABELS[item.mask] if item.mask not in ("", "none") else None
    return {"item": item, "type": TYPE_LABELS[item.data_type], "mask": mask, "chosen": chosen}


@staff
def application(request: HttpRequest, number: str) -> HttpResponse:
    return application_page(request, number)


def application_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The application, its steps as a timeline, and the panel to decide for whoever's turn it is."""
    actor, language = actor_of(request), language_of(request)
    found = queries.application(actor, number)
    mine = queries.step_for(actor, found)
    demand = rules.active().refusal(clock.today())
    kinds = demand.accepted or tuple(rules.LawKind)
    titles = {item.name: item.title for item in catalog.items(found.entry.code)}
    clocks = duty_block.blocks(actor, found.number)
    context = {
        "found": found,
        "share_tag": share_tag(found.share_type),
        "status_tag": status_tag(found.status, found.status_label),
        "items": [(name, titles.get(name, name)) for name in found.items],
        "purpose": purpose_text(found.purpose),
        "mode": MODE_LABELS.get(Mode(found.mode)) if found.mode in set(Mode) else Text(found.mode, found.mode),
        "steps": [
            {
                "step": step,
                "state": {"agreed": "done", "open": "now", "refused": "stopped", "returned": "stopped"}.get(
                    step.status, "waiting"
                ),
                "duty": clocks.get(step.duty_id),
                "cites": cites(step.citations, language),
            }
            for step in queries.steps(found)
        ],
        "mine": mine,
        "demand": demand,
        "demand_cites": cites(demand.citations, language),
        "kinds": [(str(kind), kind.label) for kind in kinds],
        "may_withdraw": queries.can_withdraw(actor, found),
        "may_dispute": dispute_queries.can_raise(actor, found),
        "disputes": [(one, status_tag(one.status, one.status_label)) for one in dispute_queries.of_application(found)],
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/application.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    typed = request.POST
    if typed.get("outcome", "") not in set(Outcome):
        return application_page(request, number, unknown())
    outcome = Outcome(typed["outcome"])
    decision = Decision(
        outcome=outcome,
        reason=typed.get("reason", ""),
        basis_kind=typed.get("basis_kind", ""),
        basis=typed.get("basis", ""),
    )
    try:
        decided = actions.decide(by=actor_of(request), number=number, decision=decision)
    except GongshuError as wrong:
        return application_page(request, number, wrong)
    said = {
        Outcome.AGREE: Text("已同意。", "Agreed."),
        Outcome.RETURN: Text("已退回补正。", "Sent back to be completed."),
        Outcome.REFUSE: Text("已作出不予共享的答复。", "Refused."),
    }[outcome]
    if decided.status == ApplicationStatus.APPROVED:
        said = Text("已同意，授权已生效。", "Agreed; the grant is in force.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/applications/{number}/")


@requires(Role.CONSUMER, Role.OPERATOR)
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    try:
        actions.withdraw(by=actor_of(request), number=number)
    except GongshuError as wrong:
        return application_page(request, number, wrong)
    messages.success(request, Text("申请已撤回。", "The application is withdrawn.").say(language_of(request)))
    return HttpResponseRedirect(f"/console/applications/{number}/")
