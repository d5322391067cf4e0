"""The catalog as staff see it: the list with filters, one entry with all that happened to it, and its steps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import actions, data_actions, finding, queries, saved_queries
from gongshu.catalog.labels import ENTRY_LABELS, shown
from gongshu.catalog.states import (
    CHECK_LABELS,
    STATUS_LABELS,
    THEME_LABELS,
    TYPE_LABELS,
    EntryStatus,
    SecrecyConclusion,
)
from gongshu.catalog.terms import GRADE_LABELS, LEVEL_LABELS
from gongshu.collection import queries as collection
from gongshu.collection import scanning
from gongshu.duties import queries as duties
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.grants import queries as grants
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.libraries import queries as libraries
from gongshu.opening import queries as opening
from gongshu.opening import type_queries
from gongshu.sharing import dispute_queries
from gongshu.sharing import queries as sharing
from gongshu.web import duty_block
from gongshu.web.console import entry_tabs, readers, review
from gongshu.web.language import language_of
from gongshu.web.parts import cites, facet_words, grant_lines, open_tag, share_tag, status_tag
from gongshu.web.permissions import actor_of, staff
from gongshu.web.typed import needed_day

PAGE_SIZE = 20


@staff
def entries(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    asked = request.GET
    names = ("theme", "provider", "share", "open", "status", "kind", "grade", "level")
    filters = {name: asked.get(name, "") for name in (*names, "data")}
    if asked.get("mine"):
        filters["provider"] = actor.organization
    found = finding.find(
        actor,
        asked.get("q", ""),
        filters=filters,
        order=asked.get("sort") or ("" if asked.get("q", "").strip() else "changed"),
        at=asked.get("at", ""),
        size=PAGE_SIZE,
        facets=names,
    )
    words = facet_words({name: [value for value, _ in found.facets[name]] for name in names})
    choices = {name: [(value, words[name](value), n) for value, n in found.facets[name]] for name in names}
    context = {
        "found": found,
        "rows": [
            (
                hit,
                share_tag(hit.entry.share_type),
                open_tag(hit.entry.open_type),
                status_tag(hit.entry.status, hit.entry.status_label),
            )
            for hit in found.hits
        ],
        "choices": choices,
        "asked": asked,
        "statuses": list(STATUS_LABELS.items()),
        "sorts": [
            *([("relevance", Text("相关度", "Relevance"))] if asked.get("q", "").strip() else []),
            ("changed", Text("最近变动", "Changed")),
            ("title", Text("名称", "Title")),
            ("rows", Text("数据量", "Rows")),
            ("code", Text("资源代码", "Code")),
        ],
        "sort": found.order,
        "may_compile": actor.has(Role.PROVIDER),
    }
    return render(request, "console/entries.html", context)


@staff
def entry(request: HttpRequest, code: str) -> HttpResponse:
    return entry_page(request, code)


def entry_page(request: HttpRequest, code: str, wrong: GongshuError | None = None) -> HttpResponse:
    """The entry's page; ``wrong`` is why the step that was tried is not possible."""
    actor = actor_of(request)
    found = queries.entry(actor, code)
    own = found.provider.code == actor.organization
    sees_readers = own or actor.has(Role.DATA_AUTHORITY, Role.AUDITOR)
    compiles = queries.can_compile(actor, found.provider.code)
    releases = opening.visible(actor).filter(entry__code=found.code).order_by("-id")[:5]
    applications = sharing.search(actor, filters={"entry__code": found.code})[:10]
    criteria = rules.active().find("catalog.review_criteria", on=clock.today())
    update = rules.active().find("catalog.update_deadline", on=clock.today())
    revision = queries.revision_of(found)
    sees_draft = queries.sees_draft(actor, found)
    tab = request.GET.get("tab", "")
    tab = tab if tab in entry_tabs.TABS else ""
    in_work = (revision.status if revision else found.status) in {"draft", "returned"}
    library = libraries.of_entry(found.code)
    seen_runs = list(collection.runs(actor, resource=found.code)[:8]) if sees_readers else []
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": [(value, label, value == tab) for value, label in entry_tabs.TABS.items()],
        "revision": revision if sees_draft else None,
        "revision_tag": status_tag(revision.status, revision.status_label) if revision and sees_draft else None,
        "may_revise": compiles and found.status == EntryStatus.PUBLISHED and revision is None,
        "may_discard": compiles and revision is not None and in_work,
        "may_see_draft": sees_draft and (revision is not None or found.status != EntryStatus.PUBLISHED),
        "remarks_count": len(found.field_remarks),
        "facts": _facts(found),
        **entry_tabs.tab_context(request, found, tab, sees_draft=sees_draft, sees_readers=sees_readers),
        "entry": found,
        "items": [
            (item, TYPE_LABELS[item.data_type], CHECK_LABELS[item.check], MASK_LABELS.get(item.mask))
            for item in queries.items(found.code)
        ],
        "theme": THEME_LABELS.get(found.theme, Text(found.theme, found.theme)),
        "share_tag": share_tag(found.share_type),
        "open_tag": open_tag(found.open_type),
        "status_tag": status_tag(found.status, found.status_label),
        "history": [
            (event, entry_tabs.HISTORY_LABELS.get(event.action, Text(event.action, event.action)))
            for event in queries.history(found).order_by("-id")[:30]
        ],
        "runs": seen_runs,
        "personal": _personal(found) if sees_readers else [],
        "grants": grant_lines(grants.grants(actor, resource=found.code)[:10], {}) if sees_readers else [],
        "applications": [(one, status_tag(one.status, one.status_label)) for one in applications],
        "releases": [(one, status_tag(one.status, one.status_label)) for one in releases],
        "readers": readers.of(found.code, language_of(request)) if sees_readers else None,
        "follows": saved_queries.follows(actor, found.code),
        "may_edit": compiles and in_work and found.status != EntryStatus.WITHDRAWN,
        "may_reopen": compiles and found.status == EntryStatus.WITHDRAWN,
        "may_review": queries.can_review(actor, found),
        "turn": queries.review_turn(found),
        "may_review_secrecy": queries.can_review_secrecy(actor, found),
        "secrecy": queries.secrecy_review(found),
        "criteria": criteria.value if criteria else (),
        "update_cites": cites(update.citations if update else (), language_of(request)),
        "criteria_cites": cites(criteria.citations if criteria else (), language_of(request)),
        "may_withdraw": queries.can_withdraw(actor, found),
        "library": library,
        "may_collect": compiles and found.status == EntryStatus.PUBLISHED and library is None,
        "may_apply": found.status == EntryStatus.PUBLISHED and sharing.can_apply(actor, found.provider.code),
        "may_propose_type": found.status == EntryStatus.PUBLISHED and type_queries.can_propose(actor, found.code),
        "may_negotiate": found.status == EntryStatus.PUBLISHED
        and dispute_queries.can_negotiate(actor, share_type=found.share_type, provider=found.provider.code),
        "may_propose": opening.can_propose(actor, found.provider.code)
        and found.status == EntryStatus.PUBLISHED
        and found.open_type == "UNCONDITIONAL"
        and found.data_version is not None
        and not any(one.status in {"in_review", "public"} for one in releases),
        "data_duty": _data_duty(actor, found) if sees_readers else None,
        "data_cites": cites(
            rules.active().value("catalog.data_update_deadline", on=clock.today()).citations, language_of(request)
        ),
        "wrong": wrong,
        "typed": request.POST,
        "today": clock.today(),
        "ledger_size": ledger.records(resource=found.code, limit=1),
    }
    return render(request, "console/entry.html", context, status=wrong.status if wrong else 200)


def _personal(entry: Any) -> list[scanning.Shown]:
    """What the present version holds of personal data, however it was made."""
    if entry.data_version is None:
        return []
    return scanning.of_profile(entry.code, scanning.counted_in(entry.code, entry.data_version))


_DONE = {
    "submit": Text("已提交审核。", "Submitted for review."),
    "publish": Text("目录已发布。", "The entry is published."),
    "return": Text("已退回编制人。", "Sent back to its compiler."),
    "secrecy_passed": Text("保密审查已记录。", "The secrecy review is recorded."),
    "secrecy_refused": Text("保密审查已记录：不通过。", "The secrecy review is recorded: not passed."),
    "revise": Text("已建立修订草稿，请修改后提交审核。", "The revision is begun; change it and submit it."),
    "declare": Text("已申报变化，请在期限内更新目录。", "The change is declared; update the entry in time."),
    "data_changed": Text(
        "已申报数据变化，请在期限内更新数据。", "The change of data is declared; update them in time."
    ),
    "discard": Text("修订草稿已放弃。", "The revision is given up."),
    "withdraw": Text("目录已撤下。", "The entry is withdrawn."),
    "reopen": Text("可以重新编制。", "The entry can be compiled again."),
}


@staff
@require_POST
def step(request: HttpRequest, code: str) -> HttpResponse:
    """Submit, publish, send back, withdraw or reopen; the domain checks who may."""
    actor, wanted, remark = actor_of(request), request.POST.get("step", ""), request.POST.get("remark", "")
    try:
        if wanted == "submit":
            actions.submit_entry(by=actor, code=code)
        elif wanted == "publish":
            actions.publish_entry(by=actor, code=code, remark=remark, criteria=request.POST.getlist("criteria"))
        elif wanted in {"secrecy_passed", "secrecy_refused"}:
            conclusion = SecrecyConclusion(wanted.removeprefix("secrecy_"))
            actions.record_secrecy_review(by=actor, code=code, conclusion=conclusion, note=remark)
        elif wanted == "discard":
            actions.discard_revision(by=actor, code=code)
        elif wanted == "return":
            actions.return_entry(by=actor, code=code, remark=remark, remarks=review.remarks_in(request))
        elif wanted == "withdraw":
            actions.withdraw_entry(by=actor, code=code, remark=remark, replaced_by=request.POST.get("replaced_by", ""))
        elif wanted == "revise":
            actions.revise_entry(by=actor, code=code, reason=remark)
        elif wanted == "declare":
            actions.declare_change(by=actor, code=code, reason=remark)
        elif wanted == "data_changed":
            day = needed_day(request.POST, "changed_on")
            data_actions.declare_data_change(by=actor, code=code, changed_on=day, note=remark)
        elif wanted == "reopen":
            actions.reopen_entry(by=actor, code=code)
        else:
            raise NotFound("web.step_unknown", "没有这个操作。", "There is no such step.")
    except NotFound:
        raise
    except GongshuError as wrong:
        if request.POST.get("from") == "review":
            return review.review_page(request, code, wrong)
        return entry_page(request, code, wrong)
    done = _DONE[wanted]
    if wanted == "publish" and (turn := queries.review_turn(queries.entry(actor, code))) is not None:
        done = Text(f"审核通过，已转{turn.name.zh}审核。", f"Agreed; {turn.name.en} reviews it next.")
    messages.success(request, done.say(language_of(request)))
    onwards = {"revise": "edit/", "secrecy_passed": "review/" if request.POST.get("from") == "review" else ""}
    return HttpResponseRedirect(f"/console/catalog/{code}/{onwards.get(wanted, '')}")


def _data_duty(actor: Actor, found: Any) -> duty_block.Block | None:
    """The time of an update of the data that is owed, if one is."""
    owed = [one for one in duties.of_subject(found.code) if one.kind == data_actions.UPDATE_DUTY and one.is_owed]
    return next(iter(duty_block.make(actor, owed)), None)


def _facts(found: Any) -> list[tuple[Text, Text]]:
    """The metadata of an entry that the table above does not show already, as far as it says anything."""
    data, local = queries.data_of(found), entry_tabs.local_words(found.provider)
    names = (
        "kind", "division", "group", "subgroup", "lead_department", "format_category", "format_type", "format_note",
        "encoding", "share_basis_kind", "contains", "share_method", "share_period", "open_basis", "open_filing",
        "legal_basis", "rights", "keywords", "contact_name", "contact_phone",
    )  # fmt: skip
    facts = [(ENTRY_LABELS[name], shown(name, getattr(data, name), local)) for name in names if getattr(data, name)]
    level = LEVEL_LABELS[data.effective_level]
    return [(ENTRY_LABELS["level"], level), (ENTRY_LABELS["grade"], GRADE_LABELS[data.effective_grade]), *facts]
