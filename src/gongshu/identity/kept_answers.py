"""Answers kept for calls that are repeated with the same ``Idempotency-Key``; forgotten after a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gongshu import clock
from gongshu.identity.models import AccessToken, KeptAnswer


@dataclass(frozen=True)
class Kept:
    """``status`` is None while the first call has not ended."""

    fingerprint: str
    status: int | None
    headers: Mapping[str, str]
    body: str


def find(token_id: str, key: str) -> Kept | None:
    row = KeptAnswer.objects.filter(token__token_id=token_id, key=key).first()
    return Kept(row.fingerprint, row.status, row.headers, row.body) if row else None


def begin(*, token_id: str, key: str, fingerprint: str) -> None:
    """Take the key. IntegrityError when another call took it first."""
    token = AccessToken.objects.only("pk").get(token_id=token_id)
    KeptAnswer.objects.create(token=token, key=key, fingerprint=fingerprint, kept_at=clock.now())


def complete(*, token_id: str, key: str, status: int, headers: Mapping[str, str], body: str) -> None:
    """The call ended well: this is its answer from now on."""
    KeptAnswer.objects.filter(token__token_id=token_id, key=key).update(status=status, headers=dict(headers), body=body)


def drop(*, token_id: str, key: str) -> None:
    """The call was refused: the key is free again."""
    KeptAnswer.objects.filter(token__token_id=token_id, key=key).delete()
