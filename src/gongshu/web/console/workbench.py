"""The first page of staff: what is to be done, by when; figures of the unit; notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.duties import queries as duties
from gongshu.errors import Text
from gongshu.grants import queries as grants
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.notifications import queries as notices
from gongshu.sharing import queries as sharing
from gongshu.web import duty_block
from gongshu.web.language import language_of
from gongshu.web.parts import DueView, cites, due_view
from gongshu.web.permissions import STAFF, actor_of, insiders

SHOWN = 50
NOTICES = 8


@dataclass(frozen=True)
class ToDo:
    """One line of the to-do table."""

    number: str
    kind: Text
    title: Text
    applicant: str
    due: DueView
    link: str
    verb: Text
    cites: list[dict[str, Any]]


def todo(actor: Actor, language: str) -> list[ToDo]:
    """Duties with a clock first, most pressing on top; then what waits for this person without one."""
    lines = [
        ToDo(
            number=duty_block.case_number(duty),
            kind=duty_block.kind_text(duty.kind),
            title=duty_block.short_title(duty),
            applicant=duty.applicant,
            due=due_view(duty.due_on, duty.words, provisional=duty.provisional),
            link=duty.link,
            verb=Text("办理", "Handle"),
            cites=cites(duty.citations, language),
        )
        for duty in duties.todo(actor)[:SHOWN]
    ]
    lines += [
        ToDo(
            number=entry.code,
            kind=duty_block.KINDS["catalog.review"],
            title=Text(entry.title, entry.title),
            applicant=entry.provider.say(language),
            due=due_view(None),
            link=f"/console/catalog/{entry.code}/",
            verb=Text("审核", "Review"),
            cites=[],
        )
        for entry in catalog.to_review(actor)[:SHOWN]
    ]
    lines += [
        ToDo(
            number=back.number,
            kind=duty_block.KINDS["sharing.decide"],
            title=Text(f"补正：{back.entry.title}", f"To be completed: {back.entry.title}"),
            applicant=back.organization.say(language),
            due=due_view(None),
            link=f"/console/applications/{back.number}/",
            verb=Text("补正", "Complete"),
            cites=[],
        )
        for back in _sent_back(actor)
    ]
    return lines


def _sent_back(actor: Actor) -> list[Any]:
    if not actor.has(Role.CONSUMER, Role.OPERATOR):
        return []
    return list(
        sharing.search(actor, filters={"status": "returned"}).filter(organization__code=actor.organization)[:SHOWN]
    )


@insiders
def workbench(request: HttpRequest) -> HttpResponse:
    """The three administrators have no business here and are led to their own page."""
    actor = actor_of(request)
    if not actor.has(*STAFF):
        return HttpResponseRedirect("/console/administration/")
    lines = todo(actor, language_of(request))
    own = catalog.visible(actor).filter(provider__code=actor.organization)
    month = clock.local(clock.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    held = grants.in_force(organization=actor.organization).count()
    pressing = sum(line.due.tone in {"danger", "caution"} for line in lines)
    context = {
        "todo": lines,
        "cards": [
            (
                "clipboard-check",
                Text("待我办理", "To do"),
                len(lines),
                Text(f"{pressing} 件即将到期或超期", f"{pressing} due soon or late")
                if pressing
                else Text("没有临期事项", "none pressing"),
                "#todo",
                bool(pressing),
            ),
            (
                "database",
                Text("本单位目录", "Our catalog"),
                own.count(),
                Text(f"本月新增 {(n := own.filter(created_at__gte=month).count())}", f"{n} new this month"),
                "/console/catalog/?mine=1",
                False,
            ),
            (
                "send",
                Text("办理中的共享申请", "Applications in progress"),
                sharing.search(actor, filters={"status": "pending"}).count(),
                Text("我方提出或须我方答复", "ours to make or answer"),
                "/console/applications/?status=pending",
                False,
            ),
            (
                "key",
                Text("有效授权", "Grants in force"),
                held,
                Text("本单位可读取的数据", "data that we may read"),
                "/console/grants/?side=held",
                False,
            ),
        ],
        "notices": notices.inbox(actor)[:NOTICES],
    }
    return render(request, "console/workbench.html", context)
