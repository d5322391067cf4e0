"""Headers as they are compared, and the row that names most columns. Light: the process that reads
workbooks imports it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

SEARCHED_ROWS = 50
MOST_HEADER_ROWS = 3
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


def normal(text: str) -> str:
    """A header as it is compared: NFKC, no blanks, no invisible signs, no case, without the ``*`` of
    required.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return re.sub(r"\s+", "", plain).strip("*").casefold()


Rows = Sequence[Sequence[str | None]]


@dataclass(frozen=True)
class Header:
    """Where the column names stand: ``count`` rows from index ``first`` on, and one name for each column.

    ``score`` is how many columns of the contract they name.
    """

    score: int = 0
    first: int = 0
    count: int = 1
    labels: tuple[str, ...] = ()


def locate(rows: Rows, names: dict[str, int]) -> tuple[int, int]:
    """(how many columns are named, index of the row) of the best row; (0, 0) when no row names any."""
    best, where = 0, 0
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        score = len({names[key] for cell in row if cell and (key := normal(cell)) in names})
        if score > best:
            best, where = score, index
    return best, where


def find(rows: Rows, names: dict[str, int], *, first: int | None = None, count: int = 0) -> Header:
    """The header of up to three rows that names most columns; fewer rows, then the earlier, on a tie.

    ``first`` (an index) and ``count`` are taken as said where they are given.
    """
    starts = range(min(len(rows), SEARCHED_ROWS)) if first is None else range(first, min(len(rows), first + 1))
    best = Header()
    every = len(set(names.values()))
    for depth in (count,) if count else range(1, MOST_HEADER_ROWS + 1):
        for start in starts:
            if start + depth > len(rows):
                continue
            labels = compose(rows[start : start + depth], names)
            score = len({names[key] for label in labels if (key := normal(label)) in names})
            if score == every and score and depth == 1:  # no other row can name more
                return Header(score, start, depth, tuple(labels))
            if score > best.score or (first is not None and not best.labels):
                best = Header(score, start, depth, tuple(labels))
    return best


def compose(rows: Rows, names: dict[str, int]) -> list[str]:
    """One name for each column from the rows of a header: the spelling that the catalog knows, else all parts.

    A group's title stands over its first column only (or in a merged cell), so above the last row a blank takes the
    cell to its left. Known are: the parts joined without or with a separator, or the lowest part alone.
    """
    if len(rows) == 1:
        return ["" if cell is None else cell.strip() for cell in rows[0]]
    width = max(len(row) for row in rows)
    filled = [[("" if cell is None else cell.strip()) for cell in row] + [""] * (width - len(row)) for row in rows]
    for level, row in enumerate(filled[:-1]):
        for place in range(1, width):
            below = any(lower[place] for lower in filled[level + 1 :])
            if not row[place] and below:
                row[place] = row[place - 1]
    labels = []
    for place in range(width):
        parts: list[str] = []
        for row in filled:
            if row[place] and (not parts or row[place] != parts[-1]):
                parts.append(row[place])
        spellings = [sign.join(parts) for sign in ("", "-", "_", ".", "/")] + parts[-1:]
        known = next((text for text in spellings if normal(text) in names), None)
        labels.append(known if known is not None else "/".join(parts))
    return labels
