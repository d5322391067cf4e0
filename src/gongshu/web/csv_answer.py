"""Tables taken away as CSV: streamed, UTF-8 with BOM as Excel wants it, and nothing in them that Excel would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse


class _Echo:
    """A file for the csv writer that answers each line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def inert(value: Any) -> Any:
    """Text that a spreadsheet must not take for a formula (CWE-1236); what is no text stays as it is."""
    return f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@\t\r") else value


def stream(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """``name`` is the file's, in ASCII; rows are written as they come."""
    response = StreamingHttpResponse(_lines(heads, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(heads)
    for row in rows:
        yield writer.writerow([inert(value) for value in row])
