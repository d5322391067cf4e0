"""Texts read eight bytes at a time: the usual spellings of numbers, days and yes or no, a whole column in a few steps.

A *word* is eight neighbouring bytes of a column's buffer as one little-endian number: its lowest byte is the sign that
stands first. Words are loaded from any place, so texts of any length need no matrix of their bytes. What is read here is
read exactly or not at all: each function answers where it could, and ``typing`` reads the rest.

Eight digits in three multiplications: D. Lemire, "Quickly parsing eight digits", 2018. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gongshu.columns.cells import Bytes, Cells, Mask

Words = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

LONGEST = 16  # signs that two words hold

_ZEROS = 0x3030303030303030
_POINTS = 0x2E2E2E2E2E2E2E2E
_LOW_BITS = 0x7F7F7F7F7F7F7F7F
_ALL = (1 << 64) - 1
# By how many signs a word has: the bits of those, at its upper end; and zeros below them.
_KEPT = np.array([0, *(_ALL << 8 * (8 - count) & _ALL for count in range(1, 9))], np.uint64)
_FILL = ~_KEPT & np.uint64(_ZEROS)
_POWERS = 10 ** np.arange(19, dtype=np.int64)
# First day of each month from the year 1 on, and one behind: days since 1970-01-01, proleptic Gregorian calendar.
_MONTHS = (np.arange(9_999 * 12 + 1) + np.datetime64("0001-01")).astype("datetime64[D]").astype(np.int64)
_LENGTHS = np.diff(_MONTHS)


def at(data: Bytes, places: npt.NDArray[np.integer]) -> Words:
    """The words that begin at ``places`` of ``data``, which holds eight bytes from each of them on."""
    return np.asarray(np.ndarray(data.size - 7, "<u8", data, strides=(1,))[places])


def of_rows(matrix: Bytes, place: int) -> Words:
    """The word that begins at ``place`` in each row of a matrix of bytes."""
    rows = np.ascontiguousarray(matrix)
    return np.ndarray(len(rows), "<u8", rows, place, rows.strides[:1]) if rows.size else np.zeros(0, np.uint64)


def last(cells: Cells, skip: int = 0, *, fill: bool = True) -> Words:
    """The word that ends ``skip`` bytes before the end of each text; below a shorter text zeros ("0", or bytes of 0)."""
    data = cells.data if cells.data.size >= 8 else np.pad(cells.data, (0, 8))
    ends = cells.offsets[1:] - skip
    found = at(data, np.maximum(ends - 8, 0))
    early = np.flatnonzero(ends < 8)  # before the first word of the buffer: a few texts at most
    found[early] <<= (8 * (8 - np.maximum(ends[early], 1))).astype(np.uint64)
    have = np.clip(cells.lengths - skip, 0, 8)
    kept = found & _KEPT[have]
    return kept | _FILL[have] if fill else kept


def digits(words: Words) -> tuple[Integers, Mask]:
    """The number that eight digits spell, and where all of them are digits."""
    high = words & 0xF0F0F0F0F0F0F0F0
    right = (high | (((words + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) == 0x3333333333333333
    pairs = ((words & 0x0F0F0F0F0F0F0F0F) * 2_561) >> 8
    fours = ((pairs & 0x00FF00FF00FF00FF) * 6_553_601) >> 16
    return (((fours & 0x0000FFFF0000FFFF) * 42_949_672_960_001) >> 32).view(np.int64), right


def integers(cells: Cells) -> tuple[Integers, Mask]:
    """Whole numbers of up to 16 digits without a sign: values, and where there is one."""
    value, right = digits(last(cells))
    if (cells.lengths > 8).any():
        high, also = digits(last(cells, 8))
        value += high * 100_000_000
        right &= also
    return value, right & (cells.lengths > 0) & (cells.lengths <= LONGEST)


def decimals(cells: Cells, scale: int) -> tuple[Integers, Mask]:
    """Numbers without a sign, with at most ``scale`` (up to 7) places behind a point, in units of the last place."""
    low = last(cells)
    wide = bool((cells.lengths > 8).any())
    high = last(cells, 8) if wide else None
    apart = low ^ _POINTS
    points = ~(((apart & _LOW_BITS) + _LOW_BITS) | apart | _LOW_BITS)  # 0x80 in each byte that is a point
    places = np.zeros(len(cells), np.int64)
    for count in range(1, scale + 1):
        here = points == 0x80 << 8 * (7 - count)
        if not here.any():
            continue
        behind = _ALL << 8 * (8 - count) & _ALL
        carried = high >> 56 if high is not None else 0x30
        low = np.where(here, (low & behind) | (((low << 8) | carried) & (_ALL ^ behind)), low)
        if high is not None:
            high = np.where(here, (high << 8) | 0x30, high)
        places[here] = count
    value, right = digits(low)
    if high is not None:
        upper, also = digits(high)
        value += upper * 100_000_000
        right &= also
    right &= (cells.lengths >= np.where(places, places + 2, 1)) & (cells.lengths <= min(LONGEST, 18 - scale))
    return np.where(right, value * _POWERS[scale - places], 0), right


def days(year: Integers, month: Integers, day: Integers) -> tuple[Integers, Mask]:
    """Days since 1970-01-01, and where such a day exists (years 1 to 9999)."""
    place = year * 12 + month - 13
    right = (year >= 1) & (year <= 9_999) & (month >= 1) & (month <= 12) & (day >= 1)
    place = np.where(right, place, 0)
    right &= day <= _LENGTHS[place]
    return _MONTHS[place] + day - 1, right


def split_day(number: Integers) -> tuple[Integers, Integers, Integers]:
    """Year, month and day of YYYYMMDD."""
    month_on = number // 100
    year = month_on // 100
    return year, month_on - year * 100, number - month_on * 100


def iso_days(data: Bytes, starts: Integers) -> tuple[Integers, Mask, Mask, Mask]:
    """Days of ``YYYY-MM-DD`` (or ``/``) at ``starts``: values, where the shape is right, where the day exists, where
    a slash stands.
    """
    head, tail = at(data, starts), at(data, starts + 2)
    packed = (head & 0x00000000FFFFFFFF) | ((head >> 8) & 0x0000FFFF00000000) | (tail & 0xFFFF000000000000)
    number, shape = digits(np.asarray(packed, np.uint64))
    marks = head & 0xFF0000FF00000000
    slash = marks == 0x2F00002F00000000
    shape &= slash | (marks == 0x2D00002D00000000)
    values, exists = days(*split_day(number))
    return values, shape, exists, slash


def iso_clock(data: Bytes, starts: Integers) -> tuple[Integers, Mask, Mask]:
    """Seconds of ``HH:MM:SS`` at ``starts``: values, where the shape is right, where there is such a time."""
    word = at(data, starts)
    packed = (word & 0xFFFF) | ((word >> 8) & 0xFFFF0000) | ((word >> 16) & 0x0000FFFF00000000) | (0x3030 << 48)
    number, shape = digits(np.asarray(packed, np.uint64))
    shape &= (word & 0x0000FF0000FF0000) == 0x00003A00003A0000
    number //= 100
    minutes = number // 100
    hour, minute, second = minutes // 100, minutes % 100, number - minutes * 100
    return (hour * 60 + minute) * 60 + second, shape, (hour < 24) & (minute < 60) & (second < 60)


def among(cells: Cells, known: Mapping[str, bool]) -> tuple[Mask, Mask]:
    """Texts of up to eight bytes that are words of ``known``: what they say, and where there is one."""
    found = last(cells, fill=False)
    said, other = np.zeros(len(cells), bool), (cells.lengths > 8) | (cells.lengths == 0)
    right = other.copy()
    for text, value in known.items():
        sign = np.frombuffer(text.encode().rjust(8, b"\0"), "<u8")[0]
        here = found == sign
        if here.any():
            said |= here & value
            right |= here
            if right.all():
                break
    return said, right & ~other


def weighted(words: Words, weights: tuple[int, ...]) -> Words:
    """The sum of eight digits, each times its weight (up to 1,000)."""
    total = np.zeros(len(words), np.uint64)
    for odd in (0, 1):
        lanes = (words >> (8 * odd)) & 0x000F000F000F000F
        factor = sum(weights[2 * lane + odd] << 16 * (3 - lane) for lane in range(4))
        total += (lanes * factor) >> 48
    return total
