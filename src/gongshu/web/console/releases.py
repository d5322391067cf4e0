"""Opening to the public: proposing a release, its reviews one after another, ending it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import TYPE_LABELS
from gongshu.errors import GongshuError, Text
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.opening import actions, queries
from gongshu.opening.states import RELEASE_LABELS
from gongshu.sharing import emergency_queries
from gongshu.web import duty_block
from gongshu.web.language import language_of
from gongshu.web.parts import cites, due_view, open_tag, page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import words

PAGE_SIZE = 20


@staff
def releases(request: HttpRequest) -> HttpResponse:
    found = queries.visible(actor_of(request)).order_by("-id")
    status = request.GET.get("status", "")
    if status in RELEASE_LABELS:
        found = found.filter(status=status)
    page = page_of(request, found, PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, open_tag(one.open_type), status_tag(one.status, one.status_label)) for one in page],
        "asked": request.GET,
        "statuses": list(RELEASE_LABELS.items()),
    }
    return render(request, "console/releases.html", context)


@requires(Role.PROVIDER)
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Choose items and masks; who reviews and decides is shown before anything is proposed."""
    actor, language = actor_of(request), language_of(request)
    entry = catalog.entry(actor, code)
    wrong: GongshuError | None = None
    items = catalog.items(entry.code)
    typed = request.POST
    if request.method == "POST":
        chosen = typed.getlist("items")
        masks = {name: typed.get(f"mask-{name}", "none") for name in chosen}
        try:
            filed = actions.propose(
                by=actor,
                code=entry.code,
                items=chosen,
                masks=masks,
                note=typed.get("note", ""),
                emergency=words(typed, "emergency", 24),
            )
        except GongshuError as error:
            wrong = error
        else:
            messages.success(
                request, Text(f"开放事项 {filed.number} 已提出。", f"Release {filed.number} is proposed.").say(language)
            )
            return HttpResponseRedirect(f"/console/releases/{filed.number}/")
    emergencies, urgent = emergency_queries.for_opening()
    open_to_all = [item.name for item in items if item.open_type in {None, "UNCONDITIONAL"}]
    chosen_now = typed.getlist("items") if wrong else open_to_all
    context = {
        "entry": entry,
        "open_tag": open_tag(entry.open_type),
        "items": [
            (item, TYPE_LABELS[item.data_type], item.name in chosen_now, typed.get(f"mask-{item.name}", item.mask))
            for item in items
        ],
        "masks": list(MASK_LABELS.items()),
        "note": typed.get("note", ""),
        "emergencies": emergencies,
        "emergency": typed.get("emergency", ""),
        "emergency_words": urgent.opening.words if urgent and urgent.opening else None,
        "emergency_cites": cites(urgent.opening_citations, language) if urgent else [],
        "route": [
            (step, cites(step.citations, language), due_view(None, step.words))
            for step in queries.route(open_type=entry.open_type, provider=entry.provider.code)
        ],
        "wrong": wrong,
    }
    return render(request, "console/propose.html", context, status=wrong.status if wrong else 200)


@staff
def release(request: HttpRequest, number: str) -> HttpResponse:
    return release_page(request, number)


def release_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = queries.release(actor, number)
    titles = {item.name: item.title for item in catalog.items(found.entry.code)}
    grounds = rules.active().find("opening.prohibited_grounds", on=clock.today())
    ground_names = {choice.id: choice.label for choice in grounds.value} if grounds else {}
    clocks = duty_block.blocks(actor, found.number)
    context = {
        "found": found,
        "open_tag": open_tag(found.open_type),
        "status_tag": status_tag(found.status, found.status_label),
        "items": [
            (titles.get(name, name), name, MASK_LABELS.get(found.masks.get(name, "none"), MASK_LABELS["none"]))
            for name in found.items
        ],
        "steps": [
            {
                "step": step,
                "state": {"passed": "done", "open": "now", "failed": "stopped"}.get(step.status, "waiting"),
                "duty": clocks.get(step.duty_id),
                "cites": cites(step.citations, language),
                "ground": ground_names.get(step.ground),
            }
            for step in queries.steps(found)
        ],
        "mine": queries.open_step(found) if queries.can_decide(actor, found) else None,
        "grounds": list(ground_names.items()),
        "ground_cites": cites(grounds.citations, language) if grounds else [],
        "may_withdraw": queries.can_withdraw(actor, found),
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/release.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    typed = request.POST
    passed = typed.get("passed") == "yes"
    try:
        decided = actions.decide(
            by=actor_of(request),
            number=number,
            passed=passed,
            remark=typed.get("remark", ""),
            ground=typed.get("ground", ""),
        )
    except GongshuError as wrong:
        return release_page(request, number, wrong)
    said = Text("已通过。", "Passed.") if passed else Text("已作出不予开放的决定。", "Not opened.")
    if decided.status == "public":
        said = Text("已向社会开放。", "The data set is public now.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/releases/{number}/")


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    try:
        actions.withdraw(by=actor_of(request), number=number, reason=request.POST.get("reason", ""))
    except GongshuError as wrong:
        return release_page(request, number, wrong)
    messages.success(request, Text("已停止开放。", "The release is withdrawn.").say(language_of(request)))
    return HttpResponseRedirect(f"/console/releases/{number}/")
