"""Collecting data: handing a file over, watching the run, and looking at the rows that were kept aside."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.catalog import queries as catalog
from gongshu.catalog.states import CHECK_LABELS, TYPE_LABELS
from gongshu.collection import actions, queries, scanning
from gongshu.collection.options import ENCODINGS, Options
from gongshu.collection.states import RUN_LABELS, UNFINISHED, RunStatus
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.web import csv_answer, steps
from gongshu.web.console import intakes
from gongshu.web.language import language_of
from gongshu.web.parts import page_of, status_tag
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 20
REJECTS = 50
STAGES = {
    "opening": Text("打开文件，识别编码", "opening, finding the encoding"),
    "reading": Text("逐行检查", "checking rows"),
    "checking": Text("逐行检查", "checking rows"),
    "committing": Text("写入新版本", "committing the version"),
    "publishing": Text("发布到网关", "publishing to the gateway"),
    "scanning": Text("扫描个人信息", "scanning for personal data"),
}


DETECTED = {
    "kind": Text("文件类型", "kind of file"),
    "encoding": Text("编码", "encoding"),
    "compression": Text("压缩", "compression"),
    "delimiter": Text("分隔符", "separator"),
    "header_row": Text("表头所在行", "row of the header"),
    "sheet": Text("工作表", "sheet"),
    "sheets": Text("全部工作表", "sheets"),
    "dropped": Text("忽略的列", "columns left out"),
    "header_rows": Text("表头行数", "rows of the header"),
    "records": Text("记录的路径", "path of the records"),
    "other_lines": Text("另一种编码的行数", "lines in the other encoding"),
    "merged": Text("填充的合并单元格", "merged areas filled"),
    "files": Text("各部分（起始前的行数）", "parts (rows before their first)"),
}
DELIMITERS = (
    (",", Text("逗号", "comma")),
    ("tab", Text("制表符", "tab")),
    (";", Text("分号", "semicolon")),
    ("|", Text("竖线", "vertical bar")),
)
READING = {"encodings": ENCODINGS, "delimiters": DELIMITERS}
REJECT_HEADS = (
    Text("行号", "row"),
    Text("数据项", "item"),
    Text("规则", "rule"),
    Text("原因", "reason"),
    Text("原文", "text"),
)


def _number(text: str) -> int:
    """A small whole number from a form; what is none is refused by ``Options``."""
    text = text.strip()
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


def _options(request: HttpRequest) -> Options:
    """How a form says that the file is to be read. Raises GongshuError for values that are not allowed."""
    post = request.POST
    return Options(
        sheet=post.get("sheet", "").strip(),
        encoding=post.get("encoding", ""),
        delimiter="\t" if post.get("delimiter") == "tab" else post.get("delimiter", ""),
        header_row=_number(post.get("header_row", "")),
        header_rows=_number(post.get("header_rows", "")),
        records=post.get("records", "").strip(),
        drop_unlisted=post.get("drop_unlisted") == "1",
        keep_footers=post.get("keep_footers") == "1",
        leave_merged=post.get("leave_merged") == "1",
    )


def _said(options: Options) -> dict[str, Any]:
    """Options as the form shows them."""
    return {**options.as_json(), "delimiter_word": "tab" if options.delimiter == "\t" else options.delimiter}


@staff
def runs(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    status = asked.get("status", "")
    found = queries.runs(
        actor, resource=asked.get("resource", "").replace("/", "-"), status=status if status in RUN_LABELS else ""
    )
    page = page_of(request, found, PAGE_SIZE)
    context = {"page_obj": page, "runs": page, "asked": asked, "statuses": list(RUN_LABELS.items())}
    return render(request, "console/runs.html", context)


@requires(Role.PROVIDER)
def collect(request: HttpRequest, code: str) -> HttpResponse:
    """Choose a file and hand it over; the answer is the page of its run."""
    actor = actor_of(request)
    entry = catalog.entry(actor, code)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            if file is None:
                raise GongshuError("web.file_missing", "请选择要提交的文件。", "Choose a file to hand over.")
            run = actions.submit_file(
                by=actor,
                resource=entry.code,
                filename=file.name or "file",
                content=file.file,
                options=_options(request),
                look=request.POST.get("look") == "1",
            )
        except GongshuError as error:
            wrong = error
        else:
            address = f"/console/runs/{run.pk}/"
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": address})
            return HttpResponseRedirect(address)
    context = {
        "entry": entry,
        "items": [(item, TYPE_LABELS[item.data_type], CHECK_LABELS[item.check]) for item in catalog.items(entry.code)],
        "runs": queries.runs(actor, resource=entry.code)[:5],
        "may_submit": queries.can_submit(actor, entry.provider.code),
        "wrong": wrong,
        "reading": READING,
        "said": request.POST if wrong else _said(queries.remembered(entry.code)),
        "said_open": bool(wrong) or bool(queries.remembered(entry.code).as_json()),
    }
    return render(request, "console/collect.html", context, status=wrong.status if wrong else 200)


def _run_context(request: HttpRequest, run_id: str) -> dict[str, Any]:
    actor = actor_of(request)
    found = queries.run(actor, run_id)
    titles = {item.name: item.title for item in catalog.items(found.resource)}
    done = found.status not in UNFINISHED
    waits = found.status == RunStatus.SHOWN
    sees = queries.can_see_rows(actor, found)
    return {
        "run": found,
        "done": done,
        "status_tag": status_tag(found.status, found.status_label),
        "detected": [
            (DETECTED.get(name, Text(name, name)), _spelled(value))
            for name, value in found.detection.items()
            if value not in ("", None, [], 0)
        ],
        "personal": scanning.of_run(found) if done else [],
        "profile": scanning.profile_of_run(actor, found) if done else [],
        **(_shown_context(found, titles) if waits else {}),
        "stage": STAGES.get(found.stage, Text(found.stage, found.stage)),
        "reasons": [(titles.get(r.column, r.column), r, n) for r, n in queries.reasons(found)] if done else [],
        "rejected": [
            (row, [(titles.get(reason.column, reason.column), reason.text) for reason in row.reasons])
            for row in (queries.rejected(actor, run_id, limit=REJECTS) if done and sees and found.rejected else [])
        ],
        "sees_rows": sees,
        "sides": intakes.reconciled(found.reconciliation),
        "waits": waits,
        "may_stop": (not done or waits) and queries.can_submit(actor, found.provider.code),
        "may_retry": found.status == "failed" and queries.can_submit(actor, found.provider.code),
    }


def _spelled(value: Any) -> Any:
    if isinstance(value, list):
        words = [f"{one['name']}（{one['before']}）" if isinstance(one, dict) else str(one) for one in value]
        return Text("、".join(words), ", ".join(words))
    return "⇥" if value == "\t" else value


def _shown_context(found: Any, titles: dict[str, str]) -> dict[str, Any]:
    """What the page of a run shows that waits for a person's word."""
    shown = found.preview
    problem = shown.get("problem")
    changed = queries.changed_since_last(found)
    return {
        "shown": shown,
        "problem": {"code": problem["code"], "text": Text(problem["zh"], problem["en"])} if problem else None,
        "first_reasons": [
            (titles.get(one["column"], one["column"]), queries.reason(one["column"], one["rule"]), one["rows"])
            for one in shown.get("failures", [])
        ],
        "changed": [
            (DETECTED.get(name, Text(name, name)), _spelled(before), _spelled(now))
            for name, (before, now) in changed.items()
        ],
        "reading": READING,
        "said": _said(Options.of(found.options)),
        "said_open": True,
    }


@requires(Role.PROVIDER)
@require_POST
def confirm(request: HttpRequest, run_id: str) -> HttpResponse:
    """Collect a file as it was shown, or look at it again read in another way."""
    actor, language = actor_of(request), language_of(request)
    try:
        again = request.POST.get("look") == "1"
        actions.confirm(by=actor, run=run_id, options=_options(request), look=again)
        messages.success(request, Text("已提交。", "Handed on.").say(language))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    return HttpResponseRedirect(f"/console/runs/{run_id}/")


@staff
def run(request: HttpRequest, run_id: str) -> HttpResponse:
    return render(request, "console/run.html", _run_context(request, run_id))


@staff
def progress(request: HttpRequest, run_id: str) -> HttpResponse:
    """The part of the run's page that changes; htmx asks for it until the run has ended, then for the whole page."""
    context = _run_context(request, run_id)
    if context["done"]:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "console/run_progress.html", context)


@requires(Role.PROVIDER)
def rejects(request: HttpRequest, run_id: str) -> StreamingHttpResponse:
    """Every rejected row as CSV (UTF-8 with BOM, as Excel wants it): row number, column, rule, reason, text."""
    actor, language = actor_of(request), language_of(request)
    found = queries.run(actor, run_id)
    rows = queries.all_rejected(actor, found.pk)
    first = next(rows, None)
    heads = [head.say(language) for head in REJECT_HEADS]
    return csv_answer.stream(f"rejected-{found.resource}-{found.pk}.csv", heads, _lines(first, rows, language))


def _lines(first: Any, rows: Iterator[Any], language: str) -> Iterator[list[Any]]:
    for row in () if first is None else chain([first], rows):
        for reason in row.reasons:
            yield [row.row, reason.column, reason.rule, reason.text.say(language), row.raw]


@requires(Role.PROVIDER)
@require_POST
def cancel(request: HttpRequest, run_id: str) -> HttpResponse:
    """Stop a run that has not ended, or try a failed one again."""
    actor, language = actor_of(request), language_of(request)
    again = "do" in request.POST and steps.chosen(request.POST, "do", ("retry",)) == "retry"
    try:
        if again:
            actions.retry(by=actor, run=run_id)
            messages.success(request, Text("已重新排队。", "Queued again.").say(language))
        else:
            actions.cancel(by=actor, run=run_id)
            messages.success(request, Text("已请求取消。", "Cancelling.").say(language))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    return HttpResponseRedirect(f"/console/runs/{run_id}/")
