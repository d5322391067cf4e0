"""All writes of supervision: found, ordered to correct, answered, accepted or not, circulated, handed on.

Who may order, whether and by whom a failure is circulated, and the kinds of violations are the pack's:
``supervision.violations``, ``supervision.user_violations``, ``supervision.rectification``, ``supervision.handed_on``
(xian-43, yongjia-46, yongjia-47, luzhou-39). A city that says nothing has no such step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.duties.hooks import DueChange
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.supervision import policy
from gongshu.supervision.detectors import DETECTORS, Sighting
from gongshu.supervision.models import Finding, FindingEvent
from gongshu.supervision.procedure import Kind, Procedure, procedure
from gongshu.supervision.states import FINDING, LIVE, Against, EventKind, FindingStatus

_PROCESS = Text("平台自动发现", "found by the platform")


@transaction.atomic
def find(*, by: Actor, organization: str, kind: str, facts: str, evidence: str = "") -> Finding:
    """Put a violation of ``organization`` on record, under one of the pack's kinds; whoever may order is told."""
    policy.check_find(by)
    rule = procedure()
    policy.check_procedure(_possible(rule), rules.active().region.zh)
    policy.check_facts(kind=kind, kinds=rule.kinds, facts=facts)
    policy.check_text(facts, "facts", "违规事实", "what was found")
    if evidence:
        policy.check_text(evidence, "evidence", "证据", "the evidence")
    return _register(by, rule, rule.kinds[kind], organization, facts.strip(), evidence.strip())


@transaction.atomic
def detect(*, by: Actor) -> dict[str, int]:
    """Propose what the detectors see; the daily job runs this, and twice changes nothing."""
    rule = procedure()
    if not _possible(rule):
        return {"found": 0}
    found = 0
    for detector in DETECTORS:
        for sighting in detector.look():
            found += _propose(by, rule, detector.name, sighting)
    return {"found": found}


@transaction.atomic
def dismiss(*, by: Actor, number: str, reason: str) -> Finding:
    """It was no violation, or not this organisation's."""
    found, rule = _open(by, number, "dismiss")
    _check_orderer(by, found, rule, "不予立案")
    policy.check_text(reason, "reason", "理由", "the reasons")
    _move(by, found, "dismiss", EventKind.DISMISSED, note=reason)
    return found


@transaction.atomic
def order(*, by: Actor, number: str, demand: str, due_on: date) -> Finding:
    """Order the organisation to correct it by ``due_on``; from then on it owes the answer."""
    found, rule = _open(by, number, "order")
    if found.against == Against.USER:
        raise Conflict(
            "supervision.users_are_not_ordered",
            "本市规则对数据利用主体的违规没有规定责令改正，只规定依法承担法律责任；请移送有权机关。",
            "The city's rules order nothing to users of data; they answer under the law. Hand the case on.",
        )
    turn = _check_orderer(by, found, rule, "责令限期改正")
    policy.check_text(demand, "demand", "改正要求", "what is to be corrected")
    policy.check_day(due_on, today=clock.today())
    found.order_text, found.due_on = demand.strip(), due_on
    cites = [c.as_json() for c in turn.citations]
    _move(by, found, "order", EventKind.ORDERED, note=demand, cites=cites)
    _owe(by, found, found.organization.code, _answering_role(found), Text("改正违规", "Correct"), cites, due_on)
    _tell(by, found, Text(f"责令改正，期限{due_on}", f"ordered to correct by {due_on}"))
    return found


@transaction.atomic
def answer(*, by: Actor, number: str, done: str, evidence: str) -> Finding:
    """The organisation says what it corrected, with evidence; who ordered it looks."""
    found, rule = _open(by, number, "answer")
    policy.check_violator(by, found.organization.code)
    policy.check_text(done, "done", "改正情况", "what was corrected")
    policy.check_text(evidence, "evidence", "证据", "the evidence")
    _move(by, found, "answer", EventKind.ANSWERED, note=done, evidence=evidence)
    if rule.order is not None:
        cites = [c.as_json() for c in rule.order.citations]
        _owe_office(by, found, rule.order.office, Text("验收改正", "Accept or not"), cites)
    return found


@transaction.atomic
def accept(*, by: Actor, number: str, remark: str = "") -> Finding:
    """It is corrected; the case ends."""
    found, rule = _open(by, number, "accept")
    _check_orderer(by, found, rule, "确认改正")
    _move(by, found, "accept", EventKind.CORRECTED, note=remark)
    _tell(by, found, Text("已确认改正", "accepted as corrected"))
    return found


@transaction.atomic
def extend(*, by: Actor, number: str, reason: str, due_on: date) -> Finding:
    """Not enough yet, or more time: another day is named, later than the one before."""
    found, rule = _open(by, number, "extend")
    turn = _check_orderer(by, found, rule, "另定期限")
    policy.check_text(reason, "reason", "理由", "the reasons")
    policy.check_day(due_on, today=clock.today(), after=found.due_on)
    answered = found.status == FindingStatus.ANSWERED
    found.due_on = due_on
    duty = found.duty_id
    if answered:
        cites = [c.as_json() for c in turn.citations]
        _move(by, found, "extend", EventKind.EXTENDED, note=reason)
        _owe(by, found, found.organization.code, _answering_role(found), Text("改正违规", "Correct"), cites, due_on)
    else:
        _move(by, found, "extend", EventKind.EXTENDED, note=reason, keeps_duty=True)
        if duty:
            duties.move_day(by=by, duty_id=duty, day=due_on, reason=reason)
    _tell(by, found, Text(f"改正期限改为{due_on}", f"now to be corrected by {due_on}"))
    return found


@transaction.atomic
def fail(*, by: Actor, number: str, reason: str) -> Finding:
    """It was not corrected: no answer in time, or none that corrects. Whoever circulates is told, where the pack has one."""
    found, rule = _open(by, number, "fail")
    _check_orderer(by, found, rule, "认定逾期未改正")
    policy.check_text(reason, "reason", "理由", "the reasons")
    answered = found.status == FindingStatus.ANSWERED
    policy.check_late(answered=answered, due_on=found.due_on, today=clock.today())
    _move(by, found, "fail", EventKind.UNCORRECTED, note=reason)
    if rule.circulate is not None:
        cites = [c.as_json() for c in rule.circulate.citations]
        _owe_office(by, found, rule.circulate.office, rule.circulate.label, cites)
    _tell(by, found, Text("认定逾期未改正", "found not corrected"))
    return found


@transaction.atomic
def circulate(*, by: Actor, number: str, text: str) -> Finding:
    """Criticise in a circular that every organisation on the platform can read (xian-43: 通报批评)."""
    found, rule = _open(by, number, "circulate")
    if rule.circulate is None:
        raise Conflict(
            "supervision.no_circular",
            "本市规则没有规定通报批评。可依法移送有权机关处理。",
            "The city's rules know no circular. The case can be handed on under the law.",
        )
    turn = rule.circulate
    policy.check_office(
        by, office=turn.office, name=_office_name(turn.office), act="通报批评", citations=turn.citations
    )
    policy.check_other(by, found.organization.code)
    policy.check_text(text, "circular", "通报内容", "the words of the circular")
    found.circular, found.circulated_at = text.strip(), clock.now()
    cites = [c.as_json() for c in turn.citations]
    _move(by, found, "circulate", EventKind.CIRCULATED, note=text, cites=cites)
    _tell(by, found, Text("予以通报批评", "criticised in a circular"))
    return found


@transaction.atomic
def hand_on(*, by: Actor, number: str, way: str, to: str, reason: str) -> Finding:
    """A grave case goes to the body that the law names for it (xian-43: 处分, 赔偿, 刑事责任)."""
    found, rule = _open(by, number, "hand_on")
    if way not in rule.ways:
        raise GongshuError(
            "supervision.way_unknown",
            "请选择本市规则所列的一种移送依据；规则未列的，平台不设此步骤。",
            "Choose one of the ways that the city's rules name; without any there is no such step.",
            field="way",
        )
    offices = {turn.office for turn in rule.turns}
    if by.office not in offices or not by.has(Role.DATA_AUTHORITY):
        _check_orderer(by, found, rule, "移送处理")
    policy.check_other(by, found.organization.code)
    policy.check_text(to, "to", "移送给", "to whom")
    policy.check_text(reason, "reason", "理由", "the reasons")
    found.handed_way, found.handed_to = way, to.strip()[:200]
    cites = [c.as_json() for c in rule.ways[way].citations]
    note = f"{rule.ways[way].label.zh}：{to.strip()}。{reason.strip()}"
    _move(by, found, "hand_on", EventKind.HANDED_ON, note=note, cites=cites)
    return found


def follow_duty(change: DueChange) -> None:
    """The last day of the order moved with its duty (wired in ``gongshu.wiring``)."""
    if change.due_on is not None:
        Finding.objects.filter(duty_id=change.duty_id, status=FindingStatus.ORDERED).update(due_on=change.due_on)


def _possible(rule: Procedure) -> bool:
    return bool(rule.kinds) and (rule.order is not None or bool(rule.ways))


def _propose(by: Actor, rule: Procedure, detector: str, seen: Sighting) -> int:
    kind = next((rule.kinds[name] for name in seen.kinds if name in rule.kinds), None)
    orderer = identity.holder_of(Office(rule.order.office)).code if rule.order else ""
    if kind is None or seen.organization == orderer or Finding.objects.filter(detected_key=seen.key).exists():
        return 0
    _register(by, rule, kind, seen.organization, seen.facts.zh, "", detector=detector, key=seen.key)
    return 1


def _register(
    by: Actor, rule: Procedure, kind: Kind, organization: str, facts: str, evidence: str, *, detector: str = "",
    key: str | None = None,
) -> Finding:  # fmt: skip
    pack = rules.active()
    found = Finding.objects.create(
        number=duties.next_number(by=by, prefix="JD"),
        organization=identity.organization(organization),
        against=kind.against,
        kind=kind.id,
        kind_zh=kind.label.zh,
        kind_en=kind.label.en,
        facts=facts,
        evidence=evidence,
        detector=detector,
        detected_key=key,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in kind.citations],
        found_at=clock.now(),
    )
    _event(by, found, EventKind.FOUND, note=facts, evidence=evidence, cites=found.citations)
    _record(by, found, EventKind.FOUND, found.citations)
    if rule.order is not None:
        _owe_office(by, found, rule.order.office, Text("核实违规线索", "Verify a violation"), found.citations)
    return found


def _open(by: Actor, number: str, action: str) -> tuple[Finding, Procedure]:
    """The finding, locked, in a state in which ``action`` is possible, and the pack's procedure."""
    del by
    found = Finding.objects.select_for_update(of=("self",)).select_related("organization").filter(number=number).first()
    if found is None:
        raise NotFound("supervision.unknown", "没有这个编号的违规事项。", "There is no finding with that number.")
    FINDING.check(found.status, action)
    return found, procedure()


def _check_orderer(by: Actor, found: Finding, rule: Procedure, act: str) -> Any:
    turn = rule.order
    policy.check_procedure(turn is not None, rules.active().region.zh)
    assert turn is not None  # noqa: S101 - the line above raises; this is for the type checker
    policy.check_office(by, office=turn.office, name=_office_name(turn.office), act=act, citations=turn.citations)
    policy.check_other(by, found.organization.code)
    return turn


def _move(
    by: Actor, found: Finding, action: str, kind: EventKind, *, note: str = "", evidence: str = "",
    cites: Sequence[Any] = (), keeps_duty: bool = False,
) -> None:  # fmt: skip
    found.status = FINDING.check(found.status, action)
    if found.duty_id and not keeps_duty:
        duties.close_duty(by=by, duty_id=found.duty_id, outcome=str(kind))
        found.duty_id = None
    if found.status not in LIVE:
        found.closed_at = clock.now()
    found.save()
    _event(by, found, kind, note=note, evidence=evidence, cites=cites)
    _record(by, found, kind, cites or found.citations)


def _event(by: Actor, found: Finding, kind: EventKind, *, note: str, evidence: str, cites: Sequence[Any]) -> None:
    person = by.person_id or None
    where = by.where if person else _PROCESS
    FindingEvent.objects.create(
        finding=found,
        kind=kind,
        at=clock.now(),
        person_id=person,
        organization=where.zh,
        organization_en=where.en,
        note=note.strip(),
        evidence=evidence.strip(),
        due_on=found.due_on,
        citations=list(cites),
    )


def _owe(
    by: Actor, found: Finding, organization: str, role: Role, verb: Text, cites: Sequence[Any], due_on: date | None
) -> None:
    duty = duties.open_duty(
        by=by,
        kind="supervision.finding",
        subject=found.number,
        title=Text(
            f"{verb.zh}：{found.organization.name}——{found.kind_zh}",
            f"{verb.en}: {found.organization.say('en')} - {found.kind_en}",
        ),
        link=f"/console/findings/{found.number}/",
        organization=organization,
        role=role,
        pack=rules.active(),
        citations=cites,
        days=None,
        words=Text("", ""),
        due_on=due_on,
    )
    found.duty_id = duty.pk
    found.save(update_fields=["duty_id"])


def _owe_office(by: Actor, found: Finding, office: str, verb: Text, cites: Sequence[Any]) -> None:
    holder = identity.holder_of(Office(office))
    _owe(by, found, holder.code, Role.DATA_AUTHORITY, verb, cites, None)


def _answering_role(found: Finding) -> Role:
    """Whoever does data work in the organisation; the provider where nobody is registered yet."""
    people = identity.people_of
    return next((r for r in policy.ANSWERERS if people(found.organization.code, r).exists()), Role.PROVIDER)


def _office_name(office: str) -> str:
    return rules.active().office_name(office).zh


def _tell(by: Actor, found: Finding, words: Text) -> None:
    notifications.notify(
        by=by,
        organization=found.organization.code,
        roles=(*policy.ANSWERERS, Role.PRINCIPAL, Role.STEWARD),
        kind="supervision.finding",
        text=Text(
            f"违规事项 {found.number}（{found.kind_zh}）：{words.zh}",
            f"Finding {found.number} ({found.kind_en}): {words.en}",
        ),
        link=f"/console/findings/{found.number}/",
    )


def _record(by: Actor, found: Finding, kind: EventKind, cites: Sequence[Any]) -> None:
    ledger.record(
        action=f"supervision.{kind}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[str(c["label"]) for c in cites],
        details={
            "violator": found.organization.code,
            "kind": found.kind,
            "status": str(found.status),
            "due_on": found.due_on.isoformat() if found.due_on else "",
            "detector": found.detector,
            "pack": found.pack,
            "pack_version": found.pack_version,
        },
    )
