"""Letters and calls: sent after commit, to a real server, again after a failure or a kill, always under the same key."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.header import decode_header, make_header

import pytest
from django.db import transaction

from factories import SEED, City
from gongshu import clock
from gongshu.errors import GongshuError, NotAllowed, Text
from gongshu.home import Mail
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.notifications import actions, queries, sending
from gongshu.notifications.models import Delivery, Notice
from gongshu.notifications.states import Channel, DeliveryStatus, EmailMode
from integration.notifications.servers import Listener, Post, running

pytestmark = pytest.mark.django_db
WORKER = Actor.process("worker")
NOON = datetime(2026, 3, 2, 12, tzinfo=clock.SHANGHAI)
TEXT = Text("待办：校核企业登记信息", "To do: check the company register")


@pytest.fixture
def post(settings) -> Iterator[Post]:
    with running(Post()) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "gongshu@jianglin.example"
        settings.HOME = replace(settings.HOME, mail=Mail(host="127.0.0.1", port=server.port, tls="none"))
        yield server


@pytest.fixture
def listener() -> Iterator[Listener]:
    with running(Listener()) as server:
        yield server


@pytest.fixture
def city() -> City:
    with clock.frozen(NOON - timedelta(days=30)):
        found = City()
        identity.change_email(by=SEED, username="li", email="li@jianglin.example")
        return found


def tell(by: Actor = SEED) -> int:
    return actions.notify(
        by=by, organization="market", roles=(Role.PROVIDER,), kind="duty.opened", text=TEXT, link="/console/"
    )


def send(channel: Channel) -> int:
    return sending.send_due(by=WORKER, channel=channel)


def test_nothing_is_queued_while_no_mail_host_is_named(city: City) -> None:
    assert tell() == 2
    assert not Delivery.objects.exists()
    assert send(Channel.EMAIL) == 0


def test_a_letter_goes_out_once_in_the_readers_language_with_a_stable_message_id(city: City, post: Post) -> None:
    assert tell() == 2  # wang has no address and reads it in the console only
    assert not post.letters, "nothing leaves before the worker comes, after the commit"
    assert send(Channel.EMAIL) == 1
    assert send(Channel.EMAIL) == 0
    (letter,) = post.letters
    delivery = Delivery.objects.get()
    assert letter["Message-ID"] == f"<{delivery.key}@jianglin.example>"
    assert letter["To"] == "li@jianglin.example"
    assert str(make_header(decode_header(letter["Subject"]))) == TEXT.zh
    assert "/console/" in letter.get_payload(decode=True).decode()
    assert delivery.status == DeliveryStatus.SENT


def test_what_is_rolled_back_is_never_sent(city: City, post: Post) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        tell()
        raise Undone
    assert send(Channel.EMAIL) == 0
    assert not post.letters


def test_a_worker_killed_between_sending_and_marking_sends_again_under_the_same_id(
    city: City, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(**_: object) -> None:
        raise Killed

    with clock.frozen(NOON):
        tell()
        with monkeypatch.context() as patched:
            patched.setattr(actions, "settle", die)
            with pytest.raises(Killed):
                send(Channel.EMAIL)
        assert send(Channel.EMAIL) == 0, "its lease still holds"
    with clock.frozen(NOON + actions.LEASE + timedelta(seconds=1)):
        assert send(Channel.EMAIL) == 1
        assert send(Channel.EMAIL) == 0
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_server_that_is_away_is_tried_again_after_pauses_that_double(city: City, post: Post, settings) -> None:
    settings.EMAIL_PORT = 1  # nobody listens there
    with clock.frozen(NOON):
        tell()
        assert send(Channel.EMAIL) == 1
    pauses, moment = [], NOON
    for _ in range(3):
        due = Delivery.objects.get().next_try
        pauses.append((due - moment).total_seconds())
        moment = due
        with clock.frozen(moment):
            assert send(Channel.EMAIL) == 1
    assert pauses == [30, 60, 120]
    settings.EMAIL_PORT = post.port
    with clock.frozen(Delivery.objects.get().next_try):
        send(Channel.EMAIL)
    assert len(post.letters) == 1
    assert Delivery.objects.get().status == DeliveryStatus.SENT


def test_an_address_refused_for_good_is_given_up_at_once(city: City, post: Post) -> None:
    post.refuse = "550 no such mailbox"
    tell()
    send(Channel.EMAIL)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.FAILED, 1)
    assert "li@" not in delivery.problem


def test_who_wants_a_digest_gets_one_letter_a_day(city: City, post: Post) -> None:
    with clock.frozen(NOON - timedelta(days=1)):
        actions.prefer(by=city.reviewer, email=EmailMode.DAILY)
        tell()
        tell()
        assert send(Channel.EMAIL) == 0
    with clock.frozen(NOON.replace(hour=7)):
        assert actions.queue_digests(by=WORKER) == 0, "not before eight"
    with clock.frozen(NOON):
        assert actions.queue_digests(by=WORKER) == 1
        tell()
        assert actions.queue_digests(by=WORKER) == 0, "one a day"
        assert send(Channel.EMAIL) == 1
    (letter,) = post.letters
    assert letter.get_payload(decode=True).decode().count(TEXT.zh) == 2
    with clock.frozen(NOON + timedelta(days=1)):
        assert actions.queue_digests(by=WORKER) == 1
    assert not Notice.objects.filter(recipient_id=city.reviewer.person_id, mailed_at__isnull=True).exists()


def test_who_wants_none_gets_none(city: City, post: Post) -> None:
    actions.prefer(by=city.reviewer, email=EmailMode.NONE)
    tell()
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert actions.queue_digests(by=WORKER) == 0
    assert send(Channel.EMAIL) == 0
    assert queries.unread_count(city.reviewer) == 1


@pytest.mark.parametrize("algorithm", ["HMAC-SHA256", "HMAC-SM3"])
def test_a_call_is_signed_so_that_its_receiver_can_check_it(city: City, listener: Listener, algorithm: str) -> None:
    _, secret = actions.add_webhook(by=city.reviewer, organization="market", url=listener.url, algorithm=algorithm)
    tell()
    assert send(Channel.WEBHOOK) == 1
    ((headers, body),) = listener.calls
    signed = f"{headers['x-gongshu-timestamp']}.".encode() + body
    name = {"HMAC-SHA256": "sha256", "HMAC-SM3": "sm3"}[algorithm]
    if name in hashlib.algorithms_available:
        assert headers["x-gongshu-signature"] == hmac.new(secret.encode(), signed, name).hexdigest()
    assert headers["idempotency-key"] == Delivery.objects.get().key
    told = json.loads(body)
    assert (told["kind"], told["zh"], told["organization"]) == ("duty.opened", TEXT.zh, "market")


def test_a_call_that_fails_is_repeated_with_the_same_key_and_a_redirect_is_not_followed(
    city: City, listener: Listener
) -> None:
    actions.add_webhook(by=city.reviewer, organization="market", url=listener.url)
    listener.answers = [503, 302]
    with clock.frozen(NOON):
        tell()
        send(Channel.WEBHOOK)
    for _ in range(2):
        with clock.frozen(Delivery.objects.get().next_try):
            send(Channel.WEBHOOK)
    assert len(listener.calls) == 3
    assert len({headers["idempotency-key"] for headers, _ in listener.calls}) == 1
    assert len({body for _, body in listener.calls}) == 1
    assert Delivery.objects.get().status == DeliveryStatus.SENT


def test_a_dead_receiver_is_given_up_in_the_end_and_does_not_hold_up_the_others(city: City, listener: Listener) -> None:
    actions.add_webhook(by=city.reviewer, organization="market", url="http://127.0.0.1:1/hook")
    actions.add_webhook(by=city.reviewer, organization="market", url=listener.url)
    with clock.frozen(NOON):
        tell()
        assert send(Channel.WEBHOOK) == 2
    assert len(listener.calls) == 1
    moment = NOON
    for _ in range(20):
        waiting = Delivery.objects.filter(status=DeliveryStatus.QUEUED).first()
        if waiting is None:
            break
        moment = waiting.next_try
        with clock.frozen(moment):
            send(Channel.WEBHOOK)
    dead = Delivery.objects.get(status=DeliveryStatus.FAILED)
    assert dead.attempts == actions.MOST_ATTEMPTS
    assert timedelta(hours=2) < moment - NOON < timedelta(days=1)


def test_a_removed_webhook_gets_nothing_more(city: City, listener: Listener) -> None:
    webhook, _ = actions.add_webhook(by=city.reviewer, organization="market", url=listener.url)
    tell()
    actions.remove_webhook(by=city.reviewer, webhook_id=webhook.pk)
    tell()
    assert send(Channel.WEBHOOK) == 0
    assert not listener.calls


def test_an_organisation_connects_its_own_systems_only(city: City) -> None:
    with pytest.raises(NotAllowed):
        actions.add_webhook(by=city.reviewer, organization="housing", url="https://example.com/hook")
    for url in ("ftp://example.com/", "https://user:word@example.com/", "example.com"):
        with pytest.raises(GongshuError) as wrong:
            actions.add_webhook(by=city.reviewer, organization="market", url=url)
        assert wrong.value.code == "notifications.webhook_url"
    actions.add_webhook(by=city.authority, organization="housing", url="https://example.com/hook")
    assert not queries.webhooks(city.reviewer).exists()
    assert queries.webhooks(city.consumer).count() == 1
