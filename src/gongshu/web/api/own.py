"""Who a token stands for: the first call of every new program."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from gongshu import clock, rules
from gongshu.identity.tokens import Scope
from gongshu.web.api.access import caller_of, needs_account
from gongshu.web.api.shapes import Words, words

router = Router(tags=["令牌 Token"])


class Own(Schema):
    person: str
    name: str
    organization: str
    organization_name: Words
    office: str
    roles: list[str]
    token: str
    scopes: list[str]
    pack: str
    notice: Words | None
    today: date


@router.get("", response=Own, auth=needs_account(Scope.READ), summary="令牌持有人 Whom the token stands for")
def own(request: HttpRequest) -> dict[str, Any]:
    caller = caller_of(request)
    pack = rules.active()
    notice = pack.notice(clock.today())
    return {
        "person": caller.actor.username,
        "name": caller.actor.display_name,
        "organization": caller.actor.organization,
        "organization_name": words(caller.actor.where),
        "office": str(caller.actor.office),
        "roles": sorted(str(role) for role in caller.actor.roles),
        "token": caller.token_id,
        "scopes": sorted(str(scope) for scope in caller.scopes),
        "pack": pack.id,
        "notice": words(notice) if notice else None,
        "today": clock.today(),
    }
