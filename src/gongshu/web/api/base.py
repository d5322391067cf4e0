"""The one interface object: how it writes JSON, and how it says no. Every refusal has the sentences of the pages."""

from __future__ import annotations

import json
import logging
import unicodedata
from typing import Any, ClassVar

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from gongshu import __version__
from gongshu.errors import GongshuError, Text
from gongshu.web.failures import SENTENCES

log = logging.getLogger("gongshu.web.api")

DESCRIPTION = (
    "公开部分无需账号：开放数据目录与数据读取。管理部分用访问令牌（Authorization: Bearer），代表持有人办理目录、归集、共享、"
    "开放、时限、授权和存证。\n\n"
    "Public part, no account: the catalog and rows of open data. Management part, with an access token "
    "(Authorization: Bearer): a program acts as the token's holder. Errors: {error: {code, zh, en, where}}. "
    "Lists take limit and offset and answer total. Writes take an Idempotency-Key."
)
MALFORMED = Text("请求的内容无法识别，请检查 JSON。", "The request cannot be read; check the JSON.")
TOO_LARGE = Text(
    "请求内容过大。数据文件请用归集接口上传。", "The request is too large. Hand data files over to collection."
)
TOO_LONG = Text("有一项内容过长或超出范围。", "One of the values is too long or out of range.")
NO_METHOD = Text("此地址不支持这种方法。", "This address does not take that method.")
UNPRINTABLE = Text("内容含有控制字符，请删除后重试。", "The text holds control characters; remove them.")
_KEPT = frozenset("\n\r\t")
_LONGEST = 20_000  # characters of one text
_DEEPEST = 12
_KINDS: dict[str, Text] = {
    "missing": Text("缺少此项", "is missing"),
    "extra_forbidden": Text("没有此项", "is not known here"),
    "string_too_long": Text("过长", "is too long"),
    "string_too_short": Text("不能为空", "must not be empty"),
    "enum": Text("不在可选值之列", "is not one of the values allowed"),
    "literal_error": Text("不在可选值之列", "is not one of the values allowed"),
    "greater_than_equal": Text("过小", "is too small"),
    "less_than_equal": Text("过大", "is too large"),
    "too_long": Text("项数过多", "has too many parts"),
}


class _Readable(JSONRenderer):
    """Chinese stays Chinese in the answers, for whoever reads them with curl."""

    json_dumps_params: ClassVar[dict[str, Any]] = {"ensure_ascii": False}


class _Careful(Parser):
    """JSON without what no sentence or name holds (NUL, controls), without texts or depths that only harm."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            body = json.loads(request.body, parse_constant=_no_such_number)
        except (ValueError, RecursionError) as error:
            raise GongshuError("api.malformed", *MALFORMED) from error
        _inspect(body, depth=0)
        return body


def _no_such_number(name: str) -> float:
    raise ValueError(name)


def _inspect(value: Any, *, depth: int) -> None:
    if depth > _DEEPEST:
        raise GongshuError("api.malformed", *MALFORMED)
    if isinstance(value, str):
        if len(value) > _LONGEST:
            raise GongshuError("api.too_long", *TOO_LONG)
        if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in _KEPT for sign in value):
            raise GongshuError("api.unprintable", *UNPRINTABLE)
    elif isinstance(value, dict):
        for key, item in value.items():
            _inspect(key, depth=depth + 1)
            _inspect(item, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            _inspect(item, depth=depth + 1)


_REFUSAL: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "zh", "en"],
            "properties": {
                "code": {"type": "string", "description": "稳定的代码 stable code"},
                "zh": {"type": "string"},
                "en": {"type": "string"},
                "where": {"type": "object", "description": "所在之处，不含数据值 the place, never a data value"},
            },
        }
    },
}
_KEY_PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "重复发送同一请求时不再办理，原样答复 the same call again is answered again and does nothing",
}


class _Interface(NinjaAPI):
    """Describes itself with the form of its refusals, and with the key that makes a write repeatable."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        return f"{operation.view_func.__module__.rpartition('.')[2]}_{operation.view_func.__name__}"

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(**kwargs)
        schema.setdefault("components", {}).setdefault("schemas", {})["Refusal"] = _REFUSAL
        answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                operation["responses"]["4XX"] = {"description": "拒绝 refused", "content": answer}
                if method != "get" and operation.get("security"):
                    operation.setdefault("parameters", []).append(_KEY_PARAMETER)
        return schema


api = _Interface(
    renderer=_Readable(),
    parser=_Careful(),
    title="Gongshu 公数",
    version=__version__,
    description=DESCRIPTION,
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)


def refusal(
    request: HttpRequest, status: int, code: str, text: Text, where: dict[str, Any] | None = None
) -> HttpResponse:
    """``{"error": {"code", "zh", "en", "where"}}``; ``where`` only where there is a place to name."""
    error: dict[str, Any] = {"code": code, "zh": text.zh, "en": text.en}
    if where:
        error["where"] = where
    response = api.create_response(request, {"error": error}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="gongshu"'
    return response


@api.exception_handler(GongshuError)
def refused(request: HttpRequest, error: GongshuError) -> HttpResponse:
    """What a policy, an action or a query refuses, in its own words."""
    return refusal(request, error.status, error.code, error.text, error.where)


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A value of the wrong kind: which one, and what is wrong with it; never the value."""
    first = error.errors[0] if error.errors else {}
    place = ".".join(str(part)[:60] for part in first.get("loc", ()))
    kind = _KINDS.get(str(first.get("type", "")), Text("格式不正确", "is not well formed"))
    # A name that the caller made up is not repeated in the sentence.
    named = "" if first.get("type") == "extra_forbidden" else place
    text = (
        Text(f"“{named}”{kind.zh}。", f"“{named}” {kind.en}.") if named else Text(f"{kind.zh}。", f"A field {kind.en}.")
    )
    return refusal(request, 422, "api.invalid", text, {"field": place} if place else None)


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is no JSON; ninja wraps what our parser said about it."""
    if isinstance(error.__cause__, GongshuError):
        return refused(request, error.__cause__)
    return refusal(request, error.status_code, "api.malformed", MALFORMED)


@api.exception_handler(Http404)
def unknown(request: HttpRequest, error: Http404) -> HttpResponse:
    return refusal(request, 404, "web.404", SENTENCES[404])


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return refusal(request, 413, "api.too_large", TOO_LARGE)


@api.exception_handler(DataError)
def too_long(request: HttpRequest, error: DataError) -> HttpResponse:
    """The database has no room for a value that the shapes let through."""
    return refusal(request, 400, "api.too_long", TOO_LONG)


@api.exception_handler(OperationalError)
def busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    log.error("database away: %s", error)
    return refusal(request, 503, "web.503", SENTENCES[503])
