"""What every write of the catalog does besides writing: lock, history, ledger leaf, notices, duties, hooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gongshu import clock, rules
from gongshu.catalog import codes, hooks
from gongshu.catalog.draft import EntryData, from_canonical
from gongshu.catalog.models import Entry, EntryEvent, EntryVersion, Revision
from gongshu.catalog.rows import data_of
from gongshu.catalog.shape import normal
from gongshu.catalog.states import EntryStatus
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.states import OWED
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

if TYPE_CHECKING:
    from gongshu.duties.models import Duty

UPDATE_DUTY = "catalog.update"


def locked(code: str) -> Entry:
    """The entry for writing. Raises NotFound."""
    entry = (
        Entry.objects.select_for_update(of=("self",))
        .select_related("provider")
        .filter(code=codes.normalise(code))
        .first()
    )
    if entry is None:
        raise NotFound(
            "catalog.entry_unknown", "没有这个资源代码的目录。", "There is no entry with that resource code."
        )
    return entry


def revision_of(entry: Entry) -> Revision | None:
    """The draft beside the published entry, for writing."""
    return Revision.objects.select_for_update(of=("self",)).filter(entry=entry).first()


def compilers_of(entry: Entry) -> list[int]:
    """All who wrote on what is under way."""
    return list(entry.compilers.order_by("pk").values_list("pk", flat=True))


def note_compiler(by: Actor, entry: Entry) -> None:
    if by.person_id:
        entry.compilers.add(by.person_id)


def published_data(entry: Entry) -> EntryData | None:
    """The entry's last published state, or None when it never was in the catalog."""
    if entry.status == EntryStatus.PUBLISHED:
        return data_of(entry)
    last = EntryVersion.objects.filter(entry=entry).order_by("-number").first()
    if last is None:
        return None
    return from_canonical(last.body)


def check_title_free(title: str, exclude: int | None) -> None:
    """No two entries of the city bear one name, spaces and width aside (1272号)."""
    key = normal(title)
    if key and Entry.objects.filter(title_key=key).exclude(pk=exclude).exists():
        raise Conflict(
            "catalog.title_taken",
            "已有同名的信息资源（忽略空格与全半角），请换一个名称或使用已有资源。",
            "A resource of that name exists (spaces and width aside): choose another name, or use the one there is.",
            field="title",
        )


def event(by: Actor, entry: Entry, action: str, remark: str = "", details: Mapping[str, Any] | None = None) -> None:
    """A line of the entry's history."""
    EntryEvent.objects.create(
        entry=entry,
        at=clock.now(),
        action=action,
        person_id=by.person_id or None,
        remark=remark,
        details=dict(details or {}),
        version=entry.version,
    )


def tell(
    by: Actor,
    entry: Entry,
    action: str,
    remark: str = "",
    *,
    details: Mapping[str, Any] | None = None,
    cites: Sequence[str] = (),
    leaf: Mapping[str, str | int | list[str]] | None = None,
) -> None:
    """History and ledger leaf of one act."""
    event(by, entry, action, remark, details)
    ledger.record(
        action=f"catalog.{action}",
        actor=by.ref,
        organization=by.organization,
        subject=entry.code,
        resource=entry.code,
        cites=cites,
        details={
            "title": entry.title,
            "provider": entry.provider.code,
            "share_type": str(entry.share_type),
            "open_type": str(entry.open_type),
            "version": entry.version,
            **(leaf or {}),
        },
    )


def changed(
    by: Actor, entry: Entry, happened: hooks.Happened, *, remark: str = "", replacement: Entry | None = None
) -> None:
    """Tell those who listen that readers see something else now."""
    hooks.tell(
        hooks.EntryChange(
            code=entry.code,
            entry_id=entry.pk,
            title=entry.title,
            provider=entry.provider.code,
            happened=happened,
            version=entry.version,
            by=by,
            remark=remark,
            replaced_by=replacement.code if replacement else "",
            replaced_by_title=replacement.title if replacement else "",
        )
    )


def notify_compiler(by: Actor, entry: Entry, text: Text) -> None:
    notifications.notify(
        by=by,
        organization=entry.provider.code,
        roles=(Role.PROVIDER,),
        kind="catalog.reviewed",
        text=text,
        link=f"/console/catalog/{entry.code}/",
    )


def notify_reviewers(by: Actor, entry: Entry) -> None:
    authority = identity.holder_of(Office.AUTHORITY)
    for organization, role in ((authority.code, Role.DATA_AUTHORITY), (entry.provider.code, Role.PROVIDER)):
        notifications.notify(
            by=by,
            organization=organization,
            roles=(role,),
            kind="catalog.review",
            text=Text(f"待审核目录：{entry.title}", f"Catalog entry to review: {entry.title}"),
            link=f"/console/catalog/{entry.code}/",
        )


def open_update_duty(by: Actor, entry: Entry) -> Duty | None:
    """The unit owes the update within the pack's time (西安12, 永嘉11); None when it owes it already."""
    if owed.of_subject(entry.code).filter(kind=UPDATE_DUTY, status__in=OWED).exists():
        return None
    pack = rules.active()
    found = pack.find("catalog.update_deadline", on=clock.today(), body_kind=entry.provider.body_kind or None)
    if found is None:
        return None
    extension = found.value.extension if found.verified else None
    return duties.open_duty(
        by=by,
        kind=UPDATE_DUTY,
        subject=entry.code,
        title=Text(f"更新目录：{entry.title}", f"Update the entry: {entry.title}"),
        link=f"/console/catalog/{entry.code}/",
        organization=entry.provider.code,
        role=Role.PROVIDER,
        pack=pack,
        citations=[one.as_json() for one in found.citations],
        days=found.value.days,
        words=found.value.words,
        extension=rules.plain(extension) if extension else None,
    )


def close_update_duties(by: Actor, entry: Entry, outcome: str) -> None:
    for duty in owed.of_subject(entry.code).filter(kind=UPDATE_DUTY, status__in=OWED):
        duties.close_duty(by=by, duty_id=duty.pk, outcome=outcome)
