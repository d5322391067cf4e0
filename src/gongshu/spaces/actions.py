"""All writes of data stores: opened, measured out, members named, tables placed; room asked for before a commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.home import open_home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.lake.tables import Table
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.rules import Citation
from gongshu.spaces import policy, queries
from gongshu.spaces.models import Member, Placement, Reservation, Space, TableUse
from gongshu.spaces.policy import Usage
from gongshu.spaces.states import SPACE, WARNINGS, Right, SpaceKind, SpaceStatus

HELD = timedelta(hours=1)  # a commit takes seconds; what a killed process reserved is free again after this


@transaction.atomic
def open_space(
    *,
    by: Actor,
    organization: str,
    name: str,
    kind: SpaceKind,
    quota_bytes: int | None = None,
    quota_rows: int | None = None,
    members_only: bool = False,
) -> Space:
    """Open the store of a department or township with its quota (yongjia-7); its tables are measured at once.

    Raises NotAllowed, NotFound (no such organisation), Conflict (it has one), GongshuError (name, quota).
    """
    policy.check_opener(by, queries.openers())
    name = policy.check_name(name)
    policy.check_quota(quota_bytes, quota_rows)
    unit = identity.organization(organization)
    if unit.office in {Office.PUBLIC, Office.OPERATOR}:
        raise GongshuError(
            "spaces.no_public_body",
            "数据仓只为部门和乡镇（街道）开设。",
            "Stores are opened for departments and townships only.",
            field="organization",
        )
    try:
        with transaction.atomic():
            made = Space.objects.create(
                number=duties.next_number(by=by, prefix="SC"),
                name=name,
                kind=kind,
                organization=unit,
                quota_bytes=quota_bytes,
                quota_rows=quota_rows,
                members_only=members_only,
                opener=identity.holder_of(Office(queries.openers()[0])) if by.person_id == 0 else _unit(by),
                opened_by_id=by.person_id or None,
                opened_at=clock.now(),
            )
    except IntegrityError as error:
        raise Conflict(
            "spaces.exists",
            f"{unit.name}已有数据仓。请在原数据仓上调整额度，或重新开设。",
            f"{unit.say('en')} has a store already; change its quota, or open it again.",
            field="organization",
        ) from error
    for entry in queries.entries(made).filter(data_version__isnull=False):
        _measure(entry)
    _record(by, "store_opened", made, quota=True)
    _tell(by, made, Text(f"已为本单位开设数据仓“{made.name}”。", f"The store “{made.name}” was opened for your unit."))
    _warn(by, made)
    return made


@transaction.atomic
def set_quota(*, by: Actor, number: str, quota_bytes: int | None, quota_rows: int | None, reason: str) -> Space:
    """Measure a store out anew. Below what it holds nothing is lost: it takes no more until there is room."""
    policy.check_opener(by, queries.openers())
    policy.check_quota(quota_bytes, quota_rows)
    reason = policy.check_reason(reason)
    found = _locked(by, number)
    found.quota_bytes, found.quota_rows = quota_bytes, quota_rows
    found.save(update_fields=["quota_bytes", "quota_rows"])
    _record(by, "quota_set", found, quota=True, reason=reason)
    _tell(
        by,
        found,
        Text(f"数据仓“{found.name}”的额度已调整：{reason}", f"The quota of the store “{found.name}” changed: {reason}"),
    )
    _warn(by, found)
    return found


@transaction.atomic
def set_members_only(*, by: Actor, number: str, members_only: bool) -> Space:
    """Give the tables of a store to its named members only, or to the unit's roles as elsewhere."""
    found = _locked(by, number)
    _check_names_members(by, found)
    if members_only and not any(
        queries.is_current(one) and one.right == Right.MANAGE for one in queries.members(found)
    ):
        raise Conflict(
            "spaces.no_manager",
            "请先指定至少一名有“管理”权的成员，否则无人可以归集数据。",
            "Name at least one member who manages first, or nobody could collect.",
        )
    if found.members_only != members_only:
        found.members_only = members_only
        found.save(update_fields=["members_only"])
        _record(by, "members_only_set" if members_only else "members_only_lifted", found)
    return found


@transaction.atomic
def change_status(*, by: Actor, number: str, step: str, reason: str) -> Space:
    """Close a store (its tables fall to the store of the unit above, or to none), or open it again."""
    policy.check_opener(by, queries.openers())
    reason = policy.check_reason(reason)
    found = _locked(by, number)
    found.status = SPACE.check(SpaceStatus(found.status), step)
    found.closed_at = clock.now() if found.status == SpaceStatus.CLOSED else None
    found.save(update_fields=["status", "closed_at"])
    word = "store_closed" if found.status == SpaceStatus.CLOSED else "store_reopened"
    _record(by, word, found, reason=reason)
    others = list(Space.objects.select_related("organization").filter(status=SpaceStatus.OPEN))
    held = queries.usages(others)
    for other in others:  # what lay in the one lies in another now
        _warn(by, other, held[other.pk])
    said = Text("关闭", "closed") if word == "store_closed" else Text("重新开设", "opened again")
    _tell(
        by,
        found,
        Text(f"数据仓“{found.name}”已{said.zh}：{reason}", f"The store “{found.name}” was {said.en}: {reason}"),
    )
    return found


@transaction.atomic
def add_member(
    *, by: Actor, number: str, username: str, right: Right, since: date | None = None, until: date | None = None
) -> Member:
    """Name somebody of the unit, or of one below it, with a right and its days ``[since, until)``."""
    found = _locked(by, number)
    _check_names_members(by, found)
    first = since or clock.today()
    policy.check_term(first, until)
    person_id = _person(username)
    policy.check_belongs(_belongs(person_id, found))
    try:
        with transaction.atomic():
            made = Member.objects.create(
                space=found,
                person_id=person_id,
                right=right,
                since=first,
                until=until,
                named_by_id=by.person_id or None,
            )
    except IntegrityError as error:
        raise Conflict(
            "spaces.member_exists",
            "此人已在名单中。请先撤销，再按新的权限指定。",
            "That person is a member already; revoke it, then name them anew.",
            field="username",
        ) from error
    _record(
        by,
        "member_named",
        found,
        person=f"person:{person_id}",
        right=str(right),
        since=first.isoformat(),
        until=until.isoformat() if until else "",
    )
    return made


@transaction.atomic
def end_member(*, by: Actor, number: str, member: int) -> Member:
    """Revoke a member's right, as of this moment."""
    found = _locked(by, number)
    _check_names_members(by, found)
    held = Member.objects.select_for_update().filter(space=found, pk=member, revoked_at__isnull=True).first()
    if held is None:
        raise NotFound("spaces.member_unknown", "名单中没有此人，或已撤销。", "There is no such member any more.")
    held.revoked_at = clock.now()
    held.save(update_fields=["revoked_at"])
    _record(by, "member_revoked", found, person=f"person:{held.person_id}", right=held.right)
    return held


@transaction.atomic
def place(*, by: Actor, number: str, code: str) -> Placement:
    """Keep an entry's table in this store instead of its provider's; the room there must suffice."""
    policy.check_opener(by, queries.openers())
    entry = catalog.entry(by, code)
    measured = _measure(entry)
    found = _locked(by, number)
    if found.status != SpaceStatus.OPEN:
        raise Conflict("spaces.closed", "该数据仓已关闭。", "That store is closed.")
    if queries.space_of(entry) != found:
        held = queries.with_reservations(found)
        held[entry.pk] = (measured.bytes, measured.rows)
        policy.check_room(found.name, _usage(found, held))
    made, _ = Placement.objects.update_or_create(
        entry_id=entry.pk,
        defaults={"space": found, "placed_by_id": by.person_id or None, "placed_at": clock.now()},
    )
    _record(by, "table_placed", found, resource=entry.code)
    _warn(by, found)
    return made


@transaction.atomic
def unplace(*, by: Actor, code: str) -> None:
    """Let an entry's table lie in its provider's store again."""
    policy.check_opener(by, queries.openers())
    entry = catalog.entry(by, code)
    placed = Placement.objects.select_related("space__organization").filter(entry_id=entry.pk).first()
    if placed is None:
        raise NotFound("spaces.not_placed", "该数据表没有另行指定数据仓。", "That table was not placed by name.")
    placed.delete()
    _record(by, "table_returned", placed.space, resource=entry.code)


@transaction.atomic
def reserve(*, by: Actor, code: str, run: str, rows: int) -> Usage | None:
    """Ask for room before ``run`` commits, when its files are written and nobody sees them: None without a store.

    Measures the table as it lies on disk, the new files included. Concurrent runs ask one after the other (the store's row
    is locked), and each sees what the others were given. Raises Conflict ``spaces.full``; :func:`settle` ends it.
    """
    del by  # asking for room is no act of its own: the run that asks is on record
    entry = _entry(code)
    found = queries.space_of(entry)
    if found is None:
        return None
    found = Space.objects.select_for_update(of=("self",)).select_related("organization").get(pk=found.pk)
    size = Table(open_home(), entry.code).weight()
    held = queries.with_reservations(found)
    held[entry.pk] = (size, rows)
    usage = _usage(found, held)
    policy.check_room(found.name, usage)
    Reservation.objects.filter(until__lte=clock.now()).delete()
    Reservation.objects.update_or_create(
        run=run, defaults={"entry_id": entry.pk, "bytes": size, "rows": rows, "until": clock.now() + HELD}
    )
    return usage


@transaction.atomic
def settle(*, by: Actor, code: str, run: str = "") -> None:
    """A run has ended, or the files of a table changed: give its reservation back, measure, warn of a store near full."""
    entry = _entry(code)
    found = queries.space_of(entry)
    if found is not None:
        found = Space.objects.select_for_update(of=("self",)).select_related("organization").get(pk=found.pk)
    _measure(entry)
    if run:
        Reservation.objects.filter(run=run).delete()
    if found is not None:
        _warn(by, found)


def measure_all(*, by: Actor) -> int:
    """Measure every table that holds data, and warn of stores near full; how many were measured. Once a day."""
    codes = list(catalog.every().filter(data_version__isnull=False).values_list("code", flat=True))
    for code in codes:
        settle(by=by, code=code)
    return len(codes)


def _entry(code: str) -> Any:
    found = catalog.every().filter(code=code).first()
    if found is None:
        raise NotFound(
            "catalog.entry_unknown", "没有这个资源代码的目录。", "There is no entry with that resource code."
        )
    return found


def _measure(entry: Any) -> TableUse:
    size = Table(open_home(), entry.code).weight()
    rows = (entry.data_rows or 0) if size else 0  # a view has rows, but no table
    found, _ = TableUse.objects.update_or_create(
        entry_id=entry.pk, defaults={"bytes": size, "rows": rows, "measured_at": clock.now()}
    )
    return found


def _usage(found: Space, held: dict[int, tuple[int, int]]) -> Usage:
    return Usage(
        sum(size for size, _ in held.values()),
        sum(rows for _, rows in held.values()),
        len(held),
        found.quota_bytes,
        found.quota_rows,
    )


def _warn(by: Actor, found: Space, held: Usage | None = None) -> None:
    """Tell the unit and the opener once for each mark that is passed; below it the mark counts anew."""
    usage = held or queries.usage(found)
    mark = next((one for one in WARNINGS if usage.percent >= one), 0)
    if mark == found.warned:
        return
    rising, found.warned = mark > found.warned, mark
    found.save(update_fields=["warned"])
    if not rising:
        return
    _record(by, "filling", found, percent=usage.percent)
    text = Text(
        f"数据仓“{found.name}”已用 {usage.percent}%（{policy.size_text(usage.bytes)}，{usage.rows:,} 行）。"
        "用满后新数据将不能入库，请清理旧版本或申请扩大额度。",
        f"The store “{found.name}” is {usage.percent}% full ({policy.size_text(usage.bytes)}, {usage.rows:,} rows). "
        "When it is full no new data are taken: clear old versions or ask for more room.",
    )
    _tell(by, found, text)
    if found.opener_id != found.organization_id:
        opener = identity.organizations().get(pk=found.opener_id)
        notifications.notify(
            by=by,
            organization=opener.code,
            roles=(Role.DATA_AUTHORITY,),
            kind="spaces.filling",
            text=text,
            link=_link(found),
        )


def _tell(by: Actor, found: Space, text: Text) -> None:
    notifications.notify(
        by=by,
        organization=found.organization.code,
        roles=(Role.PROVIDER, Role.STEWARD),
        kind="spaces.changed",
        text=text,
        link=_link(found),
    )


def _link(found: Space) -> str:
    return f"/console/spaces/{found.number}/"


def _unit(by: Actor) -> Any:
    return identity.organization(by.organization)


def _locked(by: Actor, number: str) -> Space:
    seen = queries.space(by, number)
    return Space.objects.select_for_update(of=("self",)).select_related("organization").get(pk=seen.pk)


def _check_names_members(by: Actor, found: Space) -> None:
    policy.check_names_members(opener=queries.can_open(by), manages=queries.right_of(by, found) is Right.MANAGE)


def _person(username: str) -> int:
    try:
        return identity.actor_by_username(username.strip()).person_id
    except NotFound as error:
        raise NotFound(
            "spaces.person_unknown", "没有这个用户名。", "There is no such user name.", field="username"
        ) from error


def _belongs(person_id: int, found: Space) -> bool:
    person = identity.person(person_id)
    return any(found.organization.code in identity.line_of(unit) for unit in identity.organizations_of(person))


def _record(by: Actor, act: str, found: Space, *, resource: str = "", quota: bool = False, **details: Any) -> None:
    cited: Sequence[Citation] = queries.citations()
    if quota:
        details |= {"quota_bytes": found.quota_bytes or 0, "quota_rows": found.quota_rows or 0}
    ledger.record(
        action=f"spaces.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=resource,
        cites=[one.label("zh") for one in cited],
        details={"unit": found.organization.code, **details},
    )
