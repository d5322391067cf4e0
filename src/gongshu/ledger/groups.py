"""Groups: what ``CHUNKS`` packed chunks say, put together, so that a question asks one row where it asked many.

A value that is rare or absent has to be looked for everywhere. Among chunks that is one row in each of them, and the time
grows with the log; a group answers for all its chunks at once. A word is on few of a group's leaves or on many:

* few: the row of its bucket lists the places (uint32, within the group), as in a chunk;
* many, more than one leaf in ``OFTEN``: a row of its own has one bit a leaf. The head of the group names these words.

A group is made when its last chunk is packed, in that transaction, and the chunks' words go. Their moments stay where
they are. Functions take ``size``: the leaves in a chunk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from gongshu.ledger import packing
from gongshu.ledger.models import Posting
from gongshu.ledger.packing import BUCKETS, Places, Spread, Word, Words

CHUNKS = 32
OFTEN = 32  # a bit a leaf takes no more room than 32 bits for one leaf in 32

_HEAD, _FEW, _MANY = 512, 1024, 2048  # buckets of a group's rows; those of chunks are below
_PLACES = "<u4"

Bits = npt.NDArray[np.uint8]
Heads = Mapping[int, Words]


def place(bucket: int, number: int) -> int:
    """The key of a row: of a chunk, or of a group with the buckets above."""
    return bucket << 32 | number


def remove(bucket: int, begin: int, end: int) -> None:
    """Take away a bucket's rows of the numbers from ``begin`` up to ``end``."""
    Posting.objects.filter(place__gte=place(bucket, begin), place__lt=place(bucket, end)).delete()


# ---- writing -------------------------------------------------------------------------------------------------


def numbers() -> frozenset[int]:
    """The groups there are."""
    found = Posting.objects.filter(place__gte=place(_HEAD, 0), place__lt=place(_HEAD + 1, 0))
    return frozenset(key & 0xFFFFFFFF for key in found.values_list("place", flat=True))


def make(group: int, size: int) -> None:
    """Put the words of a group's chunks together. In the caller's transaction."""
    first, end = group * CHUNKS, (group + 1) * CHUNKS
    _write(group, size, (_of_chunks(bucket, first, end, size) for bucket in range(BUCKETS)))
    for bucket in range(BUCKETS):
        remove(bucket, first, end)


def prune(index: int, size: int) -> None:
    """Let go of the words of the leaves below ``index``. In the caller's transaction."""
    whole, begun = divmod(index, size * CHUNKS)
    heads = _heads([group for group in numbers() if group <= whole])
    for group, head in heads.items():
        rows = [_HEAD, *range(_FEW, _FEW + BUCKETS), *range(_MANY, _MANY + len(head))]
        if group < whole:
            for bucket in rows:
                remove(bucket, group, group + 1)
        elif begun:  # the head stays, so who reads meanwhile finds every row where it was
            for bucket in rows[1:]:
                _cut(place(bucket, group), begun)


def _cut(key: int, begin: int) -> None:
    """Take the places below ``begin`` out of a row."""
    row = Posting.objects.filter(place=key).first()
    if row is None:
        return
    if key >> 32 >= _MANY:
        bits = np.unpackbits(np.frombuffer(bytes(row.content), dtype=np.uint8), bitorder="little")
        bits[:begin] = 0
        row.content = np.packbits(bits, bitorder="little").tobytes()
    else:
        every = packing.unpack(bytes(row.content), _PLACES)
        kept = every.places >= begin
        row.content = packing.pack(Spread(every.words[kept], every.places[kept]), _PLACES)
    row.save(update_fields=["content"])


def _write(group: int, size: int, spreads: Iterable[Spread]) -> None:
    """The rows of a group; ``spreads`` are its buckets in turn."""
    often = size * CHUNKS // OFTEN
    rows: list[Posting] = []
    many: list[int] = []

    def save() -> None:
        Posting.objects.bulk_create(rows)
        rows.clear()

    for bucket, spread in enumerate(spreads):
        words, begins, counts = np.unique(spread.words, return_index=True, return_counts=True)
        kept = np.ones(len(spread.words), dtype=bool)
        for at in np.flatnonzero(counts > often).tolist():
            part = slice(int(begins[at]), int(begins[at] + counts[at]))
            kept[part] = False
            bits = np.zeros(size * CHUNKS, dtype=bool)
            bits[spread.places[part]] = True
            content = np.packbits(bits, bitorder="little").tobytes()
            rows.append(Posting(place=place(_MANY + len(many), group), content=content))
            many.append(int(words[at]))
        few = Spread(spread.words[kept], spread.places[kept])
        if len(few.words):
            rows.append(Posting(place=place(_FEW + bucket, group), content=packing.pack(few, _PLACES)))
        if len(rows) >= 16:
            save()
    rows.append(Posting(place=place(_HEAD, group), content=np.array(many, dtype="<u8").tobytes()))
    save()


def _of_chunks(bucket: int, first: int, end: int, size: int) -> Spread:
    """What the chunks from ``first`` up to ``end`` have in a bucket, with places within the group."""
    rows = Posting.objects.filter(place__gte=place(bucket, first), place__lt=place(bucket, end)).order_by("place")
    words, places = [np.empty(0, dtype="<u8")], [np.empty(0, dtype=_PLACES)]
    for key, content in rows.values_list("place", "content"):
        part = packing.unpack(bytes(content), "<u2")
        words.append(part.words)
        places.append(part.places.astype(_PLACES) + ((key & 0xFFFFFFFF) - first) * size)
    every, where = np.concatenate(words), np.concatenate(places)
    order = np.argsort(every, kind="stable")  # the places of each are in order already
    return Spread(every[order], where[order])


# ---- reading -------------------------------------------------------------------------------------------------


def matching(words: Sequence[Word], wanted: Sequence[int], size: int) -> tuple[dict[int, Places], list[int]]:
    """The places, within their chunk, that have all ``words``, for those of the chunks ``wanted`` that have any; and
    which of the chunks are in no group yet."""
    heads = _heads(sorted({number // CHUNKS for number in wanted}))
    found: dict[int, Places] = {}
    for group, places in _in_groups([packing.digest(word) for word in words], heads).items():
        begin = group * CHUNKS
        borders = np.searchsorted(places, np.arange(CHUNKS + 1) * size)
        for at in np.flatnonzero(borders[1:] > borders[:-1]).tolist():
            part = places[borders[at] : borders[at + 1]] - at * size
            found[begin + at] = part.astype("<u2")
    return {n: found[n] for n in wanted if n in found}, [n for n in wanted if n // CHUNKS not in heads]


def heads_of(wanted: Iterable[int]) -> set[int]:
    """The keys of the heads that the groups of these chunks have or will have."""
    return {place(_HEAD, number // CHUNKS) for number in wanted}


def _heads(wanted: Sequence[int]) -> dict[int, Words]:
    rows = Posting.objects.filter(place__in=[place(_HEAD, group) for group in wanted]).values_list("place", "content")
    return {key & 0xFFFFFFFF: np.frombuffer(bytes(content), dtype="<u8") for key, content in rows}


def _in_groups(keys: Sequence[int], heads: Heads) -> dict[int, Places]:
    """The places, within their group, that have all words, for the groups that have any."""
    left: dict[int, _Left] = {group: _Left() for group in heads}
    for key in keys:
        where = {_row_of(key, group, heads[group]): group for group in left}
        still = {}
        for at, content in Posting.objects.filter(place__in=list(where)).values_list("place", "content"):
            group = where[at]
            if at >> 32 >= _MANY:
                having = left[group].on(np.frombuffer(bytes(content), dtype=np.uint8))
            else:
                having = left[group].among(packing.places_of(bytes(content), key, _PLACES))
            if having:
                still[group] = left[group]
        left = still
    return {group: one.places() for group, one in left.items()}


def _row_of(key: int, group: int, head: Words) -> int:
    often = np.flatnonzero(head == np.uint64(key))
    return place(_MANY + int(often[0]) if len(often) else _FEW + packing.bucket_of(key), group)


class _Left:
    """The leaves of a group that had every word so far: as bits while all words were frequent, then as places."""

    def __init__(self) -> None:
        self._bits: Bits | None = None
        self._places: Places | None = None

    def on(self, bits: Bits) -> bool:
        """Keep those with their bit set; whether any are left."""
        if self._places is not None:
            self._places = self._places[_set(bits, self._places)]
            return len(self._places) > 0
        self._bits = bits if self._bits is None else self._bits & bits
        return bool(self._bits.any())

    def among(self, places: Places) -> bool:
        """Keep those that are among ``places``; whether any are left."""
        if self._places is not None:
            places = np.intersect1d(self._places, places, assume_unique=True)
        elif self._bits is not None:
            places = places[_set(self._bits, places)]
        self._places = places
        return len(places) > 0

    def places(self) -> Places:
        if self._places is not None:
            return self._places
        return np.empty(0, dtype=_PLACES) if self._bits is None else _places_on(self._bits)


def _set(bits: Bits, places: Places) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (bits[places >> 3] >> (places & 7) & 1).astype(bool)
    return found


def _places_on(bits: Bits) -> Places:
    return np.flatnonzero(np.unpackbits(bits, bitorder="little")).astype(_PLACES)
