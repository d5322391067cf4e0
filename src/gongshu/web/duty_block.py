"""A duty's time as case pages and lists show it: due date, stops, extension, and the way to its own page.

Case pages call :func:`blocks` with their case's number and include ``parts/duty.html``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gongshu import clock, rules
from gongshu.duties import queries
from gongshu.duties.states import DUTY_LABELS, DutyStatus
from gongshu.errors import NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.web.acts import package
from gongshu.web.parts import DueView, Tag, due_view

KINDS = {
    "catalog.update": Text("目录更新", "Catalog update"),
    "quality.update": Text("数据更新", "Update of data"),
    "catalog.upkeep": Text("目录全面维护", "Catalog upkeep"),
    "catalog.maintain": Text("目录动态维护", "Catalog maintenance"),
    "catalog.compile": Text("普查后编目", "Cataloging after a survey"),
    "catalog.survey": Text("数据资源普查", "Survey of data"),
    "catalog.review": Text("目录审核", "Catalog review"),
    "collection.mandates": Text("登记法定职责", "Register of duties"),
    "collection.paper": Text("纸质资料电子化", "Digitising paper"),
    "collection.material": Text("申请材料", "Material asked for"),
    "source.decide": Text("一数一源认定", "One source: decide"),
    "source.reuse": Text("一数一源整改", "One source: re-use"),
    "supervision.asset_filing": Text("数据资产备案", "Filing of assets"),
    "supervision.asset_registration": Text("数据资产登记", "Register of assets"),
    "supervision.project": Text("项目关口", "Project gate"),
    "objection.check": Text("数据校核", "Check of a value"),
    "opening.decide": Text("开放审查", "Opening review"),
    "opening.type": Text("开放属性", "Open type"),
    "opening.request": Text("开放申请", "Request of the public"),
    "sharing.decide": Text("共享申请", "Sharing"),
    "sharing.dispute": Text("共享争议", "Dispute"),
}
FAMILIES = {
    "sharing": Text("共享申请", "Sharing"),
    "opening": Text("开放审查", "Opening"),
    "catalog": Text("目录审核", "Catalog review"),
    "collection": Text("数据归集", "Collection"),
    "demand": Text("数据需求", "Demand"),
    "filings": Text("备案", "Filing"),
    "objection": Text("数据异议", "Objection"),
    "quality": Text("数据质量", "Quality"),
    "supervision": Text("违规整改", "Violation"),
    "operation": Text("授权运营", "Operation"),
}
CASE_NUMBER = re.compile(r"\d{4}$|\d-\d+$")  # SQ-20261118-0042, 333005-000001; not upkeep-market-2026-Q4
TONES = {"open": "info", "stopped": "caution", "overdue": "danger", "done": "good", "cancelled": "still"}


@dataclass(frozen=True)
class Block:
    """One duty for ``parts/duty.html``. ``address`` is empty for who may see the case but not the duty."""

    duty: Any
    due: DueView
    stops: list[Any] = field(default_factory=list)
    emergency: Text | None = None
    address: str = ""

    @property
    def title(self) -> Text:
        return short_title(self.duty)


def kind_text(kind: str) -> Text:
    """A kind of duty in words; of a kind without words of its own, those of its family or its package."""
    return KINDS.get(kind) or FAMILIES.get(kind.partition(".")[0]) or package(kind)


def case_number(found: Any) -> str:
    """The number under which people know the case; nothing where the subject is only the program's own name for it."""
    return found.subject if CASE_NUMBER.search(found.subject) else ""


def short_title(found: Any) -> Text:
    """The title without its last brackets where these only repeat the number, which is shown beside it."""
    repeated = re.compile(rf"\s*[(\uff08][^()\uff08\uff09]*{re.escape(found.subject)}[)\uff09]$")
    return Text(repeated.sub("", found.title_zh), repeated.sub("", found.title_en))


def state_tag(found: Any) -> Tag:
    """Where a duty stands: past its day it is overdue, also before the daily job has said so."""
    status = DutyStatus(found.status)
    if status is DutyStatus.OPEN and found.due_on is not None and found.due_on < clock.today():
        status = DutyStatus.OVERDUE
    if status is DutyStatus.DONE and found.closed_late:
        return Tag(Text("逾期办结", "Done late"), "caution")
    return Tag(DUTY_LABELS[status], TONES[status])


def time_left(found: Any) -> DueView:
    """The day and what is left until it; a clock that stands or a duty that ended says so instead."""
    if found.status == DutyStatus.STOPPED:
        return DueView(None, Text("已中止计时", "clock stopped"), "caution")
    if not found.is_owed:
        return DueView(found.due_on, state_tag(found).text, state_tag(found).tone, found.provisional)
    return due_view(found.due_on, found.words, provisional=found.provisional)


def emergency_text(found: Any) -> Text | None:
    """The emergency that made a duty due at once, in the pack's words."""
    if not found.emergency:
        return None
    value = pack_value(found, "emergency.kinds")
    labels = {choice.id: choice.label for choice in value.value} if value else {}
    return labels.get(found.emergency, Text(found.emergency, found.emergency))


def pack_value(found: Any, parameter: str, on: date | None = None) -> rules.Value | None:
    """``parameter`` of the pack that the duty began under; None when that pack is no longer installed."""
    try:
        return rules.load(found.pack).find(parameter, on=on or clock.today())
    except NotFound:
        return None


def blocks(actor: Actor, subject: str) -> dict[int, Block]:
    """The duties of one case by number; two queries. The caller has checked that the viewer may see the case."""
    found = list(queries.of_subject(subject))
    return {block.duty.pk: block for block in make(actor, found)}


def make(actor: Actor, found: Iterable[Any]) -> list[Block]:
    """Blocks for duties that were read already; one query for all their stops."""
    shown = list(found)
    stops: dict[int, list[Any]] = defaultdict(list)
    for stop in queries.stops_of(one.pk for one in shown):
        stops[stop.duty_id].append(stop)
    return [
        Block(
            duty=one,
            due=time_left(one),
            stops=stops[one.pk],
            emergency=emergency_text(one),
            address=f"/console/duties/{one.pk}/" if queries.may_see(actor, one) else "",
        )
        for one in shown
    ]
