"""Bulk operations on the list of entries: first a dry run that says of each what would happen, then the deed."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from gongshu import clock
from gongshu.catalog import bulk, queries
from gongshu.catalog.draft import as_plain
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.web.permissions import actor_of, staff

EXPORT = "export"
LABELS: dict[str, Text] = {**bulk.OPERATION_LABELS, EXPORT: Text("批量导出", "Export")}


@staff
def entries_bulk(request: HttpRequest) -> HttpResponse:
    """Carry an operation out on the chosen entries; without ``confirmed`` only say what would happen.

    Who comes by the address alone, or reloads the page, chose nothing yet: the list is where one chooses.
    """
    if request.method != "POST":
        return HttpResponseRedirect("/console/catalog/")
    actor, operation = actor_of(request), request.POST.get("do", "")
    if operation not in LABELS:
        raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")
    chosen, remark = list(dict.fromkeys(request.POST.getlist("codes"))), request.POST.get("remark", "")
    confirmed = request.POST.get("confirmed") == "1"
    reasoned = operation in bulk.REASONED
    wrong, rows = None, []
    try:
        if operation == EXPORT:
            if confirmed and len(chosen) <= bulk.MOST:
                return _file(actor, chosen)
            rows = _seen(actor, chosen)
        else:
            # A dry run asks what stands in the way of the entries; the reason is written below it, before the deed.
            said = remark or ("—" if reasoned and not confirmed else "")
            rows = bulk.run(by=actor, operation=bulk.Operation(operation), codes=chosen, dry=not confirmed, remark=said)
    except GongshuError as refused:
        wrong = refused
    able = sum(1 for row in rows if row.wrong is None)
    context = {
        "operation": operation,
        "title": LABELS[operation],
        "rows": rows,
        "able": able,
        "unable": len(rows) - able,
        "done": confirmed and wrong is None,
        "reasoned": reasoned,
        "remarked": reasoned or operation == bulk.Operation.CONFIRM,
        "remark": remark,
        "wrong": wrong,
    }
    return render(request, "console/bulk.html", context, status=wrong.status if wrong else 200)


def _seen(actor: Actor, chosen: list[str]) -> list[bulk.Outcome]:
    """Which of the chosen entries the actor can export."""
    if len(chosen) > bulk.MOST:
        raise GongshuError("catalog.bulk_too_many", f"一次最多 {bulk.MOST} 项。", f"At most {bulk.MOST} at once.")
    rows = []
    for code in chosen:
        try:
            rows.append(bulk.Outcome(code, queries.entry(actor, code).title, None))
        except GongshuError as wrong:
            rows.append(bulk.Outcome(code, code, wrong))
    return rows


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
