"""One person: roles with their days, sign-in, and what the ledger says of them (xian-35, yongjia-43)."""

from __future__ import annotations

from axes.utils import reset as unlock
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity import actions, directory, queries
from gongshu.identity.states import PASSWORD_RULE, ROLE_LABELS, ROLE_NOTES, Role
from gongshu.ledger import queries as ledger
from gongshu.web import steps
from gongshu.web.console.people_forms import ROLES
from gongshu.web.language import language_of
from gongshu.web.permissions import STAFF, actor_of, requires

readers = requires(*STAFF, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
keepers = requires(Role.DATA_AUTHORITY, Role.SECURITY_ADMIN)


@readers
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    return person_page(request, person_id)


def person_page(request: HttpRequest, person_id: int, wrong: GongshuError | None = None) -> HttpResponse:
    actor = actor_of(request)
    found = queries.person(person_id)
    manages = queries.can_manage_people(actor)
    last_as = queries.last_as(found.pk) if manages else None
    context = {
        "found": found,
        "roles": [
            (one, ROLE_LABELS[Role(one.role)], manages and one.until is None) for one in directory.roles_of(found)
        ],
        "sees_names": manages or actor.has(Role.AUDITOR) or found.pk == actor.person_id,
        "may_change": manages,
        "may_stop": manages and found.is_active and queries.can_stop_person(actor, found.pk),
        "last_as": ROLE_LABELS[last_as] if last_as else None,
        "organizations": [(row.organization, "\u3000" * row.depth) for row in (directory.tree() if manages else [])],
        "choices": [(str(role), ROLE_LABELS[role], ROLE_NOTES[role]) for role in ROLES],
        "password_rule": PASSWORD_RULE,
        "records": ledger.records(subject=f"person:{found.pk}", limit=20) if manages or actor.has(Role.AUDITOR) else [],
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/person.html", context, status=wrong.status if wrong else 200)


@keepers
@require_POST
def role_new(request: HttpRequest, person_id: int) -> HttpResponse:
    typed = request.POST
    try:
        if typed.get("role", "") not in {str(role) for role in ROLES}:
            raise GongshuError("identity.role_missing_choice", "请选择角色。", "Choose a role.")
        actions.grant_role(
            by=actor_of(request),
            person=queries.person(person_id),
            organization=typed.get("organization", ""),
            role=Role(typed["role"]),
        )
    except GongshuError as wrong:
        return person_page(request, person_id, wrong)
    return _done(request, person_id, Text("角色已授予，自今日起生效。", "The role is given, from today on."))


@keepers
@require_POST
def role_end(request: HttpRequest, person_id: int, membership_id: int) -> HttpResponse:
    try:
        if queries.membership(membership_id).person_id != person_id:
            raise NotFound("identity.role_unknown", "没有这条角色记录。", "There is no such role on record.")
        actions.end_role(by=actor_of(request), membership_id=membership_id)
    except NotFound:
        raise
    except GongshuError as wrong:
        return person_page(request, person_id, wrong)
    return _done(request, person_id, Text("角色已终止，记录保留。", "The role has ended; its record is kept."))


@keepers
@require_POST
def sign_in_state(request: HttpRequest, person_id: int) -> HttpResponse:
    """Stop the person's sign-in, or restore it."""
    active = steps.chosen(request.POST, "do", ("stop", "restore")) == "restore"
    try:
        actions.set_person_active(by=actor_of(request), person_id=person_id, active=active)
    except NotFound:
        raise
    except GongshuError as wrong:
        return person_page(request, person_id, wrong)
    said = (
        Text("已恢复登录。", "They can sign in again.")
        if active
        else Text("已停用，其登录已全部退出。", "Stopped; every session of theirs has ended.")
    )
    return _done(request, person_id, said)


@sensitive_post_parameters("password")
@keepers
@require_POST
def password(request: HttpRequest, person_id: int) -> HttpResponse:
    """A new first password for who forgot theirs; it also opens an account that wrong passwords locked."""
    try:
        changed = actions.reset_password(
            by=actor_of(request), person_id=person_id, password=request.POST.get("password", "")
        )
    except NotFound:
        raise
    except GongshuError as wrong:
        return person_page(request, person_id, wrong)
    unlock(username=changed.username)
    said = Text("密码已重置，请当面告知本人。", "The password is reset; tell it to the person face to face.")
    return _done(request, person_id, said)


def _done(request: HttpRequest, person_id: int, said: Text) -> HttpResponse:
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/people/{person_id}/")
