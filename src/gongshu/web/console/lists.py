"""The three lists (需求、责任、负面清单) with their files, and supply-demand meetings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import demand_actions as actions
from gongshu.catalog import demand_queries as queries
from gongshu.catalog.demand import Talked
from gongshu.catalog.demand_states import LIST_LABELS, LIVE, TALK_LABELS, ListKind, Talk
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.states import Office, Role
from gongshu.ledger import queries as ledger
from gongshu.web import sheets
from gongshu.web.console.demands import tag
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import needed_day

PAGE_SIZE = 30
PARTS: dict[ListKind, list[tuple[str, Text]]] = {
    ListKind.DEMAND: [],
    ListKind.RESPONSIBILITY: [
        ("", Text("须共享的本单位目录", "Own catalog to be shared")),
        ("assigned", Text("按需求指派", "Assigned for a demand")),
    ],
    ListKind.NEGATIVE: [
        ("", Text("全部", "All")),
        ("sharing", Text("不予共享", "Not shared")),
        ("opening", Text("不予开放", "Not opened")),
    ],
}
NOTES = {
    ListKind.DEMAND: Text(
        "各单位因履职需要、正在统筹或已有结果的数据；各单位只看到与自己有关的需求，主管部门看到全部。",
        "What departments need. Units see the demands that concern them, the authority sees all.",
    ),
    ListKind.RESPONSIBILITY: Text(
        "各单位须共享的数据，以及按需求指派的提供责任和期限。",
        "What each unit must share, and what it was assigned to supply by which day.",
    ),
    ListKind.NEGATIVE: Text(
        "不予共享或不予开放的数据，细到数据项，连同理由和依据。未列入的以共享为原则。",
        "What is not shared or not opened, down to single items, with reason and basis; the rest is shared by default.",
    ),
}


def _kind(kind: str) -> ListKind:
    if kind not in set(ListKind):
        raise NotFound("web.list_unknown", "没有这个清单。", "There is no such list.")
    return ListKind(kind)


@staff
def one_list(request: HttpRequest, kind: str) -> HttpResponse:
    actor, asked, which = actor_of(request), request.GET, _kind(kind)
    language = language_of(request)
    text, provider, part = asked.get("q", ""), asked.get("provider", ""), asked.get("part", "")
    found: Any
    if which is ListKind.DEMAND:
        found, line = queries.search(actor, text=text), queries.demand_line
    elif which is ListKind.NEGATIVE:
        found, line = queries.prohibited(text=text, provider=provider, side=part), queries.prohibited_line  # type: ignore[assignment]
    elif part == "assigned":
        found, line = queries.assigned(actor, text=text, provider=provider), queries.assigned_line
    else:
        found, line = queries.catalogued(text=text, provider=provider), queries.catalogued_line  # type: ignore[assignment]
    page = page_of(request, found, PAGE_SIZE)
    context = {
        "kind": str(which),
        "title": LIST_LABELS[which],
        "note": NOTES[which],
        "kinds": [(str(value), label) for value, label in LIST_LABELS.items()],
        "parts": PARTS[which],
        "part": part,
        "columns": queries.COLUMNS[which],
        "page_obj": page,
        "rows": [_row(which, line(one)) for one in page],
        "cites": cites(queries.list_citations(which), language),
        "providers": [] if which is ListKind.DEMAND else list(identity.organizations()),
        "asked": asked,
        "narrowed": bool(text or provider or part),
        "issues": list(queries.issues(which)[:5]),
        "may_issue": queries.can_arrange(actor),
    }
    return render(request, "console/list.html", context)


def _row(which: ListKind, line: queries.Line) -> tuple[list[tuple[Text, Text]], str, Text]:
    """The cells under their heads, where they lead, and what a screen reader calls that."""
    return list(zip(queries.COLUMNS[which], line.cells, strict=True)), line.link, line.cells[1]


@staff
def download(request: HttpRequest, kind: str, form: str) -> HttpResponse:
    """The whole list, filtered as the page is, as a file."""
    actor, asked, which = actor_of(request), request.GET, _kind(kind)
    language = language_of(request)
    lines = queries.all_lines(
        actor, which, text=asked.get("q", ""), provider=asked.get("provider", ""), side=asked.get("part", "")
    )
    head = [column.say(language) for column in queries.COLUMNS[which]]
    name = f"{LIST_LABELS[which].say(language)}-{clock.today():%Y%m%d}"
    return sheets.answer(form, name, head, ([cell.say(language) for cell in one.cells] for one in lines))


@staff
def issued(request: HttpRequest, number: str) -> HttpResponse:
    """A list as it was issued, byte for byte."""
    found = queries.issue(number)
    response = HttpResponse(b"\xef\xbb\xbf" + found.text.encode(), content_type=sheets.FORMATS["csv"])
    response["Content-Disposition"] = f'attachment; filename="{found.number}.csv"'
    return response


@requires(Role.DATA_AUTHORITY)
@require_POST
def issue(request: HttpRequest, kind: str) -> HttpResponse:
    which = _kind(kind)
    language = language_of(request)
    try:
        made = actions.issue_list(by=actor_of(request), kind=which, note=request.POST.get("note", ""))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    else:
        said = Text(f"清单已发布：{made.number}，共 {made.rows} 项。", f"Issued as {made.number}, {made.rows} rows.")
        messages.success(request, said.say(language))
    return HttpResponseRedirect(f"/console/lists/{which}/")


@staff
def meetings(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cited = rules.active().find("demand.meetings", on=clock.today())
    context = {
        "page_obj": (page := page_of(request, queries.meetings_of(actor), PAGE_SIZE)),
        "rows": list(page),
        "cites": cites(cited.citations, language_of(request)) if cited else [],
        "may_convene": queries.can_arrange(actor),
    }
    return render(request, "console/meetings.html", context)


@requires(Role.DATA_AUTHORITY)
def meeting_new(request: HttpRequest) -> HttpResponse:
    actor, typed = actor_of(request), request.POST
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            made = actions.convene(
                by=actor,
                title=typed.get("title", ""),
                held_on=needed_day(typed, "held_on"),
                place=typed.get("place", ""),
                participants=typed.getlist("participants"),
                demands=typed.getlist("demands"),
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text("会议已登记，并通知参加单位。", "The meeting is on record; those who come are told.")
            messages.success(request, said.say(language_of(request)))
            return HttpResponseRedirect(f"/console/demands/meetings/{made.number}/")
    open_ones = queries.visible(actor).filter(status__in=LIVE)
    context = {
        "typed": typed,
        "day": typed.get("held_on", "") or clock.today().isoformat(),
        "bodies": list(identity.organizations().exclude(office__in=[Office.PUBLIC, Office.OPERATOR])),
        "chosen": typed.getlist("participants"),
        "demands": [(one, tag(one)) for one in open_ones[:100]],
        "chosen_demands": typed.getlist("demands"),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/meeting_new.html", context, status=wrong.status if wrong else 200)


@staff
def meeting(request: HttpRequest, number: str) -> HttpResponse:
    """The meeting's table; the authority writes the minutes there."""
    actor = actor_of(request)
    found = queries.meeting(actor, number)
    writes, wrong = queries.can_arrange(actor), None
    if request.method == "POST":
        try:
            _minute(request, found)
        except GongshuError as error:
            wrong = error
        else:
            messages.success(request, Text("纪要已保存。", "The minutes are saved.").say(language_of(request)))
            return HttpResponseRedirect(f"/console/demands/meetings/{number}/")
    lines = list(queries.lines(found))
    cited = rules.active().find("demand.meetings", on=clock.today())
    context = {
        "found": found,
        "lines": [(line, tag(line.demand)) for line in lines],
        "outcomes": [(str(value), label) for value, label in TALK_LABELS.items()],
        "others": list(
            queries.visible(actor).filter(status__in=LIVE).exclude(pk__in=[line.demand_id for line in lines])[:100]
        )
        if writes
        else [],
        "cites": cites(cited.citations, language_of(request)) if cited else [],
        "records": ledger.records(subject=found.number, limit=20),
        "writes": writes,
        "wrong": wrong,
    }
    return render(request, "console/meeting.html", context, status=wrong.status if wrong else 200)


def _minute(request: HttpRequest, found: Any) -> None:
    typed = request.POST
    numbers = [line.demand.number for line in queries.lines(found)]
    numbers += [added for added in [typed.get("added", "")] if added]
    talked = [
        Talked(number, Talk(outcome), typed.get(f"remark-{number}", ""))
        for number in numbers
        if (outcome := typed.get(f"outcome-{number}", "") or (str(Talk.LATER) if number == typed.get("added") else ""))
        in set(Talk)
    ]
    actions.minute(by=actor_of(request), number=found.number, minutes=typed.get("minutes", ""), talked=talked)
