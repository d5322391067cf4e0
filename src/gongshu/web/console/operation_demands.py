"""What operators demand: the list, a demand with its review and supply, and what must never be operated."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.grants.states import MODE_LABELS, Mode
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.operation import demand_actions, queries
from gongshu.operation.agreement import DemandData
from gongshu.operation.procedure import listed
from gongshu.operation.states import DEMAND_LABELS, DemandStatus
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, due_view, page_of
from gongshu.web.permissions import actor_of, requires

PAGE_SIZE = 20
_TONES = {
    DemandStatus.IN_REVIEW: "info",
    DemandStatus.SUPPLIED: "good",
    DemandStatus.SUSPENDED: "danger",
    DemandStatus.ENDING: "caution",
    DemandStatus.REFUSED: "danger",
}
concerned = requires(Role.DATA_AUTHORITY, Role.AUDITOR, Role.OPERATOR, Role.PROVIDER)


@concerned
def demands(request: HttpRequest) -> HttpResponse:
    return _list(request)


def _list(request: HttpRequest, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language, day = actor_of(request), language_of(request), clock.today()
    found, status = queries.visible_demands(actor), request.GET.get("status", "")
    if status in set(DemandStatus):
        found = found.filter(status=status)
    page = page_of(request, found, PAGE_SIZE)
    wanted, grounds = listed("operation.demand_requires", day), listed("operation.prohibited_grounds", day)
    context = {
        "page_obj": page,
        "rows": [(one, _tag(one)) for one in page],
        "asked": request.GET,
        "statuses": list(DEMAND_LABELS.items()),
        "known": bool(wanted.names),
        "may_demand": actor.has(Role.OPERATOR) and bool(wanted.names),
        "grounds": list(grounds.names.items()),
        "ground_cites": cites(grounds.citations, language),
        "barred": queries.barred_now(),
        "may_bar": bool(grounds.names) and (queries.is_authority(actor) or actor.has(Role.PROVIDER)),
        "may_lift": queries.is_authority(actor),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/operation_demands.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def bar(request: HttpRequest) -> HttpResponse:
    """Never to be operated; or no more so."""
    typed, by = request.POST, actor_of(request)
    code, reason = typed.get("code", ""), typed.get("reason", "")
    try:
        if steps.chosen(typed, "act", ("bar", "lift")) == "lift":
            demand_actions.lift(by=by, code=code, reason=reason)
        else:
            demand_actions.bar(by=by, code=code, ground=typed.get("ground", ""), reason=reason)
    except GongshuError as wrong:
        return _list(request, wrong)
    messages.success(request, Text("已办理。", "Done.").say(language_of(request)))
    return HttpResponseRedirect("/console/operation/demands/")


@requires(Role.OPERATOR)
def new(request: HttpRequest) -> HttpResponse:
    """A line of the demand list; first the resource is chosen, then its items."""
    actor, language, day, typed = actor_of(request), language_of(request), clock.today(), request.POST
    wanted = listed("operation.demand_requires", day)
    code = request.GET.get("code", "").strip()
    wrong: GongshuError | None = None
    entry = None
    try:
        entry = catalog.entry(actor, code) if code else None
        if entry is not None and request.method == "POST":
            asked = DemandData(
                items=tuple(typed.getlist("items")),
                mode=typed.get("use", ""),
                words={name: typed.get(f"word-{name}", "") for name in wanted.names},
                first_review=typed.get("first_review", ""),
            )
            filed = demand_actions.demand(by=actor, code=entry.code, asked=asked)
            said = Text(f"需求 {filed.number} 已提交。", f"Demand {filed.number} is handed in.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/operation/demands/{filed.number}/")
    except GongshuError as error:
        wrong = error
    context = {
        "entry": entry,
        "code": code,
        "entries": catalog.published().select_related("provider").order_by("title")[:200] if entry is None else [],
        "items": catalog.items(entry.code) if entry is not None else [],
        "chosen": typed.getlist("items"),
        "modes": list(MODE_LABELS.items()),
        "wanted": [(name, label, typed.get(f"word-{name}", "")) for name, label in wanted.names.items()],
        "wanted_cites": cites(wanted.citations, language),
        "barred": queries.barred(entry.code) if entry is not None else None,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
        "typed": typed,
    }
    return render(request, "console/operation_demand_form.html", context, status=wrong.status if wrong else 200)


@concerned
def demand(request: HttpRequest, number: str) -> HttpResponse:
    return demand_page(request, number)


def demand_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language, day = actor_of(request), language_of(request), clock.today()
    found = queries.demand(actor, number)
    step, typed = queries.demand_step_for(actor, found), request.POST
    review, grounds = listed("operation.demand_review", day), listed("operation.prohibited_grounds", day)
    ends, needs = listed("operation.supply_end_cases", day), listed("operation.supply_end_requires", day)
    titles = {item.name: item.title for item in catalog.items(found.entry.code)}
    context = {
        "found": found,
        "tag": _tag(found),
        "items": [titles.get(name, name) for name in found.items],
        "mode": MODE_LABELS.get(Mode(found.mode)),
        "cites": cites(found.citations, language),
        "steps": [_step_line(one, language) for one in queries.demand_steps(found)],
        "mine": step,
        "last": step is not None and queries.is_last_demand_step(found, step),
        "review": [(name, label, typed.get(f"review-{name}", "")) for name, label in review.names.items()],
        "review_cites": cites(review.citations, language),
        "grounds": list(grounds.names.items()),
        "clear": typed.getlist("clear"),
        "ground_cites": cites(grounds.citations, language),
        "may_withdraw": queries.is_operator(actor, found.designation) and found.status == DemandStatus.IN_REVIEW,
        "may_ask_end": queries.can_ask_end(actor, found) and bool(needs.names),
        "needs_cites": cites(needs.citations, language),
        "may_answer_end": queries.is_authority(actor) and found.status == DemandStatus.ENDING,
        "may_end": queries.can_end(actor, found) and bool(ends.names),
        "ends": list(ends.names.items()),
        "end_label": ends.names.get(found.end_case) or grounds.names.get(found.end_case),
        "end_cites": cites(ends.citations, language),
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": typed,
    }
    return render(request, "console/operation_demand.html", context, status=wrong.status if wrong else 200)


_ACTS = ("pass", "refuse", "withdraw", "ask-end", "end-agree", "end-keep", "end")
_DONE = dict.fromkeys(_ACTS, Text("已办理。", "Done."))


@requires(Role.DATA_AUTHORITY, Role.OPERATOR, Role.PROVIDER)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One act on a demand; who may is the domain's to say."""
    return steps.take(
        request,
        _DONE,
        lambda name: _perform(request, number, name),
        lambda wrong: demand_page(request, number, wrong),
        f"/console/operation/demands/{number}/",
    )


def _perform(request: HttpRequest, number: str, name: str) -> None:
    typed, by = request.POST, actor_of(request)
    words = typed.get("words", "")
    if name in ("pass", "refuse"):
        names = listed("operation.demand_review", clock.today()).names
        demand_actions.answer(
            by=by,
            number=number,
            passed=name == "pass",
            remark=words,
            basis=typed.get("basis", ""),
            reviewed={one: typed.get(f"review-{one}", "") for one in names},
            clear=typed.getlist("clear"),
        )
    elif name == "withdraw":
        demand_actions.withdraw_demand(by=by, number=number)
    elif name == "ask-end":
        demand_actions.ask_end(by=by, number=number, grounds=words, notice=typed.get("notice", ""))
    elif name in ("end-agree", "end-keep"):
        agreed, case = name == "end-agree", typed.get("case", "")
        demand_actions.answer_end(by=by, number=number, agreed=agreed, case=case, remark=words)
    elif name == "end":
        demand_actions.end_supply(by=by, number=number, case=typed.get("case", ""), grounds=words)


def _tag(found: Any) -> Tag:
    return Tag(found.status_label, _TONES.get(DemandStatus(found.status), "still"))


def _step_line(step: Any, language: str) -> dict[str, Any]:
    state = {"passed": "done", "open": "now", "failed": "stopped"}
    return {
        "step": step,
        "state": state.get(step.status, "waiting"),
        "due": due_view(step.due_on, step.words, provisional=step.provisional) if step.status == "open" else None,
        "cites": cites(step.citations, language),
    }
