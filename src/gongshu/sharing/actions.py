"""All writes of sharing: keyword-only, ``by=``, one transaction: check, write, ledger leaf."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.hooks import DueChange
from gongshu.duties.states import DutyStatus, StopReason
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.sharing import emergency_policy, emergency_queries, policy
from gongshu.sharing.emergency_rules import of_today
from gongshu.sharing.granting import check_against_pack, check_still_on, grant_access, share_type_for
from gongshu.sharing.models import Application, DisputeStep, Emergency, Step
from gongshu.sharing.policy import Decision, Request
from gongshu.sharing.queries import route
from gongshu.sharing.states import APPLICATION, ApplicationStatus, Outcome, StepStatus


@transaction.atomic
def apply(*, by: Actor, code: str, request: Request, emergency: str = "") -> Application:
    """File an application. Where the pack asks nobody, the grant is made at once (luzhou-17, xian-20).

    With ``emergency``, its number, the application is due as the pack's emergency limit says and serves it only
    (luzhou-20).
    """
    entry = catalog.entry(by, code)
    policy.check_apply(by, entry.provider.code)
    if entry.status != EntryStatus.PUBLISHED:
        raise Conflict(
            "sharing.entry_not_published",
            "该目录尚未发布，不能申请共享。",
            "The entry is not published yet; it cannot be applied for.",
        )
    pack = rules.active()
    required = pack.value("sharing.application_requires", on=clock.today())
    known = [i.name for i in catalog.items(entry.code)]
    under = _emergency(emergency) if emergency else None
    request = _for_purpose(request, under)
    check_against_pack(request, known, purpose=request.purpose if under and under.purpose_limited else "")
    share_type = share_type_for(entry, request.items)
    way = route(share_type=share_type, mode=request.mode, provider=entry.provider.code)
    policy.check_way(way.access, way.words, way.citations)
    application = Application.objects.create(
        number=duties.next_number(by=by, prefix="SQ"),
        entry_id=entry.pk,
        organization=identity.organization(by.organization),
        applicant_id=by.person_id,
        share_type=share_type,
        emergency=under,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in required.citations],
        submitted_at=clock.now(),
        **_filled(request, known),
    )
    _record(by, application, "sharing.applied", cites=[c.label("zh") for c in required.citations])
    _lay_out(by, application, round_=1)
    return application


@transaction.atomic
def resubmit(*, by: Actor, number: str, request: Request) -> Application:
    """Complete an application that was sent back: its steps begin anew, or their time runs on, as the pack says."""
    application = _locked(number)
    policy.check_withdraw(by, application.organization.code)
    target = APPLICATION.check(ApplicationStatus(application.status), "resubmit")
    known = [i.name for i in catalog.items(application.entry.code)]
    under = application.emergency
    request = _for_purpose(request, under)
    check_against_pack(request, known, purpose=request.purpose if under and under.purpose_limited else "")
    application.share_type = share_type_for(application.entry, request.items)
    for name, value in _filled(request, known).items():
        setattr(application, name, value)
    application.status = target
    application.save()
    standing = _standing_still(application)
    _record(by, application, "sharing.resubmitted")
    if duties.resume_case(by=by, subject=application.number):
        Step.objects.filter(pk__in=[step.pk for step in standing]).update(status=StepStatus.OPEN)
        return application
    rounds = Step.objects.filter(application=application).order_by("-round").values_list("round", flat=True)
    _lay_out(by, application, round_=(rounds[0] if rounds else 0) + 1)
    return application


@transaction.atomic
def withdraw(*, by: Actor, number: str) -> Application:
    """Take an application back."""
    application = _locked(number)
    policy.check_withdraw(by, application.organization.code)
    application.status = APPLICATION.check(ApplicationStatus(application.status), "withdraw")
    application.decided_at = clock.now()
    application.save()
    _close_steps(by, application, outcome="withdrawn")
    _record(by, application, "sharing.withdrawn")
    return application


@transaction.atomic
def lapse(*, by: Actor, number: str) -> Application:
    """The emergency under which it was filed is over: an unanswered application falls away (luzhou-20)."""
    application = _locked(number)
    emergency_policy.check_authority(by)
    application.status = APPLICATION.check(ApplicationStatus(application.status), "lapse")
    application.decided_at = clock.now()
    application.save()
    _close_steps(by, application, outcome="lapsed")
    _record(by, application, "sharing.lapsed")
    _notify_applicant(
        by, application, Text("突发事件已结束，申请失效", "the emergency is over; the application lapses")
    )
    return application


@transaction.atomic
def decide(*, by: Actor, number: str, decision: Decision) -> Application:
    """Answer the step whose turn it is. The last agreement makes the grant; a refusal needs what the pack demands."""
    application = _locked(number)
    step = _step_to_decide(by, application)
    demand = rules.active().refusal(clock.today())
    policy.check_decision(decision, demand)
    step.reason, step.basis_kind, step.basis = decision.reason, decision.basis_kind, decision.basis
    step.decided_by_id = by.person_id or None
    step.decided_at = clock.now()
    step.status = {
        Outcome.AGREE: StepStatus.AGREED,
        Outcome.RETURN: StepStatus.RETURNED,
        Outcome.REFUSE: StepStatus.REFUSED,
    }[decision.outcome]
    step.save()
    stands_still = decision.outcome is Outcome.RETURN and _supplement_stops()
    if step.duty_id and not stands_still:
        duties.close_duty(by=by, duty_id=step.duty_id, outcome=str(decision.outcome))
    cites = [c["label"] for c in step.citations]
    if decision.outcome is Outcome.REFUSE:
        cites += [c.label("zh") for c in demand.citations]
    ledger.record(
        action=f"sharing.step_{step.status}",
        actor=by.ref,
        organization=by.organization,
        subject=application.number,
        resource=application.entry.code,
        cites=cites,
        details={
            "office": step.office,
            "act": step.act,
            "round": step.round,
            "position": step.position,
            "basis_kind": step.basis_kind,
            "basis": step.basis,
        },
    )
    if decision.outcome is Outcome.AGREE:
        _advance(by, application)
    elif stands_still:
        _stand_still(by, application, decision.reason)
    elif decision.outcome is Outcome.RETURN:
        _end_round(by, application, "send_back", Text("退回补正", "sent back to be completed"))
    else:
        _end_round(by, application, "refuse", Text("不予共享", "refused"))
    return application


def _supplement_stops() -> bool:
    """Whether waiting for a supplement is left out of the time, instead of the time beginning anew."""
    found = rules.active().find("clock.supplement", on=clock.today(), case="sharing")
    return found is not None and found.value == "stop"


def _stand_still(by: Actor, application: Application, reason: str) -> None:
    """Sent back, but the steps stay: their time stops until the application is complete."""
    duties.stop_case(by=by, subject=application.number, reason=StopReason.SUPPLEMENT, note=reason)
    application.status = APPLICATION.check(ApplicationStatus(application.status), "send_back")
    application.save()
    _record(by, application, "sharing.returned", cites=_cites(application))
    _notify_applicant(by, application, Text("退回补正，计时中止", "sent back to be completed; the clock is stopped"))


def _standing_still(application: Application) -> list[Step]:
    stopped = owed.of_subject(application.number).filter(status=DutyStatus.STOPPED).values("pk")
    return list(Step.objects.filter(application=application, duty_id__in=stopped))


def _step_to_decide(by: Actor, application: Application) -> Step:
    """The open step that is this actor's; of several, the first."""
    waiting = list(
        Step.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(application=application, status=StepStatus.OPEN)
    )
    if not waiting or application.status != ApplicationStatus.PENDING:
        raise Conflict(
            "sharing.nothing_to_decide",
            f"申请 {application.number} 当前为“{application.status_label.zh}”，没有待办的步骤。",
            f"Application {application.number} is “{application.status_label.en}”; no step waits for a decision.",
        )
    mine = [step for step in waiting if step.organization.code == by.organization]
    step = (mine or waiting)[0]
    policy.check_decide(
        by, organization=step.organization.code, office=step.office, applicant_id=application.applicant_id
    )
    return step


def _emergency(number: str) -> Emergency:
    """The emergency to file under: it is on, and the pack knows sharing in one."""
    known = of_today()
    emergency_policy.check_sharing_known(known is not None and known.sharing is not None)
    found = emergency_queries.emergency(number)
    emergency_policy.check_live(number=found.number, live=found.is_live)
    return found


def _for_purpose(request: Request, under: Emergency | None) -> Request:
    """In an emergency whose data serve it only, it is the purpose, whatever else was chosen."""
    return replace(request, purpose=under.number) if under is not None and under.purpose_limited else request


def _filled(request: Request, known: list[str]) -> dict[str, object]:
    return {
        "items": [name for name in known if name in request.items],
        "purpose": request.purpose.strip(),
        "basis": request.basis.strip(),
        "scenario": request.scenario.strip(),
        "business_process": request.business_process.strip(),
        "scope": request.scope.strip(),
        "mode": request.mode,
        "valid_until": request.valid_until,
    }


def _lay_out(by: Actor, application: Application, round_: int) -> None:
    """Write down who must decide under the pack of today, and open the first step."""
    entry = application.entry
    way = route(
        share_type=application.share_type,
        mode=application.mode,
        provider=entry.provider.code,
        collected=entry.data_version is not None,
    )
    urgent = of_today() if application.emergency else None
    for step in way.steps:
        if urgent is not None and urgent.sharing is not None:
            step = replace(
                step,
                days=urgent.sharing.days or 0,
                words=urgent.sharing.words,
                citations=(*step.citations, *urgent.sharing_citations),
                extension=None,
            )
        Step.objects.create(
            application=application,
            round=round_,
            stage=step.stage,
            position=step.position,
            office=step.office,
            act=step.act,
            act_zh=step.act_label.zh,
            act_en=step.act_label.en,
            organization=identity.organization(step.organization),
            days=step.days,
            words_zh=step.words.zh,
            words_en=step.words.en,
            citations=[c.as_json() for c in step.citations],
            extension_rule=rules.plain(step.extension) if step.extension else None,
        )
    _advance(by, application)


def _advance(by: Actor, application: Application) -> None:
    """When no step of this stage waits for an answer, open the next stage, or make the grant when none is left."""
    steps = Step.objects.select_related("organization").filter(application=application)
    if steps.filter(status=StepStatus.OPEN).exists():
        return
    waiting = list(steps.filter(status=StepStatus.WAITING).order_by("round", "position"))
    if not waiting:
        _approve(by, application)
    for step in waiting:
        if step.stage == waiting[0].stage:
            _open(by, application, step)


def _open(by: Actor, application: Application, step: Step) -> None:
    duty = duties.open_duty(
        by=by,
        kind="sharing.decide",
        subject=application.number,
        title=Text(
            f"{'突发事件：' if application.emergency else ''}{step.act_zh}："
            f"{application.entry.title}（共享申请 {application.number}）",
            f"{'Emergency: ' if application.emergency else ''}{step.act_en}: "
            f"{application.entry.title} (application {application.number})",
        ),
        link=f"/console/applications/{application.number}/",
        organization=step.organization.code,
        role=policy.decider_role(step.office),
        pack=rules.active(),
        citations=step.citations,
        days=step.days,
        words=step.words,
        applicant=application.organization.name,
        concerned=application.organization.code,
        extension=step.extension_rule,
        emergency=application.emergency.kind if application.emergency else "",
    )
    step.status = StepStatus.OPEN
    step.opened_on = duty.starts_on
    step.due_on = duty.due_on
    step.provisional = duty.provisional
    step.duty_id = duty.pk
    step.save()


def follow_duty(change: DueChange) -> None:
    """The due date of a duty changed: the step shows the same (wired in ``gongshu.wiring``)."""
    for steps in (Step, DisputeStep):
        steps.objects.filter(duty_id=change.duty_id).update(due_on=change.due_on, provisional=change.provisional)


def _approve(by: Actor, application: Application) -> None:
    check_still_on(application)
    application.status = APPLICATION.check(ApplicationStatus(application.status), "approve")
    application.decided_at = clock.now()
    cites = _cites(application)
    grant = grant_access(
        by=by,
        organization=application.organization.code,
        entry=application.entry,
        items=application.items,
        purpose=application.purpose,
        mode=application.mode,
        valid_until=application.valid_until,
        source=application.number,
        cites=cites,
    )
    application.grant_id = grant.grant_id
    application.save()
    _record(by, application, "sharing.approved", cites=cites)
    _notify_applicant(by, application, Text("已同意，授权已生效", "approved; the grant is in force"))


def _end_round(by: Actor, application: Application, action: str, words: Text) -> None:
    application.status = APPLICATION.check(ApplicationStatus(application.status), action)
    if application.status == ApplicationStatus.REFUSED:
        application.decided_at = clock.now()
    application.save()
    _close_steps(by, application, outcome=str(application.status))
    _record(by, application, f"sharing.{application.status}", cites=_cites(application))
    _notify_applicant(by, application, words)


def _close_steps(by: Actor, application: Application, outcome: str) -> None:
    """What was not answered need not be answered any more."""
    unanswered = list(Step.objects.filter(application=application, status__in=[StepStatus.OPEN, StepStatus.WAITING]))
    unanswered += [step for step in _standing_still(application) if step not in unanswered]
    for step in unanswered:
        if step.duty_id:
            duties.cancel_duty(by=by, duty_id=step.duty_id, reason=outcome)
        step.status = StepStatus.SKIPPED
        step.save(update_fields=["status"])


def _notify_applicant(by: Actor, application: Application, words: Text) -> None:
    notifications.notify(
        by=by,
        organization=application.organization.code,
        roles=(Role.CONSUMER, Role.OPERATOR),
        kind="sharing.answer",
        text=Text(
            f"申请 {application.number}({application.entry.title}):{words.zh}",
            f"Application {application.number} ({application.entry.title}): {words.en}",
        ),
        link=f"/console/applications/{application.number}/",
    )


def _cites(application: Application) -> list[str]:
    labels = [c["label"] for step in Step.objects.filter(application=application) for c in step.citations]
    return list(dict.fromkeys(labels)) or [c["label"] for c in application.citations]


def _record(by: Actor, application: Application, action: str, cites: list[str] | None = None) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=application.number,
        resource=application.entry.code,
        cites=cites or [],
        details={
            "applicant": application.organization.code,
            "items": application.items,
            "purpose": application.purpose,
            "mode": application.mode,
            "valid_until": application.valid_until.isoformat(),
            "share_type": application.share_type,
            "emergency": application.emergency.number if application.emergency else "",
            "pack": application.pack,
            "pack_version": application.pack_version,
            "grant": application.grant_id,
        },
    )


def _locked(number: str) -> Application:
    found = (
        Application.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__provider", "organization", "emergency")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound(
            "sharing.application_unknown", "没有这个编号的申请。", "There is no application with that number."
        )
    return found
