"""Tables of sharing."""

from __future__ import annotations

from django.db import models

from gongshu.duties.steps import Turned
from gongshu.errors import Text
from gongshu.sharing.states import (
    APPLICATION_LABELS,
    DISPUTE_LABELS,
    DISPUTE_STEP_LABELS,
    EMERGENCY_LABELS,
    STEP_LABELS,
    ApplicationStatus,
    DisputeStatus,
    EmergencyStatus,
    StepStatus,
)


class Emergency(models.Model):
    """An emergency that the authority declared: data are asked for under it while it lasts (luzhou-20, yongjia-33)."""

    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=60)  # one of the pack's
    kind_zh = models.CharField(max_length=200)
    kind_en = models.CharField(max_length=200)
    title = models.CharField(max_length=100)
    description = models.TextField()
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    declared_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in EmergencyStatus], default=EmergencyStatus.DECLARED
    )
    ended_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)
    purpose_limited = models.BooleanField(default=False)  # the data serve this emergency only
    ends_with_it = models.BooleanField(default=False)  # grants made under it end with it
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def kind_label(self) -> Text:
        return Text(self.kind_zh, self.kind_en)

    @property
    def status_label(self) -> Text:
        return EMERGENCY_LABELS[EmergencyStatus(self.status)]

    @property
    def is_live(self) -> bool:
        return self.status == EmergencyStatus.DECLARED


class Application(models.Model):
    """A public body asks for items of a resource, for a stated purpose, until a day."""

    number = models.CharField(max_length=24, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="applications")
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="applications")
    applicant = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    items = models.JSONField()  # names of items, in the entry's order
    purpose = models.CharField(max_length=60)
    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, null=True, related_name="applications")
    basis = models.TextField(blank=True)
    scenario = models.TextField(blank=True)
    business_process = models.TextField(blank=True)
    scope = models.TextField(blank=True)
    mode = models.CharField(max_length=10)
    valid_until = models.DateField()
    share_type = models.CharField(max_length=15)
    status = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in ApplicationStatus],
        default=ApplicationStatus.PENDING,
    )
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    grant_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "organization"])]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return APPLICATION_LABELS[ApplicationStatus(self.status)]


class Step(Turned):
    """One decider's turn, with the article that makes it one."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="steps")
    round = models.PositiveIntegerField(default=1)  # grows when an application comes back completed
    stage = models.PositiveIntegerField()  # steps of one stage are decided together, each by its own office
    position = models.PositiveIntegerField()
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    days = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in StepStatus], default=StepStatus.WAITING
    )
    opened_on = models.DateField(null=True, blank=True)
    extension_rule = models.JSONField(null=True, blank=True)  # {days, counts, consent} of the pack
    decided_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    basis_kind = models.CharField(max_length=40, blank=True)
    basis = models.TextField(blank=True)

    class Meta:
        ordering = ["round", "position"]

    @property
    def status_label(self) -> Text:
        return STEP_LABELS[StepStatus(self.status)]

    @property
    def words(self) -> Text:
        return Text(self.words_zh, self.words_en)


class Dispute(models.Model):
    """A body needs data that it was refused, or that are not shared: who tries to settle it, and how it ended."""

    number = models.CharField(max_length=24, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="disputes")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, null=True, related_name="disputes")
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    raised_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    need = models.TextField()  # why the data are needed all the same
    items = models.JSONField()
    purpose = models.CharField(max_length=60)
    mode = models.CharField(max_length=10)
    valid_until = models.DateField()
    statement = models.JSONField(default=dict)  # basis, scenario, business_process, scope
    masked_only = models.BooleanField(default=False)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in DisputeStatus], default=DisputeStatus.RAISED
    )
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    grant_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return DISPUTE_LABELS[DisputeStatus(self.status)]


class DisputeStep(Turned):
    """One turn in settling a dispute, with the article that makes it one."""

    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="steps")
    stage = models.PositiveIntegerField()  # steps of one stage must all agree
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, null=True, related_name="+")
    days = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=[(name, name) for name in DISPUTE_STEP_LABELS], default="waiting")
    settled_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    remark = models.TextField(blank=True)

    class Meta:
        ordering = ["stage", "id"]

    @property
    def status_label(self) -> Text:
        return DISPUTE_STEP_LABELS[self.status]
