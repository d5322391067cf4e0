"""An account of one's own for members of the public: to ask for data and follow the answer. Open data need none."""

from __future__ import annotations

from typing import Any, ClassVar

from axes.helpers import get_client_ip_address
from django import forms
from django.contrib.auth import login
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from gongshu import clock, rules
from gongshu.errors import GongshuError, Text
from gongshu.identity import actions
from gongshu.identity.states import PASSWORD_RULE
from gongshu.web.account import safe_next
from gongshu.web.console.forms import PageForm, Words
from gongshu.web.language import language_of
from gongshu.web.parts import cites
from gongshu.web.permissions import actor_of, public

MOST = 20  # accounts from one network address in an hour; ours, not the law's
HOUR = 3600
BACKEND = "django.contrib.auth.backends.ModelBackend"
_PLAIN = {"spellcheck": "false", "autocapitalize": "none"}


class RegistrationForm(PageForm):
    """Who one is here: a name to be addressed by, a name to sign in with, a password; an e-mail address if one likes."""

    words: ClassVar[Words] = {
        "display_name": (
            Text("姓名或单位名称", "Name of the person or body"),
            Text("答复时这样称呼您", "how we address the answer"),
        ),
        "username": (
            Text("用户名", "User name"),
            Text("登录用，字母、数字或 . @ + - _", "letters, digits or . @ + - _"),
        ),
        "password": (Text("密码", "Password"), PASSWORD_RULE),
        "again": (Text("再输一次密码", "Password again"), None),
        "email": (
            Text("电子邮箱", "E-mail"),
            Text("可不填；填写后答复会同时发到邮箱", "optional; with it, answers also come by e-mail"),
        ),
    }
    display_name = forms.CharField(max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    username = forms.CharField(max_length=150, widget=forms.TextInput(attrs=_PLAIN | {"autocomplete": "username"}))
    password = forms.CharField(
        max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    email = forms.EmailField(required=False, max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("password") and typed.get("again") and typed["password"] != typed["again"]:
            said = Text("两次输入的密码不一致。", "The two passwords differ.")
            self.add_error("again", said.say(self.language))
        return typed


@public
@sensitive_post_parameters("password", "again")
def register(request: HttpRequest) -> HttpResponse:
    """Make the account, sign it in, and go on to where the visitor was."""
    language = language_of(request)
    to = safe_next(request, "/requests/")
    if request.user.is_authenticated:
        return HttpResponseRedirect(to)
    if request.method != "POST":
        return _form(request, RegistrationForm(language=language))
    form = RegistrationForm(request.POST, language=language)
    if not form.is_valid():
        return _form(request, form, 400)
    typed = form.cleaned_data
    try:
        _count(request)
        person = actions.register_oneself(
            by=actor_of(request),
            username=typed["username"],
            display_name=typed["display_name"],
            password=typed["password"],
            email=typed["email"],
            language=language,
        )
    except GongshuError as wrong:
        field = str(wrong.where.get("field", ""))
        form.add_error(field if field in form.fields else None, wrong.say(language))
        return _form(request, form, wrong.status)
    login(request, person, backend=BACKEND)
    return HttpResponseRedirect(to)


def _form(request: HttpRequest, form: RegistrationForm, status: int = 200) -> HttpResponse:
    required = rules.active().find("opening.registration_requires", on=clock.today())
    context = {
        "form": form,
        "next": safe_next(request, ""),
        "required": [one.label for one in required.value] if required else [],
        "required_cites": cites(required.citations, language_of(request)) if required else [],
    }
    return render(request, "portal/register.html", context, status=status)


def _count(request: HttpRequest) -> None:
    """One address makes a bounded number of accounts an hour, so that nobody fills the register by machine."""
    key = f"registered:{get_client_ip_address(request)}"
    cache.add(key, 0, HOUR)
    if cache.incr(key) > MOST:
        refused = GongshuError(
            "web.registered_often",
            "该网络地址一小时内注册过多，请稍后再试。",
            "Too many accounts were made from this address within an hour; try later.",
        )
        refused.status = 429
        raise refused
