"""Deny by default: every view says who may call it, and a view that says nothing is refused.

A declaration is about the *kind* of person (anybody, signed in, a role). Whether that person may touch one particular
entry or application is decided in the domain's policies, which the actions and queries ask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from gongshu.errors import NotAllowed
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import ADMINISTRATORS, Role
from gongshu.web import failures

View = TypeVar("View", bound=Callable[..., Any])

STAFF = tuple(role for role in Role if role is not Role.PUBLIC and role not in ADMINISTRATORS)


@dataclass(frozen=True)
class Permission:
    """Who may call a view. ``anybody`` needs no sign-in; otherwise a signed-in person with one of ``roles`` (or any).

    ``token``: a program with an access token; the view asks for it, and no cookie opens it.
    """

    anybody: bool = False
    token: bool = False
    roles: frozenset[Role] = frozenset()


def public(view: View) -> View:
    """Anybody may call it, signed in or not."""
    return _declare(view, Permission(anybody=True))


def signed_in(view: View) -> View:
    """Whoever signed in may call it."""
    return _declare(view, Permission())


def requires(*roles: Role) -> Callable[[View], View]:
    """A signed-in person who holds one of ``roles`` may call it."""
    if not roles:
        raise ValueError("requires() needs at least one role; use @signed_in for everybody with an account")
    return lambda view: _declare(view, Permission(roles=frozenset(roles)))


staff = requires(*STAFF)
"""Who does the business of public data. The three administrators do none: they have pages of their own."""

insiders = requires(*STAFF, *ADMINISTRATORS)
"""Everybody who works in the console."""


def insider(actor: Actor) -> bool:
    """Whether ``actor`` works in the console, as staff or as one of the three administrators."""
    return actor.has(*STAFF, *ADMINISTRATORS)


def _declare(view: View, permission: Permission) -> View:
    if hasattr(view, "permission"):
        raise ValueError(f"{view.__module__}.{view.__qualname__} declares its permission twice")

    @wraps(view)
    def declared(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    declared.permission = permission  # type: ignore[attr-defined]
    return declared  # type: ignore[return-value]


def declare_api(view: Callable[..., Any], *, token: bool) -> None:
    """Declare an address of the interface for programs: open to anybody, or for callers with an access token."""
    view.permission = Permission(anybody=not token, token=token)  # type: ignore[attr-defined]


def permission_of(view: Callable[..., Any]) -> Permission | None:
    """What ``view`` declares; ``None`` means that nobody may call it."""
    return getattr(view, "permission", None)


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, in the organisation chosen for this session; looked up once per request."""
    known: Actor | None = getattr(request, "_gongshu_actor", None)
    if known is None:
        user = getattr(request, "user", None)  # a request refused before authentication has none
        if user is not None and user.is_authenticated:
            known = identity.actor(user, request.session.get("organization", ""))
        else:
            known = Actor.anonymous()
        request._gongshu_actor = known  # type: ignore[attr-defined]
    return known


class PermissionMiddleware:
    """Applies the declarations. It stands after Django's authentication middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        try:
            return self._check(request, permission_of(view))
        except NotAllowed as refused:  # Django hands exceptions of process_view to nobody
            return failures.page(request, refused.status, refused.text, refused.code)

    def _check(self, request: HttpRequest, permission: Permission | None) -> HttpResponse | None:
        if permission is None:
            raise NotAllowed(
                "web.permission_undeclared",
                "该地址没有声明访问权限，平台一律拒绝。请联系平台管理员。",
                "This address declares no permission, so the platform refuses it. Tell the platform's operator.",
            )
        if permission.anybody or permission.token:
            return None
        if not request.user.is_authenticated:
            return self._to_sign_in(request)
        if permission.roles and not actor_of(request).has(*permission.roles):
            raise NotAllowed(
                "web.role_missing",
                "您的账号在本单位没有办理此事的角色。如工作需要，请由数据主管部门授予角色后再试。",
                "Your account holds no role for this. If your work needs it, ask the data authority for the role.",
            )
        return None

    def _to_sign_in(self, request: HttpRequest) -> HttpResponse:
        back = request.get_full_path() if request.method == "GET" else "/console/"
        address = f"{settings.LOGIN_URL}?{urlencode({'next': back})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)
