"""All writes of requests of the public: asking, deciding, objecting to a refusal, providing.

Who may ask, what must be stated, who decides and who looks again at a refusal comes from the pack: ``opening.access``,
``opening.applicants``, ``opening.application_requires``, ``request.…``, ``opening.review_deadline``, ``opening.dispute``
(luzhou-23, luzhou-25, luzhou-26, xian-26, yongjia-28, yongjia-32).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.duties.states import StopReason
from gongshu.errors import Conflict, NotFound, Text
from gongshu.grants import actions as grants
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.opening import policy, queries
from gongshu.opening.models import AccessRequest, RequestStep
from gongshu.opening.request import AccessAsk, AccessRefusal
from gongshu.opening.request_way import Asking, Turn, asking, review_turns
from gongshu.opening.states import REQUEST, RequestKind, RequestStatus, StepStatus

TERM = timedelta(days=365)


@transaction.atomic
def ask(*, by: Actor, code: str, asked: AccessAsk) -> AccessRequest:
    """Ask for conditionally open data, or that data outside the open catalog be opened."""
    entry = catalog.entry(by, code)
    pack = rules.active()
    way = asking(entry.open_type, entry.provider.body_kind, opened=queries.public_release(code) is not None)
    if entry.status != EntryStatus.PUBLISHED:
        raise Conflict("opening.entry_not_published", "该目录尚未发布。", "The entry is not published yet.")
    items = catalog.items(entry.code)
    known = [item.name for item in items]
    if way.kind == RequestKind.ACCESS:
        policy.check_items_open([i.title for i in items if i.name in asked.items and i.open_type == "PROHIBITED"])
    _check(by, asked, way, known)
    cited = {c.label("zh"): c for c in (*way.citations, *(c for turn in way.turns for c in turn.citations))}
    found = AccessRequest.objects.create(
        number=duties.next_number(by=by, prefix="KS"),
        kind=way.kind,
        entry_id=entry.pk,
        applicant_id=by.person_id,
        organization=by.organization,
        needs_agreement=way.agreement,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in cited.values()],
        asked_at=clock.now(),
        **_filled(asked, way, known),
    )
    _lay_out(found, way.turns, reviews=False)
    _record(by, found, "opening.requested", list(cited))
    _advance(by, found)
    return found


@transaction.atomic
def answer(
    *, by: Actor, number: str, passed: bool, remark: str = "", refusal: AccessRefusal | None = None
) -> AccessRequest:
    """Answer the turn that is open: on the request, or in the review of its refusal.

    A no states what the pack's ``opening.refusal_requires`` demands: the reasons, and where it says so the legal basis.
    """
    found = _locked(number)
    step = _step_to_answer(by, found)
    pack, day = rules.active(), clock.today()
    grounds = pack.find("opening.prohibited_grounds", on=day)
    stated = AccessRefusal() if passed or refusal is None else refusal
    policy.check_access_refusal(
        passed=passed,
        remark=remark,
        stated=stated,
        demand=pack.refusal(day, "opening.refusal_requires"),
        grounds=[choice.id for choice in grounds.value] if grounds else [],
    )
    step.status = StepStatus.PASSED if passed else StepStatus.FAILED
    step.remark, step.decided_by_id, step.decided_at = remark.strip(), by.person_id, clock.now()
    step.ground, step.basis_kind, step.basis = stated.ground, stated.basis_kind, stated.basis.strip()
    step.save()
    if step.duty_id:
        duties.close_duty(by=by, duty_id=step.duty_id, outcome=str(step.status))
    cites = [c["label"] for c in step.citations]
    _record(by, found, f"opening.request_step_{step.status}", cites)
    if passed and step.reviews:
        _finish(by, found, "approve", cites, Text("经复核同意", "approved after review"))
    elif passed or step.reviews:
        _advance(by, found, cites)
    else:
        _finish(by, found, "refuse", cites, Text(f"不予开放：{step.remark}", f"refused: {step.remark}"))
    return found


@transaction.atomic
def send_back(*, by: Actor, number: str, remark: str) -> AccessRequest:
    """Ask the applicant to complete the request, saying everything that lacks at once; the pack says whether time stops."""
    found = _locked(number)
    step = _step_to_answer(by, found)
    policy.check_supplement(remark)
    found.status = REQUEST.check(found.status, "send_back")
    found.supplement = remark.strip()
    found.save(update_fields=["status", "supplement"])
    supplement = rules.active().find("clock.supplement", on=clock.today(), case="opening")
    if supplement is not None and supplement.value == "stop":
        duties.stop_case(by=by, subject=found.number, reason=StopReason.SUPPLEMENT, note=remark)
    elif step.duty_id:
        duties.close_duty(by=by, duty_id=step.duty_id, outcome=str(RequestStatus.RETURNED))
        step.status, step.duty_id, step.due_on = StepStatus.WAITING, None, None
        step.save(update_fields=["status", "duty_id", "due_on"])
    _record(by, found, "opening.request_returned", [c["label"] for c in step.citations])
    _tell(by, found, Text(f"请补正：{found.supplement}", f"to be completed: {found.supplement}"))
    return found


@transaction.atomic
def complete(*, by: Actor, number: str, asked: AccessAsk) -> AccessRequest:
    """The applicant completes what was sent back; whoever sent it back is asked again."""
    found = _locked(number)
    policy.check_applicant(by, found.applicant_id)
    status = REQUEST.check(found.status, "complete")
    way = asking(
        found.entry.open_type,
        found.entry.provider.body_kind,
        opened=queries.public_release(found.entry.code) is not None,
    )
    known = [item.name for item in catalog.items(found.entry.code)]
    _check(by, asked, way, known)
    for name, value in _filled(asked, way, known).items():
        setattr(found, name, value)
    found.status, found.supplement = status, ""
    found.save()
    _record(by, found, "opening.request_completed", [c["label"] for c in found.citations])
    if not duties.resume_case(by=by, subject=found.number):
        _advance(by, found)
    return found


@transaction.atomic
def object_to_refusal(*, by: Actor, number: str, reason: str) -> AccessRequest:
    """The applicant objects; who looks again, and in how many days, is the pack's (yongjia-32: 3 working days)."""
    found = _locked(number)
    policy.check_applicant(by, found.applicant_id)
    policy.check_reason(passed=False, remark=reason)
    status = REQUEST.check(found.status, "object")
    turns = review_turns()
    if not turns:
        raise Conflict(
            "opening.no_review",
            "本市规则没有规定对不予开放的复核。可依法申请行政复议或者提起行政诉讼。",
            "The city's rules know no review of such a refusal. The law's own remedies remain open to you.",
        )
    found.status, found.objection = status, reason.strip()
    found.save(update_fields=["status", "objection"])
    _lay_out(found, turns, reviews=True)
    _record(by, found, "opening.objected", [c.label("zh") for turn in turns for c in turn.citations])
    _advance(by, found)
    return found


@transaction.atomic
def provide(*, by: Actor, number: str, agreement: str = "") -> AccessRequest:
    """Hand over what was approved. A body registered here gets a grant at the gateway; others get it as agreed."""
    found = _locked(number)
    policy.check_provide(
        by, provider=found.entry.provider.code, needs_agreement=found.needs_agreement, agreement=agreement
    )
    found.status = REQUEST.check(found.status, "provide")
    found.agreement = agreement.strip()
    registered = identity.organizations().filter(code=found.organization).exclude(code="public").exists()
    if found.kind == RequestKind.ACCESS and registered:
        chosen = [item for item in catalog.items(found.entry.code) if item.name in found.items]
        masks = {item.name: item.mask for item in chosen if item.mask != "none"}
        policy.check_masks([item.name for item in chosen if item.sensitive], masks)
        grant = grants.create(
            by=by,
            organization=found.organization,
            provider=found.entry.provider.code,
            resource=found.entry.code,
            items=found.items,
            masks=masks,
            purpose=found.purpose[:60] or str(RequestKind.ACCESS),
            modes=["query"],
            valid_from=clock.now(),
            valid_until=clock.now() + TERM,
            source=found.number,
            cites=[c["label"] for c in found.citations],
        )
        found.grant_id = grant.grant_id
    found.save()
    _record(by, found, "opening.provided", [c["label"] for c in found.citations])
    _tell(by, found, Text("已提供", "provided"))
    return found


@transaction.atomic
def withdraw_request(*, by: Actor, number: str) -> AccessRequest:
    """The applicant takes it back."""
    found = _locked(number)
    policy.check_applicant(by, found.applicant_id)
    _finish(by, found, "withdraw", [], Text("已撤回", "withdrawn"))
    return found


def _check(by: Actor, asked: AccessAsk, way: Asking, known: Sequence[str]) -> None:
    policy.check_ask(
        by,
        asked,
        kinds={choice.id: choice.label.zh for choice in way.applicants},
        required=way.required,
        registration={choice.id: choice.label for choice in way.registration},
        known=known,
        citations=way.applicant_citations,
    )


def _filled(asked: AccessAsk, way: Asking, known: Sequence[str]) -> dict[str, Any]:
    return {
        "applicant_kind": asked.applicant_kind,
        "applicant_name": asked.applicant_name.strip(),
        "items": [name for name in known if not asked.items or name in asked.items],
        "purpose": asked.purpose.strip(),
        "scope": asked.scope.strip(),
        "confidentiality": asked.confidentiality.strip(),
        "security_capability": asked.security_capability.strip(),
        "registration": {choice.id: asked.registration.get(choice.id, "").strip() for choice in way.registration},
    }


def _step_to_answer(by: Actor, found: AccessRequest) -> RequestStep:
    """The turn that is open, which must be this actor's."""
    step = (
        RequestStep.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(request=found, status=StepStatus.OPEN)
        .first()
    )
    if step is None or step.organization is None or found.status == RequestStatus.RETURNED:
        raise Conflict(
            "opening.nothing_to_decide",
            f"开放申请 {found.number} 现为“{found.status_label.zh}”，没有待办的步骤。",
            f"Request {found.number} is “{found.status_label.en}”; no step waits for a decision.",
        )
    policy.check_decide(
        by,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        proposer_id=found.applicant_id,
    )
    return step


def _lay_out(found: AccessRequest, turns: Sequence[Turn], *, reviews: bool) -> None:
    begin = RequestStep.objects.filter(request=found).count()
    for position, turn in enumerate(turns, start=begin + 1):
        RequestStep.objects.create(
            request=found,
            position=position,
            reviews=reviews,
            office=turn.office,
            act=turn.act,
            act_zh=turn.words.zh,
            act_en=turn.words.en,
            days=turn.days,
            words_zh=turn.deadline_words.zh,
            words_en=turn.deadline_words.en,
            citations=[c.as_json() for c in turn.citations],
        )


def _advance(by: Actor, found: AccessRequest, cites: list[str] | None = None) -> None:
    """Open the next turn; without one the request is approved, or in a review the refusal upheld."""
    step = RequestStep.objects.filter(request=found, status=StepStatus.WAITING).first()
    if step is None:
        if found.status == RequestStatus.REVIEW:
            _finish(by, found, "uphold", cites or [], Text("复核维持不予开放", "the refusal is upheld"))
        else:
            _finish(by, found, "approve", cites or [], Text("已同意", "approved"))
        return
    provider = found.entry.provider
    step.organization = provider if step.office == "provider" else identity.holder_of(Office(step.office))
    duty = duties.open_duty(
        by=by,
        kind="opening.request",
        subject=found.number,
        title=Text(
            f"{step.act_zh}：{found.entry.title}（开放申请 {found.number}）",
            f"{step.act_en}: {found.entry.title} (request {found.number})",
        ),
        link=f"/console/requests/{found.number}/",
        organization=step.organization.code,
        role=Role.PROVIDER if step.office == "provider" else Role.DATA_AUTHORITY,
        pack=rules.active(),
        citations=step.citations,
        days=step.days,
        words=Text(step.words_zh, step.words_en),
        applicant=found.applicant_name,
        concerned=found.organization,
    )
    step.status, step.duty_id = StepStatus.OPEN, duty.pk
    step.due_on, step.provisional = duty.due_on, duty.provisional
    step.save()


def _finish(by: Actor, found: AccessRequest, action: str, cites: list[str], words: Text) -> None:
    found.status = REQUEST.check(found.status, action)
    found.decided_at = clock.now()
    found.save()
    for step in RequestStep.objects.filter(request=found, status__in=[StepStatus.OPEN, StepStatus.WAITING]):
        if step.duty_id:
            duties.cancel_duty(by=by, duty_id=step.duty_id, reason=str(found.status))
        step.status = StepStatus.SKIPPED
        step.save(update_fields=["status"])
    _record(by, found, f"opening.request_{found.status}", cites)
    _tell(by, found, words)


def _tell(by: Actor, found: AccessRequest, words: Text) -> None:
    if by.person_id == found.applicant_id:
        return
    notifications.tell_person(
        by=by,
        person_id=found.applicant_id,
        kind="opening.request",
        text=Text(
            f"开放申请 {found.number}（{found.entry.title}）：{words.zh}",
            f"Request {found.number} ({found.entry.title}): {words.en}",
        ),
        link=f"/requests/{found.number}/",
    )


def _record(by: Actor, found: AccessRequest, action: str, cites: list[str]) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry.code,
        cites=cites,
        details={
            "kind": str(found.kind),
            "applicant_kind": found.applicant_kind,
            "items": found.items,
            "status": str(found.status),
            "pack": found.pack,
            "pack_version": found.pack_version,
            "grant": found.grant_id,
        },
    )


def _locked(number: str) -> AccessRequest:
    found = (
        AccessRequest.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__provider")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("opening.request_unknown", "没有这个编号的开放申请。", "There is no request with that number.")
    return found
