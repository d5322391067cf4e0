"""What a file would become, before anything is kept: what was found out about it, which column of the catalog each of its
columns is, and how its first rows fare. Pure.

Columns that the catalog does not list are named with a proposal of the item that each could be (Xi'an art. 16: only what
the catalog lists is collected), so that the entry can be revised first. No cell of the file is in the answer.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from gongshu.collection import arrival, refusals
from gongshu.collection.arrival import DEFAULT, Limits
from gongshu.collection.chunks import Source
from gongshu.collection.contract import Column, Contract
from gongshu.collection.drafting import Proposal
from gongshu.collection.options import PLAIN, Options
from gongshu.collection.pipeline import Judge
from gongshu.collection.reading import open_source
from gongshu.collection.report import Report
from gongshu.errors import GongshuError

ROWS = 2_000


@dataclass(frozen=True)
class Preview:
    """``columns`` pairs each column of the contract with the file's name for it; ``report`` counts the first rows;
    ``offers`` are items for the columns that the catalog does not list; ``problem`` is why the file would be refused.
    """

    source: Source | None
    columns: tuple[tuple[Column, str], ...] = ()
    offers: tuple[Column, ...] = ()
    report: Report | None = None
    problem: GongshuError | None = None
    leaves_out: bool = False  # columns that the catalog does not list are left out, as was said

    def as_json(self) -> dict[str, Any]:
        """For a run's record and for programs."""
        found = self.report
        detection = self.source.detection.as_json() if self.source else {}
        if detection and not self.leaves_out:
            detection["dropped"] = ()
        return {
            "detection": detection,
            "columns": [{"name": column.name, "title": column.title, "found": name} for column, name in self.columns],
            "offers": [
                {"name": one.name, "title": one.title, "type": one.type, "length": one.length, "check": one.check}
                for one in self.offers
            ],
            "looked_at": found.read if found else 0,
            "accepted": found.accepted if found else 0,
            "rejected": found.rejected if found else 0,
            "blank": found.blank if found else 0,
            "failures": found.failures_json() if found else [],
            "problem": {"code": self.problem.code, **self.problem.text._asdict()} if self.problem else None,
        }


class _Nowhere:
    """Takes rows and keeps none."""

    def write(self, batch: pa.RecordBatch) -> None:
        del batch


def look(
    path: Path,
    contract: Contract,
    *,
    options: Options = PLAIN,
    limits: Limits = DEFAULT,
    scratch: Path | None = None,
    tick: Callable[[], None] = lambda: None,
    rows: int = ROWS,
) -> Preview:
    """Open ``path`` as :func:`pipeline.collect` would and judge its first ``rows`` rows.

    What is wrong with the file is the answer's ``problem``; raises only EnvironmentFault and what ``tick`` raises.
    """
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="gongshu-look-", dir=scratch))
    try:
        arrived = arrival.unpack(path, work, limits, tick)
        source = open_source(
            arrived, contract, work, options=replace(options, drop_unlisted=True), limits=limits, tick=tick
        )
        return _judged(source, contract, options, work, tick, rows)
    except GongshuError as error:
        if error.status >= 500 or error.code == "collection.cancelled":
            raise
        return Preview(None, problem=error)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _judged(
    source: Source, contract: Contract, options: Options, work: Path, tick: Callable[[], None], rows: int
) -> Preview:
    layout = source.layout
    report = Report("", contract.resource, source.detection, "")
    judge = Judge(contract, source, _Nowhere(), _Nowhere(), report, work)
    proposals = [Proposal(layout.names[place]) for place in layout.unlisted]
    problem: GongshuError | None = None
    try:
        for chunk in source.chunks():
            tick()
            part = chunk if len(chunk.rows) <= rows - report.read else chunk.first(rows - report.read)
            judge.take(part)
            if chunk.layout is None or chunk.layout is layout:
                for proposal, place in zip(proposals, layout.unlisted, strict=True):
                    proposal.learn(part.columns[place])
            if report.read >= rows:
                break
        else:
            problem = refusals.no_rows() if report.read == report.blank else None
    except GongshuError as error:
        if error.status >= 500:
            raise
        problem = error
    if layout.unlisted and not options.drop_unlisted:
        problem = refusals.column_unlisted(layout.row, [layout.names[place] for place in layout.unlisted[:10]])
    columns = tuple(
        (column, layout.names[place]) for column, place in zip(contract.columns, layout.positions, strict=True)
    )
    taken = [column.name for column in contract.columns]
    offers = tuple(Proposal.columns(proposals, taken))
    return Preview(source, columns, offers, report, problem, options.drop_unlisted)
