"""Service matters and the papers they ask people for: what the platform has is struck, or kept with reasons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.matters import actions, queries
from gongshu.matters.states import (
    ASKED_LABELS,
    GROUND_LABELS,
    MATERIAL_LABELS,
    MATTER_LABELS,
    AskedOf,
    MaterialStatus,
    MatterStatus,
)
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, mode_words, page_of, share_tag
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 30
TONES = {
    MaterialStatus.CLEAR: "still",
    MaterialStatus.FLAGGED: "danger",
    MaterialStatus.STRUCK: "good",
    MaterialStatus.JUSTIFIED: "caution",
}
_DONE = {
    "add": Text("已增加材料并与目录比对。", "The material is added and was compared with the catalog."),
    "strike": Text("已取消收取该材料。", "The material is asked for no more."),
    "justify": Text("理由已记录，并已告知数据主管部门。", "The reasons are on record; the data authority is told."),
    "disallow": Text(
        "已认定理由不成立，办理单位须重新处理。", "The reasons are not accepted; the unit deals with it again."
    ),
    "resume": Text("已恢复收取，并与目录重新比对。", "It is asked for again and was compared with the catalog."),
    "end": Text("事项已停办。", "The matter has ended."),
}


@staff
def matters(request: HttpRequest) -> HttpResponse:
    """The register, the question "may this be asked for?", and the form for a new matter."""
    actor, language, asked, typed = actor_of(request), language_of(request), request.GET, request.POST
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            made = actions.register(
                by=actor,
                name=typed.get("name", ""),
                materials=typed.get("materials", "").splitlines(),
                code=typed.get("code", ""),
                basis=typed.get("basis", ""),
                asked_of=typed.get("asked_of", ""),
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text("事项已登记，材料已与目录比对。", "Registered; its materials were compared with the catalog.")
            messages.success(request, said.say(language))
            return HttpResponseRedirect(f"/console/matters/{made.number}/")
    page = page_of(request, queries.search(actor, text=asked.get("q", ""), status=asked.get("status", "")), PAGE_SIZE)
    advice = None
    if asked.get("material", "").strip():
        try:
            advice = queries.ask(actor, asked["material"])
        except GongshuError as error:
            wrong = error
    figures = queries.figures(actor)
    context = {
        "page_obj": page,
        "rows": list(page),
        "asked": asked,
        "advice": advice,
        "held": [(one, share_tag(one.share_type), _ways(one)) for one in advice.held] if advice else [],
        "figures": [(label, figures[str(one)], TONES[one]) for one, label in MATERIAL_LABELS.items()],
        "statuses": [*MATERIAL_LABELS.items(), (MatterStatus.ENDED, MATTER_LABELS[MatterStatus.ENDED])],
        "asked_of": list(ASKED_LABELS.items()),
        "chosen": typed.get("asked_of") or str(AskedOf.BOTH),
        "may_register": queries.can_register(actor),
        "cites": cites(queries.law(), language),
        "typed": typed,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/matters.html", context, status=wrong.status if wrong else 200)


@staff
def matter(request: HttpRequest, number: str) -> HttpResponse:
    return matter_page(request, number)


def matter_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The matter with each material: what it is, what the platform has of it, what may be done."""
    actor, language = actor_of(request), language_of(request)
    found = queries.matter(actor, number)
    rows = queries.materials(found)
    context = {
        "found": found,
        "tag": Tag(found.status_label, "info" if found.status == MatterStatus.ACTIVE else "still"),
        "rows": [
            (
                row,
                Tag(row.status_label, TONES[MaterialStatus(row.status)]),
                queries.possible(actor, found, row),
                [(one, Text(one["provider"], one["provider_en"]), Text(one["zh"], one["en"])) for one in row.matches],
            )
            for row in rows
        ],
        "may_keep": queries.can_keep(actor, found),
        "grounds": list(GROUND_LABELS.items()),
        "cites": cites(queries.law(), language),
        "records": ledger.records(subject=found.number, limit=20),
        "typed": request.POST,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/matter.html", context, status=wrong.status if wrong else 200)


@requires(Role.CONSUMER, Role.PROVIDER, Role.DATA_AUTHORITY)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One step; who may take it is the domain's to say."""
    return steps.take(
        request,
        _DONE,
        lambda name: _perform(request, number, name),
        lambda wrong: matter_page(request, number, wrong),
        f"/console/matters/{number}/",
    )


def _perform(request: HttpRequest, number: str, name: str) -> None:
    typed, by = request.POST, actor_of(request)
    row = typed.get("position", "")
    position = int(row) if row.isascii() and row.isdecimal() and len(row) < 10 else 0
    reason = typed.get("reason", "")
    if name == "add":
        actions.add_material(by=by, number=number, name=typed.get("material", ""))
    elif name == "strike":
        actions.strike(by=by, number=number, position=position, entry=typed.get("entry", ""), reason=reason)
    elif name == "justify":
        actions.justify(by=by, number=number, position=position, ground=typed.get("ground", ""), reason=reason)
    elif name == "disallow":
        actions.disallow(by=by, number=number, position=position, reason=reason)
    elif name == "resume":
        actions.resume(by=by, number=number, position=position, reason=reason)
    elif name == "end":
        actions.end(by=by, number=number, reason=reason)


def _ways(held: Any) -> list[tuple[str, list[Text]]]:
    return [(grant, mode_words(modes)) for grant, modes in held.grants]
