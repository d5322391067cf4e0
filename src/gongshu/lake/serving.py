"""Serving snapshots: one read-only SQLite file per published version, for look-ups by key in microseconds.

``publish`` builds ``<home.serving>/<resource>/<build>/serve.sqlite`` from a version of the lake, syncs it,
writes ``manifest.json`` beside it, and only then swaps the pointer file ``current``; a reader sees the old
snapshot or the new one, never a half. ``Snapshot`` opens it ``mode=ro&immutable=1``: no locks, no journal.

Types: C, M, G are TEXT; D is ``YYYY-MM-DD``; T is ISO 8601 at +08:00; I INTEGER; L 0/1 (bool outside); B, F
REAL; N, Y are a number where a number says them exactly, otherwise their text.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from gongshu import clock, ids
from gongshu.errors import EnvironmentFault, GongshuError, NotFound
from gongshu.home import Home
from gongshu.lake import values
from gongshu.lake.parts import sync_folder
from gongshu.lake.tables import Table, Version, folder_name

POINTER = "current"
DATABASE = "serve.sqlite"
MANIFEST = "manifest.json"
KEPT_BUILDS = 3

Value = str | int | float | bool | None
Row = dict[str, Value]


@dataclass(frozen=True)
class ServedItem:
    """One column of a snapshot. ``type`` is a code of the catalog (C N Y D T L M G B I F)."""

    name: str
    title: str
    type: str
    is_key: bool = False
    mask: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is: which version of which resource, with which items."""

    resource: str
    version: int
    rows: int
    digest: str
    committed_at: str
    built_at: str
    keys: tuple[str, ...]
    items: tuple[ServedItem, ...]

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> Manifest:
        body = json.loads(text)
        items = tuple(ServedItem(**item) for item in body.pop("items"))
        return cls(keys=tuple(body.pop("keys")), items=items, **body)


class Page(NamedTuple):
    """Rows in the order of the source file; ``after`` continues (None: there are no more)."""

    rows: list[Row]
    after: int | None


def publish(
    home: Home,
    resource: str,
    version: int | Version | None = None,
    *,
    items: Sequence[ServedItem],
    keys: Sequence[str] = (),
    tick: Callable[[], None] = lambda: None,
) -> Path:
    """Serve a version (default: the latest) of ``resource``; returns the folder of the snapshot.

    Doing it again for the same version and items only moves the pointer. Raises NotFound for an unknown
    version, GongshuError when the keys do not tell the rows apart or an item is not in the version,
    EnvironmentFault.
    """
    table = Table(home, resource)
    found = version if isinstance(version, Version) else table.version(version)
    present = set(table.schema(found.number).names)
    absent = [name for name in [item.name for item in items] + list(keys) if name not in present]
    if absent or not items:
        raise GongshuError(
            "lake.item_absent",
            f"版本 {found.number} 缺少数据项：{'、'.join(absent) or '(未给出)'}。请按现行目录重新归集。",
            f"Version {found.number} lacks the items: {', '.join(absent) or '(none given)'}. Collect it again.",
        )
    manifest = Manifest(
        resource=resource,
        version=found.number,
        rows=found.rows,
        digest=found.digest,
        committed_at=found.committed_at.isoformat(),
        built_at=clock.now().isoformat(),
        keys=tuple(keys),
        items=tuple(items),
    )
    names = [item.name for item in items]
    return serve(home, manifest, lambda: table.batches(found.number, columns=names), tick=tick)


def serve(
    home: Home,
    manifest: Manifest,
    batches: Callable[[], Iterable[pa.RecordBatch]],
    *,
    tick: Callable[[], None] = lambda: None,
) -> Path:
    """Serve the rows of ``batches`` as ``manifest`` says; they are asked for only when there is no such build yet.

    Raises GongshuError when the keys do not tell the rows apart, EnvironmentFault.
    """
    root = home.serving / folder_name(manifest.resource)
    try:
        folder = _built(root, manifest) or _build(root, batches, manifest, tick)
        _point(root, folder.name)
        _retire(root, keep=folder.name)
    except OSError as error:
        raise EnvironmentFault(
            "lake.serving_disk",
            f"服务快照无法写入：{root}({error.strerror or error})。请检查磁盘空间和权限后重试。",
            f"The serving snapshot cannot be written: {root} ({error.strerror or error}). Check space and rights.",
        ) from error
    return folder


def withdraw(home: Home, resource: str) -> None:
    """Serve the resource no longer: the pointer goes, and with it what a reader could open."""
    root = home.serving / folder_name(resource)
    if root.is_dir():
        (root / POINTER).unlink(missing_ok=True)
        sync_folder(root)


def current(home: Home, resource: str) -> Path | None:
    """The folder of the snapshot in force, or None when nothing is published."""
    seen = None
    while (folder := pointed(home, resource)) is not None and folder != seen:
        if (folder / MANIFEST).is_file():
            return folder
        seen = folder  # retired between two reads: the pointer has moved on
    return None


def pointed(home: Home, resource: str) -> Path | None:
    """The folder that the pointer names at this moment, there or not; None without a pointer."""
    root = home.serving / folder_name(resource)
    try:
        return root / (root / POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def kept(root: Path, version: int) -> Path | None:
    """The folder of a build of ``version`` under a resource's folder ``root``, as long as it is kept (the newest one)."""
    found = [folder for folder in root.glob(f"{version}-*") if (folder / MANIFEST).is_file()]
    return max(found, key=lambda folder: folder.stat().st_mtime_ns, default=None)


MAPPED_BYTES = 64 * 1024**3  # SQLite maps what its build allows, at most the file


class Snapshot:
    """One snapshot, open for reading; may be shared by threads. Close it when done (also a context manager)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = Manifest.parse((folder / MANIFEST).read_text(encoding="utf-8"))
        self._types = {item.name: item.type for item in self.manifest.items}
        self._key_names = frozenset(self.manifest.keys)
        uri = f"{(folder / DATABASE).absolute().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        # Read through the mapped file: the kernel's cache serves every process, and a look-up makes no system call.
        self._connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        self._lock = Lock()
        self._look_ups: dict[tuple[str, ...] | None, tuple[list[str], str, bool]] = {}

    @classmethod
    def open(cls, home: Home, resource: str) -> Snapshot:
        """The snapshot in force. Raises NotFound when the resource has none.

        A publisher may retire the build that the pointer named a moment ago; the pointer has then moved on, so it is
        read again. Only a pointer that stands still and names nothing means that nothing is served.
        """
        seen = None
        while (folder := pointed(home, resource)) is not None and folder != seen:
            try:
                return cls(folder)
            except (FileNotFoundError, sqlite3.OperationalError):
                if (folder / MANIFEST).is_file() and (folder / DATABASE).is_file():
                    raise  # it is there and cannot be read
            seen = folder
        raise NotFound(
            "lake.not_served",
            f"资源 {resource} 尚未发布可查询的数据。",
            f"Resource {resource} has no published data yet.",
            resource=resource,
        )

    @property
    def version(self) -> int:
        return self.manifest.version

    def get(self, key: Mapping[str, Value], fields: Sequence[str] | None = None) -> Row | None:
        """The row whose key is ``key`` (every key field, nothing else), or None.

        Raises GongshuError ``lake.key_fields`` when the fields are not the key's.
        """
        keys = self.manifest.keys
        if not keys or key.keys() != self._key_names:
            raise GongshuError(
                "lake.key_fields",
                f"查询须且只须给出主键项：{'、'.join(keys) or '(该资源没有主键)'}。",
                f"A look-up needs exactly the key items: {', '.join(keys) or '(this resource has none)'}.",
            )
        bound = [values.bind(self._types[name], key[name]) for name in keys]
        if None in bound:
            return None
        asked = None if fields is None else tuple(fields)
        names, sql, plain = self._look_ups.get(asked) or self._look_up(asked)
        with self._lock:
            found = self._connection.execute(sql, bound).fetchone()
        if found is None:
            return None
        return dict(zip(names, found, strict=True)) if plain else self._row(names, found)

    def _look_up(self, fields: tuple[str, ...] | None) -> tuple[list[str], str, bool]:
        """The statement that reads ``fields`` by key, made once: building it costs as much as running it. The last says
        that its cells are as they are told, with no truth values among them."""
        where = " AND ".join(f"{_name(name)} = ?" for name in self.manifest.keys)
        names = self._fields(fields)
        plain = all(self._types[name] != "L" for name in names)
        made = (names, f"SELECT {_list(names)} FROM serve WHERE {where}", plain)  # noqa: S608 - quoted names of the manifest
        if len(self._look_ups) < 1000:
            self._look_ups[fields] = made
        return made

    def page(
        self,
        after: int | None = None,
        limit: int = 100,
        filters: Mapping[str, Value] | None = None,
        fields: Sequence[str] | None = None,
    ) -> Page:
        """Up to ``limit`` (1 to 1,000) rows behind the cursor ``after`` whose declared items equal
        ``filters``.
        """
        if not 1 <= limit <= 1000:
            raise GongshuError(
                "lake.page_size", "每页条数须在 1 至 1000 之间。", "A page holds between 1 and 1,000 rows."
            )
        clauses: list[str] = ["_n > ?"]
        bound: list[Any] = [after or 0]
        for name, value in (filters or {}).items():
            self._fields([name])
            literal = values.bind(self._types[name], value)
            if literal is None and value is not None:
                return Page([], None)
            clauses.append(f"{_name(name)} IS ?")
            bound.append(literal)
        names = self._fields(fields)
        sql = (
            f"SELECT _n, {_list(names)} FROM serve WHERE {' AND '.join(clauses)} "  # noqa: S608 - as in get
            "ORDER BY _n LIMIT ?"
        )
        found = self._rows(sql, [*bound, limit + 1])
        rows = [self._row(names, row[1:]) for row in found[:limit]]
        return Page(rows, int(found[limit - 1][0]) if len(found) > limit else None)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fields(self, fields: Sequence[str] | None) -> list[str]:
        names = list(self._types) if fields is None else list(fields)
        unknown = [name for name in names if name not in self._types]
        if unknown or not names:
            raise GongshuError(
                "lake.field_unknown",
                "所请求的数据项不在该资源的目录中，请对照目录更正。",
                "An item asked for is not in the catalog entry of this resource; compare with the catalog.",
            )
        return names

    def _rows(self, sql: str, bound: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, bound).fetchall()

    def _row(self, names: Sequence[str], row: Sequence[Any]) -> Row:
        types = self._types
        return {
            name: bool(value) if types[name] == "L" and value is not None else value
            for name, value in zip(names, row, strict=True)
        }


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(_name, names))


def _build_name(manifest: Manifest) -> str:
    """The version, and a mark of the content: another content never gets a name that a reader has seen."""
    content = json.dumps([manifest.digest, manifest.keys, [asdict(item) for item in manifest.items]], sort_keys=True)
    return f"{manifest.version}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def _built(root: Path, manifest: Manifest) -> Path | None:
    """A finished build of exactly this content, if there is one."""
    folder = root / _build_name(manifest)
    return folder if (folder / MANIFEST).is_file() and (folder / DATABASE).is_file() else None


def _build(
    root: Path, batches: Callable[[], Iterable[pa.RecordBatch]], manifest: Manifest, tick: Callable[[], None]
) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    work = root / f".build-{ids.new_id()[-10:].lower()}"
    work.mkdir()
    try:
        _fill(work / DATABASE, batches(), manifest, tick)
        (work / MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
        for name in (DATABASE, MANIFEST):
            with (work / name).open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(work)
        final = root / _build_name(manifest)
        if final.exists():  # an unfinished one: a finished one would have been found
            shutil.rmtree(final)
        work.rename(final)
        sync_folder(root)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return final


def _fill(path: Path, batches: Iterable[pa.RecordBatch], manifest: Manifest, tick: Callable[[], None]) -> None:
    columns = [f"{_name(item.name)} {values.SQL_TYPES[item.type]}" for item in manifest.items]
    if manifest.keys:
        body = f"{', '.join(columns)}, _n INTEGER NOT NULL, PRIMARY KEY ({_list(manifest.keys)})"
        create = f"CREATE TABLE serve ({body}) WITHOUT ROWID"
    else:
        create = f"CREATE TABLE serve ({', '.join(columns)}, _n INTEGER PRIMARY KEY)"
    marks = ", ".join("?" * (len(columns) + 1))
    insert = f"INSERT INTO serve VALUES ({marks})"  # noqa: S608 - marks only
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-131072", "page_size=4096"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(create)
        connection.execute("BEGIN")
        try:
            connection.executemany(insert, _numbered(batches, manifest, tick))
        except sqlite3.IntegrityError as error:
            raise GongshuError(
                "lake.key_not_unique",
                f"主键 {'、'.join(manifest.keys)} 有重复或空缺，无法提供查询。请核对主键后重新归集。",
                f"The key {', '.join(manifest.keys)} has duplicate or empty values. Mend the key and collect again.",
            ) from error
        connection.execute("COMMIT")
        if manifest.keys:
            connection.execute("CREATE INDEX serve_n ON serve (_n)")


def _numbered(
    batches: Iterable[pa.RecordBatch], manifest: Manifest, tick: Callable[[], None]
) -> Iterator[tuple[Any, ...]]:
    count = 0
    for batch in batches:
        frame = pl.DataFrame(pa.Table.from_batches([batch]))
        frame = frame.select(values.plain(item.name, item.type) for item in manifest.items)
        lists = [
            list(map(values.number, column.to_list())) if item.type in "NY" else column.to_list()
            for item, column in zip(manifest.items, frame, strict=True)
        ]
        yield from zip(*lists, range(count + 1, count + frame.height + 1), strict=True)
        count += frame.height
        tick()


def _point(root: Path, name: str) -> None:
    temporary = root / f".{POINTER}-{ids.new_id()[-10:].lower()}"
    with temporary.open("w", encoding="ascii") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(root / POINTER)
    sync_folder(root)


def _retire(root: Path, *, keep: str) -> None:
    """Remove builds that are neither current nor among the newest; open readers keep what they have open."""
    builds = sorted(
        (path.parent for path in root.glob(f"*/{MANIFEST}") if path.parent.name != keep),
        key=lambda folder: (folder / MANIFEST).stat().st_mtime_ns,
        reverse=True,
    )
    for folder in builds[KEPT_BUILDS - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
    for stale in root.glob(".build-*"):
        if clock.now().timestamp() - stale.stat().st_mtime > 24 * 3600:
            shutil.rmtree(stale, ignore_errors=True)
