"""What the tests of sources share: an installation of their own, the smallest city, and databases to read from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import databases
import postgres
from factories import City
from gongshu.crypto import keys
from gongshu.home import Home, open_home


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An installation that may reach the loopback and one folder."""
    (tmp_path / "reach").mkdir()
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GONGSHU_SOURCE_HOSTS", "127.0.0.1")
    monkeypatch.setenv("GONGSHU_SOURCE_FOLDERS", str(tmp_path / "reach"))
    home = open_home()
    for folder in home.folders:
        folder.mkdir(parents=True)
    keys.ensure(home)
    return home


@pytest.fixture
def town(place: Home) -> City:
    return City()


@dataclass
class Remote:
    """A department's database: how Gongshu is told of it, and a way to change it."""

    kind: str
    settings: dict[str, Any]
    secrets: dict[str, str] = field(default_factory=dict)
    connection: Any = None

    def run(self, *statements: str) -> None:
        cursor = self.connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        self.connection.commit()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.cluster() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[int]:
    with databases.mariadb() as port:
        yield port


REMOTES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.heavy),
    pytest.param("mysql", marks=pytest.mark.heavy),
]


@pytest.fixture(params=REMOTES)
def remote(request: pytest.FixtureRequest, place: Home, tmp_path: Path) -> Iterator[Remote]:
    """The same tests against each kind of database; the servers are real ones."""
    if request.param == "sqlite":
        path = tmp_path / "reach" / "bureau.sqlite"
        with sqlite3.connect(path) as connection:
            yield Remote("sql", {"driver": "sqlite", "database": str(path)}, connection=connection)
        connection.close()
    elif request.param == "postgresql":
        import psycopg

        url = request.getfixturevalue("postgres_server")
        with psycopg.connect(url) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            connection.commit()
            port = connection.info.port
            settings = {"host": "127.0.0.1", "port": port, "database": "gongshu", "user": "gongshu", "tls": "off"}
            yield Remote("postgresql", settings, connection=connection)
    else:
        import pymysql

        port = request.getfixturevalue("mariadb_server")
        who = {"host": "127.0.0.1", "port": port, "user": "reader", "database": "city"}
        connection = pymysql.connect(**who, password="reader-secret")
        with connection.cursor() as cursor:
            cursor.execute("SHOW TABLES")
            for (table,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE `{table}`")
        yield Remote("mysql", {**who, "tls": "off"}, {"password": "reader-secret"}, connection)
        connection.close()
