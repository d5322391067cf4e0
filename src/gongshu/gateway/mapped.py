"""Small facts that must outlive the process but not the machine: a file written through memory.

What is stored in a shared mapping is in the kernel's hands at once: SIGKILL does not lose it, and storing costs no
system call. Space is allocated before it is mapped, so a full disk is an ``OSError`` here and never a SIGBUS.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

BLOCK = 64 * 1024


class MappedFile:
    """Bytes at offsets. New space is zero; the file grows by whole blocks."""

    def __init__(self, path: Path) -> None:
        """Open or make ``path``. Raises ``OSError`` when the disk refuses."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._size = max(os.fstat(self._file).st_size, BLOCK)
            os.posix_fallocate(self._file, 0, self._size)
            self._map = mmap.mmap(self._file, self._size)
        except OSError:
            os.close(self._file)
            raise

    def content(self) -> bytes:
        return self._map[:]

    def read(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``, which may lie in what another process has added. Where several processes
        write, they do so, and read, under a lock of theirs."""
        if end > self._size:
            size = os.fstat(self._file).st_size
            self._map.resize(size)
            self._size = size
        return self._map[start:end]

    def store(self, offset: int, data: bytes) -> None:
        """Write ``data`` at ``offset``, growing the file where needed. Raises ``OSError``, with nothing written."""
        end = offset + len(data)
        if end > self._size:
            size = self._size
            while size < end:
                size += max(BLOCK, size // 4 // BLOCK * BLOCK)
            size = max(size, os.fstat(self._file).st_size)
            os.posix_fallocate(self._file, 0, size)
            self._map.resize(size)
            self._size = size
        self._map[offset:end] = data

    def close(self) -> None:
        self._map.close()
        os.close(self._file)
