"""All writes of tracing: the daily push, a question about a person, a file taken away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction

from gongshu import clock, crypto
from gongshu.errors import Text
from gongshu.home import Home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger
from gongshu.ledger import queries as entries
from gongshu.notifications import actions as notifications
from gongshu.tracing import policy, queries
from gongshu.tracing.models import Digest
from gongshu.tracing.states import TOLD


def push_daily(*, by: Actor) -> int:
    """Push yesterday's log to every organisation that it concerns; how many were. Twice changes nothing (xian-36)."""
    yesterday = clock.today() - timedelta(days=1)
    return sum(push(by=by, organization=code, day=yesterday) is not None for code in _organizations())


@transaction.atomic
def push(*, by: Actor, organization: str, day: date) -> Digest | None:
    """Push one day's log to one organisation: a notice to its people and systems that says how many entries there are,
    their SHA-256, and where the file is. Nothing where the rules push to nobody, nothing happened, or it was pushed."""
    parts = queries.pushed_to(day)
    if not parts or Digest.objects.filter(organization__code=organization, day=day).exists():
        return None
    size = entries.size()
    as_user = queries.CONSUMER in parts
    resources = queries.touched(organization, day) if queries.PROVIDER in parts else []
    digest, number = hashlib.sha256(), 0
    for line in queries.lines(organization, day, size, as_user=as_user, resources=resources):
        digest.update(line.encode())
        number += 1
    if not number:
        return None
    found = Digest.objects.create(
        organization=identity.organization(organization),
        day=day,
        size=size,
        as_user=as_user,
        resources=resources,
        entries=number,
        sha256=digest.hexdigest(),
        pushed_at=clock.now(),
    )
    ledger.record(
        action="ledger.digest_pushed",
        actor=by.ref,
        organization=organization,
        details={"day": day.isoformat(), "entries": number, "sha256": found.sha256},
    )
    notifications.notify(
        by=by,
        organization=organization,
        roles=TOLD,
        kind="ledger.digest",
        text=Text(
            f"{day} 与本单位有关的数据使用日志：{number} 条，SHA-256 {found.sha256}",
            f"Log of {day} that concerns your organisation: {number} entries, SHA-256 {found.sha256}",
        ),
        link=f"/console/ledger/daily/{day.isoformat()}.jsonl",
    )
    return found


@transaction.atomic
def ask_for_person(*, by: Actor, identifier: str, reason: str) -> str:
    """The commitment under which a person is in the log. The question and its reason are recorded, the identifier is
    not (个人信息保护法 article 45; article 51: authority and audit only)."""
    policy.check_ask_for_person(by, reason)
    subject = crypto.commit(identifier)
    ledger.record(
        action="ledger.person_asked",
        actor=by.ref,
        organization=by.organization,
        subject=subject,
        details={"reason": reason},
    )
    return subject


@transaction.atomic
def record_export(*, by: Actor, asked: Mapping[str, str], form: str) -> str:
    """That somebody took the log, or a part of it, away as a file; the id of the entry."""
    return ledger.record(
        action="ledger.exported",
        actor=by.ref,
        organization=by.organization,
        details={"format": form, "asked": {name: value for name, value in asked.items() if value}},
    )


def prune(*, by: Actor, home: Home) -> int:
    """Let go of the entries whose time is over (``ledger.retention_years``), published and recorded; the first index
    that is kept."""
    policy.check_prune(by)
    return ledger.prune(by=by.ref, organization=by.organization, home=home)


def _organizations() -> list[str]:
    return list(identity.organizations().order_by("code").values_list("code", flat=True))
