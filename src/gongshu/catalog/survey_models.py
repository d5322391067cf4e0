"""Tables of surveys: what was asked of whom, what each unit answered, line by line."""

from __future__ import annotations

from django.db import models

from gongshu.catalog.survey_states import SURVEY_LABELS, SurveyStatus
from gongshu.errors import Text


class Survey(models.Model):
    """One survey (zaozhuang-6.1): ``kinds`` are the kinds of bodies asked; ``digest`` of the inventory once closed."""

    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=100)
    note = models.CharField(max_length=500, blank=True)
    kinds = models.JSONField(default=list)
    due_on = models.DateField()
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in SurveyStatus], default=SurveyStatus.OPEN
    )
    citations = models.JSONField(default=list)
    opened_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)  # hex of SM3 over the inventory's CSV as it was closed

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return SURVEY_LABELS[SurveyStatus(self.status)]


class SurveyReturn(models.Model):
    """What one unit was asked, and when it answered; an answer may be "nothing held"."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="returns")
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    filed_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    duty_id = models.BigIntegerField(null=True, blank=True)
    compile_duty_id = models.BigIntegerField(null=True, blank=True)  # what it found is to be cataloged

    class Meta:
        ordering = ["organization__code"]
        constraints = [models.UniqueConstraint(fields=["survey", "organization"], name="catalog_survey_once_a_unit")]


class SurveyLine(models.Model):
    """One data resource that a unit holds, with the entry that catalogs it where there is one."""

    answer = models.ForeignKey(SurveyReturn, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=100)
    title_key = models.CharField(max_length=100, db_index=True)
    system = models.CharField(max_length=100, blank=True)
    form = models.CharField(max_length=60, blank=True)
    rows = models.PositiveBigIntegerField(null=True, blank=True)  # as the unit estimates
    personal = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)  # why it is not cataloged
    entry = models.ForeignKey("catalog.Entry", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["answer", "position"]
        constraints = [models.UniqueConstraint(fields=["answer", "title_key"], name="catalog_survey_title_once")]
