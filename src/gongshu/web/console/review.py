"""The reviewer's desk: what is to be published, field by field and item by item, with what the rules find beside it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gongshu import clock, rules
from gongshu.catalog import queries
from gongshu.catalog.comparison import compare
from gongshu.catalog.draft import ENTRY_FIELDS
from gongshu.catalog.labels import ENTRY_LABELS, shown
from gongshu.catalog.remarks import FieldRemark
from gongshu.catalog.states import CONCLUSION_LABELS, SecrecyConclusion
from gongshu.errors import GongshuError, NotAllowed
from gongshu.web.console.entry_tabs import in_words, item_lines, local_words
from gongshu.web.language import language_of
from gongshu.web.parts import cites
from gongshu.web.permissions import actor_of, staff

PREFIX = "remark:"


@staff
def review(request: HttpRequest, code: str) -> HttpResponse:
    return review_page(request, code)


def remarks_in(request: HttpRequest) -> list[FieldRemark]:
    """The remarks beside fields and items that the form sent."""
    return [
        FieldRemark(name.removeprefix(PREFIX), text)
        for name, text in request.POST.items()
        if name.startswith(PREFIX) and str(text).strip()
    ]


def review_page(request: HttpRequest, code: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The desk; ``wrong`` is why the step that was tried is not possible. What was typed stays."""
    actor, language = actor_of(request), language_of(request)
    found = queries.entry(actor, code)
    if not queries.sees_draft(actor, found):
        raise NotAllowed(
            "catalog.draft_hidden",
            "草稿只供提供单位、数据主管部门和审计查看。",
            "Drafts are for the providing unit, the data authority and the auditor.",
        )
    data = queries.draft_of(found)
    local = local_words()
    notes: dict[str, list[Any]] = defaultdict(list)
    findings = queries.findings(found)
    for one in findings:
        notes[one.field if one.row is None else f"items.{one.row}"].append(one)
    typed = {remark.path: remark.text for remark in remarks_in(request)} if request.method == "POST" else {}
    revision = queries.revision_of(found)
    criteria = rules.active().find("catalog.review_criteria", on=clock.today())
    order = rules.active().find("catalog.review_by", on=clock.today())
    secrecy = queries.secrecy_review(found)
    context = {
        "entry": found,
        "data": data,
        "findings": [(one, cites(one.citations, language)) for one in findings],
        "fields": [
            {
                "path": name,
                "label": ENTRY_LABELS[name],
                "value": shown(name, getattr(data, name), local),
                "notes": notes.get(name, []),
                "remark": typed.get(name, ""),
            }
            for name in ENTRY_FIELDS
            if name != "provider"
        ],
        "items": [
            {
                "item": line.item,
                "type": line.type,
                "share": line.share,
                "open": line.open,
                "level": line.level,
                "notes": notes.get(f"items.{row}", []),
                "remark": typed.get(f"items.{line.item.name}", ""),
            }
            for row, line in enumerate(item_lines(data), start=1)
        ],
        "changes": in_words(compare(queries.data_of(found), data)) if revision else None,
        "compilers": [person.display_name for person in queries.compilers_of(found)],
        "secrecy": secrecy,
        "conclusion": CONCLUSION_LABELS[SecrecyConclusion(secrecy.conclusion)] if secrecy else None,
        "may_review": queries.can_review(actor, found),
        "turn": queries.review_turn(found),
        "turn_cites": cites(order.citations if order else (), language),
        "may_review_secrecy": queries.can_review_secrecy(actor, found),
        "criteria": criteria.value if criteria else (),
        "criteria_cites": cites(criteria.citations if criteria else (), language),
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "console/entry_review.html", context, status=wrong.status if wrong else 200)
