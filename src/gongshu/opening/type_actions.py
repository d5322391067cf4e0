"""All writes of disputes about open types: proposed from above, answered by the provider, settled as the pack orders.

``opening.dispute`` names who proposes and, where the provider disagrees, who is heard and who decides (yongjia-28). The
provider answers for its own entry: what was agreed or decided becomes its duty to change and publish the entry anew.
"""

from __future__ import annotations

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.hooks import EntryChange, Happened
from gongshu.catalog.states import EntryStatus, OpenType
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.opening import policy, type_queries
from gongshu.opening.models import TypeDispute, TypeDisputeStep
from gongshu.opening.states import TYPE_DISPUTE, TYPE_STEP_LABELS, TypeAnswer, TypeStatus

_ANSWERS = Text("答复开放属性修改建议", "answers the proposal")
_CHANGES = Text("按结果修改目录的开放属性并发布", "changes the entry's open type and publishes it")
_MOVES = {"advise": "advise", "decide": "decide"}


@transaction.atomic
def propose_type(*, by: Actor, code: str, open_type: str, reason: str) -> TypeDispute:
    """The office that the pack names proposes another open type, saying why."""
    entry, known, pack = catalog.entry(by, code), type_queries.ladder(), rules.active()
    if known is None:
        raise Conflict(
            "opening.no_type_dispute",
            "本市规则没有规定对开放属性提出修改建议。",
            "The city's rules do not provide for proposing another open type.",
        )
    proposer = identity.holder_of(Office(known.proposer))
    if by.organization != proposer.code or not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "opening.not_type_proposer",
            f"开放属性的修改建议由{proposer.name}提出。",
            f"{proposer.say('en')} proposes another open type.",
        )
    if open_type not in set(OpenType) or open_type == entry.open_type:
        raise GongshuError(
            "opening.type_same",
            "请选择与现在不同的开放属性。",
            "Choose an open type other than the present one.",
            field="open_type",
        )
    if not reason.strip():
        raise GongshuError("opening.type_reason", "请写明建议的理由。", "Say why.", field="reason")
    if entry.status != EntryStatus.PUBLISHED or type_queries.live(code):
        raise Conflict(
            "opening.type_going_on",
            "该目录尚未发布，或已有未办结的修改建议。",
            "The entry is not published, or a proposal about it is going on.",
        )
    found = TypeDispute.objects.create(
        number=duties.next_number(by=by, prefix="SX"),
        entry_id=entry.pk,
        organization=proposer,
        raised_by_id=by.person_id,
        former=entry.open_type,
        proposed=open_type,
        reason=reason.strip(),
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in known.citations],
        raised_at=clock.now(),
    )
    turns = [("provider", "consent", _ANSWERS), *((str(s.office), str(s.act), s.words) for s in known.steps)]
    for position, (office, act, words) in enumerate(turns, start=1):
        _lay(found, position, office, act, words)
    _record(by, found, "opening.type_proposed")
    _open(by, found, TypeDisputeStep.objects.get(dispute=found, position=1))
    return found


@transaction.atomic
def answer_type(*, by: Actor, number: str, answer: TypeAnswer, remark: str = "") -> TypeDispute:
    """Answer the open turn: agreement obliges the provider to change its entry; a no goes on to the next."""
    found = _locked(number)
    step = (
        TypeDisputeStep.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(dispute=found, status="open")
        .first()
    )
    if step is None or step.organization is None or not type_queries.answers(step.act):
        raise Conflict(
            "opening.type_nothing",
            f"争议 {number} 现为“{found.status_label.zh}”，没有待答复的步骤。",
            f"Dispute {number} is “{found.status_label.en}”; nothing waits for an answer.",
        )
    policy.check_decide(
        by,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        proposer_id=found.raised_by_id,
    )
    possible = type_queries.answers(step.act)
    if answer not in possible:
        raise Conflict(
            "opening.type_answer",
            f"这一步只能答复：{'、'.join(TYPE_STEP_LABELS[str(one)].zh for one in possible)}。",
            f"At this step the answer is one of: {', '.join(TYPE_STEP_LABELS[str(one)].en for one in possible)}.",
        )
    policy.check_reason(passed=answer is TypeAnswer.AGREED, remark=remark)
    step.status, step.remark = str(answer), remark.strip()
    step.settled_by_id, step.settled_at = by.person_id or None, clock.now()
    step.save()
    if step.duty_id:
        duties.close_duty(by=by, duty_id=step.duty_id, outcome=str(answer))
    _record(by, found, f"opening.type_step_{answer}")
    if answer is TypeAnswer.AGREED:
        _oblige(by, found)
    elif answer is TypeAnswer.KEPT:
        _end(by, found, "keep", Text("维持原开放属性", "the open type stays"))
    else:
        _next(by, found)
    return found


@transaction.atomic
def withdraw_type(*, by: Actor, number: str) -> TypeDispute:
    """Whoever proposed takes the proposal back."""
    found = _locked(number)
    if by.organization != found.organization.code or not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "opening.not_type_proposer", "只有提出建议的单位可以撤回。", "Only whoever proposed can withdraw."
        )
    _end(by, found, "withdraw", Text("建议已撤回", "the proposal is withdrawn"))
    return found


def follow_entry(change: EntryChange) -> None:
    """An entry was published anew: where it has the type that was agreed, the duty is done (``gongshu.wiring``)."""
    if change.happened is not Happened.PUBLISHED:
        return
    for found in TypeDispute.objects.select_related("entry", "entry__provider", "organization").filter(
        entry_id=change.entry_id, status=TypeStatus.TO_CHANGE
    ):
        if found.entry.open_type == found.proposed:
            step = TypeDisputeStep.objects.get(dispute=found, act="change")
            step.status, step.settled_at = "agreed", clock.now()
            step.settled_by_id = change.by.person_id or None
            step.save()
            if step.duty_id:
                duties.close_duty(by=change.by, duty_id=step.duty_id, outcome="changed")
            _end(change.by, found, "change", Text("目录已按结果修改", "the entry is changed accordingly"))


def _lay(found: TypeDispute, position: int, office: str, act: str, words: Text) -> TypeDisputeStep:
    return TypeDisputeStep.objects.create(
        dispute=found,
        position=position,
        office=office,
        act=act,
        act_zh=words.zh,
        act_en=words.en,
        citations=found.citations,
    )


def _next(by: Actor, found: TypeDispute) -> None:
    step = TypeDisputeStep.objects.filter(dispute=found, status="waiting").first()
    if step is None:
        _end(by, found, "keep", Text("维持原开放属性", "the open type stays"))
        return
    found.status = TYPE_DISPUTE.check(found.status, _MOVES[step.act])
    found.save(update_fields=["status"])
    _open(by, found, step)


def _oblige(by: Actor, found: TypeDispute) -> None:
    """Agreed or decided: the provider owes an entry with the new type."""
    found.status = TYPE_DISPUTE.check(found.status, "agree")
    found.save(update_fields=["status"])
    TypeDisputeStep.objects.filter(dispute=found, status="waiting").update(status="skipped")
    last = TypeDisputeStep.objects.filter(dispute=found).count() + 1
    _open(by, found, _lay(found, last, "provider", "change", _CHANGES))


def _open(by: Actor, found: TypeDispute, step: TypeDisputeStep) -> None:
    provider = found.entry.provider
    step.organization = provider if step.office == "provider" else identity.holder_of(Office(step.office))
    duty = duties.open_duty(
        by=by,
        kind="opening.type",
        subject=found.number,
        title=Text(
            f"{step.act_zh}：{found.entry.title}（开放属性 {found.number}）",
            f"{step.act_en}: {found.entry.title} (open type {found.number})",
        ),
        link=f"/console/open-types/{found.number}/",
        organization=step.organization.code,
        role=Role.PROVIDER if step.office == "provider" else Role.DATA_AUTHORITY,
        pack=rules.active(),
        citations=step.citations,
        days=None,
        words=Text("", ""),
        applicant=found.organization.name,
        concerned=found.organization.code,
    )
    step.status, step.duty_id = "open", duty.pk
    step.save()


def _end(by: Actor, found: TypeDispute, action: str, words: Text) -> None:
    found.status = TYPE_DISPUTE.check(found.status, action)
    found.ended_at = clock.now()
    found.save()
    for step in TypeDisputeStep.objects.filter(dispute=found, status__in=["open", "waiting"]):
        if step.duty_id:
            duties.cancel_duty(by=by, duty_id=step.duty_id, reason=str(found.status))
        step.status = "skipped"
        step.save(update_fields=["status"])
    _record(by, found, f"opening.type_{found.status}")
    for organization, role in (
        (found.organization.code, Role.DATA_AUTHORITY),
        (found.entry.provider.code, Role.PROVIDER),
    ):
        notifications.notify(
            by=by,
            organization=organization,
            roles=(role,),
            kind="opening.type",
            text=Text(
                f"开放属性 {found.number}（{found.entry.title}）：{words.zh}",
                f"Open type {found.number} ({found.entry.title}): {words.en}",
            ),
            link=f"/console/open-types/{found.number}/",
        )


def _record(by: Actor, found: TypeDispute, action: str) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry.code,
        cites=[c["label"] for c in found.citations],
        details={
            "former": found.former,
            "proposed": found.proposed,
            "status": str(found.status),
            "pack": found.pack,
            "pack_version": found.pack_version,
        },
    )


def _locked(number: str) -> TypeDispute:
    found = (
        TypeDispute.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__provider", "organization")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("opening.type_unknown", "没有这个编号的开放属性争议。", "There is no such dispute.")
    return found
