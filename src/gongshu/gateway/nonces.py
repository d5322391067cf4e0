"""Nonces that were used: each is remembered for exactly as long as its timestamp would still be accepted.

A signed request carries its timestamp, so a replay carries it too: what is older than the window is refused by its
timestamp and its nonces can be forgotten. Every nonce is also kept in a small file, so that a gateway killed and
started again does not accept the same request twice. The file is not synced: it survives the process; after a power
cut the window may be over before the machine is back.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from gongshu.crypto.signing import WINDOW_SECONDS
from gongshu.gateway.errors import Refusal
from gongshu.gateway.mapped import MappedFile

_BUCKET = 60  # seconds of timestamps that share a file
_SIZE = 12  # bytes of a nonce's digest
_EMPTY = bytes(_SIZE)
_SUFFIX = ".nonces"


class _Bucket:
    """The nonces of one minute of timestamps, and their file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = MappedFile(path)
        self.seen: set[bytes] = set()
        content = self.file.content()
        for at in range(0, len(content) - _SIZE + 1, _SIZE):
            digest = content[at : at + _SIZE]
            if digest == _EMPTY:
                break
            self.seen.add(digest)

    def add(self, digest: bytes) -> None:
        self.file.store(len(self.seen) * _SIZE, digest)
        self.seen.add(digest)


class Nonces:
    """``folder`` belongs to this process alone. ``limit`` bounds the memory: beyond it the gateway is overloaded."""

    def __init__(self, folder: Path, now: float, limit: int = 2_000_000) -> None:
        self._folder = folder
        self._limit = limit
        self._buckets: dict[int, _Bucket] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(f"*{_SUFFIX}"):
            if path.stem.isdigit() and int(path.stem) >= self._oldest(now):
                self._buckets[int(path.stem)] = _Bucket(path)
            else:
                path.unlink(missing_ok=True)
        self._count = sum(len(bucket.seen) for bucket in self._buckets.values())

    @property
    def count(self) -> int:
        return self._count

    @staticmethod
    def _oldest(now: float) -> int:
        return int(now - WINDOW_SECONDS) // _BUCKET

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
            if bucket is None:
                bucket = self._buckets[number] = _Bucket(self._folder / f"{number}{_SUFFIX}")
            bucket.add(digest)
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
