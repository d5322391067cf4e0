"""Rights in data (数据权利): the authorisations that run, for whoever manages them and for whoever holds or gives them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gongshu.errors import Text
from gongshu.identity.states import Role
from gongshu.supervision import rights_queries as queries
from gongshu.supervision.rights_queries import INCOME, LABELS, USE, Holding
from gongshu.web import sheets
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, page_of, status_tag
from gongshu.web.permissions import actor_of, staff

PAGE_SIZE = 20
COLUMNS = (
    Text("资源代码", "Resource code"),
    Text("名称", "Title"),
    Text("权利", "Right"),
    Text("权利人", "Holder"),
    Text("来源", "Ground"),
    Text("自", "Since"),
    Text("至", "Until"),
    Text("状态", "State"),
)
_RUNS, _OVER = Text("有效", "In force"), Text("已终止", "Over")


@dataclass(frozen=True)
class RightLine:
    """One right in a table, with the tag of its state and the articles it rests on."""

    holding: Holding
    tag: Tag
    cites: list[dict[str, str]]


def lines(found: list[Holding], language: str) -> list[RightLine]:
    return [RightLine(one, _tag(one), cites(one.citations, language)) for one in found]


@staff
def rights(request: HttpRequest) -> HttpResponse:
    """The register of authorisations; the authority, who manages them for the city, sees all."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    found = queries.authorisations(
        actor, text=asked.get("q", ""), right=asked.get("right", ""), running=asked.get("over") != "1"
    )
    page = page_of(request, found, PAGE_SIZE)
    held = [one for one in queries.by_grants(page) if asked.get("right", "") in {"", one.right}]
    context = {
        "page_obj": page,
        "rows": lines(held, language),
        "asked": asked,
        "choices": [(value, LABELS[value]) for value in (USE, INCOME)],
        "manager": queries.manager(),
        "cites": cites(queries.known(), language),
        "all_seen": actor.has(Role.DATA_AUTHORITY, Role.AUDITOR),
    }
    return render(request, "console/rights.html", context)


@staff
def download(request: HttpRequest, form: str) -> HttpResponse:
    """The register as the page shows it, whole, as a file."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    right = asked.get("right", "")
    found = queries.authorisations(actor, text=asked.get("q", ""), right=right, running=asked.get("over") != "1")
    held = [one for one in queries.by_grants(found) if right in {"", one.right}]
    rows = (
        [
            one.resource.replace("-", "/"),
            one.title,
            one.label.say(language),
            one.holder.say(language),
            one.ground.say(language),
            one.since.isoformat() if one.since else "",
            one.until.isoformat() if one.until else "",
            (_RUNS if one.running else one.status or _OVER).say(language),
        ]
        for one in held
    )
    name = Text("数据权利登记", "rights in data").say(language)
    return sheets.answer(form, name, [column.say(language) for column in COLUMNS], rows)


def _tag(one: Holding) -> Tag:
    if one.running:
        return status_tag("active", _RUNS)
    return status_tag("expired", one.status if one.status and one.status.zh != "有效" else _OVER)
