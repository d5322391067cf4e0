"""Tables of data stores."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from gongshu.errors import Text
from gongshu.spaces.states import (
    KIND_LABELS,
    RIGHT_LABELS,
    STATUS_LABELS,
    Right,
    SpaceKind,
    SpaceStatus,
)


def _word(words: type[StrEnum], length: int, **options: Any) -> models.CharField[str, str]:
    return models.CharField(max_length=length, choices=[(str(w), str(w)) for w in words], **options)


class Space(models.Model):
    """The store of a department or township: its quota, and whether its tables are for named members only."""

    number = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=60)
    kind = _word(SpaceKind, 12)
    organization = models.OneToOneField("identity.Organization", on_delete=models.PROTECT, related_name="space")
    quota_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    quota_rows = models.PositiveBigIntegerField(null=True, blank=True)
    members_only = models.BooleanField(default=False)
    status = _word(SpaceStatus, 10, default=SpaceStatus.OPEN)
    warned = models.PositiveSmallIntegerField(default=0)  # percent at which the unit was told last; 0 below all
    opener = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> Text:
        return KIND_LABELS[SpaceKind(self.kind)]

    @property
    def status_label(self) -> Text:
        return STATUS_LABELS[SpaceStatus(self.status)]


class Member(models.Model):
    """A person's right in a store, on the days ``[since, until)``."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="members")
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    right = _word(Right, 8)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    named_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "person"], condition=Q(revoked_at__isnull=True), name="spaces_member_once"
            )
        ]

    @property
    def right_label(self) -> Text:
        return RIGHT_LABELS[Right(self.right)]


class Placement(models.Model):
    """An entry whose table is kept in a store other than its provider's."""

    entry = models.OneToOneField("catalog.Entry", on_delete=models.CASCADE, related_name="placement")
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="placements")
    placed_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    placed_at = models.DateTimeField()


class TableUse(models.Model):
    """What an entry's table holds, as it was measured last: files on disk, rows of the present version."""

    entry = models.OneToOneField("catalog.Entry", on_delete=models.CASCADE, related_name="table_use")
    bytes = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField()
    measured_at = models.DateTimeField()


class Reservation(models.Model):
    """What a table will hold once a run has committed: room that no other run is given meanwhile."""

    run = models.CharField(max_length=80, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    bytes = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField()
    until = models.DateTimeField()
