"""All writes of opening: keyword-only, ``by=``, one transaction: check, write, ledger leaf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import actions as catalog_actions
from gongshu.catalog import queries as catalog
from gongshu.duties import actions as duties
from gongshu.duties.hooks import DueChange
from gongshu.errors import Conflict, NotFound, Text
from gongshu.grants import actions as grants
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.opening import hooks, policy
from gongshu.opening.models import Release, ReleaseStep, RequestStep, TypeDisputeStep
from gongshu.opening.queries import route
from gongshu.opening.states import RELEASE, ReleaseStatus, StepStatus

PORTAL_ORGANIZATION = "platform"
PUBLIC_PURPOSE = "open"
PUBLIC_TERM = timedelta(days=3650)


@transaction.atomic
def propose(
    *,
    by: Actor,
    code: str,
    items: Sequence[str] = (),
    masks: Mapping[str, str] | None = None,
    note: str = "",
    emergency: str = "",
) -> Release:
    """Propose to open ``items`` (default: all) of a resource; masks default to those of the catalog.

    In an ``emergency``, named by its number, the reviews are due as the pack's emergency limit says (yongjia-33).
    """
    entry = catalog.entry(by, code)
    policy.check_propose(by, entry.provider.code)
    known = catalog.items(entry.code)
    chosen = [i.name for i in known if (i.name in items if items else i.open_type in {None, "UNCONDITIONAL"})]
    unknown = [name for name in items if name not in {i.name for i in known}]
    worn = {i.name: i.mask for i in known if i.name in chosen and i.mask != "none"}
    worn |= {name: mask for name, mask in (masks or {}).items() if name in chosen and mask != "none"}
    pack, day = rules.active(), clock.today()
    word = pack.labels("open_type", on=day)[entry.open_type]
    policy.check_release(
        open_type=entry.open_type,
        open_word=word.zh,
        collected=entry.data_version is not None,
        known=known,
        items=[*chosen, *unknown],
        masks=worn,
    )
    live = Release.objects.filter(entry_id=entry.pk, status__in=[ReleaseStatus.IN_REVIEW, ReleaseStatus.PUBLIC])
    if live.exists():
        raise Conflict(
            "opening.already",
            "该资源已开放或正在审查；如需改变范围，请先停止开放。",
            "This resource is open already or in review; withdraw that first to change its scope.",
        )
    under = _emergency(emergency) if emergency else None
    required = pack.value("opening.review_requires", on=day)
    release = Release.objects.create(
        number=duties.next_number(by=by, prefix="KF"),
        entry_id=entry.pk,
        proposer_id=by.person_id,
        items=chosen,
        masks=worn,
        note=note.strip(),
        emergency=under.number if under else "",
        emergency_kind=under.kind if under else "",
        open_type=entry.open_type,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in required.citations],
        proposed_at=clock.now(),
    )
    for step in route(open_type=entry.open_type, provider=entry.provider.code, on=day):
        ReleaseStep.objects.create(
            release=release,
            position=step.position,
            kind=step.kind,
            kind_zh=step.label.zh,
            kind_en=step.label.en,
            is_review=step.is_review,
            office=step.office,
            organization=identity.organization(step.organization),
            days=(under.days or 0) if under else step.days,
            words_zh=under.words.zh if under else step.words.zh,
            words_en=under.words.en if under else step.words.en,
            citations=[*(c.as_json() for c in step.citations), *(under.citations if under else ())],
        )
    _record(by, release, "opening.proposed", [c.label("zh") for c in required.citations])
    _advance(by, release)
    return release


@transaction.atomic
def decide(*, by: Actor, number: str, passed: bool, remark: str = "", ground: str = "") -> Release:
    """Answer the review or decision whose turn it is. The last yes opens; a no names its ground."""
    release = _locked(number)
    step = (
        ReleaseStep.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(release=release, status=StepStatus.OPEN)
        .first()
    )
    if step is None:
        raise Conflict(
            "opening.nothing_to_decide",
            f"开放事项 {number} 当前为“{release.status_label.zh}”，没有待办的步骤。",
            f"Release {number} is “{release.status_label.en}”; no step waits for a decision.",
        )
    policy.check_decide(
        by,
        organization=step.organization.code,
        is_provider=step.office == "provider",
        proposer_id=release.proposer_id,
    )
    grounds = rules.active().find("opening.prohibited_grounds", on=clock.today())
    accepted = [choice.id for choice in grounds.value] if grounds else []
    policy.check_refusal(passed=passed, remark=remark, ground=ground, grounds=accepted)
    step.status = StepStatus.PASSED if passed else StepStatus.FAILED
    step.remark, step.ground = remark.strip(), "" if passed else ground
    step.decided_by_id = by.person_id or None
    step.decided_at = clock.now()
    step.save()
    if step.duty_id:
        duties.close_duty(by=by, duty_id=step.duty_id, outcome=str(step.status))
    cites = [c["label"] for c in step.citations]
    ledger.record(
        action=f"opening.step_{step.status}",
        actor=by.ref,
        organization=by.organization,
        subject=release.number,
        resource=release.entry.code,
        cites=cites,
        details={"kind": step.kind, "position": step.position, "ground": step.ground},
    )
    if passed:
        _advance(by, release)
    else:
        release.status = RELEASE.check(ReleaseStatus(release.status), "refuse")
        release.decided_at = clock.now()
        release.save()
        ReleaseStep.objects.filter(release=release, status=StepStatus.WAITING).update(status=StepStatus.SKIPPED)
        _record(
            by,
            release,
            "opening.refused",
            [*cites, *[c.label("zh") for c in (grounds.citations if grounds else ())]],
        )
        _notify(by, release, Text("不予开放", "not opened"))
    return release


@transaction.atomic
def withdraw_under(*, by: Actor, emergency: str, reason: str) -> int:
    """Use ended with the emergency: withdraw what was opened in it, or was about to be. Returns how many."""
    found = Release.objects.filter(emergency=emergency, status__in=[ReleaseStatus.PUBLIC, ReleaseStatus.IN_REVIEW])
    numbers = list(found.order_by("pk").values_list("number", flat=True))
    for number in numbers:
        withdraw(by=by, number=number, reason=reason)
    return len(numbers)


@transaction.atomic
def withdraw(*, by: Actor, number: str, reason: str) -> Release:
    """Stop opening, with a reason; the portal's grant ends within a second."""
    release = _locked(number)
    policy.check_withdraw(by, release.entry.provider.code)
    target = RELEASE.check(ReleaseStatus(release.status), "withdraw")
    policy.check_refusal(passed=False, remark=reason, ground="", grounds=())
    if release.grant_id:
        grants.revoke(by=by, grant_id=release.grant_id, reason=reason)
        catalog_actions.note_opened(by=by, code=release.entry.code, opened=False)
    release.status = target
    release.decided_at = clock.now()
    release.save()
    for step in ReleaseStep.objects.filter(release=release, status__in=[StepStatus.OPEN, StepStatus.WAITING]):
        if step.duty_id:
            duties.cancel_duty(by=by, duty_id=step.duty_id, reason="withdrawn")
        step.status = StepStatus.SKIPPED
        step.save(update_fields=["status"])
    _record(by, release, "opening.withdrawn", [])
    _notify(by, release, Text("已停止开放", "withdrawn"))
    return release


def _advance(by: Actor, release: Release) -> None:
    step = (
        ReleaseStep.objects.select_related("organization")
        .filter(release=release, status=StepStatus.WAITING)
        .order_by("position")
        .first()
    )
    if step is None:
        _publish(by, release)
        return
    duty = duties.open_duty(
        by=by,
        kind="opening.decide",
        subject=release.number,
        title=Text(
            f"{step.kind_zh}：{release.entry.title}（开放 {release.number}）",
            f"{step.kind_en}: {release.entry.title} (release {release.number})",
        ),
        link=f"/console/releases/{release.number}/",
        organization=step.organization.code,
        role=Role.PROVIDER if step.office == "provider" else Role.DATA_AUTHORITY,
        pack=rules.active(),
        citations=step.citations,
        days=step.days,
        words=step.words,
        applicant=release.entry.provider.name,
        concerned=release.entry.provider.code,
        emergency=release.emergency_kind,
    )
    step.status = StepStatus.OPEN
    step.due_on = duty.due_on
    step.provisional = duty.provisional
    step.duty_id = duty.pk
    step.save()


def follow_duty(change: DueChange) -> None:
    """The due date of a duty changed: the step shows the same (wired in ``gongshu.wiring``)."""
    for steps in (ReleaseStep, RequestStep, TypeDisputeStep):
        steps.objects.filter(duty_id=change.duty_id).update(due_on=change.due_on, provisional=change.provisional)


def _emergency(number: str) -> hooks.Emergency:
    """The emergency to open under, as whoever keeps them knows it (wired in ``gongshu.wiring``)."""
    for find in hooks.find_emergency:
        return find(number)
    raise NotFound("opening.emergency_unknown", "没有这个编号的突发事件。", "There is no emergency with that number.")


def _publish(by: Actor, release: Release) -> None:
    release.status = RELEASE.check(ReleaseStatus(release.status), "publish")
    release.decided_at = clock.now()
    cites = list(dict.fromkeys(c["label"] for s in ReleaseStep.objects.filter(release=release) for c in s.citations))
    grant = grants.create(
        by=by,
        organization=PORTAL_ORGANIZATION,
        provider=release.entry.provider.code,
        resource=release.entry.code,
        items=release.items,
        masks=release.masks,
        purpose=PUBLIC_PURPOSE,
        modes=["query", "batch"],
        valid_from=clock.now(),
        valid_until=clock.now() + PUBLIC_TERM,
        rate_per_minute=None,
        daily_quota=None,
        public=True,
        source=release.number,
        cites=cites,
    )
    release.grant_id = grant.grant_id
    release.save()
    catalog_actions.note_opened(by=by, code=release.entry.code, opened=True)
    _record(by, release, "opening.published", cites)
    _notify(by, release, Text("已向社会开放", "open to the public"))


def _notify(by: Actor, release: Release, words: Text) -> None:
    notifications.notify(
        by=by,
        organization=release.entry.provider.code,
        roles=(Role.PROVIDER,),
        kind="opening.answer",
        text=Text(
            f"开放 {release.number}({release.entry.title}):{words.zh}",
            f"Release {release.number} ({release.entry.title}): {words.en}",
        ),
        link=f"/console/releases/{release.number}/",
    )


def _record(by: Actor, release: Release, action: str, cites: Sequence[str]) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=release.number,
        resource=release.entry.code,
        cites=cites,
        details={
            "items": release.items,
            "masks": sorted(release.masks.items()),
            "open_type": release.open_type,
            "emergency": release.emergency,
            "pack": release.pack,
            "pack_version": release.pack_version,
            "grant": release.grant_id,
        },
    )


def _locked(number: str) -> Release:
    found = (
        Release.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__provider")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("opening.release_unknown", "没有这个编号的开放事项。", "There is no release with that number.")
    return found
