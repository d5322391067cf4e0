"""Pages that explain: the interface, the rules in force with their articles, and how to check a proof."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gongshu.catalog import queries as catalog
from gongshu.ledger import queries as ledger
from gongshu.web import evidence
from gongshu.web.permissions import public
from gongshu.web.rulestudy import context_of


@public
def rules_page(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/rules.html", context_of(request))


@public
def developers(request: HttpRequest) -> HttpResponse:
    example = catalog.published().filter(opened_at__isnull=False).order_by("code").first()
    context = {
        "host": request.build_absolute_uri("/").rstrip("/"),
        "gateway": settings.HOME.gateway_url,
        "example": example.code if example else "333012-000001",
    }
    return render(request, "portal/developers.html", context)


@public
def proof(request: HttpRequest) -> HttpResponse:
    """The log's size and its signed checkpoint, which anybody may keep and compare later."""
    checkpoint = settings.HOME.ledger / "checkpoint"
    context = {
        "standings": evidence.standings(settings.HOME),
        "size": ledger.size(),
        "waiting": ledger.waiting(),
        "checkpoint": checkpoint.read_text(encoding="utf-8") if checkpoint.is_file() else "",
    }
    return render(request, "portal/proof.html", context)
