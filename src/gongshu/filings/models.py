"""Tables of filings. Nothing is overwritten: a change ends one row with its day and begins another."""

from __future__ import annotations

from django.db import models

from gongshu.errors import Text


class PostHolding(models.Model):
    """Somebody holds a post of an organisation, from ``since`` up to the day before ``until`` (xian-35, yongjia-43).

    The holder need not have an account; ``person`` links it where there is one.
    """

    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="posts")
    post = models.CharField(max_length=60)  # id in register.posts of the pack
    label_zh = models.CharField(max_length=200)
    label_en = models.CharField(max_length=200)
    name = models.CharField(max_length=60)
    contact = models.CharField(max_length=100, blank=True)
    person = models.ForeignKey(
        "identity.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="posts_held"
    )
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    citations = models.JSONField(default=list)
    due_on = models.DateField(
        null=True, blank=True
    )  # until when the change had to be filed, where the pack has a number
    late = models.BooleanField(default=False)
    filed_at = models.DateTimeField()
    filed_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)
    vacancy_duty = models.BigIntegerField(null=True, blank=True)  # the duty to file a successor

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["organization", "post"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "post", "name"],
                condition=models.Q(until__isnull=True),
                name="filings_one_open_holding",
            )
        ]

    @property
    def label(self) -> Text:
        return Text(self.label_zh, self.label_en)


class System(models.Model):
    """An information system of an organisation; its API clients and security filings hang on it."""

    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, related_name="systems")
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100, blank=True)
    purpose = models.CharField(max_length=300, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)

    class Meta:
        ordering = ["organization__code", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(until__isnull=True),
                name="filings_one_system_a_name",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def say(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name


class SecurityFiling(models.Model):
    """One filing of a system's security grade (等级保护备案); the one recorded last counts, the others are its history."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="filings")
    grade = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=60, blank=True)
    filed_on = models.DateField()
    assessed_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)  # the next assessment is due by then
    tests = models.JSONField(default=list)  # ids in security.system_tests of the pack
    evidence = models.CharField(max_length=300)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    announced_at = models.DateTimeField(null=True, blank=True)
    lapse_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]


class SystemClient(models.Model):
    """An API client belongs to a system, from ``since`` up to the day before ``until``."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="memberships")
    client = models.ForeignKey("identity.APIClient", on_delete=models.PROTECT, related_name="systems")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=models.Q(until__isnull=True), name="filings_one_system_a_client"
            )
        ]
