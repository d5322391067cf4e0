"""What was handed over: opened, unpacked and recognised by its content, never by its name; within fixed
memory and disk.

gzip and zip are unpacked into the scratch folder, at most two layers deep; a zip may hold one file or many of one
shape, which are read in the order of their names. Workbooks (XLSX, XLS, ODS), Parquet, JSON and XML are told from
delimited text; everything else that has a signature is refused by name.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from gongshu.collection import refusals
from gongshu.errors import GongshuError

_CHUNK = 1 << 20
_LAYERS = 2

Kind = Literal["text", "json", "xml", "workbook", "parquet"]
KINDS: tuple[Kind, ...] = ("text", "json", "xml", "workbook", "parquet")


@dataclass(frozen=True)
class Limits:
    """Bounds of one file. Bytes, except ``ratio`` (unpacked over packed, judged above ``ratio_from`` bytes), ``files``
    in an archive, ``nesting`` levels in JSON and XML.
    """

    unpacked: int = 64 << 30
    ratio: int = 200
    ratio_from: int = 32 << 20
    line: int = 8 << 20
    files: int = 1_000
    nesting: int = 64
    workbook: int = 1 << 30
    workbook_memory: int = 2 << 30
    workbook_seconds: int = 600


DEFAULT = Limits()


@dataclass(frozen=True)
class Part:
    """One file of content. ``name`` is the one it has in an archive of many, else empty."""

    path: Path
    kind: Kind
    name: str = ""


@dataclass(frozen=True)
class Arrival:
    """A file ready to be read. ``sha256`` is that of the file as handed over; ``parts`` the unpacked content."""

    parts: tuple[Part, ...]
    compression: str
    sha256: str
    size: int


_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "RAR"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x7fELF", "ELF"),
    (b"{\\rtf", "RTF"),
)
_HTML = re.compile(r"(<\?xml[^>]*>\s*)?(<!doctype\s+html|<html|<table)", re.IGNORECASE)
_XML = re.compile(r"<(\?xml|!--|!DOCTYPE|[A-Za-z_][\w.:-]*[\s/>])")
_JSON = re.compile(r'\{\s*["}]|\[\s*[\[{\]"0-9-]')


def unpack(
    source: Path,
    scratch: Path,
    limits: Limits = DEFAULT,
    tick: Callable[[], None] = lambda: None,
) -> Arrival:
    """Open ``source`` as far as its content can be read. Raises GongshuError for what is no table.

    ``tick`` is called about once a megabyte and may raise to stop.
    """
    try:
        if not source.is_file():
            raise refusals.missing_file(source.name)
        sha = hashlib.sha256()
        with source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                sha.update(chunk)
                tick()
        size = source.stat().st_size
    except OSError as error:
        raise refusals.unreadable(source.name, error.strerror or str(error)) from error
    unpacker = _Unpacker(scratch, size, limits, tick)
    parts = unpacker.open(source, "", ())
    if not parts:
        raise refusals.archive_empty()
    if len(parts) == 1:
        parts = [Part(parts[0].path, parts[0].kind)]
    return Arrival(tuple(parts), "+".join(unpacker.layers), sha.hexdigest(), size)


class _Unpacker:
    """Opens layer after layer; what it writes in all is bounded by the limits of one file."""

    def __init__(self, scratch: Path, packed: int, limits: Limits, tick: Callable[[], None]) -> None:
        self._scratch, self._packed, self._limits, self._tick = scratch, packed, limits, tick
        self._written = 0
        self._files = 0
        self.layers: list[str] = []

    def open(self, path: Path, name: str, layers: tuple[str, ...]) -> list[Part]:
        kind = _kind(path, self._limits)
        if kind not in {"gzip", "zip"} or len(layers) >= _LAYERS:
            if kind not in KINDS:
                raise refusals.not_a_table(kind)
            if len(layers) > len(self.layers):
                self.layers = list(layers)
            return [Part(path, kind, name)]
        if kind == "gzip":
            return self.open(self._gunzip(path), name, (*layers, kind))
        found: list[Part] = []
        inner = self._unzip(path)
        for inside, target in inner:
            shown = f"{name}/{inside}" if name else inside
            try:
                found += self.open(target, shown, (*layers, kind))
            except GongshuError as error:
                raise (refusals.in_part(shown, error) if len(inner) > 1 else error) from error
        return found

    def _target(self) -> Path:
        self._files += 1
        if self._files > self._limits.files:
            raise refusals.archive_files(self._limits.files)
        return self._scratch / f"unpacked-{self._files}"

    def _gunzip(self, path: Path) -> Path:
        target = self._target()
        try:
            with gzip.open(path) as unzipped:
                self._copy(cast("IO[bytes]", unzipped), target)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise refusals.archive_damaged("gzip") from error
        except OSError as error:
            raise refusals.scratch(error.strerror or str(error)) from error
        return target

    def _unzip(self, path: Path) -> list[tuple[str, Path]]:
        """(name, file) of every entry, in the order of their names, numbers in names counted as numbers."""
        found = []
        try:
            with zipfile.ZipFile(path) as archive:
                entries = [entry for entry in archive.infolist() if not _ignored(entry)]
                if len(entries) > self._limits.files:
                    raise refusals.archive_files(self._limits.files)
                if any(entry.flag_bits & 1 for entry in entries):
                    raise refusals.archive_encrypted()
                for entry in sorted(entries, key=lambda entry: _natural(entry_name(entry))):
                    target = self._target()
                    with archive.open(entry) as stream:
                        self._copy(stream, target)
                    if target.stat().st_size or len(entries) == 1:
                        found.append((entry_name(entry), target))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise refusals.archive_damaged("zip") from error
        except RuntimeError as error:  # zipfile's word for a wrong password
            raise refusals.archive_encrypted() from error
        except OSError as error:
            raise refusals.scratch(error.strerror or str(error)) from error
        return found

    def _copy(self, stream: IO[bytes], target: Path) -> None:
        limits = self._limits
        with target.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                self._tick()
                self._written += len(chunk)
                if self._written > limits.unpacked:
                    raise refusals.too_big(limits.unpacked)
                if self._written > limits.ratio_from and self._written > limits.ratio * max(self._packed, 1):
                    raise refusals.bomb(limits.ratio)
                out.write(chunk)


def entry_name(entry: zipfile.ZipInfo) -> str:
    """The entry's name: UTF-8 where the archive says so, else UTF-8 or GB 18030 by what its bytes are."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [
        (1, 0, word) if n % 2 == 0 else (0, int(word), "") for n, word in enumerate(re.split(r"([0-9]{1,18})", name))
    ]


def _ignored(entry: zipfile.ZipInfo) -> bool:
    last = entry.filename.rsplit("/", 1)[-1]
    return (
        entry.is_dir()
        or entry.filename.startswith("__MACOSX/")
        or last.startswith(".")
        or last.casefold() in {"thumbs.db", "desktop.ini"}
    )


def _kind(path: Path, limits: Limits) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise refusals.empty()
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    if head[:4] == b"PK\x05\x06":
        raise refusals.archive_empty()
    if head[:4] == b"PK\x03\x04":
        return _zip_kind(path, limits)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _compound_kind(path)
    if head[:4] in {b"PAR1", b"PARE"}:
        return "parquet"
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    return _text_kind(head)


def _text_kind(head: bytes) -> str:
    """JSON and XML begin with signs that a table of text does not begin with; whatever the encoding."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        start = head[2:].decode("utf-16-le" if head[:1] == b"\xff" else "utf-16-be", "ignore")
    elif b"\0" in head[:4] and head[:4].strip(b"\0"):
        start = head.decode("utf-16-le" if head[1] == 0 else "utf-16-be", "ignore")
    else:
        start = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    start = start.lstrip()
    if start[:1] == "<" and (_HTML.match(start) or re.search(r"<html[\s>]", start[:1000], re.IGNORECASE)):
        return "HTML"
    if _XML.match(start):
        return "xml"
    return "json" if _JSON.match(start) else "text"


def _zip_kind(path: Path, limits: Limits) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if any(name.startswith("xl/workbook.") for name in names) or _is_ods(archive, names):
                if sum(entry.file_size for entry in entries) > limits.workbook:
                    raise refusals.workbook_heavy()
                if any(name.casefold().endswith("vbaproject.bin") or name.startswith("Basic/") for name in names):
                    raise refusals.workbook_macros()
                if "META-INF/manifest.xml" in names and _locked(archive):
                    raise refusals.workbook_encrypted()
                return "workbook"
            if {"[Content_Types].xml", "mimetype"} & names:
                return "Office"
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error, EOFError) as error:
        raise refusals.archive_damaged("zip") from error
    return "zip"


def _is_ods(archive: zipfile.ZipFile, names: set[str]) -> bool:
    if "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
        return False
    return archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument.spreadsheet")


def _locked(archive: zipfile.ZipFile) -> bool:
    """An OpenDocument file whose parts are encrypted says so in its manifest."""
    with archive.open("META-INF/manifest.xml") as manifest:
        return b"encryption-data" in manifest.read(_CHUNK)


def _compound_kind(path: Path) -> str:
    """An OLE compound file: an old workbook, or a new one that is encrypted. Stream names are UTF-16."""
    marks = {
        "EncryptedPackage".encode("utf-16-le"): refusals.workbook_encrypted,
        "_VBA_PROJECT_CUR".encode("utf-16-le"): refusals.workbook_macros,
    }
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            window = tail + chunk
            for mark, refusal in marks.items():
                if mark in window:
                    raise refusal()
            tail = chunk[-64:]
    return "workbook"
