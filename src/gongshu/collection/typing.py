"""Texts to values, a column of a batch at a time, by the type codes of the catalog.

The common spelling of a type is read in one vectorised step; only what that step cannot read is normalised
(NFKC for full-width digits, thousands separators, Chinese dates) and tried again. A text that is no value
of its type is *bad*, with a rule that says why; a value whose source was not in the common spelling is
*rewritten*, and the pipeline keeps the raw text beside it.

Accepted: whole numbers ``1,234`` ``+5`` ``007``; decimals up to 20 digits before and 18 behind the point
(Y: 16 and 2), with exponent; dates ``2026-11-21`` ``2026/1/5`` ``2026.1.5`` ``20261121`` ``2026年11月21日``;
moments the same with ``08:30[:15[.250]]`` or ``8时30分[15秒]``, optional ``Z`` or offset, otherwise Beijing
time; yes and no in words and 1/0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from gongshu.collection.cells import Cells, Mask
from gongshu.lake.values import ARROW_TYPES

_NULL_WORD = r"(?i)^\(?null\)?$"
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$"
_THOUSANDS = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_DATE = r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_MIDNIGHT = r"(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?$"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})"
_CLOCK = (
    r"(?:[ T]*(\d{1,2})(?::|时|点)(\d{1,2})(?:(?::|分)(\d{1,2})(?:\.(\d{1,9}))?)?(?:分|秒)?\s*(Z|[+-]\d{2}:?\d{2})?)?$"
)
_COMPACT_CLOCK = r"(?:[ T]?(\d{2})(\d{2})(\d{2}))?()()$"
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


def convert(kind: str, cells: Cells) -> Typed:
    """The column as values of type ``kind``."""
    return _CONVERTERS[kind](cells)


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
        return plain, plain.str.extract(r"^([+-]?\d+)(?:\.0*)?$").cast(pl.Int64, strict=False)

    typed = _mixed(cells, fast, again, "integer", "I")
    # A leading zero or plus is lost in the number: keep the text.
    first = cells.data[np.minimum(cells.offsets[:-1], cells.data.size - 1)]
    lost = ((first == 0x30) | (first == 0x2B)) & (cells.lengths > 1)
    if lost.any():
        typed.rewritten = lost if typed.rewritten is None else typed.rewritten | lost
    return typed


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
        places = plain.str.extract(r"\.(\d*?)0*(?:[eE].*)?$").str.len_bytes().fill_null(0)
        power = plain.str.extract(r"[eE]([+-]?\d+)$").cast(pl.Int64, strict=False).fill_null(0)
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


def _days(
    year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], Mask]:
    """Days since 1970-01-01 and whether such a day exists (proleptic Gregorian calendar)."""
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    right = (year >= 1) & (month >= 1) & (month <= 12)
    last = lengths[np.where(right, month, 0)] + (leap & (month == 2))
    right &= (day >= 1) & (day <= last)
    # Howard Hinnant's days_from_civil
    y = year - (month <= 2)
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    doe = yoe * 365 + yoe // 4 - yoe // 100 + doy
    return era * 146_097 + doe - 719_468, right


def _digits(matrix: npt.NDArray[np.uint8], places: tuple[int, ...]) -> tuple[npt.NDArray[np.int64], Mask]:
    """The number that the digits at ``places`` spell, and where all of them are digits."""
    number = np.zeros(len(matrix), np.int64)
    right = np.ones(len(matrix), bool)
    for place in places:
        digit = matrix[:, place] - np.uint8(48)
        right &= digit < 10
        number = number * 10 + digit
    return number, right


def _iso_days(matrix: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], Mask, Mask]:
    """Days of ``YYYY-MM-DD`` (or ``/``): values, where the shape is right, where the day exists."""
    year, a = _digits(matrix, (0, 1, 2, 3))
    month, b = _digits(matrix, (5, 6))
    day, c = _digits(matrix, (8, 9))
    separator = matrix[:, 4]
    shape = a & b & c & (separator == matrix[:, 7]) & ((separator == 0x2D) | (separator == 0x2F))
    days, exists = _days(year, month, day)
    return days, shape, exists


def _parts(texts: pl.Series, pattern: str, count: int) -> list[npt.NDArray[np.int64]]:
    groups = [texts.str.extract(pattern, group).cast(pl.Int64, strict=False) for group in range(1, count + 1)]
    return [group.fill_null(0).to_numpy() for group in groups]


def _date(cells: Cells) -> Typed:
    count = len(cells)
    values = np.zeros(count, np.int32)
    shape, wrong, rewritten = np.zeros(count, bool), np.zeros(count, bool), np.zeros(count, bool)
    iso = cells.lengths == 10
    if iso.any():
        matrix = cells.matrix(iso, 10)
        days, fits, exists = _iso_days(matrix)
        values[iso] = np.where(fits & exists, days, 0)
        shape[iso], wrong[iso] = fits, fits & ~exists
        rewritten[iso] = fits & (matrix[:, 4] == 0x2F)
    null = cells.blank
    left = ~shape & ~null
    if left.any():
        plain = _normalised(cells.subset(left))
        spelled = plain.str.contains(_DATE + _MIDNIGHT).fill_null(False).to_numpy()
        compact = plain.str.contains(_COMPACT + _MIDNIGHT).fill_null(False).to_numpy()
        first, second = _parts(plain, _DATE, 3), _parts(plain, _COMPACT, 3)
        days, exists = _days(*(np.where(compact, b, a) for a, b in zip(first, second, strict=True)))
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
        matrix = cells.matrix(full, 19)
        days, fits, exists = _iso_days(matrix)
        hour, a = _digits(matrix, (11, 12))
        minute, b = _digits(matrix, (14, 15))
        second, c = _digits(matrix, (17, 18))
        colons = (matrix[:, 13] == 0x3A) & (matrix[:, 16] == 0x3A)
        fits &= a & b & c & colons & ((matrix[:, 10] == 0x20) | (matrix[:, 10] == 0x54))
        exists &= (hour < 24) & (minute < 60) & (second < 60)
        moment = days * _DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 - _BEIJING
        values[full] = np.where(fits & exists, moment, 0)
        shape[full], wrong[full] = fits, fits & ~exists
        rewritten[full] = fits & (matrix[:, 4] == 0x2F)
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
    days, exists = _days(year, month, day)
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
