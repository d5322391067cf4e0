"""The spool: where an entry is safe before it has its place in the log.

A gateway appends an entry and answers its caller only when the entry is on the disk. One thread writes whatever has
gathered as one batch and syncs once (group commit); everyone in the batch shares one ticket. When a batch cannot be
written or synced, everyone in it is told so (fail closed), and the next batch starts a fresh file, since what an
``fsync`` that failed has left behind is unknown.

On disk: ``<folder>/<id>.spool``, an 8-byte file header and then batches. A batch is a 24-byte header (magic, number,
count, length, CRC-32 of the payload, CRC-32 of the header) and its payload (big-endian uint16 length and bytes, per
entry). A file has one writer, which holds ``flock`` on it as long as it lives; a restart always opens a new file. So
the reader knows from the lock whether more can come, and a torn last batch is one that nobody was promised. A damaged
batch that is *followed* by a whole one was promised: the reader says so and goes on behind it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import threading
import zlib
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gongshu import ids
from gongshu.errors import EnvironmentFault
from gongshu.ledger import durable
from gongshu.ledger.entry import MAX_BYTES

SUFFIX = ".spool"
FILE_HEADER = b"GSSPOOL1"
MAGIC = b"GSB\x01"
BATCH_BYTES = 4 * 1024 * 1024
FILE_BYTES = 16 * 1024 * 1024
_HEADER = struct.Struct(">4sIIII")
_CRC = struct.Struct(">I")
_LENGTH = struct.Struct(">H")
HEADER_BYTES = _HEADER.size + _CRC.size


class SpoolFault(EnvironmentFault):
    """The entry is not on the disk, so what it records must not be answered."""


class Ticket:
    """The fate of one batch. ``await ticket`` in a task, ``ticket.result()`` in a thread: both return when the batch is
    on the disk and raise SpoolFault when it is not. Cancelling one waiter leaves the others alone."""

    __slots__ = ("_done", "_fault", "_lock", "_loops", "pieces", "size")

    def __init__(self, lock: threading.Lock) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self._lock = lock
        self._done: threading.Event = threading.Event()
        self._fault: OSError | None = None
        self._loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def result(self, timeout: float | None = None) -> None:
        """Wait for the batch; TimeoutError when it is neither safe nor failed after ``timeout`` seconds."""
        if not self._done.wait(timeout):
            raise TimeoutError("the spool has not answered in time")
        self._judge()

    def __await__(self) -> Generator[Any, None, None]:
        if not self._done.is_set():
            loop = asyncio.get_running_loop()
            future: asyncio.Future[None] | None = None
            with self._lock:
                if not self._done.is_set():
                    future = loop.create_future()
                    self._loops.setdefault(loop, []).append(future)
            if future is not None:
                yield from future.__await__()
        self._judge()

    def settle(self, fault: OSError | None) -> None:
        """The writer's word: on the disk (None) or not."""
        with self._lock:
            self._fault = fault
            self._done.set()
            loops, self._loops = self._loops, {}
        self.pieces = []
        for loop, futures in loops.items():
            try:
                loop.call_soon_threadsafe(_wake, futures)
            except RuntimeError:
                continue  # that loop is closed: nobody waits there any more

    def _judge(self) -> None:
        if self._fault is not None:
            raise fault(self._fault)


def _wake(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


class Spool:
    """The writing end. One object per process; threads and tasks may share it."""

    def __init__(self, folder: Path, *, file_bytes: int = FILE_BYTES) -> None:
        """Open ``folder`` (made when missing); SpoolFault at once when it cannot be written."""
        self.folder = folder
        self._file_bytes = file_bytes
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._queue: deque[Ticket] = deque()
        self._closed = False
        self._descriptor = -1
        self._written = 0
        self._number = 0
        try:
            self._open_file()
        except OSError as error:
            raise fault(error, folder) from error
        self._thread = threading.Thread(target=self._work, name="ledger-spool", daemon=True)
        self._thread.start()

    def append(self, leaf: bytes) -> Ticket:
        """Hand over one entry; the ticket says when it is safe. Never blocks on the disk."""
        return self.extend((leaf,))

    def extend(self, leaves: Sequence[bytes]) -> Ticket:
        """Hand over several entries under one ticket: all of them will be safe, or none."""
        pieces: list[bytes] = []
        for leaf in leaves:
            if not 0 < len(leaf) <= MAX_BYTES:
                raise ValueError(f"a ledger entry has 1 to {MAX_BYTES} bytes, not {len(leaf)}")
            pieces.append(_LENGTH.pack(len(leaf)))
            pieces.append(leaf)
        size = sum(map(len, pieces))
        with self._lock:
            if self._closed:
                raise fault(OSError("the spool is closed"), self.folder)
            queue = self._queue
            if not queue or queue[-1].size >= BATCH_BYTES:
                queue.append(Ticket(self._lock))
                self._arrived.notify()
            ticket = queue[-1]
            ticket.pieces += pieces
            ticket.size += size
            return ticket

    def close(self) -> None:
        """Write what was handed over, then let go of the file. Idempotent."""
        with self._lock:
            self._closed = True
            self._arrived.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._queue and not self._closed:
                    self._arrived.wait()
                if not self._queue:
                    break
                ticket = self._queue.popleft()
            try:
                self._write(ticket)
            except OSError as error:
                self._drop_file()
                ticket.settle(error)
            except Exception as error:  # a waiting caller must get an answer whatever went wrong
                self._drop_file()
                ticket.settle(OSError(f"{type(error).__name__}: {error}"))
            else:
                ticket.settle(None)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, ticket: Ticket) -> None:
        if self._descriptor < 0 or self._written >= self._file_bytes:
            self._close_file()
            self._open_file()
        data = frame(self._number, ticket.pieces)
        durable.write_all(self._descriptor, data)
        durable.sync_data(self._descriptor)
        self._number += 1
        self._written += len(data)

    def _open_file(self) -> None:
        """A new file, locked and durable before the reader can see its name."""
        durable.make_folder(self.folder)
        path = self.folder / (ids.new_id() + SUFFIX)
        hidden = path.with_name(f".{path.name}")
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            durable.write_all(descriptor, FILE_HEADER)
            os.fsync(descriptor)
            hidden.rename(path)
            durable.sync_folder(self.folder)
        except OSError:
            os.close(descriptor)
            hidden.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise
        self._descriptor, self._written, self._number = descriptor, len(FILE_HEADER), 0

    def _close_file(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _drop_file(self) -> None:
        """After a failure: cut off what was not promised, as far as the disk allows, and never write here again."""
        if self._descriptor < 0:
            return
        try:
            os.ftruncate(self._descriptor, self._written)
        except OSError:
            pass  # the reader recognises the rest as torn, and it was promised to nobody
        finally:
            self._close_file()


def frame(number: int, pieces: Sequence[bytes]) -> bytes:
    """A batch on disk; ``pieces`` are a length and a leaf in turn."""
    payload = b"".join(pieces)
    header = _HEADER.pack(MAGIC, number, len(pieces) // 2, len(payload), zlib.crc32(payload))
    return header + _CRC.pack(zlib.crc32(header)) + payload


class Batch(NamedTuple):
    """Whole entries read from a file, and the offset behind them."""

    leaves: list[bytes]
    end: int
    after_damage: bool


def read(path: Path, offset: int = 0) -> Iterator[Batch]:
    """The whole batches of a spool file from ``offset`` on, in order. What is torn at the end is left for later.

    ``after_damage`` marks a batch in front of which promised bytes are unreadable. FileNotFoundError passes through.
    """
    base = max(offset, len(FILE_HEADER))
    with path.open("rb") as file:
        file.seek(base)
        data = file.read()
    position = 0
    damaged = False
    while position + HEADER_BYTES <= len(data):
        leaves, end = _batch_at(data, position)
        if leaves is None:
            damaged = True
            position = data.find(MAGIC, position + 1)
            if position < 0:
                return
            continue
        yield Batch(leaves, base + end, damaged)
        damaged = False
        position = end


def _batch_at(data: bytes, position: int) -> tuple[list[bytes] | None, int]:
    header = data[position : position + _HEADER.size]
    magic, _, count, length, checksum = _HEADER.unpack(header)
    start = position + HEADER_BYTES
    end = start + length
    (header_checksum,) = _CRC.unpack_from(data, position + _HEADER.size)
    if magic != MAGIC or zlib.crc32(header) != header_checksum or end > len(data):
        return None, position
    payload = data[start:end]
    if zlib.crc32(payload) != checksum:
        return None, position
    leaves = []
    at = 0
    while at < length:
        size = (payload[at] << 8) | payload[at + 1]
        leaves.append(payload[at + 2 : at + 2 + size])
        at += 2 + size
    return (leaves, end) if len(leaves) == count else (None, position)


def abandoned(path: Path) -> bool:
    """Whether no process writes ``path`` any more."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def fault(error: OSError, folder: Path | None = None) -> SpoolFault:
    """The sentence for a spool that cannot be written."""
    reason = error.strerror or str(error)
    where = f"({folder})" if folder else ""
    return SpoolFault(
        "ledger.spool_unwritable",
        f"账本暂存区{where}无法写入：{reason}。为保证凡有提供必有记录，本次请求不予办理；请清理磁盘空间或检查权限。",
        f"The ledger's spool{' ' + where if where else ''} cannot be written: {reason}. Nothing is delivered that is "
        "not recorded, so the request is refused; free disk space or check permissions.",
    )
