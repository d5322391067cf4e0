"""All writes of emergencies: declaring one, and ending it with everything that was granted under it.

While it is on, applications may be filed under it: they are due as the pack's emergency limit says, and where the pack
limits the purpose, the data serve the emergency only. Where use ends with the emergency, ending it ends the grants in one
transaction; the gateways refuse the next call within a second (luzhou-20, yongjia-33).
"""

from __future__ import annotations

from django.db import transaction

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.errors import NotFound, Text
from gongshu.grants import actions as grants
from gongshu.grants import queries as granted
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.sharing import actions, emergency_policy, hooks
from gongshu.sharing.emergency_rules import demanded
from gongshu.sharing.models import Application, Emergency
from gongshu.sharing.states import EMERGENCY, ApplicationStatus


@transaction.atomic
def declare(*, by: Actor, kind: str, title: str, description: str) -> Emergency:
    """The authority declares an emergency of a kind that the pack lists."""
    known, pack = demanded(), rules.active()
    emergency_policy.check_declare(
        by, kind=kind, kinds=[choice.id for choice in known.kinds], title=title, description=description
    )
    label = next(choice.label for choice in known.kinds if choice.id == kind)
    found = Emergency.objects.create(
        number=duties.next_number(by=by, prefix="TF"),
        kind=kind,
        kind_zh=label.zh,
        kind_en=label.en,
        title=title.strip(),
        description=description.strip(),
        organization=identity.organization(by.organization),
        declared_by_id=by.person_id,
        declared_at=clock.now(),
        purpose_limited=known.purpose_limited,
        ends_with_it=known.ends_with_it,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in known.citations],
    )
    _record(by, found, "sharing.emergency_declared")
    return found


@transaction.atomic
def end(*, by: Actor, number: str, reason: str) -> Emergency:
    """It is over: grants made under it end, what was still asked for under it falls away, and the users are told."""
    found = Emergency.objects.select_for_update(of=("self",)).filter(number=number).first()
    if found is None:
        raise NotFound(
            "sharing.emergency_unknown", "没有这个编号的突发事件。", "There is no emergency with that number."
        )
    emergency_policy.check_end(by, reason)
    found.status = EMERGENCY.check(found.status, "end")
    found.ended_by_id, found.ended_at, found.end_reason = by.person_id, clock.now(), reason.strip()
    found.save()
    filed = Application.objects.filter(emergency=found).select_related("entry", "organization").order_by("pk")
    for one in filed.filter(status__in=[ApplicationStatus.PENDING, ApplicationStatus.RETURNED]):
        actions.lapse(by=by, number=one.number)
    ended = 0
    if found.ends_with_it:
        ended = sum(_end_grant(by, found, one) for one in filed.exclude(grant_id=""))
        for listener in hooks.on_emergency_ended:
            listener(by, found.number, _why(found))
    _record(by, found, "sharing.emergency_ended", grants_ended=ended)
    return found


def _end_grant(by: Actor, found: Emergency, one: Application) -> bool:
    """End the grant of one application, if it still holds, and tell those who used it."""
    if not granted.in_force(resource=one.entry.code).filter(grant_id=one.grant_id).exists():
        return False
    grants.revoke(by=by, grant_id=one.grant_id, reason=_why(found), cites=[c["label"] for c in found.citations])
    notifications.notify(
        by=by,
        organization=one.organization.code,
        roles=(Role.CONSUMER, Role.OPERATOR),
        kind="sharing.emergency",
        text=Text(
            f"突发事件 {found.number}（{found.title}）已结束，据此取得的授权同时终止：{one.entry.title}。"
            "请停止使用相关数据。",
            f"Emergency {found.number} ({found.title}) is over; the grant made under it has ended: {one.entry.title}. "
            "Stop using these data.",
        ),
        link=f"/console/applications/{one.number}/",
    )
    return True


def _why(found: Emergency) -> str:
    return f"突发事件 {found.number} 已结束"


def _record(by: Actor, found: Emergency, action: str, **details: int) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[c["label"] for c in found.citations],
        details={
            "kind": found.kind,
            "status": str(found.status),
            "purpose_limited": int(found.purpose_limited),
            "ends_with_it": int(found.ends_with_it),
            "pack": found.pack,
            "pack_version": found.pack_version,
            **details,
        },
    )
