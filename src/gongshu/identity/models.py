"""Tables of identity."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from gongshu.identity.states import BodyKind, Office, Role


class Organization(models.Model):
    """A public body, an enterprise that holds public data, or an outside user; a tree by ``parent`` (luzhou-5)."""

    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    office = models.CharField(max_length=20, choices=[(o.value, o.value) for o in Office], default=Office.DEPARTMENT)
    body_kind = models.CharField(
        max_length=30, choices=[(k.value, k.value) for k in BodyKind], default=BodyKind.GOVERNMENT_DEPARTMENT
    )
    uscc = models.CharField(max_length=18, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def say(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name


class Person(AbstractUser):
    """Someone who signs in. ``display_name`` is the name on the pages."""

    display_name = models.CharField(max_length=60)
    language = models.CharField(max_length=8, default="zh")

    def __str__(self) -> str:
        return self.display_name or self.username


class Membership(models.Model):
    """A role that a person holds in an organisation; changes are dated and kept (xian-35, yongjia-43).

    ``since`` is the first day on which it is held, ``until`` the day on which it ended: on that day it is held no more.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(r.value, r.value) for r in Role])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization", "role"],
                condition=models.Q(until__isnull=True),
                name="identity_one_open_membership",
            )
        ]
        ordering = ["id"]


class APIClient(models.Model):
    """A system that signs requests to the gateway. The secret is shown once and kept wrapped by the key file."""

    client_id = models.CharField(max_length=64, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="clients")
    name = models.CharField(max_length=100)
    algorithm = models.CharField(max_length=16, default="HMAC-SM3")
    secret_wrapped = models.TextField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class AccessToken(models.Model):
    """With it a program acts as a person, in one organisation, within its scopes. Only a digest of it is kept."""

    token_id = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="access_tokens")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+"
    )  # none: public
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64)  # SM3, hex
    created_at = models.DateTimeField()
    valid_until = models.DateTimeField()  # from then on it is refused
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name


class TokenFailure(models.Model):
    """Wrong tokens from a network address: of one known id, or (``unknown``) of ids that do not exist."""

    key = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "address"], name="identity_one_failure_count")]


class KeptAnswer(models.Model):
    """What a call with an ``Idempotency-Key`` was answered: the same call with the same key is answered the same.

    ``status`` is empty while the first call has not ended.
    """

    token = models.ForeignKey(AccessToken, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # SM3 of method, address and body, hex
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="identity_one_answer_a_key")]
