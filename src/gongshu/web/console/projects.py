"""The project gate: IT projects, their planned catalogs, and the verdicts before approval, at acceptance, for funds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.states import CYCLE_LABELS, OpenType, ShareType, UpdateCycle
from gongshu.errors import GongshuError, Text
from gongshu.filings import queries as filings
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.supervision import project_actions as actions
from gongshu.supervision import project_monitoring
from gongshu.supervision import project_queries as queries
from gongshu.supervision.project_gate import Reason, passes
from gongshu.supervision.project_models import Project
from gongshu.supervision.project_rules import Gate, gate
from gongshu.supervision.project_states import BUILDING, PLANNABLE, PROJECT_LABELS, STAGE_LABELS, ProjectStatus, Stage
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, office_words, open_tag, page_of, share_tag
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 20
_TONES = {
    ProjectStatus.SUBMITTED: "caution",
    ProjectStatus.HANDED_OVER: "caution",
    ProjectStatus.REFUSED: "danger",
    ProjectStatus.NOT_ACCEPTED: "danger",
    ProjectStatus.APPROVED: "info",
    ProjectStatus.ACCEPTED: "good",
}
_DONE = {
    "plan": Text("已加入预编目录。", "Added to the planned catalog."),
    "drop": Text("已从预编目录删除。", "Taken out of the planned catalog."),
    "explain": Text("说明已保存。", "The explanation is kept."),
    "entry": Text("已指明目录。", "The entry is named."),
    "system": Text("已指明信息系统。", "The information system is named."),
    "submit": Text("已提交立项审查。", "Submitted to the gate before approval."),
    "hand_over": Text("已提交验收审查。", "Handed over to the gate at acceptance."),
    "withdraw": Text("项目已撤回。", "The project is withdrawn."),
    "pass": Text("审查结论：通过。", "Verdict: passed."),
    "refuse": Text("审查结论：不通过。", "Verdict: not passed."),
}


@staff
def projects(request: HttpRequest) -> HttpResponse:
    """The register of projects that the viewer may see."""
    actor, asked = actor_of(request), request.GET
    page = page_of(request, queries.search(actor, text=asked.get("q", ""), status=asked.get("status", "")), PAGE_SIZE)
    rule = gate()
    context = {
        "page_obj": page,
        "rows": [(one, _tag(one)) for one in page],
        "asked": asked,
        "statuses": list(PROJECT_LABELS.items()),
        "may_register": queries.can_register(actor) and rule.known,
        **_law(rule, language_of(request)),
    }
    return render(request, "console/projects.html", context)


@requires(Role.PROVIDER)
def new(request: HttpRequest) -> HttpResponse:
    """Register a project."""
    typed, wrong, rule = request.POST, None, gate()
    if request.method == "POST":
        try:
            made = actions.register(by=actor_of(request), name=typed.get("name", ""), summary=typed.get("summary", ""))
        except GongshuError as error:
            wrong = error
        else:
            said = Text(
                f"项目 {made.number} 已登记，请预编目录。", f"Project {made.number} is registered; plan its catalog."
            )
            messages.success(request, said.say(language_of(request)))
            return HttpResponseRedirect(f"/console/projects/{made.number}/")
    context = {"typed": typed, "wrong": wrong, "wrong_field": _field(wrong), **_law(rule, language_of(request))}
    return render(request, "console/project_new.html", context, status=wrong.status if wrong else 200)


@staff
def project(request: HttpRequest, number: str) -> HttpResponse:
    return project_page(request, number)


def project_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The project with its plan, what the gate finds now, and the verdicts given so far."""
    actor, language = actor_of(request), language_of(request)
    found = queries.project(actor, number)
    rule, lines = gate(), queries.plan(found)
    may = queries.possible(actor, found, rule)
    own = queries.can_register(actor) and actor.organization == found.organization.code
    stage = queries.stage_of(found)
    reasons = queries.reasons(found, lines, rule)
    context = {
        "found": found,
        "tag": _tag(found),
        "stage": STAGE_LABELS[stage] if stage else None,
        "reasons": [(reason, cites(reason.citations, language)) for reason in reasons],
        "passes": passes(reasons),
        "watched": project_monitoring.watched(found),
        "monitored": project_monitoring.asked(),
        "plan": [_line(line, reasons) for line in lines],
        "may": may,
        "may_pass": any(name.startswith("pass_") for name in may),
        "may_plan": own and found.status in PLANNABLE,
        "may_name": own and found.status in BUILDING,
        "systems": list(filings.search_systems(actor)[:100]) if own and found.status in (*PLANNABLE, *BUILDING) else [],
        "verdicts": [
            (one, [(r, cites(r["citations"], language)) for r in one.reasons]) for one in queries.verdicts(found)
        ],
        "share_types": [(str(t), share_tag(t).text) for t in ShareType],
        "open_types": [(str(t), open_tag(t).text) for t in OpenType],
        "cycles": list(CYCLE_LABELS.items()),
        "records": ledger.records(subject=found.number, limit=20),
        "wrong": wrong,
        "wrong_field": _field(wrong),
        "typed": request.POST,
        **_law(rule, language),
    }
    return render(request, "console/project.html", context, status=wrong.status if wrong else 200)


@requires(Role.PROVIDER, Role.DATA_AUTHORITY)
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One step of a project; which ones the viewer may take is the domain's to say."""
    return steps.take(
        request,
        _DONE,
        lambda name: _perform(request, number, name),
        lambda wrong: project_page(request, number, wrong),
        f"/console/projects/{number}/",
    )


def _perform(request: HttpRequest, number: str, name: str) -> None:
    typed, by = request.POST, actor_of(request)
    position = _number(typed.get("position", ""))
    if name == "plan":
        actions.plan_entry(
            by=by, number=number, data=_planned(typed, by.organization), uses=typed.get("uses", "").strip()[:40]
        )
    elif name == "drop":
        actions.drop_entry(by=by, number=number, position=position)
    elif name == "explain":
        actions.explain(by=by, number=number, position=position, difference=typed.get("difference", ""))
    elif name == "entry":
        actions.name_entry(by=by, number=number, position=position, code=typed.get("code", "").strip()[:40])
    elif name == "system":
        actions.name_system(by=by, number=number, system_id=_number(typed.get("system", "")))
    elif name == "submit":
        actions.submit(by=by, number=number)
    elif name == "hand_over":
        actions.hand_over(by=by, number=number)
    elif name == "withdraw":
        actions.withdraw(by=by, number=number)
    elif name in {"pass", "refuse"}:
        stage = queries.stage_of(queries.project(by, number)) or Stage.APPROVAL
        actions.decide(by=by, number=number, stage=stage, passed=name == "pass", remark=typed.get("remark", ""))


def _planned(typed: Any, organization: str) -> EntryData:
    """A planned entry from the form: items one a line, by their titles."""
    titles = [one.strip() for one in typed.get("items", "").splitlines() if one.strip()]
    try:
        share, opened = ShareType(typed.get("share_type", "")), OpenType(typed.get("open_type", ""))
        cycle = UpdateCycle(typed.get("update_cycle", ""))
    except ValueError:
        raise GongshuError(
            "project.choice",
            "请从列表中选择共享类型、开放类型和更新周期。",
            "Choose share type, open type and update cycle from the lists.",
        ) from None
    return EntryData(
        title=typed.get("title", ""),
        abstract="",
        provider=organization,
        share_type=share,
        open_type=opened,
        update_cycle=cycle,
        items=tuple(ItemData(f"item_{n}", title) for n, title in enumerate(titles, start=1)),
    )


def _line(line: Any, reasons: list[Reason]) -> dict[str, Any]:
    data = queries.planned_data(line)
    return {
        "row": line,
        "items": [item.title for item in data.items],
        "share": share_tag(str(data.share_type)),
        "open": open_tag(str(data.open_type)),
        "cycle": CYCLE_LABELS[data.update_cycle],
        "doubled": any(one.code.startswith("duplicate") and f"“{line.title}”" in one.text.zh for one in reasons),
    }


def _law(rule: Gate, language: str) -> dict[str, Any]:
    return {
        "known": rule.known,
        "region": rules.active().region,
        "requirements": [(one.label, cites(one.citations, language)) for one in rule.requirements.values()],
        "office": office_words(rule.office),
        "office_cites": cites(rule.office_citations, language),
        "gate_cites": cites(rule.citations, language),
        "today": clock.today(),
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _field(wrong: GongshuError | None) -> str:
    return str(wrong.where.get("field", "")) if wrong else ""


def _tag(found: Project) -> Tag:
    return Tag(found.status_label, _TONES.get(ProjectStatus(found.status), "still"))
