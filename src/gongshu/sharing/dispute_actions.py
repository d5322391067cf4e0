"""All writes of disputes: negotiation, coordination, the experts, the government, as far as the city's pack goes.

The order is data: ``sharing.dispute`` names who settles, and where data are had by negotiation only, ``sharing.chain`` says
with whom (xian-20, yongjia-17, yongjia-20, dazhou-27).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.rules import Access, Citation
from gongshu.sharing import policy, queries
from gongshu.sharing.granting import check_against_pack, check_still_on, grant_access
from gongshu.sharing.models import Application, Dispute, DisputeStep
from gongshu.sharing.request import Request
from gongshu.sharing.states import (
    APPLICATION,
    DISPUTE,
    DISPUTE_LABELS,
    DISPUTE_LIVE,
    ApplicationStatus,
    DisputeStatus,
    Settlement,
)

_MOVES = {"coordinate": "mediate", "advise": "advise", "decide": "decide"}  # any other act is part of negotiating


@dataclass(frozen=True)
class _Turn:
    stage: int
    office: str
    act: str
    words: Text
    days: int | None
    deadline_words: Text
    citations: tuple[Citation, ...]


@transaction.atomic
def dispute_refusal(*, by: Actor, number: str, need: str) -> Dispute:
    """The refused body disputes a refusal: its application as filed goes to whoever the pack names first."""
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__provider", "organization")
        .filter(number=number)
        .first()
    )
    if application is None:
        raise NotFound(
            "sharing.application_unknown", "没有这个编号的申请。", "There is no application with that number."
        )
    policy.check_raise(by, claimant=application.organization.code, need=need)
    if not queries.can_raise(by, application):
        raise Conflict(
            "sharing.not_disputable",
            f"申请 {number} 现为“{application.status_label.zh}”，或已就其提出过争议。只有不予共享的申请可以提出一次争议。",
            f"Application {number} is “{application.status_label.en}” or was disputed before; a refusal is disputed once.",
        )
    return _raise(
        by,
        Dispute(
            entry_id=application.entry_id,
            application=application,
            organization_id=application.organization_id,
            need=need.strip(),
            items=application.items,
            purpose=application.purpose,
            mode=application.mode,
            valid_until=application.valid_until,
        ),
        _ladder(),
    )


@transaction.atomic
def ask_for_negotiation(*, by: Actor, code: str, request: Request, need: str) -> Dispute:
    """A body needs data that are not shared: it negotiates with the provider, where the pack knows that way."""
    entry = catalog.entry(by, code)
    policy.check_apply(by, entry.provider.code)
    policy.check_raise(by, claimant=by.organization, need=need)
    known = [item.name for item in catalog.items(entry.code)]
    check_against_pack(request, known)
    way = rules.active().route(
        catalog.share_type_of(entry, request.items),
        on=clock.today(),
        mode=request.mode,
        body_kind=entry.provider.body_kind,
    )
    if entry.status != EntryStatus.PUBLISHED or way.access is not Access.NEGOTIATION:
        raise Conflict(
            "sharing.not_negotiable",
            f"该数据不适用协商：{way.words.zh}",
            f"These data are not had by negotiation: {way.words.en}",
        )
    if Dispute.objects.filter(
        entry_id=entry.pk, organization__code=by.organization, status__in=[str(s) for s in DISPUTE_LIVE]
    ).exists():
        raise Conflict(
            "sharing.negotiated_already",
            "本单位就该数据的协商正在进行。",
            "Your organisation is negotiating about these data already.",
        )
    talks = [
        _Turn(1, str(s.office), str(s.act), s.words, s.days, s.deadline_words or Text("", ""), s.citations)
        for s in way.steps
        if str(s.act) not in _MOVES
    ]
    return _raise(
        by,
        Dispute(
            entry_id=entry.pk,
            organization=identity.organization(by.organization),
            need=need.strip(),
            items=[name for name in known if name in request.items],
            purpose=request.purpose.strip(),
            mode=request.mode,
            valid_until=request.valid_until,
            statement={
                "basis": request.basis,
                "scenario": request.scenario,
                "business_process": request.business_process,
                "scope": request.scope,
            },
            masked_only=way.masked_only,
        ),
        [*talks, *[turn for turn in _ladder(after=1) if turn.act != "negotiate" or not talks]],
    )


@transaction.atomic
def settle(*, by: Actor, number: str, outcome: Settlement, remark: str = "") -> Dispute:
    """Say how one's turn ended. Agreement makes the grant; failure passes it on; the last failure keeps the refusal."""
    dispute = _locked(number)
    step = _step_of(by, dispute)
    policy.check_settle(
        by,
        office=step.office,
        act=step.act,
        organization=step.organization.code if step.organization else "",
        claimant=dispute.organization.code,
        raiser_id=dispute.raised_by_id,
        outcome=outcome,
        remark=remark,
    )
    step.status, step.remark = str(outcome), remark.strip()
    step.settled_by_id, step.settled_at = by.person_id or None, clock.now()
    step.save()
    if step.duty_id:
        duties.close_duty(by=by, duty_id=step.duty_id, outcome=str(outcome))
    _record(by, dispute, f"sharing.dispute_step_{outcome}", [c["label"] for c in step.citations], act=step.act)
    if outcome is Settlement.KEPT:
        _keep(by, dispute)
    elif outcome is Settlement.AGREED:
        if not _others_open(dispute):
            _agree(by, dispute)
    else:
        _skip(by, dispute, stage=step.stage)
        _go_on(by, dispute, after=step)
    return dispute


@transaction.atomic
def withdraw_dispute(*, by: Actor, number: str) -> Dispute:
    """The claimant takes it back; the refusal stands."""
    dispute = _locked(number)
    policy.check_withdraw(by, dispute.organization.code)
    dispute.status = DISPUTE.check(dispute.status, "withdraw")
    _end(by, dispute, Text("已撤回", "withdrawn"))
    return dispute


def _ladder(after: int = 0) -> list[_Turn]:
    """Who settles, in the pack's order; each step is a stage of its own."""
    pack, day = rules.active(), clock.today()
    found = pack.value("sharing.dispute", on=day)
    turns = []
    for stage, step in enumerate(found.value, start=after + 1):
        timed = pack.find(step.deadline, on=day) if step.deadline else None
        turns.append(
            _Turn(
                stage,
                str(step.office),
                str(step.act),
                step.words,
                timed.value.days if timed else None,
                timed.value.words if timed else Text("", ""),
                (*found.citations, *(timed.citations if timed else ())),
            )
        )
    return turns


def _raise(by: Actor, dispute: Dispute, turns: list[_Turn]) -> Dispute:
    pack = rules.active()
    cited = {c.label("zh"): c for turn in turns for c in turn.citations}
    dispute.number = duties.next_number(by=by, prefix="ZY")
    dispute.raised_by_id = by.person_id
    dispute.raised_at = clock.now()
    dispute.pack, dispute.pack_version = pack.id, pack.version
    dispute.citations = [c.as_json() for c in cited.values()]
    dispute.save()
    for turn in turns:
        DisputeStep.objects.create(
            dispute=dispute,
            stage=turn.stage,
            office=turn.office,
            act=turn.act,
            act_zh=turn.words.zh,
            act_en=turn.words.en,
            days=turn.days,
            words_zh=turn.deadline_words.zh,
            words_en=turn.deadline_words.en,
            citations=[c.as_json() for c in turn.citations],
        )
    _record(by, dispute, "sharing.dispute_raised", list(cited))
    _go_on(by, dispute, after=None)
    return dispute


def _go_on(by: Actor, dispute: Dispute, after: DisputeStep | None) -> None:
    """Open the next stage. Advice that ends the list goes back to whoever asked for it, who then speaks last."""
    waiting = list(DisputeStep.objects.filter(dispute=dispute, status="waiting"))
    if not waiting and after is not None and after.act == "advise":
        asked = DisputeStep.objects.filter(dispute=dispute, act="coordinate").last()
        if asked is not None:
            asked.pk, asked.stage, asked.status = None, after.stage + 1, "waiting"
            asked.settled_by_id, asked.settled_at, asked.remark, asked.duty_id = None, None, "", None
            asked.save()
            waiting = [asked]
    if not waiting:
        _keep(by, dispute)
        return
    for step in waiting:
        if step.stage == waiting[0].stage:
            _open(by, dispute, step)


def _open(by: Actor, dispute: Dispute, step: DisputeStep) -> None:
    dispute.status = DISPUTE.check(dispute.status, _MOVES.get(step.act, "negotiate"))
    dispute.save(update_fields=["status"])
    provider = dispute.entry.provider
    step.organization = provider if step.office == "provider" else identity.holder_of(Office(step.office))
    duty = duties.open_duty(
        by=by,
        kind="sharing.dispute",
        subject=dispute.number,
        title=Text(
            f"{step.act_zh}：{dispute.entry.title}（共享争议 {dispute.number}）",
            f"{step.act_en}: {dispute.entry.title} (dispute {dispute.number})",
        ),
        link=_link(dispute),
        organization=step.organization.code,
        role=policy.decider_role(step.office),
        pack=rules.active(),
        citations=step.citations,
        days=step.days,
        words=Text(step.words_zh, step.words_en),
        applicant=dispute.organization.name,
        concerned=dispute.organization.code,
    )
    step.status, step.duty_id = "open", duty.pk
    step.due_on, step.provisional = duty.due_on, duty.provisional
    step.save()


def _step_of(by: Actor, dispute: Dispute) -> DisputeStep:
    """The open turn that is this actor's; of several, the first."""
    steps = list(
        DisputeStep.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(dispute=dispute, status="open")
    )
    if not steps:
        label = DISPUTE_LABELS[DisputeStatus(dispute.status)]
        raise Conflict(
            "sharing.nothing_to_settle",
            f"争议 {dispute.number} 现为“{label.zh}”，没有待办的步骤。",
            f"Dispute {dispute.number} is “{label.en}”; nobody's turn is open.",
        )
    mine = [s for s in steps if s.organization is not None and s.organization.code == by.organization]
    return (mine or steps)[0]


def _others_open(dispute: Dispute) -> bool:
    return DisputeStep.objects.filter(dispute=dispute, status="open").exists()


def _agree(by: Actor, dispute: Dispute) -> None:
    if dispute.application is not None:
        check_still_on(dispute.application)
    dispute.status = DISPUTE.check(dispute.status, "agree")
    cites = [c["label"] for c in dispute.citations]
    grant = grant_access(
        by=by,
        organization=dispute.organization.code,
        entry=dispute.entry,
        items=dispute.items,
        purpose=dispute.purpose,
        mode=dispute.mode,
        valid_until=dispute.valid_until,
        source=dispute.number,
        cites=cites,
        masked_only=dispute.masked_only,
        negotiated=True,
    )
    dispute.grant_id = grant.grant_id
    application = dispute.application
    if application is not None:
        application.status = APPLICATION.check(ApplicationStatus(application.status), "settle")
        application.grant_id, application.decided_at = grant.grant_id, clock.now()
        application.save(update_fields=["status", "grant_id", "decided_at"])
    _end(by, dispute, Text("同意共享，授权已生效", "to be shared; the grant is in force"))


def _keep(by: Actor, dispute: Dispute) -> None:
    dispute.status = DISPUTE.check(dispute.status, "keep")
    _end(by, dispute, Text("维持不予共享", "the refusal stands"))


def _end(by: Actor, dispute: Dispute, words: Text) -> None:
    _skip(by, dispute)
    dispute.ended_at = clock.now()
    dispute.save()
    _record(by, dispute, f"sharing.dispute_{dispute.status}", [c["label"] for c in dispute.citations])
    for organization, roles in (
        (dispute.organization.code, (Role.CONSUMER, Role.OPERATOR)),
        (dispute.entry.provider.code, (Role.PROVIDER,)),
    ):
        notifications.notify(
            by=by,
            organization=organization,
            roles=roles,
            kind="sharing.dispute",
            text=Text(
                f"共享争议 {dispute.number}（{dispute.entry.title}）：{words.zh}",
                f"Dispute {dispute.number} ({dispute.entry.title}): {words.en}",
            ),
            link=_link(dispute),
        )


def _skip(by: Actor, dispute: Dispute, stage: int | None = None) -> None:
    """Turns that nobody needs to take any more, of one stage or of all."""
    steps = DisputeStep.objects.filter(dispute=dispute, status__in=["open", "waiting"])
    for step in steps if stage is None else steps.filter(stage=stage):
        if step.duty_id:
            duties.cancel_duty(by=by, duty_id=step.duty_id, reason=str(dispute.status))
        step.status = "skipped"
        step.save(update_fields=["status"])


def _link(dispute: Dispute) -> str:
    return f"/console/disputes/{dispute.number}/"


def _record(by: Actor, dispute: Dispute, action: str, cites: list[str], **details: str) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=dispute.number,
        resource=dispute.entry.code,
        cites=cites,
        details={
            "claimant": dispute.organization.code,
            "application": dispute.application.number if dispute.application else "",
            "items": dispute.items,
            "status": str(dispute.status),
            "pack": dispute.pack,
            "pack_version": dispute.pack_version,
            "grant": dispute.grant_id,
            **details,
        },
    )


def _locked(number: str) -> Dispute:
    found = (
        Dispute.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__provider", "organization", "application")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("sharing.dispute_unknown", "没有这个编号的争议。", "There is no dispute with that number.")
    return found
