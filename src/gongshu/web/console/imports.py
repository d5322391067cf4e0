"""The Excel way of compiling: template and export, upload, preview of the mapping, findings, confirmation, progress."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.catalog import import_actions, import_queries
from gongshu.catalog.excel.columns import COLUMNS, FORM, key
from gongshu.catalog.excel.mapping import IGNORED, How
from gongshu.catalog.excel.marking import WEIGHTS
from gongshu.catalog.excel.parsing import Options
from gongshu.catalog.import_states import OUTCOME_LABELS, UNDER_WAY, Outcome
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import page_of, status_tag
from gongshu.web.permissions import actor_of, requires

PAGE_SIZE = 20
LINES = 50
SHOWN = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HOW: dict[How, Text] = {
    How.FOUND: Text("按列名识别", "found by its header"),
    How.REMEMBERED: Text("沿用上次的选择", "as chosen last time"),
    How.CHOSEN: Text("您指定", "chosen by you"),
    How.NOTE: Text("已知，不导入", "known, not imported"),
    How.IGNORED: Text("您选择不导入", "not imported, as you chose"),
    How.TWICE: Text("重复，不导入", "twice, not imported"),
    How.UNKNOWN: Text("未识别，不导入", "not recognised, not imported"),
}


@requires(Role.PROVIDER)
def imports(request: HttpRequest) -> HttpResponse:
    """The imports of the own organisation, and the way to a new one."""
    page = page_of(request, import_queries.runs(actor_of(request)), PAGE_SIZE)
    rows = [(run, status_tag(run.status, run.status_label)) for run in page]
    return render(request, "console/imports.html", {"page_obj": page, "rows": rows})


@requires(Role.PROVIDER)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    try:
        file = request.FILES.get("file")
        if file is None:
            raise GongshuError("web.file_missing", "请选择要导入的文件。", "Choose a file to import.")
        run = import_actions.submit_workbook(
            by=actor, content=file.file, filename=file.name or "catalog.xlsx", options=_options(request)
        )
    except GongshuError as wrong:
        page = page_of(request, import_queries.runs(actor), PAGE_SIZE)
        rows = [(run, status_tag(run.status, run.status_label)) for run in page]
        context = {"page_obj": page, "rows": rows, "wrong": wrong}
        return render(request, "console/imports.html", context, status=wrong.status)
    address = f"/console/catalog/imports/{run.pk}/"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


@requires(Role.PROVIDER)
def run(request: HttpRequest, run_id: str) -> HttpResponse:
    return render(request, "console/import.html", _context(request, run_id))


@requires(Role.PROVIDER)
def progress(request: HttpRequest, run_id: str) -> HttpResponse:
    """The part of the page that changes; htmx asks for it until the run has ended, then for the whole page."""
    found = import_queries.run(actor_of(request), run_id)
    if found.status not in UNDER_WAY:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "console/import_progress.html", {"run": found})


@requires(Role.PROVIDER)
@require_POST
def choose(request: HttpRequest, run_id: str) -> HttpResponse:
    """What the columns are, as the person says; only what differs from the preview is kept."""
    found = import_queries.run(actor_of(request), run_id)
    chosen = {}
    for number, sheet in enumerate(import_queries.mappings(found)):
        for one in sheet.columns:
            said = request.POST.get(f"column-{number}-{one.column}", "")
            shown = one.field if one.how in {How.FOUND, How.REMEMBERED, How.CHOSEN} else ""
            if said and said != shown:
                chosen[key(one.header)] = said
    return _acted(
        request,
        run_id,
        lambda: import_actions.choose(by=actor_of(request), run=run_id, chosen=chosen, options=_options(request)),
        Text("已按新的对应关系重新检查。", "Checked again with the new mapping."),
    )


@requires(Role.PROVIDER)
@require_POST
def act(request: HttpRequest, run_id: str) -> HttpResponse:
    """Confirm, cancel or go on."""
    actor = actor_of(request)
    match steps.chosen(request.POST, "do", ("confirm", "resume", "cancel")):
        case "confirm":
            said = Text("已开始导入。", "The import has begun.")
            return _acted(request, run_id, lambda: import_actions.confirm(by=actor, run=run_id), said)
        case "resume":
            said = Text("继续导入。", "The import goes on.")
            return _acted(request, run_id, lambda: import_actions.resume(by=actor, run=run_id), said)
    return _acted(request, run_id, lambda: import_actions.cancel(by=actor, run=run_id), Text("已取消。", "Cancelled."))


@requires(Role.PROVIDER)
def marked(request: HttpRequest, run_id: str) -> HttpResponse:
    """The user's own file with every finding marked."""
    found = import_queries.run(actor_of(request), run_id)
    out, language = io.BytesIO(), language_of(request)
    import_queries.marked(found, out, language=language)
    stem = found.filename.rpartition(".")[0] or found.filename
    return _download(out, f"{stem}-{Text('标注', 'marked').say(language)}.xlsx")


@requires(Role.PROVIDER)
def template(request: HttpRequest) -> HttpResponse:
    out = io.BytesIO()
    import_queries.template(out)
    return _download(out, f"{Text('目录填报模板', 'catalog-template').say(language_of(request))}.xlsx")


@requires(Role.PROVIDER)
def export(request: HttpRequest) -> HttpResponse:
    out = io.BytesIO()
    import_queries.export(actor_of(request), out, request.GET.getlist("code") or None)
    return _download(out, f"{Text('信息资源目录', 'catalog').say(language_of(request))}.xlsx")


def _download(out: io.BytesIO, name: str) -> HttpResponse:
    response = HttpResponse(out.getvalue(), content_type=_XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _acted(request: HttpRequest, run_id: str, do: Callable[[], object], said: Text) -> HttpResponse:
    language = language_of(request)
    try:
        do()
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    else:
        messages.success(request, said.say(language))
    return HttpResponseRedirect(f"/console/catalog/imports/{quote(run_id)}/")


def _options(request: HttpRequest) -> Options:
    return Options(
        own_provider=request.POST.get("own_provider") == "1",
        adopt_themes=request.POST.get("adopt_themes") == "1",
        items_from_summary=request.POST.get("no_items") != "1",
    )


def _context(request: HttpRequest, run_id: str) -> dict[str, Any]:
    found = import_queries.run(actor_of(request), run_id)
    counted = import_queries.counts(found)
    outcome = request.GET.get("outcome", "")
    page = page_of(request, import_queries.lines(found, outcome if outcome in counted else ""), LINES)
    listed = list(import_queries.findings(found))
    listed.sort(key=lambda one: list(WEIGHTS).index(one.weight))
    mappings = [
        (number, sheet, [(one, COLUMNS.get(one.field), HOW[one.how]) for one in sheet.columns])
        for number, sheet in enumerate(import_queries.mappings(found))
    ]
    return {
        "run": found,
        "status_tag": status_tag(found.status, found.status_label),
        "under_way": found.status in UNDER_WAY,
        "preview": found.status == "preview",
        "counts": [(name, OUTCOME_LABELS[Outcome(name)], n) for name, n in sorted(counted.items())],
        "may_go_on": found.confirmed_at is not None and found.status in {"failed", "cancelled"},
        "mappings": mappings,
        "fields": FORM,
        "ignored": IGNORED,
        "options": import_queries.options(found),
        "findings": [(one, WEIGHTS[one.weight]) for one in listed[:SHOWN]],
        "found": len(listed),
        "page_obj": page,
        "lines": page,
        "outcome": outcome,
    }
