"""The digest by which what a source handed over is compared with what the lake holds: 对账.

``mix-sum:<seed>:<sum>``, the seed of 16 and the sum of 32 hexadecimal digits. All arithmetic is modulo 2^64:

- A cell is a list of words. A text in UTF-8: its length in bytes, then its bytes eight at a time, little-endian, zeros
  behind the last; beyond ``LONGEST`` bytes instead of these the two words of its BLAKE2b-128 (RFC 7693). A whole number, a
  day (since 1970-01-01), a moment (µs since then), yes (1) or no (0), a double (IEEE 754): one word. A decimal in units of
  its last place: one word up to 18 digits, else two, the low one first. No value: the word 2^63 + 1, under place 255.
- Word ``w`` of item ``c`` (from 0) at place ``i`` (from 0) becomes ``m = mix(w + mix(seed + 2^16·c + i + 1))``, where
  ``mix`` is one step of SplitMix64 (Steele, Lea, Flood 2014). A row is the pair of the sum of its ``m`` and the sum of
  ``(m xor m >> 32) · 0xD6E8FEB86659FD93``.
- The digest of a set of rows is the pair of sums of ``mix`` of both halves of its rows, the first above the second: it does
  not depend on the order, and anybody can compute it again.

What it guarantees: rows lost, doubled or changed by accident go unnoticed about once in 2^128. It is no cryptographic hash;
the seed is drawn anew for each run, so that nobody can prepare rows that cancel each other out. Against later changes a
version has the SHA-256 of its files. Digests ``blake2b-sum:…`` of earlier runs are the sum, modulo 2^128, of the
BLAKE2b-128 of each row as a line of its values as shown, U+001F between them and U+0000 for none.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Words = npt.NDArray[np.uint64]

LONGEST = 256  # bytes of a text that are taken as words
_NOTHING, _NO_VALUE = 255, (1 << 63) + 1
_BLOCK = 16_384  # rows: what is worked on stays in the processor's cache
_GOLDEN, _FIRST, _LAST = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_30, _27, _31, _32 = (np.uint64(n) for n in (30, 27, 31, 32))
# The bytes of a word that belong to a text of which so many are left.
_KEPT = np.array([0, *((1 << 8 * count) - 1 for count in range(1, 9))], np.uint64)


class Tally:
    """Counts rows and sums their digests. ``kinds`` are the items' type codes by name, in the catalog's order."""

    def __init__(self, kinds: Mapping[str, str], seed: int | None = None) -> None:
        self.seed = secrets.randbits(64) if seed is None else seed
        self._names = list(kinds)
        self.rows = 0
        self._sums = [0, 0]

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch that has the items among its columns."""
        for start in range(0, batch.num_rows, _BLOCK):
            self._add(batch.slice(start, _BLOCK))
        self.rows += batch.num_rows

    def _add(self, batch: pa.RecordBatch) -> None:
        row = _Row(batch.num_rows, self.seed)
        for place, name in enumerate(self._names):
            row.take(place, batch.column(name))
        for half, words in enumerate((row.first, row.second)):
            self._sums[half] = (self._sums[half] + int(_mix(words).sum(dtype=np.uint64))) & (1 << 64) - 1

    @property
    def digest(self) -> str:
        return f"mix-sum:{self.seed:016x}:{self._sums[0]:016x}{self._sums[1]:016x}"


class _Row:
    """The pairs of sums of some rows, item by item."""

    def __init__(self, count: int, seed: int) -> None:
        self.first, self.second = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
        self._seed = seed

    def take(self, item: int, values: pa.Array) -> None:
        """Add the cells of one item."""
        nothing = None
        if values.null_count:
            nothing = np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))
            held = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
            self._add(item, _NOTHING, np.full(len(nothing), _NO_VALUE, np.uint64), nothing)
            self._take(item, values.drop_null(), held)
        else:
            self._take(item, values, None)

    def _take(self, item: int, values: pa.Array, rows: npt.NDArray[np.int64] | None) -> None:
        if pa.types.is_string(values.type):
            self._texts(item, values, rows)
            return
        for place, words in enumerate(_fixed(values)):
            self._add(item, place, words, rows)

    def _texts(self, item: int, values: pa.StringArray, rows: npt.NDArray[np.int64] | None) -> None:
        count = len(values)
        if not count:
            return
        _, offsets, data = values.buffers()
        ends = np.frombuffer(offsets, np.int32, count + 1, values.offset * 4)
        low, high = int(ends[0]), int(ends[-1])
        held = np.zeros(high - low + 8, np.uint8)  # a word can be read at its last byte
        if high > low:
            held[:-8] = np.frombuffer(data, np.uint8, high - low, low)
        starts = ends[:-1].astype(np.int64) - low
        lengths = np.diff(ends).astype(np.int64)
        self._add(item, 0, lengths.astype(np.uint64), rows)
        left = lengths
        if (lengths > LONGEST).any():
            long = np.flatnonzero(lengths > LONGEST)
            pieces = (held[starts[one] : starts[one] + lengths[one]].tobytes() for one in long)
            pairs = np.frombuffer(b"".join(blake2b(piece, digest_size=16).digest() for piece in pieces), "<u8")
            for place in (0, 1):
                self._add(item, place + 1, pairs[place::2].copy(), long if rows is None else rows[long])
            left = np.where(lengths > LONGEST, 0, lengths)
        windows: Any = np.ndarray(held.size - 7, "<u8", held, strides=(1,))
        some: npt.NDArray[np.int64] | None = None  # the texts that go on
        for place in range(-(-int(left.max()) // 8)):
            begun = left > 8 * place
            if not begun.all():
                some = np.flatnonzero(begun)
            at, behind = (starts, left) if some is None else (starts[some], left[some])
            words = windows[at + 8 * place] & _KEPT[np.minimum(behind - 8 * place, 8)]
            owners = some if rows is None else rows if some is None else rows[some]
            self._add(item, place + 1, words, owners)

    def _add(self, item: int, place: int, words: Words, rows: npt.NDArray[np.int64] | None) -> None:
        mixed = words + _mixed(self._seed + (item << 16) + place + 1)
        _mix(mixed)
        spread = mixed >> _32
        spread ^= mixed
        spread *= _SPREAD
        if rows is None:
            self.first += mixed
            self.second += spread
        else:  # no row is there twice
            self.first[rows] += mixed
            self.second[rows] += spread


def _mix(words: Words) -> Words:
    """One step of SplitMix64 from each state, in place."""
    words += _GOLDEN
    words ^= words >> _30
    words *= _FIRST
    words ^= words >> _27
    words *= _LAST
    words ^= words >> _31
    return words


@lru_cache(maxsize=4_096)
def _mixed(number: int) -> np.uint64:
    return np.uint64(_mix(np.array([number & (1 << 64) - 1], np.uint64))[0])


def _fixed(values: pa.Array) -> list[Words]:
    """The words of values without nulls."""
    kind = values.type
    if pa.types.is_date32(kind):
        return [values.view(pa.int32()).to_numpy().astype(np.int64).view(np.uint64)]
    if pa.types.is_timestamp(kind):
        return [values.view(pa.int64()).to_numpy().view(np.uint64)]
    if pa.types.is_boolean(kind):
        return [values.to_numpy(zero_copy_only=False).astype(np.uint64)]
    if pa.types.is_decimal(kind):
        pairs = np.frombuffer(values.buffers()[1], np.uint64)[2 * values.offset : 2 * (values.offset + len(values))]
        return [pairs[::2]] if kind.precision <= 18 else [pairs[::2], pairs[1::2]]
    return [values.to_numpy().view(np.uint64)]


def of_files(paths: Iterable[Path], kinds: Mapping[str, str], seed: int) -> Tally:
    """The tally of the rows in Parquet files, read back from the disk."""
    tally = Tally(kinds, seed)
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4 * _BLOCK, columns=list(kinds)):
                tally.add(batch)
    return tally
