"""Tables of notifications."""

from __future__ import annotations

from django.db import models

from gongshu.errors import Text
from gongshu.notifications.states import (
    DELIVERY_LABELS,
    Channel,
    DeliveryStatus,
    EmailMode,
    topic_label,
    topic_of,
)


class Notice(models.Model):
    """One sentence to one person, with a link to where something can be done about it."""

    recipient = models.ForeignKey("identity.Person", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=60)
    zh = models.CharField(max_length=400)
    en = models.CharField(max_length=400)
    link = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)  # when it was put into a letter, alone or in a digest

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["recipient", "read_at"])]

    @property
    def topic(self) -> Text:
        """What it is about, in a word."""
        return topic_label(topic_of(self.kind))

    def say(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


class Preference(models.Model):
    """What a person wants by e-mail. Without a row: at once, where the installation sends mail at all.

    ``topics`` holds what is wanted otherwise for single topics, by the first part of a notice's kind.
    """

    person = models.OneToOneField("identity.Person", on_delete=models.CASCADE, related_name="notice_preference")
    email = models.CharField(max_length=10, choices=[(m.value, m.value) for m in EmailMode], default=EmailMode.AT_ONCE)
    topics = models.JSONField(default=dict, blank=True)
    changed_at = models.DateTimeField()

    def mode_for(self, kind: str) -> EmailMode:
        """How a notice of ``kind`` is wanted."""
        return EmailMode(self.topics.get(topic_of(kind), self.email))

    def digested(self) -> models.Q:
        """The notices that belong into the daily letter."""
        usual = self.email == EmailMode.DAILY
        apart = {topic for topic, mode in self.topics.items() if (mode == EmailMode.DAILY) != usual}
        named = models.Q(pk__in=[])
        for topic in sorted(apart):
            named |= models.Q(kind__startswith=f"{topic}.")
        return ~named if usual else named


class Webhook(models.Model):
    """A system of an organisation that is told what its people are told. The secret is shown once and kept wrapped."""

    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=500)
    algorithm = models.CharField(max_length=16, default="HMAC-SM3")
    secret_wrapped = models.TextField()
    active = models.BooleanField(default=True)  # False: removed for good
    paused = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


class Delivery(models.Model):
    """One letter or one call, written with the notice it carries and sent by the worker after that is committed.

    ``key`` never changes: a letter's Message-ID and a call's Idempotency-Key. A worker takes a row by moving
    ``next_try`` ahead; if it dies before it marks the row, another takes it again with the same key (at least once).
    """

    key = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, null=True, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, null=True, related_name="deliveries")
    body = models.JSONField()
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in DeliveryStatus], default=DeliveryStatus.QUEUED
    )
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    next_try = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)  # what went wrong last; never an address or content

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["channel", "status", "next_try"])]

    @property
    def status_label(self) -> Text:
        return DELIVERY_LABELS[DeliveryStatus(self.status)]
