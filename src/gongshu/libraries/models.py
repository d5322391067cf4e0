"""Tables of libraries."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from gongshu.errors import Conflict, Text
from gongshu.libraries.states import (
    BASE_LABELS,
    COMBINE_LABELS,
    CONSENT_LABELS,
    KIND_LABELS,
    STATUS_LABELS,
    BaseKind,
    Combine,
    Consent,
    LibraryKind,
    LibraryStatus,
)


def _word(words: type[StrEnum], length: int, **options: Any) -> models.CharField[str, str]:
    return models.CharField(max_length=length, choices=[(str(w), str(w)) for w in words], **options)


class Library(models.Model):
    """A view under a catalog entry of its own; the entry's provider is the lead department (牵头单位)."""

    number = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=60)
    kind = _word(LibraryKind, 8)
    about = _word(BaseKind, 16, blank=True, default="")  # of a base library
    purpose = models.TextField(blank=True)
    ends_on = models.DateField(null=True, blank=True)  # of a task library: its last day
    entry = models.OneToOneField("catalog.Entry", on_delete=models.PROTECT, related_name="library")
    combine = _word(Combine, 8, default=Combine.UNION)
    status = _word(LibraryStatus, 8, default=LibraryStatus.DRAFT)
    troubles = models.JSONField(default=list, blank=True)  # [{zh, en}]: why it is not computed
    due = models.BooleanField(default=False)  # something changed: to be looked at by the worker
    lease_until = models.DateTimeField(null=True, blank=True)
    opener = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "name", "id"]
        indexes = [models.Index(fields=["due", "lease_until"], name="libraries_to_look_at")]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> Text:
        return KIND_LABELS[LibraryKind(self.kind)]

    @property
    def about_label(self) -> Text | None:
        return BASE_LABELS[BaseKind(self.about)] if self.about else None

    @property
    def combine_label(self) -> Text:
        return COMBINE_LABELS[Combine(self.combine)]

    @property
    def status_label(self) -> Text:
        return STATUS_LABELS[LibraryStatus(self.status)]


class LibrarySource(models.Model):
    """An entry as a source, in its order; ``items`` maps items of the library to items of the entry."""

    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="sources")
    position = models.PositiveSmallIntegerField()
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="library_uses")
    items = models.JSONField(default=dict)
    consent = _word(Consent, 8)
    answered_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    remark = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["library", "entry"], name="libraries_source_once")]

    @property
    def consent_label(self) -> Text:
        return CONSENT_LABELS[Consent(self.consent)]


class Build(models.Model):
    """A state of the view as it was served: from which versions, how many rows; never changed afterwards."""

    library = models.ForeignKey(Library, on_delete=models.PROTECT, related_name="builds")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    rows = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=80)
    sources = models.JSONField()  # [{code, title, version, digest, items}]

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["library", "number"], name="libraries_build_once")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Conflict("libraries.build_immutable", "已合成的版本不能修改。", "A build cannot be changed.")
        super().save(*args, **kwargs)
