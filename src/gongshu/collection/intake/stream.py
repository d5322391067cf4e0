"""Sensor streams over MQTT 3.1.1 (OASIS, 2014): nothing is acknowledged before it is on the disk.

QoS 1 with a persistent session: the broker keeps what this client has not acknowledged. Messages are appended to a
spool file, the file is synced, and only then are they acknowledged. A spool file that holds enough rows, or is old
enough, becomes a *segment*, and a segment becomes a run. While too many segments wait nothing more is acknowledged, so
the broker stops sending: back-pressure.
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt

from gongshu import clock, ids
from gongshu.collection.contract import Contract
from gongshu.collection.intake import reach, records
from gongshu.collection.intake.settings import Stream
from gongshu.errors import EnvironmentFault
from gongshu.home import Home
from gongshu.lake.parts import sync_folder

MOST_SEGMENTS = 20
KEEPALIVE = 30
CONNECT_SECONDS = 15
_OPEN, _SUFFIX = "open.jsonl", ".segment"
_AT_ONCE = 500
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


class Spool:
    """The messages of one source on the disk, in the order of their arrival. One process has it at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / _OPEN
        self.rows = _mend(self._path)
        self._file = self._path.open("ab")
        self._began = clock.monotonic() if self.rows else 0.0

    def append(self, lines: Sequence[bytes]) -> None:
        """Keep ``lines`` for good: they are on the disk when this returns. Raises EnvironmentFault."""
        if not self.rows:
            self._began = clock.monotonic()
        try:
            self._file.write(b"".join(line + b"\n" for line in lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self.rows += len(lines)

    @property
    def age(self) -> float:
        """Seconds since the first message of the open file; 0 when there is none."""
        return clock.monotonic() - self._began if self.rows else 0.0

    def roll(self) -> None:
        """Make the open file a segment, and begin another."""
        if not self.rows:
            return
        self._file.close()
        try:
            self._path.rename(self._folder / f"{ids.new_id('seg')}{_SUFFIX}")
            sync_folder(self._folder)
            self._file = self._path.open("ab")
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self.rows = 0

    def close(self) -> None:
        self._file.close()


def segments(folder: Path) -> list[Path]:
    """The segments that wait to become runs, oldest first."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether this process may collect: one does at a time, and the kernel lets go when it dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@dataclass(frozen=True)
class Table:
    """A segment as a file for the pipeline: CSV in UTF-8; how many messages it holds, and how many rows another of the
    same key took the place of.
    """

    content: bytes
    messages: int
    merged: int


def table(segment: Path, contract: Contract, settings: Stream) -> Table:
    """The segment as CSV: of several rows with one key the last; what is no JSON object is a row that will be rejected
    with its text.
    """
    wanted = records.paths(contract, settings.columns)
    places = [place for place, column in enumerate(contract.columns) if column.is_key]
    rows: dict[tuple[object, ...], list[str | None]] = {}
    messages = seen = 0
    with segment.open("rb") as file:
        for line in file:
            message = json.loads(line)
            messages += 1
            for found in _rows(message["payload"], message["topic"], wanted):
                seen += 1
                whole = len(found) == len(contract.columns)
                key = tuple(found[place] for place in places) if places and whole else (seen,)
                rows.pop(key, None)
                rows[key] = found
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in contract.columns])
    writer.writerows(rows.values())
    return Table(out.getvalue().encode(), messages, seen - len(rows))


def _rows(payload: str, topic: str, wanted: Sequence[tuple[str, ...]]) -> Iterator[list[str | None]]:
    try:
        parsed = records.parse(payload)
    except (ValueError, RecursionError):
        parsed = None
    found = parsed if isinstance(parsed, list) else [parsed]
    if not found or not all(isinstance(one, dict) for one in found):
        yield [payload, *[""] * len(wanted)]  # one field too many: rejected, with its text
        return
    for record in found:
        yield records.row({"$topic": topic} | record, wanted)


def check(home: Home, settings: Stream) -> None:
    """Raises GongshuError when the operator did not declare the broker."""
    reach.check_host(home.sources, settings.host, settings.port)


def listen(
    settings: Stream,
    client_id: str,
    password: str,
    folder: Path,
    *,
    rolled: Callable[[], None],
    wanted: Callable[[], bool],
) -> None:
    """Collect until ``wanted`` says no. ``rolled`` is called when segments may wait, and once in a while.

    A broker that is away is tried again for ever; what was spooled becomes runs meanwhile.
    """
    spool = Spool(folder)
    waiting: list[mqtt.MQTTMessage] = []
    client = _client(settings, client_id, password)
    client.on_message = lambda _client, _data, message: waiting.append(message)
    connected, failures, nap = False, 0, threading.Event()
    try:
        rolled()
        while wanted():
            if not connected:
                connected = _connect(client, settings)
                if not connected:
                    waiting.clear()  # not acknowledged: they come again
                    nap.wait(_PAUSES[min(failures, len(_PAUSES) - 1)])
                    failures += 1
            else:
                failures = 0
                connected = _receive(client, waiting)
                if waiting and len(segments(folder)) < MOST_SEGMENTS:
                    _keep(client, spool, waiting)
            if spool.rows >= settings.rows or spool.age >= settings.seconds:
                spool.roll()
            rolled()
    finally:
        spool.close()
        with suppress(ValueError, OSError):
            client.disconnect()


def probe(settings: Stream, client_id: str, password: str) -> int:
    """Connect and subscribe once, with a session of its own; the QoS that the broker grants. Raises EnvironmentFault."""
    client = _client(settings, f"{client_id}-test", password, clean=True)
    granted: list[int] = []
    refused: list[str] = []

    def on_connect(asking: mqtt.Client, _data: object, _flags: object, reason: object, _more: object) -> None:
        if getattr(reason, "is_failure", False):
            refused.append(str(reason))
        else:
            asking.subscribe(settings.topic, qos=1)

    client.on_connect = on_connect  # type: ignore[assignment]
    client.on_subscribe = lambda _c, _d, _mid, codes, _more: granted.extend(code.value for code in codes)
    try:
        client.connect(settings.host, settings.port, KEEPALIVE)
        until = clock.monotonic() + CONNECT_SECONDS
        while not granted and not refused and clock.monotonic() < until:
            if client.loop(timeout=0.2) != mqtt.MQTT_ERR_SUCCESS:
                break
        client.disconnect()
    except (OSError, ValueError) as error:
        raise _away(type(error).__name__) from error
    if not granted or granted[0] > 2:
        raise _away(refused[0] if refused else "subscription refused")
    return granted[0]


def _client(settings: Stream, client_id: str, password: str, *, clean: bool = False) -> mqtt.Client:
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, manual_ack=not clean
    )
    client.connect_timeout = CONNECT_SECONDS
    if settings.user:
        client.username_pw_set(settings.user, password)
    if settings.tls != "off":
        context = ssl.create_default_context()
        if settings.tls == "on":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        client.tls_set_context(context)
    return client


def _connect(client: mqtt.Client, settings: Stream) -> bool:
    def on_connect(asking: mqtt.Client, _data: object, _flags: object, reason: object, _more: object) -> None:
        if not getattr(reason, "is_failure", False):
            asking.subscribe(settings.topic, qos=1)

    client.on_connect = on_connect  # type: ignore[assignment]
    try:
        return client.connect(settings.host, settings.port, KEEPALIVE) == mqtt.MQTT_ERR_SUCCESS
    except (OSError, ValueError):
        return False


def _receive(client: mqtt.Client, waiting: list[mqtt.MQTTMessage]) -> bool:
    """Wait a little for messages, and take what else is there; False when the connection is gone."""
    if client.loop(timeout=0.2) != mqtt.MQTT_ERR_SUCCESS:
        return False
    while 0 < len(waiting) < _AT_ONCE:
        before = len(waiting)
        if client.loop(timeout=0.0) != mqtt.MQTT_ERR_SUCCESS:
            return False
        if len(waiting) == before:
            break
    return True


def _keep(client: mqtt.Client, spool: Spool, waiting: list[mqtt.MQTTMessage]) -> None:
    lines = [
        json.dumps({"topic": one.topic, "payload": one.payload.decode("utf-8", "replace")}, ensure_ascii=False).encode()
        for one in waiting
    ]
    spool.append(lines)
    for one in waiting:
        client.ack(one.mid, one.qos)
    waiting.clear()


def _mend(path: Path) -> int:
    """Cut off a line that was being written when its process died: it was not acknowledged. How many lines are left."""
    if not path.exists():
        return 0
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())
    return content.count(b"\n")


def _away(why: str) -> EnvironmentFault:
    return EnvironmentFault(
        "source.unreachable",
        f"消息服务器无法订阅（{why}）。请核对地址、账号、主题权限和网络后重试。",
        f"The broker gives no subscription ({why}). Check address, account, rights to the topic and network.",
    )


def _unwritable(folder: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        "source.spool",
        f"消息暂存目录无法写入：{folder}（{error.strerror or error}）。未确认的消息由消息服务器保留。",
        f"The spool cannot be written: {folder} ({error.strerror or error}). The broker keeps what is not acknowledged.",
    )
