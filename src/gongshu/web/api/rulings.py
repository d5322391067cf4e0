"""The law for programs: a parameter on a day, the chain of deciders, the articles, two cities side by side."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from gongshu import clock, rules
from gongshu.identity.tokens import Scope
from gongshu.rules.comparison import compare
from gongshu.web.api.access import needs_account
from gongshu.web.api.shapes import Cited, Limit, Offset, Page, Word, Words, cited, listed, words

router = Router(tags=["规则 Rules"])
Name = Annotated[str, Query("", max_length=60)]
# Far enough for every regulation, near enough that no sum of days leaves the calendar.
Day = Annotated[date | None, Query(None, ge=date(1949, 10, 1), le=date(2149, 12, 31), description="默认今天 today")]


class Pack(Schema):
    id: str
    title: Words
    region: Words
    version: str
    status: str
    notice: Words | None
    active: bool = Field(description="本平台所用 the one that this platform runs under")


class RuleValue(Schema):
    name: str
    value: Any
    pack: str
    since: date | None
    verified: bool
    binding: bool
    binds: list[str]
    on: date
    notice: Words | None
    citations: list[Cited]


class RuleStep(Schema):
    stage: int
    office: str
    office_name: Words
    act: str
    words: Words
    days: int | None
    deadline_words: Words
    due_on: date | None
    provisional: bool
    verified: bool
    citations: list[Cited]


class Chain(Schema):
    pack: str
    on: date
    share_type: str
    share_type_label: Words
    access: str
    words: Words
    masked_only: bool
    verified: bool
    binding: bool
    notice: Words | None
    steps: list[RuleStep]
    citations: list[Cited]


class ArticleLine(Schema):
    id: str
    state: str
    state_label: Words
    capabilities: list[str]
    by: dict[str, str] = Field(description="各能力的状态 how far each capability is; empty: as the row")
    does: Words
    note: Words | None


class Difference(Schema):
    name: str
    description: Words
    where: dict[str, Any]
    differs: bool
    left: dict[str, Any] | None
    right: dict[str, Any] | None


@router.get("", response=list[Pack], auth=needs_account(Scope.READ), summary="规则包 The packs there are")
def packs(request: HttpRequest) -> list[dict[str, Any]]:
    day, own = clock.today(), rules.active().id
    return [
        {
            "id": pack.id,
            "title": words(pack.title),
            "region": words(pack.region),
            "version": pack.version,
            "status": str(pack.status(day)),
            "notice": _notice(pack, day),
            "active": pack.id == own,
        }
        for pack in map(rules.load, rules.available())
    ]


@router.get(
    "/parameters", response=Page[RuleValue], auth=needs_account(Scope.READ), summary="参数列表 Every parameter on a day"
)
def parameters(
    request: HttpRequest, limit: Limit, offset: Offset, city: Name = "", on: Day = None, prefix: Word = ""
) -> dict[str, Any]:
    pack, day = _pack(city), on or clock.today()
    found = [pack.find(one.name, on=day) for one in pack.parameters() if one.name.startswith(prefix)]
    return listed([_value(pack, one, day) for one in found if one is not None], limit, offset)


@router.get("/parameters/{name}", response=RuleValue, auth=needs_account(Scope.READ), summary="参数取值 One parameter")
def parameter(
    request: HttpRequest,
    name: str,
    city: Name = "",
    on: Day = None,
    share_type: Word = "",
    open_type: Word = "",
    mode: Word = "",
    case: Word = "",
    system: Word = "",
    collected: bool | None = None,
    urgent: bool | None = None,
) -> dict[str, Any]:
    """The value and the articles it rests on; the case is told by the further parameters, as far as it matters."""
    pack, day = _pack(city), on or clock.today()
    case_of: dict[str, Any] = {
        "share_type": share_type, "open_type": open_type, "mode": mode, "case": case, "system": system,
        "collected": collected, "urgent": urgent,
    }  # fmt: skip
    given = {key: value for key, value in case_of.items() if value not in ("", None)}
    return _value(pack, pack.value(name, on=day, **given), day)


@router.get("/chain", response=Chain, auth=needs_account(Scope.READ), summary="审批链 Who decides an application")
def chain(
    request: HttpRequest,
    share_type: rules.ShareType,
    mode: Word = "query",
    collected: bool = True,
    city: Name = "",
    on: Day = None,
) -> dict[str, Any]:
    pack, day = _pack(city), on or clock.today()
    way = pack.route(share_type, on=day, mode=mode, collected=collected)
    return {
        "pack": pack.id,
        "on": day,
        "share_type": str(share_type),
        "share_type_label": words(pack.labels("share_type", on=day)[share_type]),
        "access": str(way.access.value),
        "words": words(way.words),
        "masked_only": way.masked_only,
        "verified": way.verified,
        "binding": way.binding,
        "notice": _notice(pack, day),
        "steps": [
            {
                "stage": step.stage,
                "office": str(step.office.value),
                "office_name": words(step.office_name),
                "act": str(step.act.value),
                "words": words(step.words),
                "days": step.days,
                "deadline_words": words(step.deadline_words),
                "due_on": due.on if due else None,
                "provisional": due is not None and not due.firm,
                "verified": step.verified,
                "citations": cited(step.citations),
            }
            for step, due in zip(way.steps, way.dues(day), strict=True)
        ],
        "citations": cited(way.citations),
    }


@router.get(
    "/articles",
    response=Page[ArticleLine],
    auth=needs_account(Scope.READ),
    summary="逐条落实 Articles with their state",
)
def articles(
    request: HttpRequest, limit: Limit, offset: Offset, city: Name = "", state: Word = "", capability: Word = ""
) -> dict[str, Any]:
    found = [
        {
            "id": row.id,
            "state": row.state.value,
            "state_label": words(row.state.label),
            "capabilities": list(row.capabilities),
            "by": {capability: state.value for capability, state in row.by},
            "does": words(row.does),
            "note": words(row.note) if row.note else None,
        }
        for row in rules.articles(_pack(city))
        if (not state or row.state.value == state) and (not capability or capability in row.capabilities)
    ]
    return listed(found, limit, offset)


@router.get(
    "/diff", response=Page[Difference], auth=needs_account(Scope.READ), summary="两地对比 Two cities side by side"
)
def diff(
    request: HttpRequest,
    left: Annotated[str, Query(max_length=60)],
    right: Annotated[str, Query(max_length=60)],
    limit: Limit,
    offset: Offset,
    on: Day = None,
    everything: bool = False,
) -> dict[str, Any]:
    """Where two cities differ in substance, case by case; ``everything``: also where they agree."""
    compared = compare(rules.load(left), rules.load(right), on=on or clock.today())
    return listed([one.as_json() for one in compared if everything or one.differs], limit, offset)


def _pack(city: str) -> rules.Pack:
    return rules.load(city) if city else rules.active()


def _notice(pack: rules.Pack, day: date) -> dict[str, str] | None:
    notice = pack.notice(day)
    return words(notice) if notice else None


def _value(pack: rules.Pack, found: rules.Value, day: date) -> dict[str, Any]:
    return found.as_json() | {"on": day, "notice": _notice(pack, day), "citations": cited(found.citations)}
