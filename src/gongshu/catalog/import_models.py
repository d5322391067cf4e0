"""Tables of imports from Excel: the run, one line for each entry, and what people said about a source's headers."""

from __future__ import annotations

from django.db import models

from gongshu.catalog.import_states import IMPORT_LABELS, OUTCOME_LABELS, ImportStatus, Outcome
from gongshu.errors import Text


class ImportRun(models.Model):
    """One workbook on its way into the catalog of one organisation. The file lies in the installation's inbox."""

    id = models.CharField(primary_key=True, max_length=40)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    submitted_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField()
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=64, blank=True)  # signature of its headers
    sheets = models.JSONField(default=list)  # [{sheet, row, columns: [{column, header, field, how}]}]
    options = models.JSONField(default=dict)
    findings = models.JSONField(default=list)  # those of no entry

    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in ImportStatus], default=ImportStatus.PREVIEW
    )
    worker = models.CharField(max_length=40, blank=True)  # token of the lease
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    cancel_wanted = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)  # lines that are worked off, without those held back
    done = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_zh = models.TextField(blank=True)
    error_en = models.TextField(blank=True)

    class Meta:
        ordering = ["-submitted_at", "-id"]
        indexes = [
            models.Index(fields=["status", "submitted_at"], name="catalog_import_waiting"),
            models.Index(fields=["organization", "-submitted_at"], name="catalog_import_list"),
        ]

    def __str__(self) -> str:
        return f"{self.filename} {self.id}"

    @property
    def status_label(self) -> Text:
        return IMPORT_LABELS[ImportStatus(self.status)]

    @property
    def error(self) -> Text | None:
        return Text(self.error_zh, self.error_en) if self.error_code else None

    @property
    def percent(self) -> int:
        """How many of the lines are worked off, 0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0


class ImportLine(models.Model):
    """One entry of a workbook: what it says, what is planned with it, what became of it."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    sheet = models.CharField(max_length=100, blank=True)
    row = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40, blank=True)  # of the entry that is meant, or that was made
    provider = models.CharField(max_length=40, blank=True)
    items = models.PositiveIntegerField(default=0)
    data = models.JSONField(default=dict)  # draft.as_plain; empty when held back
    expected = models.CharField(max_length=40, blank=True)  # revision of the entry when it was planned
    planned = models.CharField(max_length=10, choices=[(o.value, o.value) for o in Outcome])
    outcome = models.CharField(
        max_length=10, blank=True, default="", choices=[(o.value, o.value) for o in Outcome if o.value]
    )
    findings = models.JSONField(default=list)
    errors = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_zh = models.TextField(blank=True)
    error_en = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="catalog_import_line_once")]
        indexes = [models.Index(fields=["run", "outcome", "position"], name="catalog_import_next")]

    @property
    def label(self) -> Text:
        """What became of it, or else what is planned."""
        return OUTCOME_LABELS[Outcome(self.outcome or self.planned)]

    @property
    def error(self) -> Text | None:
        return Text(self.error_zh, self.error_en) if self.error_code else None


class ImportMapping(models.Model):
    """What people of an organisation said about the headers of a source; used again when it comes again."""

    organization = models.ForeignKey("identity.Organization", on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=64)
    choices = models.JSONField(default=dict)  # key of a header -> id of a column, or "-"
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["organization", "source"], name="catalog_import_source_once")]
