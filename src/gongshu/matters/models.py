"""Tables of service matters: what is done for people, and which materials they are asked for."""

from __future__ import annotations

from django.db import models

from gongshu.errors import Text
from gongshu.matters.states import (
    ASKED_LABELS,
    GROUND_LABELS,
    MATERIAL_LABELS,
    MATTER_LABELS,
    AskedOf,
    Ground,
    MaterialStatus,
    MatterStatus,
)


class Matter(models.Model):
    """A service matter (办理事项) of one unit. ``code`` is the unit's or the province's own number, where there is one."""

    number = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    name_key = models.CharField(max_length=100)
    code = models.CharField(max_length=60, blank=True)
    basis = models.CharField(max_length=300, blank=True)
    asked_of = models.CharField(max_length=10, choices=[(a.value, a.value) for a in AskedOf], default=AskedOf.BOTH)
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in MatterStatus], default=MatterStatus.ACTIVE
    )
    registered_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name_key"],
                condition=models.Q(status="active"),
                name="matters_name_once_a_unit",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> Text:
        return MATTER_LABELS[MatterStatus(self.status)]

    @property
    def asked_label(self) -> Text:
        return ASKED_LABELS[AskedOf(self.asked_of)]


class Material(models.Model):
    """One material that the matter asks for. ``matches`` is what was found when it was looked at last:
    ``[{"code", "title", "provider", "provider_en", "zh", "en"}]``; ``entry`` is the code of what replaces it.
    """

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="materials")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    name_key = models.CharField(max_length=100, db_index=True)
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in MaterialStatus], default=MaterialStatus.CLEAR
    )
    matches = models.JSONField(default=list, blank=True)
    entry = models.CharField(max_length=40, blank=True, db_index=True)
    entry_title = models.CharField(max_length=100, blank=True)
    ground = models.CharField(max_length=20, blank=True, choices=[(g.value, g.value) for g in Ground])
    reason = models.CharField(max_length=500, blank=True)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)
    decided_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["matter", "position"]
        constraints = [models.UniqueConstraint(fields=["matter", "name_key"], name="matters_material_once")]
        indexes = [models.Index(fields=["status"], name="matters_material_by_status")]

    def __str__(self) -> str:
        return self.name

    @property
    def status_label(self) -> Text:
        return MATERIAL_LABELS[MaterialStatus(self.status)]

    @property
    def ground_label(self) -> Text | None:
        return GROUND_LABELS[Ground(self.ground)] if self.ground else None
