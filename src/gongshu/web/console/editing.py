"""Compiling an entry: one form that saves as it goes, for a new draft, for one sent back, for a revision.

Without JavaScript the same form is sent whole by its buttons: save, add pasted rows, set terms of chosen items, submit.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock, rules
from gongshu.catalog import actions, guard, queries, rights
from gongshu.catalog.comparison import compare
from gongshu.catalog.draft import EntryData, ItemData, from_plain
from gongshu.catalog.states import Check, DataType
from gongshu.collection import drafting
from gongshu.errors import GongshuError, Text
from gongshu.identity import queries as identity
from gongshu.identity.states import Role
from gongshu.web.console import entry_tabs, pasted
from gongshu.web.console.entry_forms import EntryForm, ItemFormSet, chosen_of, items_of
from gongshu.web.language import language_of
from gongshu.web.parts import cites
from gongshu.web.permissions import actor_of, requires

EMPTY_ROWS = 3
LARGEST_SAMPLE = 50 * 1024 * 1024


@requires(Role.PROVIDER)
def new(request: HttpRequest) -> HttpResponse:
    """A new entry; ``code`` in the form is there once the form saved itself."""
    return _editing(request, code=request.POST.get("code", ""))


@requires(Role.PROVIDER)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    return _editing(request, code=code)


@requires(Role.PROVIDER)
@require_POST
def autosave(request: HttpRequest) -> HttpResponse:
    """The form saved itself: answers when, or why not, and what the consistency rules find."""
    actor, language = actor_of(request), language_of(request)
    context: dict[str, Any] = {"findings": [], "code": request.POST.get("code", "")}
    try:
        found = queries.entry(actor, context["code"]) if context["code"] else None
        before = queries.draft_of(found) if found else _blank(actor.organization)
        form, items = _forms(language, typed=request.POST, initial=before)
        if not (form.is_valid() and items.is_valid()):
            raise GongshuError(
                "web.form_invalid",
                "有内容填写不正确，请按提示修改。",
                "Some fields are not right; see the hints.",
            )
        data = form.entry(items_of(items, before), before)
        if found is None:
            found = actions.create_entry(by=actor, data=data)
        else:
            actions.change_entry(by=actor, code=found.code, data=data, quietly=True, expected=_expected(request))
        found = queries.entry(actor, found.code)
        context |= {
            "code": found.code,
            "edition": guard.revision(found),
            "saved_at": f"{clock.local(clock.now()):%H:%M:%S}",
            "findings": _cited(queries.findings(found), language),
        }
    except GongshuError as wrong:
        context["wrong"] = wrong
    response = render(request, "console/entry_saved.html", context)
    if not request.POST.get("code") and context["code"]:
        response["HX-Replace-Url"] = f"/console/catalog/{context['code']}/edit/"
    return response


@requires(Role.PROVIDER)
def from_file(request: HttpRequest) -> HttpResponse:
    """Propose items from a file: names, types, lengths. Nothing is saved, and nothing is marked, before a person does."""
    language = language_of(request)
    wrong: GongshuError | None = None
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise GongshuError("web.file_missing", "请选择一个文件。", "Choose a file.")
            if (file.size or 0) > LARGEST_SAMPLE:
                raise GongshuError("web.file_large", "样例文件不得超过 50 MB。", "A sample file has at most 50 MB.")
            data = replace(_blank(actor_of(request).organization), items=_proposed(file))
        except GongshuError as error:
            wrong = error
        else:
            form, items = _forms(language, initial=data)
            return _page(request, None, form, items, data, proposed=file.name or "")
    return render(request, "console/entry_from_file.html", {"wrong": wrong}, status=wrong.status if wrong else 200)


def _proposed(file: Any) -> tuple[ItemData, ...]:
    folder = Path(tempfile.mkdtemp(prefix="gongshu-sample-"))
    try:
        path = folder / ("sample" + Path(file.name or "").suffix[:10])
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        columns = drafting.draft(path).columns
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return tuple(
        ItemData(c.name, c.title, DataType(c.type), c.length, c.required, c.is_key, Check(c.check)) for c in columns
    )


def _editing(request: HttpRequest, code: str) -> HttpResponse:
    actor, language = actor_of(request), language_of(request)
    found = queries.entry(actor, code) if code else None
    before = queries.draft_of(found) if found else _blank(actor.organization)
    if request.method != "POST":
        return _page(request, found, *_forms(language, initial=before), before if found else None)
    form, items = _forms(language, typed=request.POST, initial=before)
    if not (form.is_valid() and items.is_valid()):
        return _page(request, found, form, items, None, status=400)
    then = request.POST.get("then", "save")
    try:
        data = form.entry(items_of(items, before), before)
        if then == "paste":
            data = replace(data, items=(*data.items, *pasted.items(request.POST.get("pasted", ""), data.items)))
        elif then == "bulk":
            data = _with_terms(data, chosen_of(items), request.POST)
        if found:
            saved = actions.change_entry(by=actor, code=found.code, data=data, expected=_expected(request))
        else:
            saved = actions.create_entry(by=actor, data=data)
        if then == "submit":
            actions.submit_entry(by=actor, code=saved.code)
            said = Text(
                "已保存并提交审核，请等待另一位同事审核。", "Saved and submitted; another person reviews it now."
            )
        else:
            said = Text("草稿已保存。", "The draft is saved.")
    except guard.Outdated:
        return _collision(request, code, form, items, before, data)
    except GongshuError as wrong:
        form.add_error(None, wrong.say(language))
        kept = queries.entry(actor, saved.code) if "saved" in locals() else found
        return _page(request, kept, form, items, None, status=wrong.status)
    messages.success(request, said.say(language))
    onwards = "edit/#items" if then in {"paste", "bulk"} else ""
    return HttpResponseRedirect(f"/console/catalog/{saved.code}/{onwards}")


def _expected(request: HttpRequest) -> str:
    """The state of the entry that the form was filled in over."""
    return request.POST.get("edition", "")[:64]


def _collision(
    request: HttpRequest, code: str, form: EntryForm, items: Any, now: EntryData, typed: EntryData
) -> HttpResponse:
    """Somebody else saved in between: what was typed stays in the form, and saving again writes it over theirs."""
    found = queries.entry(actor_of(request), code)
    written = queries.revision_of(found) or found
    context = {
        "theirs": entry_tabs.in_words(compare(now, typed)),
        "changed_by": written.compiled_by.display_name if written.compiled_by else "",
        "changed_at": written.changed_at,
    }
    return _page(request, found, form, items, None, status=guard.Outdated.status, collision=context)


def _with_terms(data: EntryData, chosen: set[str], typed: Mapping[str, str]) -> EntryData:
    """The terms of the bulk row set on the chosen items; what is left at "no change" stays."""
    if not chosen:
        raise GongshuError("web.none_chosen", "请先勾选要设置的信息项。", "Tick the items to be set first.")
    plain: dict[str, Any] = {}
    for name in ("share_type", "open_type", "mask", "level"):
        value = typed.get(f"bulk_{name}", "")
        if value == "entry":
            plain[name] = None
        elif value:
            plain[name] = int(value) if name == "level" and value.isascii() and value.isdecimal() else value
    items = []
    for item in data.items:
        if item.name in chosen:
            holder = {"title": "", "abstract": "", "provider": "", "items": [{**asdict(item), **plain}]}
            item = from_plain(holder).items[0]
        items.append(item)
    return replace(data, items=tuple(items))


def _blank(organization: str) -> EntryData:
    """A new form: what the law itself says of the rights stands in it already."""
    unit = identity.organization(organization)
    blank = EntryData("", "", organization)
    return rights.named(blank, pack=rules.active(), on=clock.today(), provider=unit.name)


def _forms(language: str, *, initial: EntryData, typed: Any = None) -> tuple[EntryForm, Any]:
    rows = [asdict(item) | {"ORDER": place} for place, item in enumerate(initial.items, start=1)]
    form = EntryForm(typed, initial=asdict(initial), language=language)
    items = ItemFormSet(typed, initial=rows or [{}] * EMPTY_ROWS, prefix="items", form_kwargs={"language": language})
    return form, items


def _page(
    request: HttpRequest,
    found: Any,
    form: EntryForm,
    items: Any,
    data: EntryData | None,
    *,
    proposed: str = "",
    status: int = 200,
    collision: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The form; ``data`` is what it shows, when that is known: then the findings stand beside the fields."""
    findings = queries.findings_of(data, found) if data is not None else ()
    notes: dict[str, list[Any]] = defaultdict(list)
    for one in findings:
        name = one.field if one.row is None else f"items-{one.row - 1}-{one.field}"
        notes[name].append((str(one.severity), one.text))
    for remark in found.field_remarks if found else ():
        notes[_field_of(remark["path"], data)].append(("remark", Text(remark["text"], remark["text"])))
    context = {
        "entry": found,
        "form": form,
        "sections": form.sections(),
        "items": items,
        "findings": _cited(findings, language_of(request)),
        "notes": dict(notes),
        "proposed": proposed,
        "edition": guard.revision(found) if found else "",
        "collision": collision,
        "revision": queries.revision_of(found) if found else None,
        "share_types": form.fields["share_type"].choices,  # type: ignore[attr-defined]
        "open_types": form.fields["open_type"].choices,  # type: ignore[attr-defined]
        "masks": items.empty_form.fields["mask"].choices,
        "levels": items.empty_form.fields["level"].choices,
    }
    return render(request, "console/entry_form.html", context, status=status)


def _cited(findings: Any, language: str) -> list[tuple[Any, list[dict[str, Any]]]]:
    return [(one, cites(one.citations, language)) for one in findings]


def _field_of(path: str, data: EntryData | None) -> str:
    """The form's name of the field that a remark is about."""
    head, _, rest = path.partition(".")
    if head != "items" or data is None:
        return head
    name, _, field = rest.partition(".")
    place = next((n for n, item in enumerate(data.items) if item.name == name), None)
    return "items" if place is None else f"items-{place}-{field or 'title'}"
