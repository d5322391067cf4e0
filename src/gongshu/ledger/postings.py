"""The search index: for every chunk of 16,384 leaves, which of them each word is on, packed into few rows.

A word is a column and its value (``resource``, ``organization``, ``action`` and its beginnings up to a dot, ``actor``,
``subject`` and the people whom a leaf with several names), or ``ANY``. The words of a chunk lie in ``BUCKETS`` rows
(``packing``), so a leaf costs a few bytes and no walk through a tree per word, and the leaves that have several words are
found by intersecting places. Beside them lie the moments of a chunk's leaves. ``groups`` puts the words of many chunks
together.

A chunk is packed when it is full, in the transaction that fills it. Leaves behind the last packed chunk are *open*: their
rows are looked at one by one. Two words with the same 64 bits are possible, so what is found is compared with its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Max, Min, QuerySet, TextField
from django.db.models.functions import Cast

from gongshu.ledger import groups, packing
from gongshu.ledger.models import Chunk, Posting, Record
from gongshu.ledger.packing import BUCKETS, Places, Spread, Word

SIZE = 1 << 14  # leaves in a chunk; places are uint16
ANY = ("", "")
_MOMENTS = BUCKETS  # the bucket in which the moments lie
_READ = ("resource", "organization", "actor", "subject", "action")
_AS_STORED = {"sqlite": "{} || ''", "postgresql": "(EXTRACT(EPOCH FROM {}) * 1000000)::bigint"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WINDOWS = (1, 4, 16, 64, 256)  # chunks or groups asked at once: few while a page may soon be full, then many
_AT_ONCE = 16  # chunks whose moments are read at once: 128 kB each, and a page needs few

Moments = npt.NDArray[np.int64]


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
        _group()
        begin += SIZE


def _group() -> None:
    """Put the oldest group together that is full and still in chunks; one, so that no transaction takes long."""
    ends = Chunk.objects.aggregate(first=Min("number"), last=Max("number"))
    full = range(ends["first"] // groups.CHUNKS, (ends["last"] + 1) // groups.CHUNKS)
    known = groups.numbers()
    if ready := [group for group in full if group not in known]:
        groups.make(ready[0], SIZE)


def forget() -> None:
    """Remove all of it."""
    Posting.objects.all().delete()
    Chunk.objects.all().delete()


def prune(index: int) -> None:
    """Let go of the words of the leaves below ``index``, whose rows are gone. In the caller's transaction."""
    number, begun = divmod(index, SIZE)
    groups.prune(index, SIZE)
    packed = Chunk.objects.filter(number=number).exists() and number // groups.CHUNKS not in groups.numbers()
    again = bool(begun and packed)  # the rest of this chunk is packed anew
    for bucket in range(BUCKETS + 1):
        groups.remove(bucket, 0, number + again)
    Chunk.objects.filter(number__lt=number + again).delete()
    if again:
        _pack(number)


def _pack(number: int) -> None:
    begin, end = number * SIZE, (number + 1) * SIZE
    rows = _rows(begin, end)
    places = np.array([row[0] - begin for row in rows], dtype="<u2")
    at = _instants([row[1] for row in rows])
    keys, at_places = [np.full(len(rows), packing.digest(ANY), dtype="<u8")], [places]
    for column, name in enumerate(_READ, 2):
        _words(name, [row[column] for row in rows], places, keys, at_places)
    several = Record.objects.annotate(written=Cast("details", TextField())).filter(written__contains='"subjects"')
    several = several.filter(index__gte=begin, index__lt=end).values_list("index", "details")
    if listed := [(index - begin, one) for index, details in several for one in people(details)]:
        where = np.array([place for place, _ in listed], dtype="<u2")
        _words("subject", [one for _, one in listed], where, keys, at_places)
    moments = np.zeros(SIZE, dtype="<i8")
    moments[places] = at
    made = [
        Posting(place=groups.place(bucket, number), content=packing.pack(part, "<u2"))
        for bucket, part in packing.buckets(_spread(keys, at_places))
    ]
    made.append(Posting(place=groups.place(_MOMENTS, number), content=moments.tobytes()))
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


def _words(name: str, values: Sequence[str], places: Places, keys: list[Any], at_places: list[Any]) -> None:
    """Add the words of one column to ``keys`` and ``at_places``: a number a leaf for each word that its value makes."""
    codes = {value: code for code, value in enumerate(dict.fromkeys(values))}
    made = [(beginnings(value) if name == "action" else [value]) if value else [] for value in codes]
    on = np.fromiter(map(codes.__getitem__, values), dtype=np.intp, count=len(values))
    for turn in range(max(map(len, made))):
        having = np.array([len(words) > turn for words in made])
        numbers = packing.digests(name, [words[turn] if len(words) > turn else "" for words in made])
        kept = having[on]
        keys.append(numbers[on[kept]])
        at_places.append(places[kept])


def _spread(keys: list[Any], places: list[Any]) -> Spread:
    every, where = np.concatenate(keys), np.concatenate(places)
    order = np.lexsort((where, every))
    every, where = every[order], where[order]
    fresh = np.ones(len(every), dtype=bool)  # a person can be both subject and listed
    fresh[1:] = (every[1:] != every[:-1]) | (where[1:] != where[:-1])
    return Spread(every[fresh], where[fresh])


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
    for number, latest, places, whole in _reading(words, _chunks(begin, since, until, after)):
        while held and held[0].at > latest:
            answer.append(held.pop(0))
            if len(answer) == limit:
                return answer
        if places is not None and whole is not None:
            best = _best(number, places, whole, since, until, after, limit)
            held = sorted([*held, *best], reverse=True)[:limit]
    return (answer + held)[:limit]


def moments(words: Sequence[Word], since: int) -> Iterator[Moments]:
    """When the packed leaves since then that have all ``words`` were, a part at a time and in no order."""
    for _, _, places, whole in _reading(words, _chunks(open_from(), since, None, None)):
        if places is not None and whole is not None:
            at = whole[places]
            yield at[at >= since]


def matching(words: Sequence[Word], numbers: Sequence[int]) -> dict[int, Places]:
    """The places that have all ``words``, for those of the chunks that have any."""
    asked = words or [ANY]
    found, loose = groups.matching(asked, numbers, SIZE)
    in_chunks, moved = _in_chunks(asked, loose)
    return found | in_chunks | (groups.matching(asked, moved, SIZE)[0] if moved else {})


def _in_chunks(words: Sequence[Word], numbers: Sequence[int]) -> tuple[dict[int, Places], list[int]]:
    """``matching`` among chunks; and the chunks whose words went into a group before all of them were asked."""
    found: dict[int, Places] = {}
    moved: set[int] = set()
    left = list(numbers)
    for at_first, word in enumerate(words):
        key = packing.digest(word)
        bucket = packing.bucket_of(key)
        # One statement, so one state of the tables: where the head is not there, the chunks' rows are.
        asked = [*groups.heads_of(left), *(groups.place(bucket, number) for number in left)]
        rows = dict(Posting.objects.filter(place__in=asked).values_list("place", "content")) if left else {}
        moved |= {number for number in left if groups.heads_of([number]) & rows.keys()}
        having = {}
        for number in left:
            content = rows.get(groups.place(bucket, number))
            if content is None or number in moved:
                continue
            places = packing.places_of(bytes(content), key, "<u2")
            if len(places) and at_first:
                marked = np.zeros(SIZE, dtype=bool)
                marked[found[number]] = True
                places = places[marked[places]]
            if len(places):
                having[number] = places
        found, left = having, list(having)
    return found, sorted(moved)


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


def _reading(
    words: Sequence[Word], chunks: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, Places | None, Moments | None]]:
    """(number, moment of its newest leaf, places with all ``words``, moments of all its leaves) of the chunks in their
    order; no places and no moments where there are none."""
    for window in _windows(chunks):
        found = matching(words, [number for number, _ in window])
        having = [number for number, _ in window if number in found]
        known: dict[int, Moments] = {}
        for number, latest in window:
            if number in found and number not in known:
                at = having.index(number)
                known = _moments(having[at : at + _AT_ONCE])
            yield number, latest, found.get(number), known.get(number)


def _windows(chunks: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The chunks in their order, in parts that lie in few groups, or are few where they are in none, and then in more."""
    grouped = groups.numbers()
    window: list[tuple[int, int]] = []
    units: set[tuple[bool, int]] = set()
    step = 0
    for number, latest in chunks:
        group = number // groups.CHUNKS
        unit = (True, group) if group in grouped else (False, number)
        if unit not in units and len(units) == _WINDOWS[min(step, len(_WINDOWS) - 1)]:
            yield window
            window, units, step = [], set(), step + 1
        units.add(unit)
        window.append((number, latest))
    if window:
        yield window


def _moments(numbers: Sequence[int]) -> dict[int, Moments]:
    rows = Posting.objects.filter(place__in=[groups.place(_MOMENTS, number) for number in numbers])
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
