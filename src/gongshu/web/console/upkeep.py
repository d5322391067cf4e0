"""The upkeep of the catalog: the unit's worklist of the period, data that are overdue, how far each unit has come."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import queries, upkeep_actions, upkeep_queries
from gongshu.catalog.states import OUTCOME_LABELS, UpkeepOutcome
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, page_of
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 50
TABS = {
    "worklist": Text("本期清单", "Worklist"),
    "stale": Text("数据超期", "Overdue data"),
    "rounds": Text("各单位进度", "By unit"),
}
_OPEN = Tag(Text("待维护", "open"), "caution")
_REVISING = Tag(Text("正在修订", "being revised"), "info")


@staff
def upkeep(request: HttpRequest) -> HttpResponse:
    return _page(request)


@requires(Role.PROVIDER)
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Confirm the chosen entries as unchanged."""
    chosen = request.POST.getlist("codes")[:1000]
    try:
        if not chosen:
            raise GongshuError("web.none_chosen", "请先勾选目录。", "Tick the entries first.")
        done = upkeep_actions.confirm_entries(by=actor_of(request), codes_of=chosen, note=request.POST.get("note", ""))
    except GongshuError as wrong:
        return _page(request, wrong)
    said = Text(f"已确认 {done} 项无变化。", f"{done} confirmed as unchanged.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect("/console/upkeep/")


def _page(request: HttpRequest, wrong: GongshuError | None = None) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    tab = asked.get("tab", "")
    own = upkeep_queries.rounds(actor).filter(organization__code=actor.organization).first()
    if tab not in TABS:
        tab = "worklist" if own is not None or actor.has(Role.PROVIDER) else "rounds"
    term = rules.active().find("catalog.full_review", on=clock.today())
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": [(value, label, value == tab) for value, label in TABS.items()],
        "cites": cites(term.citations if term else (), language_of(request)),
        "wrong": wrong,
    }
    context |= {"worklist": _worklist, "stale": _stale, "rounds": _rounds}[tab](request, own)
    return render(request, "console/upkeep.html", context, status=wrong.status if wrong else 200)


def _worklist(request: HttpRequest, own: Any) -> dict[str, Any]:
    actor = actor_of(request)
    wanted = request.GET.get("round", "")
    found = own
    if wanted.isascii() and wanted.isdecimal() and len(wanted) < 18:
        found = upkeep_queries.rounds(actor).filter(pk=int(wanted)).first() or own
    if found is None:
        return {"round": None}
    page = page_of(request, upkeep_queries.worklist(found), PAGE_SIZE)
    rows = [{"entry": entry, "open": not entry.outcome, "tag": _tag(entry)} for entry in page]
    mine = queries.can_compile(actor, found.organization.code)
    return {
        "round": found,
        "progress": upkeep_queries.progress(found),
        "rows": rows,
        "page_obj": page,
        "may_confirm": mine and found.closed_at is None,
    }


def _tag(entry: Any) -> Tag:
    if entry.outcome:
        return Tag(OUTCOME_LABELS[UpkeepOutcome(entry.outcome)], "good")
    return _REVISING if entry.revising else _OPEN


def _stale(request: HttpRequest, own: Any) -> dict[str, Any]:
    del own
    page = page_of(request, upkeep_queries.stale(actor_of(request)), PAGE_SIZE)
    return {"rows": list(page), "page_obj": page}


def _rounds(request: HttpRequest, own: Any) -> dict[str, Any]:
    del own
    page = page_of(request, upkeep_queries.rounds(actor_of(request)), PAGE_SIZE)
    rounds = list(page)
    progress = upkeep_queries.progress_of(rounds)
    return {"rows": [(one, progress[one.pk]) for one in rounds], "page_obj": page}
