"""The worker's part: letters by SMTP and signed calls by HTTP, one after another, outside any transaction.

A call is ``POST`` of JSON with ``Idempotency-Key`` (the same at every attempt), ``X-Gongshu-Timestamp`` (unix seconds),
``X-Gongshu-Algorithm`` and ``X-Gongshu-Signature``: the hex HMAC, under the webhook's secret, of the timestamp, a full
stop and the body. Any answer of 2xx is an acceptance; a redirect is not followed.
"""

from __future__ import annotations

import base64
import json
import smtplib

import httpx
from django.conf import settings
from django.core.mail import EmailMessage

from gongshu import clock, crypto
from gongshu.errors import Text
from gongshu.identity.actor import Actor
from gongshu.notifications import actions
from gongshu.notifications.models import Delivery
from gongshu.notifications.states import Channel

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_PERMANENT = 500  # SMTP replies from here on say that trying again is of no use (RFC 5321, 4.2.1)


class _Failed(Exception):
    def __init__(self, problem: str, *, for_good: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.for_good = problem, for_good


def send_due(*, by: Actor, channel: Channel, most: int = 50) -> int:
    """Try what is due on ``channel``; how many attempts were made. One that fails waits, and the others go on."""
    if channel is Channel.EMAIL and not settings.HOME.mail.enabled:
        return 0
    for count in range(most):
        delivery = actions.claim(by=by, channel=channel)
        if delivery is None:
            return count
        try:
            _letter(delivery) if channel is Channel.EMAIL else _call(delivery)
        except _Failed as failed:
            actions.settle(
                by=by,
                delivery_id=delivery.pk,
                attempt=delivery.attempts,
                problem=failed.problem,
                for_good=failed.for_good,
            )
        else:
            actions.settle(by=by, delivery_id=delivery.pk, attempt=delivery.attempts)
    return most


def _letter(delivery: Delivery) -> None:
    person = delivery.person
    if person is None or not person.email or not person.is_active:
        raise _Failed("no address any more", for_good=True)
    language, lines = person.language, delivery.body["lines"]
    said = [Text(line["zh"], line["en"]).say(language) for line in lines]
    subject = said[0]
    if delivery.body["digest"]:
        subject = Text(f"公数每日汇总：{len(lines)} 条通知", f"Gongshu: {len(lines)} notices today").say(language)
    parts = [f"{text}\n{_address(line['link'])}".rstrip() for text, line in zip(said, lines, strict=True)]
    message = EmailMessage(
        subject=" ".join(subject.split()),
        body="\n\n".join(parts) + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[person.email],
        headers={
            "Message-ID": f"<{delivery.key}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].strip('>')}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        raise _Failed(f"recipient refused ({codes[0]})", for_good=min(codes) >= _PERMANENT) from refused
    except smtplib.SMTPResponseException as error:
        raise _Failed(f"SMTP {error.smtp_code}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise _Failed(type(error).__name__) from error


def _call(delivery: Delivery) -> None:
    webhook = delivery.webhook
    if webhook is None or not webhook.active:
        raise _Failed("webhook removed", for_good=True)
    secret = crypto.provider().unwrap(base64.b64decode(webhook.secret_wrapped), actions.SECRET_PURPOSE)
    body = json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = str(int(clock.now().timestamp()))
    signature = crypto.provider().hmac(webhook.algorithm, secret, f"{timestamp}.".encode() + body).hex()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "gongshu",
        "Idempotency-Key": delivery.key,
        "X-Gongshu-Timestamp": timestamp,
        "X-Gongshu-Algorithm": webhook.algorithm,
        "X-Gongshu-Signature": signature,
    }
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", webhook.url, content=body, headers=headers) as answer,
        ):
            if not answer.is_success:  # the answer's body is not read: nobody needs it, and it may have no end
                raise _Failed(f"HTTP {answer.status_code}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _Failed(type(error).__name__) from error


def _address(link: str) -> str:
    """A link of the console with the installation's own address before it."""
    if not link.startswith("/"):
        return link
    origins = settings.CSRF_TRUSTED_ORIGINS
    return (origins[0] if origins else f"http://127.0.0.1:{settings.HOME.web_port}").rstrip("/") + link
