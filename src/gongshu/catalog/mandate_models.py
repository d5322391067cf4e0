"""Tables of statutory duties: what a unit may acquire data for, and the items it acquires beyond them, with reasons."""

from __future__ import annotations

from django.db import models


class Mandate(models.Model):
    """One statutory duty (法定职责) of a unit with its legal basis; ``data`` are the titles of the items that it needs."""

    number = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    basis = models.CharField(max_length=300)
    data = models.JSONField(default=list)
    registered_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["organization__code", "id"]

    def __str__(self) -> str:
        return self.number


class MandateException(models.Model):
    """Why an entry holds an item that no duty of its unit names."""

    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    item = models.CharField(max_length=63)
    item_title = models.CharField(max_length=100)
    reason = models.CharField(max_length=300)
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["entry", "item"]
        constraints = [models.UniqueConstraint(fields=["entry", "item"], name="catalog_mandate_exception_once")]
