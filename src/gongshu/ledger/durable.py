"""Files that are whole and on the disk, or not there: the only way the ledger writes.

``write`` leaves either the old file or the new one; the new one's bytes are synced before it takes the name, and
``sync_folder`` makes the name itself survive a power cut. OSError passes through: callers say what it means.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gongshu import clock
from gongshu.errors import Conflict

sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


def write(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``, synced; the folder must exist and is not synced here."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def write_all(descriptor: int, data: bytes) -> None:
    """``os.write`` until everything is handed over; a short write (a full disk) continues until it raises."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents, with every new name synced into its parent."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` as durable as the files they name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path, *, wait: float) -> Iterator[None]:
    """Hold the lock file ``path``; Conflict when another process holds it for longer than ``wait`` seconds.

    The lock goes with the process: a killed holder leaves nothing behind to clean up.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = clock.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if clock.monotonic() >= deadline:
                    raise Conflict(
                        "ledger.sequencer_busy",
                        f"另一个进程正在编排账本（锁文件 {path}）。请等它结束；同一账本只能有一个定序进程。",
                        f"Another process is sequencing the ledger (lock file {path}). "
                        "Wait for it: a ledger has one sequencer at a time.",
                    ) from None
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)
