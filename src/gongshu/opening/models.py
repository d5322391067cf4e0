"""Tables of opening."""

from __future__ import annotations

from django.db import models

from gongshu.duties.steps import CaseStep, Turned
from gongshu.errors import Text
from gongshu.opening.states import (
    RELEASE_LABELS,
    REQUEST_LABELS,
    STEP_LABELS,
    TYPE_LABELS,
    TYPE_STEP_LABELS,
    ReleaseStatus,
    RequestKind,
    RequestStatus,
    StepStatus,
    TypeStatus,
)


class Release(models.Model):
    """A proposal to open items of a resource to everybody, and what became of it."""

    number = models.CharField(max_length=24, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="releases")
    proposer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    items = models.JSONField()
    masks = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    emergency = models.CharField(max_length=24, blank=True)  # number of the emergency in which it is opened
    emergency_kind = models.CharField(max_length=40, blank=True)
    open_type = models.CharField(max_length=15)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in ReleaseStatus], default=ReleaseStatus.IN_REVIEW
    )
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    grant_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return RELEASE_LABELS[ReleaseStatus(self.status)]


class ReleaseStep(models.Model):
    """One review or decision on a release, with the article that asks for it."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)  # secrecy_review, privacy_review, …, or the act of a decider
    kind_zh = models.CharField(max_length=200)
    kind_en = models.CharField(max_length=200)
    is_review = models.BooleanField(default=True)
    office = models.CharField(max_length=20)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    days = models.PositiveIntegerField(null=True, blank=True)
    words_zh = models.CharField(max_length=200, blank=True)
    words_en = models.CharField(max_length=200, blank=True)
    citations = models.JSONField(default=list)
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in StepStatus], default=StepStatus.WAITING
    )
    due_on = models.DateField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    decided_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    ground = models.CharField(max_length=60, blank=True)  # of refusal, one of the pack's
    remark = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]

    @property
    def kind_label(self) -> Text:
        return Text(self.kind_zh, self.kind_en)

    @property
    def status_label(self) -> Text:
        return STEP_LABELS[StepStatus(self.status)]

    @property
    def words(self) -> Text:
        return Text(self.words_zh, self.words_en)


class AccessRequest(models.Model):
    """Somebody of the public asks for conditionally open data, or that data outside the open catalog be opened."""

    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in RequestKind])
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="access_requests")
    applicant = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    organization = models.CharField(max_length=64)  # code of the applicant's registered body, or "public"
    applicant_kind = models.CharField(max_length=60)  # one of the pack's
    applicant_name = models.CharField(max_length=200)
    items = models.JSONField()
    purpose = models.TextField(blank=True)
    scope = models.TextField(blank=True)
    confidentiality = models.TextField(blank=True)
    security_capability = models.TextField(blank=True)
    registration = models.JSONField(default=dict)  # what the pack's registration asks for, as the applicant states it
    supplement = models.TextField(blank=True)  # what is to be completed
    objection = models.TextField(blank=True)  # why the applicant wants the refusal reviewed
    needs_agreement = models.BooleanField(default=False)
    agreement = models.CharField(max_length=200, blank=True)  # number of the data-use agreement signed
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in RequestStatus], default=RequestStatus.PENDING
    )
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    grant_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return REQUEST_LABELS[RequestStatus(self.status)]


class RequestStep(CaseStep):
    """One decider's turn on a request, or one turn in reviewing its refusal."""

    request = models.ForeignKey(AccessRequest, on_delete=models.CASCADE, related_name="steps")
    reviews = models.BooleanField(default=False)  # it looks again at a refusal
    ground = models.CharField(max_length=60, blank=True)  # of refusal, one of the pack's
    basis_kind = models.CharField(max_length=40, blank=True)
    basis = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]

    @property
    def words(self) -> Text:
        return Text(self.words_zh, self.words_en)


class TypeDispute(models.Model):
    """Somebody above proposes another open type for a resource, and the provider may disagree (yongjia-28)."""

    number = models.CharField(max_length=24, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="type_disputes")
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.PROTECT, related_name="+"
    )  # who proposes
    raised_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    former = models.CharField(max_length=15)
    proposed = models.CharField(max_length=15)
    reason = models.TextField()
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in TypeStatus], default=TypeStatus.PROPOSED
    )
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return TYPE_LABELS[TypeStatus(self.status)]


class TypeDisputeStep(Turned):
    """One turn in settling which open type a resource has; the last may be the provider's, to change its entry."""

    dispute = models.ForeignKey(TypeDispute, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=[(name, name) for name in TYPE_STEP_LABELS], default="waiting")
    settled_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    remark = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]

    @property
    def status_label(self) -> Text:
        return TYPE_STEP_LABELS[self.status]
