"""An HTTP interface read page by page: every way of paging and of proving who asks; nothing but declared hosts."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from factories import companies
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import DataType
from gongshu.collection import actions, source_actions
from gongshu.collection.intake import api
from gongshu.collection.models import Source
from gongshu.collection.states import RunStatus
from gongshu.crypto import signing
from gongshu.errors import GongshuError
from gongshu.lake.tables import Table

pytestmark = pytest.mark.django_db

SECRET = "a-very-secret-word"


class Bureau:
    """A department's interface: ``records`` in pages, with troubles on demand."""

    def __init__(self) -> None:
        self.records = [
            {"no": number, "info": {"name": f"站{number}"}, "value": "PLACE", "at": f"2026-11-{1 + number // 10:02d}"}
            for number in range(1, 26)
        ]
        self.size = 10
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.troubles: list[int] = []
        self.where = ""

    def answer(self, method, target, headers, body):
        """(status, headers, JSON text)"""
        self.seen.append((method, target, headers, body))
        if self.troubles:
            return self.troubles.pop(0), {"Retry-After": "0"}, "{}"
        path, given = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if body:
            given = json.loads(body)
        found = [one for one in self.records if one["at"] >= given.get("since", "")]
        if path == "/away":
            return 302, {"Location": given["to"]}, ""
        if path == "/same":
            return 200, {}, self.said({"list": found[:2], "next": "again"})
        if path == "/text":
            return 200, {}, "<html>"
        if path == "/all":
            return 200, {}, self.said(found)
        start = {
            "/pages": lambda: (int(given.get("page", 1)) - 1) * self.size,
            "/offset": lambda: int(given["skip"]),
            "/cursor": lambda: int(given.get("after") or 0),
            "/link": lambda: int(given.get("from", 0)),
        }[path]()
        page, end = found[start : start + self.size], start + self.size
        more = {}
        if path == "/link" and end < len(found):
            more = {"Link": f'<{path}?from={end}>; rel="next", </x>; rel="first"'}
        cursor = str(end) if end < len(found) else ""
        return 200, more, self.said({"data": {"list": page, "count": len(found), "next": cursor}})

    @staticmethod
    def said(value):
        return json.dumps(value, ensure_ascii=False).replace('"PLACE"', "12345678901234567890.10")


@pytest.fixture
def bureau():
    world = Bureau()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, text = world.answer(self.command, self.path, dict(self.headers), body)
            content = text.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    world.where = f"http://127.0.0.1:{server.server_port}"
    yield world
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def entry(town):
    items = (
        ItemData("no", "编号", DataType.I, required=True, is_key=True),
        ItemData("name", "站名"),
        ItemData("value", "读数", DataType.N),
        ItemData("at", "日期", DataType.D),
    )
    return town.published(companies(title="监测站", items=items))


def declare(town, entry, bureau, path, **more) -> Source:
    settings = {"url": bureau.where + path, "records": "data.list", "columns": "name=info.name"} | more.pop(
        "settings", {}
    )
    return source_actions.add(
        by=town.compiler, resource=entry.code, kind="http", name="接口", settings=settings, **more
    )


def turn(town, source):
    run = source_actions.start(by=town.compiler, source=source.pk)
    return actions.work_one(run=run.pk)


PAGING = [
    ("/all", {"records": ""}),
    ("/pages", {"paging": "page", "total": "data.count"}),
    ("/pages", {"paging": "page", "size_param": "limit", "size": "10"}),
    ("/pages", {"paging": "page"}),
    ("/offset", {"paging": "offset", "page_param": "skip", "total": "data.count"}),
    ("/cursor", {"paging": "cursor", "page_param": "after", "cursor": "data.next"}),
    ("/cursor", {"paging": "cursor", "page_param": "after", "cursor": "data.next", "method": "POST"}),
    ("/link", {"paging": "link"}),
]


@pytest.mark.parametrize(("path", "settings"), PAGING)
def test_every_way_of_paging_comes_to_all_records(town, entry, bureau, place, path, settings):
    source = declare(town, entry, bureau, path, settings=settings)
    tried = source_actions.test(by=town.compiler, source=source.pk)
    assert tried["ok"] and tried["found"]["name"] == "info.name", tried
    done = turn(town, source)
    assert (done.status, done.read, done.accepted) == (RunStatus.COMMITTED, 25, 25), done.error
    frame = Table(place, entry.code).read().collect()
    assert sorted(frame["no"].to_list()) == list(range(1, 26))
    assert set(frame["value"].cast(str).to_list()) == {"12345678901234567890.100000000000000000"}, "no digit is lost"
    assert done.reconciliation["matched"]
    assert done.reconciliation["source_rows"] == (25 if "total" in settings else None)


@pytest.mark.parametrize("auth", ["basic", "bearer", "header", "HMAC-SM3", "HMAC-SHA256"])
def test_every_way_of_proving_who_asks(town, entry, bureau, auth):
    source = declare(
        town,
        entry,
        bureau,
        "/link",
        settings={"paging": "link", "auth": auth, "auth_header": "X-Key", "user": "gongshu"},
        secrets={"secret": SECRET},
    )
    assert turn(town, source).status == RunStatus.COMMITTED
    assert len(bureau.seen) == 3
    for method, target, headers, body in bureau.seen:
        if auth == "basic":
            assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == f"gongshu:{SECRET}".encode()
        elif auth == "bearer":
            assert headers["Authorization"] == f"Bearer {SECRET}"
        elif auth == "header":
            assert headers["X-Key"] == SECRET
        else:
            claim = signing.read({name.lower(): value for name, value in headers.items()})
            assert claim.algorithm == auth
            signing.verify(claim, secret=SECRET.encode(), method=method, path=target, body=body)
    source.refresh_from_db()
    assert SECRET not in json.dumps(source.settings)


def test_increments_carry_the_watermark(town, entry, bureau, place):
    settings = {"paging": "page", "watermark": "at", "since_param": "since", "total": "data.count"}
    source = declare(town, entry, bureau, "/pages", mode="incremental", settings=settings)
    assert turn(town, source).accepted == 25
    source.refresh_from_db()
    assert source.watermark == "2026-11-03"
    assert turn(town, source).status == RunStatus.UNCHANGED
    bureau.records[3] |= {"at": "2026-11-09", "info": {"name": "改名"}}
    done = turn(town, source)
    assert (done.status, done.reconciliation["changes"]["updated"]) == (RunStatus.COMMITTED, 1), done.error
    assert "since=2026-11-03" in bureau.seen[-1][1]
    frame = Table(place, entry.code).read().collect()
    assert len(frame) == 25 and "改名" in frame["name"].to_list()


def test_what_passes_is_asked_again_and_what_does_not_is_a_fault(town, entry, bureau, monkeypatch):
    monkeypatch.setattr(api, "FIRST_WAIT", 0.0)
    source = declare(town, entry, bureau, "/all", settings={"records": ""})
    bureau.troubles = [503, 429, 500]
    assert turn(town, source).status == RunStatus.COMMITTED
    assert len(bureau.seen) == 4
    bureau.troubles = [403]
    done = turn(town, source)
    assert (done.status, done.error_code) == (RunStatus.QUEUED, "source.unreachable"), (
        "the machine's fault: again later"
    )
    assert "HTTP 403" in done.error_en


def test_a_count_that_is_not_the_sources_is_shown(town, entry, bureau):
    bureau.size = 25
    settings = {"paging": "none", "total": "data.count"}
    source = declare(town, entry, bureau, "/pages", settings=settings)
    bureau.records = bureau.records * 2
    done = turn(town, source)
    assert done.status == RunStatus.COMMITTED
    assert (done.reconciliation["source_rows"], done.read, done.reconciliation["matched"]) == (50, 25, False)


@pytest.mark.parametrize(
    ("path", "settings", "code"),
    [
        ("/away", {"params": "to=http://169.254.169.254/latest"}, "source.host_undeclared"),
        ("/away", {"params": "to=file:///etc/passwd"}, "source.url"),
        ("/same", {"records": "list", "paging": "cursor", "cursor": "next", "page_param": "after"}, "source.answer"),
        ("/text", {}, "source.answer"),
        ("/all", {"records": "nowhere"}, "source.answer"),
    ],
)
def test_what_leads_astray_is_refused(town, entry, bureau, path, settings, code):
    done = turn(town, declare(town, entry, bureau, path, settings=settings))
    assert (done.status, done.error_code) == (RunStatus.REFUSED, code)


def test_a_redirect_among_declared_hosts_is_followed_without_the_secret(town, entry, bureau, monkeypatch):
    monkeypatch.setenv("GONGSHU_SOURCE_HOSTS", "127.0.0.1,localhost")
    other = bureau.where.replace("127.0.0.1", "localhost") + "/all"
    settings = {"records": "", "params": f"to={other}", "auth": "bearer"}
    done = turn(town, declare(town, entry, bureau, "/away", settings=settings, secrets={"secret": SECRET}))
    assert done.status == RunStatus.COMMITTED, done.error
    first, second = bureau.seen
    assert "Authorization" in first[2] and "Authorization" not in second[2]


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/x", "http://u:p@127.0.0.1/", "//127.0.0.1/", "http://10.0.0.1/", "http://[::1", "x"]
)
def test_addresses_that_are_not_called(town, entry, bureau, url):
    with pytest.raises(GongshuError) as refusal:
        declare(town, entry, bureau, "", settings={"url": url})
    assert refusal.value.code in {"source.url", "source.host_undeclared"}
