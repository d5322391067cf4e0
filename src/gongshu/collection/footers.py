"""Rows below the data that are no data: totals and the lines of whoever made or checked the table.

Only the last rows are looked at, from the end upwards, blank ones between them passed over, until a row is neither; so a
first row called 合计, as statistical tables have, stays. What is found is not dropped: it goes to the quarantine under
the rule ``footer``, and ``Options.keep_footers`` makes it data again.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gongshu.collection.chunks import Chunk, Ragged
from gongshu.columns.cells import BLANKS

LOOKED_AT = 20
_TOTAL = re.compile(r"(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|总\s*和|total|grand total|sum)\s*[:：]?", re.IGNORECASE)
_SIGNED = re.compile(
    r"(制\s*表|填\s*表|填\s*报|编\s*制|审\s*核|复\s*核|校\s*对|经\s*办|负\s*责|统\s*计|打\s*印|导\s*出|报\s*送|单\s*位\s*负\s*责)"
    r"\s*(人|单位|部门|日期|时间|人员|科室)?\s*(\(签章\)|\(盖章\)|\(签字\))?\s*:"
    r"|(注|备\s*注|说\s*明|附\s*注|数据来源|资料来源|来源|source|notes?|prepared by|checked by)\s*:",
    re.IGNORECASE,
)


def is_footer(cells: list[str]) -> bool:
    """Whether a row is a total or a signature, by its first cell that is not blank."""
    first = next((text for cell in cells if (text := unicodedata.normalize("NFKC", cell).strip(BLANKS))), "")
    return bool(_TOTAL.fullmatch(first) or _SIGNED.match(first))


def without_footers(chunks: Iterator[Chunk], delimiter: str) -> Iterator[Chunk]:
    """The same rows; those at the end that are footers as ragged ones with the rule ``footer``."""
    held: Chunk | None = None  # it may be the last
    for chunk in chunks:
        if held is None:
            held = chunk
        elif len(chunk.rows) + len(chunk.ragged) >= LOOKED_AT:
            yield held
            held = chunk
        else:
            body, tail = _cut(held)
            if body is not None:
                yield body
            held = _joined(tail, chunk)
    if held is not None:
        body, tail = _cut(held)
        if body is not None:
            yield body
        yield _marked(tail, delimiter)


def _numbers(chunk: Chunk) -> list[int]:
    return sorted([*chunk.rows[-LOOKED_AT:].tolist(), *(row.row for row in chunk.ragged[-LOOKED_AT:])])


def _cut(chunk: Chunk) -> tuple[Chunk | None, Chunk]:
    """The chunk without its last rows, and those, copied, so that the rest can be freed."""
    numbers = _numbers(chunk)
    if len(chunk.rows) + len(chunk.ragged) <= LOOKED_AT:
        return None, chunk
    border = numbers[-LOOKED_AT]
    place = int(np.searchsorted(chunk.rows, border))
    body = chunk.slice(0, place)
    rest = chunk.slice(place, len(chunk.rows))
    columns = [pa.concat_arrays([column, pa.array([], pa.string())]) for column in rest.columns]
    before = [row for row in chunk.ragged if row.row < border]
    after = chunk.ragged[len(before) :]
    return Chunk(body.columns, body.rows, before), Chunk(columns, rest.rows.copy(), after)


def _joined(first: Chunk, second: Chunk) -> Chunk:
    columns = [pa.concat_arrays([a, b]) for a, b in zip(first.columns, second.columns, strict=True)]
    return Chunk(columns, np.concatenate([first.rows, second.rows]), first.ragged + second.ragged)


def _marked(tail: Chunk, delimiter: str) -> Chunk:
    """The last rows of all, its footers told from the others."""
    texts = list(zip(*(column.to_pylist() for column in tail.columns), strict=True)) if tail.columns else []
    good = {
        int(row): ["" if cell is None else cell for cell in cells] for row, cells in zip(tail.rows, texts, strict=True)
    }
    odd = {row.row: row for row in tail.ragged}
    found: list[Ragged] = []
    for number in sorted([*good, *odd], reverse=True):
        cells = good[number] if number in good else _cells(odd[number].text, delimiter)
        if is_footer(cells):
            text = odd[number].text if number in odd else lines([cells], delimiter)[0]
            found.append(Ragged(number, len(cells), text, "footer"))
        elif any(cell.strip(BLANKS) for cell in cells):
            break
    if not found:
        return tail
    marked = {row.row for row in found}
    keep = np.array([int(row) not in marked for row in tail.rows], bool)
    columns = [column.filter(pa.array(keep)) for column in tail.columns]
    ragged = sorted([*found, *(row for row in tail.ragged if row.row not in marked)], key=lambda row: row.row)
    return Chunk(columns, tail.rows[keep], ragged)


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return [cell for row in csv.reader([text], delimiter=delimiter) for cell in row]
    except csv.Error:  # a field of more than 128 kB is no footer's
        return [text]


def delimited(columns: Sequence[pa.StringArray], delimiter: str) -> list[str]:
    """Each row of ``columns`` as a line of delimited text."""
    joined = pc.binary_join_element_wise(*columns, delimiter, null_handling="replace", null_replacement="")
    found: list[str] = joined.to_pylist()
    # Of fields that need no quotation marks a line has no mark, no end of line, and a delimiter less than fields.
    quoted = pc.match_substring_regex(joined, r'["\r\n]').to_numpy(zero_copy_only=False)
    quoted |= pc.count_substring(joined, delimiter).to_numpy() != len(columns) - 1
    if len(columns) == 1:  # an empty field that is alone is quoted
        quoted |= pc.equal(pc.binary_length(joined), 0).to_numpy(zero_copy_only=False)
    places = np.flatnonzero(quoted)
    if len(places):
        rows = zip(*(column.take(pa.array(places)).to_pylist() for column in columns), strict=True)
        for place, line in zip(places.tolist(), lines(rows, delimiter), strict=True):
            found[place] = line
    return found


def lines(rows: Iterable[Sequence[str]], delimiter: str) -> list[str]:
    """Each row as a line of delimited text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="")
    found = []
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(row)
        found.append(buffer.getvalue())
    return found
