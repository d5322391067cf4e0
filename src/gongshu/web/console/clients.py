"""Systems that may call the gateway: making one, new secrets, stopping one. A secret is shown once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gongshu.crypto.signing import ALGORITHMS
from gongshu.errors import GongshuError, Text
from gongshu.identity import actions, queries
from gongshu.identity.states import Role
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import page_of
from gongshu.web.permissions import STAFF, actor_of, requires

PAGE_SIZE = 20
keepers = requires(*STAFF, Role.SYSTEM_ADMIN)


@keepers
def clients(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    page = page_of(request, queries.clients(actor), PAGE_SIZE)
    now = queries.separation()
    context = {
        "page_obj": page,
        "rows": [(one, queries.can_manage_clients(actor, one.organization.code, now)) for one in page],
        "may_create": queries.can_manage_clients(actor, actor.organization, now),
        "algorithms": ALGORITHMS,
    }
    return render(request, "console/clients.html", context)


@keepers
@never_cache
@require_POST
def new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    name = request.POST.get("name", "").strip()
    try:
        if not name:
            raise GongshuError("web.client_name", "请填写应用系统名称。", "Name the system.")
        made, secret = actions.create_client(
            by=actor,
            organization=actor.organization,
            name=name[:100],
            algorithm=request.POST.get("algorithm", ALGORITHMS[0]),
        )
    except GongshuError as wrong:
        messages.error(request, wrong.say(language_of(request)))
        return HttpResponseRedirect("/console/clients/")
    return _shown_once(request, made, secret)


@keepers
@never_cache
@require_POST
def change(request: HttpRequest, client_id: str) -> HttpResponse:
    """A new secret, stop, or start again."""
    actor = actor_of(request)
    queries.client(actor, client_id)
    wanted = steps.chosen(request.POST, "do", ("rotate", "stop", "start"))
    try:
        if wanted == "rotate":
            made, secret = actions.rotate_client_secret(by=actor, client_id=client_id)
            return _shown_once(request, made, secret)
        changed = actions.set_client_active(by=actor, client_id=client_id, active=wanted == "start")
        said = (
            Text("已恢复使用。", "It may call again.")
            if changed.active
            else Text("已停用，一秒内生效。", "Stopped within a second.")
        )
        messages.success(request, said.say(language_of(request)))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language_of(request)))
    return HttpResponseRedirect("/console/clients/")


def _shown_once(request: HttpRequest, made: Any, secret: str) -> HttpResponse:
    context = {"made": made, "secret": secret, "gateway": settings.HOME.gateway_url}
    return render(request, "console/client_secret.html", context)
