"""All writes of notifications."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from gongshu import clock, crypto, ids
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import policy
from gongshu.notifications.models import Delivery, Notice, Preference, Webhook
from gongshu.notifications.states import TOPIC_LABELS, Channel, DeliveryStatus, EmailMode

SECRET_PURPOSE = "webhook-secret"  # noqa: S105 - names what the wrapped bytes are for; it is not a secret
LEASE = timedelta(seconds=90)  # longer than any one attempt may take
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 10
DIGEST_HOUR = time(8)
TEST_KIND = "notifications.test"


@transaction.atomic
def notify(*, by: Actor, organization: str, roles: tuple[Role, ...], kind: str, text: Text, link: str = "") -> int:
    """Tell everybody who holds one of ``roles`` in ``organization``, except the one who acted. Returns how many.

    Letters and calls are only written down here; the worker sends them once the caller's transaction is committed.
    """
    moment = clock.now()
    people = [person for person in identity.people_of(organization, *roles) if person.pk != by.person_id]
    notices = Notice.objects.bulk_create(
        Notice(recipient=person, kind=kind, zh=text.zh[:400], en=text.en[:400], link=link, created_at=moment)
        for person in people
    )
    _queue_letters(notices, moment)
    _queue_calls(organization, kind, text, link, moment)
    return len(notices)


@transaction.atomic
def tell_person(*, by: Actor, person_id: int, kind: str, text: Text, link: str = "") -> Notice:
    """Tell one person, for example a member of the public who belongs to no organisation here."""
    del by
    moment = clock.now()
    notice = Notice.objects.create(
        recipient_id=person_id, kind=kind, zh=text.zh[:400], en=text.en[:400], link=link, created_at=moment
    )
    _queue_letters([notice], moment)
    return notice


@transaction.atomic
def mark_read(*, by: Actor, notice_id: int | None = None) -> int:
    """Mark one of the actor's notices, or all, as read."""
    notices = Notice.objects.filter(recipient_id=by.person_id, read_at__isnull=True)
    if notice_id is not None:
        notices = notices.filter(pk=notice_id)
    return notices.update(read_at=clock.now())


@transaction.atomic
def prefer(*, by: Actor, email: EmailMode, topics: Mapping[str, EmailMode] | None = None) -> Preference:
    """How the actor wants notices by e-mail: at once, once a day, not at all.

    ``topics`` says it otherwise for single topics (``duty``, ``sharing``); None leaves those as they are.
    """
    chosen: dict[str, Any] = {"email": email, "changed_at": clock.now()}
    if topics is not None:
        unknown = [topic for topic in topics if topic not in TOPIC_LABELS]
        if unknown:
            raise GongshuError(
                "notifications.topic_unknown", "没有这类通知。", "There is no such topic.", field="topics"
            )
        chosen["topics"] = {topic: str(mode) for topic, mode in topics.items() if mode != email}
    found, _ = Preference.objects.update_or_create(person_id=by.person_id, defaults=chosen)
    return found


@transaction.atomic
def add_webhook(*, by: Actor, organization: str, url: str, algorithm: str = "HMAC-SM3") -> tuple[Webhook, str]:
    """Have the organisation's notices sent to ``url``; answers the secret, the only time that anyone sees it."""
    policy.check_manage_webhooks(by, organization)
    policy.check_webhook(url, algorithm)
    secret = secrets.token_urlsafe(32)
    wrapped = base64.b64encode(crypto.provider().wrap(secret.encode("ascii"), SECRET_PURPOSE)).decode("ascii")
    webhook = Webhook.objects.create(
        organization=identity.organization(organization),
        url=url,
        algorithm=algorithm,
        secret_wrapped=wrapped,
        created_at=clock.now(),
    )
    _record(by, webhook, "notifications.webhook_added")
    return webhook, secret


@transaction.atomic
def remove_webhook(*, by: Actor, webhook_id: int) -> Webhook:
    """Send nothing more to it, also not what is queued."""
    webhook = _webhook(by, webhook_id)
    if webhook.active:
        webhook.active = False
        webhook.save(update_fields=["active"])
        Delivery.objects.filter(webhook=webhook, status=DeliveryStatus.QUEUED).update(
            status=DeliveryStatus.FAILED, problem="webhook removed"
        )
        _record(by, webhook, "notifications.webhook_removed")
    return webhook


@transaction.atomic
def pause_webhook(*, by: Actor, webhook_id: int, paused: bool) -> Webhook:
    """Send nothing to it for a while, or go on. Notices of the time between are not sent later; what was queued is."""
    webhook = _webhook(by, webhook_id)
    policy.check_in_use(active=webhook.active)
    if webhook.paused != paused:
        webhook.paused = paused
        webhook.save(update_fields=["paused"])
        _record(by, webhook, "notifications.webhook_paused" if paused else "notifications.webhook_resumed")
    return webhook


@transaction.atomic
def test_webhook(*, by: Actor, webhook_id: int) -> Delivery:
    """Queue a call that tells of nothing, to see whether it arrives and its signature is understood."""
    webhook = _webhook(by, webhook_id)
    policy.check_in_use(active=webhook.active, paused=webhook.paused)
    text = Text("测试推送：请忽略内容，核对签名即可。", "A test: ignore what it says, check its signature.")
    return _call(webhook, TEST_KIND, text, "", clock.now())


@transaction.atomic
def retry_delivery(*, by: Actor, delivery_id: int) -> Delivery:
    """Try a call once more now, under its old key: one that was given up, or one that waits after a failure."""
    found = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id, webhook__isnull=False).first()
    if found is None:
        raise NotFound("notifications.delivery_unknown", "没有这次推送。", "There is no such delivery.")
    webhook = _webhook(by, found.webhook_id)
    policy.check_in_use(active=webhook.active, paused=webhook.paused)
    policy.check_retry(sent=found.status == DeliveryStatus.SENT, tried=bool(found.problem))
    found.status, found.next_try = DeliveryStatus.QUEUED, clock.now()
    found.save(update_fields=["status", "next_try"])
    return found


def _webhook(by: Actor, webhook_id: int) -> Webhook:
    found = Webhook.objects.select_for_update(of=("self",)).select_related("organization").filter(pk=webhook_id).first()
    if found is None:
        raise NotFound("notifications.webhook_unknown", "没有这个推送地址。", "There is no such webhook.")
    policy.check_manage_webhooks(by, found.organization.code)
    return found


@transaction.atomic
def claim(*, by: Actor, channel: Channel) -> Delivery | None:
    """Take the delivery that has waited longest; it is this worker's until its lease ends."""
    del by  # sending is no act of its own: the notice belongs to an act that has its leaf
    moment = clock.now()
    waiting = Delivery.objects.select_related("person", "webhook", "webhook__organization").filter(
        channel=channel, status=DeliveryStatus.QUEUED, next_try__lte=moment
    )
    found = (
        waiting.exclude(webhook__paused=True)
        .select_for_update(of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked)
        .first()
    )
    if found is None:
        return None
    found.attempts += 1
    found.next_try = moment + LEASE
    found.save(update_fields=["attempts", "next_try"])
    return found


@transaction.atomic
def settle(*, by: Actor, delivery_id: int, attempt: int, problem: str = "", for_good: bool = False) -> Delivery:
    """What became of an attempt: sent, or ``problem``: tried again after a pause that doubles, at last given up.

    An answer of an attempt whose lease was lost counts only if it says that the thing was sent.
    """
    del by
    found = Delivery.objects.select_for_update().get(pk=delivery_id)
    if found.status != DeliveryStatus.QUEUED or (problem and found.attempts != attempt):
        return found
    found.problem = problem[:200]
    if not problem:
        found.status, found.sent_at = DeliveryStatus.SENT, clock.now()
    elif for_good or found.attempts >= MOST_ATTEMPTS:
        found.status = DeliveryStatus.FAILED
    else:
        found.next_try = clock.now() + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (found.attempts - 1))
    found.save()
    return found


@transaction.atomic
def queue_digests(*, by: Actor) -> int:
    """One letter a day, after eight in the morning, to each who wants it so and has something new. Twice changes nothing."""
    del by
    here = clock.local(clock.now())
    if not settings.HOME.mail.enabled or here.time() < DIGEST_HOUR:
        return 0
    written = 0
    wanting = Preference.objects.select_for_update(of=("self",)).select_related("person").order_by("pk")
    some_daily = Q(email=EmailMode.DAILY) | ~Q(topics={})
    for preference in wanting.filter(some_daily, person__is_active=True).exclude(person__email=""):
        key = f"digest-{preference.person_id}-{here:%Y%m%d}"
        news = Notice.objects.filter(
            preference.digested(),
            recipient_id=preference.person_id,
            mailed_at__isnull=True,
            created_at__gte=preference.changed_at,
        ).order_by("created_at", "id")
        notices = [] if Delivery.objects.filter(key=key).exists() else list(news)
        if not notices:
            continue
        _letter(key, preference.person_id, notices, clock.now(), digest=True)
        news.filter(pk__in=[notice.pk for notice in notices]).update(mailed_at=clock.now())
        written += 1
    return written


def _queue_letters(notices: list[Notice], moment: datetime) -> None:
    if not settings.HOME.mail.enabled or not notices:
        return
    people = [notice.recipient_id for notice in notices]
    chosen = {one.person_id: one for one in Preference.objects.filter(person_id__in=people)}
    mailed = []
    for notice in notices:
        wish = chosen.get(notice.recipient_id)
        mode = wish.mode_for(notice.kind) if wish else EmailMode.AT_ONCE
        if notice.recipient.email and mode == EmailMode.AT_ONCE:
            _letter(ids.new_id("mail"), notice.recipient_id, [notice], moment)
            mailed.append(notice.pk)
    Notice.objects.filter(pk__in=mailed).update(mailed_at=moment)


def _letter(key: str, person_id: int, notices: list[Notice], moment: datetime, *, digest: bool = False) -> None:
    lines = [{"zh": n.zh, "en": n.en, "link": n.link} for n in notices]
    Delivery.objects.create(
        key=key,
        channel=Channel.EMAIL,
        person_id=person_id,
        body={"digest": digest, "lines": lines},
        queued_at=moment,
        next_try=moment,
    )


def _queue_calls(organization: str, kind: str, text: Text, link: str, moment: datetime) -> None:
    listening = Webhook.objects.select_related("organization").filter(
        organization__code=organization, active=True, paused=False
    )
    for webhook in listening:
        _call(webhook, kind, text, link, moment)


def _call(webhook: Webhook, kind: str, text: Text, link: str, moment: datetime) -> Delivery:
    key = ids.new_id("hook")
    body: dict[str, Any] = {
        "id": key,
        "kind": kind,
        "organization": webhook.organization.code,
        "zh": text.zh,
        "en": text.en,
        "link": link,
        "at": moment.isoformat(),
    }
    return Delivery.objects.create(
        key=key, channel=Channel.WEBHOOK, webhook=webhook, body=body, queued_at=moment, next_try=moment
    )


def _record(by: Actor, webhook: Webhook, action: str) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=webhook.organization.code,
        details={"webhook": webhook.pk, "algorithm": webhook.algorithm},
    )
