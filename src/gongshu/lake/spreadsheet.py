"""One sheet of a workbook, written a batch at a time: XLSX (ECMA-376) in the memory of a batch, the same bytes for the same
rows.

Texts are kept as texts (inline strings, format ``@``): nothing is taken for a formula, not even when a cell that begins
like one is edited (``quotePrefix``), and no long number loses digits. Numbers of up to 15 digits are numbers, days from
1 March 1900 are days. What a sheet cannot hold is refused by name, never cut: 1,048,576 lines with the head, 32,767
characters in a cell, and 2 GB of sheet, beyond which Excel takes the file for damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import polars as pl

from gongshu.errors import GongshuError

MOST_ROWS = 1_048_575  # below the head
LONGEST = 32_767  # characters of a cell, as UTF-16 counts them
MOST_BYTES = (1 << 31) - (64 << 20)  # of the sheet unpacked: above it a ZIP64 entry, which Excel warns of
_EXACT = 15  # digits that a number of a spreadsheet has
_ZERO = date(1899, 12, 30)  # day 0, as all days from 1900-03-01 on count
_FIRST_DAY = 61
_STAMP = (1980, 1, 1, 0, 0, 0)
_FORMULA = r"^[=+\-@\t\r]"
_CONTROLS = [*map(chr, range(9)), "\x0b", "\x0c", "\r", *map(chr, range(14, 32)), "\ufffe", "\uffff"]
_TEXT, _QUOTED, _DAY, _HEAD = 1, 2, 3, 4  # places of the styles below

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="数据" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/>'
    '<name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/>'
    '<diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    '</cellStyleXfs><cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


class TooLarge(GongshuError):
    """More than a sheet holds."""


def write(file: IO[bytes], heads: Sequence[str], kinds: Sequence[str], frames: Iterable[pl.DataFrame]) -> int:
    """Write a workbook into ``file``, which can be sought in; how many rows, the head aside.

    ``frames`` have a column for each head; ``kinds`` say what it holds, by the codes of the catalog's items as
    ``values.plain`` gives them: numbers and days become such, ``""`` and every other code text. Raises TooLarge.
    """
    rows = size = 0
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=4) as book:
        for name, text in _PARTS.items():
            book.writestr(_entry(name), _XML + text)
        with book.open(_entry("xl/worksheets/sheet1.xml"), "w") as sheet:
            sheet.write(
                f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
                'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
                f'<cols><col min="1" max="{len(heads)}" width="18" customWidth="1"/></cols><sheetData>'.encode()
            )
            first = pl.DataFrame([pl.Series(str(place), [head]) for place, head in enumerate(heads)])
            sheet.write(_lines(first, [""] * len(heads), 1, head=True))
            for frame in frames:
                if rows + frame.height > MOST_ROWS:
                    raise too_many_rows()
                if not frame.height:
                    continue
                body = _lines(frame, kinds, rows + 2)
                rows, size = rows + frame.height, size + len(body)
                if size > MOST_BYTES:
                    raise _too_large(
                        "数据量超过一个工作表可容纳的大小（2 GB）", "these data are more than one sheet holds (2 GB)"
                    )
                sheet.write(body)
            sheet.write(b"</sheetData></worksheet>")
    return rows


def too_many_rows() -> TooLarge:
    return _too_large(
        f"数据超过 {MOST_ROWS:,} 行，一个 Excel 工作表放不下",
        f"there are more than the {MOST_ROWS:,} rows that one sheet holds",
    )


def _too_large(zh: str, en: str) -> TooLarge:
    return TooLarge(
        "lake.sheet_full", f"{zh}，没有生成 XLSX。请下载 CSV 或 JSON。", f"No XLSX was made: {en}. Take CSV or JSON."
    )


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _STAMP)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _lines(frame: pl.DataFrame, kinds: Sequence[str], start: int, *, head: bool = False) -> bytes:
    """The rows of a frame as XML; the first stands in line ``start``."""
    numbers = pl.Series("line", range(start, start + frame.height)).cast(pl.String)
    pieces: list[pl.Expr] = [pl.lit('<row r="'), pl.col("line"), pl.lit('">')]
    tails = [numbers]
    for place, (values, kind) in enumerate(zip(frame.iter_columns(), kinds, strict=True)):
        tails.append(_tails(values, kind, _HEAD if head else _TEXT).alias(str(place)))
        pieces += [pl.lit(f'<c r="{_letters(place)}'), pl.col("line"), pl.lit('"'), pl.col(str(place))]
    lines = pl.DataFrame(tails).select(pl.concat_str([*pieces, pl.lit("</row>")]))
    return "".join(lines.to_series().to_list()).encode("utf-8")


def _tails(values: pl.Series, kind: str, style: int) -> pl.Series:
    """What follows the place of each cell of a column: its type, style and value; of an empty one the end."""
    value, empty = pl.col("value"), pl.lit("/>")
    if values.dtype == pl.Boolean:
        said = pl.when(value).then(pl.lit(' t="b"><v>1</v></c>')).otherwise(pl.lit(' t="b"><v>0</v></c>'))
        return pl.DataFrame({"value": values}).select(pl.when(value.is_null()).then(empty).otherwise(said)).to_series()
    number, fits = value.cast(pl.String), pl.lit(value=False)
    shown = ""
    if values.dtype.is_integer():
        fits = value.is_between(-(10**_EXACT) + 1, 10**_EXACT - 1)
    elif values.dtype.is_float():
        fits = value.is_finite()
    elif kind and kind in "NY":
        digits = value.str.replace_all("[-.]", "").str.strip_chars_start("0").str.len_chars()
        fits = value.str.contains(r"^-?[0-9]+(\.[0-9]+)?$") & (digits <= _EXACT)
    elif kind == "D":
        serial = (value.str.to_date("%Y-%m-%d", strict=False) - pl.lit(_ZERO)).dt.total_days()
        number, fits, shown = serial.cast(pl.String), (serial >= _FIRST_DAY).fill_null(value=False), f' s="{_DAY}"'
    texts = values.cast(pl.String)
    quoted = pl.when(value.cast(pl.String).str.contains(_FORMULA)).then(pl.lit(f' s="{_QUOTED}"'))
    held = [
        quoted.otherwise(pl.lit(f' s="{style}"')) if style == _TEXT else pl.lit(f' s="{style}"'),
        pl.lit(' t="inlineStr"><is><t xml:space="preserve">'),
        pl.col("text"),
        pl.lit("</t></is></c>"),
    ]
    cell = (
        pl.when(value.is_null())
        .then(empty)
        .when(fits)
        .then(pl.concat_str([pl.lit(f"{shown}><v>"), number, pl.lit("</v></c>")]))
        .otherwise(pl.concat_str(held))
    )
    return pl.DataFrame({"value": values, "text": _escaped(texts)}).select(cell).to_series()


def _escaped(texts: pl.Series) -> pl.Series:
    """Texts as XML holds them; signs that it cannot hold as ``_xHHHH_`` (ECMA-376 part 1, 22.9.2.19). Raises TooLarge."""
    long = texts.filter(texts.str.len_bytes() > LONGEST)
    if any(len(text.encode("utf-16-le")) // 2 > LONGEST for text in long.drop_nulls()):
        raise _too_large(
            f"有的文本超过 {LONGEST:,} 个字符，一个单元格放不下",
            f"a text is longer than a cell holds ({LONGEST:,})",
        )
    if texts.str.contains("[&<>]").any():
        for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            texts = texts.str.replace_all(sign, name, literal=True)
    if texts.str.contains("_x[0-9A-Fa-f]{4}_").any():
        texts = texts.str.replace_all("_x", "_x005F_x", literal=True)
    if texts.str.contains("[\\x00-\\x08\\x0b-\\x1f\\x{fffe}\\x{ffff}]").any():
        for sign in _CONTROLS:
            texts = texts.str.replace_all(sign, f"_x{ord(sign):04X}_", literal=True)
    return texts


def _letters(place: int) -> str:
    found, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found
