"""Texts to values, a column of a batch at a time, by the type codes of the catalog.

The common spelling of a type is read in one vectorised step (``words``); what that step cannot read is read exactly, each
spelling once, and what is left then is normalised (NFKC for full-width digits, thousands separators, Chinese dates) and
tried again. A text that is no value of its type is *bad*, with a rule that says why; a value whose source was not in the
common spelling is *rewritten*, and the pipeline keeps the raw text beside it.

Accepted: whole numbers ``1,234`` ``+5`` ``007``; decimals up to 20 digits before and 18 behind the point
(Y: 16 and 2), with exponent; dates ``2026-11-21`` ``2026/1/5`` ``2026.1.5`` ``20261121`` ``2026年11月21日``;
moments the same with ``08:30[:15[.250]]`` or ``8时30分[15秒]``, optional ``Z`` or offset, otherwise Beijing
time; yes and no in words and 1/0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from gongshu.columns import words
from gongshu.columns.cells import Cells, Mask
from gongshu.lake.values import ARROW_TYPES

_NULL_WORD = r"(?i)^\(?null\)?$"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
_THOUSANDS = r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?$"
_DATE = r"^([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?"
_MIDNIGHT = r"(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?$"
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})"
_CLOCK = (
    r"(?:[ T]*([0-9]{1,2})(?::|时|点)([0-9]{1,2})(?:(?::|分)([0-9]{1,2})(?:\.([0-9]{1,9}))?)?(?:分|秒)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
_COMPACT_CLOCK = r"(?:[ T]?([0-9]{2})([0-9]{2})([0-9]{2}))?()()$"
_REMEMBERED = 4_096  # odd spellings of a column
_DAY = 86_400_000_000
_BEIJING = 8 * 3_600_000_000
_WORDS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "是", "真", "1.0"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "否", "假", "0.0"), False),
}


@dataclass
class Typed:
    """Values of one column. ``null`` where there is none; ``bad`` maps a rule to the rows that break it."""

    values: pa.Array
    null: Mask
    rewritten: Mask | None = None
    bad: dict[str, Mask] = field(default_factory=dict)


class Spellings:
    """What the exact reading made of odd texts of a column, so that each of them is read once in a file."""

    def __init__(self, kind: str) -> None:
        self._read = _CONVERTERS[kind]
        self._texts = pa.array([], pa.string())
        self._typed = self._read(Cells(self._texts))

    def read(self, texts: pa.StringArray) -> Typed:
        """The values of ``texts``, all different."""
        if len(texts) > _REMEMBERED:
            return self._read(Cells(texts))
        places = pc.index_in(texts, value_set=self._texts)
        if places.null_count:
            fresh = texts.filter(pc.is_null(places))
            if len(self._texts) + len(fresh) > _REMEMBERED:
                self._texts, fresh = self._texts.slice(0, 0), texts
                self._typed = _take(self._typed, self._texts.cast(pa.int64()))
            self._texts = pa.concat_arrays([self._texts, fresh])
            self._typed = _joined(self._typed, self._read(Cells(fresh)))
            places = pc.index_in(texts, value_set=self._texts)
        return _take(self._typed, places)


def _take(typed: Typed, places: pa.Array) -> Typed:
    rows = places.to_numpy()
    rewritten = None if typed.rewritten is None else typed.rewritten[rows]
    bad = {rule: mask[rows] for rule, mask in typed.bad.items()}
    return Typed(typed.values.take(places), typed.null[rows], rewritten, bad)


def _joined(first: Typed, second: Typed) -> Typed:
    def both(one: Mask | None, other: Mask | None) -> Mask:
        none = [np.zeros(len(typed.null), bool) for typed in (first, second)]
        return np.concatenate([none[0] if one is None else one, none[1] if other is None else other])

    return Typed(
        pa.concat_arrays([first.values, second.values]),
        both(first.null, second.null),
        both(first.rewritten, second.rewritten),
        {rule: both(first.bad.get(rule), second.bad.get(rule)) for rule in {**first.bad, **second.bad}},
    )


def convert(kind: str, cells: Cells, spellings: Spellings | None = None) -> Typed:
    """The column as values of type ``kind``; ``spellings`` remember odd texts from batch to batch."""
    plain = _PLAIN.get(kind)
    if plain is None:
        return _CONVERTERS[kind](cells)
    values, done = plain(cells)
    left = ~(done | cells.blank)
    if left.all():
        return _CONVERTERS[kind](cells)
    if not left.any():
        return Typed(_array(kind, values, cells.blank), cells.blank, cells.touched)
    odd = pc.dictionary_encode(pc.filter(cells.array, pa.array(left)))
    rest = _take((spellings or Spellings(kind)).read(odd.dictionary), odd.indices)
    array = pc.replace_with_mask(_array(kind, values, cells.blank), pa.array(left), rest.values)
    bad = {rule: _spread(left, mask) for rule, mask in rest.bad.items() if mask.any()}
    rewritten = cells.touched
    if rest.rewritten is not None and rest.rewritten.any():
        rewritten = _spread(left, rest.rewritten) | (False if rewritten is None else rewritten)
    return Typed(array, cells.blank | _spread(left, rest.null), rewritten, bad)


def _spread(rows: Mask, some: Mask) -> Mask:
    """``some``, one for each of ``rows``, over all rows."""
    found = np.zeros(len(rows), bool)
    found[rows] = some
    return found


def _array(kind: str, values: npt.NDArray[np.int64] | Mask, null: Mask) -> pa.Array:
    """Values of a plain reading, null where ``null``."""
    missing = null if null.any() else None
    if kind not in _PLAIN_SCALE:
        return pa.array(values, ARROW_TYPES[kind], mask=missing)
    wide = np.zeros((len(values), 2), np.int64)  # a decimal has 128 bits, the low ones first
    wide[:, 0] = values
    valid = None if missing is None else pa.py_buffer(np.packbits(~null, bitorder="little").tobytes())
    array = pa.Array.from_buffers(pa.decimal128(18, _PLAIN_SCALE[kind]), len(values), [valid, pa.py_buffer(wide)])
    return array.cast(ARROW_TYPES[kind])


def _text(cells: Cells) -> Typed:
    return Typed(cells.nullable(cells.blank), cells.blank, cells.touched)


def _normalised(texts: pl.Series) -> pl.Series:
    """NFKC, trimmed, with a plain minus; the words for null become null."""
    plain = texts.str.normalize("NFKC").str.strip_chars().str.replace_all("[−–—]", "-")
    return plain.set(plain.str.contains(_NULL_WORD), None)


def _plain_number(texts: pl.Series, *, money: bool = False) -> pl.Series:
    plain = _normalised(texts)
    if money:
        plain = plain.str.strip_prefix("¥").str.strip_suffix("元").str.strip_chars()
    grouped = plain.str.contains(_THOUSANDS).fill_null(False)
    return plain.zip_with(~grouped, plain.str.replace_all(",", "", literal=True))


def _retry(
    cells: Cells, rows: Mask, again: Callable[[pl.Series], tuple[pl.Series, pl.Series]]
) -> tuple[pl.Series, Mask, Mask]:
    """Read ``rows`` once more. Answers values and where they were null words or are bad (both over all rows)."""
    plain, values = again(cells.subset(rows))
    word, bad = np.zeros(len(cells), bool), np.zeros(len(cells), bool)
    word[rows] = plain.is_null().to_numpy()
    bad[rows] = (values.is_null() & plain.is_not_null()).to_numpy()
    return values, word, bad


def _mixed(
    cells: Cells, fast: pl.Series, again: Callable[[pl.Series], tuple[pl.Series, pl.Series]], rule: str, kind: str
) -> Typed:
    """The fast reading, with ``again`` on the rows that it left null although there is a text."""
    missed = fast.is_null().to_numpy() & ~cells.blank
    null, bad, rewritten = cells.blank, {}, cells.touched
    if missed.any():
        values, word, wrong = _retry(cells, missed, again)
        fast = fast.scatter(np.flatnonzero(missed), values)
        null = null | word
        bad = {rule: wrong} if wrong.any() else {}
        rewritten = missed & ~wrong if rewritten is None else (missed & ~wrong) | rewritten
    return Typed(fast.to_arrow().cast(ARROW_TYPES[kind]), null, rewritten, bad)


def _integer(cells: Cells) -> Typed:
    fast = cells.series().cast(pl.Int64, strict=False)

    def again(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        plain = _plain_number(texts)
        return plain, plain.str.extract(r"^([+-]?[0-9]+)(?:\.0*)?$").cast(pl.Int64, strict=False)

    typed = _mixed(cells, fast, again, "integer", "I")
    lost = _signs_lost(cells)
    if lost.any():
        typed.rewritten = lost if typed.rewritten is None else typed.rewritten | lost
    return typed


def _signs_lost(cells: Cells) -> Mask:
    """Where a leading zero or plus is lost in the number, so that the text is kept."""
    first = cells.data[np.minimum(cells.offsets[:-1], cells.data.size - 1)]
    return np.asarray(((first == 0x30) | (first == 0x2B)) & (cells.lengths > 1))


def _float(cells: Cells) -> Typed:
    fast = cells.series().cast(pl.Float64, strict=False)
    fast = fast.set(~fast.is_finite(), None)

    def again(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        plain = _plain_number(texts)
        values = plain.cast(pl.Float64, strict=False)
        return plain, values.set(~values.is_finite(), None)

    return _mixed(cells, fast, again, "number", "B")


def _decimal(cells: Cells, kind: str, scale: int) -> Typed:
    dtype = pl.Decimal(38 if kind == "N" else 18, scale)
    fast = cells.series().cast(dtype, strict=False)
    # The cast rounds silently: let only texts through that cannot have more places than the type.
    if kind == "N":
        risky = cells.lengths > scale
    else:
        risky = (cells.series().str.contains(".", literal=True)).to_numpy() & ~(
            cells.tail(np.ones(len(cells), bool), scale + 1) == 0x2E
        ).any(axis=1)
    risky = (risky | _exponents(cells)) & ~cells.blank
    if risky.any():
        fast = fast.set(pl.Series(risky), None)

    def again(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        plain = _plain_number(texts, money=kind == "Y")
        values = plain.cast(dtype, strict=False)
        shape = plain.str.contains(_NUMBER).fill_null(False)
        places = plain.str.extract(r"\.([0-9]*?)0*(?:[eE].*)?$").str.len_bytes().fill_null(0)
        power = plain.str.extract(r"[eE]([+-]?[0-9]+)$").cast(pl.Int64, strict=False).fill_null(0)
        exact = places.cast(pl.Int64) - power <= scale
        return plain, values.set(~(shape & exact), None)

    typed = _mixed(cells, fast, again, "number", kind)
    if typed.bad:
        wrong = typed.bad["number"]
        looks = _plain_number(cells.subset(wrong), money=kind == "Y").str.contains(_NUMBER).to_numpy()
        ranged = np.zeros(len(cells), bool)
        ranged[wrong] = looks
        typed.bad = {rule: mask for rule, mask in (("number", wrong & ~ranged), ("number_range", ranged)) if mask.any()}
    if typed.rewritten is not None and risky.any():
        typed.rewritten &= ~risky if cells.touched is None else ~risky | cells.touched
    return typed


def _exponents(cells: Cells) -> Mask:
    """Where a number is written with an exponent; one look at all bytes says "nowhere" for most columns."""
    letters = cells.data[cells.offsets[0] : cells.offsets[-1]] | 0x20
    if not (letters == 0x65).any():
        return np.zeros(len(cells), bool)
    tail = cells.tail(np.ones(len(cells), bool), 5) | 0x20
    return np.asarray((tail == 0x65).any(axis=1))


def _parts(texts: pl.Series, pattern: str, count: int) -> list[npt.NDArray[np.int64]]:
    groups = [texts.str.extract(pattern, group).cast(pl.Int64, strict=False) for group in range(1, count + 1)]
    return [group.fill_null(0).to_numpy() for group in groups]


def _date(cells: Cells) -> Typed:
    count = len(cells)
    values = np.zeros(count, np.int32)
    shape, wrong, rewritten = np.zeros(count, bool), np.zeros(count, bool), np.zeros(count, bool)
    iso = cells.lengths == 10
    if iso.any():
        days, fits, exists, slash = words.iso_days(cells.data, cells.offsets[:-1][iso])
        values[iso] = np.where(fits & exists, days, 0)
        shape[iso], wrong[iso] = fits, fits & ~exists
        rewritten[iso] = fits & slash
    null = cells.blank
    left = ~shape & ~null
    if left.any():
        plain = _normalised(cells.subset(left))
        spelled = plain.str.contains(_DATE + _MIDNIGHT).fill_null(False).to_numpy()
        compact = plain.str.contains(_COMPACT + _MIDNIGHT).fill_null(False).to_numpy()
        first, second = _parts(plain, _DATE, 3), _parts(plain, _COMPACT, 3)
        days, exists = words.days(*(np.where(compact, b, a) for a, b in zip(first, second, strict=True)))
        fine = (spelled | compact) & exists
        word = plain.is_null().to_numpy()
        values[left] = np.where(fine, days, 0)
        wrong[left] = ~fine & ~word
        rewritten[left] = fine
        null = null.copy()
        null[left] = word
    if cells.touched is not None:
        rewritten |= cells.touched
    array = pa.array(values, mask=null | wrong).cast(pa.date32())
    return Typed(array, null, rewritten if rewritten.any() else None, {"date": wrong} if wrong.any() else {})


def _moment(cells: Cells) -> Typed:
    count = len(cells)
    values = np.zeros(count, np.int64)
    shape, wrong, rewritten = np.zeros(count, bool), np.zeros(count, bool), np.zeros(count, bool)
    full = cells.lengths == 19
    if full.any():
        starts = cells.offsets[:-1][full]
        days, fits, exists, slash = words.iso_days(cells.data, starts)
        seconds, timed, told = words.iso_clock(cells.data, starts + 11)
        between = cells.data[starts + 10]
        fits &= timed & ((between == 0x20) | (between == 0x54))
        exists &= told
        values[full] = np.where(fits & exists, days * _DAY + seconds * 1_000_000 - _BEIJING, 0)
        shape[full], wrong[full] = fits, fits & ~exists
        rewritten[full] = fits & slash
    null = cells.blank
    left = ~shape & ~null
    if left.any():
        plain = _normalised(cells.subset(left))
        moment, fine = _spelled_moment(plain)
        word = plain.is_null().to_numpy()
        values[left] = np.where(fine, moment, 0)
        wrong[left] = ~fine & ~word
        rewritten[left] = fine
        null = null.copy()
        null[left] = word
    if cells.touched is not None:
        rewritten |= cells.touched
    array = pa.array(values, mask=null | wrong).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    return Typed(array, null, rewritten if rewritten.any() else None, {"moment": wrong} if wrong.any() else {})


def _spelled_moment(plain: pl.Series) -> tuple[npt.NDArray[np.int64], Mask]:
    """Microseconds since 1970 UTC for moments in any accepted spelling, and where there is one."""
    spelled = plain.str.contains(_DATE + _CLOCK).fill_null(False).to_numpy()
    compact = plain.str.contains(_COMPACT + _COMPACT_CLOCK).fill_null(False).to_numpy()
    a, b = _parts(plain, _DATE + _CLOCK, 6), _parts(plain, _COMPACT + _COMPACT_CLOCK, 6)
    year, month, day, hour, minute, second = (np.where(compact, y, x) for x, y in zip(a, b, strict=True))
    days, exists = words.days(year, month, day)
    exists &= (hour < 24) & (minute < 60) & (second < 60)
    fraction = plain.str.extract(_DATE + _CLOCK, 7).fill_null("").str.pad_end(6, "0").str.slice(0, 6)
    micros = fraction.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    zone = plain.str.extract(_DATE + _CLOCK, 8).fill_null("+0800").str.replace("Z", "+0000", literal=True)
    sign = np.where(zone.str.starts_with("-").to_numpy(), -1, 1)
    hours = zone.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    minutes = zone.str.slice(-2, 2).cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    offset = sign * (hours * 60 + minutes) * 60_000_000
    moment = days * _DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros - offset
    return moment, (spelled | compact) & exists & (hours < 24) & (minutes < 60)


def _logical(cells: Cells) -> Typed:
    lowered = cells.series().str.to_lowercase()
    fast = lowered.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)

    def again(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        plain = _normalised(texts).str.to_lowercase()
        return plain, plain.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)

    return _mixed(cells, fast, again, "logical", "L")


def _plain_integer(cells: Cells) -> tuple[npt.NDArray[np.int64], Mask]:
    values, done = words.integers(cells)
    return values, done & ~_signs_lost(cells)


_PLAIN_SCALE = {"N": 6, "Y": 2}
# What reads the usual spelling: values, and the rows that it read. The converter of the type reads the others.
_PLAIN: dict[str, Callable[[Cells], tuple[Any, Mask]]] = {
    "N": lambda cells: words.decimals(cells, _PLAIN_SCALE["N"]),
    "Y": lambda cells: words.decimals(cells, _PLAIN_SCALE["Y"]),
    "I": _plain_integer,
    "L": lambda cells: words.among(cells, _WORDS),
}
_CONVERTERS: dict[str, Callable[[Cells], Typed]] = {
    **dict.fromkeys("CMG", _text),
    "N": lambda cells: _decimal(cells, "N", 18),
    "Y": lambda cells: _decimal(cells, "Y", 2),
    "I": _integer,
    "B": _float,
    "F": _float,
    "D": _date,
    "T": _moment,
    "L": _logical,
}
