"""The form of the packed search index: words as numbers, and rows that hold words with the places they are on.

A word is a column and its value, known by 64 bits of its SHA-256. A packed row holds some words: how many there are
(uint32), the words in order (uint64), how often each is there (uint32), and behind them the places of each in order. All
little-endian. Pure: arrays in, bytes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

BUCKETS = 256  # a word's row, by the first 8 bits of its number

Word = tuple[str, str]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[Any]  # uint16 within a chunk, uint32 within a group


class Spread(NamedTuple):
    """Words and the places they are on, a pair each, ordered by word and then by place."""

    words: Words
    places: Places


def digests(column: str, values: Sequence[str]) -> Words:
    """The words of a column's values as numbers."""
    begin = f"{column}\0".encode()
    whole = b"".join([sha256(begin + value.encode()).digest() for value in values])
    return np.frombuffer(whole, ">u8")[::4].astype("<u8")


def digest(word: Word) -> int:
    return int(digests(word[0], [word[1]])[0])


def bucket_of(key: int) -> int:
    return key >> 56


def pack(spread: Spread, form: str) -> bytes:
    """One row; ``form`` is the dtype of its places."""
    words, counts = np.unique(spread.words, return_counts=True)
    return b"".join((
        len(words).to_bytes(4, "little"),
        words.astype("<u8").tobytes(),
        counts.astype("<u4").tobytes(),
        spread.places.astype(form).tobytes(),
    ))  # fmt: skip


def buckets(spread: Spread) -> Iterator[tuple[int, Spread]]:
    """The part of every bucket that has words."""
    borders = np.searchsorted(spread.words >> np.uint64(56), np.arange(BUCKETS + 1))
    for bucket in range(BUCKETS):
        part = slice(int(borders[bucket]), int(borders[bucket + 1]))
        if part.start < part.stop:
            yield bucket, Spread(spread.words[part], spread.places[part])


def unpack(content: bytes, form: str) -> Spread:
    """All that a row holds."""
    count = int.from_bytes(content[:4], "little")
    words = np.frombuffer(content, "<u8", count, 4)
    counts = np.frombuffer(content, "<u4", count, 4 + 8 * count)
    return Spread(np.repeat(words, counts), np.frombuffer(content, form, -1, 4 + 12 * count))


def places_of(content: bytes, key: int, form: str) -> Places:
    """The places of one word; none where the row has not got it."""
    count = int.from_bytes(content[:4], "little")
    words = np.frombuffer(content, "<u8", count, 4)
    at = int(np.searchsorted(words, np.uint64(key)))
    if at == count or int(words[at]) != key:
        return np.empty(0, dtype=form)
    counts = np.frombuffer(content, "<u4", at + 1, 4 + 8 * count)
    size = np.dtype(form).itemsize
    return np.frombuffer(content, form, int(counts[at]), 4 + 12 * count + size * int(counts[:at].sum()))
