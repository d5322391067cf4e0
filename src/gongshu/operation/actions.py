"""All writes of designation: filed, decided step by step, the agreement signed, renewed, ended early at the operator's wish.

Steps, lists and terms are the pack's: ``operation.designation``, ``renewal``, ``qualification``, ``selection``,
``agreement_contents``, ``agreement_term``, ``renewal_window``, ``early_end`` (dazhou-6, 7, 8; xian-28).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.duties import steps
from gongshu.duties.hooks import DueChange
from gongshu.duties.states import StepStatus
from gongshu.duties.steps import Turn
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.operation import casework, policy, terms
from gongshu.operation.agreement import Agreement, Filing
from gongshu.operation.models import DemandStep, Designation, DesignationStep
from gongshu.operation.procedure import listed, turns
from gongshu.operation.states import DESIGNATION, LIVE, DesignationStatus

_PROCEDURE = Text("运营单位的确定程序", "how operators are designated")


@transaction.atomic
def apply(*, by: Actor, filing: Filing, renews: str = "") -> Designation:
    """Apply to become an operator, or with ``renews`` to have the agreement of that number renewed in its window."""
    policy.check_apply(by)
    pack, day = rules.active(), clock.today()
    old = _renewable(by, renews, day) if renews else None
    chain = (turns("operation.renewal", day) if old else []) or turns("operation.designation", day)
    policy.check_procedure(bool(chain), pack.region, _PROCEDURE)
    _check_offices(chain)
    if old is None and Designation.objects.filter(organization__code=by.organization, status__in=LIVE).exists():
        raise Conflict(
            "operation.already",
            "贵单位已获授权或正在申报；期满前请办理重新申请。",
            "Your organisation is authorised or has applied already; renew before the term ends.",
        )
    wanted, ways = listed("operation.qualification", day), listed("operation.selection", day)
    policy.check_text(filing.scope, "scope", "授权运营范围", "the scope of operation")
    policy.check_stated(filing.evidence, wanted.names, wanted.citations, what=Text("资质证明", "Evidence"))
    policy.check_selection(filing.selection, filing.selection_note, ways.names, ways.citations)
    cited = {c.label("zh"): c for turn in chain for c in turn.citations}
    cited |= {c.label("zh"): c for c in (*wanted.citations, *ways.citations)}
    found = Designation.objects.create(
        number=duties.next_number(by=by, prefix="YY"),
        organization=identity.organization(by.organization),
        applicant_id=by.person_id,
        renews=old,
        scope=filing.scope.strip(),
        qualification=_stated(wanted.names, filing.evidence, "evidence"),
        selection=filing.selection if ways.names else "",
        selection_note=filing.selection_note.strip() if ways.names else "",
        departments=[identity.organization(code).code for code in filing.departments],
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in cited.values()],
        submitted_at=clock.now(),
    )
    steps.lay_out(DesignationStep, chain, designation=found)
    if old is not None and old.renewal_duty_id:
        duties.close_duty(by=by, duty_id=old.renewal_duty_id, outcome=found.number)
    _record(by, found, "renewal_applied" if old else "applied", list(cited))
    _advance(by, found)
    return found


@transaction.atomic
def decide(*, by: Actor, number: str, passed: bool, remark: str = "", experts: str = "") -> Designation:
    """Answer the turn that is open. Experts advise and do not decide; the last turn passes by :func:`sign` only."""
    found, step = _turn(by, number)
    advises = step.act == "advise"
    if passed and not advises and _is_last(found, step):
        raise Conflict(
            "operation.sign_instead",
            "这是最后一步：同意授权须签订授权运营协议，请填写协议。",
            "This is the last step: to authorise is to sign the agreement. Fill it in.",
        )
    members = bool(listed("operation.expert_members", clock.today()).names)
    policy.check_opinion(advises=advises, passed=passed, remark=remark, experts=experts, members=members)
    step.experts = experts.strip()
    steps.finish(step, by=by, status=StepStatus.PASSED if passed else StepStatus.FAILED, remark=remark)
    cites = [str(c["label"]) for c in step.citations]
    if passed or advises:
        _record(by, found, "advised" if advises else "step_passed", cites)
        _advance(by, found)
    else:
        _close(by, found, "refuse", "refused", cites, Text(f"不予授权：{step.remark}", f"refused: {step.remark}"))
    return found


@transaction.atomic
def sign(*, by: Actor, number: str, agreement: Agreement) -> Designation:
    """Sign the agreement at the last turn: everything that the pack wants in it, for the term that the pack sets."""
    found, step = _turn(by, number)
    if not _is_last(found, step):
        raise Conflict(
            "operation.not_last",
            "其他步骤尚未办结，还不能签订协议。",
            "Other steps come first; the agreement cannot be signed yet.",
        )
    day = clock.today()
    wanted = listed("operation.agreement_contents", day)
    policy.check_text(agreement.number, "number", "协议编号", "the number of the agreement")
    policy.check_stated(agreement.contents, wanted.names, wanted.citations, what=Text("协议内容", "The agreement"))
    begins = agreement.valid_from
    if found.renews is not None and found.renews.valid_until is not None:
        begins = max(begins, date.fromordinal(found.renews.valid_until.toordinal() + 1))
    ends, term_cites = terms.last_day(begins, day)
    policy.check_term(begins, agreement.valid_until, term=ends is not None, today=day)
    found.agreement = agreement.number.strip()[:100]
    found.contents = _stated(wanted.names, agreement.contents, "text")
    found.valid_from, found.valid_until = begins, ends or agreement.valid_until
    cites = [str(c["label"]) for c in step.citations]
    cites += [c.label("zh") for c in (*wanted.citations, *term_cites) if c.label("zh") not in cites]
    steps.finish(step, by=by, status=StepStatus.PASSED, remark=found.agreement)
    words = Text(f"已签订授权运营协议，至{found.valid_until}", f"agreement signed, until {found.valid_until}")
    _close(by, found, "sign", "signed", cites, words)
    _tell_departments(by, found)
    return found


@transaction.atomic
def withdraw(*, by: Actor, number: str) -> Designation:
    """The applicant takes the application back."""
    found = casework.locked(number)
    policy.check_operator(by, found.organization.code)
    _close(by, found, "withdraw", "withdrawn", [], Text("已撤回", "withdrawn"))
    return found


@transaction.atomic
def ask_early_end(*, by: Actor, number: str, ground: str, reason: str) -> Designation:
    """The operator asks to end the agreement early, on a ground that the pack knows (dazhou-8)."""
    found = casework.locked(number)
    policy.check_operator(by, found.organization.code)
    DESIGNATION.check(found.status, "end")
    known = listed("operation.early_end", clock.today())
    policy.check_procedure(bool(known.names), rules.active().region, Text("提前终止协议", "ending an agreement early"))
    policy.check_ground(ground, known.names, known.citations)
    policy.check_text(reason, "reason", "理由", "the reasons")
    if found.early_duty_id:
        raise Conflict("operation.asked_already", "已提出提前终止，请等待答复。", "The end was asked for already.")
    found.early_ground, found.early_reason = ground, reason.strip()
    what = Text("答复提前终止协议的申请", "Answer a wish to end early")
    found.early_duty_id = casework.owe_authority(by, found, what, known.citations)
    found.save()
    _record(by, found, "early_end_asked", [c.label("zh") for c in known.citations])
    return found


@transaction.atomic
def answer_early_end(*, by: Actor, number: str, agreed: bool, remark: str = "") -> Designation:
    """The authority that signed agrees to end early, or not."""
    found = casework.locked(number)
    policy.check_office(by, Office.AUTHORITY, name=casework.office_name(Office.AUTHORITY), act="答复提前终止")
    if not found.early_duty_id:
        raise Conflict("operation.not_asked", "没有待答复的提前终止申请。", "No wish to end early waits for an answer.")
    if not agreed:
        policy.check_text(remark, "remark", "理由", "the reasons")
    duties.close_duty(by=by, duty_id=found.early_duty_id, outcome="agreed" if agreed else "kept")
    found.early_duty_id = None
    cites = [c.label("zh") for c in listed("operation.early_end", clock.today()).citations]
    if agreed:
        casework.end_access(by, found, remark or found.early_reason)
        _close(by, found, "end", "ended_early", cites, Text("协议提前终止", "the agreement ended early"))
    else:
        found.save()
        _record(by, found, "early_end_refused", cites)
        casework.tell(by, found, Text(f"不同意提前终止：{remark.strip()}", f"not ended early: {remark.strip()}"))
    return found


def follow_duty(change: DueChange) -> None:
    """The due date of a duty changed: the turn shows the same (wired in ``gongshu.wiring``)."""
    for table in (DesignationStep, DemandStep):
        steps.follow(table, change)


def _stated(names: Mapping[str, Text], given: Mapping[str, str], field: str) -> list[dict[str, str]]:
    return [{"id": name, "zh": label.zh, "en": label.en, field: given[name].strip()} for name, label in names.items()]


def _renewable(by: Actor, number: str, day: date) -> Designation:
    old = casework.locked(number)
    policy.check_operator(by, old.organization.code)
    if old.status != DesignationStatus.ACTIVE or old.valid_until is None:
        raise Conflict(
            "operation.not_renewable",
            f"该授权现为“{old.status_label.zh}”，不能重新申请续签。",
            f"This authorisation is “{old.status_label.en}” and cannot be renewed.",
        )
    opening = terms.window(old.valid_until, day)
    policy.check_window(day, opens=opening.opens, ends=old.valid_until, citations=opening.citations)
    if old.renewals.filter(status__in=LIVE).exists():
        raise Conflict("operation.renewing", "已提出重新申请。", "Renewal was applied for already.")
    return old


def _check_offices(chain: Iterable[Turn]) -> None:
    """Everybody whose turn will come is registered here, so that no case gets stuck half-way."""
    for turn in chain:
        try:
            identity.holder_of(Office(turn.office))
        except NotFound:
            raise Conflict(
                "operation.office_vacant",
                f"本市规则规定由{casework.office_name(turn.office)}“{turn.label.zh}”，但尚未在本平台登记该机构，请先登记。",
                f"The rules give the step “{turn.label.en}” to an office that nobody holds here; register it first.",
                office=turn.office,
            ) from None


def _turn(by: Actor, number: str) -> tuple[Designation, DesignationStep]:
    found = casework.locked(number)
    step = (
        DesignationStep.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(designation=found, status=StepStatus.OPEN)
        .first()
    )
    if step is None or step.organization is None:
        raise Conflict(
            "operation.nothing_to_decide",
            f"该申报现为“{found.status_label.zh}”，没有待办的步骤。",
            f"This application is “{found.status_label.en}”; no step waits for a decision.",
        )
    policy.check_decide(by, organization=step.organization.code, is_provider=False, applicant=found.organization.code)
    return found, step


def _is_last(found: Designation, step: DesignationStep) -> bool:
    return not DesignationStep.objects.filter(designation=found, position__gt=step.position).exists()


def _advance(by: Actor, found: Designation) -> None:
    step = DesignationStep.objects.filter(designation=found, status=StepStatus.WAITING).order_by("position").first()
    if step is None:
        raise GongshuError(
            "operation.chain_without_signature",
            "本市规则的步骤以专家意见结束，没有签订协议的一步，请核对规则包。",
            "The pack's steps end with advice and nobody signs; check the rule pack.",
        )
    steps.begin(
        step,
        by=by,
        organization=identity.holder_of(Office(step.office)),
        role=Role.DATA_AUTHORITY,
        kind="operation.designation",
        subject=found.number,
        what=Text(
            f"{found.organization.name}（授权运营 {found.number}）",
            f"{found.organization.say('en')} (operation {found.number})",
        ),
        link=f"/console/operation/{found.number}/",
        applicant=found.organization.name,
        concerned=found.organization.code,
    )


def _close(by: Actor, found: Designation, action: str, leaf: str, cites: Sequence[str], words: Text) -> None:
    found.status = DESIGNATION.check(found.status, action)
    if action == "end":
        found.ended_at = clock.now()
        terms.close_demands(by, found)
        if found.renewal_duty_id:
            duties.cancel_duty(by=by, duty_id=found.renewal_duty_id, reason=action)
    else:
        found.decided_at = clock.now()
    found.save()
    steps.skip(DesignationStep.objects.filter(designation=found), by=by, reason=action)
    _record(by, found, leaf, cites)
    casework.tell(by, found, words)


def _tell_departments(by: Actor, found: Designation) -> None:
    """The departments concerned are told of the authorisation where the pack says so (xian-28)."""
    rule = rules.active().find("operation.departments_told", on=clock.today())
    for code in found.departments if rule and rule.value else ():
        notifications.notify(
            by=by,
            organization=code,
            roles=(Role.PROVIDER, Role.PRINCIPAL, Role.STEWARD),
            kind="operation.designation",
            text=Text(
                f"已授权{found.organization.name}开发利用公共数据：{found.scope}",
                f"{found.organization.say('en')} was authorised to develop public data: {found.scope}",
            ),
            link="/console/operation/",
        )


def _record(by: Actor, found: Designation, what: str, cites: Sequence[str], **details: Any) -> None:
    ledger.record(
        action=f"operation.{what}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=cites,
        details={
            "operator": found.organization.code,
            "status": str(found.status),
            "agreement": found.agreement,
            "valid_until": found.valid_until.isoformat() if found.valid_until else "",
            "pack": found.pack,
            "pack_version": found.pack_version,
            **details,
        },
    )
