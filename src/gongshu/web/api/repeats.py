"""``Idempotency-Key``: a call that is sent again, because its answer got lost, does nothing again and is answered the same.

The answer is kept in the transaction of the act, so both are there or neither is. A file too large to be held in memory is
the exception: its key is taken first, and given back when the file is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from gongshu import crypto
from gongshu.errors import Conflict, GongshuError
from gongshu.identity import kept_answers
from gongshu.identity.kept_answers import Kept
from gongshu.identity.tokens import Caller

HEADER = "Idempotency-Key"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST = 200


class _Undone(Exception):
    """The act was refused: nothing is kept."""


def answered(request: HttpRequest, caller: Caller, call: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of ``call``, or the one that the same key was given before.

    Raises Conflict where the key was used for another call or where the first call has not ended.
    """
    key = request.headers.get(HEADER, "")
    if not key or request.method in _SAFE:
        return call()
    if len(key) > _LONGEST or not key.isascii() or not key.isprintable():
        raise GongshuError(
            "api.idempotency_key",
            f"Idempotency-Key 须为不超过 {_LONGEST} 个可见的 ASCII 字符。",
            f"An Idempotency-Key has at most {_LONGEST} printable ASCII characters.",
        )
    whole = _length(request) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    fingerprint = _fingerprint(request, whole=whole)
    kept = kept_answers.find(caller.token_id, key)
    if kept is not None:
        return _again(kept, fingerprint)
    answer: list[HttpResponse] = []
    try:
        if not whole:
            return _in_two_steps(caller, key, fingerprint, call)
        with transaction.atomic():
            kept_answers.begin(token_id=caller.token_id, key=key, fingerprint=fingerprint)
            answer.append(call())
            if answer[0].status_code >= 400:
                raise _Undone
            _keep(caller, key, answer[0])
    except _Undone:
        pass
    except IntegrityError as error:  # the same call, at the same moment, was first
        kept = kept_answers.find(caller.token_id, key)
        if kept is None:
            raise
        del error
        return _again(kept, fingerprint)
    return answer[0]


def _in_two_steps(caller: Caller, key: str, fingerprint: str, call: Callable[[], HttpResponse]) -> HttpResponse:
    with transaction.atomic():
        kept_answers.begin(token_id=caller.token_id, key=key, fingerprint=fingerprint)
    try:
        response = call()
    except BaseException:
        kept_answers.drop(token_id=caller.token_id, key=key)
        raise
    if response.status_code >= 400:
        kept_answers.drop(token_id=caller.token_id, key=key)
    else:
        _keep(caller, key, response)
    return response


def _keep(caller: Caller, key: str, response: HttpResponse) -> None:
    headers = {name: response.headers[name] for name in ("ETag", "Location") if name in response.headers}
    kept_answers.complete(
        token_id=caller.token_id,
        key=key,
        status=response.status_code,
        headers=headers,
        body=response.content.decode("utf-8"),
    )


def _again(kept: Kept, fingerprint: str) -> HttpResponse:
    if kept.fingerprint != fingerprint:
        raise Conflict(
            "api.key_used",
            "这个 Idempotency-Key 已用于另一请求。每个请求请用新的键。",
            "This Idempotency-Key was used for another request. Use a new one for each.",
        )
    if kept.status is None:
        raise Conflict(
            "api.in_progress",
            "同一请求正在处理，请稍后查询结果。",
            "The same request is being worked on; look for its result in a moment.",
        )
    response = HttpResponse(kept.body, status=kept.status, content_type="application/json; charset=utf-8")
    for name, value in kept.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _length(request: HttpRequest) -> int:
    text = request.headers.get("Content-Length", "") or "0"
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _fingerprint(request: HttpRequest, *, whole: bool) -> str:
    """Of a whole body its bytes; of a large file its length, for it is read once only."""
    body = request.body if whole else str(_length(request)).encode("ascii")
    line = f"{request.method} {request.get_full_path()} {request.headers.get('If-Match', '')}\n".encode()
    return crypto.provider().digest_sm3(line + body).hex()
