"""An HTTP interface of a department: page after page of JSON records, with whatever proof it asks for.

Only declared hosts are called, whatever address a page, a cursor or a redirect names (CWE-918); redirects are followed
among them. What may pass (408, 429, 5xx, a broken connection) is asked again, each time after a longer wait or as long
as ``Retry-After`` says (RFC 9110, 10.2.3); anything else is a fault that names the status and no data.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import numpy as np
import pyarrow as pa

from gongshu.collection.contract import Contract
from gongshu.collection.header import Layout
from gongshu.collection.intake import reach, records
from gongshu.collection.intake.settings import Api
from gongshu.collection.reading import Chunk, Detection, Source
from gongshu.crypto import signing
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Reach

TIMEOUT = httpx.Timeout(60.0, connect=15.0)
TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
LARGEST_PAGE = 64 << 20
MOST_PAGES = 100_000
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5


def check(allowed: Reach, url: str) -> None:
    """Raises GongshuError unless ``url`` is http(s), without credentials in it, and its host declared."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise GongshuError(
            "source.url",
            "地址须为 http:// 或 https:// 开头，且不含用户名和密码。",
            "The address begins with http:// or https:// and holds no user name or password.",
            field="url",
        )
    reach.check_host(allowed, parts.hostname, port)


class Rows(Source):
    """The records of one turn, page by page; memory holds one page."""

    def __init__(
        self,
        client: httpx.Client,
        allowed: Reach,
        settings: Api,
        secret: str,
        contract: Contract,
        *,
        since: str = "",
        incremental: bool = False,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._allowed, self._settings, self._secret = client, allowed, settings, secret
        self._wanted = records.paths(contract, settings.columns)
        self._since = since if incremental else ""
        self._incremental = incremental
        self._wait = wait
        self.total: int | None = None
        self.count = 0
        self.watermark = since if incremental else ""
        names = tuple(column.name for column in contract.columns)
        super().__init__(Detection("http", "", "", "", 0, "", (), ()), Layout(0, tuple(range(len(names))), names), 0)

    def chunks(self) -> Iterator[Chunk]:
        row = 1
        for found in self.pages():
            if not found:
                continue
            rows = [records.row(record, self._wanted) for record in found]
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            yield Chunk(columns, np.arange(row, row + len(rows), dtype=np.int64), [])
            row += len(rows)
            self.position = self.count
            self.size = max(self.total or 0, self.count)

    def pages(self) -> Iterator[list[Any]]:
        """The records of each page."""
        settings = self._settings
        params = dict(settings.params)
        if settings.size_param:
            params[settings.size_param] = str(settings.size)
        if self._since and settings.since_param:
            params[settings.since_param] = self._since
        url, number, seen = settings.url, settings.first, set[str]()
        for _ in range(MOST_PAGES):
            if settings.paging == "page":
                params[settings.page_param] = str(number)
            elif settings.paging == "offset":
                params[settings.page_param] = str(self.count)
            answer, following = self._ask(url, params)
            found = self._records(answer)
            self.count += len(found)
            self._note(answer, found)
            yield found
            if settings.paging in {"page", "offset"}:
                number += 1
                done = not found or (self.total is not None and self.count >= self.total)
                done = done or bool(settings.size_param and len(found) < settings.size)
            elif settings.paging == "cursor":
                cursor = records.text(records.member(answer, settings.cursor)) or ""
                done, params[settings.page_param] = not cursor, cursor
                following = cursor
            else:
                done = settings.paging == "none" or not following
                url, params = following or url, {}
            if done:
                return
            if settings.paging in {"cursor", "link"}:
                if following in seen:
                    raise _wrong("分页没有尽头（同一页出现两次）", "its paging has no end: the same page came twice")
                seen.add(following)
        raise _wrong("页数过多", "it has too many pages")

    def _records(self, answer: Any) -> list[Any]:
        found = records.member(answer, self._settings.records)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise _wrong("应答中找不到记录列表", "its answer has no list of records where the settings say")
        return found

    def _note(self, answer: Any, found: Sequence[Any]) -> None:
        if self._settings.total:
            said = records.text(records.member(answer, self._settings.total)) or ""
            self.total = int(said) if said.isascii() and said.isdecimal() else None
        if self._incremental and self._settings.watermark:
            marks = (records.text(records.member(one, self._settings.watermark)) for one in found)
            for mark in marks:
                if mark and (not self.watermark or _later(mark, self.watermark)):
                    self.watermark = mark[:200]

    def _ask(self, url: str, params: Mapping[str, str]) -> tuple[Any, str]:
        """The answer's JSON and the address of the next page, if a ``Link`` header names one."""
        for attempt in range(TRIES):
            wait = min(LONGEST_WAIT, FIRST_WAIT * 4**attempt)
            try:
                status, headers, body, where = self._follow(url, params)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if attempt == TRIES - 1:
                    raise _away(type(error).__name__) from error
            else:
                if status == 200:
                    return self._parsed(body), self._next(headers, where)
                if status not in _PASSING or attempt == TRIES - 1:
                    raise _away(f"HTTP {status}")
                said = headers.get("retry-after", "")
                wait = min(LONGEST_WAIT, float(said)) if said.isascii() and said.isdecimal() else wait
            self._wait(wait)
        raise AssertionError("the last attempt returns or raises")

    def _follow(self, url: str, params: Mapping[str, str]) -> tuple[int, httpx.Headers, bytes, httpx.URL]:
        """One request, and the redirects it leads to: the first address carries ``params``, the others what they say."""
        target = httpx.URL(url)
        if params and self._settings.method == "GET":
            target = target.copy_merge_params(dict(params))
        content = b""
        if self._settings.method == "POST":
            content = msgspec.json.encode(dict(params))
        origin = target.copy_with(path="/", query=None, fragment=None)
        for _ in range(_MOST_REDIRECTS):
            check(self._allowed, str(target))
            known = target.copy_with(path="/", query=None, fragment=None) == origin
            # Whoever is redirected to is not told the secret.
            proof = self._proof(target, content) if known else {}
            headers = {"Accept": "application/json", **self._settings.headers, **proof}
            request = self._client.build_request(
                self._settings.method, target, content=content or None, headers=headers
            )
            if content:
                request.headers["Content-Type"] = "application/json"
            answer = self._client.send(request, stream=True, follow_redirects=False)
            try:
                body = self._read(answer)
            finally:
                answer.close()
            if answer.status_code in _REDIRECTS and "location" in answer.headers:
                target = target.join(answer.headers["location"])
                continue
            return answer.status_code, answer.headers, body, target
        raise _wrong("重定向过多", "it redirects too often")

    def _read(self, answer: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > LARGEST_PAGE:
                raise _wrong("单页应答过大", "one page of it is too large")
            parts.append(part)
        return b"".join(parts)

    def _proof(self, target: httpx.URL, content: bytes) -> dict[str, str]:
        """The headers that say who asks."""
        settings, secret = self._settings, self._secret
        if settings.auth == "basic":
            return {"Authorization": "Basic " + base64.b64encode(f"{settings.user}:{secret}".encode()).decode()}
        if settings.auth == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        if settings.auth == "header":
            return {settings.auth_header: secret}
        if settings.auth in {"HMAC-SM3", "HMAC-SHA256"}:
            return signing.sign(
                algorithm=settings.auth,
                method=settings.method,
                path=target.raw_path.decode("ascii"),
                body=content,
                client_id=settings.user,
                secret=secret.encode(),
            )
        return {}

    def _parsed(self, body: bytes) -> Any:
        try:
            return records.parse(body)
        except (ValueError, RecursionError) as error:
            raise _wrong("应答不是 JSON", "its answer is not JSON") from error

    def _next(self, headers: httpx.Headers, where: httpx.URL) -> str:
        found = httpx.Response(200, headers=headers).links.get("next", {}).get("url", "")
        return str(where.join(found)) if found else ""

    def provenance(self) -> dict[str, str | int]:
        counted: dict[str, str | int] = {"watermark": self.watermark}
        if self.total is not None:
            counted["source_rows"] = self.total
        return counted


def _later(one: str, other: str) -> bool:
    """Numbers by their value, everything else (moments written alike) by its signs."""
    try:
        return float(one) > float(other)
    except ValueError:
        return one > other


def _away(why: str) -> EnvironmentFault:
    return EnvironmentFault(
        "source.unreachable",
        f"来源接口无法读取（{why}）。请核对地址、认证和网络后重试。",
        f"The source's interface cannot be read ({why}). Check address, authentication and network, then try again.",
    )


def _wrong(zh: str, en: str) -> GongshuError:
    return GongshuError(
        "source.answer",
        f"来源接口的应答不合设置：{zh}。请核对设置。",
        f"The interface does not answer as the settings say: {en}. Check the settings.",
    )
