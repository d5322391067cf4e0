"""Which characters the bytes are: decided over the whole file, strictly, in one streaming pass.

UTF-8 (with or without byte-order mark), then UTF-16 (by its mark or by its pattern of NUL bytes), then GB
18030, of which GBK and GB 2312 are part: accepted when what it decodes to is Chinese (``hanzi``), otherwise the
file is refused by name, because Western and other 8-bit text decodes as GB 18030 too, to nonsense. A file of lines in
UTF-8 and lines in GB 18030, as appending exports gives, is decoded line by line and reported.

What is not UTF-8 already is written as UTF-8 to the scratch folder, because a CSV parser is fast on UTF-8
only. The pass also finds NUL bytes, overlong lines and unpaired quotation marks.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from gongshu.collection import hanzi, refusals
from gongshu.collection.arrival import DEFAULT, Limits
from gongshu.collection.names import SEARCHED_ROWS
from gongshu.errors import GongshuError

MIXED = "utf-8+gb18030"
_CHUNK = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PLAIN = frozenset(b"\t\n\r") | frozenset(range(0x20, 0x7F))


@dataclass(frozen=True)
class Text:
    """A file in UTF-8. ``start`` is the byte behind its mark; ``quotes_odd`` when quotation marks do not
    pair; ``other_lines`` how many lines were in UTF-8 where the rest is GB 18030. Without any quotation mark
    (``quoted``) a line is a record, and none is longer than ``longest`` bytes.
    """

    path: Path
    encoding: str
    start: int
    size: int
    quotes_odd: bool
    other_lines: int = 0
    quoted: bool = True
    longest: int = 0


def decode(
    path: Path,
    scratch: Path,
    limits: Limits = DEFAULT,
    tick: Callable[[], None] = lambda: None,
    *,
    encoding: str = "",
    names: Collection[str] = (),
    line_limit: int | None = None,
) -> Text:
    """Find the encoding of ``path`` and give it back as UTF-8. Raises GongshuError.

    ``encoding`` is taken as said. ``names`` of columns that are found in the text prove GB 18030 without
    statistics. ``line_limit`` in bytes (default ``limits.line``); 0 where lines mean nothing, as in XML.
    """
    longest = limits.line if line_limit is None else line_limit
    with path.open("rb") as file:
        head = file.read(64 << 10)
    mark = next(((sign, name) for sign, name in _MARKS if head.startswith(sign)), None)
    skip = len(mark[0]) if mark else 0
    if encoding:
        return _as_said(path, encoding, skip if mark and mark[1] == encoding else 0, scratch, longest, tick)
    guess = mark[1] if mark else _wide(head)
    if guess in {None, "utf-8"}:
        text = _check_utf8(path, skip, longest, tick)
        if isinstance(text, Text):
            return text
        if mark:
            raise refusals.encoding_unknown(text)
        return _chinese(path, scratch / f"{path.name}.utf-8", longest, tick, names, head)
    assert guess is not None  # noqa: S101 - for the type checker
    result = _transcode(path, guess, skip, scratch / f"{path.name}.utf-8", longest, tick)
    if isinstance(result, int):
        if not mark and b"\0" in head:
            raise refusals.binary()
        raise refusals.encoding_unknown(result)
    return result


def _as_said(path: Path, encoding: str, skip: int, scratch: Path, longest: int, tick: Callable[[], None]) -> Text:
    if encoding == "utf-8":
        result = _check_utf8(path, skip, longest, tick)
    else:
        result = _transcode(path, encoding, skip, scratch / f"{path.name}.utf-8", longest, tick)
    if isinstance(result, int):
        raise refusals.encoding_not_as_said(encoding, result)
    return result


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: delimiters, digits and line feeds are pairs of an ASCII byte and a NUL, on one
    side.
    """
    even, odd = head[0::2], head[1::2]
    nuls = head.count(0)
    if not nuls:
        return None
    pairs = list(zip(even, odd, strict=False))
    little = sum(1 for low, high in pairs if not high and low in _PLAIN)
    big = sum(1 for high, low in pairs if not high and low in _PLAIN)
    score, name = max((little, "utf-16-le"), (big, "utf-16-be"))
    likely = score >= 3 and score * 25 >= len(pairs) and score * 4 >= 3 * nuls and min(little, big) * 4 < score
    return name if likely else None


class _Watch:
    """What every pass looks for: NUL bytes, lines without end, quotation marks that do not pair."""

    def __init__(self, longest: int) -> None:
        self.size = 0
        self.quotes = 0
        self.longest = 0  # no line is longer
        self._limit = longest
        self._open = 0

    def feed(self, data: bytes, path: Path, offset: int) -> None:
        """Look at the next piece, which ends near byte ``offset`` of ``path``. Raises GongshuError."""
        if b"\0" in data:
            raise refusals.binary()
        self.longest = max(self.longest, self._open + len(data))
        end = max(data.rfind(b"\n"), data.rfind(b"\r"))
        self._open = self._open + len(data) if end < 0 else len(data) - end - 1
        if self._limit and self._open > self._limit:
            raise refusals.line_too_long(_line(path, offset), self._limit)
        if b'"' in data:
            self.quotes += data.count(b'"')
        self.size += len(data)

    def text(self, path: Path, encoding: str, start: int = 0, *, other_lines: int = 0) -> Text:
        """What was seen of ``path``, whose text begins at ``start``."""
        quoted, odd = bool(self.quotes), bool(self.quotes % 2)
        return Text(path, encoding, start, start + self.size, odd, other_lines, quoted, self.longest)


def _check_utf8(path: Path, skip: int, longest: int, tick: Callable[[], None]) -> Text | int:
    """True UTF-8 as it stands, or the line of the first byte that is not."""
    watch = _Watch(longest)
    with path.open("rb") as file:
        offset, carry = skip, b""
        file.seek(skip)
        while chunk := file.read(_CHUNK):
            tick()
            watch.feed(chunk, path, offset + len(chunk))
            data = carry + chunk if carry else chunk
            cut = _whole(data)
            if not _valid(data[:cut] if cut < len(data) else data):
                return _line(path, offset)
            carry = data[cut:]
            offset += len(chunk)
    if carry:
        return _line(path, offset)
    return watch.text(path, "utf-8", skip)


def _transcode(
    path: Path, encoding: str, skip: int, target: Path, longest: int, tick: Callable[[], None]
) -> Text | int:
    """Write ``path`` as UTF-8 to ``target``; the line of the first byte that cannot be decoded when it fails."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    watch = _Watch(longest)
    offset = skip
    try:
        with path.open("rb") as file, target.open("wb") as out:
            file.seek(skip)
            while True:
                tick()
                chunk = file.read(_CHUNK)
                try:
                    data = decoder.decode(chunk, not chunk).encode()
                except UnicodeError as error:
                    return _line(path, offset + getattr(error, "start", 0))
                offset += len(chunk)
                watch.feed(data, path, offset)
                out.write(data)
                if not chunk:
                    break
    except OSError as error:
        raise refusals.scratch(error.strerror or str(error)) from error
    return watch.text(target, encoding)


def _chinese(
    path: Path, target: Path, longest: int, tick: Callable[[], None], names: Collection[str], head: bytes
) -> Text:
    """GB 18030, or lines of it among lines of UTF-8; written as UTF-8 to ``target``. Raises GongshuError."""
    watch, census = _Watch(longest), hanzi.Census()
    gb_lines = utf8_lines = 0
    proof = False
    try:
        with path.open("rb") as file, target.open("wb") as out:
            offset, carry, looked = 0, b"", 0
            while True:
                tick()
                chunk = file.read(_CHUNK)
                data = carry + chunk
                cut = _cut(data) if chunk else len(data)
                if len(data) - cut > (longest or _CHUNK):
                    raise refusals.line_too_long(_line(path, offset), longest or _CHUNK)
                piece, carry = data[:cut], data[cut:]
                foreign = _utf8_lines(piece)
                try:
                    texts = [(piece.decode("gb18030"), True)] if not foreign else _by_line(piece, foreign)
                except UnicodeDecodeError as error:
                    raise _neither(head, _line(path, offset + error.start)) from error
                for text, was_gb in texts:
                    if was_gb:
                        census.feed(text)
                        gb_lines += not text.isascii()
                    else:
                        utf8_lines += 1
                    if looked < SEARCHED_ROWS and not proof:
                        proof, looked = hanzi.names_in(text, names), looked + 1
                encoded = "".join(text for text, _ in texts).encode()
                offset += len(piece)
                watch.feed(encoded, path, offset)
                out.write(encoded)
                if not chunk:
                    break
    except OSError as error:
        raise refusals.scratch(error.strerror or str(error)) from error
    if not census.chinese and not proof:
        raise refusals.encoding_doubtful(round(census.common * 100))
    encoding = MIXED if utf8_lines and gb_lines else "gb18030"
    return watch.text(target, encoding, other_lines=utf8_lines)


def _cut(data: bytes) -> int:
    """Where ``data`` may be cut between characters of GB 18030: behind the last line, else behind the last byte that is
    part of no longer character.
    """
    end = data.rfind(b"\n") + 1
    if end:
        return end
    small = np.flatnonzero(np.frombuffer(data, np.uint8) < 0x30)
    return int(small[-1]) + 1 if len(small) else 0


def _neither(head: bytes, line: int) -> GongshuError:
    return refusals.binary() if b"\0" in head else refusals.encoding_unknown(line)


def _utf8_lines(piece: bytes) -> list[tuple[int, int]]:
    """The lines of ``piece``, as (start, end), that are Chinese in UTF-8 rather than in GB 18030.

    Chinese in UTF-8 has bytes 80–A0 in nearly every line; in GB 18030 only rare characters have them, so few lines need
    a closer look.
    """
    if piece.isascii():
        return []
    data = np.frombuffer(piece, np.uint8)
    marked = np.flatnonzero((data >= 0x80) & (data <= 0xA0))
    if not len(marked):
        return []
    ends = np.flatnonzero(data == 0x0A)
    found = []
    for number in np.unique(np.searchsorted(ends, marked)):
        start = int(ends[number - 1]) + 1 if number else 0
        end = int(ends[number]) + 1 if number < len(ends) else len(piece)
        line = piece[start:end]
        try:
            text = line.decode()
        except UnicodeDecodeError:
            continue
        try:
            other = hanzi.share(line.decode("gb18030"))
        except UnicodeDecodeError:
            other = 0.0
        if hanzi.share(text) > other or not other:
            found.append((start, end))
    return found


def _by_line(piece: bytes, foreign: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text of ``piece`` in parts: those of ``foreign`` from UTF-8, the lines between from GB 18030 (True)."""
    texts, place = [], 0
    for start, end in foreign:
        texts += [(line.decode("gb18030"), True) for line in piece[place:start].splitlines(keepends=True)]
        texts.append((piece[start:end].decode(), False))
        place = end
    return texts + [(line.decode("gb18030"), True) for line in piece[place:].splitlines(keepends=True)]


def _whole(data: bytes) -> int:
    """How much of ``data`` is whole characters: a sequence that the piece cuts off waits for the next."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            length = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if length > back else len(data)
    return len(data)


def _valid(data: bytes) -> bool:
    if data.isascii():
        return True
    ends = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _line(path: Path, offset: int) -> int:
    """The line, from 1, in which byte ``offset`` lies."""
    line, left = 1, offset
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(left, _CHUNK))):
            line += chunk.count(b"\n")
            left -= len(chunk)
    return line
