"""Sources that are collected by themselves: the list, the form of each kind, what a test found, the turns."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.catalog import queries as catalog
from gongshu.collection import back_actions, source_actions, source_queries
from gongshu.collection.intake.settings import FORMS, Field, as_texts
from gongshu.collection.states import (
    DATABASES,
    EXCHANGES,
    KIND_LABELS,
    MODE_LABELS,
    SCHEDULE_LABELS,
    SOURCE_LABELS,
    Direction,
    Mode,
    SourceKind,
)
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, page_of
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 20
TONES = {"active": "good", "paused": "caution", "removed": "still"}
HOME = "/console/intake/"
CHANGES = {
    "inserted": Text("新增", "inserted"),
    "updated": Text("更新", "updated"),
    "same": Text("未变", "the same"),
    "deleted": Text("删除", "deleted"),
}


def state_tag(found: Any) -> Tag:
    return Tag(found.status_label, TONES[found.status])


@staff
def intakes(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    kind, status = asked.get("kind", ""), asked.get("status", "")
    found = source_queries.sources(
        actor,
        text=asked.get("q", "").strip().replace("\0", ""),
        resource=asked.get("resource", "").replace("/", "-"),
        kind=kind if kind in KIND_LABELS else "",
        status=status if status in SOURCE_LABELS else "",
    )
    page = page_of(request, found, PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, state_tag(one)) for one in page],
        "asked": asked,
        "kinds": [(str(value), label) for value, label in KIND_LABELS.items()],
        "statuses": [(str(value), label) for value, label in SOURCE_LABELS.items()],
        "may_add": actor.has(Role.PROVIDER),
    }
    return render(request, "console/intakes.html", context)


@requires(Role.PROVIDER)
def new(request: HttpRequest) -> HttpResponse:
    """Choose kind and entry, then say how the source is reached."""
    actor = actor_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    kind, code = asked.get("kind", ""), asked.get("resource", "").replace("/", "-")
    if kind not in FORMS or not code:
        return _choose(request, kind, code)
    entry = catalog.entry(actor, code)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            way = {"direction": request.POST.get("direction") or Direction.IN}
            given = _given(request, SourceKind(kind)) | way
            made = source_actions.add(by=actor, resource=entry.code, kind=kind, **given)
        except GongshuError as error:
            wrong = error
        else:
            said = Text("已登记，请先试连。", "Declared. Try it out first.")
            messages.success(request, said.say(language_of(request)))
            return HttpResponseRedirect(f"{HOME}{made.pk}/")
    return _form(request, SourceKind(kind), entry, asked, wrong)


def _choose(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    actor = actor_of(request)
    own = catalog.published().filter(provider__code=actor.organization).order_by("title", "id")
    context = {
        "entries": own[:500],
        "kinds": [(str(value), KIND_LABELS[value]) for value in FORMS],
        "kind": kind,
        "code": code,
    }
    return render(request, "console/intake_choose.html", context)


def _form(
    request: HttpRequest, kind: SourceKind, entry: Any, typed: Any, wrong: GongshuError | None, found: Any = None
) -> HttpResponse:
    form = FORMS[kind]
    where = str(wrong.where.get("field", "")) if wrong else ""
    context = {
        "kind": kind,
        "kind_label": KIND_LABELS[kind],
        "entry": entry,
        "items": catalog.items(entry.code),
        "fields": [_shown(one, typed.get(one.name, one.default), where) for one in form.fields],
        "modes": [(str(one), MODE_LABELS[one]) for one in form.modes],
        "schedules": [(str(value), label) for value, label in SCHEDULE_LABELS.items()],
        "typed": typed,
        "wrong": wrong,
        "wrong_field": where,
        "found": found,
        "may_write": found is None and kind in DATABASES,
    }
    return render(request, "console/intake_form.html", context, status=wrong.status if wrong else 200)


def _shown(field: Field, value: str, wrong_field: str) -> dict[str, Any]:
    return {
        "field": field,
        "value": "" if field.secret else value,
        "bad": field.name == wrong_field,
        "choices": field.choices,
    }


def _given(request: HttpRequest, kind: SourceKind) -> dict[str, Any]:
    """What the form says, as the actions take it."""
    posted = request.POST
    fields = FORMS[kind].fields
    most = posted.get("most_deleted", "50").strip()
    return {
        "name": posted.get("name", ""),
        "settings": {one.name: posted.get(one.name, "") for one in fields if not one.secret},
        "secrets": {one.name: posted[one.name] for one in fields if one.secret and posted.get(one.name)},
        "mode": posted.get("mode", Mode.FULL),
        "deletes": posted.get("deletes") == "1",
        "most_deleted": int(most) if most.isascii() and most.isdecimal() and len(most) < 4 else 0,
        "schedule": posted.get("schedule", ""),
    }


@requires(Role.PROVIDER)
def edit(request: HttpRequest, source_id: str) -> HttpResponse:
    """Say it otherwise; a secret that is left empty stays."""
    actor = actor_of(request)
    found = source_queries.source(actor, source_id)
    kind = SourceKind(found.kind)
    entry = catalog.entry(actor, found.resource)
    if request.method != "POST":
        typed = as_texts(kind, found.settings) | {
            "name": found.name,
            "mode": found.mode,
            "deletes": "1" if found.deletes else "",
            "most_deleted": str(found.most_deleted),
            "schedule": found.schedule,
        }
        return _form(request, kind, entry, typed, None, found)
    try:
        source_actions.change(by=actor, source=found.pk, **_given(request, kind))
    except GongshuError as wrong:
        return _form(request, kind, entry, request.POST, wrong, found)
    messages.success(request, Text("已保存，请再次试连。", "Saved. Try it out again.").say(language_of(request)))
    return HttpResponseRedirect(f"{HOME}{found.pk}/")


@staff
def intake(request: HttpRequest, source_id: str) -> HttpResponse:
    actor = actor_of(request)
    found = source_queries.source(actor, source_id)
    kind = SourceKind(found.kind)
    texts = as_texts(kind, found.settings)
    page = page_of(request, source_queries.runs(found), PAGE_SIZE)
    titles = {item.name: item.title for item in catalog.items(found.resource)}
    tested = found.tested
    context = {
        "found": found,
        "tag": state_tag(found),
        "settings": [(one.label, texts[one.name]) for one in FORMS[kind].fields if texts[one.name] not in {"", "0"}],
        "tested": tested,
        "tested_why": Text(tested.get("zh", ""), tested.get("en", "")) if tested.get("code") else None,
        "matched": [(titles.get(item, item), column) for item, column in tested.get("found", {}).items()],
        "missing": [titles.get(item, item) for item in tested.get("missing", [])],
        "page_obj": page,
        "runs": page,
        "running": source_queries.running(found),
        "manages": source_queries.can_manage(actor, found) and actor.has(Role.PROVIDER),
    }
    return render(request, "console/intake.html", context)


_DO = ("test", "write", "run", "pause", "resume", "remove")


@requires(Role.PROVIDER)
@require_POST
def act(request: HttpRequest, source_id: str) -> HttpResponse:
    """Try it out, start a turn, pause it, let it go on, remove it: ``do`` says which."""
    actor, language, wanted = actor_of(request), language_of(request), steps.chosen(request.POST, "do", _DO)
    back = f"{HOME}{source_id}/"
    try:
        if wanted == "test":
            result = source_actions.test(by=actor, source=source_id)
            if result["ok"]:
                messages.success(request, Text("试连成功。", "It can be read.").say(language))
            else:
                messages.error(request, Text(result["zh"], result["en"]).say(language))
        elif wanted == "write":
            done = back_actions.write_back(by=actor, source=source_id)
            said = Text(
                f"版本 {done.version} 已写回 {done.rows} 行。", f"Version {done.version}: {done.rows} rows written."
            )
            messages.success(request, said.say(language))
        elif wanted == "run" and source_queries.source(actor, source_id).kind in EXCHANGES:
            taken = source_actions.look(by=actor, source=source_id)
            said = Text(f"已查看，取到 {len(taken)} 个文件。", f"Looked: {len(taken)} files taken.")
            messages.success(request, said.say(language))
        elif wanted == "run":
            run = source_actions.start(by=actor, source=source_id)
            return HttpResponseRedirect(f"/console/runs/{run.pk}/")
        elif wanted in {"pause", "resume"}:
            source_actions.pause(by=actor, source=source_id, paused=wanted == "pause")
            said = Text("已暂停。", "Paused.") if wanted == "pause" else Text("已恢复。", "It goes on.")
            messages.success(request, said.say(language))
        elif wanted == "remove":
            source_actions.remove(by=actor, source=source_id)
            messages.success(request, Text("已移除，密钥已销毁。", "Removed, its secrets are gone.").say(language))
            back = HOME
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    return HttpResponseRedirect(back)


def reconciled(sides: dict[str, Any]) -> dict[str, Any] | None:
    """Both sides of a turn for the run's page; None for a file that somebody handed over."""
    if not sides:
        return None
    return {
        **sides,
        "changes": [(CHANGES[name], count) for name, count in sides.get("changes", {}).items() if name in CHANGES],
    }
