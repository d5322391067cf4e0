"""Tables of the lake: one Delta table per catalog resource, immutable versions, each committed whole or not
at all.

``<home.lake>/<resource>/data`` holds the accepted rows, ``…/quarantine`` the rejected ones, a partition per
run; ``lake.stores`` says where that is when the lake is on object storage. A commit carries the run's id as
a Delta application transaction, so a run that is tried again after a crash cannot commit twice; and it holds
the resource's lock and allows no retries, so two writers cannot interleave. Version numbers are Delta's own:
0 is the empty table, 1 the first data.

Delta protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md (transaction identifiers, add and
remove files).
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from gongshu import clock
from gongshu.columns import profile
from gongshu.columns.profile import Counted, Profile
from gongshu.errors import Conflict, NotFound
from gongshu.home import Home
from gongshu.lake.parts import Part, PartWriter, digest
from gongshu.lake.stores import Folder, Kept, Store, busy, sha256, unwritable

ROW = "_row"  # the row of the source file that a row of the table came from, counted as a spreadsheet counts
RAW = "_raw"  # by column name the texts that values came from, where the value no longer says what stood there
RAW_TYPE = pa.map_(pa.string(), pa.string())
OWN_COLUMNS = frozenset({ROW, RAW, "_n"})  # names that no item may have; "_n" numbers the rows of a snapshot

_PREFIX = "gongshu."
_CONFIGURATION = {  # history is evidence: never let the log be cleaned behind our back
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}

QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("run", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("failures", pa.list_(pa.struct([("column", pa.string()), ("rule", pa.string())]))),
        pa.field("raw", pa.string()),
    ]
)


@dataclass(frozen=True)
class Version:
    """One committed state of a table. ``info`` is its provenance: run, sha256 of the source, counts."""

    number: int
    rows: int
    committed_at: datetime
    digest: str
    run: str
    info: Mapping[str, str]

    @property
    def profile(self) -> list[Counted] | None:
        """What its columns are like; None of a version that was committed before this edition of the profile."""
        return profile.from_text(self.info.get(profile.KEY, ""))


class Table:
    """The versions of one resource. Cheap to make; nothing is created on disk before the first write."""

    def __init__(self, home: Home, resource: str) -> None:
        self.resource = resource
        self.root = home.lake / folder_name(resource)
        self._data = store(home, f"{self.root.name}/data")
        self._quarantine = store(home, f"{self.root.name}/quarantine")

    @property
    def data_folder(self) -> Path:
        """Where the parts of this table are written, and where they are read once :meth:`files` brought them."""
        return self._data.folder

    @property
    def quarantine_folder(self) -> Path:
        return self._quarantine.folder

    # reading

    def versions(self) -> list[Version]:
        """Every committed version, oldest first; empty before the first."""
        table = _open(self._data)
        if table is None:
            return []
        with self._data.reaching():
            return _versions(table)

    def latest(self) -> Version | None:
        versions = self.versions()
        return versions[-1] if versions else None

    def version(self, number: int | None = None) -> Version:
        """The version ``number`` (default: the latest). Raises NotFound."""
        for candidate in reversed(self.versions()):
            if number is None or candidate.number == number:
                return candidate
        raise NotFound(
            "lake.version_unknown",
            f"资源 {self.resource} 没有版本 {number if number is not None else ''}，请先归集数据。",
            f"Resource {self.resource} has no version {number if number is not None else 'yet'}; collect data first.",
            resource=self.resource,
        )

    def committed(self, run: str) -> Version | None:
        """The version that run ``run`` committed, or None."""
        return next((version for version in reversed(self.versions()) if version.run == run), None)

    def files(self, number: int | None = None) -> list[Path]:
        """The part files of a version, on this machine. Raises NotFound when they were cleared (``lake.upkeep``)."""
        found = self.version(number).number
        sizes = _sizes(self._at(found))
        if not self._data.holds(sizes):
            raise NotFound(
                "lake.version_cleared",
                f"资源 {self.resource} 版本 {found} 的文件已按保留期清理或缺失。",
                f"The files of version {found} of {self.resource} were cleared after their retention, or are missing.",
                resource=self.resource,
            )
        return self._data.bring(sizes)

    def names(self, number: int) -> list[str]:
        """The names of a version's part files, whether or not they are there still."""
        return list(_sizes(self._at(self.version(number).number)))

    def addresses(self, files: Sequence[Path]) -> list[str]:
        """Where these part files (of :meth:`files`) lie for every machine: ``file:`` or ``s3:``."""
        return [f"{self._data.address}/{file.relative_to(self.data_folder).as_posix()}" for file in files]

    def kept(self) -> Mapping[str, Kept]:
        """All part files that are there, of a version or not, by name."""
        return self._data.listed()

    def weight(self) -> int:
        """Bytes of all that the table keeps: data of every version that was not cleared, rejected rows, its log."""
        return self._data.weight() + self._quarantine.weight()

    def remove(self, names: Collection[str]) -> None:
        """Remove part files for good. Only for upkeep, which knows that nobody needs them."""
        self._data.remove(names)

    def parts(self, number: int | None = None, *, copies: bool = False) -> list[Part]:
        """The part files of a version with their digests, computed again from what the store holds.

        With ``copies`` from what this machine read of it, which on object storage saves reading it once more.
        """
        brought = {path.name: path for path in self.files(number)} if copies else {}
        names = brought or self._present(number)
        found = []
        for name in sorted(names):
            with brought[name].open("rb") if copies else self._data.open(name) as file:
                sha = sha256(file)
                size = file.tell()
                found.append(Part(name, pq.ParquetFile(file).metadata.num_rows, size, sha))
        return found

    def _present(self, number: int | None) -> list[str]:
        found = self.version(number).number
        names = self.names(found)
        if not self._data.holds(names):
            self.files(found)  # which says so
        return names

    def schema(self, number: int | None = None) -> pa.Schema:
        found = self._at(self.version(number).number)
        return pa.schema(found.schema().to_arrow())

    def written_schema(self, number: int) -> pa.Schema:
        """The schema as the files of a version have it: what Delta tells may have other text types."""
        for name in self._present(number)[:1]:
            with self._data.open(name) as file:
                return pq.read_schema(file)
        return self.schema(number)

    def read(self, number: int | None = None) -> pl.LazyFrame:
        """The rows of a version, lazily."""
        files = self.files(number)
        if not files:  # every row of it was deleted
            return pl.LazyFrame(schema=pl.Schema(pl.from_arrow(self.schema(number).empty_table()).schema))  # type: ignore[union-attr]
        return pl.scan_parquet(files, glob=False)

    def batches(
        self, number: int | None = None, *, columns: Sequence[str] | None = None, size: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a version in the order of the source file, ``size`` at a time, in bounded memory."""
        for path in sorted(self.files(number)):
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=size, columns=list(columns) if columns else None)

    def check_digest(self, number: int | None = None) -> bool:
        """True when the files of the version still hash to the digest that its commit recorded."""
        version = self.version(number)
        return digest(self.parts(version.number)) == version.digest

    def quarantine(self, run: str) -> pl.LazyFrame:
        """The rejected rows of ``run`` by row number: run, row, failures [{column, rule}], raw."""
        empty = pl.LazyFrame(schema=pl.Schema(pl.from_arrow(QUARANTINE_SCHEMA.empty_table()).schema))  # type: ignore[union-attr]
        table = _open(self._quarantine)
        if table is None:
            return empty
        mark = f"run={run}/"
        files = self._quarantine.bring({name: n for name, n in _sizes(table).items() if name.startswith(mark)})
        if not files:
            return empty
        body = pl.scan_parquet(sorted(files), glob=False, hive_partitioning=False).select(
            pl.lit(run).alias("run"), "row", "failures", "raw"
        )
        return body.sort("row")

    # writing

    def writer(self, schema: pa.Schema, run: str) -> PartWriter:
        """Where the accepted rows of ``run`` go before they are committed. Removes what an earlier attempt
        left.
        """
        self._prepare()
        if self.committed(run) is None:
            self._data.sweep("", f"part-{run}-")
        return PartWriter(self.data_folder, schema, run)

    def quarantine_writer(self, run: str) -> PartWriter:
        """Where the rejected rows of ``run`` go before ``commit_quarantine``."""
        self._prepare()
        if not self._quarantined(run):
            self._quarantine.sweep(f"run={run}", "")
        body = pa.schema([field for field in QUARANTINE_SCHEMA if field.name != "run"])
        return PartWriter(self.quarantine_folder, body, run, subfolder=f"run={run}")

    def commit(
        self,
        batches: Iterable[pa.RecordBatch],
        schema: pa.Schema,
        *,
        run: str,
        info: Mapping[str, str | int],
        admit: Callable[[int], None] = lambda _: None,
        keys: Collection[str] = (),
        known: Sequence[Counted] = (),
    ) -> Version:
        """Write ``batches`` as the next version in one atomic commit. For callers that have the rows at hand.

        ``admit`` is told the number of rows when the files lie there and nobody sees them; when it raises they go. Columns
        are counted as they go by; of those in ``known`` it is known already what they are like.
        """
        told = {one.name for one in known}
        looked = Profile((one for one in items_of(schema) if one.name not in told), keys=keys)
        with self.writer(schema, run) as writer:
            for batch in batches:
                writer.write(batch)
                looked.add(batch)
            writer.close()
            admit(writer.rows)
            parts = writer.release()
        place = {name: at for at, name in enumerate(schema.names)}
        counted = sorted(
            (one for one in (*known, *looked.columns) if one.name in place), key=lambda one: place[one.name]
        )
        return self.commit_parts(parts, schema, counted, run=run, info=info)

    def commit_parts(
        self,
        parts: Sequence[Part],
        schema: pa.Schema,
        counted: Sequence[Counted],
        *,
        run: str,
        info: Mapping[str, str | int],
        after: int | None = None,
    ) -> Version:
        """Make ``parts`` the whole content of the next version; parts of the present one may be among them. ``counted`` is
        the profile of all of their rows: no version without one.

        Idempotent by ``run``: when the run has committed before, its version is returned and nothing
        changes. Raises Conflict when another writer was faster (the present version is no longer ``after``)
        or a part is gone, EnvironmentFault when the disk refuses.
        """
        with self._lock():
            done = self.committed(run)
            if done is not None:
                kept = set(self.names(done.number))
                self._data.remove(
                    {part.path for part in parts if part.path.startswith(f"part-{run}-") and part.path not in kept}
                )
                return done
            table = _open(self._data) or _create(self._data, schema)
            if after is not None and table.version() != after:
                raise busy()
            if not self._data.keep(parts):
                raise Conflict(
                    "lake.part_gone",
                    f"归集 {run} 的中间文件已被另一次执行清理，本次提交作废。请以另一次执行的结果为准。",
                    f"A part file of run {run} was cleared by another attempt; this attempt is void.",
                    run=run,
                )
            now = clock.now()
            number = table.version() + 1
            rows = sum(part.rows for part in parts)
            metadata = {
                _PREFIX + "run": run,
                _PREFIX + "rows": str(rows),
                _PREFIX + "digest": digest(parts),
                _PREFIX + "committed_at": now.isoformat(),
                **{_PREFIX + key: str(value) for key, value in info.items()},
                _PREFIX + profile.KEY: profile.as_text(counted),
            }
            stamp = int(now.timestamp() * 1000)
            present = set(_sizes(table))
            names = {part.path for part in parts}
            actions: list[AddAction | RemoveAction] = [_add(part, stamp) for part in parts if part.path not in present]
            mode = "overwrite"
            if (
                names & present
            ):  # a file may not be removed and added in one commit (protocol, "add file and remove file")
                mode = "append"
                actions += [RemoveAction(name, True, stamp) for name in sorted(present - names)]
            _commit(self._data, table, actions, mode, schema, run, metadata)
            self._require_exact(number, {part.path for part in parts})
        return self.version(number)

    def commit_quarantine(self, parts: Sequence[Part], *, run: str) -> None:
        """Keep the rejected rows of ``run`` for good; a second call for the same run changes nothing."""
        if not parts:
            return
        with self._lock():
            if self._quarantined(run):
                return
            table = _open(self._quarantine) or _create(self._quarantine, QUARANTINE_SCHEMA, partition_by=["run"])
            if not self._quarantine.keep(parts):
                raise Conflict(
                    "lake.part_gone",
                    f"归集 {run} 的拒收文件已被另一次执行清理，本次提交作废。",
                    f"A file of rejected rows of run {run} was cleared by another attempt; this attempt is void.",
                    run=run,
                )
            stamp = int(clock.now().timestamp() * 1000)
            actions: list[AddAction | RemoveAction] = [_add(part, stamp, {"run": run}) for part in parts]
            metadata = {_PREFIX + "run": run}
            _commit(self._quarantine, table, actions, "append", QUARANTINE_SCHEMA, run, metadata, ["run"])

    def _quarantined(self, run: str) -> bool:
        table = _open(self._quarantine)
        return table is not None and table.transaction_version(run) is not None

    def _at(self, number: int) -> DeltaTable:
        with self._data.reaching():
            return DeltaTable(self._data.address, version=number, storage_options=self._data.options)

    def _require_exact(self, number: int, expected: set[str]) -> None:
        if set(_sizes(self._at(number))) != expected:
            raise Conflict(
                "lake.commit_mixed",
                f"版本 {number} 混入了其他文件，请核查数据湖目录。",
                f"Version {number} holds files that are not this run's; examine the lake's folder.",
            )

    def _prepare(self) -> None:
        try:
            self.data_folder.mkdir(parents=True, exist_ok=True)
            self.quarantine_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.root, error) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other writer of this machine waiting, for upkeep of the files."""
        with self._lock():
            yield

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One committer per resource on this machine; released by the kernel when its process dies."""
        self._prepare()
        try:
            with (self.root / ".lock").open("w") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise unwritable(self.root, error) from error


def items_of(schema: pa.Schema) -> list[pa.Field]:
    """The columns that are data, not the lake's own."""
    return [field for field in schema if field.name not in OWN_COLUMNS]


def folder_name(resource: str) -> str:
    """A resource code as one safe folder name: no separators, no dots, and no ``%``, which Delta reads as
    an escape.
    """
    safe = (
        sign
        if sign.isascii() and (sign.isalnum() or sign in "-_")
        else "".join(f"~{byte:02x}" for byte in sign.encode())
        for sign in resource
    )
    return "".join(safe) or "~"


def store(home: Home, name: str) -> Store:
    """Where the folder ``name`` of the lake is: on this machine's disk, or on object storage."""
    if not home.bucket.url:
        return Folder(home.lake / name)
    from gongshu.lake.buckets import BucketStore  # pyarrow's S3 client takes its time

    return BucketStore(home, name)


def _open(where: Store) -> DeltaTable | None:
    if not where.maybe():
        return None
    with where.reaching():
        try:
            return DeltaTable(where.address, storage_options=where.options)
        except TableNotFoundError:
            return None


def _create(where: Store, schema: pa.Schema, partition_by: list[str] | None = None) -> DeltaTable:
    where.check_writers()
    with where.reaching():
        return DeltaTable.create(
            where.address,
            schema,
            partition_by=partition_by,
            configuration=_CONFIGURATION,
            storage_options=where.options,
        )


def _sizes(table: DeltaTable) -> dict[str, int]:
    """The files that a state of the table names, with their bytes."""
    actions = pa.table(table.get_add_actions(flatten=True))
    names = map(unquote, map(str, actions.column("path").to_pylist()))
    return dict(zip(names, actions.column("size_bytes").to_pylist(), strict=True))


def _add(part: Part, stamp: int, partition: dict[str, str | None] | None = None) -> AddAction:
    # Only the count: minima and maxima of personal data do not belong in a log that many may read.
    return AddAction(part.path, part.size, partition or {}, stamp, True, json.dumps({"numRecords": part.rows}))


def _commit(
    where: Store,
    table: DeltaTable,
    actions: list[AddAction | RemoveAction],
    mode: str,
    schema: pa.Schema,
    run: str,
    metadata: dict[str, str],
    partition_by: list[str] | None = None,
) -> None:
    properties = CommitProperties(
        custom_metadata=dict(metadata), max_commit_retries=0, app_transactions=[Transaction(run, 1)]
    )
    try:
        table.create_write_transaction(actions, mode, schema, partition_by=partition_by, commit_properties=properties)
    except CommitFailedError as error:
        raise busy() from error
    except (DeltaError, OSError) as error:
        raise where.failed(error) from error


def _versions(table: DeltaTable) -> list[Version]:
    found = []
    for commit in table.history():
        if _PREFIX + "digest" not in commit:
            continue
        info = {key.removeprefix(_PREFIX): str(commit[key]) for key in commit if key.startswith(_PREFIX)}
        found.append(
            Version(
                number=int(commit["version"]),
                rows=int(info.pop("rows")),
                committed_at=datetime.fromisoformat(info.pop("committed_at")).astimezone(UTC),
                digest=info.pop("digest"),
                run=info.pop("run"),
                info=info,
            )
        )
    return sorted(found, key=lambda version: version.number)
