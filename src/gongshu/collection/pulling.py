"""One turn of a source: open it, send its rows through the pipeline, compare what it holds with what came of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from gongshu import crypto
from gongshu.collection import pipeline, queries
from gongshu.collection.intake import api, connections, sql
from gongshu.collection.intake.settings import Api, Database, load
from gongshu.collection.models import Run
from gongshu.collection.models import Source as Place
from gongshu.collection.pipeline import Plan
from gongshu.collection.reading import Source
from gongshu.collection.report import Progress, Report
from gongshu.collection.states import Mode, SourceKind
from gongshu.home import Home
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table
from gongshu.libraries import queries as libraries
from gongshu.spaces import actions as spaces

_WORKER = Actor.process("worker")


def purpose(source: str) -> str:
    """What a source's sealed secrets are sealed for."""
    return f"source-secret:{source}"


def seal(source: str, secrets: Mapping[str, str]) -> str:
    """The secrets as they are kept."""
    if not secrets:
        return ""
    plain = json.dumps(dict(secrets), sort_keys=True).encode()
    return base64.b64encode(crypto.provider().wrap(plain, purpose(source))).decode("ascii")


def unseal(source: Place) -> dict[str, str]:
    """The secrets in the clear, for the moment of their use."""
    if not source.secrets_wrapped:
        return {}
    plain = crypto.provider().unwrap(base64.b64decode(source.secrets_wrapped), purpose(source.pk))
    found: dict[str, str] = json.loads(plain)
    return found


def plan_of_file(run: Run) -> Plan:
    """What the rows of a run's file are to the present version: by the source's mode, and as many as its sender said."""
    if run.source_id is None:
        return Plan(admit=room_for(run))
    return Plan(merge=run.mode != Mode.FULL, rows=run.receipt.get("rows"), reconcile=True, admit=room_for(run))


def room_for(run: Run) -> Callable[[int], None]:
    """Asks the data store of the run's entry for room, before anything is committed."""

    def admit(rows: int) -> None:
        libraries.check_no_file_of(run.resource)  # it may have become one since the source was declared
        spaces.reserve(by=_WORKER, code=run.resource, run=run.pk, rows=rows)

    return admit


def pull(home: Home, run: Run, table: Table, progress: Callable[[Progress], None], scratch: Path) -> Report:
    """Read the run's source into the next version of ``table``. Raises as ``pipeline.load`` does."""
    place = run.source
    assert place is not None  # noqa: S101 - such runs have a source
    kind, contract = SourceKind(place.kind), queries.contract_of(run.resource)
    settings, secrets = load(kind, place.settings), unseal(place)
    assert isinstance(settings, Database | Api)  # noqa: S101 - the other kinds hand over files
    incremental = run.mode == Mode.INCREMENTAL
    with ExitStack() as stack:
        opened: list[sql.Rows] = []
        since = _since(place, table)

        def open_it(_work: Path) -> tuple[Source, str]:
            if isinstance(settings, Api):
                return _call(stack, home, settings, secrets, run, since), ""
            rows = _open(stack, home, kind, settings, secrets, run, since)
            opened.append(rows)
            return rows, ""

        plan = Plan(
            merge=run.mode != Mode.FULL,
            present=(lambda: opened[0].keys())
            if place.deletes and incremental and isinstance(settings, Database)
            else None,
            most_deleted=place.most_deleted / 100,
            reconcile=True,
            admit=room_for(run),
        )
        return pipeline.load(
            open_it,
            contract,
            table,
            run=run.pk,
            progress=progress,
            info={"resource": run.resource, "source": place.pk, "mode": str(run.mode)},
            scratch=scratch,
            plan=plan,
        )


def _since(place: Place, table: Table) -> str:
    """The watermark that the present version was read up to: it is in the version's own commit, so going back to an
    older version goes back to its watermark. Begins anew where another hand made the version, or the source was changed.
    """
    latest = table.latest()
    if latest is None or not place.watermark or latest.info.get("source") != place.pk:
        return ""
    return latest.info.get("watermark", "")


def _open(
    stack: ExitStack, home: Home, kind: SourceKind, settings: Database, secrets: Mapping[str, str], run: Run, since: str
) -> sql.Rows:
    password = secrets.get("password", "")
    connections.check(home, kind, settings)
    link = stack.enter_context(connections.link(kind, settings, password))
    return sql.Rows(
        link,
        kind,
        settings,
        password,
        queries.contract_of(run.resource),
        since=since,
        incremental=run.mode == Mode.INCREMENTAL,
    )


def _call(stack: ExitStack, home: Home, settings: Api, secrets: Mapping[str, str], run: Run, since: str) -> api.Rows:
    api.check(home.sources, settings.url)
    client = stack.enter_context(httpx.Client(timeout=api.TIMEOUT, trust_env=False))
    return api.Rows(
        client,
        home.sources,
        settings,
        secrets.get("secret", ""),
        queries.contract_of(run.resource),
        since=since,
        incremental=run.mode == Mode.INCREMENTAL,
    )


def reconciliation(info: Mapping[str, str], rows: int | None) -> dict[str, Any]:
    """What the run's page shows of both sides. ``rows`` are those of the version, None when there is no new one.

    ``matched``: the source counted as many rows as were read, and the digest of the accepted ones, taken while they
    came, is that of what was read back from the lake.
    """
    if "source_rows" not in info and "digest_received" not in info:
        return {}
    source_rows = int(info["source_rows"]) if "source_rows" in info else None
    counted = source_rows is None or source_rows == int(info["read"])
    found: dict[str, Any] = {
        "source_rows": source_rows,
        "source_total": int(info["source_total"]) if "source_total" in info else None,
        "version_rows": rows,
        "digest_received": info.get("digest_received", ""),
        "digest_held": info.get("digest_held", ""),
        "changes": json.loads(info.get("changes") or "{}"),
        "watermark": info.get("watermark", ""),
        "matched": counted and info.get("digest_received") == info.get("digest_held"),
    }
    return found
