"""All writes of demands: what an operator may have, who reviews it in what time, its supply and how that ends.

What is stated and reviewed is ``operation.demand_requires`` and ``demand_review``; who and by when is the pack's way to
such data (``sharing.chain``: in Dazhou 5 working days for data held, 10 and 5 for others); what is never operated is
``prohibited_grounds``, and supply ends by ``supply_end_cases`` (dazhou-16 to dazhou-20).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.duties import steps
from gongshu.duties.states import StepStatus
from gongshu.duties.steps import Turn
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.grants import actions as grants
from gongshu.grants.states import Mode
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.operation import casework, policy
from gongshu.operation.agreement import DemandData
from gongshu.operation.models import Barred, Demand, DemandStep
from gongshu.operation.procedure import listed
from gongshu.operation.states import DEMAND, DemandStatus, DesignationStatus
from gongshu.rules import Access

_LIST = Text("运营单位的数据需求清单", "demand lists of operators")
_ENDING = Text("终止供给", "ending supply")
_BARRING = Text("不得授权运营的情形", "grounds that forbid operation")
_PURPOSE = "operation"


@transaction.atomic
def demand(*, by: Actor, code: str, asked: DemandData) -> Demand:
    """Hand in a line of the demand list, after the operator's own first review (dazhou-17, dazhou-18)."""
    policy.check_apply(by)
    pack, day = rules.active(), clock.today()
    wanted = listed("operation.demand_requires", day)
    policy.check_procedure(bool(wanted.names), pack.region, _LIST)
    held = casework.in_force(by)
    entry = catalog.entry(by, code)
    if entry.status != EntryStatus.PUBLISHED:
        raise Conflict("operation.entry_not_published", "该目录尚未发布。", "The entry is not published yet.")
    _check_bar(entry.pk)
    policy.check_stated(asked.words, wanted.names, wanted.citations, what=Text("需求清单", "The demand list"))
    policy.check_text(asked.first_review, "first_review", "初步审核意见", "the operator's first review")
    known = [item.name for item in catalog.items(entry.code)]
    if not asked.items or any(name not in known for name in asked.items):
        raise GongshuError("operation.items", "请选择目录中的数据项。", "Choose items of the entry.", field="items")
    if asked.mode not in {str(mode) for mode in Mode}:
        raise GongshuError("operation.mode", "请选择使用方式。", "Choose the way of use.", field="mode")
    chain, citations = _way(entry)
    cited = {c.label("zh"): c for c in (*citations, *wanted.citations)}
    found = Demand.objects.create(
        number=duties.next_number(by=by, prefix="YX"),
        designation=held,
        entry_id=entry.pk,
        applicant_id=by.person_id,
        items=[name for name in known if name in asked.items],
        mode=asked.mode,
        stated=_answers(wanted.names, asked.words),
        first_review=asked.first_review.strip(),
        collected=entry.data_version is not None,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in cited.values()],
        submitted_at=clock.now(),
    )
    steps.lay_out(DemandStep, chain, demand=found)
    _record(by, found, "demanded", list(cited))
    _advance(by, found)
    return found


@transaction.atomic
def answer(
    *, by: Actor, number: str, passed: bool, remark: str = "", basis_kind: str = "", basis: str = "",
    reviewed: Mapping[str, str] | None = None, clear: Collection[str] = (),
) -> Demand:  # fmt: skip
    """Take the turn that is open. The last yes supplies: reviewed for what the pack lists, no forbidding ground found."""
    found = _locked(number)
    step = (
        DemandStep.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(demand=found, status=StepStatus.OPEN)
        .first()
    )
    if step is None or step.organization is None:
        raise Conflict(
            "operation.nothing_to_decide",
            f"该需求现为“{found.status_label.zh}”，没有待办的步骤。",
            f"This demand is “{found.status_label.en}”; no step waits for a decision.",
        )
    policy.check_decide(
        by,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        applicant=found.designation.organization.code,
    )
    day, last = clock.today(), not _later(found, step)
    if passed and last:
        _check_supply(found, reviewed or {}, clear)
    if passed and step.act == "collect" and found.entry.data_version is None:
        raise Conflict(
            "operation.nothing_collected",
            "该资源尚未归集任何数据版本，请先归集数据再办结这一步。",
            "No version of these data has been collected yet; collect them before closing this step.",
        )
    if not passed:
        rule = rules.active().find("operation.refusal_requires", on=day)
        policy.check_text(remark, "remark", "理由", "the reasons")
        if rule is not None and rule.value.legal_basis:
            policy.check_text(basis, "basis", "依据", "the basis")
        found.basis_kind, found.basis = basis_kind[:40], basis.strip()
    steps.finish(step, by=by, status=StepStatus.PASSED if passed else StepStatus.FAILED, remark=remark)
    cites = [str(c["label"]) for c in step.citations]
    if not passed:
        words = Text(f"不同意授权：{remark.strip()}；依据：{found.basis}", f"refused: {remark.strip()}; {found.basis}")
        _finish(by, found, "refuse", "demand_refused", cites, words)
    elif last:
        found.reviewed = _answers(listed("operation.demand_review", day).names, reviewed or {})
        found.grant_id = _grant(by, found, cites)
        _finish(by, found, "supply", "supplied", cites, Text("同意授权，开始供给", "authorised and supplied"))
    else:
        _record(by, found, "demand_step_passed", cites)
        _advance(by, found)
    return found


@transaction.atomic
def withdraw_demand(*, by: Actor, number: str) -> Demand:
    """The operator takes it back."""
    found = _locked(number)
    policy.check_operator(by, found.designation.organization.code)
    _finish(by, found, "withdraw", "demand_withdrawn", [], Text("已撤回", "withdrawn"))
    return found


@transaction.atomic
def ask_end(*, by: Actor, number: str, grounds: str, notice: str) -> Demand:
    """The provider asks to end supply: grounds, a written notice to the authority, and the operator told (dazhou-20)."""
    found = _locked(number)
    policy.check_provider(by, found.entry.provider.code)
    wanted = listed("operation.supply_end_requires", clock.today())
    policy.check_procedure(bool(wanted.names), rules.active().region, _ENDING)
    labels = wanted.names
    if "grounds" in labels:
        policy.check_text(grounds, "grounds", labels["grounds"].zh, labels["grounds"].en)
    if "written_notice" in labels:
        policy.check_text(notice, "notice", labels["written_notice"].zh, labels["written_notice"].en)
    found.status = DEMAND.check(found.status, "ask_end")
    found.end_grounds, found.end_notice = grounds.strip(), notice.strip()[:200]
    found.end_duty_id = casework.owe_authority(
        by, found.designation, Text(f"答复终止供给（{found.number}）", f"Answer a wish to end supply ({found.number})"),
        wanted.citations,
    )  # fmt: skip
    found.save()
    _record(by, found, "supply_end_asked", [c.label("zh") for c in wanted.citations])
    _tell(
        by, found, Text(f"提供单位提出终止供给：{found.end_grounds}", f"the provider asks to end: {found.end_grounds}")
    )
    return found


@transaction.atomic
def answer_end(*, by: Actor, number: str, agreed: bool, case: str = "", remark: str = "") -> Demand:
    """The authority agrees that supply ends, under one of the pack's cases, or keeps it."""
    found = _locked(number)
    _check_authority(by, "答复终止供给")
    if found.status != DemandStatus.ENDING:
        DEMAND.check(found.status, "keep")
    if agreed:
        return _end(by, found, case, remark or found.end_grounds)
    policy.check_text(remark, "remark", "理由", "the reasons")
    found.status = DEMAND.check(found.status, "keep")
    _close_end_duty(by, found, "kept")
    found.save()
    _record(by, found, "supply_kept", [])
    _tell(by, found, Text("继续供给", "supply goes on"))
    return found


@transaction.atomic
def end_supply(*, by: Actor, number: str, case: str, grounds: str) -> Demand:
    """The authority itself ends supply, in one of the cases that the pack lists (dazhou-20)."""
    found = _locked(number)
    _check_authority(by, "终止供给")
    policy.check_text(grounds, "grounds", "依据", "the grounds")
    return _end(by, found, case, grounds)


@transaction.atomic
def bar(*, by: Actor, code: str, ground: str, reason: str) -> Barred:
    """Never to be operated (dazhou-16): no demand can be made, and what is supplied ends at once."""
    entry = catalog.entry(by, code)
    if not (by.has(Role.PROVIDER) and by.organization == entry.provider.code):
        _check_authority(by, "列为不得授权运营")
    known = listed("operation.prohibited_grounds", clock.today())
    policy.check_procedure(bool(known.names), rules.active().region, _BARRING)
    policy.check_ground(ground, known.names, known.citations)
    policy.check_text(reason, "reason", "理由", "the reasons")
    if Barred.objects.filter(entry_id=entry.pk, lifted_at__isnull=True).exists():
        raise Conflict("operation.barred_already", "该数据已列为不得授权运营。", "These data are barred already.")
    label = known.names[ground]
    barred = Barred.objects.create(
        entry_id=entry.pk,
        ground=ground,
        ground_zh=label.zh,
        ground_en=label.en,
        reason=reason.strip(),
        citations=[c.as_json() for c in known.citations],
        barred_at=clock.now(),
    )
    cites = [c.label("zh") for c in known.citations]
    _record_bar(by, entry.code, "barred", ground, cites)
    for number in Demand.objects.filter(entry_id=entry.pk).values_list("number", flat=True):
        found = _locked(number)
        words = Text(f"不得授权运营：{label.zh}", f"never to be operated: {label.en}")
        if DEMAND.can(found.status, "end"):
            found.end_case, found.end_grounds = ground, barred.reason
            _take_back(by, found, words.zh)
            _finish(by, found, "end", "supply_ended", cites, words)
        elif DEMAND.can(found.status, "refuse"):
            found.basis = words.zh
            _finish(by, found, "refuse", "demand_refused", cites, words)
    return barred


@transaction.atomic
def lift(*, by: Actor, code: str, reason: str) -> Barred:
    """The ground is gone; demands are possible again. The authority decides that, not the provider alone."""
    _check_authority(by, "解除不得授权运营")
    policy.check_text(reason, "reason", "理由", "the reasons")
    entry = catalog.entry(by, code)
    barred = Barred.objects.select_for_update().filter(entry_id=entry.pk, lifted_at__isnull=True).first()
    if barred is None:
        raise NotFound("operation.not_barred", "该数据没有被列为不得授权运营。", "These data are not barred.")
    barred.lifted_at = clock.now()
    barred.save(update_fields=["lifted_at"])
    _record_bar(by, entry.code, "bar_lifted", barred.ground, [str(c["label"]) for c in barred.citations])
    return barred


def _check_bar(entry_id: int) -> None:
    barred = Barred.objects.filter(entry_id=entry_id, lifted_at__isnull=True).first()
    known = listed("operation.prohibited_grounds", clock.today())
    policy.check_open_to_operation(barred.ground_label if barred else None, known.citations)


def _way(entry: Any) -> tuple[list[Turn], Sequence[Any]]:
    """Who answers, in what time: the pack's way to data of this kind, held or not."""
    pack, day = rules.active(), clock.today()
    known = pack.find("sharing.chain", on=day, share_type=str(entry.share_type))
    route = pack.route(entry.share_type, on=day, collected=entry.data_version is not None) if known else None
    if route is None or route.access is not Access.APPLICATION:
        raise Conflict(
            "operation.not_demandable",
            "本市规则没有规定这类数据可以由运营单位提出需求。",
            "The city's rules do not let operators demand data of this kind.",
        )
    return [
        Turn(str(s.office), str(s.act), s.words, s.days, s.deadline_words or Text("", ""), s.citations)
        for s in route.steps
    ], route.citations


def _check_supply(found: Demand, reviewed: Mapping[str, str], clear: Collection[str]) -> None:
    day = clock.today()
    review, grounds = listed("operation.demand_review", day), listed("operation.prohibited_grounds", day)
    _check_bar(found.entry_id)
    policy.check_stated(reviewed, review.names, review.citations, what=Text("审核意见", "The review"))
    policy.check_clear(clear, grounds.names, grounds.citations)
    if found.designation.status != DesignationStatus.ACTIVE:
        raise Conflict(
            "operation.operator_not_active",
            "该运营单位的授权未生效或已暂停，不能供给。",
            "The operator's authorisation is not in force; nothing can be supplied.",
        )
    if found.entry.data_version is None:
        raise Conflict("operation.nothing_collected", "该资源尚未归集任何数据。", "Nothing has been collected yet.")
    chosen = [item for item in catalog.items(found.entry.code) if item.name in found.items]
    policy.check_masks([i.name for i in chosen if i.sensitive], [i.name for i in chosen if i.mask != "none"])


def _grant(by: Actor, found: Demand, cites: Sequence[str]) -> str:
    chosen = [item for item in catalog.items(found.entry.code) if item.name in found.items]
    until = found.designation.valid_until or clock.today() + timedelta(days=1)
    return grants.create(
        by=by,
        organization=found.designation.organization.code,
        provider=found.entry.provider.code,
        resource=found.entry.code,
        items=found.items,
        masks={item.name: item.mask for item in chosen if item.mask != "none"},
        purpose=_PURPOSE,
        modes=[found.mode],
        valid_from=clock.now(),
        valid_until=until,
        source=found.number,
        cites=list(cites),
    ).grant_id


def _later(found: Demand, step: DemandStep) -> bool:
    return DemandStep.objects.filter(demand=found, position__gt=step.position).exists()


def _advance(by: Actor, found: Demand) -> None:
    step = DemandStep.objects.filter(demand=found, status=StepStatus.WAITING).order_by("position").first()
    if step is None:
        return
    by_provider = step.office == "provider"
    steps.begin(
        step,
        by=by,
        organization=found.entry.provider if by_provider else identity.holder_of(Office(step.office)),
        role=Role.PROVIDER if by_provider else Role.DATA_AUTHORITY,
        kind="operation.demand",
        subject=found.number,
        what=Text(f"{found.entry.title}（数据需求 {found.number}）", f"{found.entry.title} (demand {found.number})"),
        link=f"/console/operation/demands/{found.number}/",
        applicant=found.designation.organization.name,
        concerned=found.designation.organization.code,
    )


def _check_authority(by: Actor, act: str) -> None:
    policy.check_office(by, Office.AUTHORITY, name=casework.office_name(Office.AUTHORITY), act=act)


def _end(by: Actor, found: Demand, case: str, grounds: str) -> Demand:
    known = listed("operation.supply_end_cases", clock.today())
    policy.check_procedure(bool(known.names), rules.active().region, _ENDING)
    policy.check_ground(case, known.names, known.citations)
    DEMAND.check(found.status, "end")
    found.end_case, found.end_grounds = case, grounds.strip()
    _take_back(by, found, found.end_grounds)
    label = known.names[case]
    words = Text(f"终止供给（{label.zh}）：{found.end_grounds}", f"supply ended ({label.en}): {found.end_grounds}")
    _finish(by, found, "end", "supply_ended", [c.label("zh") for c in known.citations], words)
    return found


def _take_back(by: Actor, found: Demand, reason: str) -> None:
    if found.grant_id and found.status != DemandStatus.SUSPENDED:
        grants.revoke(by=by, grant_id=found.grant_id, reason=reason)


def _close_end_duty(by: Actor, found: Demand, outcome: str) -> None:
    if found.end_duty_id:
        duties.close_duty(by=by, duty_id=found.end_duty_id, outcome=outcome)
        found.end_duty_id = None


def _finish(by: Actor, found: Demand, action: str, leaf: str, cites: Sequence[str], words: Text) -> None:
    found.status = DEMAND.check(found.status, action)
    _close_end_duty(by, found, action)
    if action == "end":
        found.ended_at = clock.now()
    else:
        found.decided_at = clock.now()
    found.save()
    steps.skip(DemandStep.objects.filter(demand=found), by=by, reason=action)
    _record(by, found, leaf, cites)
    _tell(by, found, words)


def _answers(names: Mapping[str, Text], given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"id": n, "zh": label.zh, "en": label.en, "text": given[n].strip()} for n, label in names.items()]


def _tell(by: Actor, found: Demand, words: Text) -> None:
    text = Text(
        f"数据需求 {found.number}（{found.entry.title}）：{words.zh}",
        f"Demand {found.number} ({found.entry.title}): {words.en}",
    )
    for organization, role in (
        (found.designation.organization.code, Role.OPERATOR),
        (found.entry.provider.code, Role.PROVIDER),
    ):
        notifications.notify(
            by=by, organization=organization, roles=(role,), kind="operation.demand", text=text,
            link=f"/console/operation/demands/{found.number}/",
        )  # fmt: skip


def _record(by: Actor, found: Demand, what: str, cites: Sequence[str]) -> None:
    ledger.record(
        action=f"operation.{what}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry.code,
        cites=cites,
        details={
            "operator": found.designation.organization.code,
            "items": found.items,
            "status": str(found.status),
            "case": found.end_case,
            "grant": found.grant_id,
            "pack": found.pack,
            "pack_version": found.pack_version,
        },
    )


def _record_bar(by: Actor, code: str, what: str, ground: str, cites: Sequence[str]) -> None:
    ledger.record(
        action=f"operation.{what}",
        actor=by.ref,
        organization=by.organization,
        resource=code,
        cites=cites,
        details={"ground": ground},
    )


def _locked(number: str) -> Demand:
    found = (
        Demand.objects.select_for_update(of=("self",))
        .select_related("designation", "designation__organization", "entry", "entry__provider")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("operation.demand_unknown", "没有这个编号的数据需求。", "There is no demand with that number.")
    return found
