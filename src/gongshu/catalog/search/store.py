"""The index on disk: one folder per build, and one small file that names the build in force.

``current.json`` is replaced in one step once a build is complete; a build that was killed is a folder that nothing names.
Within a build tantivy's own commit is the step: readers see the state before or after it, never between. One process
writes at a time (``writer.lock``); readers take no lock and never wait.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import tantivy

from gongshu import clock, ids
from gongshu.catalog.search.record import VERSION, Record, document, schema, tokens
from gongshu.catalog.search.words import Dictionary

HEAP = 400_000_000  # most bytes that a build gathers before it writes a segment: few segments, quick questions
LEAST_HEAP = 20_000_000


@dataclass(frozen=True)
class Stamp:
    """What a build says of itself. ``names`` is a digest of what its dictionary was made from."""

    version: int
    folder: str
    built_at: str
    entries: int
    names: str


class OpenIndex:
    """A build that is open for reading. Cheap to ask again: it looks whether a commit was made since."""

    def __init__(self, folder: Path, stamp: Stamp) -> None:
        self.folder = folder
        self.stamp = stamp
        self.index = tantivy.Index.open(str(folder))
        self.index.config_reader("manual")
        self.schema = self.index.schema
        self.dictionary = Dictionary((folder / "dictionary.txt").read_text(encoding="utf-8").splitlines())
        self._seen: tuple[int, int] | None = None
        self._searcher: tantivy.Searcher | None = None
        self._lock = Lock()

    def searcher(self) -> tantivy.Searcher:
        """The state of the last commit."""
        now = _mark(self.folder / "meta.json")
        with self._lock:
            if self._searcher is None or now != self._seen:
                self.index.reload()
                self._searcher = self.index.searcher()
                self._seen = now
            return self._searcher


class Store:
    """The index below ``folder``; nothing there is no error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / "current.json"
        self._complaint = folder / "unreadable"
        self._open: OpenIndex | None = None
        self._seen: tuple[int, int] | None = None
        self._lock = Lock()

    # -- reading

    def stamp(self) -> Stamp | None:
        """What is in force; ``None`` where there is nothing or nothing that this program can read."""
        try:
            found = Stamp(**json.loads(self._pointer.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.version == VERSION else None

    def open(self) -> OpenIndex | None:
        """The build in force, opened once; ``None`` where it is missing, of another version, or was found damaged."""
        now = _mark(self._pointer)
        if now is None or self._complaint.exists():
            return None
        with self._lock:
            if now != self._seen:
                self._open, self._seen = self._read(), now
            return self._open

    def complain(self) -> None:
        """A reader met damage: whoever writes builds anew."""
        self._complaint.touch()

    def _read(self) -> OpenIndex | None:
        stamp = self.stamp()
        if stamp is None:
            return None
        try:
            return OpenIndex(self.folder / stamp.folder, stamp)
        except (ValueError, OSError):
            self.complain()
            return None

    # -- writing

    @contextmanager
    def writing(self) -> Iterator[bool]:
        """Whether this process may write now; never waits. The lock ends with the process, however that ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "writer.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def rebuild(
        self,
        records: Iterable[Record],
        *,
        dictionary: Iterable[str],
        names: str,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Stamp:
        """Build anew beside what is in force, then put it in force. Call within :meth:`writing`."""
        stamp_folder = ids.new_id("index")
        target = self.folder / stamp_folder
        self._sweep()
        target.mkdir()
        words = sorted(set(dictionary))
        (target / "dictionary.txt").write_text("\n".join(words), encoding="utf-8")
        cut = Dictionary(words)
        index = tantivy.Index(schema(), path=str(target))
        writer = index.writer(_heap(), 1)
        count = 0
        for count, record in enumerate(records, start=1):
            writer.add_document(document(record, tokens(record, cut)))
            if count % 1000 == 0:
                progress(count)
        writer.commit()
        writer.wait_merging_threads()
        progress(count)
        stamp = Stamp(VERSION, stamp_folder, clock.now().isoformat(), count, names)
        self._put_in_force(stamp)
        self._complaint.unlink(missing_ok=True)
        self._sweep()
        return stamp

    def apply(self, changed: Iterable[Record], gone: Iterable[int] = ()) -> None:
        """Replace these entries and drop those, in one commit. Call within :meth:`writing`."""
        opened = self.open()
        if opened is None:
            raise RuntimeError("there is no index to change")
        fresh = list(changed)
        replaced = [*(record.pk for record in fresh), *gone]
        if not replaced:
            return
        writer = opened.index.writer(LEAST_HEAP, 1)
        # By query: tantivy-py's deletion by term takes a number for a signed one and deletes nothing of an unsigned field.
        writer.delete_documents_by_query(tantivy.Query.term_set_query(opened.schema, "pk", replaced))
        for record in fresh:
            writer.add_document(document(record, tokens(record, opened.dictionary)))
        writer.commit()
        writer.wait_merging_threads()

    def _put_in_force(self, stamp: Stamp) -> None:
        draft = self.folder / "current.json.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(stamp.__dict__, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._pointer)

    def _sweep(self) -> None:
        """Remove builds that are not in force. Readers that still have one open keep its files until they close it."""
        stamp = self.stamp()
        kept = stamp.folder if stamp else ""
        for path in self.folder.glob("index_*"):
            if path.name != kept:
                shutil.rmtree(path, ignore_errors=True)


def _heap() -> int:
    """As much as ``HEAP``, and no more than an eighth of the machine's memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST_HEAP, min(HEAP, memory // 8))


def _mark(path: Path) -> tuple[int, int] | None:
    """Changes whenever the file was replaced."""
    try:
        found: Any = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
