"""Tables beside the log itself, none of which is the truth.

``Outbox`` holds leaves that were written in a business transaction and wait for the sequencer; a row leaves when its
leaf is in the log. ``Record`` has the leaves for reading, ``Chunk`` and ``Posting`` the words they are found by
(``postings``, ``groups``); all three are made anew from the log at any time (``gongshu ledger reindex``).
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
    """One leaf of the log, by its place in it. Found by its columns through ``postings``; here only by place and id."""

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.CharField(max_length=64)
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
        indexes = [models.Index(fields=["entry_id"], name="ledger_entry_id")]

    def __str__(self) -> str:
        return f"{self.index} {self.entry_id}"


class Chunk(models.Model):
    """A full chunk of leaves whose words are packed; its moments in microseconds since 1970 (UTC)."""

    number = models.BigIntegerField(primary_key=True)
    oldest = models.BigIntegerField()
    newest = models.BigIntegerField()

    class Meta:
        verbose_name = "账本检索段"
        verbose_name_plural = "账本检索段"

    def __str__(self) -> str:
        return str(self.number)


class Posting(models.Model):
    """Some words of a chunk or a group and the leaves that have them, packed (``packing``). ``place`` is the bucket times
    2**32 plus the chunk or the group; the buckets say which (``groups``)."""

    place = models.BigIntegerField(primary_key=True)
    content = models.BinaryField()

    class Meta:
        verbose_name = "账本检索词"
        verbose_name_plural = "账本检索词"

    def __str__(self) -> str:
        return str(self.place)
