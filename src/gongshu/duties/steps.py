"""The turns of a case: one abstract table and what every chain of deciders does with it.

A package keeps its turns in a table of its own that extends :class:`CaseStep`; the order, the offices and the days come
from a ``steps`` parameter of the rule pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.duties.hooks import DueChange
from gongshu.duties.states import STEP_LABELS, StepStatus
from gongshu.errors import Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.rules import Citation, Pack


class Turned(models.Model):
    """Somebody's turn in any case: which office, what it does, by when, under which article."""

    office = models.CharField(max_length=20)
    act = models.CharField(max_length=20)
    act_zh = models.CharField(max_length=200)
    act_en = models.CharField(max_length=200)
    words_zh = models.CharField(max_length=200, blank=True)
    words_en = models.CharField(max_length=200, blank=True)
    citations = models.JSONField(default=list)
    due_on = models.DateField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    duty_id = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def act_label(self) -> Text:
        return Text(self.act_zh, self.act_en)

    @property
    def words(self) -> Text:
        return Text(self.words_zh, self.words_en)


class CaseStep(Turned):
    """One decider's turn in a case, with the article that gives it."""

    position = models.PositiveIntegerField()
    organization = models.ForeignKey("identity.Organization", on_delete=models.PROTECT, null=True, related_name="+")
    days = models.PositiveIntegerField(null=True, blank=True)  # working days
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in StepStatus], default=StepStatus.WAITING
    )
    decided_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    remark = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering = ["position"]

    @property
    def status_label(self) -> Text:
        return STEP_LABELS[StepStatus(self.status)]


@dataclass(frozen=True)
class Turn:
    """A turn as the rule pack gives it, before the case begins."""

    office: str
    act: str
    label: Text
    days: int | None
    words: Text
    citations: tuple[Citation, ...]


def turns(pack: Pack, parameter: str, *, on: date) -> list[Turn]:
    """The turns that a ``steps`` parameter lists, with the days of the deadlines it names; none where it says nothing."""
    found = pack.find(parameter, on=on)
    listed: list[Turn] = []
    for step in found.value if found else ():
        timed = pack.value(step.deadline, on=on) if step.deadline else None
        days, words = (timed.value.days, timed.value.words) if timed else (None, Text("", ""))
        cited = {c.label("zh"): c for c in (*(found.citations if found else ()), *(timed.citations if timed else ()))}
        listed.append(Turn(str(step.office), str(step.act), step.words, days, words, tuple(cited.values())))
    return listed


def lay_out(table: type[CaseStep], listed: Sequence[Turn], **case: Any) -> None:
    """Write the turns of a case, all waiting; ``case`` is the foreign key of the table that names it."""
    for position, turn in enumerate(listed, start=1):
        table._default_manager.create(
            position=position,
            office=turn.office,
            act=turn.act,
            act_zh=turn.label.zh,
            act_en=turn.label.en,
            days=turn.days,
            words_zh=turn.words.zh,
            words_en=turn.words.en,
            citations=[c.as_json() for c in turn.citations],
            **case,
        )


def begin(
    step: CaseStep, *, by: Actor, organization: Any, role: Role, kind: str, subject: str, what: Text, link: str,
    applicant: str = "", concerned: str = "",
) -> None:  # fmt: skip
    """Open the turn of ``organization`` and the duty that times it."""
    duty = duties.open_duty(
        by=by,
        kind=kind,
        subject=subject,
        title=Text(f"{step.act_zh}：{what.zh}", f"{step.act_en}: {what.en}"),
        link=link,
        organization=organization.code,
        role=role,
        pack=rules.active(),
        citations=step.citations,
        days=step.days,
        words=step.words,
        applicant=applicant,
        concerned=concerned,
    )
    step.organization, step.status, step.duty_id = organization, StepStatus.OPEN, duty.pk
    step.due_on, step.provisional = duty.due_on, duty.provisional
    step.save()


def finish(step: CaseStep, *, by: Actor, status: StepStatus, remark: str) -> None:
    """The turn was taken: who, when, what was said; its duty is done."""
    step.status, step.remark = status, remark.strip()
    step.decided_by_id = by.person_id or None
    step.decided_at = clock.now()
    step.save()
    if step.duty_id:
        duties.close_duty(by=by, duty_id=step.duty_id, outcome=str(status))


def skip(found: Iterable[CaseStep], *, by: Actor, reason: str) -> None:
    """The case is over: turns that were not taken fall away, with their duties."""
    for step in found:
        if step.status not in (StepStatus.OPEN, StepStatus.WAITING):
            continue
        if step.duty_id:
            duties.cancel_duty(by=by, duty_id=step.duty_id, reason=reason)
        step.status = StepStatus.SKIPPED
        step.save(update_fields=["status"])


def follow(table: type[CaseStep], change: DueChange) -> None:
    """The due date of a duty changed: the turn shows the same."""
    found = table._default_manager.filter(duty_id=change.duty_id)
    found.update(due_on=change.due_on, provisional=change.provisional)
