"""Lists as files: CSV that opens in Excel, and XLSX. No cell is ever taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import xlsxwriter
from django.http import HttpResponse

from gongshu.catalog.demand_queries import as_cell
from gongshu.errors import NotFound

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDEST = 60


def answer(form: str, name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """A download of ``rows`` under ``head``, named ``name`` with the extension of ``form`` (csv or xlsx)."""
    if form not in FORMATS:
        raise NotFound("web.format_unknown", "只提供 CSV 和 XLSX。", "There are CSV and XLSX only.")
    body = _csv(head, rows) if form == "csv" else _xlsx(head, rows)
    response = HttpResponse(body, content_type=FORMATS[form])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}"
    return response


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([as_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 0)
    for column, text in enumerate(head):
        sheet.set_column(column, column, min(WIDEST, 4 + 3 * len(text)))
        sheet.write_string(0, column, text, bold)
    for position, row in enumerate(rows, start=1):
        for column, text in enumerate(row):
            sheet.write_string(position, column, text[:32_000])
    book.close()
    return out.getvalue()
