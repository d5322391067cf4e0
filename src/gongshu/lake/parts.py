"""Parquet part files of one run: written beside the table, visible to nobody until a commit names them.

A part is written once, synced, and known by its SHA-256; the digest of a version is the digest of the
sorted list of its parts. What a killed process leaves behind is not part of any version, and the next
attempt removes it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gongshu import ids
from gongshu.errors import EnvironmentFault

ROWS_PER_GROUP = 262_144
BYTES_PER_PART = 256 << 20


@dataclass(frozen=True)
class Part:
    """One finished file. ``path`` is relative to the table's folder; ``size`` in bytes; ``sha256`` hex."""

    path: str
    rows: int
    size: int
    sha256: str


class _HashingFile:
    """A binary file that hashes what passes through it, so that a part is not read again to be digested."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._sha = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | memoryview) -> int:
        self._sha.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def hexdigest(self) -> str:
        return self._sha.hexdigest()


class PartWriter:
    """Streams record batches into parts of bounded size. Use as a context manager: an error removes what
    was written.

    Memory: at most ``ROWS_PER_GROUP`` rows wait for their row group.
    """

    def __init__(self, folder: Path, schema: pa.Schema, run: str, *, subfolder: str = "") -> None:
        self._folder = folder
        self._subfolder = subfolder
        self.schema = schema
        self._stem = f"part-{run}-{ids.new_id()[-8:].lower()}"
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._file: _HashingFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._name = ""
        self._part_rows = 0
        self.parts: list[Part] = []
        self.rows = 0

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
        else:
            self.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Take ``batch`` (of the writer's schema)."""
        if not batch.num_rows:
            return
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._waiting_rows >= ROWS_PER_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting, schema=self.schema)
        self._waiting, self._waiting_rows = [], 0
        try:
            if self._writer is None:
                self._open(table)
            assert self._writer is not None and self._file is not None  # noqa: S101 - for the type checker
            self._writer.write_table(table, row_group_size=2 * ROWS_PER_GROUP)
            self._part_rows += table.num_rows
            if self._file.size >= BYTES_PER_PART:
                self._finish()
        except OSError as error:
            raise _disk(self._folder, error) from error

    def _open(self, first: pa.Table) -> None:
        target = self._folder / self._subfolder
        target.mkdir(parents=True, exist_ok=True)
        name = f"{self._stem}-{len(self.parts):05d}.parquet"
        self._name = f"{self._subfolder}/{name}" if self._subfolder else name
        self._file = _HashingFile(target / name)
        repetitive = _repetitive(first)
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._file, mode="w"),
            self.schema,
            use_dictionary=repetitive,
            column_encoding={
                field.name: "DELTA_BINARY_PACKED"
                for field in self.schema
                if field.name not in repetitive and _whole(field.type)
            },
            store_decimal_as_integer=True,
            compression="zstd",
            compression_level=1,
            write_statistics=False,
            store_schema=True,
        )
        self._part_rows = 0

    def _finish(self) -> None:
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.close()
        self.parts.append(Part(self._name, self._part_rows, self._file.size, self._file.hexdigest()))
        self._writer = self._file = None

    def close(self) -> None:
        """Finish the last part and sync the folder entry."""
        self._write_group()
        try:
            self._finish()
            if self.parts:
                sync_folder(self._folder / self._subfolder)
        except OSError as error:
            raise _disk(self._folder, error) from error

    def release(self) -> list[Part]:
        """Finish, and from here on leave the parts alone: a commit may name them. Returns them."""
        self.close()
        parts, self.parts, self._name = self.parts, [], ""
        return parts

    def discard(self) -> None:
        """Remove everything that this writer wrote; never raises."""
        self._waiting, self._waiting_rows = [], 0
        try:
            if self._writer is not None:
                self._writer.close()
        except (OSError, pa.ArrowException):
            pass
        names = [part.path for part in self.parts] + ([self._name] if self._name else [])
        for name in names:
            (self._folder / name).unlink(missing_ok=True)
        self.parts, self.rows = [], 0
        self._writer = self._file = None


def _repetitive(table: pa.Table) -> list[str]:
    """The columns worth a dictionary, by a sample of their first rows: trying it on the others costs and
    saves nothing.
    """
    sample = table.slice(0, 10_000)
    found = []
    for name in sample.schema.names:
        kind = sample.schema.field(name).type
        if pa.types.is_nested(kind):
            continue
        if pc.count_distinct(sample.column(name)).as_py() * 2 <= sample.num_rows:
            found.append(name)
    return found


def _whole(kind: pa.DataType) -> bool:
    """Whole numbers, short decimals, days and moments are stored as differences: smaller, and less to compress and to
    hash.
    """
    short = pa.types.is_decimal(kind) and kind.precision <= 18  # those are whole numbers in the file
    return bool(short or pa.types.is_int64(kind) or pa.types.is_date32(kind) or pa.types.is_timestamp(kind))


def digest(parts: Sequence[Part]) -> str:
    """The digest of a version: SHA-256 over ``rows size sha256`` of its parts in the order of their hashes."""
    lines = sorted(f"{part.rows} {part.size} {part.sha256}\n" for part in parts)
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def sync_folder(folder: Path) -> None:
    """fsync a directory, so that the names in it survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _disk(folder: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        "lake.disk",
        f"数据湖无法写入：{folder}({error.strerror or error})。请检查磁盘空间和权限后重试。",
        f"The lake cannot be written: {folder} ({error.strerror or error}). Check space and rights, then try again.",
    )
