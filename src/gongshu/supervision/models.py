"""Tables of supervision."""

from __future__ import annotations

from django.db import models

from gongshu.errors import Text
from gongshu.supervision.states import EVENT_LABELS, FINDING_LABELS, Against, EventKind, FindingStatus


class Finding(models.Model):
    """A violation that was found, and what became of it (xian-43, yongjia-46, yongjia-47, luzhou-39)."""

    number = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="findings")
    against = models.CharField(max_length=8, choices=[(a.value, a.value) for a in Against])
    kind = models.CharField(max_length=60)  # one of the pack's
    kind_zh = models.CharField(max_length=200)
    kind_en = models.CharField(max_length=200)
    facts = models.TextField()
    evidence = models.TextField(blank=True)
    detector = models.CharField(max_length=40, blank=True)  # empty: a person found it
    detected_key = models.CharField(max_length=80, null=True, blank=True, unique=True)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in FindingStatus], default=FindingStatus.PROPOSED
    )
    order_text = models.TextField(blank=True)  # what is to be corrected
    due_on = models.DateField(null=True, blank=True)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)  # the turn that is open now
    circular = models.TextField(blank=True)
    circulated_at = models.DateTimeField(null=True, blank=True)
    handed_way = models.CharField(max_length=60, blank=True)  # one of the pack's
    handed_to = models.CharField(max_length=200, blank=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)  # of the kind
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "organization"])]

    def __str__(self) -> str:
        return self.number

    @property
    def kind_label(self) -> Text:
        return Text(self.kind_zh, self.kind_en)

    @property
    def status_label(self) -> Text:
        return FINDING_LABELS[FindingStatus(self.status)]


class FindingEvent(models.Model):
    """One line of a finding's history. Never changed."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in EventKind])
    at = models.DateTimeField()
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    organization = models.CharField(max_length=200)
    organization_en = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    citations = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]

    @property
    def kind_label(self) -> Text:
        return EVENT_LABELS[EventKind(self.kind)]

    @property
    def where(self) -> Text:
        return Text(self.organization, self.organization_en)


# Assets and projects have modules of their own; Django finds tables through this one.
from gongshu.supervision.asset_models import Assessment, Asset, AssetFiling  # noqa: E402, F401
from gongshu.supervision.project_models import PlannedEntry, Project, Verdict  # noqa: E402, F401
