"""Tables of the project gate: projects, what they plan, the verdicts."""

from __future__ import annotations

from typing import Any

from django.db import models

from gongshu.errors import Conflict, Text
from gongshu.supervision.project_states import PROJECT_LABELS, STAGE_LABELS, ProjectStatus, Stage


class Project(models.Model):
    """An IT project of an organisation (xian-40, luzhou-12, yongjia-12)."""

    number = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=100)
    summary = models.TextField(blank=True)
    system = models.ForeignKey("filings.System", on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(
        max_length=14, choices=[(s.value, s.value) for s in ProjectStatus], default=ProjectStatus.PLANNING
    )
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    registered_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    passed_at = models.DateTimeField(null=True, blank=True)  # the plan passed: collections count from here

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "organization"], name="supervision_project_by_status")]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return PROJECT_LABELS[ProjectStatus(self.status)]


class PlannedEntry(models.Model):
    """One line of the planned catalog, and beside it the entry that it became."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="plan")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=100)
    body = models.JSONField()  # catalog.draft.as_plain
    uses = models.CharField(max_length=40, blank=True)  # code of the source that is used instead of collecting
    difference = models.CharField(max_length=500, blank=True)  # why it is no duplicate of what the gate named
    code = models.CharField(max_length=40, blank=True)  # of the real entry, named while it is built

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["project", "position"], name="supervision_plan_once")]


class Verdict(models.Model):
    """What was found at a gate, by whom; never changed afterwards."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="verdicts")
    stage = models.CharField(max_length=12, choices=[(s.value, s.value) for s in Stage])
    passed = models.BooleanField()
    reasons = models.JSONField(default=list)  # project_gate.Reason.as_json
    remark = models.TextField(blank=True)
    plan_digest = models.CharField(max_length=64)  # hex of SM3 over the plan that was looked at
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Conflict("project.verdict_immutable", "审查结论不能修改。", "A verdict cannot be changed.")
        super().save(*args, **kwargs)

    @property
    def stage_label(self) -> Text:
        return STAGE_LABELS[Stage(self.stage)]
