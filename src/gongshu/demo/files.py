"""How the demo's departments hand over their files: title rows, GB18030, gzip, workbooks, ragged lines."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

import polars as pl

_CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/xl/workbook.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>\
<Override PartName="/xl/worksheets/sheet1.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"""
_RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">\
<Relationship Id="rId1" Target="xl/workbook.xml" \
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"""
_BOOK = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" \
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">\
<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>"""
_BOOK_RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">\
<Relationship Id="rId1" Target="worksheets/sheet1.xml" \
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>"""
_FIXED_DATE = (2026, 1, 1, 0, 0, 0)


def delimited(
    frame: pl.DataFrame,
    *,
    title_rows: Sequence[str] = (),
    encoding: str = "utf-8",
    ragged: Iterable[int] = (),
    gzipped: bool = False,
) -> bytes:
    """``frame`` as a CSV file, its column names as the header below ``title_rows``.

    ``ragged`` are row numbers (from 0) that get one field too many, as an unquoted comma leaves them.
    """
    lines = frame.write_csv(line_terminator="\n").rstrip("\n").split("\n")
    for row in ragged:
        lines[row + 1] += ",多出一列"
    content = "\r\n".join([*title_rows, *lines, ""]).encode(encoding)
    return gzip.compress(content, compresslevel=4, mtime=0) if gzipped else content


def workbook(frame: pl.DataFrame, *, sheet: str, title_rows: Sequence[str] = ()) -> bytes:
    """``frame`` (strings only) as an .xlsx file of one sheet, byte for byte the same each time."""
    rows: list[Iterable[str | None]] = [[title] for title in title_rows]
    rows.append(frame.columns)
    rows.extend(frame.iter_rows())
    body = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(ord("A") + index)}{number}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
            for index, value in enumerate(row)
            if value is not None and value != ""
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONS,
        "xl/workbook.xml": _BOOK.format(name=escape(sheet)),
        "xl/_rels/workbook.xml.rels": _BOOK_RELATIONS,
        "xl/worksheets/sheet1.xml": '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{body}</sheetData></worksheet>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_DATE), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
