"""Bulk operations on the list of entries: first a dry run that says of each what would happen, then the deed."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from gongshu import clock
from gongshu.catalog import actions, queries
from gongshu.catalog.draft import as_plain
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.web.permissions import actor_of, staff

MOST = 500
OPERATIONS = {
    "submit": Text("批量提交审核", "Submit for review"),
    "export": Text("批量导出", "Export"),
}


class _DryRun(Exception):
    """Undoes what a dry run did."""


@staff
def entries_bulk(request: HttpRequest) -> HttpResponse:
    """Submit or export the chosen entries; without ``confirmed`` only say what would happen.

    Who comes by the address alone, or reloads the page, chose nothing yet: the list is where one chooses.
    """
    if request.method != "POST":
        return HttpResponseRedirect("/console/catalog/")
    actor, operation = actor_of(request), request.POST.get("do", "")
    if operation not in OPERATIONS:
        raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")
    chosen = list(dict.fromkeys(request.POST.getlist("codes")))
    wrong = None
    if len(chosen) > MOST:
        wrong = GongshuError("web.too_many", f"一次最多 {MOST} 项。", f"At most {MOST} at once.")
        chosen = []
    confirmed = request.POST.get("confirmed") == "1" and wrong is None
    if confirmed and operation == "export":
        return _file(actor, chosen)
    rows = [_row(actor, operation, code, confirmed) for code in chosen]
    able = sum(1 for row in rows if row["wrong"] is None)
    context = {
        "operation": operation,
        "title": OPERATIONS[operation],
        "rows": rows,
        "able": able,
        "unable": len(rows) - able,
        "done": confirmed,
        "wrong": wrong,
    }
    return render(request, "console/bulk.html", context)


def _row(actor: Actor, operation: str, code: str, confirmed: bool) -> dict[str, Any]:
    """What happened, or would have, to one entry; each stands alone."""
    row: dict[str, Any] = {"code": code, "title": code, "wrong": None}
    try:
        row["title"] = queries.entry(actor, code).title
        if operation == "submit":
            _submit(actor, code, confirmed)
    except GongshuError as wrong:
        row["wrong"] = wrong
    return row


def _submit(actor: Actor, code: str, confirmed: bool) -> None:
    try:
        with transaction.atomic():
            actions.submit_entry(by=actor, code=code)
            if not confirmed:
                raise _DryRun
    except _DryRun:
        pass


def _file(actor: Actor, chosen: list[str]) -> HttpResponse:
    """The chosen entries as JSON, each as what is being worked on for those who may see it, else as published."""
    kept = []
    for code in chosen:
        found = queries.entry(actor, code)
        data = queries.draft_of(found) if queries.sees_draft(actor, found) else queries.data_of(found)
        kept.append({"code": found.code, "status": found.status, "version": found.version, "data": as_plain(data)})
    body = json.dumps({"entries": kept}, ensure_ascii=False, indent=1)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="catalog-{clock.today():%Y%m%d}.json"'
    return response
