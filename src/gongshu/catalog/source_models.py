"""Tables of one source per datum. Items are named by entry and name: their rows are written anew with each version."""

from __future__ import annotations

from django.db import models

from gongshu.catalog.source_states import PROPOSAL_LABELS, USE_LABELS, ProposalStatus, UseStatus
from gongshu.errors import Text


class Datum(models.Model):
    """What several entries hold, and the item that is its source. ``concept`` is the source's title as compared."""

    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=100)
    concept = models.CharField(max_length=100, db_index=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="data_sourced")
    item = models.CharField(max_length=63)
    reason = models.TextField(blank=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    named_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    named_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "item"], condition=models.Q(ended_at__isnull=True), name="catalog_datum_source_once"
            )
        ]

    def __str__(self) -> str:
        return self.number


class DatumUse(models.Model):
    """An item of another entry that holds the same datum."""

    datum = models.ForeignKey(Datum, on_delete=models.PROTECT, related_name="uses")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="data_used")
    item = models.CharField(max_length=63)
    item_title = models.CharField(max_length=100)
    status = models.CharField(max_length=8, choices=[(s.value, s.value) for s in UseStatus], default=UseStatus.DUE)
    reason = models.TextField(blank=True)  # of the exemption
    decided_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    since = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["entry", "status"], name="catalog_use_by_entry")]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "item"], condition=~models.Q(status="ended"), name="catalog_datum_use_once"
            )
        ]

    @property
    def status_label(self) -> Text:
        return USE_LABELS[UseStatus(self.status)]


class SourceProposal(models.Model):
    """Two items may be one datum. The first is the candidate source; the authority may name the other instead."""

    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=63)
    item_title = models.CharField(max_length=100)
    other_entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="+")
    other_item = models.CharField(max_length=63)
    other_title = models.CharField(max_length=100)
    across = models.BooleanField()  # the two entries are of different units
    score = models.PositiveSmallIntegerField()
    parts = models.JSONField()  # the arithmetic: [{name, points, most, zh, en}]
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in ProposalStatus], default=ProposalStatus.OPEN
    )
    datum = models.ForeignKey(Datum, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals")
    reason = models.TextField(blank=True)
    found_at = models.DateTimeField()
    decided_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-score", "id"]
        indexes = [models.Index(fields=["status", "-score", "id"], name="catalog_proposal_by_score")]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "item", "other_entry", "other_item"], name="catalog_source_pair_once"
            )
        ]

    @property
    def status_label(self) -> Text:
        return PROPOSAL_LABELS[ProposalStatus(self.status)]
