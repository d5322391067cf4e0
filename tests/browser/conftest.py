"""Headless Chromium against the real processes. A console error or a request to another host fails any test."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1366, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 60_000  # ms; how long a page takes on busy cores says nothing about whether it is right

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in Path(item.fspath).parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")  # not longer: its event loop would be in the way of other tests
def chromium():
    if not CHROMIUM:
        pytest.skip("there is no chromium on this machine; `make test` installs it where it is root")
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        # Its loop runs in this thread; the queries of a test that stands beside ``live_server`` have nothing to do with it.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One person's browser. ``page`` is where they are; ``troubles`` is what nobody should ever see."""

    page: Page
    base: str
    expected: set[int] = field(default_factory=set)  # HTTP statuses that this test provokes on purpose
    troubles: list[str] = field(default_factory=list)

    def watch(self):
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _console(self, message):
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.troubles.append(f"console {message.type}: {message.text}")

    def _request(self, request):
        where = urlsplit(request.url)
        if where.scheme in {"http", "https"} and f"{where.scheme}://{where.netloc}" != self.base:
            self.troubles.append(f"request to another host: {request.url}")

    def _response(self, response):
        if response.status >= 400 and response.status not in self.expected:
            self.troubles.append(f"{response.status} {response.url}")

    def go(self, path):
        self.page.goto(self.base + path)
        return self

    def sign_in(self, username, password):
        self.go("/sign-in/")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(password)
        self.page.locator("main").get_by_role("button", name="登录").click()
        expect(self.page).to_have_url(re.compile(r"/console/"))
        self.page.wait_for_load_state("load")  # its scripts are there: the next key may be for them
        return self

    def complaints(self):
        """What axe-core finds on this page, of whatever weight, in short lines."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(found["passes"]) > 10, "axe-core did not look at the page"
        return [
            f"{rule['impact']} {rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"][:3]
        ]

    def sideways(self):
        """By how many pixels the page is wider than the screen."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@contextmanager
def visiting(chromium, base, password):
    """``open_browser`` for the platform at ``base``; what nobody should ever see fails the test at the end."""
    opened = []

    def open_browser(username="", *, screen=DESKTOP, expected=(), **options):
        context = chromium.new_context(viewport=screen, locale="zh-CN", timezone_id="Asia/Shanghai", **options)
        context.set_default_timeout(PATIENCE)
        visitor = Visitor(context.new_page(), base, set(expected))
        visitor.watch()
        opened.append((context, visitor))
        if username:
            visitor.sign_in(username, password)
        return visitor

    yield open_browser
    troubles = [trouble for _, visitor in opened for trouble in visitor.troubles]
    for context, _ in opened:
        context.close()
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def visit(chromium, live):
    """``visit()`` opens a browser of its own; ``visit("zhou")`` one in which Zhou signed in."""
    with visiting(chromium, live.web, live.password) as open_browser:
        yield open_browser
