"""Tables of grants.

Parties and resources are named by their codes: a grant stays readable as it was decided.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models

from gongshu import clock
from gongshu.grants.states import GrantKind, GrantStatus


class Grant(models.Model):
    """What ``organization`` may read of ``resource`` (xian-20, luzhou-24).

    ``source`` is what decided it, by its id; ``hours`` are texts like ``1-5 08:30-18:00``, none for any hour.
    """

    grant_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in GrantKind], default=GrantKind.SHARING)
    organization = models.CharField(max_length=64, db_index=True)
    provider = models.CharField(max_length=64, db_index=True)
    resource = models.CharField(max_length=64, db_index=True)
    title = models.CharField(max_length=200, blank=True)
    items = models.JSONField()
    masks = models.JSONField(default=dict)
    rows = models.JSONField(default=list)
    purpose = models.CharField(max_length=200)
    modes = models.JSONField()
    clients = models.JSONField(default=list)
    hours = models.JSONField(default=list)
    listing = models.BooleanField(default=False)
    rate_per_minute = models.PositiveIntegerField(null=True)
    daily_quota = models.PositiveIntegerField(null=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    source = models.CharField(max_length=64, blank=True, db_index=True)
    cites = models.JSONField(default=list)
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in GrantStatus], default=GrantStatus.ACTIVE
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["status", "valid_until"], name="grants_by_end")]
        constraints = [
            models.CheckConstraint(condition=models.Q(valid_until__gt=models.F("valid_from")), name="grants_term_ends")
        ]

    def __str__(self) -> str:
        return self.grant_id

    @property
    def last_day(self) -> date:
        """The last day, in Shanghai, on which the grant holds: its term is ``[valid_from, valid_until)``."""
        return clock.local(self.valid_until - timedelta(microseconds=1)).date()

    @property
    def standing(self) -> GrantStatus:
        """The status as of now: a grant past its term has expired, whether or not the clock has marked it yet."""
        if self.status == GrantStatus.ACTIVE and self.valid_until <= clock.now():
            return GrantStatus.EXPIRED
        return GrantStatus(self.status)


class FeedRow(models.Model):
    """The latest word to the gateways about one client or grant; see ``gongshu.grants.feed``."""

    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=64)
    revision = models.BigIntegerField(unique=True)
    body = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="grants_one_row_per_thing")]


class FeedClock(models.Model):
    """One row whose update locks the feed until commit.

    So revisions become visible in the order of their numbers.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    revision = models.BigIntegerField(default=0)
