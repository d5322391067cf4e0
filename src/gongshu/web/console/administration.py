"""The three administrations that watch each other: who holds them, what each may do, and what they did (三员分立)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gongshu import clock, rules
from gongshu.errors import Text
from gongshu.identity import queries
from gongshu.identity.states import ADMINISTRATORS, ROLE_LABELS, Role
from gongshu.ledger import queries as ledger
from gongshu.web.language import language_of
from gongshu.web.parts import cites
from gongshu.web.permissions import actor_of, requires

PAGE_SIZE = 50
WORK: dict[Role, tuple[Text, Text]] = {
    Role.SYSTEM_ADMIN: (
        Text(
            "登记和修改机构，管理应用系统的技术设置。",
            "Registers organisations; keeps the technical settings of systems.",
        ),
        Text("不登记人员，不授予角色，不看存证。", "No people, no roles, no ledger."),
    ),
    Role.SECURITY_ADMIN: (
        Text(
            "登记人员，授予和终止角色，停用账号，重置密码。", "Registers people, gives and ends roles, stops accounts."
        ),
        Text("不能给自己授权，不管系统，不看存证。", "No role for oneself, no systems, no ledger."),
    ),
    Role.AUDIT_ADMIN: (
        Text("查阅全部存证，审查另两员的每一项操作。", "Reads the whole ledger, and each act of the other two."),
        Text("不办理任何业务，不改任何设置。", "Decides nothing and changes nothing."),
    ),
}


@requires(Role.DATA_AUTHORITY, Role.AUDITOR, *ADMINISTRATORS)
def administration(request: HttpRequest) -> HttpResponse:
    """Those who audit, and the data authority, also see what the system and the security administrators did."""
    actor = actor_of(request)
    held = queries.administrators()
    sees_acts = actor.has(Role.AUDIT_ADMIN, Role.AUDITOR, Role.DATA_AUTHORITY)
    before = request.GET.get("before", "")
    watched = queries.ever_administrators(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN) if sees_acts else []
    found = (
        ledger.records(
            actors=watched,
            before=int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None,
            limit=PAGE_SIZE + 1,
        )
        if watched
        else []
    )
    law = rules.active().find("security.administrations", on=clock.today())
    people = queries.person_names(record.actor for record in found)
    context = {
        "offices": [
            (ROLE_LABELS[role], WORK[role], [one for one in held if one.role == role]) for role in ADMINISTRATORS
        ],
        "separation": queries.separation(),
        "cites": cites(law.citations, language_of(request)) if law else [],
        "sees_acts": sees_acts,
        "sees_people": not actor.has(Role.AUDIT_ADMIN),
        "records": [(record, people.get(record.actor, record.actor)) for record in found[:PAGE_SIZE]],
        "next": found[PAGE_SIZE - 1].index if len(found) > PAGE_SIZE else None,
    }
    return render(request, "console/administration.html", context)
