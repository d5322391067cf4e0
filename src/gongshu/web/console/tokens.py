"""Access tokens on the pages: one's own under the account, everybody's for who manages people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.identity import token_actions, token_queries
from gongshu.identity.states import Role
from gongshu.identity.tokens import MOST_DAYS, NAME_LENGTH, SCOPE_LABELS, Scope
from gongshu.web.console.forms import PageForm, Words
from gongshu.web.language import language_of
from gongshu.web.parts import page_of, status_tag
from gongshu.web.permissions import actor_of, requires, signed_in

PAGE_SIZE = 20
DEFAULT_DAYS = 90
WRITES = tuple(scope for scope in Scope if scope is not Scope.READ)
REVOKED = Text("令牌已撤销，下一次调用即被拒绝。", "The token is revoked; its next call is refused.")


class TokenForm(PageForm):
    """What a new token is for, what it may do, and until when."""

    words: ClassVar[Words] = {
        "name": (
            Text("名称", "Name"),
            Text("用于哪个程序，便于日后辨认", "which program it is for, so that you know it later"),
        ),
        "valid_until": (
            Text("有效期至", "Valid until"),
            Text(f"含当日，最长 {MOST_DAYS} 天", f"that day included, at most {MOST_DAYS} days"),
        ),
        "scopes": (Text("权限范围", "Scopes"), None),
    }
    name = forms.CharField(max_length=NAME_LENGTH)
    valid_until = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    scopes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("scopes", [(str(scope), SCOPE_LABELS[scope]) for scope in WRITES])
        day = clock.today()
        self.fields["valid_until"].widget.attrs |= {
            "min": day.isoformat(),
            "max": (day + timedelta(days=MOST_DAYS)).isoformat(),
        }


@signed_in
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens, and the form for a new one."""
    return _own_page(request)


def _own_page(request: HttpRequest, form: TokenForm | None = None, status: int = 200) -> HttpResponse:
    page = page_of(request, token_queries.own(actor_of(request)), PAGE_SIZE)
    first = {"valid_until": clock.today() + timedelta(days=DEFAULT_DAYS)}
    chosen = form or TokenForm(initial=first, language=language_of(request))
    ticked = chosen.data.getlist("scopes") if form is not None else []
    context = {
        "page_obj": page,
        "rows": _rows(page),
        "form": chosen,
        "scopes": [(str(scope), SCOPE_LABELS[scope], str(scope) in ticked) for scope in WRITES],
        "read": SCOPE_LABELS[Scope.READ],
    }
    return render(request, "account/tokens.html", context, status=status)


@signed_in
@never_cache
@require_POST
@sensitive_variables("token")
def new(request: HttpRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    spoken = language_of(request)
    form = TokenForm(request.POST, language=spoken)
    if not form.is_valid():
        return _own_page(request, form, 400)
    typed = form.cleaned_data
    try:
        made, token = token_actions.create_token(
            by=actor_of(request), name=typed["name"], scopes=typed["scopes"], valid_until=typed["valid_until"]
        )
    except GongshuError as wrong:
        field = str(wrong.where.get("field", ""))
        form.add_error(field if field in form.fields else None, wrong.say(spoken))
        return _own_page(request, form, wrong.status)
    context = {
        "made": made,
        "token": token,
        "scopes": [SCOPE_LABELS[Scope(scope)] for scope in made.scopes],
        "address": request.build_absolute_uri("/api/v1/token"),
    }
    return render(request, "account/token_made.html", context)


@signed_in
@require_POST
def revoke(request: HttpRequest, token_id: str) -> HttpResponse:
    token_actions.revoke_token(by=actor_of(request), token_id=token_id)
    messages.success(request, REVOKED.say(language_of(request)))
    return HttpResponseRedirect("/account/tokens/")


@requires(Role.DATA_AUTHORITY, Role.SECURITY_ADMIN)
def everybody(request: HttpRequest) -> HttpResponse:
    """The tokens of all people, to end those that should not be."""
    asked = request.GET
    found = token_queries.managed(actor_of(request), text=asked.get("q", "")[:100], live=asked.get("all") != "1")
    page = page_of(request, found, PAGE_SIZE)
    return render(request, "console/tokens.html", {"page_obj": page, "rows": _rows(page), "asked": asked})


@requires(Role.DATA_AUTHORITY, Role.SECURITY_ADMIN)
@require_POST
def revoke_anothers(request: HttpRequest, token_id: str) -> HttpResponse:
    token_actions.revoke_token(by=actor_of(request), token_id=token_id)
    messages.success(request, REVOKED.say(language_of(request)))
    return HttpResponseRedirect("/console/tokens/")


def _rows(page: Any) -> list[dict[str, Any]]:
    rows = []
    for token in page:
        standing, label = token_queries.standing(token)
        known = [Scope(scope) for scope in token.scopes if scope in set(Scope)]
        rows.append(
            {
                "token": token,
                "tag": status_tag(standing, label),
                "live": standing == "active",
                "until": token.valid_until - timedelta(seconds=1),
                "scopes": [SCOPE_LABELS[scope] for scope in known],
            }
        )
    return rows
