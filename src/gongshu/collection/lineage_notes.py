"""The lineage event of each run: kept with the run, and told to whoever follows the lineage."""

from __future__ import annotations

import logging

import httpx

from gongshu import clock
from gongshu.collection import lineage, queries
from gongshu.collection.models import Run
from gongshu.collection.states import RunStatus, SourceKind
from gongshu.errors import GongshuError
from gongshu.home import open_home
from gongshu.identity.actor import Actor

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
MOST_AT_ONCE = 50

log = logging.getLogger(__name__)


def note(run: Run, rows: int | None = None) -> None:
    """Put the event of the run's end on it. In the caller's transaction, before the run is saved."""
    source = run.source
    where = lineage.place(source.kind, source.settings) if source else ("file", run.filename)
    try:
        contract = queries.contract_of(run.resource)
    except GongshuError:
        contract = None
    ended = lineage.Ended(
        run=run.pk,
        resource=run.resource,
        status=RunStatus(run.status),
        at=run.ended_at or clock.now(),
        source=where,
        read=run.read,
        version=run.version,
        rows=rows,
        error=(run.error_code, run.error_en) if run.error_code and run.status != RunStatus.COMMITTED else None,
        streaming=source is not None and source.kind == SourceKind.MQTT,
    )
    run.lineage = lineage.event(ended, contract)
    run.lineage_due = bool(open_home().lineage_url)


def post_due(*, by: Actor) -> int:
    """Post the events that wait to the address of ``[lineage]``, oldest first; how many were taken. One that is not
    taken waits, and those after it with it.
    """
    del by
    url = open_home().lineage_url
    if not url:
        return 0
    posted = 0
    due = Run.objects.filter(lineage_due=True).order_by("ended_at", "id")[:MOST_AT_ONCE]
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        for run in due:
            try:
                answer = client.post(url, json=run.lineage)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _away(type(error).__name__) from error
            if not answer.is_success:
                raise _away(f"HTTP {answer.status_code}")
            Run.objects.filter(pk=run.pk).update(lineage_due=False)
            posted += 1
    return posted


def _away(why: str) -> GongshuError:
    return GongshuError(
        "lineage.away",
        f"血缘接收地址没有接受（{why}），稍后重试。请核对 gongshu.toml 的 [lineage] url。",
        f"The address for lineage did not accept ({why}); it is tried again. Check url under [lineage] in gongshu.toml.",
    )
