"""A file as streams of batches of texts with the row numbers of the source, whatever its kind.

Kind, encoding, dialect and header are found out by content alone and by fixed rules, so that the same file is always
read in the same way; ``Options`` say otherwise where a person knows better. A file may hold several parts of one
shape (an archive of many files, the sheets of a workbook); each part has its own header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from gongshu.collection import jsonfile, refusals, workbook, xmlfile
from gongshu.collection.arrival import DEFAULT, Arrival, Limits, Part
from gongshu.collection.chunks import Chunk, Detection, Gather, Ragged, Source
from gongshu.collection.contract import Contract
from gongshu.collection.delimited import Delimited
from gongshu.collection.encoding import Text, decode
from gongshu.collection.footers import without_footers
from gongshu.collection.header import Layout, header_of, names_of, resolve, sniff
from gongshu.collection.options import ALL_SHEETS, PLAIN, Options
from gongshu.errors import GongshuError

__all__ = ["Chunk", "Detection", "Ragged", "Source", "head_of", "open_source"]  # the first four for readers elsewhere

_HEAD = 256 << 10
Tick = Callable[[], None]


def open_source(
    arrival: Arrival,
    contract: Contract,
    scratch: Path,
    *,
    options: Options = PLAIN,
    limits: Limits = DEFAULT,
    tick: Tick = lambda: None,
) -> Source:
    """Every part of ``arrival``, opened: encoding, dialect and header are found before a row is read. Raises GongshuError
    when a part does not fit the contract, with the part's name where there are several.
    """
    opener = _Opener(arrival.compression, contract, scratch, options, limits, tick)
    sources: list[Source] = []
    for part in arrival.parts:
        try:
            sources += opener.open(part)
        except GongshuError as error:
            raise (refusals.in_part(part.name, error) if part.name else error) from error
    return sources[0] if len(sources) == 1 else _Chain(sources, [part.name for part in arrival.parts])


class _Opener:
    """Opens parts with what they have in common: the contract, the options, the bounds."""

    def __init__(
        self, compression: str, contract: Contract, scratch: Path, options: Options, limits: Limits, tick: Tick
    ) -> None:
        self._compression, self._contract, self._scratch = compression, contract, scratch
        self._options, self._limits, self._tick = options, limits, tick
        self._names = names_of(contract)
        self._titles = [column.title for column in contract.columns if column.title]

    def open(self, part: Part) -> list[Source]:
        match part.kind:
            case "workbook":
                return self._sheets(part)
            case "parquet":
                return [self._parquet(part)]
            case "json":
                return [self._json(part)]
            case "xml":
                return [self._xml(part)]
        return [self._delimited(part)]

    def _layout(self, cells: tuple[str, ...], row: int) -> Layout:
        return resolve(cells, self._contract, row, drop_unlisted=self._options.drop_unlisted)

    def _missing(self) -> GongshuError:
        return refusals.header_missing([column.label for column in self._contract.columns][:10])

    def _detection(self, kind: str, layout: Layout, **more: object) -> Detection:
        found = Detection(kind, self._compression, header_row=layout.row, dropped=_dropped(layout))
        return replace(found, **more)  # type: ignore[arg-type]

    def _text(self, part: Part, *, lines: bool = True) -> Text:
        limit = None if lines else 0
        return decode(
            part.path,
            self._scratch,
            self._limits,
            self._tick,
            encoding=self._options.encoding,
            names=self._titles,
            line_limit=limit,
        )

    def _delimited(self, part: Part) -> Source:
        text = self._text(part)
        head = head_of(text)
        found = sniff(head, text.start, self._names, self._options)
        if found is None:
            if text.size <= text.start or not head.strip():
                raise refusals.empty()
            raise self._missing()
        delimiter, records, header = found
        last = header.first + header.count
        layout = replace(self._layout(header.labels, last), delimiter=delimiter)
        detection = self._detection(
            "csv",
            layout,
            encoding=text.encoding,
            delimiter=delimiter,
            header_rows=header.count,
            other_lines=text.other_lines,
        )
        return self._trimmed(Delimited(detection, layout, text, records[last - 1].end, self._limits))

    def _trimmed(self, source: Source) -> Source:
        return source if self._options.keep_footers else _Trimmed(source)

    def _sheets(self, part: Part) -> list[Source]:
        if self._options.sheet != ALL_SHEETS:
            return [self._sheet(part, self._options.sheet or None)]
        found: list[Source] = []
        first: GongshuError | None = None
        for name in workbook.sheets(part.path, self._limits, self._tick):
            try:
                found.append(self._sheet(part, name))
            except GongshuError as error:
                if error.code not in {"collection.header_missing", "collection.empty"}:
                    raise refusals.in_part(name, error) from error
                first = first or error
        if not found:
            raise first or refusals.empty()
        return found

    def _sheet(self, part: Part, sheet: str | None) -> Source:
        grid = workbook.read(
            part.path,
            self._scratch,
            self._names,
            sheet=sheet,
            merged=not self._options.leave_merged,
            limits=self._limits,
            tick=self._tick,
        )
        header = header_of(grid.head, self._names, self._options)
        if not header.score:
            raise self._missing()
        layout = self._layout(header.labels, header.first + header.count)
        detection = self._detection(
            "workbook",
            layout,
            sheet=grid.sheet,
            sheets=grid.sheets,
            header_rows=header.count,
            merged=grid.merged,
        )
        return self._trimmed(_Grid(detection, layout, grid.path))

    def _parquet(self, part: Part) -> Source:
        grid = workbook.read_parquet(part.path, self._scratch, limits=self._limits, tick=self._tick)
        layout = self._layout(tuple(cell or "" for cell in grid.head[0]), 0)
        return _Grid(self._detection("parquet", layout, header_rows=0), layout, grid.path)

    def _json(self, part: Part) -> Source:
        text = self._text(part, lines=False)
        document = jsonfile.Document(text.path, text.start, self._limits)
        shape = document.shape(self._names, self._options.records, self._tick)
        found = {"encoding": text.encoding, "records": shape.path, "other_lines": text.other_lines}
        if shape.head:
            header = header_of(shape.head, self._names, self._options)
            if not header.score:
                raise self._missing()
            layout = self._layout(header.labels, header.first + header.count)
            detection = self._detection(shape.kind, layout, header_rows=header.count, **found)
            return self._trimmed(_Lists(detection, layout, document, shape, text.size, self._tick))
        layout = self._layout(shape.names, 0)
        detection = self._detection(shape.kind, layout, header_rows=0, **found)
        return _Objects(detection, layout, document, shape, text.size, self._tick)

    def _xml(self, part: Part) -> Source:
        text = self._text(part, lines=False)
        document = xmlfile.Document(text.path, text.start, self._limits)
        shape = document.shape(self._names, self._options.records, self._tick)
        layout = self._layout(shape.names, 0)
        detection = self._detection("xml", layout, header_rows=0, encoding=text.encoding, records=".".join(shape.path))
        return _Elements(detection, layout, document, shape, text.size, self._tick)


def head_of(text: Text) -> str:
    """The first quarter of a megabyte behind the mark."""
    with text.path.open("rb") as file:
        file.seek(text.start)
        return file.read(_HEAD).decode("utf-8", "ignore")


def _dropped(layout: Layout) -> tuple[str, ...]:
    return tuple(layout.names[position] for position in layout.unlisted)


class _Chain(Source):
    """Several parts as one table: rows are numbered on from part to part, as if each had been put below the one before.

    When all is read, ``detection.files`` says for each part how many rows stand before its first.
    """

    def __init__(self, sources: list[Source], names: list[str]) -> None:
        first = sources[0]
        super().__init__(first.detection, first.layout, sum(source.size for source in sources))
        same = len(names) == len(sources)
        self._sources = sources
        self._names = [names[n] if same else source.detection.sheet for n, source in enumerate(sources)]

    def chunks(self) -> Iterator[Chunk]:
        before, size = 0, 0
        files: list[Mapping[str, object]] = []
        for name, source in zip(self._names, self._sources, strict=True):
            files.append({"name": name, "before": before, "header_row": source.layout.row})
            last = source.layout.row
            for chunk in source.chunks():
                ragged = [replace(row, row=row.row + before) for row in chunk.ragged]
                last = max([last, *chunk.rows[-1:].tolist(), *(row.row for row in chunk.ragged[-1:])])
                self.position = size + source.position
                yield Chunk(chunk.columns, chunk.rows + before, ragged, source.layout)
            before, size = before + last, size + source.size
        self.detection = replace(self.detection, files=tuple(files))


class _Trimmed(Source):
    """A table whose footers are told from its rows."""

    def __init__(self, inner: Source) -> None:
        super().__init__(inner.detection, inner.layout, inner.size)
        self._inner = inner

    def chunks(self) -> Iterator[Chunk]:
        for chunk in without_footers(self._inner.chunks(), self.detection.delimiter or ","):
            self.position = self._inner.position
            yield chunk


class _Grid(Source):
    """A table in an Arrow stream in the scratch folder: rectangular, so never ragged. Gone when it was read."""

    def __init__(self, detection: Detection, layout: Layout, path: Path) -> None:
        super().__init__(detection, layout, path.stat().st_size)
        self._path = path

    def chunks(self) -> Iterator[Chunk]:
        row = 1
        with pa.OSFile(str(self._path)) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                skip = max(0, self.layout.row + 1 - row)
                part = batch.slice(skip) if skip else batch
                rows = np.arange(row + skip, row + batch.num_rows, dtype=np.int64)
                row += batch.num_rows
                self.position = file.tell()
                if part.num_rows:
                    columns = [pa.concat_arrays([column]) for column in part.columns]
                    yield Chunk(columns, rows, [])
        self._path.unlink(missing_ok=True)


class _Objects(Source):
    """Objects of a JSON text, by their names."""

    def __init__(
        self,
        detection: Detection,
        layout: Layout,
        document: jsonfile.Document,
        shape: jsonfile.Shape,
        size: int,
        tick: Tick,
    ) -> None:
        super().__init__(detection, layout, size)
        self._document, self._shape, self._tick = document, shape, tick

    def _place(self, position: int) -> None:
        self.position = position

    def chunks(self) -> Iterator[Chunk]:
        gather = Gather(self.layout.names)
        for number, cells, text in self._document.records(self._shape, self._tick, self._place):
            if isinstance(cells, dict):
                gather.add(number, cells)
            else:
                gather.bad(number, "record" if text.strip() else "field_count", text)
            if gather.full:
                yield gather.take()
        yield gather.take()


class _Lists(_Objects):
    """Rows of a JSON text, below those of the header."""

    def chunks(self) -> Iterator[Chunk]:
        width = len(self.layout.names)
        names = tuple(str(place) for place in range(width))
        gather = Gather(names)
        for number, cells, text in self._document.records(self._shape, self._tick, self._place):
            if number <= self.layout.row:
                continue
            if isinstance(cells, list) and len(cells) == width:
                gather.add(number, dict(zip(names, cells, strict=True)))
            elif isinstance(cells, list):
                gather.ragged(Ragged(number, len(cells), jsonfile.dump(cells)))
            else:
                gather.bad(number, "record" if text.strip() else "field_count", text)
            if gather.full:
                yield gather.take()
        yield gather.take()


class _Elements(Source):
    """Elements of an XML text, by the names of what stands in them."""

    def __init__(
        self,
        detection: Detection,
        layout: Layout,
        document: xmlfile.Document,
        shape: xmlfile.Shape,
        size: int,
        tick: Tick,
    ) -> None:
        super().__init__(detection, layout, size)
        self._document, self._shape, self._tick = document, shape, tick

    def _place(self, position: int) -> None:
        self.position = position

    def chunks(self) -> Iterator[Chunk]:
        gather = Gather(self.layout.names)
        for number, cells in self._document.records(self._shape, self._tick, self._place):
            gather.add(number, cells)
            if gather.full:
                yield gather.take()
        yield gather.take()
