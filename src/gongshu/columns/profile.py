"""What the values of a version are like, column by column, found in the one pass in which they are written: how many
there are, about how many different ones, the least and the greatest, the lengths of texts, and what kinds of personal
data they look like.

Distinct values are estimated: by the share of 2^18 flags that their hashes set (Whang et al., A linear-time probabilistic
counting algorithm, 1990), about 1 % off; beyond a million by an adaptive sample of the hashes (Flajolet, On adaptive
sampling, 1990), about 2 % off. A key is known to be unique and is not estimated. Equal texts are looked at once: which
64-bit hashes came before is remembered for nearly 100,000 texts of a column. No text is kept, and least and greatest are of
numbers and days only. Memory is about one megabyte a column.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gongshu.columns import recognisers

Hashes = npt.NDArray[np.uint64]

EDITION = 1  # of the recognisers: what an older one counted is counted again
KEY = "profile"  # of a version's provenance

_SLOTS = 16  # bits
_FLAGS = 18  # bits
_CROWDED = 1_000_000  # more distinct values than the flags are good for
_SAMPLE = 4_096
_CODES = 32
_CODE = np.uint64(_CODES - 1)
_FIRST = np.uint64(64 - _SLOTS)
_OTHERS = 32_768  # texts that are remembered although their place was taken
_DIGITS = 18  # of a decimal that fits one word
_TELEPHONE = 10**10  # a whole number from here on may be a telephone's or a card's
_EPOCH = dt.date(1970, 1, 1)
_BEIJING = dt.timezone(dt.timedelta(hours=8))
_BATCH = 65_536


@dataclass(frozen=True)
class Counted:
    """What was counted in one column. ``texts`` of those that were looked at, by ``kinds`` (``recognisers``) and by kinds
    ``within`` longer texts; ``least`` and ``most`` only of numbers and days; lengths in characters.
    """

    name: str
    filled: int = 0
    distinct: int = 0
    least: str = ""
    most: str = ""
    shortest: int = 0
    longest: int = 0
    texts: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    within: Mapping[str, int] = field(default_factory=dict)


class Distinct:
    """About how many different hashes came by."""

    def __init__(self) -> None:
        self._flags = np.zeros(1 << _FLAGS, bool)
        self._depth = 11  # the sample holds the hashes that begin with so many zeros
        self._sample = np.zeros(0, np.uint64)

    def add(self, hashes: Hashes) -> None:
        self._flags[hashes >> np.uint64(64 - _FLAGS)] = True
        low = hashes[hashes < np.uint64(1 << 64 - self._depth)]
        if len(low):
            self._sample = np.union1d(self._sample, low)
            while len(self._sample) > _SAMPLE:
                self._depth += 1
                self._sample = self._sample[self._sample < np.uint64(1 << 64 - self._depth)]

    @property
    def estimate(self) -> int:
        free = len(self._flags) - int(np.count_nonzero(self._flags))
        counted = len(self._flags) * np.log(len(self._flags) / max(free, 1))
        return round(counted) if counted < _CROWDED else len(self._sample) << self._depth


class Texts:
    """The texts of a column: each different one is looked at once, as far as memory goes. ``all_are`` is the kind that
    every one of them is known to be of, by a check that they passed.
    """

    def __init__(self, all_are: str = "") -> None:
        self.distinct = Distinct()
        self._shortest: int | None = None
        self.longest = 0
        self._all_are = recognisers.CODES.get(all_are, 0)
        self._counts = np.zeros(_CODES, np.int64)
        # What was looked at: the hash, in its low bits (of which none says the place) what was found.
        self._known = np.zeros(1 << _SLOTS, np.uint64)
        self._others = np.zeros(0, np.uint64)  # whose place was taken, sorted

    def add(self, texts: pl.Series) -> None:
        """Look at some texts, none of them null."""
        if not len(texts):
            return
        hashes = texts.hash(seed=0).to_numpy()
        if self._all_are:
            self.distinct.add(hashes)
            self._counts[self._all_are] += len(hashes)
            self._measure(texts.head(1))
            return
        held = self._known[hashes >> _FIRST]
        codes = (held & _CODE).view(np.int64)
        missed = np.flatnonzero((held ^ hashes) > _CODE)
        if len(missed):
            codes[missed] = self._elsewhere(texts, hashes, missed)
        self._counts += np.bincount(codes, minlength=_CODES)

    def _elsewhere(self, texts: pl.Series, hashes: Hashes, missed: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The codes of texts that are not in their place: found among the others, or looked at."""
        wanted = hashes[missed]
        codes = np.zeros(len(wanted), np.uint64)
        new = np.arange(len(wanted))
        if len(self._others) and len(missed) * 4 < len(hashes):  # where most are new, looking for them is in vain
            places = np.searchsorted(self._others, wanted & ~_CODE)
            held = self._others[np.minimum(places, len(self._others) - 1)]
            codes = held & _CODE
            new = np.flatnonzero((held ^ wanted) > _CODE)
        if len(new):
            self.distinct.add(wanted[new])
            fresh, first, owner = np.unique(wanted[new], return_index=True, return_inverse=True)
            looked = texts.gather(missed[new][first])
            self._measure(looked)
            found = recognisers.codes(looked).astype(np.uint64)
            codes[new] = found[owner]
            entries = fresh & ~_CODE | found
            free = self._known[fresh >> _FIRST] == 0
            self._known[fresh[free] >> _FIRST] = entries[free]
            late = entries[self._known[fresh >> _FIRST] != entries]
            if len(late) and len(self._others) < _OTHERS:
                self._others = np.union1d(self._others, late[: _OTHERS - len(self._others)])
        return codes.view(np.int64)

    def _measure(self, texts: pl.Series) -> None:
        lengths = texts.str.len_chars().to_numpy()
        shortest = int(lengths.min())
        self._shortest = shortest if self._shortest is None else min(self._shortest, shortest)
        self.longest = max(self.longest, int(lengths.max()))

    @property
    def shortest(self) -> int:
        return self._shortest or 0

    @property
    def seen(self) -> recognisers.Seen:
        return recognisers.seen(self._counts)


class _Looker(Protocol):
    def add(self, values: pa.Array) -> None: ...
    def told(self, name: str, filled: int) -> Counted: ...


class _Text:
    def __init__(self, check: str) -> None:
        self._texts = Texts(check)

    def add(self, values: pa.Array) -> None:
        self._texts.add(pl.Series(values, dtype=pl.String))

    def told(self, name: str, filled: int) -> Counted:
        texts, seen = self._texts, self._texts.seen
        return Counted(
            name,
            filled,
            min(texts.distinct.estimate, filled),
            shortest=texts.shortest,
            longest=texts.longest,
            texts=seen.texts,
            kinds=seen.kinds,
            within=seen.within,
        )


class _Number:
    """Numbers, days and moments, all as 64-bit words."""

    def __init__(self, kind: pa.DataType, *, unique: bool) -> None:
        self._kind = kind
        self._distinct = None if unique else Distinct()
        self._texts = Texts()
        self._least: Any = None
        self._most: Any = None

    def add(self, values: pa.Array) -> None:
        words = _words(values)
        if pa.types.is_decimal(self._kind):
            bounds = pc.min_max(values) if self._kind.precision > _DIGITS else None
            least, most = (bounds["min"].as_py(), bounds["max"].as_py()) if bounds else self._decimals(words)
        else:
            least, most = words.min(), words.max()
        self._least = least if self._least is None else min(self._least, least)
        self._most = most if self._most is None else max(self._most, most)
        if self._distinct is not None:
            self._distinct.add(_mixed(words))
        counts = pa.types.is_integer(self._kind) or pa.types.is_decimal(self._kind)
        if counts and most >= _TELEPHONE:
            self._texts.add(pl.Series(values).cast(pl.String).str.replace(r"\.0+$", ""))

    def _decimals(self, words: npt.NDArray[Any]) -> tuple[Decimal, Decimal]:
        return tuple(Decimal(int(bound)).scaleb(-self._kind.scale) for bound in (words.min(), words.max()))  # type: ignore[return-value]

    def told(self, name: str, filled: int) -> Counted:
        seen = self._texts.seen
        distinct = filled if self._distinct is None else min(self._distinct.estimate, filled)
        least, most = ("" if bound is None else _shown(self._kind, bound) for bound in (self._least, self._most))
        return Counted(name, filled, distinct, least, most, texts=seen.texts, kinds=seen.kinds, within=seen.within)


class _Logical:
    def __init__(self) -> None:
        self._said: set[bool] = set()

    def add(self, values: pa.Array) -> None:
        if len(self._said) < 2:
            bounds = pc.min_max(values)
            self._said |= {bounds["min"].as_py(), bounds["max"].as_py()}

    def told(self, name: str, filled: int) -> Counted:
        return Counted(name, filled, len(self._said))


class Profile:
    """The profile of the rows that it is shown. ``fields`` are their columns; of one whose type tells nothing (a list, a
    map) there is none. A single key among them is known to be unique; ``checked`` says by column the check (a kind of
    ``recognisers``) that every value of it has passed.
    """

    def __init__(
        self,
        fields: Iterable[pa.Field],
        *,
        keys: Collection[str] = (),
        checked: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._lookers = {
            one.name: _looker(one.type, unique=list(keys) == [one.name], check=checked.get(one.name, ""))
            for one in fields
            if _tells(one.type)
        }
        self._filled = dict.fromkeys(self._lookers, 0)

    def add(self, batch: pa.RecordBatch) -> None:
        """Look at the rows of a batch that has the columns among its own."""
        for name, looker in self._lookers.items():
            values = batch.column(name)
            if values.null_count:
                values = values.drop_null()
            if len(values):
                self._filled[name] += len(values)
                looker.add(values)

    def add_file(self, path: Path) -> None:
        """Look at the rows of a Parquet file; a column that it has not is empty there."""
        with pq.ParquetFile(path) as file:
            held = [name for name in self._lookers if name in file.schema_arrow.names]
            for batch in file.iter_batches(batch_size=_BATCH, columns=held):
                for name in self._lookers.keys() - set(held):
                    batch = batch.append_column(name, pa.nulls(batch.num_rows))
                self.add(batch)

    @property
    def columns(self) -> list[Counted]:
        return [looker.told(name, self._filled[name]) for name, looker in self._lookers.items()]


def of_files(paths: Iterable[Path], fields: Iterable[pa.Field], *, keys: Collection[str] = ()) -> list[Counted]:
    """The profile of the rows of Parquet files."""
    found = Profile(fields, keys=keys)
    for path in paths:
        found.add_file(path)
    return found.columns


def as_text(columns: Iterable[Counted]) -> str:
    """For a version's provenance."""
    return json.dumps({"edition": EDITION, "columns": [asdict(one) for one in columns]}, ensure_ascii=False)


def from_text(text: str) -> list[Counted] | None:
    """The columns of a profile that a version tells of; None when there is none of this edition."""
    told = json.loads(text) if text else {}
    if told.get("edition") != EDITION:
        return None
    return [Counted(**one) for one in told["columns"]]


def _tells(kind: pa.DataType) -> bool:
    known = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_date32)
    return _is_text(kind) or pa.types.is_timestamp(kind) or any(one(kind) for one in known)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _looker(kind: pa.DataType, *, unique: bool, check: str) -> _Looker:
    if _is_text(kind):
        return _Text(check)
    return _Logical() if pa.types.is_boolean(kind) else _Number(kind, unique=unique)


def _words(values: pa.Array) -> npt.NDArray[Any]:
    """Values without nulls as 64-bit words: whole numbers, days, microseconds, units of the last place, doubles. Of a
    decimal beyond 18 digits a word that tells it from others.
    """
    kind = values.type
    if pa.types.is_date32(kind):
        return np.asarray(values.view(pa.int32()).to_numpy().astype(np.int64))
    if pa.types.is_timestamp(kind):
        moments = values if kind.unit == "us" else values.cast(pa.timestamp("us", kind.tz))
        return np.asarray(moments.view(pa.int64()).to_numpy())
    if pa.types.is_decimal(kind):
        values = values if pa.types.is_decimal128(kind) else values.cast(pa.decimal128(kind.precision, kind.scale))
        pairs = np.frombuffer(values.buffers()[1], np.int64)[2 * values.offset : 2 * (values.offset + len(values))]
        low, high = pairs[::2], pairs[1::2]
        return low.copy() if kind.precision <= _DIGITS else _mixed(high.copy()).view(np.int64) ^ low
    words = np.asarray(values.to_numpy())
    return words if words.dtype.itemsize == 8 else words.astype(np.float64 if words.dtype.kind == "f" else np.int64)


def _mixed(words: npt.NDArray[Any]) -> Hashes:
    """A hash of each 64-bit word: two rounds of SplitMix64's finisher (Steele et al., 2014)."""
    found = words.view(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    found ^= found >> np.uint64(30)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(27)
    found *= np.uint64(0x94D049BB133111EB)
    found ^= found >> np.uint64(31)
    return np.asarray(found)


def _shown(kind: pa.DataType, bound: Any) -> str:
    if pa.types.is_date(kind):
        return (_EPOCH + dt.timedelta(days=int(bound))).isoformat()
    if pa.types.is_timestamp(kind):
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(bound))
        return moment.astimezone(_BEIJING).isoformat()
    if pa.types.is_decimal(kind):
        return format(bound if kind.precision <= _DIGITS else bound.normalize() + 0, "f")
    return str(bound)
