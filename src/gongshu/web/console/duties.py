"""What is owed, by whom, until when: the list that one's organisation, the data authority and the auditor look at."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from gongshu import clock
from gongshu.duties import queries, search
from gongshu.duties.search import FLAG_LABELS, ORDER_LABELS, TAB_LABELS, Asked, Flag, Order, Tab
from gongshu.errors import Text
from gongshu.identity.states import ROLE_LABELS, Role
from gongshu.web import calendar_file, csv_answer, duty_block
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of
from gongshu.web.permissions import actor_of, staff

PAGE_SIZE = 20
CALENDAR_LIMIT = 500
HEADS = (
    Text("编号", "No."),
    Text("事项编号", "Case"),
    Text("类型", "Kind"),
    Text("事项", "Matter"),
    Text("办理单位", "Owed by"),
    Text("办理角色", "Role"),
    Text("申请方", "From"),
    Text("起算日", "Starts"),
    Text("期限（工作日）", "Limit (working days)"),
    Text("到期日", "Due"),
    Text("暂定", "Provisional"),
    Text("剩余工作日", "Working days left"),
    Text("状态", "State"),
    Text("延长（工作日）", "Extended by"),
    Text("突发事件", "Emergency"),
    Text("办结时间", "Ended"),
    Text("依据", "Under"),
    Text("规则包", "Rule pack"),
    Text("规则包版本", "Pack version"),
)
Choice = TypeVar("Choice", bound=StrEnum)


def _one_of(known: type[Choice], value: str, usual: Choice) -> Choice:
    return known(value) if value in {str(one) for one in known} else usual


def asked_of(typed: QueryDict) -> Asked:
    """What the address asks for; a word that no list knows asks for nothing."""
    flag = typed.get("flag", "")
    return Asked(
        tab=_one_of(Tab, typed.get("tab", ""), Tab.OWED),
        text=typed.get("q", "")[:100],
        organization=typed.get("organization", ""),
        kind=typed.get("kind", ""),
        flag=Flag(flag) if flag in {str(one) for one in Flag} else None,
        order=_one_of(Order, typed.get("order", ""), Order.DUE),
    )


@staff
def duties(request: HttpRequest) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    asked = asked_of(request.GET)
    page = page_of(request, search.search(actor, asked), PAGE_SIZE)
    owing = search.organizations(actor)
    context = {
        "page_obj": page,
        "rows": [
            {
                "block": block,
                "kind": duty_block.kind_text(block.duty.kind),
                "tag": duty_block.state_tag(block.duty),
                "cites": cites(block.duty.citations, language),
            }
            for block in duty_block.make(actor, page)
        ],
        "asked": asked,
        "query": request.GET.urlencode(),
        "tabs": [(str(tab), label, tab == asked.tab) for tab, label in TAB_LABELS.items()],
        "flags": list(FLAG_LABELS.items()),
        "orders": list(ORDER_LABELS.items()),
        "kinds": [(kind, duty_block.kind_text(kind)) for kind in search.kinds(actor)],
        "organizations": owing if len(owing) > 1 else [],
    }
    return render(request, "console/duties.html", context)


@staff
def export(request: HttpRequest) -> HttpResponse:
    """The whole list that the page shows a part of, as CSV."""
    actor, language = actor_of(request), language_of(request)
    found = search.search(actor, asked_of(request.GET)).iterator(chunk_size=500)
    heads = [head.say(language) for head in HEADS]
    return csv_answer.stream(f"duties-{clock.today():%Y%m%d}.csv", heads, _rows(found, language))


def _rows(found: Iterator[Any], language: str) -> Iterator[list[Any]]:
    for duty in found:
        emergency = duty_block.emergency_text(duty)
        yield [
            duty.pk,
            duty.subject,
            duty_block.kind_text(duty.kind).say(language),
            duty.title.say(language),
            duty.organization.say(language),
            ROLE_LABELS[Role(duty.role)].say(language),
            duty.applicant,
            duty.starts_on.isoformat(),
            duty.words.say(language) if duty.days is None else duty.days,
            duty.due_on.isoformat() if duty.due_on else "",
            Text("是", "yes").say(language) if duty.provisional else "",
            queries.days_left(duty.due_on) if duty.is_owed else "",
            duty_block.state_tag(duty).say(language),
            duty.extended_by or "",
            emergency.say(language) if emergency else "",
            clock.local(duty.closed_at).isoformat(sep=" ", timespec="minutes") if duty.closed_at else "",
            "；".join(cite["label"] for cite in cites(duty.citations, language)),
            duty.pack,
            duty.pack_version,
        ]


@staff
def calendar(request: HttpRequest) -> HttpResponse:
    """The days of what I may do, for a calendar program (RFC 5545)."""
    actor, language = actor_of(request), language_of(request)
    found = queries.todo(actor).filter(due_on__isnull=False)[:CALENDAR_LIMIT]
    city = Text(settings.HOME.name, settings.HOME.name_en).say(language)
    events = [
        calendar_file.Event(
            uid=f"duty-{duty.pk}@{request.get_host()}",
            day=duty.due_on,
            summary=_summary(duty).say(language),
            lines=(
                duty.organization.say(language),
                *(cite["label"] for cite in cites(duty.citations, language)),
            ),
            link=request.build_absolute_uri(f"/console/duties/{duty.pk}/"),
            certain=not duty.provisional,
        )
        for duty in found
    ]
    name = Text(f"{city}公共数据平台：我的时限", f"{city}: my deadlines").say(language)
    response = HttpResponse(
        calendar_file.write(name, events, now=clock.now()), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="gongshu-duties.ics"'
    return response


def _summary(duty: Any) -> Text:
    if duty.provisional:
        return Text(f"（期限暂定）{duty.title_zh}", f"(provisional) {duty.title_en}")
    return Text(duty.title_zh, duty.title_en)
