"""Rows on their way through the pipeline: batches of texts with the row numbers of the source, whatever file they are
from.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gongshu.collection.header import Layout

ROWS_PER_CHUNK = 16_384


@dataclass(frozen=True)
class Detection:
    """What was found out about a file, reported before anything else is. ``header_row`` counts from 1 and is the last of
    ``header_rows``; 0 where records carry their names. ``records`` is the path of the list or element that repeats;
    ``other_lines`` how many lines were in UTF-8 among GB 18030; ``merged`` how many merged areas were filled;
    ``files`` names the parts of an archive (or the sheets) with the row before their first, in order.
    """

    kind: str
    compression: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 0
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    header_rows: int = 1
    records: str = ""
    other_lines: int = 0
    merged: int = 0
    files: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Ragged:
    """A row that is no row of the table, with the rule that says why: ``found`` fields instead of the header's
    number, a footer, a record that cannot be read. ``text`` as it stands in the file.
    """

    row: int
    found: int
    text: str
    rule: str = "field_count"


@dataclass(frozen=True)
class Chunk:
    """Rows in source order: ``columns[i]`` the texts of the file's i-th column, ``rows`` their numbers.

    ``layout`` is set where it is not the source's, as in the second file of an archive.
    """

    columns: list[pa.StringArray]
    rows: npt.NDArray[np.int64]
    ragged: list[Ragged]
    layout: Layout | None = None

    def slice(self, start: int, stop: int) -> Chunk:
        """The rows from place ``start`` up to ``stop``, without the ragged ones."""
        columns = [column.slice(start, stop - start) for column in self.columns]
        return Chunk(columns, self.rows[start:stop], [])

    def first(self, count: int) -> Chunk:
        """The first ``count`` rows, with the ragged ones before the last of them."""
        part = self.slice(0, count)
        last = int(part.rows[-1]) if len(part.rows) else 0
        return Chunk(part.columns, part.rows, [row for row in self.ragged if row.row < last], self.layout)


class Source(ABC):
    """An opened file: its ``detection``, ``layout``, ``size`` in bytes, and its rows, once."""

    def __init__(self, detection: Detection, layout: Layout, size: int) -> None:
        self.detection = detection
        self.layout = layout
        self.size = size
        self.position = 0

    @abstractmethod
    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header, batch by batch."""

    def provenance(self) -> dict[str, str | int]:
        """What the commit is to say about where the rows came from, once they have all been read."""
        return {}


class Gather:
    """Collects records as they are read, one mapping of texts each, into chunks of the columns ``names``."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._places = {name: place for place, name in enumerate(names)}
        self._clear()

    def _clear(self) -> None:
        self._columns: list[list[str]] = [[] for _ in self._places]
        self._rows: list[int] = []
        self._ragged: list[Ragged] = []

    def add(self, row: int, cells: Mapping[str, str]) -> None:
        """One record; a column that it does not have is blank."""
        count = len(self._rows)
        places = self._places
        for name, text in cells.items():
            column = places.get(name)
            if column is None:
                continue
            texts = self._columns[column]
            if len(texts) < count:
                texts.extend([""] * (count - len(texts)))
            texts.append(text)
        self._rows.append(row)

    def bad(self, row: int, rule: str, text: str) -> None:
        """One record that cannot be read."""
        self._ragged.append(Ragged(row, 0, text, rule))

    def ragged(self, row: Ragged) -> None:
        """One row of another width."""
        self._ragged.append(row)

    @property
    def full(self) -> bool:
        return len(self._rows) + len(self._ragged) >= ROWS_PER_CHUNK

    def take(self) -> Chunk:
        """What was gathered. A record with signs that no text may hold is bad."""
        count = len(self._rows)
        columns, wrong = [], np.zeros(count, bool)
        for texts in self._columns:
            texts.extend([""] * (count - len(texts)))
            try:
                column = pa.array(texts, pa.string())
            except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
                alone = np.array([not _encodable(text) for text in texts])
                wrong |= alone
                column = pa.array([text if _encodable(text) else "" for text in texts], pa.string())
            nul = pc.match_substring(column, "\0")
            if pc.any(nul).as_py():
                wrong |= nul.to_numpy(zero_copy_only=False)
            columns.append(column)
        rows, ragged = np.array(self._rows, np.int64), self._ragged
        if wrong.any():
            keep = pa.array(~wrong)
            texts = [self._visible(int(place)) for place in np.flatnonzero(wrong)]
            pairs = zip(rows[wrong].tolist(), texts, strict=True)
            ragged = ragged + [Ragged(row, 0, text, "unreadable_text") for row, text in pairs]
            columns, rows = [column.filter(keep) for column in columns], rows[~wrong]
            ragged.sort(key=lambda row: row.row)
        self._clear()
        return Chunk(columns, rows, ragged)

    def _visible(self, place: int) -> str:
        """A record's texts with the forbidden signs spelled out."""
        cells = {name: self._columns[column][place] for name, column in self._places.items()}
        text = json.dumps(cells, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
        return text.replace("\0", "\\u0000")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
