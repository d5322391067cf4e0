"""All writes of demand and supply: filing a demand, finding it a source, answering for it, meetings, issued lists.

What a demand must state and how long a provider has to answer is the pack's (``demand.requires``,
``demand.reply_deadline``, ``operation.review_deadline``, ``operation.collect_deadline``); what an objection needs is what
the pack asks of any refusal (luzhou-15, xian-5, yongjia-20, zaozhuang-6.3, dazhou-5).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from django.db import transaction

from gongshu import clock, deadlines, rules
from gongshu.catalog import demand_policy as policy
from gongshu.catalog import demand_queries, queries
from gongshu.catalog.demand import Ground, Need, Talked
from gongshu.catalog.demand_models import Demand, ListIssue, Meeting, MeetingItem
from gongshu.catalog.demand_states import DEMAND, DemandStatus, ListKind
from gongshu.catalog.models import Entry
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.duties.hooks import DueChange
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

_NO_WORDS = Text("", "")


@transaction.atomic
def file_demand(*, by: Actor, need: Need) -> Demand:
    """Say what data are needed; the authority owes a match or an assignment."""
    policy.check_file(by)
    pack, day = rules.active(), clock.today()
    required = pack.value("demand.requires", on=day)
    purposes = pack.find("sharing.purposes", on=day)
    policy.check_need(
        need,
        required=[str(name) for name in required.value],
        purposes=[choice.id for choice in purposes.value] if purposes else [],
        today=day,
    )
    words = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(need).items()}
    found = Demand.objects.create(
        number=duties.next_number(by=by, prefix="XQ"),
        organization=identity.organization(by.organization),
        filed_by_id=by.person_id,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in required.citations],
        filed_at=clock.now(),
        **words,
    )
    limit = pack.find("operation.review_deadline", on=day)
    authority = identity.holder_of(Office.AUTHORITY)
    _owe(
        by,
        found,
        "demand.match",
        Text(f"统筹数据需求：{found.title}", f"Match the demand: {found.title}"),
        organization=authority.code,
        role=Role.DATA_AUTHORITY,
        days=limit.value.days if limit else None,
        words=limit.value.words if limit else _NO_WORDS,
        citations=limit.citations if limit else required.citations,
    )
    _record(by, found, "filed")
    return found


@transaction.atomic
def match(*, by: Actor, number: str, code: str, remark: str = "") -> Demand:
    """The data are there: point the consumer to the entry, where it applies for them."""
    found = _locked(number)
    policy.check_arrange(by)
    policy.check_remark(remark, needed=False)
    entry = _published(by, code)
    if entry.provider_id == found.organization_id:
        raise Conflict(
            "demand.own_entry",
            "该目录由需求单位自己提供，请另选。",
            "That entry is the consumer's own; choose another.",
        )
    found.status = DEMAND.check(found.status, "match")
    found.entry, found.remark, found.ended_at = entry, remark.strip(), clock.now()
    _settle_duty(by, found, "matched")
    found.save()
    _record(by, found, "matched")
    _tell_consumer(
        by, found, Text(f"已有数据：{entry.title}，可申请共享", f"already there: {entry.title}; apply for it")
    )
    return found


@transaction.atomic
def assign(*, by: Actor, number: str, provider: str, due_on: date, remark: str = "") -> Demand:
    """Nobody has the data in the catalog: ``provider`` is to publish them by ``due_on``. It answers within the limit."""
    found = _locked(number)
    policy.check_arrange(by)
    policy.check_remark(remark, needed=False)
    policy.check_assign(provider=provider, consumer=found.organization.code, due_on=due_on, today=clock.today())
    whose = identity.organization(provider)
    again = found.status == DemandStatus.OBJECTED
    found.status = DEMAND.check(found.status, "assign")
    _settle_duty(by, found, "assigned")
    found.provider, found.due_on, found.remark = whose, due_on, remark.strip()
    found.assigned_at = clock.now()
    pack = rules.load(found.pack)
    limit = pack.value("demand.reply_deadline", on=clock.today(), body_kind=whose.body_kind)
    _owe(
        by,
        found,
        "demand.answer",
        Text(f"答复数据需求：{found.title}", f"Answer the demand: {found.title}"),
        organization=whose.code,
        role=Role.PROVIDER,
        days=limit.value.days,
        words=limit.value.words,
        citations=limit.citations,
    )
    _record(by, found, "reassigned" if again else "assigned")
    _tell_consumer(
        by,
        found,
        Text(f"已指派{whose.name}于 {due_on} 前提供", f"{whose.say('en')} is to supply it by {due_on}"),
    )
    return found


@transaction.atomic
def decline(*, by: Actor, number: str, remark: str) -> Demand:
    """The demand cannot be met; the consumer is told why."""
    found = _locked(number)
    policy.check_arrange(by)
    policy.check_remark(remark, needed=True)
    found.status = DEMAND.check(found.status, "decline")
    found.remark, found.ended_at = remark.strip(), clock.now()
    _settle_duty(by, found, "declined")
    found.save()
    _record(by, found, "declined")
    _tell_consumer(by, found, Text(f"不予满足：{found.remark}", f"declined: {found.remark}"))
    return found


@transaction.atomic
def accept(*, by: Actor, number: str) -> Demand:
    """The provider takes it on: publishing the entry by the day assigned is now its duty."""
    found = _locked(number)
    policy.check_answer(by, found.provider.code if found.provider else "")
    found.status = DEMAND.check(found.status, "accept")
    _settle_duty(by, found, "accepted")
    due_on = found.due_on or clock.today()
    days = max(1, deadlines.calendar.load().working_days_between(clock.today(), due_on))
    _owe(
        by,
        found,
        "demand.fulfil",
        Text(f"编目并提供：{found.title}", f"Catalog and supply: {found.title}"),
        organization=by.organization,
        role=Role.PROVIDER,
        days=days,
        words=Text("数据主管部门指派的日期", "the day that the authority set"),
        citations=[],
        starts_on=clock.today(),
    )
    _record(by, found, "accepted")
    _tell_consumer(by, found, Text("提供单位已接受", "the provider accepted"))
    return found


@transaction.atomic
def object_to(*, by: Actor, number: str, ground: Ground) -> Demand:
    """The provider cannot supply, for a ground that the pack accepts of any refusal; the authority looks again."""
    found = _locked(number)
    policy.check_answer(by, found.provider.code if found.provider else "")
    demand = rules.active().refusal(clock.today())
    policy.check_ground(ground, demand)
    found.status = DEMAND.check(found.status, "object")
    _settle_duty(by, found, "objected")
    found.ground, found.basis_kind, found.ground_basis = ground.reason.strip(), ground.basis_kind, ground.basis.strip()
    _owe(
        by,
        found,
        "demand.match",
        Text(f"处理提供单位的异议：{found.title}", f"Settle the provider's objection: {found.title}"),
        organization=identity.holder_of(Office.AUTHORITY).code,
        role=Role.DATA_AUTHORITY,
        days=None,
        words=_NO_WORDS,
        citations=demand.citations,
    )
    _record(by, found, "objected", cites=[c.label("zh") for c in demand.citations])
    _tell_consumer(
        by, found, Text("提供单位有异议，数据主管部门将再行研究", "the provider objects; the authority looks again")
    )
    return found


@transaction.atomic
def name_entry(*, by: Actor, number: str, code: str) -> Demand:
    """The provider names the entry that answers the demand: published, it fulfils it; else it does when it is."""
    found = _locked(number)
    policy.check_answer(by, found.provider.code if found.provider else "")
    DEMAND.check(found.status, "fulfil")
    entry = queries.entry(by, code)
    if entry.provider.code != by.organization:
        raise Conflict(
            "demand.other_entry", "请指明本单位编制的目录。", "Name an entry of your own organisation.", field="code"
        )
    found.entry = entry
    found.save(update_fields=["entry"])
    if entry.status == EntryStatus.PUBLISHED:
        _fulfil(by, found)
    else:
        _record(by, found, "entry_named")
    return found


@transaction.atomic
def follow_published(*, by: Actor, code: str) -> int:
    """An entry was published: what waited for it is fulfilled. Answers how many demands."""
    waiting = list(
        Demand.objects.select_for_update(of=("self",))
        .select_related("organization", "provider", "entry")
        .filter(entry__code=code, entry__status=EntryStatus.PUBLISHED, status=DemandStatus.ACCEPTED)
        .order_by("pk")
    )
    for found in waiting:
        _fulfil(by, found)
    return len(waiting)


@transaction.atomic
def withdraw(*, by: Actor, number: str) -> Demand:
    """The consumer needs it no more."""
    found = _locked(number)
    policy.check_withdraw(by, found.organization.code)
    found.status = DEMAND.check(found.status, "withdraw")
    found.ended_at = clock.now()
    if found.duty_id:
        duties.cancel_duty(by=by, duty_id=found.duty_id, reason="withdrawn")
    found.save()
    _record(by, found, "withdrawn")
    return found


def follow_duty(change: DueChange) -> None:
    """The day by which the provider supplies moved with its duty (wired in ``gongshu.wiring``)."""
    if change.due_on is not None:
        Demand.objects.filter(duty_id=change.duty_id, status=DemandStatus.ACCEPTED).update(due_on=change.due_on)


@transaction.atomic
def convene(
    *,
    by: Actor,
    title: str,
    held_on: date,
    place: str = "",
    participants: Sequence[str] = (),
    demands: Sequence[str] = (),
) -> Meeting:
    """Put a supply-demand meeting on record, with the organisations that come and the demands on its table."""
    policy.check_arrange(by)
    if not title.strip():
        raise GongshuError("demand.meeting_title", "请填写会议名称。", "Give the meeting a name.", field="title")
    policy.check_text(title, "会议名称", "name", field="title", most=100)
    policy.check_text(place, "地点", "place", field="place", most=100)
    if not participants:
        raise GongshuError("demand.meeting_nobody", "请选择参加单位。", "Choose who takes part.", field="participants")
    found = Meeting.objects.create(
        number=duties.next_number(by=by, prefix="DJ"),
        title=title.strip(),
        held_on=held_on,
        place=place.strip(),
        convened_by_id=by.person_id,
        created_at=clock.now(),
    )
    bodies = [identity.organization(code) for code in dict.fromkeys(participants)]
    found.participants.set(bodies)
    for number in dict.fromkeys(demands):
        MeetingItem.objects.create(meeting=found, demand=demand_queries.demand(by, number))
    _record_meeting(by, found, "demand_meeting_convened")
    for body in bodies:
        notifications.notify(
            by=by,
            organization=body.code,
            roles=(Role.PROVIDER, Role.CONSUMER, Role.DATA_AUTHORITY),
            kind="demand.meeting",
            text=Text(f"供需对接会：{found.title}（{held_on}）", f"Supply-demand meeting: {found.title} ({held_on})"),
            link=f"/console/demands/meetings/{found.number}/",
        )
    return found


@transaction.atomic
def minute(*, by: Actor, number: str, minutes: str, talked: Sequence[Talked]) -> Meeting:
    """Write down what was agreed, demand by demand; said again, it replaces what stood there."""
    policy.check_arrange(by)
    policy.check_text(minutes, "纪要", "minutes", field="minutes", most=10_000)
    found = Meeting.objects.select_for_update().filter(number=number).first()
    if found is None:
        raise _no_meeting()
    found.minutes = minutes.strip()
    found.save(update_fields=["minutes"])
    for one in talked:
        policy.check_text(one.remark, "说明", "remark", most=300)
        line = MeetingItem.objects.filter(meeting=found, demand__number=one.demand).first()
        if line is None:
            line = MeetingItem(meeting=found, demand=demand_queries.demand(by, one.demand))
        line.outcome, line.remark = one.outcome, one.remark.strip()
        line.save()
    _record_meeting(by, found, "demand_meeting_minuted")
    return found


@transaction.atomic
def issue_list(*, by: Actor, kind: ListKind, note: str = "") -> ListIssue:
    """Issue one of the three lists as it stands now: its text is kept, its digest goes to the ledger (luzhou-15)."""
    policy.check_arrange(by)
    policy.check_text(note, "说明", "note", field="note", most=300)
    rows, text = demand_queries.list_text(by, kind)
    found = ListIssue.objects.create(
        number=duties.next_number(by=by, prefix="QD"),
        kind=kind,
        rows=rows,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        issued_by_id=by.person_id,
        issued_at=clock.now(),
        note=note.strip(),
    )
    cites = demand_queries.list_citations(kind)
    ledger.record(
        action="catalog.list_issued",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[c.label("zh") for c in cites],
        details={"kind": str(kind), "rows": rows, "sha256": found.sha256},
    )
    label = found.kind_label
    for body in identity.organizations():
        notifications.notify(
            by=by,
            organization=body.code,
            roles=(Role.PROVIDER,),
            kind="demand.list_issued",
            text=Text(f"{label.zh}已发布：{found.number}", f"{label.en} issued: {found.number}"),
            link=f"/console/lists/{kind}/",
        )
    return found


def _owe(
    by: Actor,
    found: Demand,
    kind: str,
    title: Text,
    *,
    organization: str,
    role: Role,
    days: int | None,
    words: Text,
    citations: Sequence[rules.Citation],
    starts_on: date | None = None,
) -> None:
    duty = duties.open_duty(
        by=by,
        kind=kind,
        subject=found.number,
        title=Text(f"{title.zh}（{found.number}）", f"{title.en} ({found.number})"),
        link=f"/console/demands/{found.number}/",
        organization=organization,
        role=role,
        pack=rules.load(found.pack),
        citations=[c.as_json() for c in citations],
        days=days,
        words=words,
        applicant=found.organization.name,
        concerned=found.organization.code,
        starts_on=starts_on,
    )
    found.duty_id = duty.pk
    found.save()


def _settle_duty(by: Actor, found: Demand, outcome: str) -> None:
    if found.duty_id:
        duties.close_duty(by=by, duty_id=found.duty_id, outcome=outcome)


def _fulfil(by: Actor, found: Demand) -> None:
    found.status = DEMAND.check(found.status, "fulfil")
    found.ended_at = clock.now()
    _settle_duty(by, found, "fulfilled")
    found.save()
    _record(by, found, "fulfilled")
    title = found.entry.title if found.entry else found.title
    _tell_consumer(by, found, Text(f"已发布：{title}，可申请共享", f"published: {title}; apply for it"))


def _published(by: Actor, code: str) -> Entry:
    entry = queries.entry(by, code)
    if entry.status != EntryStatus.PUBLISHED:
        raise Conflict(
            "demand.entry_not_published", "该目录尚未发布，请另选。", "That entry is not published; choose another."
        )
    return entry


def _tell_consumer(by: Actor, found: Demand, words: Text) -> None:
    notifications.notify(
        by=by,
        organization=found.organization.code,
        roles=(Role.CONSUMER, Role.OPERATOR),
        kind="demand.answer",
        text=Text(
            f"数据需求 {found.number}（{found.title}）：{words.zh}",
            f"Demand {found.number} ({found.title}): {words.en}",
        ),
        link=f"/console/demands/{found.number}/",
    )


def _record(by: Actor, found: Demand, act: str, cites: Sequence[str] = ()) -> None:
    ledger.record(
        action=f"catalog.demand_{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry.code if found.entry else "",
        cites=list(cites) or [c["label"] for c in found.citations],
        details={
            "title": found.title,
            "consumer": found.organization.code,
            "provider": found.provider.code if found.provider else "",
            "due_on": found.due_on.isoformat() if found.due_on else "",
            "basis_kind": found.basis_kind,
            "pack": found.pack,
            "pack_version": found.pack_version,
        },
    )


def _record_meeting(by: Actor, found: Meeting, act: str) -> None:
    lines = MeetingItem.objects.filter(meeting=found).select_related("demand")
    cited = rules.active().find("demand.meetings", on=clock.today())
    ledger.record(
        action=f"catalog.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[c.label("zh") for c in cited.citations] if cited else [],
        details={
            "title": found.title,
            "held_on": found.held_on.isoformat(),
            "participants": sorted(found.participants.values_list("code", flat=True)),
            "demands": [f"{line.demand.number}:{line.outcome}" for line in lines],
        },
    )


def _locked(number: str) -> Demand:
    found = (
        Demand.objects.select_for_update(of=("self",))
        .select_related("organization", "provider", "entry")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("demand.unknown", "没有这个编号的数据需求。", "There is no demand with that number.")
    return found


def _no_meeting() -> NotFound:
    return NotFound("demand.meeting_unknown", "没有这个编号的会议。", "There is no meeting with that number.")
