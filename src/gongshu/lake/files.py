"""A file as a side of a comparison: CSV in any Chinese encoding, Excel, Parquet. Everything but Parquet is read as text.

This is for looking at what people have at hand. Data enter the platform through ``collection``, which checks them.
"""

from __future__ import annotations

import codecs
import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import duckdb
import fastexcel
import pyarrow as pa
import pyarrow.parquet as pq

from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.lake import engine
from gongshu.lake.comparison import Side

_CHUNK = 1 << 20
_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")


def side_of(path: Path, scratch: Path, *, sheet: str = "") -> Side:
    """Read ``path`` into a Parquet file under ``scratch`` (Parquet itself is read where it is).

    Raises GongshuError ``lake.file_unreadable`` that says why.
    """
    suffixes = [one.lower() for one in path.suffixes]
    try:
        if suffixes[-1:] == [".parquet"]:
            return Side([path], pq.read_schema(path), path.name)
        target = scratch / f"{path.name}-{len(list(scratch.glob('*.parquet')))}.parquet"
        if suffixes[-1:] and suffixes[-1] in _SHEETS:
            _sheet(path, target, sheet)
        else:
            _csv(path, target, scratch)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise _unreadable(path, "文件不存在或无权读取", "it does not exist or may not be read") from error
    except (pa.ArrowInvalid, fastexcel.FastExcelError) as error:
        raise _unreadable(path, "内容损坏或格式不符", "it is damaged or of another format") from error
    except OSError as error:
        raise EnvironmentFault(
            "lake.file_disk", f"读取 {path.name} 时磁盘出错，请检查空间。", f"The disk failed reading {path.name}."
        ) from error
    return Side([target], pq.read_schema(target), path.name)


def _sheet(path: Path, target: Path, sheet: str) -> None:
    book = fastexcel.read_excel(path)
    names = book.sheet_names
    if sheet and sheet not in names:
        raise _unreadable(path, f"没有工作表“{sheet}”", f"it has no sheet “{sheet}”")
    batch = book.load_sheet(sheet or names[0], dtypes="string").to_arrow()
    table = pa.table(batch)
    pq.write_table(table.cast(pa.schema([pa.field(f.name, pa.string()) for f in table.schema])), target)


def _csv(path: Path, target: Path, scratch: Path) -> None:
    plain = scratch / f"{target.stem}.csv"
    raw = scratch / f"{target.stem}.raw"
    source = path
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as packed, raw.open("wb") as out:
            shutil.copyfileobj(packed, out, _CHUNK)
        source = raw
    try:
        _transcode(path, source, plain)
        with engine.session(scratch) as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_csv({engine.text(str(plain))}, all_varchar=true, header=true)) "  # noqa: S608
                f"TO {engine.text(str(target))} (FORMAT parquet)"
            )
    except duckdb.Error as error:  # its message quotes lines of the file
        raise _unreadable(path, "不是列数一致的 CSV", "it is no CSV with the same columns in every row") from error
    finally:
        plain.unlink(missing_ok=True)
        raw.unlink(missing_ok=True)


def _transcode(path: Path, source: Path, target: Path) -> None:
    """UTF-8, UTF-16 with its mark, or GB 18030: the first that reads the whole file, strictly."""
    with source.open("rb") as file:
        mark = file.read(2)
    utf16 = mark in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            with source.open("rb") as file, target.open("w", encoding="utf-8", newline="") as out:
                decoder = codecs.getincrementaldecoder(encoding)()
                for chunk in _chunks(file):
                    out.write(decoder.decode(chunk))
                out.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError:
            continue
        return
    raise _unreadable(path, "编码不是 UTF-8、UTF-16 或 GB18030", "it is neither UTF-8, UTF-16 nor GB 18030")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _unreadable(path: Path, zh: str, en: str) -> GongshuError:
    return GongshuError(
        "lake.file_unreadable", f"文件 {path.name} 无法读取：{zh}。", f"{path.name}: {en}.", file=path.name
    )
