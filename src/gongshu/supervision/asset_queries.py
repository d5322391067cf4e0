"""All reads of the asset register: assets, what is counted for their assessment, survey totals, filings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from gongshu import clock
from gongshu.catalog import demand_queries
from gongshu.catalog import queries as catalog
from gongshu.catalog.periods import add_months, fresh_until
from gongshu.catalog.states import UpdateCycle
from gongshu.collection import queries as collection
from gongshu.errors import NotFound, Text
from gongshu.grants import queries as grants
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.rules import active
from gongshu.supervision.asset_method import Inputs, rounded
from gongshu.supervision.asset_models import Assessment, Asset, AssetFiling
from gongshu.supervision.handover_states import HandoverStatus

METADATA = (
    "abstract",
    "theme",
    "keywords",
    "business_name",
    "source_system",
    "legal_basis",
    "share_period",
    "contact_name",
    "contact_phone",
    "level",
)
"""Fields of an entry whose presence counts; what the catalog cannot do without is not counted."""
CALLS = ("gateway.query", "gateway.verify", "gateway.list", "gateway.delivery")
GIGABYTE, TEN_THOUSAND = 1024**3, 10_000


def visible(actor: Actor) -> QuerySet[Asset]:
    """All for those who supervise; for others what their organisation holds."""
    found = Asset.objects.select_related("entry", "holder")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(holder__code=actor.organization)


def search(actor: Actor, *, text: str = "") -> QuerySet[Asset]:
    """Visible assets with ``score`` and ``assessed_on`` of their latest assessment, newest first."""
    latest = Assessment.objects.filter(asset=OuterRef("pk")).order_by("-id")
    found = visible(actor).annotate(
        score=Subquery(latest.values("total")[:1]), assessed_on=Subquery(latest.values("on")[:1])
    )
    if word := text.replace("\x00", " ").strip():
        found = found.filter(
            Q(number__icontains=word)
            | Q(entry__title__icontains=word)
            | Q(entry__code__icontains=word.replace("/", "-"))
            | Q(holder__name__icontains=word)
        )
    return found.order_by("-id")


def asset(actor: Actor, number: str) -> Asset:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("asset.unknown", "没有这个编号的数据资产。", "There is no data asset with that number.")
    return found


def assessments(found: Asset) -> QuerySet[Assessment]:
    return Assessment.objects.filter(asset=found).select_related("person")


def unregistered() -> QuerySet[Any]:
    """Published entries with collected data that are not in the register yet."""
    return catalog.published().filter(data_version__isnull=False, asset__isnull=True).order_by("code")


def inputs(found: Asset) -> Inputs:
    """What the platform counts for an assessment today."""
    entry, today = found.entry, clock.today()
    run = collection.latest_committed(entry.code)
    until = None
    if entry.data_at is not None:
        updated = entry.data_at.astimezone(clock.SHANGHAI).date()
        until = fresh_until(UpdateCycle(entry.update_cycle), updated) or add_months(updated, 12)
    calls = ledger.daily(resource=entry.code, actions=CALLS, since=clock.now() - timedelta(days=365))
    return Inputs(
        on=today,
        filled=sum(1 for name in METADATA if getattr(entry, name)),
        fields=len(METADATA),
        fresh_until=until,
        read=run.read - run.blank if run else 0,
        accepted=run.accepted if run else 0,
        calls=sum(number for _, _, number in calls),
        users=grants.in_force(resource=entry.code).exclude(kind="public").values("organization").distinct().count(),
        demands=demand_queries.answered_by(entry.code),
        share_type=entry.share_type,
        open_type=entry.open_type,
    )


@dataclass(frozen=True)
class Totals:
    """The six columns of 1272号's general survey: bytes and rows collected, of them shared, of them opened."""

    volume: int = 0
    rows: int = 0
    shared_volume: int = 0
    shared_rows: int = 0
    opened_volume: int = 0
    opened_rows: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def columns(self) -> tuple[Decimal, ...]:
        """As the form wants them: GB and ten thousands, numbers only, 0 where nothing is known."""
        units = (GIGABYTE, TEN_THOUSAND) * 3
        return tuple(
            rounded(Fraction(getattr(self, f.name), unit)) for f, unit in zip(fields(self), units, strict=True)
        )


SURVEY = (
    Text("数据存储总量（GB）", "Volume (GB)"),
    Text("结构化记录总数（万）", "Records (10,000)"),
    Text("已共享存储量（GB）", "Shared (GB)"),
    Text("已共享记录数（万）", "Shared records (10,000)"),
    Text("已开放存储量（GB）", "Opened (GB)"),
    Text("已开放记录数（万）", "Opened records (10,000)"),
)


def survey() -> tuple[list[tuple[Any, Totals]], Totals]:
    """(organisation, totals) of each provider in order of code, and the city's; shared: with a grant in force."""
    shared = set(grants.in_force().exclude(kind="public").order_by().values_list("resource", flat=True).distinct())
    rows: dict[str, Totals] = defaultdict(Totals)
    names: dict[str, Any] = {}
    found = catalog.published().filter(data_version__isnull=False).order_by("provider__code", "code")
    sizes = collection.committed_sizes()
    for entry in found.iterator(chunk_size=2000):
        size, count = sizes.get(entry.code, 0), entry.data_rows or 0
        was_shared, opened = entry.code in shared, entry.opened_at is not None
        names[entry.provider.code] = entry.provider
        rows[entry.provider.code] += Totals(
            size, count, size * was_shared, count * was_shared, size * opened, count * opened
        )
    listed = [(names[code], one) for code, one in rows.items()]
    return listed, sum((one for _, one in listed), Totals())


def register_body(assets: Iterable[Asset]) -> dict[str, Any]:
    """The register as it is filed: every asset with its latest assessment, and the survey totals."""
    pack, (listed, city) = active(), survey()
    latest = {one.asset_id: one for one in Assessment.objects.order_by("id")}
    return {
        "city": pack.region.zh,
        "on": clock.today().isoformat(),
        "assets": [
            {
                "number": one.number,
                "title": one.entry.title,
                "code": one.entry.resource_code,
                "holder": one.holder.name,
                "registered_on": one.registered_at.astimezone(clock.SHANGHAI).date().isoformat(),
                "rows": one.entry.data_rows or 0,
                "method": latest[one.pk].method if one.pk in latest else "",
                "assessed_on": latest[one.pk].on.isoformat() if one.pk in latest else "",
                "quality": str(latest[one.pk].quality) if one.pk in latest else "",
                "value": str(latest[one.pk].value) if one.pk in latest else "",
                "total": str(latest[one.pk].total) if one.pk in latest else "",
            }
            for one in assets
        ],
        "survey": {
            "columns": [column.zh for column in SURVEY],
            "organizations": [[who.name, *map(str, one.columns())] for who, one in listed],
            "city": [str(cell) for cell in city.columns()],
        },
    }


def filings() -> QuerySet[AssetFiling]:
    return AssetFiling.objects.select_related("person", "handover", "handover__noted_by").defer("body")


def filing_summary(found: AssetFiling) -> dict[str, Any]:
    """A filing for programs and the command line. ``status`` is that of its way upward; ``problem`` in both languages."""
    way = getattr(found, "handover", None)
    return {
        "number": found.number,
        "to": found.to,
        "assets": found.assets,
        "sm3": found.digest,
        "at": found.at,
        "status": str(way.status if way else HandoverStatus.BY_HAND),
        "receipt": way.receipt if way else "",
        "settled_at": way.settled_at if way else None,
        "problem": {"zh": way.problem_zh, "en": way.problem_en} if way and way.problem_zh else None,
    }


def goes_upward(office: str) -> bool:
    """Whether the operator named a place of that office to which filings are sent."""
    upward = open_home().upward
    return upward.enabled and upward.office == office


def filing_due() -> bool:
    """Whether assets are registered that no receipted filing holds. Assets are only ever added, so their number tells."""
    covered = AssetFiling.objects.filter(handover__status=HandoverStatus.RECEIPTED).aggregate(most=Max("assets"))
    return Asset.objects.count() > (covered["most"] or 0)


def filing(number: str) -> AssetFiling:
    found = AssetFiling.objects.filter(number=number).first()
    if found is None:
        raise NotFound("asset.filing_unknown", "没有这个编号的备案。", "There is no filing with that number.")
    return found
