"""JSON (RFC 8259) and JSON Lines as records: an array of objects, an object with such an array somewhere inside, an
object per line, GeoJSON features (RFC 7946), or an array of rows whose first ones are the header.

Read as a stream: memory holds one record and a buffer, never the document. Nested objects become columns with dotted
names, lists stay JSON text, numbers keep the digits that stood there. A record is numbered from 1, a line of JSON Lines
by its line. Two passes: the first finds the list and every column, so that a column of the last record counts too.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gongshu.collection import refusals
from gongshu.collection.arrival import DEFAULT, Limits
from gongshu.collection.names import SEARCHED_ROWS, find, normal

_READ = 1 << 20
_BLANKS = re.compile(r"[ \t\n\r]*")
_TWICE = "\0twice"  # no column can be called so: texts hold no NUL
MOST_COLUMNS = 2_000
LISTED = "$"


class Exact(float):
    """A number that remembers how it was written."""

    __slots__ = ("text",)
    text: str


def _exact(text: str) -> Exact:
    number = Exact(text)
    number.text = text
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        found[_TWICE] = True
    return found


_DECODER = json.JSONDecoder(parse_float=_exact, parse_constant=_exact, object_pairs_hook=_object)


class _Stream:
    """The document behind ``start`` as a buffer of text that is refilled; ``position`` counts bytes read."""

    def __init__(self, path: Path, start: int, limits: Limits, tick: Callable[[], None]) -> None:
        self._raw = path.open("rb")
        self._raw.seek(start)
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._limits, self._tick = limits, tick
        self._buffer, self._place, self._ended = "", 0, False
        self.line = 1
        self.records = 0

    def close(self) -> None:
        self._raw.close()

    @property
    def position(self) -> int:
        return self._raw.tell()

    def _fill(self, least: int = _READ) -> None:
        self._tick()
        self.line += self._buffer.count("\n", 0, self._place)
        data = self._raw.read(least)
        self._ended = not data
        more = self._decoder.decode(data, not data)
        self._buffer, self._place = self._buffer[self._place :] + more, 0

    def peek(self) -> str:
        """The next sign that is no blank; empty at the end."""
        while True:
            match = _BLANKS.match(self._buffer, self._place)
            assert match is not None  # noqa: S101 - the pattern matches nothing too
            self._place = match.end()
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if self._ended:
                return ""
            self._fill()

    def take(self, sign: str) -> None:
        """Go past ``sign``, which must be next."""
        if self.peek() != sign:
            raise self.damaged()
        self._place += 1

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._place)
            except RecursionError as error:
                raise refusals.nested_too_deep(self._limits.nesting) from error
            except json.JSONDecodeError as error:
                certain = error.pos < len(self._buffer) - 16 and not error.msg.startswith("Unterminated")
                if self._ended or certain:
                    raise self.damaged(error.pos) from error
            except ValueError as error:  # a whole number of more digits than Python converts
                raise self.damaged() from error
            else:
                if end < len(self._buffer) or self._ended or isinstance(value, dict | list | str):
                    self._place = end
                    return value
            waiting = len(self._buffer) - self._place
            if waiting > self._limits.line:
                raise refusals.record_too_long(self.records + 1, self._limits.line)
            self._fill(max(_READ, waiting))

    def damaged(self, place: int | None = None) -> Exception:
        until = self._place if place is None else place
        return refusals.document_damaged("JSON", self.line + self._buffer.count("\n", 0, until))


_Found = tuple[tuple[str, ...], Any]


def _walk(stream: _Stream, path: tuple[str, ...], nesting: int) -> Generator[_Found, None, dict[str, Any] | None]:
    """(path of the list, element) for every element of every outermost list at or below the next value.

    Answers the value itself where it is an object that holds no list.
    """
    if len(path) > nesting:
        raise refusals.nested_too_deep(nesting)
    if stream.peek() == "[":
        stream.take("[")
        if stream.peek() == "]":
            stream.take("]")
            return None
        while True:
            yield path or (LISTED,), stream.value()
            if stream.peek() != ",":
                break
            stream.take(",")
        stream.take("]")
        return None
    stream.take("{")
    own: dict[str, Any] | None = {}
    if stream.peek() != "}":
        while True:
            key = stream.value()
            if not isinstance(key, str):
                raise stream.damaged()
            stream.take(":")
            start = stream.peek()
            if start and start in "[{":
                value = yield from _walk(stream, (*path, key), nesting)
                whole = value is not None
            else:
                value, whole = stream.value(), True
            if own is not None:
                own[key] = value
                own = own if whole and len(own) <= MOST_COLUMNS else None
            if stream.peek() != ",":
                break
            stream.take(",")
    stream.take("}")
    if not path and own is not None:
        yield (), own
    return own


@dataclass
class _List:
    """What the first pass learns about one list."""

    objects: int = 0
    rows: int = 0
    features: int = 0
    names: dict[str, None] = field(default_factory=dict)
    head: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """Where the records are and what columns they have. ``kind`` is json, jsonl or geojson; ``head`` the first rows
    where records are rows (``names`` is empty then).
    """

    kind: str
    path: str
    names: tuple[str, ...]
    head: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Document:
    """A JSON text in UTF-8; ``start`` is the byte behind its mark."""

    path: Path
    start: int
    limits: Limits

    def shape(self, names: dict[str, int], wanted: str, tick: Callable[[], None]) -> Shape:
        """Find the list that names most columns of the contract; the longer, then the earlier, on a tie.

        ``wanted`` is its path as said. Raises GongshuError: damaged, no list, too deep, too many columns.
        """
        lists: dict[str, _List] = {}
        lines = self._is_lines()
        for path, _, value in self._items(lines, tick):
            found = lists.setdefault(path, _List())
            if isinstance(value, dict):
                found.objects += 1
                found.features += _is_feature(value)
                found.names.update(dict.fromkeys(_cells(value)))
                if len(found.names) > MOST_COLUMNS:
                    raise refusals.too_many_columns(MOST_COLUMNS)
            elif isinstance(value, list):
                found.rows += 1
                if len(found.head) < SEARCHED_ROWS:
                    found.head.append([text_of(cell) for cell in value])
        if wanted:
            lists = {path: found for path, found in lists.items() if path == wanted}
        best: tuple[tuple[int, int], str] | None = None
        for path, found in lists.items():
            count = max(found.objects, found.rows)
            if not count:
                continue
            if found.objects >= found.rows:
                score = len({names[key] for name in found.names if (key := normal(name)) in names})
            else:
                score = find(found.head, names).score
            if best is None or (score, count) > best[0]:
                best = (score, count), path
        if best is None:
            raise refusals.records_missing(wanted)
        found = lists[best[1]]
        kind = "geojson" if found.features and found.features == found.objects else "jsonl" if lines else "json"
        if found.objects >= found.rows:
            return Shape(kind, best[1], tuple(name for name in found.names if name != _TWICE))
        return Shape(kind, best[1], (), tuple(map(tuple, found.head)))

    def records(
        self, shape: Shape, tick: Callable[[], None], place: Callable[[int], None] = lambda _: None
    ) -> Iterator[tuple[int, dict[str, str] | list[str] | None, str]]:
        """(number, cells by name or in order, text when it is neither): every record of the list, once."""
        for path, number, value in self._items(shape.kind == "jsonl" or self._is_lines(), tick, place):
            if path != shape.path:
                continue
            if isinstance(value, dict) and not shape.head:
                cells = _cells(value)
                yield (number, None, dump(value)) if _TWICE in cells else (number, cells, "")
            elif isinstance(value, list) and shape.head:
                yield number, [text_of(cell) for cell in value], ""
            else:
                yield number, None, value.text if isinstance(value, _Broken) else dump(value)

    def _is_lines(self) -> bool:
        """The first line is a value, and another one follows: a value per line."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            first = file.readline(self.limits.line).strip()
            rest = file.read(4096).strip()
        if rest[:1] not in {b"{", b"["}:
            return False
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            return False
        return True

    def _items(
        self, lines: bool, tick: Callable[[], None], place: Callable[[int], None] = lambda _: None
    ) -> Iterator[tuple[str, int, Any]]:
        if lines:
            yield from self._lines(tick, place)
            return
        stream = _Stream(self.path, self.start, self.limits, tick)
        counts: dict[str, int] = {}
        try:
            for path, value in _walk(stream, (), self.limits.nesting):
                name = ".".join(path)
                counts[name] = counts.get(name, 0) + 1
                stream.records = counts[name]
                place(stream.position)
                yield name, counts[name], value
            if stream.peek():
                raise stream.damaged()
        except UnicodeDecodeError as error:
            raise stream.damaged() from error
        finally:
            stream.close()

    def _lines(self, tick: Callable[[], None], place: Callable[[int], None]) -> Iterator[tuple[str, int, Any]]:
        """One value a line; a line that is none is given as ``_Broken``."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            number = 0
            while line := file.readline(self.limits.line + 1):
                number += 1
                if len(line) > self.limits.line:
                    raise refusals.line_too_long(number, self.limits.line)
                if number % 4096 == 0:
                    tick()
                    place(file.tell())
                try:
                    value = _DECODER.decode(line.decode())
                except (ValueError, RecursionError):
                    value = _Broken(line.decode("utf-8", "replace").rstrip("\r\n"))
                yield LISTED, number, value
            place(file.tell())


@dataclass(frozen=True)
class _Broken:
    text: str


def _is_feature(value: dict[str, Any]) -> bool:
    return value.get("type") == "Feature" and "geometry" in value and isinstance(value.get("properties"), dict | None)


def _cells(value: dict[str, Any]) -> dict[str, str]:
    """The columns of one record: nested objects dotted; of a GeoJSON feature its properties, its id and its geometry
    as JSON text. A name that two values claim is marked ``_TWICE``.
    """
    try:
        return _columns(value)
    except RecursionError as error:
        raise refusals.nested_too_deep(DEFAULT.nesting) from error


def _columns(value: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    if _is_feature(value):
        if "id" in value:
            cells["id"] = text_of(value["id"])
        _flatten(value["properties"] or {}, "", cells)
        if "geometry" in cells:
            cells[_TWICE] = ""
        cells["geometry"] = text_of(value["geometry"])
        return cells
    _flatten(value, "", cells)
    return cells


def _flatten(value: dict[str, Any], prefix: str, cells: dict[str, str]) -> None:
    for key, inner in value.items():
        if key == _TWICE:
            cells[_TWICE] = ""
            continue
        name = prefix + key
        if type(inner) is dict and inner:
            _flatten(inner, name + ".", cells)
            continue
        if name in cells:
            cells[_TWICE] = ""
        cells[name] = inner if type(inner) is str else text_of(inner)


def text_of(value: Any) -> str:
    """A value as the text of a cell: null is blank, yes and no are words, numbers as they were written."""
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Exact):
        return value.text
    if isinstance(value, int):
        return str(value)
    return dump(value) if value else ""


def dump(value: Any) -> str:
    """A value as compact JSON text."""
    if isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if key != _TWICE}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
