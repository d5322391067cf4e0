"""The asset register: data assets, how each was assessed, survey totals, what was filed upward."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.errors import GongshuError, Text
from gongshu.home import open_home
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.supervision import asset_actions as actions
from gongshu.supervision import asset_queries as queries
from gongshu.supervision import handover_actions as handovers
from gongshu.supervision.asset_method import DIMENSIONS, METHOD
from gongshu.web import sheets, steps
from gongshu.web.language import language_of
from gongshu.web.parts import cites, page_of
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 20
COLUMNS = {
    "number": "资产编号",
    "title": "名称",
    "code": "资源代码",
    "holder": "持有单位",
    "registered_on": "登记日期",
    "rows": "记录数",
    "assessed_on": "评估日期",
    "method": "评估方法",
    "quality": "质量分",
    "value": "价值分",
    "total": "总分",
}


@staff
def assets(request: HttpRequest) -> HttpResponse:
    return assets_page(request)


def assets_page(request: HttpRequest, wrong: GongshuError | None = None) -> HttpResponse:
    """The register, the survey totals, and the filings for whoever supervises."""
    actor, language = actor_of(request), language_of(request)
    keeps, all_seen = actions.can_keep(actor), actor.has(Role.DATA_AUTHORITY, Role.AUDITOR)
    page = page_of(request, queries.search(actor, text=request.GET.get("q", "")), PAGE_SIZE)
    listed, city = queries.survey() if all_seen and request.GET.get("survey") else ([], None)
    cited, filing_rule = actions.citations(), actions.filing_rule()
    context = {
        "page_obj": page,
        "asked": request.GET,
        "keeps": keeps and bool(cited),
        "known": bool(cited),
        "cites": cites(cited, language),
        "waiting": queries.unregistered().count() if keeps else 0,
        "columns": queries.SURVEY,
        "survey": [(who, totals.columns()) for who, totals in listed],
        "city_totals": city.columns() if city else None,
        "may_survey": all_seen,
        "filings": list(queries.filings()[:20]) if all_seen else [],
        "filing_rule": filing_rule.value if filing_rule else None,
        "filing_due": bool(filing_rule) and queries.filing_due(),
        "any_asset": queries.visible(actor).exists(),
        "upward": open_home().upward,
        "wrong": wrong,
    }
    return render(request, "console/assets.html", context, status=wrong.status if wrong else 200)


@staff
def asset(request: HttpRequest, number: str) -> HttpResponse:
    """One asset with the arithmetic of its assessments."""
    actor = actor_of(request)
    found = queries.asset(actor, number)
    context = {
        "found": found,
        "assessments": list(queries.assessments(found)[:10]),
        "keeps": actions.can_keep(actor),
        "dimensions": DIMENSIONS,
        "method": METHOD,
        "records": ledger.records(subject=found.number, limit=20),
    }
    return render(request, "console/asset.html", context)


@requires(Role.DATA_AUTHORITY)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Register what is not registered yet, assess one asset, or file the register upward."""
    by, name, back = actor_of(request), request.POST.get("act", ""), "/console/assets/"
    try:
        if name == "register":
            made = len(actions.register_all(by=by))
            said = Text(f"新登记 {made} 项数据资产。", f"Registered {made} data assets.")
        elif name == "assess":
            number = request.POST.get("number", "")[:24]
            result = actions.assess(by=by, number=number)
            back, said = f"/console/assets/{number}/", Text(f"评估总分 {result.total}。", f"Total {result.total}.")
        elif name == "file":
            filed = actions.file_upward(by=by, to=request.POST.get("to", ""))
            said = Text(f"已备案 {filed.number}，{filed.assets} 项。", f"Filed {filed.number}: {filed.assets} assets.")
        elif name == "send":
            handovers.send_again(by=by, number=request.POST.get("number", "")[:24])
            said = Text("已交后台办理，稍后刷新查看。", "The worker takes it up; look again in a moment.")
        elif name == "receipt":
            number, given = request.POST.get("number", "")[:24], request.POST.get("receipt", "")
            handovers.note_receipt(by=by, number=number, receipt=given)
            said = Text("回执已登记。", "The receipt is noted.")
        else:
            raise steps.unknown()
    except GongshuError as wrong:
        return assets_page(request, wrong)
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(back)


@requires(Role.DATA_AUTHORITY, Role.AUDITOR)
def filed(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """A filing as it was: the very JSON whose digest is in the ledger, or its assets as CSV or XLSX."""
    found = queries.filing(number)
    if form == "json":
        response = HttpResponse(found.body, content_type="application/json; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{found.number}.json"'
        return response
    rows = [[str(one[name]) for name in COLUMNS] for one in json.loads(found.body)["assets"]]
    return sheets.answer(form, found.number, tuple(COLUMNS.values()), rows)
