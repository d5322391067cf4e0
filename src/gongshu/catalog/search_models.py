"""The table beside the search index: synonyms."""

from __future__ import annotations

from django.db import models


class SynonymGroup(models.Model):
    """Words that mean the same to whoever searches; ``words`` with one space between them."""

    words = models.CharField(max_length=300)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["id"]

    @property
    def listed(self) -> list[str]:
        return self.words.split()
