"""Views over tables: rows of several resources under one shape, computed when they are served and never stored as a table.

``union`` puts rows of the same shape below each other; where several sources know a key, the first one named counts.
``join`` takes the rows of the first source and adds items of the others by the key; every item has one source.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from gongshu import clock, ids
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Home
from gongshu.lake import serving
from gongshu.lake.serving import Manifest, ServedItem
from gongshu.lake.tables import Table, Version


@dataclass(frozen=True)
class Source:
    """A version of a table, and which of its items each item of the view is (item of the view → item of the table)."""

    resource: str
    version: Version
    items: Mapping[str, str]


@dataclass(frozen=True)
class View:
    """``joins``: items of the others by key, else rows below each other. ``items`` in the order in which they are served."""

    resource: str
    joins: bool
    items: tuple[ServedItem, ...]
    keys: tuple[str, ...]
    sources: tuple[Source, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the definition and the digests of the versions: the same digest is the same content."""
        body = [
            self.joins,
            [item.name for item in self.items],
            self.keys,
            [[one.resource, one.version.number, one.version.digest, dict(one.items)] for one in self.sources],
        ]
        plain = json.dumps(body, ensure_ascii=False, sort_keys=True)
        return "sha256:" + hashlib.sha256(plain.encode()).hexdigest()


def publish(
    home: Home, view: View, number: int, *, committed_at: datetime, tick: Callable[[], None] = lambda: None
) -> int:
    """Compute the view and serve it as version ``number`` of its resource; the number of rows.

    Raises GongshuError: the sources do not have one shape, or a key stands twice or is empty; NotFound for a version whose
    files were cleared; EnvironmentFault.
    """
    with _computed(home, view) as path:
        rows = int(pq.read_metadata(path).num_rows)
        manifest = Manifest(
            resource=view.resource,
            version=number,
            rows=rows,
            digest=view.digest,
            committed_at=committed_at.isoformat(),
            built_at=clock.now().isoformat(),
            keys=view.keys,
            items=view.items,
        )
        serving.serve(home, manifest, lambda: _batches(path, [item.name for item in view.items]), tick=tick)
    return rows


def frame(home: Home, view: View) -> pl.LazyFrame:
    """The rows of the view, lazily."""
    parts = [
        Table(home, one.resource)
        .read(one.version.number)
        .select(pl.col(source).alias(item) for item, source in one.items.items())
        for one in view.sources
    ]
    names = [item.name for item in view.items]
    keys = list(view.keys)
    if view.joins:
        found = parts[0]
        for part in parts[1:]:
            found = found.join(part, on=keys, how="left", maintain_order="left")
        return found.select(names)
    found = pl.concat(parts, how="diagonal")
    return found.unique(subset=keys, keep="first", maintain_order=True).select(names)


@contextmanager
def _computed(home: Home, view: View) -> Iterator[Path]:
    """The rows in a file of their own that is gone afterwards: memory stays bounded by the engine, not by the rows."""
    folder = home.root / "tmp"
    path = folder / f"view-{ids.new_id()[-12:].lower()}.parquet"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        frame(home, view).sink_parquet(path, compression="zstd", maintain_order=True)
        yield path
    except (pl.exceptions.PolarsError, pa.ArrowInvalid) as error:
        raise GongshuError(
            "lake.view_shapes",
            "各来源的数据项类型不一致，或现行版本缺少所用的数据项，不能合成。请核对各来源目录后重新归集。",
            "The sources' items are of different types, or a version lacks one that is used, so they make no view. "
            "Compare the entries and collect again.",
            resource=view.resource,
        ) from error
    except OSError as error:
        raise EnvironmentFault(
            "lake.disk",
            f"无法写入 {folder}({error.strerror or error})。请检查磁盘空间和权限后重试。",
            f"{folder} cannot be written ({error.strerror or error}). Check space and rights, then try again.",
        ) from error
    finally:
        path.unlink(missing_ok=True)


def _batches(path: Path, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=65_536, columns=list(names))
