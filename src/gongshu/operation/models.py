"""Tables of authorised operation."""

from __future__ import annotations

from django.db import models

from gongshu.duties.steps import CaseStep
from gongshu.errors import Text
from gongshu.operation.states import (
    CORRECTION_LABELS,
    DEMAND_LABELS,
    DESIGNATION_LABELS,
    CorrectionStatus,
    DemandStatus,
    DesignationStatus,
)


class Designation(models.Model):
    """A body's way to become an operator, and its time as one (dazhou-7, dazhou-8, xian-28)."""

    number = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="designations")
    applicant = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    renews = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    scope = models.TextField()
    qualification = models.JSONField(default=list)  # [{id, zh, en, evidence}]
    selection = models.CharField(max_length=60, blank=True)
    selection_note = models.TextField(blank=True)
    departments = models.JSONField(default=list)  # codes
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in DesignationStatus], default=DesignationStatus.IN_REVIEW
    )
    agreement = models.CharField(max_length=100, blank=True)  # its number
    contents = models.JSONField(default=list)  # [{id, zh, en, text}]
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    renewal_duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    early_ground = models.CharField(max_length=60, blank=True)  # why the operator asks to end early
    early_reason = models.TextField(blank=True)
    early_duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return DESIGNATION_LABELS[DesignationStatus(self.status)]


class DesignationStep(CaseStep):
    """One turn on an application; ``experts`` names who advised (dazhou-6)."""

    designation = models.ForeignKey(Designation, on_delete=models.CASCADE, related_name="steps")
    experts = models.TextField(blank=True)


class Correction(models.Model):
    """An order to correct with suspension, and how it ended (dazhou-12)."""

    number = models.CharField(max_length=24, unique=True)
    designation = models.ForeignKey(Designation, on_delete=models.CASCADE, related_name="corrections")
    ground = models.CharField(max_length=60)
    ground_zh = models.CharField(max_length=200)
    ground_en = models.CharField(max_length=200)
    findings = models.TextField()
    due_on = models.DateField()
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    remark = models.TextField(blank=True)
    suspended = models.JSONField(default=list)  # ids of the grants that were taken back
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in CorrectionStatus], default=CorrectionStatus.ORDERED
    )
    citations = models.JSONField(default=list)
    ordered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    @property
    def ground_label(self) -> Text:
        return Text(self.ground_zh, self.ground_en)

    @property
    def status_label(self) -> Text:
        return CORRECTION_LABELS[CorrectionStatus(self.status)]


class Barred(models.Model):
    """A resource that must not be operated, on one of the pack's grounds (dazhou-16), until it is lifted."""

    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="barred")
    ground = models.CharField(max_length=60)
    ground_zh = models.CharField(max_length=200)
    ground_en = models.CharField(max_length=200)
    reason = models.TextField()
    citations = models.JSONField(default=list)
    barred_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(lifted_at__isnull=True), name="operation_one_bar_a_resource"
            )
        ]

    @property
    def ground_label(self) -> Text:
        return Text(self.ground_zh, self.ground_en)


class Demand(models.Model):
    """A line of an operator's demand list, its review, and the supply that follows (dazhou-17 to dazhou-20)."""

    number = models.CharField(max_length=24, unique=True)
    designation = models.ForeignKey(Designation, on_delete=models.PROTECT, related_name="demands")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="operation_demands")
    applicant = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    items = models.JSONField()
    mode = models.CharField(max_length=20)
    stated = models.JSONField(default=list)  # [{id, zh, en, text}], what the pack wants stated
    first_review = models.TextField()
    collected = models.BooleanField(default=False)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in DemandStatus], default=DemandStatus.IN_REVIEW
    )
    reviewed = models.JSONField(default=list)  # [{id, zh, en, text}], what the review found
    basis_kind = models.CharField(max_length=40, blank=True)
    basis = models.TextField(blank=True)  # of a refusal
    grant_id = models.CharField(max_length=40, blank=True)
    end_case = models.CharField(max_length=60, blank=True)
    end_grounds = models.TextField(blank=True)
    end_notice = models.CharField(max_length=200, blank=True)  # of the provider's written notice
    end_duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return DEMAND_LABELS[DemandStatus(self.status)]


class DemandStep(CaseStep):
    """One turn on a demand."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="steps")


# What dazhou-9 gives an operator has a module of its own; Django finds tables through this one.
from gongshu.operation.governance_models import Governance, GovernanceEvent, Return  # noqa: E402, F401
