"""All writes of an exit: ordered to correct with suspension, answered, access given back or authorisation ended.

The grounds are the pack's ``operation.exit_grounds``, the steps ``operation.exit_steps`` (dazhou-12): the first orders and
suspends, the second is the operator's, the third ends what was not corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.duties.steps import Turn
from gongshu.errors import NotFound, Text
from gongshu.grants import actions as grants
from gongshu.grants import queries as granted
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.operation import casework, policy, terms
from gongshu.operation.models import Correction, Demand, Designation
from gongshu.operation.procedure import listed, turns
from gongshu.operation.states import CORRECTION, DEMAND, DESIGNATION, CorrectionStatus, DemandStatus

_EXIT = Text("责令改正和退出", "correction and exit")
_SUSPENDED = Text("责令改正，暂时关闭权限", "ordered to correct, access suspended")


@transaction.atomic
def order_correction(*, by: Actor, number: str, ground: str, findings: str, due_on: date) -> Correction:
    """Order an operator to correct by a day, and close its access until then: the gateways refuse its next call."""
    found = casework.locked(number)
    chain = _chain()
    policy.check_office(by, chain[0].office, name=casework.office_name(chain[0].office), act=chain[0].label.zh)
    known = listed("operation.exit_grounds", clock.today())
    policy.check_ground(ground, known.names, known.citations)
    policy.check_text(findings, "findings", "查明的情况", "what was found")
    policy.check_day(due_on, today=clock.today())
    found.status = DESIGNATION.check(found.status, "suspend")
    found.save(update_fields=["status"])
    label = known.names[ground]
    suspended = casework.end_access(by, found, f"{_SUSPENDED.zh}：{label.zh}")
    for demand in Demand.objects.filter(designation=found, status__in=[DemandStatus.SUPPLIED, DemandStatus.ENDING]):
        demand.status = DEMAND.check(demand.status, "suspend")
        demand.save(update_fields=["status"])
    cites = [c.as_json() for c in known.citations]
    correction = Correction.objects.create(
        number=duties.next_number(by=by, prefix="GZ"),
        designation=found,
        ground=ground,
        ground_zh=label.zh,
        ground_en=label.en,
        findings=findings.strip(),
        due_on=due_on,
        suspended=suspended,
        citations=cites,
        ordered_at=clock.now(),
    )
    correction.duty_id = duties.open_duty(
        by=by,
        kind="operation.correction",
        subject=correction.number,
        title=Text(f"改正并反馈：{label.zh}", f"Correct and report back: {label.en}"),
        link=f"/console/operation/{found.number}/",
        organization=found.organization.code,
        role=Role.OPERATOR,
        pack=rules.active(),
        citations=cites,
        days=None,
        words=Text("", ""),
        due_on=due_on,
    ).pk
    correction.save(update_fields=["duty_id"])
    _record(by, found, correction, "correction_ordered", suspended=len(suspended))
    casework.tell(by, found, Text(f"{_SUSPENDED.zh}，期限{due_on}", f"{_SUSPENDED.en}, by {due_on}"))
    return correction


@transaction.atomic
def answer_correction(*, by: Actor, number: str, answer: str, evidence: str) -> Correction:
    """The operator reports what it corrected, with evidence."""
    found, correction = _locked(number)
    policy.check_operator(by, found.organization.code)
    policy.check_text(answer, "answer", "改正情况", "what was corrected")
    policy.check_text(evidence, "evidence", "证据", "the evidence")
    correction.status = CORRECTION.check(correction.status, "answer")
    correction.answer, correction.evidence, correction.answered_at = answer.strip(), evidence.strip(), clock.now()
    _close_duty(by, correction, "answered")
    known = listed("operation.exit_grounds", clock.today())
    correction.duty_id = casework.owe_authority(by, found, Text("验收运营单位的改正", "Accept or not"), known.citations)
    correction.save()
    _record(by, found, correction, "correction_answered")
    return correction


@transaction.atomic
def accept_correction(*, by: Actor, number: str, remark: str = "") -> Correction:
    """It is corrected: access is given back on the terms it had."""
    found, correction = _locked(number)
    chain = _chain()
    policy.check_office(by, chain[0].office, name=casework.office_name(chain[0].office), act="确认改正")
    correction.status = CORRECTION.check(correction.status, "accept")
    found.status = DESIGNATION.check(found.status, "restore")
    found.save(update_fields=["status"])
    _finish(by, correction, remark)
    _give_back(by, found, correction)
    _record(by, found, correction, "correction_accepted")
    casework.tell(by, found, Text("已确认改正，权限恢复", "accepted as corrected, access restored"))
    return correction


@transaction.atomic
def terminate(*, by: Actor, number: str, reason: str) -> Correction:
    """Not corrected in time, or not as ordered: the authorisation ends (dazhou-12)."""
    found, correction = _locked(number)
    chain = _chain()
    policy.check_office(by, chain[-1].office, name=casework.office_name(chain[-1].office), act=chain[-1].label.zh)
    policy.check_text(reason, "reason", "理由", "the reasons")
    answered = correction.status == CorrectionStatus.ANSWERED
    policy.check_late(answered=answered, due_on=correction.due_on, today=clock.today())
    correction.status = CORRECTION.check(correction.status, "fail")
    found.status, found.ended_at = DESIGNATION.check(found.status, "terminate"), clock.now()
    found.save(update_fields=["status", "ended_at"])
    _finish(by, correction, reason)
    casework.end_access(by, found, reason)
    terms.close_demands(by, found)
    if found.renewal_duty_id:
        duties.cancel_duty(by=by, duty_id=found.renewal_duty_id, reason="terminated")
    _record(by, found, correction, "terminated")
    casework.tell(by, found, Text("终止公共数据授权", "the authorisation is terminated"))
    return correction


def _chain() -> list[Turn]:
    chain = turns("operation.exit_steps", clock.today())
    policy.check_procedure(bool(chain), rules.active().region, _EXIT)
    return chain


def _locked(number: str) -> tuple[Designation, Correction]:
    correction = Correction.objects.select_for_update().filter(number=number).first()
    if correction is None:
        raise NotFound("operation.correction_unknown", "没有这个编号的责令改正。", "There is no such order to correct.")
    return casework.locked(Designation.objects.get(pk=correction.designation_id).number), correction


def _close_duty(by: Actor, correction: Correction, outcome: str) -> None:
    if correction.duty_id:
        duties.close_duty(by=by, duty_id=correction.duty_id, outcome=outcome)
        correction.duty_id = None


def _finish(by: Actor, correction: Correction, remark: str) -> None:
    correction.remark, correction.closed_at = remark.strip(), clock.now()
    _close_duty(by, correction, str(correction.status))
    correction.save()


def _give_back(by: Actor, found: Designation, correction: Correction) -> None:
    """New grants on the terms of those that were taken back, as far as their own term is not over."""
    moment = clock.now()
    renewed: dict[str, str] = {}
    for grant in granted.by_ids(correction.suspended):
        if grant.valid_until <= moment:
            continue
        fresh = grants.create(
            by=by,
            organization=grant.organization,
            provider=grant.provider,
            resource=grant.resource,
            title=grant.title,
            items=grant.items,
            purpose=grant.purpose,
            modes=grant.modes,
            valid_from=moment,
            valid_until=grant.valid_until,
            masks=grant.masks,
            rows=grant.rows,
            rate_per_minute=grant.rate_per_minute,
            daily_quota=grant.daily_quota,
            clients=grant.clients,
            listing=grant.listing,
            source=grant.source,
            cites=grant.cites,
        )
        renewed[grant.grant_id] = fresh.grant_id
    for demand in Demand.objects.filter(designation=found, status=DemandStatus.SUSPENDED):
        demand.status = DEMAND.check(demand.status, "restore")
        demand.grant_id = renewed.get(demand.grant_id, demand.grant_id)
        demand.end_duty_id = None
        demand.save(update_fields=["status", "grant_id", "end_duty_id"])


def _record(by: Actor, found: Designation, correction: Correction, what: str, **details: Any) -> None:
    cites: Sequence[str] = [str(c["label"]) for c in correction.citations]
    ledger.record(
        action=f"operation.{what}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=cites,
        details={
            "operator": found.organization.code,
            "correction": correction.number,
            "ground": correction.ground,
            "due_on": correction.due_on.isoformat(),
            **details,
        },
    )
