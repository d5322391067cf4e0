"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from gongshu import clock, rules
from gongshu.errors import Text
from gongshu.identity import queries as identity
from gongshu.identity.states import ROLE_LABELS
from gongshu.notifications import queries as notices
from gongshu.web.language import language_of, preference
from gongshu.web.permissions import STAFF, actor_of, insider

MOST_SHOWN = 99


def _unread(request: HttpRequest) -> str:
    """How many notices the reader has not read, as the badge shows it; one indexed count, and only where it is shown."""
    count = notices.unread_count(actor_of(request))
    return f"{MOST_SHOWN}+" if count > MOST_SHOWN else str(count or "")


def page(request: HttpRequest) -> dict[str, Any]:
    """Language, reading aids, the city, the active rule pack's notice, who is signed in."""
    actor = SimpleLazyObject(lambda: actor_of(request))
    language = language_of(request)
    return {
        "language": language,
        "html_lang": "zh-CN" if language == "zh" else "en",
        "type_mode": preference(request, "type"),
        "contrast_mode": preference(request, "contrast"),
        "city": Text(settings.HOME.name, settings.HOME.name_en),
        "pack": rules.active(),
        "pack_notice": rules.active().notice(clock.today()),
        "actor": actor,
        "actor_roles": SimpleLazyObject(lambda: [ROLE_LABELS[role] for role in sorted(actor_of(request).roles)]),
        "organizations": SimpleLazyObject(lambda: list(identity.organizations_of(request.user))),  # type: ignore[arg-type]
        "unread_notices": SimpleLazyObject(lambda: _unread(request)),
        "is_staff": SimpleLazyObject(lambda: insider(actor_of(request))),
        "has_business": SimpleLazyObject(lambda: actor_of(request).has(*STAFF)),
        "holds": SimpleLazyObject(lambda: {str(role) for role in actor_of(request).roles}),
        "section": getattr(request.resolver_match, "url_name", "") if request.resolver_match else "",
    }
