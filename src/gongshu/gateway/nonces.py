"""Nonces that were used: each is remembered for exactly as long as its timestamp would still be accepted.

A signed request carries its timestamp, so a replay carries it too: what is older than the window is refused by its
timestamp and its nonces can be forgotten. All gateways of a node share the folder: each nonce is in a small file that all
of them map, and under one lock each takes in what the others added before it adds its own. So a request that one of them
answered is refused by every other, and by itself after it was killed and started again. The lock ends with its holder.
The files are not synced: they survive the processes; after a power cut the window may be over before the machine is back.
"""

from __future__ import annotations

import fcntl
import os
from hashlib import blake2b
from pathlib import Path

from gongshu.crypto.signing import WINDOW_SECONDS
from gongshu.gateway.errors import Refusal
from gongshu.gateway.mapped import MappedFile

_BUCKET = 60  # seconds of timestamps that share a file
_COUNT = 8  # bytes at the head of a file: how many nonces it holds, little-endian; written after the nonce
_SIZE = 12  # bytes of a nonce's digest
_SUFFIX = ".nonces"


class _Bucket:
    """The nonces of one minute of timestamps, and their file. Used under the lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = MappedFile(path)
        self.seen: set[bytes] = set()
        self._taken = 0  # nonces of the file that are in ``seen``
        self.take_in()

    def take_in(self) -> int:
        """Learn what other gateways have added; how many that were."""
        count = int.from_bytes(self.file.read(0, _COUNT), "little")
        new = count - self._taken
        if new > 0:
            added = self.file.read(_COUNT + self._taken * _SIZE, _COUNT + count * _SIZE)
            self.seen.update([added[at : at + _SIZE] for at in range(0, len(added), _SIZE)])
            self._taken = count
        return new

    def add(self, digest: bytes) -> None:
        self.file.store(_COUNT + self._taken * _SIZE, digest)
        self.file.store(0, (self._taken + 1).to_bytes(_COUNT, "little"))
        self._taken += 1
        self.seen.add(digest)


class Nonces:
    """``folder`` belongs to the gateways of this node. ``limit`` bounds the memory: beyond it the gateway is overloaded."""

    def __init__(self, folder: Path, now: float, limit: int = 2_000_000) -> None:
        self._folder = folder
        self._limit = limit
        self._buckets: dict[int, _Bucket] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            for path in folder.glob(f"*{_SUFFIX}"):
                if path.stem.isdigit() and int(path.stem) >= self._oldest(now):
                    self._buckets[int(path.stem)] = _Bucket(path)
                else:
                    path.unlink(missing_ok=True)
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
        self._count = sum(len(bucket.seen) for bucket in self._buckets.values())

    @property
    def count(self) -> int:
        return self._count

    @staticmethod
    def _oldest(now: float) -> int:
        """The oldest minute that is kept: one more than the window, since another gateway may be judging a call that
        arrived a moment ago."""
        return int(now - WINDOW_SECONDS) // _BUCKET - 1

    def use(self, client_id: str, nonce: str, timestamp: int, now: float) -> None:
        """Remember the nonce, or raise ``Refusal`` when it was used before, or cannot be remembered."""
        number = timestamp // _BUCKET
        digest = blake2b(f"{client_id}\n{nonce}".encode(), digest_size=_SIZE).digest()
        bucket = self._buckets.get(number)
        if bucket is not None and digest in bucket.seen:
            raise Refusal("nonce_replayed")
        if bucket is None or self._count >= self._limit:
            self._forget(now)
            if self._count >= self._limit:
                raise Refusal("overloaded", retry_after=_BUCKET)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            try:
                if bucket is None:
                    bucket = self._buckets[number] = _Bucket(self._folder / f"{number}{_SUFFIX}")
                    self._count += len(bucket.seen)
                else:
                    self._count += bucket.take_in()
                if digest in bucket.seen:
                    raise Refusal("nonce_replayed")
                bucket.add(digest)
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)
        except OSError:
            raise Refusal("storage_unavailable") from None
        self._count += 1

    def _forget(self, now: float) -> None:
        oldest = self._oldest(now)
        for number in [number for number in self._buckets if number < oldest]:
            bucket = self._buckets.pop(number)
            self._count -= len(bucket.seen)
            bucket.file.close()
            bucket.path.unlink(missing_ok=True)

    def close(self) -> None:
        for bucket in self._buckets.values():
            bucket.file.close()
        self._buckets.clear()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
