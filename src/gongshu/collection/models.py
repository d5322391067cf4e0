"""Tables of collection."""

from __future__ import annotations

from typing import Any

from django.db import models

from gongshu.collection.states import (
    KIND_LABELS,
    MODE_LABELS,
    RUN_LABELS,
    SCHEDULE_LABELS,
    SOURCE_LABELS,
    Direction,
    Mode,
    RunStatus,
    Schedule,
    SourceKind,
    SourceStatus,
)
from gongshu.errors import Text


def _word(kind: Any, length: int, **options: Any) -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(max_length=length, choices=[(one.value, one.value) for one in kind], **options)


class Source(models.Model):
    """Where the data of an entry come from by themselves: how to reach it, what to take, when, and how it went."""

    id = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)  # SourceKind
    direction = _word(Direction, 4, default=Direction.IN)
    resource = models.CharField(max_length=40, db_index=True)  # code of the catalog entry
    title = models.CharField(max_length=100)  # of the entry, when added
    provider = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="data_sources")
    settings = models.JSONField(default=dict)  # typed by kind: intake.settings; no secret
    secrets_wrapped = models.TextField(blank=True)  # JSON of the secrets, sealed; never shown
    mode = _word(Mode, 12, default=Mode.FULL)
    deletes = models.BooleanField(default=False)  # rows whose key the source no longer holds go
    most_deleted = models.PositiveSmallIntegerField(default=50)  # percent of the present version, at once
    schedule = _word(Schedule, 10, default=Schedule.CYCLE)
    status = _word(SourceStatus, 10, default=SourceStatus.ACTIVE)

    watermark = models.CharField(max_length=200, blank=True)  # up to which the last committed run read
    next_due = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    last_ok_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    tested = models.JSONField(default=dict)  # what the last test found; no data value
    written = models.JSONField(default=dict)  # of a way back: version, rows, digest of what was written last

    created_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["status", "next_due"])]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> Text:
        return KIND_LABELS[SourceKind(self.kind)]

    @property
    def mode_label(self) -> Text:
        return MODE_LABELS[Mode(self.mode)]

    @property
    def is_back(self) -> bool:
        """A way back: the platform writes there."""
        return self.direction == Direction.OUT

    @property
    def schedule_label(self) -> Text:
        return SCHEDULE_LABELS[Schedule(self.schedule)]

    @property
    def status_label(self) -> Text:
        return SOURCE_LABELS[SourceStatus(self.status)]


class Run(models.Model):
    """One file, or one turn of a source, on its way into the lake: who handed it over, how far it is, what came
    of it. Holds no cell of the data.
    """

    id = models.CharField(primary_key=True, max_length=40)
    resource = models.CharField(max_length=40, db_index=True)  # code of the catalog entry
    title = models.CharField(max_length=100)  # of the entry, when submitted
    provider = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="runs")
    submitted_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField()
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    options = models.JSONField(default=dict)  # what was said about the file: collection.options
    look = models.BooleanField(default=False)  # show what is found and wait, before anything is committed
    preview = models.JSONField(default=dict)  # collection.preview; no cell of the file
    personal = models.JSONField(default=list)  # what the scan for personal data found: collection.personal
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="runs")
    mode = _word(Mode, 12, default=Mode.FULL)

    status = models.CharField(max_length=12, choices=[(s.value, s.value) for s in RunStatus], default=RunStatus.QUEUED)
    worker = models.CharField(max_length=40, blank=True)  # token of the lease
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    cancel_wanted = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    stage = models.CharField(max_length=20, blank=True)
    bytes_done = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(default=0)
    read = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    blank = models.PositiveBigIntegerField(default=0)

    version = models.PositiveIntegerField(null=True, blank=True)
    digest = models.CharField(max_length=80, blank=True)
    detection = models.JSONField(default=dict)
    failures = models.JSONField(default=list)  # [{"column", "rule", "rows"}]
    reconciliation = models.JSONField(default=dict)  # with the source: counts and digests on both sides
    receipt = models.JSONField(default=dict)  # of a file from an exchange node: what its sender is told
    receipt_due = models.BooleanField(default=False, db_index=True)
    lineage = models.JSONField(default=dict)  # the OpenLineage event of the run's end
    lineage_due = models.BooleanField(default=False, db_index=True)  # to be posted to whoever follows the lineage
    error_code = models.CharField(max_length=60, blank=True)
    error_zh = models.TextField(blank=True)
    error_en = models.TextField(blank=True)

    class Meta:
        ordering = ["-submitted_at", "-id"]
        indexes = [models.Index(fields=["status", "submitted_at"]), models.Index(fields=["resource", "-submitted_at"])]

    def __str__(self) -> str:
        return f"{self.resource} {self.id}"

    @property
    def status_label(self) -> Text:
        return RUN_LABELS[RunStatus(self.status)]

    @property
    def mode_label(self) -> Text:
        return MODE_LABELS[Mode(self.mode)]

    @property
    def pulled(self) -> bool:
        """Read from its source when it is worked off; otherwise its file lies in the inbox."""
        return self.source_id is not None and not self.size

    @property
    def error(self) -> Text | None:
        """Why it was refused or failed, in both languages."""
        return Text(self.error_zh, self.error_en) if self.error_code else None

    @property
    def encoding(self) -> str:
        return str(self._detected("encoding", ""))

    @property
    def percent(self) -> int:
        """How much of the file has been read, 0 to 100."""
        return min(100, self.bytes_done * 100 // self.bytes_total) if self.bytes_total else 0

    def _detected(self, key: str, default: Any) -> Any:
        return self.detection.get(key, default)


# What is on paper has a module of its own; Django finds its table through this one.
from gongshu.collection.paper_models import PaperHolding  # noqa: E402, F401
