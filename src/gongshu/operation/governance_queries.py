"""All reads of governance demands and of records of returns, scoped to the viewer (dazhou-9).

What quality computes on data is imported where it is asked: ``gongshu.wiring`` reaches this module in every process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.duties.steps import Turn
from gongshu.errors import NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.operation import governance_policy, policy, terms
from gongshu.operation.governance_models import Governance, GovernanceEvent, Return
from gongshu.operation.governance_states import GOVERNANCE, GovernanceStatus, ReturnStatus
from gongshu.operation.models import Demand, Designation
from gongshu.operation.procedure import listed, turns
from gongshu.operation.states import DemandStatus
from gongshu.rules import Citation, Value

SUPPLYING = (DemandStatus.SUPPLIED, DemandStatus.ENDING)


@dataclass(frozen=True)
class Procedure:
    """What the pack says: who orders, who mends, in what time; no turns where it says nothing."""

    turns: list[Turn]

    @property
    def known(self) -> bool:
        return bool(self.turns)

    @property
    def orders(self) -> Turn:
        return self.turns[0]

    @property
    def mends(self) -> Turn:
        return self.turns[-1]

    @property
    def citations(self) -> list[Citation]:
        return list({c.label("zh"): c for turn in self.turns for c in turn.citations}.values())


@dataclass(frozen=True)
class Failing:
    """A check that fails in the present version: its id, its name, how many rows."""

    id: str
    label: Text
    dimension: str
    rows: int


def procedure() -> Procedure:
    return Procedure(turns("operation.governance", clock.today()))


def visible(actor: Actor) -> QuerySet[Governance]:
    """All for the offices and the auditor; else those of the operator, and those about data that the body provides."""
    found = Governance.objects.select_related("designation__organization", "entry", "entry__provider", "applicant")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found.order_by("-id")
    if not actor.has(Role.OPERATOR, Role.PROVIDER):
        return found.none()
    own = Q(designation__organization__code=actor.organization) | Q(entry__provider__code=actor.organization)
    return found.filter(own).order_by("-id")


def search(actor: Actor, *, text: str = "", filters: Mapping[str, str] | None = None) -> QuerySet[Governance]:
    """By number, data or either side. Filters: ``status``, ``dimension``, ``late`` (time ran out and not mended)."""
    found, asked = visible(actor).filter(_says(text, "entry__title", "entry__provider__name")), filters or {}
    if asked.get("status", "") in set(GovernanceStatus):
        found = found.filter(status=asked["status"])
    if asked.get("dimension"):
        found = found.filter(dimension=asked["dimension"])
    if asked.get("late"):
        found = found.filter(status=GovernanceStatus.ORDERED, due_on__lt=clock.today())
    return found


def _says(text: str, *fields: str) -> Q:
    """What is searched for stands in the number, in the operator's name or in one of ``fields``; all rows for nothing."""
    word, found = text.replace("\x00", " ").strip()[:100], Q()
    for field in ("number", "designation__organization__name", *fields) if word else ():
        found |= Q(**{f"{field}__icontains": word})
    return found


def demand(actor: Actor, number: str) -> Governance:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound(
            "operation.governance_unknown",
            "没有这个编号的数据治理需求。",
            "There is no governance demand with that number.",
        )
    return found


def history(found: Governance) -> QuerySet[GovernanceEvent]:
    return found.events.select_related("organization", "person")


def supplied(actor: Actor) -> list[Any]:
    """The entries whose data are supplied to the actor's organisation now, each once."""
    rows = Demand.objects.filter(designation__organization__code=actor.organization, status__in=SUPPLYING)
    found = {one.entry_id: one.entry for one in rows.select_related("entry", "entry__provider").order_by("entry_id")}
    return list(found.values())


def receives(actor: Actor, entry: Any) -> list[str]:
    """The items of the entry that reach the operator: supplied by grant, or open to everybody."""
    from gongshu.quality import queries as quality

    return quality.reportable_items(actor, entry)


def failing(entry: Any) -> list[Failing]:
    """The checks that fail in the entry's present version, the most rows first; none while it is not checked."""
    if entry.data_version is None:
        return []
    from gongshu.quality import check_report

    outcomes = _outcomes(entry, entry.data_version)
    titles = {item.name: item.title for item in catalog.items(entry.code)}
    found = [
        Failing(
            one["check"]["id"],
            check_report.label(one["check"], titles),
            str(one["check"].get("dimension") or ""),
            one["failed"] - one["exempt"],
        )
        for one in outcomes
        if not one["problem"] and one["failed"] > one["exempt"] and one["check"]["id"] != "arrival"
    ]
    return sorted(found, key=lambda one: -one.rows)


def failing_rows(entry: Any, version: int, check_id: str) -> int | None:
    """How many rows of a version fail a check; None where that version was not checked by it."""
    for one in _outcomes(entry, version):
        if one["check"]["id"] == check_id and not one["problem"]:
            return int(one["failed"] - one["exempt"])
    return None


def _outcomes(entry: Any, version: int) -> Sequence[Mapping[str, Any]]:
    from gongshu.quality import check_queries

    try:
        return check_queries.run(entry, version).outcomes
    except NotFound:
        return ()


def possible(actor: Actor, found: Governance) -> list[str]:
    """The acts that the viewer may take now, as the pages name them."""
    rule = procedure()
    if not rule.known:
        return []
    held = found.designation.status in terms.HOLDING
    authority = policy.can_office(actor, rule.orders.office)

    def orders() -> None:
        policy.check_office(actor, rule.orders.office, name="", act="")

    def mends() -> None:
        governance_policy.check_mender(actor, found.entry.provider.code)

    def accepts() -> None:
        operator = found.designation.organization.code
        governance_policy.check_accepter(actor, operator=operator, held=held, authority=authority)

    def files() -> None:
        policy.check_operator(actor, found.designation.organization.code)

    whose = {
        "order": orders, "decline": orders, "extend": orders, "finish": mends, "accept": accepts,
        "send_back": accepts, "withdraw": files,
    }  # fmt: skip
    allowed = governance_policy.may({name: one for name, one in whose.items() if GOVERNANCE.can(found.status, name)})
    return [name for name in allowed if name != "extend" or rule.mends.days is None]


def returns_rule() -> Value | None:
    """That operators may earn a return, where the rules say so."""
    found = rules.active().find("operation.reasonable_return", on=clock.today())
    return found if found is not None and found.value else None


def product_kinds() -> Mapping[str, Text]:
    return listed("operation.products", clock.today()).names


def visible_returns(actor: Actor) -> QuerySet[Return]:
    """All for the offices and the auditor; else the operator's own. What it earned is nobody else's business."""
    found = Return.objects.select_related("designation__organization", "reported_to", "recorded_by").order_by("-id")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    if not actor.has(Role.OPERATOR):
        return found.none()
    return found.filter(designation__organization__code=actor.organization)


def search_returns(actor: Actor, *, text: str = "", filters: Mapping[str, Any] | None = None) -> QuerySet[Return]:
    """By number, product, user or operator. Filters: ``status``, ``kind``, and ``since``, ``until`` that its days touch."""
    found, asked = visible_returns(actor).filter(_says(text, "product", "user")), filters or {}
    if asked.get("status", "") in set(ReturnStatus):
        found = found.filter(status=asked["status"])
    if asked.get("kind"):
        found = found.filter(product_kind=asked["kind"])
    if asked.get("since"):
        found = found.filter(period_to__gte=asked["since"])
    if asked.get("until"):
        found = found.filter(period_from__lte=asked["until"])
    return found


def total_fen(found: QuerySet[Return]) -> int:
    """What the records that stand add up to, in fen."""
    summed = found.filter(status=ReturnStatus.RECORDED).order_by().aggregate(fen=Sum("amount_fen"))["fen"]
    return int(summed or 0)


def earned(actor: Actor, number: str) -> Return:
    found = visible_returns(actor).filter(number=number).first()
    if found is None:
        raise NotFound(
            "operation.return_unknown", "没有这个编号的收益记录。", "There is no record of a return with that number."
        )
    return found


def can_strike(actor: Actor, found: Return) -> bool:
    mine = actor.organization == found.designation.organization.code and actor.has(Role.OPERATOR)
    return mine and found.status == ReturnStatus.RECORDED


def ever_supplied(actor: Actor) -> QuerySet[Demand]:
    """The demands of the actor's organisation that were supplied at some time: what its products may be made of."""
    found = Demand.objects.filter(designation__organization__code=actor.organization).exclude(grant_id="")
    return found.select_related("entry", "designation").order_by("-id")


def demands_of(found: Return) -> QuerySet[Demand]:
    return Demand.objects.filter(number__in=found.demands).select_related("entry").order_by("number")


def agreement_in(organization: str, day_from: Any, day_to: Any) -> Designation | None:
    """The operator's agreement that covers a whole period, whatever became of it since."""
    found = Designation.objects.select_related("organization").filter(organization__code=organization)
    return found.filter(valid_from__lte=day_from, valid_until__gte=day_to).order_by("-id").first()
