"""All writes of governance demands: an operator finds data at fault, the authority has the provider mend them in time.

Who orders and who mends is the pack's ``operation.governance``, the time its ``operation.governance_deadline``; where that
names no number the authority sets the last day (dazhou-9: 规定期限内). The operator accepts the result or sends it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.duties.hooks import DueChange
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.operation import casework, governance_policy, governance_queries, policy, terms
from gongshu.operation.governance_models import Governance, GovernanceEvent
from gongshu.operation.governance_policy import Fault
from gongshu.operation.governance_queries import Procedure
from gongshu.operation.governance_states import GOVERNANCE, LIVE, GovernanceStatus
from gongshu.operation.models import Designation

_WHAT = Text("运营单位的数据治理需求", "governance demands of operators")
_KIND = "operation.governance"


@transaction.atomic
def file(*, by: Actor, code: str, fault: Fault) -> Governance:
    """Put a fault of data that the operator receives to the authority, with the check that fails, where one does."""
    policy.check_apply(by)
    rule, pack = _procedure(), rules.active()
    held = casework.in_force(by)
    entry = catalog.entry(by, code)
    if entry.status != EntryStatus.PUBLISHED:
        raise Conflict("operation.entry_not_published", "该目录尚未发布。", "The entry is not published yet.")
    items = governance_queries.receives(by, entry)
    governance_policy.check_received(bool(items))
    failing = {one.id: one for one in governance_queries.failing(entry)}
    governance_policy.check_fault(fault, items=items, failing=failing, version=entry.data_version)
    check = failing.get(fault.check)
    _check_not_open(casework.locked(held.number), entry.pk, fault.check)
    found = Governance.objects.create(
        number=duties.next_number(by=by, prefix="SZ"),
        designation=held,
        entry_id=entry.pk,
        applicant_id=by.person_id,
        dimension=fault.dimension,
        item=fault.item,
        facts=fault.facts.strip(),
        wish=fault.wish.strip(),
        version=entry.data_version,
        check_id=check.id[:80] if check else "",
        check_zh=check.label.zh[:200] if check else "",
        check_en=check.label.en[:200] if check else "",
        failed_before=check.rows if check else None,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in rule.citations],
        filed_at=clock.now(),
    )
    _note(by, found, "file", found.facts, version=found.version)
    _owe_authority(by, found, rule)
    _record(by, found, "governance_filed")
    return found


@transaction.atomic
def order(*, by: Actor, number: str, due_on: date | None = None, remark: str = "") -> Governance:
    """The authority has the provider mend the data: by the pack's working days, or by the day that it sets here."""
    found, rule = _locked(number), _procedure()
    _check_orders(by, rule)
    status = GOVERNANCE.check(found.status, "order")
    governance_policy.check_set_day(due_on, days=rule.mends.days, today=clock.today())
    _close_duty(by, found, "ordered")
    found.status = status
    _owe_provider(by, found, rule, due_on)
    _note(by, found, "order", remark, due_on=found.due_on)
    _record(by, found, "governance_ordered")
    _tell_operator(by, found, Text(f"已督促提供单位治理{_by(found).zh}", f"the provider is to mend it{_by(found).en}"))
    return found


@transaction.atomic
def decline(*, by: Actor, number: str, reason: str) -> Governance:
    """The authority finds no fault of quality in it, and says why."""
    found, rule = _locked(number), _procedure()
    _check_orders(by, rule)
    policy.check_text(reason, "reason", "理由", "the reasons")
    _finish(by, found, "decline", "governance_declined", reason)
    _tell_operator(by, found, Text(f"不予督促：{reason.strip()}", f"declined: {reason.strip()}"))
    return found


@transaction.atomic
def extend(*, by: Actor, number: str, due_on: date | None, reason: str) -> Governance:
    """The authority sets another, later day, where the day was its own to set."""
    found, rule = _locked(number), _procedure()
    _check_orders(by, rule)
    found.status = GOVERNANCE.check(found.status, "extend")
    if rule.mends.days is not None:
        governance_policy.check_set_day(due_on, days=rule.mends.days, today=clock.today())
    governance_policy.check_later_day(due_on, before=found.due_on, today=clock.today())
    policy.check_text(reason, "reason", "理由", "the reasons")
    found.due_on = due_on
    found.save()
    if due_on is not None and found.duty_id:
        duties.move_day(by=by, duty_id=found.duty_id, day=due_on, reason=reason)
    _note(by, found, "extend", reason, due_on=due_on)
    _record(by, found, "governance_extended")
    _tell_operator(by, found, Text(f"治理期限改为{due_on}", f"the data are to be mended by {due_on}"))
    return found


@transaction.atomic
def finish(*, by: Actor, number: str, result: str, version: int | None = None) -> Governance:
    """The provider reports what it mended and in which version; the platform looks whether fewer rows fail in it."""
    found = _locked(number)
    governance_policy.check_mender(by, found.entry.provider.code)
    status = GOVERNANCE.check(found.status, "finish")
    policy.check_text(result, "result", "治理情况", "what was mended")
    after = None
    if version is not None and found.check_id:
        after = governance_queries.failing_rows(found.entry, version, found.check_id)
    governance_policy.check_mended(
        version,
        than=found.result_version if found.result_version is not None else found.version,
        latest=found.entry.data_version,
        checked=bool(found.check_id),
        before=found.failed_after if found.failed_after is not None else found.failed_before,
        after=after,
    )
    _close_duty(by, found, "finished")
    found.status, found.result = status, result.strip()
    found.result_version = version if version is not None else found.result_version
    found.failed_after = after if found.check_id else None
    _owe_acceptance(by, found)
    _note(by, found, "finish", result, version=version)
    _record(by, found, "governance_finished")
    _tell_operator(by, found, Text("提供单位已完成治理，请验收", "the provider reports it mended; look and accept it"))
    return found


@transaction.atomic
def accept(*, by: Actor, number: str, remark: str = "") -> Governance:
    """The operator (the authority, once its authorisation is over) finds it mended."""
    found = _locked(number)
    _check_accepter(by, found)
    _finish(by, found, "accept", "governance_accepted", remark)
    _tell_provider(by, found, Text("验收通过", "accepted"))
    return found


@transaction.atomic
def send_back(*, by: Actor, number: str, reason: str) -> Governance:
    """Not mended: back to the provider within the same time, or, where that is over, to whoever sets another."""
    found, rule = _locked(number), _procedure()
    _check_accepter(by, found)
    policy.check_text(reason, "reason", "退回理由", "the reasons")
    late = found.due_on is not None and found.due_on <= clock.today()
    status = GOVERNANCE.check(found.status, "send_back_late" if late else "send_back")
    _close_duty(by, found, "sent_back")
    found.status, found.rounds = status, found.rounds + 1
    if late:
        found.due_on = None
        _owe_authority(by, found, rule)
    else:
        _owe_provider(by, found, rule, found.due_on)
    _note(by, found, "send_back", reason, due_on=found.due_on)
    _record(by, found, "governance_sent_back")
    _tell_provider(by, found, Text(f"验收未通过，退回返工：{reason.strip()}", f"sent back: {reason.strip()}"))
    return found


@transaction.atomic
def withdraw(*, by: Actor, number: str, reason: str = "") -> Governance:
    """The operator takes it back."""
    found = _locked(number)
    policy.check_operator(by, found.designation.organization.code)
    ordered = found.status == GovernanceStatus.ORDERED
    _finish(by, found, "withdraw", "governance_withdrawn", reason)
    if ordered:
        _tell_provider(by, found, Text("运营单位已撤回", "withdrawn by the operator"))
    return found


def follow_duty(change: DueChange) -> None:
    """The last day moved with its duty (wired in ``gongshu.wiring``)."""
    found = Governance.objects.filter(duty_id=change.duty_id, status=GovernanceStatus.ORDERED)
    found.update(due_on=change.due_on)


def _procedure() -> Procedure:
    rule = governance_queries.procedure()
    policy.check_procedure(rule.known, rules.active().region, _WHAT)
    return rule


def _check_not_open(held: Designation, entry_id: int, check_id: str) -> None:
    """One open demand for one failing check; the designation is locked, so two at once are looked at in turn."""
    same = Governance.objects.filter(designation=held, entry_id=entry_id, check_id=check_id, status__in=LIVE).first()
    if check_id and same is not None:
        raise Conflict(
            "operation.governance_open",
            f"这项检查的治理需求 {same.number} 尚未办结，请在其中办理。",
            f"The demand {same.number} about that check is not closed yet; go on with that one.",
            field="check",
        )


def _check_orders(by: Actor, rule: Procedure) -> None:
    office, act = rule.orders.office, rule.orders.label.zh
    policy.check_office(by, office, name=casework.office_name(office), act=act)


def _check_accepter(by: Actor, found: Governance) -> None:
    rule = _procedure()
    governance_policy.check_accepter(
        by,
        operator=found.designation.organization.code,
        held=found.designation.status in terms.HOLDING,
        authority=policy.can_office(by, rule.orders.office),
    )


def _owe(
    by: Actor, found: Governance, what: Text, *, organization: str, role: Role, citations: Sequence[Any],
    days: int | None = None, words: Text | None = None, due_on: date | None = None,
) -> None:  # fmt: skip
    operator = found.designation.organization
    duty = duties.open_duty(
        by=by,
        kind=_KIND,
        subject=found.number,
        title=Text(
            f"{what.zh}：{found.entry.title}（数据治理需求 {found.number}）",
            f"{what.en}: {found.entry.title} (governance demand {found.number})",
        ),
        link=_link(found),
        organization=organization,
        role=role,
        pack=rules.active(),
        citations=[c.as_json() for c in citations],
        days=days,
        words=words or Text("", ""),
        applicant=operator.name,
        concerned=operator.code if organization != operator.code else "",
        due_on=due_on,
    )
    found.duty_id = duty.pk
    if found.status == GovernanceStatus.ORDERED:
        found.due_on = duty.due_on
    found.save()


def _owe_authority(by: Actor, found: Governance, rule: Procedure) -> None:
    turn = rule.orders
    _owe(
        by,
        found,
        turn.label,
        organization=identity.holder_of(Office(turn.office)).code,
        role=Role.DATA_AUTHORITY,
        citations=turn.citations,
        days=turn.days,
        words=turn.words,
    )


def _owe_provider(by: Actor, found: Governance, rule: Procedure, due_on: date | None) -> None:
    turn = rule.mends
    _owe(
        by,
        found,
        turn.label,
        organization=found.entry.provider.code,
        role=Role.PROVIDER,
        citations=turn.citations,
        days=None if due_on is not None else turn.days,
        words=turn.words,
        due_on=due_on,
    )


def _owe_acceptance(by: Actor, found: Governance) -> None:
    held = found.designation.status in terms.HOLDING
    rule = _procedure()
    _owe(
        by,
        found,
        Text("验收数据治理结果", "Accept the mended data or send them back"),
        organization=found.designation.organization.code
        if held
        else identity.holder_of(Office(rule.orders.office)).code,
        role=Role.OPERATOR if held else Role.DATA_AUTHORITY,
        citations=rule.citations,
    )


def _close_duty(by: Actor, found: Governance, outcome: str) -> None:
    if found.duty_id:
        duties.close_duty(by=by, duty_id=found.duty_id, outcome=outcome)
        found.duty_id = None


def _finish(by: Actor, found: Governance, action: str, leaf: str, words: str) -> None:
    found.status = GOVERNANCE.check(found.status, action)
    if found.duty_id and action == "withdraw":
        duties.cancel_duty(by=by, duty_id=found.duty_id, reason=action)
        found.duty_id = None
    _close_duty(by, found, action)
    found.closed_at = clock.now()
    found.save()
    _note(by, found, action, words)
    _record(by, found, leaf)


def _note(
    by: Actor, found: Governance, act: str, words: str, *, due_on: date | None = None, version: int | None = None
) -> None:
    GovernanceEvent.objects.create(
        governance=found,
        act=act,
        organization=identity.organization(by.organization),
        person_id=by.person_id or None,
        at=clock.now(),
        note=words.strip(),
        due_on=due_on,
        version=version,
    )


def _by(found: Governance) -> Text:
    return Text(f"，期限{found.due_on}", f" by {found.due_on}") if found.due_on else Text("", "")


def _link(found: Governance) -> str:
    return f"/console/operation/governance/{found.number}/"


def _tell_operator(by: Actor, found: Governance, words: Text) -> None:
    _tell(by, found, words, found.designation.organization.code, Role.OPERATOR)


def _tell_provider(by: Actor, found: Governance, words: Text) -> None:
    _tell(by, found, words, found.entry.provider.code, Role.PROVIDER)


def _tell(by: Actor, found: Governance, words: Text, organization: str, role: Role) -> None:
    notifications.notify(
        by=by,
        organization=organization,
        roles=(role,),
        kind=_KIND,
        text=Text(
            f"数据治理需求 {found.number}（{found.entry.title}）：{words.zh}",
            f"Governance demand {found.number} ({found.entry.title}): {words.en}",
        ),
        link=_link(found),
    )


def _record(by: Actor, found: Governance, what: str) -> None:
    ledger.record(
        action=f"operation.{what}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry.code,
        cites=[str(c["label"]) for c in found.citations],
        details={
            "operator": found.designation.organization.code,
            "provider": found.entry.provider.code,
            "dimension": found.dimension,
            "item": found.item,
            "check": found.check_id,
            "version": found.version,
            "result_version": found.result_version if found.result_version is not None else "",
            "status": str(found.status),
            "due_on": found.due_on.isoformat() if found.due_on else "",
            "rounds": found.rounds,
            "pack": found.pack,
            "pack_version": found.pack_version,
        },
    )


def _locked(number: str) -> Governance:
    found = (
        Governance.objects.select_for_update(of=("self",))
        .select_related("designation", "designation__organization", "entry", "entry__provider")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound(
            "operation.governance_unknown",
            "没有这个编号的数据治理需求。",
            "There is no governance demand with that number.",
        )
    return found
