"""Inside the actions: the case locked, access taken back, the authority and the operator told."""

from __future__ import annotations

from collections.abc import Sequence

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, NotFound, Text
from gongshu.grants import actions as grants
from gongshu.grants import queries as granted
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.notifications import actions as notifications
from gongshu.operation.models import Designation
from gongshu.operation.states import DesignationStatus
from gongshu.rules import Citation


def locked(number: str) -> Designation:
    """The designation, locked for this transaction. Raises NotFound."""
    found = (
        Designation.objects.select_for_update(of=("self",))
        .select_related("organization", "renews")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("operation.unknown", "没有这个编号的授权运营申报。", "There is no designation with that number.")
    return found


def in_force(by: Actor) -> Designation:
    """The operator's designation that is in force today; a suspended or expired one demands nothing."""
    day = clock.today()
    found = (
        Designation.objects.filter(organization__code=by.organization, valid_from__lte=day, valid_until__gte=day)
        .filter(status__in=[DesignationStatus.ACTIVE, DesignationStatus.SUSPENDED])
        .order_by("-id")
        .first()
    )
    if found is None:
        raise Conflict(
            "operation.no_agreement",
            "贵单位没有有效的授权运营协议，不能提出数据需求；请先申报。",
            "Your organisation holds no agreement on operation; apply for one first.",
        )
    if found.status == DesignationStatus.SUSPENDED:
        raise Conflict(
            "operation.suspended",
            "贵单位被责令改正，权限暂时关闭；确认改正后方可提出需求。",
            "Your access is suspended until the correction that was ordered is accepted.",
        )
    return found


def end_access(by: Actor, found: Designation, reason: str) -> list[str]:
    """Take back every grant that the operator holds; the gateways refuse its next call. Returns their ids."""
    ids = [grant.grant_id for grant in granted.in_force(organization=found.organization.code).order_by("pk")]
    for grant_id in ids:
        grants.revoke(by=by, grant_id=grant_id, reason=reason)
    return ids


def owe_authority(by: Actor, found: Designation, what: Text, citations: Sequence[Citation]) -> int:
    """Open a duty of the authority about this designation; its id."""
    return duties.open_duty(
        by=by,
        kind="operation.designation",
        subject=found.number,
        title=Text(f"{what.zh}：{found.organization.name}", f"{what.en}: {found.organization.say('en')}"),
        link=f"/console/operation/{found.number}/",
        organization=identity.holder_of(Office.AUTHORITY).code,
        role=Role.DATA_AUTHORITY,
        pack=rules.active(),
        citations=[c.as_json() for c in citations],
        days=None,
        words=Text("", ""),
        concerned=found.organization.code,
    ).pk


def tell(by: Actor, found: Designation, words: Text) -> None:
    """Tell the operator what became of its case."""
    notifications.notify(
        by=by,
        organization=found.organization.code,
        roles=(Role.OPERATOR,),
        kind="operation.designation",
        text=Text(f"授权运营 {found.number}：{words.zh}", f"Operation {found.number}: {words.en}"),
        link=f"/console/operation/{found.number}/",
    )


def office_name(office: str) -> str:
    """An office in the city's own words."""
    return rules.active().office_name(str(office)).zh
