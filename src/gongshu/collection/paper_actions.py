"""All writes of paper holdings: registered with a plan, progress reported, done when the entry has their data (泸州14)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.hooks import EntryChange, Happened
from gongshu.collection import paper_queries as queries
from gongshu.collection import policy
from gongshu.collection.paper_models import PaperHolding
from gongshu.collection.paper_states import LIVE, PAPER, PaperStatus
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger

DUTY = "collection.paper"
MOST = 2_000_000_000


@transaction.atomic
def register(
    *, by: Actor, title: str, amount: int, measure: str, basis: str, entry: str, begins_on: date, due_on: date
) -> PaperHolding:
    """Put what the own unit holds on paper into the register, with the entry it will feed and the days of the plan.

    Where the pack's ``collection.paper`` asks for digitising, the plan's last day is a duty that is reminded.
    """
    found = catalog.entry(by, entry)
    policy.check_submit(by, found.provider.code)
    if due_on < begins_on or due_on <= clock.today():
        raise GongshuError(
            "paper.due_on",
            "计划完成日期须晚于今天，且不早于开始日期。",
            "The plan ends after today and not before it begins.",
            field="due_on",
        )
    made = PaperHolding.objects.create(
        number=duties.next_number(by=by, prefix="ZL"),
        organization=found.provider,
        title=_text(title, "资料名称", "name of the files", field="title", most=100),
        measure=_text(measure, "计量单位", "measure", field="measure", most=10),
        amount=_count(amount, least=1, most=MOST, field="amount"),
        basis=_text(basis, "法定依据", "legal basis", field="basis", most=300),
        entry=found.code,
        entry_title=found.title,
        begins_on=begins_on,
        due_on=due_on,
        registered_by_id=by.person_id or None,
        registered_at=clock.now(),
    )
    _record(by, made, "paper_registered", {"amount": made.amount, "due_on": due_on.isoformat()})
    _owe(by, made)
    return made


@transaction.atomic
def report(*, by: Actor, number: str, digitised: int) -> PaperHolding:
    """How much is digitised by now; with all of it, and data in the entry since it was registered, it is done."""
    found = _own(by, number)
    count = _count(digitised, least=0, most=found.amount, field="digitised")
    found.status = PAPER.check(found.status, "report")
    found.digitised = count
    found.save(update_fields=["status", "digitised"])
    _record(by, found, "paper_progress", {"digitised": count, "amount": found.amount})
    _finish_if_done(by, found)
    return found


@transaction.atomic
def replan(*, by: Actor, number: str, due_on: date, reason: str) -> PaperHolding:
    """Another last day for the plan, with the reason."""
    found = _own(by, number)
    if due_on <= clock.today():
        raise GongshuError("paper.due_on", "计划完成日期须晚于今天。", "The plan ends after today.", field="due_on")
    found.reason = _text(reason, "理由", "reason", field="reason", most=300)
    found.due_on = due_on
    found.save(update_fields=["due_on", "reason"])
    if found.duty_id:
        duties.move_day(by=by, duty_id=found.duty_id, day=due_on, reason=found.reason)
    _record(by, found, "paper_replanned", {"due_on": due_on.isoformat()})
    return found


@transaction.atomic
def drop(*, by: Actor, number: str, reason: str) -> PaperHolding:
    """These files are not digitised; the reason stays on record."""
    found = _own(by, number)
    found.reason = _text(reason, "理由", "reason", field="reason", most=300)
    found.status, found.ended_at = PAPER.check(found.status, "drop"), clock.now()
    if found.duty_id:
        duties.cancel_duty(by=by, duty_id=found.duty_id, reason="dropped")
        found.duty_id = None
    found.save()
    _record(by, found, "paper_dropped", {})
    return found


def follow_entry(change: EntryChange) -> None:
    """A version of an entry was collected: what was digitised for it is done. In its transaction (``gongshu.wiring``)."""
    if change.happened is not Happened.DATA:
        return
    rows = PaperHolding.objects.select_for_update(of=("self",)).select_related("organization")
    for found in rows.filter(entry=change.code, status__in=LIVE).order_by("pk"):
        _finish_if_done(change.by, found)


def _finish_if_done(by: Actor, found: PaperHolding) -> None:
    entry = catalog.published().filter(code=found.entry).first()
    if entry is None or entry.data_version is None or found.digitised < found.amount:
        return
    if entry.data_at is None or entry.data_at < found.registered_at:
        return  # that version is older than the plan
    found.status, found.ended_at = PAPER.check(found.status, "finish"), clock.now()
    found.version = entry.data_version
    if found.duty_id:
        duties.close_duty(by=by, duty_id=found.duty_id, outcome="digitised")
        found.duty_id = None
    found.save()
    _record(by, found, "paper_digitised", {"version": entry.data_version})


def _owe(by: Actor, found: PaperHolding) -> None:
    cites = queries.law()
    if not cites:
        return
    duty = duties.open_duty(
        by=by,
        kind=DUTY,
        subject=found.number,
        title=Text(f"纸质资料电子化：{found.title}", f"Digitise what is on paper: {found.title}"),
        link="/console/paper/",
        organization=found.organization.code,
        role=Role.PROVIDER,
        pack=rules.active(),
        citations=[one.as_json() for one in cites],
        days=None,
        words=Text("按计划", "by the plan"),
        due_on=found.due_on,
    )
    found.duty_id = duty.pk
    found.save(update_fields=["duty_id"])


def _own(by: Actor, number: str) -> PaperHolding:
    rows = PaperHolding.objects.select_for_update(of=("self",)).select_related("organization")
    found = rows.filter(number=number).first()
    if found is None:
        raise NotFound("paper.unknown", "没有这个编号的纸质资料。", "There is no paper holding with that number.")
    policy.check_submit(by, found.organization.code)
    if found.status not in LIVE:
        raise Conflict("paper.ended", "该项已办结，不能再修改。", "It has ended and cannot be changed.")
    return found


def _text(value: str, zh: str, en: str, *, field: str, most: int) -> str:
    text = " ".join(value.replace("\x00", " ").split())
    if not text or len(text) > most:
        raise GongshuError(
            f"paper.{field}",
            f"请填写{zh}（不超过 {most} 字）。",
            f"Fill in the {en}, at most {most} characters.",
            field=field,
        )
    return text


def _count(value: int, *, least: int, most: int, field: str) -> int:
    if not least <= value <= most:
        raise GongshuError(
            f"paper.{field}",
            f"数量须为 {least} 至 {most} 的整数。",
            f"The number is from {least} to {most}.",
            field=field,
        )
    return value


def _record(by: Actor, found: PaperHolding, act: str, details: dict[str, Any]) -> None:
    ledger.record(
        action=f"collection.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry,
        cites=[one.label("zh") for one in queries.law()],
        details={"title": found.title, "status": str(PaperStatus(found.status)), **details},
    )
