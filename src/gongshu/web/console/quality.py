"""Quality: which data are worst, one entry's report with its arithmetic and trend, its checks, files to hand on."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.operation import governance_queries as governed
from gongshu.quality import check_actions, check_policy, check_queries, check_report, report_files
from gongshu.quality.checkset import DIMENSION_LABELS, SEVERITY_LABELS, SHAPES, Dimension, Severity, from_text
from gongshu.quality.states import CheckRunStatus
from gongshu.web import quality_drawing
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 20
LONGEST = 200_000
ONLY = {
    "": Text("全部", "All"),
    "below": Text("低于提醒分数", "Below the limit"),
    "errors": Text("有错误", "With errors"),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@staff
def quality(request: HttpRequest) -> HttpResponse:
    """The last result of each entry, the worst first."""
    actor, asked = actor_of(request), request.GET
    only = asked.get("only", "") if asked.get("only", "") in ONLY else ""
    page = page_of(request, check_queries.overview(actor, text=asked.get("q", ""), only=only), PAGE_SIZE)
    return render(
        request, "console/quality.html", {"page_obj": page, "asked": asked, "only": ONLY.items(), "chosen": only}
    )


@staff
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One entry: score, six dimensions, every check, the arithmetic, the trend over its versions."""
    actor = actor_of(request)
    entry = check_queries.entry_of(actor, code)
    version = _version(request)
    found = check_queries.latest_of(entry, version)
    past = check_queries.trend(entry)
    limit, value = check_queries.alert_limit(check_queries.in_force(entry).checks)
    done = found is not None and found.status == CheckRunStatus.DONE
    context = {
        "entry": entry,
        "run": found,
        "done": done,
        "status_tag": status_tag(found.status, found.status_label) if found else None,
        "dimensions": _dimensions(found) if done else [],
        "outcomes": _outcomes(found, _titles(entry)) if done else [],
        "arithmetic": check_report.dimension_lines(found) if done and found else [],
        "past": past[::-1],
        "drawing": quality_drawing.trend(past, limit),
        "limit": limit,
        "limit_cites": cites(value.citations if value else (), language_of(request)),
        "may_run": check_policy.can_write(actor, entry.provider.code) and entry.data_version is not None,
        "sees_rows": check_policy.can_see_rows(actor, entry.provider.code),
        "may_demand_mending": actor.has(Role.OPERATOR) and governed.procedure().known,
    }
    return render(request, "console/quality_report.html", context)


@staff
@require_POST
def run(request: HttpRequest, code: str) -> HttpResponse:
    """Check the present version again, now."""
    language = language_of(request)
    try:
        done = check_actions.check(by=actor_of(request), code=code)
        if done.status == CheckRunStatus.DONE:
            messages.success(request, Text(f"检测完成，得分 {done.score}。", f"Checked: {done.score}.").say(language))
        else:
            messages.error(request, (done.error or done.status_label).say(language))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    return HttpResponseRedirect(f"/console/quality/{quote(code)}/")


@staff
def checks(request: HttpRequest, code: str) -> HttpResponse:
    """The check set as YAML, to be read by who sees the report and changed by who answers for the data."""
    actor = actor_of(request)
    entry = check_queries.entry_of(actor, code)
    in_force = check_queries.in_force(entry)
    may_write = check_policy.can_write(actor, entry.provider.code)
    wrong: GongshuError | None = None
    if request.method == "POST":
        text = request.POST.get("checks", "")[: LONGEST + 1]
        try:
            if len(text) > LONGEST:
                raise GongshuError(
                    "quality.checks_long", "内容过长，请用命令行导入。", "Too long: import it by command."
                )
            saved = check_actions.save(
                by=actor, code=entry.code, checks=from_text(text), note=request.POST.get("note", "")
            )
        except GongshuError as error:
            wrong = error
        else:
            said = Text(f"检查规则第 {saved.number} 版已保存。", f"Check set {saved.number} is saved.")
            messages.success(request, said.say(language_of(request)))
            return HttpResponseRedirect(f"/console/quality/{entry.code}/")
    else:
        proposed = request.GET.get("proposed") == "1"
        shown = check_queries.proposal(entry) if proposed else in_force.checks
        body = check_queries.visible_checks(actor, entry, shown)
        text = yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=100)
    context = {
        "entry": entry,
        "text": text,
        "saved": in_force.saved,
        "versions": check_queries.versions(entry)[:20],
        "kinds": [(kind, shape.label, DIMENSION_LABELS[shape.dimension], shape) for kind, shape in SHAPES.items()],
        "may_write": may_write and check_policy.sees_values(actor, entry.provider.code),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/quality_checks.html", context, status=wrong.status if wrong else 200)


@requires(Role.PROVIDER, Role.DATA_AUTHORITY, Role.AUDITOR)
def rows(request: HttpRequest, code: str) -> FileResponse:
    """The report with every failing row as XLSX; personal columns masked for who may not see them."""
    actor, language = actor_of(request), language_of(request)
    entry = check_queries.entry_of(actor, code)
    found = check_queries.run(entry, _version(request))
    failing = check_actions.take_rows(by=actor, code=entry.code, version=found.version)
    with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
        target = Path(file.name)
    try:
        report_files.xlsx(found, failing, target, language, _titles(entry))
        handle = target.open("rb")
    finally:
        target.unlink(missing_ok=True)  # the open handle keeps it until it is sent
    return FileResponse(handle, as_attachment=True, filename=f"{entry.code}-v{found.version}.xlsx", content_type=XLSX)


@staff
def pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The report as PDF."""
    actor = actor_of(request)
    entry = check_queries.entry_of(actor, code)
    found = check_queries.run(entry, _version(request))
    past = check_queries.trend(entry)
    answer = HttpResponse(
        report_files.pdf(found, past, language_of(request), _titles(entry)), content_type="application/pdf"
    )
    answer["Content-Disposition"] = f'attachment; filename="{entry.code}-v{found.version}.pdf"'
    return answer


def _version(request: HttpRequest) -> int | None:
    text = request.GET.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def _dimensions(found: Any) -> list[tuple[Text, str | None]]:
    measured = {one["dimension"]: one["score"] for one in found.arithmetic.get("dimensions", [])}
    return [(DIMENSION_LABELS[one], measured.get(str(one))) for one in Dimension]


def _titles(entry: Any) -> dict[str, str]:
    return {item.name: item.title for item in catalog.items(entry.code)}


def _outcomes(found: Any, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "label": check_report.label(one["check"], titles),
            "id": one["check"]["id"],
            "dimension": DIMENSION_LABELS[check_report.dimension_of(one["check"])],
            "severity": SEVERITY_LABELS[Severity(one["check"].get("severity", "error"))],
            "is_error": one["check"].get("severity", "error") == "error",
            "checked": one["checked"],
            "failed": one["failed"] - one["exempt"],
            "exempt": one["exempt"],
            "rows": one["rows"][:10],
            "measured": one["measured"],
            "problem": Text(*one["problem"]) if one["problem"] else None,
        }
        for one in found.outcomes
    ]
