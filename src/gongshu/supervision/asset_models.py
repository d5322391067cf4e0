"""Tables of the asset register: data assets, their assessments, what was filed upward."""

from __future__ import annotations

from typing import Any

from django.db import models

from gongshu.errors import Conflict


class Asset(models.Model):
    """A published entry with collected data, registered as a data asset (xian-17)."""

    number = models.CharField(max_length=24, unique=True)
    entry = models.OneToOneField("catalog.Entry", on_delete=models.PROTECT, related_name="asset")
    holder = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="assets")
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class Assessment(models.Model):
    """Quality and value of an asset on a day, with the whole arithmetic; never changed afterwards."""

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="assessments")
    on = models.DateField()
    method = models.CharField(max_length=20)
    scores = models.JSONField()  # asset_method.Score.as_json
    quality = models.DecimalField(max_digits=5, decimal_places=2)
    value = models.DecimalField(max_digits=5, decimal_places=2)
    total = models.DecimalField(max_digits=5, decimal_places=2)
    at = models.DateTimeField()
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Conflict("asset.assessment_immutable", "评估结果不能修改。", "An assessment cannot be changed.")
        super().save(*args, **kwargs)


class AssetFiling(models.Model):
    """The register as it was filed with the office above: canonical JSON and its SM3 digest (xian-17: 备案)."""

    number = models.CharField(max_length=24, unique=True)
    to = models.CharField(max_length=100)
    body = models.TextField()
    digest = models.CharField(max_length=64)
    assets = models.PositiveIntegerField()
    at = models.DateTimeField()
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Conflict("asset.filing_immutable", "已备案的内容不能修改。", "What was filed cannot be changed.")
        super().save(*args, **kwargs)
