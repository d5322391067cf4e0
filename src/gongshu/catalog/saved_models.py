"""What a signed-in person keeps an eye on: searches and entries."""

from __future__ import annotations

from django.db import models


class SavedSearch(models.Model):
    """A search by words and filters. ``filters`` are names of facets with their value, as in the page's address."""

    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, related_name="saved_searches")
    text = models.CharField(max_length=100, blank=True)
    filters = models.JSONField(default=dict)
    key = models.CharField(max_length=64)  # digest of both: the same search is kept once
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)  # of the last notice

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="catalog_saved_search_once")]


class Subscription(models.Model):
    """A person wants to hear of an entry: a new version, new data, opened, closed, withdrawn."""

    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, related_name="subscriptions")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="subscriptions")
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["person", "entry"], name="catalog_subscription_once")]
