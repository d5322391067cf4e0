"""Demand and supply: filing what is needed, matching or assigning it, answering for it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, deadlines, rules
from gongshu.catalog import demand_actions as actions
from gongshu.catalog import demand_queries as queries
from gongshu.catalog import queries as catalog
from gongshu.catalog.demand import Ground, Need
from gongshu.catalog.demand_states import DEMAND_LABELS, LIVE
from gongshu.duties import queries as duties
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.grants.states import MODE_LABELS
from gongshu.identity import queries as identity
from gongshu.identity.states import Office, Role
from gongshu.ledger import queries as ledger
from gongshu.web.language import language_of
from gongshu.web.parts import cites, due_view, page_of, purpose_text, share_tag, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import day, needed_day

PAGE_SIZE = 20
WORDS = ("items", "basis", "scenario", "business_process", "scope")
HELP = {
    "items": Text("每条数据应包含哪些内容，用顿号分开", "what each record should say"),
    "basis": Text("履行哪项职责，依据哪部法规第几条", "which duty, under which law and article"),
    "scenario": Text("在哪个业务环节、由谁使用", "at which point of the business, by whom"),
    "business_process": Text("受理、审核、办结等环节", "from receipt to completion"),
    "scope": Text("使用的部门、地区和人群范围", "which units, areas and people"),
}
LABELS = {"items": Text("所需数据项", "Items needed")}
_SIDES = [
    ("", Text("全部", "All")),
    ("ours", Text("本单位提出", "Ours")),
    ("assigned", Text("指派给本单位", "Assigned to us")),
]
_TONES = {"filed": "caution", "matched": "good", "assigned": "info", "accepted": "info", "objected": "danger"}
_TONES |= {"fulfilled": "good", "declined": "still", "withdrawn": "still"}


def tag(found: Any) -> Any:
    """The badge of a demand's state."""
    shown = status_tag(found.status, found.status_label)
    return type(shown)(shown.text, _TONES.get(found.status, "still"))


@staff
def demands(request: HttpRequest) -> HttpResponse:
    """The board: how many stand where, and the list."""
    actor, asked = actor_of(request), request.GET
    found = queries.search(actor, text=asked.get("q", ""), status=asked.get("status", ""), side=asked.get("side", ""))
    page = page_of(request, found, PAGE_SIZE)
    counted = queries.counts(actor)
    context = {
        "page_obj": page,
        "rows": [(one, tag(one), due_view(one.due_on) if one.due_on and one.status in LIVE else None) for one in page],
        "asked": asked,
        "statuses": [(str(value), label, counted.get(str(value), 0)) for value, label in DEMAND_LABELS.items()],
        "sides": _SIDES,
        "may_file": queries.can_file(actor),
    }
    return render(request, "console/demands.html", context)


@requires(Role.CONSUMER, Role.OPERATOR)
def new(request: HttpRequest) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            filed = actions.file_demand(by=actor, need=_need(request.POST))
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"数据需求 {filed.number} 已提出。", f"Demand {filed.number} is filed.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/demands/{filed.number}/")
    typed = request.POST if wrong else request.GET
    pack, day = rules.active(), clock.today()
    required = pack.value("demand.requires", on=day)
    purposes = pack.find("sharing.purposes", on=day)
    context = {
        "words": [
            {
                "name": name,
                "label": LABELS.get(name) or rules.Field(name).label,
                "help": HELP[name],
                "required": name in required.value,
                "value": typed.get(name, ""),
            }
            for name in WORDS
        ],
        "purposes": [(choice.id, choice.label) for choice in purposes.value] if purposes else [],
        "modes": [(str(mode), label) for mode, label in MODE_LABELS.items()],
        "needs": {str(name) for name in required.value},
        "cites": cites(required.citations, language),
        "typed": typed,
        "today": day,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/demand_new.html", context, status=wrong.status if wrong else 200)


def _need(typed: QueryDict) -> Need:
    return Need(
        title=typed.get("title", ""),
        purpose=typed.get("purpose", ""),
        mode=typed.get("mode", ""),
        wanted_by=day(typed, "wanted_by"),
        **{name: typed.get(name, "") for name in WORDS},
    )


@staff
def demand(request: HttpRequest, number: str) -> HttpResponse:
    return demand_page(request, number)


def demand_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The demand, what became of it, and the panel for whoever's turn it is."""
    actor, language = actor_of(request), language_of(request)
    found = queries.demand(actor, number)
    arranges, answers = queries.can_arrange(actor, found), queries.can_answer(actor, found)
    refusal = rules.active().refusal(clock.today())
    reply = rules.active().find("demand.reply_deadline", on=clock.today())
    collect = rules.active().find("operation.collect_deadline", on=clock.today())
    proposed = deadlines.due(clock.today(), collect.value.days).on if collect and collect.value.days else None
    own = catalog.visible(actor).filter(provider__code=actor.organization).order_by("-changed_at")
    context = {
        "found": found,
        "tag": tag(found),
        "purpose": purpose_text(found.purpose) if found.purpose else None,
        "mode": MODE_LABELS.get(found.mode),
        "words": [
            (LABELS.get(name) or rules.Field(name).label, getattr(found, name))
            for name in WORDS
            if getattr(found, name)
        ],
        "cites": cites(found.citations, language),
        "duties": [
            (one, due_view(one.due_on, one.words, provisional=one.provisional), cites(one.citations, language))
            for one in duties.of_subject(found.number)
        ],
        "arranges": arranges,
        "proposals": [(one, share_tag(one.share_type)) for one in queries.proposals(found)] if arranges else [],
        "providers": _providers(found) if arranges else [],
        "reply": reply.value.words if reply else None,
        "reply_cites": cites(reply.citations, language) if reply else [],
        "proposed_day": proposed,
        "collect_cites": cites(collect.citations, language) if proposed and collect else [],
        "answers": answers,
        "entries": list(own[:200]) if answers and found.status == "accepted" else [],
        "refusal": refusal,
        "refusal_cites": cites(refusal.citations, language),
        "kinds": [(str(kind), kind.label) for kind in refusal.accepted or tuple(rules.LawKind)],
        "talks": queries.talks(found),
        "may_withdraw": queries.can_withdraw(actor, found),
        "may_apply": found.status in {"matched", "fulfilled"}
        and found.organization.code == actor.organization
        and actor.has(Role.CONSUMER, Role.OPERATOR),
        "records": ledger.records(subject=found.number, limit=20),
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "console/demand.html", context, status=wrong.status if wrong else 200)


def _providers(found: Any) -> list[Any]:
    offices = [Office.DEPARTMENT, Office.AUTHORITY, Office.CENTER]
    return list(identity.organizations().filter(office__in=offices).exclude(pk=found.organization_id))


_DONE = {
    "match": Text("已指向现有目录，并通知需求单位。", "Pointed to the entry; the consumer is told."),
    "assign": Text("已指派提供单位。", "A provider is assigned."),
    "decline": Text("已答复不予满足。", "Declined; the consumer is told."),
    "accept": Text("已接受，请按期编目并提供。", "Accepted; catalog and supply it in time."),
    "object": Text("异议已提交数据主管部门。", "The objection went to the data authority."),
    "entry": Text("已指明对应目录。", "The entry is named."),
    "withdraw": Text("需求已撤回。", "The demand is withdrawn."),
}


@requires(Role.DATA_AUTHORITY, Role.PROVIDER, Role.CONSUMER, Role.OPERATOR)
@require_POST
def step(request: HttpRequest, number: str) -> HttpResponse:
    """One step on a demand; the domain checks whose it is."""
    wanted = request.POST.get("step", "")
    try:
        _take(request, number, wanted)
    except NotFound:
        raise
    except GongshuError as wrong:
        return demand_page(request, number, wrong)
    messages.success(request, _DONE[wanted].say(language_of(request)))
    return HttpResponseRedirect(f"/console/demands/{number}/")


def _take(request: HttpRequest, number: str, wanted: str) -> None:
    actor, typed = actor_of(request), request.POST
    remark = typed.get("remark", "")
    if wanted == "match":
        actions.match(by=actor, number=number, code=typed.get("code", ""), remark=remark)
    elif wanted == "assign":
        due_on = needed_day(typed, "due_on")
        actions.assign(by=actor, number=number, provider=typed.get("provider", ""), due_on=due_on, remark=remark)
    elif wanted == "decline":
        actions.decline(by=actor, number=number, remark=remark)
    elif wanted == "accept":
        actions.accept(by=actor, number=number)
    elif wanted == "object":
        ground = Ground(typed.get("reason", ""), typed.get("basis_kind", ""), typed.get("basis", ""))
        actions.object_to(by=actor, number=number, ground=ground)
    elif wanted == "entry":
        actions.name_entry(by=actor, number=number, code=typed.get("code", ""))
    elif wanted == "withdraw":
        actions.withdraw(by=actor, number=number)
    else:
        raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")
