"""Merged cells of a workbook: a value that stands once for several rows is written into each of them.

Only areas of several rows are filled, in their first column: a cell merged across columns is a title or a remark, and
repeating it would invent values. Light: the process that reads workbooks imports it. XLSX: ISO/IEC 29500-1, 18.3.1.54
mergeCell. ODS: OpenDocument 1.3 part 3, 19.678 number-rows-spanned. The older XLS is read without its merged areas.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

_MOST = 200_000
_READ = 1 << 20
_AREA = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


@dataclass(frozen=True)
class Area:
    """Rows ``first`` to ``last`` of one column, all counted from 0."""

    column: int
    first: int
    last: int


def areas(path: Path, sheet: str) -> list[Area]:
    """The merged areas of several rows; empty where the file has none or is of a kind without them."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names:
            part = _part(archive, sheet)
            return list(_xlsx(archive, part)) if part in names else []
        if "content.xml" in names:
            return _ods(archive, sheet)
    return []


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of the archive that holds ``sheet``, through the workbook's relations."""
    wanted, target = "", ""

    def sheets(name: str, attributes: dict[str, str]) -> None:
        nonlocal wanted
        if name.rsplit(":", 1)[-1] == "sheet" and attributes.get("name") == sheet:
            wanted = next((value for key, value in attributes.items() if key.rsplit(":", 1)[-1] == "id"), "")

    def relations(name: str, attributes: dict[str, str]) -> None:
        nonlocal target
        if name == "Relationship" and attributes.get("Id") == wanted:
            target = attributes.get("Target", "")

    _parse(archive, "xl/workbook.xml", sheets)
    if wanted and "xl/_rels/workbook.xml.rels" in archive.namelist():
        _parse(archive, "xl/_rels/workbook.xml.rels", relations)
    return target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _xlsx(archive: zipfile.ZipFile, part: str) -> Iterator[Area]:
    """Merged areas stand behind the cells: look through the part without taking it apart."""
    found, tail = 0, b""
    with archive.open(part) as stream:
        while piece := stream.read(_READ):
            window = tail + piece
            end = 0
            for match in _AREA.finditer(window):
                end = match.end()
                left, top, _, bottom = match.groups()
                if int(bottom) > int(top) and found < _MOST:
                    found += 1
                    yield Area(_column(left), int(top) - 1, int(bottom) - 1)
            tail = window[max(end, len(window) - 200) :]


def _ods(archive: zipfile.ZipFile, sheet: str) -> list[Area]:
    found: list[Area] = []
    inside, row, column = False, 0, 0
    repeated = 1

    def opens(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside, column, repeated
        if name == "table:table":
            inside = attributes.get("table:name") == sheet
        elif inside and name == "table:table-row":
            column, repeated = 0, _number(attributes, "table:number-rows-repeated")
        elif inside and name in {"table:table-cell", "table:covered-table-cell"}:
            rows = _number(attributes, "table:number-rows-spanned")
            if rows > 1 and len(found) < _MOST:
                found.append(Area(column, row, row + rows - 1))
            column += _number(attributes, "table:number-columns-repeated")

    def closes(name: str) -> None:
        nonlocal inside, row
        if name == "table:table":
            inside, row = False, 0
        elif inside and name == "table:table-row":
            row += repeated

    _parse(archive, "content.xml", opens, closes)
    return found


def _number(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1


def _parse(archive: zipfile.ZipFile, part: str, opens: object, closes: object = None) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opens, closes  # type: ignore[assignment]
    parser.EntityDeclHandler = _stop
    try:
        with archive.open(part) as stream:
            while piece := stream.read(_READ):
                parser.Parse(piece, False)
    except (expat.ExpatError, _NoEntities):
        return


class _NoEntities(Exception):
    """No workbook declares entities."""


def _stop(*_: object) -> None:
    raise _NoEntities


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
