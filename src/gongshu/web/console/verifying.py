"""Verifying on a page: a clerk of the holder asks whether something is so, and prints the signed answer (yongjia-16)."""

from __future__ import annotations

import json
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from gongshu.catalog import queries as catalog
from gongshu.client import Client, Refused, Verified, paper
from gongshu.errors import Conflict, GongshuError
from gongshu.grants import actions, queries, signed
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.web.permissions import actor_of, requires

NEWS_TRIES, NEWS_SECONDS = 40, 0.1  # until the gateways have heard of a client that was made just now
LONGEST = 512
_UNHEARD = {"gateway.client_unknown"}


@requires(Role.CONSUMER, Role.OPERATOR)
def verify(request: HttpRequest, grant_id: str) -> HttpResponse:
    actor = actor_of(request)
    found = queries.grant(actor, grant_id)
    if not queries.can_verify(actor, found):
        raise Conflict(
            "grants.not_verifiable",
            "这项授权现在不能在页面上核验：须有效、含核验方式、由本单位持有，且不限定应用系统。",
            "This grant cannot be verified with on a page now: it must be in force, for verification, held by your "
            "organisation and not bound to certain systems.",
        )
    items = catalog.items(found.resource)
    keys = [item for item in items if item.is_key]
    claims = [item for item in items if item.name in found.items and not item.is_key]
    answer, wrong = None, None
    if request.method == "POST":
        try:
            answer = _ask(actor, found, _given(request, "key", keys), _given(request, "claim", claims))
        except GongshuError as error:
            wrong = error
    context: dict[str, Any] = {
        "found": found,
        "entry": catalog.visible(actor).filter(code=found.resource).first(),
        "keys": [(item, request.POST.get(f"key.{item.name}", "")) for item in keys],
        "claims": [
            (item, request.POST.get(f"claim.{item.name}", ""), answer.answers.get(item.name) if answer else None)
            for item in claims
        ],
        "answer": answer,
        "proof": json.dumps(answer.proof._asdict(), ensure_ascii=False) if answer and answer.proof else "",
        "wrong": wrong,
    }
    return render(request, "console/verify.html", context, status=wrong.status if wrong else 200)


@requires(Role.CONSUMER, Role.OPERATOR)
@require_POST
def proof(request: HttpRequest, grant_id: str) -> HttpResponse:
    """The printable page of a signed answer: of one that really was signed here, and by nobody else."""
    queries.grant(actor_of(request), grant_id)
    answer = signed.read(request.POST.get("proof", ""))
    checked = signed.check(answer, signed.signer(settings.HOME).verifiers)
    response = HttpResponse(paper.page(answer, checked), content_type="text/html; charset=utf-8")
    name = f"核验结果-{checked.statement.request_id}.html"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _given(request: HttpRequest, part: str, items: list[Any]) -> dict[str, str]:
    given = {item.name: request.POST.get(f"{part}.{item.name}", "").strip() for item in items}
    if part == "claim":
        given = {name: value for name, value in given.items() if value}
    if not given or not all(given.values()) or any(len(v) > LONGEST or "\0" in v for v in given.values()):
        raise GongshuError(
            "grants.verify_incomplete",
            f"请填写全部主键和至少一项待核验内容，每项不超过 {LONGEST} 字。",
            f"Fill in every key item and at least one claim, each of at most {LONGEST} characters.",
        )
    return given


def _ask(actor: Actor, found: Any, key: dict[str, str], claims: dict[str, str]) -> Verified:
    process = Actor.process("pages")
    client, fresh = identity.ensure_pages_client(by=process, organization=found.organization)
    secret = identity.reveal_secret(by=process, client_id=client.client_id)
    with Client(settings.HOME.gateway_url, client.client_id, secret, algorithm=client.algorithm) as gateway:
        interface = gateway.interface(found.resource, grant=found.grant_id, purpose=found.purpose)
        for left in reversed(range(NEWS_TRIES if fresh else 1)):
            try:
                answer = interface.verify(key, claims, proof=True)
                break
            except Refused as no:
                if not left or no.code not in _UNHEARD:
                    raise
                time.sleep(NEWS_SECONDS)
    actions.note_verification(by=actor, grant_id=found.grant_id, call=answer.request_id)
    return answer
