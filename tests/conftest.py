"""Fixtures for all tests. See ``live.py`` for the real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, settings

import live as platform
import prepared
import settings_for_tests
from groups import Groups

# Two busy cores are slow at times; how long an example takes says nothing about whether it is right.
# The same examples in every run: what is red is red for everybody. Who looks for new ones: --hypothesis-profile=search.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("steady"), derandomize=False, max_examples=1000)
settings.load_profile("steady")

live = platform.live  # the fixture


def pytest_configure(config):
    config.pluginmanager.register(Groups())


MIDNIGHT = 24 * 3600
LONG = {"acceptance", "browser", "deploy"}  # folders of tests that take minutes on busy cores


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """No test begins so late in the evening that it would end on the next day.

    Days are those of Shanghai; "today" of the first line and of the last are to be the same.
    """
    left = MIDNIGHT - (time.time() + 8 * 3600) % MIDNIGHT
    long = item.get_closest_marker("heavy") is not None or LONG & set(item.path.parts)
    if left < (300 if long else 20):
        time.sleep(left + 0.5)


@pytest.fixture(autouse=True)
def empty_stores():
    """The stores of the shared installation and the cache are empty after each test: numbers of rows come again."""
    yield
    cache.clear()
    for store in ("lake", "inbox"):
        for left in Path(settings_for_tests.FOLDER, store).iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()


@pytest.fixture
def own_database():
    """On PostgreSQL: a database of this test's own, so that installations do not meet. On SQLite: nothing."""
    shared = os.environ.get("GONGSHU_DATABASE_URL", "")
    if not shared:
        yield ""
        return
    import psycopg

    name = f"cli_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(shared, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(shared)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(shared, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def installed(gongshu, own_database, tmp_path, tmp_path_factory):
    """``installed("xian")`` is the home that ``gongshu("init", "--city", "xian")`` makes, without making it anew."""

    def install(city):
        home = tmp_path / "home"
        if not own_database:
            return prepared.install(tmp_path_factory, home, city=city)
        done = gongshu("init", "--city", city, home=home)
        assert done.returncode == 0, done.stderr
        return home

    return install


@pytest.fixture
def gongshu(tmp_path, own_database):
    """Run the command line as its users do: ``gongshu("init", "--city", "xian", home=folder)``."""

    def run(*arguments, home=None, timeout=120, language="zh", env=None, stdin=None):
        settings = {
            "GONGSHU_HOME": str(home or tmp_path / "home"),
            "GONGSHU_LANG": language,
            "GONGSHU_DATABASE_URL": own_database,
            **(env or {}),
        }
        return subprocess.run(
            [sys.executable, "-m", "gongshu.cli.main", *map(str, arguments)],
            env=platform.environment(**settings),
            cwd=tmp_path,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run
