"""Organisations as a tree: who stands under whom, in which office, and who answers for its data (luzhou-5, -6)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from gongshu.errors import GongshuError, Text
from gongshu.identity import actions, directory, queries
from gongshu.identity.states import BODY_KIND_LABELS, ROLE_LABELS, ROLE_NOTES, BodyKind, Office, Role
from gongshu.web.console.people_forms import ROLES, OrganizationForm, PersonForm
from gongshu.web.language import language_of
from gongshu.web.parts import office_words, page_of
from gongshu.web.permissions import STAFF, actor_of, requires

PAGE_SIZE = 100
readers = requires(*STAFF, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
keepers = requires(Role.DATA_AUTHORITY, Role.SYSTEM_ADMIN)
DEEPEST = 6  # levels that the list sets apart by indentation


@readers
def organizations(request: HttpRequest) -> HttpResponse:
    """The directory. Everybody with a role sees it; only the data authority changes it."""
    asked = request.GET.get("q", "")
    rows = directory.tree(asked)
    page = page_of(request, rows, PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [
            (row, min(row.depth, DEEPEST), office_words(row.organization.office), _kind(row.organization))
            for row in page
        ],
        "found": sum(row.found for row in rows),
        "asked": asked,
        "may_change": queries.can_keep_organizations(actor_of(request)),
    }
    return render(request, "console/organizations.html", context)


@readers
def organization(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of(request)
    found = queries.organization(code)
    held = directory.memberships_of(found)
    now = [one for one in held if one.until is None]
    now_separated = queries.separation()
    manages = queries.can_manage_people(actor, now_separated)
    systems = list(queries.clients(actor).filter(organization=found))
    context = {
        "found": found,
        "office": office_words(found.office),
        "kind": _kind(found),
        "line": list(reversed(queries.ancestors(found))),
        "below": list(found.children.order_by("code")),
        "people": _people(now),
        "former": [(one, ROLE_LABELS[Role(one.role)]) for one in held if one.until is not None],
        "principal": [one.person for one in now if one.role == Role.PRINCIPAL],
        "stewards": [one.person for one in now if one.role == Role.STEWARD],
        "systems": systems,
        "sees_systems": bool(systems) or queries.can_manage_clients(actor, code, now_separated),
        "sees_names": manages or actor.has(Role.AUDITOR),
        "may_change": queries.can_keep_organizations(actor, now_separated),
        "may_add_people": manages,
    }
    return render(request, "console/organization.html", context)


def _people(held: list[Any]) -> list[tuple[Any, list[tuple[Any, Text]]]]:
    """Each person once, with the roles of today."""
    by_person: dict[int, tuple[Any, list[tuple[Any, Text]]]] = {}
    for one in held:
        by_person.setdefault(one.person_id, (one.person, []))[1].append((one, ROLE_LABELS[Role(one.role)]))
    return list(by_person.values())


def _kind(organization: Any) -> Text:
    return BODY_KIND_LABELS[BodyKind(organization.body_kind)]


@keepers
def new(request: HttpRequest) -> HttpResponse:
    return _editing(request, None)


@keepers
def edit(request: HttpRequest, code: str) -> HttpResponse:
    return _editing(request, queries.organization(code))


def _editing(request: HttpRequest, found: Any | None) -> HttpResponse:
    actions.check_keeps_organizations(by=actor_of(request))
    language = language_of(request)
    initial = {"parent": request.GET.get("under", ""), "office": str(Office.DEPARTMENT)}
    if found:
        names = ("name", "name_en", "office", "body_kind", "uscc")
        initial = {name: getattr(found, name) for name in names} | {"parent": found.parent.code if found.parent else ""}
    form = OrganizationForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        language=language,
        fixed_code=found is not None,
        parents=[
            (row.organization.code, _indented(row.organization, row.depth))
            for row in directory.tree()
            if found is None or row.organization.pk != found.pk
        ],
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            code = found.code if found else form.cleaned_data["code"]
            try:
                actions.register_organization(by=actor_of(request), code=code, only_new=not found, **form.values())
            except GongshuError as wrong:
                status = add_wrong(form, wrong)
            else:
                said = Text("机构信息已保存。", "The organisation is saved.")
                messages.success(request, said.say(language))
                return HttpResponseRedirect(f"/console/organizations/{code}/")
    return render(request, "console/organization_form.html", {"found": found, "form": form}, status=status)


def _indented(organization: Any, depth: int) -> Text:
    space = "\u3000" * depth
    return Text(space + organization.say("zh"), space + organization.say("en"))


def add_wrong(form: Any, wrong: GongshuError) -> int:
    """Put the domain's sentence beside the field that it is about, and say the HTTP status."""
    field = str(wrong.where.get("field", ""))
    form.add_error(field if field in form.fields else None, wrong.say(form.language))
    return wrong.status


@requires(Role.DATA_AUTHORITY, Role.SECURITY_ADMIN)
def person_new(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody new in the organisation, who can sign in at once with the first password."""
    actions.check_keeps_people(by=actor_of(request))
    found, language = queries.organization(code), language_of(request)
    form = PersonForm(request.POST if request.method == "POST" else None, language=language)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            typed = form.cleaned_data
            try:
                made = actions.register_person(
                    by=actor_of(request),
                    username=typed["username"],
                    display_name=typed["display_name"],
                    password=typed["password"],
                    organization=found.code,
                    roles=form.chosen,
                )
            except GongshuError as wrong:
                status = add_wrong(form, wrong)
            else:
                said = Text(
                    f"已登记 {made.display_name}，现在即可登录。", f"{made.display_name} is registered and can sign in."
                )
                messages.success(request, said.say(language))
                return HttpResponseRedirect(f"/console/people/{made.pk}/")
    context = {
        "found": found,
        "form": form,
        "roles": [(str(role), ROLE_LABELS[role], ROLE_NOTES[role]) for role in ROLES],
        "chosen": request.POST.getlist("roles"),
    }
    return render(request, "console/person_form.html", context, status=status)
