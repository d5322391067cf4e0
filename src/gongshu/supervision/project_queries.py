"""All reads of the project gate: projects, what they plan, what stands against them now, the verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from gongshu import clock
from gongshu.catalog import draft, source_queries
from gongshu.catalog.draft import EntryData
from gongshu.collection import queries as collection
from gongshu.crypto import provider as crypto
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.supervision import project_gate
from gongshu.supervision import project_policy as policy
from gongshu.supervision.models import Finding
from gongshu.supervision.project_gate import ALIKE, FEWEST, Line, Real, Reason, Source, Standing
from gongshu.supervision.project_models import PlannedEntry, Project, Verdict
from gongshu.supervision.project_rules import Gate, gate
from gongshu.supervision.project_states import PROJECT, STAGE_OF, ProjectStatus, Stage
from gongshu.supervision.states import FindingStatus


def visible(actor: Actor) -> QuerySet[Project]:
    """All for those who supervise; for others their organisation's."""
    found = Project.objects.select_related("organization", "system")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(organization__code=actor.organization)


def project(actor: Actor, number: str) -> Project:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("project.unknown", "没有这个编号的项目。", "There is no project with that number.")
    return found


def search(actor: Actor, *, text: str = "", status: str = "") -> QuerySet[Project]:
    """Visible projects by number, name or organisation, newest first, with ``lines``: how many entries are planned."""
    found = visible(actor).annotate(lines=Count("plan"))
    if word := text.replace("\x00", " ").strip():
        found = found.filter(
            Q(number__icontains=word) | Q(name__icontains=word) | Q(organization__name__icontains=word)
        )
    if status in set(ProjectStatus):
        found = found.filter(status=status)
    return found.order_by("-id")


def plan(found: Project) -> list[PlannedEntry]:
    return list(PlannedEntry.objects.filter(project=found).order_by("position"))


def planned_data(line: PlannedEntry) -> EntryData:
    """The planned entry as the catalog would write it."""
    return draft.from_plain(line.body)


def plan_digest(lines: Sequence[PlannedEntry]) -> str:
    """Hex of SM3 over the plan in order: what a verdict speaks of."""
    parts = [draft.canonical(planned_data(one)) + f"\n{one.uses}\n{one.difference}\n".encode() for one in lines]
    return crypto().digest_sm3(b"".join(parts)).hex()


def verdicts(found: Project) -> QuerySet[Verdict]:
    return Verdict.objects.filter(project=found).select_related("person", "organization")


def stage_of(found: Project) -> Stage | None:
    """The question that comes next; None when the project was withdrawn."""
    return STAGE_OF.get(ProjectStatus(found.status))


def reasons(found: Project, lines: Sequence[PlannedEntry] | None = None, rule: Gate | None = None) -> list[Reason]:
    """What the gate of the project's stage finds now, from the catalog, the runs and the register as they are."""
    stage, rule = stage_of(found), rule or gate()
    planned = [_line(one) for one in (plan(found) if lines is None else lines)]
    standing = Standing(uncorrected(found.organization.code), _has_system(found))
    if stage is None:
        return []
    if stage is Stage.APPROVAL:
        return project_gate.at_approval(planned, _sources(planned), rule.requirements, standing)
    real = _real(found, plan(found) if lines is None else lines)
    if stage is Stage.ACCEPTANCE:
        return project_gate.at_acceptance(planned, real, rule.requirements, standing)
    return project_gate.before_funds(planned, real, rule.requirements, standing)


def uncorrected(organization: str) -> int:
    """Orders to correct that the organisation did not meet in time (xian-40: 不符合政务数据资源共享要求的)."""
    late = Q(status=FindingStatus.UNCORRECTED) | Q(status=FindingStatus.ORDERED, due_on__lt=clock.today())
    return Finding.objects.filter(late, organization__code=organization).count()


def known_source(code: str) -> source_queries.Source | None:
    """The entry of a code as plans see it."""
    return next(iter(source_queries.by_code([code]).values()), None)


def possible(actor: Actor, found: Project, rule: Gate | None = None) -> tuple[str, ...]:
    """The acts that the viewer may do to the project now, for the page to offer."""
    rule = rule or gate()
    own = policy.can_own(actor, found.organization.code)
    reviews = policy.can_review(actor, office=rule.office, organization=found.organization.code)
    offered = [step.name for step in PROJECT.transitions if (own if "provider" in step.roles else reviews)]
    funds = "funds" in rule.requirements
    return tuple(name for name in offered if PROJECT.can(found.status, name) and (funds or not name.endswith("_funds")))


def can_register(actor: Actor) -> bool:
    return policy.can_register(actor)


def _line(one: PlannedEntry) -> Line:
    data = planned_data(one)
    return Line(
        one.position,
        one.title,
        source_queries.title_key(one.title),
        tuple(item.title for item in data.items),
        str(data.share_type),
        str(data.open_type),
        one.uses,
        one.difference,
    )


def _sources(planned: Sequence[Line]) -> list[Source]:
    collecting = [line for line in planned if line.collects]
    if not collecting:
        return []
    fewest = min(max(FEWEST, math.ceil(len(line.items) * ALIKE)) for line in collecting)
    found = source_queries.having(
        keys={line.key for line in collecting},
        items={title for line in collecting for title in line.items},
        fewest=fewest,
    )
    return [Source(one.code, one.title, one.key, one.holder, one.items) for one in found]


def _real(found: Project, lines: Sequence[PlannedEntry]) -> dict[int, Real]:
    named = {one.position: one.code for one in lines if one.code}
    entries = source_queries.by_code(set(named.values()))
    collected = collection.committed_since(list(entries), found.passed_at or found.registered_at)
    return {
        position: Real(code, one.published, one.items, one.share_type, code in collected, one.stale)
        for position, code in named.items()
        if (one := entries.get(code)) is not None
    }


def _has_system(found: Project) -> bool:
    system: Any = found.system
    return system is not None and system.until is None
