"""Tables of paper holdings: what a unit holds on paper, and how far it is digitised."""

from __future__ import annotations

from django.db import models

from gongshu.collection.paper_states import PAPER_LABELS, PaperStatus
from gongshu.errors import Text


class PaperHolding(models.Model):
    """Files on paper of one unit (luzhou-14). ``entry`` is the code of the catalog entry that they will feed;
    ``amount`` and ``digitised`` are counted in ``measure`` (卷, 件, 页…).
    """

    number = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=100)
    measure = models.CharField(max_length=10)
    amount = models.PositiveIntegerField()
    digitised = models.PositiveIntegerField(default=0)
    basis = models.CharField(max_length=300)
    entry = models.CharField(max_length=40, db_index=True)
    entry_title = models.CharField(max_length=100)
    begins_on = models.DateField()
    due_on = models.DateField()
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in PaperStatus], default=PaperStatus.PLANNED
    )
    version = models.PositiveIntegerField(null=True, blank=True)  # of the entry's data, when it was done
    reason = models.CharField(max_length=300, blank=True)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    registered_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "organization"], name="collection_paper_by_status")]

    def __str__(self) -> str:
        return self.number

    @property
    def percent(self) -> int:
        return min(100, self.digitised * 100 // self.amount)

    @property
    def status_label(self) -> Text:
        return PAPER_LABELS[PaperStatus(self.status)]
