"""One duty: what, who, until when, under which article; its history; and the changes of its time, each shown before it
is confirmed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.duties import limits, preview, queries
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import ROLE_LABELS, Role
from gongshu.ledger import queries as ledger
from gongshu.web import duty_block, duty_drawing, steps
from gongshu.web.console import duty_forms
from gongshu.web.console.duty_forms import FORMS, ChangeForm, offered
from gongshu.web.language import language_of
from gongshu.web.parts import cites, due_view, office_words
from gongshu.web.permissions import actor_of, staff

PROCESS = Text("平台时钟", "the platform's clock")
MOVED = Text(
    "在您查看之后，该事项的期限已有变化。请核对下面的结果后再次确认。",
    "The duty changed since you looked. Check the result below and confirm again.",
)
NOT_NOW = Conflict(
    "duties.not_now",
    "现在不能对该事项作这样的更改：可能已经办结，或不由您办理。",
    "This cannot be done to the duty now: it may have ended, or it is not yours.",
)


@staff
def duty(request: HttpRequest, duty_id: int) -> HttpResponse:
    return duty_page(request, duty_id)


@staff
@require_POST
def change(request: HttpRequest, duty_id: int) -> HttpResponse:
    """First a look at the new due date, then, with ``confirm``, the change itself."""
    actor, language, typed = actor_of(request), language_of(request), request.POST
    found = queries.duty(actor, duty_id)
    if typed.get("act", "") not in FORMS:
        return duty_page(request, duty_id, wrong=steps.unknown())
    kind = FORMS[typed["act"]]
    form = kind(typed, language=language, offered=queries.options(actor, found))
    may = kind.act in offered(form.offered)
    if "edit" in typed and may:
        return duty_page(request, duty_id, form)
    if not form.is_valid():
        return duty_page(request, duty_id, form, status=400) if may else duty_page(request, duty_id, wrong=NOT_NOW)
    made = duty_forms.change(form, actor, duty_id)
    try:
        outlook = preview.of(actor, duty_id, made)
        seen = _fingerprint(outlook)
        if "confirm" not in typed or typed.get("seen") != seen:
            return _confirm_page(request, found, form, outlook, seen)
        changed = made()
    except NotFound:
        raise
    except GongshuError as wrong:
        if not may:
            return duty_page(request, duty_id, wrong=wrong)
        field = str(wrong.where.get("field", ""))
        form.add_error(field if field in form.fields else None, wrong.say(language))
        return duty_page(request, duty_id, form, status=wrong.status)
    until = Text(f"期限为 {changed.due_on}。", f"It is due {changed.due_on}.") if changed.due_on else Text("", "")
    said = Text(f"已办理：{form.label.zh}。{until.zh}", f"Done: {form.label.en}. {until.en}")
    messages.success(request, said.say(language))
    return HttpResponseRedirect(f"/console/duties/{duty_id}/")


def duty_page(
    request: HttpRequest,
    duty_id: int,
    typed: ChangeForm | None = None,
    *,
    wrong: GongshuError | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = queries.duty(actor, duty_id)
    options = queries.options(actor, found)
    stops = list(queries.stops(found))
    events = list(queries.history(found))
    people = identity.person_names(
        [*(event.by for event in events), *(ref for stop in stops for ref in (stop.stopped_by, stop.resumed_by))]
    )
    context = {
        "found": found,
        "kind": duty_block.kind_text(found.kind),
        "tag": duty_block.state_tag(found),
        "due": duty_block.time_left(found),
        "cites": cites(found.citations, language),
        "role": ROLE_LABELS[Role(found.role)],
        "office": office_words(found.organization.office),
        "holders": list(identity.people_of(found.organization.code, Role(found.role))),
        "concerned": identity.names([found.concerned]).get(found.concerned) if found.concerned else None,
        "emergency": duty_block.emergency_text(found),
        "extension": limits.extension(found),
        "consent": _consent(found),
        "pack_of": _pack(found),
        "drawing": duty_drawing.draw(found, stops),
        "stops": [(stop, _who(people, stop.stopped_by), _who(people, stop.resumed_by)) for stop in stops],
        "events": _history(actor, found, events, people),
        "forms": _forms(language, options, typed),
        "case": found.link if found.link != "/console/" else "",
        "wrong": wrong,
    }
    return render(request, "console/duty.html", context, status=wrong.status if wrong else status)


def _forms(language: str, options: queries.Options, typed: ChangeForm | None) -> list[ChangeForm]:
    """A form for each change that is open to the viewer; the one that was sent comes back as it was typed."""
    return [
        typed if typed is not None and typed.act == name else FORMS[name](language=language, offered=options)
        for name in offered(options)
    ]


def _confirm_page(
    request: HttpRequest, found: Any, form: ChangeForm, outlook: preview.Outlook, seen: str
) -> HttpResponse:
    tells = identity.names([found.concerned]).get(found.concerned) if found.concerned else None
    stored = found.citations
    rule = {"shorten": form.offered.urgent, "emergency": form.offered.emergencies}.get(form.act)
    context = {
        "found": found,
        "form": form,
        "typed": [(field.label, _shown(field)) for field in form],
        "before": _moment(outlook.before, found),
        "after": _moment(outlook.after, found),
        "earliest": outlook.earliest,
        "seen": seen,
        "moved": MOVED if "confirm" in request.POST else None,
        "concerned": tells,
        "cites": cites([*stored, *(rule.citations if rule else ())], language_of(request)),
    }
    return render(request, "console/duty_confirm.html", context)


def _shown(field: Any) -> str:
    """What was typed, with the words of a choice."""
    value = field.form.cleaned_data.get(field.name, "")
    choices = dict(getattr(field.field, "choices", ()))
    return str(choices.get(value, value))


def _moment(found: preview.Moment, duty: Any) -> Any:
    if found.status == "stopped":
        return duty_block.DueView(
            None, Text("计时中止，期限待恢复后确定", "stopped; set when it runs again"), "caution"
        )
    return due_view(found.due_on, duty.words, provisional=found.provisional)


def _fingerprint(outlook: preview.Outlook) -> str:
    """What the viewer was shown, to tell whether it still holds when the change is confirmed."""
    before, after = outlook.before, outlook.after
    return f"{before.status}:{before.due_on}>{after.status}:{after.due_on}"


def _who(people: dict[str, str], ref: str) -> Text:
    if ref.startswith("process:"):
        return PROCESS
    return Text(people.get(ref, ref), people.get(ref, ref))


def _history(actor: Actor, found: Any, events: list[Any], people: dict[str, str]) -> list[dict[str, Any]]:
    """Each event with who did it and its entry; the entry's page is for those who may look into the ledger."""
    names = identity.names(event.organization for event in events)
    places = ledger.indexes(event.entry_id for event in events)
    may_look = actor.has(Role.DATA_AUTHORITY, Role.AUDITOR) or actor.organization == found.organization.code
    return [
        {
            "event": event,
            "who": _who(people, event.by),
            "where": None if event.by.startswith("process:") else names.get(event.organization),
            "index": places.get(event.entry_id),
            "entry": event.entry_id if may_look and event.entry_id in places else "",
        }
        for event in events
    ]


def _consent(found: Any) -> Text | None:
    terms = limits.extension(found)
    if terms is None:
        return None
    if terms.consent == "provider":
        return Text("本单位负责人", "the head of the body itself")
    return office_words(terms.consent)


def _pack(found: Any) -> dict[str, Any]:
    """The pack that the duty began under: its title, whether it is law today, whether its text changed since."""
    try:
        pack = rules.load(found.pack)
    except NotFound:
        return {"title": Text(found.pack, found.pack), "notice": None, "changed": False}
    return {
        "title": pack.title,
        "notice": pack.notice(clock.today()),
        "changed": pack.version != found.pack_version,
    }
