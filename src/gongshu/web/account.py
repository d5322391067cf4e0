"""Sign-in, sign-out and reading preferences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from gongshu.errors import GongshuError, Text
from gongshu.identity import actions, directory
from gongshu.identity import queries as identity
from gongshu.identity.states import ROLE_LABELS, Role
from gongshu.notifications import actions as notices_do
from gongshu.notifications import queries as notices
from gongshu.web import language
from gongshu.web.console.people_forms import PasswordForm
from gongshu.web.permissions import actor_of, insider, public, signed_in

NOTICES = 20
WRONG = Text(
    "用户名或密码不正确。请检查大小写后重试；连续输错五次，账号将锁定十五分钟。",
    "The user name or password is not right. Check capitals and try again; after five wrong tries the account is "
    "locked for fifteen minutes.",
)
MISSING = Text("请填写用户名和密码。", "Fill in the user name and the password.")


def safe_next(request: HttpRequest, fallback: str) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if allowed else fallback


def _form(request: HttpRequest, wrong: Text | None = None, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "next": safe_next(request, ""),
        "username": request.POST.get("username", ""),
        "wrong": wrong,
    }
    return render(request, "account/sign_in.html", context, status=status)


@public
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; django-axes counts the wrong tries and answers with :func:`locked` after five."""
    if request.method != "POST":
        return _form(request)
    username, password = request.POST.get("username", "").strip(), request.POST.get("password", "")
    if not (username and password):
        return _form(request, MISSING, 400)
    user = authenticate(request, username=username, password=password)
    if user is None:
        return _form(request, WRONG, 401)
    login(request, user)
    home = "/console/" if insider(actor_of(request)) else "/"
    response = HttpResponseRedirect(safe_next(request, home))
    if not language.is_chosen(request):
        language.remember(response, "lang", user.language)  # type: ignore[attr-defined]
    return response


def locked(request: HttpRequest, *_: Any) -> HttpResponse:
    """Django-axes calls this instead of the page when the account is locked from this address."""
    wait: timedelta = settings.AXES_COOLOFF_TIME
    minutes = int(wait.total_seconds() // 60)
    sentence = Text(
        f"连续输错密码次数过多，该账号在此网络地址上已锁定 {minutes} 分钟。请稍后再试，或联系数据主管部门重置密码。",
        f"Too many wrong passwords: the account is locked from this address for {minutes} minutes. Try later, or ask the "
        "data authority to reset the password.",
    )
    return _form(request, sentence, 429)


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/")


@public
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Remember language, type size or contrast in a cookie and go back to where the reader was."""
    response = HttpResponseRedirect(safe_next(request, "/"))
    for name, allowed in language.COOKIES.items():
        value = request.POST.get(name, "")
        if value in allowed:
            language.remember(response, name, value)
    return response


@signed_in
def own(request: HttpRequest) -> HttpResponse:
    """One's own account: who one is, the roles with their days, password and language."""
    return _own_page(request)


def _own_page(request: HttpRequest, form: PasswordForm | None = None, status: int = 200) -> HttpResponse:
    context = {
        "form": form or PasswordForm(language=language.language_of(request)),
        "roles": [(one, ROLE_LABELS[Role(one.role)]) for one in directory.roles_of(_person(request))],
        "languages": (("zh", "中文"), ("en", "English")),
        "notices": notices.inbox(actor_of(request))[:NOTICES] if not insider(actor_of(request)) else [],
    }
    return render(request, "account/own.html", context, status=status)


@signed_in
@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark all of one's notices as read; for who has no console, in which they are read one by one."""
    notices_do.mark_read(by=actor_of(request))
    return HttpResponseRedirect("/account/#notices")


def _person(request: HttpRequest) -> Any:
    return identity.person(actor_of(request).person_id)


@sensitive_post_parameters("old", "password", "again")
@signed_in
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password. This session goes on, every other one of the person ends."""
    spoken = language.language_of(request)
    form = PasswordForm(request.POST, language=spoken)
    if not form.is_valid():
        return _own_page(request, form, 400)
    try:
        changed = actions.change_password(
            by=actor_of(request), old=form.cleaned_data["old"], new=form.cleaned_data["password"]
        )
    except GongshuError as wrong:
        field = str(wrong.where.get("field", ""))
        form.add_error(field if field in form.fields else None, wrong.say(spoken))
        return _own_page(request, form, wrong.status)
    update_session_auth_hash(request, changed)
    said = Text("密码已修改，其他设备上的登录已退出。", "The password is changed; your sessions elsewhere have ended.")
    messages.success(request, said.say(spoken))
    return HttpResponseRedirect("/account/")


@signed_in
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language that the pages speak to this person, here and after the next sign-in elsewhere."""
    response = HttpResponseRedirect("/account/")
    chosen = request.POST.get("language", "")
    if chosen in language.COOKIES["lang"]:
        actions.choose_language(by=actor_of(request), language=chosen)
        language.remember(response, "lang", chosen)
    return response


@signed_in
@require_POST
def organization(request: HttpRequest) -> HttpResponse:
    """Act for another organisation in which one holds a role; any other choice changes nothing."""
    chosen = request.POST.get("organization", "")
    if identity.organizations_of(request.user).filter(code=chosen).exists():  # type: ignore[arg-type]
        request.session["organization"] = chosen
    return HttpResponseRedirect("/console/")
