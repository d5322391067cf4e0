"""Finding duties in a long list: by state, organisation, kind, words, and by what happened to their time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from gongshu import clock
from gongshu.duties import queries
from gongshu.duties.models import Duty, DutyEvent
from gongshu.duties.states import OWED, DutyStatus, EventKind
from gongshu.errors import Text
from gongshu.identity.actor import Actor


class Tab(StrEnum):
    OWED = "owed"
    DONE = "done"
    ALL = "all"


TAB_LABELS: dict[Tab, Text] = {
    Tab.OWED: Text("未办结", "Owed"),
    Tab.DONE: Text("已办结", "Done"),
    Tab.ALL: Text("全部", "All"),
}


class Flag(StrEnum):
    """What happened to a duty's time."""

    OVERDUE = "overdue"
    PROVISIONAL = "provisional"
    STOPPED = "stopped"
    EXTENDED = "extended"
    URGENT = "urgent"
    EMERGENCY = "emergency"


FLAG_LABELS: dict[Flag, Text] = {
    Flag.OVERDUE: Text("超期", "Overdue"),
    Flag.PROVISIONAL: Text("期限暂定", "Provisional date"),
    Flag.STOPPED: Text("已中止计时", "Clock stopped"),
    Flag.EXTENDED: Text("已延长", "Extended"),
    Flag.URGENT: Text("业务紧急", "Urgent business"),
    Flag.EMERGENCY: Text("突发事件", "Emergency"),
}


class Order(StrEnum):
    DUE = "due"
    LATEST_DUE = "-due"
    NEWEST = "-opened"


ORDER_LABELS: dict[Order, Text] = {
    Order.DUE: Text("期限从近到远", "Due soonest first"),
    Order.LATEST_DUE: Text("期限从远到近", "Due latest first"),
    Order.NEWEST: Text("最新开始在前", "Newest first"),
}


@dataclass(frozen=True)
class Asked:
    """What a list is narrowed to; what is empty narrows nothing."""

    tab: Tab = Tab.OWED
    text: str = ""
    organization: str = ""
    kind: str = ""
    flag: Flag | None = None
    order: Order = Order.DUE


def search(actor: Actor, asked: Asked) -> QuerySet[Duty]:
    """The duties that ``actor`` may see and ``asked`` describes."""
    found = queries.visible(actor)
    if asked.tab is Tab.OWED:
        found = found.filter(status__in=OWED)
    elif asked.tab is Tab.DONE:
        found = found.exclude(status__in=OWED)
    if asked.organization:
        found = found.filter(organization__code=asked.organization)
    if asked.kind:
        found = found.filter(kind=asked.kind)
    for word in asked.text.split():
        found = found.filter(_holds(word))
    if asked.flag is not None:
        found = found.filter(_flagged(asked.flag))
    return _ordered(found, asked.order)


def organizations(actor: Actor) -> list[tuple[str, Text]]:
    """The organisations that owe something the actor may see, for the list's filter."""
    found = queries.visible(actor).order_by("organization__code").distinct()
    rows = found.values_list("organization__code", "organization__name", "organization__name_en")
    return [(code, Text(name, name_en or name)) for code, name, name_en in rows]


def kinds(actor: Actor) -> list[str]:
    """The kinds of duties that the actor may see."""
    return list(queries.visible(actor).order_by("kind").values_list("kind", flat=True).distinct())


def _holds(word: str) -> Q:
    return (
        Q(title_zh__icontains=word)
        | Q(title_en__icontains=word)
        | Q(subject__icontains=word)
        | Q(applicant__icontains=word)
        | Q(organization__name__icontains=word)
    )


def _flagged(flag: Flag) -> Q:
    match flag:
        case Flag.OVERDUE:  # the daily job may not have come by yet
            running_late = Q(status=DutyStatus.OPEN, due_on__lt=clock.today())
            return Q(status=DutyStatus.OVERDUE) | running_late | Q(closed_late=True)
        case Flag.PROVISIONAL:
            return Q(provisional=True)
        case Flag.STOPPED:
            return Q(status=DutyStatus.STOPPED)
        case Flag.EXTENDED:
            return Q(extended_by__isnull=False)
        case Flag.EMERGENCY:
            return ~Q(emergency="")
        case Flag.URGENT:
            return Q(Exists(DutyEvent.objects.filter(duty=OuterRef("pk"), kind=EventKind.SHORTENED)))


def _ordered(found: QuerySet[Duty], order: Order) -> QuerySet[Duty]:
    match order:
        case Order.DUE:
            return found.order_by(F("due_on").asc(nulls_last=True), "id")
        case Order.LATEST_DUE:
            return found.order_by(F("due_on").desc(nulls_last=True), "-id")
        case Order.NEWEST:
            return found.order_by("-opened_at", "-id")
