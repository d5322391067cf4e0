"""Working an exchange node: take what is complete, once; say with a receipt what came of it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.collection import inbox, policy, pulling
from gongshu.collection.intake import exchange
from gongshu.collection.intake.exchange import Found, Manifest, Node
from gongshu.collection.intake.settings import Exchange, load
from gongshu.collection.models import Run, Source
from gongshu.collection.states import EXCHANGES, RunStatus, SourceKind, SourceStatus
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger

PATIENCE = timedelta(minutes=10)  # how long a manifest may wait for the rest of its file
MOST_AT_ONCE = 100

log = logging.getLogger(__name__)


def scan(*, by: Actor, source: Source) -> list[Run]:
    """Take every file that is complete and new into the inbox and queue its run; what cannot be taken gets its receipt.

    Raises GongshuError when the node cannot be reached. Nothing is taken twice: a run's id is made of the source, the
    file's name and its manifest.
    """
    home = open_home()
    entry = catalog.entry(by, source.resource)
    policy.check_listed(entry.status, entry.title)
    settings = load(SourceKind(source.kind), source.settings)
    assert isinstance(settings, Exchange)  # noqa: S101 - by its kind
    taken = []
    with exchange.connect(home, settings, pulling.unseal(source)) as node:
        for name, found, content in exchange.manifests(node):
            if len(taken) >= MOST_AT_ONCE:
                break
            run = _take(home, by, source, entry.title, node, name, found, content)
            if run is not None:
                taken.append(run)
    return taken


def _take(
    home: Home, by: Actor, source: Source, title: str, node: Node, name: str, found: Found | None, content: bytes | None
) -> Run | None:
    body = content or b""
    digest = hashlib.sha256(b"\0".join([source.pk.encode(), name.encode(), body])).hexdigest()
    run_id = f"run_{digest[:26].upper()}"
    if Run.objects.filter(pk=run_id).exists():
        return None
    try:
        manifest = exchange.read_manifest(name, body, source.resource)
        if found is None or found.size < manifest.size:
            _wait_or_refuse(node, name, found, manifest)
            return None
        inbox.discard(home, run_id)  # what a killed attempt left
        with node.open(name) as file:
            kept = inbox.keep(home, run_id, file)
        try:
            exchange.check_content(manifest, kept.size, kept.sha256)
            return _queue(by, source, title, run_id, name, kept, manifest)
        except BaseException:
            inbox.discard(home, run_id)
            raise
    except EnvironmentFault:
        raise
    except GongshuError as refusal:
        if refusal.code == "exchange.manifest" and _young(node, name):
            return None  # it may be half there
        node.write(name + exchange.RECEIPT, exchange.receipt(_refused(source, name, refusal)))
        with transaction.atomic():
            _record(by, source, run_id, "exchange_refused", {"reason": refusal.code})
        return None


def _young(node: Node, name: str) -> bool:
    until = clock.now().timestamp() - PATIENCE.total_seconds()
    return any(one.name == name + exchange.MANIFEST and one.modified > until for one in node.files())


def _wait_or_refuse(node: Node, name: str, found: Found | None, manifest: Manifest) -> None:
    if not _young(node, name):
        exchange.check_content(manifest, found.size if found else 0, "")


def _queue(
    by: Actor, source: Source, title: str, run_id: str, name: str, kept: inbox.Kept, manifest: Manifest
) -> Run | None:
    try:
        with transaction.atomic():
            run = Run.objects.create(
                id=run_id,
                resource=source.resource,
                title=title,
                provider=source.provider,
                submitted_by_id=by.person_id or None,
                submitted_at=clock.now(),
                filename=name,
                size=kept.size,
                sha256=kept.sha256,
                source=source,
                mode=source.mode,
                status=RunStatus.QUEUED,
                receipt={"name": name, "rows": manifest.rows},
            )
            _record(by, source, run_id, "submitted", {"sha256": kept.sha256, "size": kept.size})
    except IntegrityError:  # another worker was quicker
        return None
    return run


def write_receipts(*, by: Actor) -> int:
    """Write the receipts of the runs that have ended; how many. A node that does not answer is asked again later."""
    del by
    home, written = open_home(), 0
    due = Run.objects.filter(receipt_due=True).select_related("source", "source__provider")
    by_source: dict[str, list[Run]] = {}
    for run in due.order_by("ended_at", "id")[:MOST_AT_ONCE]:
        by_source.setdefault(str(run.source_id), []).append(run)
    for runs in by_source.values():
        source = runs[0].source
        assert source is not None  # noqa: S101 - only runs of exchange nodes owe a receipt
        if source.status == SourceStatus.REMOVED:
            Run.objects.filter(pk__in=[run.pk for run in runs]).update(receipt_due=False)
            continue
        settings = load(SourceKind(source.kind), source.settings)
        assert isinstance(settings, Exchange)  # noqa: S101 - by its kind
        try:
            with exchange.connect(home, settings, pulling.unseal(source)) as node:
                for run in runs:
                    node.write(run.filename + exchange.RECEIPT, exchange.receipt(receipt_of(run)))
                    Run.objects.filter(pk=run.pk).update(receipt_due=False, receipt=receipt_of(run))
                    written += 1
        except GongshuError as error:
            log.warning("no receipt to %s: %s", source.pk, error.code)
    return written


def receipt_of(run: Run) -> dict[str, Any]:
    """What the sender is told: the counts, the digests, the version, or the reason."""
    ended = run.ended_at or clock.now()
    found: dict[str, Any] = {
        "name": run.filename,
        "entry": run.resource,
        "run": run.pk,
        "status": str(run.status),
        "sha256": run.sha256,
        "size": run.size,
        "rows": run.receipt.get("rows"),
        "read": run.read,
        "accepted": run.accepted,
        "rejected": run.rejected,
        "blank": run.blank,
        "failures": run.failures,
        "version": run.version,
        "digest": run.digest or None,
        "at": ended.isoformat(timespec="seconds"),
    }
    if run.error_code:
        found["refusal"] = {"code": run.error_code, "zh": run.error_zh, "en": run.error_en}
    return found


def _refused(source: Source, name: str, refusal: GongshuError) -> dict[str, Any]:
    return {
        "name": name,
        "entry": source.resource,
        "run": None,
        "status": "refused",
        "at": clock.now().isoformat(timespec="seconds"),
        "refusal": {"code": refusal.code, "zh": refusal.text.zh, "en": refusal.text.en},
    }


def is_exchange(source: Source) -> bool:
    return source.kind in EXCHANGES


def _record(by: Actor, source: Source, run: str, word: str, details: Mapping[str, str | int]) -> None:
    ledger.record(
        action=f"collection.{word}",
        actor=by.ref,
        organization=source.provider.code,
        subject=run,
        resource=source.resource,
        details={"source": source.pk, **details},
    )
