"""Authorised operation: applying to become an operator, the steps, the agreement, correction and exit."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.errors import GongshuError, Text
from gongshu.identity import queries as identity
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.operation import actions, exit_actions, queries
from gongshu.operation.agreement import Agreement, Filing
from gongshu.operation.procedure import listed, turns
from gongshu.operation.states import DESIGNATION_LABELS, DesignationStatus
from gongshu.web import steps
from gongshu.web.console.lawsteps import law_steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, due_view, page_of
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import day as typed_day
from gongshu.web.typed import needed_day

PAGE_SIZE = 20
_TONES = {
    DesignationStatus.IN_REVIEW: "info",
    DesignationStatus.ACTIVE: "good",
    DesignationStatus.SUSPENDED: "danger",
    DesignationStatus.REFUSED: "danger",
    DesignationStatus.TERMINATED: "danger",
}
_POINTS = (
    ("operation.qualification", Text("运营单位资质", "qualification")),
    ("operation.agreement_contents", Text("协议内容", "contents of the agreement")),
    ("operation.exit_grounds", Text("退出情形", "grounds of exit")),
    ("operation.demand_requires", Text("需求清单", "demand list")),
    ("operation.prohibited_grounds", Text("不得授权运营的情形", "grounds that forbid operation")),
)


@staff
def operation(request: HttpRequest) -> HttpResponse:
    actor, language, day = actor_of(request), language_of(request), clock.today()
    found = queries.search(actor, filters={"status": request.GET.get("status", "")})
    page = page_of(request, found, PAGE_SIZE)
    chain = turns("operation.designation", day)
    context = {
        "page_obj": page,
        "rows": [(one, tag(one)) for one in page],
        "asked": request.GET,
        "statuses": list(DESIGNATION_LABELS.items()),
        "may_apply": actor.has(Role.OPERATOR) and bool(chain) and queries.held(actor) is None,
        "sees_demands": actor.has(Role.DATA_AUTHORITY, Role.AUDITOR, Role.OPERATOR, Role.PROVIDER),
        "sees_returns": actor.has(Role.DATA_AUTHORITY, Role.AUDITOR, Role.OPERATOR),
        "steps": law_steps(chain, language),
        "points": [
            (label, list(known.names.values()), cites(known.citations, language))
            for name, label in _POINTS
            if (known := listed(name, day)) is not None
        ],
    }
    return render(request, "console/operation.html", context)


@requires(Role.OPERATOR)
def new(request: HttpRequest) -> HttpResponse:
    """The application: exactly what the city's rules ask for, and who will decide."""
    actor, language, day, typed = actor_of(request), language_of(request), clock.today(), request.POST
    renews = request.GET.get("renews", "")
    wanted, ways = listed("operation.qualification", day), listed("operation.selection", day)
    wrong: GongshuError | None = None
    if request.method == "POST":
        filing = Filing(
            scope=typed.get("scope", ""),
            evidence={name: typed.get(f"evidence-{name}", "") for name in wanted.names},
            selection=typed.get("selection", ""),
            selection_note=typed.get("selection_note", ""),
            departments=tuple(typed.getlist("departments")),
        )
        try:
            filed = actions.apply(by=actor, filing=filing, renews=renews)
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"申报 {filed.number} 已提交。", f"Application {filed.number} is filed.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/operation/{filed.number}/")
    chain = (turns("operation.renewal", day) if renews else []) or turns("operation.designation", day)
    context = {
        "renews": renews,
        "wanted": [(name, label, typed.get(f"evidence-{name}", "")) for name, label in wanted.names.items()],
        "wanted_cites": cites(wanted.citations, language),
        "ways": list(ways.names.items()),
        "way_cites": cites(ways.citations, language),
        "organizations": identity.organizations().exclude(code__in=[actor.organization, "platform"]),
        "chosen": typed.getlist("departments"),
        "steps": law_steps(chain, language),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
        "typed": typed,
    }
    return render(request, "console/operation_form.html", context, status=wrong.status if wrong else 200)


@staff
def designation(request: HttpRequest, number: str) -> HttpResponse:
    return designation_page(request, number)


def designation_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The file of an operator, what each viewer can do in it, and the city's rules beside it."""
    actor, language, day = actor_of(request), language_of(request), clock.today()
    found = queries.designation(actor, number)
    whole, step = queries.sees_all(actor, found), queries.step_for(actor, found)
    contents, exits = listed("operation.agreement_contents", day), listed("operation.exit_grounds", day)
    early, typed = listed("operation.early_end", day), request.POST
    correction = queries.open_correction(found)
    names = identity.names(found.departments)
    context = {
        "found": found,
        "tag": tag(found),
        "whole": whole,
        "steps": [_step_line(one, language) for one in queries.steps(found)] if whole else [],
        "mine": step,
        "last": step is not None and queries.is_last(found, step),
        "advises": step is not None and step.act == "advise",
        "members": list(listed("operation.expert_members", day).names.values()),
        "contents": [(name, label, typed.get(f"content-{name}", "")) for name, label in contents.names.items()],
        "content_cites": cites(contents.citations, language),
        "term": listed_term(day, language),
        "today": day,
        "departments": [names[code] for code in found.departments if code in names],
        "selection": listed("operation.selection", day).names.get(found.selection),
        "corrections": [(one, cites(one.citations, language)) for one in queries.corrections(found)] if whole else [],
        "correction": correction,
        "exits": list(exits.names.items()),
        "exit_cites": cites(exits.citations, language),
        "exit_steps": law_steps(turns("operation.exit_steps", day), language),
        "authority": queries.is_authority(actor),
        "operator": queries.is_operator(actor, found),
        "late": correction is not None and (correction.status == "answered" or day > correction.due_on),
        "early": list(early.names.items()),
        "early_label": early.names.get(found.early_ground),
        "early_cites": cites(early.citations, language),
        "opens": queries.renewal_opens(found) if found.status == DesignationStatus.ACTIVE else None,
        "may_renew": queries.can_renew(actor, found),
        "may_withdraw": queries.is_operator(actor, found) and found.status == DesignationStatus.IN_REVIEW,
        "records": ledger.records(subject=found.number, limit=20) if whole else [],
        "wrong": wrong,
        "typed": typed,
    }
    return render(request, "console/operation_designation.html", context, status=wrong.status if wrong else 200)


_ACTS = ("pass", "refuse", "sign", "withdraw", "early", "early-agree", "early-keep")
_ACTS += ("correct", "answer", "accept", "terminate")
_DONE = dict.fromkeys(_ACTS, Text("已办理。", "Done."))


@requires(Role.DATA_AUTHORITY, Role.OPERATOR)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One act on the case; who may is the domain's to say."""
    return steps.take(
        request,
        _DONE,
        lambda name: _perform(request, number, name),
        lambda wrong: designation_page(request, number, wrong),
        f"/console/operation/{number}/",
    )


def _perform(request: HttpRequest, number: str, name: str) -> None:
    typed, by = request.POST, actor_of(request)
    words, correction = typed.get("words", ""), typed.get("correction", "")
    if name in ("pass", "refuse"):
        actions.decide(by=by, number=number, passed=name == "pass", remark=words, experts=typed.get("experts", ""))
    elif name == "sign":
        actions.sign(by=by, number=number, agreement=_agreement(request))
    elif name == "withdraw":
        actions.withdraw(by=by, number=number)
    elif name == "early":
        actions.ask_early_end(by=by, number=number, ground=typed.get("ground", ""), reason=words)
    elif name in ("early-agree", "early-keep"):
        actions.answer_early_end(by=by, number=number, agreed=name == "early-agree", remark=words)
    elif name == "correct":
        exit_actions.order_correction(
            by=by, number=number, ground=typed.get("ground", ""), findings=words, due_on=needed_day(typed, "due_on")
        )
    elif name == "answer":
        evidence = typed.get("evidence", "")
        exit_actions.answer_correction(by=by, number=correction, answer=words, evidence=evidence)
    elif name == "accept":
        exit_actions.accept_correction(by=by, number=correction, remark=words)
    elif name == "terminate":
        exit_actions.terminate(by=by, number=correction, reason=words)


def _agreement(request: HttpRequest) -> Agreement:
    typed = request.POST
    names = listed("operation.agreement_contents", clock.today()).names
    return Agreement(
        number=typed.get("number", ""),
        valid_from=needed_day(typed, "valid_from"),
        contents={name: typed.get(f"content-{name}", "") for name in names},
        valid_until=typed_day(typed, "valid_until"),
    )


def listed_term(day: date, language: str) -> dict[str, Any] | None:
    """The pack's term of an agreement in words, with its article; None where it sets none."""
    found = rules.active().find("operation.agreement_term", on=day)
    return {"words": found.value.words, "cites": cites(found.citations, language)} if found else None


def tag(found: Any) -> Tag:
    return Tag(found.status_label, _TONES.get(DesignationStatus(found.status), "still"))


def _step_line(step: Any, language: str) -> dict[str, Any]:
    state = {"passed": "done", "open": "now", "failed": "done" if step.act == "advise" else "stopped"}
    return {
        "step": step,
        "state": state.get(step.status, "waiting"),
        "advice": step.act == "advise",
        "due": due_view(step.due_on, step.words, provisional=step.provisional) if step.status == "open" else None,
        "cites": cites(step.citations, language),
    }
