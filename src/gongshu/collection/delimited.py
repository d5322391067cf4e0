"""Delimited text as rows: parsed by Arrow in one thread, so that the row numbers are exact.

Rows are numbered as a spreadsheet shows them: title rows, the header, blank rows and ragged rows all count,
and a record that spans lines counts once. A row whose number of fields is not the header's is *ragged*: its
text is kept, it is never repaired.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from gongshu.collection import refusals
from gongshu.collection.arrival import Limits
from gongshu.collection.chunks import Chunk, Detection, Ragged, Source
from gongshu.collection.encoding import Text
from gongshu.collection.header import Layout

_BLOCK = 4 << 20


class Delimited(Source):
    """Delimited text in UTF-8, parsed by Arrow in one thread so that row numbers are exact."""

    def __init__(self, detection: Detection, layout: Layout, text: Text, offset: int, limits: Limits) -> None:
        super().__init__(detection, layout, text.size)
        self._text = text
        self._offset = offset
        self._limit = limits.line
        self._bad: list[Ragged] = []
        self._next = layout.row + 1
        self._last_open = False

    def chunks(self) -> Iterator[Chunk]:
        if self._offset >= self._text.size:
            return
        with pa.OSFile(str(self._text.path)) as file:
            file.seek(self._offset)
            try:
                stream = self._stream(file)
                for batch in stream:
                    self.position = file.tell()
                    yield self._chunk(batch)
            except pa.ArrowInvalid as error:
                if "straddling" in str(error):
                    self._settle()
                    raise refusals.line_too_long(self._next, self._limit) from error
                if "Empty CSV file" not in str(error):
                    raise
        ragged = self._settle()
        if self._text.quotes_odd and self._last_open:
            raise refusals.quote_open(self._next - 1)
        if ragged:
            empty = [pa.array([], pa.string()) for _ in self.layout.names]
            yield Chunk(empty, np.zeros(0, np.int64), ragged)

    def _stream(self, file: pa.NativeFile) -> pc.CSVStreamingReader:
        names = [str(place) for place in range(len(self.layout.names))]
        first = self.layout.row

        def keep(row: pc.InvalidRow) -> str:
            self._bad.append(Ragged(first + row.number, row.actual_columns, row.text))
            return "skip"

        return pc.open_csv(
            file,
            read_options=pc.ReadOptions(use_threads=False, block_size=self._block(), column_names=names),
            parse_options=pc.ParseOptions(
                delimiter=self.detection.delimiter,
                newlines_in_values=self._text.quoted,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,  # the whole text was checked before
            ),
        )

    def _block(self) -> int:
        """Bytes read at a time: a record must fit, and a small block stays in the processor's cache."""
        return self._limit if self._text.quoted else min(self._limit, max(_BLOCK, self._text.longest + 1))

    def _chunk(self, batch: pa.RecordBatch) -> Chunk:
        """Number the rows of a batch: those between the ragged ones, which the parser has already reported."""
        count = batch.num_rows
        numbers = np.fromiter((bad.row for bad in self._bad), np.int64, len(self._bad))
        taken = 0
        while True:  # how many ragged rows stand before the batch's last row
            inside = int(np.searchsorted(numbers, self._next + count + taken))
            if inside == taken:
                break
            taken = inside
        span = np.arange(self._next, self._next + count + taken, dtype=np.int64)
        rows = np.setdiff1d(span, numbers[:taken], assume_unique=True) if taken else span
        ragged, self._bad = self._bad[:taken], self._bad[taken:]
        self._next += count + taken
        if count:
            last = [str(column[count - 1]) for column in batch.columns]
            self._last_open = any("\n" in cell or "\r" in cell for cell in last)
        return Chunk(list(batch.columns), rows, ragged)

    def _settle(self) -> list[Ragged]:
        """The ragged rows behind the last good one."""
        ragged, self._bad = self._bad, []
        if ragged:
            self._next = ragged[-1].row + 1
            self._last_open = "\n" in ragged[-1].text or "\r" in ragged[-1].text
        return ragged
