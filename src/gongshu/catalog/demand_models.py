"""Tables of demand and supply: what consumers need, who answers for it, where it was talked over, lists as issued."""

from __future__ import annotations

from django.db import models

from gongshu.catalog.demand_states import (
    DEMAND_LABELS,
    LIST_LABELS,
    TALK_LABELS,
    DemandStatus,
    ListKind,
    Talk,
)
from gongshu.errors import Text


class Demand(models.Model):
    """A department needs data; the authority finds them in the catalog or has somebody provide them by a day."""

    number = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="demands")
    filed_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=100)
    items = models.TextField(blank=True)  # what each record should say, in the consumer's words
    purpose = models.CharField(max_length=60, blank=True)
    basis = models.TextField(blank=True)
    scenario = models.TextField(blank=True)
    business_process = models.TextField(blank=True)
    scope = models.TextField(blank=True)
    mode = models.CharField(max_length=10, blank=True)
    wanted_by = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in DemandStatus], default=DemandStatus.FILED
    )
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, null=True, related_name="demands")
    provider = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, null=True, related_name="assigned")
    due_on = models.DateField(null=True, blank=True)  # by which the provider is to have published the entry
    remark = models.TextField(blank=True)  # the authority's, with what it decided last
    ground = models.TextField(blank=True)  # of the provider's objection
    basis_kind = models.CharField(max_length=40, blank=True)
    ground_basis = models.TextField(blank=True)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    filed_at = models.DateTimeField()
    assigned_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "provider"], name="catalog_demand_by_provider"),
            models.Index(fields=["organization", "status"], name="catalog_demand_by_consumer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return DEMAND_LABELS[DemandStatus(self.status)]


class Meeting(models.Model):
    """A supply-demand meeting (供需对接会, zaozhuang-6.3): when, who came, what was talked over."""

    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=100)
    held_on = models.DateField()
    place = models.CharField(max_length=100, blank=True)
    participants = models.ManyToManyField("identity.Organization", related_name="+")
    minutes = models.TextField(blank=True)
    convened_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-held_on", "-id"]

    def __str__(self) -> str:
        return self.number


class MeetingItem(models.Model):
    """One demand on the table of a meeting, and what was agreed about it; blank until it was."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="lines")
    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="talks")
    outcome = models.CharField(max_length=10, blank=True, choices=[(t.value, t.value) for t in Talk])
    remark = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["meeting", "demand"], name="catalog_demand_once_a_meeting")]

    @property
    def outcome_label(self) -> Text:
        return TALK_LABELS[Talk(self.outcome)] if self.outcome else Text("待议", "not yet")


class ListIssue(models.Model):
    """One of the three lists as the authority issued it (luzhou-15): its text and digest never change."""

    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=15, choices=[(k.value, k.value) for k in ListKind])
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    text = models.TextField()  # CSV, UTF-8, the columns of the page
    issued_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def kind_label(self) -> Text:
        return LIST_LABELS[ListKind(self.kind)]
