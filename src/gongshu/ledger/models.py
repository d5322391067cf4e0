"""Three tables beside the log itself, none of which is the truth.

``Outbox`` holds leaves that were written in a business transaction and wait for the sequencer; a row leaves when its
leaf is in the log. ``Record`` is an index of the log for search, and ``Mention`` one of the people in it; both are rebuilt
from the log at any time (``gongshu ledger reindex``).
"""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """A leaf committed together with the act it records."""

    entry_id = models.CharField(max_length=64, unique=True)
    leaf = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "待入账条目"
        verbose_name_plural = "待入账条目"

    def __str__(self) -> str:
        return self.entry_id


class Record(models.Model):
    """One leaf of the log, by its place in it."""

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    actor = models.CharField(max_length=200)
    organization = models.CharField(max_length=64)
    subject = models.CharField(max_length=80, blank=True)
    resource = models.CharField(max_length=200, blank=True)
    cites = models.JSONField(default=list)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = "账本记录"
        verbose_name_plural = "账本记录"
        # Each way of searching is one walk backwards in time: see ``search_queries``.
        indexes = [
            models.Index(fields=["at", "index"], name="ledger_at"),
            models.Index(fields=["subject", "at", "index"], name="ledger_subject_at"),
            models.Index(fields=["resource", "at", "index"], name="ledger_resource_at"),
            models.Index(fields=["organization", "at", "index"], name="ledger_organization_at"),
            models.Index(fields=["action", "at", "index"], name="ledger_action_at"),
            models.Index(fields=["resource", "organization", "at", "index"], name="ledger_reader_at"),
            models.Index(fields=["resource", "action", "at", "index"], name="ledger_resource_act_at"),
            models.Index(fields=["organization", "action", "at", "index"], name="ledger_own_act_at"),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.entry_id}"


class Mention(models.Model):
    """A person (as a commitment) whom a leaf with several names: a page of records that was handed out."""

    subject = models.CharField(max_length=80)
    at = models.DateTimeField()
    index = models.BigIntegerField()

    class Meta:
        verbose_name = "账本记录所涉主体"
        verbose_name_plural = "账本记录所涉主体"
        indexes = [models.Index(fields=["subject", "at", "index"], name="ledger_mention_at")]

    def __str__(self) -> str:
        return f"{self.index} {self.subject[:16]}"
