"""The search index: for every chunk of 16,384 leaves, which of them each word is on, packed into few rows.

A word is a column and its value (``resource``, ``organization``, ``action`` and its beginnings up to a dot, ``actor``,
``subject`` and the people whom a leaf with several names), or ``ANY``; it is known by 64 bits of its SHA-256. The words of a
chunk lie in ``BUCKETS`` rows, each with its words in order and behind them the places (uint16, within the chunk) of each. So
a leaf costs a few bytes and no walk through a tree per word, and the leaves that have several words are found by
intersecting places. Beside them lie the moments of a chunk's leaves.

A chunk is packed when it is full, in the transaction that fills it. Leaves behind the last packed chunk are *open*: their
rows are looked at one by one. Two words with the same 64 bits are possible, so what is found is compared with its row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Max, Min, QuerySet, TextField
from django.db.models.functions import Cast

from gongshu.ledger.models import Chunk, Posting, Record

SIZE = 1 << 14  # leaves in a chunk; places are uint16
BUCKETS = 256
ANY = ("", "")
_MOMENTS = BUCKETS  # the bucket in which the moments lie
_READ = ("resource", "organization", "actor", "subject", "action")
_AS_STORED = {"sqlite": "{} || ''", "postgresql": "(EXTRACT(EPOCH FROM {}) * 1000000)::bigint"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WINDOWS = (1, 4, 16, 64, 256)  # chunks that are asked for at once: few while a page may soon be full, then many

Places = npt.NDArray[np.uint16]
Moments = npt.NDArray[np.int64]
Word = tuple[str, str]


class Found(NamedTuple):
    """A leaf that has the words asked for. ``at`` is in microseconds since 1970 (UTC)."""

    at: int
    index: int


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """OverflowError for what no calendar has."""
    return _EPOCH + timedelta(microseconds=micros)


def beginnings(action: str) -> list[str]:
    """The action and what it begins with, up to each dot: ``a.b`` gives ``a.b`` and ``a.``."""
    parts = action.split(".")
    return [action, *(".".join(parts[:n]) + "." for n in range(1, len(parts)))]


def people(details: Any) -> list[str]:
    """The people in the details of a leaf that names several, each once."""
    listed = details.get("subjects", ()) if isinstance(details, dict) else ()
    return [one for one in dict.fromkeys(str(one)[:80] for one in listed) if one] if isinstance(listed, list) else []


def digest(word: Word) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(word).encode()).digest()[:8], "big")


# ---- writing -------------------------------------------------------------------------------------------------


def open_from() -> int:
    """The first index that is not packed."""
    last = Chunk.objects.aggregate(last=Max("number"))["last"]
    return 0 if last is None else (int(last) + 1) * SIZE


def pack(size: int) -> None:
    """Pack every chunk that is full in an index of ``size`` rows and not packed yet. In the caller's transaction."""
    begin = open_from()
    if begin + SIZE > size:
        return
    if begin == 0:  # the beginning of a pruned log is not there
        begin = int(Record.objects.aggregate(first=Min("index"))["first"] or 0) // SIZE * SIZE
    while begin + SIZE <= size:
        _pack(begin // SIZE)
        begin += SIZE


def forget() -> None:
    """Remove all of it."""
    Posting.objects.all().delete()
    Chunk.objects.all().delete()


def prune(index: int) -> None:
    """Let go of the words of the leaves below ``index``, whose rows are gone. In the caller's transaction."""
    number, begun = divmod(index, SIZE)
    packed = Chunk.objects.filter(number=number).exists()
    again = bool(begun and packed)  # the rest of this chunk is packed anew
    for bucket in range(BUCKETS + 1):
        Posting.objects.filter(place__gte=_place(bucket, 0), place__lt=_place(bucket, number + again)).delete()
    Chunk.objects.filter(number__lt=number + again).delete()
    if again:
        _pack(number)


def _pack(number: int) -> None:
    begin, end = number * SIZE, (number + 1) * SIZE
    rows = _rows(begin, end)
    places = np.array([row[0] - begin for row in rows], dtype="<u2")
    at = _instants([row[1] for row in rows])
    known: dict[Word, int] = {}
    keys, at_places = [np.full(len(rows), digest(ANY), dtype="<u8")], [places]
    for column, name in enumerate(_READ, 2):
        _words(name, [row[column] for row in rows], places, known, keys, at_places)
    several = Record.objects.annotate(written=Cast("details", TextField())).filter(written__contains='"subjects"')
    several = several.filter(index__gte=begin, index__lt=end).values_list("index", "details")
    if listed := [(index - begin, one) for index, details in several for one in people(details)]:
        where = np.array([place for place, _ in listed], dtype="<u2")
        _words("subject", [one for _, one in listed], where, known, keys, at_places)
    moments = np.zeros(SIZE, dtype="<i8")
    moments[places] = at
    made = [Posting(place=_place(bucket, number), content=content) for bucket, content in _buckets(keys, at_places)]
    made.append(Posting(place=_place(_MOMENTS, number), content=moments.tobytes()))
    Posting.objects.bulk_create(made, batch_size=100)
    Chunk.objects.create(number=number, oldest=int(at.min()), newest=int(at.max()))


def _rows(begin: int, end: int) -> list[Any]:
    """Index, moment and words of some rows. Not through the model: a moment is read here as the database has it."""
    quote = connection.ops.quote_name
    index, at, *words = (quote(Record._meta.get_field(name).column) for name in ("index", "at", *_READ))
    read = ", ".join([index, _AS_STORED[connection.vendor].format(at), *words])
    table = quote(Record._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {read} FROM {table} WHERE {index} >= %s AND {index} < %s", [begin, end])  # noqa: S608
        return cursor.fetchall()


def _instants(values: Sequence[Any]) -> Moments:
    """Moments as ``_AS_STORED`` gives them: text in UTC or microseconds."""
    return np.array(values, dtype="datetime64[us]" if connection.vendor == "sqlite" else "<i8").astype("<i8")


def _words(
    name: str, values: Sequence[str], places: Places, known: dict[Word, int], keys: list[Any], at_places: list[Any]
) -> None:
    """Add the words of one column to ``keys`` and ``at_places``."""
    several: dict[str, list[str]] = {"": []}
    for value in set(values) - {""}:
        several[value] = beginnings(value) if name == "action" else [value]
        known.update({(name, one): digest((name, one)) for one in several[value] if (name, one) not in known})
    if name != "action":
        numbers = {value: known[name, value] for value in several if value}
        kept = [value != "" for value in values]
        keys.append(np.array([numbers[value] for value in values if value], dtype="<u8"))
        at_places.append(places[np.array(kept, dtype=bool)])
        return
    spread = [
        (place, known[name, one])
        for place, value in zip(places.tolist(), values, strict=True)
        for one in several[value]
    ]
    keys.append(np.array([key for _, key in spread], dtype="<u8"))
    at_places.append(np.array([place for place, _ in spread], dtype="<u2"))


def _buckets(keys: list[Any], places: list[Any]) -> Iterator[tuple[int, bytes]]:
    """The content of every bucket that has words: their number, the words, how often each is there, the places."""
    every, where = np.concatenate(keys), np.concatenate(places)
    order = np.lexsort((where, every))
    every, where = every[order], where[order]
    fresh = np.ones(len(every), dtype=bool)  # a person can be both subject and listed
    fresh[1:] = (every[1:] != every[:-1]) | (where[1:] != where[:-1])
    every, where = every[fresh], where[fresh]
    words, counts = np.unique(every, return_counts=True)
    ends = np.cumsum(counts)
    borders = np.searchsorted(words >> np.uint64(56), np.arange(BUCKETS + 1))
    for bucket in range(BUCKETS):
        low, high = int(borders[bucket]), int(borders[bucket + 1])
        if low < high:
            begin = int(ends[low] - counts[low])
            yield (
                bucket,
                b"".join((
                    (high - low).to_bytes(4, "little"),
                    words[low:high].astype("<u8").tobytes(),
                    counts[low:high].astype("<u4").tobytes(),
                    where[begin : int(ends[high - 1])].astype("<u2").tobytes(),
                )),
            )  # fmt: skip


def _place(bucket: int, number: int) -> int:
    return bucket << 32 | number


# ---- reading -------------------------------------------------------------------------------------------------


def newest(
    words: Sequence[Word],
    opened: Callable[[int], Iterable[Found]],
    *,
    since: int | None = None,
    until: int | None = None,
    after: Found | None = None,
    limit: int,
) -> list[Found]:
    """The next ``limit`` leaves that have all ``words``, newest first, behind ``after``.

    ``opened(index)`` answers those among the rows from ``index`` on, which are not packed; of any number and order.
    Chunks are met by their newest leaf, backwards; what is found waits until no later chunk can hold anything newer.
    """
    begin = open_from()  # asked once: what is packed from here on is still among the rows
    held = sorted(opened(begin), reverse=True)[:limit]
    answer: list[Found] = []
    for part in _windows(_chunks(begin, since, until, after)):
        found = matching(words, [number for number, _ in part])
        moments = _moments(found)
        for number, latest in part:
            while held and held[0].at > latest:
                answer.append(held.pop(0))
                if len(answer) == limit:
                    return answer
            if number in found:
                best = _best(number, found[number], moments[number], since, until, after, limit)
                held = sorted([*held, *best], reverse=True)[:limit]
    return (answer + held)[:limit]


def moments(words: Sequence[Word], since: int) -> Iterator[Moments]:
    """When the packed leaves since then that have all ``words`` were, a part at a time and in no order."""
    for part in _windows(_chunks(open_from(), since, None, None)):
        found = matching(words, [number for number, _ in part])
        for number, whole in _moments(found).items():
            at = whole[found[number]]
            yield at[at >= since]


def matching(words: Sequence[Word], numbers: Sequence[int]) -> dict[int, Places]:
    """The places that have all ``words``, for those of the chunks that have any."""
    found: dict[int, Places] = {}
    for word in words or [ANY]:
        key = digest(word)
        left = list(found) if found else list(numbers)
        rows = Posting.objects.filter(place__in=[_place(key >> 56, number) for number in left])
        having = {}
        for place, content in rows.values_list("place", "content"):
            places = _places_of(bytes(content), key)
            number = place & 0xFFFFFFFF
            if len(places) and found:
                marked = np.zeros(SIZE, dtype=bool)
                marked[found[number]] = True
                places = places[marked[places]]
            if len(places):
                having[number] = places
        found = having
        if not found:
            break
    return found


def _chunks(begin: int, since: int | None, until: int | None, after: Found | None) -> list[tuple[int, int]]:
    """(number, moment of its newest leaf) of the chunks below ``begin`` that can hold something, the newest first."""
    if not begin:
        return []
    rows: QuerySet[Chunk] = Chunk.objects.filter(number__lt=begin // SIZE)
    if since is not None:
        rows = rows.filter(newest__gte=since)
    if until is not None:
        rows = rows.filter(oldest__lt=until)
    if after is not None:
        rows = rows.filter(oldest__lte=after.at)
    return list(rows.order_by("-newest", "-number").values_list("number", "newest"))


def _windows(every: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    at, step = 0, 0
    while at < len(every):
        size = _WINDOWS[min(step, len(_WINDOWS) - 1)]
        yield every[at : at + size]
        at, step = at + size, step + 1


def _places_of(content: bytes, key: int) -> Places:
    count = int.from_bytes(content[:4], "little")
    words = np.frombuffer(content, "<u8", count, 4)
    at = int(np.searchsorted(words, np.uint64(key)))
    if at == count or int(words[at]) != key:
        return np.empty(0, dtype="<u2")
    counts = np.frombuffer(content, "<u4", at + 1, 4 + 8 * count)
    return np.frombuffer(content, "<u2", int(counts[at]), 4 + 12 * count + 2 * int(counts[:at].sum()))


def _moments(found: dict[int, Places]) -> dict[int, Moments]:
    rows = Posting.objects.filter(place__in=[_place(_MOMENTS, number) for number in found])
    return {
        place & 0xFFFFFFFF: np.frombuffer(bytes(content), "<i8")
        for place, content in rows.values_list("place", "content")
    }


def _best(
    number: int,
    places: Places,
    whole: Moments,
    since: int | None,
    until: int | None,
    after: Found | None,
    limit: int,
) -> list[Found]:
    """The newest ``limit`` of a chunk's leaves within the bounds."""
    at, index = whole[places], places.astype(np.int64) + number * SIZE
    kept = np.ones(len(at), dtype=bool)
    if since is not None:
        kept &= at >= since
    if until is not None:
        kept &= at < until
    if after is not None:
        kept &= (at < after.at) | ((at == after.at) & (index < after.index))
    at, index = at[kept], index[kept]
    order = np.lexsort((index, at))[::-1][:limit]
    return [Found(moment, place) for moment, place in zip(at[order].tolist(), index[order].tolist(), strict=True)]
