"""Tables of the catalog."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from gongshu.catalog.states import (
    CYCLE_LABELS,
    REVISION_LABELS,
    STATUS_LABELS,
    TYPE_LABELS,
    Check,
    DataType,
    EntryStatus,
    OpenType,
    RevisionStatus,
    SecrecyConclusion,
    ShareType,
    UpdateCycle,
    UpkeepOutcome,
)
from gongshu.catalog.terms import BasisKind, FormatCategory, Grade, Level, Method, MethodCategory, ResourceKind
from gongshu.errors import Conflict, Text


def _word(words: type[StrEnum], length: int, **options: Any) -> models.CharField[str, str]:
    """A column for one of some words; columns hold the words themselves, labels come from ``terms`` and the pack."""
    return models.CharField(max_length=length, choices=[(str(w), str(w)) for w in words if str(w)], **options)


_LEVELS = [(int(level), int(level)) for level in Level]


class Entry(models.Model):
    """One information resource as readers see it: published, or the draft of one that never was.

    ``code`` is its resource code with a hyphen where 1272号 writes a slash. The columns of the core metadata bear the
    names of ``draft.EntryData``. A draft beside the published state is a :class:`Revision`.
    """

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=100)
    title_key = models.CharField(max_length=100, db_index=True)
    abstract = models.TextField(blank=True)
    provider = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="entries")
    share_type = models.CharField(max_length=15, choices=[(t.value, t.value) for t in ShareType])
    share_condition = models.TextField(blank=True)
    share_basis = models.TextField(blank=True)
    open_type = models.CharField(max_length=15, choices=[(t.value, t.value) for t in OpenType])
    open_condition = models.TextField(blank=True)
    update_cycle = models.CharField(max_length=12, choices=[(c.value, c.value) for c in UpdateCycle])
    theme = models.CharField(max_length=30, blank=True)
    business_name = models.CharField(max_length=100, blank=True)
    source_system = models.CharField(max_length=100, blank=True)
    format_type = models.CharField(max_length=20, default="csv")
    keywords = models.CharField(max_length=200, blank=True)
    kind = _word(ResourceKind, 12, default=ResourceKind.DEPARTMENT)
    division = models.CharField(max_length=60, blank=True)
    group = models.CharField(max_length=60, blank=True)
    subgroup = models.CharField(max_length=60, blank=True)
    lead_department = models.CharField(max_length=100, blank=True)
    format_category = _word(FormatCategory, 16, default=FormatCategory.SPREADSHEET)
    format_note = models.CharField(max_length=200, blank=True)
    encoding = models.CharField(max_length=30, blank=True, default="UTF-8")
    share_basis_kind = _word(BasisKind, 30, blank=True, default="")
    share_method_category = _word(MethodCategory, 12, default=MethodCategory.PLATFORM)
    share_method = _word(Method, 12, default=Method.FILE)
    share_period = models.CharField(max_length=100, blank=True)
    open_basis = models.TextField(blank=True)
    open_filing = models.CharField(max_length=100, blank=True)
    contains = models.JSONField(default=list, blank=True)
    classified = models.BooleanField(default=False)
    legal_basis = models.TextField(blank=True)
    level = models.PositiveSmallIntegerField(choices=_LEVELS, default=Level.UNGRADED)
    grade = _word(Grade, 10, default=Grade.GENERAL)
    rights = models.JSONField(default=list, blank=True)
    related = models.JSONField(default=list, blank=True)
    contact_name = models.CharField(max_length=50, blank=True)
    contact_phone = models.CharField(max_length=50, blank=True)
    # Derived when the entry is written, for lists and filters: the highest of entry and items counts.
    highest_level = models.PositiveSmallIntegerField(choices=_LEVELS, default=Level.UNGRADED)
    highest_grade = _word(Grade, 10, default=Grade.GENERAL)
    personal = models.BooleanField(default=False)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in EntryStatus], default=EntryStatus.DRAFT
    )
    version = models.PositiveIntegerField(default=0)  # of the catalog entry: grows with each publication
    compiled_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    compilers = models.ManyToManyField("identity.Person", related_name="+")  # who wrote on what is under way
    remarks = models.TextField(blank=True)  # the reviewer's, when sent back
    field_remarks = models.JSONField(default=list, blank=True)  # beside fields: [{path, criterion, text}]
    replaced_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces")
    stale_since = models.DateField(null=True, blank=True)  # set by the daily clock when data are overdue
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    data_version = models.PositiveIntegerField(null=True, blank=True)  # of the lake table, once collected
    data_rows = models.PositiveBigIntegerField(null=True, blank=True)
    data_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)  # set while a release is public

    class Meta:
        ordering = ["-changed_at", "-id"]
        indexes = [
            models.Index(fields=["status", "theme"]),
            models.Index(fields=["provider", "status"]),
            # Lists go on where the last page ended (catalog.keyset): these make every page cost the same.
            models.Index(fields=["status", "data_at", "id"], name="catalog_by_data"),
            models.Index(fields=["status", "published_at", "id"], name="catalog_by_publication"),
            models.Index(fields=["status", "data_at", "published_at", "id"], name="catalog_by_both_dates"),
            models.Index(fields=["status", "data_rows", "id"], name="catalog_by_rows"),
            models.Index(fields=["status", "title", "id"], name="catalog_by_title"),
            models.Index(fields=["changed_at", "id"], name="catalog_by_change"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def resource_code(self) -> str:
        return self.code.replace("-", "/")

    @property
    def status_label(self) -> Text:
        return STATUS_LABELS[EntryStatus(self.status)]

    @property
    def cycle_label(self) -> Text:
        return CYCLE_LABELS[UpdateCycle(self.update_cycle)]


class Item(models.Model):
    """One information item (1272号 §信息项)."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=100)
    data_type = models.CharField(max_length=1, choices=[(t.value, t.value) for t in DataType])
    length = models.PositiveIntegerField(null=True, blank=True)
    required = models.BooleanField(default=False)
    is_key = models.BooleanField(default=False)
    check_rule = models.CharField(max_length=20, blank=True, choices=[(c.value, c.value) for c in Check if c.value])
    mask = models.CharField(max_length=20, default="none")
    sensitive = models.BooleanField(default=False)
    description = models.CharField(max_length=300, blank=True)
    sensitive_personal = models.BooleanField(default=False)
    # Terms of the item's own; NULL: as the entry.
    share_type = _word(ShareType, 15, null=True, blank=True)
    share_condition = models.CharField(max_length=500, blank=True)
    share_basis = models.CharField(max_length=500, blank=True)
    share_basis_kind = _word(BasisKind, 30, blank=True, default="")
    open_type = _word(OpenType, 15, null=True, blank=True)
    open_condition = models.CharField(max_length=500, blank=True)
    open_basis = models.CharField(max_length=500, blank=True)
    update_cycle = _word(UpdateCycle, 12, null=True, blank=True)
    level = models.PositiveSmallIntegerField(choices=_LEVELS, default=Level.UNGRADED)
    grade = _word(Grade, 10, default=Grade.GENERAL)
    source_item = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["entry", "name"], name="catalog_item_name_once")]

    @property
    def type_label(self) -> Text:
        return TYPE_LABELS[DataType(self.data_type)]


class EntryEvent(models.Model):
    """What happened to an entry: the history that its page shows."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    action = models.CharField(max_length=20)
    details = models.JSONField(default=dict, blank=True)  # remarks beside fields, criteria, what was changed
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    remark = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    indexed = models.BooleanField(default=False)  # the search index has it, and who keeps an eye on the entry was told

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], condition=models.Q(indexed=False), name="catalog_event_not_indexed")]


class Revision(models.Model):
    """A draft beside a published entry: readers keep seeing the published one until this is published."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="revision")
    data = models.JSONField()  # draft.as_plain
    status = _word(RevisionStatus, 12, default=RevisionStatus.DRAFT)
    reason = models.TextField(blank=True)
    duty_id = models.BigIntegerField(null=True, blank=True)  # the duty that beginning it opened
    compiled_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-id"]

    @property
    def status_label(self) -> Text:
        return REVISION_LABELS[RevisionStatus(self.status)]


class EntryVersion(models.Model):
    """A published state of an entry, whole and immutable: canonical JSON with its SM3 digest."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    body = models.TextField()  # draft.canonical
    digest = models.CharField(max_length=64)  # hex of SM3 over the body
    compiled_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    criteria = models.JSONField(default=list, blank=True)  # ids of what the reviewer found in order
    remark = models.TextField(blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="catalog_version_once")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Conflict(
                "catalog.version_immutable", "已发布的版本不能修改。", "A published version cannot be changed."
            )
        super().save(*args, **kwargs)


class SecrecyReview(models.Model):
    """The providing unit's secrecy review of one state of an entry (xian-34, yongjia-39); never changed afterwards."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="secrecy_reviews")
    digest = models.CharField(max_length=64)  # of the state that was reviewed
    at = models.DateTimeField()
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    conclusion = _word(SecrecyConclusion, 10)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]


class UpkeepRound(models.Model):
    """One full upkeep of a unit's catalog: each quarter, as the pack's ``catalog.full_review`` says (xian-12)."""

    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=10)  # 2026-Q4
    starts_on = models.DateField()
    ends_on = models.DateField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    duty_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_on", "organization_id"]
        constraints = [models.UniqueConstraint(fields=["organization", "period"], name="catalog_upkeep_once")]


class UpkeepMark(models.Model):
    """What an upkeep found for one entry: confirmed unchanged, or revised."""

    round = models.ForeignKey(UpkeepRound, on_delete=models.CASCADE, related_name="marks")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="upkeep_marks")
    outcome = _word(UpkeepOutcome, 10)
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["round", "entry"], name="catalog_mark_once")]


# Demand and supply, and what people follow, have modules of their own; Django finds tables through this one.
from gongshu.catalog.demand_models import Demand, ListIssue, Meeting, MeetingItem  # noqa: E402, F401
from gongshu.catalog.import_models import ImportLine, ImportMapping, ImportRun  # noqa: E402, F401
from gongshu.catalog.mandate_models import Mandate, MandateException  # noqa: E402, F401
from gongshu.catalog.saved_models import SavedSearch, Subscription  # noqa: E402, F401
from gongshu.catalog.search_models import SynonymGroup  # noqa: E402, F401
from gongshu.catalog.source_models import Datum, DatumUse, SourceProposal  # noqa: E402, F401
from gongshu.catalog.survey_models import Survey, SurveyLine, SurveyReturn  # noqa: E402, F401
