"""Pages that explain: the interface, the rules in force with their articles, and how to check a proof."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from gongshu.catalog import queries as catalog
from gongshu.errors import GongshuError, Text
from gongshu.ledger import cosigning, inspection, installation
from gongshu.ledger import queries as ledger
from gongshu.web import evidence, record_words
from gongshu.web.permissions import public
from gongshu.web.rulestudy import context_of

EVIDENCE_BYTES = 512 * 1024  # an entry has at most 64 kB, and JSON may write a byte as six
NOBODY = "-"  # no organisation has this code: nobody's people are named to the public


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
    """The log's size and its signed checkpoint, which anybody may keep and compare later; ways to check a record."""
    number = request.GET.get("find", "").strip()[:100]
    if number and "/" not in number and ledger.record(number) is not None:
        return redirect("portal:receipt", number)
    return _proof(request, {"not_found": number})


@public
def receipt(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Whether the record of that number is in the ledger, for whoever was given the number: proof and witnesses, and not
    what it says. Numbers are drawn at random (``ids``), so nobody has one who was not given it."""
    found = ledger.record(entry_id)
    if found is None:
        return _proof(request, {"not_found": entry_id}, status=404)
    return render(request, "portal/receipt.html", {"found": found} | evidence.looked_at(settings.HOME, found.index))


@public
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Check an evidence file that somebody has; nothing of it is kept."""
    sent = request.FILES.get("evidence")
    if sent is None or not sent.size:
        return _proof(request, {"wrong": Text("请选择证据包文件。", "Choose the evidence file.")}, status=400)
    if sent.size > EVIDENCE_BYTES:
        wrong = Text("文件太大，不是证据包。", "The file is too large to be evidence.")
        return _proof(request, {"wrong": wrong}, status=400)
    try:
        seen = inspection.of_evidence(
            sent.read().decode(), installation.trusted(settings.HOME)[0], cosigning.policy_of(settings.HOME)
        )
    except UnicodeDecodeError:
        wrong = Text("文件不是文本，不是证据包。", "The file is not text, so it is no evidence.")
        return _proof(request, {"wrong": wrong}, status=400)
    except GongshuError as error:
        return _proof(request, {"wrong": error.text}, status=400)
    context = evidence.shown(seen) | {"standings": evidence.standings(settings.HOME)}
    if seen.ok and seen.entry is not None:  # what nobody signed may say anything; codes in it are not looked up
        names = record_words.names_of([seen.entry], NOBODY)
        context |= {
            "sentence": record_words.sentence(seen.entry, names),
            "organization": names.organization(seen.entry.organization),
            "purpose": names.purpose(seen.entry),
        }
    return render(request, "portal/proof_checked.html", context)


def _proof(request: HttpRequest, more: dict[str, Any], status: int = 200) -> HttpResponse:
    checkpoint = settings.HOME.ledger / "checkpoint"
    context = {
        "standings": evidence.standings(settings.HOME),
        "size": ledger.size(),
        "waiting": ledger.waiting(),
        "checkpoint": checkpoint.read_text(encoding="utf-8") if checkpoint.is_file() else "",
        "keys": evidence.public_keys(settings.HOME),
    }
    return render(request, "portal/proof.html", context | more, status=status)
