"""Finding the header: the row whose cells are the catalog's names or titles, whatever stands above it.

Deterministic: among the first rows the one that names most columns of the contract wins, the earlier on a
tie; among delimiters likewise, in the order of ``DELIMITERS``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from gongshu.collection import refusals
from gongshu.collection.contract import Contract
from gongshu.collection.names import SEARCHED_ROWS, Header, Rows, find, normal
from gongshu.collection.options import DELIMITERS, PLAIN, Options

MAX_COLUMNS = 2_000


@dataclass(frozen=True)
class Layout:
    """Where things are. ``row`` is the header's last row (from 1; 0 where records carry their names);
    ``positions[i]`` is the place of the contract's i-th column.

    ``names`` are the header cells as the file has them; ``unlisted`` the places of columns that are dropped;
    ``unnamed`` the places whose header cell is blank; ``delimiter`` what separates the fields of a row's text.
    """

    row: int
    positions: tuple[int, ...]
    names: tuple[str, ...]
    unlisted: tuple[int, ...] = ()
    unnamed: tuple[int, ...] = ()
    delimiter: str = ","


@dataclass(frozen=True)
class Record:
    """One record of the head of a text file; ``end`` is the byte offset behind it."""

    cells: list[str]
    end: int


def names_of(contract: Contract) -> dict[str, int]:
    """Every accepted spelling of a column, normalised, to its place in the contract."""
    return {
        spelling: place
        for place, column in enumerate(contract.columns)
        for spelling in (normal(column.title), normal(column.name))
        if spelling
    }


def resolve(cells: Sequence[str | None], contract: Contract, row: int, *, drop_unlisted: bool = False) -> Layout:
    """The layout that a header row gives. Raises the refusal that fits: twice, missing, unlisted."""
    names = names_of(contract)
    texts = ["" if cell is None else cell.strip() for cell in cells]
    if len(texts) > MAX_COLUMNS:
        raise refusals.too_many_columns(MAX_COLUMNS)
    found: dict[int, int] = {}
    seen: dict[str, int] = {}
    unlisted, unnamed = [], []
    for position, text in enumerate(texts):
        key = normal(text)
        if not key:
            unnamed.append(position)
            continue
        place = names.get(key)
        first = seen.get(key) if place is None else found.get(place)
        if first is not None:
            raise refusals.column_twice(row, [first + 1, position + 1], _short(text))
        seen[key] = position
        if place is None:
            unlisted.append(position)
        else:
            found[place] = position
    columns = contract.columns
    missing = [column.label for place, column in enumerate(columns) if place not in found]
    if missing:
        raise (
            refusals.column_missing(row, missing[:10])
            if found
            else refusals.header_missing([column.label for column in columns][:10])
        )
    if unlisted and not drop_unlisted:
        raise refusals.column_unlisted(row, [_short(texts[position]) for position in unlisted[:10]])
    return Layout(
        row=row,
        positions=tuple(found[place] for place in range(len(columns))),
        names=tuple(texts),
        unlisted=tuple(unlisted),
        unnamed=tuple(unnamed),
    )


def records(head: str, start: int, delimiter: str, limit: int = SEARCHED_ROWS) -> list[Record]:
    """The first records of a text that begins at byte ``start`` of its UTF-8 file; stops where the head
    cannot be parsed.
    """
    consumed = start

    def lines() -> io.StringIO:
        return io.StringIO(head, newline="")

    def counted(source: io.StringIO) -> object:
        nonlocal consumed
        for line in source:
            consumed += len(line.encode())
            yield line

    found: list[Record] = []
    reader = csv.reader(counted(lines()), delimiter=delimiter)  # type: ignore[arg-type]
    try:
        for cells in reader:
            found.append(Record(cells, consumed))
            if len(found) >= limit:
                break
    except csv.Error:
        pass
    return found


def sniff(
    head: str, start: int, names: dict[str, int], options: Options = PLAIN
) -> tuple[str, list[Record], Header] | None:
    """(delimiter, records, header) of a text's head, or None when no row names a column.

    Among delimiters the one under which most columns are named wins, the earlier of ``DELIMITERS`` on a tie.
    """
    best: tuple[str, list[Record], Header] | None = None
    for delimiter in (options.delimiter,) if options.delimiter else DELIMITERS:
        rows = records(head, start, delimiter)
        header = header_of([record.cells for record in rows], names, options)
        if header.score and (best is None or header.score > best[2].score):
            best = (delimiter, rows, header)
            if header.score == len(set(names.values())):
                break
    return best


def header_of(rows: Rows, names: dict[str, int], options: Options) -> Header:
    """The header among the first rows, where ``options`` leave it to be found."""
    first = options.header_row - 1 if options.header_row else None
    return find(rows, names, first=first, count=options.header_rows or (1 if options.header_row else 0))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
