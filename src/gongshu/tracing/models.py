"""Which day's log was pushed to which organisation."""

from __future__ import annotations

from django.db import models


class Digest(models.Model):
    """The entries of one day that concern an organisation: what it did, and what others did with its resources.

    ``size`` is how many entries the ledger had then: the file is made from those, so that it stays the same.
    """

    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    size = models.BigIntegerField()
    as_user = models.BooleanField()
    resources = models.JSONField(default=list)  # those of its own with which something was done
    entries = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    pushed_at = models.DateTimeField()

    class Meta:
        ordering = ["-day", "organization_id"]
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="tracing_one_digest_a_day")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.day}"
