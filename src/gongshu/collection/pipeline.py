"""From a file to a version: unpack, decode, find the table, judge every row, keep the bad ones, commit the
good ones.

Every row below the header ends in exactly one of three places: the next version, the quarantine, or the
count of blank rows. The version appears whole or not at all; when nothing passes there is none, and the
quarantine says why. Memory is bounded by the batch, not by the file.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from gongshu import clock, ids
from gongshu.collection import arrival, checks, footers, refusals, tally, typing
from gongshu.collection.arrival import DEFAULT, Limits
from gongshu.collection.contract import Contract
from gongshu.collection.duplicates import Hashes as Hashed
from gongshu.collection.duplicates import Numbers, Rising, Seen
from gongshu.collection.header import Layout
from gongshu.collection.options import PLAIN, Options
from gongshu.collection.reading import Chunk, Source, open_source
from gongshu.collection.report import SAMPLE, Progress, Rejected, Report
from gongshu.collection.tally import Tally
from gongshu.columns import profile
from gongshu.columns.cells import BLANKS, Cells, Mask
from gongshu.columns.profile import Profile
from gongshu.errors import GongshuError
from gongshu.lake.merging import Hashes, merge
from gongshu.lake.parts import Part
from gongshu.lake.tables import QUARANTINE_SCHEMA, RAW_TYPE, Table, Version

ROW_RULE_COLUMN = ""  # the column of a failure that concerns the whole row

_BODY = pa.schema([field for field in QUARANTINE_SCHEMA if field.name != "run"])


@dataclass(frozen=True)
class Plan:
    """What the accepted rows are to the present version: all of the next one, or a change merged by key.

    ``present`` answers the hashes (``lake.merging.hashes``) of all keys that the source holds, so that rows it no
    longer holds are deleted, at most the share ``most_deleted`` of the present version at once.
    """

    merge: bool = False
    present: Callable[[], Hashes] | None = None
    most_deleted: float = 1.0
    admit: Callable[[int], None] = lambda _: None  # told the rows of the next version before its commit; may refuse it
    rows: int | None = None  # how many rows the sender says there are, blank ones aside
    reconcile: bool = False  # read the accepted rows back before they are committed, and keep both digests


WHOLE = Plan()


class Sink(Protocol):
    """Where judged rows go."""

    def write(self, batch: pa.RecordBatch) -> None: ...


class NothingAccepted(GongshuError):
    """Every row was rejected; ``report`` holds the counts and the sample."""

    def __init__(self, report: Report) -> None:
        told = refusals.nothing_accepted(report.read)
        super().__init__(told.code, told.text.zh, told.text.en, rows=report.read)
        self.report = report


def collect(
    path: Path,
    contract: Contract,
    table: Table,
    *,
    run: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    options: Options = PLAIN,
    limits: Limits = DEFAULT,
    info: Mapping[str, str | int] | None = None,
    scratch: Path | None = None,
    plan: Plan = WHOLE,
) -> Report:
    """Collect ``path`` into the next version of ``table`` and report.

    ``run`` makes it idempotent: a run that has committed is not committed again. ``progress`` is called
    between batches and may raise to stop (nothing is visible then). ``info`` is added to the commit's
    provenance. Raises GongshuError: the file's refusal by name, or NothingAccepted with the report.
    """
    state = Progress()

    def tick() -> None:
        progress(state)

    def opened(work: Path) -> tuple[Source, str]:
        arrived = arrival.unpack(path, work, limits, tick)
        return open_source(arrived, contract, work, options=options, limits=limits, tick=tick), arrived.sha256

    return load(opened, contract, table, run=run, progress=progress, state=state, info=info, scratch=scratch, plan=plan)


def load(
    opened: Callable[[Path], tuple[Source, str]],
    contract: Contract,
    table: Table,
    *,
    run: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    state: Progress | None = None,
    info: Mapping[str, str | int] | None = None,
    scratch: Path | None = None,
    plan: Plan = WHOLE,
) -> Report:
    """Judge the rows of a source, whatever it is, and commit them as :func:`collect` does for a file.

    ``opened`` is called with a working folder and answers the source and the SHA-256 of what was handed over
    ("" for a stream). By ``plan`` the accepted rows replace the present version or are merged into it; when a
    merge changes nothing there is no new version and the report says ``unchanged``.
    """
    run = run or ids.new_id("run")
    started = clock.monotonic()
    if scratch is not None:
        try:
            scratch.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refusals.scratch(error.strerror or str(error)) from error
    work = Path(tempfile.mkdtemp(prefix="gongshu-collect-", dir=scratch))
    state = state or Progress()
    try:
        progress(state)
        source, sha256 = opened(work)
        report = Report(run, contract.resource, source.detection, sha256)
        base = table.latest()
        with table.writer(contract.schema, run) as good, table.quarantine_writer(run) as bad:
            kinds = {column.name: column.type for column in contract.columns}
            received = Tally(kinds) if plan.reconcile else None
            checked = {column.name: column.check for column in contract.columns}
            looked = Profile(contract.items, keys=contract.keys, checked=checked)
            judge = Judge(contract, source, good, bad, report, work, received, looked)
            state.stage, state.bytes_total = "reading", source.size
            for chunk in source.chunks():
                judge.take(chunk)
                _tell(state, source, report)
                progress(state)
            report.detection = source.detection
            state.stage = "committing"
            progress(state)
            merges = plan.merge and base is not None
            counted = looked.columns
            present = plan.present() if merges and plan.present is not None else None
            if report.read == report.blank and not merges:
                raise refusals.no_rows()
            if plan.rows is not None and plan.rows != report.read - report.blank:
                raise refusals.row_count(plan.rows, report.read - report.blank)
            if not report.accepted and (report.rejected or not merges):
                table.commit_quarantine(bad.release(), run=run)
                report.seconds = clock.monotonic() - started
                raise NothingAccepted(report)
            bad.close()  # what is asked for room below lies on disk whole, and nobody sees it yet
            parts: Sequence[Part] = good.release()
            if received is not None:
                report.reconciled = _reconciled(received, tally.of_files(_paths(table, parts), kinds, received.seed))
            if merges and base is not None:
                try:
                    parts = _merged(plan, table, base, parts, contract, report, present, lambda: progress(state))
                except GongshuError:
                    table.commit_quarantine(bad.release(), run=run)
                    raise
                if not report.unchanged:  # the version holds more than what came
                    counted = profile.of_files(_paths(table, parts), contract.items, keys=contract.keys)
            if not report.unchanged:
                _admit(plan, table, parts, run)
            table.commit_quarantine(bad.release(), run=run)
            provenance = {
                "source_sha256": sha256,
                "read": report.read,
                "accepted": report.accepted,
                "rejected": report.rejected,
                "blank": report.blank,
                "detection": json.dumps(source.detection.as_json(), ensure_ascii=False),
                "failures": json.dumps(report.failures_json()),
                "changes": json.dumps(report.changes),
                **report.reconciled,
                **source.provenance(),
                **(info or {}),
            }
            report.provenance = {key: str(value) for key, value in provenance.items()}
            if report.unchanged:
                _forget(table, parts)
            else:
                report.version = table.commit_parts(
                    parts,
                    contract.schema,
                    counted,
                    run=run,
                    info=provenance,
                    after=base.number if merges and base else None,
                )
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report.seconds = clock.monotonic() - started
    state.stage = "done"
    progress(state)
    return report


def _merged(
    plan: Plan,
    table: Table,
    base: Version,
    fresh: Sequence[Part],
    contract: Contract,
    report: Report,
    present: Hashes | None,
    tick: Callable[[], None],
) -> Sequence[Part]:
    """The parts of the next version, or those that nobody needs when nothing would change."""
    try:
        merged = merge(
            table,
            base,
            fresh,
            contract.schema,
            keys=contract.keys,
            run=report.run,
            present=present,
            most_deleted=plan.most_deleted,
            tick=tick,
        )
    except BaseException:
        _forget(table, fresh)
        raise
    report.changes = {
        "inserted": merged.inserted,
        "updated": merged.updated,
        "same": merged.same,
        "deleted": merged.deleted,
    }
    report.unchanged = not merged.changed
    return fresh if report.unchanged else merged.parts


def _admit(plan: Plan, table: Table, parts: Sequence[Part], run: str) -> None:
    """Ask whether the next version may be committed; when not, its own files go, and nothing was there."""
    try:
        plan.admit(sum(part.rows for part in parts))
    except BaseException:
        _forget(table, [part for part in parts if part.path.startswith(f"part-{run}-")])
        raise


def _forget(table: Table, parts: Sequence[Part]) -> None:
    for path in _paths(table, parts):
        path.unlink(missing_ok=True)


def _paths(table: Table, parts: Sequence[Part]) -> list[Path]:
    return [table.data_folder / part.path for part in parts]


def _reconciled(received: Tally, held: Tally) -> dict[str, str | int]:
    """Both digests, equal; a disk that gives back something else is a fault, and nothing is committed."""
    if (received.rows, received.digest) != (held.rows, held.digest):
        raise refusals.read_back(received.rows, held.rows)
    return {"digest_received": received.digest, "digest_held": held.digest}


def _tell(state: Progress, source: Source, report: Report) -> None:
    state.bytes_done = min(source.position, source.size)
    state.read, state.blank = report.read, report.blank
    state.accepted, state.rejected = report.accepted, report.rejected


class Judge:
    """Takes batch after batch apart: accepted rows to ``good``, rejected ones to ``bad``, counts to
    ``report``.
    """

    def __init__(
        self,
        contract: Contract,
        source: Source,
        good: Sink,
        bad: Sink,
        report: Report,
        scratch: Path,
        tally: Tally | None = None,
        profile: Profile | None = None,
    ) -> None:
        self._contract = contract
        self._layout: Layout = source.layout
        self._usual = source.layout
        self._good, self._bad, self._report = good, bad, report
        self._tally, self._profile = tally, profile
        self._schema = contract.schema
        key = [column for column in contract.columns if column.is_key]
        serial = len(key) == 1 and key[0].type == "I"
        self._seen: Seen | Rising = Rising(scratch, _hashed) if serial else Seen(scratch)
        self._spellings = [typing.Spellings(column.type) for column in contract.columns]
        # Codes for the quarantine: (column name, rule) by number, so that failures stay numpy arrays.
        self._codes: list[tuple[str, str]] = []
        self._code_of: dict[tuple[str, str], int] = {}

    def take(self, chunk: Chunk) -> None:
        """Judge one batch."""
        self._layout = chunk.layout or self._usual
        report = self._report
        count = len(chunk.rows)
        report.read += count
        failures: list[tuple[int, Mask]] = []
        keep = np.ones(count, bool)
        blank = np.zeros(count, bool)
        if count:
            listed = [Cells(chunk.columns[position]) for position in self._layout.positions]
            unnamed = [Cells(chunk.columns[position]) for position in self._layout.unnamed]
            blank = self._blank(chunk, listed + unnamed)
            typed = []
            for column, cells, spellings in zip(self._contract.columns, listed, self._spellings, strict=True):
                values = typing.convert(column.type, cells, spellings)
                failures += [
                    (self._code(column.name, rule), mask & ~blank) for rule, mask in checks.apply(column, cells, values)
                ]
                typed.append(values)
            stray = [cells for cells in unnamed if not cells.blank.all()]
            if stray:
                mask = np.logical_or.reduce([~cells.blank for cells in stray])
                failures.append((self._code(ROW_RULE_COLUMN, "unnamed_column"), mask))
            keep = ~blank
            for _, mask in failures:
                keep &= ~mask
            if self._contract.keys:
                repeated = self._repeated(typed, keep)
                if repeated.any():
                    failures.append((self._code(self._contract.keys[0], "duplicate_key"), repeated))
                    keep &= ~repeated
            self._accept(chunk, listed, typed, keep)
        self._reject(chunk, failures, ~keep & ~blank)
        report.blank += int(blank.sum())

    def _blank(self, chunk: Chunk, cells: list[Cells]) -> Mask:
        blank: Mask = np.logical_and.reduce([column.blank for column in cells])
        if blank.any() and self._layout.unlisted:
            others = [Cells(chunk.columns[position]).blank for position in self._layout.unlisted]
            blank &= np.logical_and.reduce(others)
        return blank

    def _code(self, column: str, rule: str) -> int:
        pair = (column, rule)
        if pair not in self._code_of:
            self._code_of[pair] = len(self._codes)
            self._codes.append(pair)
        return self._code_of[pair]

    def _repeated(self, typed: list[typing.Typed], keep: Mask) -> Mask:
        keys = [
            pl.Series(column.name, values.values)
            for column, values in zip(self._contract.columns, typed, strict=True)
            if column.is_key
        ]
        repeated = np.zeros(len(keep), bool)
        if isinstance(self._seen, Rising):
            repeated[keep] = ~self._seen.admit(keys[0].fill_null(0).to_numpy()[keep])
        else:
            series = keys[0] if len(keys) == 1 else pl.DataFrame(keys).to_struct("key")
            repeated[keep] = ~self._seen.admit(series.hash(seed=0).to_numpy()[keep])
        return repeated

    def _accept(self, chunk: Chunk, listed: list[Cells], typed: list[typing.Typed], keep: Mask) -> None:
        count = int(keep.sum())
        if not count:
            return
        arrays = [*(values.values for values in typed), pa.array(chunk.rows)]
        raw = self._raw_texts(listed, typed, keep)
        if count < len(keep):  # column by column, and not what is null anyhow: half the cost of filtering the batch
            mask = pa.array(keep)
            arrays = [array.filter(mask) for array in arrays]
            raw = raw.filter(mask) if raw is not None else None
        kept = pa.record_batch([*arrays, pa.nulls(count, RAW_TYPE) if raw is None else raw], schema=self._schema)
        self._good.write(kept)
        if self._tally is not None:
            self._tally.add(kept)
        if self._profile is not None:
            self._profile.add(kept)
        self._report.accepted += count

    def _raw_texts(self, listed: list[Cells], typed: list[typing.Typed], keep: Mask) -> pa.Array | None:
        """For each row the texts, by column name, of which the value no longer says what stood there;
        mostly null. None when all are.
        """
        rows, names, texts = [], [], []
        for column, cells, values in zip(self._contract.columns, listed, typed, strict=True):
            if values.rewritten is None:
                continue
            touched = np.flatnonzero(values.rewritten & keep)
            if len(touched):
                rows.append(touched)
                names.append(pa.repeat(pa.scalar(column.name, pa.string()), len(touched)))
                texts.append(cells.source.take(pa.array(touched)))
        if not rows:
            return None
        owner = np.concatenate(rows)
        order = pa.array(np.argsort(owner, kind="stable"))
        counts = np.bincount(owner, minlength=len(keep))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        pairs = pa.StructArray.from_arrays(
            [pa.concat_arrays(names).take(order), pa.concat_arrays(texts).take(order)],
            fields=[RAW_TYPE.key_field, RAW_TYPE.item_field],
        )
        null = np.packbits(counts > 0, bitorder="little").tobytes()
        buffers = [pa.py_buffer(null), pa.py_buffer(offsets)]
        return pa.Array.from_buffers(RAW_TYPE, len(keep), buffers, children=[pairs])

    def _reject(self, chunk: Chunk, failures: list[tuple[int, Mask]], rejected: Mask) -> None:
        delimiter = self._layout.delimiter
        ragged = [row for row in chunk.ragged if row.rule != "field_count" or not _hollow(row.text, delimiter)]
        hollow = len(chunk.ragged) - len(ragged)
        self._report.read += len(chunk.ragged)
        self._report.blank += hollow
        places = np.flatnonzero(rejected)
        if not len(places) and not ragged:
            return
        owners = [np.flatnonzero(mask[places]) for _, mask in failures]
        codes = [np.full(len(owner), code) for (code, _), owner in zip(failures, owners, strict=True)]
        owners.append(np.arange(len(places), len(places) + len(ragged)))
        codes.append(np.array([self._code(ROW_RULE_COLUMN, row.rule) for row in ragged], np.int64))
        numbers = np.concatenate([chunk.rows[places], np.array([row.row for row in ragged], np.int64)])
        texts = self._texts(chunk, places) + [row.text for row in ragged]
        owner, code = np.concatenate(owners), np.concatenate(codes)
        order = np.lexsort((code, owner))
        owner, code = owner[order], code[order]
        offsets = np.searchsorted(owner, np.arange(len(numbers) + 1)).astype(np.int32)
        self._write_rejected(numbers, offsets, code, texts)

    def _write_rejected(
        self,
        numbers: npt.NDArray[np.int64],
        offsets: npt.NDArray[np.int32],
        code: npt.NDArray[np.int64],
        texts: list[str],
    ) -> None:
        report = self._report
        known = [pa.array(names, pa.string()) for names in zip(*self._codes, strict=True)]
        struct = pa.StructArray.from_arrays(
            [names.take(pa.array(code)) for names in known],
            fields=list(_BODY.field("failures").type.value_type),
        )
        failures = pa.ListArray.from_arrays(pa.array(offsets), struct, type=_BODY.field("failures").type)
        order = pa.array(np.argsort(numbers, kind="stable"))
        columns = [pa.array(numbers), failures, pa.array(texts, pa.string())]
        batch = pa.record_batch(columns, schema=_BODY).take(order)
        self._bad.write(batch)
        report.rejected += len(numbers)
        for number, count in zip(*np.unique(code, return_counts=True), strict=True):
            pair = self._codes[number]
            report.failures[pair] = report.failures.get(pair, 0) + int(count)
        for row in batch.slice(0, max(0, SAMPLE - len(report.sample))).to_pylist():
            pairs_of = tuple((failure["column"], failure["rule"]) for failure in row["failures"])
            report.sample.append(Rejected(row["row"], pairs_of, row["raw"]))

    def _texts(self, chunk: Chunk, places: npt.NDArray[np.int64]) -> list[str]:
        """The rejected rows as one line of delimited text each."""
        if not len(places):
            return []
        index = pa.array(places)
        return footers.delimited([column.take(index) for column in chunk.columns], self._layout.delimiter)


def _hashed(numbers: Numbers) -> Hashed:
    return pl.Series(numbers).hash(seed=0).to_numpy()


def _hollow(text: str, delimiter: str) -> bool:
    """A ragged row that holds nothing: delimiters, quotation marks and blanks only."""
    if text.strip(BLANKS + delimiter + '"'):
        return False
    return not any(cell.strip(BLANKS) for row in csv.reader([text], delimiter=delimiter) for cell in row)
