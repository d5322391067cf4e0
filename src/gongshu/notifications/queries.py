"""All reads of notifications."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, When

from gongshu.errors import NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.notifications import policy
from gongshu.notifications.models import Delivery, Notice, Preference, Webhook
from gongshu.notifications.states import EmailMode, topic_of


def of(actor: Actor) -> QuerySet[Notice]:
    return Notice.objects.filter(recipient_id=actor.person_id)


def unread_count(actor: Actor) -> int:
    return of(actor).filter(read_at__isnull=True).count()


def inbox(actor: Actor, *, topic: str = "", unread: bool = False) -> QuerySet[Notice]:
    """The actor's notices, unread ones first, the latest on top."""
    found = of(actor)
    if topic:
        found = found.filter(kind__startswith=f"{topic}.")
    if unread:
        found = found.filter(read_at__isnull=True)
    waits = Case(When(read_at__isnull=True, then=0), default=1, output_field=IntegerField())
    return found.order_by(waits, "-created_at", "-id")


def topics(actor: Actor) -> list[str]:
    """What the actor's notices are about."""
    return sorted({topic_of(kind) for kind in of(actor).order_by().values_list("kind", flat=True).distinct()})


def notice(actor: Actor, notice_id: int) -> Notice:
    found = of(actor).filter(pk=notice_id).first()
    if found is None:
        raise NotFound("notifications.notice_unknown", "没有这条通知。", "There is no such notice.")
    return found


def preference(actor: Actor) -> EmailMode:
    """How the actor wants notices by e-mail."""
    found = preference_row(actor)
    return EmailMode(found.email) if found else EmailMode.AT_ONCE


def preference_row(actor: Actor) -> Preference | None:
    """What the actor chose, with the topics that are wanted otherwise; None while nothing was chosen."""
    return Preference.objects.filter(person_id=actor.person_id).first()


def webhooks(actor: Actor) -> QuerySet[Webhook]:
    """The webhooks that the actor may manage or audit: all for the data authority and the auditor, else the own."""
    found = Webhook.objects.select_related("organization")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(organization__code=actor.organization)


def webhook(actor: Actor, webhook_id: int) -> Webhook:
    found = webhooks(actor).filter(pk=webhook_id).first()
    if found is None:
        raise NotFound("notifications.webhook_unknown", "没有这个推送地址。", "There is no such webhook.")
    return found


def calls(found: Webhook) -> QuerySet[Delivery]:
    """What was sent to a webhook, newest first."""
    return Delivery.objects.filter(webhook=found).order_by("-id")


def call(found: Webhook, delivery_id: int) -> Delivery:
    one = calls(found).filter(pk=delivery_id).first()
    if one is None:
        raise NotFound("notifications.delivery_unknown", "没有这次推送。", "There is no such delivery.")
    return one


def can_manage_webhooks(actor: Actor, organization: str) -> bool:
    return policy.can_manage_webhooks(actor, organization)


def may_look_at_webhooks(actor: Actor) -> bool:
    """Who manages some, and the auditor."""
    return actor.has(Role.AUDITOR) or policy.can_manage_webhooks(actor, actor.organization)


def deliveries(actor: Actor) -> QuerySet[Delivery]:
    """Letters to the actor and calls to the webhooks that the actor sees, newest first."""
    return (
        Delivery.objects.select_related("webhook", "webhook__organization")
        .filter(Q(person_id=actor.person_id) | Q(webhook__in=webhooks(actor)))
        .order_by("-id")
    )
