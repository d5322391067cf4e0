"""Tables of the asset register: data assets, their assessments, what was filed upward."""

from __future__ import annotations

from typing import Any

from django.db import models

from gongshu.errors import Conflict, Text
from gongshu.supervision.handover_states import HANDOVER_LABELS, HandoverStatus


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


class Handover(models.Model):
    """How a filing got to the office above, and that office's receipt. Taken by a worker under a lease (``next_try``)."""

    filing = models.OneToOneField(AssetFiling, on_delete=models.PROTECT, related_name="handover")
    status = models.CharField(max_length=12, default=HandoverStatus.BY_HAND)
    note = models.TextField(default="", blank=True)  # signed once, so that every attempt sends the same bytes
    attempts = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField(null=True)
    problem_zh = models.CharField(max_length=300, default="", blank=True)
    problem_en = models.CharField(max_length=300, default="", blank=True)
    delivered_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=100, default="", blank=True)
    receipt_body = models.JSONField(null=True)  # upward.Receipt as it came; null where a person noted the number
    settled_at = models.DateTimeField(null=True)
    noted_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["status", "next_try"], name="handover_waiting")]

    @property
    def label(self) -> Text:
        return HANDOVER_LABELS[HandoverStatus(self.status)]

    @property
    def problem(self) -> Text:
        return Text(self.problem_zh, self.problem_en)

    @property
    def settled(self) -> bool:
        return self.status == HandoverStatus.RECEIPTED
