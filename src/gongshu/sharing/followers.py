"""Who depends on an entry of the catalog, and is told when it changes or goes (西安12: changes are made known).

Those are the bodies that hold a grant in force and those whose application is under way.
"""

from __future__ import annotations

from gongshu.catalog.hooks import EntryChange, Happened
from gongshu.errors import Text
from gongshu.grants import queries as grants
from gongshu.grants.states import GrantKind
from gongshu.identity.states import Role
from gongshu.notifications import actions as notifications
from gongshu.sharing.models import Application, Dispute
from gongshu.sharing.states import DISPUTE_LIVE, ApplicationStatus

_UNDER_WAY = (ApplicationStatus.PENDING, ApplicationStatus.RETURNED)


def dependents(code: str) -> list[str]:
    """The codes of the organisations that depend on an entry, sorted; the public is not one of them."""
    holders = grants.in_force(resource=code).exclude(kind=GrantKind.PUBLIC).values_list("organization", flat=True)
    applicants = Application.objects.filter(entry__code=code, status__in=[str(s) for s in _UNDER_WAY])
    talking = Dispute.objects.filter(entry__code=code, status__in=[str(s) for s in DISPUTE_LIVE])
    return sorted(
        {
            *holders,
            *applicants.values_list("organization__code", flat=True),
            *talking.values_list("organization__code", flat=True),
        }
    )


def follow_entry(change: EntryChange) -> None:
    """Tell those who depend on an entry that it was withdrawn or has a new version (wired in ``gongshu.wiring``)."""
    text = _words(change)
    if text is None:
        return
    for organization in dependents(change.code):
        notifications.notify(
            by=change.by,
            organization=organization,
            roles=(Role.CONSUMER, Role.OPERATOR),
            kind=f"catalog.{change.happened}",
            text=text,
            link=f"/console/catalog/{change.replaced_by or change.code}/",
        )


def _words(change: EntryChange) -> Text | None:
    if change.happened is Happened.WITHDRAWN:
        instead = change.replaced_by_title
        return Text(
            f"您正在使用或申请的目录已撤下：{change.title}"
            + (f"，请改用“{instead}”" if instead else "")
            + (f"。原因：{change.remark}" if change.remark else ""),
            f"Withdrawn, and you use or apply for it: {change.title}"
            + (f"; turn to “{instead}”" if instead else "")
            + (f". Reason: {change.remark}" if change.remark else ""),
        )
    if change.happened is Happened.PUBLISHED and change.version > 1:
        return Text(
            f"您正在使用或申请的目录有新版本（第 {change.version} 版）：{change.title}",
            f"New version {change.version} of an entry that you use or apply for: {change.title}",
        )
    return None
