"""Objections to values: reporting one, checking it, saying what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.duties import queries as duties
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office
from gongshu.ledger import queries as ledger
from gongshu.quality import actions, queries
from gongshu.quality.report import Report
from gongshu.quality.states import FAULT_LABELS, OBJECTION_LABELS, Channel, Fault
from gongshu.web.language import language_of
from gongshu.web.parts import cites, due_view, page_of, status_tag
from gongshu.web.permissions import actor_of, staff

PAGE_SIZE = 20
_TONES = {"reported": "info", "checking": "info", "correcting": "caution", "corrected": "good", "confirmed": "good"}
_TONES |= {"settled": "good", "closed": "still", "withdrawn": "still"}
_SIDES = [
    ("", Text("全部", "All")),
    ("ours", Text("本单位反馈", "Reported by us")),
    ("answer", Text("本单位校核", "For us to check")),
]
_DUTIES = {
    "objection.forward": Text("转交提供单位", "Forward to the provider"),
    "objection.check": Text("校核", "Check"),
    "objection.correct": Text("更正并重新归集", "Correct and collect again"),
}


def tag(found: Any) -> Any:
    """The badge of an objection's state."""
    shown = status_tag(found.status, found.status_label)
    return type(shown)(shown.text, _TONES.get(found.status, "still"))


@staff
def objections(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    found = queries.search(actor, text=asked.get("q", ""), status=asked.get("status", ""), side=asked.get("side", ""))
    page = page_of(request, found, PAGE_SIZE)
    counted = queries.counts(actor)
    names = identity.names(one.organization for one in page)
    everybody = Text("社会公众", "the public")
    context = {
        "page_obj": page,
        "rows": [(one, tag(one), names.get(one.organization, everybody)) for one in page],
        "asked": asked,
        "statuses": [(str(value), label, counted.get(str(value), 0)) for value, label in OBJECTION_LABELS.items()],
        "sides": _SIDES,
    }
    return render(request, "console/objections.html", context)


@staff
def new(request: HttpRequest, code: str) -> HttpResponse:
    """The form for clerks, from an entry or a grant."""
    actor, language = actor_of(request), language_of(request)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            filed = actions.report(by=actor, code=code, filed=read(request.POST), channel=Channel.CONSOLE)
        except NotFound:
            raise
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"数据异议 {filed.number} 已反馈。", f"Objection {filed.number} is reported.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/objections/{filed.number}/")
    context = form(actor, code, request.POST, wrong, language)
    return render(request, "console/objection_new.html", context, status=wrong.status if wrong else 200)


def read(typed: QueryDict) -> Report:
    """What the form says; key items come as ``key-NAME``."""
    fault = typed.get("fault", "")
    return Report(
        key={name.removeprefix("key-"): value for name, value in typed.items() if name.startswith("key-")},
        item=typed.get("item", ""),
        fault=Fault(fault) if fault in set(Fault) else Fault.WRONG,
        seen=typed.get("seen", ""),
        right=typed.get("right", ""),
        evidence=typed.get("evidence", ""),
        urgent=typed.get("urgent") == "1",
    )


def form(actor: Actor, code: str, typed: QueryDict, wrong: GongshuError | None, language: str) -> dict[str, Any]:
    """What the forms of workbench and portal show: items that may be doubted, the limit, what goes on meanwhile."""
    entry = catalog.entry(actor, code)
    items = catalog.items(entry.code)
    may = set(queries.reportable_items(actor, entry))
    pack, day = rules.active(), clock.today()
    limit = pack.value("objection.check_deadline", on=day, body_kind=entry.provider.body_kind)
    urgent = pack.value("objection.check_deadline", on=day, body_kind=entry.provider.body_kind, urgent=True)
    business = queries.business_continues()
    channels = pack.find("objection.channels", on=day)
    return {
        "entry": entry,
        "keys": [(item, typed.get(f"key-{item.name}", "")) for item in items if item.is_key],
        "items": [item for item in items if item.name in may],
        "faults": [(str(value), label) for value, label in FAULT_LABELS.items()],
        "typed": typed,
        "limit": limit.value.words,
        "limit_cites": cites(limit.citations, language),
        "urgent": urgent.value.words if urgent.value != limit.value else None,
        "business": business,
        "business_cites": cites(business.citations, language) if business else [],
        "through_center": channels is not None and any(choice.id == "center" for choice in channels.value),
        "channel_cites": cites(channels.citations, language) if channels else [],
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }


@staff
def objection(request: HttpRequest, number: str) -> HttpResponse:
    return objection_page(request, number)


def objection_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = queries.objection(actor, number)
    answers = queries.can_answer(actor, found)
    context = case(actor, found, language) | {
        "answers": answers,
        "forwards": queries.can_forward(actor, found),
        "held": queries.held(actor, found),
        "versions": queries.later_versions(found)[:30] if answers else [],
        "sources": _sources(found) if answers and found.status == "checking" else [],
        "outcomes": {choice.id: choice.label for choice in _outcomes(found)},
        "records": ledger.records(subject=found.number, limit=20),
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "console/objection.html", context, status=wrong.status if wrong else 200)


def case(actor: Actor, found: Any, language: str) -> dict[str, Any]:
    """What the pages of workbench and portal show of a case."""
    items = {item.name: item for item in catalog.items(found.entry.code)}
    content = queries.content(actor, found)
    business = queries.business_continues(found.pack)
    return {
        "found": found,
        "tag": tag(found),
        "reporter": queries.reporter_name(found),
        "item": items[found.item].title if found.item in items else "",
        "content": content,
        "key": [(items[name].title if name in items else name, value) for name, value in content.key.items()]
        if content
        else [],
        "duties": [
            (
                one,
                _DUTIES.get(one.kind, one.title),
                due_view(one.due_on, one.words, provisional=one.provisional),
                cites(one.citations, language),
            )
            for one in duties.of_subject(found.number)
        ],
        "business": business if found.status in {"reported", "checking", "correcting"} else None,
        "business_cites": cites(business.citations, language) if business else [],
        "loop": queries.loop(found),
        "recipients": queries.recipients(actor, found),
        "may_close": queries.can_close(actor, found),
        "may_withdraw": queries.can_withdraw(actor, found),
    }


def _outcomes(found: Any) -> Any:
    return rules.load(found.pack).value("objection.outcomes", on=clock.today()).value


def _sources(found: Any) -> list[Any]:
    had = {found.provider.code, *found.passed_by}
    bodies = identity.organizations().exclude(office__in=[Office.PUBLIC, Office.OPERATOR])
    return [one for one in bodies if one.code not in had]


_DONE = {
    "forward": Text("已转交提供单位。", "Forwarded to the provider."),
    "pass_on": Text("已转数据源头单位。", "Passed on to its source."),
    "wrong": Text("已认定有误，请更正后重新归集。", "Found wrong; correct it and collect again."),
    "correct": Text(
        "已确认更正，并通知读取过错误数据的单位。", "Corrected; those who received the wrong value are told."
    ),
    "confirm": Text("已答复确认无误。", "Confirmed to be right; the reporter is told."),
    "settle": Text("已记为沟通解决。", "Settled by discussion."),
    "disagree": Text("已提出不同意见，请提供单位再次校核。", "Sent back to be checked again."),
    "close": Text("已办结。", "Closed."),
    "withdraw": Text("已撤回。", "Withdrawn."),
}


@staff
@require_POST
def step(request: HttpRequest, number: str) -> HttpResponse:
    """One step of a case; the domain checks whose it is."""
    wanted = request.POST.get("step", "")
    try:
        take(actor_of(request), number, wanted, request.POST)
    except NotFound:
        raise
    except GongshuError as wrong:
        return objection_page(request, number, wrong)
    messages.success(request, _DONE[wanted].say(language_of(request)))
    return HttpResponseRedirect(f"/console/objections/{number}/")


def take(actor: Actor, number: str, wanted: str, typed: QueryDict) -> None:
    """Do ``wanted`` with what the form says. NotFound for a step that there is not."""
    reason = typed.get("reason", "")
    if wanted == "forward":
        actions.forward(by=actor, number=number)
    elif wanted == "pass_on":
        actions.pass_on(by=actor, number=number, provider=typed.get("provider", ""), reason=reason)
    elif wanted == "wrong":
        actions.find_wrong(by=actor, number=number, reason=reason)
    elif wanted == "correct":
        asked = typed.get("version", "")
        version = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
        actions.correct(by=actor, number=number, version=version, reason=reason)
    elif wanted == "confirm":
        actions.confirm(by=actor, number=number, reason=reason)
    elif wanted == "settle":
        actions.settle(by=actor, number=number, reason=reason)
    elif wanted == "disagree":
        actions.disagree(by=actor, number=number, reason=reason)
    elif wanted == "close":
        actions.close(by=actor, number=number)
    elif wanted == "withdraw":
        actions.withdraw(by=actor, number=number)
    else:
        raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")
