"""How pages say no: one page for every refusal and fault, in the reader's language, with the stable code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from gongshu.errors import GongshuError, Text
from gongshu.web.language import language_of

log = logging.getLogger("gongshu.web")

TITLES: dict[int, Text] = {
    400: Text("请求有误", "The request is not right"),
    403: Text("无权访问", "Not allowed"),
    404: Text("没有找到", "Not found"),
    409: Text("状态已经改变", "Something changed meanwhile"),
    429: Text("请求过于频繁", "Too many requests"),
    500: Text("平台出现故障", "The platform made a mistake"),
    503: Text("服务暂不可用", "Temporarily unavailable"),
}
SENTENCES: dict[int, Text] = {
    400: Text(
        "浏览器发来的内容无法处理，请返回上一页检查后重试。",
        "The browser sent something we cannot use. Go back, check, and try again.",
    ),
    403: Text("您没有权限查看此页面。", "You may not see this page."),
    404: Text(
        "此地址没有页面：可能已下架，也可能地址有误。可以从数据目录重新查找。",
        "There is no page at this address: it was withdrawn, or the address is wrong. Try the catalog.",
    ),
    500: Text(
        "不是您的操作有误。故障已经记入日志，请稍后再试。",
        "It was not your doing. The fault is in our log; please try later.",
    ),
    503: Text("数据库正忙或无法连接，请稍后再试。", "The database is busy or away; please try again shortly."),
}
CSRF = Text(
    "页面停留过久或浏览器未启用 Cookie，提交已被拒绝。请刷新页面后重新提交。",
    "The page was open too long, or cookies are off, so the form was refused. Reload the page and send it again.",
)


def page(request: HttpRequest, status: int, sentence: Text | None = None, code: str = "") -> HttpResponse:
    """The error page. Programs that ask for JSON get the same sentences as JSON."""
    sentence = sentence or SENTENCES.get(status, SENTENCES[500])
    code = code or f"web.{status}"
    if request.path.startswith("/api/"):
        body = {"error": {"code": code, "zh": sentence.zh, "en": sentence.en}}
        return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    context = {"status": status, "title": TITLES.get(status, TITLES[500]), "sentence": sentence, "code": code}
    return render(request, "errors/page.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404)


def fault(request: HttpRequest) -> HttpResponse:
    """Our own defect. The plain page asks nothing of the database, which may be the culprit."""
    language = language_of(request)
    context = {"language": language, "title": TITLES[500], "sentence": SENTENCES[500], "html_lang": language}
    return render(None, "errors/fault.html", context, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(request, 403, CSRF, "web.csrf")


def _holds_nul(request: HttpRequest) -> bool:
    """A NUL is in no name, number or word, and PostgreSQL takes it for none. Forms judge their own fields."""
    return "\0" in request.path or any("\0" in value for values in request.GET.lists() for value in values[1])


class FailureMiddleware:
    """Turns refusals (``GongshuError``) and an absent database into their page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _holds_nul(request):
            return page(request, 400)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, GongshuError):
            return page(request, exception.status, exception.text, exception.code)
        if isinstance(exception, OperationalError):
            log.error("database away: %s", exception)
            context: dict[str, Any] = {
                "language": language_of(request),
                "title": TITLES[503],
                "sentence": SENTENCES[503],
            }
            return render(None, "errors/fault.html", context, status=503)
        return None
