"""Access tokens of people's programs, in pure terms: their scopes, their form, and what a new one needs.

A token is ``<id>.<secret>``: the id is no secret and finds the row, the secret has 256 random bits. Only the SM3 digest of
the whole is stored, so that nobody who reads the table can act with it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gongshu import crypto, ids
from gongshu.errors import GongshuError, NotAllowed, Text
from gongshu.identity.actor import Actor

MOST_DAYS = 365  # longest validity; the platform's own bound
NAME_LENGTH = 100
_LONGEST = 200  # characters of a token; ours are shorter


class Scope(StrEnum):
    """What a program may do with the token, within what its person may do. Reading is in every token."""

    READ = "read"
    CATALOG = "catalog"
    COLLECTION = "collection"
    SHARING = "sharing"
    OPENING = "opening"
    OPERATION = "operation"
    DUTIES = "duties"
    GRANTS = "grants"
    NOTICES = "notices"


SCOPE_LABELS: dict[Scope, Text] = {
    Scope.READ: Text("查看", "Read"),
    Scope.CATALOG: Text("编制和审核目录", "Compile and review the catalog"),
    Scope.COLLECTION: Text("提交数据文件", "Hand over files"),
    Scope.SHARING: Text("共享申请、审批和争议", "Apply, decide and dispute about sharing"),
    Scope.OPENING: Text("提出、审查和申请开放", "Propose, review and request opening"),
    Scope.OPERATION: Text("授权运营：治理需求和收益", "Authorised operation: governance demands and returns"),
    Scope.DUTIES: Text("中止、恢复和延长期限", "Stop, resume and extend time limits"),
    Scope.GRANTS: Text("撤销授权", "Revoke grants"),
    Scope.NOTICES: Text("把通知标为已读", "Mark notices as read"),
}


@dataclass(frozen=True)
class Caller:
    """Whose program calls, and what its token allows."""

    actor: Actor
    token_id: str
    scopes: frozenset[Scope]


class Unauthorized(GongshuError):
    """Nobody is behind the call."""

    status = 401


class Locked(GongshuError):
    """Too many wrong tokens of late."""

    status = 429


def issue() -> tuple[str, str]:
    """A new token: (id, the whole token)."""
    token_id = ids.new_id("token")
    return token_id, f"{token_id}.{secrets.token_urlsafe(32)}"


def id_of(token: str) -> str:
    """The id in ``token``, or nothing where it has not the form of one."""
    token_id, separator, secret = token.partition(".")
    well_formed = separator and secret and len(token) <= _LONGEST and token.isascii() and token_id.startswith("token_")
    return token_id if well_formed else ""


def digest(token: str) -> str:
    """What is stored of a token, in hex."""
    return crypto.provider().digest_sm3(token.encode("ascii")).hex()


def same(stored: str, token: str) -> bool:
    """Whether ``token`` is the stored one, in a time that does not depend on where they differ."""
    return hmac.compare_digest(stored, digest(token))


def check_new(*, name: str, scopes: Collection[str], valid_until: date, today: date) -> None:
    """A token has a name, known scopes and an end within a year."""
    if not name.strip() or len(name) > NAME_LENGTH or any(ord(sign) < 32 for sign in name):
        raise GongshuError(
            "identity.token_name",
            f"请填写令牌名称：不超过 {NAME_LENGTH} 个字符，不含控制符。",
            f"Name the token: at most {NAME_LENGTH} characters, no control signs.",
            field="name",
        )
    unknown = [scope for scope in scopes if scope not in set(Scope)]
    if unknown:
        raise GongshuError(
            "identity.token_scope",
            "没有这种权限范围。可选：" + "、".join(Scope) + "。",
            "There is no such scope. Choose among: " + ", ".join(Scope) + ".",
            field="scopes",
        )
    if not today <= valid_until <= today + timedelta(days=MOST_DAYS):
        raise GongshuError(
            "identity.token_term",
            f"有效期须从今天起，不超过 {MOST_DAYS} 天。",
            f"A token ends today at the earliest and within {MOST_DAYS} days.",
            field="valid_until",
        )


def check_scope(scopes: Collection[Scope], needed: Scope) -> None:
    """The token was made for this kind of act."""
    if needed in scopes:
        return
    label = SCOPE_LABELS[needed]
    raise NotAllowed(
        "identity.token_scope_missing",
        f"该令牌没有“{label.zh}”（{needed}）权限范围。请在“我的账号”中新建含该范围的令牌。",
        f"This token lacks the scope {needed} ({label.en.lower()}). Make one that has it under “My account”.",
        scope=str(needed),
    )


def unauthorized() -> Unauthorized:
    """One sentence for every token that is worth nothing: which of the reasons it is, is not for strangers."""
    return Unauthorized(
        "identity.token_invalid",
        "访问令牌无效：可能有误、已过期、已撤销，或其持有人已停用、不再担任角色。请在“我的账号”中新建令牌。",
        "The access token is not valid: wrong, expired, revoked, or its holder is stopped or holds no role any more. "
        "Make a new one under “My account”.",
    )
