"""Tables of duties."""

from __future__ import annotations

from django.db import models

from gongshu.duties.states import DUTY_LABELS, EVENT_LABELS, OWED, STOP_LABELS, DutyStatus, EventKind, StopReason
from gongshu.errors import Text


class Duty(models.Model):
    """What an organisation owes, by whoever holds ``role`` in it on the day; a duty never names a person.

    ``due_on`` is empty where the article names no number (泸州17: “及时”) and while the clock is stopped.
    """

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=64)  # number of the case
    title_zh = models.CharField(max_length=600)
    title_en = models.CharField(max_length=600)
    link = models.CharField(max_length=200, blank=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="duties")
    role = models.CharField(max_length=20)
    applicant = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    starts_on = models.DateField()
    days = models.PositiveIntegerField(null=True, blank=True)  # working days
    fixed_on = models.DateField(null=True, blank=True)  # the last day itself, where an order or a term names one
    words_zh = models.CharField(max_length=200, blank=True)
    words_en = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    calendar = models.CharField(max_length=16, blank=True)  # version of the calendar by which due_on was counted
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    status = models.CharField(max_length=12, choices=[(s.value, s.value) for s in DutyStatus], default=DutyStatus.OPEN)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_late = models.BooleanField(default=False)
    concerned = models.CharField(max_length=64, blank=True)  # code of the organisation that waits for the act
    extension_rule = models.JSONField(null=True, blank=True)  # {days, counts, consent} of the pack on the day it began
    extended_by = models.PositiveIntegerField(null=True, blank=True)  # working days
    emergency = models.CharField(max_length=40, blank=True)  # kind of emergency that made it due at once
    further_at = models.DateTimeField(null=True, blank=True)  # when the government was told

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["organization", "status", "due_on"]),
            models.Index(fields=["status", "due_on"]),
            models.Index(fields=["subject"]),
        ]

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)

    @property
    def words(self) -> Text:
        return Text(self.words_zh, self.words_en)

    @property
    def is_owed(self) -> bool:
        return self.status in OWED

    @property
    def status_label(self) -> Text:
        return DUTY_LABELS[DutyStatus(self.status)]


class DutyStop(models.Model):
    """Days that do not count, ``first`` to ``last``, both included; ``last`` is empty while the clock stands."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="stops")
    reason = models.CharField(max_length=20, choices=[(r.value, r.value) for r in StopReason])
    note = models.TextField(blank=True)
    first = models.DateField()
    last = models.DateField(null=True, blank=True)
    stopped_by = models.CharField(max_length=64)
    resumed_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["duty"], condition=models.Q(last__isnull=True), name="duties_one_open_stop")
        ]

    @property
    def reason_label(self) -> Text:
        return STOP_LABELS[StopReason(self.reason)]


class DutyEvent(models.Model):
    """One line of a duty's history: what happened, by whom, and what the due date was after it. Never changed."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in EventKind])
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    organization = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    entry_id = models.CharField(max_length=64, blank=True)  # of the ledger

    class Meta:
        ordering = ["id"]

    @property
    def kind_label(self) -> Text:
        return EVENT_LABELS[EventKind(self.kind)]


class CaseCounter(models.Model):
    """The last number given to a kind of case on a day."""

    prefix = models.CharField(max_length=8)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "day"], name="duties_one_counter_a_day")]
