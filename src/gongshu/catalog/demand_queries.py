"""All reads of demand and supply: demands, proposals from the catalog, the three lists, meetings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from gongshu import clock, rules
from gongshu.catalog import demand_policy as policy
from gongshu.catalog import negative_list, queries
from gongshu.catalog.demand_models import Demand, ListIssue, Meeting, MeetingItem
from gongshu.catalog.demand_states import DUTIES, LIVE, DemandStatus, ListKind
from gongshu.catalog.models import Entry
from gongshu.catalog.states import EntryStatus, ShareType
from gongshu.errors import NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.rules import Citation

PROPOSALS = 8
_LOOKED_AT = 40
COLUMNS: Mapping[ListKind, tuple[Text, ...]] = {
    ListKind.DEMAND: (
        Text("编号", "No."),
        Text("所需数据", "Data needed"),
        Text("需求单位", "Consumer"),
        Text("所需数据项", "Items"),
        Text("使用用途", "Purpose"),
        Text("状态", "State"),
        Text("提供单位", "Provider"),
        Text("提供期限", "Due"),
        Text("对应目录", "Entry"),
    ),
    ListKind.RESPONSIBILITY: (
        Text("提供单位", "Provider"),
        Text("数据资源", "Data"),
        Text("资源代码", "Code"),
        Text("来源", "From"),
        Text("共享类型", "Share type"),
        Text("更新周期", "Update cycle"),
        Text("提供期限", "Due"),
        Text("状态", "State"),
    ),
    ListKind.NEGATIVE: (
        Text("提供单位", "Provider"),
        Text("数据资源", "Data"),
        Text("资源代码", "Code"),
        Text("不予共享的数据项", "Items not shared"),
        Text("不予开放的数据项", "Items not opened"),
        Text("理由或条件", "Reason or condition"),
        Text("依据", "Basis"),
    ),
}


@dataclass(frozen=True)
class Line:
    """One row of a list: ``cells`` as ``COLUMNS`` has them; ``link`` leads to what it is about."""

    cells: tuple[Text, ...]
    link: str


def visible(actor: Actor) -> QuerySet[Demand]:
    """All for the authority and the auditor; for others what their organisation needs or was assigned."""
    found = Demand.objects.select_related("organization", "provider", "entry", "filed_by")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(Q(organization__code=actor.organization) | Q(provider__code=actor.organization))


def demand(actor: Actor, number: str) -> Demand:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("demand.unknown", "没有这个编号的数据需求。", "There is no demand with that number.")
    return found


def search(actor: Actor, *, text: str = "", status: str = "", side: str = "") -> QuerySet[Demand]:
    """Demands by number, name or organisation, newest first. ``side``: ours (we need it) or assigned (we owe it)."""
    found = _matching(visible(actor), text)
    if status in set(DemandStatus):
        found = found.filter(status=status)
    if side == "ours":
        found = found.filter(organization__code=actor.organization)
    elif side == "assigned":
        found = found.filter(provider__code=actor.organization)
    return found


def counts(actor: Actor) -> dict[str, int]:
    """How many visible demands stand in each state."""
    rows = visible(actor).order_by().values_list("status").annotate(n=Count("pk"))
    return {str(status): n for status, n in rows}


def proposals(found: Demand) -> list[Entry]:
    """Published entries of others that may be what is needed, those whose names have most in common on top."""
    others = queries.published().exclude(provider_id=found.organization_id)
    near = list(queries.search(found.title, within=others).entries[:_LOOKED_AT])
    if len(near) < PROPOSALS and found.items.strip():
        more = queries.search(f"{found.title} {found.items}"[:100], within=others).entries
        near += list(more.exclude(pk__in=[one.pk for one in near])[:_LOOKED_AT])
    wanted = _pairs(found.title)
    alike = [(len(wanted & _pairs(one.title)), one) for one in near]
    alike.sort(key=lambda pair: pair[0], reverse=True)
    return [one for score, one in alike if score][:PROPOSALS]


def _pairs(text: str) -> set[str]:
    """Each two signs that stand together: how alike two Chinese names are."""
    return {text[n : n + 2] for n in range(len(text) - 1)}


def answered_by(code: str) -> int:
    """How many demands an entry answers, or is to answer."""
    return Demand.objects.filter(entry__code=code).exclude(status=DemandStatus.WITHDRAWN).count()


def can_file(actor: Actor) -> bool:
    return policy.can_file(actor)


def can_arrange(actor: Actor, found: Demand | None = None) -> bool:
    ready = found is None or found.status in {DemandStatus.FILED, DemandStatus.OBJECTED}
    return ready and policy.can_arrange(actor)


def can_answer(actor: Actor, found: Demand) -> bool:
    return (
        found.status in {DemandStatus.ASSIGNED, DemandStatus.ACCEPTED}
        and found.provider is not None
        and policy.can_answer(actor, found.provider.code)
    )


def can_withdraw(actor: Actor, found: Demand) -> bool:
    return found.status in LIVE and policy.can_withdraw(actor, found.organization.code)


def meetings() -> QuerySet[Meeting]:
    return Meeting.objects.select_related("convened_by").annotate(demands=Count("lines")).order_by("-held_on", "-id")


def meeting(actor: Actor, number: str) -> Meeting:
    """A meeting, for the authority, the auditor and those who took part."""
    found = Meeting.objects.prefetch_related("participants").filter(number=number).first()
    taking_part = found is not None and any(one.code == actor.organization for one in found.participants.all())
    if found is None or not (taking_part or actor.has(Role.DATA_AUTHORITY, Role.AUDITOR)):
        raise NotFound("demand.meeting_unknown", "没有这个编号的会议。", "There is no meeting with that number.")
    return found


def meetings_of(actor: Actor) -> QuerySet[Meeting]:
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return meetings()
    mine = Meeting.objects.filter(participants__code=actor.organization).values("pk")
    return meetings().filter(pk__in=mine)


def lines(found: Meeting) -> QuerySet[MeetingItem]:
    return MeetingItem.objects.filter(meeting=found).select_related(
        "demand", "demand__organization", "demand__provider"
    )


def talks(found: Demand) -> QuerySet[MeetingItem]:
    """The meetings on whose table a demand lay."""
    return MeetingItem.objects.filter(demand=found).select_related("meeting")


def issues(kind: ListKind) -> QuerySet[ListIssue]:
    return ListIssue.objects.filter(kind=kind).select_related("issued_by").defer("text")


def issue(number: str) -> ListIssue:
    found = ListIssue.objects.filter(number=number).first()
    if found is None:
        raise NotFound("demand.issue_unknown", "没有这个编号的清单。", "There is no list with that number.")
    return found


# -- the three lists -------------------------------------------------------------------------------------------------


def assigned(actor: Actor, *, text: str = "", provider: str = "") -> QuerySet[Demand]:
    """What was assigned to providers: the first half of the responsibility list, for everybody with a role."""
    del actor  # a responsibility list is made known to all units (luzhou-15)
    found = Demand.objects.select_related("organization", "provider", "entry").filter(status__in=DUTIES)
    if provider:
        found = found.filter(provider__code=provider)
    return _matching(found, text).order_by("provider__code", "-id")


def catalogued(*, text: str = "", provider: str = "") -> QuerySet[Entry]:
    """Published entries that their providers must share: the second half of the responsibility list."""
    found = queries.published().exclude(share_type=ShareType.PROHIBITED)
    return _entries(found, text, provider)


def prohibited(*, text: str = "", provider: str = "", side: str = "") -> QuerySet[Entry]:
    """Published entries of which something is not shared, or not opened (``side``: sharing, opening, or both)."""
    return _entries(negative_list.prohibited(side=side), text, provider)


def list_citations(kind: ListKind) -> tuple[Citation, ...]:
    """The articles that a list rests on in this city."""
    names = {
        ListKind.DEMAND: ("demand.requires",),
        ListKind.RESPONSIBILITY: ("sharing.responsibility_list",),
        ListKind.NEGATIVE: ("sharing.refusal_requires", "opening.prohibited_grounds"),
    }[kind]
    pack, day = rules.active(), clock.today()
    found = [value for name in names if (value := pack.find(name, on=day)) is not None]
    return tuple({c.id: c for value in found for c in value.citations}.values())


def demand_line(found: Demand) -> Line:
    cells = (
        _same(found.number),
        _same(found.title),
        _name(found.organization),
        _same(found.items),
        _purpose(found.purpose),
        found.status_label,
        _name(found.provider) if found.provider else _same(""),
        _same(found.due_on.isoformat() if found.due_on else ""),
        _same(found.entry.resource_code if found.entry else ""),
    )
    return Line(cells, f"/console/demands/{found.number}/")


def assigned_line(found: Demand) -> Line:
    entry = found.entry
    cells = (
        _name(found.provider),
        _same(found.title),
        _same(entry.resource_code if entry else ""),
        Text(f"指派 {found.number}", f"assigned {found.number}"),
        _label("share_type", entry.share_type) if entry else _same(""),
        entry.cycle_label if entry else _same(""),
        _same(found.due_on.isoformat() if found.due_on else ""),
        found.status_label,
    )
    return Line(cells, f"/console/demands/{found.number}/")


def catalogued_line(entry: Entry) -> Line:
    there = Text("已归集", "collected") if entry.data_version is not None else Text("已编目，待归集", "catalogued")
    cells = (
        _name(entry.provider),
        _same(entry.title),
        _same(entry.resource_code),
        Text("本单位目录", "own catalog"),
        _label("share_type", entry.share_type),
        entry.cycle_label,
        _same(""),
        there,
    )
    return Line(cells, f"/console/catalog/{entry.code}/")


def prohibited_line(entry: Entry) -> Line:
    shared, opened = negative_list.not_shared(entry), negative_list.not_opened(entry)
    none = _same("")
    cells = (
        _name(entry.provider),
        _same(entry.title),
        _same(entry.resource_code),
        shared.extent if shared else none,
        opened.extent if opened else none,
        _same("；".join(dict.fromkeys((*shared.reasons, *opened.reasons)))),
        _same("；".join(dict.fromkeys((*shared.bases, *opened.bases)))),
    )
    return Line(cells, f"/console/catalog/{entry.code}/")


def all_lines(actor: Actor, kind: ListKind, *, text: str = "", provider: str = "", side: str = "") -> Iterator[Line]:
    """Every row of a list in the order of its page, one at a time."""
    if kind is ListKind.DEMAND:
        yield from map(demand_line, search(actor, text=text).iterator())
    elif kind is ListKind.NEGATIVE:
        yield from map(prohibited_line, prohibited(text=text, provider=provider, side=side).iterator(chunk_size=500))
    else:
        yield from map(assigned_line, assigned(actor, text=text, provider=provider).iterator())
        yield from map(catalogued_line, catalogued(text=text, provider=provider).iterator())


def list_text(actor: Actor, kind: ListKind) -> tuple[int, str]:
    """(rows, CSV) of a list as it stands: what issuing it keeps."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.zh for column in COLUMNS[kind]])
    rows = 0
    for line in all_lines(actor, kind):
        writer.writerow([as_cell(cell.zh) for cell in line.cells])
        rows += 1
    return rows, out.getvalue()


def as_cell(text: str) -> str:
    """Text as a spreadsheet may hold it: nothing that it would take for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _matching(found: QuerySet[Demand], text: str) -> QuerySet[Demand]:
    word = text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
    if not word:
        return found
    return found.filter(
        Q(number__icontains=word)
        | Q(title__icontains=word)
        | Q(organization__name__icontains=word)
        | Q(provider__name__icontains=word)
    )


def _entries(found: QuerySet[Entry], text: str, provider: str) -> QuerySet[Entry]:
    if provider:
        found = found.filter(provider__code=provider)
    word = text.replace("\x00", " ").strip()
    if word:
        found = found.filter(Q(title__icontains=word) | Q(code__icontains=word) | Q(provider__name__icontains=word))
    return found.filter(status=EntryStatus.PUBLISHED).order_by("provider__code", "code")


def _same(text: str) -> Text:
    return Text(text, text)


def _name(organization: object) -> Text:
    return Text(organization.say("zh"), organization.say("en")) if organization else Text("", "")  # type: ignore[attr-defined]


def _label(what: str, value: str) -> Text:
    return rules.active().labels(what, on=clock.today()).get(value, _same(value))


def _purpose(purpose: str) -> Text:
    found = rules.active().find("sharing.purposes", on=clock.today())
    return next((c.label for c in found.value if c.id == purpose), _same(purpose)) if found else _same(purpose)
