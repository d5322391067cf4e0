"""The ledger for staff: search what happened, look at one entry, take its evidence away."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.errors import NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import queries, search_queries
from gongshu.tracing import actions as tracing
from gongshu.tracing import queries as pushed
from gongshu.tracing.states import INVESTIGATORS
from gongshu.web import acts, csv_answer, record_words
from gongshu.web import evidence as evidence_of
from gongshu.web.parts import page_of
from gongshu.web.permissions import STAFF, actor_of, requires

SEARCHED = ("resource", "organization", "system", "action", "subject", "since", "until")
COLUMNS = ("index", "at", "action", "organization", "system", "resource", "purpose", "count", "subject", "entry")
PAGE_SIZE = 50
readers = requires(*STAFF, Role.AUDIT_ADMIN)


@readers
def records(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    own = evidence_of.confined_to(actor)
    number = asked.get("find", "").strip()[:200]
    if number and (place := _found(actor, number, own)):
        return redirect(place)
    question, as_provider = _question(asked, actor)
    page = search_queries.search(question, after=asked.get("after", ""), limit=PAGE_SIZE)
    names = record_words.names_of(page.rows, own)
    context: dict[str, Any] = {
        "rows": [
            (
                record,
                names.organization(record.organization),
                names.actor(record),
                names.purpose(record),
                names.titles.get(record.resource, ""),
                record_words.sentence(record, names),
            )
            for record in page.rows
        ],
        "next": page.next,
        "size": queries.size(),
        "waiting": queries.waiting(),
        "kinds": acts.kinds(asked.get("action", "").strip()),
        "asked": asked,
        "since": asked.get("since", "") if question.since else "",
        "until": asked.get("until", "") if question.until else "",
        "filtered": any(asked.get(name, "").strip() for name in SEARCHED),
        "not_found": number,
        "wrong_period": _wrong_period(question, asked),
        "own": own,
        "as_provider": as_provider,
        "person": question.subject.startswith(record_words.COMMITTED),
        "may_ask_for_a_person": actor.has(*INVESTIGATORS),
    }
    return render(request, "console/ledger.html", context)


def _found(actor: Actor, number: str, own: str) -> str:
    """Where the number that somebody has leads: an entry's place or id, a case, a resource; empty when nowhere."""
    bare = number.removeprefix("#").replace(",", "")
    with suppress(NotFound):
        if bare.isascii() and bare.isdecimal() and len(bare) < 19:
            return reverse("console:ledger_record", args=[evidence_of.at(actor, int(bare)).entry_id])
        if "/" not in number:
            return reverse("console:ledger_record", args=[evidence_of.find(actor, number).entry_id])
    for name, value in (("resource", number.replace("/", "-")), ("subject", number)):
        question = search_queries.Question(organization=own, **{name: value})
        if search_queries.search(question, limit=1).rows:
            return f"{reverse('console:ledger')}?{urlencode({name: value})}"
    return ""


def _wrong_period(question: search_queries.Question, asked: QueryDict) -> Text | None:
    """What is wrong with the days that somebody typed."""
    for name, moment in (("since", question.since), ("until", question.until)):
        if asked.get(name, "").strip() and moment is None:
            return Text("日期无法识别，未按它筛选。", "A day could not be read; it was left out.")
    if question.since and question.until and question.since >= question.until:
        return Text("开始日期在结束日期之后，所以没有结果。", "The first day is after the last, so nothing is found.")
    return None


@readers
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """All that a search finds, streamed as CSV or JSON Lines; that it was taken away is an entry itself."""
    actor = actor_of(request)
    question, _ = _question(request.POST, actor)
    own = evidence_of.confined_to(actor)
    form = "jsonl" if request.POST.get("format") == "jsonl" else "csv"
    asked = {name: request.POST.get(name, "")[:200] for name in SEARCHED}
    tracing.record_export(by=actor, asked=asked, form=form)
    rows = search_queries.stream(question)
    if form == "csv":
        return csv_answer.stream("ledger.csv", COLUMNS, (_as_json(row, own).values() for row in rows))
    response = StreamingHttpResponse(
        (json.dumps(_as_json(row, own), ensure_ascii=False) + "\n" for row in rows),
        content_type="application/jsonl; charset=utf-8",
    )
    response["Content-Disposition"] = 'attachment; filename="ledger.jsonl"'
    return response


@requires(*INVESTIGATORS)
def person(request: HttpRequest) -> HttpResponse:
    """Who asked about a person: the identifier is turned into its commitment and forgotten; the question is recorded.

    Asked for by the person concerned (个人信息保护法 article 45) or by those who audit.
    """
    if request.method == "POST":
        identifier = request.POST.get("identifier", "").strip()
        reason = request.POST.get("reason", "").strip()
        if not identifier or not reason or len(identifier) > 100 or len(reason) > 200 or "\0" in identifier + reason:
            return render(request, "console/ledger_person.html", {"missing": True, "reason": reason}, status=400)
        subject = tracing.ask_for_person(by=actor_of(request), identifier=identifier, reason=reason)
        return redirect(f"{reverse('console:ledger')}?{urlencode({'subject': subject})}")
    return render(request, "console/ledger_person.html", {})


def _question(asked: QueryDict, actor: Actor) -> tuple[search_queries.Question, bool]:
    """What is searched for, within what the actor may see; and whether that is what all did with the actor's own resource.

    A provider searches those by resource, not by person: who asked about somebody is for ``INVESTIGATORS``.
    """

    def said(name: str) -> str:
        return asked.get(name, "").strip().replace("\0", "")

    own, resource = evidence_of.confined_to(actor), said("resource").replace("/", "-")
    by_person = said("subject").startswith(record_words.COMMITTED)
    as_provider = bool(own) and not by_person and evidence_of.provides(actor, resource)
    question = search_queries.Question(
        resource=resource,
        organization=said("organization") if as_provider or not own else own,
        action=said("action"),
        subject=said("subject"),
        since=_day(said("since")),
        until=_day(said("until"), 1),
        actors=(said("system"),) if said("system") else (),
    )
    return question, as_provider


def _as_json(row: Any, own: str) -> dict[str, Any]:
    """An entry as it is taken away: ``COLUMNS`` in their order. What others did is told without about whom."""
    values = (
        row.index, clock.local(row.at).isoformat(), row.action, row.organization, row.actor, row.resource,
        str(row.details.get("purpose", "")), str(row.details.get("count", "")),
        row.subject if own in ("", row.organization) else "", row.entry_id,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


@readers
def daily(request: HttpRequest) -> HttpResponse:
    """The logs that were pushed to one's organisation, a day each."""
    return render(
        request, "console/ledger_daily.html", {"page": page_of(request, pushed.digests(actor_of(request)), PAGE_SIZE)}
    )


@readers
def daily_file(request: HttpRequest, day: str) -> StreamingHttpResponse:
    """The file of one day, as it was pushed; its SHA-256 is in the notice and in the ledger."""
    moment = _day(day)
    if moment is None:
        raise NotFound("tracing.digest_unknown", "没有这一天的日志。", "There is no log of that day.")
    found = pushed.digest(actor_of(request), moment.date())
    response = StreamingHttpResponse(pushed.content(found), content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="log-{found.day}.jsonl"'
    response["X-Content-SHA256"] = found.sha256
    return response


def _day(text: str, later: int = 0) -> datetime | None:
    """The beginning of a day in Shanghai, ``later`` days on; nothing for what is no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), clock.SHANGHAI)


@readers
def record(request: HttpRequest, entry_id: str) -> HttpResponse:
    """One entry in plain words, and its proof, checked at this moment step by step. ``entry_id`` may be its place."""
    actor = actor_of(request)
    if entry_id.isascii() and entry_id.isdecimal() and len(entry_id) < 19:
        return redirect("console:ledger_record", evidence_of.at(actor, int(entry_id)).entry_id)
    found = evidence_of.find(actor, entry_id)
    own = evidence_of.confined_to(actor)
    names = record_words.names_of([found], own)
    titles = record_words.item_titles(found)
    context = evidence_of.looked_at(settings.HOME, found.index) | {
        "found": found,
        "sentence": record_words.sentence(found, names),
        "organization": names.organization(found.organization),
        "actor_name": names.actor(found),
        "purpose": names.purpose(found),
        "title": names.titles.get(found.resource, ""),
        "items": record_words.items(found, titles),
        "number": record_words.how_many(found),
        "results": record_words.results(found, titles),
        "people": record_words.people_named(found),
        "committed": found.subject.startswith(record_words.COMMITTED) and own in ("", found.organization),
        "rest": record_words.rest(found),
    }
    return render(request, "console/ledger_record.html", context)


@readers
def evidence(request: HttpRequest, entry_id: str) -> HttpResponse:
    """The evidence file, to be checked offline with ``gongshu ledger verify`` or another verifier."""
    found = evidence_of.find(actor_of(request), entry_id)
    text = evidence_of.of(settings.HOME, found)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="evidence-{found.entry_id}.json"'
    return response
