"""Tables of what dazhou-9 gives an operator: governance demands, and the record of returns."""

from __future__ import annotations

from django.db import models

from gongshu.errors import Text
from gongshu.operation.governance_states import (
    GOVERNANCE_LABELS,
    RETURN_LABELS,
    GovernanceStatus,
    ReturnStatus,
)
from gongshu.quality.checkset import DIMENSION_LABELS, Dimension


class Governance(models.Model):
    """A fault of data that an operator receives: put to the authority, mended by the provider in a set time, accepted."""

    number = models.CharField(max_length=24, unique=True)
    designation = models.ForeignKey("operation.Designation", on_delete=models.PROTECT, related_name="governance")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="governance")
    applicant = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    dimension = models.CharField(max_length=14, choices=[(d.value, d.value) for d in Dimension])
    item = models.CharField(max_length=63, blank=True)  # empty: the whole resource
    facts = models.TextField()
    wish = models.TextField()  # what is to be done
    version = models.PositiveIntegerField()  # of the data in which it was found
    check_id = models.CharField(max_length=80, blank=True)  # a check that fails in that version
    check_zh = models.CharField(max_length=200, blank=True)
    check_en = models.CharField(max_length=200, blank=True)
    failed_before = models.PositiveBigIntegerField(null=True, blank=True)  # rows, of that check
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in GovernanceStatus], default=GovernanceStatus.FILED
    )
    due_on = models.DateField(null=True, blank=True)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)  # the turn that is open now
    result = models.TextField(blank=True)  # the provider's account of what was mended
    result_version = models.PositiveIntegerField(null=True, blank=True)
    failed_after = models.PositiveBigIntegerField(null=True, blank=True)
    rounds = models.PositiveSmallIntegerField(default=0)  # how often it was sent back
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    filed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "due_on"], name="operation_governance_due")]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return GOVERNANCE_LABELS[GovernanceStatus(self.status)]

    @property
    def dimension_label(self) -> Text:
        return DIMENSION_LABELS[Dimension(self.dimension)]

    @property
    def check_label(self) -> Text:
        return Text(self.check_zh, self.check_en)


class GovernanceEvent(models.Model):
    """One turn that was taken: who, when, what was said."""

    governance = models.ForeignKey(Governance, on_delete=models.CASCADE, related_name="events")
    act = models.CharField(max_length=16)  # a transition of the table, or "file"
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]


class Return(models.Model):
    """What an operator earned by a product in a period; never changed, struck out with reasons at most."""

    number = models.CharField(max_length=24, unique=True)
    designation = models.ForeignKey("operation.Designation", on_delete=models.PROTECT, related_name="returns")
    recorded_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    product_kind = models.CharField(max_length=60, blank=True)  # one of the pack's operation.products
    product_zh = models.CharField(max_length=200, blank=True)
    product_en = models.CharField(max_length=200, blank=True)
    product = models.CharField(max_length=200)  # its name
    scenario = models.CharField(max_length=500)
    user = models.CharField(max_length=200)  # the application unit (应用单位) that paid
    demands = models.JSONField(default=list)  # numbers of the demands whose data are in the product
    period_from = models.DateField()
    period_to = models.DateField()
    amount_fen = models.BigIntegerField()  # fen, CNY / 100
    basis = models.TextField()  # why so much: contract, price list
    reported_to = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in ReturnStatus], default=ReturnStatus.RECORDED
    )
    reason = models.TextField(blank=True)  # of striking it out
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    recorded_at = models.DateTimeField()
    struck_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gte=0), name="operation_return_not_negative"),
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")), name="operation_return_period"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return RETURN_LABELS[ReturnStatus(self.status)]

    @property
    def product_label(self) -> Text:
        return Text(self.product_zh, self.product_en)
