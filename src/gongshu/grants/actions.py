"""All writes of grants. Each is one transaction: check → write → feed row for the gateways → ledger leaf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import F

from gongshu import clock, crypto, ids
from gongshu.errors import Conflict, GongshuError, NotFound
from gongshu.grants import feed, policy
from gongshu.grants import scope as scopes
from gongshu.grants.models import FeedClock, FeedRow, Grant
from gongshu.grants.scope import GrantScope
from gongshu.grants.states import GRANT, GrantKind, GrantStatus
from gongshu.identity.actor import Actor
from gongshu.identity.hooks import ClientChange
from gongshu.ledger import actions as ledger

DEFAULT_RATE_PER_MINUTE = 600
DEFAULT_DAILY_QUOTA = 100_000


@transaction.atomic
def create(
    *,
    by: Actor,
    organization: str,
    provider: str,
    resource: str,
    title: str = "",
    items: Sequence[str],
    purpose: str,
    modes: Iterable[str],
    valid_from: date | datetime,
    valid_until: date | datetime,
    masks: Mapping[str, str] | None = None,
    rows: Sequence[Mapping[str, Any]] = (),
    rate_per_minute: int | None = DEFAULT_RATE_PER_MINUTE,
    daily_quota: int | None = DEFAULT_DAILY_QUOTA,
    clients: Sequence[str] = (),
    hours: Sequence[str] = (),
    public: bool = False,
    listing: bool | None = None,
    source: str = "",
    cites: Sequence[str] = (),
) -> Grant:
    """Let ``organization`` read ``items`` of ``resource``; in force at the gateways within a second.

    ``rows`` are conditions ``{"field", "op", "value"}`` as in ``scope.Predicate``. A day as ``valid_from``
    begins at midnight in Shanghai; a day as ``valid_until`` is the last day on which the grant holds.
    ``public`` makes the grant of an open release; ``listing`` (by default: public) allows reading without a
    key. ``hours`` are texts like ``1-5 08:30-18:00`` (Monday to Friday; none: any hour). ``source`` is the id of the
    application or release that decided, ``cites`` the articles. Raises ``GongshuError`` for a scope that is not whole.
    """
    begins, ends = _begin(valid_from), _end(valid_until)
    grant = Grant(
        grant_id=ids.new_id("grant"),
        kind=GrantKind.PUBLIC if public else GrantKind.SHARING,
        organization=organization,
        provider=provider,
        resource=resource,
        title=title,
        items=list(items),
        masks=dict(masks or {}),
        rows=[dict(row) for row in rows],
        purpose=purpose.strip(),
        modes=sorted(set(modes)),
        clients=list(clients),
        hours=list(hours),
        listing=public if listing is None else listing,
        rate_per_minute=rate_per_minute,
        daily_quota=daily_quota,
        valid_from=begins,
        valid_until=ends,
        source=source,
        cites=list(cites),
        status=GrantStatus.ACTIVE,
        created_at=clock.now(),
        created_by=by.ref,
    )
    scope = scope_of(grant)
    policy.check_scope(scope)
    grant.save()
    body = _publish(feed.Kind.GRANT, grant.grant_id, scope)
    ledger.record(
        action="grant.created",
        actor=by.ref,
        organization=by.organization,
        subject=grant.grant_id,
        resource=resource,
        cites=cites,
        details={
            "holder": organization,
            "provider": provider,
            "kind": str(grant.kind),
            "items": list(items),
            "modes": grant.modes,
            "purpose": grant.purpose,
            "row_conditions": len(scope.rows),
            "valid_from": begins.isoformat(),
            "valid_until": ends.isoformat(),
            "source": source,
            "scope_sm3": crypto.provider().digest_sm3(body.encode("utf-8")).hex(),
        },
    )
    return grant


@transaction.atomic
def revoke(*, by: Actor, grant_id: str, reason: str, cites: Sequence[str] = ()) -> Grant:
    """End a grant before its term, saying why. The gateways refuse its next call."""
    grant = _locked(grant_id)
    policy.check_revoke(by, organization=grant.organization, provider=grant.provider)
    if not reason.strip():
        raise GongshuError("grants.reason_missing", "撤销授权须说明理由。", "Say why the grant is revoked.")
    target = GRANT.check(GrantStatus(grant.status), "revoke")
    _end_grant(grant, GrantStatus(target), by=by, reason=reason.strip())
    ledger.record(
        action="grant.revoked",
        actor=by.ref,
        organization=by.organization,
        subject=grant.grant_id,
        resource=grant.resource,
        cites=cites,
        details={"holder": grant.organization, "provider": grant.provider, "reason": grant.end_reason},
    )
    return grant


@transaction.atomic
def limit(
    *,
    by: Actor,
    grant_id: str,
    hours: Sequence[str],
    rate_per_minute: int | None,
    daily_quota: int | None,
) -> Grant:
    """Set how often and at which hours a grant in force may be used; what may be read stays as it was decided."""
    grant = _locked(grant_id)
    policy.check_limit(by, provider=grant.provider)
    if grant.status != GrantStatus.ACTIVE:
        raise Conflict(
            "grants.not_active", "授权已终止，不能再调整限额。", "The grant has ended; it has no limits to set."
        )
    grant.hours = [text.strip() for text in hours if text.strip()]
    grant.rate_per_minute = rate_per_minute
    grant.daily_quota = daily_quota
    scope = scope_of(grant)
    policy.check_scope(scope)
    grant.hours = [scopes.say_hours(span) for span in scope.hours]
    grant.save(update_fields=["hours", "rate_per_minute", "daily_quota"])
    _publish(feed.Kind.GRANT, grant.grant_id, scope)
    ledger.record(
        action="grant.limited",
        actor=by.ref,
        organization=by.organization,
        subject=grant.grant_id,
        resource=grant.resource,
        details={
            "holder": grant.organization,
            "hours": grant.hours,
            "rate_per_minute": rate_per_minute or "none",
            "daily_quota": daily_quota or "none",
        },
    )
    return grant


@transaction.atomic
def note_verification(*, by: Actor, grant_id: str, call: str) -> None:
    """A person asked on a page: the gateway's entry ``call`` names the pages' system, this one names the person."""
    grant = _locked(grant_id)
    policy.check_verify(by, organization=grant.organization)
    ledger.record(
        action="grant.verified",
        actor=by.ref,
        organization=by.organization,
        subject=grant.grant_id,
        resource=grant.resource,
        details={"call": call},
    )


def expire(*, by: Actor | None = None) -> int:
    """Mark the grants whose term is over, and say how many.

    The gateways have refused them since the last second of their term.
    """
    actor = by or Actor.process("clock")
    over = Grant.objects.filter(status=GrantStatus.ACTIVE, valid_until__lte=clock.now()).order_by("pk")
    return sum(_expire_one(grant_id, actor) for grant_id in over.values_list("grant_id", flat=True))


@transaction.atomic
def _expire_one(grant_id: str, by: Actor) -> int:
    grant = _locked(grant_id)
    if grant.status != GrantStatus.ACTIVE or grant.valid_until > clock.now():
        return 0
    target = GRANT.check(GrantStatus(grant.status), "expire")
    _end_grant(grant, GrantStatus(target), by=by, reason="")
    ledger.record(
        action="grant.expired",
        actor=by.ref,
        organization=by.organization,
        subject=grant.grant_id,
        resource=grant.resource,
        details={"holder": grant.organization, "provider": grant.provider},
    )
    return 1


@transaction.atomic
def publish_client(client: ClientChange) -> None:
    """Tell the gateways about a system that changed.

    Identity has written the leaf, in this same transaction.
    """
    _publish(
        feed.Kind.CLIENT,
        client.client_id,
        feed.Client(
            client_id=client.client_id,
            organization=client.organization,
            algorithm=client.algorithm,
            secret_wrapped=client.secret_wrapped,
            active=client.active,
        ),
    )


@transaction.atomic
def republish_all(*, by: Actor, clients: Iterable[ClientChange]) -> int:
    """Say everything again as the tables have it, and how many rows that were.

    For the time after a restore, or when a gateway is doubted.
    """
    said = 0
    for client in clients:
        publish_client(client)
        said += 1
    for grant in Grant.objects.order_by("pk").iterator():
        _publish(feed.Kind.GRANT, grant.grant_id, scope_of(grant))
        said += 1
    ledger.record(action="grant.feed_republished", actor=by.ref, organization=by.organization, details={"rows": said})
    return said


def scope_of(grant: Grant) -> GrantScope:
    """The grant as the data plane knows it. Raises ``GongshuError`` for row conditions that are not such."""
    try:
        hours = [scopes.parse_hours(text) for text in grant.hours]
    except ValueError as error:
        raise GongshuError(
            "grants.hours_invalid",
            "时段的写法是 1-5 08:30-18:00（星期一至星期五），止时须晚于起时。",
            "Hours are written like 1-5 08:30-18:00 (Monday to Friday), and end after they begin.",
        ) from error
    plain = {
        "grant_id": grant.grant_id,
        "organization": grant.organization,
        "resource": grant.resource,
        "title": grant.title,
        "items": grant.items,
        "purpose": grant.purpose,
        "modes": grant.modes,
        "valid_from": int(grant.valid_from.timestamp()),
        "valid_until": int(grant.valid_until.timestamp()),
        "masks": grant.masks,
        "rows": grant.rows,
        "rate_per_minute": grant.rate_per_minute,
        "daily_quota": grant.daily_quota,
        "clients": grant.clients,
        "hours": [msgspec.structs.asdict(span) for span in hours],
        "listing": grant.listing,
        "kind": str(grant.kind),
        "status": str(grant.status),
    }
    try:
        return msgspec.convert(plain, GrantScope)
    except msgspec.ValidationError as error:
        raise GongshuError(
            "grants.scope_invalid",
            "授权内容的格式不正确，请检查数据项、行条件和限额。",
            "The contents of the grant are not well formed; check items, row conditions and limits.",
        ) from error


def _locked(grant_id: str) -> Grant:
    try:
        return Grant.objects.select_for_update().get(grant_id=grant_id)
    except Grant.DoesNotExist:
        raise NotFound(
            "grants.unknown", "没有这项授权，请核对编号。", "There is no such grant; check its number."
        ) from None


def _end_grant(grant: Grant, status: GrantStatus, *, by: Actor, reason: str) -> None:
    grant.status = status
    grant.ended_at = clock.now()
    grant.ended_by = by.ref
    grant.end_reason = reason
    grant.save(update_fields=["status", "ended_at", "ended_by", "end_reason"])
    _publish(feed.Kind.GRANT, grant.grant_id, scope_of(grant))


def _publish(kind: feed.Kind, key: str, body: GrantScope | feed.Client) -> str:
    """Write the feed row. The clock's row stays locked until commit, so revisions are seen in their order."""
    text = feed.encode(body)
    if not FeedClock.objects.filter(pk=1).update(revision=F("revision") + 1):
        FeedClock.objects.bulk_create([FeedClock(pk=1)], ignore_conflicts=True)
        FeedClock.objects.filter(pk=1).update(revision=F("revision") + 1)
    revision = FeedClock.objects.values_list("revision", flat=True).get(pk=1)
    FeedRow.objects.update_or_create(kind=str(kind), key=key, defaults={"revision": revision, "body": text})
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [feed.CHANNEL, str(revision)])
    return text


def _begin(moment: date | datetime) -> datetime:
    if isinstance(moment, datetime):
        return _whole_seconds(moment)
    return datetime.combine(moment, time(), clock.SHANGHAI).astimezone(UTC)


def _end(moment: date | datetime) -> datetime:
    if isinstance(moment, datetime):
        return _whole_seconds(moment)
    return datetime.combine(moment + timedelta(days=1), time(), clock.SHANGHAI).astimezone(UTC)


def _whole_seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("grants need aware datetimes")
    return moment.astimezone(UTC).replace(microsecond=0)
