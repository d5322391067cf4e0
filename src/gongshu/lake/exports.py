"""Files that leave the lake: CSV and XLSX for spreadsheets and JSON for programs, streamed, with only the items
asked for.

CSV is UTF-8 with a byte-order mark (what a department's Excel needs) and has the items' titles or names as
header; JSON is an array of objects or one object a line. Masks are functions from text to text; a masked
item is always text. The file appears under its name only when it is complete.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec
import polars as pl
import pyarrow as pa

from gongshu import ids
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Home
from gongshu.lake import spreadsheet, values
from gongshu.lake.parts import sync_folder
from gongshu.lake.serving import ServedItem
from gongshu.lake.tables import Table

Mask = Callable[[str | None], str | None]
Keep = Callable[[Mapping[str, Any]], bool]
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class ExportFile:
    """A finished file: where it is, how many rows and bytes, its SHA-256, and the version it shows."""

    path: Path
    rows: int
    size: int
    sha256: str
    version: int


def write_csv(
    home: Home,
    resource: str,
    target: Path,
    *,
    items: Sequence[ServedItem],
    masks: Mapping[str, Mask] | None = None,
    version: int | None = None,
    header: Literal["title", "name"] = "title",
    keep: Keep | None = None,
    keep_items: Sequence[ServedItem] = (),
) -> ExportFile:
    """Write ``items`` of a version (default: the latest) to ``target`` as CSV with CRLF lines (RFC 4180).

    ``keep`` tells from a row's ``keep_items`` (unmasked, whether or not they are written) if it is written.
    """
    names = [item.title or item.name if header == "title" else item.name for item in items]

    def body(file: _Hashed, frames: Iterator[pl.DataFrame]) -> int:
        first = pl.DataFrame({str(number): [name] for number, name in enumerate(names)})
        file.write(BOM)
        file.write(_csv(first))
        rows = 0
        for frame in frames:
            file.write(_csv(frame))
            rows += frame.height
        return rows

    return _write(home, resource, target, items, masks or {}, version, body, keep, keep_items)


def write_json(
    home: Home,
    resource: str,
    target: Path,
    *,
    items: Sequence[ServedItem],
    masks: Mapping[str, Mask] | None = None,
    version: int | None = None,
    lines: bool = False,
    keep: Keep | None = None,
    keep_items: Sequence[ServedItem] = (),
) -> ExportFile:
    """Write ``items`` of a version to ``target``: a JSON array, or JSON Lines when ``lines``. Keys are item
    names; ``keep`` and ``keep_items`` as in ``write_csv``.
    """
    exact = [item.name for item in items if item.type in "NY" and item.name not in (masks or {})]

    def body(file: _Hashed, frames: Iterator[pl.DataFrame]) -> int:
        encode = msgspec.json.Encoder().encode
        separator, rows = (b"\n" if lines else b",\n"), 0
        file.write(b"" if lines else b"[\n")
        for frame in frames:
            records = frame.to_dicts()
            for record in records:
                for name in exact:
                    record[name] = values.number(record[name])
            if records:
                file.write((separator if rows else b"") + separator.join(map(encode, records)))
            rows += len(records)
        file.write(b"\n" if lines else b"\n]\n")
        return rows

    return _write(home, resource, target, items, masks or {}, version, body, keep, keep_items)


def write_xlsx(
    home: Home,
    resource: str,
    target: Path,
    *,
    items: Sequence[ServedItem],
    masks: Mapping[str, Mask] | None = None,
    version: int | None = None,
    keep: Keep | None = None,
    keep_items: Sequence[ServedItem] = (),
) -> ExportFile:
    """Write ``items`` of a version to ``target`` as a workbook of one sheet under the items' titles; ``keep`` and
    ``keep_items`` as in ``write_csv``. Raises TooLarge when the rows are more than a sheet holds; then there is no file.
    """
    heads = [item.title or item.name for item in items]
    kinds = ["" if item.name in (masks or {}) else item.type for item in items]
    if keep is None and Table(home, resource).version(version).rows > spreadsheet.MOST_ROWS:
        raise spreadsheet.too_many_rows()

    def body(file: _Hashed, frames: Iterator[pl.DataFrame]) -> int:
        rows = spreadsheet.write(file.raw, heads, kinds, frames)
        file.read_back()  # an archive is written with its sizes filled in afterwards
        return rows

    return _write(home, resource, target, items, masks or {}, version, body, keep, keep_items)


class _Hashed:
    """Counts and hashes what is written through it."""

    def __init__(self, file: BinaryIO) -> None:
        self.raw = file
        self.sha = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.sha.update(data)
        self.size += len(data)
        return self.raw.write(data)

    def read_back(self) -> None:
        """Count and hash what was written past it."""
        self.raw.seek(0)
        while data := self.raw.read(1 << 20):
            self.sha.update(data)
            self.size += len(data)


def _csv(frame: pl.DataFrame) -> bytes:
    return frame.write_csv(include_header=False, line_terminator="\r\n").encode()


def _write(
    home: Home,
    resource: str,
    target: Path,
    items: Sequence[ServedItem],
    masks: Mapping[str, Mask],
    version: int | None,
    body: Callable[[_Hashed, Iterator[pl.DataFrame]], int],
    keep: Keep | None,
    keep_items: Sequence[ServedItem],
) -> ExportFile:
    if not items:
        raise GongshuError(
            "lake.export_empty",
            "导出至少需要一个数据项。",
            "An export needs at least one item.",
            resource=resource,
        )
    table = Table(home, resource)
    found = table.version(version)
    temporary = target.with_name(f".{target.name}.{ids.new_id()[-10:].lower()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w+b") as raw:
            file = _Hashed(raw)
            rows = body(file, _frames(table, found.number, items, masks, keep, keep_items))
            raw.flush()
            os.fsync(raw.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise EnvironmentFault(
            "lake.export_disk",
            f"导出文件无法写入：{target}({error.strerror or error})。请检查磁盘空间和权限后重试。",
            f"The export cannot be written: {target} ({error.strerror or error}). Check space and rights.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return ExportFile(target, rows, file.size, file.sha.hexdigest(), found.number)


def _frames(
    table: Table,
    version: int,
    items: Sequence[ServedItem],
    masks: Mapping[str, Mask],
    keep: Keep | None,
    keep_items: Sequence[ServedItem],
) -> Iterator[pl.DataFrame]:
    names = [item.name for item in items]
    read = {item.name: item for item in (*items, *(keep_items if keep is not None else ()))}
    for batch in table.batches(version, columns=list(read)):
        frame = pl.DataFrame(pa.Table.from_batches([batch]))
        frame = frame.select(values.plain(item.name, item.type) for item in read.values())
        if keep is not None:
            asked = frame.select(item.name for item in keep_items).iter_rows(named=True)
            frame = frame.filter(pl.Series([keep(row) for row in asked], dtype=pl.Boolean))
        frame = frame.select(names)
        for name, mask in masks.items():
            if name in frame.columns:
                shown = [mask(value) for value in frame.get_column(name).cast(pl.String).to_list()]
                frame = frame.with_columns(pl.Series(name, shown, dtype=pl.String))
        yield frame
