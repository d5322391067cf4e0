"""Subscribing to changes: which records under a grant were added, changed or removed since a cursor.

Who may read everything (listing, or files) may be told what of it is new. Two versions are compared once for all
subscribers; each of them then sees only what its grant lets through: rows that its condition holds for, before or
after, and only where an item differs that it may read. A cursor is sealed and good for one grant. A version that is no
longer kept cannot be compared with: ``cursor_outdated``, and the subscriber reads the whole again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gongshu import clock, ids
from gongshu.errors import GongshuError
from gongshu.gateway.call import Answer, Call
from gongshu.gateway.errors import Refusal
from gongshu.gateway.handover import only
from gongshu.gateway.interfaces import Interface
from gongshu.grants import scope
from gongshu.grants.scope import GrantScope

if TYPE_CHECKING:
    from gongshu.crypto import Provider
    from gongshu.gateway.core import Gate

log = logging.getLogger("gongshu.gateway")

LARGEST_PAGE = 500  # so that the entry can commit to every record that was told of
LONGEST_WAIT = 60
LOOK_EVERY = 0.25
WAITING_LIMIT = 256  # calls that wait for a new version; beyond it an answer comes at once
KEPT = 6  # comparisons
_SCANNED = 20_000  # differing records that one page looks at


class Cursor(NamedTuple):
    """Told everything up to ``version``, and of what ``until`` changed in it the first ``position`` records."""

    version: int
    until: int
    position: int


class Comparisons:
    """The keys in which two versions differ, one file for each pair of snapshots; readable by this account alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making: dict[Path, asyncio.Task[None]] = {}
        self.waiting = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for torn in folder.glob(".*"):
            torn.unlink(missing_ok=True)

    async def between(self, old: Interface, new: Interface) -> Path:
        path = self._folder / f"{ids_of(old, new)}.sqlite"
        if path.exists():
            return path
        task = self._making.get(path)
        if task is None:
            task = self._making[path] = asyncio.create_task(asyncio.to_thread(self._compare, old, new, path))
            task.add_done_callback(lambda _: self._making.pop(path, None))
        try:
            await asyncio.shield(task)
        except (OSError, sqlite3.Error) as error:
            if not (old.database.exists() and new.database.exists()):  # no longer kept
                raise Refusal("cursor_outdated", "after") from None
            log.error("versions of %s cannot be compared (%s)", new.resource, type(error).__name__)
            raise Refusal("storage_unavailable", retry_after=30) from error
        return path

    def _compare(self, old: Interface, new: Interface, path: Path) -> None:
        old_files = sorted(self._folder.glob("*.sqlite"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for file in old_files[KEPT - 1 :]:
            file.unlink(missing_ok=True)
        work = path.with_name(f".{path.name}.{ids.new_id()[-8:].lower()}")
        os.close(os.open(work, os.O_CREAT | os.O_EXCL, 0o600))
        keys = [_quoted(name) for name in new.keys]
        rest = [_quoted(name) for name in new.items if name not in new.keys]
        using, listed = ", ".join(keys), ", ".join(f"n.{key}" for key in keys)
        differs = " OR ".join(["o._n IS NULL", *(f"n.{name} IS NOT o.{name}" for name in rest)])
        gone = ", ".join(f"o.{key}" for key in keys)
        try:
            with closing(sqlite3.connect(work, isolation_level=None)) as db:
                for pragma in ("journal_mode=OFF", "synchronous=OFF"):
                    db.execute(f"PRAGMA {pragma}")
                for name, interface in (("old", old), ("new", new)):
                    db.execute(f"ATTACH ? AS {name}", (f"{interface.database.as_uri()}?mode=ro&immutable=1",))
                db.execute(f"CREATE TABLE changed (n INTEGER PRIMARY KEY, {using})")
                db.execute(
                    f"INSERT INTO changed ({using}) SELECT {listed} FROM new.serve n LEFT JOIN old.serve o USING ({using}) "  # noqa: S608
                    f"WHERE {differs}"
                )
                db.execute(
                    f"INSERT INTO changed ({using}) SELECT {gone} FROM old.serve o LEFT JOIN new.serve n USING ({using}) "  # noqa: S608
                    "WHERE n._n IS NULL"
                )
            work.replace(path)
        finally:
            work.unlink(missing_ok=True)


def ids_of(old: Interface, new: Interface) -> str:
    return f"{new.folder.parent.name}.{old.folder.name}.{new.folder.name}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def tell(gate: Gate, call: Call) -> Answer:
    """The next changes after the cursor; waits for them up to ``wait`` seconds when there are none yet."""
    client = gate.authenticate(call)
    asked = only(call, {"grant", "purpose", "after", "limit", "wait"})
    grant = gate.held_for(call, client, asked.get("grant", ""), purpose=asked.get("purpose"))
    if not (grant.listing or "batch" in grant.modes):
        raise Refusal("changes_not_granted")
    limit = _whole(asked.get("limit", str(LARGEST_PAGE)), "limit", 1, LARGEST_PAGE)
    wait = _whole(asked.get("wait", "0"), "wait", 0, LONGEST_WAIT)
    interface = gate.interface(call)
    if not interface.keys:
        raise Refusal("changes_not_offered")
    scope.check_items(grant, interface.keys, interface.items, "key")
    cursor = Cursor(interface.version, interface.version, 0)
    if "after" in asked:
        cursor = _read(gate.provider, grant.grant_id, asked["after"])
    gate.count(call, client, grant)
    changes: list[dict[str, Any]] = []
    subjects: list[str] = []
    if "after" in asked and cursor.version == interface.version == cursor.until:
        interface = await _newer(gate, call, interface, wait)
        gate.held_for(
            call, client, grant.grant_id, purpose=asked.get("purpose"), at=clock.timestamp()
        )  # still in force?
    if cursor.until == cursor.version != interface.version:
        cursor = Cursor(cursor.version, interface.version, 0)
    following = cursor
    if cursor.until != cursor.version:
        old, new = _version(gate, call, cursor.version), _version(gate, call, cursor.until)
        path = await gate.comparisons.between(old, new)
        found = await asyncio.to_thread(_page, path, old, new, grant, cursor.position, limit)
        changes, subjects = found.changes, found.subjects
        position = found.position
        following = cursor._replace(position=position) if position is not None else Cursor(new.version, new.version, 0)
    details = gate.details(grant, interface, list(interface.keys))
    details |= {"count": len(changes), "result": "changes", "since": cursor.version}
    if grant.kind != "public":
        details["subjects"] = subjects
    await gate.record(call, "gateway.list", "", details)
    told = {
        "changes": changes,
        "next": _seal(gate.provider, grant.grant_id, following),
        "more": following.until != following.version,
    }
    return gate.reply(call, interface, told)


async def _newer(gate: Gate, call: Call, interface: Interface, wait: int) -> Interface:
    """The interface once it has another version, or as it is after ``wait`` seconds or when the gateway stops."""
    if gate.comparisons.waiting >= WAITING_LIMIT:
        return interface
    gate.comparisons.waiting += 1
    try:
        until = clock.monotonic() + wait
        while clock.monotonic() < until and not gate.stopping:
            await asyncio.sleep(LOOK_EVERY)
            found = gate.interface(call)
            if found.version != interface.version:
                return found
        return gate.interface(call)
    finally:
        gate.comparisons.waiting -= 1


class _Found(NamedTuple):
    changes: list[dict[str, Any]]
    subjects: list[str]
    position: int | None


def _page(path: Path, old: Interface, new: Interface, grant: GrantScope, position: int, limit: int) -> _Found:
    """Up to ``limit`` changes that the grant lets through; ``position`` continues, None at the end. Runs in a thread."""
    changes: list[dict[str, Any]] = []
    subjects: list[str] = []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        rows = db.execute("SELECT * FROM changed WHERE n > ? ORDER BY n LIMIT ?", (position, _SCANNED + 1)).fetchall()
    for number, *values in rows[:_SCANNED]:
        key = dict(zip(new.keys, values, strict=True))
        before, after = old.read(key, grant), new.read(key, grant)
        position = number
        kind = _kind(before, after, grant.items)
        if kind:
            shown = new if after is not None else old
            row = after if after is not None else before
            assert row is not None  # noqa: S101 - there is a change, so there is one of the two
            changes.append({"change": kind, "key": shown.present(row, new.keys, grant)})
            subjects.append(shown.subject(key))
            if len(changes) == limit:
                break
    done = not rows or position == rows[-1][0]
    return _Found(changes, subjects, None if done else position)


def _kind(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, items: Sequence[str]) -> str:
    if after is None:
        return "removed" if before is not None else ""
    if before is None:
        return "added"
    return "changed" if any(before[item] != after[item] for item in items) else ""


def _version(gate: Gate, call: Call, number: int) -> Interface:
    found = gate.interfaces.version(call.resource, number)
    current = gate.interface(call)
    if found is None or found.keys != current.keys or found.items.keys() != current.items.keys():
        raise Refusal("cursor_outdated", "after")
    return found


def _seal(provider: Provider, grant_id: str, cursor: Cursor) -> str:
    plain = ".".join(map(str, cursor)).encode()
    return base64.urlsafe_b64encode(provider.wrap(plain, f"changes/{grant_id}")).rstrip(b"=").decode()


def _read(provider: Provider, grant_id: str, text: str) -> Cursor:
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        version, until, position = provider.unwrap(sealed, f"changes/{grant_id}").split(b".")
        return Cursor(int(version), int(until), int(position))
    except (binascii.Error, ValueError, GongshuError):
        raise Refusal("cursor_invalid", "after") from None


def _whole(text: str, name: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and least <= int(text) <= most):
        raise Refusal("parameter_invalid", name)
    return int(text)
