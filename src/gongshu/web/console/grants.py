"""Grants: what one's organisation may read, what others may read of it, and ending a grant."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.grants import actions, queries
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.grants.states import STATUS_LABELS, GrantStatus
from gongshu.identity import queries as identity
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.web.cases import case_link
from gongshu.web.language import language_of
from gongshu.web.parts import grant_lines, grant_tag, mode_words, page_of, purpose_text
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 20


@staff
def grants(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    # Who governs or audits usually holds no grant: their list opens on all of them.
    side = asked.get("side", "all" if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR) else "held")
    found = queries.grants(actor, status=asked.get("status", ""), resource=asked.get("resource", ""))
    if side == "held":
        found = found.filter(organization=actor.organization)
    elif side == "given":
        found = found.filter(provider=actor.organization)
    page = page_of(request, found, PAGE_SIZE)
    titles = dict(catalog.visible(actor).filter(code__in={g.resource for g in page}).values_list("code", "title"))
    sides = [("held", Text("本单位持有", "Held by us")), ("given", Text("读取本单位数据", "Reading our data"))]
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        sides.append(("all", Text("全部", "All")))
    context = {
        "page_obj": page,
        "rows": grant_lines(page, titles),
        "asked": asked,
        "side": side,
        "sides": sides,
        "statuses": list(STATUS_LABELS.items()),
    }
    return render(request, "console/grants.html", context)


@staff
def grant(request: HttpRequest, grant_id: str) -> HttpResponse:
    return grant_page(request, grant_id)


def grant_page(request: HttpRequest, grant_id: str, wrong: GongshuError | None = None) -> HttpResponse:
    actor = actor_of(request)
    found = queries.grant(actor, grant_id)
    entry = catalog.visible(actor).filter(code=found.resource).first()
    titles = {item.name: item.title for item in catalog.items(found.resource)}
    keys = [item.name for item in catalog.items(found.resource) if item.is_key]
    names = identity.names([found.organization, found.provider])
    context: dict[str, Any] = {
        "found": found,
        "entry": entry,
        "status_tag": grant_tag(found),
        "in_force": found.standing is GrantStatus.ACTIVE,
        "holder": names.get(found.organization, found.organization),
        "provider": names.get(found.provider, found.provider),
        "purpose": purpose_text(found.purpose),
        "source_link": case_link(found.source),
        "items": [
            (titles.get(name, name), name, MASK_LABELS.get(found.masks.get(name, "none"), MASK_LABELS["none"]))
            for name in found.items
        ],
        "modes": mode_words(found.modes),
        "keys": keys,
        "gateway": settings.HOME.gateway_url,
        "records": ledger.records(subject=found.grant_id, limit=10),
        "may_verify": queries.can_verify(actor, found),
        "may_limit": queries.can_limit(actor, found),
        "may_revoke": queries.can_revoke(actor, found),
        "wrong": wrong,
        "typed": request.POST,
    }
    return render(request, "console/grant.html", context, status=wrong.status if wrong else 200)


@requires(Role.DATA_AUTHORITY, Role.PROVIDER, Role.CONSUMER)
@require_POST
def revoke(request: HttpRequest, grant_id: str) -> HttpResponse:
    try:
        actions.revoke(by=actor_of(request), grant_id=grant_id, reason=request.POST.get("reason", ""))
    except GongshuError as wrong:
        return grant_page(request, grant_id, wrong)
    said = Text("授权已撤销，网关在一秒内停止放行。", "The grant is revoked; the gateway stops it within a second.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/grants/{grant_id}/")


@requires(Role.DATA_AUTHORITY, Role.PROVIDER)
@require_POST
def limit(request: HttpRequest, grant_id: str) -> HttpResponse:
    typed = request.POST
    try:
        actions.limit(
            by=actor_of(request),
            grant_id=grant_id,
            hours=typed.get("hours", "").replace("；", ";").split(";"),
            rate_per_minute=_limit_of(typed.get("rate_per_minute", "")),
            daily_quota=_limit_of(typed.get("daily_quota", "")),
        )
    except GongshuError as wrong:
        return grant_page(request, grant_id, wrong)
    said = Text("已设定，网关在一秒内照此放行。", "Set; the gateway keeps to it within a second.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/grants/{grant_id}/")


def _limit_of(text: str) -> int | None:
    """A positive number, nothing for no limit."""
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and 0 < int(plain[:10]) < 2**31 and len(plain) < 11):
        raise GongshuError(
            "grants.limit_invalid",
            "频次和日限额须为正整数；不设限请留空。",
            "Rate and daily quota are positive numbers; leave them out to set none.",
        )
    return int(plain)
