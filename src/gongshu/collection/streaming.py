"""Working sensor streams: a listener for each source in this process, and runs from what it spooled."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from django.db import IntegrityError, close_old_connections, transaction

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.collection import inbox, policy, pulling, queries
from gongshu.collection.intake import stream
from gongshu.collection.intake.settings import Stream, load
from gongshu.collection.models import Run, Source
from gongshu.collection.states import Mode, RunStatus, SourceKind, SourceStatus
from gongshu.errors import GongshuError
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger

LOOK = 2.0  # seconds between two looks at whether the source is still wanted

log = logging.getLogger(__name__)
_listening: dict[str, threading.Thread] = {}


def folder(home: Home, source: str) -> Path:
    """Where the messages of a source wait to become runs."""
    return home.inbox / "streams" / source


def keep_listening(*, by: Actor) -> int:
    """Start a listener for each active stream that has none in this process; always 0, for nothing is left to do."""
    found = Source.objects.filter(status=SourceStatus.ACTIVE, kind=SourceKind.MQTT)
    for key in found.order_by("id").values_list("pk", flat=True):
        running = _listening.get(key)
        if running is None or not running.is_alive():
            thread = threading.Thread(target=_thread, args=(by, key), name=f"stream-{key}", daemon=True)
            _listening[key] = thread
            thread.start()
    return 0


def _thread(by: Actor, key: str) -> None:
    try:
        listen(by=by, source=key)
    except GongshuError as error:
        log.warning("stream %s: %s", key, error.code)
    except Exception:
        log.exception("stream %s", key)
    finally:
        close_old_connections()


def listen(*, by: Actor, source: str, wanted: Callable[[], bool] = lambda: True) -> bool:
    """Collect from ``source`` until it is paused, changed or removed, or ``wanted`` says no; False when another process
    does so already. Raises GongshuError.
    """
    home = open_home()
    found = Source.objects.select_related("provider").get(pk=source)
    settings = load(SourceKind(found.kind), found.settings)
    assert isinstance(settings, Stream)  # noqa: S101 - by its kind
    stream.check(home, settings)
    place = folder(home, source)
    watch = _Watch(found, wanted)
    with stream.alone(place) as mine:
        if not mine:
            return False
        stream.listen(
            settings,
            client_of(found, settings),
            pulling.unseal(found).get("password", ""),
            place,
            rolled=lambda: submit(by=by, source=found),
            wanted=watch,
        )
        submit(by=by, source=found)
    return True


def client_of(source: Source, settings: Stream) -> str:
    """The name under which the broker keeps the session."""
    return settings.client or f"gongshu-{source.pk}"


class _Watch:
    """Whether the source is still as it was when listening began; asked of the database once in two seconds."""

    def __init__(self, source: Source, wanted: Callable[[], bool]) -> None:
        self._source, self._wanted = source, wanted
        self._next, self._same = 0.0, True

    def __call__(self) -> bool:
        if clock.monotonic() >= self._next:
            self._next = clock.monotonic() + LOOK
            close_old_connections()
            now = Source.objects.filter(pk=self._source.pk, status=SourceStatus.ACTIVE)
            self._same = now.filter(changed_at=self._source.changed_at).exists()
        return self._same and self._wanted()


def submit(*, by: Actor, source: Source) -> list[Run]:
    """Make a run of every segment that waits. A segment makes one run, whenever its process died."""
    home = open_home()
    waiting = stream.segments(folder(home, source.pk))
    if not waiting:
        return []
    entry = catalog.entry(by, source.resource)
    policy.check_listed(entry.status, entry.title)
    contract = queries.contract_of(source.resource)
    settings = load(SourceKind(source.kind), source.settings)
    assert isinstance(settings, Stream)  # noqa: S101 - by its kind
    made = []
    for segment in waiting:
        digest = hashlib.sha256(f"{source.pk}/{segment.name}".encode()).hexdigest()
        # Named after the segment, so that versions are committed in the order of arrival.
        run_id = f"run_{segment.name.partition('_')[2].partition('.')[0][:16]}{digest[:10].upper()}"
        if not Run.objects.filter(pk=run_id).exists():
            inbox.discard(home, run_id)
            table = stream.table(segment, contract, settings)
            kept = inbox.keep(home, run_id, table.content)
            made.append(_queue(by, source, entry.title, run_id, kept, table))
        segment.unlink()
    return made


def _queue(by: Actor, source: Source, title: str, run_id: str, kept: inbox.Kept, table: stream.Table) -> Run:
    try:
        with transaction.atomic():
            run = Run.objects.create(
                id=run_id,
                resource=source.resource,
                title=title,
                provider=source.provider,
                submitted_by_id=by.person_id or None,
                submitted_at=clock.now(),
                filename=source.name,
                size=kept.size,
                sha256=kept.sha256,
                source=source,
                mode=Mode.UPSERT,
                status=RunStatus.QUEUED,
                receipt={"messages": table.messages, "merged": table.merged},
            )
            ledger.record(
                action="collection.submitted",
                actor=by.ref,
                organization=source.provider.code,
                subject=run_id,
                resource=source.resource,
                details={"source": source.pk, "sha256": kept.sha256, "messages": table.messages},
            )
    except IntegrityError:
        return Run.objects.get(pk=run_id)
    return run
