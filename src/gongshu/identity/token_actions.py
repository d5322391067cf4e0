"""All writes of access tokens: making, revoking, presenting one, and counting those that were wrong."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from gongshu import clock
from gongshu.errors import NotFound
from gongshu.identity import queries, tokens
from gongshu.identity.actor import Actor
from gongshu.identity.models import AccessToken, KeptAnswer, TokenFailure
from gongshu.identity.states import Office, Role
from gongshu.identity.tokens import Caller, Locked, Scope
from gongshu.ledger import actions as ledger

_NOTED_EVERY = timedelta(minutes=1)  # "last used" is as exact as that
_UNKNOWN = "unknown"
KEPT_FOR = timedelta(days=1)  # how long a repeated call gets the answer of the first


@transaction.atomic
def create_token(*, by: Actor, name: str, valid_until: date, scopes: Collection[str] = ()) -> tuple[AccessToken, str]:
    """A token with which a program acts as ``by``, in the organisation where ``by`` acts now: (row, the token).

    The token is shown this once. ``valid_until`` is the last day on which it works; reading is always among the scopes.
    """
    tokens.check_new(name=name, scopes=scopes, valid_until=valid_until, today=clock.today())
    token_id, token = tokens.issue()
    wanted = sorted({str(Scope.READ), *map(str, scopes)})
    made = AccessToken.objects.create(
        token_id=token_id,
        person_id=by.person_id,
        organization=queries.organization(by.organization) if by.roles - {Role.PUBLIC} else None,
        name=name.strip(),
        scopes=wanted,
        digest=tokens.digest(token),
        created_at=clock.now(),
        valid_until=datetime.combine(valid_until + timedelta(days=1), time(), clock.SHANGHAI).astimezone(UTC),
    )
    _record(by, made, "identity.token_created", scopes=wanted, valid_until=valid_until.isoformat())
    return made, token


@transaction.atomic
def revoke_token(*, by: Actor, token_id: str) -> AccessToken:
    """The token is worth nothing from its next call on: one's own, or anybody's for who manages people."""
    found = AccessToken.objects.select_for_update(of=("self",)).select_related("person").filter(token_id=token_id)
    token = found.first()
    if token is None or (token.person_id != by.person_id and not queries.can_manage_people(by)):
        raise NotFound(
            "identity.token_unknown",
            "没有这个访问令牌，或它不属于您。",
            "There is no such access token, or it is not yours.",
        )
    if token.revoked_at is None:
        token.revoked_at, token.revoked_by = clock.now(), by.ref
        token.save(update_fields=["revoked_at", "revoked_by"])
        _record(by, token, "identity.token_revoked")
    return token


def present(*, token: str, address: str) -> Caller:
    """Who calls with ``token`` from the network address ``address``, and with which scopes.

    Raises Unauthorized for a token that is worth nothing, Locked after too many wrong ones from that address: as for
    passwords, so many within so long. A person who is stopped and an organisation where the person holds no role any
    more make it worth nothing at once.
    """
    token_id = tokens.id_of(token)
    found = AccessToken.objects.select_related("person", "organization").filter(token_id=token_id).first()
    # Guesses of tokens that do not exist lock guessing from that address, never a token that is right.
    _check_failures(found.token_id if found else _UNKNOWN, address)
    if found is None or not tokens.same(found.digest, token):
        _note_failure(found.token_id if found else _UNKNOWN, address)
        raise tokens.unauthorized()
    moment = clock.now()
    if found.revoked_at or found.valid_until <= moment or not found.person.is_active:
        raise tokens.unauthorized()
    actor = queries.actor(found.person, found.organization.code if found.organization else "")
    if found.organization is None:
        actor = Actor(
            actor.person_id, actor.username, actor.display_name, "public", "社会公众", Office.PUBLIC,
            frozenset({Role.PUBLIC}),
        )  # fmt: skip
    elif actor.organization != found.organization.code or not actor.roles - {Role.PUBLIC}:
        raise tokens.unauthorized()
    unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=moment - _NOTED_EVERY)
    if found.last_used_at is None or found.last_used_at < moment - _NOTED_EVERY:
        AccessToken.objects.filter(unnoted, pk=found.pk).update(last_used_at=moment)
    return Caller(actor, found.token_id, frozenset(Scope(scope) for scope in found.scopes if scope in set(Scope)))


def clear_expired() -> int:
    """Forget wrong tries and kept answers that count no more, and say how many; the worker's daily step."""
    moment = clock.now()
    gone, _ = TokenFailure.objects.filter(last_at__lt=moment - settings.AXES_COOLOFF_TIME).delete()
    kept, _ = KeptAnswer.objects.filter(kept_at__lt=moment - KEPT_FOR).delete()
    return gone + kept


def _check_failures(key: str, address: str) -> None:
    since = clock.now() - settings.AXES_COOLOFF_TIME
    counted = TokenFailure.objects.filter(key=key, address=address, last_at__gte=since)
    if counted.filter(failures__gte=settings.AXES_FAILURE_LIMIT).exists():
        minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
        raise Locked(
            "identity.token_locked",
            f"错误的访问令牌过多，此网络地址已锁定 {minutes} 分钟，请稍后再试。",
            f"Too many wrong access tokens: locked from this address for {minutes} minutes. Try later.",
        )


def _note_failure(key: str, address: str) -> None:
    moment = clock.now()
    stale = TokenFailure.objects.filter(key=key, address=address, last_at__lt=moment - settings.AXES_COOLOFF_TIME)
    stale.update(failures=0)
    TokenFailure.objects.update_or_create(
        key=key,
        address=address,
        defaults={"failures": F("failures") + 1, "last_at": moment},
        create_defaults={"failures": 1, "last_at": moment},
    )


def _record(by: Actor, token: AccessToken, action: str, **details: str | list[str]) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=token.token_id,
        details={"holder": f"person:{token.person_id}", **details},
    )
