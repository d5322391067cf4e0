"""Following the control plane: which clients and grants there are, as of now.

A thread watches the feed table (``gongshu.grants.feed``): SQLite by ``PRAGMA data_version`` every 50 ms,
PostgreSQL by LISTEN with a look every 200 ms. Revisions grow in commit order, so "everything above the last
one" misses nothing. When the control database is away the gateway goes on with what it knows for the time of
its lease, and says so.
"""

from __future__ import annotations

import base64
import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import msgspec
import psycopg
from psycopg import sql

from gongshu import clock, crypto
from gongshu.errors import GongshuError
from gongshu.grants import feed
from gongshu.grants.scope import GrantScope
from gongshu.home import Home

log = logging.getLogger("gongshu.gateway")

LEASE_SECONDS = 900.0
SECRET_PURPOSE = "api-client"  # noqa: S105 - what identity wrapped the secrets for
_SELECT = f"SELECT kind, key, revision, body FROM {feed.TABLE} WHERE revision > %s ORDER BY revision"  # noqa: S608
_NEWEST = "SELECT revision FROM grants_feedclock WHERE id = 1"

FeedLine = tuple[str, str, int, str]


class Client(msgspec.Struct, frozen=True):
    """A system that may call, its secret open in memory."""

    client_id: str
    organization: str
    algorithm: str
    secret: bytes
    active: bool


class Known:
    """What is known at a moment.

    Tables are replaced or changed one entry at a time, never seen half changed.
    """

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.grants: dict[str, GrantScope] = {}
        self.revision = 0


class Source(Protocol):
    """One connection to the control database."""

    def newest(self) -> int: ...
    def above(self, revision: int) -> Iterable[FeedLine]: ...
    def changes(self) -> Iterator[bool]:
        """Yields at every look: whether something may have changed. Raises when the database is gone."""

    def close(self) -> None: ...


class SQLiteSource:
    """The embedded control database, opened read-only."""

    def __init__(self, path: Path, stop: threading.Event, every: float = 0.05) -> None:
        self._path, self._stop, self._every = path, stop, every
        self._inode = path.stat().st_ino
        self._db = sqlite3.connect(
            f"{path.as_uri()}?mode=ro", uri=True, timeout=2, isolation_level=None, check_same_thread=False
        )

    def newest(self) -> int:
        row = self._db.execute(_NEWEST).fetchone()
        return int(row[0]) if row else 0

    def above(self, revision: int) -> Iterable[FeedLine]:
        return self._db.execute(_SELECT.replace("%s", "?"), (revision,)).fetchall()

    def changes(self) -> Iterator[bool]:
        seen = None
        while not self._stop.is_set():
            if self._path.stat().st_ino != self._inode:
                raise FileNotFoundError("the control database was replaced")
            version = self._db.execute("PRAGMA data_version").fetchone()[0]
            yield version != seen
            seen = version
            self._stop.wait(self._every)

    def close(self) -> None:
        self._db.close()


class PostgresSource:
    """A PostgreSQL control database; a notification wakes us at once, and we look every 200 ms anyway."""

    def __init__(self, url: str, stop: threading.Event, every: float = 0.2) -> None:
        self._stop, self._every = stop, every
        self._db = psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="gongshu-gateway")
        self._db.execute(sql.SQL("LISTEN {}").format(sql.Identifier(feed.CHANNEL)))

    def newest(self) -> int:
        row = self._db.execute(_NEWEST).fetchone()
        return int(row[0]) if row else 0

    def above(self, revision: int) -> Iterable[FeedLine]:
        rows: list[Any] = self._db.execute(_SELECT, (revision,)).fetchall()
        return [(str(kind), str(key), int(number), str(body)) for kind, key, number, body in rows]

    def changes(self) -> Iterator[bool]:
        while not self._stop.is_set():
            yield True
            for _ in self._db.notifies(timeout=self._every, stop_after=1):
                pass

    def close(self) -> None:
        self._db.close()


class Control:
    """``known`` is what holds now; ``fresh()`` whether it may still be relied on."""

    def __init__(self, home: Home, lease: float = LEASE_SECONDS) -> None:
        self.home = home
        self.lease = lease
        self.known = Known()
        self.problem = ""
        self._heard = float("-inf")
        self._stop = threading.Event()
        self._loaded = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway-control", daemon=True)

    def start(self, wait: float = 5.0) -> bool:
        """Begin to follow; whether the feed was read within ``wait`` seconds."""
        self._thread.start()
        return self._loaded.wait(wait)

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def age(self) -> float:
        """Seconds since the control database last answered; infinite before it ever did."""
        return clock.monotonic() - self._heard

    def fresh(self) -> bool:
        return clock.monotonic() - self._heard < self.lease

    def _open(self) -> Source:
        if self.home.database_url:
            return PostgresSource(self.home.database_url, self._stop)
        return SQLiteSource(self.home.control_database, self._stop)

    def _run(self) -> None:
        pause = 0.05
        while not self._stop.is_set():
            try:
                with closing(self._open()) as source:
                    self._catch_up(source, Known())  # another database may lie there now: take it as it is
                    for changed in source.changes():
                        if changed:
                            self._catch_up(source, self.known)
                        self._heard = clock.monotonic()
                        self._loaded.set()
                        if self.problem:
                            log.info("control plane heard again at revision %d", self.known.revision)
                            self.problem = ""
                        pause = 0.05
            except (sqlite3.Error, psycopg.Error, OSError) as error:
                if not self.problem:
                    log.warning(
                        "control plane away (%s): going on with revision %d", type(error).__name__, self.known.revision
                    )
                self.problem = type(error).__name__
                self._stop.wait(pause)
                pause = min(pause * 2, 1.0)

    def _catch_up(self, source: Source, known: Known) -> None:
        if source.newest() < known.revision:  # restored from a backup: begin anew
            known = Known()
        for kind, key, revision, body in source.above(known.revision):
            self._take(known, kind, key, body)
            known.revision = revision
        self.known = known

    def _take(self, known: Known, kind: str, key: str, body: str) -> None:
        """One line of the feed. What cannot be read is withdrawn: an unreadable grant allows nothing."""
        try:
            if kind == feed.Kind.GRANT:
                known.grants[key] = feed.decode_grant(body)
            elif kind == feed.Kind.CLIENT:
                client = feed.decode_client(body)
                sealed = base64.b64decode(client.secret_wrapped)
                known.clients[key] = Client(
                    client.client_id,
                    client.organization,
                    client.algorithm,
                    crypto.provider(self.home).unwrap(sealed, SECRET_PURPOSE),
                    client.active,
                )
        except (msgspec.MsgspecError, ValueError, GongshuError) as error:
            log.error("feed line %s %s cannot be read (%s)", kind, key, type(error).__name__)
            (known.grants if kind == feed.Kind.GRANT else known.clients).pop(key, None)
