"""Tables of the checks: the versions of an entry's check set, and what each check of a data version found."""

from __future__ import annotations

from typing import Any

from django.db import models

from gongshu.errors import Text
from gongshu.quality.states import CHECK_RUN_LABELS, CheckRunStatus


class CheckSetVersion(models.Model):
    """One version of an entry's check set; the highest number is in force."""

    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="check_sets")
    number = models.PositiveIntegerField()
    body = models.TextField()  # canonical JSON of a CheckSet
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True)
    saved_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="quality_check_set_number")]


class CheckRun(models.Model):
    """The checks of one data version by one check set. Holds counts and row numbers, never a value of the data."""

    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="check_runs")
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # of the check set
    check_set = models.ForeignKey(
        CheckSetVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )  # null: proposed
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in CheckRunStatus])
    worker = models.CharField(max_length=40, blank=True)  # token of the lease
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)  # failures that count, of severity error
    warnings = models.PositiveBigIntegerField(default=0)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    alert_below = models.PositiveIntegerField(null=True, blank=True)  # the limit that held
    outcomes = models.JSONField(default=list)  # Outcome.as_json of each check
    arithmetic = models.JSONField(default=dict)  # Score.as_json
    error_zh = models.TextField(blank=True)
    error_en = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "version", "digest"], name="quality_check_run_once"),
        ]
        indexes = [models.Index(fields=["status", "lease_until"], name="quality_check_run_open")]

    @property
    def status_label(self) -> Text:
        return CHECK_RUN_LABELS[CheckRunStatus(self.status)]

    @property
    def error(self) -> Text | None:
        return Text(self.error_zh, self.error_en) if self.error_zh else None

    @property
    def below(self) -> bool:
        """The score is under the limit that held."""
        return self.score is not None and self.alert_below is not None and self.score < self.alert_below

    def outcome(self, check_id: str) -> dict[str, Any] | None:
        return next((one for one in self.outcomes if one["check"]["id"] == check_id), None)
