"""Tables of quality."""

from __future__ import annotations

from django.db import models

from gongshu.errors import Text
from gongshu.quality.states import CHANNEL_LABELS, FAULT_LABELS, OBJECTION_LABELS, Channel, Fault, ObjectionStatus


class Objection(models.Model):
    """A doubted value: which record is a commitment, what was seen and thought right is sealed."""

    number = models.CharField(max_length=24, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="objections")
    provider = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="objections")
    passed_by = models.JSONField(default=list)  # codes of organisations that passed it on
    fault = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Fault])
    item = models.CharField(max_length=63, blank=True)
    commitment = models.CharField(max_length=80)  # of the record's key, as the gateway commits to it
    sealed = models.TextField()  # key, value seen, value thought right, evidence
    version = models.PositiveIntegerField()  # of the data, when it was reported
    urgent = models.BooleanField(default=False)
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    reporter = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    organization = models.CharField(max_length=64)  # of the reporter, or "public"
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in ObjectionStatus], default=ObjectionStatus.REPORTED
    )
    outcome = models.CharField(max_length=40, blank=True)  # one of the pack's
    reason = models.TextField(blank=True)  # with the last answer
    corrected_version = models.PositiveIntegerField(null=True, blank=True)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    reported_at = models.DateTimeField()
    checking_since = models.DateField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    close_on = models.DateField(null=True, blank=True)  # it closes by itself after this day
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "close_on"], name="quality_objection_to_close"),
            models.Index(fields=["provider", "status"], name="quality_objection_by_provider"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return OBJECTION_LABELS[ObjectionStatus(self.status)]

    @property
    def fault_label(self) -> Text:
        return FAULT_LABELS[Fault(self.fault)]

    @property
    def channel_label(self) -> Text:
        return CHANNEL_LABELS[Channel(self.channel)]


class Recipient(models.Model):
    """An organisation that received the wrong value, as the ledger has it, and was told of its correction."""

    objection = models.ForeignKey(Objection, on_delete=models.CASCADE, related_name="recipients")
    organization = models.CharField(max_length=64)
    reads = models.PositiveIntegerField()
    last_read_at = models.DateTimeField()
    knows_key = models.BooleanField(default=False)  # it asked by the key, or the key was among what it received
    told_at = models.DateTimeField()

    class Meta:
        ordering = ["organization"]
        constraints = [models.UniqueConstraint(fields=["objection", "organization"], name="quality_recipient_once")]


# The checks have a module of their own; Django finds tables through this one.
from gongshu.quality.check_models import CheckRun, CheckSetVersion  # noqa: E402, F401
