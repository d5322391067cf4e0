"""Who calls: every address outside the public part asks for an access token; cookies are never looked at.

A call is: the token's holder is found, the acts that follow are marked as having come by it, an answer that was given to
the same ``Idempotency-Key`` is given again, and then the operation checks its scope and its roles.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from axes.helpers import get_client_ip_address
from django.http import HttpRequest, HttpResponse
from ninja.security import HttpBearer

from gongshu.errors import GongshuError, NotAllowed
from gongshu.identity import token_actions, tokens
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.identity.tokens import Caller, Scope
from gongshu.ledger import origin
from gongshu.web.api import base, repeats
from gongshu.web.permissions import STAFF

View = Callable[..., HttpResponse]


class AccessToken(HttpBearer):
    """What an operation asks of its caller: a token with ``scope``, of somebody with one of ``roles`` (none: anybody)."""

    def __init__(self, scope: Scope, *roles: Role) -> None:
        super().__init__()
        self.scope, self.roles = scope, roles

    def __call__(self, request: HttpRequest) -> Actor:
        caller = caller_of(request)
        tokens.check_scope(caller.scopes, self.scope)
        if self.roles and not caller.actor.has(*self.roles):
            raise NotAllowed(
                "web.role_missing",
                "您的账号在本单位没有办理此事的角色。如工作需要，请由数据主管部门授予角色后再试。",
                "Your account holds no role for this. If your work needs it, ask the data authority for the role.",
            )
        return caller.actor

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        return self(request)


def needs(scope: Scope, *also: Role) -> AccessToken:
    """Somebody who does the business of public data, or has one of the roles ``also``, by a token with ``scope``."""
    return AccessToken(scope, *STAFF, *also)


def needs_account(scope: Scope) -> AccessToken:
    """Anybody with an account, the public included, by a token with ``scope``."""
    return AccessToken(scope)


def caller_of(request: HttpRequest) -> Caller:
    """Whose program calls; the token was checked before the operation began."""
    found: Caller | None = getattr(request, "gongshu_caller", None)
    if found is None:
        raise tokens.unauthorized()
    return found


def actor_of(request: HttpRequest) -> Actor:
    return caller_of(request).actor


def by_token(view: View) -> View:
    """``view`` for callers with an access token; what it does is marked in the ledger as having come by that token."""

    @wraps(view)
    def called(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            caller = token_actions.present(token=_token(request), address=get_client_ip_address(request) or "")
            request.gongshu_caller = caller  # type: ignore[attr-defined]
            with origin.coming_by(f"token:{caller.token_id}"):
                return in_json(repeats.answered(request, caller, lambda: view(request, *args, **kwargs)), request)
        except GongshuError as error:
            return base.refused(request, error)

    return called


def without_token(view: View) -> View:
    """``view`` for anybody; a token that is sent along is not looked at."""

    @wraps(view)
    def called(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_json(view(request, *args, **kwargs), request)

    return called


def in_json(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """A method that an address does not take is refused in the same form as everything else."""
    if response.status_code != 405:
        return response
    refused = base.refusal(request, 405, "api.method", base.NO_METHOD)
    refused["Allow"] = response.headers.get("Allow", "")
    return refused


def _token(request: HttpRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise tokens.Unauthorized(
            "identity.token_missing",
            "请在 Authorization 请求头中给出访问令牌（Bearer）。令牌在“我的账号”中新建。",
            "Send an access token in the Authorization header (Bearer). Make one under “My account”.",
        )
    return token.strip()
