"""All reads of surveys: who answered, what the city holds, what of it is cataloged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from gongshu import clock, rules
from gongshu.catalog.demand_queries import as_cell
from gongshu.catalog.models import Entry
from gongshu.catalog.states import EntryStatus
from gongshu.catalog.survey import COLUMNS, Held
from gongshu.catalog.survey_models import Survey, SurveyLine, SurveyReturn
from gongshu.errors import NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import BodyKind, Office, Role
from gongshu.rules import Citation

if TYPE_CHECKING:
    from gongshu.identity.models import Organization

INVENTORY: tuple[Text, ...] = (Text("单位", "Organisation"), *COLUMNS, Text("目录", "Entry"))
USUAL_KINDS = (
    BodyKind.GOVERNMENT_DEPARTMENT,
    BodyKind.PUBLIC_INSTITUTION,
    BodyKind.PUBLIC_UTILITY,
    BodyKind.ENTERPRISE,
)
KIND_LABELS: dict[BodyKind, Text] = {
    BodyKind.GOVERNMENT_DEPARTMENT: Text("政务部门", "Government departments"),
    BodyKind.PUBLIC_INSTITUTION: Text("事业单位", "Public institutions"),
    BodyKind.PUBLIC_UTILITY: Text("公用企业", "Public utilities"),
    BodyKind.ENTERPRISE: Text("国有企业", "State enterprises"),
    BodyKind.SOCIAL_ORGANIZATION: Text("社会组织", "Social organisations"),
}


@dataclass(frozen=True)
class Totals:
    """What a survey found, in all or of one unit."""

    asked: int
    answered: int
    resources: int
    cataloged: int
    rows: int
    systems: int

    @property
    def missing(self) -> int:
        return self.resources - self.cataloged

    @property
    def percent(self) -> int:
        """Share of the resources that are cataloged, whole per cents; 100 only when nothing is missing."""
        return 100 if not self.missing else self.cataloged * 100 // self.resources


def citations() -> tuple[Citation, ...]:
    """The articles that want a survey in this city; empty where its texts ask for none."""
    found = rules.active().find("catalog.survey", on=clock.today())
    return tuple(found.citations) if found else ()


def kinds() -> list[tuple[BodyKind, Text]]:
    """The kinds of bodies that are asked as a rule: those the city's texts name, else all that hold public data."""
    found = rules.active().find("catalog.survey", on=clock.today())
    if found is None:
        return [(kind, KIND_LABELS[kind]) for kind in USUAL_KINDS]
    return [(BodyKind(choice.id), choice.label) for choice in found.value]


def surveys(actor: Actor) -> QuerySet[Survey]:
    """All for the authority and the auditor; for others those in which their unit is asked."""
    found = Survey.objects.annotate(
        asked=Count("returns", distinct=True),
        answered=Count("returns", Q(returns__filed_at__isnull=False), distinct=True),
    )
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        own = SurveyReturn.objects.filter(survey=OuterRef("pk"), organization__code=actor.organization)
        found = found.filter(Exists(own))
    return found.order_by("-id")


def survey(actor: Actor, number: str) -> Survey:
    found = surveys(actor).filter(number=number).first()
    if found is None:
        raise NotFound("catalog.survey_unknown", "没有这个编号的普查。", "There is no survey with that number.")
    return found


def answers(actor: Actor, found: Survey) -> QuerySet[SurveyReturn]:
    """What each unit answered, with ``resources`` and ``cataloged``; one's own only, for units."""
    rows = SurveyReturn.objects.filter(survey=found).select_related("organization", "filed_by")
    if not sees_all(actor):
        rows = rows.filter(organization__code=actor.organization)
    return rows.annotate(
        resources=Count("lines"), cataloged=Count("lines", Q(lines__entry__isnull=False))
    ).order_by("filed_at", "organization__code")  # fmt: skip


def own_answer(actor: Actor, found: Survey) -> SurveyReturn | None:
    return SurveyReturn.objects.filter(survey=found, organization__code=actor.organization).first()


def inventory(actor: Actor, found: Survey, *, text: str = "", missing: bool = False) -> QuerySet[SurveyLine]:
    """The inventory (清单): every resource answered, by unit; ``missing`` only what is not cataloged."""
    lines = SurveyLine.objects.filter(answer__survey=found).select_related("answer__organization", "entry")
    if not sees_all(actor):
        lines = lines.filter(answer__organization__code=actor.organization)
    if missing:
        lines = lines.filter(entry__isnull=True)
    if word := text.replace("\x00", " ").strip():
        lines = lines.filter(
            Q(title__icontains=word) | Q(system__icontains=word) | Q(answer__organization__name__icontains=word)
        )
    return lines.order_by("answer__organization__code", "position")


def totals(actor: Actor, found: Survey) -> Totals:
    rows = SurveyReturn.objects.filter(survey=found)
    if not sees_all(actor):
        rows = rows.filter(organization__code=actor.organization)
    lines = inventory(actor, found).order_by()
    counted = lines.aggregate(n=Count("pk"), c=Count("entry"), r=Sum("rows"))
    systems = lines.exclude(system="").values("answer__organization", "system").distinct().count()
    return Totals(
        rows.count(),
        rows.filter(filed_at__isnull=False).count(),
        counted["n"],
        counted["c"],
        counted["r"] or 0,
        systems,
    )


def proposed(organization: str) -> tuple[Held, ...]:
    """What the catalog says already that the unit holds: what its form begins with."""
    entries = Entry.objects.filter(provider__code=organization, status=EntryStatus.PUBLISHED).order_by("code")
    return tuple(
        Held(e.title, e.source_system, e.format_type, e.data_rows, e.personal) for e in entries.iterator(chunk_size=500)
    )


def held(found: SurveyReturn) -> tuple[Held, ...]:
    """What the unit answered."""
    return tuple(
        Held(one.title, one.system, one.form, one.rows, one.personal, one.reason)
        for one in found.lines.order_by("position")
    )


def inventory_rows(lines: QuerySet[SurveyLine]) -> Iterator[list[str]]:
    """The inventory as cells of ``INVENTORY``."""
    for one in lines.iterator(chunk_size=1000):
        yield [
            one.answer.organization.name,
            one.title,
            one.system,
            one.form,
            "" if one.rows is None else str(one.rows),
            "是" if one.personal else "否",
            one.reason,
            one.entry.resource_code if one.entry else "",
        ]


def inventory_text(found: Survey) -> str:
    """The whole inventory as CSV: what closing keeps the digest of."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.zh for column in INVENTORY])
    lines = SurveyLine.objects.filter(answer__survey=found).select_related("answer__organization", "entry")
    for row in inventory_rows(lines.order_by("answer__organization__code", "position")):
        writer.writerow([as_cell(cell) for cell in row])
    return out.getvalue()


def asked_bodies(wanted: list[BodyKind]) -> QuerySet[Organization]:
    """The organisations of these kinds that hold public data: no operators, no experts, not the public."""
    from gongshu.identity import queries as identity

    outside = (Office.OPERATOR, Office.PUBLIC, Office.EXPERT_COMMITTEE, Office.GOVERNMENT, Office.CITY_AUTHORITY)
    return identity.organizations().filter(body_kind__in=wanted).exclude(office__in=outside)


def sees_all(actor: Actor) -> bool:
    return actor.has(Role.DATA_AUTHORITY, Role.AUDITOR)


def open_gaps(organization: str) -> QuerySet[SurveyReturn]:
    """Answers of closed surveys of which something still waits to be cataloged."""
    waiting = SurveyLine.objects.filter(answer=OuterRef("pk"), entry__isnull=True)
    return SurveyReturn.objects.filter(
        Exists(waiting), organization__code=organization, compile_duty_id__isnull=False
    ).annotate(number=F("survey__number"))
