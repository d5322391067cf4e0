"""Systems of an organisation that are told what its people are told: adding, pausing, removing, and what was sent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gongshu.crypto.signing import ALGORITHMS
from gongshu.errors import GongshuError, NotAllowed, Text
from gongshu.identity import directory
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.notifications import actions, queries
from gongshu.notifications.states import DELIVERY_LABELS, DeliveryStatus
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, page_of
from gongshu.web.permissions import actor_of, staff

PAGE_SIZE = 20
TONES = {"queued": "info", "sent": "good", "failed": "danger"}
HOME = "/console/notices/webhooks/"


def _check_look(actor: Actor) -> None:
    if not queries.may_look_at_webhooks(actor):
        raise NotAllowed(
            "notifications.webhooks_not_yours",
            "系统推送由本单位办理数据业务的人员设置，您的角色不能查看。",
            "Webhooks are set up by those who do the organisation's data work; your role does not include it.",
        )


@staff
def webhooks(request: HttpRequest) -> HttpResponse:
    return _list_page(request)


def _list_page(request: HttpRequest, wrong: GongshuError | None = None) -> HttpResponse:
    actor = actor_of(request)
    _check_look(actor)
    page = page_of(request, queries.webhooks(actor).order_by("-active", "organization__code", "id"), PAGE_SIZE)
    context = {
        "page_obj": page,
        "rows": [(one, state_tag(one)) for one in page],
        "may_add": queries.can_manage_webhooks(actor, actor.organization),
        "organizations": [
            (row.organization, "\u3000" * row.depth) for row in (directory.tree() if _chooses(actor) else [])
        ],
        "algorithms": ALGORITHMS,
        "wrong": wrong,
        "typed": request.POST,
        "tab": "webhooks",
        "webhooks": True,
    }
    return render(request, "console/webhooks.html", context, status=wrong.status if wrong else 200)


def _chooses(actor: Actor) -> bool:
    """The data authority connects systems of any organisation, others those of their own."""
    return actor.has(Role.DATA_AUTHORITY)


def state_tag(found: Any) -> Tag:
    if not found.active:
        return Tag(Text("已移除", "Removed"), "still")
    if found.paused:
        return Tag(Text("已暂停", "Paused"), "caution")
    return Tag(Text("推送中", "Active"), "good")


@staff
@never_cache
@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """Add an address; its secret is shown now and never again."""
    actor, typed = actor_of(request), request.POST
    _check_look(actor)
    where = typed.get("organization", "") if _chooses(actor) else ""
    try:
        made, secret = actions.add_webhook(
            by=actor,
            organization=where or actor.organization,
            url=typed.get("url", "").strip(),
            algorithm=typed.get("algorithm", ALGORITHMS[0]),
        )
    except GongshuError as wrong:
        return _list_page(request, wrong)
    return render(request, "console/webhook_secret.html", {"made": made, "secret": secret})


@staff
def webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """One address with what was sent to it."""
    actor = actor_of(request)
    _check_look(actor)
    found = queries.webhook(actor, webhook_id)
    page = page_of(request, queries.calls(found), PAGE_SIZE)
    context = {
        "found": found,
        "tag": state_tag(found),
        "page_obj": page,
        "rows": [
            {
                "call": call,
                "tag": Tag(DELIVERY_LABELS[DeliveryStatus(call.status)], TONES[call.status]),
                "text": Text(call.body.get("zh", ""), call.body.get("en", "")),
                "retry": found.active and not found.paused and call.status != DeliveryStatus.SENT and call.problem,
            }
            for call in page
        ],
        "manages": queries.can_manage_webhooks(actor, found.organization.code),
        "tab": "webhooks",
        "webhooks": True,
    }
    return render(request, "console/webhook.html", context)


@staff
@require_POST
def change(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Pause it, let it go on, remove it, or send it a test."""
    actor = actor_of(request)
    _check_look(actor)
    queries.webhook(actor, webhook_id)
    wanted = steps.chosen(request.POST, "do", ("remove", "test", "pause", "resume"))
    language, back = language_of(request), f"{HOME}{webhook_id}/"
    try:
        if wanted == "remove":
            actions.remove_webhook(by=actor, webhook_id=webhook_id)
            said, back = Text("已移除，不再推送。", "Removed; nothing more is sent there."), HOME
        elif wanted == "test":
            actions.test_webhook(by=actor, webhook_id=webhook_id)
            said = Text("测试推送已排队，几秒后刷新查看结果。", "The test is queued; look again in a few seconds.")
        else:
            actions.pause_webhook(by=actor, webhook_id=webhook_id, paused=wanted == "pause")
            said = Text("已恢复推送。", "It goes on.")
            if wanted == "pause":
                said = Text("已暂停推送。", "Paused.")
        messages.success(request, said.say(language))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    return HttpResponseRedirect(back)


@staff
@require_POST
def retry(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Send a call that failed once more."""
    actor, language = actor_of(request), language_of(request)
    _check_look(actor)
    found = queries.call(queries.webhook(actor, webhook_id), delivery_id)
    try:
        actions.retry_delivery(by=actor, delivery_id=found.pk)
        messages.success(request, Text("已重新排队。", "Queued again.").say(language))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language))
    return HttpResponseRedirect(f"{HOME}{webhook_id}/")
