"""Chinese first, English beside it; large type and high contrast. All three are cookies, set by ``/preferences``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import translation

COOKIES: Final[dict[str, tuple[str, ...]]] = {
    "lang": ("zh", "en"),
    "type": ("normal", "large"),
    "contrast": ("normal", "high"),
}
YEAR = 365 * 24 * 3600
_DJANGO = {"zh": "zh-hans", "en": "en"}


def cookie_name(preference: str) -> str:
    return f"gongshu_{preference}"


def preference(request: HttpRequest, name: str) -> str:
    """The reader's choice, or the first of the allowed values."""
    allowed = COOKIES[name]
    value = request.COOKIES.get(cookie_name(name), "")
    return value if value in allowed else allowed[0]


def language_of(request: HttpRequest) -> str:
    """``zh`` or ``en``: ``?lang=`` goes before the cookie, Chinese is the default."""
    asked = request.GET.get("lang", "")
    return asked if asked in COOKIES["lang"] else preference(request, "lang")


def is_chosen(request: HttpRequest) -> bool:
    """Whether this browser has chosen a language already."""
    return request.COOKIES.get(cookie_name("lang"), "") in COOKIES["lang"] or "lang" in request.GET


def remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(cookie_name(name), value, max_age=YEAR, samesite="Lax", httponly=True)


class LanguageMiddleware:
    """Activates Django's own sentences (form errors, dates) in the reader's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(_DJANGO[language]):
            response = self.get_response(request)
        if request.GET.get("lang", "") == language:
            remember(response, "lang", language)
        response.headers.setdefault("Content-Language", "zh-CN" if language == "zh" else "en")
        return response
