"""XML as records: the element that repeats, its attributes and its children as columns.

Read as a stream by expat with everything refused that lets a small file grow or reach outside: entity declarations and
external document types (billion laughs, XXE; see OWASP, XML External Entity Prevention). Columns are called by
their path below the record (``owner.name``), an attribute by its name; a child that repeats inside one record becomes a JSON
list; what stands outside the records is left out. Namespaces are left out of names. Two passes, as for JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from gongshu.collection import refusals
from gongshu.collection.arrival import Limits
from gongshu.collection.names import normal

_READ = 1 << 18
_MOST_PLACES = 10_000
MOST_COLUMNS = 2_000


@dataclass
class _Place:
    """An element at its path in the document: how often it stands there, and what stands in it."""

    name: str
    parent: _Place | None
    count: int = 0
    text: bool = False
    attributes: dict[str, None] = field(default_factory=dict)
    children: dict[str, _Place] = field(default_factory=dict)

    @property
    def path(self) -> tuple[str, ...]:
        return (*self.parent.path, self.name) if self.parent else ()

    def columns(self, prefix: str = "") -> Iterator[str]:
        """The columns that this element gives as a record, in the order in which they appeared."""
        for name in self.attributes:
            yield _attribute(prefix + name, prefix + name in {prefix + child for child in self.children})
        for name, child in self.children.items():
            if child.text or not (child.children or child.attributes):
                yield prefix + name
            yield from child.columns(f"{prefix}{name}.")


def _attribute(name: str, taken: bool) -> str:
    """An attribute that is called as a child beside it is told from it."""
    return f"@{name}" if taken else name


@dataclass(frozen=True)
class Shape:
    """Which element repeats, as the path from the top, and the columns it gives."""

    path: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """An XML text in UTF-8; ``start`` is the byte behind its mark."""

    path: Path
    start: int
    limits: Limits

    def shape(self, names: dict[str, int], wanted: str, tick: Callable[[], None]) -> Shape:
        """Find the element that names most columns of the contract; the one that stands there more often, then the
        outer one, on a tie. ``wanted`` is its dotted path as said. Raises GongshuError.
        """
        top = _Place("", None)
        here, places, depth = top, 0, 0

        def opens(name: str, attributes: dict[str, str]) -> None:
            nonlocal here, places, depth
            name = _local(name)
            depth += 1
            if depth > self.limits.nesting:
                raise refusals.nested_too_deep(self.limits.nesting)
            child = here.children.get(name)
            if child is None:
                places += 1
                if places > _MOST_PLACES:
                    raise refusals.too_many_columns(MOST_COLUMNS)
                child = here.children[name] = _Place(name, here)
            child.count += 1
            for attribute in attributes:
                child.attributes.setdefault(_local(attribute))
            here = child

        def closes(_: str) -> None:
            nonlocal here, depth
            depth -= 1
            here = here.parent or top

        def says(text: str) -> None:
            if not here.text and not text.isspace():
                here.text = True

        for _ in self._parse(opens, closes, says, tick):
            pass
        best: tuple[tuple[int, int, int], _Place] | None = None
        for place in _all(top):
            if wanted and ".".join(place.path) != wanted:
                continue
            columns = dict.fromkeys(place.columns())
            if not columns:
                continue
            score = len({names[key] for name in columns if (key := normal(name)) in names})
            rank = (score, place.count, -len(place.path))
            if best is None or rank > best[0]:
                best = rank, place
        if best is None:
            raise refusals.records_missing(wanted)
        found = tuple(dict.fromkeys(best[1].columns()))
        if len(found) > MOST_COLUMNS:
            raise refusals.too_many_columns(MOST_COLUMNS)
        return Shape(best[1].path, found)

    def records(
        self, shape: Shape, tick: Callable[[], None], place: Callable[[int], None] = lambda _: None
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """(number, cells by name) of every record, once."""
        reader = _Records(shape, self.limits)
        for position in self._parse(reader.opens, reader.closes, reader.says, tick):
            place(position)
            done, reader.done = reader.done, []
            yield from done
        yield from reader.done

    def _parse(
        self,
        opens: Callable[[str, dict[str, str]], None],
        closes: Callable[[str], None],
        says: Callable[[str], None],
        tick: Callable[[], None],
    ) -> Iterator[int]:
        """Read the document, piece by piece; the number of bytes read after each."""
        parser = expat.ParserCreate("utf-8", namespace_separator="\n")  # whatever it declares: it was transcoded
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = opens, closes
        parser.CharacterDataHandler = says
        parser.EntityDeclHandler = _refuse
        parser.StartDoctypeDeclHandler = _doctype
        parser.ExternalEntityRefHandler = _refuse
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            with self.path.open("rb") as file:
                file.seek(self.start)
                fed = 0
                while piece := file.read(_READ):
                    tick()
                    parser.Parse(piece, False)
                    fed += len(piece)
                    if fed - max(parser.CurrentByteIndex, 0) > self.limits.line:
                        raise refusals.line_too_long(parser.CurrentLineNumber, self.limits.line)
                    yield self.start + fed
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise refusals.document_damaged("XML", error.lineno) from error
        yield self.start + fed


class _Records:
    """The second pass: collects one record after the other into ``done``."""

    def __init__(self, shape: Shape, limits: Limits) -> None:
        self._shape, self._limits = shape, limits
        self._names = frozenset(shape.names)
        self._path: list[str] = []
        self._cells: dict[str, str | list[str]] = {}
        self._texts: list[list[str]] = []
        self._filled: list[bool] = []
        self._size = 0
        self._number = 0
        self.done: list[tuple[int, dict[str, str]]] = []

    @property
    def _inside(self) -> int:
        """How deep in a record; 0 outside."""
        length = len(self._shape.path)
        if len(self._path) < length or tuple(self._path[:length]) != self._shape.path:
            return 0
        return len(self._path) - length + 1

    def opens(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(_local(name))
        inside = self._inside
        if not inside:
            return
        if inside == 1:
            self._cells, self._size, self._texts, self._filled = {}, 0, [], []
        elif self._filled:
            self._filled[-1] = True
        self._texts.append([])
        self._filled.append(bool(attributes))
        prefix = ".".join(self._path[len(self._shape.path) :])
        for key, value in attributes.items():
            name = f"{prefix}.{_local(key)}" if prefix else _local(key)
            self._put(_attribute(name, _attribute(name, True) in self._names), value)

    def says(self, text: str) -> None:
        if self._texts:
            self._size += len(text)
            if self._size > self._limits.line:
                raise refusals.record_too_long(self._number + 1, self._limits.line)
            self._texts[-1].append(text)

    def closes(self, _: str) -> None:
        inside = self._inside
        if inside:
            text, filled = "".join(self._texts.pop()), self._filled.pop()
            if inside > 1 and (not filled or not (not text or text.isspace())):
                self._put(".".join(self._path[len(self._shape.path) :]), text)
            if inside == 1:
                self._number += 1
                self.done.append((self._number, {name: _joined(value) for name, value in self._cells.items()}))
                self._texts, self._filled = [], []
        self._path.pop()

    def _put(self, name: str, text: str) -> None:
        self._size += len(text) + len(name)
        if self._size > self._limits.line:
            raise refusals.record_too_long(self._number + 1, self._limits.line)
        present = self._cells.get(name)
        if present is None:
            self._cells[name] = text
        elif isinstance(present, list):
            present.append(text)
        else:
            self._cells[name] = [present, text]


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _all(place: _Place) -> Iterator[_Place]:
    for child in place.children.values():
        yield child
        yield from _all(child)


def _local(name: str) -> str:
    return name.rsplit("\n", 1)[-1]


def _refuse(*_: object) -> int:
    raise refusals.xml_entities()


def _doctype(_: str, system: str | None, public: str | None, __: int) -> None:
    if system or public:
        raise refusals.xml_entities()
